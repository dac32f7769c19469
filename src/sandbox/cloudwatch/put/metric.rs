//! PutMetricAlarm: its three forms (one metric, metric math, PromQL) and their limits.

use super::shared::{
    ActionConfiguration, CommonAlarmInput, PutWarmUp, band_comparison, comparison, dimensions, length, one_of, range,
    treat_missing_data,
};
use super::{PutResult, configuration, keep, queries};
use crate::cloudwatch::alarm::AlarmType;
use crate::cloudwatch::metric::{MetricDataQuery, MetricDimension};
use crate::cloudwatch::{Nothing, anomaly, constraint, required};
use crate::fault::Fault;
use crate::store::Tx;
use crate::tags::Tag;
use mlops_cloudwatch::state::AlarmState;
use mlops_cloudwatch::statistic::{SIMPLE, Statistic};
use mlops_cloudwatch::unit::UNITS;
use mlops_cloudwatch::zone::TimeZone;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

const DAY: i64 = 86_400;
const WALL_CLOCK_PERIODS: [i64; 5] = [60, 300, 3600, DAY, 7 * DAY];

/// Every member of PutMetricAlarm; what is unset stays absent.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct PutMetricAlarm {
    alarm_name: Option<String>,
    alarm_description: Option<String>,
    actions_enabled: Option<bool>,
    #[serde(rename = "OKActions")]
    ok_actions: Option<Vec<String>>,
    alarm_actions: Option<Vec<String>>,
    insufficient_data_actions: Option<Vec<String>>,
    metric_name: Option<String>,
    namespace: Option<String>,
    statistic: Option<String>,
    extended_statistic: Option<String>,
    dimensions: Option<Vec<MetricDimension>>,
    period: Option<i64>,
    unit: Option<String>,
    evaluation_periods: Option<i64>,
    datapoints_to_alarm: Option<i64>,
    threshold: Option<f64>,
    comparison_operator: Option<String>,
    treat_missing_data: Option<String>,
    evaluate_low_sample_count_percentile: Option<String>,
    metrics: Option<Vec<MetricDataQuery>>,
    #[serde(default)]
    tags: Vec<Tag>,
    threshold_metric_id: Option<String>,
    evaluation_window: Option<EvaluationWindow>,
    warm_up_configuration: Option<PutWarmUp>,
    evaluation_criteria: Option<EvaluationCriteria>,
    evaluation_interval: Option<i64>,
    action_configuration: Option<ActionConfiguration>,
}

/// A union: exactly one member is set.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
struct EvaluationWindow {
    #[serde(skip_serializing_if = "Option::is_none")]
    sliding_window: Option<Map<String, Json>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    wall_clock_window: Option<WallClockWindow>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
struct WallClockWindow {
    #[serde(skip_serializing_if = "Option::is_none")]
    timezone: Option<String>,
}

#[derive(Debug, Deserialize, Serialize)]
struct EvaluationCriteria {
    #[serde(rename = "PromQLCriteria")]
    prom_ql: Option<PutPromQl>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
struct PutPromQl {
    query: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pending_period: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recovery_period: Option<i64>,
}

pub fn put_metric_alarm(input: PutMetricAlarm, raw: Json, tx: &mut Tx) -> Result<Nothing, Fault> {
    input.check(tx)?;
    let mut configuration = configuration(&input, raw)?;
    if input.evaluation_criteria.is_none() {
        configuration.entry("Dimensions").or_insert_with(|| Json::Array(Vec::new()));
    }
    // PromQL alarms have no INSUFFICIENT_DATA: they begin in OK.
    let first = if input.evaluation_criteria.is_some() { AlarmState::Ok } else { AlarmState::InsufficientData };
    if let (Some(queries), Some(band)) = (&input.metrics, &input.threshold_metric_id) {
        anomaly::imply(tx, queries, band)?;
    }
    let name = input.alarm_name.as_deref().unwrap_or_default();
    keep(PutResult { name, kind: AlarmType::Metric, configuration, tags: input.tags, first }, tx)
}

impl PutMetricAlarm {
    fn check(&self, tx: &Tx) -> Result<(), Fault> {
        let shared = CommonAlarmInput {
            name: &self.alarm_name,
            description: &self.alarm_description,
            actions: [
                ("oKActions", &self.ok_actions),
                ("alarmActions", &self.alarm_actions),
                ("insufficientDataActions", &self.insufficient_data_actions),
            ],
            tags: &self.tags,
            warm_up: self.warm_up_configuration.as_ref(),
            action_configuration: &self.action_configuration,
        };
        shared.check(tx)?;
        treat_missing_data(self.treat_missing_data.as_deref())?;
        if let Some(value) = self.evaluate_low_sample_count_percentile.as_deref()
            && !["evaluate", "ignore"].contains(&value)
        {
            return Err(Fault::validation(format!(
                "Option {value} is not supported for EvaluateLowSampleCountPercentile parameter."
            )));
        }
        match (&self.metric_name, &self.metrics, &self.evaluation_criteria) {
            (Some(name), None, None) => self.check_one_metric(name),
            (None, Some(queries), None) => self.check_math(queries),
            (None, None, Some(criteria)) => self.check_prom_ql(criteria),
            (None, None, None) => {
                Err(Fault::validation("Exactly one of MetricName, Metrics or EvaluationCriteria must be specified"))
            }
            _ => Err(combination("The parameters MetricName, Metrics and EvaluationCriteria are mutually exclusive")),
        }
    }

