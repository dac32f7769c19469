//! The pipeline times targets: read, diff, apply, verify. One account is a fleet of one.

mod access;
mod array;
mod columns;
mod finding;
mod fold;
mod function_row;
mod merge;
pub mod organization;
mod outcome;
mod rows;
mod run;
mod saved;
mod shard;
mod target;
#[cfg(test)]
pub mod testing;

pub use access::TargetAccess;
pub use array::part;
pub use finding::{FleetFinding, FleetLevel};
pub use fold::{Alike, DriftGroup, alike, alike_texts, fold};
pub use function_row::{FunctionHealth, FunctionRow};
pub use merge::{Merge, Merged, NoReport};
pub use rows::{
    AlarmStates, Drift, FORMAT_VERSION, Findings, FleetReport, FleetRow, ReportPart, RowMark, SubscriptionCounts,
    TargetFailure, TargetState, Verdicts,
};
pub use run::{RunLimits, RunStep, RunStop, TargetRow, run_all};
pub use shard::{MOST as MOST_PARTS, Shard};
#[cfg(test)]
pub use target::AccessMethod;
pub use target::{FleetDefaults, FleetTarget, FleetTargets};

#[cfg(test)]
mod tests;
