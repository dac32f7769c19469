//! A resource as another engine's documents have it, and back, by the tables of its kind. Which engine: `cloudformation`, `terraform`.

use super::declared::{self, AttributeNames};
use super::kind::KindFacts;
use super::mapping::{self, ForeignForm, LostField, TypeMapping};
use super::{Kind, Resource};
use crate::model::Target;
use serde_json::{Value, json};

/// An engine that deploys what was exported for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DeployingEngine {
    Cloudformation,
    Terraform,
}

impl DeployingEngine {
    /// How it writes the resources of a kind.
    pub fn form(self, kind: &KindFacts) -> &'static ForeignForm {
        match self {
            DeployingEngine::Cloudformation => kind.cloudformation,
            DeployingEngine::Terraform => kind.terraform,
        }
    }

    /// For programs.
    pub fn word(self) -> &'static str {
        match self {
            DeployingEngine::Cloudformation => "cloudformation",
            DeployingEngine::Terraform => "terraform",
        }
    }

    /// For people.
    pub fn name(self) -> &'static str {
        match self {
            DeployingEngine::Cloudformation => "CloudFormation",
            DeployingEngine::Terraform => "Terraform",
        }
    }
}

/// A resource of a document, before anything in it refers to another one.
#[derive(Debug)]
pub struct ForeignResource {
    pub mapping: &'static TypeMapping,
    pub properties: Value,
}

/// What a resource becomes.
#[derive(Debug, Default)]
pub struct ForeignResources {
    /// The resource itself first, then what is a part of it.
    pub resources: Vec<ForeignResource>,
    pub lost: Vec<LostField>,
}

/// What the properties of one resource of a document say.
#[derive(Debug, Default)]
pub struct ForeignReading {
    /// Usually one. Of a type that is about a part of several, each has its name and that part alone, to be joined with the resource of
    /// that name. Tags are as they are, marks of ours among them.
    pub resources: Vec<Resource>,
    /// Paths of properties that no field carries.
    pub uncarried: Vec<String>,
}

/// Writes a resource: names and ARNs are written out.
///
/// # Errors
/// Why the engine has no such resource.
pub fn to_foreign(
    form: &'static ForeignForm,
    resource: &Resource,
    target: &Target,
) -> Result<ForeignResources, &'static str> {
    let types = match form {
        ForeignForm::Types(types) => *types,
        ForeignForm::Lacking(why) => return Err(why),
    };
    // A resource that can be a saved plan's can be this.
    let fields = serde_json::to_value(resource).unwrap_or_default();
    let mut answer = ForeignResources::default();
    for mapping in types {
        let holds = |part: &str| mapping::get(&fields, part).is_some_and(|value| !value.is_null());
        if mapping.part.is_none_or(holds) {
            let written = mapping::write(mapping.tables, &fields, target, resource.declared());
            answer.resources.push(ForeignResource { mapping, properties: written.properties });
            answer.lost.extend(written.lost);
        }
    }
    Ok(answer)
}

/// Reads the properties of one resource, with nothing left to resolve in them.
///
/// # Errors
/// What is wrong with them, in words.
pub fn from_foreign(
    kind: Kind,
    mapping: &'static TypeMapping,
    properties: &Value,
    target: &Target,
) -> Result<ForeignReading, String> {
    let mut reading = ForeignReading::default();
    for one in split(mapping, properties) {
        let read = mapping::read(mapping.tables, &one, target);
        if !read.wrong.is_empty() {
            return Err(format!("{} does not take the form of {}", mapping.type_name, read.wrong.join(", ")));
        }
        reading.resources.push(resource(kind, mapping, read.fields)?);
        reading
            .uncarried
            .extend(read.uncarried.into_iter().filter(|path| !reading.uncarried.contains(path)).collect::<Vec<_>>());
    }
    Ok(reading)
}

/// Reads the properties as the first of these kinds that takes them; the first says what is wrong where none does.
pub fn from_first(
    kinds: impl Iterator<Item = (Kind, &'static TypeMapping)>,
    properties: &Value,
    target: &Target,
) -> Option<Result<ForeignReading, String>> {
    let mut readings = kinds.map(|(kind, mapping)| from_foreign(kind, mapping, properties, target));
    let first = readings.next()?;
    Some(first.or_else(|wrong| readings.find_map(Result::ok).ok_or(wrong)))
}

/// The same properties once for each resource that they are about.
fn split(mapping: &TypeMapping, properties: &Value) -> Vec<Value> {
    let list = mapping.split.and_then(|property| Some((property, properties.get(property)?.as_array()?)));
    let Some((property, identities)) = list else { return vec![properties.clone()] };
    let each = |identity: &Value| {
        let mut one = properties.clone();
        mapping::set(&mut one, property, identity.clone());
        one
    };
    identities.iter().map(each).collect()
}

fn resource(kind: Kind, mapping: &TypeMapping, mut fields: Value) -> Result<Resource, String> {
    let maps = mapping.tables.iter().flat_map(|table| table.iter());
    let said = maps.filter(|map| mapping::get(&fields, map.field).is_some());
    let said: AttributeNames = said.map(|map| map.attribute().to_owned()).collect();
    mapping::set(&mut fields, "type", json!(kind.word()));
    let mut resource: Resource = serde_json::from_value(fields).map_err(|error| error.to_string())?;
    if let Resource::ExternalSubscription(external) = &mut resource {
        external.name_topic();
    }
    // What a document names is named; what only tags remember is, too.
    let remembered = resource.tags().map(declared::by_tags).unwrap_or_default();
    let own = resource.fields().into_keys();
    let attributes: AttributeNames =
        own.chain(kind.facts().returning.iter().chain(kind.facts().immutable).map(|name| (*name).to_owned())).collect();
    if let Some(declared) = resource.declared_mut() {
        *declared = said.into_iter().filter(|name| attributes.contains(name)).chain(remembered).collect();
    }
    Ok(resource.in_order())
}
