//! A metric alarm -> `alarms.<name>`, in the shortest of the forms that `series` reads.

use super::metrics::{BAND, band_expression};
use super::{Alarm, MetricQuery, MetricStat};
use crate::model::{SpecMap, SpecValue};
use crate::resources::any_alarm::written::put_actions;
use crate::resources::written::{WritingScope, comparison, duration, tags, texts, warm_up};
use mlops_cloudwatch::alarm::DEFAULT_PERIOD;
use mlops_cloudwatch::comparison::BandSide;
use std::collections::BTreeSet;

pub fn written(alarm: &Alarm, scope: &WritingScope<'_>) -> SpecMap {
    let map = SpecMap::default().put_unless("", "description", alarm.description.as_deref());
    let map = match &alarm.promql {
        Some(_) => promql(map, alarm),
        None if alarm.metrics.is_empty() => evaluation(single(map, alarm), alarm),
        None => evaluation(queries(map, alarm), alarm),
    };
    put_actions(map, &alarm.actions, scope)
        .put_some("warm_up", warm_up(alarm.warm_up.as_ref()))
        .put_some("tags", tags(&alarm.tags))
}

fn period(map: SpecMap, key: &str, seconds: Option<i32>, default: i32) -> SpecMap {
    map.put_some(key, seconds.filter(|seconds| *seconds != default).map(duration))
}

fn single(map: SpecMap, alarm: &Alarm) -> SpecMap {
    let statistic = alarm.statistic.as_deref().or(alarm.extended_statistic.as_deref());
    let map = map
        .put_some("namespace", alarm.namespace.as_deref())
        .put_some("metric_name", alarm.metric_name.as_deref())
        .put_some("dimensions", texts(&alarm.dimensions))
        .put_some("statistic", statistic)
        .put_some("unit", alarm.unit.as_deref());
    period(map, "period", alarm.period, DEFAULT_PERIOD)
}

fn promql(map: SpecMap, alarm: &Alarm) -> SpecMap {
    let Some(promql) = &alarm.promql else { return map };
    let wait = |seconds: Option<i32>| seconds.filter(|seconds| *seconds != 0).map(duration);
    let query = SpecMap::default()
        .put("query", &promql.query)
        .put_some("pending_period", wait(promql.pending_period))
        .put_some("recovery_period", wait(promql.recovery_period));
    period(map.put("promql", query), "evaluation_interval", alarm.evaluation_interval, super::series::DEFAULT_INTERVAL)
}

/// When it is bad; of a band, which side of it.
fn evaluation(map: SpecMap, alarm: &Alarm) -> SpecMap {
    let operator = alarm.comparison_operator.as_deref();
    let map = match alarm.threshold_metric_id {
        Some(_) => map.put_unless(BandSide::Outside.word(), "comparison_operator", operator),
        None => comparison(map, alarm.threshold, operator),
    };
    let points = alarm.datapoints_to_alarm.filter(|points| Some(*points) != alarm.evaluation_periods);
    let clock = alarm.wall_clock_timezone.as_ref().map(|zone| SpecMap::default().put("timezone", zone));
    map.put_some("evaluation_periods", alarm.evaluation_periods.filter(|periods| *periods != 1))
        .put_some("datapoints_to_alarm", points)
        .put_unless("missing", "treat_missing_data", alarm.treat_missing_data.as_deref())
        .put_unless(
            "evaluate",
            "evaluate_low_sample_count_percentile",
            alarm.evaluate_low_sample_count_percentile.as_deref(),
        )
        .put_some("evaluation_window", clock.map(|clock| SpecMap::default().put("wall_clock", clock)))
}

/// Metric math and bands: `anomaly` or `expression` where they say the same, the map of ids else.
fn queries(map: SpecMap, alarm: &Alarm) -> SpecMap {
    let periods: BTreeSet<i32> = alarm.metrics.iter().filter_map(|query| Some(query.metric.as_ref()?.period)).collect();
    // Where there is no metric, the expressions say it.
    let own = alarm.metrics.iter().filter_map(|query| query.period);
    let common = periods.into_iter().chain(own).next().unwrap_or(DEFAULT_PERIOD);
    let map = match anomaly(alarm, common) {
        Some(anomaly) => map.put("anomaly", anomaly),
        None => math(map, alarm, common),
    };
    period(map, "period", Some(common), DEFAULT_PERIOD)
}

