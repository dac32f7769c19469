//! An anomaly detector in templates: AWS::CloudWatch::AnomalyDetector, which names no alarm.

use super::AnomalyDetector;
use super::LearntSeries;
use crate::model::Target;
use crate::resources::Alarm;
use crate::resources::alarm::cloudformation::QUERY;
use crate::resources::mapping::{ForeignForm, PropertyForm, PropertyMap, TypeMapping};
use crate::resources::mute_rule::cloudformation::from_moment;
use mlops_cloudwatch::schedule::minute_text;
use serde_json::Value;

pub static FORM: ForeignForm = ForeignForm::Types(&[TypeMapping {
    type_name: "AWS::CloudWatch::AnomalyDetector",
    tables: &[&DETECTOR],
    part: None,
    split: None,
    names: &[],
    before_parent: true,
}]);

const NO_SETTING: &str = "AWS::CloudWatch::AnomalyDetector has no such property";

static DETECTOR: [PropertyMap; 16] = [
    PropertyMap::text("learns.Metric.account_id", "SingleMetricAnomalyDetector.AccountId"),
    PropertyMap::text("learns.Metric.namespace", "SingleMetricAnomalyDetector.Namespace"),
    PropertyMap::text("learns.Metric.metric_name", "SingleMetricAnomalyDetector.MetricName"),
    PropertyMap::new(
        "learns.Metric.dimensions",
        "SingleMetricAnomalyDetector.Dimensions",
        PropertyForm::Pairs("Name", "Value"),
    ),
    PropertyMap::text("learns.Metric.stat", "SingleMetricAnomalyDetector.Stat"),
    // The older spelling of the same.
    PropertyMap::text("learns.Metric.namespace", "Namespace").only_read(),
    PropertyMap::text("learns.Metric.metric_name", "MetricName").only_read(),
    PropertyMap::new("learns.Metric.dimensions", "Dimensions", PropertyForm::Pairs("Name", "Value")).only_read(),
    PropertyMap::text("learns.Metric.stat", "Stat").only_read(),
    PropertyMap::new("learns.Math", "MetricMathAnomalyDetector.MetricDataQueries", PropertyForm::Each(&QUERY)),
    PropertyMap::new("excluded_ranges", "Configuration.ExcludedTimeRanges", PropertyForm::Each(&RANGE)),
    PropertyMap::text("metric_timezone", "Configuration.MetricTimeZone"),
    PropertyMap::flag("periodic_spikes", "MetricCharacteristics.PeriodicSpikes"),
    PropertyMap::lacking("adaptation_speed", NO_SETTING),
    PropertyMap::lacking("outlier_filtering_strength", NO_SETTING),
    PropertyMap::silent("Id"),
];

static RANGE: [PropertyMap; 2] = [
    PropertyMap::converted("start", "StartTime", moment, from_moment),
    PropertyMap::converted("end", "EndTime", moment, from_moment),
];

/// `yyyy-MM-dd'T'HH:mm:ss`, in UTC (CloudFormation template reference, AnomalyDetector Range).
fn moment(at: &Value, _: &Target) -> Option<Value> {
    Some(format!("{}:00", minute_text(at.as_i64()?)).into())
}

impl AnomalyDetector {
    /// Says of which alarm it is: the first whose band it learns; whether there is one.
    pub fn claim<'a>(&mut self, alarms: impl IntoIterator<Item = &'a Alarm>) -> bool {
        let own = self.learns.clone().in_order();
        let mut alarms = alarms.into_iter();
        let found = alarms.find(|alarm| LearntSeries::of(alarm).is_some_and(|learns| learns.in_order() == own));
        self.alarm = found.map(|alarm| alarm.name.clone()).unwrap_or_default();
        found.is_some()
    }
}
