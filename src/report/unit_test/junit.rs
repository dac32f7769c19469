//! Alarm tests as JUnit XML: one suite a file and one case a test; of mutants a second suite, one case an alarm.

use crate::report::junit::{CaseResult, JunitCase, Suite, xml};
use crate::unit_test::{AlarmMutation, FileOutcome};

pub fn junit(files: &[FileOutcome]) -> String {
    let suites: Vec<Suite> = files.iter().flat_map(suites).collect();
    xml("mlopsctl test", &suites)
}

fn suites(file: &FileOutcome) -> Vec<Suite> {
    let cases = file.outcomes.iter().map(|outcome| JunitCase {
        name: outcome.name.clone(),
        told: outcome.failures.iter().cloned().map(CaseResult::Failure).collect(),
    });
    let mut suites = vec![Suite { name: file.file.clone(), cases: cases.collect() }];
    let mutants = file.mutations.as_ref().and_then(Option::as_ref);
    suites.extend(
        mutants.map(|alarms| Suite {
            name: format!("{} (mutants)", file.file),
            cases: alarms.iter().map(alarm).collect(),
        }),
    );
    suites
}

fn alarm(alarm: &AlarmMutation) -> JunitCase {
    let survived = alarm.survivors.iter().map(|mutant| {
        CaseResult::Failure(format!(
            "survived: {}: {} -> {}\nfix: {}",
            mutant.field, mutant.from, mutant.to, mutant.hint
        ))
    });
    let untested = alarm.is_untested.then(|| CaseResult::Failure("no test looks at it".into()));
    JunitCase { name: alarm.address.to_string(), told: survived.chain(untested).collect() }
}
