//! Missing data left to INSUFFICIENT_DATA on a metric that has none while nothing happens.

use crate::lint::finding::Raised;
use crate::lint::subject::RuleContext;
use crate::lint::{LintRule, Severity};
use crate::model::duration::format_seconds;
use mlops_cloudwatch::missing::MissingData;

pub static RULE: LintRule = LintRule {
    id: "missing-data-on-sparse-metric",
    level: Severity::Warning,
    summary: "missing data of a sparse metric becomes INSUFFICIENT_DATA",
    page: include_str!("../../../docs/lint/missing-data-on-sparse-metric.md"),
    opt_in: false,
    limits: None,
    check,
};

fn check(subject: &RuleContext<'_>, found: &mut Vec<Raised>) {
    for watch in
        subject.watches.iter().filter(|watch| watch.is_sparse() && watch.treats_missing_as(MissingData::Missing))
    {
        // An expression that fills the gaps itself has none.
        if watch.bounds().is_some_and(|bounds| !bounds.gaps) {
            continue;
        }
        let series =
            watch.series.first().map_or_else(String::new, |series| format!("{} {}", series.namespace, series.metric));
        let idle =
            watch.series.iter().filter_map(|series| series.known).map(|known| known.namespace.idle).max().unwrap_or(0);
        let when = match idle {
            0 => "whenever nothing happens".to_owned(),
            seconds => format!("where nothing happens for {}", format_seconds(seconds)),
        };
        let message = format!("`{}` goes to INSUFFICIENT_DATA {when}: {series} has no data then", watch.alarm.name);
        let help = match watch.floor() {
            Some(_) => "say what silence means: treat_missing_data: breaching if it is the trouble, else notBreaching",
            None => "say that silence is well: treat_missing_data: notBreaching",
        };
        let raised = watch.raise(&["treat_missing_data"], message, help);
        // What is silent for hours is seldom what one waits for.
        found.push(if idle > 0 { raised.hint() } else { raised });
    }
}
