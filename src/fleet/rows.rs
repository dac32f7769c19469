//! What a run over many targets found, a row a target: the one value that every report of a fleet is made of, and that is
//! saved, run again (`--retry-failed`) and merged. It holds no clock and no secret, so that merged shards are the whole; a row of a retry
//! says which rows it repeats, and so comes after them wherever they are joined.

use super::columns::RowColumns;
use super::finding::{FleetFinding, FleetLevel};
use super::function_row::FunctionRow;
use super::run::TargetRow;
use super::shard::{Shard, folded};
use super::target::FleetTarget;
use crate::apply::ChangeResult;
use crate::model::{FieldChange, Target};
use crate::plan::{Action, Blocked, Note, NoteKind, PlanSummary};
use crate::resources::Address;
use serde::{Deserialize, Serialize};

/// Fields are added, never renamed or removed; a report of another version is refused.
pub const FORMAT_VERSION: &str = "1";

/// One run over a roster.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FleetReport {
    pub format_version: String,
    /// `plan`, `apply`, `destroy`, `status`, `drift`, `lint`, `backtest`, `doctor`, `subscriptions`, `signals`, `mute` or `unmute`.
    pub command: String,
    pub stack: String,
    /// Of the roster: how many targets all shards together have.
    pub targets: usize,
    /// In a folder of parts: which of them this is, and of what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<ReportPart>,
    /// In the order of account and region, each pair once.
    pub rows: Vec<FleetRow>,
}

impl FleetReport {
    /// The same without a row.
    pub fn head(&self) -> Self {
        Self {
            format_version: self.format_version.clone(),
            command: self.command.clone(),
            stack: self.stack.clone(),
            targets: self.targets,
            part: self.part.clone(),
            rows: Vec::new(),
        }
    }
}

/// What the parts of one run have in common, and what tells them apart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportPart {
    pub shard: Shard,
    /// Fingerprints of the spec's text and of the targets of the whole roster.
    pub spec: String,
    pub roster: String,
}

/// What was found of, or done to, one account and region.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FleetRow {
    pub target: Target,
    /// The roster's further columns (name, e-mail address, ...), for people to recognise the row by.
    #[serde(default)]
    pub columns: RowColumns,
    pub state: TargetState,
    /// What the plan asked for, and what of it was made; none where it did not come to that.
    #[serde(default)]
    pub planned: Option<PlanSummary>,
    #[serde(default)]
    pub applied: Option<PlanSummary>,
    /// What differs from the spec: of a plan what it would do, after an apply what is left to do, of `drift` what would undo it.
    #[serde(default)]
    pub drift: Vec<Drift>,
    /// Single resources that failed; the others were done.
    #[serde(default)]
    pub failed: Vec<ChangeResult>,
    #[serde(default)]
    pub subscriptions: Option<SubscriptionCounts>,
    #[serde(default)]
    pub alarms: Option<AlarmStates>,
    #[serde(default)]
    pub findings: Option<Findings>,
    #[serde(default)]
    pub backtest: Option<Verdicts>,
    /// A month in the price table's currency, as the spec asks for it.
    #[serde(default)]
    pub cost: Option<f64>,
    /// Of the cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// What is billed by how much it is used, and so is not in the cost.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub usage: Vec<String>,
    /// What somebody must know or do.
    #[serde(default)]
    pub notes: Vec<Note>,
    /// Of `doctor`, `subscriptions` and `signals`, the worst first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub found: Vec<FleetFinding>,
    /// Of `signals`: each function, the worst first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub functions: Vec<FunctionRow>,
    /// Why the target as a whole failed or is blocked.
    #[serde(default)]
    pub failure: Option<TargetFailure>,
    /// Of `--retry-failed`: the rows of earlier attempts, the first one first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub repeats: Vec<RowMark>,
}

/// A row by what it says: the same for the same row, wherever it was saved and read again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RowMark(u64);

impl TryFrom<String> for RowMark {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        u64::from_str_radix(&text, 16).map(Self).map_err(|_| format!("{text} is no fingerprint of a row"))
    }
}

impl From<RowMark> for String {
    fn from(mark: RowMark) -> Self {
        format!("{:016x}", mark.0)
    }
}

/// How a target ended, the worst last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetState {
    /// As the spec asks, and nothing had to be done.
    InSync,
    /// As the spec asks, after what was done.
    Applied,
    /// Changes are pending: of a plan, or not consented to.
    Pending,
    /// Of `drift`: does not match the spec.
    Drifted,
    /// Not begun: the run was interrupted, or ended early after too many failures or a bad canary.
    NotStarted,
    /// Refused: another owner, data that would be lost, consent that is missing.
    Blocked,
    /// Some resources failed or could not be read.
    Partial,
    /// Nothing could be done: credentials, a wrong role, a region that is not enabled, a spec that does not fit.
    Failed,
}

