//! A dimension name that the metric does not have: the alarm never sees a value.

use crate::lint::catalogue::{catalogue, misspelt};
use crate::lint::finding::Raised;
use crate::lint::subject::RuleContext;
use crate::lint::{LintRule, Severity};
use crate::model::problem::nearest_or_all;

pub static RULE: LintRule = LintRule {
    id: "unknown-dimension",
    level: Severity::Warning,
    summary: "a dimension of a metric of AWS is not known by this name",
    page: include_str!("../../../docs/lint/unknown-dimension.md"),
    opt_in: false,
    limits: None,
    check,
};

fn check(subject: &RuleContext<'_>, found: &mut Vec<Raised>) {
    for watch in &subject.watches {
        for series in &watch.series {
            // What is known of this metric; else, whether a name is nearly one of the namespace.
            let open = series.known.is_none_or(|known| known.is_open());
            let own = catalogue().dimension_sets(series.namespace, series.metric).filter(|_| !open);
            let own = own.map(|sets| sets.into_iter().flatten().collect());
            let names = own.clone().unwrap_or_else(|| catalogue().dimension_names(series.namespace));
            if names.is_empty() && own.is_none() || subject.is_listed(series) {
                continue;
            }
            for name in series.dimensions.keys().filter(|name| !names.contains(name.as_str())) {
                let (alarm, metric, namespace) = (&watch.alarm.name, series.metric, series.namespace);
                let keys = &["dimensions", "metrics", "anomaly"];
                let near = misspelt(name, names.iter().copied());
                if own.is_some() || near.is_some() {
                    let message =
                        format!("`{alarm}` asks for {metric} by {name}, a dimension that {namespace} does not have");
                    let help = near.map(|near| format!("did you mean `{near}`?"));
                    let help = help
                        .or_else(|| nearest_or_all(name, names.iter().copied(), "its dimensions are"))
                        .unwrap_or_else(|| format!("{metric} has no dimensions"));
                    found.push(watch.raise(keys, message, help));
                } else if series.known.is_some() {
                    let message = format!(
                        "`{alarm}` asks for {metric} by {name}, which is not among the known dimensions of {namespace}"
                    );
                    let help = "mlopsctl lint --online asks AWS whether the account has it";
                    found.push(watch.raise(keys, message, help).hint());
                }
            }
        }
    }
}
