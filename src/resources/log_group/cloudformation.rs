//! A log group in templates: AWS::Logs::LogGroup. That it is to be kept is its tag's to say, and its `DeletionPolicy`.

use crate::resources::mapping::{ForeignForm, PropertyForm, PropertyMap, TypeMapping};

pub static FORM: ForeignForm = ForeignForm::Types(&[TypeMapping {
    type_name: "AWS::Logs::LogGroup",
    tables: &[&GROUP],
    part: None,
    split: None,
    names: &[],
    before_parent: false,
}]);

static GROUP: [PropertyMap; 7] = [
    PropertyMap::text("name", "LogGroupName"),
    // None: the events never expire.
    PropertyMap::number("retention_in_days", "RetentionInDays"),
    PropertyMap::text("log_group_class", "LogGroupClass"),
    PropertyMap::text("kms_key_id", "KmsKeyId"),
    PropertyMap::flag("deletion_protection", "DeletionProtectionEnabled"),
    PropertyMap::new("tags", "Tags", PropertyForm::Pairs("Key", "Value")),
    PropertyMap::silent("Arn"),
];
