//! A message as far as it is known before it is sent. Holds values, judges nothing.

use serde_json::Value;
use std::collections::BTreeMap;

/// A part of a message: what it is, or how much is known of it.
#[derive(Debug, Clone, PartialEq)]
pub enum MessageField {
    /// A text, a number, `true`, `false` or `null`.
    Known(Value),
    /// One of these, and it is not known which.
    OneOf(Vec<Value>),
    /// A text of unknown content.
    SomeText,
    /// Nothing is known of it, not even whether it is there.
    Unknown,
    Object(BTreeMap<String, MessageField>),
    List(Vec<MessageField>),
}

impl From<Value> for MessageField {
    fn from(value: Value) -> Self {
        match value {
            Value::Array(items) => MessageField::List(items.into_iter().map(Into::into).collect()),
            Value::Object(fields) => {
                MessageField::Object(fields.into_iter().map(|(name, value)| (name, value.into())).collect())
            }
            leaf => MessageField::Known(leaf),
        }
    }
}

impl MessageField {
    /// Makes an object of named parts.
    pub fn object<const N: usize>(fields: [(&str, MessageField); N]) -> Self {
        MessageField::Object(fields.into_iter().map(|(name, field)| (name.to_owned(), field)).collect())
    }

    /// Makes a part whose value is known.
    pub fn known(value: impl Into<Value>) -> Self {
        value.into().into()
    }
}
