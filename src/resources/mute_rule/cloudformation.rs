//! A mute rule in templates: AWS::CloudWatch::AlarmMuteRule.

use super::spec;
use crate::model::Target;
use crate::resources::mapping::{ForeignForm, PropertyForm, PropertyMap, TypeMapping};
use mlops_cloudwatch::schedule::{iso_duration, iso_seconds, minute_text};
use serde_json::Value;

pub static FORM: ForeignForm = ForeignForm::Types(&[TypeMapping {
    type_name: "AWS::CloudWatch::AlarmMuteRule",
    tables: &[&RULE],
    part: None,
    split: None,
    names: &["MuteTargets.AlarmNames"],
    before_parent: false,
}]);

static RULE: [PropertyMap; 10] = [
    PropertyMap::text("name", "Name"),
    PropertyMap::text("description", "Description"),
    PropertyMap::text("expression", "Rule.Schedule.Expression"),
    PropertyMap::converted("duration", "Rule.Schedule.Duration", duration, from_duration),
    PropertyMap::text("timezone", "Rule.Schedule.Timezone"),
    PropertyMap::texts("alarms", "MuteTargets.AlarmNames"),
    PropertyMap::converted("start_date", "StartDate", moment, from_moment),
    PropertyMap::converted("expire_date", "ExpireDate", moment, from_moment),
    PropertyMap::new("tags", "Tags", PropertyForm::Pairs("Key", "Value")),
    PropertyMap::silent("Arn"),
];

/// ISO 8601, as the API has it: `PT4H`.
pub fn duration(seconds: &Value, _: &Target) -> Option<Value> {
    Some(iso_duration(seconds.as_i64()?).into())
}

pub fn from_duration(text: &Value, _: &Target) -> Option<Value> {
    Some(iso_seconds(text.as_str()?)?.into())
}

/// ISO 8601, as the API has it: `2026-04-15T08:00:00Z`.
pub fn moment(at: &Value, _: &Target) -> Option<Value> {
    Some(format!("{}:00Z", minute_text(at.as_i64()?)).into())
}

pub fn from_moment(text: &Value, _: &Target) -> Option<Value> {
    Some(spec::moment(text.as_str()?)?.into())
}
