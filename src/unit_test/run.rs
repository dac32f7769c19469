//! One test: its series through the alarms of the spec, and every difference between what came and what was expected.

use super::file::{Notification, UnitTestCase};
use crate::backtest::history::{MetricHistory, MetricIdentity, SAMPLES, file};
use crate::model::duration::format_seconds;
use crate::model::problem::nearest;
use crate::resources::alarm::Actions;
use crate::resources::{Alarm, CompositeAlarm, Resource};
use mlops_cloudwatch::evaluation::composite;
use mlops_cloudwatch::evaluation::condition::{Condition, EvaluationOptions};
use mlops_cloudwatch::evaluation::reason;
use mlops_cloudwatch::evaluation::replay::replay_created;
use mlops_cloudwatch::evaluation::series::ValueSeries;
use mlops_cloudwatch::evaluation::suppression::{ActionsSuppressor, TransitionActions, actions};
use mlops_cloudwatch::evaluation::timeline::Timeline;
use mlops_cloudwatch::evaluation::watched::EvaluatedSeries;
use mlops_cloudwatch::state::AlarmState;
use std::collections::BTreeMap;

/// How a test ended; each failure is a paragraph for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseOutcome {
    pub name: String,
    pub failures: Vec<String>,
}

/// An alarm of the spec as the test saw it.
struct TestedAlarm<'a> {
    actions: &'a Actions,
    timeline: Timeline,
    /// Which changes are told, and when.
    told: Vec<TransitionActions>,
    condition: Option<(Condition, EvaluatedSeries)>,
}

/// Runs a test against the resources of its spec. The error is about the test's own history file.
pub fn run<'a>(
    case: &UnitTestCase,
    resources: impl Iterator<Item = &'a Resource>,
) -> Result<CaseOutcome, anyhow::Error> {
    let history = match &case.history {
        Some(path) => file::read(path)?,
        None => given(case),
    };
    let until = end(case, &history);
    let (seen, unknown) = see(case, resources, &history, until);
    let mut failures = Vec::new();
    for expected in &case.expected {
        let place = format!("at {}, `{}`", after(case, expected.at), expected.alarm);
        let Some(alarm) = seen.get(expected.alarm.as_str()) else {
            failures.push(format!("{place}: {}", no_such(&expected.alarm, &seen, &unknown)));
            continue;
        };
        let found = alarm.timeline.at(expected.at);
        if found != expected.state {
            failures.push(format!(
                "{place}:\n- expected {}\n+ was      {}\n  its states: {}",
                expected.state.word(),
                found.word(),
                track(case, &alarm.timeline)
            ));
        } else if let (Some(part), Some((condition, watched))) = (&expected.reason, &alarm.condition) {
            let last = alarm.timeline.changes.iter().rev().find(|change| change.at <= expected.at);
            let found = last.map_or_else(
                || "Unchecked: Initial alarm creation".to_owned(),
                |change| reason::text(condition, watched, watched.grid.index_from(change.at), change.to),
            );
            if !found.contains(part) {
                failures.push(format!("{place}, its reason:\n- expected … {part} …\n+ was      {found}"));
            }
        }
    }
    if let Some(expected) = &case.notifications {
        failures.extend(notifications(case, expected, &seen));
    }
    Ok(CaseOutcome { name: case.name.clone(), failures })
}

/// The series of the test as a history.
fn given(case: &UnitTestCase) -> MetricHistory {
    let mut history = MetricHistory::default();
    for series in &case.series {
        let metric = MetricIdentity {
            namespace: series.namespace.clone(),
            name: series.metric_name.clone(),
            dimensions: series.dimensions.clone(),
            ..MetricIdentity::default()
        };
        let values = ValueSeries { start: case.start, step: case.interval, values: series.values.clone() };
        history.add(metric, series.statistic.as_deref().unwrap_or(SAMPLES), values);
    }
    history
}

/// Whatever is known or asked about ends later.
fn end(case: &UnitTestCase, history: &MetricHistory) -> i64 {
    let data = history.extent().map_or(case.start, |(_, end)| end);
    let asked = case.expected.iter().map(|expected| expected.at);
    let told = case.notifications.iter().flatten().map(|notification| notification.at);
    asked.chain(told).chain([data, case.start]).max().unwrap_or(case.start)
}

/// Every alarm's states, and why some have none.
fn see<'a>(
    case: &UnitTestCase,
    resources: impl Iterator<Item = &'a Resource>,
    history: &MetricHistory,
    until: i64,
) -> (BTreeMap<&'a str, TestedAlarm<'a>>, BTreeMap<&'a str, String>) {
    let (mut seen, mut unknown) = (BTreeMap::new(), BTreeMap::new());
    let outside = case.states.iter().map(|(name, state)| (name.clone(), Timeline::new(case.start, until, *state)));
    let mut states: BTreeMap<String, Timeline> = outside.collect();
    let mut composites: Vec<&CompositeAlarm> = Vec::new();
    for resource in resources {
        match resource {
            Resource::Alarm(alarm) => match metric_alarm(case, alarm, history, until) {
                Ok(alarm_seen) => {
                    states.insert(alarm.name.clone(), alarm_seen.timeline.clone());
                    seen.insert(alarm.name.as_str(), alarm_seen);
                }
                Err(why) => {
                    unknown.insert(alarm.name.as_str(), why);
                }
            },
            Resource::CompositeAlarm(composite) => composites.push(composite),
            _ => {}
        }
    }
    // Each round settles those whose children are settled.
    while !composites.is_empty() {
        let before = composites.len();
        let mut why = BTreeMap::new();
        composites.retain(|composite| match composite_alarm(case, composite, &states, until) {
            Ok(composite_seen) => {
                states.insert(composite.name.clone(), composite_seen.timeline.clone());
                seen.insert(composite.name.as_str(), composite_seen);
                false
            }
            Err(error) => {
                why.insert(composite.name.as_str(), error);
                true
            }
        });
        if composites.len() == before {
            unknown.extend(why);
            break;
        }
    }
    (seen, unknown)
}

