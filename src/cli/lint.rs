//! `mlopsctl lint`: whether the alarms of a spec are any good. Offline; with --online also what AWS tells of the account.

use super::CommandContext;
use super::complete;
use super::exit::Exit;
use super::failure::CliFailure;
use super::fleet::{Fleet, ProgressDetail, RosterArgs};
use super::output::Output;
use super::plan::say_calls;
use super::report::ReportFormat;
use crate::aws::Clock;
use crate::fleet::{Findings, FleetRow, FleetTarget, TargetState};
use crate::lint::{self, LintInput, LintReport, RULES, Severity};
use crate::model::Target;
use crate::model::problem::nearest_or_all;
use crate::pipeline::{LintedTarget, TargetContext, lint_online, lint_settings};
use crate::plan::{Note, NoteKind};
use crate::report::lint::{Linted, github, json, sarif, text};
use crate::spec::{BoundSpec, Spec};
use clap::{Args, ValueEnum};
use std::collections::BTreeMap;

/// Finds alarms that are too noisy, too late, deaf, or notify nobody
#[derive(Debug, Clone, Args)]
pub struct LintArgs {
    #[command(flatten)]
    roster: RosterArgs,
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
    #[arg(long, value_name = "RULE", add = complete::rules())]
    explain: Option<String>,
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
        !self.list
            && self.explain.is_none()
            && (self.online || self.roster.connect.is_named() || self.roster.fleet.is_named())
    }

    /// Without asking anybody.
    pub fn run(&self, output: &mut Output) -> Result<Exit, CliFailure> {
        if self.list {
            return list(output);
        }
        if let Some(rule) = &self.explain {
            return explain(rule, output);
        }
        self.roster.fleet.nothing_alone()?;
        let all = self.roster.spec.bind_regions(self.roster.connect.region())?;
        let today = Clock::machine().today();
        let mut parts = Vec::new();
        for bound in &all {
            // Names and numbers of an account do not matter to what can be seen offline.
            let region = self.roster.connect.region().or(bound.region()).unwrap_or_default();
            let target = Target::new("000000000000", region);
            let desired = bound.desired(&target, &BTreeMap::new())?;
            let settings = lint_settings(bound)?;
            let input = LintInput { bound, desired: &desired, observed: None, settings: &settings, today: &today };
            parts.push((bound, lint::lint(input)));
        }
        let Some(first) = all.first() else { return Ok(Exit::Success) };
        self.show(&Linted { report: &LintReport::joined(parts), source: first.source() }, &[], output)
    }

    pub async fn run_online(&self, run: &mut CommandContext<'_>) -> Result<Exit, CliFailure> {
        let spec = self.roster.spec.load()?;
        if let Some(fleet) = self.roster.open("lint", &spec, run).await? {
            // Of one account's regions the findings themselves are shown, each at its place of the one file.
            return match fleet.is_of_regions() && !self.roster.fleet.saves_reports() {
                true => run.signals.clone().or_interrupted(self.run_regions(&fleet, run)).await,
                false => self.run_fleet(&fleet, run).await,
            };
        }
        run.signals.clone().or_interrupted(self.run_alone(spec, run)).await
    }

    async fn run_alone(&self, spec: Spec, run: &mut CommandContext<'_>) -> Result<Exit, CliFailure> {
        let bound = self.roster.spec.bind_asking(spec, self.roster.connect.region(), run).await?;
        let at = self.roster.connect.target(bound, run).await?;
        let linted = vec![(lint_online(&at).await?, at.bound)];
        let exit = self.show_online(linted, run);
        say_calls(&at.aws, run.output);
        exit
    }

    /// The findings of every region of one account, as of one file.
    async fn run_regions(&self, fleet: &Fleet, run: &mut CommandContext<'_>) -> Result<Exit, CliFailure> {
        let mut linted = Vec::new();
        for member in fleet.members() {
            let at = fleet.context(member).await?;
            linted.push((lint_online(&at).await?, at.bound));
        }
        let exit = self.show_online(linted, run);
        say_calls(fleet.own(), run.output);
        exit
    }

    fn show_online(
        &self,
        linted: Vec<(LintedTarget, BoundSpec)>,
        run: &mut CommandContext<'_>,
    ) -> Result<Exit, CliFailure> {
        let (mut unknown, mut parts) = (Vec::<String>::new(), Vec::new());
        for (LintedTarget { planned, report, unlisted }, bound) in &linted {
            let unread = planned.plan.all_notes().filter(|(_, note)| note.kind == NoteKind::Unknown);
            let of_it = unread.map(|(_, note)| note.text.clone()).chain(unlisted.iter().cloned());
            let region = if linted.len() > 1 { format!("{}: ", planned.plan.target.region) } else { String::new() };
            unknown.extend(of_it.map(|text| format!("{region}{text}")));
            parts.push((bound, report.clone()));
        }
        for unknown in &unknown {
            run.output.complain(&format!("unknown: {unknown}"));
        }
        let Some((_, first)) = linted.first() else { return Ok(Exit::Success) };
        let report = LintReport::joined(parts);
        match self.show(&Linted { report: &report, source: first.source() }, &unknown, run.output) {
            Ok(Exit::Success) if !unknown.is_empty() => Ok(Exit::Partial),
            exit => exit,
        }
    }

    /// Of several accounts how many findings of each level there are; `lint` of one account shows them.
    async fn run_fleet(&self, fleet: &Fleet, run: &mut CommandContext<'_>) -> Result<Exit, CliFailure> {
        let format = match self.format {
            LintFormat::Table => ReportFormat::Table,
            LintFormat::Json => ReportFormat::Json,
            LintFormat::Sarif | LintFormat::Github => {
                return Err(fleet.is_too_many("this format", "write it as a table or JSON"));
            }
        };
        let job = async |member: &FleetTarget, at: TargetContext| {
            let LintedTarget { planned, report, unlisted } = lint_online(&at).await?;
            let row = FleetRow::of_judged(member, &planned);
            let state = if unlisted.is_empty() { row.state } else { row.state.max(TargetState::Partial) };
            let unlisted = unlisted.into_iter().map(|text| Note::new(NoteKind::Unknown, text));
            Ok(FleetRow {
                state,
                findings: Some(Findings {
                    errors: report.count(Severity::Error),
                    warnings: report.count(Severity::Warning),
                    hints: report.count(Severity::Hint),
                }),
                notes: row.notes.into_iter().chain(unlisted).collect(),
                ..row
            })
        };
        let report = fleet.report("lint", fleet.each(ProgressDetail::Each, run, job).await);
        let worst = |found: Findings| {
            let levels =
                [(found.errors, Severity::Error), (found.warnings, Severity::Warning), (found.hints, Severity::Hint)];
            levels.into_iter().find(|(count, _)| *count > 0).map(|(_, level)| level)
        };
        let fails = report.rows.iter().filter_map(|row| row.findings).any(|found| self.fails(worst(found)));
        fleet.end(&report, if fails { Exit::Findings } else { Exit::Success }, format, run)
    }

    fn show(&self, linted: &Linted<'_>, unknown: &[String], output: &mut Output) -> Result<Exit, CliFailure> {
        match self.format {
            LintFormat::Table => output.result(&text::report(linted, &output.look))?,
            LintFormat::Json => output.result(&json::report(linted, unknown))?,
            LintFormat::Sarif => output.result(&sarif::report(linted))?,
            LintFormat::Github => output.annotations(&github::report(linted))?,
        }
        Ok(if self.fails(linted.report.worst()) { Exit::Findings } else { Exit::Success })
    }

    fn fails(&self, worst: Option<Severity>) -> bool {
        let limit = match self.fail_on {
            FailOn::Error => Some(Severity::Error),
            FailOn::Warning => Some(Severity::Warning),
            FailOn::Hint => Some(Severity::Hint),
            FailOn::Never => None,
        };
        // The worst is the least.
        limit.zip(worst).is_some_and(|(limit, worst)| worst <= limit)
    }
}

fn list(output: &mut Output) -> Result<Exit, CliFailure> {
    let width = RULES.iter().map(|rule| rule.id.len()).max().unwrap_or(0);
    let line = |rule: &&lint::LintRule| format!("{:width$}  {:7}  {}\n", rule.id, rule.level.word(), rule.summary);
    let lines: String = RULES.iter().map(line).collect();
    output.result(&lines)?;
    Ok(Exit::Success)
}

fn explain(id: &str, output: &mut Output) -> Result<Exit, CliFailure> {
    let Some(rule) = RULES.iter().find(|rule| rule.id == id) else {
        let near = nearest_or_all(id, RULES.iter().map(|rule| rule.id), "the rules are").unwrap_or_default();
        return Err(CliFailure::say(Exit::Usage, format!("there is no lint rule `{id}`"), near));
    };
    output.result(rule.page)?;
    Ok(Exit::Success)
}
