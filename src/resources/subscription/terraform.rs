//! A subscription in Terraform configuration: aws_sns_topic_subscription.

use crate::resources::mapping::{ForeignForm, PropertyForm, PropertyMap, TypeMapping};
use crate::resources::topic::cloudformation::{topic_arn, topic_name};

pub static FORM: ForeignForm = ForeignForm::Types(&[TypeMapping {
    type_name: "aws_sns_topic_subscription",
    tables: &[&SUBSCRIPTION],
    part: None,
    split: None,
    names: &[],
    before_parent: false,
}]);

static SUBSCRIPTION: [PropertyMap; 9] = [
    PropertyMap::converted("topic", "topic_arn", topic_arn, topic_name),
    PropertyMap::text("protocol", "protocol"),
    PropertyMap::text("endpoint", "endpoint"),
    PropertyMap::new("filter_policy", "filter_policy", PropertyForm::Document { as_text: true }),
    PropertyMap::text("filter_policy_scope", "filter_policy_scope"),
    PropertyMap::flag("raw_message_delivery", "raw_message_delivery"),
    PropertyMap::new("delivery_policy", "delivery_policy", PropertyForm::Document { as_text: true }),
    PropertyMap::new("redrive_policy", "redrive_policy", PropertyForm::Document { as_text: true }),
    PropertyMap::text("subscription_role_arn", "subscription_role_arn"),
];
