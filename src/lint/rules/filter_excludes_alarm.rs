//! A subscription whose filter policy lets an alarm's end through, and never its beginning.

use crate::lint::finding::About;
use crate::lint::finding::Raised;
use crate::lint::subject::RuleContext;
use crate::lint::{LintRule, Severity};
use crate::model::filter_policy::FilterOutcome;
use crate::resources::Resource;
use crate::resources::notification::state_word;
use mlops_cloudwatch::state::AlarmState;

pub static RULE: LintRule = LintRule {
    id: "filter-excludes-alarm",
    level: Severity::Warning,
    summary: "a filter policy drops the ALARM messages and passes others",
    page: include_str!("../../../docs/lint/filter-excludes-alarm.md"),
    opt_in: false,
    limits: None,
    check,
};

fn check(subject: &RuleContext<'_>, found: &mut Vec<Raised>) {
    for subscription in subject.filtered_subscriptions() {
        let messages = subject.messages_to(subscription);
        let (alarms, others): (Vec<_>, Vec<_>) =
            messages.iter().partition(|message| message.state == AlarmState::Alarm);
        let passed = others.iter().find(|message| message.outcome != FilterOutcome::Never);
        let Some(passed) = passed.filter(|_| !alarms.is_empty()) else { continue };
        if alarms.iter().any(|message| message.outcome != FilterOutcome::Never) {
            continue;
        }
        let message = format!(
            "the filter policy of {} passes {} messages and drops every ALARM message of `{}`",
            subscription.endpoint,
            state_word(passed.state),
            subscription.topic
        );
        let help = "add ALARM to the values of NewStateValue, unless only the end of an alarm matters here";
        let address = Resource::Subscription(subscription.clone()).address();
        found.push(Raised::new(About::Resource(address), &["filter_policy"], message, help));
    }
}
