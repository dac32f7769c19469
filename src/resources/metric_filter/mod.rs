//! A metric filter: what of a log group's lines becomes a metric. A child of its group: AWS gives it no tags.

pub mod aws;
pub mod cloudformation;
pub mod spec;
pub mod terraform;
mod written;

use super::child::{Child, ChildRegistry};
use super::kind::{Inherits, KindConfiguration, KindFacts, KindReading};
use super::written::{WritingScope, WrittenPlace};
use super::{Address, Kind, Resource, ResourceTags};
use crate::model::log_pattern::{LogPattern, MetricRule};
use crate::model::{FieldSet, ResourceFields, SpecMap, Target};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A log group names its metric filters of ours.
pub static REGISTRY: ChildRegistry =
    ChildRegistry { parent: Kind::LogGroup, key: "mlopsctl:metric-filters", letters: &[], ends_with_parent: true };

pub static KIND: KindFacts = KindFacts {
    word: "metric_filter",
    section: &spec::SECTION,
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

/// Neither the name of a group nor that of a filter holds it (CloudWatch Logs API reference, PutMetricFilter).
const APART: char = ':';

/// What is counted of a line where the spec says nothing.
const ONE: &str = "1";

/// Mirrors PutMetricFilter in snake case: it replaces the whole, so an absent field is AWS's default.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MetricFilter {
    /// The name of its log group.
    pub log_group: String,
    pub name: String,
    /// Empty: every line.
    pub pattern: String,
    pub metric_name: String,
    pub namespace: String,
    /// A number, or what is selected of a line: `$.latency`, `$bytes`.
    pub value: String,
    pub default_value: Option<f64>,
    /// Dimension to selector.
    pub dimensions: BTreeMap<String, String>,
    pub unit: Option<String>,
    pub apply_on_transformed_logs: bool,
    pub field_selection_criteria: Option<String>,
    /// `@aws.account`, `@aws.region`: a set.
    pub emit_system_field_dimensions: Vec<String>,
}

impl MetricFilter {
    /// `GROUP:FILTER`.
    pub fn name(&self) -> String {
        format!("{}{APART}{}", self.log_group, self.name)
    }

    /// The log group and the filter of such a name.
    pub fn split(name: &str) -> Option<(&str, &str)> {
        name.split_once(APART)
    }

    /// What it makes of a line; `None` where only AWS can tell: a regular expression, a transformed line.
    pub fn rule(&self) -> Option<MetricRule> {
        let pattern: LogPattern = self.pattern.parse().ok().filter(|_| !self.apply_on_transformed_logs)?;
        MetricRule::new(pattern, &self.value, self.dimensions.clone()).ok()
    }

    /// Returns whether a metric with these dimensions can be one that it makes: their values come from the lines.
    pub fn makes(&self, namespace: &str, metric: &str, dimensions: &BTreeMap<String, String>) -> bool {
        let own = self.dimensions.keys().chain(&self.emit_system_field_dimensions);
        let mut own: Vec<&String> = own.collect();
        own.sort();
        self.namespace == namespace && self.metric_name == metric && own.into_iter().eq(dimensions.keys())
    }
}

impl KindConfiguration for MetricFilter {
    fn name(&self) -> String {
        self.name()
    }

    fn written(&self, _: &WritingScope<'_>) -> SpecMap {
        written::written(self)
    }

    fn place(&self) -> WrittenPlace {
        written::place(self)
    }

    fn fields(&self) -> ResourceFields {
        let none = "None".to_owned();
        let unit = self.unit.clone().unwrap_or_else(|| none.clone());
        FieldSet::default()
            .put("pattern", &self.pattern)
            .put("metric_name", &self.metric_name)
            .put("namespace", &self.namespace)
            .put("value", &self.value)
            .put_some("default_value", &self.default_value)
            .put_unless(&BTreeMap::new(), "dimensions", &self.dimensions)
            .put_unless(&none, "unit", &unit)
            .put_unless(&false, "apply_on_transformed_logs", &self.apply_on_transformed_logs)
            .put_some("field_selection_criteria", &self.field_selection_criteria)
            .put_set("emit_system_field_dimensions", &self.emit_system_field_dimensions)
            .done()
    }

    fn tags(&self) -> Option<&ResourceTags> {
        None
    }

    fn tags_mut(&mut self) -> Option<&mut ResourceTags> {
        None
    }

    fn sort(&mut self) {
        self.emit_system_field_dimensions.sort();
        self.emit_system_field_dimensions.dedup();
    }

    fn child(&self) -> Option<Child> {
        Some(Child::new(&REGISTRY, &self.log_group, &self.name))
    }

    fn references(&self, _: &Target) -> Vec<Address> {
        vec![Address::new(Kind::LogGroup, &self.log_group)]
    }

    fn phrase(&self) -> String {
        format!("{} {}", self.namespace, self.metric_name)
    }
}

/// The metric filters among some resources.
pub fn all<'a>(resources: impl IntoIterator<Item = &'a Resource>) -> impl Iterator<Item = &'a MetricFilter> {
    resources.into_iter().filter_map(|resource| match resource {
        Resource::MetricFilter(filter) => Some(filter),
        _ => None,
    })
}

#[cfg(test)]
mod tests;
