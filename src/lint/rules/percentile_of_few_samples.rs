//! A percentile that needs more samples than a period usually has: it is the slowest call, and jumps.

use crate::lint::finding::Raised;
use crate::lint::subject::RuleContext;
use crate::lint::{AcceptedValues, LintRule, Severity, ValueUnit};
use mlops_cloudwatch::alarm::LowSamples;

pub static RULE: LintRule = LintRule {
    id: "percentile-of-few-samples",
    level: Severity::Hint,
    summary: "a percentile needs many samples in each period",
    page: include_str!("../../../docs/lint/percentile-of-few-samples.md"),
    opt_in: false,
    limits: Some(AcceptedValues { unit: ValueUnit::Number, min: None, max: Some(500.0) }),
    check,
};

fn check(subject: &RuleContext<'_>, found: &mut Vec<Raised>) {
    let Some(max) = subject.limits.and_then(|limits| limits.max) else { return };
    for watch in &subject.watches {
        // What ignores low sample counts keeps its state then.
        let Some(series) = watch.single().filter(|_| watch.definition.evaluation.low_samples == LowSamples::Evaluate)
        else {
            continue;
        };
        let needed =
            series.stat.parse::<mlops_cloudwatch::statistic::Statistic>().ok().and_then(|stat| stat.least_samples());
        let Some(needed) = needed.filter(|needed| *needed > max) else { continue };
        let (name, stat) = (&watch.alarm.name, series.stat);
        let message =
            format!("`{name}` watches {stat}, which means something from {} samples in a period on", needed.round());
        let help =
            "use evaluate_low_sample_count_percentile: ignore, a longer period, or a lower percentile such as p95";
        found.push(watch.raise(&["extended_statistic", "statistic", "metrics"], message, help));
    }
}
