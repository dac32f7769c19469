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
    /// From this column on there are numbers; the one before is the status.
    pub first_number: usize,
    pub rows: Vec<Vec<FunctionCell>>,
    /// Of each row.
    pub statuses: Vec<FunctionHealth>,
}

pub struct FunctionCell {
    pub text: String,
    /// What a number is sorted by, where it is known.
    pub value: Option<f64>,
}

impl FunctionTable {
    /// The texts alone.
    pub fn texts(&self) -> impl Iterator<Item = Vec<&str>> {
        self.rows.iter().map(|cells| cells.iter().map(|cell| cell.text.as_str()).collect())
    }

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
        let first_number = titles.len();
        // What is known of none is no column.
        let columns: Vec<&FunctionColumn> =
            COLUMNS.iter().filter(|(_, _, value, _)| all.iter().any(|(_, one)| value(one).is_some())).collect();
        titles.extend(columns.iter().map(|(title, ..)| *title));
        let cell = |text: &str, value: Option<f64>| FunctionCell { text: super::super::mask::line(text), value };
        let cells = |(row, one): &(&FleetRow, &FunctionRow)| {
            let mut cells = Vec::new();
            cells.extend(with_account.then(|| cell(&row.target.account, None)));
            cells.extend(with_region.then(|| cell(&row.target.region, None)));
            cells.extend(with_name.then(|| cell(name(row), None)));
            cells.extend([cell(&one.function, None), cell(one.status.word(), None)]);
            cells.extend(columns.iter().map(|(_, _, value, show)| {
                let value = value(one);
                cell(&value.map_or_else(|| "-".to_owned(), show), value)
            }));
            cells
        };
        Self {
            titles,
            first_number,
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
