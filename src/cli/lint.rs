//! `mlopsctl lint`: whether the alarms of a spec are any good. Offline; with --online also what AWS tells of the account.

use super::Run;
use super::args::SpecArgs;
use super::connect::ConnectArgs;
use super::exit::Exit;
use super::failure::Failure;
use super::fleet::{Fleet, FleetArgs, Told, Visit};
use super::output::Output;
use super::plan::say_calls;
use super::prices::today;
use super::report::ReportFormat;
use crate::aws::Aws;
use crate::fleet::{self, Findings, Row, Select};
use crate::lint::{self, Input, Level, Observed, RULES};
use crate::model::Target;
use crate::model::problem::nearest_or_all;
use crate::plan::{Consent, Note, NoteKind};
use crate::report::lint::{Linted, github, json, sarif, text};
use crate::resources::{FunctionFacts, Snapshot, metric};
use crate::spec::{Bound, Desired, Spec, SpecError};
use clap::{Args, ValueEnum};
use std::collections::BTreeMap;

/// Says whether the alarms are any good: too noisy, too late, deaf, or telling nobody
#[derive(Debug, Clone, Args)]
pub struct LintArgs {
    #[command(flatten)]
    spec: SpecArgs,
    /// Also ask AWS: which metrics there are, the functions' timeouts, who has confirmed
    #[arg(long)]
    online: bool,
    /// Exit with 3 when there is a finding of this level or a worse one
    #[arg(long, value_enum, value_name = "LEVEL", default_value_t)]
    fail_on: FailOn,
    /// How the findings are written
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t, help_heading = "Output")]
    format: LintFormat,
    /// List the rules
    #[arg(long, conflicts_with = "explain")]
    list: bool,
    /// Print the page of a rule: why it is there, and an example
    #[arg(long, value_name = "RULE")]
    explain: Option<String>,
    #[command(flatten)]
    fleet: FleetArgs,
    #[command(flatten)]
    connect: ConnectArgs,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum FailOn {
    Error,
    #[default]
    Warning,
    Hint,
    Never,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum LintFormat {
    /// For people, with source lines
    #[default]
    Table,
    /// For programs
    Json,
    /// For code scanning
    Sarif,
    /// Annotations on the lines of a pull request: ten, the worst first
    Github,
}

impl LintArgs {
    /// Whether AWS, or the sandbox, has to be asked.
    pub fn is_online(&self) -> bool {
        !self.list && self.explain.is_none() && (self.online || self.connect.is_named() || self.fleet.is_named())
    }

    /// Without asking anybody.
    pub fn run(&self, output: &mut Output) -> Result<Exit, Failure> {
        if self.list {
            return list(output);
        }
        if let Some(rule) = &self.explain {
            return explain(rule, output);
        }
        let bound = self.spec.bind()?;
        // Names and numbers of an account do not matter to what can be seen offline.
        let target = Target::new("000000000000", bound.region().unwrap_or_default());
        let desired = bound.desired(&target, &BTreeMap::new())?;
        self.report(&bound, &desired, None, output)
    }

    pub async fn run_online(&self, run: &mut Run<'_>) -> Result<Exit, Failure> {
        let spec = self.spec.load()?;
        if let Some(fleet) = self.fleet.open("lint", &spec, &self.spec, &self.connect, run).await? {
            return self.run_fleet(&fleet, run).await;
        }
        run.signals.clone().or_interrupted(self.run_alone(&spec, run)).await
    }

    async fn run_alone(&self, spec: &Spec, run: &mut Run<'_>) -> Result<Exit, Failure> {
        let bound = self.spec.bind_spec(spec)?;
        let aws = self.connect.open(bound.region(), &run.signals, run.output).await?;
        let planned = fleet::plan(&aws, &bound, &Select::default(), &Consent::default()).await?;
        let desired = bound.desired(&planned.plan.target, &facts(&planned.snapshot))?;
        let mut observed = Observed::of(&planned.snapshot);
        for unknown in list_metrics(&aws, &desired, &mut observed).await {
            run.output.say(&unknown);
        }
        let exit = self.report(&bound, &desired, Some(&observed), run.output);
        say_calls(&aws, run.output);
        exit
    }

    /// Of several accounts how many findings of each level there are; `lint` of one account shows them.
    async fn run_fleet(&self, fleet: &Fleet, run: &mut Run<'_>) -> Result<Exit, Failure> {
        let format = match self.format {
            LintFormat::Table => ReportFormat::Table,
            LintFormat::Json => ReportFormat::Json,
            LintFormat::Sarif | LintFormat::Github => {
                let remedy = "write it as a table or JSON, or lint one account";
                return Err(Failure::say(Exit::Usage, "this format is for one account, and a roster is given", remedy));
            }
        };
        let job = async |visit: Visit<'_>| {
            let planned = fleet::plan(&visit.aws, &visit.bound, &Select::default(), &Consent::default()).await?;
            let desired = visit.bound.desired(&planned.plan.target, &facts(&planned.snapshot))?;
            let mut observed = Observed::of(&planned.snapshot);
            let unknown = list_metrics(&visit.aws, &desired, &mut observed).await;
            let (settings, today) = (settings(&visit.bound)?, today());
            let (bound, observed) = (&visit.bound, Some(&observed));
            let report = lint::lint(Input { bound, desired: &desired, observed, settings: &settings, today: &today });
            Ok(Row {
                findings: Some(Findings {
                    errors: report.count(Level::Error),
                    warnings: report.count(Level::Warning),
                    hints: report.count(Level::Hint),
                }),
                notes: unknown.into_iter().map(|text| Note::new(NoteKind::Unknown, text)).collect(),
                ..Row::of_judged(visit.member, &planned)
            })
        };
        let report = fleet.report("lint", fleet.each(Told::Each, run, job).await);
        let worst = |found: Findings| {
            let levels = [(found.errors, Level::Error), (found.warnings, Level::Warning), (found.hints, Level::Hint)];
            levels.into_iter().find(|(count, _)| *count > 0).map(|(_, level)| level)
        };
        let fails = report.rows.iter().filter_map(|row| row.findings).any(|found| self.fails(worst(found)));
        fleet.end(&report, if fails { Exit::Findings } else { Exit::Success }, format, run)
    }

    fn report(
        &self,
        bound: &Bound,
        desired: &Desired,
        observed: Option<&Observed>,
        output: &mut Output,
    ) -> Result<Exit, Failure> {
        let settings = settings(bound)?;
        let today = today();
        let report = lint::lint(Input { bound, desired, observed, settings: &settings, today: &today });
        let linted = Linted { report: &report, source: bound.source() };
        let text = match self.format {
            LintFormat::Table => text::report(&linted, &output.look),
            LintFormat::Json => json::report(&linted),
            LintFormat::Sarif => sarif::report(&linted),
            LintFormat::Github => github::report(&linted),
        };
        output.result(&text)?;
        Ok(if self.fails(report.worst()) { Exit::Findings } else { Exit::Success })
    }

    fn fails(&self, worst: Option<Level>) -> bool {
        let limit = match self.fail_on {
            FailOn::Error => Some(Level::Error),
            FailOn::Warning => Some(Level::Warning),
            FailOn::Hint => Some(Level::Hint),
            FailOn::Never => None,
        };
        // The worst is the least.
        limit.zip(worst).is_some_and(|(limit, worst)| worst <= limit)
    }
}

