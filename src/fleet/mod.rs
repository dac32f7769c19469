//! The pipeline times targets: read, diff, apply, verify. One account is a fleet of one.

mod access;
mod fold;
mod member;
mod merge;
pub mod organization;
mod outcome;
mod rows;
mod run;
mod saved;
mod select;
mod shard;
#[cfg(test)]
pub mod testing;
mod verify;

pub use access::Access;
pub use fold::{Alike, Group, alike, fold};
#[cfg(test)]
pub use member::Way;
pub use member::{ForAll, Member, Members};
pub use merge::{NoReport, merge};
pub use rows::{
    AlarmStates, Drift, FORMAT_VERSION, Failure, Findings, FleetReport, Row, State, Subscriptions, Verdicts,
};
pub use run::{Limits, Step, Stop, over};
pub use saved::{NotReplanned, basis, check_saved};
pub use select::{Select, UnknownTarget};
pub use shard::Shard;

use crate::apply::{self, Event, Report};
use crate::aws::Aws;
use crate::live::{Reader, Wanted};
use crate::model::Target;
use crate::plan::{self, Consent, Input, Plan, ownership};
use crate::resources::{Address, Resource, Snapshot};
use crate::spec::Bound;
use anyhow::{Result, bail};
use std::collections::BTreeMap;
use std::fmt;

/// A plan of one target, ready to be shown or applied.
#[derive(Debug, Clone)]
pub struct Planned {
    pub plan: Plan,
    /// What the spec asks for, with the owner's marks.
    pub desired: BTreeMap<Address, Resource>,
    /// What was read for it.
    pub snapshot: Snapshot,
}

/// An account that the spec's `allowed_accounts` does not name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotAllowed {
    pub account: String,
}

impl NotAllowed {
    /// Blocked.
    pub const EXIT: u8 = 8;

    pub const REMEDY: &str = "use the credentials of an account that `allowed_accounts` names, or add this one to it";

    /// Refuses an account that is not among the allowed ones.
    pub fn check(bound: &Bound, account: &str) -> Result<(), NotAllowed> {
        let mut allowed = bound.allowed_accounts().peekable();
        if allowed.peek().is_none() || allowed.any(|id| id == account) {
            return Ok(());
        }
        Err(NotAllowed { account: account.to_owned() })
    }
}

impl fmt::Display for NotAllowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "account {} is not among the spec's allowed_accounts, so nothing was changed", self.account)
    }
}

impl std::error::Error for NotAllowed {}

/// Names do not depend on the account: for the first wave, which asks for the account as well, any will do.
const ANY_ACCOUNT: &str = "000000000000";

/// Reads the target and says what has to change so that it becomes what the spec asks for.
pub async fn plan(aws: &Aws, bound: &Bound, select: &Select, consent: &Consent) -> Result<Planned> {
    plan_and_read(aws, bound, select, consent, &BTreeMap::new()).await
}

/// The same, where `also` is read as well: what a saved plan names, whoever owns it.
async fn plan_and_read(
    aws: &Aws,
    bound: &Bound,
    select: &Select,
    consent: &Consent,
    also: &BTreeMap<Address, Resource>,
) -> Result<Planned> {
    let with_others = |mut desired: BTreeMap<Address, Resource>| {
        let others = also.iter().filter(|(address, _)| !desired.contains_key(*address));
        let others: Vec<_> = others.map(|(address, resource)| (address.clone(), resource.clone())).collect();
        desired.extend(others);
        desired
    };
    let provisional = with_others(provisional(aws, bound, select)?);
    let reader = Reader::new(aws);
    let wanted = Wanted { stack: bound.stack(), desired: &provisional, functions: bound.functions() };
    let survey = reader.survey(wanted).await?;
    drop(provisional);
    NotAllowed::check(bound, &survey.target.account)?;
    let facts = survey.functions.iter().filter_map(|(name, facts)| Some((name.clone(), facts.as_ref().ok()?.clone())));
    let mut desired = bound.desired(&survey.target, &facts.collect())?.resources;
    ownership::mark(&mut desired, bound.stack());
    UnknownTarget::check_adoption(&consent.adopt, desired.keys())?;
    desired.retain(|address, _| select.covers(address));
    let target = survey.target.clone();
    let snapshot = match also.is_empty() {
        true => reader.complete(survey, bound.stack(), &desired).await,
        false => reader.complete(survey, bound.stack(), &with_others(desired.clone())).await,
    };
    let input = Input {
        stack: bound.stack(),
        target: &target,
        desired: &desired,
        snapshot: &snapshot,
        consent,
        prune: select.is_all(),
        only: None,
    };
    Ok(Planned { plan: plan::build(input), desired, snapshot })
}

