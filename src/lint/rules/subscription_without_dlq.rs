//! A subscriber that is no person, whose lost messages go nowhere.

use crate::lint::finding::{About, Raised};
use crate::lint::subject::RuleContext;
use crate::lint::{LintRule, Severity};
use crate::model::endpoint::is_chatbot;
use crate::resources::Resource;

pub static RULE: LintRule = LintRule {
    id: "subscription-without-dlq",
    level: Severity::Warning,
    summary: "a message of an alarm that cannot be delivered is lost",
    page: include_str!("../../../docs/lint/subscription-without-dlq.md"),
    opt_in: true,
    limits: None,
    check,
};

/// Protocols of which a message can be late: it waits in the dead-letter queue.
const MACHINES: [&str; 5] = ["http", "https", "lambda", "sqs", "firehose"];

fn check(subject: &RuleContext<'_>, found: &mut Vec<Raised>) {
    for topic in subject.told_topics().into_keys() {
        for subscription in subject.subscriptions_of(topic) {
            if !MACHINES.contains(&subscription.protocol.as_str()) || subscription.redrive_policy.is_some() {
                continue;
            }
            let endpoint = &subscription.endpoint;
            // Chatbot's own has what Chatbot gives it.
            if is_chatbot(&subscription.protocol, endpoint) {
                continue;
            }
            let message = format!("what {endpoint} does not take of `{topic}` is lost after the retries");
            let help = "redrive_policy: { deadLetterTargetArn: the ARN of an SQS queue }";
            let address = Resource::Subscription((*subscription).clone()).address();
            found.push(Raised::new(About::Resource(address), &["redrive_policy"], message, help));
        }
    }
}
