//! What the alarms of a spec do in one test: their states, what they send, and why nothing is known of some.

use super::file::UnitTestCase;
use crate::backtest::MetricHistory;
use crate::backtest::history::{MetricStatistic, Past, RemoteExpression, SAMPLES, file};
use crate::resources::alarm::{Actions, PromQl, WarmUp};
use crate::resources::{Alarm, CompositeAlarm, LogAlarm, Resource};
use mlops_cloudwatch::alarm::WatchedSignal;
use mlops_cloudwatch::evaluation::composite;
use mlops_cloudwatch::evaluation::condition::{Condition, EvaluationOptions};
use mlops_cloudwatch::evaluation::promql::{self, PromQlPeriods};
use mlops_cloudwatch::evaluation::reason;
use mlops_cloudwatch::evaluation::replay::replay_created;
use mlops_cloudwatch::evaluation::series::{PeriodGrid, ValueSeries};
use mlops_cloudwatch::evaluation::suppression::{ActionsSuppressor, TransitionActions, actions};
use mlops_cloudwatch::evaluation::timeline::{Timeline, TimelineChange};
use mlops_cloudwatch::evaluation::watched::EvaluatedSeries;
use mlops_cloudwatch::state::AlarmState;
use std::collections::BTreeMap;

/// Seconds between two evaluations of PromQL where the alarm does not say.
const EVALUATION_INTERVAL: i64 = 60;

/// A test with its past, as all alarms of the spec see it.
#[derive(Debug)]
pub struct Stage<'c> {
    pub case: &'c UnitTestCase,
    history: MetricHistory,
    /// Whatever is known or asked about ends no later.
    until: i64,
}

/// An alarm of the spec as a test saw it.
#[derive(Debug)]
pub struct Seen<'a> {
    pub actions: &'a Actions,
    pub timeline: Timeline,
    /// Which changes are notified, and when.
    pub sent: Vec<TransitionActions>,
    evaluated: Option<(Condition, EvaluatedSeries)>,
}

/// Alarms by name, and why the states of others are not known.
#[derive(Debug, Default)]
pub struct World<'a> {
    pub seen: BTreeMap<&'a str, Seen<'a>>,
    pub unknown: BTreeMap<&'a str, String>,
}

impl Seen<'_> {
    /// Why the state is what it is at a time, in CloudWatch's words; `None` of an alarm that has no datapoints.
    pub fn reason(&self, at: i64) -> Option<String> {
        let (condition, watched) = self.evaluated.as_ref()?;
        let last = self.timeline.changes.iter().rev().find(|change| change.at <= at);
        Some(last.map_or_else(
            || "Unchecked: Initial alarm creation".to_owned(),
            |change| reason::text(condition, watched, watched.grid.index_from(change.at), change.to),
        ))
    }

    /// The datapoint of the last period that has ended at a time, NaN where it has none; `None` of an alarm that has no datapoints.
    pub fn value(&self, at: i64) -> Option<f64> {
        let (condition, watched) = self.evaluated.as_ref()?;
        let grid = &watched.grid;
        let index = usize::try_from((at - grid.first).div_euclid(grid.step)).ok().filter(|index| *index < grid.len)?;
        Some(match watched.band_at(index, 0) {
            Some(banded) => banded.value,
            None => watched.window(index, condition.range, |values| values.next().unwrap_or(f64::NAN)),
        })
    }
}

impl Seen<'_> {
    /// Whether the test gives no datapoint of it: then only how long the test is decides what it does.
    pub fn has_no_data(&self) -> bool {
        let values = self.evaluated.as_ref().and_then(|(_, watched)| watched.values());
        values.is_some_and(|values| values.iter().all(|value| value.is_nan()))
    }
}

impl<'c> Stage<'c> {
    /// When it ends, in seconds since 1970.
    pub fn until(&self) -> i64 {
        self.until
    }

    /// The error is about the test's own history file.
    pub fn new(case: &'c UnitTestCase) -> Result<Self, anyhow::Error> {
        let history = match &case.history {
            Some(path) => file::read(path)?,
            None => given(case),
        };
        let data = history.extent().map_or(case.start, |(_, end)| end);
        let asked = case.expected.iter().map(|expected| expected.at);
        let notified = case.notifications.iter().flat_map(|all| &all.expected).map(|notification| notification.at);
        let until = asked.chain(notified).chain([data]).max().unwrap_or(case.start);
        Ok(Self { case, history, until })
    }

