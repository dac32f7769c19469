//! Carries a plan out and reads back what it wrote.

use super::read_back;
use crate::apply::{self, ApplyEvent, ApplyMute, ApplyReport, ChangeResult, MutedAlarms};
use crate::aws::Aws;
use crate::plan::{Note, NoteKind, Plan};
use anyhow::{Context, Result, bail};

/// What is read again after it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadBack {
    Everything,
    /// What AWS acknowledged is believed: over many accounts, a quarter of all calls would be for what is known already.
    Nothing,
}

/// How a plan is carried out.
#[derive(Debug, Clone, Copy)]
pub struct ApplyOptions {
    pub read_back: ReadBack,
    /// Seconds from the last write on for which the alarms that it creates or changes notify nobody.
    pub mute: Option<i64>,
}

/// Applies a plan and reads back what it wrote.
#[cfg(test)]
pub async fn apply(aws: &Aws, plan: &Plan, events: &mut dyn FnMut(ApplyEvent)) -> Result<ApplyReport> {
    carry_out(aws, plan, ApplyOptions { read_back: ReadBack::Everything, mute: None }, events).await
}

/// Applies a plan in the way it is told to. Errors of single resources are in the report; a blocked plan is refused.
pub async fn carry_out(
    aws: &Aws,
    plan: &Plan,
    ApplyOptions { read_back, mute }: ApplyOptions,
    events: &mut dyn FnMut(ApplyEvent),
) -> Result<ApplyReport> {
    if let Some((_, blocked)) = plan.refusals().next() {
        bail!("the plan is blocked: {}", blocked.reason);
    }
    let (results, muted, notes) = match mute.map(|seconds| ApplyMute::of(plan, seconds)) {
        Some(mute) if mute.count() > 0 => write_muted(aws, plan, &mute, events).await?,
        _ => (apply::executor::run(aws, plan, events).await, None, Vec::new()),
    };
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
    to_do.extend(notes);
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
        muted,
    })
}

/// Writes a plan whose alarms notify nobody meanwhile. Where what exists cannot be muted, nothing is written.
async fn write_muted(
    aws: &Aws,
    plan: &Plan,
    mute: &ApplyMute,
    events: &mut dyn FnMut(ApplyEvent),
) -> Result<(Vec<ChangeResult>, Option<MutedAlarms>, Vec<Note>)> {
    let muted = mute.begin(aws, plan).await.context("the alarms could not be muted, so nothing was changed")?;
    if !muted.alarms.is_empty() {
        events(ApplyEvent::Muted { alarms: muted.alarms.len(), until: muted.until });
    }
    let mut results = apply::executor::run(aws, &mute.silenced(plan), events).await;
    let (muted, notes) = mute.finish(aws, plan, muted, &mut results).await;
    Ok((results, Some(muted), notes))
}
