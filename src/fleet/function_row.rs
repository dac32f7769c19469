//! What is known of one function as the row of its target tells it: golden signals, or its log summed up.

use serde::{Deserialize, Serialize};

/// What is not known is absent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FunctionRow {
    pub function: String,
    pub status: FunctionHealth,
    pub requests: f64,
    /// Of the requests.
    pub error_rate: Option<f64>,
    pub p95_ms: Option<f64>,
    /// The most requests at once.
    pub concurrency: Option<f64>,
    pub throttles: Option<f64>,
    /// Requests that waited for an execution environment.
    #[serde(default)]
    pub cold_starts: Option<f64>,
    /// The most memory that a request used, of what the function has: 0 to 1.
    #[serde(default)]
    pub memory_used: Option<f64>,
}

/// The worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FunctionHealth {
    Bad,
    Look,
    Idle,
    Well,
}

impl FunctionHealth {
    /// As `signals` of one account calls it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Bad => "bad",
            Self::Look => "look",
            Self::Idle => "idle",
            Self::Well => "well",
        }
    }
}
