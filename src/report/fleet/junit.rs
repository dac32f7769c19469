//! The report as JUnit XML: one test case a target, so that a CI system shows which accounts are not well.

use super::super::count;
use super::super::junit::{self, CaseResult, JunitCase};
use super::{DRIFT, STATUS, folded, found, sum, verdict, word};
use crate::apply::ApplyOutcome;
use crate::fleet::{FleetReport, FleetRow, TargetState};
use crate::plan::NoteKind;
use std::io;

/// A target that failed as a whole is an error, one where something failed, is refused or drifted is a failure, one that was not
/// begun is skipped. Changes that are pending are what a plan looks for, so there they are none. Of a status, alarms in ALARM and
/// subscriptions that nobody has confirmed are failures, too.
pub fn write(report: &FleetReport, put: &mut dyn FnMut(&str) -> io::Result<()>) -> io::Result<()> {
    let cases = || report.rows.iter().map(|row| JunitCase { name: name(row), told: told(row, &report.command) });
    junit::write(&verdict(report), &format!("{} {}", report.stack, report.command), cases, put)
}

fn name(row: &FleetRow) -> String {
    match super::name(row) {
        "" => row.target.to_string(),
        name => format!("{} {name}", row.target),
    }
}

fn told(row: &FleetRow, command: &str) -> Vec<CaseResult> {
    let texts = || {
        let remedy = |remedy: &Option<String>| remedy.as_ref().map(|r| format!("\nfix: {r}")).unwrap_or_default();
        let whole = row.failure.iter().map(|failure| format!("{}{}", failure.message, remedy(&failure.remedy)));
        let failed = row.failed.iter().filter_map(|result| match &result.outcome {
            ApplyOutcome::Failed { message, remedy: what, .. } => {
                Some(format!("{}: {message}{}", result.address, remedy(what)))
            }
            _ => None,
        });
        let refused = row.drift.iter().filter_map(|drift| {
            let blocked = drift.blocked.as_ref()?;
            Some(format!("{}: {}\nfix: {}", drift.address, blocked.reason, blocked.remedy))
        });
        let unknown = row.notes.iter().filter(|note| note.kind == NoteKind::Unknown);
        let unknown = unknown.map(|note| format!("unknown: {}{}", note.text, remedy(&note.remedy)));
        let drifted = row.drift.iter().filter(|_| command == DRIFT).map(|drift| {
            let fields: Vec<&str> = drift.fields.iter().map(|field| field.field.as_str()).collect();
            let fields = if fields.is_empty() { String::new() } else { format!(": {}", fields.join(", ")) };
            format!("{} {}{fields}", drift.address, folded::difference(drift.action))
        });
        let mut texts: Vec<String> = whole.chain(failed).chain(refused).chain(drifted).chain(unknown).collect();
        if texts.is_empty() {
            texts.push(match &row.planned {
                Some(planned) => format!("{}: {}", word(row.state), sum(planned)),
                None => word(row.state).to_owned(),
            });
        }
        texts
    };
    let mut told = match row.state {
        TargetState::InSync | TargetState::Applied => Vec::new(),
        TargetState::Pending if command == "plan" => Vec::new(),
        TargetState::Pending | TargetState::Drifted | TargetState::Blocked | TargetState::Partial => {
            texts().into_iter().map(CaseResult::Failure).collect()
        }
        TargetState::NotStarted => texts().into_iter().take(1).map(CaseResult::Skipped).collect(),
        TargetState::Failed => texts().into_iter().take(1).map(CaseResult::Error).collect(),
    };
    if command == STATUS {
        told.extend(attention(row));
    }
    told.extend(found::texts(row).map(CaseResult::Failure));
    told
}

fn attention(row: &FleetRow) -> impl Iterator<Item = CaseResult> + '_ {
    let ringing = (row.in_alarm() > 0).then(|| format!("{} in ALARM", count(row.in_alarm(), "alarm")));
    let waiting = (row.unconfirmed() > 0).then(|| {
        let act = row.notes.iter().filter(|note| note.kind == NoteKind::Act);
        let act = act.map(|note| format!("\n{}{}", note.text, fix(note.remedy.as_deref())));
        format!("{} not confirmed{}", count(row.unconfirmed(), "subscription"), act.collect::<String>())
    });
    ringing.into_iter().chain(waiting).map(CaseResult::Failure)
}

fn fix(remedy: Option<&str>) -> String {
    remedy.map(|remedy| format!("\nfix: {remedy}")).unwrap_or_default()
}
