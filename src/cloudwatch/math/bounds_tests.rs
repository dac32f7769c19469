//! Bounds by hand, and random expressions over random metrics: no value that is computed lies outside.

use super::super::{Frame, Program, function_names};
use super::*;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

const COUNT: Interval = Interval::POSITIVE;

/// Failed and all calls, of which the failed are some, and two numbers of which nothing is known but their ends.
fn known() -> Vec<KnownMetric<'static>> {
    let metric = |id, values, gaps, parts| KnownMetric { id, values, gaps, parts };
    vec![
        metric("errors", COUNT, true, vec![]),
        metric("calls", COUNT, true, vec!["errors"]),
        metric("share", Interval::new(0.0, 1.0), false, vec![]),
        metric("level", Interval::new(-2.0, 8.0), true, vec![]),
        metric("free", COUNT, false, vec![]),
    ]
}

fn queries(expression: &str) -> Vec<MathQuery<'_>> {
    let metric = |id| MathQuery { id, expression: None, is_metric: true, return_data: false };
    let mut queries: Vec<MathQuery<'_>> = known().iter().map(|known| metric(known.id)).collect();
    queries.push(MathQuery { id: "result", expression: Some(expression), is_metric: false, return_data: true });
    queries
}

fn found(expression: &str) -> Bounds {
    bounds(&queries(expression), "result", &known(), 300).unwrap_or_else(|| panic!("{expression}"))
}

#[test]
fn bounds_by_hand() {
    let infinite = f64::INFINITY;
    for (expression, low, high) in [
        ("errors / calls", 0.0, 1.0),
        ("100 * errors / calls", 0.0, 100.0),
        ("100 * (errors / calls)", 0.0, 100.0),
        ("(errors/calls)/0.001", 0.0, 1000.0),
        ("100 - 100 * errors / calls", 0.0, 100.0),
        ("100 * (calls - errors) / calls", 0.0, 100.0),
        ("(calls - errors) / calls", 0.0, 1.0),
        ("calls - errors", 0.0, infinite),
        ("errors / (errors + free)", 0.0, 1.0),
        ("errors / MAX([errors, calls])", 0.0, 1.0),
        ("errors / MAX([errors, free]) * 100", 0.0, 100.0),
        ("errors / free", 0.0, infinite),
        ("errors / PERIOD(errors)", 0.0, infinite),
        ("share / PERIOD(share)", 0.0, 1.0 / 300.0),
        ("IF(errors / calls > 0.1 AND errors > 3, errors, 0)", 0.0, infinite),
        ("IF(calls > 0, 100 * errors / calls, 0)", 0.0, 100.0),
        ("IF(share > 2, 7, 3)", 3.0, 3.0),
        ("IF(share >= 0, 7, 3)", 7.0, 7.0),
        ("FILL(level, 20)", -2.0, 20.0),
        ("FILL(share, 20)", 0.0, 1.0),
        ("level + share", -2.0, 9.0),
        ("AVG([level, share])", -1.0, 4.5),
        ("ABS(level)", 0.0, 8.0),
        ("MAX([share, free])", 0.0, infinite),
        ("MIN([share, free])", 0.0, 1.0),
        ("share > 0.5", 0.0, 1.0),
        ("HOUR(share)", 0.0, 23.0),
        ("level ^ 0.5", f64::NEG_INFINITY, infinite),
        ("free ^ 2", 0.0, infinite),
        ("level * level", -16.0, 64.0),
        ("errors / 0", f64::NEG_INFINITY, infinite),
        ("DIFF(share)", -1.0, 1.0),
        ("SOMETHING_NEW(share)", f64::NEG_INFINITY, infinite),
    ] {
        assert_eq!(found(expression).values, Interval::new(low, high), "{expression}");
    }
    assert!(bounds(&queries("errors +"), "result", &known(), 300).is_none(), "what cannot be read is not known");
}

#[test]
fn gaps_close_where_a_series_without_gaps_is_beside() {
    let gaps = |expression: &str| found(expression).gaps;
    assert!(gaps("errors") && gaps("errors * 2") && gaps("errors + calls") && gaps("errors / calls"));
    assert!(!gaps("share") && !gaps("errors + share") && !gaps("FILL(errors, 0)") && !gaps("FILL(errors / calls, 0)"));
    assert!(gaps("IF(calls > 0, 1, 0)") && gaps("IF(share > 0, 1)") && !gaps("IF(share > 0, errors, 0)"));
}

