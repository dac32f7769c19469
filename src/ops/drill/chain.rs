//! What a notification would have to pass, read before anything is fired: alarms, those above them, topics, subscribers.

use crate::aws::{Aws, AwsError};
use crate::model::filter_policy::FilterOutcome;
use crate::model::{Arn, Target};
use crate::ops::status::mute;
use crate::resources::alarm::Actions;
use crate::resources::{ConfirmationState, Live, Resource, Subscription, alarm, notification, subscription, topic};
use futures_util::future::{join_all, try_join_all};
use mlops_cloudwatch::evaluation::composite::plain;
use mlops_cloudwatch::state::AlarmState;
use std::collections::{BTreeMap, BTreeSet};

/// Everything that is known before.
#[derive(Debug, Clone)]
pub struct DrillSurvey {
    pub target: Target,
    pub alarms: Vec<Chain>,
    /// By ARN: every topic that an action of an alarm, or of a composite alarm above it, names.
    pub topics: BTreeMap<String, DrillTopic>,
}

/// An alarm with what else its firing sets off.
#[derive(Debug, Clone)]
pub struct Chain {
    pub name: String,
    /// `None` where there is no such alarm.
    pub live: Option<Live>,
    /// Composite alarms that may fire with it.
    pub parents: Vec<Live>,
    /// The mute rule that holds its actions back now.
    pub muted: Option<String>,
}

#[derive(Debug, Clone)]
pub struct DrillTopic {
    pub arn: String,
    pub name: String,
    pub found: TopicOrigin,
    /// Without those of drills.
    pub subscribers: Vec<Subscriber>,
}

/// How a topic was found.
#[derive(Debug, Clone)]
pub enum TopicOrigin {
    Live(Box<Live>),
    Missing,
    /// Why it is not known: another account's, or it may not be read.
    Unknown(String),
}

#[derive(Debug, Clone)]
pub struct Subscriber {
    pub subscription: Subscription,
    pub confirmation: ConfirmationState,
    /// Why its attributes, and so its filter policy, are not known.
    pub unread: Option<String>,
}

/// Who is reached by the actions of some alarms, and by which of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Woken {
    pub protocol: String,
    pub endpoint: String,
    pub alarms: BTreeSet<String>,
}

/// The name, or its beginning, of everything a drill makes.
pub const PREFIX: &str = "mlopsctl-drill-";

/// Whether the composite alarms above an alarm are wanted, too: a call for each alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Above {
    Read,
    Skip,
}

/// Reads the chains of these alarms: DescribeAlarms for all, and once for each for who stands above it, then two calls a topic.
pub async fn survey(aws: &Aws, names: &[String], now: i64, above: Above) -> Result<DrillSurvey, AwsError> {
    let (target, found, mutes) = futures_util::join!(aws.target(), describe(aws, names), mute::read(aws, now));
    let (target, found) = (target?, found?);
    let parents = join_all(names.iter().map(|name| async move {
        match above {
            Above::Read => parents_of(aws, name).await,
            Above::Skip => Vec::new(),
        }
    }))
    .await;
    let chains = names.iter().zip(parents).map(|(name, parents)| Chain {
        name: name.clone(),
        live: found.get(name).cloned(),
        parents,
        muted: mutes.by_alarm.get(name).map(|muted| muted.rule.clone()),
    });
    let alarms: Vec<Chain> = chains.collect();
    let arns: BTreeSet<String> = alarms
        .iter()
        .flat_map(Chain::all_actions)
        .flat_map(|(_, actions)| actions.all().cloned().collect::<Vec<_>>())
        .filter(|arn| is_topic(arn))
        .collect();
    let topics = try_join_all(arns.into_iter().map(|arn| read_topic(aws, arn))).await?;
    let topics = topics.into_iter().map(|topic| (topic.arn.clone(), topic)).collect();
    Ok(DrillSurvey { target, alarms, topics })
}

async fn describe(aws: &Aws, names: &[String]) -> Result<BTreeMap<String, Live>, AwsError> {
    let answers = try_join_all(names.chunks(alarm::aws::BATCH).map(|batch| alarm::aws::describe(aws, batch))).await?;
    Ok(answers.into_iter().flatten().map(|live| (live.resource.name(), live)).collect())
}

/// The composite alarms above an alarm, all the way up. Where they may not be read they are left out: who is woken is then said
/// with less, and nothing that is judged depends on it.
async fn parents_of(aws: &Aws, name: &str) -> Vec<Live> {
    let mut known: BTreeMap<String, Live> = BTreeMap::new();
    let mut open = vec![name.to_owned()];
    while let Some(child) = open.pop() {
        let Ok(names) = alarm::aws::parents(aws, &child).await else { continue };
        let fresh: Vec<String> = names.into_iter().filter(|parent| !known.contains_key(parent)).collect();
        if fresh.is_empty() {
            continue;
        }
        let Ok(found) = describe(aws, &fresh).await else { continue };
        for (parent, live) in found {
            // An endpoint that does not know the question answers with every alarm.
            let Resource::CompositeAlarm(composite) = &live.resource else { continue };
            if composite.children().iter().any(|name| plain(name) == child) {
                open.push(parent.clone());
                known.insert(parent, live);
            }
        }
    }
    known.into_values().collect()
}

