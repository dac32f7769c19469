//! How resources are written into a spec, whichever their kind: what surrounds a declaration, where it stands, and the forms that several
//! kinds share. Each kind's own `written.rs` is the inverse of its `spec.rs`.

use super::any_alarm::WarmUp;
use super::{Address, Kind, ResourceTags, mark};
use crate::model::duration::format_seconds;
use crate::model::{SpecMap, SpecValue, Target};
use mlops_cloudwatch::comparison::Comparison;
use std::collections::BTreeSet;

/// What is written beside a declaration, so that it can be named in short.
#[derive(Debug)]
pub struct WritingScope<'a> {
    pub target: &'a Target,
    /// Everything that the file declares.
    pub declared: BTreeSet<&'a Address>,
}

/// Where a declaration stands in the file.
#[derive(Debug, Clone, PartialEq)]
pub enum WrittenPlace {
    /// In the section of its kind, under its name.
    Section,
    /// In its parent's declaration; else, where that has no room for it, in the section of its kind.
    Parent {
        parent: Address,
        /// The keys that lead to it. All but the last have to be there.
        path: &'static [&'static str],
        /// Its name there, where it is one of a map.
        name: Option<String>,
        /// What an item of the section says of it before all else; `None` where the section is a map, of which its own name is the key.
        /// Without a name it is an item of a list at its parent, too; without either it is the only one.
        alone: Option<SpecMap>,
    },
    /// In a list of an entry of its section that stands for nothing else of ours.
    Group {
        name: String,
        /// What the entry says besides.
        head: SpecMap,
        list: &'static str,
    },
}

impl WritingScope<'_> {
    /// Whether the file declares an alarm of whichever kind under the name.
    pub fn has_alarm(&self, name: &str) -> bool {
        Kind::alarms().any(|kind| self.declared.contains(&Address::new(kind, name)))
    }

    /// What an alarm notifies as the file names it: its own topics by name.
    pub fn action(&self, arn: &str) -> String {
        let name = arn.strip_prefix(&self.target.arn("sns", ""));
        let own = name.filter(|name| self.declared.contains(&Address::new(Kind::Topic, *name)));
        own.unwrap_or(arn).to_owned()
    }

    /// The alarms among these that the file does not declare, so that it has to say that they are kept elsewhere.
    pub fn external<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> Vec<String> {
        let foreign = |name: &&str| !self.has_alarm(name) && crate::model::Arn::parse(name).is_none();
        let names: BTreeSet<&str> = names.into_iter().filter(foreign).collect();
        names.into_iter().map(str::to_owned).collect()
    }
}

/// A length of time in the shortest form that is exact.
pub fn duration(seconds: impl Into<i64>) -> SpecValue {
    SpecValue::Text(format_seconds(seconds.into()))
}

/// A number and how a value is compared with it: `"> 5"`, or the two by themselves where the operator has no sign.
pub fn comparison(map: SpecMap, threshold: Option<f64>, operator: Option<&str>) -> SpecMap {
    let sign = operator.and_then(Comparison::from_word).map(Comparison::symbol);
    match (threshold, sign) {
        (Some(threshold), Some(sign)) => map.put("threshold", format!("{sign} {}", number(threshold))),
        (threshold, _) => map.put_some("threshold", threshold).put_some("comparison_operator", operator),
    }
}

/// A number in the shortest form that reads back as the same.
pub fn number(number: f64) -> String {
    let text = format!("{number:?}");
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}

pub fn warm_up(warm_up: Option<&WarmUp>) -> Option<SpecValue> {
    let warm_up = warm_up?;
    let map = SpecMap::default().put("period", duration(i64::from(warm_up.minutes) * 60));
    let waits = warm_up.only_start_evaluating_after.then_some(true);
    Some(map.put_some("only_start_evaluating_after", waits).into())
}

/// The tags that a file can say: neither marks of ours nor what AWS keeps to itself.
pub fn tags(tags: &ResourceTags) -> Option<SpecValue> {
    let mut map = SpecMap::default();
    for (key, value) in sayable(tags) {
        map.set(key, value);
    }
    (!map.is_empty()).then_some(SpecValue::Map(map))
}

/// See `tags`.
pub fn sayable(tags: &ResourceTags) -> impl Iterator<Item = (&String, &String)> {
    tags.iter().filter(|(key, _)| !mark::is_mark(key) && !key.to_ascii_lowercase().starts_with("aws:"))
}

/// Dimensions, or any other map of texts.
pub fn texts<'a>(pairs: impl IntoIterator<Item = (&'a String, &'a String)>) -> Option<SpecValue> {
    let mut map = SpecMap::default();
    for (key, value) in pairs {
        map.set(key, value);
    }
    (!map.is_empty()).then_some(SpecValue::Map(map))
}
