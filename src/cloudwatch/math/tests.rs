//! Metric math by hand, what is refused, and random expressions against a reference that computes slot by slot.

use super::{Frame, MathQuery, Program, WindowBatch};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// Monday 2026-01-05, 00:00.
const START: i64 = 1_767_571_200;

fn queries(expression: &str) -> [MathQuery<'_>; 4] {
    let metric = |id| MathQuery { id, expression: None, is_metric: true, return_data: false };
    let result = MathQuery { id: "result", expression: Some(expression), is_metric: false, return_data: true };
    [metric("a"), metric("b"), metric("errors1"), result]
}

/// `1 _ 3`: a value for each slot, `_` where there is none.
pub fn slots(text: &str) -> Vec<f64> {
    text.split(' ').map(|value| if value == "_" { f64::NAN } else { value.parse().unwrap() }).collect()
}

pub fn shown(values: &[f64]) -> String {
    let shown = values.iter().map(|value| if value.is_nan() { "_".to_owned() } else { value.to_string() });
    shown.collect::<Vec<_>>().join(" ")
}

fn run(expression: &str, metrics: [&str; 3]) -> Result<String, String> {
    let program = Program::new(queries(expression)).map_err(|error| error.to_string())?;
    let columns = metrics.map(slots);
    let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    let frame = Frame { metrics: &slices, len: columns[0].len(), start: START, step: 60, period: 60 };
    program.run(&frame).map(|values| shown(&values)).map_err(|error| error.to_string())
}

#[test]
fn expressions_by_hand() {
    for (expression, expected) in [
        // a = 1 2 _ 4, b = 2 0 3 8, errors1 = 0 1 0 1
        ("a + b * 2", "5 2 6 20"),
        ("(a + b) * 2", "6 4 6 24"),
        ("-a", "-1 -2 _ -4"),
        ("2 - -a", "3 4 _ 6"),
        ("-a^2", "-1 -4 _ -16"),
        ("a - b - 1", "-2 1 -4 -5"),
        ("8 / 2 / a", "4 2 _ 1"),
        // Divided by zero is no datapoint.
        ("a / b", "0.5 _ 0 0.5"),
        ("a > 1", "0 1 _ 1"),
        ("a >= 1 && b > 0", "1 0 0 1"),
        ("a == 1 OR b == 8", "1 0 0 1"),
        ("a != 2 AND a < 4", "1 0 _ 0"),
        ("IF(b > 0, 100 * errors1 / b, 0)", "0 0 0 12.5"),
        ("IF(b > 2, a)", "_ _ 0 4"),
        ("IF(b > 2, b, a)", "1 2 3 8"),
        ("IF(a > 1, 5, 6)", "6 5 _ 5"),
        ("IF(1, a, b)", "1 2 _ 4"),
        ("FILL(a, 0)", "1 2 0 4"),
        ("FILL(a, b)", "1 2 3 4"),
        ("FILL(a, REPEAT)", "1 2 2 4"),
        ("FILL(a, LINEAR)", "1 2 3 4"),
        ("ABS(a - b)", "1 2 3 4"),
        ("CEIL(a / 3)", "1 1 _ 2"),
        ("FLOOR(a / 3)", "0 0 _ 1"),
        ("LOG10(a * 25)", "1.3979400086720377 1.6989700043360187 _ 2"),
        ("a / PERIOD(a)", "0.016666666666666666 0.03333333333333333 _ 0.06666666666666667"),
        // Arrays reduce moment by moment over what is there; only an average counts what is missing as 0.
        ("SUM(METRICS())", "3 3 3 13"),
        ("AVG([a, b])", "1.5 1 1.5 6"),
        ("MAX([a, b])", "2 2 3 8"),
        ("MIN(METRICS(\"errors\"))", "0 1 0 1"),
        ("SUM(METRICS() * 2)", "6 6 6 26"),
        ("DATAPOINT_COUNT([a, b])", "2 2 1 2"),
        ("STDDEV([a, b])", "0.5 1 0 2"),
        ("SUM([METRICS(\"a\"), METRICS(\"err\")])", "1 3 0 5"),
        ("FIRST([b, a])", "2 0 3 8"),
        ("LAST([b, a])", "1 2 _ 4"),
        // A series reduces to one number of its whole range.
        ("a - MIN(a)", "0 1 _ 3"),
        ("b / SUM(b) * 13", "2 0 3 8"),
        ("TIME_SERIES(MAX(a))", "4 4 4 4"),
        ("TIME_SERIES(STDDEV(errors1))", "0.5 0.5 0.5 0.5"),
        // Of a number that is not known nothing is.
        ("b + 1 / 0", "_ _ _ _"),
        ("b * AVG(FIRST([]))", "_ _ _ _"),
        ("b * DATAPOINT_COUNT(a)", "6 0 9 24"),
        ("TIME_SERIES(METRIC_COUNT(METRICS()))", "3 3 3 3"),
        // From one datapoint to the next that is there: 2 of a in 120 s.
        ("DIFF(a)", "_ 1 _ 2"),
        ("DIFF_TIME(a)", "_ 60 _ 120"),
        ("RATE(a) * 60", "_ 1 _ 1"),
        ("RUNNING_SUM(a)", "1 3 _ 7"),
        // 2026-01-05 is a Monday.
        ("MINUTE(a)", "0 1 2 3"),
        ("HOUR(a) + DAY(a) * 10 + DATE(a) * 100", "510 510 510 510"),
        ("YEAR(a) * 100 + MONTH(a)", "202601 202601 202601 202601"),
        ("EPOCH(a) - 1767571200", "0 60 120 180"),
        ("1e2 + .5 + a", "101.5 102.5 _ 104.5"),
    ] {
        let found = run(expression, ["1 2 _ 4", "2 0 3 8", "0 1 0 1"]);
        assert_eq!(found.as_deref(), Ok(expected), "{expression}");
    }
}

