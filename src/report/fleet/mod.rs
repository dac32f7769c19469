//! A run over many targets as text: the words, the columns and what has to be said, which every format shares.

pub mod csv;
pub mod folded;
mod found;
mod functions;
pub mod html;
pub mod json;
pub mod junit;
mod long;
pub mod markdown;
mod naming;
pub mod text;

use self::naming::TargetNaming;
use super::html::CellStatus;
use super::{count, mask};
use crate::apply::ApplyOutcome;
use crate::fleet::{AlarmStates, Alike, FleetLevel, FleetReport, FleetRow, SubscriptionCounts, TargetState, alike};
use crate::model::Target;
use crate::plan::{NoteKind, PlanSummary};
use std::collections::BTreeMap;

/// A state in a word or two, the same everywhere.
pub fn word(state: TargetState) -> &'static str {
    match state {
        TargetState::InSync => "in sync",
        TargetState::Applied => "applied",
        TargetState::Pending => "pending",
        TargetState::Drifted => "drifted",
        TargetState::NotStarted => "not started",
        TargetState::Blocked => "blocked",
        TargetState::Partial => "partial",
        TargetState::Failed => "failed",
    }
}

fn mood(state: TargetState) -> CellStatus {
    match state {
        TargetState::InSync | TargetState::Applied => CellStatus::Good,
        TargetState::Pending | TargetState::Drifted => CellStatus::Careful,
        TargetState::NotStarted => CellStatus::Quiet,
        TargetState::Blocked | TargetState::Partial | TargetState::Failed => CellStatus::Bad,
    }
}

/// The worst of all rows; of a report that lacks targets at least "not started".
fn worst(report: &FleetReport) -> TargetState {
    let lacking = (report.missing() > 0).then_some(TargetState::NotStarted);
    report.rows.iter().map(|row| row.state).chain(lacking).max().unwrap_or(TargetState::InSync)
}

/// How a row looks beside its word: that all of it matches the spec is not the whole of a status.
fn row_mood(command: &str, row: &FleetRow) -> CellStatus {
    match command {
        STATUS if row.in_alarm() > 0 => CellStatus::Bad.max(mood(row.state)),
        STATUS if row.needs_attention() => CellStatus::Careful.max(mood(row.state)),
        _ => found::worst(row).unwrap_or(CellStatus::Quiet).max(mood(row.state)),
    }
}

/// How the whole run looks: as its worst row.
fn report_mood(report: &FleetReport) -> CellStatus {
    let is_of_health = is_of_health(report);
    let rows = report.rows.iter().filter(|row| is_of_health && row.needs_attention());
    rows.map(|row| row_mood(&report.command, row)).max().unwrap_or(CellStatus::Quiet).max(mood(worst(report)))
}

/// Whether how everything is is the result: of a status, and of what looks for findings.
fn is_of_health(report: &FleetReport) -> bool {
    report.command == STATUS || report.rows.iter().any(|row| !row.found.is_empty())
}

/// The rows of a status by urgency, the worst first: what is not known, what is in ALARM, where somebody has to act, what differs.
/// Those of every other command in the order of their targets.
fn in_order(report: &FleetReport) -> Vec<&FleetRow> {
    let mut rows: Vec<&FleetRow> = report.rows.iter().collect();
    if is_of_health(report) {
        let urgency = |row: &&FleetRow| {
            let unknown = row.state.is_worth_another_run().then_some(row.state);
            std::cmp::Reverse((unknown, row.in_alarm(), found::worst(row), row.needs_attention(), row.state))
        };
        rows.sort_by_key(urgency);
    }
    rows
}

/// The command that compares what others deploy: it has differences, and nothing to do.
const DRIFT: &str = "drift";
/// The command that tells how everything is; of the others, what they did or would do is the result.
const STATUS: &str = "status";

/// What is known of the alarms and subscriptions of all targets; `None` where nothing is known of any.
pub struct FleetTotals {
    pub alarms: Option<AlarmStates>,
    pub subscriptions: Option<SubscriptionCounts>,
    /// Targets with an alarm in ALARM, and with a subscription that is not confirmed.
    pub in_alarm: usize,
    pub unconfirmed: usize,
}

impl FleetTotals {
    pub fn of(report: &FleetReport) -> Self {
        let rows = || report.rows.iter();
        let alarms = rows().filter_map(|row| row.alarms).reduce(|a, b| AlarmStates {
            ok: a.ok + b.ok,
            alarm: a.alarm + b.alarm,
            insufficient_data: a.insufficient_data + b.insufficient_data,
            new: a.new + b.new,
        });
        let subscriptions = rows().filter_map(|row| row.subscriptions).reduce(|a, b| SubscriptionCounts {
            confirmed: a.confirmed + b.confirmed,
            pending: a.pending + b.pending,
            lost: a.lost + b.lost,
            missing: a.missing + b.missing,
        });
        Self {
            alarms,
            subscriptions,
            in_alarm: rows().filter(|row| row.in_alarm() > 0).count(),
            unconfirmed: rows().filter(|row| row.unconfirmed() > 0).count(),
        }
    }

