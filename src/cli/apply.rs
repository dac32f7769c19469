//! `mlopsctl apply`: plans, shows, asks, and makes it so; or carries out a saved plan.

use super::args::{ConsentArgs, OverwriteArgs, SelectArgs, SpecArgs};
use super::carry_out::{CarryOut, CarryOutArgs};
use super::connect::ConnectArgs;
use super::exit::Exit;
use super::failure::Failure;
use super::fleet::{self as cli, CanaryArgs, Fleet, FleetArgs, Visit};
use super::plan::json_on_failure;
use super::report::ReportFormatArgs;
use super::{Run, saved_plan};
use crate::aws::Aws;
use crate::fleet::{self, Planned};
use crate::spec::Spec;
use clap::Args;
use std::path::PathBuf;

/// Makes AWS what the spec says, after showing the plan and asking
#[derive(Debug, Clone, Args)]
pub struct ApplyArgs {
    /// A plan saved with `plan --out`; without it a new one is made. The spec is then read only for the secrets that a
    /// saved plan does not hold
    #[arg(value_name = "PLANFILE", conflicts_with_all = ["targets", "adopt", "allow_deletes", "allow_data_loss", "allow_unknown_loss"])]
    saved: Option<PathBuf>,
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
        let (select, consent) = (self.select.select(), self.overwrite.consent(self.consent));
        let plan = async |visit: &Visit<'_>| Ok(fleet::plan(&visit.aws, &visit.bound, &select, &consent).await?);
        let (args, canary, format) = (self.carry_out, self.canary, self.format.format);
        cli::CarryOut { fleet, command: "apply", verb: "Apply", args, canary, format }.run(run, plan).await
    }

    async fn planned(&self, spec: Option<&Spec>, run: &mut Run<'_>) -> Result<(Aws, Planned), Failure> {
        if let Some(path) = &self.saved {
            let saved = saved_plan::load(path)?;
            let aws = self.connect.open(Some(&saved.plan.target.region), &run.signals, run.output).await?;
            let planned = saved_plan::check(&aws, &saved, &self.spec).await?;
            return Ok((aws, planned));
        }
        let bound = match spec {
            Some(spec) => self.spec.bind_spec(spec)?,
            None => self.spec.bind()?,
        };
        let aws = self.connect.open(bound.region(), &run.signals, run.output).await?;
        let planned = fleet::plan(&aws, &bound, &self.select.select(), &self.overwrite.consent(self.consent)).await?;
        Ok((aws, planned))
    }
}
