//! What the tests of a file would not notice: each alarm is changed in one thing at a time, and a mutant that no test kills is named.
//! Only what a mutant can change is played again: its alarm, the composite alarms over it, and the tests that look at one of them.
//! Tests that list the notifications of all alarms look at each: those without data of an alarm are played once for all of them.

mod log_alarm;
mod mutants;
mod rules;
#[cfg(test)]
mod tests;
mod whole;

pub use mutants::Mutant;

use super::file::UnitTestCase;
use super::run::{CaseParts, Overlay};
use super::seen::{Seen, Stage, World};
use crate::resources::{Address, Kind, Resource};
use mlops_cloudwatch::evaluation::composite;
use std::collections::{BTreeMap, BTreeSet};

/// What the tests found of the mutants of one alarm.
#[derive(Debug)]
pub struct AlarmMutation {
    pub address: Address,
    pub killed: usize,
    /// In the order in which they were made.
    pub survivors: Vec<Mutant>,
    /// Mutants that no test can play, and why: the data is of another statistic or period.
    pub unplayed: Vec<(Mutant, String)>,
    /// Whether no test looks at the alarm, so that nothing was tried.
    pub is_untested: bool,
    /// How many times a mutant was played in a test.
    pub played: usize,
}

impl AlarmMutation {
    /// The mutants that were played.
    pub fn total(&self) -> usize {
        self.killed + self.survivors.len()
    }
}

/// A test with all alarms as they are.
struct PlayedCase<'c, 'a> {
    stage: Stage<'c>,
    parts: CaseParts<'c>,
    world: World<'a>,
}

/// How a mutant ended in one test.
enum Played {
    Killed,
    Survived,
    /// The test's data does not suffice.
    Unknown(String),
}

/// Plays every mutant of the alarms against the tests, all of which pass. The error is about a test's own history file.
pub fn mutate(
    cases: &[&UnitTestCase],
    resources: &BTreeMap<Address, Resource>,
) -> Result<Vec<AlarmMutation>, anyhow::Error> {
    let mut stages = Vec::new();
    for case in cases {
        let stage = Stage::new(case)?;
        let world = stage.play(resources.values());
        stages.push(PlayedCase { stage, parts: CaseParts::new(case), world });
    }
    let above = above(resources);
    let index = TestIndex::new(cases);
    let alarms = resources.iter().filter(|(address, _)| address.kind.is_alarm());
    Ok(alarms.map(|(address, resource)| of_alarm(address, resource, &stages, &above, &index, resources)).collect())
}

/// Every mutant of an alarm.
fn all(resource: &Resource) -> Vec<Mutant> {
    match resource {
        Resource::Alarm(alarm) => {
            let with = |actions| Resource::Alarm(Box::new(crate::resources::Alarm { actions, ..(**alarm).clone() }));
            [mutants::of(alarm), rules::without_actions(&alarm.actions, with)].concat()
        }
        Resource::LogAlarm(alarm) => {
            let with =
                |actions| Resource::LogAlarm(Box::new(crate::resources::LogAlarm { actions, ..(**alarm).clone() }));
            [log_alarm::of(alarm), rules::without_actions(&alarm.actions, with)].concat()
        }
        Resource::CompositeAlarm(composite) => {
            let with =
                |actions| Resource::CompositeAlarm(crate::resources::CompositeAlarm { actions, ..composite.clone() });
            [rules::of(composite), rules::without_actions(&composite.actions, with)].concat()
        }
        _ => Vec::new(),
    }
}

fn of_alarm<'a>(
    address: &Address,
    resource: &'a Resource,
    stages: &[PlayedCase<'_, 'a>],
    above: &BTreeMap<&str, BTreeSet<&str>>,
    index: &TestIndex<'_>,
    resources: &'a BTreeMap<Address, Resource>,
) -> AlarmMutation {
    let name = address.name.as_str();
    let composite = |name: &&str| resources.get(&Address::new(Kind::CompositeAlarm, *name));
    let over: Vec<&'a Resource> = above.get(name).into_iter().flatten().filter_map(composite).collect();
    let mut found = AlarmMutation {
        address: address.clone(),
        killed: 0,
        survivors: Vec::new(),
        unplayed: Vec::new(),
        is_untested: false,
        played: 0,
    };
    let looking = index.looking(name, above, stages);
    if looking.is_empty() {
        found.is_untested = true;
        return found;
    }
    // Whichever test killed the last one is likely to kill the next.
    let mut order = looking;
    for mutant in all(resource) {
        let (mut why, mut survived, mut killed_by) = (None, false, None);
        for (at, test) in order.iter().enumerate() {
            found.played += 1;
            match play(&mutant, &over, &stages[*test]) {
                Played::Killed => {
                    killed_by = Some(at);
                    break;
                }
                Played::Survived => survived = true,
                Played::Unknown(reason) => why = Some(reason),
            }
        }
        match (killed_by, why) {
            (Some(at), _) => {
                found.killed += 1;
                order[..=at].rotate_right(1);
            }
            (None, Some(why)) if !survived => found.unplayed.push((mutant, why)),
            (None, _) => found.survivors.push(mutant),
        }
    }
    found
}

