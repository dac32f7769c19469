//! How a resource is named everywhere: `alarm/NAME`, `subscription/TOPIC/PROTOCOL/ENDPOINT`.

use super::Kind;
use super::kind::ArnScope;
use crate::model::Target;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A kind and a name, unique in a target. Ordered by kind as created, then by name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    pub kind: Kind,
    pub name: String,
}

impl Address {
    pub fn new(kind: Kind, name: impl Into<String>) -> Self {
        Self { kind, name: name.into() }
    }

    /// Reads `KIND/NAME`; `None` where the kind is unknown or the name is empty.
    pub fn parse(text: &str) -> Option<Self> {
        let (kind, name) = text.split_once('/')?;
        let kind = Kind::parse(kind)?;
        (!name.is_empty()).then(|| Self::new(kind, name))
    }

    /// The ARN in the target; `None` for a subscription, whose ARN AWS makes up.
    pub fn arn(&self, target: &Target) -> Option<String> {
        let form = self.kind.facts().arn?;
        let resource = format_args!("{}{}", form.prefix, self.name);
        Some(match form.scope {
            ArnScope::Region => target.arn(form.service, resource),
            ArnScope::Account => target.account_arn(form.service, resource),
        })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind, self.name)
    }
}

impl Serialize for Address {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Address::parse(&text).ok_or_else(|| serde::de::Error::custom(format!("not an address: {text}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes() {
        for text in ["alarm/a/b", "dashboard/lab", "log_group//aws/lambda/x", "subscription/t/email/a@b.edu"] {
            assert_eq!(Address::parse(text).map(|a| a.to_string()).as_deref(), Some(text));
        }
        for text in ["alarm", "alarm/", "alert/x", ""] {
            assert_eq!(Address::parse(text), None, "{text}");
        }
    }
}
