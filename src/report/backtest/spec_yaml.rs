//! A proposed alarm as it is written in a spec: the keys that differ from the alarm that it is a proposal for.

use crate::backtest::Suggestion;
use crate::model::duration::format_seconds;
use crate::resources::alarm::{MetricQuery, MetricStat};
use mlops_cloudwatch::comparison::Comparison;

/// Returns the keys to put under the alarm's name. Metric math takes the place of `namespace`, `metric_name`, `dimensions` and
/// `statistic`.
pub fn alarm(suggestion: &Suggestion) -> String {
    let alarm = &suggestion.alarm;
    let mut lines = Vec::new();
    let expression = alarm.metrics.iter().find(|query| query.return_data && query.metric.is_none());
    if let Some(expression) =
        expression.and_then(|query| query.expression.as_deref()).filter(|_| is_rewritten(suggestion))
    {
        lines.push(format!("expression: {}", quoted(expression)));
        lines.push("metrics:".to_owned());
        lines.extend(alarm.metrics.iter().filter_map(metric));
        let seconds = alarm.metrics.iter().find_map(|query| query.metric.as_ref()).map(|metric| metric.period);
        lines.extend(seconds.map(|seconds| format!("period: {}", format_seconds(i64::from(seconds)))));
    }
    let comparison = alarm.comparison_operator.as_deref().and_then(Comparison::from_word);
    let symbol = comparison.map_or(">", Comparison::symbol);
    lines.push(format!("threshold: \"{symbol} {}\"", suggestion.threshold));
    lines.push(format!("evaluation_periods: {}", suggestion.evaluation_periods));
    lines.push(format!("datapoints_to_alarm: {}", suggestion.datapoints_to_alarm));
    lines.join("\n")
}

/// Whether the proposal watches metric math that the alarm itself does not have.
fn is_rewritten(suggestion: &Suggestion) -> bool {
    suggestion.watches != crate::backtest::suggest::ViewKind::Values
}

fn metric(query: &MetricQuery) -> Option<String> {
    let MetricStat { namespace, metric_name, dimensions, stat, unit, .. } = query.metric.as_ref()?;
    let mut keys = vec![format!("namespace: {}", quoted(namespace)), format!("metric_name: {}", quoted(metric_name))];
    if !dimensions.is_empty() {
        let pairs: Vec<String> =
            dimensions.iter().map(|(name, value)| format!("{}: {}", quoted(name), quoted(value))).collect();
        keys.push(format!("dimensions: {{ {} }}", pairs.join(", ")));
    }
    keys.push(format!("statistic: {}", quoted(stat)));
    keys.extend(unit.as_deref().map(|unit| format!("unit: {}", quoted(unit))));
    Some(format!("  {}: {{ {} }}", query.id, keys.join(", ")))
}

/// As a JSON string, which YAML reads as well, unless it is plain.
pub fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_/-".contains(c);
    match text.chars().all(plain) && text.starts_with(|c: char| c.is_ascii_alphabetic()) {
        true => text.to_owned(),
        false => serde_json::Value::from(text).to_string(),
    }
}
