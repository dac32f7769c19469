//! `mlopsctl export`: what a spec asks for as documents of other engines: CloudFormation, StackSets, Terraform.

mod rows;
mod stackset;

use super::CommandContext;
use super::args::SpecArgs;
use super::connect::ConnectArgs;
use super::exit::Exit;
use super::failure::CliFailure;
use super::output::{Output, write_document};
use crate::export::cloudformation::{LIMITS, TemplateSet, templates};
use crate::export::terraform::{TerraformDocument, configuration};
use crate::export::{DocumentFormat, ExportNote};
use anyhow::Context;
use clap::{Args, Subcommand, ValueEnum};
use rows::ExportSource;
use stackset::StacksetArgs;
use std::path::{Path, PathBuf};

/// Writes what the spec asks for as a document of another engine, with the marks by which plan knows it as this stack's
#[derive(Debug, Clone, Args)]
pub struct ExportArgs {
    #[command(subcommand)]
    engine: ExportEngine,
}

#[derive(Debug, Clone, Subcommand)]
enum ExportEngine {
    Cloudformation(CloudformationArgs),
    Stackset(StacksetArgs),
    Terraform(TerraformArgs),
}

/// What every engine's export takes.
#[derive(Debug, Clone, Args)]
struct ExportInputArgs {
    #[command(flatten)]
    spec: SpecArgs,
    /// Ask AWS for the functions' timeouts, memory and log groups, which presets are made of
    #[arg(long)]
    online: bool,
    #[command(flatten)]
    connect: ConnectArgs,
}

/// How a template is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum TemplateFormat {
    #[default]
    Json,
    Yaml,
}

impl TemplateFormat {
    fn document(self) -> DocumentFormat {
        match self {
            TemplateFormat::Json => DocumentFormat::Json,
            TemplateFormat::Yaml => DocumentFormat::Yaml,
        }
    }
}

/// Writes a CloudFormation template, or a parent and its nested stacks where one would be too large
#[derive(Debug, Clone, Args)]
struct CloudformationArgs {
    #[command(flatten)]
    input: ExportInputArgs,
    /// Write to this file instead of standard output; nested stacks: into this folder
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// How the template is written
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t, help_heading = "Output")]
    format: TemplateFormat,
}

/// Writes Terraform configuration in JSON syntax, with import blocks for what exists
#[derive(Debug, Clone, Args)]
struct TerraformArgs {
    #[command(flatten)]
    input: ExportInputArgs,
    /// Write to this file instead of standard output; Terraform reads files that end in .tf.json
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// The account, for the import blocks of topics [default: that of --online]
    #[arg(long, value_name = "ID", value_parser = account)]
    account: Option<String>,
    /// No import blocks: nothing of it exists yet
    #[arg(long, conflicts_with = "account")]
    no_import: bool,
}

pub fn account(text: &str) -> Result<String, String> {
    let right = text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit());
    if right { Ok(text.to_owned()) } else { Err("write the account's twelve digits".to_owned()) }
}

impl ExportArgs {
    pub async fn run(&self, run: &mut CommandContext<'_>) -> Result<Exit, CliFailure> {
        match &self.engine {
            ExportEngine::Cloudformation(args) => args.run(run).await,
            ExportEngine::Stackset(args) => args.run(run).await,
            ExportEngine::Terraform(args) => args.run(run).await,
        }
    }
}

impl CloudformationArgs {
    async fn run(&self, run: &mut CommandContext<'_>) -> Result<Exit, CliFailure> {
        let source = ExportSource::open(&self.input, run).await?;
        let set = templates(&source.rows(), &source.columns, LIMITS).map_err(not_exported)?;
        let TemplateSet { root, children, notes } = set;
        let format = self.format.document();
        let mut files = DocumentFiles::of(source.stack(), format.extension(), format.write(&root.document));
        // The address that the parent has for them ends like this.
        files.others = children
            .iter()
            .map(|(name, child)| (format!("{name}.json"), DocumentFormat::Json.write(&child.document)))
            .collect();
        let length = files.main.1.len();
        if length > LIMITS.inline {
            run.output.say(&format!(
                "note: the template has {length} bytes; over {} it has to be in S3: aws cloudformation deploy --s3-bucket",
                LIMITS.inline
            ));
        }
        say_notes(source.notes.iter().chain(&notes), run.output);
        files.write(self.out.as_deref(), run.output)
    }
}

impl TerraformArgs {
    async fn run(&self, run: &mut CommandContext<'_>) -> Result<Exit, CliFailure> {
        let mut source = ExportSource::open(&self.input, run).await?;
        if source.region.is_none() {
            let remedy = "give --region, or `region:` in the spec";
            return Err(CliFailure::say(Exit::Usage, "the spec names no region", remedy));
        }
        source.imports.account = self.account.clone().or(source.imports.account.take());
        let imports = (!self.no_import).then_some(&source.imports);
        let TerraformDocument { document, notes } =
            configuration(&source.rows(), &source.columns, imports).map_err(not_exported)?;
        say_notes(source.notes.iter().chain(&notes), run.output);
        let text = DocumentFormat::Json.write(&document);
        DocumentFiles::of(source.stack(), "tf.json", text).write(self.out.as_deref(), run.output)
    }
}

/// What an export writes: one file, or several in a folder.
struct DocumentFiles {
    main: (String, String),
    others: Vec<(String, String)>,
}

impl DocumentFiles {
    fn of(stack: &str, extension: &str, text: String) -> Self {
        let safe = |c: char| if c.is_ascii_alphanumeric() || "-_".contains(c) { c } else { '-' };
        let name: String = stack.chars().map(safe).collect();
        Self { main: (format!("{name}.{extension}"), text), others: Vec::new() }
    }

    fn write(&self, out: Option<&Path>, output: &mut Output) -> Result<Exit, CliFailure> {
        let Some(out) = out else {
            if !self.others.is_empty() {
                let what = format!("this is {} files", self.others.len() + 1);
                return Err(CliFailure::say(Exit::Usage, what, "name a folder for them: --out FOLDER"));
            }
            output.document(&self.main.1)?;
            return Ok(Exit::Success);
        };
        if self.others.is_empty() && !out.is_dir() {
            write_document(out, &self.main.1)?;
            output.say(&format!("{}: written", out.display()));
            return Ok(Exit::Success);
        }
        std::fs::create_dir_all(out).with_context(|| format!("could not make the folder {}", out.display()))?;
        for (name, text) in std::iter::once(&self.main).chain(&self.others) {
            let path = out.join(name);
            write_document(&path, text)?;
            output.say(&format!("{}: written", path.display()));
        }
        Ok(Exit::Success)
    }
}

fn say_notes<'a>(notes: impl Iterator<Item = &'a ExportNote>, output: &mut Output) {
    for note in notes {
        output.say(&format!("note: {note}"));
    }
}

fn not_exported(what: String) -> CliFailure {
    CliFailure::say(Exit::Usage, what, "split the spec, or let a secret variable be a value or a part of one alone")
}
