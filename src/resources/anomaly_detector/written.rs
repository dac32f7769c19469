//! The settings of a detector -> `detector` beside the band of its alarm, or `anomaly_detectors.<alarm>`.

use super::{AnomalyDetector, ExcludedRange, MODERATE, NORMAL};
use crate::model::{SpecMap, SpecValue};
use crate::resources::written::WrittenPlace;
use crate::resources::{Address, Kind};
use mlops_cloudwatch::schedule::minute_text;

pub fn written(detector: &AnomalyDetector) -> SpecMap {
    let moment = |at: i64| minute_text(at) + "Z";
    let range =
        |range: &ExcludedRange| SpecMap::default().put("start", moment(range.start)).put("end", moment(range.end));
    let ranges: Vec<SpecMap> = detector.excluded_ranges.iter().map(range).collect();
    SpecMap::default()
        .put_some("excluded_ranges", Some(SpecValue::from(ranges)).filter(|_| !detector.excluded_ranges.is_empty()))
        .put_some("metric_timezone", detector.metric_timezone.as_deref())
        .put_unless(NORMAL, "adaptation_speed", detector.adaptation_speed.as_deref())
        .put_unless(MODERATE, "outlier_filtering_strength", detector.outlier_filtering_strength.as_deref())
        .put_some("periodic_spikes", detector.periodic_spikes.then_some(true))
}

pub fn place(detector: &AnomalyDetector) -> WrittenPlace {
    WrittenPlace::Parent {
        parent: Address::new(Kind::Alarm, &detector.alarm),
        path: &["anomaly", "detector"],
        name: None,
        alone: None,
    }
}
