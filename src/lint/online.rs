//! What AWS has told about the account, as plain values: the rules that need it are silent without. Asks nobody.

use super::catalogue::catalogue;
use super::series::AlarmView;
use crate::model::endpoint;
use crate::resources::metric::ActiveMetric;
use crate::resources::{Address, ConfirmationState, FunctionFacts, Kind, LiveSnapshot, Observation, Resource};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What is known of one account and region. What is not in it is not known.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Observed {
    pub functions: BTreeMap<String, FunctionFacts>,
    /// Topics that exist, by name.
    pub topics: BTreeMap<String, TopicFacts>,
    /// What ListMetrics told, by namespace and metric name; a metric that is not a key was not asked for.
    pub metrics: BTreeMap<String, BTreeMap<String, DimensionSets>>,
    /// Namespaces of which every metric was listed.
    pub whole_namespaces: BTreeSet<String>,
}

/// A topic as it stands.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TopicFacts {
    pub policy: Option<Value>,
    /// Of each subscription, whether it is confirmed.
    pub subscriptions: Vec<ConfirmationState>,
}

/// The dimension sets with which a metric is published.
pub type DimensionSets = BTreeSet<BTreeMap<String, String>>;

static NEVER_PUBLISHED: DimensionSets = BTreeSet::new();

/// A listing to ask for: a namespace, and a name where the namespace may have more metrics than one wants to read.
pub type MetricListing = (String, Option<String>);

/// What has to be listed so that the rules know of every metric of these alarms. AWS's namespaces are asked by name, since
/// the catalogue knows their names; others as a whole, for the nearest name.
pub fn listings(resources: &BTreeMap<Address, Resource>) -> BTreeSet<MetricListing> {
    let alarms = resources.values().filter_map(|resource| match resource {
        Resource::Alarm(alarm) => Some(AlarmView::new(alarm)),
        _ => None,
    });
    let all = alarms.flat_map(|watch| watch.series).filter(|series| !series.foreign);
    all.map(|series| {
        let by_name = catalogue().namespace(series.namespace).is_some() || series.namespace.starts_with("AWS/");
        (series.namespace.to_owned(), by_name.then(|| series.metric.to_owned()))
    })
    .collect()
}

impl Observed {
    /// Adds what a listing told.
    pub fn add(&mut self, (namespace, name): MetricListing, listed: Vec<ActiveMetric>) {
        let names = self.metrics.entry(namespace.clone()).or_default();
        match name {
            Some(name) => drop(names.entry(name).or_default()),
            None => drop(self.whole_namespaces.insert(namespace)),
        }
        for metric in listed {
            names.entry(metric.name).or_default().insert(metric.dimensions);
        }
    }

    /// What a plan's reads tell. Metrics are asked for apart.
    pub fn of(snapshot: &LiveSnapshot) -> Self {
        let known =
            snapshot.functions.iter().filter_map(|(name, facts)| Some((name.clone(), facts.as_ref().ok()?.clone())));
        let mut observed = Observed { functions: known.collect(), ..Observed::default() };
        for live in snapshot.observations.values().filter_map(Observation::live) {
            match &live.resource {
                Resource::Topic(topic) => {
                    observed.topics.entry(topic.name.clone()).or_default().policy = live.facts.topic_policy.clone();
                }
                Resource::Subscription(subscription) => {
                    let topic = observed.topics.entry(subscription.topic.clone()).or_default();
                    // Chatbot confirms its own: nobody else has to.
                    let is_chatbot = endpoint::is_chatbot(&subscription.protocol, &subscription.endpoint);
                    topic.subscriptions.extend(live.facts.confirmation.map(|state| match state {
                        ConfirmationState::Pending if is_chatbot => ConfirmationState::Confirmed,
                        state => state,
                    }));
                }
                _ => {}
            }
        }
        let unknown = snapshot.observations.iter().filter(|(address, observation)| {
            address.kind == Kind::Subscription && matches!(observation, Observation::Unknown(_))
        });
        for topic in unknown.filter_map(|(address, _)| address.name.split('/').next()) {
            observed.topics.remove(topic);
        }
        observed
    }

    /// The dimension sets of a metric that AWS lists; `None` where nobody asked.
    pub fn listed(&self, namespace: &str, metric: &str) -> Option<&DimensionSets> {
        match self.metrics.get(namespace).and_then(|names| names.get(metric)) {
            Some(sets) => Some(sets),
            None => self.whole_namespaces.contains(namespace).then_some(&NEVER_PUBLISHED),
        }
    }

    /// The metric names of a namespace that AWS lists.
    pub fn names<'a>(&'a self, namespace: &str) -> impl Iterator<Item = &'a str> {
        self.metrics.get(namespace).into_iter().flat_map(|names| names.keys()).map(String::as_str)
    }
}
