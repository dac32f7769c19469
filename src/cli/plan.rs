//! `mlopsctl plan`: shows how live AWS differs from the spec, and writes nothing to AWS.

use super::args::{ConsentArgs, Format, OverwriteArgs, SelectArgs, SpecArgs};
use super::connect::ConnectArgs;
use super::exit::Exit;
use super::failure::Failure;
use super::fleet::{Fleet, FleetArgs, Told, Visit};
use super::moment::now;
use super::output::Output;
use super::prices::{PriceArgs, today};
use super::report::ReportFormatArgs;
use super::{Run, lint, saved_plan};
use crate::aws::Aws;
use crate::backtest::for_plan::for_plan;
use crate::cost::{self, Cost};
use crate::fleet::{Planned, Row, State};
use crate::lint::{Input, Observed, Settings, added};
use crate::plan::Plan;
use crate::report::{calls, json, markdown, plan_text};
use crate::spec::{Bound, Spec};
use crate::{fleet, report::Look};
use clap::Args;
use std::path::PathBuf;

/// Shows what apply would do, and writes nothing to AWS
#[derive(Debug, Clone, Args)]
pub struct PlanArgs {
    #[command(flatten)]
    spec: SpecArgs,
    #[command(flatten)]
    select: SelectArgs,
    /// Save the plan, so that `apply FILE` does exactly this or refuses
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Exit with 2 when changes are pending, 0 when there are none, 8 when the plan is blocked
    #[arg(long)]
    detailed_exitcode: bool,
    /// Do not look at what the alarms would have done over the last two weeks
    #[arg(long, env = "MLOPSCTL_NO_BACKTEST", hide_env_values = true, value_parser = clap::builder::BoolishValueParser::new())]
    no_backtest: bool,
    #[command(flatten)]
    consent: ConsentArgs,
    #[command(flatten)]
    overwrite: OverwriteArgs,
    #[command(flatten)]
    prices: PriceArgs,
    #[command(flatten)]
    fleet: FleetArgs,
    #[command(flatten)]
    connect: ConnectArgs,
    #[command(flatten)]
    format: ReportFormatArgs,
}

impl PlanArgs {
    pub async fn run(&self, run: &mut Run<'_>) -> Result<Exit, Failure> {
        let format = self.format.early();
        let spec = json_on_failure(self.spec.load(), format, run.output)?;
        let fleet = self.fleet.open("plan", &spec, &self.spec, &self.connect, run).await;
        if let Some(fleet) = json_on_failure(fleet, format, run.output)? {
            return self.run_fleet(&fleet, run).await;
        }
        run.signals.clone().or_interrupted(self.run_alone(&spec, run)).await
    }

    async fn run_alone(&self, spec: &Spec, run: &mut Run<'_>) -> Result<Exit, Failure> {
        let format = self.format.alone()?;
        let bound = json_on_failure(self.spec.bind_spec(spec), format, run.output)?;
        let settings = json_on_failure(lint::settings(&bound), format, run.output)?;
        let prices = json_on_failure(self.prices.read(), format, run.output)?;
        let aws = self.connect.open(bound.region(), &run.signals, run.output).await;
        let aws = json_on_failure(aws, format, run.output)?;
        let planned = fleet::plan(&aws, &bound, &self.select.select(), &self.overwrite.consent(self.consent)).await;
        let mut planned = json_on_failure(planned.map_err(Failure::from), format, run.output)?;
        let judged = judge(&bound, &settings, &mut planned);
        json_on_failure(judged, format, run.output)?;
        if !self.no_backtest {
            look_back(&aws, &mut planned.plan).await;
        }
        let cost = cost::of_plan(&planned.plan, &prices);
        run.output.result(&render(&planned.plan, Some(&cost), format, &run.output.look))?;
        if let Some(path) = &self.out {
            saved_plan::save(path, &planned.plan)?;
            run.output.say(&format!("saved: mlopsctl apply {}", path.display()));
        }
        say_calls(&aws, run.output);
        Ok(self.exit(&planned.plan))
    }

    /// The past of alarms is not looked at here: `backtest` does that.
    async fn run_fleet(&self, fleet: &Fleet, run: &mut Run<'_>) -> Result<Exit, Failure> {
        if self.out.is_some() {
            let remedy = "leave it out, or plan one account with its own credentials";
            return Err(Failure::say(
                Exit::Usage,
                "--out saves the plan of one account, and a roster is given",
                remedy,
            ));
        }
        let prices = self.prices.read()?;
        let (select, consent) = (self.select.select(), self.overwrite.consent(self.consent));
        let plan = async |visit: Visit<'_>| {
            let planned = fleet::plan(&visit.aws, &visit.bound, &select, &consent).await?;
            let cost = cost::of_plan(&planned.plan, &prices);
            Ok(Row { cost: Some(cost.after.total), ..Row::of_plan(visit.member, &planned) })
        };
        let report = fleet.report("plan", fleet.each(Told::Each, run, plan).await);
        let pending = report.rows.iter().any(|row| row.state == State::Pending);
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

/// Notes what the plan makes newly wrong.
fn judge(bound: &Bound, settings: &Settings, planned: &mut Planned) -> Result<(), Failure> {
    let desired = bound.desired(&planned.plan.target, &lint::facts(&planned.snapshot))?;
    let (observed, today) = (Observed::of(&planned.snapshot), today());
    let input = Input { bound, desired: &desired, observed: Some(&observed), settings, today: &today };
    added(input, &planned.plan).note(&mut planned.plan);
    Ok(())
}

/// Notes how each alarm that the plan creates or changes would have behaved.
async fn look_back(aws: &Aws, plan: &mut Plan) {
    let mut notes = for_plan(aws, plan, now()).await;
    for change in &mut plan.changes {
        change.notes.extend(notes.remove(&change.address));
    }
}

/// The plan in the format that was asked for.
pub fn render(plan: &Plan, cost: Option<&Cost>, format: Format, look: &Look) -> String {
    match format {
        Format::Table => plan_text::plan_and_cost(plan, cost, look),
        Format::Json => json::plans([(plan, cost)]),
        Format::Markdown => markdown::plan_and_cost(plan, cost),
    }
}

/// Whoever reads JSON gets JSON, also of a failure; the words still go to stderr.
pub fn json_on_failure<T>(result: Result<T, Failure>, format: Format, output: &mut Output) -> Result<T, Failure> {
    if let (Err(failure), Format::Json) = (&result, format) {
        output.result(&json::failure(&failure.diagnostics()))?;
    }
    result
}

/// With `-v`: what was asked of AWS.
pub fn say_calls(aws: &Aws, output: &mut Output) {
    if output.look.verbose {
        let counts: Vec<_> = aws.calls().into_iter().map(|(op, count)| (op, count.calls, count.throttled)).collect();
        let text = calls::calls(&counts, &output.side);
        output.say(&text);
    }
}
