//! The functions of all rows with what is known of them, a line each, the worst first.

use super::super::watch::logs::{ms, percent};
use super::name;
use super::naming::TargetNaming;
use crate::fleet::{FleetReport, FleetRow, FunctionHealth, FunctionRow};

/// A number of a function: its title, its name in CSV files, the value, and how people read it.
type FunctionColumn = (&'static str, &'static str, fn(&FunctionRow) -> Option<f64>, fn(f64) -> String);

const COLUMNS: [FunctionColumn; 7] = [
    ("p95", "p95_ms", |one| one.p95_ms, ms),
    ("Requests", "requests", |one| Some(one.requests), whole),
    ("Errors", "error_rate", |one| one.error_rate, percent),
    ("Concurrency", "concurrency", |one| one.concurrency, whole),
    ("Throttles", "throttles", |one| one.throttles, whole),
    ("Cold starts", "cold_starts", |one| one.cold_starts, whole),
    ("Memory", "memory_used", |one| one.memory_used, percent),
];

/// Columns of the CSV file, after the others; only of a report that has functions.
pub fn csv_header() -> impl Iterator<Item = &'static str> {
    ["function", "function_status"].into_iter().chain(COLUMNS.map(|(_, name, ..)| name))
}

/// Whether the report is of functions.
pub fn has_any(report: &FleetReport) -> bool {
    report.rows.iter().any(|row| !row.functions.is_empty())
}

/// A table of them: titles and cells. Where all rows are of one region, or of one account, that is left out.
pub struct FunctionTable {
    pub titles: Vec<&'static str>,
    pub rows: Vec<Vec<String>>,
    /// Of each row.
    pub statuses: Vec<FunctionHealth>,
}

impl FunctionTable {
    pub fn of(report: &FleetReport) -> Self {
        let naming = TargetNaming::of(report);
        let (with_account, with_region) = (naming != TargetNaming::Region, naming != TargetNaming::Account);
        let with_name = report.rows.iter().any(|row| !name(row).is_empty());
        let mut all: Vec<(&FleetRow, &FunctionRow)> =
            report.rows.iter().flat_map(|row| row.functions.iter().map(move |one| (row, one))).collect();
        all.sort_by(|(_, a), (_, b)| {
            a.status.cmp(&b.status).then(b.error_rate.unwrap_or(0.0).total_cmp(&a.error_rate.unwrap_or(0.0)))
        });
        let mut titles = Vec::new();
        titles.extend(with_account.then_some("Account"));
        titles.extend(with_region.then_some("Region"));
        titles.extend(with_name.then_some("Name"));
        titles.extend(["Function", "Status"]);
        // What is known of none is no column.
        let columns: Vec<&FunctionColumn> =
            COLUMNS.iter().filter(|(_, _, value, _)| all.iter().any(|(_, one)| value(one).is_some())).collect();
        titles.extend(columns.iter().map(|(title, ..)| *title));
        let cells = |(row, one): &(&FleetRow, &FunctionRow)| {
            let mut cells = Vec::new();
            cells.extend(with_account.then(|| row.target.account.clone()));
            cells.extend(with_region.then(|| row.target.region.clone()));
            cells.extend(with_name.then(|| name(row).to_owned()));
            cells.extend([one.function.clone(), one.status.word().to_owned()]);
            let shown = |(_, _, value, show): &&FunctionColumn| value(one).map_or_else(|| "-".to_owned(), show);
            cells.extend(columns.iter().map(shown));
            cells.iter().map(|cell| super::super::mask::line(cell)).collect()
        };
        Self {
            titles,
            rows: all.iter().map(cells).collect(),
            statuses: all.iter().map(|(_, one)| one.status).collect(),
        }
    }
}

fn whole(value: f64) -> String {
    format!("{value:.0}")
}

/// Its cells of the CSV file, as numbers.
pub fn csv_cells(one: &FunctionRow) -> Vec<String> {
    let number = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
    let texts = [one.function.clone(), one.status.word().to_owned()].into_iter();
    texts.chain(COLUMNS.iter().map(|(_, _, value, _)| number(value(one)))).collect()
}
