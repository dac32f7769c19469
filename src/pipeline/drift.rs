//! The drift of one target that others deploy. Only reads.

use super::{Select, TargetContext, plan};
use crate::plan::drift::{StackDrift, find};
use crate::plan::{Consent, PlanInput};
use crate::resources::foreign::DeployingEngine;
use anyhow::Result;

/// Reads the target as a plan does, and finds what does not match the spec.
///
/// # Errors
/// As for `plan`.
pub async fn drift(at: &TargetContext, select: &Select, deployed_by: Option<DeployingEngine>) -> Result<StackDrift> {
    let consent = Consent::default();
    let planned = plan(&at.aws, &at.bound, select, &consent).await?;
    let input = PlanInput {
        stack: planned.bound(&at.bound).stack(),
        target: &planned.plan.target,
        desired: &planned.desired,
        snapshot: &planned.snapshot,
        consent: &consent,
        prune: select.is_all(),
        only: None,
    };
    Ok(find(input, deployed_by))
}
