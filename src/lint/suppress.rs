//! Comments that keep findings quiet: `# mlopsctl:ignore rule-id until 2027-01-31: why`. A comment needs a reason, may
//! expire, and is itself a finding when it is wrong, out of date or of no use. The day is told, never asked for.

use super::{Finding, RULES, Report, Settings, Suppressed};
use crate::model::Span;
use crate::model::problem::nearest;
use crate::spec::Source;

const MARK: &str = "mlopsctl:ignore";
const FORM: &str = "write # mlopsctl:ignore rule-id until 2027-01-31: why, where `until …` can be left out";
/// The rules of this file: about comments, not about alarms.
pub const WRONG: &str = "suppression-wrong";
pub const EXPIRED: &str = "suppression-expired";
pub const UNUSED: &str = "suppression-unused";

struct Comment<'t> {
    span: Span,
    /// The line it stands on, counted from 0.
    line: usize,
    /// Whether the line holds nothing else.
    alone: bool,
    rules: Vec<&'t str>,
    until: Option<&'t str>,
    reason: &'t str,
    used: bool,
}

/// Sorts findings into those to be shown and those that a comment keeps quiet.
pub fn apply(found: Vec<Finding>, source: Source<'_>, settings: &Settings, today: &str) -> Report {
    let lines = Lines::of(source.text);
    let (mut comments, wrong) = comments(&lines);
    let mut report = Report::default();
    for finding in found {
        let declaration = lines.declaration(finding.anchor);
        let quiet = comments.iter_mut().find(|comment| {
            comment.rules.contains(&finding.rule)
                && comment.until.is_none_or(|until| today <= until)
                && lines.covers(comment, declaration)
        });
        match quiet {
            Some(comment) => {
                comment.used = true;
                report.suppressed.push(Suppressed { finding, reason: comment.reason.to_owned() });
            }
            None => report.findings.push(finding),
        }
    }
    let own = |rule: &'static str, span: Span, message: String, help: String| {
        let level = RULES.iter().find(|known| known.id == rule).and_then(|rule| settings.level(rule))?;
        Some(Finding { rule, level, address: None, span, anchor: span, message, help })
    };
    report.findings.extend(wrong.into_iter().filter_map(|(span, message, help)| own(WRONG, span, message, help)));
    for comment in comments.iter().filter(|comment| !comment.used) {
        report.findings.extend(match comment.until {
            Some(until) if until < today => own(
                EXPIRED,
                comment.span,
                format!("this comment has kept {} quiet until {until} only", comment.rules.join(", ")),
                "mend the alarm, or say until when it may stay as it is".to_owned(),
            ),
            _ => own(
                UNUSED,
                comment.span,
                format!("nothing here is found by {}", comment.rules.join(", ")),
                "take the comment out; it keeps the declaration quiet that it stands in or right above".to_owned(),
            ),
        });
    }
    report
        .findings
        .sort_by(|a, b| (a.span.start, a.level, a.rule, &a.message).cmp(&(b.span.start, b.level, b.rule, &b.message)));
    report
}

type Wrong = (Span, String, String);

fn comments<'t>(lines: &Lines<'t>) -> (Vec<Comment<'t>>, Vec<Wrong>) {
    let (mut comments, mut wrong) = (Vec::new(), Vec::new());
    for (line, (start, text)) in lines.0.iter().enumerate() {
        let Some(hash) = comment_start(text) else { continue };
        let Some(rest) = text[hash + 1..].trim_start().strip_prefix(MARK) else { continue };
        let span = Span::new(start + hash, start + text.trim_end().len());
        match read(rest) {
            Ok((rules, until, reason)) => {
                let alone = text[..hash].trim().is_empty();
                comments.push(Comment { span, line, alone, rules, until, reason, used: false });
            }
            Err((message, help)) => wrong.push((span, message, help)),
        }
    }
    (comments, wrong)
}

/// Where the comment of a line begins: a `#` at the start or behind white space, outside quotes.
fn comment_start(line: &str) -> Option<usize> {
    let mut quote = None;
    let mut before = ' ';
    for (at, c) in line.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') if before.is_whitespace() || "[{,:".contains(before) => quote = Some(c),
            (None, '#') if before.is_whitespace() => return Some(at),
            _ => {}
        }
        before = c;
    }
    None
}

type Parts<'t> = (Vec<&'t str>, Option<&'t str>, &'t str);

