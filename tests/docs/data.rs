//! What the pages show of files: a spec, a rubric or a file of tests is one, as a whole or as a part; JSON and CSV can be read.

use super::pages::{Block, Page, all};
use super::support::Desk;

/// Keys at the head of a spec, of which at least one is there.
const OF_SPEC: &[&str] = &[
    "accounts",
    "alarms",
    "allowed_accounts",
    "anomaly_detectors",
    "composite_alarms",
    "dashboards",
    "defaults",
    "external_topics",
    "functions",
    "lint",
    "log_alarms",
    "log_groups",
    "metric_filters",
    "mute_rules",
    "region",
    "regions",
    "slos",
    "stack",
    "subscriptions",
    "tags",
    "topics",
    "vars",
    "version",
];
const OF_RUBRIC: &[&str] = &["items", "other_regions", "pass", "title"];
const OF_TESTS: &[&str] = &["tests", "notation", "spec"];
const OF_ONE_TEST: &[&str] = &["expect", "history", "notifications", "results", "series", "states"];

/// What a part cannot be blamed for: what it names is elsewhere in the file that it is a part of.
const BEYOND_A_PART: &[&str] = &[
    "no topic `",
    "no alarm `",
    "no metric alarm `",
    "no alarm of this file is named like `",
    "no function `",
    "is not a variable of this file",
    "this test expects nothing",
    " lacks `",
];
/// A value that the reader gives.
const OPEN: &str = "has no value";

#[derive(Debug, Clone, Copy, PartialEq)]
enum Shown {
    Spec { whole: bool },
    Rubric { whole: bool },
    Tests { whole: bool },
    OneTest,
    Workflow,
}

#[test]
fn every_yaml_block_is_what_it_shows() {
    let (mut wrong, mut counts) = (Vec::new(), std::collections::BTreeMap::<String, usize>::new());
    let desk = Desk::new();
    for page in all() {
        page.files().iter().for_each(|(name, text)| desk.write(name, text));
        // A template is another engine's: what imports it says whether it is right.
        let is_ours = |code: &str| !code.starts_with("AWSTemplateFormatVersion:");
        for block in page.blocks().iter().filter(|block| block.language() == "yaml" && is_ours(&block.code)) {
            let place = format!("{}:{}", page.name, block.line);
            match shown(&block.code) {
                None => wrong.push(format!("{place}: neither a spec nor a rubric, tests or a workflow")),
                Some(kind) => {
                    *counts.entry(format!("{kind:?}")).or_default() += 1;
                    wrong.extend(mistakes(&desk, kind, &block.code).map(|why| format!("{place}: {why}")));
                }
            }
        }
    }
    println!("{counts:?}");
    assert!(counts.values().sum::<usize>() > 150, "{counts:?}");
    assert!(wrong.is_empty(), "{} blocks\n{}", wrong.len(), wrong.join("\n"));
}

/// The check can fail, for each kind.
#[test]
fn a_wrong_block_is_found() {
    let desk = Desk::new();
    let right = "version: 1\nstack: s\ntopics: { t: {} }\nalarms:\n  a: { namespace: N, metric_name: X, statistic: Sum, threshold: \"> 1\", notify: t }\n";
    let part = right.replace("version: 1\nstack: s\ntopics: { t: {} }\n", "");
    let rubric = "version: 1\ntitle: t\nitems: [{ name: a, says: s, points: 1, topic: {} }]\n";
    let tests = "tests: [{ name: a, series: [{ namespace: N, metric_name: X, values: 0x5 }], expect: [{ at: 1m, alarm: a, state: OK }] }]\n";
    let one = "results:\n  - { alarm: a, lower: 50x10, upper: 300x10 }\n";
    let workflow = "on: push\njobs: { a: { runs-on: x } }\n";
    for text in [right, &part, rubric, tests, one, workflow] {
        let kind = shown(text).unwrap_or_else(|| panic!("{text}"));
        assert_eq!(mistakes(&desk, kind, text), None, "{kind:?} {text}");
        let broken = match kind {
            Shown::Workflow => text.replace("push", "[push"),
            Shown::Spec { .. } => text.replace("statistic", "statistik"),
            Shown::Rubric { .. } => text.replace("points", "pionts"),
            Shown::Tests { .. } => text.replace("state", "stade"),
            Shown::OneTest => text.replace("lower", "lover"),
        };
        assert_ne!(broken, text);
        assert!(mistakes(&desk, kind, &broken).is_some(), "{broken}");
    }
    // What is whole has to hold what it names.
    assert!(mistakes(&desk, Shown::Spec { whole: true }, &right.replace("notify: t", "notify: u")).is_some());
    assert_eq!(shown("a: 1\n"), None);
}

