//! A resource in a phrase, a value in a word: what a person needs to know it again. Says nothing of what changes.

use super::{layout, mask};
use crate::lint::unit_of;
use crate::model::duration::format_seconds;
use crate::model::{Arn, Target};
use crate::plan::Action;
use crate::resources::alarm::Actions;
use crate::resources::{Alarm, CompositeAlarm, Kind, Resource};
use mlops_cloudwatch::alarm::{Evaluation, WatchedSignal};
use mlops_cloudwatch::statistic::{Statistic, Trim};
use serde_json::Value;

const LONG: usize = 60;

/// `Errors Sum > 5 in 5m, notifies mlops-lambda-alerts`; empty where the name says it all.
pub fn resource(resource: &Resource, target: &Target) -> String {
    let phrase = match resource {
        Resource::Alarm(alarm) => format!("{}, {}", condition(alarm), notifies(&alarm.actions, target)),
        Resource::LogAlarm(alarm) => {
            format!("{}, {}", layout::cut(&alarm.condition(), LONG), notifies(&alarm.actions, target))
        }
        Resource::CompositeAlarm(alarm) => composite(alarm, target),
        other => other.phrase(),
    };
    mask::line(&phrase)
}

fn composite(alarm: &CompositeAlarm, target: &Target) -> String {
    format!("when {}, {}", layout::cut(&alarm.alarm_rule, LONG), notifies(&alarm.actions, target))
}

/// What the alarm watches: `Errors Sum > 5 in 5m`, `100 * e / i > 5 in 2 of 3 x 5m`.
pub fn condition(alarm: &Alarm) -> String {
    let definition = alarm.definition();
    let series = match &definition.signal {
        WatchedSignal::PromQl(query) => return format!("PromQL {}", layout::cut(query, LONG)),
        WatchedSignal::Metric(series) => series.to_string(),
        WatchedSignal::Math(expression) => (*expression).to_owned(),
        WatchedSignal::Band { watched, .. } => watched.to_string(),
        WatchedSignal::Unmodelled => "metric math".to_owned(),
    };
    let evaluation = &definition.evaluation;
    format!("{} {}{}{}", layout::cut(series.trim(), LONG), evaluation.limit, unit(alarm), window(evaluation))
}

/// The sign of the unit that the threshold is in, with its space: ` ms`. Empty of counts, and where it is not known.
pub fn unit(alarm: &Alarm) -> &'static str {
    let definition = alarm.definition();
    let (WatchedSignal::Metric(series), Some(_)) = (&definition.signal, definition.evaluation.limit.threshold()) else {
        return "";
    };
    // Of how many there are, or which share of them, whatever their unit.
    let is_value = !matches!(
        series.statistic(),
        Some(Statistic::SampleCount | Statistic::PercentileRank(..) | Statistic::Trimmed(Trim::Count, _)) | None
    );
    match series.unit.or_else(|| unit_of(series.namespace, series.name)).filter(|_| is_value) {
        Some("Microseconds") => " µs",
        Some("Milliseconds") => " ms",
        Some("Seconds") => " s",
        Some("Percent") => " %",
        Some("Bytes") => " B",
        Some("Kilobytes") => " kB",
        Some("Megabytes") => " MB",
        Some("Gigabytes") => " GB",
        Some("Bytes/Second") => " B/s",
        _ => "",
    }
}

fn window(evaluation: &Evaluation<'_>) -> String {
    let Some(period) = evaluation.period.map(|seconds| format_seconds(seconds.into())) else { return String::new() };
    match (evaluation.m, evaluation.n) {
        (1, 1) => format!(" in {period}"),
        (m, n) if m == n => format!(" in {n} x {period}"),
        (m, n) => format!(" in {m} of {n} x {period}"),
    }
}

fn notifies(actions: &Actions, target: &Target) -> String {
    let mut names: Vec<String> = actions.all().map(|arn| short_arn(arn, target)).collect();
    names.sort();
    names.dedup();
    match names.as_slice() {
        [] => "notifies nobody".to_owned(),
        _ if !actions.enabled => "actions switched off".to_owned(),
        names => format!("notifies {}", names.join(", ")),
    }
}

/// Who an ARN is, without the account: `user/ana`, `assumed-role/Lab/ana`; any other text as it is.
pub fn principal(arn: &str) -> String {
    Arn::parse(arn).map_or_else(|| arn.to_owned(), |arn| arn.resource.to_owned())
}

/// The name of a topic or alarm of the target itself; any other ARN as it is.
pub fn short_arn(text: &str, target: &Target) -> String {
    let ours = Arn::parse(text).filter(|arn| arn.account == target.account && arn.region == target.region);
    match ours {
        Some(arn) if arn.service == "sns" => arn.resource.to_owned(),
        Some(arn) if arn.service == "cloudwatch" => arn.resource.strip_prefix("alarm:").unwrap_or(text).to_owned(),
        _ => text.to_owned(),
    }
}

/// A field's value in words: seconds as durations, days as days, ARNs of the target by name, documents as compact JSON.
/// `leaf` is the last part of the field's path.
pub fn value(leaf: &str, value: &Value, target: &Target) -> String {
    let seconds = leaf.ends_with("period") || leaf.ends_with("interval");
    match (value, value.as_i64()) {
        (_, Some(n)) if seconds => format_seconds(n),
        (_, Some(n)) if leaf == "retention_in_days" => {
            if n == 1 {
                "1 day".to_owned()
            } else {
                format!("{n} days")
            }
        }
        (Value::String(text), _) => quoted(&mask::line(&short_arn(text, target))),
        (Value::Array(items), _) if items.iter().all(|item| !item.is_object() && !item.is_array()) => {
            let items: Vec<String> = items.iter().map(|item| self::value(leaf, item, target)).collect();
            format!("[{}]", items.join(", "))
        }
        (other, _) => mask::line(&mask::json(other.clone()).to_string()),
    }
}

