//! An alarm's topic whose policy does not let CloudWatch publish.

use crate::lint::finding::About;
use crate::lint::finding::Raised;
use crate::lint::subject::RuleContext;
use crate::lint::{LintRule, Severity};
use crate::resources::topic::policy;
use crate::resources::{Address, Kind};

pub static RULE: LintRule = LintRule {
    id: "topic-refuses-alarms",
    level: Severity::Error,
    summary: "AWS cannot publish to an alarm's topic",
    page: include_str!("../../../docs/lint/topic-refuses-alarms.md"),
    opt_in: false,
    limits: None,
    check,
};

fn check(subject: &RuleContext<'_>, found: &mut Vec<Raised>) {
    let told = subject.told_topics();
    for topic in subject.topics() {
        let Some(alarms) = told.get(topic.name.as_str()) else { continue };
        let live = subject.observed.and_then(|observed| observed.topics.get(&topic.name)?.policy.as_ref());
        // What the file says will stand; AWS gives a new topic a policy under which alarms of the account can publish.
        let refuses = match (&topic.policy, live) {
            (Some(declared), _) => !policy::lets_alarms_publish(declared),
            (None, Some(live)) => !policy::lets_alarms_publish(live),
            (None, None) => false,
        };
        if refuses {
            let message = format!(
                "the policy of `{}` does not let CloudWatch publish, and {} to notify it",
                topic.name,
                super::alarms(alarms)
            );
            let help = "allow sns:Publish to the service cloudwatch.amazonaws.com, with the condition ArnLike aws:SourceArn arn:aws:cloudwatch:REGION:ACCOUNT:alarm:*";
            found.push(Raised::new(
                About::Resource(Address::new(Kind::Topic, &topic.name)),
                &["policy"],
                message,
                help,
            ));
        }
    }
}
