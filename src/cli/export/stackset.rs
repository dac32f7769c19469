//! `mlopsctl export stackset`: one template for the accounts of a roster, and what makes a service-managed StackSet of it.

use super::rows::{column, region, unread};
use super::{DocumentFiles, TemplateFormat, say_notes};
use crate::cli::CommandContext;
use crate::cli::args::SpecArgs;
use crate::cli::exit::Exit;
use crate::cli::failure::CliFailure;
use crate::cli::variables::{load_roster, without_secret_lines};
use crate::export::cloudformation::{LIMITS, StackSetAccount, TemplatePlace, stack_set, templates};
use crate::export::{ANY_ACCOUNT, DocumentFormat, ExportColumn, ExportRow};
use crate::model::Target;
use crate::spec::{BoundSpec, Desired, Roster, Spec};
use clap::Args;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Writes a template whose parameters are the roster's columns, and the input of create-stack-set and create-stack-instances
#[derive(Debug, Clone, Args)]
pub struct StacksetArgs {
    #[command(flatten)]
    spec: SpecArgs,
    /// The roster, a CSV or YAML file of accounts; else the spec's `accounts`. See docs/fleet.md
    #[arg(long, value_name = "FILE")]
    accounts: Option<PathBuf>,
    /// The region of accounts for which neither the roster nor the spec names one
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
    /// An organizational unit, or the root, that the accounts are in; repeatable
    #[arg(long = "ou", value_name = "ID", required = true, value_parser = super::super::accounts::unit)]
    units: Vec<String>,
    /// Write files into this folder: the template, and the input of each call
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// How the template is written
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t, help_heading = "Output")]
    format: TemplateFormat,
}

impl StacksetArgs {
    pub async fn run(&self, run: &mut CommandContext<'_>) -> Result<Exit, CliFailure> {
        let spec = self.spec.load()?;
        let roster = match &self.accounts {
            Some(path) => load_roster(path, spec.variables())?,
            None => spec.roster().map_err(without_secret_lines(spec.variables()))?.ok_or_else(|| {
                let remedy = "name one with --accounts, or with `accounts` in the spec";
                CliFailure::say(Exit::Usage, "a StackSet is for several accounts, and there is no roster", remedy)
            })?,
        };
        let columns = columns(&spec);
        let members = self.members(&spec, &roster, &columns)?;
        let rows: Vec<ExportRow<'_>> = members
            .iter()
            .map(|member| ExportRow { desired: &member.desired, values: member.values.clone() })
            .collect();
        let set = templates(&rows, &columns, LIMITS).map_err(differing)?;
        if !set.children.is_empty() {
            let remedy = "split the spec, or use mlopsctl apply --accounts";
            return Err(CliFailure::say(Exit::Usage, "the stack is too large for one template of a StackSet", remedy));
        }
        let format = self.format.document();
        let template = format.write(&set.root.document);
        let place = match template.len() <= LIMITS.inline {
            true if self.out.is_none() => TemplatePlace::Request(&template),
            true => TemplatePlace::File,
            false => TemplatePlace::S3,
        };
        let stack = members.first().map(|member| member.desired.stack.as_str()).unwrap_or_default();
        let places: Vec<StackSetAccount> = members.iter().map(|member| member.place.clone()).collect();
        let input = stack_set(stack, &set.root, &places, &self.units, place);
        let notes = members.first().map(|member| member.notes.as_slice()).unwrap_or_default();
        say_notes(notes.iter().chain(&set.notes).chain(&input.notes), run.output);
        let Some(out) = &self.out else {
            let both = json!({
                "CreateStackSet": input.create_stack_set,
                "CreateStackInstances": input.create_stack_instances,
            });
            run.output.document(&DocumentFormat::Json.write(&both))?;
            return Ok(Exit::Success);
        };
        let mut files =
            DocumentFiles { main: (format!("template.{}", format.extension()), template), others: Vec::new() };
        let mut other = |name: String, value| files.others.push((name, DocumentFormat::Json.write(value)));
        other("create-stack-set.json".to_owned(), &input.create_stack_set);
        for (at, one) in input.create_stack_instances.iter().enumerate() {
            other(format!("create-stack-instances-{}.json", at + 1), one);
        }
        files.write(Some(out), run.output)
    }

    /// Every account and region, with what the spec asks for there.
    fn members(
        &self,
        spec: &Spec,
        roster: &Roster,
        columns: &[ExportColumn],
    ) -> Result<Vec<StackSetMember>, CliFailure> {
        let given = self.spec.variables.values(spec.variables(), |name| std::env::var_os(name))?;
        let mut members = Vec::new();
        for account in &roster.accounts {
            let values = given.with(spec.variables(), &account.columns);
            let all = spec.bind_regions(&values)?;
            if all.iter().any(|one| one.matched_tags().is_some()) {
                let what = "patterns under `functions` stand for other functions in each account";
                return Err(CliFailure::say(Exit::Usage, what, "name the functions, or use mlopsctl apply --accounts"));
            }
            let lists = all.iter().any(BoundSpec::lists_regions);
            let asked: Vec<String> = match account.regions.as_slice() {
                [] if lists => all.iter().filter_map(BoundSpec::region).map(str::to_owned).collect(),
                [] => {
                    let named = all.first().and_then(|one| region(one, self.region.as_deref()));
                    vec![named.ok_or_else(|| {
                        let remedy = "give --region, `region:` in the spec, or a column `region` in the roster";
                        CliFailure::say(Exit::Usage, format!("no region for account {}", account.id), remedy)
                    })?]
                }
                regions => regions.to_vec(),
            };
            for region in asked {
                let bound =
                    all.iter().find(|one| !lists || one.region() == Some(region.as_str())).ok_or_else(|| {
                        let what = format!("the spec has no region {region}, which account {} is to have", account.id);
                        CliFailure::say(Exit::Usage, what, "add it to `regions:` of the spec")
                    })?;
                let desired = bound.desired(&Target::new(ANY_ACCOUNT, &region), &BTreeMap::new())?;
                let own = |column: &ExportColumn| match column.name.as_str() {
                    ACCOUNT => account.id.clone(),
                    REGION => region.clone(),
                    name => value(spec, &values, name),
                };
                members.push(StackSetMember {
                    place: StackSetAccount { account: account.id.clone(), region: region.clone() },
                    notes: unread(bound, &BTreeMap::new(), ""),
                    values: columns.iter().map(own).collect(),
                    desired,
                });
            }
        }
        Ok(members)
    }
}

/// One row of the template.
struct StackSetMember {
    place: StackSetAccount,
    desired: Desired,
    values: Vec<String>,
    notes: Vec<crate::export::ExportNote>,
}

const ACCOUNT: &str = "AWS::AccountId";
const REGION: &str = "AWS::Region";

/// The variables of the spec, and what CloudFormation says itself of the account.
fn columns(spec: &Spec) -> Vec<ExportColumn> {
    let pseudo =
        |name: &str| ExportColumn { name: name.to_owned(), description: None, is_secret: false, is_pseudo: true };
    [ACCOUNT, REGION].map(pseudo).into_iter().chain(spec.variables().iter().map(column)).collect()
}

fn value(spec: &Spec, values: &BTreeMap<String, String>, name: &str) -> String {
    let default = || spec.variables().iter().find(|variable| variable.name == name)?.default.clone();
    values.get(name).cloned().or_else(default).unwrap_or_default()
}

fn differing(what: String) -> CliFailure {
    CliFailure::say(Exit::Usage, what, "let accounts differ in values alone, or export these by themselves")
}
