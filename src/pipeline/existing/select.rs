//! What of an account is written: what is asked for, what that notifies, and never what others own, unless that is asked for.

use crate::live::ExistingSurvey;
use crate::model::glob;
use crate::resources::mark::Owner;
use crate::resources::{Address, FunctionFacts, Kind, Live, Resource, ResourceTags, mark, other_owner};
use std::collections::{BTreeMap, BTreeSet};

/// What is asked for; a resource is chosen where one of them fits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExistingSelect {
    /// Everything.
    pub all: bool,
    /// Beginnings of names.
    pub prefixes: Vec<String>,
    /// Tags: key and value.
    pub tags: Vec<(String, String)>,
    /// Names of functions, or patterns over them: their alarms and log groups.
    pub functions: Vec<String>,
    /// Also what others own.
    pub with_others: bool,
}

/// What was chosen, and what was not since it is somebody's.
#[derive(Debug, Clone, Default)]
pub struct ExistingChoice {
    pub chosen: BTreeSet<Address>,
    /// Whose each is.
    pub others: BTreeMap<Address, String>,
}

impl ExistingSelect {
    pub fn choose(&self, survey: &ExistingSurvey, stack: &str) -> ExistingChoice {
        let mut choice = ExistingChoice::default();
        let mut add = |address: &Address, live: &Live| match other_owner_of(address, live, stack) {
            Some(owner) if !self.with_others => drop(choice.others.insert(address.clone(), owner)),
            owner => {
                if let Some(owner) = owner {
                    choice.others.insert(address.clone(), owner);
                }
                choice.chosen.insert(address.clone());
            }
        };
        for (address, live) in &survey.live {
            if self.is_asked_for(address, live, &survey.functions) {
                add(address, live);
            }
        }
        let alarms: Vec<&Live> =
            choice.chosen.iter().filter(|one| one.kind.is_alarm()).filter_map(|one| survey.live.get(one)).collect();
        let names: BTreeSet<String> = alarms.iter().map(|live| live.resource.name()).collect();
        let notified = alarms.iter().flat_map(|live| live.resource.references(&survey.target));
        let notified: BTreeSet<Address> = notified.filter(|address| address.kind == Kind::Topic).collect();
        // A mute of these alarms alone belongs to them.
        let muting = survey.live.iter().filter(|(_, live)| match &live.resource {
            Resource::MuteRule(rule) => {
                !rule.alarms.is_empty() && rule.alarms.iter().all(|alarm| names.contains(alarm))
            }
            _ => false,
        });
        let further = survey.live.iter().filter(|(address, _)| notified.contains(*address)).chain(muting);
        for (address, live) in further {
            if choice.chosen.contains(address) || choice.others.contains_key(address) {
                continue;
            }
            match other_owner_of(address, live, stack) {
                Some(owner) => drop(choice.others.insert(address.clone(), owner)),
                None => drop(choice.chosen.insert(address.clone())),
            }
        }
        choice
    }

    fn is_asked_for(&self, address: &Address, live: &Live, functions: &BTreeMap<String, FunctionFacts>) -> bool {
        let tags = live.resource.tags();
        let tagged = |(key, value): &(String, String)| tags.and_then(|tags| tags.get(key)) == Some(value);
        (self.all && says_something(live))
            || self.prefixes.iter().any(|prefix| address.name.starts_with(prefix.as_str()))
            || self.tags.iter().any(tagged)
            || self.functions.iter().any(|pattern| is_of_function(live, pattern, functions))
    }
}

/// Whether there is anything to write of it: of a log group that is as Lambda makes it there is nothing. One with a mark is a stack's.
fn says_something(live: &Live) -> bool {
    match &live.resource {
        Resource::LogGroup(group) => {
            let tags = !group.tags.is_empty();
            let governed = live.facts.retention_policy_name.is_some();
            let fields = group.fields().keys().any(|field| field != "retention_in_days" || !governed);
            fields || tags || live.facts.metric_filters.is_some_and(|count| count > 0)
        }
        _ => true,
    }
}

/// Whether it watches a function of the pattern, or is where it writes its log.
fn is_of_function(live: &Live, pattern: &str, functions: &BTreeMap<String, FunctionFacts>) -> bool {
    let dimension = |dimensions: &BTreeMap<String, String>| {
        dimensions.get("FunctionName").is_some_and(|function| glob::matches(pattern, function))
    };
    let mut groups =
        functions.iter().filter(|(name, _)| glob::matches(pattern, name)).map(|(_, facts)| &facts.log_group);
    match &live.resource {
        Resource::Alarm(alarm) => {
            let metrics = alarm.metrics.iter().filter_map(|query| query.metric.as_ref());
            dimension(&alarm.dimensions) || metrics.into_iter().any(|metric| dimension(&metric.dimensions))
        }
        Resource::LogGroup(group) => groups.any(|name| *name == group.name),
        Resource::LogAlarm(alarm) => groups.any(|name| alarm.log_group_identifiers.contains(name)),
        _ => false,
    }
}

/// Whose it is, where it is neither this stack's nor nobody's.
fn other_owner_of(address: &Address, live: &Live, stack: &str) -> Option<String> {
    let none = ResourceTags::new();
    let tags = live.resource.tags().unwrap_or(&none);
    match mark::owner(tags, stack) {
        Owner::Ours => None,
        Owner::Foreign(other) => Some(format!("mlopsctl stack {other:?}")),
        Owner::Nobody => other_owner::recognise(address.kind, &address.name, tags).map(|owner| owner.to_string()),
    }
}
