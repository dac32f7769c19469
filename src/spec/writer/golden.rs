//! Alarms that are what `golden_signals` makes of their function, field for field: the function is written instead of them.

use super::Declarations;
use crate::model::node::Span;
use crate::model::writing::{SpecMap, SpecValue};
use crate::model::{Layers, Target};
use crate::resources::any_alarm::Actions;
use crate::resources::scope::DeclarationScope;
use crate::resources::{Address, Alarm, FunctionFacts, Kind, Resource, ResourceTags, alarm};
use crate::spec::presets;
use crate::spec::written::{Value, node, text};
use std::collections::{BTreeMap, BTreeSet};

/// What a golden signal can be told beside what its preset says, and what says nobody did.
pub const BESIDE: [(&str, NeutralValue); 4] = [
    ("notify", || SpecValue::List(Vec::new())),
    ("actions_enabled", || true.into()),
    ("propagate_tags", || false.into()),
    ("tags", || SpecMap::default().into()),
];

/// Makes what says that nothing is said.
pub type NeutralValue = fn() -> SpecValue;

/// The functions whose alarms were folded, and these.
#[derive(Debug, Default)]
pub struct GoldenFold {
    pub functions: BTreeMap<String, SpecMap>,
    /// The names of the alarms of each.
    pub alarms: BTreeMap<String, Vec<String>>,
    pub folded: BTreeSet<Address>,
}

/// Takes the alarms of golden signals out of the declarations.
pub fn fold(
    declarations: &mut Declarations,
    resources: &BTreeMap<Address, Resource>,
    functions: &BTreeMap<String, FunctionFacts>,
    target: &Target,
) -> GoldenFold {
    let mut fold = GoldenFold::default();
    for (function, facts) in functions {
        let made = made(function, facts, target);
        let is_one = |preset: &Alarm| match resources.get(&Address::new(Kind::Alarm, &preset.name)) {
            Some(Resource::Alarm(alarm)) => bare(alarm).fields() == preset.fields(),
            _ => false,
        };
        let (found, lacking): (Vec<_>, Vec<_>) = made.into_iter().partition(|(_, _, preset)| is_one(preset));
        let found: Vec<_> = found
            .into_iter()
            .filter(|(_, _, preset)| declarations.maps.contains_key(&Address::new(Kind::Alarm, &preset.name)))
            .collect();
        // What is on by itself has to be switched off where it is not there.
        let off: Vec<&str> = lacking.iter().filter(|(_, on, _)| *on).map(|(signal, ..)| *signal).collect();
        if found.len() <= off.len() {
            continue;
        }
        let mut signals = Vec::new();
        for (signal, on, preset) in &found {
            let address = Address::new(Kind::Alarm, &preset.name);
            let own = declarations.maps.remove(&address).unwrap_or_default();
            let mut beside = SpecMap::default();
            for (key, _) in BESIDE {
                own.get(key).into_iter().for_each(|value| beside.set(key, value.clone()));
            }
            fold.alarms.entry(function.clone()).or_default().push(address.name.clone());
            fold.folded.insert(address);
            signals.push((*signal, *on, beside));
        }
        fold.functions.insert(function.clone(), SpecMap::default().put("golden_signals", written(&signals, &off)));
    }
    fold
}

/// The alarm without what is said beside a preset.
fn bare(alarm: &Alarm) -> Alarm {
    Alarm { actions: Actions::default(), tags: ResourceTags::new(), ..alarm.clone() }
}

/// Every signal of a function as its preset makes it: its name, whether it is on by itself, its alarm.
fn made(function: &str, facts: &FunctionFacts, target: &Target) -> Vec<(&'static str, bool, Alarm)> {
    let span = Span::default();
    let all = presets::signals().map(|(name, _)| (name, text("on"))).collect();
    let presets = presets::expand(function, &node(&Value::Map(all), span), span, facts);
    let mut scope = DeclarationScope {
        target,
        partition: None,
        topics: BTreeSet::new(),
        external_topics: BTreeMap::new(),
        topics_elsewhere: BTreeMap::new(),
        alarms: BTreeSet::new(),
        tags: ResourceTags::new(),
        problems: Vec::new(),
    };
    let mut read = |preset: presets::Preset| {
        alarm::spec::read(&preset.name, &Layers::new(preset.name.span, [&preset.written]), &mut scope)
    };
    let alarms: Vec<Alarm> = presets.into_iter().map(&mut read).collect();
    presets::signals().zip(alarms).map(|((name, on), alarm)| (name, on, alarm)).collect()
}

/// What most of the signals have beside their presets stands for all of them.
fn written(signals: &[(&'static str, bool, SpecMap)], off: &[&str]) -> SpecValue {
    let count = |beside: &SpecMap| signals.iter().filter(|(_, _, other)| other == beside).count();
    let most = signals.iter().map(|(_, _, beside)| beside).rev().max_by_key(|beside| count(beside));
    let common = most.cloned().unwrap_or_default();
    let mut golden = common.clone();
    for (signal, on, beside) in signals {
        let mut own = SpecMap::default();
        for (key, nobody) in BESIDE {
            match (beside.get(key), common.get(key)) {
                (said, shared) if said == shared => {}
                (Some(said), _) => own.set(key, said.clone()),
                (None, _) => own.set(key, nobody()),
            }
        }
        match (own.is_empty(), on) {
            (true, true) => {}
            (true, false) => golden.set(signal, true),
            (false, _) => golden.set(signal, own),
        }
    }
    off.iter().for_each(|signal| golden.set(signal, false));
    if golden.is_empty() { true.into() } else { golden.into() }
}
