//! Anomaly detectors: what is set of them is kept and answered. Nothing is learnt here: bands are CloudWatch's own.

use super::metric::{MetricDataQuery, MetricDimension};
use super::{Nothing, constraint, invalid_next_token, page_size};
use crate::fault::Fault;
use crate::paging::{Order, page};
use crate::store::Tx;
use crate::wire::Timestamp;
use mlops_cloudwatch::zone::TimeZone;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

/// Under its identity in JSON.
const TABLE: &str = "anomaly_detectors";
const SPEEDS: [&str; 3] = ["FAST", "NORMAL", "SLOW"];
const STRENGTHS: [&str; 3] = ["MINIMAL", "MODERATE", "STRICT"];

/// The members that name a detector, of Put and Delete.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DetectorIdentity {
    namespace: Option<String>,
    metric_name: Option<String>,
    dimensions: Option<Vec<MetricDimension>>,
    stat: Option<String>,
    single_metric_anomaly_detector: Option<SingleMetric>,
    metric_math_anomaly_detector: Option<MetricMath>,
}

#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
struct SingleMetric {
    #[serde(skip_serializing_if = "Option::is_none")]
    account_id: Option<String>,
    namespace: Option<String>,
    metric_name: Option<String>,
    #[serde(default)]
    dimensions: Vec<MetricDimension>,
    stat: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
struct MetricMath {
    metric_data_queries: Vec<MetricDataQuery>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PutAnomalyDetector {
    #[serde(flatten)]
    identity: DetectorIdentity,
    configuration: Option<DetectorConfiguration>,
    metric_characteristics: Option<Map<String, Json>>,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
struct DetectorConfiguration {
    #[serde(default)]
    excluded_time_ranges: Vec<TimeRange>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metric_timezone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    adaptation_speed: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outlier_filtering_strength: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
struct TimeRange {
    start_time: Timestamp,
    end_time: Timestamp,
}

/// A detector as it is kept and answered.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct StoredDetector {
    anomaly_detector_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    single_metric_anomaly_detector: Option<SingleMetric>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metric_math_anomaly_detector: Option<MetricMath>,
    configuration: DetectorConfiguration,
    #[serde(skip_serializing_if = "Option::is_none")]
    metric_characteristics: Option<Map<String, Json>>,
    state_value: String,
}

impl DetectorIdentity {
    /// One of the two, with what is a set in one order.
    fn read(self) -> Result<(Option<SingleMetric>, Option<MetricMath>), Fault> {
        let plain = self.namespace.is_some() || self.metric_name.is_some() || self.stat.is_some();
        let single = match self.single_metric_anomaly_detector {
            Some(single) => Some(single),
            None => plain.then(|| SingleMetric {
                account_id: None,
                namespace: self.namespace,
                metric_name: self.metric_name,
                dimensions: self.dimensions.unwrap_or_default(),
                stat: self.stat,
            }),
        };
        match (single, self.metric_math_anomaly_detector) {
            (Some(mut single), None) => {
                if single.namespace.is_none() || single.metric_name.is_none() || single.stat.is_none() {
                    let message = "Namespace, MetricName and Stat are required.";
                    return Err(Fault::sender("MissingRequiredParameterException", message));
                }
                single.dimensions.sort();
                Ok((Some(single), None))
            }
            (None, Some(mut math)) => {
                if math.metric_data_queries.iter().filter(|query| query.return_data).count() != 1 {
                    let message = "Exactly one of the metric data queries has to return data.";
                    return Err(Fault::sender("InvalidParameterValueException", message));
                }
                math.metric_data_queries.sort_by(|a, b| a.id.cmp(&b.id));
                Ok((None, Some(math)))
            }
            (None, None) => Err(Fault::sender("MissingRequiredParameterException", "A metric is required.")),
            (Some(_), Some(_)) => {
                let message = "A single metric and metric math exclude each other.";
                Err(Fault::sender("InvalidParameterCombinationException", message))
            }
        }
    }
}

fn key(single: &Option<SingleMetric>, math: &Option<MetricMath>) -> String {
    serde_json::to_string(&(single, math)).unwrap_or_default()
}

pub fn put_anomaly_detector(input: PutAnomalyDetector, tx: &mut Tx) -> Result<Nothing, Fault> {
    let (single, math) = input.identity.read()?;
    let configuration = input.configuration.unwrap_or_default();
    for (field, value, known) in [
        ("configuration.adaptationSpeed", &configuration.adaptation_speed, SPEEDS),
        ("configuration.outlierFilteringStrength", &configuration.outlier_filtering_strength, STRENGTHS),
    ] {
        if let Some(value) = value.as_deref().filter(|value| !known.contains(value)) {
            return Err(constraint(field, value, &format!("satisfy enum value set: [{}]", known.join(", "))));
        }
    }
    let refused = |message: &str| Err(Fault::sender("InvalidParameterValueException", message));
    if configuration.metric_timezone.as_deref().is_some_and(|zone| TimeZone::parse(zone).is_none()) {
        return refused("The time zone is not known.");
    }
    if configuration.excluded_time_ranges.iter().any(|range| range.start_time >= range.end_time) {
        return refused("The start of a range has to be before its end.");
    }
    keep(tx, single, math, Some((configuration, input.metric_characteristics)))?;
    Ok(Nothing {})
}

/// An alarm with a band makes the detector that it needs, where there is none.
pub fn imply(tx: &mut Tx, queries: &[MetricDataQuery], band: &str) -> Result<(), Fault> {
    let Some(watched) = queries.iter().find(|query| query.return_data && query.id != band) else { return Ok(()) };
    let identity = match &watched.metric_stat {
        Some(stat) => DetectorIdentity {
            single_metric_anomaly_detector: Some(SingleMetric {
                account_id: watched.account_id.clone(),
                namespace: stat.metric.namespace.clone(),
                metric_name: stat.metric.metric_name.clone(),
                dimensions: stat.metric.dimensions.clone(),
                stat: Some(stat.stat.clone()),
            }),
            ..DetectorIdentity::default()
        },
        None => {
            let others = queries.iter().filter(|query| query.id != band);
            let of = |query: &MetricDataQuery| MetricDataQuery { return_data: query.id == watched.id, ..query.clone() };
            let metric_data_queries = others.map(of).collect();
            let math = Some(MetricMath { metric_data_queries });
            DetectorIdentity { metric_math_anomaly_detector: math, ..DetectorIdentity::default() }
        }
    };
    let (single, math) = identity.read()?;
    keep(tx, single, math, None)
}

/// Replaces what is set; without settings an existing one stays as it is.
fn keep(
    tx: &mut Tx,
    single: Option<SingleMetric>,
    math: Option<MetricMath>,
    settings: Option<(DetectorConfiguration, Option<Map<String, Json>>)>,
) -> Result<(), Fault> {
    let key = key(&single, &math);
    let live = tx.get::<StoredDetector>(TABLE, &key)?;
    if live.is_some() && settings.is_none() {
        return Ok(());
    }
    let (configuration, metric_characteristics) = settings.unwrap_or_default();
    let detector = StoredDetector {
        anomaly_detector_id: live.map_or_else(|| tx.hex(32), |live| live.anomaly_detector_id),
        single_metric_anomaly_detector: single,
        metric_math_anomaly_detector: math,
        configuration,
        metric_characteristics,
        state_value: "PENDING_TRAINING".to_owned(),
    };
    tx.put(TABLE, &key, &detector)
}

pub fn delete_anomaly_detector(input: DetectorIdentity, tx: &mut Tx) -> Result<Nothing, Fault> {
    let (single, math) = input.read()?;
    let key = key(&single, &math);
    if tx.get::<StoredDetector>(TABLE, &key)?.is_none() {
        return Err(Fault::sender("ResourceNotFoundException", "The anomaly detector does not exist.").status(404));
    }
    tx.delete(TABLE, &key);
    Ok(Nothing {})
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeAnomalyDetectors {
    namespace: Option<String>,
    metric_name: Option<String>,
    dimensions: Option<Vec<MetricDimension>>,
    anomaly_detector_types: Option<Vec<String>>,
    max_results: Option<i64>,
    next_token: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct AnomalyDetectors {
    anomaly_detectors: Vec<StoredDetector>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

/// Those of single metrics alone where no type is named.
pub fn describe_anomaly_detectors(input: DescribeAnomalyDetectors, tx: &mut Tx) -> Result<AnomalyDetectors, Fault> {
    let types = input.anomaly_detector_types.unwrap_or_default();
    if let Some(other) = types.iter().find(|one| !["SINGLE_METRIC", "METRIC_MATH"].contains(&one.as_str())) {
        return Err(constraint("anomalyDetectorTypes", other, "satisfy enum value set: [SINGLE_METRIC, METRIC_MATH]"));
    }
    let has = |kind: &str| types.iter().any(|one| one == kind) || (types.is_empty() && kind == "SINGLE_METRIC");
    let (single, math) = (has("SINGLE_METRIC"), has("METRIC_MATH"));
    let size = page_size(input.max_results, 100, 100)?;
    let mut dimensions = input.dimensions;
    if let Some(dimensions) = &mut dimensions {
        dimensions.sort();
    }
    let fits = |metric: &SingleMetric| {
        (input.namespace.is_none() || input.namespace == metric.namespace)
            && (input.metric_name.is_none() || input.metric_name == metric.metric_name)
            && dimensions.as_ref().is_none_or(|wanted| *wanted == metric.dimensions)
    };
    let narrowed = input.namespace.is_some() || input.metric_name.is_some() || dimensions.is_some();
    let mut found = tx.list::<StoredDetector>(TABLE)?;
    found.retain(|(_, detector)| match &detector.single_metric_anomaly_detector {
        Some(metric) => single && fits(metric),
        None => math && !narrowed,
    });
    let token = input.next_token.as_deref();
    let (anomaly_detectors, next_token) =
        page(tx, found.into_iter().collect(), Order::Scattered, token, size, invalid_next_token)?;
    Ok(AnomalyDetectors { anomaly_detectors, next_token })
}
