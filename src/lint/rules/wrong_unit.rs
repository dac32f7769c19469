//! A unit that the metric is not published in: the alarm stays in INSUFFICIENT_DATA.

use crate::lint::finding::Raised;
use crate::lint::subject::RuleContext;
use crate::lint::{LintRule, Severity};

pub static RULE: LintRule = LintRule {
    id: "wrong-unit",
    level: Severity::Error,
    summary: "a metric is not published in this unit",
    page: include_str!("../../../docs/lint/wrong-unit.md"),
    opt_in: false,
    limits: None,
    check,
};

fn check(subject: &RuleContext<'_>, found: &mut Vec<Raised>) {
    for watch in &subject.watches {
        for series in &watch.series {
            let (Some(unit), Some(known)) = (series.unit, series.known) else { continue };
            if unit != known.metric.unit {
                let message = format!(
                    "`{}` asks for {} in {unit}, but it is published in {}: there is never any data",
                    watch.alarm.name, series.metric, known.metric.unit
                );
                found.push(watch.raise(&["unit", "metrics"], message, "leave the unit out: a metric has one anyway"));
            }
        }
    }
}
