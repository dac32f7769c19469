//! Tests of exports over random specs: `pipeline::tests::random` makes everything that AWS lets a stack be.

mod both_ways;

use crate::model::Target;
use crate::pipeline::tests::random;
use crate::plan::ownership;
use crate::resources::{Address, Resource};
use crate::spec;
use fastrand::Rng;
use std::collections::BTreeMap;

/// The target of random specs.
fn target() -> Target {
    Target::new("123456789012", "us-east-1")
}

/// What the spec of a seed asks for, with all marks.
fn random_stack(seed: u64) -> BTreeMap<Address, Resource> {
    let text = random::spec(&mut Rng::with_seed(seed), "walk").to_string();
    let bound = spec::parse("alarms.yaml", &text).and_then(|spec| spec.bind(&BTreeMap::new())).expect(&text);
    let mut desired = bound.desired(&target(), &BTreeMap::new()).expect(&text).resources;
    ownership::mark(&mut desired, bound.stack());
    ownership::mark_children(&mut desired);
    desired
}
