//! An SNS subscription filter policy: what SNS accepts, and which messages a subscription with one gets. The one meaning of filter
//! policies: the spec, the sandbox, `lint`, `drill` and `doctor` ask here. Knows neither subscriptions nor alarms.

mod evaluate;
mod limits;
mod message;
mod parse;
#[cfg(test)]
mod tests;

pub use limits::{MAX_BYTES, MAX_COMBINATIONS, MAX_KEYS, PolicyFault, PolicyStep};
pub use message::MessageField;

use serde_json::Value;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// A filter policy that SNS would accept (SNS developer guide, "Amazon SNS subscription filter policies").
#[derive(Debug, Clone, PartialEq)]
pub struct FilterPolicy {
    fields: BTreeMap<String, FilterCondition>,
}

/// Which part of a message a policy looks at (SNS API reference, `FilterPolicyScope`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FilterScope {
    MessageAttributes,
    MessageBody,
}

/// Whether a message passes a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FilterOutcome {
    Matches,
    Never,
    /// It depends on a part of the message that is not known beforehand.
    Depends,
}

/// What a policy asks of one key.
#[derive(Debug, Clone, PartialEq)]
enum FilterCondition {
    /// Keys below this one; all of them have to hold.
    Nested(BTreeMap<String, FilterCondition>),
    /// `$or`: at least one of the objects holds.
    AnyOf(Vec<BTreeMap<String, FilterCondition>>),
    /// At least one of the patterns holds.
    Values(Vec<ValuePattern>),
}

#[derive(Debug, Clone, PartialEq)]
enum ValuePattern {
    Exact(Value),
    Prefix(Affix),
    Suffix(Affix),
    EqualsIgnoreCase(String),
    Wildcard(String),
    AnythingBut(Vec<ValuePattern>),
    Numeric(Vec<NumericBound>),
    Exists(bool),
    Cidr(IpAddr, u8),
}

/// The beginning or end of a text.
#[derive(Debug, Clone, PartialEq)]
struct Affix {
    text: String,
    ignores_case: bool,
}

/// One end of a numeric range, or the one number.
#[derive(Debug, Clone, Copy, PartialEq)]
struct NumericBound {
    relation: NumericRelation,
    number: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NumericRelation {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl FilterScope {
    /// Reads the attribute; where there is none, SNS looks at the message attributes.
    pub fn of(attribute: Option<&str>) -> Self {
        match attribute {
            Some("MessageBody") => FilterScope::MessageBody,
            _ => FilterScope::MessageAttributes,
        }
    }
}

impl FilterPolicy {
    /// Reads a policy and holds it against SNS's limits.
    pub fn read(policy: &Value, scope: FilterScope) -> Result<Self, PolicyFault> {
        let Value::Object(fields) = policy else { return Err(PolicyFault::NoObject) };
        let fields = parse::object(fields, &mut Vec::new())?;
        let policy = Self { fields };
        limits::check(&policy, scope)?;
        Ok(policy)
    }

    /// Reads the text of a subscription's attribute.
    pub fn read_text(text: &str, scope: FilterScope) -> Result<Self, PolicyFault> {
        if text.len() > limits::MAX_BYTES {
            return Err(PolicyFault::TooLarge { bytes: text.len() });
        }
        let policy = serde_json::from_str(text).map_err(|error| PolicyFault::NoJson(error.to_string()))?;
        Self::read(&policy, scope)
    }

    /// `{}` is how a client takes a policy away: every message passes it.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// Works out whether a message passes: its body, or its attributes as an object of values.
    pub fn outcome(&self, message: &MessageField) -> FilterOutcome {
        evaluate::outcome(self, message)
    }
}