fn metric_alarm<'a>(
    case: &UnitTestCase,
    alarm: &'a Alarm,
    history: &MetricHistory,
    until: i64,
) -> Result<TestedAlarm<'a>, String> {
    let condition = Condition::of(&alarm.definition(), EvaluationOptions { evaluation_range: case.evaluation_range })?;
    let watched = EvaluatedSeries::new(&alarm.definition(), &condition, history, case.start, until)?;
    let timeline = replay_created(&condition, &watched, case.start, until, alarm.definition().warm_up).timeline;
    let told = actions(&timeline, None);
    Ok(TestedAlarm { actions: &alarm.actions, timeline, told, condition: Some((condition, watched)) })
}

fn composite_alarm<'a>(
    case: &UnitTestCase,
    composite: &'a CompositeAlarm,
    states: &BTreeMap<String, Timeline>,
    until: i64,
) -> Result<TestedAlarm<'a>, String> {
    let mut timeline = composite::replay(&composite.alarm_rule, states, case.start, until)?;
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
    let told = actions(&Timeline { start: first, ..timeline.clone() }, suppressor);
    timeline.changes.insert(0, mlops_cloudwatch::evaluation::timeline::TimelineChange { at: case.start, to: first });
    Ok(TestedAlarm { actions: &composite.actions, timeline, told, condition: None })
}

fn notifications(
    case: &UnitTestCase,
    expected: &[Notification],
    seen: &BTreeMap<&str, TestedAlarm<'_>>,
) -> Option<String> {
    let mut sent: Vec<Notification> = Vec::new();
    for (name, alarm) in seen.iter().filter(|(_, alarm)| alarm.actions.enabled) {
        for action in &alarm.told {
            let arns = match action.state {
                AlarmState::Alarm => &alarm.actions.alarm,
                AlarmState::Ok => &alarm.actions.ok,
                AlarmState::InsufficientData => &alarm.actions.insufficient_data,
            };
            if let (Some(at), false) = (action.ran, arns.is_empty()) {
                let mut to: Vec<String> = arns.iter().map(|arn| plain(arn).to_owned()).collect();
                to.sort();
                sent.push(Notification { at, alarm: (*name).to_owned(), state: action.state.word(), to: Some(to) });
            }
        }
    }
    sent.sort();
    let mut left = sent.clone();
    let mut lines: Vec<(i64, String)> = Vec::new();
    let line = |sign: char, n: &Notification| {
        let to = n.to.as_ref().map_or(String::new(), |to| format!(" to {}", to.join(", ")));
        (n.at, format!("{sign} {} `{}` {}{to}", after(case, n.at), n.alarm, n.state))
    };
    let mut differs = false;
    for wanted in expected {
        let same = |found: &Notification| {
            let to = wanted.to.as_ref().is_none_or(|to| {
                let plain: Vec<&str> = to.iter().map(|name| plain(name)).collect();
                found.to.as_ref().is_some_and(|found| found.iter().map(String::as_str).eq(plain.iter().copied()))
            });
            (found.at, &found.alarm, found.state) == (wanted.at, &wanted.alarm, wanted.state) && to
        };
        match left.iter().position(same) {
            Some(found) => lines.push(line(' ', &left.remove(found))),
            None => {
                differs = true;
                lines.push(line('-', wanted));
            }
        }
    }
    differs |= !left.is_empty();
    lines.extend(left.iter().map(|extra| line('+', extra)));
    lines.sort();
    let text: Vec<String> = lines.into_iter().map(|(_, line)| line).collect();
    differs.then(|| format!("notifications (- expected, + sent):\n{}", text.join("\n")))
}

/// The name in a topic's ARN; another ARN stays whole.
fn plain(arn: &str) -> &str {
    match arn.split(':').collect::<Vec<_>>()[..] {
        ["arn", _, "sns", _, _, name] => name,
        _ => arn,
    }
}

fn no_such(name: &str, seen: &BTreeMap<&str, TestedAlarm<'_>>, unknown: &BTreeMap<&str, String>) -> String {
    if let Some(why) = unknown.get(name) {
        return format!("its states are not known: {why}");
    }
    match nearest(name, seen.keys().chain(unknown.keys()).copied()) {
        Some(near) => format!("the spec has no such alarm; did you mean `{near}`?"),
        None => "the spec has no such alarm".to_owned(),
    }
}

/// `8m`, since the start of the test.
fn after(case: &UnitTestCase, at: i64) -> String {
    format_seconds(at - case.start)
}

/// `INSUFFICIENT_DATA, OK from 1m, ALARM from 6m`
fn track(case: &UnitTestCase, timeline: &Timeline) -> String {
    const MOST: usize = 12;
    let mut parts = vec![timeline.start.word().to_owned()];
    let from = |change: &mlops_cloudwatch::evaluation::timeline::TimelineChange| {
        format!("{} from {}", change.to.word(), after(case, change.at))
    };
    parts.extend(timeline.changes.iter().take(MOST).map(from));
    if timeline.changes.len() > MOST {
        parts.push(format!("and {} changes more", timeline.changes.len() - MOST));
    }
    parts.join(", ")
}
