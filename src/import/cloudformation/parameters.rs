//! What a name stands for: pseudo parameters, parameters, resources.

use super::evaluate::Evaluator;
use super::open::OpenReason;
use super::value::{Evaluated, UnknownValue};
use crate::import::list_text;
use crate::model::Partition;
use crate::model::node::{Node, Span};
use serde_json::{Value, json};

impl<'t> Evaluator<'t> {
    /// What `Ref` gives.
    ///
    /// # Errors
    /// Why it is not known.
    pub fn reference(&mut self, name: &str, span: Span) -> Evaluated {
        if name.starts_with("AWS::") {
            return self.pseudo(name, span);
        }
        if let Some((name, declared)) = self.sections.parameters.get_key_value(name).map(|(name, node)| (*name, *node))
        {
            return self.parameter(name, declared, span).map(Some);
        }
        self.resource_reference(name, span).map(|text| Some(text.into()))
    }

    fn pseudo(&mut self, name: &str, span: Span) -> Evaluated {
        let target = &self.facts.target;
        let partition = Partition::of_region(&target.region);
        let (asked, value) = match name {
            "AWS::NoValue" => return Ok(None),
            "AWS::Region" => ("AWS::Region", target.region.clone()),
            "AWS::AccountId" => ("AWS::AccountId", target.account.clone()),
            "AWS::Partition" => ("AWS::Partition", partition.id.to_owned()),
            "AWS::URLSuffix" => ("AWS::URLSuffix", partition.dns_suffix.to_owned()),
            "AWS::NotificationARNs" => return Ok(Some(json!([]))),
            "AWS::StackName" => match &self.facts.stack_name {
                Some(name) => ("AWS::StackName", name.clone()),
                None => {
                    return Ok(Some(self.open_text(OpenReason {
                        name: "stack_name",
                        description: "The name of the CloudFormation stack".to_owned(),
                        secret: false,
                        value: None,
                        missing: "the name of the stack is not known: give --stack-name".to_owned(),
                    })));
                }
            },
            "AWS::StackId" => return Err(UnknownValue::new(span, "the id of the stack is not in the template")),
            _ => return Err(UnknownValue::new(span, format!("no pseudo parameter is called {name}"))),
        };
        self.pseudo.insert(asked);
        Ok(Some(value.into()))
    }

    fn open_text(&mut self, reason: OpenReason<'_>) -> Value {
        self.open.text(reason).into()
    }

    /// The value of a parameter: the one that was given, else its default, else a text that stands for it.
    fn parameter(&mut self, name: &'t str, declared: &'t Node, span: Span) -> Result<Value, UnknownValue> {
        let kind = declared.get("Type").and_then(Node::text).unwrap_or("String");
        let given = self.facts.parameters.get(name).cloned();
        let value = given.or_else(|| declared.get("Default").and_then(list_text));
        let description = declared.get("Description").and_then(Node::text).unwrap_or_default();
        let described = |words: String| if description.is_empty() { words } else { description.to_owned() };
        let is_hidden = declared.get("NoEcho").and_then(Node::boolean).unwrap_or_default();
        if let Some(stored) = kind.strip_prefix("AWS::SSM::Parameter::Value<") {
            let key = value.unwrap_or_default();
            let missing =
                format!("parameter {name} is the value of {key} in the Parameter Store, which only AWS knows");
            if stored.starts_with("List") || stored.starts_with("CommaDelimited") {
                return Err(UnknownValue::new(span, missing));
            }
            let description = described(format!("The value of {key} in the Parameter Store"));
            return Ok(self.open_text(OpenReason { name, description, secret: is_hidden, value: None, missing }));
        }
        let is_list = kind == "CommaDelimitedList" || kind.starts_with("List<");
        match value {
            Some(text) if is_hidden && !is_list => {
                let missing = format!("parameter {name} is a secret (NoEcho), which no spec says");
                let description = described(format!("Parameter {name}"));
                Ok(self.open_text(OpenReason { name, description, secret: true, value: Some(text), missing }))
            }
            Some(text) => {
                self.made(text.len(), span)?;
                match is_list {
                    true => Ok(text.split(',').map(str::trim).collect::<Vec<_>>().into()),
                    false => Ok(text.into()),
                }
            }
            None => {
                let missing = format!("parameter {name} has no value: give --parameter {name}=VALUE");
                if is_list {
                    return Err(UnknownValue::new(span, missing));
                }
                let description = described(format!("Parameter {name}"));
                Ok(self.open_text(OpenReason { name, description, secret: is_hidden, value: None, missing }))
            }
        }
    }
}
