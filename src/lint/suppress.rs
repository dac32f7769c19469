//! Comments that keep findings quiet: `# mlopsctl:ignore rule-id until 2027-01-31: why`. A comment needs a reason, may
//! expire, and is itself a finding when it is wrong, out of date or of no use. The day is told, never asked for.

use super::{LintFinding, LintReport, LintSettings, RULES, Suppressed};
use crate::model::Span;
use crate::model::problem::nearest;
use crate::spec::SourceFile;

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
    rules: Vec<&'t str>,
    until: Option<&'t str>,
    reason: &'t str,
    used: bool,
}

/// Sorts findings into those to be shown and those that a comment keeps quiet.
pub fn apply(found: Vec<LintFinding>, source: &SourceFile<'_>, settings: &LintSettings, today: &str) -> LintReport {
    let (mut comments, wrong) = comments(source);
    let lines = DeclarationLines(source);
    let mut report = LintReport::default();
    for finding in found {
        let (first, last) = lines.covered(finding.anchor);
        // They stand in the order of the file.
        let begin = comments.partition_point(|comment| comment.line < first);
        let mut near = comments[begin..].iter_mut().take_while(|comment| comment.line <= last);
        let speaks = |comment: &&mut Comment<'_>| {
            comment.rules.contains(&finding.rule) && comment.until.is_none_or(|until| today <= until)
        };
        match near.find(speaks) {
            Some(comment) => {
                comment.used = true;
                report.suppressed.push(Suppressed { finding, reason: comment.reason.to_owned() });
            }
            None => report.findings.push(finding),
        }
    }
    let own = |rule: &'static str, span: Span, message: String, help: String| {
        let level = RULES.iter().find(|known| known.id == rule).and_then(|rule| settings.level(rule))?;
        Some(LintFinding { rule, level, address: None, span, anchor: span, message, help })
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
                "take the comment out; it keeps the declaration quiet that it is in or right above".to_owned(),
            ),
        });
    }
    report.findings.sort_by(LintFinding::by_place);
    report
}

type Wrong = (Span, String, String);

/// What the file's own comments say; text that only looks like one is not among them.
fn comments<'t>(source: &SourceFile<'t>) -> (Vec<Comment<'t>>, Vec<Wrong>) {
    let (mut comments, mut wrong) = (Vec::new(), Vec::new());
    for span in source.comments {
        let Some(text) = source.text.get(span.start..span.end) else { continue };
        let Some(rest) = text.trim_start_matches('#').trim_start().strip_prefix(MARK) else { continue };
        let span = Span::new(span.start, span.start + text.trim_end().len());
        let line = source.line_of(span.start);
        match read(rest) {
            Ok((rules, until, reason)) => {
                comments.push(Comment { span, line, rules, until, reason, used: false });
            }
            Err((message, help)) => wrong.push((span, message, help)),
        }
    }
    (comments, wrong)
}

type CommentParts<'t> = (Vec<&'t str>, Option<&'t str>, &'t str);

/// ` rule-id, rule-id until 2027-01-31: why`.
fn read(text: &str) -> Result<CommentParts<'_>, (String, String)> {
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

/// The lines of a file, as far as they say where declarations begin and end.
struct DeclarationLines<'s, 't>(&'s SourceFile<'t>);

impl<'t> DeclarationLines<'_, 't> {
    /// A line without its end; `None` behind the last.
    fn get(&self, n: usize) -> Option<&'t str> {
        let start = *self.0.lines.get(n)?;
        let end = self.0.lines.get(n + 1).copied().unwrap_or(self.0.text.len());
        Some(self.0.text.get(start..end)?.trim_end_matches(['\n', '\r']))
    }

    /// First and last line of the declaration whose name stands here: up to the next line that is indented no deeper.
    fn declaration(&self, name: Span) -> (usize, usize) {
        let first = self.0.line_of(name.start);
        let indent = self.get(first).map_or(0, depth);
        let mut last = first;
        for n in first + 1.. {
            match self.get(n) {
                Some(line) if is_blank(line) => {}
                Some(line) if depth(line) > indent => last = n,
                _ => break,
            }
        }
        // Comments at its end belong to it where they are indented like it.
        let tail = |line: &str| line.trim().is_empty() || (line.trim_start().starts_with('#') && depth(line) > indent);
        let end = (last + 1..).take_while(|n| self.get(*n).is_some_and(tail));
        let comment = |n: &usize| self.get(*n).is_some_and(|line| !line.trim().is_empty());
        last = end.filter(comment).last().unwrap_or(last);
        (first, last)
    }

    /// The lines of a declaration, and those right above it that hold nothing but comments.
    fn covered(&self, name: Span) -> (usize, usize) {
        let (first, last) = self.declaration(name);
        let comment = |n: &usize| self.get(*n).is_some_and(|line| line.trim_start().starts_with('#'));
        (first - (0..first).rev().take_while(comment).count(), last)
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
    fn a_declaration_ends_where_the_next_begins() {
        let text = "alarms:\n  a:\n    x: 1\n\n    # in a\n  # above b\n  b: { x: 1 }\n";
        let source = SourceFile::new("alarms.yaml", text, &[]);
        let lines = DeclarationLines(&source);
        let at = |needle: &str| {
            let start = text.find(needle).expect("there");
            Span::new(start, start + 1)
        };
        assert_eq!(lines.declaration(at("a:\n    x")), (1, 4));
        assert_eq!(lines.declaration(at("b: {")), (6, 6));
        // A comment right above counts to what stands below it.
        assert_eq!(lines.covered(at("b: {")), (4, 6));
    }
}