#[test]
fn what_is_not_known_is_refused_by_name() {
    for (expression, part) in [
        ("STDDEV(a)", "a number and no single time series"),
        ("SORT(METRICS(), AVG, DESC)", "an array of time series and no single"),
        ("FIRST(SORT(METRICS(), STDDEV, DESC))", "`STDDEV` is no id"),
        ("FIRST(SORT(METRICS(), AVG, SUM))", "SORT does not take"),
        ("FIRST(SLICE(METRICS(), 0 - 1))", "SLICE does not take"),
        ("FIRST(SLICE(METRICS(), 1 / 2))", "SLICE does not take"),
        ("SERVICE_QUOTA(a)", "SERVICE_QUOTA is not known"),
        ("SEARCH('{x}', 'Sum')", "SEARCH"),
        ("ANOMALY_DETECTION_BAND(a)", "ANOMALY_DETECTION_BAND"),
        ("NO_SUCH(a)", "the function NO_SUCH is not known"),
        ("abs(a)", "abs"),
        ("a + c", "`c` is no id"),
        ("result + 1", "circle"),
        ("AVG(a)", "no single time series"),
        ("METRICS()", "no single time series"),
        ("SUM(1)", "SUM does not take a number"),
        ("FILL(a)", "FILL does not take"),
        ("METRICS() + METRICS()", "two arrays"),
        ("FIRST([a, 1])", "time series only"),
        ("SELECT AVG(x) FROM y", "`result` is a Metrics Insights query"),
        ("a^2^2", "parentheses"),
        ("a +", "too early"),
        ("(a", "never closed"),
        ("a b", "not expected"),
        ("a $ b", "`$`"),
        ("'x' + a", "text"),
        ("", "too early"),
    ] {
        let error = run(expression, ["1", "1", "1"]).unwrap_err();
        assert!(error.contains(part), "{expression}: {error}");
    }
    let deep = format!("{}a{}", "(".repeat(5_000), ")".repeat(5_000));
    assert!(run(&deep, ["1", "1", "1"]).unwrap_err().contains("too deep"));
}

/// A tree with a text for the engine and a value, slot by slot, for the reference.
#[derive(Debug, Clone)]
enum Tree {
    Metric(usize),
    Number(i32),
    Negative(Box<Tree>),
    Binary(&'static str, Box<Tree>, Box<Tree>),
    If(Box<Tree>, Box<Tree>, Box<Tree>),
    Fill(Box<Tree>, i32),
    Abs(Box<Tree>),
    Least(Box<Tree>, Box<Tree>),
}

impl Tree {
    fn text(&self) -> String {
        match self {
            Tree::Metric(n) => ["a", "b", "errors1"][*n].to_owned(),
            Tree::Number(n) => n.to_string(),
            Tree::Negative(inner) => format!("-({})", inner.text()),
            Tree::Binary(op, left, right) => format!("({} {op} {})", left.text(), right.text()),
            Tree::If(condition, then, other) => {
                format!("IF({}, {}, {})", condition.text(), then.text(), other.text())
            }
            // `* 1 + a * 0` would lose missing slots: a series is made by the metric itself.
            Tree::Fill(inner, with) => format!("FILL({}, {with})", inner.series()),
            Tree::Abs(inner) => format!("ABS({})", inner.text()),
            Tree::Least(left, right) => format!("MIN([{}, {}])", left.series(), right.series()),
        }
    }

