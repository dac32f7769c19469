//! A function that is nowhere.

use crate::model::advice;
use crate::model::problem::nearest;
use crate::ops::doctor::facts::DoctorRead;
use crate::ops::doctor::{Cause, DoctorFacts, DoctorFinding, DoctorLevel, FindingSubject};

pub static CAUSE: Cause = Cause {
    id: "function-missing",
    summary: "a function of the spec does not exist",
    explains: &[
        "never-invoked",
        "no-data",
        "insufficient-data",
        "log-group",
        "drift",
        "not-applied",
        "wrong-dimension",
    ],
    check,
};

fn check(facts: &DoctorFacts, found: &mut Vec<DoctorFinding>) {
    for (name, function) in &facts.functions {
        if function.found != DoctorRead::Missing || !facts.snapshot.functions.contains_key(name) {
            continue;
        }
        let what = format!("there is no function {name} in {}", facts.region);
        let known: Vec<&str> =
            facts.functions.iter().filter(|(_, f)| f.found != DoctorRead::Missing).map(|(n, _)| n.as_str()).collect();
        let near =
            nearest(name, known.iter().copied()).map(|near| format!(" (did you mean {near}?)")).unwrap_or_default();
        let finding = DoctorFinding::new(CAUSE.id, DoctorLevel::Error, FindingSubject::Function(name.clone()), what);
        found.push(
            finding
                .seen("lambda:GetFunctionConfiguration knows no such function here, nor in the other regions that were asked")
                .mend(format!(
                    "deploy it ({}), or correct its name in the spec{near}",
                    advice::command("service deploy")
                )),
        );
    }
}
