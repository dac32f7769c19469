//! `StateReasonData`: the numbers behind a change of state, as JSON in CloudWatch's form.

use crate::wire::Timestamp;
use mlops_cloudwatch::alarm::{AlarmDefinition, MetricSeries, WatchedSignal};
use mlops_cloudwatch::evaluation::condition::Condition;
use mlops_cloudwatch::evaluation::reason::datapoints;
use mlops_cloudwatch::evaluation::watched::EvaluatedSeries;
use serde_json::{Value as Json, json};

/// Of the evaluation at `index`.
pub fn of(definition: &AlarmDefinition, condition: &Condition, watched: &EvaluatedSeries, index: usize) -> Json {
    let time = |seconds: i64| Timestamp::from_millis(seconds * 1000).to_iso().replace('Z', "+0000");
    let (end, period) = (watched.grid.end(index), watched.grid.period);
    let points = datapoints(condition, watched, index);
    let evaluated: Vec<Json> = (0..condition.n as i64)
        .map(|age| {
            let at = end - (age + 1) * period;
            let value = points.iter().find(|(_, began)| *began == at).map(|(value, _)| *value);
            let mut point = json!({ "timestamp": time(at) });
            if let Some(value) = value {
                point["value"] = value.into();
            }
            point
        })
        .collect();
    let mut recent: Vec<f64> = points.iter().map(|(value, _)| *value).collect();
    recent.reverse();
    let mut data = json!({
        "version": "1.0",
        "queryDate": time(end),
        "period": period,
        "recentDatapoints": recent,
        "threshold": condition.threshold,
        "evaluatedDatapoints": evaluated,
    });
    if let Some((_, began)) = points.last() {
        data["startDate"] = time(*began).into();
    }
    // Queries have statistics and units of their own, several of them.
    if let WatchedSignal::Metric(MetricSeries { id: None, stat, unit, .. }) = definition.signal {
        if !stat.is_empty() {
            data["statistic"] = stat.into();
        }
        if let Some(unit) = unit {
            data["unit"] = unit.into();
        }
    }
    data
}
