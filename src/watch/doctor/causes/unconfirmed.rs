//! Somebody who has not clicked the link.

use crate::model::advice;
use crate::plan::notes;
use crate::resources::{Confirmation, Resource, Subscription};
use crate::watch::doctor::{Cause, Facts, Finding, Level, Subject};

pub static CAUSE: Cause =
    Cause { id: "unconfirmed", summary: "a subscription is not confirmed", explains: &["drift"], check };

fn check(facts: &Facts, found: &mut Vec<Finding>) {
    for topic in facts.topics.values() {
        let pending = topic.subscribers.iter().filter(|one| one.confirmation == Confirmation::Pending);
        for one in pending {
            let Subscription { protocol, endpoint, .. } = &one.subscription;
            let others = facts.reaches_somebody(topic);
            let level = if others { Level::Hint } else { Level::Act };
            let what = match others {
                true => format!("{endpoint} has not confirmed the subscription to {} (others have)", topic.name),
                false => format!("{endpoint} has not confirmed the subscription to {}: nobody is told", topic.name),
            };
            let about = Subject::Resource(Resource::Subscription(one.subscription.clone()).address());
            found.push(
                Finding::new(CAUSE.id, level, about, what)
                    .touching(vec![Subject::topic(&topic.name)])
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
