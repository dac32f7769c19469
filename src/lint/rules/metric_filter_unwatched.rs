//! A metric filter whose metric no alarm and no dashboard of the file looks at.

use crate::lint::finding::{About, Raised};
use crate::lint::subject::RuleContext;
use crate::lint::{LintRule, Severity};
use crate::resources::{MetricFilter, Resource, dashboard, metric_filter};
use mlops_cloudwatch::alarm::WatchedSignal;
use std::collections::BTreeSet;

pub static RULE: LintRule = LintRule {
    id: "metric-filter-unwatched",
    level: Severity::Hint,
    summary: "nothing of the file looks at the metric that a metric filter makes",
    page: include_str!("../../../docs/lint/metric-filter-unwatched.md"),
    opt_in: false,
    limits: None,
    check,
};

fn check(subject: &RuleContext<'_>, found: &mut Vec<Raised>) {
    let mut filters = metric_filter::all(subject.resources.values().copied()).peekable();
    if filters.peek().is_none() || queries(subject) {
        return;
    }
    let drawn = drawn(subject);
    for filter in filters {
        let mut alarmed = subject.watches.iter().flat_map(|watch| &watch.series);
        if alarmed.any(|series| filter.makes(series.namespace, series.metric, series.dimensions))
            || drawn.contains(&(filter.namespace.clone(), filter.metric_name.clone()))
        {
            continue;
        }
        found.push(Raised::new(
            About::Resource(Resource::MetricFilter(filter.clone()).address()),
            &[],
            format!("no alarm and no dashboard of this file looks at {} {}", filter.namespace, filter.metric_name),
            help(subject, filter),
        ));
    }
}

/// Whether something finds its metrics by a query: which ones, is not known here.
fn queries(subject: &RuleContext<'_>) -> bool {
    let by_query = |resource: &&Resource| match resource {
        Resource::Alarm(alarm) => {
            let definition = alarm.definition();
            matches!(definition.signal, WatchedSignal::PromQl(_)) || definition.insights().is_some()
        }
        Resource::Dashboard(dashboard) => dashboard::body::widgets(&dashboard.body)
            .any(|widget| widget.metrics().iter().any(|row| row.expression().is_some() && row.metric().is_none())),
        _ => false,
    };
    subject.resources.values().any(by_query)
}

/// Namespace and name of what the dashboards draw.
fn drawn(subject: &RuleContext<'_>) -> BTreeSet<(String, String)> {
    let mut drawn = BTreeSet::new();
    for resource in subject.resources.values() {
        let Resource::Dashboard(dashboard) = resource else { continue };
        for row in dashboard::body::widgets(&dashboard.body).flat_map(|widget| widget.metrics()) {
            drawn.extend(row.metric().map(|(namespace, name, _)| (namespace.to_owned(), name.to_owned())));
        }
    }
    drawn
}

/// An alarm that asks for other dimensions sees nothing of it.
fn help(subject: &RuleContext<'_>, filter: &MetricFilter) -> String {
    let near = subject.watches.iter().find(|watch| {
        watch.series.iter().any(|series| series.namespace == filter.namespace && series.metric == filter.metric_name)
    });
    match near {
        Some(watch) => {
            let own: Vec<&str> = filter.dimensions.keys().map(String::as_str).collect();
            let own =
                if own.is_empty() { "no dimensions".to_owned() } else { format!("the dimensions {}", own.join(", ")) };
            format!("`{}` asks for it by other dimensions; it has {own}", watch.alarm.name)
        }
        None => "declare an alarm on it, or leave the filter out: each metric is paid for".to_owned(),
    }
}
