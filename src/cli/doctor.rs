//! `mlopsctl doctor`: names the reason when it does not work; with --fix, has apply mend what apply can.

use super::CommandContext;
use super::apply_flow::{ApplyFlowArgs, ApplySingle};
use super::args::{ConsentArgs, OutputFormat, TextOrJson};
use super::exit::Exit;
use super::failure::CliFailure;
use super::fleet::{Fleet, RosterArgs, Survey, by_findings, table_or_json};
use super::plan::say_calls;
use super::propose::ProposalArgs;
use super::report::ReportFormatArgs;
use crate::aws::Class;
use crate::backtest::for_plan::PastNote;
use crate::fleet::{Findings, FleetFinding, FleetLevel, FleetRow, FleetTarget, TargetState};
use crate::ops::doctor::{self, DoctorFacts, DoctorFinding, DoctorLevel};
use crate::pipeline::{Select, TargetContext};
use crate::report::watch::doctor as report;
use crate::spec::Spec;
use clap::Args;

/// Finds out why it does not work, and how to fix it
///
/// The true cause comes first, each with what was seen and the fix.
#[derive(Debug, Clone, Args)]
// What only the fixing asks for is a mistake without it.
#[command(mut_arg("yes", |arg| arg.requires("fix")))]
#[command(mut_arg("require_confirmed", |arg| arg.requires("fix")))]
#[command(mut_arg("adopt", |arg| arg.requires("fix")))]
#[command(mut_arg("allow_deletes", |arg| arg.requires("fix")))]
#[command(mut_arg("allow_data_loss", |arg| arg.requires("fix")))]
pub struct DoctorArgs {
    /// Have apply mend what it can: shows the plan and asks
    #[arg(long, conflicts_with = "list")]
    fix: bool,
    /// Also look at the service behind this address: its health checks and its dashboard
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// List everything that is looked for
    #[arg(long)]
    list: bool,
    #[command(flatten)]
    roster: RosterArgs,
    #[command(flatten)]
    flow: ApplyFlowArgs,
    #[command(flatten)]
    consent: ConsentArgs,
    #[command(flatten)]
    proposal: ProposalArgs,
    #[command(flatten)]
    format: ReportFormatArgs,
}

impl DoctorArgs {
    pub async fn run(&self, run: &mut CommandContext<'_>) -> Result<Exit, CliFailure> {
        if self.list {
            run.output.result(&report::list())?;
            return Ok(Exit::Success);
        }
        let spec = self.roster.spec.load()?;
        if let Some(fleet) = self.roster.open_roster("doctor", &spec, run).await? {
            return self.run_fleet(&fleet, run).await;
        }
        let format = table_or_json(self.format)?;
        let (at, facts) = run.signals.clone().or_interrupted(self.examine(spec, run)).await?;
        let findings = doctor::judge(&facts);
        let steps = doctor::steps(&facts);
        let place = report::place(facts.target.as_ref(), &facts.region);
        match format {
            // The report of the mending is the result then.
            TextOrJson::Json if self.fix => {
                run.output.say(&report::report(&facts.stack, &place, &findings, steps, &run.output.side))
            }
            TextOrJson::Json => {
                let text = report::json(&facts.stack, facts.target.as_ref(), &facts.region, &findings, steps);
                run.output.result(&text)?;
            }
            TextOrJson::Table => {
                let text = report::report(&facts.stack, &place, &findings, steps, &run.output.look);
                run.output.result(&text)?;
            }
        }
        say_calls(&at.aws, run.output);
        if self.fix && findings.iter().any(mends) {
            return self.mend(&at, format, run).await;
        }
        Ok(exit(&facts, &findings))
    }

    /// A row a target: its findings, the same of many accounts once. The fix of one account alone is refused before.
    async fn run_fleet(&self, fleet: &Fleet, run: &mut CommandContext<'_>) -> Result<Exit, CliFailure> {
        if self.fix {
            return Err(fleet.is_too_many("--fix", "leave it out and run `mlopsctl apply` over the roster"));
        }
        if self.url.is_some() {
            return Err(fleet.is_too_many("--url", "leave it out"));
        }
        let look = async |member: &FleetTarget, at: TargetContext| {
            let facts = doctor::read(&at.aws, &at.bound, at.aws.clock.now()).await;
            Ok(row(member, &facts, &doctor::judge(&facts)))
        };
        let survey = Survey { command: "doctor", format: self.format.format };
        run.signals.clone().or_interrupted(fleet.survey(survey, by_findings, run, look)).await
    }

