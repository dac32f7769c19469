//! Somebody who has left, perhaps by a mail scanner that follows links.

use crate::model::advice;
use crate::ops::doctor::{Cause, DoctorFacts, DoctorFinding, DoctorLevel, FindingSubject};
use crate::resources::{ConfirmationState, Resource};

pub static CAUSE: Cause =
    Cause { id: "unsubscribed", summary: "a subscriber has unsubscribed", explains: &["drift"], check };

fn check(facts: &DoctorFacts, found: &mut Vec<DoctorFinding>) {
    for topic in facts.topics.values() {
        let lost = topic.subscribers.iter().filter(|one| one.confirmation == ConfirmationState::Lost);
        for one in lost {
            let endpoint = &one.subscription.endpoint;
            let others = facts.reaches_somebody(topic);
            let level = if others { DoctorLevel::Hint } else { DoctorLevel::Error };
            let address = Resource::Subscription(one.subscription.clone()).address();
            let what = format!("{endpoint} has unsubscribed from {}", topic.name);
            found.push(
                DoctorFinding::new(CAUSE.id, level, FindingSubject::Resource(address.clone()), what)
                    .touching(vec![FindingSubject::topic(&topic.name)])
                    .seen("SNS calls it Deleted; a mail scanner that follows the unsubscribe link does that, too")
                    .mend(format!(
                        "{} subscribes them anew; confirm with {}",
                        advice::command("apply"),
                        advice::command("subscriptions confirm --url LINK --lock")
                    ))
                    .by_apply(facts.applies(&address)),
            );
        }
    }
}
