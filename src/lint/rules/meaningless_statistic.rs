//! A statistic that says nothing of its metric: the sum of levels, the average of a count of ones.

use crate::lint::catalogue::MetricKind;
use crate::lint::finding::Raised;
use crate::lint::series::{AlarmView, AlarmedMetric};
use crate::lint::subject::RuleContext;
use crate::lint::{LintRule, Severity};
use mlops_cloudwatch::statistic::Statistic;

pub static RULE: LintRule = LintRule {
    id: "meaningless-statistic",
    level: Severity::Warning,
    summary: "a statistic says nothing of its metric",
    page: include_str!("../../../docs/lint/meaningless-statistic.md"),
    opt_in: false,
    limits: None,
    check,
};

fn check(subject: &RuleContext<'_>, found: &mut Vec<Raised>) {
    for watch in &subject.watches {
        for series in &watch.series {
            let Some(known) = series.known else { continue };
            // Each sample is 1 or 0, so the greatest says whether there was one.
            if series.stat == "Maximum"
                && known.metric.ones
                && watch.limit().ceiling().is_some_and(|limit| limit <= 1.0)
            {
                continue;
            }
            let listed = &known.metric.statistics;
            // Of ones and zeros p99 is above zero where one in a hundred is 1.
            let averages = listed.iter().any(|stat| stat == "Average");
            if known.metric.ones && averages && matches!(series.stat.parse(), Ok(Statistic::Percentile(_))) {
                continue;
            }
            if counts_calls(watch, series, known.metric.kind) {
                let (name, metric) = (&watch.alarm.name, series.metric);
                let message =
                    format!("`{name}` takes the SampleCount of {metric}: that counts all calls, not those that failed");
                found.push(watch.raise(&["statistic", "extended_statistic", "metrics"], message, "use Sum"));
                continue;
            }
            let adds_levels = series.stat == "Sum"
                && matches!(known.metric.kind, MetricKind::Percent | MetricKind::Share)
                && listed.is_empty();
            let summed_time =
                matches!(known.metric.kind, MetricKind::Latency | MetricKind::Age) && series.stat == "Sum";
            if !summed_time && !adds_levels && (listed.is_empty() || listed.iter().any(|stat| stat == series.stat)) {
                continue;
            }
            let why = match known.metric.kind {
                MetricKind::Latency | MetricKind::Age => "it grows with the traffic, not with the trouble",
                MetricKind::Concurrency
                | MetricKind::Share
                | MetricKind::Percent
                | MetricKind::Reserve
                | MetricKind::Gauge => "it is a level, and adds up to nothing that exists",
                _ => "every event counts 1, so it says the same in good times and in bad",
            };
            let message = format!("`{}` takes the {} of {}: {why}", watch.alarm.name, series.stat, series.metric);
            let use_ = match (summed_time, adds_levels) {
                (true, _) => "p95, Maximum or Average".to_owned(),
                (_, true) => "Average or Maximum".to_owned(),
                _ => listed.join(" or "),
            };
            found.push(watch.raise(&["statistic", "extended_statistic", "metrics"], message, format!("use {use_}")));
        }
    }
}

/// Whether the samples of a metric of failures are counted, of which each call has one.
fn counts_calls(watch: &AlarmView<'_>, series: &AlarmedMetric<'_>, kind: MetricKind) -> bool {
    let averages = series.known.is_some_and(|known| known.metric.statistics.iter().any(|stat| stat == "Average"));
    series.stat == "SampleCount" && kind == MetricKind::Errors && averages && watch.single().is_some()
}
