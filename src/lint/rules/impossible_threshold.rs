//! A threshold that no value there can be crosses: the alarm never fires.

use crate::lint::finding::Raised;
use crate::lint::series::ThresholdReach;
use crate::lint::subject::RuleContext;
use crate::lint::{LintRule, Severity};
use mlops_cloudwatch::math::Interval;
use mlops_cloudwatch::missing::MissingData;

pub static RULE: LintRule = LintRule {
    id: "impossible-threshold",
    level: Severity::Error,
    summary: "a threshold is never crossed",
    page: include_str!("../../../docs/lint/impossible-threshold.md"),
    opt_in: false,
    limits: None,
    check,
};

fn check(subject: &RuleContext<'_>, found: &mut Vec<Raised>) {
    for watch in &subject.watches {
        let Some((ThresholdReach::Never, values)) = watch.reach() else { continue };
        // Then it is an alarm on silence alone.
        if watch.treats_missing_as(MissingData::Breaching) {
            continue;
        }
        let (name, limit) = (&watch.alarm.name, watch.limit());
        let message = format!("`{name}` never fires: the value is {}, and it waits for {limit}", words(values));
        let help = "choose a threshold between what is usual and what hurts";
        found.push(watch.raise(&["threshold", "expression"], message, help));
    }
}

/// `0 to 100`, `0 or more`.
pub fn words(Interval { low, high }: Interval) -> String {
    match (low.is_finite(), high.is_finite()) {
        _ if low == high => low.to_string(),
        (true, true) => format!("{low} to {high}"),
        (true, false) => format!("{low} or more"),
        (false, true) => format!("{high} or less"),
        (false, false) => "any number".to_owned(),
    }
}
