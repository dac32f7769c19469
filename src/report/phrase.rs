//! A resource in a phrase, a value in a word: what a person needs to know it again. Says nothing of what changes.

use super::{layout, mask};
use crate::model::duration::format_seconds;
use crate::model::{Arn, Target};
use crate::plan::Action;
use crate::resources::alarm::{Actions, MetricQuery};
use crate::resources::{Alarm, CompositeAlarm, Kind, Resource};
use serde_json::Value;

const LONG: usize = 60;

/// `Errors Sum > 5 in 5m, tells mlops-lambda-alerts`; empty where the name says it all.
pub fn resource(resource: &Resource, target: &Target) -> String {
    let phrase = match resource {
        Resource::Alarm(alarm) => format!("{}, {}", condition(alarm), tells(&alarm.actions, target)),
        Resource::CompositeAlarm(alarm) => composite(alarm, target),
        other => other.phrase(),
    };
    mask::line(&phrase)
}

fn composite(alarm: &CompositeAlarm, target: &Target) -> String {
    format!("when {}, {}", layout::cut(&alarm.alarm_rule, LONG), tells(&alarm.actions, target))
}

/// What the alarm watches: `Errors Sum > 5 in 5m`, `100 * e / i > 5 in 2 of 3 x 5m`.
pub fn condition(alarm: &Alarm) -> String {
    if let Some(promql) = &alarm.promql {
        return format!("PromQL {}", layout::cut(&promql.query, LONG));
    }
    let watched = alarm.metrics.iter().find(|query| query.return_data);
    let series = match (&alarm.metric_name, watched) {
        (Some(name), _) => {
            let statistic = alarm.statistic.as_ref().or(alarm.extended_statistic.as_ref());
            format!("{name} {}", statistic.map_or("", String::as_str))
        }
        (None, Some(query)) => series(query),
        (None, None) => "metric math".to_owned(),
    };
    let operator = operator(alarm.comparison_operator.as_deref().unwrap_or_default());
    let threshold = match alarm.threshold {
        Some(threshold) => format!("{operator} {threshold}"),
        None => operator.to_owned(),
    };
    let period = alarm.period.or_else(|| alarm.metrics.iter().find_map(period));
    format!("{} {threshold}{}", layout::cut(series.trim(), LONG), window(alarm, period))
}

fn series(query: &MetricQuery) -> String {
    match (&query.expression, &query.metric) {
        (Some(expression), _) => expression.clone(),
        (None, Some(metric)) => format!("{} {}", metric.metric_name, metric.stat),
        (None, None) => query.id.clone(),
    }
}

fn period(query: &MetricQuery) -> Option<i32> {
    query.metric.as_ref().map(|metric| metric.period).or(query.period)
}

fn window(alarm: &Alarm, period: Option<i32>) -> String {
    let Some(period) = period.map(|seconds| format_seconds(seconds.into())) else { return String::new() };
    let n = alarm.evaluation_periods.unwrap_or(1);
    match alarm.datapoints_to_alarm {
        Some(m) if m != n => format!(" in {m} of {n} x {period}"),
        _ if n != 1 => format!(" in {n} x {period}"),
        _ => format!(" in {period}"),
    }
}

fn operator(name: &str) -> &str {
    match name {
        "GreaterThanThreshold" => ">",
        "GreaterThanOrEqualToThreshold" => ">=",
        "LessThanThreshold" => "<",
        "LessThanOrEqualToThreshold" => "<=",
        "LessThanLowerOrGreaterThanUpperThreshold" => "outside its band",
        "LessThanLowerThreshold" => "below its band",
        "GreaterThanUpperThreshold" => "above its band",
        other => other,
    }
}

fn tells(actions: &Actions, target: &Target) -> String {
    let mut names: Vec<String> = actions.all().map(|arn| short_arn(arn, target)).collect();
    names.sort();
    names.dedup();
    match names.as_slice() {
        [] => "tells nobody".to_owned(),
        _ if !actions.enabled => "actions switched off".to_owned(),
        names => format!("tells {}", names.join(", ")),
    }
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
        (other, _) => mask::line(&mask::json(other).to_string()),
    }
}

/// Quotes a text that would be misread without them.
fn quoted(text: &str) -> String {
    let plain = !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || "\",[]()".contains(c));
    if plain { text.to_owned() } else { format!("\"{}\"", text.replace('"', "\\\"")) }
}

/// An absent value in words.
pub fn absent(leaf: &str) -> &'static str {
    if leaf == "retention_in_days" { "kept for ever" } else { "(not set)" }
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
    use serde_json::json;

    #[test]
    fn an_alarm_is_one_phrase() {
        let text = |resource: Resource| super::resource(&resource, &target());
        assert_eq!(text(alarm("a", 5.0)), "Errors Sum > 5 in 5m, tells alerts");
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
        assert_eq!(text(Resource::Alarm(math)), "100 * errors / invocations > 0.5 in 2 of 3 x 5m, tells nobody");
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
