//! What `drift` says beside what `plan` says, of the same reads: both compare alike, whatever is to be done about it.

use super::world::{REGION, World, everything, spec_of};
use crate::pipeline::PlannedTarget;
use crate::plan::drift::{DriftOutcome, StackDrift, find};
use crate::plan::{Action, Consent, PlanInput};
use crate::resources::Address;
use crate::resources::foreign::DeployingEngine;
use crate::sandbox::Weather;
use std::collections::{BTreeMap, BTreeSet};

pub fn drift_of(planned: &PlannedTarget, by: Option<DeployingEngine>) -> StackDrift {
    let consent = Consent::default();
    let input = PlanInput {
        stack: &planned.plan.stack,
        target: &planned.plan.target,
        desired: &planned.desired,
        snapshot: &planned.snapshot,
        consent: &consent,
        prune: true,
        only: None,
    };
    find(input, by)
}

/// Holds both against each other.
pub fn agrees(planned: &PlannedTarget, label: &str) {
    let drift = drift_of(planned, None);
    let mut said: BTreeMap<&Address, (DriftOutcome, BTreeSet<&str>)> = BTreeMap::new();
    for change in planned.plan.changes.iter().filter(|change| planned.desired.contains_key(&change.address)) {
        let fields: BTreeSet<&str> = change.fields.iter().map(|field| field.field.as_str()).collect();
        let outcome = match change.action {
            Action::Create => DriftOutcome::Missing,
            _ if !fields.is_empty() => DriftOutcome::Differs,
            _ => continue,
        };
        said.insert(&change.address, (outcome, fields));
    }
    let mut found: BTreeMap<&Address, (DriftOutcome, BTreeSet<&str>)> = BTreeMap::new();
    for one in &drift.resources {
        let fields = one.fields.iter().map(|field| field.field.as_str()).collect();
        match one.outcome {
            DriftOutcome::Undeclared => {
                let there = planned.plan.changes.iter().any(|change| change.address == one.address);
                assert!(there && !planned.desired.contains_key(&one.address), "{label}: {}", one.address);
            }
            outcome => drop(found.insert(&one.address, (outcome, fields))),
        }
    }
    // What ends with a parent that is replaced is made again; now it exists.
    let remade = |address: &Address| {
        planned.plan.changes.iter().any(|change| change.address == *address && change.action == Action::Create)
            && planned.snapshot.live(address).is_some_and(|live| live.resource.child().is_some())
    };
    found.retain(|address, _| !remade(address));
    said.retain(|address, _| !remade(address));
    assert_eq!(found, said, "{label}");
}

const SPEC: &str = "
topics:
  alerts: { subscriptions: [{ protocol: sqs, endpoint: \"arn:aws:sqs:us-east-1:123456789012:inbox\" }] }
alarms:
  errors: { namespace: App, metric_name: Errors, statistic: Sum, threshold: \"> 5\", notify: alerts }
  slow: { namespace: App, metric_name: Slow, statistic: Sum, threshold: \"> 5\", notify: alerts }
";

/// What a hand has changed, deleted, and what a later spec has dropped.
#[tokio::test(start_paused = true)]
async fn exactly_what_a_hand_has_done_is_drift() {
    let world = World::new(Weather::default());
    let spec = spec_of("small", SPEC);
    world.apply_planned(&world.plan_with(&spec, &everything()).await).await;
    let lines = async |spec: &str| {
        let drift = drift_of(&world.plan_with(spec, &everything()).await, None);
        let line = |one: &crate::plan::drift::ResourceDrift| {
            let fields: Vec<String> =
                one.fields.iter().map(|f| format!("{} {:?}->{:?}", f.field, f.from, f.to)).collect();
            format!("{} {} {}", one.outcome.word(), one.address, fields.join(" ")).trim_end().to_owned()
        };
        drift.resources.iter().map(line).collect::<Vec<_>>()
    };
    assert!(lines(&spec).await.is_empty());
    let hands = world.hands().await;
    let topic = format!("arn:aws:sns:{REGION}:{}:alerts", super::world::ACCOUNT);
    let name = hands.sns.set_topic_attributes().topic_arn(topic).attribute_name("DisplayName").attribute_value("x");
    name.send().await.unwrap();
    assert!(lines(&spec).await.is_empty(), "an attribute that the spec does not name");
    hands.cloudwatch.delete_alarms().alarm_names("slow").send().await.unwrap();
    assert_eq!(lines(&spec).await, ["missing alarm/slow"]);
    let other = spec.replace("\"> 5\"", "\"> 6\"").replace("  errors:", "  renamed:");
    let found = lines(&other).await;
    assert_eq!(found, ["undeclared alarm/errors", "missing alarm/renamed", "missing alarm/slow"]);
    let stricter = spec.replace("\"> 5\"", "\"> 4\"");
    let found = lines(&stricter).await;
    assert!(found[0].starts_with("differs alarm/errors threshold Some(Number(5") && found.len() == 2, "{found:?}");
}
