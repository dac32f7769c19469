//! `--prices`: a price table of one's own over the shipped one.

use super::exit::Exit;
use super::failure::CliFailure;
use crate::cost::Prices;
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Clone, Args)]
pub struct PriceArgs {
    /// Prices of your own, as a JSON object over the shipped table, e.g. {"alarm_metric": 0.11, "currency": "EUR"}
    #[arg(long, value_name = "FILE", env = "MLOPSCTL_PRICES", hide_env_values = true, help_heading = "Output")]
    prices: Option<PathBuf>,
}

impl PriceArgs {
    pub fn read(&self) -> Result<Prices, CliFailure> {
        let Some(path) = &self.prices else {
            return Prices::shipped()
                .map_err(|error| CliFailure::say(Exit::Bug, format!("the price table: {error}"), "report it"));
        };
        let wrong = |error: String| {
            let remedy = "write a JSON object with keys of the shipped table: alarm_metric, composite_alarm, …";
            CliFailure::say(Exit::BadSpec, format!("{}: {error}", path.display()), remedy)
        };
        let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
        Prices::over(&text).map_err(wrong)
    }
}
