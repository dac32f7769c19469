//! A period shorter than the metric's resolution: most periods have no data at all.

use crate::lint::finding::Raised;
use crate::lint::subject::RuleContext;
use crate::lint::{LintRule, Severity};
use crate::model::duration::format_seconds;

pub static RULE: LintRule = LintRule {
    id: "period-below-resolution",
    level: Severity::Warning,
    summary: "a period is shorter than the metric's resolution",
    page: include_str!("../../../docs/lint/period-below-resolution.md"),
    opt_in: false,
    limits: None,
    check,
};

fn check(subject: &RuleContext<'_>, found: &mut Vec<Raised>) {
    for watch in &subject.watches {
        for series in &watch.series {
            let Some(resolution) = series.known.map(|known| known.resolution()) else { continue };
            if series.period > 0 && series.period < resolution {
                let (period, every) = (format_seconds(series.period.into()), format_seconds(resolution.into()));
                let message = format!(
                    "`{}` looks every {period}, but {} publishes {} every {every}",
                    watch.alarm.name, series.namespace, series.metric
                );
                found.push(watch.raise(
                    &["period", "metrics"],
                    message,
                    format!("use period: {every} or a multiple of it"),
                ));
            }
        }
    }
}
