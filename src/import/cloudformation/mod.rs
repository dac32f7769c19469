//! CloudFormation templates, of SAM and the CDK, too: parameters, conditions and functions evaluated as the template reference says.

mod conditions;
mod evaluate;
mod for_each;
mod functions;
mod names;
mod open;
mod parameters;
mod template;
#[cfg(test)]
mod tests;
mod value;

use super::format;
use super::item::{ImportDocument, ImportItem, NotCarried, UnresolvedValue};
use super::settings::ImportSettings;
use super::source::ImportSource;
use crate::model::Target;
use crate::model::node::{MapEntry, Node, Span};
use crate::resources::cloudformation::{from_template_resource, kinds_of};
use crate::spec::SpecError;
use evaluate::{Evaluator, PropertySink, StackFacts};
use for_each::LoopWriter;
use open::OpenTexts;
use serde_json::Value;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// Macros that change nothing of what is read here, or whose functions are evaluated.
const KNOWN_MACROS: &[&str] = &[
    "AWS::Serverless-2016-10-31",
    "AWS::LanguageExtensions",
    "AWS::CodeDeployBlueGreen",
    "AWS::SecretsManager-2020-07-23",
    "AWS::SecretsManager-2024-09-16",
];

/// The services whose other types are worth a word each.
const NEAR: [&str; 3] = ["AWS::CloudWatch::", "AWS::SNS::", "AWS::Logs::"];

/// The template of an answer of `get-template` that has it as a text; `None` where the file is the template, or holds it as a tree.
///
/// # Errors
/// Where the text is no template.
pub fn body(source: &ImportSource) -> Result<Option<ImportSource>, SpecError> {
    let Some(text) = source.root.get("TemplateBody").and_then(Node::text) else { return Ok(None) };
    ImportSource::of(&format!("{} (TemplateBody)", source.name), text.to_owned()).map(Some)
}

/// Evaluates a template.
///
/// # Errors
/// Where it is none.
pub fn read(source: &ImportSource, settings: &ImportSettings) -> Result<ImportDocument, SpecError> {
    let Some(template) = format::template(&source.root) else {
        let help = "a template is a map with Resources";
        return Err(source.mistake(
            Span::new(source.root.span.start, source.root.span.start),
            "this is no template",
            help,
        ));
    };
    let account = settings.account.as_deref().unwrap_or(ImportSettings::ACCOUNT);
    let region = settings.region.as_deref().unwrap_or(ImportSettings::REGION);
    let facts = StackFacts {
        target: Target::new(account, region),
        stack_name: settings.stack_name.clone(),
        parameters: settings.parameters.clone(),
        physical: settings.physical.clone(),
    };
    let (mut written_out, mut loops) = (Cow::Borrowed(template), Vec::new());
    if for_each::has_loops(template) {
        let mut evaluator = Evaluator::new(template, &facts, OpenTexts::of(&source.text));
        let mut writer = LoopWriter::new(&mut evaluator);
        written_out = Cow::Owned(writer.written_out(template, 0));
        loops = writer.failed;
    }
    let mut evaluator = Evaluator::new(&written_out, &facts, OpenTexts::of(&source.text));
    let mut document = ImportDocument {
        target: facts.target.clone(),
        read: from_template_resource,
        items: Vec::new(),
        not_carried: Vec::new(),
        others: BTreeMap::new(),
        notes: Vec::new(),
        open: Vec::new(),
    };
    for (name, unknown) in loops {
        let why = format!("the loop is not followed: {}", unknown.why);
        document.not_carried.push(whole(unknown.span, &name.text, "Fn::ForEach", why));
    }
    let mut seen = BTreeSet::new();
    let mut not_made: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for entry in evaluator.sections.entries {
        let type_name = entry.value.get("Type").and_then(Node::text).unwrap_or_default();
        let mut refuse = |why: String| {
            document.not_carried.push(whole(entry.name.span, &entry.name.text, type_name, why));
        };
        if !seen.insert(entry.name.text.as_str()) {
            refuse("this logical id is given twice".to_owned());
            continue;
        }
        if type_name.is_empty() {
            refuse("it has no Type".to_owned());
            continue;
        }
        if kinds_of(type_name).next().is_none() {
            match unmanaged(type_name, &entry.value) {
                Some(why) => refuse(why),
                None => *document.others.entry(type_name.to_owned()).or_default() += 1,
            }
            continue;
        }
        let condition = entry.value.get("Condition").map(|node| (node, node.text()));
        match condition.map(|(node, name)| {
            name.map_or(Ok((true, "")), |name| evaluator.condition(name, node.span).map(|holds| (holds, name)))
        }) {
            Some(Ok((false, name))) => not_made.entry(name.to_owned()).or_default().push(&entry.name.text),
            Some(Err(unknown)) => refuse(format!("whether it is made is not known: {}", unknown.why)),
            None | Some(Ok(_)) => document.items.push(item(&mut evaluator, entry, type_name)),
        }
    }
    document.open = evaluator.open.parameters(&facts.target);
    document.notes = notes(&evaluator, settings, &not_made);
    Ok(document)
}

