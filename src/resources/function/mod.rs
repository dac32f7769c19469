//! A monitored Lambda function: only looked at, never changed.

pub mod aws;

use serde::{Deserialize, Serialize};

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
