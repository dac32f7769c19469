//! `mlopsctl status`: how everything of the stack is, and writes nothing to AWS.

use super::CommandContext;
use super::args::{OutputFormat, SelectArgs};
use super::exit::Exit;
use super::failure::CliFailure;
use super::fleet::{Fleet, ProgressDetail, RosterArgs};
use super::plan::say_calls;
use super::report::ReportFormatArgs;
use super::status_tui::WatchedTarget;
use crate::fleet::{FleetRow, FleetTarget, SubscriptionCounts};
use crate::model::advice;
use crate::model::duration::parse_seconds;
use crate::ops::status::{StackStatus, StatusOptions, read};
use crate::pipeline::{self, TargetContext};
use crate::plan::Consent;
use crate::report::status;
use clap::{Args, ValueEnum};

/// How many of the last changes of state are shown.
const CHANGES: usize = 5;

/// Shows which alarms are in ALARM, who is notified, and drift
#[derive(Debug, Clone, Args)]
pub struct StatusArgs {
    #[command(flatten)]
    roster: RosterArgs,
    #[command(flatten)]
    select: SelectArgs,
    /// Exit with 7 when a subscription is not confirmed
    #[arg(long)]
    require_confirmed: bool,
    /// Exit with 3 when an alarm is in ALARM, or when AWS differs from the spec; both: alarm,drift
    #[arg(long, value_enum, value_name = "WHAT", value_delimiter = ',')]
    fail_on: Vec<StatusFailure>,
    /// Show it full-screen and read it again and again, until q
    #[arg(long, conflicts_with_all = ["format", "require_confirmed", "fail_on"])]
    watch: bool,
    /// With --watch: how long from one read to the next, e.g. 10s, 1m
    #[arg(long, value_name = "TIME", default_value = "30s", requires = "watch", value_parser = interval)]
    interval: i64,
    #[command(flatten)]
    format: ReportFormatArgs,
}

/// What ends a status with the code of findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum StatusFailure {
    Alarm,
    Drift,
}

/// Seconds; under five, a read could last longer than that.
fn interval(text: &str) -> Result<i64, String> {
    let seconds = parse_seconds(text).filter(|seconds| (5..=86_400).contains(seconds));
    seconds.ok_or_else(|| "write a time from 5s to 1d, e.g. 30s or 5m".to_owned())
}

impl StatusArgs {
    pub async fn run(&self, run: &mut CommandContext<'_>) -> Result<Exit, CliFailure> {
        if self.watch {
            return self.watch(run).await;
        }
        let spec = self.roster.spec.load()?;
        if let Some(fleet) = self.roster.open("status", &spec, run).await? {
            return self.run_fleet(&fleet, run).await;
        }
        let format = self.format.alone()?;
        let bound = self.roster.spec.bind_asking(spec, self.roster.connect.region(), run).await?;
        let aws = self.roster.connect.open(bound.region(), &run.signals, run.output).await?;
        let asking = StatusOptions { now: aws.clock.now(), curves: true, changes: CHANGES, previous: None };
        let status = read(&aws, &bound, &self.select.select(), asking).await?;
        let text = match format {
            OutputFormat::Table => status::text(&status, &run.output.look),
            OutputFormat::Json => status::json(&status),
            OutputFormat::Markdown => status::markdown(&status),
        };
        run.output.result(&text)?;
        say_calls(&aws, run.output);
        Ok(self.exit(&status))
    }

    /// A row a target: its alarms, who has confirmed, what differs. The same reads as for one target, without curves and history.
    async fn run_fleet(&self, fleet: &Fleet, run: &mut CommandContext<'_>) -> Result<Exit, CliFailure> {
        let select = self.select.select();
        let look = async |member: &FleetTarget, at: TargetContext| {
            let planned = pipeline::plan(&at.aws, &at.bound, &select, &Consent::default()).await?;
            Ok(FleetRow::of_plan(member, &planned))
        };
        let report = fleet.report("status", fleet.each(ProgressDetail::Each, run, look).await);
        let waits = |found: &SubscriptionCounts| found.pending + found.lost + found.missing > 0;
        let unconfirmed = report.rows.iter().any(|row| row.subscriptions.as_ref().is_some_and(waits));
        let in_alarm = report.rows.iter().any(|row| row.in_alarm() > 0);
        let differs = report.rows.iter().any(|row| !row.drift.is_empty());
        let all_well = self.judged(in_alarm, differs, !unconfirmed);
        fleet.end(&report, all_well, self.format.format, run)
    }

    /// Mistakes of the command line and the spec are said before the screen is taken.
    async fn watch(&self, run: &mut CommandContext<'_>) -> Result<Exit, CliFailure> {
        let is_plain = run.output.is_plain_terminal();
        if !is_plain && !run.output.can_take_the_screen() {
            let remedy = format!("leave out --watch: {}, or --format json for programs", advice::command("status"));
            return Err(CliFailure::say(Exit::Usage, "--watch needs a terminal, on input and output", remedy));
        }
        let spec = self.roster.spec.load()?;
        if let Some(fleet) = self.roster.open("status", &spec, run).await? {
            return Err(fleet.is_too_many("--watch", "leave it out"));
        }
        let bound = self.roster.spec.bind_asking(spec, self.roster.connect.region(), run).await?;
        let aws = self.roster.connect.open(bound.region(), &run.signals, run.output).await?;
        let watched = WatchedTarget { aws: &aws, bound: &bound, select: self.select.select(), interval: self.interval };
        if is_plain { watched.run_plain(run).await } else { watched.run(run).await }
    }

    fn exit(&self, status: &StackStatus) -> Exit {
        match () {
            () if status.is_incomplete() => Exit::Partial,
            () => self.judged(status.counts().alarms.alarm > 0, !status.drift.is_empty(), status.is_confirmed()),
        }
    }

    /// The exit code where everything could be read.
    fn judged(&self, in_alarm: bool, differs: bool, is_confirmed: bool) -> Exit {
        let fails = self.fail_on.iter().any(|what| match what {
            StatusFailure::Alarm => in_alarm,
            StatusFailure::Drift => differs,
        });
        match () {
            () if fails => Exit::Findings,
            () if self.require_confirmed && !is_confirmed => Exit::Act,
            () => Exit::Success,
        }
    }
}
