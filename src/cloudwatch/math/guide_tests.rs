//! What the CloudWatch user guide says of metric math ("Metric math syntax and functions", "Using IF expressions"), example by example.

use super::tests::{shown, slots};
use super::{Frame, MathError, MathQuery, Program};

/// Monday 2026-01-05, 00:00.
const START: i64 = 1_767_571_200;

/// All series that an expression gives over metrics, each with the name it has of its own.
fn all(expression: &str, metrics: &[(&str, &str)]) -> Result<Vec<(Option<String>, String)>, MathError> {
    let metric = |id| MathQuery { id, expression: None, is_metric: true, return_data: false };
    let result = MathQuery { id: "result", expression: Some(expression), is_metric: false, return_data: true };
    let queries = metrics.iter().map(|(id, _)| metric(id)).chain([result]);
    let band = |values: &[f64], width: f64| [1.0, -1.0].map(|side| values.iter().map(|v| v + side * width).collect());
    let program = Program::of_call(queries, "result", band)?;
    let values = |id: &String| slots(metrics.iter().find(|(metric, _)| metric == id).unwrap().1);
    let columns: Vec<Vec<f64>> = program.metrics.iter().map(values).collect();
    let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    let len = metrics.first().map_or(3, |(_, values)| slots(values).len());
    let frame = Frame { metrics: &slices, len, start: START, step: 300, period: 300 };
    Ok(program.run_all(&frame)?.into_iter().map(|series| (series.name, shown(&series.values))).collect())
}

fn one(expression: &str, metrics: &[(&str, &str)]) -> String {
    let mut all = all(expression, metrics).unwrap_or_else(|error| panic!("{expression}: {error}"));
    assert_eq!(all.len(), 1, "{expression}");
    all.remove(0).1
}

#[test]
fn comparison_and_logical_operators() {
    let metrics = [("metric1", "30 20 0 0"), ("metric2", "20 _ 20 _")];
    for (expression, expected) in [
        ("(metric1 < metric2)", "0 0 1 0"),
        ("(metric1 >= 30)", "1 0 0 0"),
        ("(metric1 > 15 AND metric2 > 15)", "1 0 0 0"),
        ("(metric1 > 15 && metric2 > 15)", "1 0 0 0"),
    ] {
        assert_eq!(one(expression, &metrics), expected, "{expression}");
    }
}

#[test]
fn arithmetic_counts_what_is_missing_as_zero_and_drops_a_division_by_zero() {
    let metrics = [("m1", "1 _ 3 _"), ("m2", "10 20 _ _")];
    for (expression, expected) in [
        ("m1 + m2", "11 20 3 _"),
        ("m1 - m2", "-9 -20 3 _"),
        ("m1 * m2", "10 0 0 _"),
        ("m1 / m2", "0.1 0 _ _"),
        ("m1 ^ m2", "1 0 1 _"),
        ("5 * m1", "5 _ 15 _"),
        ("-m1", "-1 _ -3 _"),
    ] {
        assert_eq!(one(expression, &metrics), expected, "{expression}");
    }
}

#[test]
fn if_expressions() {
    let metrics = [("metric1", "1 1 0 0 _"), ("metric2", "30 _ 0 0 30"), ("metric3", "0 0 20 _ 20")];
    for (expression, expected) in [
        ("IF(metric1, metric2, metric3)", "30 0 20 _ _"),
        ("IF(metric1, 5, metric3)", "5 5 20 _ _"),
        ("IF(metric1, metric2, 5)", "30 0 5 5 _"),
        ("IF(metric1, metric2)", "30 0 _ _ _"),
        ("IF(-1 * metric1, 7, 8)", "7 7 8 8 _"),
        // By a number the one or the other series, as it is.
        ("IF(1, metric2, metric3)", "30 _ 0 0 30"),
        ("IF(0, metric2, metric3)", "0 0 20 _ 20"),
        ("IF(0, metric2)", "_ _ _ _ _"),
        ("IF(metric2<400, metric2)", "30 _ 0 0 30"),
        ("IF(metric3<20, 10, 2)", "10 10 2 _ 2"),
    ] {
        assert_eq!(one(expression, &metrics), expected, "{expression}");
    }
}

#[test]
fn functions() {
    let metrics = [("m1", "2 4 _ 6"), ("m2", "4 _ _ 2"), ("errors4xx", "1 1 1 1"), ("errors5xx", "2 _ 2 2")];
    for (expression, expected) in [
        ("m1 - AVG(m1)", "-2 0 _ 2"),
        ("AVG([m1, m2])", "3 2 _ 4"),
        ("SUM(m1) / DATAPOINT_COUNT(m1) + 0 * m1", "4 4 _ 4"),
        ("SUM([m1, m2]) / AVG(m2)", "2 1.3333333333333333 _ 2.6666666666666665"),
        ("SUM(100 / [m1, m2])", "75 25 _ 66.66666666666667"),
        ("AVG([m1, m2] / errors4xx)", "3 2 0 4"),
        ("SUM(-[m1, m2])", "-6 -4 _ -8"),
        ("MAX(m1) / m1", "3 1.5 _ 1"),
        ("m1 - MIN(m1)", "0 2 _ 4"),
        ("MIN(ABS([m1, m2]))", "2 4 _ 2"),
        ("SUM(METRICS(\"errors\"))", "3 1 3 3"),
        ("SUM([METRICS(\"4xx\"), METRICS(\"5xx\")])", "3 1 3 3"),
        ("m1 / METRIC_COUNT(METRICS())", "0.5 1 _ 1.5"),
        ("m1 / PERIOD(m1) * 300", "2 4 _ 6"),
        ("DATAPOINT_COUNT([m1, m2])", "2 1 _ 2"),
        ("FILL(m1, 10)", "2 4 10 6"),
        ("FILL(m1, MIN(m1))", "2 4 2 6"),
        ("FILL(m1, REPEAT)", "2 4 4 6"),
        ("FILL(m1, LINEAR)", "2 4 5 6"),
        ("DIFF(m1)", "_ 2 _ 2"),
        ("DIFF_TIME(m1)", "_ 300 _ 600"),
        ("RATE(m1) * 600", "_ 4 _ 2"),
        ("TIME_SERIES(5 * AVG(m1))", "20 20 20 20"),
        // The days are not sparse, so that what is missing is 0 by the rule of a condition that holds.
        ("IF(DAY(m1)<6, m1)", "2 4 0 6"),
        ("IF(MONTH(m1) == 4, m1)", "_ _ _ _"),
        ("LAST(ANOMALY_DETECTION_BAND(m1))", "0 2 _ 4"),
        ("FIRST(ANOMALY_DETECTION_BAND(m1, 4))", "6 8 _ 10"),
    ] {
        assert_eq!(one(expression, &metrics), expected, "{expression}");
    }
}