    async fn examine(
        &self,
        spec: Spec,
        run: &mut CommandContext<'_>,
    ) -> Result<(TargetContext, DoctorFacts), CliFailure> {
        let bound = self.roster.spec.bind_asking(spec, self.roster.connect.region(), run).await?;
        let at = self.roster.connect.target(bound, run).await?;
        let service = async {
            match &self.url {
                Some(url) => doctor::look(url).await.map(Some),
                None => Ok(None),
            }
        };
        let (mut facts, service) = futures_util::join!(doctor::read(&at.aws, &at.bound, at.aws.clock.now()), service);
        facts.service = service.map_err(|error| CliFailure::say(Exit::Usage, format!("{error:#}"), "correct --url"))?;
        Ok((at, facts))
    }

    /// The same as `apply`, down to its questions and refusals.
    async fn mend(
        &self,
        at: &TargetContext,
        format: TextOrJson,
        run: &mut CommandContext<'_>,
    ) -> Result<Exit, CliFailure> {
        let (select, consent) = (Select::default(), self.consent.consent());
        let request = self.proposal.request(select, consent, PastNote::Figures, &at.aws.clock)?;
        let proposal = run.signals.clone().or_interrupted(async { Ok(request.propose(at).await?) }).await?;
        run.output.say("");
        let format = match format {
            TextOrJson::Table => OutputFormat::Table,
            TextOrJson::Json => OutputFormat::Json,
        };
        let (args, purpose) = (self.flow, request.purpose);
        ApplySingle {
            aws: &at.aws,
            proposal: &proposal,
            args,
            mute: None,
            format,
            purpose,
            on_sandbox: self.roster.connect.is_sandbox(),
        }
        .run(run)
        .await
    }
}

fn mends(finding: &DoctorFinding) -> bool {
    finding.applies || finding.consequences.iter().any(mends)
}

/// What keeps anything from being read has its own code.
fn exit(facts: &DoctorFacts, findings: &[DoctorFinding]) -> Exit {
    let refused = |classes: &[Class]| facts.refusals.iter().any(|refusal| classes.contains(&refusal.class));
    match findings.first().map(|finding| finding.level) {
        Some(DoctorLevel::Error) if refused(&[Class::Credentials, Class::Denied]) => Exit::Denied,
        Some(DoctorLevel::Error) if facts.target.is_none() && refused(&[Class::Transient, Class::Throttled]) => {
            Exit::TryLater
        }
        Some(DoctorLevel::Error) => Exit::Findings,
        Some(DoctorLevel::ActionNeeded) => Exit::Act,
        Some(DoctorLevel::Hint) | None => Exit::Success,
    }
}

/// What was found of a member. What could not be read makes it partial; where nothing could, it failed.
fn row(member: &FleetTarget, facts: &DoctorFacts, findings: &[DoctorFinding]) -> FleetRow {
    let first = findings.first().filter(|_| facts.target.is_none());
    if let Some(first) = first {
        let failure = CliFailure::say(exit(facts, findings), first.what.clone(), first.remedy.clone());
        return FleetRow::failed(member, TargetState::Failed, failure.of_target());
    }
    let state = match () {
        () if !facts.refusals.is_empty() => TargetState::Partial,
        () if findings.iter().any(mends) => TargetState::Pending,
        () => TargetState::InSync,
    };
    let of = |level: DoctorLevel| findings.iter().filter(|finding| finding.level == level).count();
    let counts = Findings {
        errors: of(DoctorLevel::Error),
        warnings: of(DoctorLevel::ActionNeeded),
        hints: of(DoctorLevel::Hint),
    };
    let found = findings.iter().map(|finding| FleetFinding {
        id: finding.cause.to_owned(),
        level: match finding.level {
            DoctorLevel::Error => FleetLevel::Error,
            DoctorLevel::ActionNeeded => FleetLevel::ActionNeeded,
            DoctorLevel::Hint => FleetLevel::Hint,
        },
        text: finding.what.clone(),
        remedy: Some(finding.remedy.clone()),
        person: None,
    });
    FleetRow { findings: Some(counts), found: found.collect(), ..FleetRow::new(member, state) }
}
