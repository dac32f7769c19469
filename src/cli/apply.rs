//! `mlopsctl apply`: proposes what `plan` shows, shows it, asks, and carries it out; or carries out a saved plan.

use super::args::{ConsentArgs, OverwriteArgs, SelectArgs, SpecArgs};
use super::carry_out::{CarryOut, CarryOutArgs};
use super::connect::ConnectArgs;
use super::consent::Purpose;
use super::exit::Exit;
use super::failure::Failure;
use super::fleet::{self as cli, CanaryArgs, Fleet, FleetArgs, Visit};
use super::propose::ProposalArgs;
use super::report::ReportFormatArgs;
use super::{Run, saved_plan};
use crate::aws::Aws;
use crate::backtest::for_plan::PastNote;
use crate::pipeline::{self, Proposal};
use crate::spec::{Bound, Spec};
use clap::Args;
use std::path::PathBuf;

/// Creates, updates and deletes resources to match the spec, after showing the plan and asking
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
    spec: SpecArgs,
    #[command(flatten)]
    select: SelectArgs,
    #[command(flatten)]
    carry_out: CarryOutArgs,
    #[command(flatten)]
    consent: ConsentArgs,
    #[command(flatten)]
    overwrite: OverwriteArgs,
    #[command(flatten)]
    proposal: ProposalArgs,
    #[command(flatten)]
    fleet: FleetArgs,
    #[command(flatten)]
    canary: CanaryArgs,
    #[command(flatten)]
    connect: ConnectArgs,
    #[command(flatten)]
    format: ReportFormatArgs,
}

impl ApplyArgs {
    pub async fn run(&self, run: &mut Run<'_>) -> Result<Exit, Failure> {
        let spec = match &self.saved {
            // A saved plan is of one account: what is for several is a mistake beside it.
            Some(_) => self.fleet.refuse_all("a saved plan is of one account")?,
            None => Some(self.spec.load()?),
        };
        if let Some(spec) = &spec
            && let Some(fleet) = self.fleet.open("apply", spec, &self.spec, &self.connect, run).await?
        {
            return self.run_fleet(&fleet, run).await;
        }
        let format = self.format.alone()?;
        self.canary.refuse_alone()?;
        let proposed = run.signals.clone().or_interrupted(self.proposed(spec, run)).await;
        let (aws, proposal) = proposed?;
        CarryOut { aws: &aws, proposal: &proposal, args: self.carry_out, format, purpose: Purpose::Apply }
            .run(run)
            .await
    }

    async fn run_fleet(&self, fleet: &Fleet, run: &mut Run<'_>) -> Result<Exit, Failure> {
        let (select, consent) = (self.select.select(), self.overwrite.consent(&self.consent));
        let options = self.proposal.options(PastNote::Verdict, fleet.clock())?;
        let propose = async |visit: &Visit<'_>| {
            Ok(pipeline::propose(&visit.aws, &visit.bound, &select, &consent, &options).await?)
        };
        let (args, canary, format) = (self.carry_out, self.canary, self.format.format);
        cli::CarryOut { fleet, command: "apply", purpose: Purpose::Apply, args, canary, format }.run(run, propose).await
    }

    async fn proposed(&self, spec: Option<Spec>, run: &mut Run<'_>) -> Result<(Aws, Proposal), Failure> {
        if let Some(path) = &self.saved {
            let saved = saved_plan::load(path)?;
            let bound = saved_plan::spec_of(&saved, &self.spec, self.without_spec)?;
            let region = bound.as_ref().and_then(Bound::region).unwrap_or(&saved.plan.target.region);
            let aws = self.connect.open(Some(region), &run.signals, run.output).await?;
            let planned = saved_plan::check(&aws, &saved, bound.as_ref()).await?;
            let options = self.proposal.options(PastNote::Figures, &aws.clock)?;
            let proposal = pipeline::propose_saved(&aws, bound.as_ref(), planned, &options).await?;
            return Ok((aws, proposal));
        }
        let bound = match spec {
            Some(spec) => self.spec.bind_spec(spec)?,
            None => self.spec.bind()?,
        };
        let aws = self.connect.open(bound.region(), &run.signals, run.output).await?;
        let options = self.proposal.options(PastNote::Figures, &aws.clock)?;
        let (select, consent) = (self.select.select(), self.overwrite.consent(&self.consent));
        let proposal = pipeline::propose(&aws, &bound, &select, &consent, &options).await?;
        Ok((aws, proposal))
    }
}
