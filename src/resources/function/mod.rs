//! A monitored Lambda function: only looked at, never changed.

pub mod aws;

use super::ResourceTags;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What a function says of itself (Lambda GetFunctionConfiguration).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunctionFacts {
    /// Megabytes.
    pub memory_mb: i32,
    /// Seconds after which Lambda ends an invocation.
    pub timeout_s: i32,
    /// The group the function really writes to: `LoggingConfig.LogGroup`, else `/aws/lambda/NAME`.
    pub log_group: String,
    /// When its code or configuration was last changed, as Lambda writes it (ISO 8601).
    pub last_modified: Option<String>,
}

impl FunctionFacts {
    /// From what Lambda tells; what it leaves out has Lambda's defaults.
    fn told(
        name: &str,
        memory_mb: Option<i32>,
        timeout_s: Option<i32>,
        log_group: Option<&str>,
        last_modified: Option<&str>,
    ) -> Self {
        let log_group = log_group.filter(|group| !group.is_empty());
        Self {
            memory_mb: memory_mb.unwrap_or(128),
            timeout_s: timeout_s.unwrap_or(3),
            log_group: log_group.map_or_else(|| default_log_group(name), str::to_owned),
            last_modified: last_modified.map(str::to_owned),
        }
    }
}

/// The functions of a target, as far as a spec's patterns ask for them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LiveFunctions {
    pub facts: BTreeMap<String, FunctionFacts>,
    /// Tags that are asked for -> the functions that carry all of them.
    pub tagged: BTreeMap<ResourceTags, BTreeSet<String>>,
}

/// What is asked of a function beyond that, by those who grade it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionConfiguration {
    pub facts: FunctionFacts,
    /// `None` of a container image.
    pub runtime: Option<String>,
}

/// The log group Lambda uses unless the function's logging configuration names another one.
pub fn default_log_group(function: &str) -> String {
    format!("/aws/lambda/{function}")
}
