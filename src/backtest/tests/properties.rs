//! What must hold whatever the series: no panic, the same again, and directions that cannot turn.

use super::{START, letters, metric, run};
use crate::backtest::history::{MetricHistory, SAMPLES};
use crate::backtest::verdict::Figures;
use crate::resources::Alarm;
use mlops_cloudwatch::evaluation::condition::EvaluationOptions;
use mlops_cloudwatch::evaluation::series::ValueSeries;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

fn alarm() -> impl Strategy<Value = Alarm> {
    let n = 1i32..8;
    let m_of_n = n.prop_flat_map(|n| (1..=n, Just(n)));
    let sign = prop::sample::select(vec![">", ">=", "<", "<="]);
    let missing = prop::sample::select(vec!["missing", "ignore", "breaching", "notBreaching"]);
    let period = prop::sample::select(vec![60, 120, 300, 600]);
    let statistic = prop::sample::select(vec!["Sum", "Average", "Minimum", "Maximum", "SampleCount", "p50", "p99"]);
    (m_of_n, sign, -3i32..12, missing, period, statistic).prop_map(
        |((m, n), sign, threshold, missing, period, stat)| {
            super::alarm(&format!("{m}/{n} {sign} {threshold} {missing} {period}"), stat)
        },
    )
}

fn values() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(prop_oneof![2 => Just(f64::NAN), 3 => (-2i32..12).prop_map(f64::from)], 1..120)
}

fn history(values: &[f64]) -> MetricHistory {
    let mut history = MetricHistory::default();
    history.add(metric("m"), SAMPLES, ValueSeries { start: START, step: 60, values: values.to_vec() });
    history
}

fn states(alarm: &Alarm, values: &[f64], options: EvaluationOptions) -> String {
    letters(&run(alarm, options, &history(values), values.len() as i64 * 60), 60)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, rng_seed: RngSeed::Fixed(9), ..ProptestConfig::default() })]

    #[test]
    fn never_panics_and_is_the_same_again(alarm in alarm(), values in values(), range in prop::option::of(1usize..20)) {
        let options = EvaluationOptions { evaluation_range: range };
        prop_assert_eq!(states(&alarm, &values, options), states(&alarm, &values, options));
        let replay = run(&alarm, options, &history(&values), values.len() as i64 * 60);
        let figures = Figures::of_states(&replay.timeline);
        prop_assert!(figures.in_alarm <= figures.until - figures.from && figures.longest <= figures.in_alarm);
        prop_assert!(figures.firings >= figures.spans.len());
        figures.verdict();
    }

    #[test]
    fn not_breaching_never_alarms_on_missing_data_alone(mut alarm in alarm(), length in 1usize..90) {
        alarm.treat_missing_data = Some("notBreaching".into());
        // Not even where nothing counts as few: SampleCount of nothing is no datapoint.
        prop_assert!(!states(&alarm, &vec![f64::NAN; length], EvaluationOptions::default()).contains('A'));
    }

    #[test]
    fn a_higher_threshold_never_adds_breaching_datapoints(mut alarm in alarm(), values in values(), more in 0i32..5) {
        alarm.comparison_operator = Some("GreaterThanThreshold".into());
        // With all missing data treated as good, fewer breaching datapoints can only mean less time in alarm.
        alarm.treat_missing_data = Some("notBreaching".into());
        let before = states(&alarm, &values, EvaluationOptions::default());
        alarm.threshold = alarm.threshold.map(|threshold| threshold + f64::from(more));
        let after = states(&alarm, &values, EvaluationOptions::default());
        for (at, (before, after)) in before.chars().zip(after.chars()).enumerate() {
            prop_assert!(before == 'A' || after != 'A', "minute {}", at + 1);
        }
    }

    #[test]
    fn more_points_needed_never_means_more_alarm(mut alarm in alarm(), values in values()) {
        alarm.treat_missing_data = Some("notBreaching".into());
        let n = alarm.evaluation_periods;
        alarm.datapoints_to_alarm = Some(1);
        let one = states(&alarm, &values, EvaluationOptions::default());
        alarm.datapoints_to_alarm = n;
        let all = states(&alarm, &values, EvaluationOptions::default());
        prop_assert!(one.chars().zip(all.chars()).all(|(one, all)| one == 'A' || all != 'A'));
    }
}
