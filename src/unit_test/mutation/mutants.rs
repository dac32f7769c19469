//! The mutants of a metric alarm: the same alarm with one thing of it wrong, as people get it wrong. Made of the bound alarm, not of its
//! text; those that mean the same as the alarm are not among them.

use super::whole::means_the_same;
use crate::lint::AlarmView;
use crate::model::duration::format_seconds;
use crate::resources::{Alarm, Resource};
use mlops_cloudwatch::alarm::{AlarmDefinition, AlarmLimit, WatchedSignal};
use mlops_cloudwatch::comparison::{BandSide, Comparison};
use mlops_cloudwatch::missing::MissingData;
use mlops_cloudwatch::statistic::Statistic;
use std::cmp::Ordering;

/// An alarm with one thing changed.
#[derive(Debug, Clone)]
pub struct Mutant {
    /// The field of the spec.
    pub field: &'static str,
    pub from: String,
    pub to: String,
    /// What a test has to show that kills it.
    pub hint: String,
    pub resource: Resource,
}

/// Seconds of periods that people choose among; each is allowed by AWS, also of a wall-clock window where [`WALL_CLOCK`] has it.
const PERIODS: &[i32] = &[60, 300, 900, 3_600, 21_600, 86_400, 604_800];
const WALL_CLOCK: &[i32] = &[60, 300, 3_600, 86_400, 604_800];
/// What N periods may span together, below an hour and from an hour on (CloudWatch API reference, PutMetricAlarm, EvaluationPeriods).
const SPAN: (i64, i64) = (86_400, 604_800);

pub fn of(alarm: &Alarm) -> Vec<Mutant> {
    let definition = alarm.definition();
    let mut maker = Maker { alarm, mutants: Vec::new() };
    match definition.evaluation.limit {
        AlarmLimit::Threshold { comparison, threshold } => {
            maker.thresholds(comparison, threshold);
            maker.comparisons(comparison, threshold);
        }
        AlarmLimit::Band(side) => maker.sides(side),
        AlarmLimit::Unmodelled { .. } => {}
    }
    if alarm.promql.is_some() {
        maker.promql();
        return maker.mutants;
    }
    maker.m_of_n(&definition);
    maker.treatments(&definition);
    // Of what CloudWatch alone computes another period or statistic gives another series, which no test has.
    if definition.insights().is_none()
        && !matches!(definition.signal, WatchedSignal::Band { .. } | WatchedSignal::Unmodelled)
    {
        maker.periods(&definition);
        maker.statistics();
    }
    maker.mutants
}

struct Maker<'a> {
    alarm: &'a Alarm,
    mutants: Vec<Mutant>,
}

