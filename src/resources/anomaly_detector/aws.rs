//! Anomaly detectors in CloudWatch: describe, put, delete. AWS makes one by itself for every alarm with a band; such a one, of which
//! nobody has set anything, is nothing that is managed.

use super::{AnomalyDetector, ExcludedRange, LearntSeries};
use crate::aws::{ApiOperation, Aws, AwsError, Class, Repeat};
use crate::model::Target;
use crate::resources::alarm::aws::{dimensions, dimensions_from_sdk, query_from_sdk, query_to_sdk};
use crate::resources::any_alarm::aws::{LIST_TAGS, some_list, text};
use crate::resources::aws::Client;
use crate::resources::{Address, Live, Resource, alarm};
use aws_sdk_cloudwatch::operation::describe_anomaly_detectors::DescribeAnomalyDetectorsOutput;
use aws_sdk_cloudwatch::types as sdk;
use aws_smithy_types::DateTime;

const DESCRIBE: ApiOperation = ApiOperation("cloudwatch", "DescribeAnomalyDetectors");
const PUT: ApiOperation = ApiOperation("cloudwatch", "PutAnomalyDetector");
const DELETE: ApiOperation = ApiOperation("cloudwatch", "DeleteAnomalyDetector");

/// The detector of an alarm's band as it stands; `None` where there is none, or nobody has set anything of it.
async fn read(aws: &Aws, alarm: &str, learns: &LearntSeries) -> Result<Option<Live>, AwsError> {
    let mut found = None;
    let page = |token| {
        // Both types: it answers only those of single metrics where none is named.
        let request = aws.cloudwatch.describe_anomaly_detectors().set_next_token(token);
        let request = request.anomaly_detector_types(sdk::AnomalyDetectorType::SingleMetric);
        let request = request.anomaly_detector_types(sdk::AnomalyDetectorType::MetricMath);
        match learns {
            LearntSeries::Metric { namespace, metric_name, dimensions: of, .. } => {
                request.namespace(namespace).metric_name(metric_name).set_dimensions(some_list(dimensions(of))).send()
            }
            LearntSeries::Math(_) => request.send(),
        }
    };
    let account = aws.target().await?.account;
    let keep = |page: DescribeAnomalyDetectorsOutput| {
        let is_it = |detector: &&sdk::AnomalyDetector| learnt(detector, learns, &account).as_ref() == Some(learns);
        let own = page.anomaly_detectors().iter().find(is_it);
        found = found.take().or(own.map(|own| from_sdk(alarm, learns, own)));
        page.next_token.filter(|_| found.is_none())
    };
    aws.pages(DESCRIBE, page, keep).await?;
    Ok(found.filter(|detector| !detector.is_default()).map(|own| Live::new(Resource::AnomalyDetector(Box::new(own)))))
}

/// What a detector learns. Where the alarm names no account, that of the detector is left out if it is its own.
fn learnt(detector: &sdk::AnomalyDetector, wanted: &LearntSeries, own: &str) -> Option<LearntSeries> {
    let named = matches!(wanted, LearntSeries::Metric { account_id: Some(_), .. });
    if let Some(math) = detector.metric_math_anomaly_detector() {
        let queries = math.metric_data_queries().iter().map(query_from_sdk);
        return Some(LearntSeries::Math(queries.collect()).in_order());
    }
    let single = detector.single_metric_anomaly_detector()?;
    Some(LearntSeries::Metric {
        account_id: single.account_id().filter(|account| named || *account != own).map(str::to_owned),
        namespace: text(single.namespace()),
        metric_name: text(single.metric_name()),
        dimensions: dimensions_from_sdk(single.dimensions()),
        stat: text(single.stat()),
    })
}

fn from_sdk(alarm: &str, learns: &LearntSeries, detector: &sdk::AnomalyDetector) -> AnomalyDetector {
    let configuration = detector.configuration();
    let ranges = configuration.map(|configuration| configuration.excluded_time_ranges()).unwrap_or_default();
    let range =
        |range: &sdk::Range| Some(ExcludedRange { start: range.start_time()?.secs(), end: range.end_time()?.secs() });
    let mut excluded_ranges: Vec<ExcludedRange> = ranges.iter().filter_map(range).collect();
    excluded_ranges.sort();
    let zone = configuration.and_then(|configuration| configuration.metric_timezone());
    AnomalyDetector {
        alarm: alarm.to_owned(),
        learns: learns.clone(),
        excluded_ranges,
        metric_timezone: zone.filter(|zone| !zone.is_empty()).map(str::to_owned),
        adaptation_speed: configuration.and_then(|c| c.adaptation_speed()).map(|speed| speed.as_str().to_owned()),
        outlier_filtering_strength: configuration
            .and_then(|c| c.outlier_filtering_strength())
            .map(|strength| strength.as_str().to_owned()),
        periodic_spikes: detector.metric_characteristics().and_then(|c| c.periodic_spikes()).unwrap_or_default(),
    }
}

