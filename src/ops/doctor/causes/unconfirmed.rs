//! Somebody who has not clicked the link.

use crate::model::advice;
use crate::ops::doctor::{Cause, DoctorFacts, DoctorFinding, DoctorLevel, FindingSubject};
use crate::ops::drill::Subscriber;
use crate::plan::notes;
use crate::resources::{ConfirmationState, Resource, Subscription};

pub static CAUSE: Cause =
    Cause { id: "unconfirmed", summary: "a subscription is not confirmed", explains: &["drift"], check };

fn check(facts: &DoctorFacts, found: &mut Vec<DoctorFinding>) {
    for topic in facts.topics.values() {
        let waits =
            |one: &&Subscriber| one.confirmation == ConfirmationState::Pending && one.subscription.needs_confirmation();
        let pending = topic.subscribers.iter().filter(waits);
        for one in pending {
            let Subscription { protocol, endpoint, .. } = &one.subscription;
            let others = facts.reaches_somebody(topic);
            let level = if others { DoctorLevel::Hint } else { DoctorLevel::ActionNeeded };
            let what = match others {
                true => format!("{endpoint} has not confirmed the subscription to {} (others have)", topic.name),
                false => format!("{endpoint} has not confirmed the subscription to {}: nobody is notified", topic.name),
            };
            let about = FindingSubject::Resource(Resource::Subscription(one.subscription.clone()).address());
            found.push(
                DoctorFinding::new(CAUSE.id, level, about, what)
                    .touching(vec![FindingSubject::topic(&topic.name)])
                    .seen("SNS calls it PendingConfirmation")
                    .mend(format!(
                        "{}; no mail? {}, or another address",
                        notes::confirm(protocol, endpoint),
                        advice::command(&format!("subscriptions resend {}", advice::quoted(endpoint)))
                    )),
            );
        }
    }
}
