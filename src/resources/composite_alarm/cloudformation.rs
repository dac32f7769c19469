//! A composite alarm in templates: AWS::CloudWatch::CompositeAlarm.

use crate::resources::any_alarm::cloudformation::{ACTIONS, TAGS};
use crate::resources::mapping::{ForeignForm, PropertyMap, TypeMapping};

pub static FORM: ForeignForm = ForeignForm::Types(&[TypeMapping {
    type_name: "AWS::CloudWatch::CompositeAlarm",
    tables: &[&COMPOSITE, &ACTIONS, &TAGS],
    part: None,
    split: None,
    names: &["ActionsSuppressor"],
    before_parent: false,
}]);

static COMPOSITE: [PropertyMap; 7] = [
    PropertyMap::text("name", "AlarmName"),
    PropertyMap::text("description", "AlarmDescription"),
    PropertyMap::text("alarm_rule", "AlarmRule"),
    PropertyMap::text("suppressor.alarm", "ActionsSuppressor"),
    PropertyMap::number("suppressor.wait_period", "ActionsSuppressorWaitPeriod"),
    PropertyMap::number("suppressor.extension_period", "ActionsSuppressorExtensionPeriod"),
    PropertyMap::silent("Arn"),
];
