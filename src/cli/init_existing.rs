//! `mlopsctl init --existing`: what exists in an account, or in each of a roster, as specs, each with the proof that taking it over
//! changes nothing. Never overwrites a file.

use super::CommandContext;
use super::connect::ConnectArgs;
use super::exit::Exit;
use super::failure::CliFailure;
use super::fleet::{FleetProgress, ProgressDetail, ProgressRow};
use super::init_files::{exists, put, write_schema};
use super::plan::say_calls;
use super::variables::load_roster;
use crate::aws::Aws;
use crate::fleet::{
    FleetDefaults, FleetTarget, FleetTargets, RunLimits, Shard, TargetAccess, TargetFailure, TargetRow, run_all,
};
use crate::model::{Target, advice};
use crate::pipeline::existing::{ExistingSelect, ExistingSpec, prove, write_existing};
use crate::plan::proof::AdoptionProof;
use crate::report::{RenderOptions, existing, mask};
use crate::spec::RosterAccount;
use anyhow::Context;
use clap::Args;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

/// What of an account is written, and of which accounts.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Existing resources")]
pub struct ExistingArgs {
    /// Write what exists instead, and prove that adopting it changes nothing; with --all, --prefix, --tag or --function
    #[arg(long)]
    existing: bool,
    /// Everything that nobody else owns: alarms, topics, log groups with settings, mute rules
    #[arg(long, requires = "existing")]
    all: bool,
    /// What has a name that begins with this; repeatable
    #[arg(long, value_name = "PREFIX", requires = "existing")]
    prefix: Vec<String>,
    /// What carries this tag; repeatable
    #[arg(long, value_name = "KEY=VALUE", requires = "existing", value_parser = tag)]
    tag: Vec<(String, String)>,
    /// The alarms and log groups of functions of this name or pattern; repeatable
    #[arg(long, value_name = "PATTERN", requires = "existing")]
    function: Vec<String>,
    /// Write also what CloudFormation, Terraform or another stack owns
    #[arg(long, requires = "existing")]
    owned_by_others: bool,
    /// The roster, a CSV or YAML file of accounts: a file of each is written into the folder of --file
    #[arg(long, value_name = "FILE", requires = "existing", help_heading = "Several accounts")]
    accounts: Option<PathBuf>,
    /// The role to assume where the roster names none [default: OrganizationAccountAccessRole]
    #[arg(long, value_name = "NAME", requires = "accounts", help_heading = "Several accounts")]
    role: Option<String>,
    /// How many accounts are read at a time
    #[arg(long, value_name = "N", default_value = "32", help_heading = "Several accounts")]
    concurrency: NonZeroUsize,
}

fn tag(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("write KEY=VALUE".to_owned()),
    }
}

impl ExistingArgs {
    /// What is to be written; `None` where existing resources are not asked for.
    pub fn select(&self) -> Result<Option<ExistingSelect>, CliFailure> {
        if !self.existing {
            return Ok(None);
        }
        if !self.all && self.prefix.is_empty() && self.tag.is_empty() && self.function.is_empty() {
            let what = "--existing does not say what is to be written";
            let fix = "add --all, --prefix PREFIX, --tag KEY=VALUE or --function PATTERN";
            return Err(CliFailure::say(Exit::Usage, what, fix));
        }
        Ok(Some(ExistingSelect {
            all: self.all,
            prefixes: self.prefix.clone(),
            tags: self.tag.clone(),
            functions: self.function.clone(),
            with_others: self.owned_by_others,
        }))
    }

    /// Whether a roster is named.
    pub fn is_of_roster(&self) -> bool {
        self.accounts.is_some()
    }

