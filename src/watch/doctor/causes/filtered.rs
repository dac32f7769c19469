//! A filter that lets no alarm through.

use crate::resources::{Confirmation, Resource};
use crate::watch::doctor::{Cause, Facts, Finding, Level, Subject};

pub static CAUSE: Cause =
    Cause { id: "filtered", summary: "a filter policy lets no alarm through", explains: &["drift"], check };

fn check(facts: &Facts, found: &mut Vec<Finding>) {
    for topic in facts.topics.values() {
        let filtered =
            topic.subscribers.iter().filter(|one| one.confirmation == Confirmation::Confirmed && one.is_filtered());
        for one in filtered {
            let address = Resource::Subscription(one.subscription.clone()).address();
            let what =
                format!("the filter policy of {} at {} lets no alarm through", one.subscription.endpoint, topic.name);
            found.push(
                Finding::new(CAUSE.id, Level::Broken, Subject::Resource(address.clone()), what)
                    .touching(vec![Subject::topic(&topic.name)])
                    .seen("it asks for message attributes, and alarms send none")
                    .mend("take the filter policy away, or set filter_policy_scope: MessageBody")
                    .by_apply(facts.applies(&address)),
            );
        }
    }
}
