//! `mlopsctl destroy`: deletes what the stack made, leaves in place what it had only adopted, and touches nothing else.

use super::CommandContext;
use super::apply_flow::{ApplyFlow, ApplyFlowArgs};
use super::args::{ConsentArgs, SelectArgs};
use super::exit::Exit;
use super::failure::CliFailure;
use super::fleet::{CanaryArgs, RosterArgs};
use super::prices::PriceArgs;
use super::report::ReportFormatArgs;
use crate::aws::Clock;
use clap::Args;

/// Deletes everything the stack made; what it only adopted stays
///
/// It shows what is deleted and asks first. Adopted resources are left in place, without the stack's tags.
#[derive(Debug, Clone, Args)]
pub struct DestroyArgs {
    #[command(flatten)]
    roster: RosterArgs,
    #[command(flatten)]
    select: SelectArgs,
    #[command(flatten)]
    flow: ApplyFlowArgs,
    #[command(flatten)]
    consent: ConsentArgs,
    #[command(flatten)]
    prices: PriceArgs,
    #[command(flatten)]
    canary: CanaryArgs,
    #[command(flatten)]
    format: ReportFormatArgs,
}

impl DestroyArgs {
    pub async fn run(&self, run: &mut CommandContext<'_>) -> Result<Exit, CliFailure> {
        let (args, format) = (self.flow, self.format);
        let (spec, fleet, canary, connect) = (&self.roster.spec, &self.roster.fleet, self.canary, &self.roster.connect);
        let flow = ApplyFlow { command: "destroy", spec, fleet, canary, connect, args, mute: None, format };
        let request =
            |_, clock: &Clock| self.prices.destroy_request(self.select.select(), self.consent.consent(), clock);
        flow.run(run, request).await
    }
}