#[test]
fn arrays_are_sorted_and_cut() {
    // Averages 2, 6, 4 and none; sums 6, 6, 8 and none.
    let metrics = [("m1", "1 2 3"), ("m2", "6 _ _"), ("m3", "1 7 _"), ("m4", "_ _ _")];
    let names = |expression: &str| -> Vec<String> {
        let all = all(expression, &metrics).unwrap_or_else(|error| panic!("{expression}: {error}"));
        all.into_iter().filter_map(|series| series.0).collect()
    };
    for (expression, expected) in [
        ("SORT(METRICS(), AVG, DESC)", "m2 m3 m1 m4"),
        ("SORT(METRICS(), AVG, DESC, 2)", "m2 m3"),
        ("SORT(METRICS(), MAX, ASC)", "m1 m2 m3 m4"),
        ("SORT(METRICS(), MIN, DESC)", "m2 m1 m3 m4"),
        ("SORT(METRICS(), SUM, DESC, 10)", "m3 m1 m2 m4"),
        ("SLICE(SORT(METRICS(), SUM, DESC), 0, 2)", "m3 m1"),
        ("SLICE(SORT(METRICS(), AVG, ASC), 1)", "m3 m2 m4"),
        ("SLICE(METRICS(), 3, 1)", ""),
        ("SLICE(METRICS(), 9)", ""),
        ("REMOVE_EMPTY(METRICS())", "m1 m2 m3"),
    ] {
        assert_eq!(names(expression).join(" "), expected, "{expression}");
    }
    assert_eq!(one("IF(FIRST(SORT(METRICS(), AVG, DESC))>4, 1, 0)", &metrics), "1 _ _");
    assert_eq!(one("FIRST(METRICS()) * METRIC_COUNT(REMOVE_EMPTY(METRICS()))", &metrics), "3 6 9");
}

#[test]
fn an_array_is_several_series() {
    let metrics = [("m2", "4 8 _"), ("m1", "2 4 6")];
    let named = |name: &str, values: &str| (Some(name.to_owned()), values.to_owned());
    let found = |expression: &str| all(expression, &metrics).unwrap();
    assert_eq!(found("METRICS()/2"), [named("m2", "2 4 _"), named("m1", "1 2 3")]);
    assert_eq!(found("FILL(METRICS(), m1)"), [named("m2", "4 8 6"), named("m1", "2 4 6")]);
    assert_eq!(found("[m1, METRICS(\"2\")]"), [(None, "2 4 6".to_owned()), named("m2", "4 8 _")]);
    assert_eq!(found("ANOMALY_DETECTION_BAND(m1)"), [named("high", "4 6 8"), named("low", "0 2 4")]);
    let given = super::MathType::Scalar;
    assert_eq!(all("AVG(m1)", &metrics), Err(MathError::NotOneSeries { id: "result".into(), given }));
}

#[test]
fn a_call_needs_what_its_query_names_and_nothing_else() {
    let metric = |id| MathQuery { id, expression: None, is_metric: true, return_data: true };
    let math = |id, text| MathQuery { id, expression: Some(text), is_metric: false, return_data: true };
    let band = |values: &[f64], _: f64| [values.to_vec(), values.to_vec()];
    let queries = [math("e", "half * 3"), math("wrong", "m1 +"), metric("m1"), math("half", "m2 / 2"), metric("m2")];
    assert_eq!(Program::of_call(queries, "e", band).unwrap().metrics, ["m2"]);
    assert!(matches!(Program::of_call(queries, "wrong", band), Err(MathError::Syntax { id, .. }) if id == "wrong"));
    // Each names the one before it twice: 2^50 ways to the metric.
    let ids: Vec<String> = (0..50).map(|n| format!("e{n}")).collect();
    let texts: Vec<String> =
        std::iter::once("m1 + m1".to_owned()).chain((1..50).map(|n| format!("e{} + e{}", n - 1, n - 1))).collect();
    let chain = ids.iter().zip(&texts).map(|(id, text)| math(id, text)).chain([metric("m1")]);
    let program = Program::of_call(chain, "e49", band).unwrap();
    let frame = Frame { metrics: &[&[1.0]], len: 1, start: START, step: 60, period: 60 };
    assert_eq!(program.run(&frame), Ok(vec![2f64.powi(50)]));
}
