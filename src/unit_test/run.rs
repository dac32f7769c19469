//! One test against the alarms of its spec: every difference between what came and what was expected.

use super::AlarmMutation;
use super::file::{Expected, Notification, Notifications, UnitTestCase};
use super::seen::{Seen, Stage, World};
use crate::model::duration::format_seconds;
use crate::model::problem::nearest;
use crate::resources::Resource;
use mlops_cloudwatch::evaluation::timeline::{Timeline, TimelineChange};
use mlops_cloudwatch::state::AlarmState;
use std::collections::BTreeMap;

/// How a test ended; each failure is a paragraph for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseOutcome {
    pub name: String,
    pub failures: Vec<String>,
}

/// How the tests of a file ended.
#[derive(Debug)]
pub struct FileOutcome {
    pub file: String,
    pub outcomes: Vec<CaseOutcome>,
    /// What of the mutants, where they were asked for; inside `None` where a test fails, so that none was tried.
    pub mutations: Option<Option<Vec<AlarmMutation>>>,
}

impl FileOutcome {
    /// Whether every test passes and, where they were asked for, every mutant is killed and every alarm tested.
    pub fn is_good(&self) -> bool {
        let dead = |alarms: &Vec<AlarmMutation>| alarms.iter().all(|one| one.survivors.is_empty() && !one.is_untested);
        self.outcomes.iter().all(|outcome| outcome.failures.is_empty())
            && self.mutations.as_ref().is_none_or(|tried| tried.as_ref().is_some_and(dead))
    }
}

/// Alarms of which some are other than they were.
#[derive(Debug, Clone, Copy)]
pub struct Overlay<'w, 'a, 'b> {
    pub over: &'w World<'a>,
    pub base: &'w World<'b>,
}

/// Runs a test against the resources of its spec. The error is about the test's own history file.
pub fn run<'a>(
    case: &UnitTestCase,
    resources: impl Iterator<Item = &'a Resource>,
) -> Result<CaseOutcome, anyhow::Error> {
    let world = Stage::new(case)?.play(resources);
    let failures = failures(case, Overlay { over: &World::default(), base: &world });
    Ok(CaseOutcome { name: case.name.clone(), failures })
}

/// Every difference, in the order of the test.
pub fn failures(case: &UnitTestCase, alarms: Overlay<'_, '_, '_>) -> Vec<String> {
    let mut failures: Vec<String> = case.expected.iter().flat_map(|one| differences(case, one, alarms)).collect();
    if let Some(expected) = &case.notifications {
        failures.extend(notifications(case, expected, alarms));
    }
    failures
}

/// What a test says of each alarm, by its name: a mutant is held against what is said of the alarms that it changes, not of all.
#[derive(Debug)]
pub struct CaseParts<'c> {
    case: &'c UnitTestCase,
    expected: BTreeMap<&'c str, Vec<&'c Expected>>,
    notified: BTreeMap<&'c str, Vec<&'c Notification>>,
}

impl<'c> CaseParts<'c> {
    pub fn new(case: &'c UnitTestCase) -> Self {
        let mut parts = Self { case, expected: BTreeMap::new(), notified: BTreeMap::new() };
        for expected in &case.expected {
            parts.expected.entry(expected.alarm.as_str()).or_default().push(expected);
        }
        for notification in case.notifications.iter().flat_map(|all| &all.expected) {
            parts.notified.entry(notification.alarm.as_str()).or_default().push(notification);
        }
        parts
    }

    /// Returns whether the alarms that are other than they were do what the test says of them. Of a test that passes with the alarms as
    /// they were this is whether it still passes.
    pub fn hold(&self, alarms: Overlay<'_, '_, '_>) -> bool {
        alarms.over.seen.iter().all(|(name, seen)| {
            let expected = self.expected.get(name).into_iter().flatten();
            expected.copied().all(|one| differences(self.case, one, alarms).is_empty()) && self.is_notified(name, seen)
        })
    }

    fn is_notified(&self, name: &str, seen: &Seen<'_>) -> bool {
        if !self.case.notifications.as_ref().is_some_and(|all| all.of.as_ref().is_none_or(|of| of.contains(name))) {
            return true;
        }
        let mut left = sent_by(name, seen);
        left.sort();
        let mut wanted = self.notified.get(name).into_iter().flatten();
        let all = wanted.all(|wanted| {
            let found = left.iter().position(|found| is_same(wanted, found));
            found.map(|at| left.remove(at)).is_some()
        });
        all && left.is_empty()
    }
}

impl<'w> Overlay<'w, '_, '_> {
    fn get(&self, name: &str) -> Option<&'w Seen<'w>> {
        match self.over.seen.get(name) {
            Some(seen) => Some(seen),
            None if self.over.unknown.contains_key(name) => None,
            None => self.base.seen.get(name).map(|seen| seen as &Seen<'_>),
        }
    }

    fn unknown(&self, name: &str) -> Option<&'w String> {
        self.over.unknown.get(name).or_else(|| self.base.unknown.get(name))
    }

    fn names(&self) -> impl Iterator<Item = &'w str> {
        let worlds = [(&self.base.seen, &self.base.unknown)];
        worlds.into_iter().flat_map(|(seen, unknown)| seen.keys().chain(unknown.keys()).copied())
    }
}

