//! A plan and what was read beside it -> the status. Pure: the plan has read everything, its changes say how live differs.

use super::mute::Mutes;
use super::{
    AlarmCurves, AlarmStatus, Drift, DriftState, FunctionStatus, Life, LogGroupStatus, Reason, StackStatus,
    StatusStateChange, SubscriptionStatus, TopicStatus, reason,
};
use crate::pipeline::PlannedTarget;
use crate::plan::ownership::{self, Ownership};
use crate::plan::{Action, Note, PlannedChange};
use crate::resources::alarm::MetricStat;
use crate::resources::{Address, Alarm, ConfirmationState, Kind, Live, Observation, Resource};
use std::collections::BTreeMap;

/// The status at a moment, in seconds since 1970.
pub fn build(
    planned: &PlannedTarget,
    mutes: &Mutes,
    mut curves: AlarmCurves,
    changes: Option<Vec<StatusStateChange>>,
    more_notes: Vec<Note>,
    at: i64,
) -> StackStatus {
    let plan = &planned.plan;
    let mut status = StackStatus {
        stack: plan.stack.clone(),
        target: plan.target.clone(),
        at,
        alarms: Vec::new(),
        topics: Vec::new(),
        subscriptions: Vec::new(),
        log_groups: Vec::new(),
        functions: Vec::new(),
        slos: Vec::new(),
        drift: plan.changes.iter().filter(|c| c.is_effective() || c.blocked.is_some()).map(Drift::of).collect(),
        changes,
        notes: Vec::new(),
    };
    for change in &plan.changes {
        let live = planned.snapshot.live(&change.address);
        let standing = standing(change, planned);
        let Some(resource) = live.map(|live| &live.resource).or(change.after.as_ref()) else { continue };
        match resource {
            resource if resource.kind().is_alarm() => {
                status.alarms.push(alarm(&change.address, standing, resource, live, mutes, &mut curves));
            }
            Resource::Topic(_) => status.topics.push(TopicStatus { address: change.address.clone(), standing }),
            Resource::Subscription(_) => status.subscriptions.push(subscription(resource, standing, live)),
            Resource::LogGroup(_) => status.log_groups.push(log_group(&change.address, standing, live)),
            // What has no life of its own is told of where it drifts.
            _ => {}
        }
    }
    status.subscriptions.extend(others(planned));
    status.functions = planned
        .snapshot
        .functions
        .iter()
        .map(|(name, facts)| FunctionStatus {
            name: name.clone(),
            facts: facts.clone(),
            invocations: curves.functions.remove(name),
        })
        .collect();
    let own = plan.all_notes().map(|(address, note)| (address.cloned(), note.clone()));
    status.notes = own.chain(mutes.note.iter().cloned().chain(more_notes).map(|note| (None, note))).collect();
    status
}

fn standing(change: &PlannedChange, planned: &PlannedTarget) -> DriftState {
    if let Some(Observation::Unknown(why)) = planned.snapshot.observations.get(&change.address) {
        return DriftState::Unknown(why.clone());
    }
    match change.action {
        _ if !planned.desired.contains_key(&change.address) => DriftState::LeftOver,
        Action::Create => DriftState::Missing,
        Action::Update | Action::Replace => {
            DriftState::Differs(change.fields.iter().map(|field| field.field.clone()).collect())
        }
        Action::Adopt => other_owner(change, planned).map_or(DriftState::NotOurs, DriftState::OwnedBy),
        Action::Delete | Action::StopManaging => DriftState::LeftOver,
        Action::NoOp => DriftState::AsAsked,
    }
}

fn other_owner(change: &PlannedChange, planned: &PlannedTarget) -> Option<String> {
    let tags = change.before.as_ref()?.resource.tags()?;
    match ownership::of_tags(change.address.kind, &change.address.name, tags, &planned.plan.stack) {
        Ownership::OtherStack(stack) => Some(format!("stack {stack:?}")),
        Ownership::OtherTool(other) => Some(other.to_string()),
        Ownership::Made | Ownership::Adopted | Ownership::Unowned => None,
    }
}