    /// `2 alarms in ALARM in 1 account`, `3 subscriptions not confirmed in 2 accounts`; what there is none of is left out.
    fn attention(&self, report: &FleetReport) -> Vec<String> {
        let naming = TargetNaming::of(report);
        let in_targets = |which: &dyn Fn(&FleetRow) -> bool| {
            naming.count(report.rows.iter().filter(|row| which(row)).map(|row| &row.target))
        };
        let ringing = self.alarms.filter(|found| found.alarm > 0).map(|found| {
            format!("{} in ALARM in {}", count(found.alarm, "alarm"), in_targets(&|row| row.in_alarm() > 0))
        });
        let waiting = self.subscriptions.map(|found| found.pending + found.lost).filter(|n| *n > 0).map(|n| {
            format!("{} not confirmed in {}", count(n, "subscription"), in_targets(&|row| row.unconfirmed() > 0))
        });
        ringing.into_iter().chain(waiting).chain(found::attention(report)).collect()
    }
}

fn counted(report: &FleetReport, state: TargetState) -> usize {
    report.rows.iter().filter(|row| row.state == state).count()
}

/// The run in one line: whose, what, of how many, and how they ended.
pub fn verdict(report: &FleetReport) -> String {
    let of = match report.missing() {
        0 => {
            let naming = TargetNaming::of(report);
            let all = naming.count(report.rows.iter().map(|row| &row.target));
            let account = report.rows.first().filter(|_| naming == TargetNaming::Region);
            account.map_or(all.clone(), |row| format!("{all} of {}", mask::line(&row.target.account)))
        }
        _ => format!("{} of {}", report.rows.len(), count(report.targets, "target")),
    };
    let whose = format!("{}: {} of {of}", mask::line(&report.stack), mask::line(&report.command));
    let mut ended = FleetTotals::of(report).attention(report);
    // What somebody has to look at is not told away by "all in sync".
    let quiet = ended.is_empty();
    let states = TargetState::ALL.iter().map(|state| (counted(report, *state), word(*state))).filter(|(n, _)| *n > 0);
    ended.extend(states.map(|(n, word)| {
        let all = n == report.rows.len() && n > 1 && quiet;
        if all { format!("all {word}") } else { format!("{n} {word}") }
    }));
    if report.missing() > 0 {
        ended.push(format!("{} not in this report", report.missing()));
    }
    if ended.is_empty() { whose } else { format!("{whose}: {}", ended.join(", ")) }
}

/// The last line, for programs that look for it: every state with its number, in one order; then, where anything is known of
/// them, how many alarms are in ALARM and how many subscriptions are not confirmed.
pub fn summary(report: &FleetReport) -> String {
    // No other command leaves a target drifted.
    let states = TargetState::ALL.into_iter().filter(|state| *state != TargetState::Drifted || report.command == DRIFT);
    let counts: Vec<String> = states.map(|state| format!("{} {}", counted(report, state), word(state))).collect();
    let totals = FleetTotals::of(report);
    let alarms = totals.alarms.map(|found| format!("; {} in ALARM", found.alarm)).unwrap_or_default();
    let waiting = totals.subscriptions.map(|found| format!("; {} not confirmed", found.pending + found.lost));
    format!("Fleet: {}{alarms}{}.", counts.join(", "), waiting.unwrap_or_default())
}

/// A column of the matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum MatrixColumn {
    Account,
    Region,
    Name,
    State,
    Planned,
    Applied,
    Drift,
    Subscriptions,
    Alarms,
    Findings,
    Backtest,
    Cost,
}

const COLUMNS: [MatrixColumn; 12] = [
    MatrixColumn::Account,
    MatrixColumn::Region,
    MatrixColumn::Name,
    MatrixColumn::State,
    MatrixColumn::Planned,
    MatrixColumn::Applied,
    MatrixColumn::Drift,
    MatrixColumn::Subscriptions,
    MatrixColumn::Alarms,
    MatrixColumn::Findings,
    MatrixColumn::Backtest,
    MatrixColumn::Cost,
];

