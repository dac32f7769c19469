//! Text that is safe to stand in a page: either escaped when it was made, or an element around such text.

use super::super::mask;
use std::fmt;

/// Markup whose texts are escaped and without secrets. It can be made of nothing else, so nothing is escaped twice or not at all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Markup(String);

impl Markup {
    /// Plain text.
    pub fn text(text: &str) -> Self {
        Self(escape(&mask::text(text)))
    }

    /// Many, one after the other.
    pub fn join(parts: impl IntoIterator<Item = Markup>) -> Self {
        Self(parts.into_iter().map(|part| part.0).collect())
    }

    /// The element around it: `Markup::text("x").within("td")`. `element` is a name of ours, never input.
    pub fn within(self, element: &str) -> Self {
        Self(format!("<{element}>{}</{element}>", self.0))
    }

    /// The element with a class around it.
    pub fn classed(self, element: &str, class: &str) -> Self {
        self.with(element, &[("class", class)])
    }

    /// The element with attributes around it; their values are escaped, an empty value stands for the name alone.
    pub fn with(self, element: &str, attributes: &[(&str, &str)]) -> Self {
        let attributes: String = attributes
            .iter()
            .map(|(name, value)| match *value {
                "" => format!(" {name}"),
                value => format!(" {name}=\"{}\"", escape(&mask::text(value))),
            })
            .collect();
        Self(format!("<{element}{attributes}>{}</{element}>", self.0))
    }

    /// An element that has no inside, such as an input.
    pub fn void(element: &str, attributes: &[(&str, &str)]) -> Self {
        let whole = Self::default().with(element, attributes).0;
        Self(whole.trim_end_matches(&format!("</{element}>")).to_owned())
    }

    /// JSON for the script of the page, which nothing else runs: no sign in it begins or ends markup.
    pub fn data(id: &str, json: &str) -> Self {
        let json = json.trim_end().replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026");
        Self(json).with("script", &[("type", "application/json"), ("id", id)])
    }

    /// Followed by a line feed, so that the page can be read as text, too.
    pub fn line(self) -> Self {
        Self(self.0 + "\n")
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Markup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// As HTML and XML want it, in texts and in quoted attributes.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_was_text_is_markup() {
        let hostile = "\"><img src=x onerror='1'>&\u{1b}[2J https://u:hunter2@h";
        let markup = Markup::text(hostile).with("td", &[("data-sort", hostile), ("hidden", "")]).to_string();
        assert_eq!(markup.matches('<').count(), 2, "{markup}");
        assert_eq!(markup.matches('"').count(), 2, "{markup}");
        assert!(!markup.contains("hunter2") && !markup.contains('\u{1b}'), "{markup}");
        assert!(markup.starts_with("<td data-sort=\"&quot;&gt;&lt;img ") && markup.contains(" hidden>"), "{markup}");
    }
}
