//! What a proposal needs of the command line: prices, and whether the past is looked at. The proposal is `pipeline`'s.

use super::failure::Failure;
use super::prices::PriceArgs;
use crate::aws::Clock;
use crate::backtest::for_plan::PastNote;
use crate::pipeline::ProposalOptions;
use clap::Args;

/// Of plan and apply: what a person sees before consenting is the same in both.
#[derive(Debug, Clone, Args)]
pub struct ProposalArgs {
    /// Do not look at what the alarms would have done over the last two weeks
    #[arg(long, env = "MLOPSCTL_NO_BACKTEST", hide_env_values = true, value_parser = clap::builder::FalseyValueParser::new())]
    no_backtest: bool,
    #[command(flatten)]
    prices: PriceArgs,
}

impl ProposalArgs {
    pub fn options(&self, past: PastNote, clock: &Clock) -> Result<ProposalOptions, Failure> {
        Ok(ProposalOptions { past: (!self.no_backtest).then_some(past), ..self.prices.options(clock)? })
    }
}

impl PriceArgs {
    /// Of what is not looked back on: a destroy writes no alarm.
    pub fn options(&self, clock: &Clock) -> Result<ProposalOptions, Failure> {
        Ok(ProposalOptions { prices: self.read()?, past: None, now: clock.now(), today: clock.today() })
    }
}
