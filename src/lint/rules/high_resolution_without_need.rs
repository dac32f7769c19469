//! A period below a minute, paid three times, in an alarm that is no faster for it.

use crate::lint::finding::Raised;
use crate::lint::subject::RuleContext;
use crate::lint::{LintRule, Severity};
use crate::model::duration::format_seconds;

pub static RULE: LintRule = LintRule {
    id: "high-resolution-without-need",
    level: Severity::Hint,
    summary: "high resolution is paid for without need",
    page: include_str!("../../../docs/lint/high-resolution-without-need.md"),
    opt_in: false,
    limits: None,
    check,
};

fn check(subject: &RuleContext<'_>, found: &mut Vec<Raised>) {
    for watch in &subject.watches {
        let Some(period) = watch.period().filter(|period| (1..60).contains(period)) else { continue };
        let seconds = i64::from(period) * i64::from(watch.points().0);
        if seconds >= 60 {
            let message = format!(
                "`{}` costs three times as much for its period of {}, and yet needs {} to fire",
                watch.alarm.name,
                format_seconds(period.into()),
                format_seconds(seconds)
            );
            found.push(watch.raise(&["period", "metrics"], message, "use period: 1m, or fire after fewer datapoints"));
        }
    }
}
