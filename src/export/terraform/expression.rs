//! References in the form of CloudFormation's functions -> Terraform's expressions.

use super::super::draft::DraftResource;
use super::super::merge::DocumentParameter;
use super::{name, snake};
use crate::resources::Kind;
use serde_json::{Map, Value, json};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// What can be referred to, and which of the provider's data sources have been.
#[derive(Debug)]
pub struct Expressions<'a> {
    resources: BTreeMap<&'a str, &'a DraftResource>,
    parameters: &'a BTreeMap<String, DocumentParameter>,
    used: RefCell<BTreeSet<&'static str>>,
}

/// The function's word, the data source and its attribute.
const PSEUDO: [(&str, &str, &str); 3] = [
    ("AWS::AccountId", "aws_caller_identity", "account_id"),
    ("AWS::Partition", "aws_partition", "partition"),
    ("AWS::Region", "aws_region", "region"),
];

/// A text that is taken as it is: both signs that begin a template are doubled.
pub fn literal(text: &str) -> String {
    text.replace("${", "$${").replace("%{", "%%{")
}

impl<'a> Expressions<'a> {
    pub fn new(resources: &'a [DraftResource], parameters: &'a BTreeMap<String, DocumentParameter>) -> Self {
        let resources = resources.iter().map(|one| (one.id.as_str(), one)).collect();
        Self { resources, parameters, used: RefCell::default() }
    }

    /// `aws_sns_topic.alerts`.
    pub fn address(&self, id: &str) -> Option<String> {
        let one = self.resources.get(id)?;
        Some(format!("{}.{}", one.mapping.type_name, name(id)))
    }

    /// The data sources that expressions have used.
    pub fn data(&self) -> Map<String, Value> {
        self.used.borrow().iter().map(|source| ((*source).to_owned(), json!({ "current": {} }))).collect()
    }

    pub fn value(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => literal(text).into(),
            Value::Array(items) => items.iter().map(|item| self.value(item)).collect(),
            Value::Object(members) => match self.function(members) {
                Some(expression) => expression.into(),
                None => {
                    // Names of tags and dimensions are expressions, too.
                    let each = members.iter().map(|(key, value)| (literal(key), self.value(value)));
                    Value::Object(each.collect())
                }
            },
            other => other.clone(),
        }
    }

    fn function(&self, members: &Map<String, Value>) -> Option<String> {
        let (word, argument) = members.iter().next().filter(|_| members.len() == 1)?;
        match word.as_str() {
            "Ref" => Some(format!("${{{}}}", self.reference(argument.as_str()?)?)),
            "Fn::GetAtt" => Some(format!("${{{}.arn}}", self.address(argument.get(0)?.as_str()?)?)),
            "Fn::Sub" => Some(self.substituted(argument.as_str()?)),
            _ => None,
        }
    }

    /// What `Ref` means: a parameter's value, a topic's ARN, a name.
    fn reference(&self, word: &str) -> Option<String> {
        if let Some((_, source, attribute)) = PSEUDO.iter().find(|(pseudo, ..)| *pseudo == word) {
            self.used.borrow_mut().insert(source);
            return Some(format!("data.{source}.current.{attribute}"));
        }
        if self.parameters.contains_key(word) {
            return Some(format!("var.{}", snake(word)));
        }
        let attribute = match self.resources.get(word)?.address.kind {
            Kind::Topic => "arn",
            kind if kind.is_alarm() => "alarm_name",
            _ => "name",
        };
        Some(format!("{}.{attribute}", self.address(word)?))
    }

    fn substituted(&self, text: &str) -> String {
        let (mut out, mut rest) = (String::new(), text);
        while let Some((plain, after)) = rest.split_once("${") {
            out.push_str(&literal(plain));
            if let Some(after) = after.strip_prefix('!') {
                out.push_str("$${");
                rest = after;
                continue;
            }
            let (word, behind) = after.split_once('}').unwrap_or((after, ""));
            out.push_str(&format!("${{{}}}", self.reference(word).unwrap_or_default()));
            rest = behind;
        }
        out + &literal(rest)
    }
}
