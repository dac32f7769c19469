//! `mlopsctl import`: a template, or another engine's file, as a spec; what cannot be carried over is listed. Asks no AWS, never
//! overwrites a file.

use super::exit::Exit;
use super::failure::CliFailure;
use super::init_files::put;
use super::output::Output;
use crate::import::{
    ImportFormat, ImportSettings, ImportSource, ImportedSpec, read_parameters, read_physical_ids, write_import,
};
use crate::ops::handover::{HandoverCase, HandoverStep};
use crate::report::import;
use crate::report::watch::steps;
use crate::resources::foreign::DeployingEngine;
use clap::{Args, ValueEnum};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Writes the alarms, topics and log settings of a template or of another engine's file as a spec
#[derive(Debug, Clone, Args)]
pub struct ImportArgs {
    /// A CloudFormation, SAM or CDK template, terraform.tfstate, or what aws cloudformation get-template, terraform show -json or
    /// aws cloudwatch describe-alarms prints; - is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// What the file is [default: recognised by what it holds]
    #[arg(long, value_enum, value_name = "FORMAT")]
    from: Option<ImportFrom>,
    /// Write the spec to this file instead of standard output; one that exists is left alone
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// The name of the spec's stack [default: the CloudFormation stack's, else the file's]
    #[arg(long, value_name = "NAME")]
    stack: Option<String>,
    /// The account that the file is about [default: the one that its stack's ARNs name, else 123456789012]
    #[arg(long, value_name = "ID", value_parser = super::export::account)]
    account: Option<String>,
    /// The region that the file is about [default: the one that its stack's ARNs name, else us-east-1]
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
    #[command(flatten)]
    template: TemplateArgs,
    /// Also print the steps after which the file's engine stops managing what the spec has, and leaves it in place
    #[arg(long)]
    hand_over: bool,
    /// How the result is written
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t, help_heading = "Output")]
    format: ImportOutput,
}

/// What a template leaves open.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Templates")]
struct TemplateArgs {
    /// The value of a parameter; repeatable
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair)]
    parameter: Vec<(String, String)>,
    /// Values of parameters, as the aws command takes them: a JSON list of ParameterKey and ParameterValue; or a map
    #[arg(long, value_name = "FILE")]
    parameters: Option<PathBuf>,
    /// What aws cloudformation describe-stack-resources or list-stack-resources prints: the names that CloudFormation has made up
    #[arg(long, value_name = "FILE")]
    stack_resources: Option<PathBuf>,
    /// The name of the CloudFormation stack: AWS::StackName [default: that of --stack-resources]
    #[arg(long, value_name = "NAME")]
    stack_name: Option<String>,
}

/// A format that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ImportFrom {
    Cloudformation,
    Terraform,
    DescribeAlarms,
}

/// How the result is written: the spec alone, or everything in one JSON document.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum ImportOutput {
    #[default]
    Text,
    Json,
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("write KEY=VALUE".to_owned()),
    }
}

impl ImportArgs {
    pub fn run(&self, output: &mut Output) -> Result<Exit, CliFailure> {
        let settings = self.settings()?;
        let source = ImportSource::read(&self.file)?;
        let asked = self.from.map(|from| match from {
            ImportFrom::Cloudformation => ImportFormat::Cloudformation,
            ImportFrom::Terraform => ImportFormat::Terraform,
            ImportFrom::DescribeAlarms => ImportFormat::DescribeAlarms,
        });
        let imported = write_import(&source, asked, &settings)?;
        let steps = if self.hand_over { hand_over(&imported, settings.stack_name.as_deref())? } else { Vec::new() };
        if let Some(path) = self.out.as_deref().filter(|path| path.exists()) {
            let what = format!("{} exists and was left alone", path.display());
            return Err(CliFailure::say(Exit::Failure, what, "name another file with --out"));
        }
        let values = match &self.out {
            Some(path) => put(path, &imported.written)?,
            None => None,
        };
        let look = output.side;
        match self.format {
            ImportOutput::Text => {
                if self.out.is_none() {
                    output.document(&imported.written.text)?;
                }
                output.complain(&import::text(&imported, &look));
                if !steps.is_empty() {
                    output.complain(&format!("\nTo hand over:\n{}", steps::text(&steps, 2, &look)));
                }
            }
            ImportOutput::Json => output.document(&import::json(&imported, self.out.is_none(), &steps))?,
        }
        if let Some(path) = &self.out {
            output.say(&format!("{}: written", path.display()));
        }
        if let Some(values) = values {
            let words = "for you alone: keep it out of the repository";
            output.say(&format!("{}: the values of its variables, {words}", values.display()));
        }
        Ok(ending(&imported))
    }

    fn settings(&self) -> Result<ImportSettings, CliFailure> {
        let template = &self.template;
        let mut parameters = match &template.parameters {
            Some(path) => read_parameters(path)?,
            None => BTreeMap::new(),
        };
        parameters.extend(template.parameter.iter().cloned());
        let deployed = template.stack_resources.as_deref().map(read_physical_ids).transpose()?.unwrap_or_default();
        Ok(ImportSettings {
            account: self.account.clone().or(deployed.account),
            region: self.region.clone().or(deployed.region),
            stack: self.stack.clone(),
            stack_name: template.stack_name.clone().or(deployed.stack_name),
            parameters,
            physical: deployed.physical,
        })
    }
}

/// The steps for what the file has and the spec, too.
fn hand_over(imported: &ImportedSpec, stack: Option<&str>) -> Result<Vec<HandoverStep>, CliFailure> {
    let engine = match imported.format {
        ImportFormat::Cloudformation => DeployingEngine::Cloudformation,
        ImportFormat::Terraform => DeployingEngine::Terraform,
        ImportFormat::DescribeAlarms => {
            let what = "--hand-over: a list of alarms does not say what deploys them";
            return Err(CliFailure::say(Exit::Usage, what, "import the template or the state of the engine that does"));
        }
    };
    let resources: BTreeMap<_, _> =
        imported.sources.iter().map(|(address, id)| (address.clone(), Some(id.clone()))).collect();
    // What is a part of another resource is adopted with it.
    let to_adopt = resources.keys().filter(|address| address.kind.facts().registry.is_none()).cloned().collect();
    Ok(HandoverCase { engine, stack: stack.map(str::to_owned), resources, to_adopt }.steps())
}

/// Something that was not carried over is what other runs call partial.
fn ending(imported: &ImportedSpec) -> Exit {
    if imported.not_carried.is_empty() { Exit::Success } else { Exit::Partial }
}
