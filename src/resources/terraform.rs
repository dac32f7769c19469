//! A resource as one of Terraform's AWS provider, and back. The tables are in each kind's `terraform.rs`, after provider 6.69. Blocks that
//! there is one of are objects, as Terraform's JSON syntax takes them; state and plans have them as lists of one (`state`).

// Reading is for imports.
#![allow(dead_code)]

pub mod state;

use super::Kind;
use super::foreign::{self, ForeignReading};
use super::mapping::{ForeignForm, PropertyMap, TypeMapping};
use crate::model::Target;
use serde_json::Value;

/// What the provider says of a resource itself, of every type. An import reads from `arn` and `region` where it is.
pub static COMPUTED: [PropertyMap; 4] = [
    PropertyMap::silent("arn"),
    PropertyMap::silent("id"),
    PropertyMap::silent("region"),
    PropertyMap::silent("tags_all"),
];

/// Returns the kinds that a resource type may be; none of a type that mlopsctl does not manage.
pub fn kinds_of(type_name: &str) -> impl Iterator<Item = (Kind, &'static TypeMapping)> {
    let of = move |kind: Kind| match kind.facts().terraform {
        ForeignForm::Types(types) => types.iter().find(|mapping| mapping.type_name == type_name),
        ForeignForm::Lacking(_) => None,
    };
    Kind::ALL.into_iter().filter_map(move |kind| Some((kind, of(kind)?)))
}

/// Whether a type has an argument that some field carries.
pub fn is_argument(type_name: &str, name: &str) -> bool {
    let first = |map: &PropertyMap| map.property.split('.').next() == Some(name) && !map.field.is_empty();
    kinds_of(type_name).any(|(_, mapping)| mapping.tables.iter().flat_map(|table| table.iter()).any(first))
}

/// Whether an argument holds the name of its resource.
pub fn is_name(type_name: &str, name: &str) -> bool {
    let holds = |map: &PropertyMap| map.property == name && map.field == "name";
    kinds_of(type_name).any(|(_, mapping)| mapping.tables.iter().flat_map(|table| table.iter()).any(holds))
}

/// Reads the arguments of a resource, with every expression evaluated; `None` of a type that mlopsctl does not manage.
///
/// # Errors
/// What is wrong with the arguments, in words.
pub fn from_arguments(type_name: &str, arguments: &Value, target: &Target) -> Option<Result<ForeignReading, String>> {
    foreign::from_first(kinds_of(type_name), arguments, target)
}
