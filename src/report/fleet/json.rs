//! The report for programs, and for `report merge`, `report show` and `--retry-failed` to read again: the value itself, with
//! the sums that everybody would work out of it. `docs/schemas/fleet-report.schema.json` describes it.

use super::super::json_value::rounded;
use super::super::mask;
use super::{FleetTotals, verdict};
use crate::fleet::FleetReport;
use serde_json::json;

/// Masked and indented, ending in a line feed. Keys come sorted, so that the same report is the same bytes.
pub fn json(report: &FleetReport) -> String {
    // A report is texts and numbers: it has a value.
    let mut value = serde_json::to_value(report).unwrap_or_default();
    let FleetTotals { alarms, subscriptions, in_alarm, unconfirmed } = FleetTotals::of(report);
    value["summary"] = json!({
        "verdict": verdict(report),
        "alarms": alarms,
        "subscriptions": subscriptions,
        "targets_in_alarm": in_alarm,
        "targets_not_confirmed": unconfirmed,
    });
    for row in value["rows"].as_array_mut().into_iter().flatten() {
        row["cost"] = rounded(row["cost"].take());
    }
    mask::document(value)
}
