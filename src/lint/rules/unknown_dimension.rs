//! A dimension name that the metric does not have: the alarm never sees a value.

use crate::lint::finding::Raised;
use crate::lint::subject::Subject;
use crate::lint::{Level, Rule};
use crate::model::problem::nearest_or_all;
use std::collections::BTreeSet;

pub static RULE: Rule = Rule {
    id: "unknown-dimension",
    level: Level::Error,
    summary: "a dimension does not exist",
    page: include_str!("../../../docs/lint/unknown-dimension.md"),
    limits: None,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Vec<Raised>) {
    for watch in &subject.watches {
        for series in &watch.series {
            let Some(known) = series.known else { continue };
            let names: BTreeSet<&str> = known.dimensions().iter().flatten().map(String::as_str).collect();
            for name in series.dimensions.keys().filter(|name| !names.contains(name.as_str())) {
                let message = format!(
                    "`{}` asks for {} by {name}, a dimension that {} does not have",
                    watch.alarm.name, series.metric, series.namespace
                );
                let help = nearest_or_all(name, names.iter().copied(), "its dimensions are")
                    .unwrap_or_else(|| format!("{} has no dimensions", series.metric));
                found.push(watch.raise(&["dimensions", "metrics", "anomaly"], message, help));
            }
        }
    }
}
