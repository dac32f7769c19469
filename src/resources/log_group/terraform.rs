//! A log group in Terraform configuration: aws_cloudwatch_log_group.

use crate::resources::mapping::{ForeignForm, PropertyForm, PropertyMap, TypeMapping};
use crate::resources::terraform::COMPUTED;

pub static FORM: ForeignForm = ForeignForm::Types(&[TypeMapping {
    type_name: "aws_cloudwatch_log_group",
    tables: &[&GROUP, &COMPUTED],
    part: None,
    split: None,
    names: &[],
    before_parent: false,
}]);

static GROUP: [PropertyMap; 7] = [
    PropertyMap::text("name", "name"),
    PropertyMap::number("retention_in_days", "retention_in_days"),
    PropertyMap::text("log_group_class", "log_group_class"),
    PropertyMap::text("kms_key_id", "kms_key_id"),
    PropertyMap::flag("deletion_protection", "deletion_protection_enabled"),
    PropertyMap::new("tags", "tags", PropertyForm::Map),
    PropertyMap::silent("name_prefix"),
];
