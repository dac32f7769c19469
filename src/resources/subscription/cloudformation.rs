//! A subscription in templates: AWS::SNS::Subscription.

use crate::resources::mapping::{ForeignForm, PropertyForm, PropertyMap, TypeMapping};
use crate::resources::topic::cloudformation::{topic_arn, topic_name};

pub static FORM: ForeignForm = ForeignForm::Types(&[TypeMapping {
    type_name: "AWS::SNS::Subscription",
    tables: &[&SUBSCRIPTION],
    part: None,
    split: None,
    names: &[],
    before_parent: false,
}]);

static SUBSCRIPTION: [PropertyMap; 10] = [
    PropertyMap::converted("topic", "TopicArn", topic_arn, topic_name),
    PropertyMap::text("protocol", "Protocol"),
    PropertyMap::text("endpoint", "Endpoint"),
    PropertyMap::new("filter_policy", "FilterPolicy", PropertyForm::Document { as_text: false }),
    PropertyMap::text("filter_policy_scope", "FilterPolicyScope"),
    PropertyMap::flag("raw_message_delivery", "RawMessageDelivery"),
    PropertyMap::new("delivery_policy", "DeliveryPolicy", PropertyForm::Document { as_text: false }),
    PropertyMap::new("redrive_policy", "RedrivePolicy", PropertyForm::Document { as_text: false }),
    PropertyMap::text("subscription_role_arn", "SubscriptionRoleArn"),
    PropertyMap::silent("Arn"),
];
