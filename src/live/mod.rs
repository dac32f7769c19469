//! What stands in AWS now. A `TargetReader` can only read; a plan holds nothing else. Independent reads go in one wave.

mod children;
mod existing;
mod index;
mod tags;
mod topics;

pub use existing::ExistingSurvey;

use crate::aws::{Aws, AwsError, Class};
use crate::model::Target;
use crate::resources::function::LiveFunctions;
use crate::resources::kind::KindReading;
use crate::resources::{
    self, Address, FunctionFacts, Kind, LiveSnapshot, Observation, Resource, ResourceTags, alarm, function, mark,
};
use children::ReadChildren;
use futures_util::future::{join_all, try_join_all};
use index::{Index, Queries};
use std::collections::{BTreeMap, BTreeSet};
use tags::TagReader;

/// Reads one target.
#[derive(Debug, Clone)]
pub struct TargetReader {
    aws: Aws,
}

/// What a read is for.
#[derive(Debug, Clone, Copy)]
pub struct ReadPurpose<'a> {
    pub stack: &'a str,
    /// With the owner's mark. What depends on the account or on a function may be provisional: names are enough here.
    pub desired: &'a BTreeMap<Address, Resource>,
    pub functions: &'a [String],
    /// Facts of functions that were listed already: these are not asked for again.
    pub listed: Option<&'a BTreeMap<String, FunctionFacts>>,
}

/// Everything that can be asked without knowing more than names.
#[derive(Debug)]
pub struct StackSurvey {
    pub target: Target,
    pub functions: BTreeMap<String, Result<FunctionFacts, String>>,
    index: Result<Index, AwsError>,
    alarms: DescribedAlarms,
    /// What composite alarms refer to beyond the spec: only whether it exists is of interest.
    referred: DescribedAlarms,
    by_name: Observations,
    topics: Observations,
    children: ReadChildren,
}

type Observations = BTreeMap<Address, Observation>;

/// What DescribeAlarms told of some names.
#[derive(Debug, Default)]
struct DescribedAlarms {
    found: Observations,
    /// Names that were asked for and do not exist, of whichever type.
    absent: BTreeSet<String>,
    failed: BTreeMap<String, String>,
}

impl TargetReader {
    pub fn new(aws: &Aws) -> Self {
        Self { aws: aws.clone() }
    }

    /// The first waves. Fails only where nothing can be known at all: no credentials, no network.
    pub async fn survey(&self, wanted: ReadPurpose<'_>) -> Result<StackSurvey, AwsError> {
        let parents = children::parents(wanted.desired);
        let named = || wanted.desired.keys().chain(&parents);
        let alarm_names = names(named(), &read_as(KindReading::AsAlarm));
        let referred = referred(wanted.desired);
        let queries = Queries::new(&self.aws, wanted);
        let alarms_and_names = async {
            let (target, index, mut alarms, mut by_name, referred) = futures_util::join!(
                self.aws.target(),
                queries.all(),
                self.alarms(&alarm_names),
                self.by_name(|kind| names(named(), &[kind])),
                self.alarms(&referred),
            );
            let index = index.and_then(|index| match &target {
                Ok(target) => index.of(target),
                Err(_) => Ok(index),
            });
            if let Ok(target) = &target {
                believe(&mut alarms.found, target);
                believe(&mut by_name, target);
            }
            // Their tags are asked for while the topics are still being read.
            if let (Ok(target), Ok(index)) = (&target, &index) {
                let tags = TagReader { aws: &self.aws, target, index, desired: wanted.desired };
                futures_util::join!(tags.fill(&mut alarms.found), tags.fill(&mut by_name));
            }
            (index, alarms, by_name, referred)
        };
        let unread = ReadChildren::new();
        let (topics, (index, alarms, by_name, referred), functions, children) = futures_util::join!(
            self.topics(wanted.desired, &queries),
            alarms_and_names,
            self.functions(wanted),
            children::of_desired(&self.aws, wanted.desired, &unread),
        );
        let (target, topics) = topics?;
        match index {
            // What one service calls unknown keys no other knows: nothing at all can be read.
            Err(error) if error.is(Class::Credentials) => Err(error),
            index => Ok(StackSurvey { target, functions, index, alarms, referred, by_name, topics, children }),
        }
    }

