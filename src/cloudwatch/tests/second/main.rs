//! A second evaluator, written from AWS's documentation and from nothing else of this crate: slow, naive, over maps of datapoints. It
//! has to agree with the first on random series, alarms, treatments of missing data, expressions, rules and suppressors.

mod alarm;
mod composite;
mod draw;
mod math;

use alarm::Drawn;
use draw::Draw;
use mlops_cloudwatch::evaluation::condition::Condition;
use mlops_cloudwatch::evaluation::replay::replay_created;
use mlops_cloudwatch::evaluation::watched::EvaluatedSeries;

/// How many cases; `MLOPSCTL_CASES` says otherwise.
const CASES: u64 = 10_000;

fn cases() -> u64 {
    std::env::var("MLOPSCTL_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(CASES)
}

#[test]
fn alarms_come_to_the_same_values_and_states() {
    let (mut changes, mut missing, mut math, mut together, mut stepped) = (0, 0, 0, 0, 0);
    for seed in 0..cases() {
        let drawn = Drawn::new(&mut Draw::new(seed));
        let (from, until) = drawn.span();
        let told = || format!("seed {seed}: {drawn}");
        let definition = drawn.definition();
        let condition = Condition::of(&definition, drawn.options()).unwrap_or_else(|why| panic!("{why}, {}", told()));
        let watched = EvaluatedSeries::new(&definition, &condition, &drawn, from, until)
            .unwrap_or_else(|why| panic!("{why}, {}", told()));
        let first = replay_created(&condition, &watched, from, until, None).timeline;
        let second = drawn.evaluate();
        for step in &second.steps {
            let index = watched.grid.index_from(step.at);
            assert_eq!(watched.grid.end(index), step.at, "a moment that is not looked at, {}", told());
            let values: Vec<Option<f64>> = watched.window(index, step.values.len(), |values| {
                values.take(step.values.len()).map(|value| (!value.is_nan()).then_some(value)).collect()
            });
            assert_eq!(values, step.values, "newest first at {} s, {}", step.at - from, told());
            assert_eq!(first.at(step.at), step.state, "at {} s of {values:?}, {}", step.at - from, told());
        }
        let ends: Vec<i64> = first.changes.iter().map(|change| change.at).collect();
        assert_eq!(ends, second.changes(), "the moments of changes, {}", told());
        changes += ends.len();
        missing += second.steps.iter().flat_map(|step| &step.values).filter(|value| value.is_none()).count();
        math += usize::from(drawn.is_math());
        together += usize::from(watched.computed(0, condition.range).is_some());
        stepped += usize::from(watched.stepped().is_some());
    }
    // What was drawn is worth drawing.
    let cases = cases() as usize;
    assert!(changes > cases && missing > 10 * cases && math > cases / 3, "{changes} {missing} {math}");
    assert!(together > cases / 20, "{together} whose windows were computed together");
    assert!(stepped > cases / 20, "{stepped} in which a slot follows from the one before");
}

#[test]
fn composites_run_the_same_actions_at_the_same_times() {
    let (mut ran, mut held) = (0, 0);
    for seed in 0..cases() {
        let drawn = composite::DrawnComposite::new(&mut Draw::new(seed));
        let (first, second) = (drawn.by_the_crate(), drawn.by_the_clock());
        assert_eq!(first, second, "seed {seed}: {drawn:#?}");
        ran += second.ran.len();
        held += second.changes.len() - second.ran.len();
    }
    let cases = cases() as usize;
    assert!(ran > cases && held > cases, "{ran} {held}");
}
