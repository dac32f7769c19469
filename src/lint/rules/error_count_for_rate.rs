//! A count of errors where their share is meant: it says nothing without the traffic.

use crate::lint::catalogue::MetricKind;
use crate::lint::finding::Raised;
use crate::lint::subject::Subject;
use crate::lint::{Level, Limits, Rule, Unit};

pub static RULE: Rule = Rule {
    id: "error-count-for-rate",
    level: Level::Warning,
    summary: "a count of errors stands where their share is meant",
    page: include_str!("../../../docs/lint/error-count-for-rate.md"),
    limits: Some(Limits { unit: Unit::Number, min: None, max: Some(50.0) }),
    check,
};

/// Words of a name or description that speak of a share.
const SHARE_WORDS: [&str; 6] = ["rate", "share", "percent", "percentage", "ratio", "proportion"];

fn check(subject: &Subject<'_>, found: &mut Vec<Raised>) {
    let Some(max) = subject.limits.and_then(|limits| limits.max) else { return };
    for watch in &subject.watches {
        let Some(series) = watch.single().filter(|s| s.is(MetricKind::Errors) && s.stat == "Sum") else { continue };
        let Some(threshold) = watch.ceiling() else { continue };
        let help = "watch 100 * errors / invocations by metric math, as the errors of golden_signals do";
        let said = format!("{} {}", watch.alarm.name, watch.alarm.description.as_deref().unwrap_or_default());
        let words = |word: &&str| said.split(|c: char| !c.is_alphanumeric()).any(|w| w.eq_ignore_ascii_case(word));
        if let Some(word) = SHARE_WORDS.iter().find(|word| words(word)).copied().or(said.contains('%').then_some("%")) {
            let message =
                format!("`{}` speaks of a {word}, but counts {} in each period", watch.alarm.name, series.metric);
            found.push(watch.raise(&["metric_name", "metrics"], message, help));
        } else if threshold >= max {
            let message = format!(
                "`{}` counts {threshold} {} in {}: how bad that is depends on the traffic",
                watch.alarm.name,
                series.metric,
                watch.window()
            );
            found.push(watch.raise(&["threshold"], message, help));
        }
    }
}
