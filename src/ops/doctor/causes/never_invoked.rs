//! A function without a call has no metrics: Lambda publishes them when it runs.

use crate::ops::doctor::facts::DoctorRead;
use crate::ops::doctor::{Cause, DoctorFacts, DoctorFinding, DoctorLevel, FindingSubject};

pub static CAUSE: Cause = Cause {
    id: "never-invoked",
    summary: "a function was not invoked",
    explains: &["wrong-dimension", "no-data", "insufficient-data", "threshold-out-of-reach", "log-group"],
    check,
};

fn check(facts: &DoctorFacts, found: &mut Vec<DoctorFinding>) {
    for (name, function) in &facts.functions {
        if function.invoked == Some(false) && matches!(function.found, DoctorRead::Here(_)) {
            let what =
                format!("{name} was not invoked in the last 14 days, so it has no metrics and its alarms see nothing");
            found.push(
                DoctorFinding::new(CAUSE.id, DoctorLevel::ActionNeeded, FindingSubject::Function(name.clone()), what)
                    .seen("AWS/Lambda Invocations has no datapoint above 0")
                    .mend("send it some requests, then wait two or three minutes: metrics take that long to appear"),
            );
        }
    }
}
