//! The test files that are shipped: they pass, no mutant of a tested alarm survives, and each example has one.

use super::file::{UnitTestCase, read};
use super::mutation::{AlarmMutation, mutate};
use super::run::run;
use super::unwatched::check;
use crate::spec;
use std::path::{Path, PathBuf};

/// So many mutants of each die at least, or the file says little.
const LEAST: usize = 5;
/// Tested by one of its functions, which the others repeat.
const ONE_OF_MANY: &str = "fifty-functions.test.yaml";
/// Has every key; it is nobody's stack. `tests/everything.rs` tests it.
const TO_LOOK_UP: &str = "everything.yaml";
/// Asks whether there were calls at all: durations add up to more than 0 as soon as there is one.
const MEANS_THE_SAME: &str = "alarm/checkout-latency-ticket-6h: statistic SampleCount of calls -> Sum";

fn files() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let examples = std::fs::read_dir(root.join("examples")).unwrap().map(|entry| entry.unwrap().path());
    let is_spec = |path: &PathBuf| {
        let name = path.to_string_lossy();
        name.ends_with(".yaml") && !name.ends_with(".test.yaml") && !path.ends_with(TO_LOOK_UP)
    };
    examples.filter(is_spec).chain([root.join("alarms.yaml")]).map(|path| path.with_extension("test.yaml")).collect()
}

#[test]
fn the_shipped_tests_pass_and_kill_every_mutant() {
    let files = files();
    assert!(files.len() >= 9);
    for path in files {
        let file = read(&path).unwrap_or_else(|error| panic!("{error}"));
        let spec = spec::load(&file.spec).unwrap();
        let resources = file.resources(&spec, "123456789012").unwrap_or_else(|error| panic!("{error}"));
        check(&file, resources.values()).unwrap_or_else(|error| panic!("{error}"));
        for case in &file.cases {
            let failures = run(case, resources.values()).unwrap().failures;
            assert!(failures.is_empty(), "{}: {}: {failures:#?}", path.display(), case.name);
        }
        let cases: Vec<&UnitTestCase> = file.cases.iter().collect();
        let found = mutate(&cases, &resources).unwrap();
        let survivors: Vec<String> =
            found.iter().flat_map(survivors).filter(|survivor| survivor != MEANS_THE_SAME).collect();
        assert!(survivors.is_empty(), "{}: {survivors:#?}", path.display());
        let untested: Vec<&AlarmMutation> = found.iter().filter(|alarm| alarm.is_untested).collect();
        assert!(untested.is_empty() || path.ends_with(ONE_OF_MANY), "{}: {untested:#?}", path.display());
        let killed: usize = found.iter().map(|alarm| alarm.killed).sum();
        assert!(killed >= LEAST, "{}: {killed}", path.display());
    }
}

fn survivors(alarm: &AlarmMutation) -> Vec<String> {
    let one = |mutant: &super::Mutant| format!("{}: {} {} -> {}", alarm.address, mutant.field, mutant.from, mutant.to);
    alarm.survivors.iter().map(one).collect()
}

/// The lab's tests and those of the examples, which pass.
fn samples() -> Vec<crate::model::shape::SampleFile> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut names: Vec<String> =
        files().iter().map(|path| path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/")).collect();
    // The lab's first.
    names.sort_by_key(|name| (name.contains('/'), name.clone()));
    names.iter().map(|name| spec::sample(name)).collect()
}

/// The schema that test files name and the reference are what the program has. `MLOPSCTL_UPDATE=1` writes them anew.
#[test]
fn the_shipped_schema_and_reference_are_the_programs_own() {
    const MARK: &str =
        "<!-- From here on made from the program's own declarations: MLOPSCTL_UPDATE=1 cargo test unit_test -->\n";
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let docs = std::fs::read_to_string(root.join("docs/alarm-tests.md")).unwrap();
    let (words, _) = docs.split_once(MARK).expect("the page has the mark");
    let page = format!("{words}{MARK}{}", super::form::reference(&samples()));
    let schema = serde_json::to_string_pretty(&super::schema()).unwrap() + "\n";
    for (file, made) in [("examples/alarms.test.schema.json", schema), ("docs/alarm-tests.md", page)] {
        let path = root.join(file);
        if std::env::var_os("MLOPSCTL_UPDATE").is_some() {
            std::fs::write(&path, &made).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap_or_default(), made, "{file}");
    }
}
