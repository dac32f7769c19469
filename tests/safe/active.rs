//! Parses what the program wrote as its readers do, and finds what is active in it: sequences a terminal obeys, orders to a CI
//! system, markup, links, formulas, characters that hide. Written against those readers' own rules, not against the program.

use pulldown_cmark::{Event, Options, Parser, Tag};
use std::process::{Command, Stdio};

/// Everything that text for people must not hold, whatever format it is in.
pub fn in_text(text: &str) -> Vec<String> {
    let mut found = terminal(text);
    found.extend(orders(text));
    found
}

/// What a terminal does beyond showing characters in one of sixteen colours.
fn terminal(text: &str) -> Vec<String> {
    #[derive(Default)]
    struct Seen(Vec<String>);
    impl vte::Perform for Seen {
        fn print(&mut self, c: char) {
            if hides(c) {
                self.0.push(format!("the character {:?}", c));
            }
        }
        fn execute(&mut self, byte: u8) {
            if !matches!(byte, b'\n' | b'\t') {
                self.0.push(format!("the control {byte:#x}"));
            }
        }
        fn csi_dispatch(&mut self, parameters: &vte::Params, _: &[u8], _: bool, action: char) {
            let numbers: Vec<u16> = parameters.iter().flatten().copied().collect();
            if action != 'm' || numbers.iter().any(|n| *n == 8 || *n > 97) {
                self.0.push(format!("the sequence {numbers:?}{action}"));
            }
        }
        fn osc_dispatch(&mut self, _: &[&[u8]], _: bool) {
            self.0.push("a command to the terminal's system".into());
        }
        fn esc_dispatch(&mut self, _: &[u8], _: bool, byte: u8) {
            self.0.push(format!("the escape {byte:#x}"));
        }
        fn hook(&mut self, _: &vte::Params, _: &[u8], _: bool, action: char) {
            self.0.push(format!("a device's {action}"));
        }
    }
    let mut seen = Seen::default();
    vte::Parser::new().advance(&mut seen, text.replace("\r\n", "\n").as_bytes());
    seen.0
}

/// Bidi, zero-width, tags, separators, private: by Unicode's lists, written down here once more.
fn hides(c: char) -> bool {
    let code = u32::from(c);
    matches!(code, 0x80..=0x9f | 0xad | 0x61c | 0x180e | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0xfeff)
        || matches!(code, 0xfff0..=0xfffb | 0xfffe | 0xffff | 0xe000..=0xf8ff | 0xe0000..=0x10_ffff)
}

/// `ActionCommand.TryParseV2` and `TryParse` of GitHub's runner, `Command.TryParse` of Azure's agent, TeamCity's messages, GitLab's
/// sections.
pub fn orders(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in text.split(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}', '\u{b}', '\u{c}']) {
        let plain = line.split("\u{1b}[").fold(String::new(), |all, part| {
            match all.is_empty() && !line.starts_with('\u{1b}') {
                true => part.to_owned(),
                false => all + part.split_once('m').map_or("", |(_, rest)| rest),
            }
        });
        let starts = plain.trim_start().starts_with("::") || line.trim_start().starts_with("::");
        let tagged = ["##[", "##vso[", "##teamcity[", "section_start:1\r"].iter().any(|mark| line.contains(mark));
        if starts || tagged {
            found.push(format!("the order {line:?}"));
        }
    }
    found
}

/// A document whose bytes are harmless as they stand, and which is JSON.
pub fn in_json(text: &str) -> Vec<String> {
    let mut found = in_text(text);
    // A stream of documents, one a line, is JSON, too.
    let mut documents = serde_json::Deserializer::from_str(text).into_iter::<serde_json::Value>();
    found.extend(documents.find_map(Result::err).map(|error| format!("no JSON: {error}")));
    found
}

