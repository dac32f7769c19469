//! Two alarms that watch the same in the same way: one incident, two mails.

use crate::lint::finding::Raised;
use crate::lint::subject::RuleContext;
use crate::lint::{LintRule, Severity};
use crate::resources::Resource;
use std::collections::BTreeMap;

pub static RULE: LintRule = LintRule {
    id: "duplicate-alarm",
    level: Severity::Warning,
    summary: "two alarms are the same",
    page: include_str!("../../../docs/lint/duplicate-alarm.md"),
    opt_in: false,
    limits: None,
    check,
};

/// Fields that do not say when an alarm fires.
const BESIDE: [&str; 6] =
    ["description", "actions_enabled", "alarm_actions", "ok_actions", "insufficient_data_actions", "tags_propagation"];

fn check(subject: &RuleContext<'_>, found: &mut Vec<Raised>) {
    let mut first: BTreeMap<String, &str> = BTreeMap::new();
    for watch in &subject.watches {
        let mut fields = Resource::Alarm(Box::new(watch.alarm.clone())).fields();
        fields.retain(|field, _| !BESIDE.contains(&field.as_str()));
        let condition = serde_json::json!(fields).to_string();
        let first = *first.entry(condition).or_insert(&watch.alarm.name);
        if first != watch.alarm.name {
            let message = format!("`{}` fires whenever `{first}` does: they watch the same", watch.alarm.name);
            found.push(watch.raise(&[], message, "keep one, and let it notify everybody who has to know"));
        }
    }
}