fn shown(text: &str) -> Option<Shown> {
    let keys: Vec<&str> = text
        .lines()
        .filter(|line| !line.starts_with([' ', '#', '-', '}', ']']) && line.contains(':'))
        .map(|line| line.split(':').next().unwrap_or_default().trim_matches('"'))
        .collect();
    let all = |known: &[&str]| !keys.is_empty() && keys.iter().all(|key| known.contains(key));
    let some = |known: &[&str]| keys.iter().any(|key| known.contains(key));
    let with = |known: &[&'static str], more: &[&'static str]| [known, more].concat();
    match () {
        () if some(&["jobs", "on", "repos", "runs", "steps"]) => Some(Shown::Workflow),
        () if some(OF_RUBRIC) && all(&with(OF_RUBRIC, &["version", "vars"])) => {
            Some(Shown::Rubric { whole: keys.contains(&"version") })
        }
        () if some(OF_TESTS) && all(&with(OF_TESTS, &["vars"])) => Some(Shown::Tests { whole: false }),
        () if all(OF_ONE_TEST) => Some(Shown::OneTest),
        () if all(OF_SPEC) => Some(Shown::Spec { whole: keys.contains(&"version") }),
        () => None,
    }
}

/// What the program says against it, if anything.
fn mistakes(desk: &Desk, kind: Shown, text: &str) -> Option<String> {
    let (file, head, arguments, whole): (_, _, &[&str], _) = match kind {
        Shown::Spec { whole } => {
            ("shown.yaml", "version: 1\nstack: shown\n", &["lint", "--fail-on", "never", "--file", "shown.yaml"], whole)
        }
        Shown::Rubric { whole } => (
            "rubric.yaml",
            "version: 1\ntitle: shown\n",
            &["check", "--sandbox=s.json", "--rubric", "rubric.yaml"],
            whole,
        ),
        Shown::Tests { whole } => ("shown.test.yaml", "", &["test", "shown.test.yaml"], whole),
        Shown::OneTest => ("shown.test.yaml", "tests:\n- name: shown\n", &["test", "shown.test.yaml"], false),
        Shown::Workflow => ("shown.test.yaml", "", &["test", "shown.test.yaml"], false),
    };
    let body =
        if kind == Shown::OneTest { text.lines().map(|line| format!("  {line}\n")).collect() } else { text.to_owned() };
    desk.write(file, &if whole { body } else { format!("{head}{body}") });
    // The alarms of a file of tests are in the lab's spec.
    desk.write("alarms.yaml", LAB);
    let ran = desk.run(arguments);
    let errors = ran.stderr.lines().chain(ran.stdout.lines()).filter_map(|line| line.strip_prefix("error: "));
    let of_part = |error: &str| !whole && BEYOND_A_PART.iter().any(|known| error.contains(known));
    let not_read =
        |error: &str| error.starts_with("unknown key") || error.contains("lacks `") || error.contains("no tests");
    let errors: Vec<&str> = errors.filter(|error| !error.contains(OPEN) && !of_part(error)).collect();
    let errors: Vec<&str> = match kind {
        // It has none of our keys: what counts is that it is YAML at all.
        Shown::Workflow => errors.into_iter().filter(|error| !not_read(error)).collect(),
        _ => errors,
    };
    (!errors.is_empty() || ran.code == Some(70)).then(|| format!("{}\n{ran}", errors.join("; ")))
}

const LAB: &str = include_str!("../../alarms.yaml");

#[test]
fn every_block_of_data_can_be_read() {
    let mut read = 0;
    for (place, block) in blocks(&["json", "csv"]) {
        read += 1;
        match block.language() {
            "json" => drop(
                serde_json::from_str::<serde_json::Value>(&block.code)
                    .unwrap_or_else(|error| panic!("{place}: {error}")),
            ),
            _ => {
                let mut lines = csv_widths(&block.code);
                let head = lines.next().unwrap_or_else(|| panic!("{place}: is empty"));
                assert!(lines.all(|width| width == head), "{place}: lines of different length");
            }
        }
    }
    assert!(read >= 5, "only {read} blocks were found");
}

fn csv_widths(text: &str) -> impl Iterator<Item = usize> + '_ {
    text.lines().map(|line| line.split(',').count())
}

fn blocks(languages: &[&str]) -> Vec<(String, Block)> {
    let of = |page: Page| {
        let blocks = page.blocks();
        blocks.into_iter().map(move |block| (format!("{}:{}", page.name, block.line), block))
    };
    all().into_iter().flat_map(of).filter(|(_, block)| languages.contains(&block.language())).collect()
}
