//! Missing data counts as a breach on a metric that is idle at night.

use crate::lint::finding::Raised;
use crate::lint::subject::RuleContext;
use crate::lint::{LintRule, Severity};
use mlops_cloudwatch::missing::MissingData;

pub static RULE: LintRule = LintRule {
    id: "breaching-while-idle",
    level: Severity::Warning,
    summary: "missing data is a breach where it only means that nothing happens",
    page: include_str!("../../../docs/lint/breaching-while-idle.md"),
    opt_in: false,
    limits: None,
    check,
};

fn check(subject: &RuleContext<'_>, found: &mut Vec<Raised>) {
    for watch in
        subject.watches.iter().filter(|watch| watch.is_sparse() && watch.treats_missing_as(MissingData::Breaching))
    {
        // Silence is what an alarm on low values is about.
        if watch.ceiling().is_none() {
            continue;
        }
        let metric = watch.series.first().map_or("the metric", |series| series.metric);
        let message = format!(
            "`{}` fires when nothing happens: without calls {metric} has no data, and that counts as a breach",
            watch.alarm.name
        );
        let help = "use treat_missing_data: notBreaching here, and watch silence by an alarm of its own (golden_signals: traffic)";
        found.push(watch.raise(&["treat_missing_data"], message, help));
    }
}
