//! What a rule is given: resources, the monitored functions, and what AWS has told. Judges nothing.

use super::AcceptedValues;
use super::finding::{About, Raised};
use super::online::Observed;
use super::series::{AlarmView, AlarmedMetric};
use crate::model::filter_policy::FilterOutcome;
use crate::model::{Arn, Target};
use crate::resources::alarm::Actions;
use crate::resources::{
    Address, Alarm, CompositeAlarm, FunctionFacts, Kind, LogAlarm, LogGroup, Resource, Slo, Subscription, Topic,
};
use crate::resources::{metric_filter, notification};
use mlops_cloudwatch::state::AlarmState;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug)]
pub struct RuleContext<'a> {
    pub resources: BTreeMap<&'a Address, &'a Resource>,
    /// The monitored functions, by name.
    pub functions: &'a BTreeSet<String>,
    pub observed: Option<&'a Observed>,
    /// Where the alarms are; empty where that is not known.
    pub region: &'a str,
    /// The SLOs of the file.
    pub slos: &'a [Slo],
    /// What the rule accepts.
    pub limits: Option<AcceptedValues>,
    /// Every metric alarm, looked at once for all rules.
    pub watches: Vec<AlarmView<'a>>,
    /// By topic.
    subscriptions: BTreeMap<&'a str, Vec<&'a Subscription>>,
    /// By topic: the alarms that send it a message, and in which state.
    senders: BTreeMap<&'a str, Vec<Sender<'a>>>,
}

/// An alarm that sends a topic a message.
#[derive(Debug)]
struct Sender<'a> {
    address: &'a Address,
    resource: &'a Resource,
    state: AlarmState,
    /// Topic and alarm stand in one account and region.
    target: Target,
}

/// A message that an alarm sends to a topic, and what a filter policy makes of it.
#[derive(Debug, Clone, PartialEq)]
pub struct FilteredMessage<'a> {
    pub alarm: &'a Address,
    pub state: AlarmState,
    pub outcome: FilterOutcome,
}

impl<'a> RuleContext<'a> {
    pub fn new(
        resources: BTreeMap<&'a Address, &'a Resource>,
        functions: &'a BTreeSet<String>,
        observed: Option<&'a Observed>,
    ) -> Self {
        let alarms = resources.values().copied().filter_map(|resource| match resource {
            Resource::Alarm(alarm) => Some(AlarmView::new(alarm)),
            _ => None,
        });
        let mut subscriptions: BTreeMap<&str, Vec<&Subscription>> = BTreeMap::new();
        for resource in resources.values().copied() {
            if let Resource::Subscription(subscription) = resource {
                subscriptions.entry(&subscription.topic).or_default().push(subscription);
            }
        }
        let (watches, senders) = (alarms.collect(), senders(&resources));
        Self { resources, functions, observed, region: "", slos: &[], limits: None, watches, subscriptions, senders }
    }