impl MatrixColumn {
    fn title(self) -> &'static str {
        match self {
            MatrixColumn::Account => "Account",
            MatrixColumn::Region => "Region",
            MatrixColumn::Name => "Name",
            MatrixColumn::State => "State",
            MatrixColumn::Planned => "Planned",
            MatrixColumn::Applied => "Applied",
            MatrixColumn::Drift => "Drift",
            MatrixColumn::Subscriptions => "Subscriptions",
            MatrixColumn::Alarms => "Alarms",
            MatrixColumn::Findings => "Findings",
            MatrixColumn::Backtest => "Backtest",
            MatrixColumn::Cost => "Cost",
        }
    }

    /// What stands there, on one line; empty where nothing is known.
    fn cell(self, row: &FleetRow) -> String {
        let some = |parts: &[(usize, &str)]| {
            let parts = parts.iter().filter(|(n, _)| *n > 0);
            parts.map(|(n, word)| format!("{n} {word}")).collect::<Vec<_>>().join(", ")
        };
        let cell = match self {
            MatrixColumn::Account => row.target.account.clone(),
            MatrixColumn::Region => row.target.region.clone(),
            MatrixColumn::Name => name(row).to_owned(),
            MatrixColumn::State => word(row.state).to_owned(),
            MatrixColumn::Planned => row.planned.as_ref().map(sum).unwrap_or_default(),
            MatrixColumn::Applied => row.applied.as_ref().map(sum).unwrap_or_default(),
            MatrixColumn::Drift if row.drift.is_empty() => String::new(),
            MatrixColumn::Drift => row.drift.len().to_string(),
            MatrixColumn::Subscriptions => row.subscriptions.map_or_else(String::new, |s| {
                some(&[(s.confirmed, "confirmed"), (s.pending, "pending"), (s.lost, "lost"), (s.missing, "missing")])
            }),
            MatrixColumn::Alarms => row.alarms.map_or_else(String::new, |a| {
                some(&[
                    (a.alarm, "ALARM"),
                    (a.ok, "OK"),
                    (a.insufficient_data.saturating_sub(a.new), "INSUFFICIENT_DATA"),
                    (a.new, "new"),
                ])
            }),
            MatrixColumn::Findings => row.findings.map_or_else(String::new, |f| {
                let acts = row.found.iter().any(|one| one.level == FleetLevel::ActionNeeded);
                let said = [(f.errors, "error"), (f.warnings, "warning"), (f.hints, "hint")];
                let said = said.iter().filter(|(n, _)| *n > 0).map(|(n, word)| match *word {
                    "warning" if acts => format!("{n} {}", found::word(FleetLevel::ActionNeeded)),
                    word => count(*n, word),
                });
                let said = said.collect::<Vec<_>>().join(", ");
                if said.is_empty() { "none".to_owned() } else { said }
            }),
            MatrixColumn::Backtest => row.backtest.map_or_else(String::new, |v| {
                some(&[
                    (v.always_on, "always on"),
                    (v.noisy, "noisy"),
                    (v.blind, "blind"),
                    (v.silent, "silent"),
                    (v.useful, "useful"),
                    (v.quiet, "quiet"),
                    (v.unknown, "unknown"),
                ])
            }),
            MatrixColumn::Cost => row.cost.map(|cost| amount(cost, row.currency.as_deref())).unwrap_or_default(),
        };
        mask::line(&cell)
    }
}

/// `0.60 USD`; a report of before currencies were told has none.
fn amount(cost: f64, currency: Option<&str>) -> String {
    currency.map_or_else(|| format!("{cost:.2}"), |currency| format!("{cost:.2} {currency}"))
}

/// A month of all targets together, each currency by itself; `None` where no cost is known.
fn total_cost(report: &FleetReport) -> Option<String> {
    let mut sums: BTreeMap<Option<&str>, f64> = BTreeMap::new();
    for row in &report.rows {
        if let Some(cost) = row.cost {
            *sums.entry(row.currency.as_deref()).or_default() += cost;
        }
    }
    let sums: Vec<String> = sums.into_iter().map(|(currency, sum)| amount(sum, currency)).collect();
    (!sums.is_empty()).then(|| mask::line(&sums.join(" + ")))
}

/// The columns that have something to say of any row, and the first four.
fn columns(report: &FleetReport) -> Vec<MatrixColumn> {
    let says = |column: &MatrixColumn| match column {
        MatrixColumn::Account | MatrixColumn::State | MatrixColumn::Region => true,
        column => report.rows.iter().any(|row| !column.cell(row).is_empty()),
    };
    COLUMNS.into_iter().filter(says).collect()
}

/// `+7 ~1 -2 >1 <1`; `0` where nothing had to be done.
fn sum(sum: &PlanSummary) -> String {
    let PlanSummary { add, change, destroy, adopt, stop_managing } = *sum;
    let parts = [('+', add), ('~', change), ('-', destroy), ('>', adopt), ('<', stop_managing)];
    let parts: Vec<String> = parts.iter().filter(|(_, n)| *n > 0).map(|(symbol, n)| format!("{symbol}{n}")).collect();
    if parts.is_empty() { "0".to_owned() } else { parts.join(" ") }
}

