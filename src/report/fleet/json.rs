//! The report for programs, and for `report merge`, `report show` and `--retry-failed` to read again: the value itself, with
//! the sums that everybody would work out of it. `docs/schemas/fleet-report.schema.json` describes it.

use super::super::json_value::rounded;
use super::super::mask;
use super::{FleetTotals, verdict};
use crate::fleet::FleetReport;
use serde_json::json;
use std::io;

/// Masked and indented, ending in a line feed. Keys come sorted, so that the same report is the same bytes. Row by row: as one
/// value a report would take many times the room of its text.
pub fn write(report: &FleetReport, put: &mut dyn FnMut(&str) -> io::Result<()>) -> io::Result<()> {
    let FleetTotals { alarms, subscriptions, in_alarm, unconfirmed } = FleetTotals::of(report);
    let mut members = json!({
        "format_version": report.format_version,
        "command": report.command,
        "stack": report.stack,
        "targets": report.targets,
        "summary": {
            "verdict": verdict(report),
            "alarms": alarms,
            "subscriptions": subscriptions,
            "targets_in_alarm": in_alarm,
            "targets_not_confirmed": unconfirmed,
        },
    });
    if let Some(part) = &report.part {
        members["part"] = json!(part);
    }
    let rows = report.rows.iter().map(|row| {
        // A row is texts and numbers: it has a value.
        let mut value = serde_json::to_value(row).unwrap_or_default();
        value["cost"] = rounded(value["cost"].take());
        if let Some(functions) = value.get_mut("functions") {
            *functions = rounded(functions.take());
        }
        value
    });
    mask::document_by(members, "rows", rows, put)
}