    /// The rest: what a function's facts have added, tags that the index does not tell, and what carries the stack's mark
    /// without being desired.
    pub async fn complete(
        &self,
        survey: StackSurvey,
        stack: &str,
        desired: &BTreeMap<Address, Resource>,
    ) -> LiveSnapshot {
        let StackSurvey { target, functions, index, mut alarms, referred, mut by_name, topics, mut children } = survey;
        let (index, index_failure) = match index {
            Ok(index) => (index, None),
            Err(error) => (Index { unreadable: true, ..Index::default() }, Some(error.to_string())),
        };
        let alarm_kinds = read_as(KindReading::AsAlarm);
        let parents = children::parents(desired);
        let alarm_names = names(desired.keys().chain(&parents), &alarm_kinds);
        let more_alarms = unread(alarm_names, index.names_of(&alarm_kinds), &alarms.names().collect());
        let read = names_by_kind(&by_name);
        let tags = TagReader { aws: &self.aws, target: &target, index: &index, desired };
        let alarms_and_tags = async {
            alarms.merge(self.alarms(&more_alarms).await);
            believe(&mut alarms.found, &target);
            tags.fill(&mut alarms.found).await;
            alarms
        };
        let names_and_tags = async {
            let more = |kind| {
                let read = read.get(&kind).cloned().unwrap_or_default();
                unread(names(desired.keys().chain(&parents), &[kind]), index.names_of(&[kind]), &read)
            };
            by_name.extend(self.by_name(more).await);
            believe(&mut by_name, &target);
            tags.fill(&mut by_name).await;
            by_name
        };
        let more_children = children::of_desired(&self.aws, desired, &children);
        let (alarms, by_name, more_children) = futures_util::join!(alarms_and_tags, names_and_tags, more_children);
        children.extend(more_children);

        let mut snapshot = LiveSnapshot { functions, index_failure, ..LiveSnapshot::default() };
        snapshot.observations.extend(topics);
        snapshot.observations.extend(by_name);
        snapshot.missing_alarms = referred.absent;
        alarms.spread(desired, &mut snapshot.observations);
        self.add_children(children, (&target, stack), desired, &mut snapshot.observations).await;
        snapshot.observations.retain(|address, observation| {
            let named = desired.contains_key(address) || shares_name(address, desired);
            let has_desired = parents.contains(address);
            // What could not be read may be the stack's: it is told of, and left as it is.
            let is_unknown = matches!(observation, Observation::Unknown(_));
            let with_parent = address.kind.facts().reading == KindReading::WithParent;
            named || has_desired || is_unknown || with_parent || is_marked(observation, stack)
        });
        snapshot
    }

    /// Children that are read beside their parents, once those are known with their tags.
    async fn add_children(
        &self,
        mut read: ReadChildren,
        (target, stack): (&Target, &str),
        desired: &BTreeMap<Address, Resource>,
        found: &mut Observations,
    ) {
        read.extend(children::of_marked(&self.aws, stack, found, desired, &read).await);
        children::believe_tags(&self.aws, target, found, desired, &read).await;
        let children = children::observations(read, found, desired);
        found.extend(children);
    }

    /// Topics need the account for their ARN, and of the index only their own part.
    async fn topics(
        &self,
        desired: &BTreeMap<Address, Resource>,
        queries: &Queries<'_>,
    ) -> Result<(Target, Observations), AwsError> {
        let (target, index) = futures_util::join!(self.aws.target(), queries.topics());
        let target = target?;
        // A run limited to a subscription asks for its topic, too: only that tells whose the subscription is.
        let mut topics: BTreeSet<String> = desired.values().filter_map(topic_of).map(str::to_owned).collect();
        topics.extend(index.names_of(&[Kind::Topic]).cloned());
        let found = join_all(topics.iter().map(|name| topics::read(&self.aws, &target, name, index, desired))).await;
        Ok((target, found.into_iter().flatten().collect()))
    }

