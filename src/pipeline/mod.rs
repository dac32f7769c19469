//! One target from the spec to the end of an apply: read, plan, judge, carry out, read back. A run over a roster is this, once a
//! target. What a person consents to is exactly what is proposed here. Never prints.

mod allowed;
mod apply;
mod covered;
mod drift;
pub mod existing;
mod lint_online;
mod planned;
mod propose;
mod read_back;
mod saved;
mod select;

pub use allowed::NotAllowed;
#[cfg(test)]
pub use apply::apply;
pub use apply::{ApplyOptions, ReadBack, carry_out};
pub use covered::expand;
pub use drift::drift;
pub use lint_online::{LintedTarget, lint_online};
#[cfg(test)]
pub use planned::plan_destroy;
pub use planned::{PlannedTarget, plan};
pub use propose::{Proposal, ProposalRequest, Purpose, lint_settings};
pub use saved::{NotReplanned, basis, check_saved};
pub use select::{Select, UnknownTarget};

use crate::aws::Aws;
use crate::spec::BoundSpec;

/// One target of a run: how it is reached, and the spec as it is bound for it.
#[derive(Debug, Clone)]
pub struct TargetContext {
    pub aws: Aws,
    pub bound: BoundSpec,
}

#[cfg(test)]
pub mod tests;
