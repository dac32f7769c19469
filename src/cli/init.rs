//! `mlopsctl init`: writes a first spec from the Lambda functions that are there, or from all that exists. Never overwrites one.

use super::CommandContext;
use super::connect::ConnectArgs;
use super::exit::Exit;
use super::failure::CliFailure;
use crate::aws::Aws;
use crate::live::TargetReader;
use crate::model::file::Readers;
use crate::model::{Partition, advice, file};
use crate::pipeline::existing::{ExistingSelect, prove, unmanaged_alarms, write_existing};
use crate::report::{existing, mask};
use anyhow::Context;
use clap::Args;
use std::fmt::Write as _;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Writes a first spec with golden signals for each Lambda function found
#[derive(Debug, Clone, Args)]
pub struct InitArgs {
    /// The spec to write; one that exists is left alone
    #[arg(short, long, visible_alias = "out", value_name = "FILE", default_value = "alarms.yaml")]
    file: PathBuf,
    /// Name of the stack, the mark of what is yours [default: the function's name, or the folder's]
    #[arg(long, value_name = "NAME")]
    stack: Option<String>,
    #[command(flatten)]
    existing: ExistingArgs,
    #[command(flatten)]
    connect: ConnectArgs,
}

impl InitArgs {
    pub async fn run(&self, run: &mut CommandContext<'_>) -> Result<Exit, CliFailure> {
        if self.file.exists() {
            return Err(self.exists());
        }
        let aws = self.connect.open(None, &run.signals, run.output).await?;
        if let Some(select) = self.existing.select()? {
            let stack = self.stack.clone().unwrap_or_else(|| default_stack(&[]));
            return run.signals.clone().or_interrupted(self.write_existing(&aws, &stack, &select, run)).await;
        }
        let functions = TargetReader::new(&aws).function_names().await?;
        if functions.is_empty() {
            let what = format!("there are no Lambda functions in {}", aws.target().await?);
            return Err(CliFailure::say(
                Exit::Failure,
                what,
                "name another --region or --profile, or deploy one first",
            ));
        }
        let stack = self.stack.clone().unwrap_or_else(|| default_stack(&functions));
        self.write(&mask::printed(&spec(&stack, aws.region(), &functions)))?;
        self.write_schema(run)?;
        let found = if functions.len() == 1 { functions[0].clone() } else { format!("{} functions", functions.len()) };
        run.output.result(&format!("{}: written, with the golden signals of {found}\n", self.file.display()))?;
        run.output.say(&format!("next: {}", advice::command("plan --var email=you@example.edu")));
        // Only to be told of: whoever may not list alarms has a spec all the same.
        if let Ok(count @ 1..) = unmanaged_alarms(&aws).await {
            let (alarms, are) = if count == 1 { ("alarm", "exists") } else { ("alarms", "exist") };
            let existing = advice::command("init --existing --all --file existing.yaml");
            run.output.say(&format!("{count} {alarms} {are} that no spec has: {existing}"));
        }
        Ok(Exit::Success)
    }

    /// Writes what exists, and proves that taking it over changes nothing.
    async fn write_existing(
        &self,
        aws: &Aws,
        stack: &str,
        select: &ExistingSelect,
        run: &mut CommandContext<'_>,
    ) -> Result<Exit, CliFailure> {
        let found = write_existing(aws, stack, select).await?;
        let (written, look) = (&found.written, run.output.look);
        let unread = existing::unread(&found.failures, &found.unknown);
        let shortened = existing::shortened(written.folded.len(), &written.differing);
        let others = existing::others(&found.others, select.with_others, &look);
        let notes = [unread, others, existing::left_out(&written.left_out), shortened];
        if found.counts.is_empty() {
            notes.iter().filter(|note| !note.is_empty()).for_each(|note| run.output.say(note));
            let what = format!("there is nothing to write in {}", aws.target().await?);
            return Err(CliFailure::say(
                Exit::Failure,
                what,
                "ask for more: --all, another --prefix, or --owned-by-others",
            ));
        }
        let values = values_path(&self.file);
        if !written.variables.is_empty() && values.exists() {
            let what = format!("{} exists and was left alone", values.display());
            return Err(CliFailure::say(Exit::Failure, what, "name another file with --file"));
        }
        // A spec is read again: it is to say what exists, and no terminal shows it.
        self.write(&written.text)?;
        self.write_schema(run)?;
        let lines = written.text.lines().count();
        let counted = existing::counted(&found.counts);
        run.output.result(&format!("{}: written, {lines} lines: {counted}\n", self.file.display()))?;
        if !written.variables.is_empty() {
            file::replace(&values, written.values_text().as_bytes(), Readers::Owner)
                .with_context(|| format!("could not write {}", values.display()))?;
            let count = written.variables.len();
            let variables = if count == 1 { "variable" } else { "variables" };
            run.output.say(&format!(
                "{}: the values of {count} {variables}, for you alone: keep it out of the repository",
                values.display()
            ));
        }
        notes.iter().filter(|note| !note.is_empty()).for_each(|note| run.output.say(note));
        let proof = prove(aws, written, select.with_others).await?;
        run.output.result(&existing::proof(&proof, &look))?;
        let with_values = if written.variables.is_empty() {
            String::new()
        } else {
            format!(" --var-file {}", advice::quoted(&values.display().to_string()))
        };
        run.output.say(&format!("next: {}", advice::command(&format!("plan --adopt{with_values}"))));
        Ok(match (proof.holds(), found.failures.is_empty()) {
            (false, _) => Exit::Failure,
            (true, false) => Exit::Partial,
            (true, true) => Exit::Success,
        })
    }

