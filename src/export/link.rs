//! Names and ARNs that are written out -> references within a document, and the account and region of wherever it is deployed: in the form
//! of CloudFormation's functions, which Terraform's are made of.

use super::ANY_ACCOUNT;
use super::draft::DraftResource;
use crate::model::{Arn, Target};
use crate::resources::{Address, Kind};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Marks a text that must not be in a document, until it becomes a parameter.
pub const SECRET: &str = "mlopsctl::Secret";

/// Where a subscription says who is notified.
const ENDPOINTS: [&str; 2] = ["Endpoint", "endpoint"];

/// What the resources of one document can refer to.
#[derive(Debug)]
pub struct DocumentLinks<'a> {
    target: &'a Target,
    /// Of those that are a whole resource.
    ids: BTreeMap<&'a Address, &'a str>,
    /// ARNs of those that are referred to by them.
    arns: BTreeMap<String, Value>,
}

/// A resource whose references are the document's.
#[derive(Debug)]
pub struct LinkedResource {
    pub properties: Value,
    /// The names in the document that it refers to, so that the order follows.
    pub linked: BTreeSet<String>,
}

impl<'a> DocumentLinks<'a> {
    pub fn new(resources: impl IntoIterator<Item = &'a DraftResource>, target: &'a Target) -> Self {
        let main = resources.into_iter().filter(|one| one.mapping.part.is_none());
        let ids: BTreeMap<&Address, &str> = main.map(|one| (&one.address, one.id.as_str())).collect();
        let arn = |(address, id): (&&Address, &&str)| {
            let reference = match address.kind {
                // `Ref` of a topic is its ARN (template reference, "Return values").
                Kind::Topic => json!({ "Ref": id }),
                kind if kind.is_alarm() => json!({ "Fn::GetAtt": [id, "Arn"] }),
                _ => return None,
            };
            Some((address.arn(target)?, reference))
        };
        let arns = ids.iter().filter_map(arn).collect();
        Self { target, ids, arns }
    }

    pub fn link(&self, draft: &DraftResource) -> LinkedResource {
        let mut linked = LinkedResource { properties: draft.properties.clone(), linked: BTreeSet::new() };
        for path in draft.mapping.names {
            if let Some(value) = at_path(&mut linked.properties, path) {
                self.names(value, draft, &mut linked.linked);
            }
        }
        if matches!(draft.address.kind, Kind::Subscription | Kind::ExternalSubscription)
            && let Some(name) = ENDPOINTS.into_iter().find(|name| linked.properties.get(name).is_some())
            && let Some(endpoint) = linked.properties.get_mut(name)
            && endpoint.as_str().is_some_and(is_secret)
        {
            *endpoint = json!({ SECRET: endpoint.take() });
        }
        self.arns(&mut linked.properties, &draft.id, &mut linked.linked);
        linked
    }

    /// Names of resources of the document, in a text or a list.
    fn names(&self, value: &mut Value, draft: &DraftResource, linked: &mut BTreeSet<String>) {
        match value {
            Value::Array(items) => items.iter_mut().for_each(|item| self.names(item, draft, linked)),
            Value::String(name) => {
                let found = draft.references.iter().filter(|address| address.name == *name);
                if let Some(id) = found.filter_map(|address| self.ids.get(address)).next() {
                    linked.insert((*id).to_owned());
                    *value = json!({ "Ref": id });
                }
            }
            _ => {}
        }
    }

    fn arns(&self, value: &mut Value, own: &str, linked: &mut BTreeSet<String>) {
        match value {
            Value::Array(items) => items.iter_mut().for_each(|item| self.arns(item, own, linked)),
            Value::Object(members) => members.values_mut().for_each(|member| self.arns(member, own, linked)),
            Value::String(text) => {
                if let Some(reference) = self.arns.get(text).filter(|reference| id_of(reference) != Some(own)) {
                    linked.extend(id_of(reference).map(str::to_owned));
                    *value = reference.clone();
                } else if let Some(general) = self.of_anywhere(text) {
                    *value = json!({ "Fn::Sub": general });
                }
            }
            _ => {}
        }
    }

    /// A text about the target as one about wherever the document is deployed, as `Fn::Sub` takes it.
    fn of_anywhere(&self, text: &str) -> Option<String> {
        if !text.contains(ANY_ACCOUNT) {
            return None;
        }
        let written = match Arn::parse(text) {
            Some(arn) if arn.account == ANY_ACCOUNT => {
                let region = if arn.region == self.target.region { "\u{1}Region" } else { arn.region };
                let head = format!("arn:\u{1}Partition:{}:{region}:\u{1}AccountId:", arn.service);
                format!("{head}{}", arn.resource.replace(ANY_ACCOUNT, "\u{1}AccountId"))
            }
            _ => text.replace(ANY_ACCOUNT, "\u{1}AccountId"),
        };
        let words = ["Region", "Partition", "AccountId"];
        let sub = escape(&written);
        Some(words.iter().fold(sub, |sub, word| sub.replace(&format!("\u{1}{word}"), &format!("${{AWS::{word}}}"))))
    }
}

/// A text as `Fn::Sub` writes it literally.
pub fn escape(text: &str) -> String {
    text.replace("${", "${!")
}

/// Whether an endpoint is shown nowhere else either: an address with more than a host.
fn is_secret(endpoint: &str) -> bool {
    matches!(crate::model::secret::hidden(endpoint), std::borrow::Cow::Owned(_))
}

fn id_of(reference: &Value) -> Option<&str> {
    reference.get("Ref").or_else(|| reference.get("Fn::GetAtt")?.get(0))?.as_str()
}

fn at_path<'v>(value: &'v mut Value, path: &str) -> Option<&'v mut Value> {
    path.split('.').try_fold(value, |value, part| value.get_mut(part))
}