    fn check_one_metric(&self, name: &str) -> Result<(), Fault> {
        length("metricName", name, 255)?;
        let namespace = required("namespace", self.namespace.as_deref())?;
        length("namespace", namespace, 255)?;
        if namespace.starts_with(':') {
            return Err(constraint("namespace", namespace, "satisfy regular expression pattern: [^:].*"));
        }
        dimensions("dimensions", self.dimensions.as_deref().unwrap_or_default())?;
        match (self.statistic.as_deref(), self.extended_statistic.as_deref()) {
            (Some(_), Some(_)) => {
                return Err(combination("The parameters Statistic and ExtendedStatistic are mutually exclusive"));
            }
            (None, None) => return Err(Fault::validation("One of Statistic and ExtendedStatistic must be specified")),
            (Some(name), None) => one_of("statistic", name, SIMPLE)?,
            (None, Some(name)) if name.parse().map_or(true, Statistic::is_simple) => {
                return Err(Fault::validation(format!(
                    "The value {name} for parameter ExtendedStatistic is not supported."
                )));
            }
            (None, Some(_)) => {}
        }
        if let Some(unit) = &self.unit {
            one_of("unit", unit, UNITS)?;
        }
        let period = self.period.ok_or_else(|| Fault::validation("Period must not be null"))?;
        queries::period("period", period)?;
        self.no_interval()?;
        if self.threshold_metric_id.is_some() {
            return Err(combination("ThresholdMetricId is only for alarms with a Metrics list"));
        }
        self.check_threshold()?;
        self.check_periods(period)
    }

    fn check_math(&self, queries: &[MetricDataQuery]) -> Result<(), Fault> {
        self.none_set(
            "Metrics list",
            &[
                ("Namespace", self.namespace.is_some()),
                ("Dimensions", self.dimensions.as_ref().is_some_and(|list| !list.is_empty())),
                ("Period", self.period.is_some()),
                ("Unit", self.unit.is_some()),
                ("Statistic", self.statistic.is_some()),
                ("ExtendedStatistic", self.extended_statistic.is_some()),
            ],
        )?;
        self.no_interval()?;
        let period = queries::alarm(queries, self.threshold_metric_id.as_deref())?;
        match &self.threshold_metric_id {
            None => self.check_threshold()?,
            Some(_) => {
                if self.threshold.is_some() {
                    return Err(combination("The parameters Threshold and ThresholdMetricId are mutually exclusive"));
                }
                band_comparison(required("comparisonOperator", self.comparison_operator.as_deref())?)?;
            }
        }
        self.check_periods(period)
    }

