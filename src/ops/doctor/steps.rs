//! Facts -> how many steps of the alarms' deliveries were looked at and found right, and how many could not be tested. Pure.

use super::facts::DoctorFacts;
use crate::model::filter_policy::FilterOutcome;
use crate::ops::drill::DrillTopic;
use crate::resources::{ConfirmationState, Resource};
use mlops_cloudwatch::state::AlarmState;
use serde::Serialize;

/// Steps from an alarm to its subscribers. What is wrong is in neither number: it is a finding.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct DeliverySteps {
    pub verified: usize,
    pub not_tested: usize,
}

/// Counts, for each alarm: its actions; each topic, whether it exists and lets alarms publish; a topic's own key, whose policy is not
/// read; and each confirmed subscriber with its filter policy. An action that is no topic is not tested.
pub fn steps(facts: &DoctorFacts) -> DeliverySteps {
    let mut steps = DeliverySteps::default();
    for (name, seen) in &facts.alarms {
        let Some(actions) = seen.chain.actions() else { continue };
        if !actions.enabled || actions.alarm.is_empty() || seen.chain.muted.is_some() {
            continue;
        }
        steps.verified += 1;
        for arn in &actions.alarm {
            match facts.topics.get(arn) {
                Some(topic) => of_topic(facts, name, topic, &mut steps),
                None => steps.not_tested += 1,
            }
        }
    }
    steps
}

fn of_topic(facts: &DoctorFacts, alarm: &str, topic: &DrillTopic, steps: &mut DeliverySteps) {
    if topic.unknown().is_some() {
        steps.not_tested += 1;
        return;
    }
    let Some(Resource::Topic(live)) = topic.live().map(|live| &live.resource) else { return };
    steps.verified += 1;
    if live.kms_master_key_id.is_some() && !live.has_key_of_sns() {
        steps.not_tested += 1;
    }
    for one in topic.subscribers.iter().filter(|one| one.confirmation == ConfirmationState::Confirmed) {
        match facts.passes(one, alarm, AlarmState::Alarm) {
            Some(FilterOutcome::Matches) => steps.verified += 1,
            Some(FilterOutcome::Depends) | None => steps.not_tested += 1,
            Some(FilterOutcome::Never) => {}
        }
    }
}
