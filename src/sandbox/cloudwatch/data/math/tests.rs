//! Expressions over two small metrics.

use super::super::super::metric::{WireMetric, WireMetricStat};
use super::*;

/// Where `expression` is none, a metric.
fn query(id: &str, expression: Option<&str>) -> MetricDataQuery {
    let metric = WireMetric { namespace: None, metric_name: None, dimensions: Vec::new() };
    let stat = WireMetricStat { metric, period: 60, stat: "Sum".to_owned(), unit: None };
    MetricDataQuery {
        id: id.to_owned(),
        metric_stat: expression.is_none().then_some(stat),
        expression: expression.map(str::to_owned),
        label: None,
        return_data: true,
        period: None,
        account_id: None,
    }
}

fn answers(expression: &str) -> Result<Vec<ExpressionResult>, Fault> {
    let series = |values: &[(i64, f64)]| (values.iter().copied().collect::<StatisticValues>(), 60);
    let metrics = BTreeMap::from([
        ("e", series(&[(0, 1.0), (60, 0.0), (180, 4.0)])),
        ("n", series(&[(0, 10.0), (60, 0.0), (120, 5.0), (180, 8.0)])),
    ]);
    let expressions = [("x", expression), ("half", "n / 2"), ("circle", "circle + 1")];
    let expressions = expressions.map(|(id, text)| query(id, Some(text)));
    let queries: Vec<MetricDataQuery> = expressions.into_iter().chain([query("e", None), query("n", None)]).collect();
    let scope = ExpressionScope { metrics: &metrics, queries: &queries, range: 0..240 };
    scope.answer(&queries[0])
}

fn values(expression: &str) -> Vec<(i64, f64)> {
    let mut answers = answers(expression).unwrap_or_else(|fault| panic!("{expression}: {fault:?}"));
    assert_eq!(answers.len(), 1, "{expression}");
    answers.remove(0).values.into_iter().collect()
}

#[test]
fn expressions_come_to_values() {
    for (expression, expected) in [
        ("e", vec![(0, 1.0), (60, 0.0), (180, 4.0)]),
        // Where only one side has a point, the other counts as 0.
        ("100 * e / n", vec![(0, 10.0), (120, 0.0), (180, 50.0)]),
        ("IF(n > 0, 100 * e / n, 0)", vec![(0, 10.0), (60, 0.0), (120, 0.0), (180, 50.0)]),
        ("IF(n > 5, n)", vec![(0, 10.0), (180, 8.0)]),
        ("FILL(e, 0) + 1", vec![(0, 2.0), (60, 1.0), (120, 1.0), (180, 5.0)]),
        ("FILL(e, REPEAT)", vec![(0, 1.0), (60, 0.0), (120, 0.0), (180, 4.0)]),
        ("FILL(e, LINEAR)", vec![(0, 1.0), (60, 0.0), (120, 2.0), (180, 4.0)]),
        ("SUM(METRICS())", vec![(0, 11.0), (60, 0.0), (120, 5.0), (180, 12.0)]),
        ("MAX([e, n])", vec![(0, 10.0), (60, 0.0), (120, 5.0), (180, 8.0)]),
        ("SUM(METRICS(\"e\"))", vec![(0, 1.0), (60, 0.0), (180, 4.0)]),
        ("half - 1", vec![(0, 4.0), (60, -1.0), (120, 1.5), (180, 3.0)]),
        ("e * SUM(n)", vec![(0, 23.0), (60, 0.0), (180, 92.0)]),
        ("-e ^ 2", vec![(0, -1.0), (60, -0.0), (180, -16.0)]),
        ("e + 2 * 3 - 1", vec![(0, 6.0), (60, 5.0), (180, 9.0)]),
        ("(n >= 8) && (e != 1) OR n == 0", vec![(0, 0.0), (60, 1.0), (120, 0.0), (180, 1.0)]),
        ("RATE(n) * PERIOD(n)", vec![(60, -10.0), (120, 5.0), (180, 3.0)]),
        ("DIFF(e)", vec![(60, -1.0), (180, 4.0)]),
        ("RUNNING_SUM(e)", vec![(0, 1.0), (60, 1.0), (180, 5.0)]),
        ("TIME_SERIES(AVG(e) * 3)", vec![(0, 5.0), (60, 5.0), (120, 5.0), (180, 5.0)]),
        ("n / 1e1 + 0 * HOUR(n)", vec![(0, 1.0), (60, 0.0), (120, 0.5), (180, 0.8)]),
        ("FIRST([e, n])", vec![(0, 1.0), (60, 0.0), (180, 4.0)]),
        ("LAST(ANOMALY_DETECTION_BAND(n, 0)) * 4", vec![(0, 23.0), (60, 23.0), (120, 23.0), (180, 23.0)]),
        ("DATAPOINT_COUNT(METRICS())", vec![(0, 2.0), (60, 2.0), (120, 1.0), (180, 2.0)]),
        ("n - STDDEV([e, n])", vec![(0, 5.5), (60, 0.0), (120, 5.0), (180, 6.0)]),
        ("ABS(0 - e)", vec![(0, 1.0), (60, 0.0), (180, 4.0)]),
    ] {
        assert_eq!(values(expression), expected, "{expression}");
    }
    let band = answers("ANOMALY_DETECTION_BAND(e, 1)").unwrap();
    assert_eq!(labels(&band), ["high", "low"]);
    assert_eq!(labels(&answers("METRICS() * 2").unwrap()), ["e", "n"]);
    assert_eq!(labels(&answers("[e, METRICS(\"n\")]").unwrap()), ["x", "n"]);
}