    /// Every alarm's states, and why some have none.
    pub fn play<'a>(&self, resources: impl Iterator<Item = &'a Resource>) -> World<'a> {
        self.play_over(resources, &World::default())
    }

    /// The same of some alarms, where the others are as they are in `rest`.
    pub fn play_over<'a>(&self, resources: impl Iterator<Item = &'a Resource>, rest: &World<'_>) -> World<'a> {
        let mut world = World::default();
        let mut composites: Vec<&CompositeAlarm> = Vec::new();
        for resource in resources {
            match resource {
                Resource::Alarm(alarm) => match self.metric_alarm(alarm) {
                    Ok(seen) => drop(world.seen.insert(alarm.name.as_str(), seen)),
                    Err(why) => drop(world.unknown.insert(alarm.name.as_str(), why)),
                },
                Resource::LogAlarm(alarm) => match self.log_alarm(alarm) {
                    Ok(seen) => drop(world.seen.insert(alarm.name.as_str(), seen)),
                    Err(why) => drop(world.unknown.insert(alarm.name.as_str(), why)),
                },
                Resource::CompositeAlarm(composite) => composites.push(composite),
                _ => {}
            }
        }
        // Each round settles those whose children are settled; an alarm that is played anew is not as it was.
        while !composites.is_empty() {
            let before = composites.len();
            let open: Vec<&str> = composites.iter().map(|composite| composite.name.as_str()).collect();
            let mut why = BTreeMap::new();
            composites.retain(|composite| match self.composite_alarm(composite, &world, rest, &open) {
                Ok(seen) => {
                    world.seen.insert(composite.name.as_str(), seen);
                    false
                }
                Err(error) => {
                    why.insert(composite.name.as_str(), error);
                    true
                }
            });
            if composites.len() == before {
                world.unknown.extend(why);
                break;
            }
        }
        world
    }

    fn metric_alarm<'a>(&self, alarm: &'a Alarm) -> Result<Seen<'a>, String> {
        let definition = alarm.definition();
        let (from, until) = (self.case.start, self.until);
        if let Some(promql) = &alarm.promql {
            let timeline = self.promql(alarm, promql)?;
            return Ok(Seen { actions: &alarm.actions, sent: actions(&timeline, None), timeline, evaluated: None });
        }
        let condition = Condition::of(&definition, EvaluationOptions { evaluation_range: self.case.evaluation_range })?;
        let past = GivenPast::of(self, alarm);
        let until = past.end().map_or(until, |end| end.max(until));
        let watched = EvaluatedSeries::new(&definition, &condition, &past, from, until)?;
        let timeline = replay_created(&condition, &watched, from, until, definition.warm_up).timeline;
        let sent = actions(&timeline, None);
        Ok(Seen { actions: &alarm.actions, timeline, sent, evaluated: Some((condition, watched)) })
    }

    /// What the query of an alarm returns, as the test gives it.
    fn given_result(&self, alarm: &str, what: &str) -> Result<&[f64], String> {
        let given = self.case.results.iter().find(|result| result.alarm == alarm);
        match given.map(|result| result.values.as_slice()) {
            Some([values]) => Ok(values),
            _ => Err(format!("{what} is evaluated by CloudWatch only; give what its query returns under `results`")),
        }
    }

    fn log_alarm<'a>(&self, alarm: &'a LogAlarm) -> Result<Seen<'a>, String> {
        let values = self.given_result(&alarm.name, "a log alarm")?;
        let (rule, step) = alarm.rule()?;
        let series = ValueSeries { start: self.case.start, step, values: values.to_vec() };
        let warm_up = alarm.warm_up.as_ref().map(WarmUp::period);
        let until = self.until.max(series.end());
        let (timeline, watched) = rule.replay(&series, self.case.start, until, warm_up);
        let sent = actions(&timeline, None);
        Ok(Seen { actions: &alarm.actions, sent, timeline, evaluated: Some((rule.condition(), watched)) })
    }

    fn promql(&self, alarm: &Alarm, promql: &PromQl) -> Result<Timeline, String> {
        let values = self.given_result(&alarm.name, "a PromQL alarm")?;
        let step = alarm.evaluation_interval.map_or(EVALUATION_INTERVAL, i64::from).max(1);
        let series = ValueSeries { start: self.case.start, step, values: values.to_vec() };
        let seconds = |period: Option<i32>| i64::from(period.unwrap_or(0));
        let periods =
            PromQlPeriods { pending: seconds(promql.pending_period), recovery: seconds(promql.recovery_period) };
        Ok(promql::replay(&series, periods, self.case.start, self.until.max(series.end())))
    }

    fn composite_alarm<'a>(
        &self,
        composite: &'a CompositeAlarm,
        world: &World<'_>,
        rest: &World<'_>,
        open: &[&str],
    ) -> Result<Seen<'a>, String> {
        let (from, until) = (self.case.start, self.until);
        let mut states: BTreeMap<String, Timeline> = BTreeMap::new();
        for child in composite.children() {
            let name = composite::plain(&child);
            let known = world.seen.get(name).map(|seen| &seen.timeline);
            let is_open = open.contains(&name) || world.unknown.contains_key(name);
            let known = known.or_else(|| rest.seen.get(name).filter(|_| !is_open).map(|seen| &seen.timeline));
            let outside = || self.case.states.get(name).map(|state| Timeline::new(from, until, *state));
            if let Some(timeline) = known.cloned().or_else(outside) {
                states.insert(name.to_owned(), timeline);
            }
        }
        let mut timeline = composite::replay(&composite.alarm_rule, &states, from, until)?;
        let suppressor = match &composite.suppressor {
            Some(by) => {
                let name = composite::plain(&by.alarm);
                let states =
                    states.get(name).ok_or_else(|| format!("the states of its suppressor `{name}` are not known"))?;
                let (wait, extension) = (i64::from(by.wait_period), i64::from(by.extension_period));
                Some(ActionsSuppressor { states, wait, extension })
            }
            None => None,
        };
        let first = timeline.start;
        timeline.start = AlarmState::InsufficientData;
        // It is created with the test: its first state is a change, but nothing that is worth telling while it is OK.
        let sent = actions(&Timeline { start: first, ..timeline.clone() }, suppressor);
        timeline.changes.insert(0, TimelineChange { at: from, to: first });
        Ok(Seen { actions: &composite.actions, timeline, sent, evaluated: None })
    }
}

