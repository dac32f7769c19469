//! Templates, states, plans and answers that are almost right: none makes the importer panic, hang, or say something that moves a terminal.

use super::super::{ImportSettings, ImportSource, write_import};
use crate::report::{RenderOptions, import, mask};
use fastrand::Rng;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How many templates; `MLOPSCTL_CASES` says otherwise.
const CASES: usize = 3_000;

const SEEDS: [&str; 7] = [
    include_str!("seeds/full.yaml"),
    include_str!("seeds/cdk.json"),
    include_str!("seeds/loops.yaml"),
    include_str!("seeds/state.json"),
    include_str!("seeds/plan.json"),
    include_str!("seeds/alarms.json"),
    include_str!("seeds/pages.json"),
];

const TOKENS: &[&str] = &[
    "!Ref ",
    "!Sub ",
    "!GetAtt ",
    "!If ",
    "!Join ",
    "!Select ",
    "!Split ",
    "!FindInMap ",
    "!Condition ",
    "!Equals ",
    "!Not ",
    "!Base64 ",
    "!Cidr ",
    "!ImportValue ",
    "!Transform ",
    "!Odd ",
    "Fn::ForEach::X",
    "Fn::Length",
    "Fn::ToJsonString",
    "AWS::NoValue",
    "AWS::Region",
    "AWS::StackName",
    "${",
    "}",
    "${AWS::AccountId}",
    "${!x}",
    "{{resolve:ssm:x}}",
    "{{resolve:",
    "}}",
    "[",
    "]",
    "{",
    "}",
    "\"",
    "'",
    ":",
    ", ",
    "- ",
    "&a ",
    "*a",
    "<<: *a",
    "null",
    "~",
    "true",
    "-1",
    "99999999999999999999",
    "1e999",
    "0x10",
    "\u{1F600}",
    "\\ud83d\\ude00",
    "\\ud83d",
    "\\/",
    "\u{1b}[31m",
    "\u{202e}",
    "\u{feff}",
    "openvalue0x",
    "$",
    "%",
    "\n",
    "\t",
    "Type",
    "Properties",
    "AWS::SNS::TopicPolicy",
    "AWS::CloudWatch::AnomalyDetector",
    "AWS::CloudWatch::CompositeAlarm",
    "AWS::SNS::Subscription",
    "aws_sns_topic_policy",
    "index_key",
    "deposed",
    "after_unknown",
    "module.a[\"b\"]",
    "MetricAlarms",
    "AlarmRule",
    "{\"AlarmName\": 1}",
];

fn mutated(seed: &str, rng: &mut Rng) -> String {
    let mut text = seed.to_owned();
    for _ in 0..rng.usize(1..5) {
        let boundary = |text: &str, rng: &mut Rng| {
            let mut at = rng.usize(0..=text.len());
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        if lines.is_empty() {
            break;
        }
        text = match rng.u8(0..9) {
            // A letter.
            0 => {
                let mut bytes = text.clone().into_bytes();
                let at = rng.usize(0..bytes.len());
                bytes[at] ^= 1 << rng.u8(0..8);
                String::from_utf8_lossy(&bytes).into_owned()
            }
            // A token.
            1 | 2 => {
                let at = boundary(&text, rng);
                [&text[..at], rng.choice(TOKENS).unwrap(), &text[at..]].concat()
            }
            // A line away, twice, or elsewhere.
            3 => {
                let mut lines = lines.clone();
                lines.remove(rng.usize(0..lines.len()));
                lines.concat()
            }
            4 => {
                let mut lines = lines.clone();
                let (from, to) = (rng.usize(0..lines.len()), rng.usize(0..lines.len()));
                lines.insert(to, lines[from]);
                lines.concat()
            }
            // A word of one place in another.
            5 | 6 => {
                let words: Vec<&str> =
                    text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| w.len() > 2).collect();
                match (rng.choice(&words), rng.choice(&words)) {
                    (Some(from), Some(to)) => text.replacen(*from, to, rng.usize(1..4)),
                    _ => text.clone(),
                }
            }
            7 => {
                let mut lines = lines.clone();
                let at = rng.usize(0..lines.len());
                let moved = format!("{}{}", " ".repeat(rng.usize(0..10)), lines[at].trim_start());
                lines[at] = &moved;
                lines.concat()
            }
            _ => {
                let at = boundary(&text, rng);
                text[..at].to_owned()
            }
        };
    }
    text
}