fn alarm(
    address: &Address,
    standing: DriftState,
    resource: &Resource,
    live: Option<&Live>,
    mutes: &Mutes,
    curves: &mut AlarmCurves,
) -> AlarmStatus {
    let function = match resource {
        Resource::Alarm(alarm) => function_of(alarm),
        _ => None,
    };
    let facts = live.and_then(|live| live.facts.alarm.as_deref());
    let suppressed = facts.and_then(|facts| facts.suppressed_reason.clone().or(facts.suppressed_by.clone()));
    AlarmStatus {
        address: address.clone(),
        standing,
        resource: resource.clone(),
        state: live.and_then(|live| reason::state(live.facts.alarm_state.as_deref()?)),
        since: facts.and_then(|facts| facts.since),
        reason: facts.map(|facts| Reason::parse(&facts.reason)),
        evaluation: facts.and_then(|facts| facts.evaluation.clone()),
        actions_enabled: resource.actions().is_none_or(|actions| actions.enabled),
        muted: mutes.by_alarm.get(&address.name).cloned(),
        suppressed: suppressed.filter(|reason| !reason.is_empty()),
        function,
        curve: curves.alarms.remove(&address.name).filter(|_| address.kind == Kind::Alarm),
    }
}

/// The function whose metrics an alarm watches.
fn function_of(alarm: &Alarm) -> Option<String> {
    let of = |dimensions: &BTreeMap<String, String>| dimensions.get("FunctionName").cloned();
    let of_metric = |metric: &MetricStat| of(&metric.dimensions);
    let metrics = || alarm.metrics.iter().filter_map(|query| query.metric.as_ref());
    of(&alarm.dimensions).or_else(|| metrics().find_map(of_metric))
}

fn subscription(resource: &Resource, standing: DriftState, live: Option<&Live>) -> SubscriptionStatus {
    let (topic, protocol, endpoint) = match resource {
        Resource::Subscription(s) => (s.topic.clone(), s.protocol.clone(), s.endpoint.clone()),
        _ => Default::default(),
    };
    let life = match (live.and_then(|live| live.facts.confirmation), live, &standing) {
        (_, _, DriftState::Unknown(_)) => Life::Unknown,
        (Some(ConfirmationState::Pending), ..) => Life::Pending,
        (Some(ConfirmationState::Lost), ..) => Life::Lost,
        (Some(ConfirmationState::Confirmed), ..) | (None, Some(_), _) => Life::Confirmed,
        (None, None, _) => Life::Missing,
    };
    SubscriptionStatus { address: resource.address(), standing, topic, protocol, endpoint, life }
}

/// Subscriptions of the stack's topics that the spec never made; they are told, too.
fn others(planned: &PlannedTarget) -> impl Iterator<Item = SubscriptionStatus> + '_ {
    let known = |address: &Address| planned.plan.changes.iter().any(|change| change.address == *address);
    let found = planned.snapshot.observations.iter().filter_map(|(address, observation)| {
        Some((address, observation.live().filter(|_| address.kind == Kind::Subscription)?))
    });
    found
        .filter(move |(address, live)| !known(address) && live.facts.confirmation != Some(ConfirmationState::Lost))
        .map(|(_, live)| subscription(&live.resource, DriftState::NotOurs, Some(live)))
}

fn log_group(address: &Address, standing: DriftState, live: Option<&Live>) -> LogGroupStatus {
    let retention = live.and_then(|live| match &live.resource {
        Resource::LogGroup(group) => Some(group.retention_in_days),
        _ => None,
    });
    LogGroupStatus {
        address: address.clone(),
        standing,
        retention,
        policy: live.and_then(|live| live.facts.retention_policy_name.clone()),
        stored_bytes: live.and_then(|live| live.facts.stored_bytes),
    }
}
