//! From what a pipeline found of a target to its row.

use super::rows::{AlarmStates, Drift, FleetRow, SubscriptionCounts, TargetFailure, TargetState, Verdicts};
use super::target::FleetTarget;
use crate::apply::{ApplyOutcome, ApplyReport, NotAsWritten};
use crate::backtest::BacktestVerdict;
use crate::pipeline::{NotAllowed, PlannedTarget, Proposal};
use crate::plan::drift::{DriftOutcome, StackDrift};
use crate::plan::{Action, Note, NoteKind, Plan, PlanSummary};
use crate::resources::{Address, ConfirmationState, Kind, LiveSnapshot, Resource};
use std::collections::BTreeSet;

impl FleetRow {
    /// What a proposal says of a member: its plan, its cost and, where the past was looked at, how its alarms would have behaved.
    pub fn of_proposal(member: &FleetTarget, proposal: &Proposal) -> Self {
        let past = proposal.past.as_ref().filter(|past| !past.is_empty());
        let found = past.map(|past| past.iter().map(|one| one.outcome.as_ref().ok().map(|(_, verdict)| *verdict)));
        let cost = &proposal.cost;
        Self {
            cost: Some(cost.after.total),
            currency: Some(cost.currency.clone()),
            usage: cost.usage.iter().map(|usage| usage.what.clone()).collect(),
            backtest: found.map(Verdicts::count),
            ..Self::of_plan(member, &proposal.planned)
        }
    }

    /// What a plan says of a member.
    pub fn of_plan(member: &FleetTarget, planned: &PlannedTarget) -> Self {
        let plan = &planned.plan;
        let drift: Vec<Drift> = plan.effective().map(Drift::of).collect();
        let state = match () {
            () if plan.refusals().next().is_some() => TargetState::Blocked,
            () if plan.is_incomplete() => TargetState::Partial,
            () if !drift.is_empty() => TargetState::Pending,
            () => TargetState::InSync,
        };
        Self {
            planned: Some(plan.summary()),
            subscriptions: subscriptions(planned),
            alarms: alarms(planned.desired.keys(), &planned.snapshot),
            notes: plan.all_notes().filter(|(_, note)| note.kind != NoteKind::Info).map(told).collect(),
            failure: blocked(plan),
            drift,
            ..FleetRow::new(member, state)
        }
    }

    /// What is judged without changing anything: how the member stands, and nothing of what would be done.
    pub fn of_judged(member: &FleetTarget, planned: &PlannedTarget) -> Self {
        let known = Self::of_plan(member, planned);
        let state = match known.state {
            TargetState::Blocked => TargetState::Pending,
            state => state,
        };
        // Why it is not known whole belongs to how it stands; what a plan would do does not.
        let notes = known.notes.into_iter().filter(|note| note.kind == NoteKind::Unknown).collect();
        Self { subscriptions: known.subscriptions, alarms: known.alarms, notes, ..Self::new(member, state) }
    }

    /// What differs of a member that others deploy. An action is what would undo the difference.
    pub fn of_drift(member: &FleetTarget, found: &StackDrift) -> Self {
        let drift = found.resources.iter().map(|one| Drift {
            address: one.address.clone(),
            action: match one.outcome {
                DriftOutcome::Missing => Action::Create,
                DriftOutcome::Differs => Action::Update,
                DriftOutcome::Undeclared => Action::Delete,
            },
            fields: one.fields.clone(),
            blocked: None,
        });
        let state = match () {
            () if found.is_incomplete() => TargetState::Partial,
            () if !found.resources.is_empty() => TargetState::Drifted,
            () => TargetState::InSync,
        };
        Self { drift: drift.collect(), notes: found.unknown.clone(), ..Self::new(member, state) }
    }

    /// The same row after the plan was carried out: what is left to do is what differs now.
    pub fn applied(self, report: &ApplyReport) -> Self {
        let done = |address: &Address| {
            report.results.iter().any(|result| result.address == *address && result.outcome == ApplyOutcome::Done)
        };
        // A failed read is unknown, never a difference.
        let looked = report.verified.iter().flat_map(|verified| &verified.differing);
        let (unread, differing): (Vec<_>, Vec<_>) = looked.partition(|(_, how)| matches!(how, NotAsWritten::Unread(_)));
        let kept: BTreeSet<&Address> = differing.iter().map(|(address, _)| address).collect();
        let applied: PlanSummary =
            self.drift.iter().filter(|drift| done(&drift.address)).map(|drift| drift.action).collect();
        let left = |drift: &Drift| !done(&drift.address) || kept.contains(&drift.address);
        let state = match () {
            () if report.interrupted && report.done() == 0 && report.failed().next().is_none() => {
                TargetState::NotStarted
            }
            () if !report.is_complete() || report.interrupted || self.state == TargetState::Partial => {
                TargetState::Partial
            }
            () => TargetState::Applied,
        };
        let told = |result: &&crate::apply::ChangeResult| {
            matches!(result.outcome, ApplyOutcome::Failed { .. } | ApplyOutcome::Skipped { .. })
        };
        let unread = unread.first().map(|(address, how)| {
            let more = if unread.len() > 1 { format!(" (and {} more)", unread.len() - 1) } else { String::new() };
            Note::new(NoteKind::Unknown, format!("{address}{more}: {how}"))
        });
        // What could not be read before is no better known now, and what was consented to stays known. Who has to act is on the
        // list of what is to do.
        let kept_notes: Vec<Note> = self.notes.into_iter().filter(|note| note.kind != NoteKind::Act).collect();
        let differing = differing.iter();
        let differing = differing.map(|(address, how)| Note::new(NoteKind::Warning, format!("{address}: {how}")));
        Self {
            state,
            applied: Some(applied),
            subscriptions: self.subscriptions.map(|before| confirmed(before, &self.drift, report)),
            failed: report.results.iter().filter(told).cloned().collect(),
            notes: kept_notes.into_iter().chain(differing).chain(unread).chain(report.to_do.iter().cloned()).collect(),
            drift: self.drift.into_iter().filter(left).collect(),
            ..self
        }
    }

