//! Anomaly detectors: made by alarms with a band, set, found by type, deleted.

use super::*;
use aws_sdk_cloudwatch::types::{
    AnomalyDetectorAdaptationSpeed, AnomalyDetectorConfiguration, AnomalyDetectorType, Metric, MetricDataQuery,
    MetricStat, SingleMetricAnomalyDetector,
};

#[tokio::test(start_paused = true)]
async fn an_alarm_with_a_band_makes_its_detector_and_keeps_what_is_set() {
    let client = client();
    let band = || {
        let metric = Metric::builder().namespace("N").metric_name("Latency").build();
        let stat = MetricStat::builder().metric(metric).stat("p90").period(60).build();
        let watched = MetricDataQuery::builder().id("m1").metric_stat(stat).return_data(true).build();
        let band = MetricDataQuery::builder().id("band").expression("ANOMALY_DETECTION_BAND(m1, 2)").return_data(true);
        let alarm = client.put_metric_alarm().alarm_name("slow").metrics(watched).metrics(band.build());
        let alarm = alarm.threshold_metric_id("band").evaluation_periods(1);
        alarm.comparison_operator(ComparisonOperator::GreaterThanUpperThreshold).send()
    };
    band().await.unwrap();
    let all = client.describe_anomaly_detectors().send().await.unwrap();
    assert_eq!(all.anomaly_detectors().len(), 1);
    let learns = || SingleMetricAnomalyDetector::builder().namespace("N").metric_name("Latency").stat("p90").build();
    let fast = AnomalyDetectorConfiguration::builder().adaptation_speed(AnomalyDetectorAdaptationSpeed::Fast).build();
    let put = client.put_anomaly_detector().single_metric_anomaly_detector(learns()).configuration(fast);
    put.send().await.unwrap();
    band().await.unwrap();
    let found = client.describe_anomaly_detectors().namespace("N").send().await.unwrap();
    let configuration = found.anomaly_detectors()[0].configuration().unwrap();
    assert_eq!(configuration.adaptation_speed(), Some(&AnomalyDetectorAdaptationSpeed::Fast));
    let math = client.describe_anomaly_detectors().anomaly_detector_types(AnomalyDetectorType::MetricMath);
    assert!(math.send().await.unwrap().anomaly_detectors().is_empty());
    let delete = || client.delete_anomaly_detector().single_metric_anomaly_detector(learns()).send();
    delete().await.unwrap();
    assert!(delete().await.unwrap_err().into_service_error().is_resource_not_found_exception());
}
