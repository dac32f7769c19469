//! The words of an expression, without reading its grammar: which ids and functions it names, whether it is a query or makes a band.
//! Serves texts that do not parse, too.

/// Whether an expression is a Metrics Insights query (`SELECT …`).
pub fn is_insights(text: &str) -> bool {
    text.trim_start().get(..6).is_some_and(|word| word.eq_ignore_ascii_case("select"))
}

/// Whether a Metrics Insights query gives one series a group (`GROUP BY …`).
pub fn is_grouped(text: &str) -> bool {
    is_insights(text) && words(text).any(|word| word.text.eq_ignore_ascii_case("GROUP"))
}

/// Whether an expression makes an anomaly detection band.
pub fn is_band(text: &str) -> bool {
    words(text).any(|word| word.call && word.text.eq_ignore_ascii_case("ANOMALY_DETECTION_BAND"))
}

/// The ids that an expression names, each where it stands.
pub fn ids(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let words = (!is_insights(text)).then(|| words(text)).into_iter().flatten();
    words.filter(|word| !word.call && word.text.starts_with(|c: char| c.is_ascii_lowercase())).map(|w| (w.at, w.text))
}

/// The functions that an expression names, each where it stands, whether they exist or not.
pub fn calls(text: &str) -> impl Iterator<Item = (usize, &str)> {
    // Two words may stand before a parenthesis without being a function.
    let is_operator = |word: &Word<'_>| ["AND", "OR"].iter().any(|operator| word.text.eq_ignore_ascii_case(operator));
    words(text).filter(move |word| word.call && !is_operator(word)).map(|word| (word.at, word.text))
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
        assert!(is_grouped("SELECT MAX(x) FROM y group by z") && !is_grouped("SELECT MAX(group_size) FROM \"GROUP\""));
        assert!(is_band("ANOMALY_DETECTION_BAND(m1, 2)") && !is_band("m1"));
    }
}
