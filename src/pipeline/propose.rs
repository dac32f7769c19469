//! The proposal for one target: what would change and all that is known of it beforehand, which is what a person consents to.
//! Every command that shows or carries out a plan makes it here. Only reads; never prints.

use super::{PlannedTarget, Select, TargetContext, planned};
use crate::aws::Aws;
use crate::backtest::for_plan::{AlarmPast, PastNote, for_plan, pages};
use crate::backtest::pages::PagesChange;
use crate::cost::{self, Cost, Prices};
use crate::lint::{self, LintInput, LintSettings, Observed, added};
use crate::plan::Consent;
use crate::spec::{BoundSpec, SpecError};
use anyhow::Result;

/// What a run is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The target becomes what the spec asks for.
    Apply,
    /// Nothing of the stack is left.
    Destroy,
}

/// What is to be proposed: the same for every target of a run.
#[derive(Debug, Clone)]
pub struct ProposalRequest {
    pub purpose: Purpose,
    pub select: Select,
    pub consent: Consent,
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
    pub planned: PlannedTarget,
    /// Of each alarm that the plan writes; `None` where the past was not looked at.
    pub past: Option<Vec<AlarmPast>>,
    /// How often the alarms that the plan changes page whom, before and after.
    pub pages: Option<PagesChange>,
    pub cost: Cost,
}

impl ProposalRequest {
    /// Reads the target, plans, and notes what the plan makes newly wrong and how its alarms would have behaved. A destroy
    /// writes nothing that could be judged.
    ///
    /// # Errors
    /// Mistakes of the spec, before anything is asked of AWS; an account that the spec is not for; what AWS refuses.
    pub async fn propose(&self, at: &TargetContext) -> Result<Proposal> {
        let TargetContext { aws, bound } = at;
        match self.purpose {
            Purpose::Apply => {
                let settings = lint_settings(bound)?;
                let planned = planned::plan(aws, bound, &self.select, &self.consent).await?;
                self.judged(aws, bound, &settings, planned).await
            }
            Purpose::Destroy => {
                let planned = planned::plan_destroy(aws, bound, &self.select, &self.consent).await?;
                Ok(self.unjudged(planned))
            }
        }
    }

    /// Returns the proposal of a saved plan that was made anew; without a spec there is nothing to judge it by.
    ///
    /// # Errors
    /// As for `propose`.
    pub async fn propose_saved(
        &self,
        aws: &Aws,
        bound: Option<&BoundSpec>,
        planned: PlannedTarget,
    ) -> Result<Proposal> {
        match bound {
            Some(bound) => self.judged(aws, bound, &lint_settings(bound)?, planned).await,
            None => Ok(self.unjudged(planned)),
        }
    }

    async fn judged(
        &self,
        aws: &Aws,
        bound: &BoundSpec,
        settings: &LintSettings,
        mut planned: PlannedTarget,
    ) -> Result<Proposal> {
        note_findings(bound, settings, &mut planned, &self.today)?;
        let Some(told) = self.past else { return Ok(self.unjudged(planned)) };
        let past = for_plan(aws, &planned.plan, self.now).await;
        for change in &mut planned.plan.changes {
            let of_it = past.alarms.iter().filter(|one| one.address == change.address);
            change.notes.extend(of_it.filter_map(|one| one.note(told)));
        }
        let pages = Some(pages(&planned.plan, &past));
        Ok(Proposal { past: Some(past.alarms), pages, ..self.unjudged(planned) })
    }

    fn unjudged(&self, planned: PlannedTarget) -> Proposal {
        Proposal { cost: cost::of_plan(&planned.plan, &self.prices), planned, past: None, pages: None }
    }
}

/// Reads what the spec says of the lint rules; its mistakes are mistakes of the spec.
pub fn lint_settings(bound: &BoundSpec) -> Result<LintSettings, SpecError> {
    let source = bound.source();
    lint::settings(bound).map_err(|problems| SpecError::new(source.name, source.text, problems))
}

fn note_findings(bound: &BoundSpec, settings: &LintSettings, planned: &mut PlannedTarget, today: &str) -> Result<()> {
    let PlannedTarget { plan, snapshot, expanded, .. } = planned;
    let bound = expanded.as_ref().unwrap_or(bound);
    let desired = bound.desired(&plan.target, &snapshot.known_functions())?;
    let observed = Observed::of(snapshot);
    let input = LintInput { bound, desired: &desired, observed: Some(&observed), settings, today };
    added(input, plan).note(plan);
    Ok(())
}