    /// A file of each target of the roster in one folder; a line of each, and how it ends.
    pub async fn write_roster(
        &self,
        folder: &Path,
        stack: &str,
        select: &ExistingSelect,
        connect: &ConnectArgs,
        run: &mut CommandContext<'_>,
    ) -> Result<Exit, CliFailure> {
        let Some(path) = &self.accounts else { return Ok(Exit::Success) };
        let roster = load_roster(path, &[])?;
        let options = connect.options(None, &run.signals, run.output)?;
        let somewhere = roster.accounts.iter().flat_map(|account| &account.regions).next();
        let access = TargetAccess::open(options, somewhere.map_or("us-east-1", String::as_str)).await?;
        let for_all = FleetDefaults { role: self.role.as_deref(), region: connect.region(), shard: Shard::WHOLE };
        let members = FleetTargets::of(&roster, for_all, |account: &RosterAccount| {
            access.region().map(|region| vec![region.to_owned()]).ok_or_else(|| {
                let what = format!("no region for account {}", account.id);
                CliFailure::say(Exit::Usage, what, "give --region, or a column `region` in the roster")
            })
        })?;
        if members.list.iter().any(FleetTarget::needs_a_caller) {
            access.caller().await?;
        }
        std::fs::create_dir_all(folder).with_context(|| format!("could not make the folder {}", folder.display()))?;
        write_schema(&folder.join("alarms.yaml"), run)?;
        let interrupt = run.signals.interrupt.clone();
        let limits = RunLimits { concurrency: self.concurrency.get(), max_failures: None, interrupt };
        let job = async |member: &FleetTarget| {
            let path = folder.join(format!("{}-{}.yaml", member.target.account, member.target.region));
            let written = one(&access, member, &path, stack, select);
            tokio::select! {
                biased;
                () = limits.interrupt.wait() => ExistingRow::not_started(member),
                written = written => ExistingRow {
                    target: member.target.clone(),
                    written: written.map_err(|failure| failure.of_target()),
                },
            }
        };
        let mut progress = FleetProgress::new(run.output, &members.list, ProgressDetail::Failures);
        let rows = run_all(&members.list, &limits, job, &mut |step| progress.step(&step)).await;
        progress.end();
        let look = run.output.look;
        for row in &rows {
            run.output.result(&(row.line(&look) + "\n"))?;
            let Ok(Some(written)) = &row.written else { continue };
            let notes = written.notes(select, &look).concat();
            notes.lines().for_each(|note| run.output.say(&format!("{}: {note}", row.target)));
            if !written.proof.holds() {
                run.output.result(&existing::proof(&written.proof, &look))?;
            }
        }
        say_calls(access.own(), run.output);
        let exits: Vec<Exit> = rows.iter().map(ExistingRow::exit).collect();
        Ok(run.signals.received().unwrap_or(match () {
            () if exits.contains(&Exit::Failure) => Exit::Failure,
            () if exits.contains(&Exit::Partial) => Exit::Partial,
            () => Exit::Success,
        }))
    }
}

/// A spec that was written into a file, and what a plan of it does.
#[derive(Debug)]
pub struct WrittenFile {
    path: PathBuf,
    /// The values of its variables, where it has some.
    values: Option<PathBuf>,
    found: ExistingSpec,
    proof: AdoptionProof,
}

/// Writes what exists in one target into a file; `None` where there is nothing to write.
async fn one(
    access: &TargetAccess,
    member: &FleetTarget,
    path: &Path,
    stack: &str,
    select: &ExistingSelect,
) -> Result<Option<WrittenFile>, CliFailure> {
    if path.exists() {
        return Err(exists(path));
    }
    let aws = access.aws(member).await?;
    let found = write_existing(&aws, stack, select).await?;
    if found.counts.is_empty() {
        return Ok(None);
    }
    let values = put(path, &found.written)?;
    let proof = prove(&aws, &found.written, select.with_others).await?;
    Ok(Some(WrittenFile { path: path.to_owned(), values, found, proof }))
}

