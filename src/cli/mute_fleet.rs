//! `mlopsctl mute` and `unmute` over a roster: what is meant in each account, one question, and a row an account.

use super::CommandContext;
use super::exit::Exit;
use super::failure::CliFailure;
use super::fleet::{Fleet, ProgressDetail, RosterWrites};
use super::mute_scope::{MuteScope, MuteTime};
use super::report::ReportFormat;
use crate::fleet::{FleetRow, FleetTarget, TargetState};
use crate::model::Target;
use crate::ops::mute::{self, MuteOwner, StandingMute};
use crate::pipeline::TargetContext;
use crate::plan::{Note, NoteKind, PlanSummary};
use crate::report::count;
use crate::report::watch::mutes::{kept, question};
use crate::resources::mute_rule::aws::begin;
use crate::resources::mute_rule::temporary::{MuteOrigin, MuteReason, TemporaryMute};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// What is meant, and whether it is asked for.
pub struct RosterMute<'a> {
    pub fleet: &'a Fleet,
    pub intent: MuteIntent<'a>,
    /// All alarms of each account, not only those of the spec.
    pub all: bool,
    pub yes: bool,
    pub format: ReportFormat,
}

pub enum MuteIntent<'a> {
    Begin { words: &'a [String], time: MuteTime, why: &'a str },
    End(&'a [String]),
}

/// What is to be done in one account.
enum PreparedMute {
    Begin(TemporaryMute),
    /// Each rule with the alarms for which it ends, and what stays muted and why.
    End(Vec<(StandingMute, BTreeSet<String>)>, Option<CliFailure>),
}

impl PreparedMute {
    fn alarms(&self) -> usize {
        match self {
            Self::Begin(mute) => mute.alarms.len(),
            Self::End(ended, _) => ended.iter().flat_map(|(_, alarms)| alarms).collect::<BTreeSet<_>>().len(),
        }
    }

    fn summary(&self) -> PlanSummary {
        match self {
            Self::Begin(mute) => PlanSummary { add: mute.rules().len(), ..PlanSummary::default() },
            Self::End(ended, _) => of_ended(ended.iter().map(|(mute, alarms)| (mute, alarms))),
        }
    }
}

