//! `mlopsctl status`: how everything of the stack is, and writes nothing to AWS.

use super::Run;
use super::args::{Format, FormatArgs, SelectArgs, SpecArgs};
use super::connect::ConnectArgs;
use super::exit::Exit;
use super::failure::Failure;
use super::moment::now_ms;
use super::plan::{json_on_failure, say_calls};
use crate::report::status;
use crate::watch::status::{Asking, Status, read};
use clap::Args;

/// How many of the last changes of state are shown.
const CHANGES: usize = 5;

/// Shows whether the alarms ring, who is told, and whether all stands as the spec asks
#[derive(Debug, Clone, Args)]
pub struct StatusArgs {
    #[command(flatten)]
    spec: SpecArgs,
    #[command(flatten)]
    select: SelectArgs,
    /// Exit with 7 when a subscription is not confirmed
    #[arg(long)]
    require_confirmed: bool,
    #[command(flatten)]
    connect: ConnectArgs,
    #[command(flatten)]
    format: FormatArgs,
}

impl StatusArgs {
    pub async fn run(&self, run: &mut Run<'_>) -> Result<Exit, Failure> {
        let format = self.format.format;
        let bound = json_on_failure(self.spec.bind(), format, run.output)?;
        let aws = self.connect.open(bound.region(), &run.signals, run.output).await;
        let aws = json_on_failure(aws, format, run.output)?;
        let asking = Asking { now: now_ms() / 1000, curves: true, idle: true, changes: CHANGES };
        let status = read(&aws, &bound, &self.select.select(), asking).await;
        let status = json_on_failure(status.map_err(Failure::from), format, run.output)?;
        let text = match format {
            Format::Table => status::text(&status, &run.output.look),
            Format::Json => status::json(&status),
            Format::Markdown => status::markdown(&status),
        };
        run.output.result(&text)?;
        say_calls(&aws, run.output);
        Ok(self.exit(&status))
    }

    fn exit(&self, status: &Status) -> Exit {
        match () {
            () if status.is_incomplete() => Exit::Partial,
            () if self.require_confirmed && !status.is_confirmed() => Exit::Act,
            () => Exit::Success,
        }
    }
}