async fn read_topic(aws: &Aws, arn: String) -> Result<DrillTopic, AwsError> {
    let parsed = Arn::parse(&arn);
    let name = parsed.map_or(arn.as_str(), |arn| arn.resource).to_owned();
    let mut topic = DrillTopic { name, found: TopicOrigin::Missing, subscribers: Vec::new(), arn: arn.clone() };
    let (live, listed) =
        futures_util::join!(topic::aws::read(aws, &topic.name, &arn), subscription::aws::list(aws, &topic.name, &arn));
    topic.found = match live {
        Ok(Some(live)) => TopicOrigin::Live(Box::new(live)),
        Ok(None) => TopicOrigin::Missing,
        Err(error) => TopicOrigin::Unknown(error.to_string()),
    };
    match listed {
        Ok(listed) => {
            let found = listed.unwrap_or_default().into_iter();
            let known = join_all(found.map(|live| subscriber(aws, live))).await;
            topic.subscribers = known.into_iter().flatten().collect();
        }
        Err(error) if matches!(topic.found, TopicOrigin::Live(_)) => {
            topic.found = TopicOrigin::Unknown(error.to_string())
        }
        Err(_) => {}
    }
    Ok(topic)
}

/// With its filter, which decides whether an alarm's message passes. Where that may not be read it says so.
async fn subscriber(aws: &Aws, mut live: Live) -> Option<Subscriber> {
    let confirmation = live.facts.confirmation?;
    let unread = match confirmation {
        ConfirmationState::Confirmed => {
            subscription::aws::read_attributes(aws, &mut live).await.err().map(|error| error.to_string())
        }
        ConfirmationState::Pending | ConfirmationState::Lost => None,
    };
    match live.resource {
        Resource::Subscription(subscription) if !is_of_a_drill(&subscription.endpoint) => {
            Some(Subscriber { subscription, confirmation, unread })
        }
        _ => None,
    }
}

/// Whether an endpoint is one that a drill made: a queue's ARN or an address that ends with its name.
pub fn is_of_a_drill(endpoint: &str) -> bool {
    endpoint.rsplit([':', '/']).next().is_some_and(|last| last.starts_with(PREFIX))
}

pub fn is_topic(arn: &str) -> bool {
    Arn::parse(arn).is_some_and(|arn| arn.service == "sns")
}

impl DrillSurvey {
    /// The topics that exist and could be subscribed to.
    pub fn open_topics(&self) -> impl Iterator<Item = &DrillTopic> {
        self.topics.values().filter(|topic| matches!(topic.found, TopicOrigin::Live(_)))
    }

    /// Every confirmed endpoint that the drill's notifications, the way back included, may reach.
    pub fn woken(&self) -> Vec<Woken> {
        let mut woken: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
        for chain in self.alarms.iter().filter(|chain| chain.live.is_some() && chain.muted.is_none()) {
            for live in chain.live.iter().chain(&chain.parents) {
                let Some(actions) = live.resource.actions().filter(|actions| actions.enabled) else { continue };
                for state in notification::STATES {
                    let arns = notification::actions_for(actions, state).iter();
                    let all = arns.filter_map(|arn| self.topics.get(arn)).flat_map(|topic| &topic.subscribers);
                    for subscriber in all.filter(|s| s.may_be_reached(&live.resource, &self.target, state)) {
                        let Subscription { protocol, endpoint, .. } = &subscriber.subscription;
                        let key = (protocol.clone(), endpoint.clone());
                        woken.entry(key).or_default().insert(live.resource.name());
                    }
                }
            }
        }
        let list = woken.into_iter().map(|((protocol, endpoint), alarms)| Woken { protocol, endpoint, alarms });
        list.collect()
    }

    /// Actions that are no notification and will really be run: a function, an instance that is stopped.
    pub fn other_actions(&self) -> BTreeSet<(String, String)> {
        let enabled = self.alarms.iter().filter(|chain| chain.live.is_some() && chain.muted.is_none());
        let all = enabled.flat_map(Chain::all_actions).filter(|(_, actions)| actions.enabled);
        all.flat_map(|(name, actions)| actions.all().map(move |arn| (arn.clone(), name.clone())).collect::<Vec<_>>())
            .filter(|(arn, _)| !is_topic(arn))
            .collect()
    }
}

impl DrillTopic {
    pub fn live(&self) -> Option<&Live> {
        match &self.found {
            TopicOrigin::Live(live) => Some(live),
            TopicOrigin::Missing | TopicOrigin::Unknown(_) => None,
        }
    }

    pub fn is_missing(&self) -> bool {
        matches!(self.found, TopicOrigin::Missing)
    }

    /// Why it is not known.
    pub fn unknown(&self) -> Option<&str> {
        match &self.found {
            TopicOrigin::Unknown(why) => Some(why),
            TopicOrigin::Live(_) | TopicOrigin::Missing => None,
        }
    }
}

impl Chain {
    pub fn actions(&self) -> Option<&Actions> {
        self.live.as_ref()?.resource.actions()
    }

    /// `OK`, `ALARM`, `INSUFFICIENT_DATA`.
    pub fn state(&self) -> Option<&str> {
        self.live.as_ref()?.facts.alarm_state.as_deref()
    }

    /// Its own actions and those of the alarms above it, by the alarm's name.
    fn all_actions(&self) -> impl Iterator<Item = (String, &Actions)> {
        let all = self.live.iter().chain(&self.parents);
        all.filter_map(|live| Some((live.resource.name(), live.resource.actions()?)))
    }
}

impl Subscriber {
    /// Works out whether the message of an alarm that goes into `state` passes its filter policy.
    pub fn passes(&self, alarm: &Resource, target: &Target, state: AlarmState) -> FilterOutcome {
        match self.unread {
            Some(_) => FilterOutcome::Depends,
            None => notification::passes(&self.subscription, alarm, target, state),
        }
    }

    /// Whether it is confirmed, and its filter does not drop the message of an alarm that goes into `state`.
    pub fn may_be_reached(&self, alarm: &Resource, target: &Target, state: AlarmState) -> bool {
        self.confirmation == ConfirmationState::Confirmed && self.passes(alarm, target, state) != FilterOutcome::Never
    }
}
