//! A subscription to somebody else's topic in templates: AWS::SNS::Subscription, as one to a topic of the stack, but for the topic.

use super::ExternalSubscription;
use crate::model::Arn;
use crate::resources::mapping::{ForeignForm, PropertyForm, PropertyMap, TypeMapping};
use crate::resources::subscription::cloudformation::subscription_properties;

pub static FORM: ForeignForm = ForeignForm::Types(&[TypeMapping {
    type_name: "AWS::SNS::Subscription",
    tables: &[&TOPIC, &PROPERTIES],
    part: None,
    split: None,
    names: &[],
    before_parent: false,
}]);

static TOPIC: [PropertyMap; 1] = [PropertyMap::text("topic_arn", "TopicArn")];
static PROPERTIES: [PropertyMap; 9] = subscription_properties!("subscription.");

impl ExternalSubscription {
    /// Takes the topic's name from its ARN: documents have the ARN alone.
    pub fn name_topic(&mut self) {
        let topic = Arn::parse(&self.topic_arn).map_or("", |arn| arn.resource);
        self.subscription.topic = topic.to_owned();
    }
}
