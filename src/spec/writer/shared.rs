//! What many declarations say alike is said once: tags of the whole file, and `defaults`, where that makes the file shorter and means
//! the same. What a declaration then does not inherit it has to say.

use super::Declarations;
use super::golden::NeutralValue;
use super::yaml::length;
use crate::model::writing::{SpecMap, SpecValue};
use crate::resources::{Kind, Resource, ResourceTags};

/// Moves the tags that everything has into the tags of the file.
pub fn tags(declarations: &mut Declarations, resources: &[&Resource]) -> Option<SpecMap> {
    let mut all = resources.iter().filter_map(|resource| resource.tags());
    let first = all.next()?;
    let sayable = |tags: &ResourceTags| -> ResourceTags {
        crate::resources::written::sayable(tags).map(|(key, value)| (key.clone(), value.clone())).collect()
    };
    let mut common = sayable(first);
    let mut count = 1;
    for tags in all {
        common.retain(|key, value| tags.get(key) == Some(value));
        count += 1;
    }
    if common.is_empty() || count < 2 {
        return None;
    }
    for map in declarations.maps.values_mut() {
        let Some(tags) = map.get_mut("tags").and_then(SpecValue::map_mut) else { continue };
        common.keys().for_each(|key| drop(tags.remove(key)));
        if tags.is_empty() {
            map.remove("tags");
        }
    }
    let mut root = SpecMap::default();
    common.iter().for_each(|(key, value)| root.set(key, value));
    Some(root)
}

/// What declarations inherit together.
struct SharedKey {
    /// Said and inherited together.
    keys: &'static [&'static str],
    /// Whether a declaration takes it from the defaults.
    inherits: fn(Kind, &SpecMap) -> bool,
    /// Whether a preset does, where nothing is said beside it.
    of_presets: bool,
    /// What a declaration says that has AWS's default; `None` where nothing says that.
    neutral: Option<NeutralValue>,
}

fn is_metric(kind: Kind, map: &SpecMap) -> bool {
    kind == Kind::Alarm && map.get("metric_name").is_some()
}

fn has_periods(kind: Kind, map: &SpecMap) -> bool {
    kind == Kind::Alarm && map.get("promql").is_none()
}

static SHARED: [SharedKey; 8] = [
    SharedKey { keys: &["namespace"], inherits: is_metric, of_presets: false, neutral: None },
    SharedKey { keys: &["statistic"], inherits: is_metric, of_presets: false, neutral: None },
    SharedKey { keys: &["period"], inherits: has_periods, of_presets: false, neutral: Some(|| "5m".into()) },
    SharedKey {
        // An M belongs to the N that it stands beside.
        keys: &["evaluation_periods", "datapoints_to_alarm"],
        inherits: has_periods,
        of_presets: false,
        neutral: Some(|| 1.into()),
    },
    SharedKey {
        keys: &["treat_missing_data"],
        inherits: |kind, map| has_periods(kind, map) || kind == Kind::LogAlarm,
        of_presets: false,
        neutral: Some(|| "missing".into()),
    },
    SharedKey {
        keys: &["notify"],
        inherits: |kind, _| kind.is_alarm(),
        of_presets: true,
        neutral: Some(|| SpecValue::List(Vec::new())),
    },
    SharedKey {
        keys: &["actions_enabled"],
        inherits: |kind, _| kind.is_alarm(),
        of_presets: true,
        neutral: Some(|| true.into()),
    },
    SharedKey {
        keys: &["propagate_tags"],
        inherits: |kind, _| kind.is_alarm(),
        of_presets: true,
        neutral: Some(|| false.into()),
    },
];

/// The defaults of the file; what inherits them says less.
pub fn defaults(declarations: &mut Declarations) -> Option<SpecMap> {
    let mut defaults = SpecMap::default();
    for shared in &SHARED {
        let Some(value) = shared.best(declarations) else { continue };
        value.entries().iter().for_each(|entry| defaults.set(&entry.key, entry.value.clone()));
        shared.units(declarations).for_each(|map| shared.inherit(map, &value));
    }
    (!defaults.is_empty()).then_some(defaults)
}

impl SharedKey {
    /// Everything that would inherit it.
    fn units<'a>(&'a self, declarations: &'a mut Declarations) -> impl Iterator<Item = &'a mut SpecMap> {
        let golden = declarations.functions.values_mut().filter(|_| self.of_presets);
        let golden = golden.filter_map(|function| {
            let golden = function.get_mut("golden_signals")?;
            if golden.map().is_none() {
                *golden = SpecMap::default().into();
            }
            golden.map_mut()
        });
        let own = declarations.maps.iter_mut().filter(|(address, map)| (self.inherits)(address.kind, map));
        own.map(|(_, map)| map).chain(golden)
    }

    /// What a declaration says of it.
    fn said(&self, map: &SpecMap) -> SpecMap {
        let mut said = SpecMap::default();
        for key in self.keys {
            map.get(key).into_iter().for_each(|value| said.set(key, value.clone()));
        }
        said
    }

    /// What is shorter as a default than where it is said, if anything is.
    fn best(&self, declarations: &mut Declarations) -> Option<SpecMap> {
        let said: Vec<SpecMap> = self.units(declarations).map(|map| self.said(map)).collect();
        restore(declarations);
        let silent = said.iter().filter(|said| said.is_empty()).count();
        let neutral = match (silent, self.neutral) {
            (0, _) => 0,
            (_, Some(neutral)) => silent * length(self.keys[0], &neutral()),
            (_, None) => return None,
        };
        let mut counts: Vec<(&SpecMap, usize)> = Vec::new();
        for one in said.iter().filter(|said| !said.is_empty()) {
            match counts.iter_mut().find(|(other, _)| *other == one) {
                Some((_, count)) => *count += 1,
                None => counts.push((one, 1)),
            }
        }
        let size = |map: &SpecMap| map.entries().iter().map(|entry| length(&entry.key, &entry.value)).sum::<usize>();
        let gain = |(map, count): &(&SpecMap, usize)| (*count * size(map)).saturating_sub(neutral + size(map) + 8);
        let best = counts.iter().max_by_key(|one| gain(one))?;
        (best.1 > 2 && gain(best) > 0).then(|| best.0.clone())
    }

    fn inherit(&self, map: &mut SpecMap, value: &SpecMap) {
        let said = self.said(map);
        if said == *value {
            self.keys.iter().for_each(|key| drop(map.remove(key)));
        } else if said.get(self.keys[0]).is_none()
            && let Some(neutral) = self.neutral
        {
            map.set(self.keys[0], neutral());
        }
    }
}

/// Golden signals of which nothing is said are `true` again.
pub fn restore(declarations: &mut Declarations) {
    for function in declarations.functions.values_mut() {
        if let Some(golden) = function.get_mut("golden_signals")
            && golden.map().is_some_and(SpecMap::is_empty)
        {
            *golden = true.into();
        }
    }
}
