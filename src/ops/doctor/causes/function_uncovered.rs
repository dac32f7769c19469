//! Functions of the account that no alarm of the file watches.

use crate::ops::doctor::{Cause, DoctorFacts, DoctorFinding, DoctorLevel, FindingSubject};

pub static CAUSE: Cause = Cause {
    id: "function-uncovered",
    summary: "a function of the account has no alarm in the spec",
    explains: &[],
    check,
};

/// So many are named.
const NAMED: usize = 10;

fn check(facts: &DoctorFacts, found: &mut Vec<DoctorFinding>) {
    let Some(first) = facts.uncovered.first() else { return };
    let more = facts.uncovered.len().saturating_sub(NAMED);
    let shown = facts.uncovered.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let (subject, verb) = match facts.uncovered.len() {
        1 => ("1 function here".to_owned(), "has"),
        n => (format!("{n} functions here"), "have"),
    };
    let what = format!("{subject} {verb} no alarm in the spec: {shown}{more}");
    let about = FindingSubject::Function(first.clone());
    found.push(DoctorFinding::new(CAUSE.id, DoctorLevel::Hint, about, what).mend(
        "write it under functions: with golden_signals, or all of the account at once: functions: { \"*\": { golden_signals: { notify: TOPIC } } }",
    ));
}
