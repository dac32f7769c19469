//! `mlopsctl destroy`: deletes what the stack made, leaves in place what it had only adopted, and touches nothing else.

use super::Run;
use super::args::{ConsentArgs, SelectArgs, SpecArgs};
use super::carry_out::{CarryOut, CarryOutArgs};
use super::connect::ConnectArgs;
use super::consent::Purpose;
use super::exit::Exit;
use super::failure::Failure;
use super::fleet::{self as cli, CanaryArgs, Fleet, FleetArgs, Visit};
use super::plan::json_on_failure;
use super::report::ReportFormatArgs;
use crate::aws::Aws;
use crate::fleet::{self, Planned};
use crate::spec::Spec;
use clap::Args;

/// Deletes everything the stack made, after showing it and asking; what it had only adopted is left in place
#[derive(Debug, Clone, Args)]
pub struct DestroyArgs {
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

impl DestroyArgs {
    pub async fn run(&self, run: &mut Run<'_>) -> Result<Exit, Failure> {
        let format = self.format.early();
        let spec = json_on_failure(self.spec.load(), format, run.output)?;
        let fleet = self.fleet.open("destroy", &spec, &self.spec, &self.connect, run).await;
        if let Some(fleet) = json_on_failure(fleet, format, run.output)? {
            return self.run_fleet(&fleet, run).await;
        }
        let format = self.format.alone()?;
        self.canary.refuse_alone()?;
        let planned = run.signals.clone().or_interrupted(self.planned(&spec, run)).await;
        let (aws, planned) = json_on_failure(planned, format, run.output)?;
        CarryOut { aws: &aws, planned: &planned, args: self.carry_out, format, purpose: Purpose::Destroy }
            .run(run)
            .await
    }

    async fn run_fleet(&self, fleet: &Fleet, run: &mut Run<'_>) -> Result<Exit, Failure> {
        let (select, consent) = (self.select.select(), self.consent.consent());
        let plan =
            async |visit: &Visit<'_>| Ok(fleet::plan_destroy(&visit.aws, &visit.bound, &select, &consent).await?);
        let (args, canary, format) = (self.carry_out, self.canary, self.format.format);
        cli::CarryOut { fleet, command: "destroy", purpose: Purpose::Destroy, args, canary, format }
            .run(run, plan)
            .await
    }

    async fn planned(&self, spec: &Spec, run: &mut Run<'_>) -> Result<(Aws, Planned), Failure> {
        let bound = self.spec.bind_spec(spec)?;
        let aws = self.connect.open(bound.region(), &run.signals, run.output).await?;
        let planned = fleet::plan_destroy(&aws, &bound, &self.select.select(), &self.consent.consent()).await?;
        Ok((aws, planned))
    }
}
