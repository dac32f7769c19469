//! The reads of a status: the plan's own, so that there is no second way to know what stands, and beside it what only a status shows.

use super::curve::{self, AlarmCurves};
use super::{AlarmStatus, StackStatus, StatusStateChange, budget, build, history, mute, reason};
use crate::aws::{Aws, AwsError};
use crate::pipeline::{self, Select};
use crate::plan::{Consent, Note, NoteKind};
use crate::resources::{Alarm, Live, Resource};
use crate::spec::BoundSpec;
use anyhow::Result;
use std::collections::{BTreeMap, BTreeSet};

/// What is wanted beyond the resources themselves; each costs a call.
#[derive(Debug, Clone, Copy)]
pub struct StatusOptions<'a> {
    /// Seconds since 1970.
    pub now: i64,
    /// What alarms watch and how often functions ran.
    pub curves: bool,
    /// How many of the last changes of state.
    pub changes: usize,
    /// The status of a moment ago: what cannot have changed since is taken from it instead of read again.
    pub previous: Option<&'a StackStatus>,
}

/// Reads the target. Fails only where nothing can be known at all.
pub async fn read(aws: &Aws, bound: &BoundSpec, select: &Select, asking: StatusOptions<'_>) -> Result<StackStatus> {
    let consent = Consent::default();
    let (planned, mutes) =
        futures_util::join!(pipeline::plan(aws, bound, select, &consent), mute::read(aws, asking.now));
    let planned = planned?;
    let of_stack = planned.plan.changes.iter().map(|change| &change.address);
    let alarms = of_stack.filter(|address| address.kind.is_alarm());
    let live: Vec<&Live> = alarms.filter_map(|address| planned.snapshot.live(address)).collect();
    let names: BTreeSet<String> = live.iter().map(|live| live.resource.name()).collect();
    let metric_alarms: Vec<&Alarm> = live
        .iter()
        .filter_map(|live| match &live.resource {
            Resource::Alarm(alarm) => Some(alarm.as_ref()),
            _ => None,
        })
        .collect();
    let found = planned.snapshot.functions.iter().filter(|(_, facts)| facts.is_ok());
    let functions: Vec<&str> = found.map(|(name, _)| name.as_str()).collect();
    let curves = async {
        match asking.previous.and_then(|previous| curves_of(previous, asking.now, &metric_alarms)) {
            Some(curves) => Ok(curves),
            None if asking.curves => curve::read(aws, &metric_alarms, &functions, asking.now, asking.previous).await,
            None => Ok(AlarmCurves::default()),
        }
    };
    let changes = async {
        match asking.previous.and_then(|previous| changes_of(previous, &live)) {
            Some(changes) => Ok(Some(changes)),
            None if asking.changes > 0 && !names.is_empty() => {
                history::recent(aws, &names, asking.changes).await.map(Some)
            }
            None => Ok(None),
        }
    };
    let mut slos = planned.bound(bound).desired(&planned.plan.target, &BTreeMap::new())?.slos;
    slos.retain(|slo| asking.curves && slo.alerts.iter().any(|alert| select.covers(&alert.composite)));
    let budgets = budget::read(aws, slos, asking.now, asking.previous);
    let (curves, changes, slos) = futures_util::join!(curves, changes, budgets);
    let mut notes = Vec::new();
    let curves = curves.unwrap_or_else(|error| {
        notes.push(unknown("what the alarms watch", &error));
        AlarmCurves::default()
    });
    if let Some(Err(why)) = slos.iter().find(|one| !one.is_read).map(|one| &one.budget) {
        notes.push(Note::new(NoteKind::Unknown, format!("the error budgets could not be read: {why}")));
    }
    let changes = changes.unwrap_or_else(|error| {
        notes.push(unknown("the last changes of state", &error));
        None
    });
    Ok(StackStatus { slos, ..build(&planned, &mutes, curves, changes, notes, asking.now) })
}

/// The curves of a status of the same minute, if its alarms are those that stand now: metrics have one value a minute.
fn curves_of(previous: &StackStatus, now: i64, alarms: &[&Alarm]) -> Option<AlarmCurves> {
    if previous.at.div_euclid(60) != now.div_euclid(60) {
        return None;
    }
    let mut curves = AlarmCurves::default();
    for alarm in alarms {
        let same = |known: &&AlarmStatus| matches!(&known.resource, Resource::Alarm(known) if known.as_ref() == *alarm);
        let known = previous.alarms.iter().find(same)?;
        curves.alarms.insert(alarm.name.clone(), known.curve.clone()?);
    }
    for function in &previous.functions {
        curves.functions.extend(function.invocations.clone().map(|found| (function.name.clone(), found)));
    }
    Some(curves)
}

/// The last changes of state of an earlier status, if no alarm has changed its state since.
fn changes_of(previous: &StackStatus, live: &[&Live]) -> Option<Vec<StatusStateChange>> {
    let is_as_before = |live: &&Live| {
        let address = live.resource.address();
        let known = previous.alarms.iter().find(|alarm| alarm.address == address);
        let since = live.facts.alarm.as_ref().and_then(|facts| facts.since);
        let state = live.facts.alarm_state.as_deref().and_then(reason::state);
        known.is_some_and(|known| known.since == since && known.state == state)
    };
    previous.changes.clone().filter(|_| live.iter().all(is_as_before))
}

fn unknown(what: &str, error: &AwsError) -> Note {
    Note { remedy: error.remedy(), ..Note::new(NoteKind::Unknown, format!("{what} could not be read: {error}")) }
}