    /// Reads just these resources again, without tags: what an apply has to verify.
    pub async fn reread(&self, target: &Target, desired: &BTreeMap<Address, Resource>) -> Observations {
        let alarm_names = names(desired.keys(), &read_as(KindReading::AsAlarm));
        let topic_names: BTreeSet<&str> = desired.values().filter_map(topic_of).collect();
        let unread = ReadChildren::new();
        let (topics, alarms, by_name, children) = futures_util::join!(
            join_all(topic_names.iter().map(|name| topics::reread(&self.aws, target, name, desired))),
            self.alarms(&alarm_names),
            self.by_name(|kind| names(desired.keys(), &[kind])),
            children::of_desired(&self.aws, desired, &unread),
        );
        let mut observations: Observations = topics.into_iter().flatten().collect();
        observations.extend(by_name);
        observations.extend(children::reread(children, desired));
        alarms.spread(desired, &mut observations);
        believe(&mut observations, target);
        observations
    }

    /// The names of all functions of the target.
    pub async fn function_names(&self) -> Result<Vec<String>, AwsError> {
        function::aws::list(&self.aws).await
    }

    async fn alarms(&self, names: &[String]) -> DescribedAlarms {
        let batches = names.chunks(alarm::aws::BATCH);
        let answers = join_all(batches.clone().map(|batch| alarm::aws::describe(&self.aws, batch))).await;
        let mut alarms = DescribedAlarms::default();
        for (batch, answer) in batches.zip(answers) {
            match answer {
                Ok(described) => {
                    alarms.absent.extend(batch.iter().cloned());
                    for live in described {
                        alarms.absent.remove(&live.resource.name());
                        alarms.found.insert(live.resource.address(), Observation::present(live));
                    }
                }
                Err(error) => alarms.failed.extend(batch.iter().map(|name| (name.clone(), error.to_string()))),
            }
        }
        alarms
    }

    /// Of each kind that is read by names, those that it is asked for; the kinds side by side.
    async fn by_name(&self, names: impl Fn(Kind) -> Vec<String>) -> Observations {
        let kinds = read_as(KindReading::ByName).into_iter().map(|kind| {
            let names = names(kind);
            async move { self.of_kind(kind, &names).await }
        });
        join_all(kinds).await.into_iter().flatten().collect()
    }

    async fn of_kind(&self, kind: Kind, names: &[String]) -> Observations {
        let batches = names.chunks(kind.describe_batch());
        let answers = join_all(batches.clone().map(|batch| resources::aws::describe(&self.aws, kind, batch))).await;
        let mut observations = Observations::new();
        for (batch, answer) in batches.zip(answers) {
            let of_batch = |observation: Observation| {
                batch.iter().map(move |name| (Address::new(kind, name), observation.clone()))
            };
            match answer {
                Ok(found) => {
                    observations.extend(of_batch(Observation::Absent));
                    observations.extend(found.into_iter().map(|l| (l.resource.address(), Observation::present(l))));
                }
                Err(error) => observations.extend(of_batch(Observation::Unknown(error.to_string()))),
            }
        }
        observations
    }

    /// The functions of the target, and which of them carry which of these tags: both sides of the pattern side by side.
    pub async fn live_functions(&self, tags: &BTreeSet<ResourceTags>) -> Result<LiveFunctions, AwsError> {
        let tagged = tags.iter().map(|tags| async move {
            Ok::<_, AwsError>((tags.clone(), index::functions_tagged(&self.aws, tags).await?))
        });
        let (listed, tagged) = futures_util::try_join!(function::aws::all(&self.aws), try_join_all(tagged))?;
        Ok(LiveFunctions { facts: listed.into_iter().collect(), tagged: tagged.into_iter().collect() })
    }

    async fn functions(&self, wanted: ReadPurpose<'_>) -> BTreeMap<String, Result<FunctionFacts, String>> {
        let listed = |name: &String| wanted.listed.and_then(|listed| listed.get(name));
        let names: Vec<&String> = wanted.functions.iter().filter(|name| listed(name).is_none()).collect();
        let answers = join_all(names.iter().map(|name| function::aws::read(&self.aws, name))).await;
        let facts = answers.into_iter().map(|answer| match answer {
            Ok(Some(facts)) => Ok(facts),
            Ok(None) => Err(format!("there is no such function in {}", self.aws.region())),
            Err(error) => Err(error.to_string()),
        });
        let known = wanted.functions.iter().filter_map(|name| Some((name.clone(), Ok(listed(name)?.clone()))));
        names.into_iter().cloned().zip(facts).chain(known).collect()
    }
}

