//! `apply --mute`: the alarms that a plan creates or changes, and the composite alarms of the stack above them, notify nobody until
//! their first evaluations are over. What exists is muted before anything is written, by rules that end by themselves. A rule may
//! only name alarms that exist (CloudWatch API reference, MuteTargets): what is new is created with its actions off, muted, and then
//! switched on, so that a run that is killed leaves an alarm that the next plan completes, as it does one that was not created yet.

use super::events::{ApplyOutcome, ChangeResult, MutedAlarms};
use super::executor;
use crate::aws::{Aws, AwsError};
use crate::plan::{Action, Note, NoteKind, Plan, PlannedChange};
use crate::resources::Address;
use crate::resources::any_alarm::aws::{BATCH, enable_actions};
use crate::resources::mute_rule::aws::begin;
use crate::resources::mute_rule::temporary::{MuteOrigin, MuteReason, TemporaryMute};
use std::collections::BTreeSet;

/// What a plan mutes, of a person who asked for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApplyMute {
    /// Names of alarms that exist.
    existing: Vec<String>,
    /// Those that the plan creates with actions that are on.
    created: BTreeSet<Address>,
    /// Seconds from the last write on.
    seconds: i64,
}

impl ApplyMute {
    /// Returns what the plan mutes for so many seconds after its writes.
    pub fn of(plan: &Plan, seconds: i64) -> Self {
        let alarms = || plan.changes.iter().filter(|change| change.address.kind.is_alarm());
        let acts = |change: &&PlannedChange| {
            let actions = change.after.as_ref().and_then(|after| after.actions());
            actions.is_some_and(|actions| actions.enabled && actions.all().next().is_some())
        };
        let created = alarms().filter(|change| change.action == Action::Create).filter(acts);
        let created = created.map(|change| change.address.clone()).collect();
        let mut touched: BTreeSet<&Address> =
            alarms().filter(|change| is_written(change)).map(|c| &c.address).collect();
        // A composite alarm changes with its children, one above another one through that one.
        loop {
            let above = alarms().filter(|change| !touched.contains(&change.address) && change.before.is_some());
            let above: Vec<&Address> = above
                .filter(|change| {
                    change
                        .after
                        .as_ref()
                        .is_some_and(|after| after.references(&plan.target).iter().any(|child| touched.contains(child)))
                })
                .map(|change| &change.address)
                .collect();
            if above.is_empty() {
                break;
            }
            touched.extend(above);
        }
        let exists = |change: &&PlannedChange| change.before.is_some() && touched.contains(&change.address);
        let existing = alarms().filter(exists).map(|change| change.address.name.clone()).collect();
        Self { existing, created, seconds }
    }

    /// How many alarms it mutes.
    pub fn count(&self) -> usize {
        self.existing.len() + self.created.len()
    }

    /// The plan as it is written: new alarms with their actions off.
    pub fn silenced(&self, plan: &Plan) -> Plan {
        let mut plan = plan.clone();
        for change in &mut plan.changes {
            if self.created.contains(&change.address)
                && let Some(actions) = change.after.as_mut().and_then(|after| after.actions_mut())
            {
                actions.enabled = false;
            }
        }
        plan
    }

    /// Mutes what exists, until the writes are over and the time after them.
    pub async fn begin(&self, aws: &Aws, plan: &Plan) -> Result<MutedAlarms, AwsError> {
        let writes = i64::try_from(executor::time_for(aws, plan).as_secs()).unwrap_or(i64::MAX);
        let until = aws.clock.now().saturating_add(writes).saturating_add(self.seconds);
        self.mute(aws, plan, &self.existing, until).await
    }

    /// Mutes what was created, and switches its actions on: in any case, for an alarm that is off for good is worse than a mail.
    pub async fn finish(
        &self,
        aws: &Aws,
        plan: &Plan,
        mut muted: MutedAlarms,
        results: &mut [ChangeResult],
    ) -> (MutedAlarms, Vec<Note>) {
        // An interrupt must not leave them off.
        let aws = &aws.steady();
        let made =
            |result: &&mut ChangeResult| result.outcome == ApplyOutcome::Done && self.created.contains(&result.address);
        let mut made: Vec<&mut ChangeResult> = results.iter_mut().filter(made).collect();
        let mut notes = Vec::new();
        if made.is_empty() {
            return (muted, notes);
        }
        let names: Vec<String> = made.iter().map(|result| result.address.name.clone()).collect();
        let until = muted.until.max(aws.clock.now().saturating_add(self.seconds));
        match self.mute(aws, plan, &names, until).await {
            Ok(more) => {
                muted.alarms.extend(more.alarms);
                muted.alarms.sort();
                muted.rules.extend(more.rules);
                muted.until = more.until;
            }
            Err(error) => {
                let text =
                    format!("the {} new alarms could not be muted, and notify from now on: {error}", names.len());
                notes.push(Note { remedy: error.remedy(), ..Note::new(NoteKind::Warning, text) });
            }
        }
        for (names, results) in names.chunks(BATCH).zip(made.chunks_mut(BATCH)) {
            if let Err(error) = enable_actions(aws, names).await {
                results.iter_mut().for_each(|result| result.outcome = executor::failed(&error));
            }
        }
        (muted, notes)
    }

    async fn mute(&self, aws: &Aws, plan: &Plan, names: &[String], until: i64) -> Result<MutedAlarms, AwsError> {
        if names.is_empty() {
            return Ok(MutedAlarms { alarms: Vec::new(), rules: Vec::new(), until });
        }
        let reason = MuteReason { by: aws.caller().await?, why: format!("apply of stack {}", plan.stack) };
        let mute = TemporaryMute::new(MuteOrigin::Apply, names.to_vec(), aws.clock.now(), until, reason);
        let rules = begin(aws, &mute).await?;
        Ok(MutedAlarms { alarms: mute.alarms, rules, until: mute.until })
    }
}

/// Whether an alarm's configuration is written: tags notify nobody.
fn is_written(change: &PlannedChange) -> bool {
    match change.action {
        Action::Create | Action::Replace => true,
        Action::Update | Action::Adopt => change.fields.iter().any(|field| !field.field.starts_with("tags.")),
        Action::Delete | Action::StopManaging | Action::NoOp => false,
    }
}
