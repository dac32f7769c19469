//! Alarm tests for programs.

use crate::report::json::FORMAT_VERSION;
use crate::report::mask;
use crate::unit_test::{AlarmMutation, FileOutcome, Mutant};
use serde_json::{Value, json};

pub fn tests(files: &[FileOutcome]) -> String {
    let files: Vec<Value> = files.iter().map(file).collect();
    mask::document(json!({ "format_version": FORMAT_VERSION, "files": files }))
}

/// `mutants` is null where they were not asked for, or not tried because a test fails.
fn file(file: &FileOutcome) -> Value {
    let tests = file.outcomes.iter().map(
        |outcome| json!({ "name": outcome.name, "passed": outcome.failures.is_empty(), "failures": outcome.failures }),
    );
    let mutants = file
        .mutations
        .as_ref()
        .and_then(Option::as_ref)
        .map(|alarms| -> Vec<Value> { alarms.iter().map(alarm).collect() });
    json!({ "file": file.file, "tests": tests.collect::<Vec<_>>(), "mutants": mutants })
}

fn alarm(alarm: &AlarmMutation) -> Value {
    let unplayed = alarm.unplayed.iter().map(|(one, why)| {
        let mut value = mutant(one);
        value["why"] = json!(why);
        value
    });
    json!({
        "address": alarm.address,
        "tested": !alarm.is_untested,
        "killed": alarm.killed,
        "survived": alarm.survivors.iter().map(mutant).collect::<Vec<_>>(),
        "not_tried": unplayed.collect::<Vec<_>>(),
    })
}

fn mutant(mutant: &Mutant) -> Value {
    json!({ "field": mutant.field, "from": mutant.from, "to": mutant.to, "fix": mutant.hint })
}
