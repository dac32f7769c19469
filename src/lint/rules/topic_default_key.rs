//! An alarm's topic that is encrypted with the key of SNS, which CloudWatch may not use.

use crate::lint::finding::About;
use crate::lint::finding::Raised;
use crate::lint::subject::RuleContext;
use crate::lint::{LintRule, Severity};
use crate::resources::{Address, Kind};

pub static RULE: LintRule = LintRule {
    id: "topic-default-key",
    level: Severity::Error,
    summary: "an alarm's topic is encrypted with a key that alarms cannot use",
    page: include_str!("../../../docs/lint/topic-default-key.md"),
    opt_in: false,
    limits: None,
    check,
};

fn check(subject: &RuleContext<'_>, found: &mut Vec<Raised>) {
    let told = subject.told_topics();
    for topic in subject.topics() {
        if let Some(alarms) = told.get(topic.name.as_str()).filter(|_| topic.has_key_of_sns()) {
            let message = format!(
                "`{}` is encrypted with alias/aws/sns, and {} to notify it: alarms cannot use that key",
                topic.name,
                super::alarms(alarms)
            );
            let help = "use a key of your own whose policy allows cloudwatch.amazonaws.com kms:Decrypt and kms:GenerateDataKey*";
            let about = About::Resource(Address::new(Kind::Topic, &topic.name));
            found.push(Raised::new(about, &["kms_master_key_id"], message, help));
        }
    }
}