/// By which people know the row: the roster's `name`, else its `email`, else nothing.
fn name(row: &FleetRow) -> &str {
    ["name", "email"].iter().find_map(|column| row.columns.get(column)).unwrap_or_default()
}

/// Something that has to be said of some targets, with what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct FleetProblem {
    /// `failed`, `alarm/errors failed`, `to do`, `unknown`, `warning`.
    lead: String,
    mood: CellStatus,
    message: String,
    remedy: Option<String>,
    targets: Vec<Target>,
}

/// Everything that has to be said, the same of many targets once: failures, refusals, failed resources, then notes. What is
/// merely worth knowing is not in it.
fn problems(report: &FleetReport) -> Vec<FleetProblem> {
    let mut found = Vec::new();
    let rows = &report.rows;
    for state in [
        TargetState::Failed,
        TargetState::Partial,
        TargetState::Blocked,
        TargetState::NotStarted,
        TargetState::Drifted,
        TargetState::Pending,
        TargetState::Applied,
        TargetState::InSync,
    ] {
        let said: Vec<(&FleetRow, Vec<&str>)> = rows
            .iter()
            .filter(|row| row.state == state)
            .filter_map(|row| row.failure.as_ref().map(|failure| (row, failure)))
            .map(|(row, failure)| (row, vec![failure.message.as_str(), failure.remedy.as_deref().unwrap_or_default()]))
            .collect();
        found.extend(alike(&said).into_iter().map(|one| problem(word(state).to_owned(), CellStatus::Bad, one)));
    }
    let refusals: Vec<(&FleetRow, Vec<&str>)> = rows
        .iter()
        .flat_map(|row| row.drift.iter().filter_map(move |drift| Some((row, drift.blocked.as_ref()?))))
        .map(|(row, blocked)| (row, vec![blocked.reason.as_str(), blocked.remedy.as_str()]))
        .collect();
    found.extend(alike(&refusals).into_iter().map(|one| problem("blocked".to_owned(), CellStatus::Bad, one)));
    found.extend(failed_resources(rows));
    found.extend(found::problems(rows));
    for (kind, lead, mood) in [
        (NoteKind::Unknown, "unknown", CellStatus::Bad),
        (NoteKind::Act, "to do", CellStatus::Careful),
        (NoteKind::Warning, "warning", CellStatus::Careful),
    ] {
        let said: Vec<(&FleetRow, Vec<&str>)> = rows
            .iter()
            .flat_map(|row| row.notes.iter().filter(move |note| note.kind == kind).map(move |note| (row, note)))
            .map(|(row, note)| (row, vec![note.text.as_str(), note.remedy.as_deref().unwrap_or_default()]))
            .collect();
        found.extend(alike(&said).into_iter().map(|one| problem(lead.to_owned(), mood, one)));
    }
    found
}

/// Resources that are named where the same is said of several.
const RESOURCES: usize = 3;

/// By resource and message; what was skipped because of another is counted with that one only.
fn failed_resources(rows: &[FleetRow]) -> Vec<FleetProblem> {
    let failed: Vec<(&FleetRow, String, &str, &str)> = rows
        .iter()
        .flat_map(|row| row.failed.iter().map(move |result| (row, result)))
        .filter_map(|(row, result)| match &result.outcome {
            ApplyOutcome::Failed { message, remedy, .. } => {
                Some((row, result.address.to_string(), message.as_str(), remedy.as_deref().unwrap_or_default()))
            }
            _ => None,
        })
        .collect();
    let said: Vec<(&FleetRow, Vec<&str>)> = failed
        .iter()
        .map(|(row, address, message, remedy)| (*row, vec![*message, *remedy, address.as_str()]))
        .collect();
    // The same of several resources of the same targets is said once.
    let mut groups: Vec<(Alike, Vec<String>)> = Vec::new();
    for mut one in alike(&said) {
        let address = mask::line(&one.texts.pop().unwrap_or_default());
        match groups.iter_mut().find(|(known, _)| *known == one) {
            Some((_, addresses)) => addresses.push(address),
            None => groups.push((one, vec![address])),
        }
    }
    let failed = |(one, addresses): (Alike, Vec<String>)| {
        let more = addresses.len().saturating_sub(RESOURCES);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let named = addresses.into_iter().take(RESOURCES).collect::<Vec<_>>().join(", ");
        problem(format!("{named}{more} failed"), CellStatus::Bad, one)
    };
    groups.into_iter().map(failed).collect()
}

fn problem(lead: String, mood: CellStatus, alike: Alike) -> FleetProblem {
    let mut texts = alike.texts.into_iter();
    let message = texts.next().unwrap_or_default();
    FleetProblem {
        lead,
        mood,
        message,
        remedy: texts.next().filter(|remedy| !remedy.is_empty()),
        targets: alike.targets,
    }
}

#[cfg(test)]
mod tests;
