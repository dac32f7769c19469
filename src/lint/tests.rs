//! Every rule against its page, the examples that are shipped, suppressions, settings, and what a plan adds.

use super::*;
use crate::model::Target;
use crate::spec;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const TODAY: &str = "2026-11-22";

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn bind(text: &str) -> (Bound, Desired) {
    let values = BTreeMap::from([("email".to_owned(), "you@example.edu".to_owned())]);
    let spec = spec::parse("alarms.yaml", text).unwrap_or_else(|error| panic!("{error}"));
    let values = values.into_iter().filter(|(name, _)| spec.variables().iter().any(|v| v.name == *name)).collect();
    let bound = spec.bind(&values).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let target = Target::new("123456789012", bound.region().unwrap_or("us-east-1"));
    let desired = bound.desired(&target, &BTreeMap::new()).unwrap_or_else(|error| panic!("{error}"));
    (bound, desired)
}

fn report(text: &str, observed: Option<&Observed>) -> Report {
    let (bound, desired) = bind(text);
    let settings = settings(&bound).expect("right settings");
    lint(Input { bound: &bound, desired: &desired, observed, settings: &settings, today: TODAY })
}

/// Findings as their page shows them.
fn shown(text: &str, findings: &[Finding]) -> String {
    let source = spec::Source { name: "alarms.yaml", text };
    let one = |f: &Finding| {
        let help = &f.help;
        format!("{}[{}]: {}\n{}  = help: {help}\n", f.level, f.rule, f.message, source.excerpt(f.span))
    };
    findings.iter().map(one).collect()
}

/// One example of a page: its spec, what AWS told, and the text below.
#[derive(Debug, Default)]
struct Example {
    yaml: String,
    aws: Option<Observed>,
    text: Option<String>,
}

fn example(page: &str, heading: &str) -> Example {
    let section = page.split(&format!("\n## {heading}\n")).nth(1).unwrap_or_else(|| panic!("no {heading}: {page}"));
    let section = section.split("\n## ").next().unwrap_or_default();
    let mut example = Example::default();
    let mut blocks = section.split("```");
    blocks.next();
    while let (Some(block), _) = (blocks.next(), blocks.next()) {
        let (language, body) = block.split_once('\n').expect("a block has a language");
        match language {
            "yaml" => example.yaml = body.to_owned(),
            "json" => example.aws = Some(serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {body}"))),
            "text" => example.text = Some(body.to_owned()),
            other => panic!("a block of {other}"),
        }
    }
    example
}

#[test]
fn every_rule_fires_on_its_bad_example_and_not_on_its_good_one() {
    for rule in RULES {
        let path = root().join("docs/lint").join(format!("{}.md", rule.id));
        let page = std::fs::read_to_string(&path).expect("a page");
        assert!(
            page.starts_with(&format!("# {}\n\nLevel: {}. Finds that {}.\n", rule.id, rule.level, rule.summary)),
            "{}",
            rule.id
        );
        assert_eq!(page.contains("\n## Settings\n"), rule.limits.is_some(), "{}: are its limits on its page?", rule.id);
        let bad = example(&page, "Bad");
        let mut found = report(&bad.yaml, bad.aws.as_ref()).findings;
        found.retain(|finding| finding.rule == rule.id);
        assert!(!found.is_empty(), "{} does not fire on its bad example", rule.id);
        let (shown, written) = (shown(&bad.yaml, &found), bad.text.expect("what it says"));
        if std::env::var_os("MLOPSCTL_UPDATE").is_some() {
            let page = page.replacen(&format!("```text\n{written}```"), &format!("```text\n{shown}```"), 1);
            std::fs::write(&path, page).expect("written");
        } else {
            assert_eq!(shown, written, "{}: MLOPSCTL_UPDATE=1 rewrites the page", rule.id);
        }
        let good = example(&page, "Good");
        let left = report(&good.yaml, good.aws.as_ref()).findings;
        assert!(left.is_empty(), "the good example of {}:\n{}", rule.id, super::tests::shown(&good.yaml, &left));
    }
}

#[test]
fn rules_are_sorted_by_id_and_there_is_a_page_for_each_and_no_other() {
    let ids: Vec<&str> = RULES.iter().map(|rule| rule.id).collect();
    assert!(ids.is_sorted() && ids.len() >= 25, "{ids:?}");
    let pages = std::fs::read_dir(root().join("docs/lint")).expect("pages");
    let mut names: Vec<String> =
        pages.map(|p| p.expect("a page").file_name().to_string_lossy().replace(".md", "")).collect();
    names.sort();
    assert_eq!(names, ids);
}

fn specs(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let mut paths: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|e| e == "yaml")).collect();
    paths.sort();
    paths
}

#[test]
fn the_shipped_specs_are_clean() {
    let examples = specs(&root().join("examples"));
    assert!(examples.len() >= 3);
    let mut dirty = String::new();
    for path in examples.into_iter().chain([root().join("alarms.yaml")]) {
        let text = std::fs::read_to_string(&path).expect("readable");
        let report = report(&text, None);
        if !report.findings.is_empty() {
            dirty += &format!("{}:\n{}", path.display(), shown(&text, &report.findings));
        }
    }
    assert!(dirty.is_empty(), "{dirty}");
}
