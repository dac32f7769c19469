//! The report for programs, and for `report merge`, `report show` and `--retry-failed` to read again: the value itself.
//! `docs/fleet-report.schema.json` describes it.

use super::super::mask;
use crate::fleet::FleetReport;

/// Masked and indented, ending in a line feed. Keys come sorted, so that the same report is the same bytes.
pub fn json(report: &FleetReport) -> String {
    // A report is texts and numbers: it has a value.
    let value = serde_json::to_value(report).unwrap_or_default();
    mask::document(&value)
}
