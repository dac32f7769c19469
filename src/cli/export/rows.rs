//! What is exported: the spec of one target, with its secrets twice, so that where they stand is seen.

use super::ExportInputArgs;
use crate::aws::Aws;
use crate::cli::CommandContext;
use crate::cli::exit::Exit;
use crate::cli::failure::CliFailure;
use crate::export::terraform::TerraformImports;
use crate::export::{ANY_ACCOUNT, ExportColumn, ExportNote, ExportRow};
use crate::model::Target;
use crate::pipeline::{self, Select};
use crate::plan::Consent;
use crate::resources::FunctionFacts;
use crate::spec::{BoundSpec, Desired, Spec, Variable};
use std::collections::BTreeMap;

/// The desired resources of one target, by the values of its secrets.
pub struct ExportSource {
    desired: Vec<Desired>,
    values: Vec<Vec<String>>,
    pub columns: Vec<ExportColumn>,
    pub notes: Vec<ExportNote>,
    pub imports: TerraformImports,
    /// Where the spec or a flag names one.
    pub region: Option<String>,
}

/// Of a document that is for any region: nothing in it names this one.
const ANY_REGION: &str = "us-east-1";

impl ExportSource {
    pub async fn open(args: &ExportInputArgs, run: &mut CommandContext<'_>) -> Result<Self, CliFailure> {
        let spec = args.spec.load()?;
        let values = args.spec.values_asking(&spec, run).await?;
        let bound = args.spec.one_of(spec.bind_regions(&values)?, args.connect.region())?;
        let mut notes = Vec::new();
        let (mut facts, mut imports) = (BTreeMap::new(), TerraformImports::default());
        let mut bound = bound;
        let mut reached = None;
        if args.online || args.connect.is_named() {
            let at = args.connect.target(bound.clone(), run).await?;
            let planned = pipeline::plan(&at.aws, &at.bound, &Select::default(), &Consent::default()).await?;
            bound = planned.expanded.clone().unwrap_or(bound);
            facts = planned.snapshot.known_functions();
            imports.account = Some(planned.plan.target.account.clone());
            let present = planned.snapshot.observations.iter();
            let arns = present
                .filter_map(|(address, seen)| Some((address.clone(), seen.live()?.facts.subscription_arn.clone()?)));
            imports.subscriptions = arns.collect();
            let present = planned.snapshot.observations.iter().filter(|(_, seen)| seen.live().is_some());
            imports.existing = Some(present.map(|(address, _)| address.clone()).collect());
            reached = Some(at.aws);
        }
        if bound.matched_tags().is_some() {
            let what = "patterns under `functions` stand for functions that only AWS knows";
            return Err(CliFailure::say(Exit::Usage, what, "ask AWS with --online"));
        }
        notes.extend(unread(&bound, &facts, " (--online asks)"));
        let region = region(&bound, args.connect.region());
        let target = Target::new(ANY_ACCOUNT, region.as_deref().unwrap_or(ANY_REGION));
        let mut desired = vec![bound.desired(&target, &facts)?];
        let columns = secret_columns(&spec, &values);
        let mut rows = vec![of_columns(&columns, &values)];
        if !columns.is_empty() {
            let again = match varied(&columns, &values) {
                Some(other) => bound_again(&spec, &target, other, reached.as_ref()).await,
                None => None,
            };
            let again = again.and_then(|(bound, other)| Some((bound.desired(&target, &facts).ok()?, other)));
            let Some((again, other)) = again else {
                let remedy = "give the secrets values that another value of the same form could stand for";
                return Err(CliFailure::say(Exit::Usage, "it cannot be seen where the secrets stand", remedy));
            };
            desired.push(again);
            rows.push(of_columns(&columns, &other));
        }
        Ok(Self { desired, values: rows, columns, notes, imports, region })
    }

    pub fn rows(&self) -> Vec<ExportRow<'_>> {
        let rows = self.desired.iter().zip(&self.values);
        rows.map(|(desired, values)| ExportRow { desired, values: values.clone() }).collect()
    }

    pub fn stack(&self) -> &str {
        self.desired.first().map(|desired| desired.stack.as_str()).unwrap_or_default()
    }
}

/// The spec with other values, its patterns expanded where AWS is asked; `None` where they do not fit it.
async fn bound_again(
    spec: &Spec,
    target: &Target,
    values: BTreeMap<String, String>,
    aws: Option<&Aws>,
) -> Option<(BoundSpec, BTreeMap<String, String>)> {
    let bound = spec.bind_in(&target.region, &values).ok()??;
    let expanded = match aws {
        Some(aws) => pipeline::expand(aws, &bound).await.ok()?,
        None => None,
    };
    Some((expanded.unwrap_or(bound), values))
}

/// The functions whose presets are made of what Lambda gives a function that says nothing.
pub fn unread(bound: &BoundSpec, facts: &BTreeMap<String, FunctionFacts>, remedy: &str) -> Vec<ExportNote> {
    let unread = bound.functions().iter().filter(|name| !facts.contains_key(*name));
    let note = |name: &String| {
        ExportNote::new(format!(
            "function {name} was not asked for: its timeout, memory and log group are taken to be Lambda's defaults{remedy}"
        ))
    };
    unread.map(note).collect()
}

/// The region that the spec or a flag names.
pub fn region(bound: &BoundSpec, named: Option<&str>) -> Option<String> {
    named.filter(|_| !bound.lists_regions()).or(bound.region()).map(str::to_owned)
}

/// A column for a variable.
pub fn column(variable: &Variable) -> ExportColumn {
    ExportColumn {
        name: variable.name.clone(),
        description: variable.description.clone(),
        is_secret: variable.secret,
        is_pseudo: false,
    }
}

fn secret_columns(spec: &Spec, values: &BTreeMap<String, String>) -> Vec<ExportColumn> {
    let secret = spec.variables().iter().filter(|variable| variable.secret);
    secret.filter(|variable| values.get(&variable.name).is_some_and(|value| !value.is_empty())).map(column).collect()
}

fn of_columns(columns: &[ExportColumn], values: &BTreeMap<String, String>) -> Vec<String> {
    columns.iter().map(|column| values.get(&column.name).cloned().unwrap_or_default()).collect()
}

/// The same values but for the secrets, each of which is another one of the same form; `None` where one has no letter or digit.
fn varied(columns: &[ExportColumn], values: &BTreeMap<String, String>) -> Option<BTreeMap<String, String>> {
    let mut other = values.clone();
    for column in columns {
        let value = other.get_mut(&column.name)?;
        let (at, last) = value.char_indices().rev().find(|(_, c)| c.is_ascii_alphanumeric())?;
        let next = match last {
            '9' => '0',
            'z' => 'a',
            'Z' => 'A',
            other => char::from_u32(u32::from(other) + 1)?,
        };
        value.replace_range(at..=at, next.encode_utf8(&mut [0; 4]));
    }
    Some(other)
}
