//! Composite alarms over the states of others, and which of their actions a suppressor lets through.

use super::timeline::{Span, Timeline};
use crate::rule;
use crate::state::AlarmState;
use std::collections::BTreeMap;

/// What is told to whom: the state that was reached, when its actions run, and what held them back.
#[derive(Debug, Clone, PartialEq)]
pub struct Action {
    pub changed: i64,
    pub state: AlarmState,
    /// When the actions ran; `None` where they were suppressed for good.
    pub ran: Option<i64>,
}

/// The states of a composite alarm by its rule; `children` by name. The error names a child that is not known.
pub fn replay(
    alarm_rule: &str,
    children: &BTreeMap<String, Timeline>,
    from: i64,
    until: i64,
) -> Result<Timeline, String> {
    let rule = rule::parse(alarm_rule).map_err(|error| error.message)?;
    let mut known: BTreeMap<&str, &Timeline> = BTreeMap::new();
    for name in rule.alarms() {
        let timeline = children.get(plain(name)).ok_or_else(|| format!("the states of `{name}` are not known"))?;
        known.insert(name, timeline);
    }
    let mut moments: Vec<i64> = known.values().flat_map(|t| t.changes.iter().map(|change| change.at)).collect();
    moments.push(from);
    moments.retain(|at| (from..=until).contains(at));
    moments.sort_unstable();
    moments.dedup();
    let state = |at: i64| {
        let of = |name: &str| known.get(name).map(|timeline| timeline.at(at));
        if rule.holds(&of) { AlarmState::Alarm } else { AlarmState::Ok }
    };
    let mut timeline = Timeline::new(from, until, state(from));
    for at in moments {
        timeline.put(at, state(at));
    }
    Ok(timeline)
}

/// The name in a reference that may be an ARN.
pub fn plain(reference: &str) -> &str {
    reference.split_once(":alarm:").map_or(reference, |(_, name)| name)
}

/// The actions of each change. While the suppressor is in ALARM, while the composite waits for it to get there (wait), and for the
/// extension after it has left, nothing is told; when that is over, the state that then holds is told, if it is not what was told
/// last (PutCompositeAlarm, ActionsSuppressorWaitPeriod and ActionsSuppressorExtensionPeriod; what happens to changes that are
/// undone meanwhile is not documented).
pub fn actions(composite: &Timeline, suppressor: Option<(&Timeline, i64, i64)>) -> Vec<Action> {
    let Some((suppressor, wait, extension)) = suppressor else {
        let told = composite.changes.iter().map(|change| Action {
            changed: change.at,
            state: change.to,
            ran: Some(change.at),
        });
        return told.collect();
    };
    let silent: Vec<Span> = suppressor.alarms().iter().map(|(from, until)| (*from, until + extension)).collect();
    // When a change at this time can be told: after the wait, unless the suppressor takes over meanwhile.
    let free_from = |at: i64| {
        let mut free = if silent.iter().any(|(from, until)| *from <= at && at < *until) { at } else { at + wait };
        while let Some((_, until)) = silent.iter().find(|(from, until)| *from <= free && free < *until) {
            free = *until;
        }
        free
    };
    let mut told = composite.start;
    let mut actions: Vec<Action> = Vec::new();
    for (n, change) in composite.changes.iter().enumerate() {
        let free = free_from(change.at);
        let next = composite.changes.get(n + 1).map_or(i64::MAX, |next| next.at);
        let ran = (free < next && free <= composite.until && change.to != told).then_some(free);
        if ran.is_some() {
            told = change.to;
        }
        actions.push(Action { changed: change.at, state: change.to, ran });
    }
    actions
}