/// Links, images, markup other than our own few elements; and outside of code what GitHub makes links and mentions of.
pub fn in_markdown(text: &str) -> Vec<String> {
    let mut found = in_text(text);
    let allowed = [
        "<details>",
        "<details open>",
        "</details>",
        "<summary>",
        "</summary>",
        "<code>",
        "</code>",
        "<br>",
        "<pre>",
        "</pre>",
    ];
    let mut prose = String::new();
    let mut code = 0;
    for event in Parser::new_ext(text, Options::all()) {
        match event {
            Event::Start(Tag::Link { dest_url, .. }) => found.push(format!("a link to {dest_url}")),
            Event::Start(Tag::Image { dest_url, .. }) => found.push(format!("an image {dest_url}")),
            Event::Start(Tag::CodeBlock(_)) => code += 1,
            Event::End(pulldown_cmark::TagEnd::CodeBlock) => code -= 1,
            Event::Html(html) | Event::InlineHtml(html) => {
                let mut rest = html.trim();
                while let Some(at) = rest.find('<') {
                    let Some(tag) = allowed.iter().find(|tag| rest[at..].starts_with(**tag)) else {
                        found.push(format!("the markup {rest:?}"));
                        break;
                    };
                    match *tag {
                        "<code>" | "<pre>" => code += 1,
                        "</code>" | "</pre>" => code -= 1,
                        _ => {}
                    }
                    rest = &rest[at + tag.len()..];
                }
            }
            Event::Text(text) if code == 0 => prose.push_str(&text),
            Event::SoftBreak | Event::HardBreak => prose.push('\n'),
            _ => {}
        }
    }
    for word in prose.split(|c: char| c.is_whitespace() || "()[]{}\"'".contains(c)) {
        let lower = word.to_ascii_lowercase();
        let number = word.split_once('#').is_some_and(|(_, rest)| rest.starts_with(|c: char| c.is_ascii_digit()));
        if word.contains('@') || lower.contains("http:") || lower.contains("https:") || lower.contains("www.") || number
        {
            found.push(format!("{word:?} becomes a link"));
        }
    }
    found
}

