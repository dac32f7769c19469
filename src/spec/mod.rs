use crate::model::Target;
use crate::resources::{Address, FunctionFacts, Resource};
use std::collections::{BTreeMap, BTreeSet};
pub struct Bound;
pub struct Desired {
    pub stack: String,
    pub resources: BTreeMap<Address, Resource>,
    pub implied: BTreeSet<Address>,
}
impl Bound {
    pub fn stack(&self) -> &str {
        ""
    }
    pub fn functions(&self) -> &[String] {
        &[]
    }
    pub fn desired(&self, _t: &Target, _f: &BTreeMap<String, FunctionFacts>) -> anyhow::Result<Desired> {
        anyhow::bail!("x")
    }
}
