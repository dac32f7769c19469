//! An incident of the past -> a test of the alarm that saw it: the series it needs, as long as it needs them, and the states at the times
//! at which they changed. The test passes when it is made, and holds the alarm to what it did.

use super::file::{Expected, GivenResult, InputSeries as TestSeries, UnitTestCase};
use super::seen::Stage;
use crate::backtest::MetricHistory;
use crate::backtest::history::{HistoryColumn, MetricIdentity, MetricStatistic, SAMPLES};
use crate::model::Span;
use crate::resources::{Address, Alarm, Resource};
use mlops_cloudwatch::evaluation::composite;
use mlops_cloudwatch::evaluation::condition::{Condition, EvaluationOptions};
use mlops_cloudwatch::evaluation::series::{Fold, PeriodGrid, ValueSeries};
use mlops_cloudwatch::evaluation::timeline::{StateSpan as TimeSpan, Timeline};
use mlops_cloudwatch::evaluation::watched::MetricRequirements;
use mlops_cloudwatch::state::AlarmState;
use std::collections::{BTreeMap, BTreeSet};

/// So many periods of an incident are kept: what comes later is more of the same.
const MOST_PERIODS: i64 = 48;
/// How often the lead-in is doubled until the states come out as they were.
const LONGEST_LEAD: u32 = 6;
/// Changes of state that are expected, at most.
const MOST_CHANGES: usize = 20;

/// An alarm and its past.
#[derive(Debug, Clone, Copy)]
pub struct PastAlarm<'a> {
    pub address: &'a Address,
    pub timeline: &'a Timeline,
    pub resources: &'a BTreeMap<Address, Resource>,
    pub history: &'a MetricHistory,
    pub options: EvaluationOptions,
}

/// Makes the test of one incident, seconds since 1970. The error says why that cannot be.
pub fn of_incident(past: PastAlarm<'_>, incident: TimeSpan, name: String) -> Result<UnitTestCase, String> {
    let alarms = below(past.address, past.resources);
    let mut known: Vec<(&Alarm, Condition, MetricRequirements)> = Vec::new();
    for alarm in alarms {
        let condition = Condition::of(&alarm.definition(), past.options)?;
        let needs = MetricRequirements::of(&alarm.definition(), &condition);
        known.push((alarm, condition, needs));
    }
    let period = known.iter().map(|(_, condition, _)| condition.period).max().unwrap_or(60);
    let range = known.iter().map(|(_, condition, _)| condition.period * condition.range as i64).max().unwrap_or(0);
    let (from, end) = (incident.0.max(past.timeline.from), incident.1.min(past.timeline.until));
    let end = up(end, period).min(up(from, period) + MOST_PERIODS * period);
    for lead in (0..LONGEST_LEAD).map(|doubled| (range + period) << doubled) {
        let start = (from - lead).div_euclid(period) * period;
        let mut case = empty(name.clone(), start, past.options);
        gather(&mut case, &known, past.history, end);
        case.expected = vec![expected(past.address, end, AlarmState::Ok)];
        let played = Stage::new(&case).map_err(|error| format!("{error:#}"))?;
        let world = played.play(past.resources.values());
        let Some(seen) = world.seen.get(past.address.name.as_str()) else {
            let why = world.unknown.get(past.address.name.as_str()).cloned();
            return Err(why.unwrap_or_else(|| "its states are not known".into()));
        };
        if agree(&seen.timeline, past.timeline, from, end) {
            case.expected = expectations(past.address, &seen.timeline, start, from, end);
            return Ok(case);
        }
    }
    Err("its states follow from more of the past than a test can hold".into())
}

fn up(time: i64, step: i64) -> i64 {
    (time + step - 1).div_euclid(step) * step
}

fn empty(name: String, start: i64, options: EvaluationOptions) -> UnitTestCase {
    UnitTestCase {
        name,
        interval: 60,
        start,
        series: Vec::new(),
        history: None,
        results: Vec::new(),
        states: BTreeMap::new(),
        evaluation_range: options.evaluation_range,
        expected: Vec::new(),
        notifications: None,
    }
}