impl RosterMute<'_> {
    pub async fn run(&self, run: &mut CommandContext<'_>) -> Result<Exit, CliFailure> {
        let prepared = RefCell::new(BTreeMap::<Target, PreparedMute>::new());
        let look = async |member: &FleetTarget, at: TargetContext| {
            let scope = MuteScope::of(at, member.target.clone(), self.all).await?;
            let (row, own) = self.prepare(member, &scope).await?;
            if let Some(own) = own {
                prepared.borrow_mut().insert(member.target.clone(), own);
            }
            Ok(row)
        };
        let rows = self.fleet.each(ProgressDetail::Failures, run, look).await;
        let prepared = prepared.into_inner();
        let (command, until) = match &self.intent {
            MuteIntent::Begin { time, .. } => ("mute", Some(time.until)),
            MuteIntent::End(_) => ("unmute", None),
        };
        let question = question(prepared.values().map(PreparedMute::alarms).sum(), prepared.len(), until);
        let is_nothing = prepared.is_empty() && rows.iter().all(|row| row.state == TargetState::InSync);
        if let (MuteIntent::End(words), true) = (&self.intent, is_nothing && !rows.is_empty()) {
            let what = format!("nothing that `{}` means is muted in {}", words.join(" "), count(rows.len(), "target"));
            return Err(CliFailure::say(Exit::Usage, what, "`mlopsctl mute --list` in an account shows what is muted"));
        }
        // What means nothing anywhere is a mistake of the command line: running again ends the same way.
        let is_usage = |row: &FleetRow| row.failure.as_ref().is_some_and(|one| one.exit == Exit::Usage.code());
        if let (true, Some(failure)) = (rows.iter().all(is_usage), rows.first().and_then(|row| row.failure.clone())) {
            return Err(CliFailure::say(Exit::Usage, failure.message, failure.remedy.unwrap_or_default()));
        }
        let writes = RosterWrites { command, yes: self.yes, format: self.format, question };
        let write = async |member: &FleetTarget, own: PreparedMute| self.write(member, own).await;
        self.fleet.confirmed(writes, rows, prepared, run, write).await
    }

    async fn prepare(
        &self,
        member: &FleetTarget,
        scope: &MuteScope,
    ) -> Result<(FleetRow, Option<PreparedMute>), CliFailure> {
        let own = match &self.intent {
            MuteIntent::Begin { words, time, why } => {
                let alarms = scope.chosen(words).await?;
                let reason = MuteReason { by: scope.aws.caller().await?, why: (*why).to_owned() };
                PreparedMute::Begin(TemporaryMute::new(MuteOrigin::Mute, alarms, time.now, time.until, reason))
            }
            MuteIntent::End(words) => {
                let mutes = mute::list(&scope.aws, &scope.target, scope.aws.clock.now()).await?;
                let (chosen, _) = scope.meant(words, &mutes);
                if chosen.is_empty() {
                    return Ok((FleetRow::new(member, TargetState::InSync), None));
                }
                let (ended, others): (Vec<_>, Vec<_>) =
                    chosen.into_iter().partition(|(mute, _)| matches!(mute.owner, MuteOwner::Command(_)));
                let refusal = others.first().map(|(mute, alarms)| {
                    let (what, remedy) = kept(mute, alarms);
                    CliFailure::say(Exit::Blocked, what, remedy)
                });
                if let (true, Some(refusal)) = (ended.is_empty(), &refusal) {
                    return Ok((FleetRow::failed(member, TargetState::Blocked, refusal.of_target()), None));
                }
                PreparedMute::End(ended.into_iter().map(|(mute, alarms)| (mute.clone(), alarms)).collect(), refusal)
            }
        };
        let row = FleetRow { planned: Some(own.summary()), ..FleetRow::new(member, TargetState::Pending) };
        Ok((row, Some(own)))
    }

    async fn write(&self, member: &FleetTarget, own: PreparedMute) -> Result<FleetRow, CliFailure> {
        let (aws, planned) = (self.fleet.aws(member).await?, Some(own.summary()));
        let mut row = FleetRow { planned, applied: planned, ..FleetRow::new(member, TargetState::Applied) };
        match own {
            PreparedMute::Begin(mute) => {
                begin(&aws, &mute).await?;
            }
            PreparedMute::End(ended, refusal) => {
                for (at, (mute, alarms)) in ended.iter().enumerate() {
                    let Err(error) = mute::end(&aws, &member.target, mute, alarms).await else { continue };
                    let failure: CliFailure = error.into();
                    if at == 0 {
                        return Err(failure);
                    }
                    // What ended before stays ended.
                    let done = of_ended(ended.iter().take(at).map(|(mute, alarms)| (mute, alarms)));
                    let failed = FleetRow::failed(member, TargetState::Partial, failure.of_target());
                    return Ok(FleetRow { planned, applied: Some(done), ..failed });
                }
                if let Some(refusal) = refusal {
                    (row.state, row.failure) = (TargetState::Blocked, Some(refusal.of_target()));
                }
            }
        }
        // Rules of commands that have ended are of no use; that they could not be deleted changes nothing.
        if let Err(error) = mute::clean(&aws, &member.target).await {
            let text = format!("mute rules that have ended could not be deleted: {error}");
            row.notes.push(Note::new(NoteKind::Warning, text));
        }
        Ok(row)
    }
}

/// A rule without alarms is deleted, any other changed.
fn of_ended<'a>(ended: impl Iterator<Item = (&'a StandingMute, &'a BTreeSet<String>)>) -> PlanSummary {
    let mut sum = PlanSummary::default();
    for (mute, alarms) in ended {
        let is_whole = mute.rule.alarms.iter().all(|alarm| alarms.contains(alarm));
        if is_whole { sum.destroy += 1 } else { sum.change += 1 }
    }
    sum
}
