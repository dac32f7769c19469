//! Tests that were made, as they are written in a file of alarm tests.

use crate::backtest::notation;
use crate::model::duration::format_seconds;
use crate::report::backtest::spec_yaml::quoted;
use crate::unit_test::{Expected, GivenResult, InputSeries, UnitTestCase};
use mlops_cloudwatch::calendar::{date, hour, minute};
use std::collections::BTreeMap;

/// What stands before the tests of a new file.
pub fn head(spec: &str, variables: &BTreeMap<String, String>) -> String {
    let mut text = format!("spec: {}\n", quoted(spec));
    if !variables.is_empty() {
        text.push_str(&format!("vars: {}\n", map(variables)));
    }
    text + "tests:\n"
}

/// The items of `tests`, with an empty line between two.
pub fn cases(cases: &[UnitTestCase]) -> String {
    cases.iter().map(case).collect::<Vec<_>>().join("\n")
}

fn case(case: &UnitTestCase) -> String {
    let mut text = format!("  - name: {}\n", quoted(&case.name));
    if case.interval != 60 {
        text.push_str(&format!("    interval: {}\n", format_seconds(case.interval)));
    }
    text.push_str(&format!("    start: {}\n", time(case.start)));
    if let Some(range) = case.evaluation_range {
        text.push_str(&format!("    evaluation_range: {range}\n"));
    }
    if !case.series.is_empty() {
        text.push_str("    series:\n");
        text.extend(case.series.iter().map(series));
    }
    if !case.results.is_empty() {
        text.push_str("    results:\n");
        text.extend(case.results.iter().map(result));
    }
    text.push_str("    expect:\n");
    text.extend(case.expected.iter().map(|one| expected(one, case.start)));
    text
}

fn series(series: &InputSeries) -> String {
    let metric = &series.metric;
    let mut text = format!("      - namespace: {}\n", quoted(&metric.namespace));
    let mut key = |name: &str, value: String| text.push_str(&format!("        {name}: {value}\n"));
    key("metric_name", quoted(&metric.name));
    if !metric.dimensions.is_empty() {
        key("dimensions", map(&metric.dimensions));
    }
    if let Some(account) = &metric.account {
        key("account_id", format!("\"{account}\""));
    }
    if let Some(statistic) = &series.statistic {
        key("statistic", quoted(statistic));
    }
    if let Some(interval) = series.interval {
        key("interval", format_seconds(interval));
    }
    key("values", notation::write(&series.values));
    text
}

fn result(result: &GivenResult) -> String {
    let keys: &[&str] = if result.values.len() == 2 { &["lower", "upper"] } else { &["values"] };
    let mut text = format!("      - alarm: {}\n", quoted(&result.alarm));
    if let Some(id) = &result.id {
        text.push_str(&format!("        id: {}\n", quoted(id)));
    }
    for (key, values) in keys.iter().zip(&result.values) {
        text.push_str(&format!("        {key}: {}\n", notation::write(values)));
    }
    text
}

fn expected(expected: &Expected, start: i64) -> String {
    let state = expected.state.map_or(String::new(), |state| format!(", state: {}", state.word()));
    let at = format_seconds(expected.at - start);
    format!("      - {{ at: {at}, alarm: {}{state} }}\n", quoted(&expected.alarm))
}

fn map(entries: &BTreeMap<String, String>) -> String {
    let pairs: Vec<String> =
        entries.iter().map(|(name, value)| format!("{}: {}", quoted(name), quoted(value))).collect();
    format!("{{ {} }}", pairs.join(", "))
}

/// `2026-01-05T00:00:00Z`
pub fn time(second: i64) -> String {
    let (year, month, day) = date(second);
    let seconds = second.rem_euclid(60);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{seconds:02}Z", hour(second), minute(second))
}
