//! A subscription to somebody else's topic in Terraform configuration: aws_sns_topic_subscription.

use crate::resources::mapping::{ForeignForm, PropertyForm, PropertyMap, TypeMapping};

pub static FORM: ForeignForm = ForeignForm::Types(&[TypeMapping {
    type_name: "aws_sns_topic_subscription",
    tables: &[&SUBSCRIPTION],
    part: None,
    split: None,
    names: &[],
    before_parent: false,
}]);

static SUBSCRIPTION: [PropertyMap; 9] = [
    PropertyMap::text("topic_arn", "topic_arn"),
    PropertyMap::text("subscription.protocol", "protocol"),
    PropertyMap::text("subscription.endpoint", "endpoint"),
    PropertyMap::new("subscription.filter_policy", "filter_policy", PropertyForm::Document { as_text: true }),
    PropertyMap::text("subscription.filter_policy_scope", "filter_policy_scope"),
    PropertyMap::flag("subscription.raw_message_delivery", "raw_message_delivery"),
    PropertyMap::new("subscription.delivery_policy", "delivery_policy", PropertyForm::Document { as_text: true }),
    PropertyMap::new("subscription.redrive_policy", "redrive_policy", PropertyForm::Document { as_text: true }),
    PropertyMap::text("subscription.subscription_role_arn", "subscription_role_arn"),
];