/// The identity as PutAnomalyDetector and DeleteAnomalyDetector take it: one of the two.
fn identity(
    learns: &LearntSeries,
) -> (Option<sdk::SingleMetricAnomalyDetector>, Option<sdk::MetricMathAnomalyDetector>) {
    match learns {
        LearntSeries::Metric { account_id, namespace, metric_name, dimensions: of, stat } => {
            let single = sdk::SingleMetricAnomalyDetector::builder()
                .set_account_id(account_id.clone())
                .namespace(namespace)
                .metric_name(metric_name)
                .set_dimensions(some_list(dimensions(of)))
                .stat(stat);
            (Some(single.build()), None)
        }
        LearntSeries::Math(queries) => {
            let queries = queries.iter().map(query_to_sdk).collect();
            let math = sdk::MetricMathAnomalyDetector::builder().set_metric_data_queries(Some(queries));
            (None, Some(math.build()))
        }
    }
}

/// Everything is sent, also what is AWS's default: whether what is left out goes back to it is not documented.
async fn put(aws: &Aws, detector: &AnomalyDetector) -> Result<(), AwsError> {
    let request = || {
        let range = |range: &ExcludedRange| {
            let (start, end) = (DateTime::from_secs(range.start), DateTime::from_secs(range.end));
            sdk::Range::builder().start_time(start).end_time(end).build()
        };
        let word = |value: &Option<String>, default: &str| value.clone().unwrap_or_else(|| default.to_owned());
        let (speed, strength) = (&detector.adaptation_speed, &detector.outlier_filtering_strength);
        let configuration = sdk::AnomalyDetectorConfiguration::builder()
            .set_excluded_time_ranges(Some(detector.excluded_ranges.iter().map(range).collect()))
            .set_metric_timezone(detector.metric_timezone.clone())
            .adaptation_speed(word(speed, super::NORMAL).as_str().into())
            .outlier_filtering_strength(word(strength, super::MODERATE).as_str().into());
        let characteristics = sdk::MetricCharacteristics::builder().periodic_spikes(detector.periodic_spikes);
        let (single, math) = identity(&detector.learns);
        aws.cloudwatch
            .put_anomaly_detector()
            .set_single_metric_anomaly_detector(single)
            .set_metric_math_anomaly_detector(math)
            .configuration(configuration.build())
            .metric_characteristics(characteristics.build())
            .send()
    };
    aws.call(PUT, Repeat::Safe, request).await.map(drop)
}

impl Client for AnomalyDetector {
    const TAGS: ApiOperation = LIST_TAGS;

    const PUT: ApiOperation = PUT;
    const DELETE: ApiOperation = DELETE;
    const UNTAG: ApiOperation = PUT;

    /// That of the desired settings, and that of the band that the alarm has now.
    async fn children(
        aws: &Aws,
        parent: &Address,
        live: Option<&Live>,
        desired: &[&Resource],
    ) -> Result<Vec<Live>, AwsError> {
        let of_desired = desired.iter().find_map(|resource| match resource {
            Resource::AnomalyDetector(detector) => Some(detector.learns.clone()),
            _ => None,
        });
        let of_live = || match live.map(|live| &live.resource) {
            Some(Resource::Alarm(alarm)) => LearntSeries::of(alarm),
            _ => None,
        };
        let Some(learns) = of_desired.or_else(of_live) else { return Ok(Vec::new()) };
        Ok(read(aws, &parent.name, &learns).await?.into_iter().collect())
    }

    async fn put(&self, aws: &Aws) -> Result<(), AwsError> {
        put(aws, self).await
    }

    /// Its name does not say what it learns: see `delete_child`.
    async fn delete(_: &Aws, _: &Target, names: &[String]) -> Vec<Result<(), AwsError>> {
        let unnamed = || AwsError::unexpected(DELETE, "a detector is not deleted by its name");
        names.iter().map(|_| Err(unnamed())).collect()
    }

    /// Where an alarm that stays watches its band, it is set back to what AWS makes by itself.
    async fn delete_child(&self, aws: &Aws, _: &Target, _: &str, parent_ends: bool) -> Result<(), AwsError> {
        let uses = |live: &Live| match &live.resource {
            Resource::Alarm(other) => {
                let ends = parent_ends && other.name == self.alarm;
                !ends && LearntSeries::of(other).as_ref() == Some(&self.learns)
            }
            _ => false,
        };
        if alarm::aws::list(aws).await?.iter().any(uses) {
            let plain = AnomalyDetector { learns: self.learns.clone(), ..AnomalyDetector::default() };
            return put(aws, &plain).await;
        }
        let request = || {
            let (single, math) = identity(&self.learns);
            aws.cloudwatch
                .delete_anomaly_detector()
                .set_single_metric_anomaly_detector(single)
                .set_metric_math_anomaly_detector(math)
                .send()
        };
        match aws.call(DELETE, Repeat::Safe, request).await {
            Err(error) if error.is(Class::NotFound) => Ok(()),
            answer => answer.map(drop),
        }
    }
}
