//! A threshold that every value there can be crosses: the alarm fires as soon as there is data.

use super::impossible_threshold::words;
use crate::lint::finding::Raised;
use crate::lint::series::ThresholdReach;
use crate::lint::subject::RuleContext;
use crate::lint::{LintRule, Severity};

pub static RULE: LintRule = LintRule {
    id: "always-breaching",
    level: Severity::Error,
    summary: "a threshold is always crossed",
    page: include_str!("../../../docs/lint/always-breaching.md"),
    opt_in: false,
    limits: None,
    check,
};

fn check(subject: &RuleContext<'_>, found: &mut Vec<Raised>) {
    for watch in &subject.watches {
        let Some((ThresholdReach::Always, values)) = watch.reach() else { continue };
        let (name, limit) = (&watch.alarm.name, watch.limit());
        let message = format!(
            "`{name}` always fires where there is data: the value is {}, and it waits for {limit}",
            words(values)
        );
        let help = "choose a threshold between what is usual and what hurts; for > 0 write > instead of >=";
        found.push(watch.raise(&["threshold", "expression"], message, help));
    }
}