    pub fn composites(&self) -> impl Iterator<Item = &'a CompositeAlarm> {
        self.resources.values().copied().filter_map(|resource| match resource {
            Resource::CompositeAlarm(alarm) => Some(alarm),
            _ => None,
        })
    }

    pub fn log_alarms(&self) -> impl Iterator<Item = &'a LogAlarm> {
        self.resources.values().copied().filter_map(|resource| match resource {
            Resource::LogAlarm(alarm) => Some(alarm.as_ref()),
            _ => None,
        })
    }

    pub fn topics(&self) -> impl Iterator<Item = &'a Topic> {
        self.resources.values().copied().filter_map(|resource| match resource {
            Resource::Topic(topic) => Some(topic),
            _ => None,
        })
    }

    pub fn subscriptions_of(&self, topic: &str) -> &[&'a Subscription] {
        self.subscriptions.get(topic).map(Vec::as_slice).unwrap_or_default()
    }

    /// The subscriptions that have a filter policy.
    pub fn filtered_subscriptions(&self) -> impl Iterator<Item = &'a Subscription> {
        self.resources.values().copied().filter_map(|resource| match resource {
            Resource::Subscription(subscription) if subscription.filter_policy.is_some() => Some(subscription),
            _ => None,
        })
    }

    /// Every message that alarms of the file send to a subscription's topic, and whether it passes the filter policy.
    pub fn messages_to(&self, subscription: &Subscription) -> Vec<FilteredMessage<'a>> {
        let senders = self.senders.get(subscription.topic.as_str()).map(Vec::as_slice).unwrap_or_default();
        let message = |sender: &Sender<'a>| FilteredMessage {
            alarm: sender.address,
            state: sender.state,
            outcome: notification::passes(subscription, sender.resource, &sender.target, sender.state),
        };
        senders.iter().map(message).collect()
    }

    pub fn log_groups(&self) -> impl Iterator<Item = &'a LogGroup> {
        self.resources.values().copied().filter_map(|resource| match resource {
            Resource::LogGroup(group) => Some(group),
            _ => None,
        })
    }

    /// Whether AWS was asked for a metric and lists it with these dimensions: whatever the catalogue says, it is there.
    pub fn is_listed(&self, series: &AlarmedMetric<'_>) -> bool {
        let listed = self.observed.and_then(|observed| observed.listed(series.namespace, series.metric));
        listed.is_some_and(|sets| sets.contains(series.dimensions))
    }

    /// Whether a metric filter of the file makes the metric: it appears with the first line that matches.
    pub fn is_made(&self, series: &AlarmedMetric<'_>) -> bool {
        let mut filters = metric_filter::all(self.resources.values().copied());
        filters.any(|filter| filter.makes(series.namespace, series.metric, series.dimensions))
    }

    pub fn facts(&self, function: &str) -> Option<&'a FunctionFacts> {
        self.observed?.functions.get(function)
    }

    /// Every alarm of any kind: its address and its actions.
    pub fn actions(&self) -> impl Iterator<Item = (&'a Address, &'a Actions)> {
        self.resources.iter().filter_map(|(address, resource)| Some((*address, resource.actions()?)))
    }

    /// The alarms that a composite alarm stands on, by name.
    pub fn children(&self) -> BTreeSet<String> {
        self.composites().flat_map(CompositeAlarm::children).map(|child| name_of(&child)).collect()
    }

    /// The declared topics that an alarm tells, with the alarms that tell them.
    pub fn told_topics(&self) -> BTreeMap<&'a str, Vec<&'a Address>> {
        let names: BTreeMap<&str, &'a str> =
            self.topics().map(|topic| (topic.name.as_str(), topic.name.as_str())).collect();
        let mut told: BTreeMap<&'a str, Vec<&'a Address>> = BTreeMap::new();
        for (address, actions) in self.actions().filter(|(_, actions)| actions.enabled) {
            let topics: BTreeSet<&str> = actions.all().filter_map(|arn| topic_of(arn)).collect();
            for name in topics.iter().filter_map(|name| names.get(name)) {
                told.entry(name).or_default().push(address);
            }
        }
        told
    }
}

/// The alarms whose actions are on, by the topics they send to; of two ARNs with a topic's name the first counts.
fn senders<'a>(resources: &BTreeMap<&'a Address, &'a Resource>) -> BTreeMap<&'a str, Vec<Sender<'a>>> {
    let mut senders: BTreeMap<&str, Vec<Sender<'_>>> = BTreeMap::new();
    for (address, resource) in resources {
        let Some(actions) = resource.actions().filter(|actions| actions.enabled) else { continue };
        for state in notification::STATES {
            let mut named = BTreeSet::new();
            let arns = notification::actions_for(actions, state).iter().filter_map(|arn| Arn::parse(arn));
            for topic in arns.filter(|arn| arn.service == "sns") {
                if named.insert(topic.resource) {
                    let target = Target::new(topic.account, topic.region);
                    senders.entry(topic.resource).or_default().push(Sender { address, resource, state, target });
                }
            }
        }
    }
    senders
}

impl AlarmView<'_> {
    pub fn about(&self) -> About {
        about_alarm(self.alarm)
    }

    /// A finding about this alarm, at the first of the keys that it has.
    pub fn raise(&self, keys: &'static [&'static str], message: impl Into<String>, help: impl Into<String>) -> Raised {
        Raised::new(self.about(), keys, message, help)
    }
}

fn about_alarm(alarm: &Alarm) -> About {
    About::Resource(Address::new(Kind::Alarm, &alarm.name))
}

/// The name of an alarm that is given by name or ARN.
pub fn name_of(reference: &str) -> String {
    let of_arn = Arn::parse(reference).and_then(|arn| arn.resource.strip_prefix("alarm:"));
    of_arn.unwrap_or(reference).to_owned()
}

/// The topic's name, of an action that is a topic.
pub fn topic_of(arn: &str) -> Option<&str> {
    Arn::parse(arn).filter(|arn| arn.service == "sns").map(|arn| arn.resource)
}
