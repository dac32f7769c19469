//! A topic in Terraform configuration: aws_sns_topic.

use crate::resources::mapping::{ForeignForm, PropertyForm, PropertyMap, TypeMapping};

pub static FORM: ForeignForm = ForeignForm::Types(&[TypeMapping {
    type_name: "aws_sns_topic",
    tables: &[&TOPIC],
    part: None,
    split: None,
    names: &[],
    before_parent: false,
}]);

static TOPIC: [PropertyMap; 11] = [
    PropertyMap::text("name", "name"),
    PropertyMap::text("display_name", "display_name"),
    PropertyMap::text("kms_master_key_id", "kms_master_key_id"),
    PropertyMap::new("policy", "policy", PropertyForm::Document { as_text: true }),
    PropertyMap::new("delivery_policy", "delivery_policy", PropertyForm::Document { as_text: true }),
    PropertyMap::flag("fifo", "fifo_topic").where_different(),
    PropertyMap::flag("content_based_deduplication", "content_based_deduplication"),
    PropertyMap::text("fifo_throughput_scope", "fifo_throughput_scope"),
    PropertyMap::text("tracing_config", "tracing_config"),
    // A number there; `1` and `2` are all that there is.
    PropertyMap::text("signature_version", "signature_version"),
    PropertyMap::new("tags", "tags", PropertyForm::Map),
];