fn play(mutant: &Mutant, over: &[&Resource], PlayedCase { stage, parts, world: base }: &PlayedCase<'_, '_>) -> Played {
    let played = [&mutant.resource].into_iter().chain(over.iter().copied());
    let world = stage.play_over(played, base);
    // An alarm whose states were known, and are not of the mutant, is no failure that a test has found.
    if let Some((_, why)) = world.unknown.iter().find(|(name, _)| base.seen.contains_key(*name)) {
        return Played::Unknown(why.clone());
    }
    match parts.hold(Overlay { over: &world, base }) {
        true => Played::Survived,
        false => Played::Killed,
    }
}

/// The composite alarms over each alarm, whatever is between.
fn above(resources: &BTreeMap<Address, Resource>) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut parents: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for resource in resources.values() {
        if let Resource::CompositeAlarm(parent) = resource {
            for child in parent.children() {
                parents.entry(composite::plain(&child).to_owned()).or_default().insert(parent.name.as_str());
            }
        }
    }
    let mut above = BTreeMap::new();
    for address in resources.keys().filter(|address| address.kind.is_alarm()) {
        let mut over: BTreeSet<&str> = BTreeSet::new();
        let mut open = vec![address.name.as_str()];
        while let Some(name) = open.pop() {
            let new = parents.get(name).into_iter().flatten().copied();
            open.extend(new.filter(|parent| over.insert(parent)));
        }
        if !over.is_empty() {
            above.insert(address.name.as_str(), over);
        }
    }
    above
}

/// Which tests look at which alarm.
struct TestIndex<'c> {
    by_alarm: BTreeMap<&'c str, BTreeSet<usize>>,
    /// Tests that say of all alarms what is sent.
    of_all: BTreeSet<usize>,
}

impl<'c> TestIndex<'c> {
    fn new(cases: &[&'c UnitTestCase]) -> Self {
        let mut index = Self { by_alarm: BTreeMap::new(), of_all: BTreeSet::new() };
        for (at, case) in cases.iter().enumerate() {
            let sent = case.notifications.iter();
            let named = sent.clone().flat_map(|sent| sent.of.iter().flatten());
            let expected = case.expected.iter().map(|expected| &expected.alarm);
            let listed = sent.clone().flat_map(|sent| sent.expected.iter().map(|one| &one.alarm));
            for name in expected.chain(named).chain(listed) {
                index.by_alarm.entry(name.as_str()).or_default().insert(at);
            }
            index.of_all.extend(sent.filter(|sent| sent.of.is_none()).map(|_| at));
        }
        index
    }

    /// The tests that can notice a change of this alarm; none where no test names it or an alarm over it. Of tests that only say of all
    /// alarms what is sent, and give no data of this one, the longest notices what the others do.
    fn looking(&self, name: &str, above: &BTreeMap<&str, BTreeSet<&str>>, stages: &[PlayedCase<'_, '_>]) -> Vec<usize> {
        let names = above.get(name).into_iter().flatten().copied().chain([name]);
        let named: BTreeSet<usize> = names.filter_map(|name| self.by_alarm.get(name)).flatten().copied().collect();
        if named.is_empty() {
            return Vec::new();
        }
        let (mut with_data, mut longest) = (Vec::new(), BTreeMap::new());
        for test in self.of_all.difference(&named).copied() {
            let PlayedCase { stage, world, .. } = &stages[test];
            // What a composite alarm over it does depends on the data of others.
            if above.contains_key(name) || !world.seen.get(name).is_some_and(Seen::has_no_data) {
                with_data.push(test);
                continue;
            }
            let most = longest.entry((stage.case.start, stage.case.evaluation_range)).or_insert(test);
            if stage.until() > stages[*most].stage.until() {
                *most = test;
            }
        }
        named.into_iter().chain(with_data).chain(longest.into_values()).collect()
    }
}