    fn check_prom_ql(&self, criteria: &EvaluationCriteria) -> Result<(), Fault> {
        self.none_set(
            "EvaluationCriteria",
            &[
                ("Namespace", self.namespace.is_some()),
                ("Dimensions", self.dimensions.as_ref().is_some_and(|list| !list.is_empty())),
                ("Period", self.period.is_some()),
                ("Unit", self.unit.is_some()),
                ("Statistic", self.statistic.is_some()),
                ("ExtendedStatistic", self.extended_statistic.is_some()),
                ("Threshold", self.threshold.is_some()),
                ("ComparisonOperator", self.comparison_operator.is_some()),
                ("ThresholdMetricId", self.threshold_metric_id.is_some()),
                ("EvaluationPeriods", self.evaluation_periods.is_some()),
                ("DatapointsToAlarm", self.datapoints_to_alarm.is_some()),
                ("TreatMissingData", self.treat_missing_data.is_some()),
                ("EvaluationWindow", self.evaluation_window.is_some()),
            ],
        )?;
        let prom_ql = required("evaluationCriteria.promQLCriteria", criteria.prom_ql.as_ref())?;
        let query = required("evaluationCriteria.promQLCriteria.query", prom_ql.query.as_deref())?;
        length("evaluationCriteria.promQLCriteria.query", query, 10_000)?;
        for (field, value) in [("pendingPeriod", prom_ql.pending_period), ("recoveryPeriod", prom_ql.recovery_period)] {
            if let Some(value) = value {
                range(&format!("evaluationCriteria.promQLCriteria.{field}"), value, 0, DAY)?;
            }
        }
        let interval = required("evaluationInterval", self.evaluation_interval)?;
        queries::period("evaluationInterval", interval)?;
        range("evaluationInterval", interval, 10, 3600)
    }

    fn no_interval(&self) -> Result<(), Fault> {
        match self.evaluation_interval {
            None => Ok(()),
            Some(_) => Err(combination("EvaluationInterval is only for alarms with EvaluationCriteria")),
        }
    }

    fn none_set(&self, form: &str, others: &[(&str, bool)]) -> Result<(), Fault> {
        match others.iter().find(|(_, set)| *set) {
            None => Ok(()),
            Some((name, _)) => Err(combination(format!("The parameters {name} and {form} are mutually exclusive"))),
        }
    }

    fn check_threshold(&self) -> Result<(), Fault> {
        comparison(required("comparisonOperator", self.comparison_operator.as_deref())?)?;
        let threshold = required("threshold", self.threshold)?;
        if !threshold.is_finite() {
            return Err(Fault::validation(format!("The value {threshold} for parameter Threshold is not supported.")));
        }
        Ok(())
    }

    fn check_periods(&self, period: i64) -> Result<(), Fault> {
        let n = required("evaluationPeriods", self.evaluation_periods)?;
        range("evaluationPeriods", n, 1, i64::from(i32::MAX))?;
        if let Some(m) = self.datapoints_to_alarm {
            range("datapointsToAlarm", m, 1, i64::from(i32::MAX))?;
            if m > n {
                return Err(Fault::validation("DatapointsToAlarm must be less than or equal to EvaluationPeriods"));
            }
        }
        if period < 3600 && n * period > DAY {
            return Err(Fault::validation(
                "Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400).",
            ));
        }
        if n * period > 7 * DAY {
            return Err(Fault::validation(
                "Metrics cannot be checked across more than a week (EvaluationPeriods * Period must be <= 604800).",
            ));
        }
        match &self.evaluation_window {
            None => Ok(()),
            Some(window) => window.check(period),
        }
    }
}

impl EvaluationWindow {
    fn check(&self, period: i64) -> Result<(), Fault> {
        let window = match (&self.sliding_window, &self.wall_clock_window) {
            (Some(_), None) => return Ok(()),
            (None, Some(window)) => window,
            _ => return Err(Fault::validation("Exactly one of SlidingWindow and WallClockWindow must be specified")),
        };
        if !WALL_CLOCK_PERIODS.contains(&period) {
            return Err(Fault::validation(format!(
                "Period {period} is not supported with a wall clock window; use 60, 300, 3600, 86400 or 604800"
            )));
        }
        match window.timezone.as_deref() {
            Some(zone) if TimeZone::parse(zone).is_none() => {
                Err(Fault::validation(format!("The time zone {zone} is invalid")))
            }
            _ => Ok(()),
        }
    }
}

fn combination(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidParameterCombinationException", message).query_code("InvalidParameterCombination")
}
