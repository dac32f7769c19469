//! CloudWatch: alarms with their tags, history and mute rules, and metrics. Alarms are evaluated as time passes.

mod actions;
mod alarm;
mod anomaly;
mod change;
mod dashboard;
mod data;
mod describe;
mod evaluate;
mod held;
mod history;
mod log_query;
mod mail;
mod metric;
mod mute;
mod mute_rule;
mod put;
mod rule;
mod tags;
#[cfg(test)]
mod tests;

pub use dashboard::is_meant as is_about_a_dashboard;
pub use data::invoked::{MeasuredInvocation, forget as forget_invocations, record as record_invocation};
pub use data::{embedded, publish};
pub use evaluate::catch_up;
pub use history::{RecordedTransition, changes_since};

use super::fault::Fault;
use super::operation::{answer, operations};
use super::store::Tx;
use super::wire::{WireRequest, decode};
use ciborium::Value;
use serde::Serialize;

/// Runs one CloudWatch operation.
pub fn dispatch(request: WireRequest, tx: &mut Tx) -> Result<Value, Fault> {
    operations!(request, {
        "PutMetricAlarm" => with_raw(request, tx, put::metric::put_metric_alarm),
        "PutCompositeAlarm" => with_raw(request, tx, put::composite::put_composite_alarm),
        "PutLogAlarm" => with_raw(request, tx, put::log::put_log_alarm),
        "DescribeAlarms" => answer(request, tx, describe::describe_alarms),
        "DescribeAlarmsForMetric" => answer(request, tx, describe::describe_alarms_for_metric),
        "DeleteAlarms" => answer(request, tx, change::delete_alarms),
        "DescribeAlarmHistory" => answer(request, tx, history::describe_alarm_history),
        "PutAlarmMuteRule" => answer(request, tx, mute::put_alarm_mute_rule),
        "GetAlarmMuteRule" => answer(request, tx, mute::get_alarm_mute_rule),
        "ListAlarmMuteRules" => answer(request, tx, mute::list_alarm_mute_rules),
        "DeleteAlarmMuteRule" => answer(request, tx, mute::delete_alarm_mute_rule),
        "PutDashboard" => answer(request, tx, dashboard::put_dashboard),
        "GetDashboard" => answer(request, tx, dashboard::get_dashboard),
        "ListDashboards" => answer(request, tx, dashboard::list_dashboards),
        "DeleteDashboards" => answer(request, tx, dashboard::delete_dashboards),
        "PutAnomalyDetector" => answer(request, tx, anomaly::put_anomaly_detector),
        "DescribeAnomalyDetectors" => answer(request, tx, anomaly::describe_anomaly_detectors),
        "DeleteAnomalyDetector" => answer(request, tx, anomaly::delete_anomaly_detector),
        "PutMetricData" => answer(request, tx, data::put::put_metric_data),
        "GetMetricData" => answer(request, tx, data::query::get_metric_data),
        "GetMetricStatistics" => answer(request, tx, data::statistics::get_metric_statistics),
        "ListMetrics" => answer(request, tx, data::list::list_metrics),
        "SetAlarmState" => answer(request, tx, change::set_alarm_state),
        "EnableAlarmActions" => answer(request, tx, |input, tx| change::switch_actions(input, true, tx)),
        "DisableAlarmActions" => answer(request, tx, |input, tx| change::switch_actions(input, false, tx)),
        "TagResource" => answer(request, tx, tags::tag_resource),
        "UntagResource" => answer(request, tx, tags::untag_resource),
        "ListTagsForResource" => answer(request, tx, tags::list_tags_for_resource),
    })
}

/// Each alarm and its state.
pub fn alarms(tx: &Tx) -> Result<Vec<String>, Fault> {
    let shown = |(name, alarm): (String, alarm::StoredAlarm)| format!("{name}: {}", alarm.state.value.word());
    Ok(tx.list::<alarm::StoredAlarm>(alarm::TABLE)?.into_iter().map(shown).collect())
}

/// An empty answer.
#[derive(Debug, Serialize)]
struct Nothing {}

/// Like [`answer`], for the operations that replace a whole configuration: the handler also gets the request as it came, so that
/// members this version does not know are kept and not lost.
fn with_raw<I: serde::de::DeserializeOwned>(
    request: WireRequest,
    tx: &mut Tx,
    handler: impl FnOnce(I, serde_json::Value, &mut Tx) -> Result<Nothing, Fault>,
) -> Result<Value, Fault> {
    let raw =
        decode(request.input.clone()).map_err(|error| Fault::sender("SerializationException", error.to_string()))?;
    answer(request, tx, |input, tx| handler(input, raw, tx))
}

/// `1 validation error detected: ...`, as AWS's request validation words it. `field` is in camelCase.
fn constraint(field: &str, value: impl std::fmt::Display, must: &str) -> Fault {
    Fault::validation(format!(
        "1 validation error detected: Value '{value}' at '{field}' failed to satisfy constraint: Member must {must}"
    ))
}

fn required<T>(field: &str, value: Option<T>) -> Result<T, Fault> {
    value.ok_or_else(|| {
        Fault::validation(format!(
            "1 validation error detected: Value null at '{field}' failed to satisfy constraint: Member must not be null"
        ))
    })
}

/// A page size within 1 and `limit`; `default` where none is given.
fn page_size(given: Option<i64>, default: usize, limit: usize) -> Result<usize, Fault> {
    match given {
        None => Ok(default),
        Some(n) if n < 1 => Err(constraint("maxRecords", n, "have value greater than or equal to 1")),
        Some(n) => match usize::try_from(n) {
            Ok(n) if n <= limit => Ok(n),
            _ => Err(constraint("maxRecords", n, &format!("have value less than or equal to {limit}"))),
        },
    }
}

fn invalid_next_token() -> Fault {
    Fault::sender("InvalidNextToken", "The next token specified is invalid.")
}
