//! A resource as one of a CloudFormation template, and back. The tables are in each kind's `cloudformation.rs`, after the registry's
//! schemas (AWS::CloudWatch::Alarm, …) as cfn-lint 1.58 has them.

use super::Kind;
use super::foreign::{self, ForeignReading};
use super::mapping::{ForeignForm, TypeMapping};
use crate::model::Target;
use serde_json::Value;

/// Returns the kinds that a type of a template may be, as a whole or as a part; none of a type that mlopsctl does not manage. A
/// subscription is of a topic of the target, or else of somebody else's topic.
pub fn kinds_of(type_name: &str) -> impl Iterator<Item = (Kind, &'static TypeMapping)> {
    let of = move |kind: Kind| match kind.facts().cloudformation {
        ForeignForm::Types(types) => types.iter().find(|mapping| mapping.type_name == type_name),
        ForeignForm::Lacking(_) => None,
    };
    Kind::ALL.into_iter().filter_map(move |kind| Some((kind, of(kind)?)))
}

/// Reads the properties of a resource of a template, with every intrinsic function resolved: a reference to a topic as its ARN. `None`
/// of a type that mlopsctl does not manage.
///
/// A topic's `Subscription` list makes further resources. A TopicPolicy makes topics that have a name and a policy alone, to be joined
/// with the topics of those names (`Topic::join`). A detector does not say of which alarm it is: `AnomalyDetector::claim`
/// does. Properties at AWS's defaults and tags are as they are written.
///
/// # Errors
/// What is wrong with the properties, in words.
pub fn from_template_resource(
    type_name: &str,
    properties: &Value,
    target: &Target,
) -> Option<Result<ForeignReading, String>> {
    Some(foreign::from_first(kinds_of(type_name), properties, target)?.map(|mut reading| {
        super::topic::cloudformation::take_subscriptions(&mut reading, properties);
        reading
    }))
}
