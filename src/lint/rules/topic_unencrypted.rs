//! An alarm's topic that is not encrypted at rest.

use crate::lint::finding::{About, Raised};
use crate::lint::subject::RuleContext;
use crate::lint::{LintRule, Severity};
use crate::resources::{Address, Kind};

pub static RULE: LintRule = LintRule {
    id: "topic-unencrypted",
    level: Severity::Warning,
    summary: "an alarm's topic is not encrypted at rest",
    page: include_str!("../../../docs/lint/topic-unencrypted.md"),
    opt_in: true,
    limits: None,
    check,
};

fn check(subject: &RuleContext<'_>, found: &mut Vec<Raised>) {
    let told = subject.told_topics();
    for topic in subject.topics().filter(|topic| topic.kms_master_key_id.is_none()) {
        if told.contains_key(topic.name.as_str()) {
            let message = format!("`{}` keeps messages of alarms, and names no key to encrypt them", topic.name);
            let help = "kms_master_key_id: a key of your own whose policy allows cloudwatch.amazonaws.com to use it";
            let about = About::Resource(Address::new(Kind::Topic, &topic.name));
            found.push(Raised::new(about, &["kms_master_key_id"], message, help));
        }
    }
}