impl DescribedAlarms {
    fn names(&self) -> impl Iterator<Item = String> + '_ {
        let found = self.found.keys().map(|address| address.name.clone());
        found.chain(self.absent.iter().cloned()).chain(self.failed.keys().cloned())
    }

    fn merge(&mut self, other: DescribedAlarms) {
        self.found.extend(other.found);
        self.absent.extend(other.absent);
        self.failed.extend(other.failed);
    }

    /// Adds what was found, and for each desired alarm what was not.
    fn spread(self, desired: &BTreeMap<Address, Resource>, observations: &mut Observations) {
        observations.extend(self.found);
        for address in desired.keys().filter(|a| a.kind.is_alarm()) {
            let missing = match self.failed.get(&address.name) {
                Some(error) => Observation::Unknown(error.clone()),
                None => Observation::Absent,
            };
            observations.entry(address.clone()).or_insert(missing);
        }
        // Of which kind: that is one of the things that are not known.
        for (name, error) in &self.failed {
            if !Kind::alarms().any(|kind| desired.contains_key(&Address::new(kind, name))) {
                let unknown = Observation::Unknown(error.clone());
                observations.entry(Address::new(Kind::Alarm, name)).or_insert(unknown);
            }
        }
    }
}

/// Takes what is said to be in another account or region, or under another name, for unknown: it is no answer to what was asked.
fn believe(found: &mut Observations, target: &Target) {
    for (address, observation) in found {
        let told = observation.live().and_then(|live| live.facts.arn.as_deref());
        let foreign = told.filter(|told| address.arn(target).is_some_and(|own| own != *told));
        if let Some(arn) = foreign {
            let reason = format!("unexpected answer: it is about {arn}, which is not in {target}");
            *observation = Observation::Unknown(reason);
        }
    }
}

/// Alarms that desired composite alarms refer to and that are not desired themselves.
fn referred(desired: &BTreeMap<Address, Resource>) -> Vec<String> {
    let own: BTreeSet<String> = names(desired.keys(), &read_as(KindReading::AsAlarm)).into_iter().collect();
    let referred = desired.values().flat_map(|resource| match resource {
        Resource::CompositeAlarm(alarm) => alarm.referred(),
        _ => Vec::new(),
    });
    referred.filter(|name| !own.contains(name)).collect::<BTreeSet<String>>().into_iter().collect()
}

/// The topic a topic or a subscription is about.
fn topic_of(resource: &Resource) -> Option<&str> {
    match resource {
        Resource::Topic(topic) => Some(&topic.name),
        Resource::Subscription(subscription) => Some(&subscription.topic),
        _ => None,
    }
}

fn is_marked(observation: &Observation, stack: &str) -> bool {
    let tags = observation.live().and_then(|live| live.resource.tags());
    tags.is_some_and(|tags| mark::owner(tags, stack) == mark::Owner::Ours)
}

/// Whether it is an alarm of one type whose name the spec wants for another.
fn shares_name(address: &Address, desired: &BTreeMap<Address, Resource>) -> bool {
    address.kind.sharing_names().any(|other| desired.contains_key(&Address::new(other, address.name.clone())))
}

/// What is desired or indexed and not among what was read.
fn unread<'a>(desired: Vec<String>, indexed: impl Iterator<Item = &'a String>, read: &BTreeSet<String>) -> Vec<String> {
    let wanted: BTreeSet<String> = desired.into_iter().chain(indexed.cloned()).collect();
    wanted.difference(read).cloned().collect()
}

fn names<'a>(addresses: impl IntoIterator<Item = &'a Address>, kinds: &[Kind]) -> Vec<String> {
    let names: BTreeSet<&String> = addresses.into_iter().filter(|a| kinds.contains(&a.kind)).map(|a| &a.name).collect();
    names.into_iter().cloned().collect()
}

fn read_as(reading: KindReading) -> Vec<Kind> {
    Kind::ALL.into_iter().filter(|kind| kind.facts().reading == reading).collect()
}

fn names_by_kind(observations: &Observations) -> BTreeMap<Kind, BTreeSet<String>> {
    let mut names: BTreeMap<Kind, BTreeSet<String>> = BTreeMap::new();
    for address in observations.keys() {
        names.entry(address.kind).or_default().insert(address.name.clone());
    }
    names
}
