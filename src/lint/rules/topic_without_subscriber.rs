//! An alarm's topic that nobody has subscribed to.

use crate::lint::finding::About;
use crate::lint::finding::Raised;
use crate::lint::subject::RuleContext;
use crate::lint::{LintRule, Severity};
use crate::resources::{Address, ConfirmationState, Kind};

pub static RULE: LintRule = LintRule {
    id: "topic-without-subscriber",
    level: Severity::Warning,
    summary: "an alarm's topic has no subscriber",
    page: include_str!("../../../docs/lint/topic-without-subscriber.md"),
    opt_in: false,
    limits: None,
    check,
};

fn check(subject: &RuleContext<'_>, found: &mut Vec<Raised>) {
    for (topic, alarms) in subject.told_topics() {
        let declared = !subject.subscriptions_of(topic).is_empty();
        let standing = subject.observed.and_then(|observed| observed.topics.get(topic));
        let stands = standing.is_some_and(|topic| topic.subscriptions.iter().any(|c| *c != ConfirmationState::Lost));
        if declared || stands {
            continue;
        }
        let message = format!("nobody has subscribed to `{topic}`, which {} to notify", super::alarms(&alarms));
        let help = "add a subscription: subscriptions: [{ protocol: email, endpoint: … }]";
        found.push(Raised::new(About::Resource(Address::new(Kind::Topic, topic)), &["subscriptions"], message, help));
    }
}
