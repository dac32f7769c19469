//! A share of failures that one call at night decides: one of one is 100 %.

use crate::lint::finding::Raised;
use crate::lint::subject::RuleContext;
use crate::lint::{AcceptedValues, LintRule, Severity, ValueUnit};

pub static RULE: LintRule = LintRule {
    id: "share-without-floor",
    level: Severity::Warning,
    summary: "one datapoint of an error share decides, however few calls it is of",
    page: include_str!("../../../docs/lint/share-without-floor.md"),
    opt_in: false,
    limits: Some(AcceptedValues { unit: ValueUnit::Seconds, min: None, max: Some(300.0) }),
    check,
};

fn check(subject: &RuleContext<'_>, found: &mut Vec<Raised>) {
    let Some(max) = subject.limits.and_then(|limits| limits.max) else { return };
    let children = subject.children();
    for watch in subject.watches.iter().filter(|watch| watch.points().0 == 1) {
        // A composite alarm can add what is missing here.
        if children.contains(&watch.alarm.name) || watch.period().is_none_or(|period| f64::from(period) > max) {
            continue;
        }
        let Some(share) = watch.error_share().filter(|share| share.on_high && !share.has_floor) else { continue };
        if !(0.0..100.0).contains(&share.percent) {
            continue;
        }
        let name = &watch.alarm.name;
        let window = watch.window();
        let message =
            format!("one failed call is enough for `{name}` where few are made: the share of {window} decides");
        let help =
            "ask for several datapoints (2 of 3), or for traffic: IF(invocations > 20, 100 * errors / invocations, 0)";
        found.push(watch.raise(
            &["datapoints_to_alarm", "evaluation_periods", "expression", "metric_name"],
            message,
            help,
        ));
    }
}
