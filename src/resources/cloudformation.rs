//! A resource as one of a CloudFormation template, and back. The tables are in each kind's `cloudformation.rs`, after the registry's
//! schemas (AWS::CloudWatch::Alarm, …) as cfn-lint 1.58 has them.

// Reading is for imports.
#![allow(dead_code)]

use super::foreign::{self, ForeignReading, ForeignResources};
use super::mapping::{ForeignForm, TypeMapping};
use super::{Kind, Resource};
use crate::model::Target;
use serde_json::Value;

/// Returns a resource as templates have it: names and ARNs are written out.
///
/// # Errors
/// Why CloudFormation has no such resource.
pub fn to_template_resource(resource: &Resource, target: &Target) -> Result<ForeignResources, &'static str> {
    foreign::to_foreign(resource.kind().facts().cloudformation, resource, target)
}

/// Returns the kind that a type of a template is, as a whole or as a part; `None` of a type that mlopsctl does not manage.
pub fn kind_of(type_name: &str) -> Option<(Kind, &'static TypeMapping)> {
    let of = |kind: Kind| match kind.facts().cloudformation {
        ForeignForm::Types(types) => types.iter().find(|mapping| mapping.type_name == type_name),
        ForeignForm::Lacking(_) => None,
    };
    Kind::ALL.into_iter().find_map(|kind| Some((kind, of(kind)?)))
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
    let (kind, mapping) = kind_of(type_name)?;
    Some(foreign::from_foreign(kind, mapping, properties, target).map(|mut reading| {
        super::topic::cloudformation::take_subscriptions(&mut reading, properties);
        reading
    }))
}
