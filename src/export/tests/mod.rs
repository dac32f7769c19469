//! Tests of exports over random specs: `pipeline::tests::random` makes everything that AWS lets a stack be.

mod both_ways;
mod documents;
pub use both_ways::without;
mod marks;

use crate::model::Target;
use crate::pipeline::tests::random;
use crate::plan::ownership;
use crate::resources::{Address, Resource};
use crate::spec::{self, Desired};
use fastrand::Rng;
use std::collections::BTreeMap;

/// The target of random specs.
fn target() -> Target {
    Target::new("123456789012", "us-east-1")
}

/// What the spec of a seed asks for in an account.
pub fn random_desired(seed: u64, account: &str) -> Desired {
    let text = random::spec(&mut Rng::with_seed(seed), "walk").to_string();
    let bound = spec::parse("alarms.yaml", &text).and_then(|spec| spec.bind(&BTreeMap::new())).expect(&text);
    bound.desired(&Target::new(account, target().region), &BTreeMap::new()).expect(&text)
}

/// The same with all marks.
fn random_stack(seed: u64) -> BTreeMap<Address, Resource> {
    let Desired { stack, mut resources, .. } = random_desired(seed, &target().account);
    ownership::mark(&mut resources, &stack);
    ownership::mark_children(&mut resources);
    resources
}