/// Quotes a text that would be misread without them.
fn quoted(text: &str) -> String {
    let plain = !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || "\",[]()".contains(c));
    if plain { text.to_owned() } else { format!("\"{}\"", text.replace('"', "\\\"")) }
}

/// An absent value in words.
pub fn absent(leaf: &str) -> &'static str {
    if leaf == "retention_in_days" { "never expires" } else { "(not set)" }
}

/// `alarms`, or `log group` for one.
pub fn plural(n: usize, kind: Kind) -> String {
    format!("{}{}", kind.word().replace('_', " "), if n == 1 { "" } else { "s" })
}

/// What a change does that only takes our marks off.
pub const STOPS_MANAGING: &str = "stops managing (left in place)";

/// `to create`, of an action.
pub fn intent(action: Action) -> &'static str {
    match action {
        Action::Create => "to create",
        Action::Update => "to change",
        Action::Replace => "to replace",
        Action::Delete => "to delete",
        Action::Adopt => "to adopt",
        Action::StopManaging => "to stop managing",
        Action::NoOp => "unchanged",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::testing::{alarm, target};
    use crate::resources::alarm::MetricQuery;
    use serde_json::json;

    /// An alarm on a band says the metric, whichever of its queries is listed first.
    #[test]
    fn the_band_is_not_what_an_alarm_watches() {
        for (metric, band) in [("a", "b"), ("z", "b")] {
            let stat = r#"{"namespace": "AWS/Lambda", "metric_name": "Invocations", "stat": "Sum", "period": 300}"#;
            let mut alarm: Alarm = serde_json::from_str(&format!(
                r#"{{"threshold_metric_id": "{band}", "comparison_operator": "GreaterThanUpperThreshold", "metrics": [
                    {{"id": "{metric}", "metric": {stat}, "return_data": true}},
                    {{"id": "{band}", "expression": "ANOMALY_DETECTION_BAND({metric}, 2)", "return_data": true}}]}}"#
            ))
            .unwrap();
            alarm.sort();
            assert_eq!(condition(&alarm), "Invocations Sum above its band in 5m");
        }
    }

    /// The units of AWS's own metrics are known; a count of samples or a rank has none, whatever the metric's.
    #[test]
    fn a_threshold_has_its_unit() {
        for (metric, stat, of) in [
            (r#""namespace": "AWS/Lambda", "metric_name": "Duration", "#, "Average", " ms"),
            (r#""namespace": "AWS/Lambda", "metric_name": "Duration", "#, "SampleCount", ""),
            (r#""namespace": "AWS/Lambda", "metric_name": "Duration", "#, "PR(:100)", ""),
            (r#""namespace": "AWS/Lambda", "metric_name": "Errors", "#, "Sum", ""),
            (r#""namespace": "AWS/EC2", "metric_name": "CPUUtilization", "#, "Average", " %"),
            (r#""namespace": "Own", "metric_name": "Wait", "unit": "Seconds", "#, "Maximum", " s"),
            (r#""namespace": "Own", "metric_name": "Wait", "#, "Maximum", ""),
        ] {
            let kind = if stat.starts_with("PR") { "extended_statistic" } else { "statistic" };
            let text = format!(
                r#"{{{metric}"{kind}": "{stat}", "period": 60, "threshold": 5.0, "comparison_operator": "GreaterThanThreshold"}}"#
            );
            let alarm: Alarm = serde_json::from_str(&text).unwrap();
            assert_eq!(unit(&alarm), of, "{text}");
        }
    }

    #[test]
    fn an_alarm_is_one_phrase() {
        let text = |resource: Resource| super::resource(&resource, &target());
        assert_eq!(text(alarm("a", 5.0)), "Errors Sum > 5 in 5m, notifies alerts");
        let Resource::Alarm(mut math) = alarm("a", 0.5) else { unreachable!("an alarm") };
        math.metric_name = None;
        math.metrics = vec![MetricQuery {
            id: "rate".into(),
            expression: Some("100 * errors / invocations".into()),
            return_data: true,
            ..MetricQuery::default()
        }];
        (math.evaluation_periods, math.datapoints_to_alarm) = (Some(3), Some(2));
        math.actions.alarm.clear();
        assert_eq!(text(Resource::Alarm(math)), "100 * errors / invocations > 0.5 in 2 of 3 x 5m, notifies nobody");
    }

    #[test]
    fn values_are_words() {
        for (leaf, value_, words) in [
            ("period", json!(300), "5m"),
            ("evaluation_periods", json!(3), "3"),
            ("retention_in_days", json!(14), "14 days"),
            ("threshold", json!(0.5), "0.5"),
            ("description", json!("two words"), "\"two words\""),
            ("alarm_actions", json!(["arn:aws:sns:us-east-1:123456789012:alerts"]), "[alerts]"),
            ("alarm_actions", json!(["arn:aws:sns:eu-west-1:1:alerts"]), "[arn:aws:sns:eu-west-1:1:alerts]"),
            ("policy", json!({"a": [1, {"b": 2}]}), r#"{"a":[1,{"b":2}]}"#),
        ] {
            assert_eq!(value(leaf, &value_, &target()), words);
        }
    }
}
