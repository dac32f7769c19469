//! An alarm on too little traffic that is quiet where there is none at all.

use crate::lint::catalogue::MetricKind;
use crate::lint::finding::Raised;
use crate::lint::series::{AlarmView, AlarmedMetric};
use crate::lint::subject::RuleContext;
use crate::lint::{LintRule, Severity};
use mlops_cloudwatch::missing::MissingData;
use std::collections::BTreeSet;

pub static RULE: LintRule = LintRule {
    id: "deaf-to-silence",
    level: Severity::Warning,
    summary: "an alarm on too little traffic is quiet where there is none",
    page: include_str!("../../../docs/lint/deaf-to-silence.md"),
    opt_in: false,
    limits: None,
    check,
};

fn check(subject: &RuleContext<'_>, found: &mut Vec<Raised>) {
    let key =
        |series: &AlarmedMetric<'_>| (series.namespace.to_owned(), series.metric.to_owned(), series.dimensions.clone());
    let hears = [MissingData::Breaching, MissingData::Missing];
    // Another alarm on the same may be the one that hears silence.
    let floors = || subject.watches.iter().filter(|watch| watch.floor().is_some());
    let hearing = floors().filter(|watch| hears.iter().any(|treatment| watch.treats_missing_as(*treatment)));
    let heard: BTreeSet<_> = hearing.filter_map(AlarmView::single).map(key).collect();
    for watch in floors().filter(|watch| !watch.scales()) {
        let counts = |series: &&AlarmedMetric<'_>| {
            let sparse = series.known.is_some_and(|known| known.is_sparse());
            sparse && series.is(MetricKind::Traffic) && ["Sum", "SampleCount"].contains(&series.stat)
        };
        let Some(series) = watch.single().filter(counts) else { continue };
        let Ok(treatment) = watch.definition.evaluation.missing else { continue };
        if hears.contains(&treatment) || heard.contains(&key(series)) {
            continue;
        }
        let (name, metric, word) = (&watch.alarm.name, series.metric, treatment.word());
        let message =
            format!("`{name}` is quiet when nothing happens at all: {metric} has no data then, and that is {word}");
        let help = "use treat_missing_data: breaching, or a second alarm on the same metric that does";
        found.push(watch.raise(&["treat_missing_data"], message, help));
    }
}
