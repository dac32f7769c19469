//! `mlopsctl signals` over a roster: a line a function, the worst first, whatever the accounts.

use super::CommandContext;
use super::exit::Exit;
use super::failure::CliFailure;
use super::fleet::{Fleet, Survey};
use super::functions::{of_member, without_functions};
use super::report::ReportFormat;
use crate::fleet::{
    FleetFinding, FleetLevel, FleetReport, FleetRow, FleetTarget, FunctionHealth, FunctionRow, TargetState,
};
use crate::ops::signals::judge::{GoldenSignalKind, SignalStatus, mood};
use crate::ops::signals::{FunctionSignals, GoldenSignals, SignalFinding, SignalsRequest, findings, read};
use crate::pipeline::TargetContext;
use crate::plan::{Note, NoteKind};
use crate::report::watch::signals::finding_text;

/// Of the functions that are named, else of those of the spec in each account. `length`: seconds of the period.
pub async fn signals(
    fleet: &Fleet,
    format: ReportFormat,
    named: &[String],
    length: i64,
    logs: bool,
    run: &mut CommandContext<'_>,
) -> Result<Exit, CliFailure> {
    let look = async |member: &FleetTarget, at: TargetContext| {
        let functions = of_member(named, &at).await?;
        let now = at.aws.clock.now();
        Ok(match functions.is_empty() {
            true => without_functions(member),
            false => row(member, &read(&at.aws, &functions, SignalsRequest { now, length, logs }).await?),
        })
    };
    let judge = |_: &FleetReport| Exit::Success;
    fleet.survey(Survey { command: "signals", format }, judge, run, look).await
}

/// What is bad is an error; what wants a look is a hint, and its line says so.
fn row(member: &FleetTarget, signals: &GoldenSignals) -> FleetRow {
    let judged: Vec<(&FunctionSignals, Vec<SignalFinding>)> =
        signals.functions.iter().map(|function| (function, findings(function, signals.quota))).collect();
    let found = judged.iter().flat_map(|(function, findings)| findings.iter().map(move |one| finding(function, one)));
    let mut found: Vec<FleetFinding> = found.flatten().collect();
    found.sort_by_key(|one| one.level);
    let mut functions: Vec<FunctionRow> = judged.iter().map(|(one, findings)| function(one, findings)).collect();
    functions.sort_by_key(|one| one.status);
    let notes = signals.notes.iter().map(|note| Note::new(NoteKind::Warning, note.clone())).collect();
    FleetRow { found, functions, notes, ..FleetRow::new(member, TargetState::InSync) }
}

fn function(of: &FunctionSignals, findings: &[SignalFinding]) -> FunctionRow {
    FunctionRow {
        function: of.name.clone(),
        status: match mood(findings) {
            SignalStatus::Good => FunctionHealth::Well,
            SignalStatus::Idle => FunctionHealth::Idle,
            SignalStatus::Careful => FunctionHealth::Look,
            SignalStatus::Bad => FunctionHealth::Bad,
        },
        requests: of.now.invocations,
        error_rate: of.now.error_rate(),
        p95_ms: of.now.p95,
        concurrency: of.now.concurrency,
        throttles: Some(of.now.throttles),
        cold_starts: None,
        memory_used: None,
    }
}

fn finding(function: &FunctionSignals, finding: &SignalFinding) -> Option<FleetFinding> {
    let level = match finding.mood {
        SignalStatus::Bad => FleetLevel::Error,
        SignalStatus::Careful => FleetLevel::Hint,
        SignalStatus::Good | SignalStatus::Idle => return None,
    };
    let id = match finding.signal {
        GoldenSignalKind::Errors => "errors",
        GoldenSignalKind::Saturation => "saturation",
        GoldenSignalKind::Latency => "latency",
        GoldenSignalKind::Traffic => "traffic",
    };
    let text = finding_text(function, finding);
    Some(FleetFinding { id: id.to_owned(), level, text, remedy: None, person: None })
}
