//! Everything that stands in a target, whoever made it: listed kind by kind, with the tags of one listing of the index. What takes a call
//! for each is read of the chosen ones alone.

use super::{TargetReader, index, read_as, tags};
use crate::aws::{AwsError, Class};
use crate::model::{Arn, Target};
use crate::resources::child;
use crate::resources::kind::KindReading;
use crate::resources::{self, Address, FunctionFacts, Kind, Live, ResourceTags, alarm, function, subscription, topic};
use futures_util::future::join_all;
use std::collections::{BTreeMap, BTreeSet};

/// What is listed of a target.
#[derive(Debug, Clone)]
pub struct ExistingSurvey {
    pub target: Target,
    /// With their tags; of a topic its name alone, and no children.
    pub live: BTreeMap<Address, Live>,
    pub functions: BTreeMap<String, FunctionFacts>,
    /// What could not be listed, and why.
    pub failures: Vec<String>,
    /// Kinds that are unknown where the target is: there are none of them.
    pub unknown: Vec<Kind>,
}

/// What was read of the chosen ones.
#[derive(Debug, Clone, Default)]
pub struct ExistingParts {
    /// Whole, with their children.
    pub live: BTreeMap<Address, Live>,
    pub failures: Vec<String>,
}

impl ExistingSurvey {
    fn of(target: Target) -> Self {
        Self { target, live: BTreeMap::new(), functions: BTreeMap::new(), failures: Vec::new(), unknown: Vec::new() }
    }
}

impl TargetReader {
    /// Lists all there is, in one wave.
    ///
    /// # Errors
    /// The alarms could not be listed, or nothing at all can be asked.
    pub async fn existing(&self) -> Result<ExistingSurvey, AwsError> {
        let aws = &self.aws;
        let by_name = read_as(KindReading::ByName);
        let listed = join_all(by_name.iter().map(|kind| resources::aws::list(aws, *kind)));
        let (target, alarms, listed, topics, functions, shown) = futures_util::join!(
            aws.target(),
            alarm::aws::list(aws),
            listed,
            topic::aws::list(aws),
            function::aws::all(aws),
            index::all_tags(aws),
        );
        let (target, alarms) = (target?, alarms?);
        let mut survey = ExistingSurvey::of(target);
        let mut add = |live: Live| drop(survey.live.insert(live.resource.address(), live));
        alarms.into_iter().for_each(&mut add);
        for (kind, answer) in by_name.iter().zip(listed) {
            match answer {
                Ok(found) => found.into_iter().for_each(&mut add),
                // A listing without arguments is only refused where nobody knows it.
                Err(error) if error.is(Class::Refused) => survey.unknown.push(*kind),
                Err(error) => survey.failures.push(format!("{}: {error}", kind.facts().section.name)),
            }
        }
        match topics {
            Ok(arns) => arns.iter().filter_map(|arn| named_topic(arn)).for_each(add),
            Err(error) => survey.failures.push(format!("{}: {error}", Kind::Topic.facts().section.name)),
        }
        match functions {
            Ok(functions) => survey.functions.extend(functions),
            Err(error) => survey.failures.push(format!("functions: {error}")),
        }
        self.add_tags(&mut survey, shown).await;
        Ok(survey)
    }

    /// The alarms alone, with their tags.
    ///
    /// # Errors
    /// What AWS refuses.
    pub async fn existing_alarms(&self) -> Result<BTreeMap<Address, Live>, AwsError> {
        let (target, alarms, shown) =
            futures_util::join!(self.aws.target(), alarm::aws::list(&self.aws), index::all_tags(&self.aws));
        let live = alarms?.into_iter().map(|live| (live.resource.address(), live)).collect();
        let mut survey = ExistingSurvey { live, ..ExistingSurvey::of(target?) };
        // Where the index does not say it, whose they are is not asked one by one.
        self.add_tags(&mut survey, Ok(shown.unwrap_or_default())).await;
        Ok(survey.live)
    }

