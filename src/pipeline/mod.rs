//! The proposal for one target: what would change and all that is known of it beforehand, which is what a person consents to.
//! Every command that shows or carries out a plan makes it here. Only reads; never prints.

use crate::aws::Aws;
use crate::backtest::for_plan::{AlarmPast, PastNote, for_plan, pages};
use crate::backtest::pages::PagesChange;
use crate::cost::{self, Cost, Prices};
use crate::fleet::{self, Planned, Select};
use crate::lint::{self, Input, Observed, Settings, added};
use crate::plan::Consent;
use crate::resources::{FunctionFacts, Snapshot};
use crate::spec::{Bound, SpecError};
use anyhow::Result;
use std::collections::BTreeMap;

/// Settings of proposals, the same for every target of a run.
#[derive(Debug, Clone)]
pub struct ProposalOptions {
    pub prices: Prices,
    /// Whether the past of the alarms that are written is read, and how it is told.
    pub past: Option<PastNote>,
    /// The time by the clock of the AWS that is spoken to, in seconds since 1970.
    pub now: i64,
    /// Its day in UTC, `YYYY-MM-DD`.
    pub today: String,
}

/// A plan with what was found of it: findings, look-back and warnings are its notes.
#[derive(Debug, Clone)]
pub struct Proposal {
    pub planned: Planned,
    /// Of each alarm that the plan writes; `None` where the past was not looked at.
    pub past: Option<Vec<AlarmPast>>,
    /// How often the alarms that the plan changes page whom, before and after.
    pub pages: Option<PagesChange>,
    pub cost: Cost,
}

/// Reads the target, plans, and notes what the plan makes newly wrong and how its alarms would have behaved.
pub async fn propose(
    aws: &Aws,
    bound: &Bound,
    select: &Select,
    consent: &Consent,
    options: &ProposalOptions,
) -> Result<Proposal> {
    // Mistakes of the spec are said before anything is asked of AWS.
    let settings = lint_settings(bound)?;
    let planned = fleet::plan(aws, bound, select, consent).await?;
    judged(aws, bound, &settings, planned, options).await
}

/// Returns the proposal of a saved plan that was made anew; without a spec there is nothing to judge it by.
pub async fn propose_saved(
    aws: &Aws,
    bound: Option<&Bound>,
    planned: Planned,
    options: &ProposalOptions,
) -> Result<Proposal> {
    match bound {
        Some(bound) => judged(aws, bound, &lint_settings(bound)?, planned, options).await,
        None => Ok(unjudged(planned, options)),
    }
}

async fn judged(
    aws: &Aws,
    bound: &Bound,
    settings: &Settings,
    mut planned: Planned,
    options: &ProposalOptions,
) -> Result<Proposal> {
    note_findings(bound, settings, &mut planned, &options.today)?;
    let past = match options.past {
        Some(told) => {
            let past = for_plan(aws, &planned.plan, options.now).await;
            for change in &mut planned.plan.changes {
                change.notes.extend(
                    past.alarms.iter().filter(|one| one.address == change.address).filter_map(|one| one.note(told)),
                );
            }
            Some(past)
        }
        None => None,
    };
    let pages = past.as_ref().map(|past| pages(&planned.plan, past));
    let past = past.map(|past| past.alarms);
    Ok(Proposal { cost: cost::of_plan(&planned.plan, &options.prices), planned, past, pages })
}

/// Reads the target and plans to take the stack down. Nothing is written that could be judged.
pub async fn propose_destroy(
    aws: &Aws,
    bound: &Bound,
    select: &Select,
    consent: &Consent,
    options: &ProposalOptions,
) -> Result<Proposal> {
    Ok(unjudged(fleet::plan_destroy(aws, bound, select, consent).await?, options))
}

fn unjudged(planned: Planned, options: &ProposalOptions) -> Proposal {
    Proposal { cost: cost::of_plan(&planned.plan, &options.prices), planned, past: None, pages: None }
}

/// Reads what the spec says of the lint rules; its mistakes are mistakes of the spec.
pub fn lint_settings(bound: &Bound) -> Result<Settings, SpecError> {
    let source = bound.source();
    lint::settings(bound).map_err(|problems| SpecError::new(source.name, source.text, problems))
}

/// Returns the functions' facts, as far as they could be read.
pub fn function_facts(snapshot: &Snapshot) -> BTreeMap<String, FunctionFacts> {
    let known =
        snapshot.functions.iter().filter_map(|(name, facts)| Some((name.clone(), facts.as_ref().ok()?.clone())));
    known.collect()
}

fn note_findings(bound: &Bound, settings: &Settings, planned: &mut Planned, today: &str) -> Result<()> {
    let desired = bound.desired(&planned.plan.target, &function_facts(&planned.snapshot))?;
    let observed = Observed::of(&planned.snapshot);
    let input = Input { bound, desired: &desired, observed: Some(&observed), settings, today };
    added(input, &planned.plan).note(&mut planned.plan);
    Ok(())
}
