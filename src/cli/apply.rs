//! `mlopsctl apply`: plans, shows, asks, and makes it so; or carries out a saved plan.

use super::args::{ConsentArgs, SelectArgs, SpecArgs};
use super::carry_out::{CarryOut, CarryOutArgs};
use super::connect::ConnectArgs;
use super::exit::Exit;
use super::failure::Failure;
use super::fleet::{self as cli, CanaryArgs, Fleet, FleetArgs, Visit};
use super::plan::{json_on_failure, judge};
use super::report::ReportFormatArgs;
use super::{Run, lint, saved_plan};
use crate::aws::Aws;
use crate::fleet::{self, Planned};
use crate::spec::{Bound, Spec};
use clap::Args;
use std::path::PathBuf;

/// Makes AWS what the spec says, after showing the plan and asking
#[derive(Debug, Clone, Args)]
pub struct ApplyArgs {
    /// A plan saved with `plan --out`; without it a new one is made. It is held against the spec and against AWS again, and
    /// refused where it says anything else
    #[arg(value_name = "PLANFILE", conflicts_with_all = ["targets", "adopt", "allow_deletes", "allow_data_loss"])]
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
        let format = self.format.early();
        let spec = match &self.saved {
            Some(_) => None,
            None => Some(json_on_failure(self.spec.load(), format, run.output)?),
        };
        if let Some(spec) = &spec {
            let fleet = self.fleet.open("apply", spec, &self.spec, &self.connect, run).await;
            if let Some(fleet) = json_on_failure(fleet, format, run.output)? {
                return self.run_fleet(&fleet, run).await;
            }
        }
        let format = self.format.alone()?;
        self.canary.refuse_alone()?;
        let planned = run.signals.clone().or_interrupted(self.planned(spec.as_ref(), run)).await;
        let (aws, planned) = json_on_failure(planned, format, run.output)?;
        CarryOut { aws: &aws, planned: &planned, args: self.carry_out, format, verb: "Apply" }.run(run).await
    }

    async fn run_fleet(&self, fleet: &Fleet, run: &mut Run<'_>) -> Result<Exit, Failure> {
        let (select, consent) = (self.select.select(), self.consent.consent());
        let plan = async |visit: &Visit<'_>| Ok(fleet::plan(&visit.aws, &visit.bound, &select, &consent).await?);
        let (args, canary, format) = (self.carry_out, self.canary, self.format.format);
        cli::CarryOut { fleet, command: "apply", verb: "Apply", args, canary, format }.run(run, plan).await
    }

    async fn planned(&self, spec: Option<&Spec>, run: &mut Run<'_>) -> Result<(Aws, Planned), Failure> {
        if let Some(path) = &self.saved {
            let saved = saved_plan::load(path)?;
            let bound = saved_plan::spec_of(&saved, &self.spec, self.without_spec)?;
            let region = bound.as_ref().and_then(Bound::region).unwrap_or(&saved.plan.target.region);
            let aws = self.connect.open(Some(region), &run.signals, run.output).await?;
            let mut planned = saved_plan::check(&aws, &saved, bound.as_ref()).await?;
            if let Some(bound) = &bound {
                judge(bound, &lint::settings(bound)?, &mut planned)?;
            }
            return Ok((aws, planned));
        }
        let bound = match spec {
            Some(spec) => self.spec.bind_spec(spec)?,
            None => self.spec.bind()?,
        };
        let aws = self.connect.open(bound.region(), &run.signals, run.output).await?;
        let planned = fleet::plan(&aws, &bound, &self.select.select(), &self.consent.consent()).await?;
        Ok((aws, planned))
    }
}