fn differences(case: &UnitTestCase, expected: &Expected, alarms: Overlay<'_, '_, '_>) -> Vec<String> {
    let place = format!("at {}, `{}`", after(case, expected.at), expected.alarm);
    let Some(alarm) = alarms.get(&expected.alarm) else {
        return vec![format!("{place}: {}", no_such(&expected.alarm, alarms))];
    };
    let mut failures = Vec::new();
    let found = alarm.timeline.at(expected.at);
    if let Some(state) = expected.state.filter(|state| *state != found) {
        failures.push(format!(
            "{place}:\n- expected {}\n+ was      {}\n  its states: {}",
            state.word(),
            found.word(),
            track(case, &alarm.timeline)
        ));
    } else if let (Some(part), Some(found)) = (&expected.reason, alarm.reason(expected.at))
        && !found.contains(part)
    {
        failures.push(format!("{place}, its reason:\n- expected … {part} …\n+ was      {found}"));
    }
    if let Some(wanted) = expected.value {
        match alarm.value(expected.at) {
            Some(found) if is_near(wanted, found) => {}
            Some(found) => failures.push(format!(
                "{place}, its value:\n- expected {}\n+ was      {}",
                value_text(wanted),
                value_text(found)
            )),
            None => failures.push(format!("{place}: it compares no datapoints, so it has no value")),
        }
    }
    failures
}

/// Equal but for what floating point loses.
fn is_near(wanted: f64, found: f64) -> bool {
    (wanted.is_nan() && found.is_nan()) || (wanted - found).abs() <= 1e-9 * wanted.abs().max(found.abs())
}

fn value_text(value: f64) -> String {
    if value.is_nan() { "none".to_owned() } else { value.to_string() }
}

fn notifications(case: &UnitTestCase, expected: &Notifications, alarms: Overlay<'_, '_, '_>) -> Option<String> {
    let is_asked = |name: &str| expected.of.as_ref().is_none_or(|of| of.contains(name));
    let unknown = expected.of.iter().flatten().find(|name| alarms.get(name).is_none());
    if let Some(name) = unknown {
        return Some(format!("notifications of `{name}`: {}", no_such(name, alarms)));
    }
    let mut sent: Vec<Notification> = Vec::new();
    let base = alarms.base.seen.iter().filter(|(name, _)| !alarms.over.seen.contains_key(*name));
    base.for_each(|(name, alarm)| {
        if is_asked(name) {
            sent.extend(sent_by(name, alarm))
        }
    });
    alarms.over.seen.iter().for_each(|(name, alarm)| {
        if is_asked(name) {
            sent.extend(sent_by(name, alarm))
        }
    });
    sent.sort();
    let mut left = sent.clone();
    let mut lines: Vec<(i64, String)> = Vec::new();
    let line = |sign: char, n: &Notification| {
        let to = n.to.as_ref().map_or(String::new(), |to| format!(" to {}", to.join(", ")));
        (n.at, format!("{sign} {} `{}` {}{to}", after(case, n.at), n.alarm, n.state))
    };
    let mut differs = false;
    for wanted in &expected.expected {
        match left.iter().position(|found| is_same(wanted, found)) {
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

/// Whether a notification is the one that is expected.
fn is_same(wanted: &Notification, found: &Notification) -> bool {
    let to = wanted.to.as_ref().is_none_or(|to| {
        let plain: Vec<&str> = to.iter().map(|name| plain(name)).collect();
        found.to.as_ref().is_some_and(|found| found.iter().map(String::as_str).eq(plain.iter().copied()))
    });
    (found.at, &found.alarm, found.state) == (wanted.at, &wanted.alarm, wanted.state) && to
}

/// What an alarm sends.
fn sent_by(name: &str, alarm: &Seen<'_>) -> Vec<Notification> {
    let one = |action: &mlops_cloudwatch::evaluation::suppression::TransitionActions| {
        let arns = match action.state {
            AlarmState::Alarm => &alarm.actions.alarm,
            AlarmState::Ok => &alarm.actions.ok,
            AlarmState::InsufficientData => &alarm.actions.insufficient_data,
        };
        let at = action.ran.filter(|_| alarm.actions.enabled && !arns.is_empty())?;
        let mut to: Vec<String> = arns.iter().map(|arn| plain(arn).to_owned()).collect();
        to.sort();
        Some(Notification { at, alarm: name.to_owned(), state: action.state.word(), to: Some(to) })
    };
    alarm.sent.iter().filter_map(one).collect()
}

/// The name in a topic's ARN; another ARN stays whole.
pub fn plain(arn: &str) -> &str {
    match arn.split(':').collect::<Vec<_>>()[..] {
        ["arn", _, "sns", _, _, name] => name,
        _ => arn,
    }
}

fn no_such(name: &str, alarms: Overlay<'_, '_, '_>) -> String {
    if let Some(why) = alarms.unknown(name) {
        return format!("its states are not known: {why}");
    }
    match nearest(name, alarms.names()) {
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
    let from = |change: &TimelineChange| format!("{} from {}", change.to.word(), after(case, change.at));
    parts.extend(timeline.changes.iter().take(MOST).map(from));
    if timeline.changes.len() > MOST {
        parts.push(format!("and {} changes more", timeline.changes.len() - MOST));
    }
    parts.join(", ")
}