impl TargetState {
    /// Each of them, the best first.
    pub const ALL: [Self; 8] = [
        Self::InSync,
        Self::Applied,
        Self::Pending,
        Self::Drifted,
        Self::NotStarted,
        Self::Blocked,
        Self::Partial,
        Self::Failed,
    ];
}

/// One change of a plan, as far as a report tells it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Drift {
    pub address: Address,
    pub action: Action,
    #[serde(default)]
    pub fields: Vec<FieldChange>,
    #[serde(default)]
    pub blocked: Option<Blocked>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscriptionCounts {
    pub confirmed: usize,
    pub pending: usize,
    pub lost: usize,
    /// Wanted by the spec and not there.
    pub missing: usize,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlarmStates {
    pub ok: usize,
    pub alarm: usize,
    pub insufficient_data: usize,
    /// Of those with insufficient data: new ones, which CloudWatch has not evaluated yet.
    #[serde(default)]
    pub new: usize,
}

/// Of lint and doctor, by level; what needs an action is among the warnings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Findings {
    pub errors: usize,
    pub warnings: usize,
    pub hints: usize,
}

/// Of a backtest: how many alarms would have been what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdicts {
    pub always_on: usize,
    pub noisy: usize,
    pub blind: usize,
    pub silent: usize,
    pub useful: usize,
    pub quiet: usize,
    /// Of which nothing can be said.
    pub unknown: usize,
}

/// Why, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetFailure {
    pub message: String,
    #[serde(default)]
    pub remedy: Option<String>,
    /// The exit code that the target alone would have ended with.
    pub exit: u8,
}

impl ReportPart {
    /// A part of a run of this spec over targets with this sum.
    pub fn new(shard: Shard, spec: &str, sum: u64) -> Self {
        Self { shard, spec: format!("{:016x}", folded(spec)), roster: format!("{sum:016x}") }
    }
}

impl FleetRow {
    /// A row of which nothing is known but how it ended.
    pub fn new(member: &FleetTarget, state: TargetState) -> Self {
        Self {
            target: member.target.clone(),
            columns: member.columns.clone().into(),
            state,
            planned: None,
            applied: None,
            drift: Vec::new(),
            failed: Vec::new(),
            subscriptions: None,
            alarms: None,
            findings: None,
            backtest: None,
            cost: None,
            currency: None,
            usage: Vec::new(),
            notes: Vec::new(),
            found: Vec::new(),
            functions: Vec::new(),
            failure: None,
            repeats: Vec::new(),
        }
    }
}

impl TargetRow for FleetRow {
    fn not_started(member: &FleetTarget) -> Self {
        Self::new(member, TargetState::NotStarted)
    }

    fn is_failure(&self) -> bool {
        self.state >= TargetState::Blocked
    }
}

impl FleetRow {
    /// Of a row that was saved and read again; before that it may hold what no file does. Members without a value do not count, so that
    /// one that is added later changes nothing.
    pub fn mark(&self) -> RowMark {
        // A row is texts and numbers: it has a value. Its members come sorted.
        let mut value = serde_json::to_value(self).unwrap_or_default();
        if let Some(members) = value.as_object_mut() {
            members.retain(|_, value| !value.is_null() && value.as_array().is_none_or(|list| !list.is_empty()));
        }
        RowMark(folded(&value.to_string()))
    }

    /// What a row says that repeats this one.
    pub fn repeated(&self) -> Vec<RowMark> {
        self.repeats.iter().copied().chain([self.mark()]).collect()
    }

    /// How many alarms are in ALARM.
    pub fn in_alarm(&self) -> usize {
        self.alarms.map_or(0, |alarms| alarms.alarm)
    }

    /// How many subscriptions exist that nobody has confirmed, or that their receiver has ended.
    pub fn unconfirmed(&self) -> usize {
        self.subscriptions.map_or(0, |found| found.pending + found.lost)
    }

    /// Whether somebody has to look at the target, or act, though all of it may match the spec.
    pub fn needs_attention(&self) -> bool {
        let has_to_act = self.notes.iter().any(|note| note.kind == NoteKind::Act);
        let is_found = self.found.iter().any(|found| found.level != FleetLevel::Hint);
        self.in_alarm() > 0 || self.unconfirmed() > 0 || has_to_act || is_found
    }
}

impl TargetState {
    /// Whether `--retry-failed` runs the target again.
    pub fn is_worth_another_run(self) -> bool {
        !matches!(self, TargetState::InSync | TargetState::Applied | TargetState::Pending | TargetState::Drifted)
    }
}
