//! A subscription in Terraform configuration: aws_sns_topic_subscription.

use crate::resources::mapping::{ForeignForm, PropertyForm, PropertyMap, TypeMapping};
use crate::resources::terraform::COMPUTED;
use crate::resources::topic::cloudformation::{topic_arn, topic_name};

pub static FORM: ForeignForm = ForeignForm::Types(&[TypeMapping {
    type_name: "aws_sns_topic_subscription",
    tables: &[&SUBSCRIPTION, &ARGUMENTS, &COMPUTED],
    part: None,
    split: None,
    names: &[],
    before_parent: false,
}]);

static SUBSCRIPTION: [PropertyMap; 1] = [PropertyMap::converted("topic", "topic_arn", topic_arn, topic_name)];

/// What every subscription has, wherever its fields are kept.
macro_rules! subscription_arguments {
    ($under:literal) => {
        [
            PropertyMap::text(concat!($under, "protocol"), "protocol"),
            PropertyMap::text(concat!($under, "endpoint"), "endpoint"),
            PropertyMap::new(
                concat!($under, "filter_policy"),
                "filter_policy",
                PropertyForm::Document { as_text: true },
            ),
            PropertyMap::text(concat!($under, "filter_policy_scope"), "filter_policy_scope"),
            PropertyMap::flag(concat!($under, "raw_message_delivery"), "raw_message_delivery"),
            PropertyMap::new(
                concat!($under, "delivery_policy"),
                "delivery_policy",
                PropertyForm::Document { as_text: true },
            ),
            PropertyMap::new(
                concat!($under, "redrive_policy"),
                "redrive_policy",
                PropertyForm::Document { as_text: true },
            ),
            PropertyMap::text(concat!($under, "subscription_role_arn"), "subscription_role_arn"),
            // How the provider waits for the endpoint, and what came of it.
            PropertyMap::silent("confirmation_timeout_in_minutes"),
            PropertyMap::silent("confirmation_was_authenticated"),
            PropertyMap::silent("endpoint_auto_confirms"),
            PropertyMap::silent("owner_id"),
            PropertyMap::silent("pending_confirmation"),
        ]
    };
}
pub(in crate::resources) use subscription_arguments;

static ARGUMENTS: [PropertyMap; 13] = subscription_arguments!("");
