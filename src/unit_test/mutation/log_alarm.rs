//! The mutants of a log alarm: what it asks of the results of its query, with one thing of it wrong.

use super::mutants::Mutant;
use crate::resources::{LogAlarm, Resource};
use mlops_cloudwatch::comparison::Comparison;
use mlops_cloudwatch::missing::MissingData;

pub fn of(alarm: &LogAlarm) -> Vec<Mutant> {
    let mut mutants = Vec::new();
    let mut add = |field, from: String, to: String, hint: String, change: &dyn Fn(&mut LogAlarm)| {
        let mut other = alarm.clone();
        change(&mut other);
        mutants.push(Mutant { field, from, to, hint, resource: Resource::LogAlarm(Box::new(other)) });
    };
    let threshold = alarm.threshold;
    if let Some(comparison) = Comparison::from_word(&alarm.comparison_operator) {
        let (strict, reversed) = match comparison {
            Comparison::Greater => (Comparison::GreaterOrEqual, Comparison::Less),
            Comparison::GreaterOrEqual => (Comparison::Greater, Comparison::LessOrEqual),
            Comparison::Less => (Comparison::LessOrEqual, Comparison::Greater),
            Comparison::LessOrEqual => (Comparison::Less, Comparison::GreaterOrEqual),
        };
        let exactly = format!("expect the state on a result of exactly {threshold}");
        let beyond = "expect ALARM on a result that is far beyond the threshold".to_owned();
        for (to, hint) in [(strict, exactly), (reversed, beyond)] {
            let change = |alarm: &mut LogAlarm| alarm.comparison_operator = to.word().to_owned();
            add("comparison_operator", comparison.symbol().into(), to.symbol().into(), hint, &change);
        }
    }
    let steps = if threshold == 0.0 { vec![1.0] } else { vec![threshold * 2.0, threshold / 2.0] };
    for to in steps {
        let hint = format!("expect the state on a result between {} and {}", threshold.min(to), threshold.max(to));
        add("threshold", threshold.to_string(), to.to_string(), hint, &|alarm| alarm.threshold = to);
    }
    let (m, n) = (alarm.query_results_to_alarm, alarm.query_results_to_evaluate);
    let others = [(m - 1, n), (m + 1, n), (m, n + 1), (m, n - 1)];
    for (other_m, other_n) in others.into_iter().filter(|(m, n)| *m >= 1 && m <= n && *n <= 100) {
        let hint = format!("expect the state where {m} of {n} results are bad, and where {} are", m - 1);
        let (from, to) = (format!("{m} of {n}"), format!("{other_m} of {other_n}"));
        add("query_results_to_alarm", from, to, hint, &|alarm| {
            (alarm.query_results_to_alarm, alarm.query_results_to_evaluate) = (other_m, other_n);
        });
    }
    let live = alarm.treat_missing_data.as_deref().unwrap_or(MissingData::default().word());
    for to in MissingData::ALL.into_iter().filter(|to| to.word() != live) {
        let hint = "expect the state after runs without a result".to_owned();
        add("treat_missing_data", live.into(), to.word().into(), hint, &|alarm| {
            alarm.treat_missing_data = Some(to.word().to_owned());
        });
    }
    mutants
}
