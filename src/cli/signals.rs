//! `mlopsctl signals`: the four golden signals of functions, against the period before.

use super::CommandContext;
use super::args::OutputFormat;
use super::exit::Exit;
use super::failure::CliFailure;
use super::fleet::Fleet;
use super::functions::{FunctionSelection, WatchedArgs};
use super::output::write_file;
use super::plan::say_calls;
use super::report::ReportFormatArgs;
use super::signals_fleet;
use super::subscriptions::duration;
use crate::ops::signals::{GoldenSignals, SignalsRequest, read};
use crate::report::watch::signals::{html, json, markdown, svg, text};
use clap::Args;
use std::path::PathBuf;
use std::time::Duration;

/// Shows latency, traffic, errors and saturation of functions
///
/// Now and in the period before.
///
/// Metrics of all functions and both periods are one call. Memory and cold starts are read from REPORT lines: of very many
/// requests a sample, which is then said.
#[derive(Debug, Clone, Args)]
pub struct SignalsArgs {
    #[command(flatten)]
    watched: WatchedArgs,
    /// How long the period is, from now back, e.g. 1h, 1d, 14d
    #[arg(long, value_name = "TIME", default_value = "3h", value_parser = length)]
    since: Duration,
    /// Leave the logs alone: no memory, no cold starts
    #[arg(long)]
    no_logs: bool,
    /// Draw the signals of each function in the terminal
    #[arg(long)]
    charts: bool,
    /// Write a page with charts
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Write the charts as a picture
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    #[command(flatten)]
    format: ReportFormatArgs,
}

/// Twice as long has to be kept: one-hour values are kept 455 days (CloudWatch user guide, "Metrics retention").
const LONGEST: Duration = Duration::from_secs(227 * 86_400);

fn length(text: &str) -> Result<Duration, String> {
    let length = duration(text)?;
    let fits = length >= Duration::from_secs(60) && length <= LONGEST;
    if fits { Ok(length) } else { Err("write a time between 1m and 227d".to_owned()) }
}

impl SignalsArgs {
    pub async fn run(&self, run: &mut CommandContext<'_>) -> Result<Exit, CliFailure> {
        let length = i64::try_from(self.since.as_secs()).unwrap_or(i64::MAX);
        if let Some(fleet) = self.watched.fleet("signals", run).await? {
            self.refuse_pictures(&fleet)?;
            let (format, named, logs) = (self.format.format, &self.watched.functions, !self.no_logs);
            return signals_fleet::signals(&fleet, format, named, length, logs, run).await;
        }
        let format = self.format.alone()?;
        let FunctionSelection { functions, aws } = self.watched.open(run).await?;
        if functions.is_empty() {
            return Err(self.watched.nothing());
        }
        let asking = SignalsRequest { now: aws.clock.now(), length, logs: !self.no_logs };
        let signals = read(&aws, &functions, asking).await?;
        run.output.result(&match format {
            OutputFormat::Table => text(&signals, self.charts, &run.output.look),
            OutputFormat::Json => json(&signals),
            OutputFormat::Markdown => markdown(&signals),
        })?;
        self.write(&signals)?;
        say_calls(&aws, run.output);
        Ok(Exit::Success)
    }

    /// Charts are of one account.
    fn refuse_pictures(&self, fleet: &Fleet) -> Result<(), CliFailure> {
        let instead = "leave it out and save the report with --report FILE.html";
        let given = [("--charts", self.charts), ("--html", self.html.is_some()), ("--svg", self.svg.is_some())];
        match given.into_iter().find(|(_, given)| *given) {
            Some((flag, _)) => Err(fleet.is_too_many(flag, instead)),
            None => Ok(()),
        }
    }

    fn write(&self, signals: &GoldenSignals) -> Result<(), CliFailure> {
        if let Some(path) = &self.html {
            write_file(path, &html(signals))?;
        }
        if let Some(path) = &self.svg {
            write_file(path, &svg(signals))?;
        }
        Ok(())
    }
}
