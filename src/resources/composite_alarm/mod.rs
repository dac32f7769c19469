//! A CloudWatch composite alarm: a rule over the states of other alarms.

pub mod aws;
pub mod cloudformation;
pub mod cycle;
pub mod spec;
pub mod terraform;
mod written;

use super::any_alarm::Actions;
use super::kind::{
    ArnForm, ArnScope, Inherits, KindConfiguration, KindFacts, KindReading, alarm_by_name, own_tags, topics_of,
};
use super::written::WritingScope;
use super::{Address, Resource, ResourceTags};
use crate::model::{Arn, FieldSet, ResourceFields, SpecMap, Target};
use mlops_cloudwatch::rule;
use serde::{Deserialize, Serialize};

/// Mirrors PutCompositeAlarm in snake case; an absent field is AWS's default.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CompositeAlarm {
    pub name: String,
    pub description: Option<String>,
    pub actions: Actions,
    pub alarm_rule: String,
    pub suppressor: Option<Suppressor>,
    pub tags: ResourceTags,
}

/// The alarm that silences the composite's actions; both periods in seconds, both required by AWS.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suppressor {
    /// Name or ARN.
    pub alarm: String,
    pub wait_period: i32,
    pub extension_period: i32,
}

impl CompositeAlarm {
    /// The alarms it depends on, by name or ARN: those of its rule and its suppressor.
    pub fn children(&self) -> Vec<String> {
        let rule = rule::parse(&self.alarm_rule);
        let named = rule.iter().flat_map(rule::AlarmRule::alarms).map(str::to_owned);
        named.chain(self.suppressor.iter().map(|s| s.alarm.clone())).collect()
    }

    /// The names of the alarms that its rule and its suppressor refer to: either may give an ARN, of an alarm of the same account and
    /// region (CloudWatch API reference, PutCompositeAlarm).
    pub fn referred(&self) -> Vec<String> {
        let name = |child: String| {
            let of_arn = Arn::parse(&child).and_then(|arn| arn.resource.strip_prefix("alarm:").map(str::to_owned));
            of_arn.unwrap_or(child)
        };
        self.children().into_iter().map(name).collect()
    }

    pub fn fields(&self) -> ResourceFields {
        let suppressor = self.suppressor.as_ref();
        self.actions
            .put_fields(FieldSet::default())
            .put_some("description", &self.description)
            .put("alarm_rule", rule::canonical(&self.alarm_rule))
            .put_some("actions_suppressor", &suppressor.map(|s| &s.alarm))
            .put_some("actions_suppressor_wait_period", &suppressor.map(|s| s.wait_period))
            .put_some("actions_suppressor_extension_period", &suppressor.map(|s| s.extension_period))
            .done()
    }
}

pub static KIND: KindFacts = KindFacts {
    word: "composite_alarm",
    section: &spec::SECTION,
    read: Some(|name, layers, scope| Resource::CompositeAlarm(spec::read(name, layers, scope))),
    inherits: Inherits::Everything,
    arn: Some(ArnForm { service: "cloudwatch", prefix: "alarm:", scope: ArnScope::Region }),
    tag_type: Some("cloudwatch"),
    reading: KindReading::AsAlarm,
    registry: None,
    immutable: &[],
    returning: &[],
    // One call deletes one composite alarm (CloudWatch API reference, DeleteAlarms).
    delete_batch: 1,
    cloudformation: &cloudformation::FORM,
    terraform: &terraform::FORM,
};

impl KindConfiguration for CompositeAlarm {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn written(&self, scope: &WritingScope<'_>) -> SpecMap {
        written::written(self, scope)
    }

    fn fields(&self) -> ResourceFields {
        self.fields()
    }

    own_tags!();

    fn sort(&mut self) {
        self.actions.sort();
    }

    fn actions(&self) -> Option<&Actions> {
        Some(&self.actions)
    }

    fn actions_mut(&mut self) -> Option<&mut Actions> {
        Some(&mut self.actions)
    }

    fn references(&self, target: &Target) -> Vec<Address> {
        let children = self.children().into_iter().flat_map(|child| alarm_by_name(&child, target));
        topics_of(&self.actions, target).into_iter().chain(children).collect()
    }
}