/// What a run writes about a text; the outcome as a word.
fn run(text: &str) -> &'static str {
    let settings = ImportSettings {
        parameters: BTreeMap::from([("Stage".to_owned(), "dev".to_owned())]),
        ..ImportSettings::default()
    };
    let imported = ImportSource::of("t", text.to_owned()).and_then(|source| write_import(&source, None, &settings));
    match imported {
        Err(error) => {
            assert!(!mask::printed(&error.to_string()).contains('\u{1b}'), "{text}");
            "refused"
        }
        Ok(imported) => {
            let said = import::text(&imported, &RenderOptions::PLAIN) + &import::json(&imported, true, &[]);
            let said = mask::printed(&said).into_owned() + &mask::foreign_document(&imported.written.text);
            assert!(!said.contains('\u{1b}') && !said.contains('\u{202e}'), "{text}\n{said}");
            // What is written is read, and says what was found.
            let bound = imported.written.bound().unwrap_or_else(|error| panic!("{error}\n{text}"));
            assert!(bound.desired(&imported.target, &BTreeMap::new()).is_ok(), "{text}");
            if imported.not_carried.is_empty() { "whole" } else { "partly" }
        }
    }
}

#[test]
fn mutated_templates_are_imported_or_refused() {
    let cases = std::env::var("MLOPSCTL_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(CASES);
    let mut rng = Rng::with_seed(15);
    let mut outcomes: BTreeMap<&str, usize> = BTreeMap::new();
    let mut slowest = Duration::ZERO;
    for _ in 0..cases {
        let seed = *rng.choice(&SEEDS).unwrap();
        let text = mutated(seed, &mut rng);
        let start = Instant::now();
        *outcomes.entry(run(&text)).or_default() += 1;
        slowest = slowest.max(start.elapsed());
    }
    eprintln!("{cases} templates: {outcomes:?}, slowest {slowest:?}");
    assert!(outcomes.len() == 3 && outcomes.values().all(|count| *count > cases / 100), "{outcomes:?}");
    assert!(slowest < Duration::from_secs(10), "{slowest:?}");
}

/// Each grows, or goes round, without an end; all end soon.
#[test]
fn what_would_never_end_is_refused() {
    let alarm =
        |name: &str| format!("  A{{}}: {{ Type: AWS::CloudWatch::Alarm, Properties: {{ AlarmName: {name} }} }}\n");
    let chain = |link: &dyn Fn(usize) -> String| {
        let links: String = (0..60).map(|n| alarm(&link(n)).replace("{}", &n.to_string())).collect();
        format!("Resources:\n{links}")
    };
    let doubling = chain(&|n| format!("!Sub '${{A{}}}${{A{}}}'", n + 1, n + 1))
        + "  A60: { Type: AWS::CloudWatch::Alarm, Properties: { AlarmName: xxxxxxxx } }\n";
    let round = chain(&|n| format!("!Ref A{}", (n + 1) % 60));
    let conditions: String =
        (0..40).map(|n| format!("  C{n}: !And [!Condition C{m}, !Condition C{m}]\n", m = (n + 1) % 40)).collect();
    let conditions =
        format!("Conditions:\n{conditions}Resources:\n  A: {{ Type: AWS::CloudWatch::Alarm, Condition: C0 }}\n");
    let loops = (0..6).fold("{ A: { Type: AWS::CloudWatch::Alarm } }".to_owned(), |inner, n| {
        let list = (0..40).map(|n| format!("i{n}")).collect::<Vec<_>>().join(", ");
        format!("{{ 'Fn::ForEach::L{n}': [I{n}, [{list}], {inner}] }}")
    });
    let deep = format!(
        "Resources: {{ A: {{ Type: AWS::CloudWatch::Alarm, Properties: {{ X: {}1{} }} }} }}",
        "{ a: ".repeat(50),
        " }".repeat(50)
    );
    let bomb = format!(
        "x: &a0 [x]\n{}Resources: {{}}\n",
        (0..40).map(|n| format!("y{n}: &a{} [*a{n}, *a{n}, *a{n}]\n", n + 1)).collect::<String>()
    );
    for text in [
        doubling,
        round,
        conditions,
        format!("Resources: {loops}\n"),
        deep,
        bomb,
        "[".repeat(100_000),
        "{\"a\":".repeat(100_000),
    ] {
        let start = Instant::now();
        assert_ne!(run(&text), "whole", "{:.300}", text);
        assert!(start.elapsed() < Duration::from_secs(20), "{:.300}", text);
    }
}
