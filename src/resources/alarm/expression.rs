//! Metric math as far as it can be checked without AWS: the ids it names, its brackets, what alarms cannot use.

use crate::model::problem::nearest_or_all;
use crate::model::{Node, Problem};
use crate::resources::scope::Scope;

/// Whether an expression is a Metrics Insights query (`SELECT …`).
pub fn is_insights(text: &str) -> bool {
    text.trim_start().get(..6).is_some_and(|word| word.eq_ignore_ascii_case("select"))
}

pub fn is_band(text: &str) -> bool {
    words(text).any(|word| word.call && word.text.eq_ignore_ascii_case("ANOMALY_DETECTION_BAND"))
}

/// The ids that an expression names, each where it stands.
pub fn ids(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let words = (!is_insights(text)).then(|| words(text)).into_iter().flatten();
    words.filter(|word| !word.call && word.text.starts_with(|c: char| c.is_ascii_lowercase())).map(|w| (w.at, w.text))
}

/// Holds an expression against the ids there are; what is wrong goes to the scope.
pub fn check(node: &Node, known: &[&str], scope: &mut Scope<'_>) {
    let Some(text) = node.text() else { return };
    if text.trim().is_empty() {
        scope.problem(node.span, "the expression is empty", "AWS allows 1 to 2048 characters");
        return;
    }
    for (at, id) in ids(text).filter(|(_, id)| !known.contains(id)) {
        let span = node.part(at, at + id.len());
        let problem = Problem::new(span, format!("the expression names `{id}`, which is no id under `metrics`"));
        let help = nearest_or_all(id, known.iter().copied(), "the ids are")
            .unwrap_or_else(|| format!("add it: metrics: {{ {id}: {{ … }} }}"));
        scope.problems.push(problem.help(help));
    }
    for word in words(text).filter(|word| word.call) {
        if word.text.eq_ignore_ascii_case("SEARCH") {
            let span = node.part(word.at, word.at + word.text.len());
            scope.problem(span, "an alarm cannot use SEARCH", "AWS allows it on dashboards only: name the metrics");
        }
    }
    if let Some((at, message)) = brackets(text) {
        let span = node.part(at, at + 1);
        scope.problem(span, message, "check the parentheses and quotes of the expression");
    }
}

struct Word<'t> {
    at: usize,
    text: &'t str,
    /// Followed by `(`: a function.
    call: bool,
}

/// Identifiers outside quotes; numbers such as `1e5` are none.
fn words(text: &str) -> impl Iterator<Item = Word<'_>> {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < bytes.len() {
            let start = at;
            match bytes[at] {
                quote @ (b'"' | b'\'') => {
                    at += 1;
                    while at < bytes.len() && bytes[at] != quote {
                        at += 1;
                    }
                    at += 1;
                }
                b if b.is_ascii_alphanumeric() || b == b'_' => {
                    while at < bytes.len() && (bytes[at].is_ascii_alphanumeric() || bytes[at] == b'_') {
                        at += 1;
                    }
                    if !b.is_ascii_digit() {
                        let call = text[at..].trim_start().starts_with('(');
                        return Some(Word { at: start, text: &text[start..at], call });
                    }
                }
                _ => at += 1,
            }
        }
        None
    })
}

/// The first bracket or quote without its partner.
fn brackets(text: &str) -> Option<(usize, String)> {
    let mut open: Vec<(usize, char)> = Vec::new();
    let mut quote: Option<(usize, char)> = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some((_, q)), c) if c == q => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some((at, c)),
            (None, '(' | '[') => open.push((at, c)),
            (None, ')' | ']') => match open.pop() {
                Some((_, o)) if (o == '(') == (c == ')') => {}
                _ => return Some((at, format!("this `{c}` closes nothing"))),
            },
            _ => {}
        }
    }
    quote.or(open.pop()).map(|(at, c)| (at, format!("this `{c}` is never closed")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(text: &str) -> Vec<&str> {
        ids(text).map(|(_, id)| id).collect()
    }

    #[test]
    fn finds_the_ids_and_nothing_else() {
        assert_eq!(
            named("IF(invocations > 0, 100 * errors / invocations, 1e5)"),
            ["invocations", "errors", "invocations"]
        );
        assert_eq!(named("SUM(METRICS(\"errors\")) + m1_a"), ["m1_a"]);
        assert!(named("SELECT AVG(x) FROM y").is_empty());
        assert!(is_band("ANOMALY_DETECTION_BAND(m1, 2)") && !is_band("m1"));
    }

    #[test]
    fn finds_the_bracket_without_a_partner() {
        for (text, at) in
            [("(a", Some(0)), ("a)", Some(1)), ("[a)", Some(2)), ("f('(')", None), ("\"a", Some(0)), ("", None)]
        {
            assert_eq!(brackets(text).map(|(at, _)| at), at, "{text}");
        }
    }
}
