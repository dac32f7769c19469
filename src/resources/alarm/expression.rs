//! Metric math as far as it can be checked without AWS: its grammar, the ids and functions it names, what alarms cannot use.

use super::signature::MathType;
use super::{MetricQuery, insights, math, signature};
use crate::model::problem::{nearest, nearest_or_all};
use crate::model::{Node, Problem};
use crate::resources::scope::Scope;
use std::collections::BTreeMap;

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
    if is_insights(text) {
        if let Some(fault) = insights::fault(text) {
            scope.problem(node.part(fault.start, fault.end), fault.message, fault.help);
        }
        return;
    }
    let mut unknown = false;
    for word in words(text).filter(|word| word.call) {
        let span = node.part(word.at, word.at + word.text.len());
        if word.text.eq_ignore_ascii_case("SEARCH") {
            scope.problem(span, "an alarm cannot use SEARCH", "AWS allows it on dashboards only: name the metrics");
        } else if !signature::is_known(word.text) && !is_operator(word.text) {
            unknown = true;
            let problem = Problem::new(span, format!("metric math has no function `{}`", word.text));
            let help = nearest(word.text, signature::names()).map(|name| format!("did you mean `{name}`?"));
            let all = || format!("the functions are: {}", signature::names().collect::<Vec<_>>().join(", "));
            scope.problems.push(problem.help(help.unwrap_or_else(all)));
        }
    }
    match math::parse(text) {
        Err(fault) => {
            let length = text[fault.at.min(text.len())..].chars().next().map_or(1, char::len_utf8);
            let span = node.part(fault.at, fault.at + length);
            scope.problem(span, fault.message, "check the operators, parentheses and quotes of the expression");
        }
        Ok(_) if unknown => {}
        Ok(expr) => {
            let mut wrong = Vec::new();
            signature::miscounted(&expr, &mut wrong);
            for (name, message) in wrong {
                let word = words(text).find(|word| word.call && word.text == name);
                let span = word.map_or(node.span, |word| node.part(word.at, word.at + word.text.len()));
                scope.problem(span, message, "see the CloudWatch user guide, \"Functions supported for metric math\"");
            }
        }
    }
}

/// Words that may stand before a parenthesis without being a function.
fn is_operator(word: &str) -> bool {
    word.eq_ignore_ascii_case("AND") || word.eq_ignore_ascii_case("OR")
}

/// Works out what each query gives, as far as it is certain.
pub fn types(queries: &[MetricQuery]) -> BTreeMap<&str, Option<MathType>> {
    let mut types: BTreeMap<&str, Option<MathType>> =
        queries.iter().map(|query| (query.id.as_str(), query.metric.is_some().then_some(MathType::Series))).collect();
    // Expressions may name each other in any order; a circle stays unknown.
    for _ in 0..queries.len() {
        for query in queries {
            let text = query.expression.as_deref().filter(|text| !is_insights(text));
            let Some(expr) = text.and_then(|text| math::parse(text).ok()) else { continue };
            let gives = signature::gives(&expr, &types);
            types.insert(query.id.as_str(), gives);
        }
    }
    types
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
}
