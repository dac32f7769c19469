//! A line a target, of signals a line a function, for spreadsheets and grade books: the roster's columns beside what was found.

use super::super::csv;
use super::{functions, word};
use crate::fleet::{FleetReport, FleetRow};
use crate::plan::{NoteKind, PlanSummary};
use std::collections::BTreeSet;
use std::io;

/// What is told of every target, after account and region and the roster's own columns. Counts that are not known are empty.
const HEADER: [&str; 33] = [
    "state",
    "to_add",
    "to_change",
    "to_destroy",
    "to_adopt",
    "to_stop_managing",
    "added",
    "changed",
    "destroyed",
    "adopted",
    "no_longer_managed",
    "drift",
    "failed_resources",
    "subscriptions_confirmed",
    "subscriptions_pending",
    "subscriptions_lost",
    "subscriptions_missing",
    "alarms_ok",
    "alarms_alarm",
    "alarms_insufficient_data",
    "findings",
    "backtest_always_on",
    "backtest_noisy",
    "backtest_blind",
    "backtest_silent",
    "backtest_useful",
    "backtest_quiet",
    "backtest_unknown",
    "cost",
    "message",
    "remedy",
    "alarms_not_evaluated_yet",
    "currency",
];

/// The whole report. A column of the roster that is called like one of ours has `roster.` in front.
pub fn write(report: &FleetReport, put: &mut dyn FnMut(&str) -> io::Result<()>) -> io::Result<()> {
    let columns: BTreeSet<&str> = report.rows.iter().flat_map(|row| row.columns.keys()).collect();
    let ours = |name: &str| {
        let of_functions = functions::csv_header().any(|ours| ours == name);
        HEADER.contains(&name) || of_functions || ["account", "region"].contains(&name)
    };
    let titles: Vec<String> =
        columns.iter().map(|name| if ours(name) { format!("roster.{name}") } else { (*name).to_owned() }).collect();
    let header = ["account", "region"].into_iter().chain(titles.iter().map(String::as_str)).chain(HEADER);
    if !functions::has_any(report) {
        return csv::write(header, report.rows.iter().map(|row| line(row, &columns)), put);
    }
    // A line a function, and one for a target without any.
    let lines = report.rows.iter().flat_map(|row| {
        let of_row = line(row, &columns);
        let none = row.functions.is_empty().then(|| of_row.clone());
        let each =
            row.functions.iter().map(move |one| [of_row.as_slice(), functions::csv_cells(one).as_slice()].concat());
        none.into_iter().chain(each)
    });
    csv::write(header.chain(functions::csv_header().map(|name: &str| name)), lines, put)
}

/// What stands in front of a file: the mark of UTF-8 where any text of the report is more than ASCII, else nothing.
pub fn mark(report: &FleetReport) -> &'static str {
    let beyond = |text: &str| !text.is_ascii();
    let is_beyond = report.rows.iter().any(|row| {
        let (message, remedy) = why(row);
        row.columns.iter().any(|(name, value)| beyond(name) || beyond(value)) || beyond(&message) || beyond(&remedy)
    });
    if is_beyond { csv::MARK } else { "" }
}

fn line(row: &FleetRow, columns: &BTreeSet<&str>) -> Vec<String> {
    let mut line = vec![row.target.account.clone(), row.target.region.clone()];
    line.extend(columns.iter().map(|name| row.columns.get(name).unwrap_or_default().to_owned()));
    line.push(word(row.state).to_owned());
    for sum in [&row.planned, &row.applied] {
        line.extend(counts(sum.map(|sum| {
            let PlanSummary { add, change, destroy, adopt, stop_managing } = sum;
            [add, change, destroy, adopt, stop_managing]
        })));
    }
    line.push(row.drift.len().to_string());
    line.push(row.failed.len().to_string());
    line.extend(counts(row.subscriptions.map(|s| [s.confirmed, s.pending, s.lost, s.missing])));
    line.extend(counts(row.alarms.map(|a| [a.ok, a.alarm, a.insufficient_data])));
    line.extend(counts(row.findings.map(|f| [f.errors + f.warnings + f.hints])));
    line.extend(counts(row.backtest.map(|v| [v.always_on, v.noisy, v.blind, v.silent, v.useful, v.quiet, v.unknown])));
    line.push(row.cost.map(|cost| format!("{cost:.2}")).unwrap_or_default());
    let (message, remedy) = why(row);
    line.extend([message, remedy]);
    line.extend(counts(row.alarms.map(|a| [a.new])));
    line.push(row.currency.clone().unwrap_or_default());
    line
}

fn counts<const N: usize>(counts: Option<[usize; N]>) -> [String; N] {
    counts.map_or_else(|| std::array::from_fn(|_| String::new()), |counts| counts.map(|n| n.to_string()))
}

/// Why the target is not well, or what is to be done there, in two cells.
fn why(row: &FleetRow) -> (String, String) {
    let failure = row.failure.iter().map(|failure| (failure.message.clone(), failure.remedy.clone()));
    let failed = row.failed.iter().filter_map(|result| match &result.outcome {
        crate::apply::ApplyOutcome::Failed { message, remedy, .. } => {
            Some((format!("{}: {message}", result.address), remedy.clone()))
        }
        _ => None,
    });
    let refused = row.drift.iter().filter_map(|drift| {
        let blocked = drift.blocked.as_ref()?;
        Some((format!("{}: {}", drift.address, blocked.reason), Some(blocked.remedy.clone())))
    });
    let notes = row.notes.iter().filter(|note| note.kind != NoteKind::Info);
    let notes = notes.map(|note| (note.text.clone(), note.remedy.clone()));
    let (messages, remedies): (Vec<String>, Vec<Option<String>>) =
        failure.chain(failed).chain(refused).chain(notes).unzip();
    let mut remedies: Vec<String> = remedies.into_iter().flatten().collect();
    remedies.dedup();
    (messages.join("; "), remedies.join("; "))
}
