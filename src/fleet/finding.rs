//! What somebody has to know or do about a target, one thing each: how the rows of commands that look at what runs tell it.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FleetFinding {
    /// What kind of thing it is; the same in every target and version.
    pub id: String,
    pub level: FleetLevel,
    /// For people.
    pub text: String,
    #[serde(default)]
    pub remedy: Option<String>,
    /// The address that has to act. What waits for one person is said once, whatever the accounts.
    #[serde(default)]
    pub person: Option<String>,
}

/// The worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FleetLevel {
    Error,
    /// Somebody has to act.
    ActionNeeded,
    Hint,
}