/// Writes what exists in the one target, and proves that taking it over changes nothing.
pub async fn write_one(
    aws: &Aws,
    path: &Path,
    stack: &str,
    select: &ExistingSelect,
    run: &mut CommandContext<'_>,
) -> Result<Exit, CliFailure> {
    let found = write_existing(aws, stack, select).await?;
    let look = run.output.look;
    if found.counts.is_empty() {
        notes(&found, select, &look).iter().for_each(|note| run.output.say(note));
        let what = format!("there is nothing to write in {}", aws.target().await?);
        let fix = "ask for more: --all, another --prefix, or --owned-by-others";
        return Err(CliFailure::say(Exit::Failure, what, fix));
    }
    let values = put(path, &found.written)?;
    write_schema(path, run)?;
    run.output.result(&(summary(path, &found) + "\n"))?;
    if let Some(values) = &values {
        let count = found.written.variables.len();
        let variables = if count == 1 { "variable" } else { "variables" };
        let words = "for you alone: keep it out of the repository";
        run.output.say(&format!("{}: the values of {count} {variables}, {words}", values.display()));
    }
    notes(&found, select, &look).iter().for_each(|note| run.output.say(note));
    let proof = prove(aws, &found.written, select.with_others).await?;
    run.output.result(&existing::proof(&proof, &look))?;
    let written = WrittenFile { path: path.to_owned(), values, found, proof };
    let values = written.values.as_ref().map(|values| advice::quoted(&values.display().to_string()));
    let values = values.map(|values| format!(" --var-file {values}")).unwrap_or_default();
    run.output.say(&format!("next: {}", advice::command(&format!("plan --adopt{values}"))));
    Ok(written.exit())
}

fn summary(path: &Path, found: &ExistingSpec) -> String {
    let lines = found.written.text.lines().count();
    format!("{}: written, {lines} lines: {}", path.display(), existing::counted(&found.counts))
}

/// What is to be known of it beside the spec.
fn notes(found: &ExistingSpec, select: &ExistingSelect, look: &RenderOptions) -> Vec<String> {
    let written = &found.written;
    let mut notes = vec![
        existing::unread(&found.failures, &found.unknown),
        existing::others(&found.others, select.with_others, look),
        existing::left_out(&written.left_out),
        existing::shortened(written.folded.len(), &written.differing),
    ];
    notes.retain(|note| !note.is_empty());
    notes
}

impl WrittenFile {
    fn notes(&self, select: &ExistingSelect, look: &RenderOptions) -> Vec<String> {
        notes(&self.found, select, look)
    }

    fn exit(&self) -> Exit {
        match (self.proof.holds(), self.found.failures.is_empty()) {
            (false, _) => Exit::Failure,
            (true, false) => Exit::Partial,
            (true, true) => Exit::Success,
        }
    }
}

/// One target of a roster.
#[derive(Debug)]
struct ExistingRow {
    target: Target,
    written: Result<Option<WrittenFile>, TargetFailure>,
}

impl ExistingRow {
    fn exit(&self) -> Exit {
        match &self.written {
            Ok(Some(written)) => written.exit(),
            Ok(None) => Exit::Success,
            Err(_) => Exit::Partial,
        }
    }
}

impl TargetRow for ExistingRow {
    fn not_started(member: &FleetTarget) -> Self {
        let failure = TargetFailure {
            message: "not read: the run was interrupted".to_owned(),
            remedy: Some("run again".to_owned()),
            exit: Exit::Interrupted.code(),
        };
        Self { target: member.target.clone(), written: Err(failure) }
    }

    fn is_failure(&self) -> bool {
        self.written.is_err()
    }
}

impl ProgressRow for ExistingRow {
    fn line(&self, _: &RenderOptions) -> String {
        let what = match &self.written {
            Ok(Some(written)) => {
                let holds = if written.proof.holds() {
                    "a plan of it changes nothing"
                } else {
                    "a plan of it changes something"
                };
                format!("{}; {holds}", summary(&written.path, &written.found))
            }
            Ok(None) => "nothing to write".to_owned(),
            Err(failure) => {
                let fix = failure.remedy.as_ref().map(|remedy| format!("; fix: {remedy}")).unwrap_or_default();
                format!("failed: {}{fix}", failure.message)
            }
        };
        mask::line(&format!("{}: {what}", self.target))
    }

    fn target(&self) -> &Target {
        &self.target
    }
}
