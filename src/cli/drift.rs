//! `mlopsctl drift`: how what others deploy differs from the spec that was exported for it. Only reads.

use super::CommandContext;
use super::args::{OutputFormat, SelectArgs};
use super::exit::Exit;
use super::failure::CliFailure;
use super::fleet::{Fleet, ProgressDetail, RosterArgs};
use super::plan::say_calls;
use super::report::ReportFormatArgs;
use crate::fleet::{FleetRow, FleetTarget, TargetState};
use crate::pipeline::{self, TargetContext};
use crate::plan::drift::StackDrift;
use crate::report::drift as report;
use crate::resources::foreign::DeployingEngine;
use clap::{Args, ValueEnum};

/// Shows how a stack that others deploy, by an export or a StackSet, differs from the spec; ends with 3 where it does
///
/// Only what exists counts, not who owns it: CloudFormation or Terraform may have made it. For what mlopsctl itself applies, plan says
/// the same and what apply would do about it.
#[derive(Debug, Clone, Args)]
pub struct DriftArgs {
    #[command(flatten)]
    roster: RosterArgs,
    #[command(flatten)]
    select: SelectArgs,
    /// What deployed the export: fields that it cannot carry are no drift [default: cloudformation, where its tags are found]
    #[arg(long, value_enum, value_name = "ENGINE")]
    exported: Option<ExportedTo>,
    #[command(flatten)]
    format: ReportFormatArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ExportedTo {
    /// A stack or a StackSet
    Cloudformation,
    Terraform,
}

impl DriftArgs {
    pub async fn run(&self, run: &mut CommandContext<'_>) -> Result<Exit, CliFailure> {
        let spec = self.roster.spec.load()?;
        if let Some(fleet) = self.roster.open("drift", &spec, run).await? {
            return self.run_fleet(&fleet, run).await;
        }
        let format = self.format.alone()?;
        let bound = self.roster.spec.bind_asking(spec, self.roster.connect.region(), run).await?;
        let at = self.roster.connect.target(bound, run).await?;
        let drift = pipeline::drift(&at, &self.select.select(), self.engine()).await?;
        let text = match format {
            OutputFormat::Table => report::text(&drift, &run.output.look),
            OutputFormat::Json => report::json(&drift),
            OutputFormat::Markdown => report::markdown(&drift),
        };
        run.output.result(&text)?;
        say_calls(&at.aws, run.output);
        Ok(exit(&drift))
    }

    /// A row a target.
    async fn run_fleet(&self, fleet: &Fleet, run: &mut CommandContext<'_>) -> Result<Exit, CliFailure> {
        let (select, engine) = (self.select.select(), self.engine());
        let look = async |member: &FleetTarget, at: TargetContext| {
            Ok(FleetRow::of_drift(member, &pipeline::drift(&at, &select, engine).await?))
        };
        let report = fleet.report("drift", fleet.each(ProgressDetail::Each, run, look).await);
        let drifted = report.rows.iter().any(|row| row.state == TargetState::Drifted);
        let all_read = if drifted { Exit::Findings } else { Exit::Success };
        fleet.end(&report, all_read, self.format.format, run)
    }

    fn engine(&self) -> Option<DeployingEngine> {
        self.exported.map(|engine| match engine {
            ExportedTo::Cloudformation => DeployingEngine::Cloudformation,
            ExportedTo::Terraform => DeployingEngine::Terraform,
        })
    }
}

fn exit(drift: &StackDrift) -> Exit {
    match () {
        () if drift.is_incomplete() => Exit::Partial,
        () if !drift.resources.is_empty() => Exit::Findings,
        () => Exit::Success,
    }
}
