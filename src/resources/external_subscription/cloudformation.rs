//! A subscription to somebody else's topic in templates: AWS::SNS::Subscription, as one to a topic of the stack, but for the topic.

use super::ExternalSubscription;
use crate::model::Arn;
use crate::resources::mapping::{ForeignForm, PropertyForm, PropertyMap, TypeMapping};

pub static FORM: ForeignForm = ForeignForm::Types(&[TypeMapping {
    type_name: "AWS::SNS::Subscription",
    tables: &[&SUBSCRIPTION],
    part: None,
    split: None,
    names: &[],
    before_parent: false,
}]);

static SUBSCRIPTION: [PropertyMap; 10] = [
    PropertyMap::text("topic_arn", "TopicArn"),
    PropertyMap::text("subscription.protocol", "Protocol"),
    PropertyMap::text("subscription.endpoint", "Endpoint"),
    PropertyMap::new("subscription.filter_policy", "FilterPolicy", PropertyForm::Document { as_text: false }),
    PropertyMap::text("subscription.filter_policy_scope", "FilterPolicyScope"),
    PropertyMap::flag("subscription.raw_message_delivery", "RawMessageDelivery"),
    PropertyMap::new("subscription.delivery_policy", "DeliveryPolicy", PropertyForm::Document { as_text: false }),
    PropertyMap::new("subscription.redrive_policy", "RedrivePolicy", PropertyForm::Document { as_text: false }),
    PropertyMap::text("subscription.subscription_role_arn", "SubscriptionRoleArn"),
    PropertyMap::silent("Arn"),
];

impl ExternalSubscription {
    /// Takes the topic's name from its ARN: documents have the ARN alone.
    pub fn name_topic(&mut self) {
        let topic = Arn::parse(&self.topic_arn).map_or("", |arn| arn.resource);
        self.subscription.topic = topic.to_owned();
    }
}