/// Cells that a spreadsheet works out, with a comma or a semicolon between cells.
pub fn in_csv(text: &str) -> Vec<String> {
    let mut found = in_text(text);
    for separator in [b',', b';'] {
        let mut reader = csv::ReaderBuilder::new()
            .flexible(true)
            .has_headers(false)
            .delimiter(separator)
            .from_reader(text.as_bytes());
        for record in reader.records() {
            let Ok(record) = record else {
                found.push("no CSV".into());
                break;
            };
            for cell in &record {
                let start = cell.trim_start_matches([' ', '\u{3000}', '\u{a0}', '"']);
                let number = cell.trim().parse::<f64>().is_ok();
                if !number
                    && start
                        .starts_with(['=', '+', '-', '@', '\t', '\r', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'])
                {
                    found.push(format!("the formula {cell:?}"));
                }
            }
        }
    }
    found
}

/// Well-formed XML 1.0, of no elements but JUnit's.
pub fn in_junit(text: &str) -> Vec<String> {
    use quick_xml::events::Event;
    let mut found = in_text(text);
    let mut reader = quick_xml::Reader::from_str(text);
    let mut open = 0;
    loop {
        match reader.read_event() {
            Ok(Event::Eof) => {
                found.extend((open != 0).then(|| "an element without an end".to_owned()));
                return found;
            }
            Ok(event @ (Event::Start(_) | Event::Empty(_))) => {
                open += i32::from(matches!(event, Event::Start(_)));
                let (Event::Start(element) | Event::Empty(element)) = event else { continue };
                let name = String::from_utf8_lossy(element.name().as_ref()).into_owned();
                if !["testsuites", "testsuite", "testcase", "failure", "error", "skipped"].contains(&name.as_str()) {
                    found.push(format!("the element {name}"));
                }
                found.extend(element.attributes().find_map(Result::err).map(|error| format!("{error}")));
            }
            Ok(Event::End(_)) => open -= 1,
            Ok(Event::Decl(_) | Event::Text(_) | Event::GeneralRef(_)) => {}
            Ok(other) => found.push(format!("{other:?}")),
            Err(error) => {
                found.push(format!("no XML: {error}"));
                return found;
            }
        }
    }
}

/// By Python's parser: no element and no attribute through which a page asks, runs or leads anywhere.
pub fn in_html(text: &str) -> Vec<String> {
    const CHECK: &str = r#"
import html.parser, sys
class Check(html.parser.HTMLParser):
    scripts = 0
    def handle_starttag(self, tag, attributes):
        if tag == "script":
            self.scripts += 1
        if tag in {"img", "a", "iframe", "object", "embed", "link", "base", "form", "video", "audio", "source", "image", "use", "animate", "foreignobject"}:
            print("the element", tag)
        for name, value in attributes:
            if name.startswith("on") or name in {"src", "href", "xlink:href", "action", "formaction", "srcdoc", "style", "background"}:
                print("the attribute", name, "of", tag)
            if (value or "").strip().lower().startswith(("javascript:", "data:", "vbscript:")):
                print("the value", value)
    def handle_comment(self, data):
        print("a comment")
    def handle_pi(self, data):
        print("an instruction")
check = Check()
check.feed(sys.stdin.read())
check.close()
if check.scripts > 1:
    print(check.scripts, "scripts")
"#;
    let mut found = in_text(text);
    let mut python = Command::new("python3")
        .args(["-X", "utf8", "-c", CHECK])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Python 3");
    let mut input = python.stdin.take().expect("piped");
    std::io::Write::write_all(&mut input, text.as_bytes()).expect("it reads");
    drop(input);
    let said = python.wait_with_output().expect("it ends");
    assert!(said.status.success());
    found.extend(String::from_utf8_lossy(&said.stdout).lines().map(str::to_owned));
    found
}

/// Annotations: the lines that begin with `::` are those of findings, each whole, and nothing else is an order.
pub fn in_annotations(text: &str) -> Vec<String> {
    let ours = ["::error file=", "::warning file=", "::notice file="];
    let (annotations, others): (Vec<&str>, Vec<&str>) =
        text.lines().partition(|line| ours.iter().any(|begin| line.starts_with(begin)));
    let mut found = in_text(&others.join("\n"));
    for line in annotations {
        found.extend(in_text(line.trim_start_matches(':')));
    }
    found
}

/// The checks can fail: each finds what it is for.
#[test]
fn what_is_active_is_found() {
    for (check, active) in [
        (in_text as fn(&str) -> Vec<String>, "a\u{1b}[2Jb"),
        (in_text, "a\u{1b}]0;x\u{7}"),
        (in_text, "a\u{9b}31m"),
        (in_text, "\u{1b}[8mx"),
        (in_text, "a\u{202e}b"),
        (in_text, "a\u{e0041}b"),
        (in_text, "a\rb"),
        (in_text, "x\n  ::error::y"),
        (in_text, "\u{1b}[1m::error::y"),
        (in_text, "x ##[error]y"),
        (in_json, "{\"a\": \"\u{202e}\"}"),
        (in_json, "{"),
        (in_markdown, "[a](http://b.example)"),
        (in_markdown, "![a](b)"),
        (in_markdown, "a <img src=x> b"),
        (in_markdown, "<!-- x -->"),
        (in_markdown, "hello @octocat"),
        (in_markdown, "see www.b.example"),
        (in_markdown, "<details onclick=x>"),
        (in_csv, "a,=1\r\n"),
        (in_csv, "a;\u{ff1d}1\r\n"),
        (in_csv, "a,\" @x\"\r\n"),
        (in_junit, "<testsuite><a/></testsuite>"),
        (in_junit, "<testsuite>"),
        (in_html, "<p onclick=x>"),
        (in_html, "<a href='javascript:x'>y</a>"),
        (in_html, "<!-- x -->"),
        (in_annotations, "::add-mask::x"),
        (in_annotations, "::error file=a::x ##[error]y"),
    ] {
        assert!(!check(active).is_empty(), "{active:?} passes");
    }
    for (check, harmless) in [
        (in_text as fn(&str) -> Vec<String>, "\u{1b}[1ma\u{1b}[0m\té\n"),
        (
            in_markdown,
            "### a\n\n- <code>a&#64;b</code> `::x`\n\n<details open><summary>1</summary>\n\n| a |\n|---|\n| b |\n\n</details>\n",
        ),
        (in_csv, "a,-1,'=x,\"a, \"\"b\"\"\"\r\n"),
        (in_annotations, "::error file=a,line=1::x\n1 error\n"),
    ] {
        assert_eq!(check(harmless), Vec::<String>::new(), "{harmless:?}");
    }
}