/// The short form, where it makes just these queries.
fn anomaly(alarm: &Alarm, common: i32) -> Option<SpecMap> {
    let [one, other] = alarm.metrics.as_slice() else { return None };
    let (band, query) = if one.id == BAND { (one, other) } else { (other, one) };
    let metric = query.metric.as_ref()?;
    let inner = band.expression.as_deref()?.strip_prefix("ANOMALY_DETECTION_BAND(m1, ")?.strip_suffix(')')?;
    let width: f64 = inner.parse().ok().filter(|width| *width > 0.0)?;
    let account_id = query.account_id.clone();
    let made = band_expression(width);
    let expected = [
        MetricQuery {
            id: "m1".into(),
            metric: Some(metric.clone()),
            account_id,
            return_data: true,
            ..MetricQuery::default()
        },
        MetricQuery { id: BAND.into(), expression: Some(made), return_data: true, ..MetricQuery::default() },
    ];
    let same = *query == expected[0] && *band == expected[1] && alarm.threshold_metric_id.as_deref() == Some(BAND);
    let map = source(SpecMap::default(), metric, common).put_some("account_id", query.account_id.as_deref());
    same.then(|| map.put_some("width", Some(width).filter(|width| *width != 2.0)))
}

fn source(map: SpecMap, metric: &MetricStat, common: i32) -> SpecMap {
    let map = map
        .put("namespace", &metric.namespace)
        .put("metric_name", &metric.metric_name)
        .put_some("dimensions", texts(&metric.dimensions))
        .put("statistic", &metric.stat)
        .put_some("unit", metric.unit.as_deref());
    period(map, "period", Some(metric.period), common)
}

fn math(mut map: SpecMap, alarm: &Alarm, common: i32) -> SpecMap {
    let mut sorted: Vec<&MetricQuery> = alarm.metrics.iter().collect();
    sorted.sort_by(|a, b| a.id.cmp(&b.id));
    let band = alarm.threshold_metric_id.as_deref();
    let watched = sorted.iter().filter(|query| query.return_data && Some(query.id.as_str()) != band).count();
    // The reader's own name for the alarm's `expression`: the first that is free.
    let free = super::metrics::free_id(|id| sorted.iter().any(|query| query.id == id && !query.return_data));
    let expression = sorted.iter().position(|query| {
        let plain = query.label.is_none() && query.account_id.is_none() && query.period.is_none_or(|own| own == common);
        // One that has metrics under it has no period of its own there.
        let period = query.period.is_none() || sorted.len() == 1;
        band.is_none() && watched == 1 && query.return_data && plain && period && query.id == free
    });
    let expression = expression.filter(|at| sorted[*at].expression.is_some()).map(|at| sorted.remove(at));
    map = map.put_some("expression", expression.and_then(|query| query.expression.as_deref()));
    let mut queries = SpecMap::default();
    for query in &sorted {
        let own = match &query.metric {
            Some(metric) => source(SpecMap::default(), metric, common),
            None => SpecMap::default()
                .put_some("expression", query.expression.as_deref())
                .put_some("period", query.period.map(duration)),
        };
        // One alone is the one that is watched.
        let is_band = Some(query.id.as_str()) == band;
        let says = (query.return_data && !is_band && sorted.len() > 1).then_some(true);
        let own = own.put_some("label", query.label.as_deref()).put_some("account_id", query.account_id.as_deref());
        queries.set(&query.id, own.put_some("return_data", says));
    }
    let queries = Some(SpecValue::Map(queries)).filter(|_| !sorted.is_empty());
    map.put_some("metrics", queries).put_some("threshold_metric_id", band)
}
