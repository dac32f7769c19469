//! A composite alarm in Terraform configuration: aws_cloudwatch_composite_alarm.

use crate::resources::any_alarm::terraform::ACTIONS;
use crate::resources::mapping::{ForeignForm, PropertyMap, TypeMapping};
use crate::resources::terraform::COMPUTED;

pub static FORM: ForeignForm = ForeignForm::Types(&[TypeMapping {
    type_name: "aws_cloudwatch_composite_alarm",
    tables: &[&COMPOSITE, &ACTIONS, &COMPUTED],
    part: None,
    split: None,
    names: &["actions_suppressor.alarm"],
    before_parent: false,
}]);

static COMPOSITE: [PropertyMap; 6] = [
    PropertyMap::text("name", "alarm_name"),
    PropertyMap::text("description", "alarm_description"),
    PropertyMap::text("alarm_rule", "alarm_rule"),
    PropertyMap::text("suppressor.alarm", "actions_suppressor.alarm"),
    PropertyMap::number("suppressor.wait_period", "actions_suppressor.wait_period"),
    PropertyMap::number("suppressor.extension_period", "actions_suppressor.extension_period"),
];
