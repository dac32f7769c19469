//! A subscription whose filter policy drops every message of the spec's alarms.

use crate::lint::finding::About;
use crate::lint::finding::Raised;
use crate::lint::subject::RuleContext;
use crate::lint::{LintRule, Severity};
use crate::model::filter_policy::{FilterOutcome, FilterScope};
use crate::resources::Resource;

pub static RULE: LintRule = LintRule {
    id: "filter-never-matches",
    level: Severity::Error,
    summary: "a filter policy drops every message of the alarms that use its topic",
    page: include_str!("../../../docs/lint/filter-never-matches.md"),
    opt_in: false,
    limits: None,
    check,
};

fn check(subject: &RuleContext<'_>, found: &mut Vec<Raised>) {
    for subscription in subject.filtered_subscriptions() {
        let messages = subject.messages_to(subscription);
        if messages.is_empty() || messages.iter().any(|message| message.outcome != FilterOutcome::Never) {
            continue;
        }
        let message = format!(
            "the filter policy of {} drops every message of the alarms that notify `{}`",
            subscription.endpoint, subscription.topic
        );
        let scope = FilterScope::of(subscription.filter_policy_scope.as_deref());
        let help = match scope {
            FilterScope::MessageAttributes => {
                "alarms send no message attributes: set filter_policy_scope: MessageBody, or leave the policy out"
            }
            FilterScope::MessageBody => {
                "the message has AlarmName, NewStateValue (ALARM, OK or INSUFFICIENT_DATA), Trigger, …; compare with those"
            }
        };
        let address = Resource::Subscription(subscription.clone()).address();
        found.push(Raised::new(About::Resource(address), &["filter_policy"], message, help));
    }
}