    /// As a time series, whatever it is: what holds everywhere is said of every slot.
    fn series(&self) -> String {
        format!("IF(EPOCH(a) > 0, {}, 0)", self.text())
    }

    fn is_number(&self) -> bool {
        match self {
            Tree::Number(_) => true,
            Tree::Metric(_) | Tree::Fill(..) | Tree::Least(..) => false,
            Tree::Negative(inner) | Tree::Abs(inner) => inner.is_number(),
            Tree::Binary(_, left, right) => left.is_number() && right.is_number(),
            Tree::If(condition, then, other) => [condition, then, other].iter().all(|part| part.is_number()),
        }
    }

    /// What `series` says in a slot: a series that misses it counts as 0.
    fn at_as_series(&self, slots: [Option<f64>; 3]) -> Option<f64> {
        self.at(slots).or((!self.is_number()).then_some(0.0))
    }

    fn at(&self, slots: [Option<f64>; 3]) -> Option<f64> {
        let finite = |value: f64| Some(value).filter(|value| value.is_finite());
        match self {
            Tree::Metric(n) => slots[*n],
            Tree::Number(n) => Some(f64::from(*n)),
            Tree::Negative(inner) => Some(-inner.at(slots)?),
            Tree::Binary(op, left, right) => {
                let (a, b) = match (left.at(slots), right.at(slots)) {
                    (Some(a), Some(b)) => (a, b),
                    (Some(a), None) if !left.is_number() && !right.is_number() => (a, 0.0),
                    (None, Some(b)) if !left.is_number() && !right.is_number() => (0.0, b),
                    _ => return None,
                };
                let truth = |holds: bool| Some(if holds { 1.0 } else { 0.0 });
                match *op {
                    "+" => finite(a + b),
                    "-" => finite(a - b),
                    "*" => finite(a * b),
                    "/" => finite(a / b),
                    ">" => truth(a > b),
                    "<=" => truth(a <= b),
                    "==" => truth(a == b),
                    "AND" => truth(a != 0.0 && b != 0.0),
                    _ => truth(a != 0.0 || b != 0.0),
                }
            }
            Tree::If(condition, then, other) => match condition.at(slots)? {
                0.0 => other.at(slots),
                _ if condition.is_number() => then.at(slots),
                _ => then.at_as_series(slots),
            },
            Tree::Fill(inner, with) => inner.at_as_series(slots).or(Some(f64::from(*with))),
            Tree::Abs(inner) => inner.at(slots).map(f64::abs),
            Tree::Least(left, right) => match (left.at_as_series(slots), right.at_as_series(slots)) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            },
        }
    }
}

fn tree() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![(0usize..3).prop_map(Tree::Metric), (-9i32..10).prop_map(Tree::Number)];
    leaf.prop_recursive(5, 40, 3, |inner| {
        let op = prop::sample::select(vec!["+", "-", "*", "/", ">", "<=", "==", "AND", "OR"]);
        let two = || (inner.clone().prop_map(Box::new), inner.clone().prop_map(Box::new));
        prop_oneof![
            inner.clone().prop_map(|tree| Tree::Negative(Box::new(tree))),
            (op, two()).prop_map(|(op, (a, b))| Tree::Binary(op, a, b)),
            (inner.clone().prop_map(Box::new), two()).prop_map(|(c, (a, b))| Tree::If(c, a, b)),
            (inner.clone().prop_map(Box::new), -9i32..10).prop_map(|(tree, with)| Tree::Fill(tree, with)),
            inner.clone().prop_map(|tree| Tree::Abs(Box::new(tree))),
            two().prop_map(|(a, b)| Tree::Least(a, b)),
        ]
    })
}

fn slot() -> impl Strategy<Value = Option<f64>> {
    prop_oneof![1 => Just(None), 4 => (-5i32..6).prop_map(|n| Some(f64::from(n)))]
}

