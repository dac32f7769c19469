//! Carries a plan out and reads back what it wrote.

use super::read_back;
use crate::apply::{self, ApplyEvent, ApplyReport};
use crate::aws::Aws;
use crate::plan::{Note, NoteKind, Plan};
use anyhow::{Result, bail};

/// What is read again after it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadBack {
    Everything,
    /// What AWS acknowledged is believed: over many accounts, a quarter of all calls would be for what is known already.
    Nothing,
}

/// Applies a plan and reads back what it wrote. Errors of single resources are in the report; a blocked plan is refused.
pub async fn apply(aws: &Aws, plan: &Plan, events: &mut dyn FnMut(ApplyEvent)) -> Result<ApplyReport> {
    carry_out(aws, plan, ReadBack::Everything, events).await
}

/// Applies a plan as `apply` does, and reads back what it is told to.
pub async fn carry_out(
    aws: &Aws,
    plan: &Plan,
    read_back: ReadBack,
    events: &mut dyn FnMut(ApplyEvent),
) -> Result<ApplyReport> {
    if let Some((_, blocked)) = plan.refusals().next() {
        bail!("the plan is blocked: {}", blocked.reason);
    }
    let results = apply::executor::run(aws, plan, events).await;
    let (mut verified, mut to_do) = (None, Vec::new());
    match read_back {
        ReadBack::Nothing => to_do = read_back::believed(plan, &results),
        ReadBack::Everything if aws.interrupt.is_set() => {}
        ReadBack::Everything => {
            events(ApplyEvent::Verifying { target: plan.target.clone() });
            (verified, to_do) = read_back::read_back(aws, plan, &results).await;
        }
    }
    to_do.extend(aws.take_warnings().into_iter().map(|said| Note::new(NoteKind::Warning, said)));
    let interrupted = aws.interrupt.is_set();
    if interrupted {
        verified = None;
    }
    Ok(ApplyReport {
        stack: plan.stack.clone(),
        target: plan.target.clone(),
        results,
        planned: plan.summary(),
        verified,
        to_do,
        interrupted,
    })
}
