//! A topic in Terraform configuration: aws_sns_topic, and aws_sns_topic_policy where its policy is kept apart.

use super::cloudformation::{topic_arn, topic_name};
use crate::resources::mapping::{ForeignForm, PropertyForm, PropertyMap, TypeMapping};
use crate::resources::terraform::COMPUTED;

pub static FORM: ForeignForm = ForeignForm::Types(&[
    TypeMapping {
        type_name: "aws_sns_topic",
        tables: &[&TOPIC, &COMPUTED],
        part: None,
        split: None,
        names: &[],
        before_parent: false,
    },
    // Read alone: a topic's own argument says the same.
    TypeMapping {
        type_name: "aws_sns_topic_policy",
        tables: &[&POLICY, &COMPUTED],
        part: Some(NEVER),
        split: None,
        names: &[],
        before_parent: false,
    },
]);

/// No field.
const NEVER: &str = "-";

static TOPIC: [PropertyMap; 15] = [
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
    PropertyMap::silent("name_prefix"),
    PropertyMap::silent("owner"),
    PropertyMap::silent("beginning_archive_time"),
    PropertyMap::silent_at("maximum_message_size", "262144"),
];

static POLICY: [PropertyMap; 3] = [
    PropertyMap::converted("name", "arn", topic_arn, topic_name),
    PropertyMap::new("policy", "policy", PropertyForm::Document { as_text: true }),
    PropertyMap::silent("owner"),
];
