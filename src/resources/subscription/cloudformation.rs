//! A subscription in templates: AWS::SNS::Subscription.

use crate::resources::mapping::{ForeignForm, PropertyForm, PropertyMap, TypeMapping};
use crate::resources::topic::cloudformation::{topic_arn, topic_name};

pub static FORM: ForeignForm = ForeignForm::Types(&[TypeMapping {
    type_name: "AWS::SNS::Subscription",
    tables: &[&SUBSCRIPTION, &PROPERTIES],
    part: None,
    split: None,
    names: &[],
    before_parent: false,
}]);

static SUBSCRIPTION: [PropertyMap; 1] = [PropertyMap::converted("topic", "TopicArn", topic_arn, topic_name)];

/// What every subscription has, wherever its fields are kept.
macro_rules! subscription_properties {
    ($under:literal) => {
        [
            PropertyMap::text(concat!($under, "protocol"), "Protocol"),
            PropertyMap::text(concat!($under, "endpoint"), "Endpoint"),
            PropertyMap::new(
                concat!($under, "filter_policy"),
                "FilterPolicy",
                PropertyForm::Document { as_text: false },
            ),
            PropertyMap::text(concat!($under, "filter_policy_scope"), "FilterPolicyScope"),
            PropertyMap::flag(concat!($under, "raw_message_delivery"), "RawMessageDelivery"),
            PropertyMap::new(
                concat!($under, "delivery_policy"),
                "DeliveryPolicy",
                PropertyForm::Document { as_text: false },
            ),
            PropertyMap::new(
                concat!($under, "redrive_policy"),
                "RedrivePolicy",
                PropertyForm::Document { as_text: false },
            ),
            PropertyMap::text(concat!($under, "subscription_role_arn"), "SubscriptionRoleArn"),
            PropertyMap::silent("Arn"),
        ]
    };
}
pub(in crate::resources) use subscription_properties;

static PROPERTIES: [PropertyMap; 9] = subscription_properties!("");
