//! The functions of all rows with their golden signals, a line each, the worst first.

use super::super::watch::logs::{ms, percent};
use super::name;
use super::naming::TargetNaming;
use crate::fleet::{FleetReport, FleetRow, FunctionHealth, FunctionRow};

/// Columns of the CSV file, after the others; only of a report that has functions.
pub const CSV_HEADER: [&str; 7] =
    ["function", "function_status", "requests", "error_rate", "p95_ms", "concurrency", "throttles"];

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
        titles.extend(["Function", "Status", "p95", "Requests", "Errors", "Concurrency", "Throttles"]);
        let cells = |(row, one): &(&FleetRow, &FunctionRow)| {
            let mut cells = Vec::new();
            cells.extend(with_account.then(|| row.target.account.clone()));
            cells.extend(with_region.then(|| row.target.region.clone()));
            cells.extend(with_name.then(|| name(row).to_owned()));
            cells.extend([
                one.function.clone(),
                one.status.word().to_owned(),
                shown(one.p95_ms, &ms),
                format!("{:.0}", one.requests),
                shown(one.error_rate, &percent),
                shown(one.concurrency, &|n| format!("{n:.0}")),
                format!("{:.0}", one.throttles),
            ]);
            cells.iter().map(|cell| super::super::mask::line(cell)).collect()
        };
        Self {
            titles,
            rows: all.iter().map(cells).collect(),
            statuses: all.iter().map(|(_, one)| one.status).collect(),
        }
    }
}

fn shown(value: Option<f64>, show: &dyn Fn(f64) -> String) -> String {
    value.map_or_else(|| "-".to_owned(), show)
}

/// Its cells of the CSV file, as numbers.
pub fn csv_cells(one: &FunctionRow) -> [String; 7] {
    let number = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
    [
        one.function.clone(),
        one.status.word().to_owned(),
        one.requests.to_string(),
        number(one.error_rate),
        number(one.p95_ms),
        number(one.concurrency),
        one.throttles.to_string(),
    ]
}
