//! `mlopsctl apply`: plans, shows, asks, and makes it so; or carries out a saved plan.

use super::args::{ConsentArgs, FormatArgs, SelectArgs, SpecArgs};
use super::carry_out::{CarryOut, CarryOutArgs};
use super::connect::ConnectArgs;
use super::exit::Exit;
use super::failure::Failure;
use super::plan::json_on_failure;
use super::{Run, saved_plan};
use crate::aws::Aws;
use crate::fleet::{self, Planned};
use clap::Args;
use std::path::PathBuf;

/// Makes AWS what the spec says, after showing the plan and asking
#[derive(Debug, Clone, Args)]
pub struct ApplyArgs {
    /// A plan saved with `plan --out`; without it a new one is made. The spec is then read only for the secrets that a
    /// saved plan does not hold
    #[arg(value_name = "PLANFILE", conflicts_with_all = ["targets", "adopt", "allow_deletes", "allow_data_loss"])]
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
    connect: ConnectArgs,
    #[command(flatten)]
    format: FormatArgs,
}

impl ApplyArgs {
    pub async fn run(&self, run: &mut Run<'_>) -> Result<Exit, Failure> {
        let format = self.format.format;
        let planned = run.signals.clone().or_interrupted(self.planned(run)).await;
        let (aws, planned) = json_on_failure(planned, format, run.output)?;
        CarryOut { aws: &aws, planned: &planned, args: self.carry_out, format, verb: "Apply" }.run(run).await
    }

    async fn planned(&self, run: &mut Run<'_>) -> Result<(Aws, Planned), Failure> {
        if let Some(path) = &self.saved {
            let saved = saved_plan::load(path)?;
            let aws = self.connect.open(Some(&saved.plan.target.region), &run.signals, run.output).await?;
            let planned = saved_plan::check(&aws, &saved, &self.spec).await?;
            return Ok((aws, planned));
        }
        let bound = self.spec.bind()?;
        let aws = self.connect.open(bound.region(), &run.signals, run.output).await?;
        let planned = fleet::plan(&aws, &bound, &self.select.select(), &self.consent.consent()).await?;
        Ok((aws, planned))
    }
}
