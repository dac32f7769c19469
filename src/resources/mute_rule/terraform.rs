//! A mute rule in Terraform configuration: aws_cloudwatch_alarm_mute_rule.

use super::cloudformation::{duration, from_duration, from_moment, moment};
use crate::resources::mapping::{ForeignForm, PropertyForm, PropertyMap, TypeMapping};
use crate::resources::terraform::COMPUTED;

pub static FORM: ForeignForm = ForeignForm::Types(&[TypeMapping {
    type_name: "aws_cloudwatch_alarm_mute_rule",
    tables: &[&RULE, &COMPUTED],
    part: None,
    split: None,
    names: &["mute_targets.alarm_names"],
    before_parent: false,
}]);

static RULE: [PropertyMap; 12] = [
    PropertyMap::text("name", "name"),
    PropertyMap::text("description", "description"),
    PropertyMap::text("expression", "rule.schedule.expression"),
    PropertyMap::converted("duration", "rule.schedule.duration", duration, from_duration),
    PropertyMap::text("timezone", "rule.schedule.timezone"),
    PropertyMap::texts("alarms", "mute_targets.alarm_names"),
    PropertyMap::converted("start_date", "start_date", moment, from_moment),
    PropertyMap::converted("expire_date", "expire_date", moment, from_moment),
    PropertyMap::new("tags", "tags", PropertyForm::Map),
    PropertyMap::silent("last_updated_timestamp"),
    PropertyMap::silent("mute_type"),
    PropertyMap::silent("status"),
];
