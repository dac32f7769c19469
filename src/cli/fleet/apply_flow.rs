//! From the plans of a roster to its report: one summary, one question, a few targets first, then the others. What apply and
//! destroy have in common over several accounts.

use super::Fleet;
use super::progress::ProgressDetail;
use crate::apply::ApplyMute;
use crate::cli::CommandContext;
use crate::cli::apply_flow::{ApplyFlowArgs, of_failures};
use crate::cli::consent::{consent, question};
use crate::cli::exit::Exit;
use crate::cli::failure::CliFailure;
use crate::cli::report::ReportFormat;
use crate::fleet::{FleetRow, FleetTarget, TargetFailure as Reason, TargetState};
use crate::model::Target;
use crate::model::advice;
use crate::model::duration::format_seconds;
use crate::pipeline::{self, ApplyOptions, ProposalRequest, ReadBack, TargetContext};
use crate::plan::Plan;
use crate::report::apply_text::muted_alarms;
use clap::Args;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::num::NonZeroUsize;

#[derive(Debug, Clone, Copy, Args)]
#[command(next_help_heading = "Several accounts")]
pub struct CanaryArgs {
    /// Begin with N targets, and go on only when they end in sync
    #[arg(long, value_name = "N")]
    canary: Option<NonZeroUsize>,
}

/// What is to be done to a whole roster.
pub struct ApplyFleet<'a> {
    pub fleet: &'a Fleet,
    /// `apply` or `destroy`.
    pub command: &'a str,
    pub request: &'a ProposalRequest,
    pub args: ApplyFlowArgs,
    /// Seconds for which the written alarms notify nobody.
    pub mute: Option<i64>,
    pub canary: CanaryArgs,
    pub format: ReportFormat,
}

impl CanaryArgs {
    /// Of a run over one target it would mean nothing.
    pub fn refuse_alone(self) -> Result<(), CliFailure> {
        if self.canary.is_some() { Err(super::no_roster("--canary")) } else { Ok(()) }
    }
}

/// A roster on its way: its rows, and the plans that are still to be carried out.
struct RosterInProgress {
    rows: BTreeMap<Target, FleetRow>,
    plans: BTreeMap<Target, Plan>,
}

