//! The flat form of the wire and of saved plans -> what the alarm means. The only reader of the flat fields for that.

use super::{Alarm, MetricQuery, WarmUp};
use mlops_cloudwatch::alarm::{AlarmDefinition, AlarmQuery, MetricSeries, WrittenAlarm};

impl Alarm {
    pub fn definition(&self) -> AlarmDefinition<'_> {
        AlarmDefinition::from(WrittenAlarm {
            series: self.series(),
            queries: self.metrics.iter().map(MetricQuery::definition).collect(),
            threshold_metric_id: self.threshold_metric_id.as_deref(),
            promql: self.promql.as_ref().map(|promql| promql.query.as_str()),
            period: self.period,
            evaluation_periods: self.evaluation_periods,
            datapoints_to_alarm: self.datapoints_to_alarm,
            threshold: self.threshold,
            comparison_operator: self.comparison_operator.as_deref(),
            treat_missing_data: self.treat_missing_data.as_deref(),
            evaluate_low_sample_count_percentile: self.evaluate_low_sample_count_percentile.as_deref(),
            wall_clock_timezone: self.wall_clock_timezone.as_deref(),
            warm_up: self.warm_up.as_ref().map(WarmUp::period),
        })
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
    use mlops_cloudwatch::alarm::{AlarmWindow, LowSamples};
    use mlops_cloudwatch::missing::MissingData;

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