/// The series of the test as a history.
fn given(case: &UnitTestCase) -> MetricHistory {
    let mut history = MetricHistory::default();
    for series in &case.series {
        let step = series.interval.unwrap_or(case.interval);
        let values = ValueSeries { start: case.start, step, values: series.values.clone() };
        history.add(series.metric.clone(), series.statistic.as_deref().unwrap_or(SAMPLES), values);
    }
    history
}

/// The past of one alarm: the history, and the results that the test gives for it.
struct GivenPast<'s> {
    history: &'s MetricHistory,
    /// Lower and upper edge.
    band: Vec<ValueSeries>,
    queries: BTreeMap<&'s str, ValueSeries>,
}

impl<'s> GivenPast<'s> {
    fn of(stage: &'s Stage<'_>, alarm: &'s Alarm) -> Self {
        let mut past = Self { history: &stage.history, band: Vec::new(), queries: BTreeMap::new() };
        let definition = alarm.definition();
        let step = definition.evaluation.seconds();
        let series = |values: &Vec<f64>| ValueSeries { start: stage.case.start, step, values: values.clone() };
        let watched =
            alarm.metrics.iter().find(|query| definition.watched_query().is_some_and(|one| one.id == query.id));
        for result in stage.case.results.iter().filter(|result| result.alarm == alarm.name) {
            match result.values.as_slice() {
                [only] => {
                    let named = result.id.as_deref();
                    past.queries.extend(named.or(watched.map(|one| one.id.as_str())).map(|id| (id, series(only))));
                }
                edges if matches!(definition.signal, WatchedSignal::Band { .. }) => {
                    past.band = edges.iter().map(series).collect();
                }
                _ => {}
            }
        }
        past
    }

    fn end(&self) -> Option<i64> {
        self.band.iter().chain(self.queries.values()).map(ValueSeries::end).max()
    }
}

impl Past for GivenPast<'_> {
    fn step(&self, source: &MetricStatistic) -> Result<Option<i64>, String> {
        self.history.step(source)
    }

    fn values(&self, source: &MetricStatistic, grid: &PeriodGrid) -> Vec<f64> {
        self.history.values(source, grid)
    }

    fn since(&self, source: &MetricStatistic) -> Option<i64> {
        Past::since(self.history, source)
    }

    fn asked(&self, asked: &RemoteExpression) -> &[ValueSeries] {
        if self.band.is_empty() { self.history.asked(asked) } else { &self.band }
    }

    fn refused(&self, asked: &RemoteExpression) -> Option<&str> {
        Past::refused(self.history, asked)
    }

    fn result(&self, id: &str) -> Option<&ValueSeries> {
        self.queries.get(id)
    }
}
