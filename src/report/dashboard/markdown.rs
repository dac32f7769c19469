//! The Markdown of text widgets, as far as dashboards use it: headings, lists, bold, code, links as text. Nothing of it becomes anything
//! else than text in an element of ours.

use crate::report::html::Markup;

/// Without its signs, on one line.
pub fn plain(markdown: &str) -> String {
    let lines = markdown.lines().map(|line| inline(line.trim().trim_start_matches(['#', '-', '*', '>']).trim()));
    let words = lines.map(|parts| parts.into_iter().map(|(_, text)| text).collect::<String>());
    words.filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

pub fn markup(markdown: &str) -> Markup {
    let (mut blocks, mut items) = (Vec::new(), Vec::new());
    let end_list = |items: &mut Vec<Markup>, blocks: &mut Vec<Markup>| {
        if !items.is_empty() {
            blocks.push(Markup::join(std::mem::take(items)).within("ul"));
        }
    };
    for line in markdown.lines().map(str::trim) {
        if let Some(item) = line.strip_prefix("- ").or_else(|| line.strip_prefix("* ")) {
            items.push(spans(item).within("li"));
            continue;
        }
        end_list(&mut items, &mut blocks);
        let level = line.chars().take_while(|c| *c == '#').count();
        match level {
            _ if line.is_empty() => {}
            1 | 2 if line[level..].starts_with(' ') => blocks.push(spans(line[level..].trim()).within("h2")),
            3..=6 if line[level..].starts_with(' ') => blocks.push(spans(line[level..].trim()).within("h3")),
            _ => blocks.push(spans(line).within("p")),
        }
    }
    end_list(&mut items, &mut blocks);
    Markup::join(blocks)
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum MarkdownSpan {
    Plain,
    Bold,
    Code,
}

fn spans(text: &str) -> Markup {
    Markup::join(inline(text).into_iter().map(|(span, text)| match span {
        MarkdownSpan::Plain => Markup::text(&text),
        MarkdownSpan::Bold => Markup::text(&text).within("strong"),
        MarkdownSpan::Code => Markup::text(&text).within("code"),
    }))
}

/// `**bold**`, `` `code` `` and `[text](address)`, which becomes `text (address)`.
fn inline(text: &str) -> Vec<(MarkdownSpan, String)> {
    let mut parts: Vec<(MarkdownSpan, String)> = Vec::new();
    let mut rest = text;
    let mut plain = String::new();
    while !rest.is_empty() {
        let marked = [("**", MarkdownSpan::Bold), ("`", MarkdownSpan::Code)].into_iter().find_map(|(sign, span)| {
            let (inner, behind) = rest.strip_prefix(sign)?.split_once(sign)?;
            (!inner.is_empty()).then_some((span, inner, behind))
        });
        if let Some((span, inner, behind)) = marked {
            parts.push((MarkdownSpan::Plain, std::mem::take(&mut plain)));
            parts.push((span, inner.to_owned()));
            rest = behind;
            continue;
        }
        let link = rest.strip_prefix('[').and_then(|rest| rest.split_once("]("));
        if let Some((words, (address, behind))) = link.and_then(|(words, rest)| Some((words, rest.split_once(')')?))) {
            plain += &format!("{words} ({address})");
            rest = behind;
            continue;
        }
        let length = rest.chars().next().map_or(1, char::len_utf8);
        plain += &rest[..length];
        rest = &rest[length..];
    }
    parts.push((MarkdownSpan::Plain, plain));
    parts.retain(|(_, text)| !text.is_empty());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_dashboards_say_is_shown_and_nothing_else_is_let_in() {
        let text = markup("# Lab\nSee **this** and `that`, [the page](of/it).\n\n- one\n- two\n<b>no</b>").to_string();
        assert_eq!(
            text,
            "<h2>Lab</h2><p>See <strong>this</strong> and <code>that</code>, the page (of/it).</p>\
             <ul><li>one</li><li>two</li></ul><p>&lt;b&gt;no&lt;/b&gt;</p>"
        );
        assert_eq!(plain("## A\n- **b** c"), "A b c");
        for odd in ["**", "`", "[", "[a](", "#", "######## x", "ä**ö"] {
            markup(odd);
        }
    }
}