    /// The member could not be worked on.
    pub fn failed(member: &FleetTarget, state: TargetState, failure: TargetFailure) -> Self {
        Self { failure: Some(failure), ..FleetRow::new(member, state) }
    }

    /// Of an apply or a destroy, whether the target ended matches the spec.
    pub fn is_in_sync(&self) -> bool {
        matches!(self.state, TargetState::InSync | TargetState::Applied)
    }
}

/// A note of a plan as a row tells it: a warning names the resource that it is about, since a row has no place for it.
fn told((address, note): (Option<&Address>, &Note)) -> Note {
    match (address, note.kind) {
        (Some(address), NoteKind::Warning) => Note { text: format!("{address}: {}", note.text), ..note.clone() },
        _ => note.clone(),
    }
}

impl Verdicts {
    /// Counts them; `None` is an alarm of which nothing is known.
    pub fn count(found: impl Iterator<Item = Option<BacktestVerdict>>) -> Self {
        let mut counts = Self::default();
        for verdict in found {
            *match verdict {
                Some(BacktestVerdict::AlwaysOn) => &mut counts.always_on,
                Some(BacktestVerdict::Noisy) => &mut counts.noisy,
                Some(BacktestVerdict::Blind) => &mut counts.blind,
                Some(BacktestVerdict::Silent) => &mut counts.silent,
                Some(BacktestVerdict::Useful) => &mut counts.useful,
                Some(BacktestVerdict::Quiet) => &mut counts.quiet,
                None => &mut counts.unknown,
            } += 1;
        }
        counts
    }
}

impl Drift {
    /// Of an effective or a refused change.
    pub fn of(change: &crate::plan::PlannedChange) -> Self {
        Self {
            address: change.address.clone(),
            action: change.action,
            fields: change.fields.clone(),
            blocked: change.blocked.clone(),
        }
    }
}

/// The first thing in the way; all of them are in the drift.
fn blocked(plan: &Plan) -> Option<TargetFailure> {
    let (address, blocked) = plan.refusals().next()?;
    let message = match address {
        Some(address) => format!("{address}: {}", blocked.reason),
        None => blocked.reason.clone(),
    };
    Some(TargetFailure { message, remedy: Some(blocked.remedy.clone()), exit: NotAllowed::EXIT })
}

/// The subscriptions that the spec asks for; `None` where it asks for none.
fn subscriptions(planned: &PlannedTarget) -> Option<SubscriptionCounts> {
    let wanted = planned.desired.values().filter(|resource| matches!(resource, Resource::Subscription(_)));
    let mut found = None;
    for resource in wanted {
        let counts: &mut SubscriptionCounts = found.get_or_insert_default();
        let live = planned.snapshot.live(&resource.address());
        let count = match live.map(|live| live.facts.confirmation) {
            None => &mut counts.missing,
            Some(Some(ConfirmationState::Pending)) => &mut counts.pending,
            Some(Some(ConfirmationState::Lost)) => &mut counts.lost,
            Some(Some(ConfirmationState::Confirmed) | None) => &mut counts.confirmed,
        };
        *count += 1;
    }
    found
}

/// The counts after an apply: whoever has to confirm is on its list of what is to do.
fn confirmed(before: SubscriptionCounts, drift: &[Drift], report: &ApplyReport) -> SubscriptionCounts {
    let is_new = |drift: &&Drift| drift.address.kind == Kind::Subscription && drift.action == Action::Create;
    let made = |drift: &&Drift| {
        report.results.iter().any(|result| result.address == drift.address && result.outcome == ApplyOutcome::Done)
    };
    let all = before.confirmed + before.pending + before.lost + before.missing;
    let left = drift.iter().filter(is_new).filter(|drift| !made(drift)).count();
    let pending = report.to_do.iter().filter(|note| note.kind == NoteKind::Act).count().min(all - left);
    SubscriptionCounts { confirmed: all - left - pending, pending, lost: 0, missing: left }
}

/// The states of the alarms that the spec asks for; `None` where none of them is there.
fn alarms<'a>(desired: impl Iterator<Item = &'a Address>, snapshot: &LiveSnapshot) -> Option<AlarmStates> {
    let mut found = None;
    for facts in desired.filter_map(|address| Some(&snapshot.live(address)?.facts)) {
        let Some(state) = facts.alarm_state.as_deref() else { continue };
        let counts: &mut AlarmStates = found.get_or_insert_default();
        match state {
            "OK" => counts.ok += 1,
            "ALARM" => counts.alarm += 1,
            _ => {
                counts.insufficient_data += 1;
                counts.new += usize::from(facts.alarm.as_ref().is_some_and(|alarm| alarm.is_unevaluated()));
            }
        }
    }
    found
}
