//! An alarm's topic whose subscribers have all not confirmed yet.

use crate::lint::finding::About;
use crate::lint::finding::Raised;
use crate::lint::subject::Subject;
use crate::lint::{Level, Rule};
use crate::resources::{Address, Confirmation, Kind};

pub static RULE: Rule = Rule {
    id: "topic-unconfirmed",
    level: Level::Warning,
    summary: "an alarm's topic has unconfirmed subscribers only",
    page: include_str!("../../../docs/lint/topic-unconfirmed.md"),
    opt_in: false,
    limits: None,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Vec<Raised>) {
    let Some(observed) = subject.observed else { return };
    for (topic, alarms) in subject.told_topics() {
        let Some(standing) = observed.topics.get(topic) else { continue };
        let is = |state: Confirmation| standing.subscriptions.iter().filter(|c| **c == state).count();
        let pending = is(Confirmation::Pending);
        if pending > 0 && is(Confirmation::Confirmed) == 0 {
            let message =
                format!("no subscriber of `{topic}` has confirmed, and {} to tell them", super::alarms(&alarms));
            let help = "open the mail \"AWS Notification - Subscription Confirmation\" and click its link";
            found.push(Raised::new(
                About::Resource(Address::new(Kind::Topic, topic)),
                &["subscriptions"],
                message,
                help,
            ));
        }
    }
}