fn whole(span: Span, id: &str, type_name: &str, why: String) -> NotCarried {
    NotCarried { span, id: id.to_owned(), type_name: type_name.to_owned(), property: None, why }
}

/// Why a type that mlopsctl does not manage is worth a word; `None` where it is none of its business.
fn unmanaged(type_name: &str, node: &Node) -> Option<String> {
    // SAM makes policies of topics of them, which the file does not show (SAM developer guide, "Managing resource permissions").
    if type_name == "AWS::Serverless::Connector" || node.get("Connectors").is_some() {
        let why = "SAM makes policies of its connectors, of topics perhaps: import what aws cloudformation get-template --template-stage \
                   Processed prints";
        return Some(why.to_owned());
    }
    let nested = match type_name {
        "AWS::CloudFormation::Stack" => Some("TemplateURL"),
        "AWS::Serverless::Application" => Some("Location"),
        _ => None,
    };
    if let Some(property) = nested {
        let url = node.get("Properties").and_then(|properties| properties.get(property)).and_then(Node::text);
        let url = url.map(|url| format!(" ({url})")).unwrap_or_default();
        return Some(format!("another template{url}, which is not followed: import it by itself"));
    }
    if type_name.ends_with("::MODULE") {
        return Some("a module, which is not followed".to_owned());
    }
    NEAR.iter().any(|near| type_name.starts_with(near)).then(|| "mlopsctl does not manage this type".to_owned())
}

/// A resource with its properties evaluated.
fn item<'t>(evaluator: &mut Evaluator<'t>, entry: &'t MapEntry, type_name: &'t str) -> ImportItem {
    let mut sink = PropertySink::default();
    let properties = entry.value.get("Properties");
    let mut value = match properties {
        Some(node) => evaluator.property(node, "", &mut sink).unwrap_or(Value::Null),
        None => Value::Null,
    };
    if value.is_null() {
        value = Value::Object(serde_json::Map::new());
    }
    if let Some(named) = names::of_type(type_name) {
        let node = properties.and_then(|properties| properties.get(named.property));
        let span = node.map_or(entry.name.span, |node| node.span);
        let has_name = value.get(named.property).is_some_and(|name| !name.is_null());
        let is_lost = sink.unresolved.iter().any(|one| one.path == named.property);
        if !has_name && !is_lost {
            name_it(evaluator, entry, named, span, &mut value, &mut sink);
        }
    }
    evaluator.open.shape(&mut value, &evaluator.facts.target);
    ImportItem {
        id: entry.name.text.clone(),
        type_name: type_name.to_owned(),
        span: entry.name.span,
        properties: value,
        spans: sink.spans,
        unresolved: sink.unresolved,
        remarks: Vec::new(),
    }
}

/// Gives a resource that its template does not name the name that CloudFormation has made up, or else its logical id, which is said.
fn name_it<'t>(
    evaluator: &mut Evaluator<'t>,
    entry: &'t MapEntry,
    named: &'static names::NamedType,
    span: Span,
    value: &mut Value,
    sink: &mut PropertySink,
) {
    match evaluator.name(&entry.name.text, named, span) {
        Ok(name) => {
            if name.is_proposed {
                let why = format!(
                    "CloudFormation makes up a name; the spec has {} instead, which would be a new one: --stack-resources says the name that exists",
                    name.text
                );
                sink.unresolved.push(UnresolvedValue { path: named.property.to_owned(), span, why, is_replaced: true });
            }
            if let Some(members) = value.as_object_mut() {
                members.insert(named.property.to_owned(), name.text.into());
            }
        }
        Err(unknown) => sink.lose(named.property, unknown),
    }
}

/// What was assumed, and what was passed over.
fn notes(evaluator: &Evaluator<'_>, settings: &ImportSettings, not_made: &BTreeMap<String, Vec<&str>>) -> Vec<String> {
    let mut notes = Vec::new();
    let target = &evaluator.facts.target;
    if settings.region.is_none() {
        notes.push(format!("the region is taken to be {}: --region says another", target.region));
    }
    if settings.account.is_none() && evaluator.pseudo.contains("AWS::AccountId") {
        notes.push(format!("the account is taken to be {}: --account says another", target.account));
    }
    for (condition, names) in not_made {
        notes.push(format!("condition {condition} is false, so these are not made: {}", names.join(", ")));
    }
    let declared = &evaluator.sections.parameters;
    for name in settings.parameters.keys().filter(|name| !declared.contains_key(name.as_str())) {
        notes.push(format!("the template has no parameter {name}"));
    }
    for name in evaluator.sections.transforms.iter().filter(|name| !KNOWN_MACROS.contains(name)) {
        notes.push(format!("the macro {name} is not run: what it would make or change is not known"));
    }
    notes
}