/// Expressions over a series `~` whose values depend on the window, or on the time.
const OF_A_WINDOW: [&str; 22] = [
    "~",
    "~ - AVG(~)",
    "AVG(~) - ~",
    "(~ - AVG(~)) / STDDEV(~)",
    "-MAX(~) + MIN(~) * ~",
    "MAX(~) / SUM(~) + 0 * a",
    "2 * ABS(SUM(~)) - 1 + ~",
    "IF(~ > AVG(~), ~, MIN(~))",
    "IF(DATAPOINT_COUNT(~) > 2, ~)",
    "TIME_SERIES(IF(SUM(~) > 3, AVG(~), 7))",
    "TIME_SERIES(DATAPOINT_COUNT(~))",
    "FILL(~, AVG(~))",
    "FILL(~, REPEAT) + FILL(~, LINEAR)",
    "DIFF(~) + RATE(~)",
    "RUNNING_SUM(~) / DIFF_TIME(~)",
    "AVG(DIFF(~)) + FILL(~, 0)",
    "STDDEV(~ - AVG(~)) * b",
    "MAX([~, a] - AVG(~)) + MAX(AVG(~) - METRICS())",
    "HOUR(~) * AVG(~) + EPOCH(~)",
    "FIRST(SORT([~, a, b], SUM, DESC))",
    "AVG(REMOVE_EMPTY([~, a]))",
    "SUM(SLICE([~, a], 0, IF(SUM(~) > -99999, 1, 1)))",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, rng_seed: RngSeed::Fixed(9), ..ProptestConfig::default() })]

    #[test]
    fn agrees_with_a_naive_reference(tree in tree(), slots in prop::collection::vec([slot(), slot(), slot()], 1..6)) {
        let text = tree.series();
        let program = Program::new(queries(&text)).map_err(|error| TestCaseError::fail(format!("{text}: {error}")))?;
        let column = |n: usize| -> Vec<f64> { slots.iter().map(|slot| slot[n].unwrap_or(f64::NAN)).collect() };
        let columns = [column(0), column(1), column(2)];
        let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
        let frame = Frame { metrics: &slices, len: slots.len(), start: START, step: 60, period: 60 };
        let found = program.run(&frame).map_err(|error| TestCaseError::fail(format!("{text}: {error}")))?;
        for (at, slot) in slots.iter().enumerate() {
            let found = Some(found[at]).filter(|value| !value.is_nan());
            prop_assert_eq!(found, tree.at_as_series(*slot), "{} at {:?}", &text, slot);
        }
    }

    #[test]
    fn windows_together_say_what_each_says_by_itself(
        tree in tree(),
        of in prop::sample::select(OF_A_WINDOW.to_vec()),
        slots in prop::collection::vec([slot(), slot(), slot()], 1..13),
        len in 1..5_usize,
    ) {
        let text = of.replace('~', &tree.series());
        let program = Program::new(queries(&text)).map_err(|error| TestCaseError::fail(format!("{text}: {error}")))?;
        let count = slots.len().saturating_sub(len) + 1;
        // Windows that overlap, as those of an alarm do.
        let window = |first: usize, n: usize| -> Vec<f64> {
            (first..first + len).map(|slot| slots.get(slot).and_then(|slot| slot[n]).unwrap_or(f64::NAN)).collect()
        };
        let seconds = |first: usize| START + first as i64 * 3_600;
        let mut each = Vec::new();
        for first in 0..count {
            let columns = [0, 1, 2].map(|n| window(first, n));
            let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
            let frame = Frame { metrics: &slices, len, start: seconds(first), step: 3_600, period: 3_600 };
            each.extend(program.run(&frame).map_err(|error| TestCaseError::fail(format!("{text}: {error}")))?);
        }
        let columns = [0, 1, 2].map(|n| (0..count).flat_map(|first| window(first, n)).collect::<Vec<f64>>());
        let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
        let frame = Frame { metrics: &slices, len, start: START, step: 3_600, period: 3_600 };
        let together = program.run_windows(&WindowBatch { frame, count, shift: 3_600 });
        if count > 1 && ["SORT", "REMOVE_EMPTY", "SLICE"].iter().any(|word| of.contains(word)) {
            prop_assert!(together.is_err(), "{}", text);
        } else {
            let together = together.map_err(|error| TestCaseError::fail(format!("{text}: {error}")))?;
            prop_assert_eq!(shown(&together), shown(&each), "{}", text);
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in "[ab0-9+*/()\\[\\],.<>=&|^\"' -]{0,40}|[ -~]{0,40}") {
        let _ = run(&text, ["1 2 _ 4", "2 0 3 8", "0 1 0 1"]);
    }
}
