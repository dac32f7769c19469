//! A CloudWatch anomaly detector: how the band is learnt that an alarm watches. It is the alarm's child: AWS gives it no tags, so the
//! alarm's tags say that its settings are ours.

pub mod aws;
pub mod cloudformation;
pub mod spec;
pub mod terraform;
#[cfg(test)]
mod tests;
mod written;

use super::child::{Child, ChildRegistry};
use super::kind::{Inherits, KindConfiguration, KindFacts, KindReading};
use super::written::{WritingScope, WrittenPlace};
use super::{Address, Alarm, Kind, ResourceTags};
use crate::model::{FieldSet, ResourceFields, SpecMap, Target};
use crate::resources::alarm::MetricQuery;
use mlops_cloudwatch::alarm::WatchedSignal;
use mlops_cloudwatch::schedule::minute_text;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// CloudWatch API reference, AnomalyDetectorConfiguration; the one in the middle is AWS's default.
pub const SPEEDS: &[&str] = &["FAST", "NORMAL", "SLOW"];
pub const STRENGTHS: &[&str] = &["MINIMAL", "MODERATE", "STRICT"];
const NORMAL: &str = "NORMAL";
const MODERATE: &str = "MODERATE";

/// An alarm names the detector whose settings are ours.
pub static REGISTRY: ChildRegistry = ChildRegistry {
    parent: Kind::Alarm,
    key: "mlopsctl:detectors",
    letters: &[],
    // Deleting an alarm leaves the model.
    ends_with_parent: false,
};

pub static KIND: KindFacts = KindFacts {
    word: "anomaly_detector",
    section: &spec::SECTION,
    // What it learns is the alarm's to say: it is read once the alarms are.
    read: None,
    inherits: Inherits::Nothing,
    arn: None,
    tag_type: None,
    reading: KindReading::WithParent,
    registry: Some(&REGISTRY),
    immutable: &[],
    returning: &[],
    delete_batch: 1,
    cloudformation: &cloudformation::FORM,
    terraform: &terraform::FORM,
};

/// The settings of PutAnomalyDetector in snake case, which replaces the whole; an absent field is AWS's default.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AnomalyDetector {
    /// The name of the alarm whose band it is.
    pub alarm: String,
    pub learns: LearntSeries,
    /// Times that the model is not to learn from, a set.
    pub excluded_ranges: Vec<ExcludedRange>,
    /// IANA name.
    pub metric_timezone: Option<String>,
    pub adaptation_speed: Option<String>,
    pub outlier_filtering_strength: Option<String>,
    pub periodic_spikes: bool,
}

/// From one moment up to, and without, another: seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ExcludedRange {
    pub start: i64,
    pub end: i64,
}

/// What a detector learns, and its identity at that: one metric with its statistic, or metric math.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum LearntSeries {
    Metric {
        account_id: Option<String>,
        namespace: String,
        metric_name: String,
        #[serde(default)]
        dimensions: BTreeMap<String, String>,
        stat: String,
    },
    /// The queries by id, of which one returns data.
    Math(Vec<MetricQuery>),
}

impl Default for LearntSeries {
    fn default() -> Self {
        LearntSeries::Math(Vec::new())
    }
}

impl LearntSeries {
    /// What the band of an alarm is learnt from; `None` of an alarm that watches none.
    pub fn of(alarm: &Alarm) -> Option<Self> {
        let definition = alarm.definition();
        let WatchedSignal::Band { watched, .. } = definition.signal else { return None };
        let query = alarm.metrics.iter().find(|query| query.id == watched.id)?;
        if let Some(metric) = &query.metric {
            return Some(LearntSeries::Metric {
                account_id: query.account_id.clone(),
                namespace: metric.namespace.clone(),
                metric_name: metric.metric_name.clone(),
                dimensions: metric.dimensions.clone(),
                stat: metric.stat.clone(),
            });
        }
        let others = alarm.metrics.iter().filter(|query| Some(&query.id) != alarm.threshold_metric_id.as_ref());
        let queries = others.map(|other| MetricQuery { return_data: other.id == query.id, ..other.clone() });
        Some(LearntSeries::Math(queries.collect()).in_order())
    }

    /// With its queries in one order.
    pub fn in_order(mut self) -> Self {
        if let LearntSeries::Math(queries) = &mut self {
            queries.sort_by(|a, b| a.id.cmp(&b.id));
        }
        self
    }

    /// The same for equal series, whatever they are of; only a hash of it is kept.
    fn identity(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl AnomalyDetector {
    /// Whether it is as AWS makes it for an alarm that has a band: then nobody has set anything.
    pub fn is_default(&self) -> bool {
        self.fields().is_empty()
    }
}

impl KindConfiguration for AnomalyDetector {
    fn name(&self) -> String {
        self.alarm.clone()
    }

    fn written(&self, _: &WritingScope<'_>) -> SpecMap {
        written::written(self)
    }

    fn place(&self) -> WrittenPlace {
        written::place(self)
    }

    fn fields(&self) -> ResourceFields {
        let moment = |at: i64| minute_text(at) + "Z";
        let range = |range: &ExcludedRange| format!("{}/{}", moment(range.start), moment(range.end));
        let or = |value: &Option<String>, default: &str| value.clone().unwrap_or_else(|| default.to_owned());
        FieldSet::default()
            .put_set("excluded_ranges", &self.excluded_ranges.iter().map(range).collect::<Vec<_>>())
            .put_some("metric_timezone", &self.metric_timezone)
            .put_unless(&NORMAL.to_owned(), "adaptation_speed", &or(&self.adaptation_speed, NORMAL))
            .put_unless(
                &MODERATE.to_owned(),
                "outlier_filtering_strength",
                &or(&self.outlier_filtering_strength, MODERATE),
            )
            .put_unless(&false, "periodic_spikes", &self.periodic_spikes)
            .done()
    }

    fn tags(&self) -> Option<&ResourceTags> {
        None
    }

    fn tags_mut(&mut self) -> Option<&mut ResourceTags> {
        None
    }

    fn sort(&mut self) {
        self.excluded_ranges.sort();
    }

    fn child(&self) -> Option<Child> {
        Some(Child::new(&REGISTRY, &self.alarm, self.learns.identity()))
    }

    fn references(&self, _: &Target) -> Vec<Address> {
        vec![Address::new(Kind::Alarm, &self.alarm)]
    }

    fn phrase(&self) -> String {
        let mut parts = Vec::new();
        match self.excluded_ranges.len() {
            0 => {}
            1 => parts.push("excludes 1 range".to_owned()),
            more => parts.push(format!("excludes {more} ranges")),
        }
        parts.extend(self.metric_timezone.as_ref().map(|zone| format!("in {zone}")));
        let speed = self.adaptation_speed.as_deref().filter(|speed| *speed != NORMAL);
        parts.extend(speed.map(|speed| format!("adapts {speed}")));
        let strength = self.outlier_filtering_strength.as_deref().filter(|strength| *strength != MODERATE);
        parts.extend(strength.map(|strength| format!("filters outliers {strength}")));
        parts.extend(self.periodic_spikes.then(|| "has periodic spikes".to_owned()));
        format!("the band {}", parts.join(", "))
    }
}