/// Reads the target and says what has to be deleted, or left in place without our marks, so that nothing of the stack is left.
pub async fn plan_destroy(aws: &Aws, bound: &Bound, select: &Select, consent: &Consent) -> Result<Planned> {
    // Endpoints that do not fill the tag index know what is ours only by name.
    let named = provisional(aws, bound, select)?;
    let reader = Reader::new(aws);
    let survey = reader.survey(Wanted { stack: bound.stack(), desired: &named, functions: &[] }).await?;
    NotAllowed::check(bound, &survey.target.account)?;
    let target = survey.target.clone();
    let snapshot = reader.complete(survey, bound.stack(), &named).await;
    let consent = Consent { deletes: true, ..consent.clone() };
    let desired = BTreeMap::new();
    let input = Input {
        stack: bound.stack(),
        target: &target,
        desired: &desired,
        snapshot: &snapshot,
        consent: &consent,
        prune: true,
        only: (!select.is_all()).then_some(&select.0),
    };
    Ok(Planned { plan: plan::build(input), desired, snapshot })
}

/// What the spec asks for, as far as it is known before anything was read: names, and all that no account decides.
fn provisional(aws: &Aws, bound: &Bound, select: &Select) -> Result<BTreeMap<Address, Resource>> {
    let anywhere = Target::new(ANY_ACCOUNT, aws.region());
    let mut desired = bound.desired(&anywhere, &BTreeMap::new())?.resources;
    select.check(&desired.keys().cloned().collect())?;
    ownership::mark(&mut desired, bound.stack());
    desired.retain(|address, _| select.covers(address));
    Ok(desired)
}

/// What is read again after it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadBack {
    Everything,
    /// What AWS acknowledged is believed: over many accounts, a quarter of all calls would be for what is known already.
    Nothing,
}

/// Applies a plan and reads back what it wrote. Errors of single resources are in the report; a blocked plan is refused.
pub async fn apply(aws: &Aws, plan: &Plan, events: &mut dyn FnMut(Event)) -> Result<Report> {
    carry_out(aws, plan, ReadBack::Everything, events).await
}

/// Applies a plan as `apply` does, and reads back what it is told to.
pub async fn carry_out(aws: &Aws, plan: &Plan, read_back: ReadBack, events: &mut dyn FnMut(Event)) -> Result<Report> {
    if let Some((_, blocked)) = plan.refusals().next() {
        bail!("the plan is blocked: {}", blocked.reason);
    }
    let results = apply::executor::run(aws, plan, events).await;
    let (mut verified, mut to_do) = (None, Vec::new());
    match read_back {
        ReadBack::Nothing => to_do = verify::believed(plan, &results),
        ReadBack::Everything if aws.interrupt.is_set() => {}
        ReadBack::Everything => {
            events(Event::Verifying { target: plan.target.clone() });
            (verified, to_do) = verify::read_back(aws, plan, &results).await;
        }
    }
    let interrupted = aws.interrupt.is_set();
    if interrupted {
        verified = None;
    }
    Ok(Report {
        stack: plan.stack.clone(),
        target: plan.target.clone(),
        results,
        planned: plan.summary(),
        verified,
        to_do,
        interrupted,
    })
}

#[cfg(test)]
pub mod tests;
