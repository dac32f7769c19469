//! A mistake in a file: where, what, and what to do about it. How it is printed is not said here.

use super::node::Span;

/// One mistake. `message` is one line without a full stop; `help` lines say what is allowed or what was probably meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpecProblem {
    pub span: Span,
    pub message: String,
    /// A second place that explains the first, with its own words.
    pub also: Option<(Span, String)>,
    pub help: Vec<String>,
}

impl SpecProblem {
    pub fn new(span: Span, message: impl Into<String>) -> Self {
        Self { span, message: message.into(), also: None, help: Vec::new() }
    }

    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    pub fn also(mut self, span: Span, words: impl Into<String>) -> Self {
        self.also = Some((span, words.into()));
        self
    }
}

/// The nearest of the known names as a question, else the names themselves where they are few enough to read.
pub fn nearest_or_all<'a>(written: &str, known: impl IntoIterator<Item = &'a str>, all: &str) -> Option<String> {
    let known: Vec<&str> = known.into_iter().collect();
    if let Some(name) = nearest(written, known.iter().copied()) {
        return Some(format!("did you mean `{name}`?"));
    }
    (!known.is_empty() && known.len() <= 40).then(|| format!("{all}: {}", known.join(", ")))
}

/// The known name that was probably meant, if one is near: equal but for case and punctuation first, then by edits.
pub fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    KnownNames::new(known).nearest(written)
}

/// Names to look for near ones among, more than once.
#[derive(Debug)]
pub struct KnownNames<'a>(Vec<(&'a str, PlainName)>);

/// A name without case and punctuation, and how many characters that is.
#[derive(Debug)]
struct PlainName {
    text: String,
    length: usize,
}

impl PlainName {
    fn of(name: &str) -> Self {
        let text: String =
            name.chars().filter(|c| c.is_alphanumeric()).take(256).flat_map(char::to_lowercase).collect();
        Self { length: text.chars().count(), text }
    }
}

impl<'a> KnownNames<'a> {
    pub fn new(known: impl IntoIterator<Item = &'a str>) -> Self {
        Self(known.into_iter().map(|name| (name, PlainName::of(name))).collect())
    }

    /// See [`nearest`].
    pub fn nearest(&self, written: &str) -> Option<&'a str> {
        let wanted = PlainName::of(written);
        let limit = (wanted.length / 3).clamp(1, 4);
        let distance = |name: &PlainName| {
            // A part of a long name, such as `GreaterThan`, is worse than a slip of the pen and better than nothing.
            let part = || wanted.text.len() >= 4 && name.text.contains(&wanted.text);
            let near = name.length.abs_diff(wanted.length) <= limit;
            let edits = near.then(|| strsim::damerau_levenshtein(&wanted.text, &name.text));
            let edits = edits.filter(|edits| *edits <= limit && *edits < name.text.len());
            edits.or_else(|| part().then(|| limit + name.text.len()))
        };
        let near = self.0.iter().filter_map(|(name, plain)| Some((distance(plain)?, *name)));
        near.min_by_key(|(distance, _)| *distance).map(|(_, name)| name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_name_that_was_meant() {
        let known = ["threshold", "treat_missing_data", "period", "Sum"];
        for (written, meant) in [
            ("treshold", Some("threshold")),
            ("treatMissingData", Some("treat_missing_data")),
            ("sum", Some("Sum")),
            ("perido", Some("period")),
            ("missing_data", Some("treat_missing_data")),
            ("colour", None),
            ("", None),
        ] {
            assert_eq!(nearest(written, known), meant, "{written}");
        }
    }
}
