//! `mlopsctl destroy`: deletes what the stack made, leaves in place what it had only adopted, and touches nothing else.

use super::Run;
use super::args::{ConsentArgs, SelectArgs, SpecArgs};
use super::carry_out::{CarryOut, CarryOutArgs};
use super::connect::ConnectArgs;
use super::consent::Purpose;
use super::exit::Exit;
use super::failure::Failure;
use super::fleet::{self as cli, CanaryArgs, Fleet, FleetArgs, Visit};
use super::prices::PriceArgs;
use super::report::ReportFormatArgs;
use crate::aws::Aws;
use crate::pipeline::{self, Proposal};
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
    prices: PriceArgs,
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
        let spec = self.spec.load()?;
        if let Some(fleet) = self.fleet.open("destroy", &spec, &self.spec, &self.connect, run).await? {
            return self.run_fleet(&fleet, run).await;
        }
        let format = self.format.alone()?;
        self.canary.refuse_alone()?;
        let (aws, proposal) = run.signals.clone().or_interrupted(self.proposed(spec, run)).await?;
        CarryOut { aws: &aws, proposal: &proposal, args: self.carry_out, format, purpose: Purpose::Destroy }
            .run(run)
            .await
    }

    async fn run_fleet(&self, fleet: &Fleet, run: &mut Run<'_>) -> Result<Exit, Failure> {
        let (select, consent) = (self.select.select(), self.consent.consent());
        let options = self.prices.options(fleet.clock())?;
        let propose = async |visit: &Visit<'_>| {
            Ok(pipeline::propose_destroy(&visit.aws, &visit.bound, &select, &consent, &options).await?)
        };
        let (args, canary, format) = (self.carry_out, self.canary, self.format.format);
        cli::CarryOut { fleet, command: "destroy", purpose: Purpose::Destroy, args, canary, format }
            .run(run, propose)
            .await
    }

    async fn proposed(&self, spec: Spec, run: &mut Run<'_>) -> Result<(Aws, Proposal), Failure> {
        let bound = self.spec.bind_spec(spec)?;
        let aws = self.connect.open(bound.region(), &run.signals, run.output).await?;
        let options = self.prices.options(&aws.clock)?;
        let (select, consent) = (self.select.select(), self.consent.consent());
        let proposal = pipeline::propose_destroy(&aws, &bound, &select, &consent, &options).await?;
        Ok((aws, proposal))
    }
}
