//! A CloudWatch dashboard. There is one of a name in an account, whatever the region; its widgets are compared one by one.

mod auto;
pub mod aws;
pub mod body;
pub mod cloudformation;
mod fields;
mod hand;
pub mod layout;
pub mod rows;
pub mod spec;
pub mod terraform;
#[cfg(test)]
mod tests;
mod written;

pub use auto::fill;

use super::kind::{ArnForm, ArnScope, Inherits, KindConfiguration, KindFacts, KindReading, own_tags};
use super::written::WritingScope;
use super::{Resource, ResourceTags};
use crate::model::field::canonical;
use crate::model::{ResourceFields, SpecMap};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const ARN: ArnForm = ArnForm { service: "cloudwatch", prefix: "dashboard/", scope: ArnScope::Account };

pub static KIND: KindFacts = KindFacts {
    word: "dashboard",
    section: &spec::SECTION,
    read: Some(|name, layers, scope| Resource::Dashboard(spec::read(name, layers, scope))),
    inherits: Inherits::Nothing,
    arn: Some(ARN),
    tag_type: Some("cloudwatch"),
    reading: KindReading::ByName,
    registry: None,
    immutable: &[],
    returning: &[],
    delete_batch: 1,
    cloudformation: &cloudformation::FORM,
    terraform: &terraform::FORM,
};

/// Mirrors PutDashboard, which replaces the whole.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Dashboard {
    pub name: String,
    /// The body as AWS has it: `widgets`, `start`, `periodOverride`, ...; a text where it is no JSON.
    pub body: Value,
    pub tags: ResourceTags,
}

impl Dashboard {
    /// The regions that its widgets are about.
    pub fn regions(&self) -> BTreeSet<&str> {
        body::widgets(&self.body).filter_map(|widget| widget.text("region")).collect()
    }
}

impl KindConfiguration for Dashboard {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn written(&self, _: &WritingScope<'_>) -> SpecMap {
        written::written(self)
    }

    fn fields(&self) -> ResourceFields {
        fields::of(&self.body)
    }

    own_tags!();

    fn sort(&mut self) {
        self.body = canonical(std::mem::take(&mut self.body));
    }

    fn phrase(&self) -> String {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for widget in body::widgets(&self.body) {
            *counts.entry(widget.kind).or_default() += 1;
        }
        let total: usize = counts.values().sum();
        let kinds: Vec<String> = counts.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        match total {
            0 => "no widgets".to_owned(),
            1 => format!("1 widget: {}", kinds.join(", ")),
            total => format!("{total} widgets: {}", kinds.join(", ")),
        }
    }
}