/// What the file says of the rules; its mistakes are mistakes of the spec.
pub fn settings(bound: &Bound) -> Result<lint::Settings, Failure> {
    let source = bound.source();
    Ok(lint::settings(bound).map_err(|problems| SpecError::new(source.name, source.text, problems))?)
}

/// The functions' facts, as far as they could be read.
pub fn facts(snapshot: &Snapshot) -> BTreeMap<String, FunctionFacts> {
    let known =
        snapshot.functions.iter().filter_map(|(name, facts)| Some((name.clone(), facts.as_ref().ok()?.clone())));
    known.collect()
}

/// What may not be listed is not known, and said so; it never fails the run.
async fn list_metrics(aws: &Aws, desired: &Desired, observed: &mut Observed) -> Vec<String> {
    let listings = lint::listings(&desired.resources);
    let answers = futures_util::future::join_all(listings.into_iter().map(|listing| async move {
        let answer = metric::aws::list(aws, &listing.0, listing.1.as_deref()).await;
        (listing, answer)
    }));
    let (mut unknown, mut failure) = (Vec::new(), None);
    for (listing, answer) in answers.await {
        match answer {
            Ok(Some(listed)) => observed.add(listing, listed),
            Ok(None) => unknown.push(format!("{} has too many metrics to list: not looked at", listing.0)),
            Err(error) => failure = Some(error),
        }
    }
    let failure =
        failure.map(|error| format!("metrics could not be listed, so it is not known which there are: {error}"));
    unknown.extend(failure);
    unknown
}

fn list(output: &mut Output) -> Result<Exit, Failure> {
    let width = RULES.iter().map(|rule| rule.id.len()).max().unwrap_or(0);
    let line = |rule: &&lint::Rule| format!("{:width$}  {:7}  {}\n", rule.id, rule.level.word(), rule.summary);
    let lines: String = RULES.iter().map(line).collect();
    output.result(&lines)?;
    Ok(Exit::Success)
}

fn explain(id: &str, output: &mut Output) -> Result<Exit, Failure> {
    let Some(rule) = RULES.iter().find(|rule| rule.id == id) else {
        let near = nearest_or_all(id, RULES.iter().map(|rule| rule.id), "the rules are").unwrap_or_default();
        return Err(Failure::say(Exit::Usage, format!("there is no lint rule `{id}`"), near));
    };
    output.result(rule.page)?;
    Ok(Exit::Success)
}
