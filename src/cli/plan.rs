//! `mlopsctl plan`: shows how live AWS differs from the spec, and writes nothing to AWS.

use super::args::{ConsentArgs, OutputFormat, OverwriteArgs, SelectArgs};
use super::exit::Exit;
use super::failure::CliFailure;
use super::fleet::{Fleet, ProgressDetail, RosterArgs};
use super::output::Output;
use super::propose::ProposalArgs;
use super::report::ReportFormatArgs;
use super::{CommandContext, saved_plan};
use crate::aws::{Aws, Clock};
use crate::backtest::for_plan::PastNote;
use crate::fleet::{FleetRow, FleetTarget, TargetState};
use crate::model::advice;
use crate::pipeline::{self, Proposal, ProposalRequest, TargetContext};
use crate::plan::Plan;
use crate::report::{RenderOptions, calls, json, markdown, plan_text};
use crate::spec::Spec;
use clap::Args;
use std::path::PathBuf;

/// Shows what apply would change; writes nothing to AWS
#[derive(Debug, Clone, Args)]
pub struct PlanArgs {
    #[command(flatten)]
    roster: RosterArgs,
    #[command(flatten)]
    select: SelectArgs,
    /// Save the plan, so that `apply FILE` does exactly this or refuses
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Exit with 2 when changes are pending, 0 when there are none, 8 when the plan is blocked
    #[arg(long)]
    detailed_exitcode: bool,
    #[command(flatten)]
    proposal: ProposalArgs,
    #[command(flatten)]
    consent: ConsentArgs,
    #[command(flatten)]
    overwrite: OverwriteArgs,
    #[command(flatten)]
    format: ReportFormatArgs,
}

impl PlanArgs {
    pub async fn run(&self, run: &mut CommandContext<'_>) -> Result<Exit, CliFailure> {
        let spec = self.roster.spec.load()?;
        if let Some(fleet) = self.roster.open("plan", &spec, run).await? {
            return self.run_fleet(&fleet, run).await;
        }
        run.signals.clone().or_interrupted(self.run_alone(spec, run)).await
    }

    fn request(&self, past: PastNote, clock: &Clock) -> Result<ProposalRequest, CliFailure> {
        self.proposal.request(self.select.select(), self.overwrite.consent(&self.consent), past, clock)
    }

    async fn run_alone(&self, spec: Spec, run: &mut CommandContext<'_>) -> Result<Exit, CliFailure> {
        let format = self.format.alone()?;
        let values = self.roster.spec.values_asking(&spec, run).await?;
        let bound = self.roster.spec.one_of(spec.into_regions(&values)?, self.roster.connect.region())?;
        let at = self.roster.connect.target(bound, run).await?;
        let request = self.request(PastNote::Figures, &at.aws.clock)?;
        let proposal = request.propose(&at).await?;
        run.output.result(&render(&proposal, format, &run.output.look))?;
        let plan = &proposal.planned.plan;
        if let Some(path) = &self.out {
            let ProposalRequest { select, consent, .. } = &request;
            let basis =
                pipeline::basis(&at.bound, self.roster.spec.path(), &values, select, consent, &proposal.planned);
            saved_plan::save(path, plan, basis)?;
            let apply = format!("apply {}", advice::quoted(&path.display().to_string()));
            run.output.say(&format!("saved: {}", advice::command(&apply)));
        }
        say_calls(&at.aws, run.output);
        Ok(self.exit(plan))
    }

    async fn run_fleet(&self, fleet: &Fleet, run: &mut CommandContext<'_>) -> Result<Exit, CliFailure> {
        if self.out.is_some() {
            return Err(fleet.is_too_many("--out, a saved plan,", "leave it out"));
        }
        let request = self.request(PastNote::Verdict, fleet.clock())?;
        let plan = async |member: &FleetTarget, at: TargetContext| {
            Ok(FleetRow::of_proposal(member, &request.propose(&at).await?))
        };
        let report = fleet.report("plan", fleet.each(ProgressDetail::Each, run, plan).await);
        let pending = report.rows.iter().any(|row| row.state == TargetState::Pending);
        let all_well = if pending && self.detailed_exitcode { Exit::Pending } else { Exit::Success };
        fleet.end(&report, all_well, self.format.format, run)
    }

    fn exit(&self, plan: &Plan) -> Exit {
        match () {
            () if plan.is_incomplete() => Exit::Partial,
            () if !self.detailed_exitcode => Exit::Success,
            () if plan.refusals().next().is_some() => Exit::Blocked,
            () if plan.effective().next().is_some() => Exit::Pending,
            () => Exit::Success,
        }
    }
}

/// The proposal in the format that was asked for.
pub fn render(proposal: &Proposal, format: OutputFormat, look: &RenderOptions) -> String {
    let (plan, cost) = (&proposal.planned.plan, Some(&proposal.cost));
    match format {
        OutputFormat::Table => plan_text::plan_and_cost(plan, cost, look),
        OutputFormat::Json => json::plans([(plan, cost)]),
        OutputFormat::Markdown => markdown::plan_with_pages(plan, cost, proposal.pages.as_ref()),
    }
}

/// With `-v`: what was asked of AWS.
pub fn say_calls(aws: &Aws, output: &mut Output) {
    if output.look.verbose {
        let counts: Vec<_> = aws.calls().into_iter().map(|(op, count)| (op, count.calls, count.throttled)).collect();
        let text = calls::calls(&counts, &output.side);
        output.say(&text);
    }
}
