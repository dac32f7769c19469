//! `mlopsctl apply`: proposes what `plan` shows, shows it, asks, and carries it out; or carries out a saved plan.

use super::apply_flow::{ApplyFlow, ApplyFlowArgs, ApplySingle, say_muted};
use super::args::{ConsentArgs, OverwriteArgs, SelectArgs};
use super::exit::Exit;
use super::failure::CliFailure;
use super::fleet::{CanaryArgs, RosterArgs};
use super::mute::mute_time;
use super::propose::ProposalArgs;
use super::report::ReportFormatArgs;
use super::{CommandContext, saved_plan};
use crate::aws::{Aws, Clock};
use crate::backtest::for_plan::PastNote;
use crate::pipeline::{Proposal, ProposalRequest, Purpose};
use crate::spec::BoundSpec;
use clap::Args;
use std::path::{Path, PathBuf};

/// Creates, updates and deletes resources to match the spec
///
/// It shows the plan and asks first; with a plan file of `plan --out` it does what that plan says and nothing else.
#[derive(Debug, Clone, Args)]
pub struct ApplyArgs {
    /// A plan saved with `plan --out`; without it a new one is made. It is held against the spec and against AWS again, and
    /// refused where it says anything else
    #[arg(value_name = "PLANFILE", conflicts_with_all = ["targets", "adopt", "allow_deletes", "allow_data_loss", "allow_unknown_loss", "delete_adopted"])]
    saved: Option<PathBuf>,
    /// Apply the saved plan where its spec is not at hand: it is held against AWS alone
    #[arg(long, requires = "saved", conflicts_with = "file")]
    without_spec: bool,
    #[command(flatten)]
    roster: RosterArgs,
    #[command(flatten)]
    select: SelectArgs,
    #[command(flatten)]
    flow: ApplyFlowArgs,
    /// For TIME after the writes, nobody is notified by the alarms that are created or changed, nor by composite alarms above
    /// them: mute rules that end by themselves hold their actions back. What is in ALARM in the end notifies then
    #[arg(long, value_name = "TIME", num_args = 0..=1, default_missing_value = "10m", value_parser = mute_time)]
    mute: Option<i64>,
    #[command(flatten)]
    consent: ConsentArgs,
    #[command(flatten)]
    overwrite: OverwriteArgs,
    #[command(flatten)]
    proposal: ProposalArgs,
    #[command(flatten)]
    canary: CanaryArgs,
    #[command(flatten)]
    format: ReportFormatArgs,
}

impl ApplyArgs {
    pub async fn run(&self, run: &mut CommandContext<'_>) -> Result<Exit, CliFailure> {
        match &self.saved {
            Some(path) => self.run_saved(path, run).await,
            None => {
                let (args, format) = (self.flow, self.format);
                let (spec, fleet, canary, connect) =
                    (&self.roster.spec, &self.roster.fleet, self.canary, &self.roster.connect);
                let flow = ApplyFlow { command: "apply", spec, fleet, canary, connect, args, mute: self.mute, format };
                flow.run(run, |past, clock| self.request(past, clock)).await
            }
        }
    }

    fn request(&self, past: PastNote, clock: &Clock) -> Result<ProposalRequest, CliFailure> {
        self.proposal.request(self.select.select(), self.overwrite.consent(&self.consent), past, clock)
    }

    /// A saved plan is of one account: what is for several is a mistake beside it.
    async fn run_saved(&self, path: &Path, run: &mut CommandContext<'_>) -> Result<Exit, CliFailure> {
        self.roster.fleet.refuse_all("a saved plan is of one account")?;
        let format = self.format.alone()?;
        self.canary.refuse_alone()?;
        let signals = run.signals.clone();
        let (aws, mut proposal) = signals.or_interrupted(self.made_anew(path, run)).await?;
        say_muted(&mut proposal, self.mute);
        let (args, mute, purpose, on_sandbox) =
            (self.flow, self.mute, Purpose::Apply, self.roster.connect.is_sandbox());
        ApplySingle { aws: &aws, proposal: &proposal, args, mute, format, purpose, on_sandbox }.run(run).await
    }

    async fn made_anew(&self, path: &Path, run: &mut CommandContext<'_>) -> Result<(Aws, Proposal), CliFailure> {
        let saved = saved_plan::load(path)?;
        let bound = saved_plan::spec_of(&saved, &self.roster.spec, self.without_spec)?;
        let region = bound.as_ref().and_then(BoundSpec::region).unwrap_or(&saved.plan.target.region);
        let aws = self.roster.connect.open(Some(region), &run.signals, run.output).await?;
        let planned = saved_plan::check(&aws, &saved, bound.as_ref()).await?;
        let request = self.request(PastNote::Figures, &aws.clock)?;
        let proposal = request.propose_saved(&aws, bound.as_ref(), planned).await?;
        Ok((aws, proposal))
    }
}
