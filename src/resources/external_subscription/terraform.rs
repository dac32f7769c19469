//! A subscription to somebody else's topic in Terraform configuration: aws_sns_topic_subscription.

use crate::resources::mapping::{ForeignForm, PropertyForm, PropertyMap, TypeMapping};
use crate::resources::subscription::terraform::subscription_arguments;
use crate::resources::terraform::COMPUTED;

pub static FORM: ForeignForm = ForeignForm::Types(&[TypeMapping {
    type_name: "aws_sns_topic_subscription",
    tables: &[&TOPIC, &ARGUMENTS, &COMPUTED],
    part: None,
    split: None,
    names: &[],
    before_parent: false,
}]);

static TOPIC: [PropertyMap; 1] = [PropertyMap::text("topic_arn", "topic_arn")];
static ARGUMENTS: [PropertyMap; 13] = subscription_arguments!("subscription.");