/// ` rule-id, rule-id until 2027-01-31: why`.
fn read(text: &str) -> Result<Parts<'_>, (String, String)> {
    let wrong = |message: &str| (message.to_owned(), FORM.to_owned());
    let (head, reason) = text.split_once(':').ok_or_else(|| wrong("this comment does not say why"))?;
    if reason.trim().is_empty() {
        return Err(wrong("this comment does not say why"));
    }
    let (rules, until) = match head.split_once(" until ") {
        Some((rules, day)) => (rules, Some(day.trim())),
        None => (head, None),
    };
    if let Some(day) = until.filter(|day| !is_day(day)) {
        return Err(wrong(&format!("`{day}` is not a day such as 2027-01-31")));
    }
    let rules: Vec<&str> = rules.split([',', ' ']).map(str::trim).filter(|rule| !rule.is_empty()).collect();
    if rules.is_empty() {
        return Err(wrong("this comment names no rule"));
    }
    if let Some(unknown) = rules.iter().find(|rule| !RULES.iter().any(|known| known.id == **rule)) {
        let near = nearest(unknown, RULES.iter().map(|rule| rule.id));
        let help = near.map_or_else(|| "see mlopsctl lint --list".to_owned(), |near| format!("did you mean `{near}`?"));
        return Err((format!("there is no lint rule `{unknown}`"), help));
    }
    Ok((rules, until, reason.trim()))
}

/// `YYYY-MM-DD`, so that days compare as texts.
fn is_day(text: &str) -> bool {
    let number = |range: std::ops::Range<usize>, from: u32, to: u32| {
        text.get(range).and_then(|part| part.parse::<u32>().ok()).is_some_and(|n| (from..=to).contains(&n))
    };
    let digits =
        text.bytes().enumerate().all(|(at, b)| if at == 4 || at == 7 { b == b'-' } else { b.is_ascii_digit() });
    text.len() == 10 && digits && number(5..7, 1, 12) && number(8..10, 1, 31)
}

/// The lines of a text, each with the byte at which it begins.
struct Lines<'t>(Vec<(usize, &'t str)>);

impl<'t> Lines<'t> {
    fn of(text: &'t str) -> Self {
        let mut start = 0;
        let lines = text.split('\n').map(|line| {
            let at = start;
            start += line.len() + 1;
            (at, line.trim_end_matches('\r'))
        });
        Self(lines.collect())
    }

    /// First and last line of the declaration whose name stands here: up to the next line that is indented no deeper.
    fn declaration(&self, name: Span) -> (usize, usize) {
        let first = self.0.partition_point(|(start, _)| *start <= name.start).saturating_sub(1);
        let indent = self.0.get(first).map_or(0, |(_, line)| depth(line));
        let rest = self.0.iter().enumerate().skip(first + 1);
        let mut last = first;
        for (n, (_, line)) in rest.filter(|(_, (_, line))| !is_blank(line)) {
            if depth(line) <= indent {
                break;
            }
            last = n;
        }
        // Comments at its end belong to it where they are indented like it.
        let tail = |line: &str| line.trim().is_empty() || (line.trim_start().starts_with('#') && depth(line) > indent);
        let end = (last + 1..self.0.len()).take_while(|n| self.0.get(*n).is_some_and(|(_, line)| tail(line)));
        let comment = |n: &usize| self.0.get(*n).is_some_and(|(_, line)| !line.trim().is_empty());
        last = end.filter(comment).last().unwrap_or(last);
        (first, last)
    }

    /// Whether a comment stands in a declaration, or right above it among nothing but comments.
    fn covers(&self, comment: &Comment<'_>, (first, last): (usize, usize)) -> bool {
        if (first..=last).contains(&comment.line) {
            return true;
        }
        let between = (comment.line + 1)..first;
        comment.alone
            && comment.line < first
            && between.into_iter().all(|n| self.0.get(n).is_some_and(|(_, line)| line.trim_start().starts_with('#')))
    }
}

fn depth(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// Whether a line says nothing about where a declaration ends.
fn is_blank(line: &str) -> bool {
    let text = line.trim_start();
    text.is_empty() || text.starts_with('#')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_has_rules_a_day_and_a_reason() {
        assert_eq!(
            read(" ok-not-notified, no-actions until 2027-01-31: the pager does: it"),
            Ok((vec!["ok-not-notified", "no-actions"], Some("2027-01-31"), "the pager does: it"))
        );
        assert_eq!(read(" no-actions: why"), Ok((vec!["no-actions"], None, "why")));
        for wrong in [
            " no-actions",
            " no-actions:",
            " : why",
            " no-actions until soon: why",
            " no-action: why",
            " no-actions until 2027-13-01: x",
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_hash_in_quotes_is_no_comment() {
        assert_eq!(comment_start("a: \"x # y\" # z"), Some(11));
        assert_eq!(comment_start("a: it's # z"), Some(8));
        assert_eq!(comment_start("# z"), Some(0));
        assert_eq!(comment_start("a: b#c"), None);
    }

    #[test]
    fn a_declaration_ends_where_the_next_begins() {
        let text = "alarms:\n  a:\n    x: 1\n\n    # in a\n  # above b\n  b: { x: 1 }\n";
        let lines = Lines::of(text);
        let at = |needle: &str| {
            let start = text.find(needle).expect("there");
            Span::new(start, start + 1)
        };
        assert_eq!(lines.declaration(at("a:\n    x")), (1, 4));
        assert_eq!(lines.declaration(at("b: {")), (6, 6));
    }
}