fn labels(answers: &[ExpressionResult]) -> Vec<&str> {
    answers.iter().map(|answer| answer.label.as_str()).collect()
}

#[test]
fn a_range_of_years_is_reckoned_where_there_is_data() {
    let metrics = BTreeMap::from([("e", (StatisticValues::from([(1_767_571_200, 1.0), (1_767_571_320, 3.0)]), 60))]);
    let queries = [query("x", Some("FILL(e, 0) * 2")), query("e", None)];
    let scope = ExpressionScope { metrics: &metrics, queries: &queries, range: 0..4_000_000_000 };
    let found = scope.answer(&queries[0]).unwrap().remove(0).values;
    assert_eq!(found, StatisticValues::from([(1_767_571_200, 2.0), (1_767_571_260, 0.0), (1_767_571_320, 6.0)]));
}

#[test]
fn periods_are_not_mixed() {
    let metrics = BTreeMap::from([
        ("a", (StatisticValues::from([(0, 1.0)]), 60)),
        ("b", (StatisticValues::from([(0, 1.0)]), 300)),
    ]);
    let queries = [query("x", Some("a + b")), query("y", Some("b * 2")), query("a", None), query("b", None)];
    let scope = ExpressionScope { metrics: &metrics, queries: &queries, range: 0..600 };
    assert!(scope.answer(&queries[0]).unwrap_err().message.contains("different periods"));
    assert_eq!(scope.answer(&queries[1]).unwrap().remove(0).values, StatisticValues::from([(0, 2.0)]));
}

#[test]
fn wrong_expressions_say_why() {
    for (expression, why) in [
        ("5", "time series"),
        ("m5 + 1", "Undefined variable m5"),
        ("e +", "ends too early"),
        ("(e", "`(` is never closed"),
        ("IF(e)", "IF does not take a time series"),
        ("SEARCH('x', 'Sum')", "does not know the function SEARCH"),
        ("SELECT SUM(x) FROM y", "Metrics Insights"),
        ("circle", "circle"),
        ("[e, n] + [e, n]", "arrays"),
        ("e $ 2", "`$` means nothing"),
        ("e é", "`é` is not expected"),
        ("1.2.3 * e", "`0.3` is not expected"),
        ("e ^ 2 ^ 2", "parentheses"),
    ] {
        let fault = answers(expression).unwrap_err();
        assert!(fault.message.contains(why), "{expression}: {}", fault.message);
    }
    assert!(answers(&"(".repeat(5000)).is_err());
    assert!(answers(&"-".repeat(5000)).is_err());
}
