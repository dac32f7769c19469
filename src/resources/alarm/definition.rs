//! The flat form of the wire and of saved plans -> what the alarm means. The only reader of the flat fields for that.

use super::{Alarm, MetricQuery};
use mlops_cloudwatch::alarm::{
    AlarmDefinition, AlarmQuery, AlarmWindow, Evaluation, Limit, LowSamples, MetricSeries, Signal, WarmUpPeriod,
};
use mlops_cloudwatch::missing::MissingData;

impl Alarm {
    pub fn definition(&self) -> AlarmDefinition<'_> {
        let queries: Vec<AlarmQuery<'_>> = self.metrics.iter().map(MetricQuery::definition).collect();
        let band = self.threshold_metric_id.as_deref();
        let signal = match (&self.promql, self.series()) {
            (Some(promql), _) => Signal::PromQl(&promql.query),
            (None, Some(series)) => Signal::Metric(series),
            (None, None) => Signal::of_queries(&queries, band),
        };
        let count = |value: Option<i32>| value.and_then(|n| u32::try_from(n).ok()).filter(|n| *n > 0);
        let n = count(self.evaluation_periods).unwrap_or(1);
        let missing = self.treat_missing_data.as_deref();
        let ignores_few = self.evaluate_low_sample_count_percentile.as_deref() == Some("ignore");
        let evaluation = Evaluation {
            n,
            m: count(self.datapoints_to_alarm).unwrap_or(n).min(n),
            names_m: self.datapoints_to_alarm.is_some(),
            limit: Limit::of(self.comparison_operator.as_deref(), self.threshold, band.is_some()),
            missing: missing.map_or(Ok(MissingData::default()), |word| MissingData::from_word(word).ok_or(word)),
            low_samples: if ignores_few { LowSamples::Ignore } else { LowSamples::Evaluate },
            window: self.wall_clock_timezone.as_deref().map_or(AlarmWindow::Sliding, AlarmWindow::WallClock),
            period: self.period.or_else(|| queries.iter().find_map(AlarmQuery::seconds)),
        };
        let warm_up = self.warm_up.as_ref().map(|warm_up| WarmUpPeriod {
            minutes: warm_up.minutes,
            only_start_evaluating_after: warm_up.only_start_evaluating_after,
        });
        AlarmDefinition { signal, queries, evaluation, warm_up }
    }

    /// The metric of the single-metric form.
    fn series(&self) -> Option<MetricSeries<'_>> {
        Some(MetricSeries {
            id: None,
            account: None,
            namespace: self.namespace.as_deref().unwrap_or_default(),
            name: self.metric_name.as_deref()?,
            dimensions: &self.dimensions,
            stat: self.statistic.as_deref().or(self.extended_statistic.as_deref()).unwrap_or_default(),
            period: self.period,
            unit: self.unit.as_deref(),
        })
    }
}

impl MetricQuery {
    fn definition(&self) -> AlarmQuery<'_> {
        let metric = self.metric.as_ref().map(|metric| MetricSeries {
            id: Some(&self.id),
            account: self.account_id.as_deref(),
            namespace: &metric.namespace,
            name: &metric.metric_name,
            dimensions: &metric.dimensions,
            stat: &metric.stat,
            period: Some(metric.period),
            unit: metric.unit.as_deref(),
        });
        AlarmQuery {
            id: &self.id,
            metric,
            expression: self.expression.as_deref(),
            period: self.period,
            return_data: self.return_data,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What AWS sets where nothing is written, and M that is more than N.
    #[test]
    fn what_is_left_out_is_the_default_of_aws() {
        let plain = Alarm { metric_name: Some("Errors".into()), ..Alarm::new("a") };
        let evaluation = plain.definition().evaluation;
        assert_eq!((evaluation.n, evaluation.m, evaluation.missing), (1, 1, Ok(MissingData::Missing)));
        assert_eq!((evaluation.low_samples, evaluation.window), (LowSamples::Evaluate, AlarmWindow::Sliding));
        assert_eq!((evaluation.period, evaluation.seconds()), (None, 300));
        let many = Alarm { evaluation_periods: Some(3), datapoints_to_alarm: Some(5), ..plain.clone() };
        assert_eq!(many.definition().evaluation.m, 3);
        let odd = Alarm { treat_missing_data: Some("sometimes".into()), ..plain };
        assert_eq!(odd.definition().evaluation.missing_word(), "sometimes");
    }

    /// The period of math is that of its metrics, or of an expression without any.
    #[test]
    fn a_period_is_found_wherever_it_is_written() {
        let of = |text: &str| {
            let alarm: Alarm = serde_json::from_str(text).unwrap();
            alarm.definition().evaluation.period
        };
        assert_eq!(of(r#"{"metric_name": "m", "period": 60}"#), Some(60));
        let metric = r#"{"id": "a", "metric": {"namespace": "n", "metric_name": "m", "stat": "Sum", "period": 3600}}"#;
        assert_eq!(of(&format!(r#"{{"metrics": [{{"id": "e", "expression": "a"}}, {metric}]}}"#)), Some(3600));
        assert_eq!(of(r#"{"metrics": [{"id": "q", "expression": "SELECT 1", "period": 120}]}"#), Some(120));
        assert_eq!(of(r#"{"promql": {"query": "up"}}"#), None);
    }
}
