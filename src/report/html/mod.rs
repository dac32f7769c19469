//! The shell of every report that is a page: one file that needs nothing else and lets nothing else in, on paper, on a phone
//! and on a wide screen, in the light and in the dark. Knows nothing of what is reported.

pub mod grid;
pub mod long;
mod markup;
pub mod plot;

pub use markup::{Markup, escape};

use super::mask;
use sha2::{Digest, Sha256};

/// The colours of every page and picture, in the light and in the dark: an alarm in ALARM looks the same in all of them.
pub const PALETTE: &str = include_str!("palette.css");
const STYLE: &str = concat!(
    include_str!("palette.css"),
    include_str!("page.css"),
    // A table is a list of cards on a phone, and where the script finds that its words do not fit beside each other.
    "@media (max-width: 900px) {\n.list {\n",
    include_str!("cards.css"),
    "}\n}\n.list.folded {\n",
    include_str!("cards.css"),
    "}\n",
);
const SCRIPT: &str = include_str!("page.js");
/// Of a page whose rows are drawn by need.
const LONG_SCRIPT: &str = include_str!("long.js");

/// What a colour says beside its word, the worst last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CellStatus {
    Quiet,
    Good,
    Careful,
    Bad,
}

impl CellStatus {
    pub fn class(self) -> &'static str {
        match self {
            CellStatus::Good => "good",
            CellStatus::Careful => "careful",
            CellStatus::Bad => "bad",
            CellStatus::Quiet => "quiet",
        }
    }
}

/// A page: its verdict comes first, then a few figures, then whatever the report is made of.
#[derive(Debug)]
pub struct HtmlPage<'a> {
    /// Of the window and the heading, as plain text.
    pub title: &'a str,
    pub verdict: &'a str,
    pub mood: CellStatus,
    /// `(what, figure)`, as plain text; none are fine.
    pub figures: Vec<(&'a str, String)>,
    pub body: Markup,
}

/// The whole document, ending in a line feed. Equal pages are equal bytes.
pub fn page(page: &HtmlPage<'_>) -> String {
    page_with(page, "")
}

/// The same with rules of its own behind those of every page; `style` is text of ours and numbers, never input.
pub fn page_with(page: &HtmlPage<'_>, style: &str) -> String {
    whole(page, style, SCRIPT)
}

/// A page with one long list (`long::long`).
pub fn long_page(page: &HtmlPage<'_>) -> String {
    whole(page, "", LONG_SCRIPT)
}

fn whole(page: &HtmlPage<'_>, style: &str, script: &str) -> String {
    let (own, own_policy) = match style {
        "" => (String::new(), String::new()),
        style => (format!("<style>{style}</style>\n"), format!(" 'sha256-{}'", digest(style))),
    };
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'{own_policy}; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        digest(STYLE),
        digest(script)
    );
    let figures = page.figures.iter().map(|(what, figure)| {
        let parts = [Markup::text(what).within("dt"), Markup::text(figure).within("dd")];
        Markup::join(parts).within("div")
    });
    let figures =
        if page.figures.is_empty() { Markup::default() } else { Markup::join(figures).classed("dl", "figures") };
    let title = Markup::text(&mask::line(page.title));
    let verdict = Markup::text(page.verdict).classed("p", &format!("verdict {}", page.mood.class()));
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n{own}</head>\n<body>\n<header>\n<h1>{title}</h1>\n{verdict}\n{figures}\n</header>\n\
         <main>\n{}</main>\n<script>{script}</script>\n</body>\n</html>\n",
        page.body
    )
}

/// As a content security policy names what is allowed: SHA-256 in base64 (W3C, "Content Security Policy Level 3").
fn digest(text: &str) -> String {
    aws_smithy_types::base64::encode(Sha256::digest(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_needs_nothing_else_and_hides_secrets() {
        let text = page(&HtmlPage {
            title: "<Fleet> & https://u:hunter2@example.edu",
            verdict: "</p><script>alert(1)</script>",
            mood: CellStatus::Bad,
            figures: vec![("Accounts", "\"3\"".to_owned())],
            body: Markup::text("<b>"),
        });
        let name = crate::model::secret::hide("https://u:hunter2@example.edu");
        assert!(text.contains(&format!("<h1>&lt;Fleet&gt; &amp; {name}</h1>")), "{text}");
        assert_eq!(text.matches("<script").count(), 1);
        for outside in ["src=", "href=", "url(", "@import", "http://", " style=", " onclick="] {
            assert!(!text.contains(outside), "{outside}");
        }
        for part in [STYLE, SCRIPT, LONG_SCRIPT] {
            assert!(!part.contains("</"), "would end its element");
        }
        for part in [STYLE, SCRIPT] {
            assert!(text.contains(&format!("'sha256-{}'", digest(part))));
        }
    }
}
