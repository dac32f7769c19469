//! Whatever a text is, YAML gives it back.

use super::*;
use crate::spec::yaml::read;
use fastrand::Rng;

fn back(value: &str, style: PrintStyle) -> String {
    let text = |text: &str| SpecValue::Text(text.to_owned());
    let inner = SpecMap::default().put("a", text(value)).put(value, text("x")).put("list", vec![text(value)]);
    let map = SpecMap::default().put("alone", text(value)).put("inner", inner.clone()).put("items", vec![inner]);
    let root = SpecMap::default().put("section", map);
    let printed = print(&[], &root, style);
    let read = read(&printed).unwrap_or_else(|problem| panic!("{value:?}: {problem:?}\n{printed}"));
    assert!(read.problems.is_empty(), "{value:?}\n{printed}");
    let section = read.root.get("section").unwrap();
    let plain = |text: &str| text.replace("$${", "${");
    let inners = [section.get("inner").unwrap(), &section.get("items").unwrap().items()[0]];
    for inner in inners {
        assert_eq!(plain(inner.get("a").unwrap().text().unwrap()), value, "{printed}");
        assert_eq!(plain(&inner.entries()[1].name.text), value, "{printed}");
        assert_eq!(plain(inner.get("list").unwrap().items()[0].text().unwrap()), value, "{printed}");
    }
    assert_eq!(plain(section.get("alone").unwrap().text().unwrap()), value, "{printed}");
    printed
}

#[test]
fn every_text_reads_back_as_itself() {
    let hostile = [
        "yes",
        "off",
        "1e3",
        "0x1f",
        " leading",
        "trailing ",
        "#",
        "a #b",
        "a: b",
        "a:",
        "-",
        "- a",
        "?",
        "? a",
        "!x",
        "&a",
        "*a",
        "|",
        ">",
        "> 5",
        "%x",
        "@x",
        "`x",
        "{",
        "}",
        "[a]",
        "a,b",
        "a, b",
        "'",
        "\"",
        "it's",
        "\\",
        "a\\n",
        "",
        "~",
        "null",
        "Null",
        "true",
        "12:30:45",
        "2026-01-01",
        "2026-12-24T18:00Z",
        "5m",
        "${x}",
        "$${x}",
        "$$${",
        "a\nb",
        "a\nb\n",
        "a\n\nb",
        "\na",
        "a\n ",
        " a\nb",
        "a\n\n",
        "a\n${x}",
        "a\tb",
        "\t",
        "\r",
        "a\r\nb",
        "\0",
        "\u{1b}[2J",
        "\u{85}",
        "\u{2028}",
        "\u{feff}",
        "\u{202e}x",
        "ä",
        "日本",
        "🔥",
        "\u{fffe}",
        "---",
        "...",
        "a\n---\nb",
        "=",
        "::error::x",
        "a\n::error::x",
        "a\n##[x]",
        "arn:aws:sns:us-east-1:123456789012:t",
        "a\n#b",
        ".5",
        ".inf",
        "+1",
        "_",
        "/aws/lambda/x",
        "1_000",
        "0b1",
        "08",
        "<",
        "(a)",
        "a]b",
        "a}b: c",
        "x\u{a0}y",
        "x\u{3000}",
    ];
    for value in hostile {
        for style in [PrintStyle::Roomy, PrintStyle::Dense, PrintStyle::Packed] {
            back(value, style);
        }
    }
}

#[test]
fn every_random_text_reads_back_as_itself() {
    let mut rng = Rng::with_seed(7);
    let letters: Vec<char> = " \n\t:#-?{}[],&*!|>'\"%@`$\\ab01.\u{0}\u{7f}\u{85}\u{2029}é🔥\r".chars().collect();
    for _ in 0..20_000 {
        let length = rng.usize(1..12);
        let value: String = (0..length).filter_map(|_| rng.choice(letters.iter()).copied()).collect();
        if value == "list" || value == "a" {
            continue;
        }
        back(&value, if rng.bool() { PrintStyle::Roomy } else { PrintStyle::Dense });
    }
    back(&"\u{e0041}".repeat(255), PrintStyle::Roomy);
}

#[test]
fn only_what_needs_quotes_has_them() {
    for plain in
        ["5m", "errors", "/aws/lambda/x", "AWS/Lambda", "Alert when errors exceed 5, at once", "arn:aws:sns:a:b:c"]
    {
        assert_eq!(scalar(plain, true), plain);
    }
    assert_eq!(scalar("a, b", false), "\"a, b\"");
    assert_eq!(scalar("> 5", true), "\"> 5\"");
}
