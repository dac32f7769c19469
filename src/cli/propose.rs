//! What a proposal needs of the command line: what is selected and consented to, prices, and whether the past is looked at. The
//! proposal is `pipeline`'s.

use super::failure::CliFailure;
use super::prices::PriceArgs;
use crate::aws::Clock;
use crate::backtest::for_plan::PastNote;
use crate::pipeline::{ProposalRequest, Purpose, Select};
use crate::plan::Consent;
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
    /// The request of plan and apply.
    pub fn request(
        &self,
        select: Select,
        consent: Consent,
        past: PastNote,
        clock: &Clock,
    ) -> Result<ProposalRequest, CliFailure> {
        let past = (!self.no_backtest).then_some(past);
        Ok(ProposalRequest { purpose: Purpose::Apply, past, ..self.prices.destroy_request(select, consent, clock)? })
    }
}

impl PriceArgs {
    /// The request of destroy, which has no past to look back on.
    pub fn destroy_request(
        &self,
        select: Select,
        consent: Consent,
        clock: &Clock,
    ) -> Result<ProposalRequest, CliFailure> {
        let (prices, now, today) = (self.read()?, clock.now(), clock.today());
        Ok(ProposalRequest { purpose: Purpose::Destroy, select, consent, prices, past: None, now, today })
    }
}
