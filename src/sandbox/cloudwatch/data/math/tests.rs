//! Expressions over two small metrics.

use super::*;

fn answers(expression: &str) -> Result<Vec<Answer>, Fault> {
    let series = |values: &[(i64, f64)]| (values.iter().copied().collect::<Values>(), 60);
    let metrics = BTreeMap::from([
        ("e", series(&[(0, 1.0), (60, 0.0), (180, 4.0)])),
        ("n", series(&[(0, 10.0), (60, 0.0), (120, 5.0), (180, 8.0)])),
    ]);
    let query = |id: &str, text: &str| MetricDataQuery {
        id: id.to_owned(),
        metric_stat: None,
        expression: Some(text.to_owned()),
        label: None,
        return_data: true,
        period: None,
        account_id: None,
    };
    let queries = [query("x", expression), query("half", "n / 2"), query("circle", "circle + 1")];
    let scope = Scope { metrics: &metrics, queries: &queries, range: 0..240 };
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
        ("100 * e / n", vec![(0, 10.0), (180, 50.0)]),
        ("IF(n > 0, 100 * e / n, 0)", vec![(0, 10.0), (60, 0.0), (180, 50.0)]),
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
        ("(n >= 8) && (e != 1) OR n == 0", vec![(0, 0.0), (60, 1.0), (180, 1.0)]),
        ("RATE(n) * PERIOD(n)", vec![(60, -10.0), (120, 5.0), (180, 3.0)]),
        ("DIFF(e)", vec![(60, -1.0), (180, 4.0)]),
        ("RUNNING_SUM(e)", vec![(0, 1.0), (60, 1.0), (180, 5.0)]),
        ("TIME_SERIES(AVG(e) * 3)", vec![(0, 5.0), (60, 5.0), (120, 5.0), (180, 5.0)]),
        ("ABS(0 - e)", vec![(0, 1.0), (60, 0.0), (180, 4.0)]),
    ] {
        assert_eq!(values(expression), expected, "{expression}");
    }
    let band = answers("ANOMALY_DETECTION_BAND(e, 1)").unwrap();
    assert_eq!(band.iter().map(|answer| answer.label.as_str()).collect::<Vec<_>>(), ["high", "low"]);
}

#[test]
fn wrong_expressions_say_why() {
    for (expression, why) in [
        ("5", "time series"),
        ("m5 + 1", "Undefined variable m5"),
        ("e +", "ends too early"),
        ("(e", "a ) is missing"),
        ("IF(e)", "does not take 1 arguments"),
        ("SEARCH('x', 'Sum')", "does not know the function SEARCH"),
        ("SELECT SUM(x) FROM y", "Metrics Insights"),
        ("circle", "circle"),
        ("[e, n] + [e, n]", "arrays"),
        ("e $ 2", "unexpected"),
        ("e é", "unexpected"),
        ("1.2.3 * e", "not a number"),
    ] {
        let fault = answers(expression).unwrap_err();
        assert!(fault.message.contains(why), "{expression}: {}", fault.message);
    }
    assert!(answers(&"(".repeat(5000)).is_err());
    assert!(answers(&"-".repeat(5000)).is_err());
}