    fn write(&self, text: &str) -> Result<(), CliFailure> {
        match file::make(&self.file, text.as_bytes()) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => return Err(self.exists()),
            made => made.with_context(|| format!("could not write {}", self.file.display()))?,
        }
        Ok(())
    }

    /// What the spec's first line names: an editor finds it offline, and it fits this version. One that is there stays.
    fn write_schema(&self, run: &mut CommandContext<'_>) -> Result<(), CliFailure> {
        let path = self.file.with_file_name(SCHEMA_FILE);
        match file::make(&path, format!("{:#}\n", crate::spec::schema()).as_bytes()) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(()),
            made => made.with_context(|| format!("could not write {}", path.display()))?,
        }
        let renew = advice::command(&format!("schema > {SCHEMA_FILE}"));
        run.output.say(&format!("{}: for editors; {renew} renews it after an update", path.display()));
        Ok(())
    }

    fn exists(&self) -> CliFailure {
        let what = format!("{} exists and was left alone", self.file.display());
        CliFailure::say(Exit::Failure, what, "name another file with --file")
    }
}

/// What of an account is written.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Existing resources")]
struct ExistingArgs {
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
}

fn tag(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("write KEY=VALUE".to_owned()),
    }
}

impl ExistingArgs {
    fn select(&self) -> Result<Option<ExistingSelect>, CliFailure> {
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
}

/// The file of the variables' values, beside the spec.
fn values_path(spec: &Path) -> PathBuf {
    let stem = spec.file_stem().unwrap_or_default().to_string_lossy();
    spec.with_file_name(format!("{stem}.vars.yaml"))
}

/// Beside the spec.
const SCHEMA_FILE: &str = "alarms.schema.json";

/// Two people in one account must not share a stack unknowingly, so it is named after something of theirs.
fn default_stack(functions: &[String]) -> String {
    if let [function] = functions {
        return function.clone();
    }
    let folder = std::env::current_dir().ok().and_then(|dir| Some(dir.file_name()?.to_string_lossy().into_owned()));
    let name: String = folder.unwrap_or_default().chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    if name.is_empty() { "alarms".to_owned() } else { name }
}

/// The spec's text. Names of functions are letters, digits, `-` and `_` (Lambda API reference), so they need no quotes.
fn spec(stack: &str, region: &str, functions: &[String]) -> String {
    let mut text = format!(
        "\
# yaml-language-server: $schema={SCHEMA_FILE}
version: 1
# Marks everything below as yours (tag mlopsctl:stack).
stack: {stack}
region: {region}

vars:
  email: {{ description: Who is notified, required: true }}

topics:
  {stack}-alerts:
    subscriptions:
      - {{ protocol: email, endpoint: \"${{email}}\" }}

functions:
"
    );
    for function in functions {
        let _ = write!(
            text,
            "  {function}:
    # retention: 14d          # how long its logs are kept; shorter than now deletes logs
    golden_signals: {{ notify: {{ alarm: {stack}-alerts, ok: {stack}-alerts }} }}
"
        );
    }
    // Billing and CloudFront are of one region, of this partition (lint rule wrong-region).
    if Partition::of_region(region).id == "aws" && region != GLOBAL {
        let _ = write!(
            text,
            "
# The bill and CloudFront are published in {GLOBAL} alone: what watches them, and its topics, is declared here.
# regions:
#   {GLOBAL}:
#     topics: {{ {stack}-alerts: {{ subscriptions: [{{ protocol: email, endpoint: \"${{email}}\" }}] }} }}
#     alarms: {{}}
"
        );
    }
    text
}

/// Where AWS publishes what belongs to no region.
const GLOBAL: &str = "us-east-1";

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn what_it_writes_is_a_valid_spec() {
        let text = spec("lab9", "eu-west-1", &["svc".to_owned(), "other_fn".to_owned()]);
        assert!(text.starts_with("# yaml-language-server: $schema=alarms.schema.json\n"), "{text}");
        let values = BTreeMap::from([("email".to_owned(), "you@example.edu".to_owned())]);
        let bound = crate::spec::parse("alarms.yaml", &text).unwrap().bind(&values).unwrap();
        assert_eq!((bound.stack(), bound.region()), ("lab9", Some("eu-west-1")));
        assert_eq!(bound.functions(), ["svc", "other_fn"]);
        assert!(
            !spec("lab9", "us-east-1", &[]).contains("regions:")
                && !spec("lab9", "cn-north-1", &[]).contains("regions:")
        );
    }

    /// What it says in comments of another region is right as soon as it is one no more.
    #[test]
    fn what_it_says_of_the_bills_region_is_a_spec_too() {
        let text = spec("lab9", "eu-west-1", &["svc".to_owned()]);
        let lines = text.lines().map(|line| match line.strip_prefix("# ") {
            Some(rest) if rest.starts_with([' ', 'r']) => rest,
            _ => line,
        });
        let values = BTreeMap::from([("email".to_owned(), "you@example.edu".to_owned())]);
        let all = crate::spec::parse("alarms.yaml", &lines.collect::<Vec<_>>().join("\n")).unwrap();
        let regions: Vec<String> =
            all.bind_regions(&values).unwrap().iter().filter_map(|one| one.region().map(str::to_owned)).collect();
        assert_eq!(regions, ["eu-west-1", "us-east-1"]);
    }
}
