//! Series and results of a test file that no alarm of its spec has to do with: always a mistake, and a test with it proves nothing.

use super::file::{File, GivenResult, InputSeries};
use crate::backtest::history::MetricIdentity;
use crate::model::SpecProblem;
use crate::model::problem::nearest;
use crate::resources::{Alarm, Resource};
use crate::spec::SpecError;
use mlops_cloudwatch::alarm::WatchedSignal;
use mlops_cloudwatch::evaluation::need::MetricStatistic;
use std::collections::{BTreeMap, BTreeSet};

/// Refuses a file with such series, all of them at once; each with the nearest metric that is watched.
pub fn check<'a>(file: &File, resources: impl Iterator<Item = &'a Resource>) -> Result<(), SpecError> {
    let (mut alarms, mut queried): (BTreeMap<&str, &Alarm>, BTreeSet<&str>) = Default::default();
    for resource in resources {
        match resource {
            Resource::Alarm(alarm) => drop(alarms.insert(&alarm.name, alarm)),
            Resource::LogAlarm(alarm) => drop(queried.insert(&alarm.name)),
            _ => {}
        }
    }
    let watched: BTreeSet<MetricIdentity> = alarms.values().flat_map(|alarm| metrics(alarm)).collect();
    let series = file.cases.iter().flat_map(|case| &case.series);
    let mut problems: Vec<SpecProblem> = series.filter_map(|series| unwatched(series, &watched)).collect();
    problems.extend(
        file.cases.iter().flat_map(|case| &case.results).filter_map(|result| misplaced(result, &alarms, &queried)),
    );
    if problems.is_empty() { Ok(()) } else { Err(file.document.mistakes(problems)) }
}

/// Units are not written in a test, so they do not matter here.
fn metrics(alarm: &Alarm) -> Vec<MetricIdentity> {
    let definition = alarm.definition();
    definition.metrics().map(|series| MetricIdentity { unit: None, ..MetricStatistic::of(&series).metric }).collect()
}

fn unwatched(series: &InputSeries, watched: &BTreeSet<MetricIdentity>) -> Option<SpecProblem> {
    let metric = &series.metric;
    let is_watched = match metric.account {
        Some(_) => watched.contains(metric),
        None => watched.iter().any(|one| MetricIdentity { account: None, ..one.clone() } == *metric),
    };
    if is_watched {
        return None;
    }
    let problem = SpecProblem::new(series.span, format!("no alarm of the spec watches {}", full(metric)));
    let near = watched
        .iter()
        .find(|one| {
            (&one.namespace, &one.name, &one.dimensions) == (&metric.namespace, &metric.name, &metric.dimensions)
        })
        .or_else(|| watched.iter().find(|one| (&one.namespace, &one.name) == (&metric.namespace, &metric.name)))
        .map(full)
        .or_else(|| {
            let names: Vec<String> = watched.iter().map(full).collect();
            nearest(&full(metric), names.iter().map(String::as_str)).map(str::to_owned)
        });
    Some(match near {
        Some(near) => problem.help(format!("did you mean {near}?")),
        None => problem.help("leave it out, or write an alarm that watches it"),
    })
}

fn full(metric: &MetricIdentity) -> String {
    let account = metric.account.as_ref().map(|account| format!(" in account {account}"));
    format!("{metric}{}", account.unwrap_or_default())
}

fn misplaced(result: &GivenResult, alarms: &BTreeMap<&str, &Alarm>, queried: &BTreeSet<&str>) -> Option<SpecProblem> {
    let problem = |message: String| SpecProblem::new(result.span, message);
    if queried.contains(result.alarm.as_str()) {
        let has_one = result.values.len() == 1 && result.id.is_none();
        let help = "write `values` alone: the number that each run of its query gives";
        return (!has_one).then(|| problem(format!("`{}` compares one number", result.alarm)).help(help));
    }
    let Some(alarm) = alarms.get(result.alarm.as_str()) else {
        let problem = problem(format!("the spec has no alarm `{}` to give a result to", result.alarm));
        let near = nearest(&result.alarm, alarms.keys().copied().chain(queried.iter().copied()));
        return Some(match near {
            Some(near) => problem.help(format!("did you mean `{near}`?")),
            None => problem,
        });
    };
    let is_band = result.values.len() == 2;
    let takes_band = matches!(alarm.definition().signal, WatchedSignal::Band { .. });
    let ids = || alarm.metrics.iter().map(|query| query.id.as_str());
    match &result.id {
        _ if is_band && !takes_band => {
            Some(problem(format!("`{}` has no anomaly band", result.alarm)).help("write `values` instead"))
        }
        None if takes_band && !is_band => {
            Some(problem(format!("`{}` compares with an anomaly band", result.alarm)).help("write `lower` and `upper`"))
        }
        Some(id) if !ids().any(|known| known == id) => {
            let problem = problem(format!("`{}` has no query `{id}`", result.alarm));
            Some(match nearest(id, ids()) {
                Some(near) => problem.help(format!("did you mean `{near}`?")),
                None => problem,
            })
        }
        None if alarm.promql.is_none() && alarm.metrics.is_empty() => Some(
            problem(format!("`{}` watches a metric", result.alarm)).help("write the metric's values under `series`"),
        ),
        _ => None,
    }
}
