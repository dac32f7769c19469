//! Lint findings of a target's spec, with what AWS tells of the account: what stands, and which metrics there are. Only reads.

use super::{PlannedTarget, Select, TargetContext, lint_settings, plan};
use crate::aws::Aws;
use crate::lint::{self, LintInput, Observed};
use crate::plan::Consent;
use crate::resources::metric;
use crate::spec::Desired;
use anyhow::Result;

/// A spec that was held against its target.
pub struct LintedTarget {
    pub planned: PlannedTarget,
    pub report: lint::LintReport,
    /// What could not be listed, and why: findings that would have needed it are missing.
    pub unlisted: Vec<String>,
}

/// Reads the target and lints its spec.
///
/// # Errors
/// Mistakes of the spec, before anything is asked of AWS; what AWS refuses, but for listings of metrics.
pub async fn lint_online(at: &TargetContext) -> Result<LintedTarget> {
    let TargetContext { aws, bound } = at;
    let settings = lint_settings(bound)?;
    let planned = plan(aws, bound, &Select::default(), &Consent::default()).await?;
    let bound = planned.bound(bound);
    let desired = bound.desired(&planned.plan.target, &planned.snapshot.known_functions())?;
    let mut observed = Observed::of(&planned.snapshot);
    let unlisted = list_metrics(aws, &desired, &mut observed).await;
    let today = aws.clock.today();
    let input = LintInput { bound, desired: &desired, observed: Some(&observed), settings: &settings, today: &today };
    let report = lint::lint(input);
    Ok(LintedTarget { report, planned, unlisted })
}

/// What may not be listed is not known, and said so; it never fails the run.
async fn list_metrics(aws: &Aws, desired: &Desired, observed: &mut Observed) -> Vec<String> {
    let listings = lint::listings(&desired.resources);
    let answers = futures_util::future::join_all(listings.into_iter().map(|listing| async move {
        let answer = metric::aws::list(aws, &listing.0, listing.1.as_deref()).await;
        (listing, answer)
    }));
    let (mut unknown, mut failure) = (Vec::new(), None);
    for (listing, answer) in answers.await {
        match answer {
            Ok(Some(listed)) => observed.add(listing, listed),
            Ok(None) => unknown.push(format!("{} has too many metrics to list: not looked at", listing.0)),
            Err(error) => failure = Some(error),
        }
    }
    let failure =
        failure.map(|error| format!("metrics could not be listed, so it is not known which there are: {error}"));
    unknown.extend(failure);
    unknown
}