/// The metric alarms that decide: the alarm itself, or those under a composite alarm.
fn below<'a>(address: &Address, resources: &'a BTreeMap<Address, Resource>) -> Vec<&'a Alarm> {
    let by_name: BTreeMap<&str, &Resource> =
        resources.iter().filter(|(address, _)| address.kind.is_alarm()).map(|(a, r)| (a.name.as_str(), r)).collect();
    let (mut open, mut found, mut done) = (vec![address.name.clone()], Vec::new(), BTreeSet::new());
    while let Some(name) = open.pop() {
        if !done.insert(name.clone()) {
            continue;
        }
        match by_name.get(name.as_str()) {
            Some(Resource::Alarm(alarm)) => found.push(&**alarm),
            Some(Resource::CompositeAlarm(parent)) => {
                open.extend(parent.children().iter().map(|child| composite::plain(child).to_owned()));
            }
            _ => {}
        }
    }
    found
}

/// Puts into the case what the alarms look at until `end`.
fn gather(
    case: &mut UnitTestCase,
    known: &[(&Alarm, Condition, MetricRequirements)],
    history: &MetricHistory,
    end: i64,
) {
    let mut columns: BTreeMap<(MetricIdentity, String), &HistoryColumn> = BTreeMap::new();
    for source in known.iter().flat_map(|(_, _, needs)| &needs.sources) {
        for column in history.known(source) {
            columns.insert((plain(source), column.stat.clone()), column);
        }
    }
    case.interval = columns.values().map(|column| column.series.step).min().unwrap_or(60);
    for ((metric, stat), column) in columns {
        let step = column.series.step;
        let values = slice(&column.series, case.start, end);
        case.series.push(TestSeries {
            metric,
            statistic: (stat != SAMPLES).then_some(stat),
            interval: (step != case.interval).then_some(step),
            values,
            span: Span::default(),
        });
    }
    for (alarm, condition, needs) in known {
        let Some(asked) = &needs.asked else { continue };
        let len = usize::try_from((end - case.start) / condition.period).unwrap_or(0);
        let grid =
            PeriodGrid { first: case.start + condition.period, step: condition.period, len, period: condition.period };
        let values: Vec<Vec<f64>> =
            history.asked(asked).iter().map(|series| series.folded(Fold::Maximum, &grid)).collect();
        if !values.is_empty() {
            case.results.push(GivenResult { alarm: alarm.name.clone(), id: None, values, span: Span::default() });
        }
    }
}

/// A test does not say units.
fn plain(source: &MetricStatistic) -> MetricIdentity {
    MetricIdentity { unit: None, ..source.metric.clone() }
}

/// The values from `start` until `end`; NaN where the series has none.
fn slice(series: &ValueSeries, start: i64, end: i64) -> Vec<f64> {
    let len = (end - start).div_euclid(series.step);
    let first = (start - series.start).div_euclid(series.step);
    let value = |at: i64| usize::try_from(at).ok().and_then(|at| series.values.get(at).copied());
    (first..first + len).map(|at| value(at).unwrap_or(f64::NAN)).collect()
}

/// Whether both are in the same state from `from` on, and neither in ALARM just before where the other is not.
fn agree(a: &Timeline, b: &Timeline, from: i64, end: i64) -> bool {
    let changes = a.changes.iter().chain(&b.changes).map(|change| change.at);
    let mut moments = changes.filter(|at| (from..=end).contains(at)).chain([from, end]);
    let in_alarm = |timeline: &Timeline| timeline.at(from - 1) == AlarmState::Alarm;
    moments.all(|at| a.at(at) == b.at(at)) && in_alarm(a) == in_alarm(b)
}

fn expected(address: &Address, at: i64, state: AlarmState) -> Expected {
    Expected { at, alarm: address.name.clone(), state: Some(state), reason: None, value: None }
}

/// The state a minute before, and each change.
fn expectations(address: &Address, timeline: &Timeline, start: i64, from: i64, end: i64) -> Vec<Expected> {
    let changes = timeline.changes.iter().map(|change| change.at).filter(|at| *at > from && *at <= end);
    let mut moments: Vec<i64> = [from - 60, from].into_iter().chain(changes.take(MOST_CHANGES)).collect();
    // What did not change until the end is held to that.
    if moments.last() == Some(&from) {
        moments.push(end);
    }
    moments.retain(|at| *at >= start);
    moments.dedup();
    moments.into_iter().map(|at| expected(address, at, timeline.at(at))).collect()
}
