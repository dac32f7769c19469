//! Which Lambda functions an alarm watches: those that its dimensions name, or all that a Metrics Insights query is grouped by.

use super::{Alarm, insights};
use crate::resources::Resource;
use std::collections::BTreeSet;

const NAMESPACE: &str = "AWS/Lambda";

/// The dimension that names a function.
const FUNCTION: &str = "FunctionName";

/// Returns the functions that the dimensions of an alarm name.
pub fn functions(alarm: &Alarm) -> BTreeSet<&str> {
    let own = alarm.dimensions.get(FUNCTION);
    let math = alarm.metrics.iter().filter_map(|query| query.metric.as_ref()?.dimensions.get(FUNCTION));
    own.into_iter().chain(math).map(String::as_str).collect()
}

/// Returns those of the functions that no alarm among the resources watches; whom a query finds by tags is not known here, and taken
/// for watched.
pub fn uncovered<'a>(resources: impl Iterator<Item = &'a Resource>, names: Vec<String>) -> Vec<String> {
    let alarms = resources.filter_map(|resource| match resource {
        Resource::Alarm(alarm) => Some(&**alarm),
        _ => None,
    });
    let alarms: Vec<&Alarm> = alarms.collect();
    let named: BTreeSet<&str> = alarms.iter().flat_map(|alarm| functions(alarm)).collect();
    let queries: Vec<_> = alarms.iter().flat_map(|alarm| queries(alarm)).collect();
    let is_covered = |name: &String| named.contains(name.as_str()) || queries.iter().any(|query| query.covers(name));
    names.into_iter().filter(|name| !is_covered(name)).collect()
}

/// Returns whether an expression is a query that watches a function.
pub fn query_covers(expression: &str, function: &str) -> bool {
    insights::series_by(expression, NAMESPACE, FUNCTION).is_some_and(|query| query.covers(function))
}

/// Returns the metrics of a function that the alarm's Metrics Insights queries watch.
pub fn queried_metrics<'a>(alarm: &'a Alarm, function: &str) -> Vec<&'a str> {
    queries(alarm).filter(|query| query.covers(function)).map(|query| query.metric).collect()
}

fn queries(alarm: &Alarm) -> impl Iterator<Item = insights::SeriesQuery<'_>> {
    let texts = alarm.metrics.iter().filter_map(|query| query.expression.as_deref());
    texts.filter_map(|text| insights::series_by(text, NAMESPACE, FUNCTION))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resources::alarm::MetricQuery;

    fn covers(alarm: Alarm) -> (bool, bool) {
        let left = uncovered([Resource::Alarm(Box::new(alarm))].iter(), vec!["a".into(), "c".into()]);
        (!left.contains(&"a".to_owned()), !left.contains(&"c".to_owned()))
    }

    #[test]
    fn a_query_covers_every_function_that_it_does_not_leave_out() {
        let all =
            "SELECT SUM(Errors) FROM SCHEMA(\"AWS/Lambda\", FunctionName) GROUP BY FunctionName ORDER BY SUM() DESC";
        let some = "SELECT SUM(Errors) FROM SCHEMA(\"AWS/Lambda\", FunctionName) WHERE FunctionName != 'a' AND \
                    FunctionName != 'b' GROUP BY FunctionName ORDER BY SUM() DESC";
        let one = "SELECT MAX(Duration) FROM \"AWS/Lambda\" WHERE FunctionName = 'a'";
        let tagged = "SELECT SUM(Errors) FROM SCHEMA(\"AWS/Lambda\", FunctionName) WHERE tag.\"team\" = 'shop' GROUP BY FunctionName";
        let other = "SELECT SUM(Errors) FROM SCHEMA(\"AWS/SQS\", QueueName) GROUP BY QueueName ORDER BY SUM() DESC";
        for (query, a, c) in
            [(all, true, true), (some, false, true), (one, true, false), (tagged, true, true), (other, false, false)]
        {
            let mut alarm = Alarm::new("x");
            alarm.metrics =
                vec![MetricQuery { id: "q".into(), expression: Some(query.into()), ..MetricQuery::default() }];
            assert_eq!(covers(alarm), (a, c), "{query}");
        }
        let mut alarm = Alarm::new("x");
        alarm.dimensions.insert("FunctionName".into(), "a".into());
        assert_eq!(covers(alarm), (true, false));
    }
}
