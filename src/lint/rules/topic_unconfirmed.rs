//! An alarm's topic whose subscribers have all not confirmed yet.

use crate::lint::finding::About;
use crate::lint::finding::Raised;
use crate::lint::subject::RuleContext;
use crate::lint::{LintRule, Severity};
use crate::resources::{Address, ConfirmationState, Kind};

pub static RULE: LintRule = LintRule {
    id: "topic-unconfirmed",
    level: Severity::Warning,
    summary: "an alarm's topic has unconfirmed subscribers only",
    page: include_str!("../../../docs/lint/topic-unconfirmed.md"),
    opt_in: false,
    limits: None,
    check,
};

fn check(subject: &RuleContext<'_>, found: &mut Vec<Raised>) {
    let Some(observed) = subject.observed else { return };
    for (topic, alarms) in subject.told_topics() {
        let Some(standing) = observed.topics.get(topic) else { continue };
        let is = |state: ConfirmationState| standing.subscriptions.iter().filter(|c| **c == state).count();
        let pending = is(ConfirmationState::Pending);
        if pending > 0 && is(ConfirmationState::Confirmed) == 0 {
            let message =
                format!("no subscriber of `{topic}` has confirmed, and {} to notify them", super::alarms(&alarms));
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
