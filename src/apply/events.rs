//! What an apply says while it runs and at its end. Events are values; the surface draws them.

use crate::model::Target;
use crate::plan::{Action, Note, PlanSummary};
use crate::resources::Address;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// A step of a running apply. `remaining` is the time the account's quotas force for what is left.
#[derive(Debug, Clone)]
pub enum ApplyEvent {
    Started {
        target: Target,
        changes: usize,
        remaining: Duration,
    },
    Finished {
        result: ChangeResult,
        done: usize,
        of: usize,
        remaining: Duration,
    },
    /// So many alarms notify nobody until a moment, in seconds since 1970.
    Muted {
        alarms: usize,
        until: i64,
    },
    /// Somebody interrupted: nothing new is written, what runs finishes.
    Interrupted,
    Verifying {
        target: Target,
    },
}

/// How one change ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChangeResult {
    pub address: Address,
    pub action: Action,
    #[serde(flatten)]
    pub outcome: ApplyOutcome,
    pub notes: Vec<Note>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum ApplyOutcome {
    Done,
    /// AWS refused it: the message in words, what to do, and whether credentials, throttling or something else is the cause.
    Failed {
        message: String,
        remedy: Option<String>,
        class: FailureClass,
    },
    /// Not tried, because a resource it needs failed.
    Skipped {
        because_of: Address,
    },
    /// Not tried, because the run was interrupted.
    NotStarted,
}

/// What decides the exit code of a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureClass {
    Permission,
    Throttled,
    Other,
}

/// The end of an apply or destroy of one target.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ApplyReport {
    pub stack: String,
    pub target: Target,
    /// In the order of the plan.
    pub results: Vec<ChangeResult>,
    /// What the plan asked for.
    pub planned: PlanSummary,
    /// How many of the written resources were read back as desired; `None` when nothing was read back.
    pub verified: Option<Verification>,
    /// What somebody must still do, e.g. confirm a mail.
    pub to_do: Vec<Note>,
    pub interrupted: bool,
    /// The alarms that notify nobody for a while, where that was asked for.
    pub muted: Option<MutedAlarms>,
}

/// Alarms that were muted, and until when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MutedAlarms {
    /// In order.
    pub alarms: Vec<String>,
    pub rules: Vec<String>,
    /// Seconds since 1970.
    pub until: i64,
}

/// The read-back after an apply.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Verification {
    pub verified: usize,
    pub of: usize,
    /// What does not stand as desired, and how.
    pub differing: Vec<(Address, NotAsWritten)>,
}

/// How a resource stands that was written and is not verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum NotAsWritten {
    /// It was read, and stands otherwise.
    Differs(String),
    /// It could not be read, and why: unknown, never a difference.
    Unread(String),
}

impl fmt::Display for NotAsWritten {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotAsWritten::Differs(how) => f.write_str(how),
            NotAsWritten::Unread(why) => write!(f, "it could not be read back: {why}"),
        }
    }
}

impl ApplyReport {
    pub fn failed(&self) -> impl Iterator<Item = &ChangeResult> {
        self.results.iter().filter(|r| matches!(r.outcome, ApplyOutcome::Failed { .. }))
    }

    pub fn done(&self) -> usize {
        self.results.iter().filter(|r| r.outcome == ApplyOutcome::Done).count()
    }

    pub fn is_complete(&self) -> bool {
        self.done() == self.results.len() && self.verified.as_ref().is_none_or(|v| v.differing.is_empty())
    }
}
