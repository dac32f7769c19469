//! Composite alarms over the states of others.

use super::timeline::Timeline;
use crate::rule;
use crate::state::AlarmState;
use std::collections::BTreeMap;

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