#[test]
fn a_share_is_known_by_its_structure() {
    let share = |expression: &str| {
        let quotient = found(expression).quotient?;
        let words = |ids: &std::collections::BTreeSet<String>| ids.iter().cloned().collect::<Vec<_>>().join("+");
        let Quotient { offset, factor, numerator, denominator, has_floor } = quotient;
        Some((offset, factor, format!("{}/{}", words(&numerator), words(&denominator)), has_floor))
    };
    let of = |offset, factor, ids: &str, floor| Some((offset, factor, ids.to_owned(), floor));
    assert_eq!(share("100 * errors / calls"), of(0.0, 100.0, "errors/calls", false));
    assert_eq!(share("(errors/calls)/0.5"), of(0.0, 2.0, "errors/calls", false));
    assert_eq!(share("100 - 100 * errors / calls"), of(100.0, -100.0, "errors/calls", false));
    assert_eq!(share("(calls - errors) / calls"), of(1.0, -1.0, "errors/calls", false));
    assert_eq!(share("errors / (errors + free)"), of(0.0, 1.0, "errors/errors+free", false));
    assert_eq!(share("errors / MAX([errors, calls])"), of(0.0, 1.0, "errors/calls", false));
    assert_eq!(share("IF(calls > 0, errors / calls, 0)"), of(0.0, 1.0, "errors/calls", false));
    assert_eq!(share("IF(calls > 100, errors / calls, 0)"), of(0.0, 1.0, "errors/calls", true));
    assert_eq!(share("IF(20 <= calls, errors / calls)"), of(0.0, 1.0, "errors/calls", true));
    assert_eq!(share("IF(calls < 100, 0, errors / calls)"), of(0.0, 1.0, "errors/calls", true));
    assert_eq!(share("IF(calls > 100 AND errors > 0, errors / calls, 0)"), of(0.0, 1.0, "errors/calls", true));
    assert_eq!(share("IF(calls > 100 OR errors > 0, errors / calls, 0)"), of(0.0, 1.0, "errors/calls", false));
    assert_eq!(share("(calls > 100) * errors / calls"), None, "a product of two series is no sum");
    assert_eq!(share("(errors / calls) * (calls > 100)"), of(0.0, 1.0, "errors/calls", true));
    assert_eq!(share("FILL(errors / calls, 0)"), of(0.0, 1.0, "errors/calls", false));
    assert_eq!(share("errors / PERIOD(errors)"), None);
    assert_eq!(share("IF(errors / calls > 0.1 AND errors > 3, errors, 0)"), None);
    assert_eq!(share("errors * 2"), None);
    assert_eq!(found("100 * errors / calls").quotient.unwrap().at(5.0), 0.05);
}

/// Every function of the table has bounds of its own or none, and never a wrong one: what it gives of a number it is not made for.
#[test]
fn every_function_can_be_asked() {
    for name in function_names() {
        for arguments in ["", "share", "METRICS()", "share, 2", "METRICS(), AVG, DESC", "share, share, share"] {
            let text = format!("{name}({arguments})");
            let values = found(&text).values;
            assert!(values.low <= values.high, "{text}");
        }
    }
}

fn expression() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        3 => prop::sample::select(vec!["errors", "calls", "share", "level", "free"]).prop_map(|id| id.to_string()),
        1 => (-20_i32..120).prop_map(|number| format!("{}", f64::from(number) / 4.0)),
        1 => Just("PERIOD(free)".to_owned()),
    ];
    leaf.prop_recursive(5, 48, 4, |inner| {
        let sign = prop::sample::select(vec!["+", "-", "*", "/", "<", ">", "<=", ">=", "==", "!=", "AND", "OR"]);
        let call = prop::sample::select(vec![
            "ABS",
            "CEIL",
            "FLOOR",
            "LOG",
            "LOG10",
            "RATE",
            "DIFF",
            "RUNNING_SUM",
            "AVG",
            "SUM",
            "MIN",
            "MAX",
            "STDDEV",
        ]);
        let fold = prop::sample::select(vec!["SUM", "AVG", "MIN", "MAX", "STDDEV", "DATAPOINT_COUNT"]);
        let three = (inner.clone(), inner.clone(), inner.clone());
        prop_oneof![
            4 => (inner.clone(), sign, inner.clone()).prop_map(|(a, sign, b)| format!("({a} {sign} {b})")),
            1 => inner.clone().prop_map(|a| format!("(-{a})")),
            2 => (call, inner.clone()).prop_map(|(name, a)| format!("{name}({a})")),
            2 => (fold, inner.clone(), inner.clone()).prop_map(|(name, a, b)| format!("{name}([{a}, {b}])")),
            1 => (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("FILL({a}, {b})")),
            1 => inner.clone().prop_map(|a| format!("FILL({a}, REPEAT)")),
            2 => three.prop_map(|(a, b, c)| format!("IF({a}, {b}, {c})")),
            1 => (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("IF({a}, {b})")),
            1 => Just("SUM(METRICS(\"e\"))".to_owned()),
        ]
    })
}

/// Values of the five metrics, as `known` says that they are.
fn values() -> impl Strategy<Value = Vec<[f64; 5]>> {
    let gap = |there: bool, value: f64| if there { value } else { f64::NAN };
    let slot = (0_u32..9, 0_u32..9, 0.0..=1.0_f64, -2.0..=8.0_f64, 0_u32..40, any::<[bool; 3]>()).prop_map(
        move |(errors, more, share, level, free, there)| {
            let errors_there = there[0] && there[1];
            let errors = if errors_there { errors } else { 0 };
            let calls = f64::from(errors + more);
            [gap(errors_there, errors.into()), gap(there[1], calls), share, gap(there[2], level), free.into()]
        },
    );
    prop::collection::vec(slot, 1..8)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, rng_seed: RngSeed::Fixed(9), ..ProptestConfig::default() })]
    #[test]
    fn no_value_lies_outside(text in expression(), slots in values()) {
        let queries = queries(&text);
        let Ok(program) = Program::new(queries.clone()) else { return Ok(()) };
        let columns: Vec<Vec<f64>> = (0..5).map(|n| slots.iter().map(|slot| slot[n]).collect()).collect();
        let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
        let frame = Frame { metrics: &slices, len: slots.len(), start: 1_767_571_200, step: 300, period: 300 };
        let Ok(values) = program.run(&frame) else { return Ok(()) };
        let found = bounds(&queries, "result", &known(), 300).expect("it can be read");
        for value in values {
            let slack = 1e-9 * value.abs().max(1.0);
            let inside = found.values.low - slack <= value && value <= found.values.high + slack;
            prop_assert!(value.is_nan() && found.gaps || inside, "{} is {value}, and not {:?}", text, found);
        }
    }
}