impl ApplyFleet<'_> {
    pub async fn run(&self, run: &mut CommandContext<'_>) -> Result<Exit, CliFailure> {
        let mut way = self.plan(run).await;
        if way.plans.is_empty() || self.has_to_stop(&way, run) {
            return self.end(way, run);
        }
        let planned = self.fleet.report(self.command, way.rows.values().cloned().collect());
        self.fleet.show_planned(&planned, self.args.yes, self.format, run)?;
        if let Some(seconds) = self.mute {
            let muted = way.plans.values().map(|plan| ApplyMute::of(plan, seconds).count()).sum();
            run.output.say(&format!("{} for {} after the writes", muted_alarms(muted), format_seconds(seconds)));
        }
        let actions = way.plans.values().flat_map(Plan::effective).map(|change| change.action);
        let question = format!("{} in {}?", question(self.request.purpose, actions), targets(way.plans.len()));
        let unattended = format!("look at the plan above, then run {}", advice::again_with("--yes"));
        consent(run, self.args.yes, &question, &unattended).await?;
        let members = self.fleet.members().iter().filter(|member| way.plans.contains_key(&member.target));
        let mut members: Vec<FleetTarget> = members.cloned().collect();
        let first = self.canary.canary.map_or(0, NonZeroUsize::get).min(members.len());
        let rest = members.split_off(first);
        self.apply(&members, ReadBack::Everything, &mut way, run).await;
        let bad =
            members.iter().filter(|member| !way.rows.get(&member.target).is_some_and(FleetRow::is_in_sync)).count();
        if bad > 0 {
            let many = targets(members.len());
            run.output
                .complain(&format!("--canary: {bad} of {many} did not end in sync, so the others were not begun"));
        } else if !self.has_to_stop(&way, run) {
            self.apply(&rest, ReadBack::Nothing, &mut way, run).await;
        }
        self.end(way, run)
    }

    async fn plan(&self, run: &mut CommandContext<'_>) -> RosterInProgress {
        let plans = RefCell::new(BTreeMap::new());
        let job = async |member: &FleetTarget, at: TargetContext| {
            let proposal = self.request.propose(&at).await?;
            let row = FleetRow::of_proposal(member, &proposal);
            if !row.drift.is_empty() && row.state != TargetState::Blocked {
                plans.borrow_mut().insert(row.target.clone(), proposal.planned.plan);
            }
            Ok(row)
        };
        let rows = self.fleet.each(ProgressDetail::Failures, run, job).await;
        let rows = rows.into_iter().map(|row| (row.target.clone(), row)).collect();
        RosterInProgress { rows, plans: plans.into_inner() }
    }

    /// Carries out the plans of these members and puts what became of them into their rows.
    async fn apply(
        &self,
        members: &[FleetTarget],
        read_back: ReadBack,
        way: &mut RosterInProgress,
        run: &mut CommandContext<'_>,
    ) {
        if members.is_empty() {
            return;
        }
        let failed = way.rows.values().filter(|row| row.state >= TargetState::Blocked).count();
        let RosterInProgress { rows, plans } = way;
        let (before, plans) = (&*rows, RefCell::new(plans));
        let job = async |member: &FleetTarget| {
            // Dropped as soon as it is carried out: a plan is the largest thing that a target needs.
            let plan = plans.borrow_mut().remove(&member.target);
            let Some((plan, row)) = plan.zip(before.get(&member.target)) else {
                return Ok(FleetRow::new(member, TargetState::NotStarted));
            };
            let aws = self.fleet.aws(member).await?;
            let options = ApplyOptions { read_back, mute: self.mute };
            let report = pipeline::carry_out(&aws, &plan, options, &mut |_| {}).await?;
            let mut row = row.clone().applied(&report);
            let all_failed = report.done() == 0 && report.failed().next().is_some();
            let exit = of_failures(&report);
            if all_failed && exit != Exit::Partial {
                row.state = TargetState::Failed;
                row.failure = reason(&report, exit);
                row.failed.clear();
            }
            Ok(row)
        };
        let done = self.fleet.work(members, failed, ProgressDetail::Each, run, job).await;
        for row in done {
            // Of what could not be begun, or failed before anything was written, the plan still says what is left.
            let known = rows.get(&row.target).cloned();
            let row = match known.filter(|_| row.planned.is_none()) {
                Some(planned) => FleetRow { state: row.state, failure: row.failure, ..planned },
                None => row,
            };
            rows.insert(row.target.clone(), row);
        }
    }

    fn has_to_stop(&self, way: &RosterInProgress, run: &CommandContext<'_>) -> bool {
        let failed = way.rows.values().filter(|row| row.state >= TargetState::Blocked).count();
        run.signals.interrupt.is_set() || self.fleet.limits.max_failures.is_some_and(|most| failed >= most)
    }

    fn end(&self, way: RosterInProgress, run: &mut CommandContext<'_>) -> Result<Exit, CliFailure> {
        let RosterInProgress { rows, plans } = way;
        let rows = rows.into_values().map(|row| match plans.contains_key(&row.target) {
            // Planned, and not come to.
            true => FleetRow { state: row.state.max(TargetState::NotStarted), ..row },
            false => row,
        });
        let report = self.fleet.report(self.command, rows.collect());
        let pending = report.rows.iter().any(|row| row.subscriptions.is_some_and(|counts| counts.pending > 0));
        let all_well = if pending && self.args.require_confirmed { Exit::Act } else { Exit::Success };
        self.fleet.end(&report, all_well, self.format, run)
    }
}

/// Why nothing at all could be done: the first refusal is the same for all of them.
fn reason(report: &crate::apply::ApplyReport, exit: Exit) -> Option<Reason> {
    report.failed().find_map(|result| match &result.outcome {
        crate::apply::ApplyOutcome::Failed { message, remedy, .. } => {
            Some(Reason { message: message.clone(), remedy: remedy.clone(), exit: exit.code() })
        }
        _ => None,
    })
}

fn targets(count: usize) -> String {
    if count == 1 { "1 target".to_owned() } else { format!("{count} targets") }
}
