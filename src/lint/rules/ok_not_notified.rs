//! An alarm that says when trouble begins, and never that it is over.

use crate::lint::finding::About;
use crate::lint::finding::Raised;
use crate::lint::subject::RuleContext;
use crate::lint::{LintRule, Severity};
use crate::model::Arn;

pub static RULE: LintRule = LintRule {
    id: "ok-not-notified",
    level: Severity::Hint,
    summary: "nobody is notified when the alarm is over",
    page: include_str!("../../../docs/lint/ok-not-notified.md"),
    opt_in: false,
    limits: None,
    check,
};

fn check(subject: &RuleContext<'_>, found: &mut Vec<Raised>) {
    for (address, actions) in subject.actions() {
        // What stops an instance or adds one is not undone by OK: another alarm does that.
        let people = |arn: &&String| {
            let service = Arn::parse(arn).map(|arn| arn.service);
            !matches!(service, Some("autoscaling" | "automate" | "swf"))
        };
        if actions.enabled && actions.alarm.iter().any(|arn| people(&arn)) && actions.ok.is_empty() {
            let message = format!("`{}` never says that it is over", address.name);
            let help = "notify: { alarm: TOPIC, ok: TOPIC } notifies of both, or add ok_actions beside alarm_actions";
            found.push(Raised::new(About::Resource(address.clone()), &["notify", "alarm_actions"], message, help));
        }
    }
}