    /// Gives everything its tags. Where the index cannot be read, each is asked for its own.
    async fn add_tags(&self, survey: &mut ExistingSurvey, shown: Result<BTreeMap<String, ResourceTags>, AwsError>) {
        let target = survey.target.clone();
        match shown {
            Ok(shown) => {
                for (address, live) in &mut survey.live {
                    let own = address.arn(&target).and_then(|arn| shown.get(&arn)).cloned();
                    tags::set_tags(live, own.unwrap_or_default());
                    live.facts.tags_indexed = true;
                }
            }
            Err(error) if error.is(Class::Credentials) => survey.failures.push(format!("tags: {error}")),
            Err(_) => {
                let addresses: Vec<Address> = survey.live.keys().cloned().collect();
                let answers = join_all(addresses.iter().map(|one| tags::own_tags(&self.aws, &target, one))).await;
                for (address, answer) in addresses.into_iter().zip(answers) {
                    match (answer, survey.live.get_mut(&address)) {
                        (Ok(Some(own)), Some(live)) => tags::set_tags(live, own),
                        (Ok(None), _) => drop(survey.live.remove(&address)),
                        (Err(error), _) => survey.failures.push(format!("the tags of {address}: {error}")),
                        _ => {}
                    }
                }
            }
        }
    }

    /// Reads the chosen ones whole, and their children.
    pub async fn existing_parts(&self, survey: &ExistingSurvey, chosen: &BTreeSet<Address>) -> ExistingParts {
        let chosen: Vec<(&Address, &Live)> =
            chosen.iter().filter_map(|address| Some((address, survey.live.get(address)?))).collect();
        let (topics, children) = futures_util::join!(
            join_all(
                chosen
                    .iter()
                    .filter(|(address, _)| address.kind == Kind::Topic)
                    .map(|(address, live)| async move { (*address, self.topic(&survey.target, address, live).await) })
            ),
            join_all(chosen.iter().flat_map(|(address, live)| {
                kinds_below(live).map(move |kind| async move {
                    (kind, *address, resources::aws::children(&self.aws, kind, address, Some(*live), &[]).await)
                })
            })),
        );
        let mut parts = ExistingParts::default();
        let whole = chosen.iter().filter(|(address, _)| address.kind != Kind::Topic);
        parts.live.extend(whole.map(|(address, live)| ((*address).clone(), (*live).clone())));
        for (address, answer) in topics {
            match answer {
                Ok(found) => parts.live.extend(found.into_iter().map(|live| (live.resource.address(), live))),
                Err(error) => parts.failures.push(format!("{address}: {error}")),
            }
        }
        for (kind, address, answer) in children {
            match answer {
                Ok(found) => parts.live.extend(found.into_iter().map(|live| (live.resource.address(), live))),
                Err(error) => {
                    parts.failures.push(format!("the {} of {address}: {error}", kind.facts().section.name));
                }
            }
        }
        parts
    }

    /// A topic with its subscriptions; those that somebody has ended are left out. None of a topic that is gone.
    async fn topic(&self, target: &Target, address: &Address, listed: &Live) -> Result<Vec<Live>, AwsError> {
        let (name, arn) = (&address.name, target.arn("sns", &address.name));
        let (topic, subscriptions) = futures_util::try_join!(
            topic::aws::read(&self.aws, name, &arn),
            subscription::aws::list(&self.aws, name, &arn)
        )?;
        let Some(mut topic) = topic else { return Ok(Vec::new()) };
        tags::set_tags(&mut topic, listed.resource.tags().cloned().unwrap_or_default());
        let mut found = subscriptions.unwrap_or_default();
        found.retain(|live| live.facts.confirmation != Some(resources::ConfirmationState::Lost));
        for answer in join_all(found.iter_mut().map(|live| subscription::aws::read_attributes(&self.aws, live))).await {
            answer?;
        }
        found.push(topic);
        Ok(found)
    }
}

/// The kinds of children that are read one parent at a time, where there may be some.
fn kinds_below(live: &Live) -> impl Iterator<Item = Kind> + use<> {
    let none = live.facts.metric_filters == Some(0) || !may_have_children(live);
    let kinds = child::kinds_of(live.resource.kind()).filter(move |_| !none);
    kinds.filter(|(_, registry)| registry.parent.facts().reading != KindReading::AsTree).map(|(kind, _)| kind)
}

/// An alarm without a band has no detector.
fn may_have_children(live: &Live) -> bool {
    match &live.resource {
        resources::Resource::Alarm(alarm) => resources::anomaly_detector::LearntSeries::of(alarm).is_some(),
        _ => true,
    }
}

/// A topic by its ARN, of which nothing else is known yet.
fn named_topic(arn: &str) -> Option<Live> {
    let name = Kind::Topic.facts().arn?.name(&Arn::parse(arn)?)?.to_owned();
    Some(Live::new(resources::Resource::Topic(resources::Topic { name, ..resources::Topic::default() })))
}
