//! The reads of a status: the plan's own, so that there is no second way to know what stands, and beside it what only a status shows.

use super::curve::{self, Curves};
use super::{Status, build, history, mute};
use crate::aws::{Aws, AwsError};
use crate::fleet::{self, Select};
use crate::plan::{Consent, Note, NoteKind};
use crate::resources::{Alarm, Kind, Resource};
use crate::spec::Bound;
use anyhow::Result;
use std::collections::BTreeSet;

/// What is wanted beyond the resources themselves; each costs a call.
#[derive(Debug, Clone, Copy)]
pub struct Asking {
    /// Seconds since 1970.
    pub now: i64,
    /// What alarms watch and how often functions ran.
    pub curves: bool,
    /// When functions that did not run lately last did.
    pub idle: bool,
    /// How many of the last changes of state.
    pub changes: usize,
}

/// Reads the target. Fails only where nothing can be known at all.
pub async fn read(aws: &Aws, bound: &Bound, select: &Select, asking: Asking) -> Result<Status> {
    let consent = Consent::default();
    let (planned, mutes) = futures_util::join!(fleet::plan(aws, bound, select, &consent), mute::read(aws, asking.now));
    let planned = planned?;
    let of_stack = planned.plan.changes.iter().map(|change| &change.address);
    let alarms = of_stack.filter(|address| matches!(address.kind, Kind::Alarm | Kind::CompositeAlarm));
    let alarms: BTreeSet<String> =
        alarms.filter(|a| planned.snapshot.live(a).is_some()).map(|a| a.name.clone()).collect();
    let standing: Vec<&Alarm> = planned
        .snapshot
        .observations
        .values()
        .filter_map(|observation| match &observation.live()?.resource {
            Resource::Alarm(alarm) if alarms.contains(&alarm.name) => Some(alarm.as_ref()),
            _ => None,
        })
        .collect();
    let found = planned.snapshot.functions.iter().filter(|(_, facts)| facts.is_ok());
    let functions: Vec<&str> = found.map(|(name, _)| name.as_str()).collect();
    let curves = async {
        if asking.curves {
            curve::read(aws, &standing, &functions, asking.now, asking.idle).await
        } else {
            Ok(Curves::default())
        }
    };
    let changes = async {
        if asking.changes > 0 && !alarms.is_empty() {
            history::recent(aws, &alarms, asking.changes).await.map(Some)
        } else {
            Ok(None)
        }
    };
    let (curves, changes) = futures_util::join!(curves, changes);
    let mut notes = Vec::new();
    let curves = curves.unwrap_or_else(|error| {
        notes.push(unknown("what the alarms watch", &error));
        Curves::default()
    });
    let changes = changes.unwrap_or_else(|error| {
        notes.push(unknown("the last changes of state", &error));
        None
    });
    Ok(build(&planned, &mutes, curves, changes, notes, asking.now))
}

fn unknown(what: &str, error: &AwsError) -> Note {
    Note { remedy: error.remedy(), ..Note::new(NoteKind::Unknown, format!("{what} could not be read: {error}")) }
}
