//! `mlopsctl init`: writes a first spec from the Lambda functions that are there, or from all that exists. Never overwrites one.

use super::CommandContext;
use super::connect::ConnectArgs;
use super::exit::Exit;
use super::failure::CliFailure;
use super::init_existing::{ExistingArgs, write_one};
use super::init_files::{SCHEMA_FILE, exists, make, write_schema};
use crate::live::TargetReader;
use crate::model::{Partition, advice};
use crate::pipeline::existing::unmanaged_alarms;
use crate::report::mask;
use clap::Args;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Writes a first spec with golden signals for each Lambda function found
#[derive(Debug, Clone, Args)]
pub struct InitArgs {
    /// The spec to write; one that exists is left alone. With --accounts the folder of the specs [default: alarms.yaml, or
    /// existing with --accounts]
    #[arg(short, long, visible_alias = "out", value_name = "FILE")]
    file: Option<PathBuf>,
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
        let select = self.existing.select()?;
        if let Some(select) = select.as_ref().filter(|_| self.existing.is_of_roster()) {
            let (stack, folder) = (self.stack_of(&[]), self.file.as_deref().unwrap_or(Path::new(FOLDER)));
            return self.existing.write_roster(folder, &stack, select, &self.connect, run).await;
        }
        let file = self.file.as_deref().unwrap_or(Path::new(FILE));
        if file.exists() {
            if select.is_none() {
                self.say_uncovered(file, run).await;
            }
            return Err(exists(file));
        }
        let aws = self.connect.open(None, &run.signals, run.output).await?;
        if let Some(select) = &select {
            let stack = self.stack_of(&[]);
            return run.signals.clone().or_interrupted(write_one(&aws, file, &stack, select, run)).await;
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
        let stack = self.stack_of(&functions);
        make(file, &mask::printed(&spec(&stack, aws.region(), &functions)))?;
        write_schema(file, run)?;
        let found = if functions.len() == 1 { functions[0].clone() } else { format!("{} functions", functions.len()) };
        run.output.result(&format!("{}: written, with the golden signals of {found}\n", file.display()))?;
        run.output.say(&format!("next: {}", advice::command("plan --var email=you@example.edu")));
        // Only to be told of: whoever may not list alarms has a spec all the same.
        if let Ok(count @ 1..) = unmanaged_alarms(&aws).await {
            let (alarms, are) = if count == 1 { ("alarm", "exists") } else { ("alarms", "exist") };
            let existing = advice::command("init --existing --all --file existing.yaml");
            run.output.say(&format!("{count} {alarms} {are} that no spec has: {existing}"));
        }
        Ok(Exit::Success)
    }

    fn stack_of(&self, functions: &[String]) -> String {
        self.stack.clone().unwrap_or_else(|| default_stack(functions))
    }

    /// Of a spec that is there: which functions of its regions no alarm in it watches. Who cannot be asked is no failure of its own.
    async fn say_uncovered(&self, file: &Path, run: &mut CommandContext<'_>) {
        let Ok(spec) = crate::spec::load(file) else { return };
        let mut places = spec.written_regions();
        if let (Some(region), true) = (self.connect.region(), spec.lists_regions()) {
            places.retain(|place| place.region.as_deref() == Some(region));
        }
        let are_several = places.len() > 1;
        for place in places {
            let Ok(aws) = self.connect.open(place.region.as_deref(), &run.signals, run.output).await else { return };
            let tags = place.matched_tags().unwrap_or_default();
            let Ok(live) = TargetReader::new(&aws).live_functions(&tags).await else { return };
            let uncovered = place.uncovered(&live);
            let Some((first, rest)) = uncovered.split_first() else { continue };
            let file = file.display();
            let more = if rest.len() > NAMED { format!(" and {} more", rest.len() - NAMED) } else { String::new() };
            let shown = rest.iter().take(NAMED).fold(first.clone(), |shown, name| shown + ", " + name);
            let (of, under) = match are_several {
                true => (format!(" in {}", aws.region()), format!(" of {}", aws.region())),
                false => (String::new(), String::new()),
            };
            run.output.say(&format!("not watched by any alarm of {file}{of}: {shown}{more}"));
            run.output.say(&format!(
                "add to functions:{under} in {file}: \"*\": {{ golden_signals: {{ notify: TOPIC }} }}   # or each by its name"
            ));
        }
    }
}

/// What is written where nobody says it.
const FILE: &str = "alarms.yaml";
const FOLDER: &str = "existing";

/// So many more functions than the first are named.
const NAMED: usize = 9;

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

# Every function of the account, new ones, too: \"*\": {{ golden_signals: {{ notify: {stack}-alerts }} }}
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