impl Maker<'_> {
    fn add(&mut self, field: &'static str, from: String, to: String, hint: String, change: impl FnOnce(&mut Alarm)) {
        let mut alarm = self.alarm.clone();
        change(&mut alarm);
        self.mutants.push(Mutant { field, from, to, hint, resource: Resource::Alarm(Box::new(alarm)) });
    }

    /// Twice, half, and a tenth up and down; at least one up or down of what is counted.
    fn thresholds(&mut self, comparison: Comparison, threshold: f64) {
        let whole = means_the_same(self.alarm);
        let tenth = if whole.is_some() { (threshold.abs() / 10.0).max(1.0).round() } else { threshold.abs() / 10.0 };
        let mut tried = vec![threshold];
        let steps = match threshold == 0.0 {
            true => vec![1.0],
            false => vec![threshold * 2.0, threshold / 2.0, threshold + tenth, threshold - tenth],
        };
        for to in steps.into_iter().map(tidy) {
            if tried.contains(&to) || whole.is_some_and(|same| same((comparison, threshold), (comparison, to))) {
                continue;
            }
            tried.push(to);
            let state = if comparison.is_upward() == (to > threshold) { "ALARM" } else { "OK" };
            let (low, high) = (threshold.min(to), threshold.max(to));
            // What breaches by the one and not by the other.
            let hint = match comparison {
                Comparison::Greater | Comparison::LessOrEqual => {
                    format!("expect {state} on a value over {low} and at most {high}")
                }
                Comparison::GreaterOrEqual | Comparison::Less => {
                    format!("expect {state} on a value of at least {low} and under {high}")
                }
            };
            self.add("threshold", threshold.to_string(), to.to_string(), hint, |alarm| alarm.threshold = Some(to));
        }
    }

    /// The other strictness, and the other direction.
    fn comparisons(&mut self, comparison: Comparison, threshold: f64) {
        let (strict, reversed) = match comparison {
            Comparison::Greater => (Comparison::GreaterOrEqual, Comparison::Less),
            Comparison::GreaterOrEqual => (Comparison::Greater, Comparison::LessOrEqual),
            Comparison::Less => (Comparison::LessOrEqual, Comparison::Greater),
            Comparison::LessOrEqual => (Comparison::Less, Comparison::GreaterOrEqual),
        };
        let same = means_the_same(self.alarm);
        if !same.is_some_and(|same| same((comparison, threshold), (strict, threshold))) {
            let state = if comparison.takes_equal() { "ALARM" } else { "OK" };
            let hint = format!("expect {state} on a value of exactly {threshold}");
            self.comparison(comparison, strict, hint);
        }
        self.comparison(comparison, reversed, "expect ALARM on a value that is far beyond the threshold".into());
    }

    fn comparison(&mut self, from: Comparison, to: Comparison, hint: String) {
        let word = to.word().to_owned();
        self.add("comparison_operator", from.symbol().into(), to.symbol().into(), hint, |alarm| {
            alarm.comparison_operator = Some(word);
        });
    }

    fn sides(&mut self, side: BandSide) {
        for to in BandSide::ALL.into_iter().filter(|to| *to != side) {
            let (from, word) = (side.phrase().to_owned(), to.word().to_owned());
            let hint = "expect the state on values above the band, and on values below it".into();
            self.add("comparison_operator", from, to.phrase().into(), hint, |alarm| {
                alarm.comparison_operator = Some(word);
            });
        }
    }

    fn m_of_n(&mut self, definition: &AlarmDefinition<'_>) {
        let (m, n) = (definition.evaluation.m, definition.evaluation.n);
        let period = definition.evaluation.seconds();
        let mut others = vec![(m + 1, n), (m, n + 1), (m + 1, n + 1)];
        others.extend(m.checked_sub(1).map(|fewer| (fewer, n)));
        others.extend(n.checked_sub(1).into_iter().flat_map(|fewer| [(m, fewer), (m.min(fewer), fewer)]));
        others.retain(|(m, n)| *m >= 1 && m <= n && spans(*n, period));
        others.sort_unstable();
        others.dedup();
        for (to_m, to_n) in others {
            // Two at once is what comes of N alone where M is not written, or is N.
            if to_m != m && to_n != n && (m != n || to_m != to_n) {
                continue;
            }
            let hint = match (to_m.cmp(&m), to_n.cmp(&n)) {
                (Ordering::Greater, _) if n == 1 => "expect ALARM as soon as one period breaches".to_owned(),
                (Ordering::Greater, _) => format!("expect ALARM as soon as {m} of {n} periods breach"),
                (Ordering::Less, _) => format!("expect no ALARM while {to_m} of {n} periods breach"),
                (_, Ordering::Greater) if n == 1 => "expect OK as soon as no period breaches".to_owned(),
                (_, Ordering::Greater) => format!("expect OK as soon as fewer than {m} of the last {n} periods breach"),
                (_, _) => format!("expect ALARM on {m} breaching periods that are spread over {n}"),
            };
            let counts = (i32::try_from(to_m).ok(), i32::try_from(to_n).ok());
            self.add("datapoints_to_alarm", format!("{m} of {n}"), format!("{to_m} of {to_n}"), hint, |alarm| {
                (alarm.datapoints_to_alarm, alarm.evaluation_periods) = counts;
            });
        }
    }

    /// None where there is always a value, and none that CloudWatch passes over.
    fn treatments(&mut self, definition: &AlarmDefinition<'_>) {
        let (Ok(treatment), Ok(written)) = (definition.treatment(), definition.evaluation.missing) else { return };
        let always = AlarmView::new(self.alarm).bounds().is_some_and(|bounds| !bounds.gaps);
        if treatment != written || always {
            return;
        }
        for to in MissingData::ALL.into_iter().filter(|to| *to != treatment) {
            let hint = match (treatment, to) {
                (MissingData::Ignore, _) | (_, MissingData::Ignore) => {
                    "expect the state after good data that is followed by none, and after breaches that are"
                }
                _ => "expect the state after periods without data",
            };
            let word = to.word().to_owned();
            self.add("treat_missing_data", treatment.word().into(), to.word().into(), hint.into(), |alarm| {
                alarm.treat_missing_data = Some(word);
            });
        }
    }

    fn periods(&mut self, definition: &AlarmDefinition<'_>) {
        let (Some(period), n) = (definition.evaluation.period, definition.evaluation.n) else { return };
        let allowed = if self.alarm.wall_clock_timezone.is_some() { WALL_CLOCK } else { PERIODS };
        let up = allowed.iter().find(|other| **other >= period.saturating_mul(2));
        let down = allowed.iter().rfind(|other| **other <= period / 2);
        for to in up.into_iter().chain(down).copied().filter(|to| spans(n, i64::from(*to))) {
            let text = |seconds: i32| format_seconds(i64::from(seconds));
            let hint = match to > period {
                true => format!("expect OK as soon as a breach is {} old", text(period)),
                false => format!("expect ALARM until a breach is {} old", text(period)),
            };
            self.add("period", text(period), text(to), hint, |alarm| {
                alarm.period = alarm.period.map(|_| to);
                for query in &mut alarm.metrics {
                    query.period = query.period.map(|_| to);
                    query.metric.iter_mut().for_each(|metric| metric.period = to);
                }
            });
        }
    }

    fn statistics(&mut self) {
        let hint = || "give several different values within one period".to_owned();
        let alarm = self.alarm;
        if let Some(stat) =
            alarm.statistic.as_ref().or(alarm.extended_statistic.as_ref()).filter(|_| alarm.metrics.is_empty())
        {
            let Some(to) = other_statistic(stat, alarm.threshold == Some(0.0)) else { return };
            self.add("statistic", stat.clone(), to.into(), hint(), |alarm| {
                let simple = to.parse::<Statistic>().is_ok_and(Statistic::is_simple);
                let stat = Some(to.to_owned());
                (alarm.statistic, alarm.extended_statistic) = if simple { (stat, None) } else { (None, stat) };
            });
        }
        for (at, query) in alarm.metrics.iter().enumerate() {
            let Some(metric) = &query.metric else { continue };
            let Some(to) = other_statistic(&metric.stat, false) else { continue };
            self.add("statistic", format!("{} of {}", metric.stat, query.id), to.into(), hint(), |alarm| {
                if let Some(metric) = alarm.metrics.get_mut(at).and_then(|query| query.metric.as_mut()) {
                    metric.stat = to.into();
                }
            });
        }
    }

    fn promql(&mut self) {
        let Some(promql) = &self.alarm.promql else { return };
        let interval = self.alarm.evaluation_interval.unwrap_or(60).max(1);
        let text = |seconds: i32| format_seconds(i64::from(seconds));
        let others = |period: Option<i32>| {
            let period = period.unwrap_or(0);
            let less = (period > 0).then(|| (period / 2 / interval) * interval);
            let more = (period * 2).max(period + interval);
            (period, less.into_iter().chain([more]))
        };
        let (pending, tos) = others(promql.pending_period);
        for to in tos {
            let hint = format!("expect ALARM exactly {} after the query began to return a series", text(pending));
            self.add("pending_period", text(pending), text(to), hint, |alarm| {
                alarm.promql.iter_mut().for_each(|promql| promql.pending_period = Some(to));
            });
        }
        let (recovery, tos) = others(promql.recovery_period);
        for to in tos {
            let hint = format!("expect OK exactly {} after the query began to return nothing", text(recovery));
            self.add("recovery_period", text(recovery), text(to), hint, |alarm| {
                alarm.promql.iter_mut().for_each(|promql| promql.recovery_period = Some(to));
            });
        }
    }
}

/// What is taken for this statistic by mistake. Sum, average and maximum are above 0 together, where no sample is below.
fn other_statistic(stat: &str, at_zero: bool) -> Option<&'static str> {
    Some(match stat.parse::<Statistic>().ok()? {
        Statistic::Sum | Statistic::Average | Statistic::Maximum if at_zero => "Minimum",
        Statistic::Sum | Statistic::Maximum | Statistic::Minimum => "Average",
        Statistic::Average => "Maximum",
        Statistic::SampleCount => "Sum",
        Statistic::Percentile(50.0) => "p95",
        Statistic::Percentile(_) => "p50",
        Statistic::Trimmed(..) | Statistic::PercentileRank(..) => "Average",
    })
}

fn spans(n: u32, period: i64) -> bool {
    i64::from(n) * period <= if period < 3_600 { SPAN.0 } else { SPAN.1 }
}

/// Without what floating point adds: 5.5, not 5.500000000000001.
fn tidy(value: f64) -> f64 {
    format!("{value:.9e}").parse().unwrap_or(value)
}
