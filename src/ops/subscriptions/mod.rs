//! Who a stack's topics tell, and who has not confirmed yet: read, wait, ask again, confirm. Subscribing anew is `apply`'s.

mod confirm;
mod link;
mod wait;

pub use confirm::confirm;
pub use link::{Link, NotALink};
pub use wait::{Waited, wait};

use crate::aws::{ApiOperation, Aws, AwsError, Class};
use crate::model::{Target, endpoint};
use crate::resources::{Address, ConfirmationState, Resource, Subscription, subscription};
use futures_util::future::try_join_all;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Every subscription that a stack wants or that its topics have, in the order of topic, protocol and endpoint.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StackSubscriptions {
    pub stack: String,
    pub target: Target,
    #[serde(rename = "subscriptions")]
    pub rows: Vec<SubscriptionRow>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SubscriptionRow {
    pub topic: String,
    pub protocol: String,
    pub endpoint: String,
    pub state: SubscriptionState,
    /// Whether the spec asks for it.
    pub wanted: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SubscriptionState {
    /// Notifications are delivered.
    Confirmed,
    /// Somebody has been asked and has not answered.
    Pending,
    /// Its receiver has unsubscribed.
    Lost,
    /// The spec asks for it and it does not stand: it was not applied yet, or it has expired unconfirmed.
    Missing,
}

impl SubscriptionState {
    pub fn word(self) -> &'static str {
        match self {
            SubscriptionState::Confirmed => "confirmed",
            SubscriptionState::Pending => "pending",
            SubscriptionState::Lost => "lost",
            SubscriptionState::Missing => "missing",
        }
    }
}

impl SubscriptionRow {
    pub fn address(&self) -> Address {
        Resource::Subscription(Subscription::new(&self.topic, &self.protocol, &self.endpoint)).address()
    }
}

impl StackSubscriptions {
    pub fn count(&self, state: SubscriptionState) -> usize {
        self.rows.iter().filter(|row| row.state == state).count()
    }

    /// What keeps notifications from somebody: pending ones, and wanted ones that do not stand. A lost one that the spec does
    /// not ask for is what its receiver wished.
    pub fn open(&self) -> impl Iterator<Item = &SubscriptionRow> {
        self.rows.iter().filter(|row| match row.state {
            SubscriptionState::Confirmed => false,
            SubscriptionState::Pending => true,
            SubscriptionState::Lost | SubscriptionState::Missing => row.wanted,
        })
    }
}

/// Reads the subscriptions of every topic that is desired: one ListSubscriptionsByTopic a topic (and one more for each further
/// hundred subscriptions), all at once, paced.
pub async fn read(
    aws: &Aws,
    stack: &str,
    target: &Target,
    desired: &BTreeMap<Address, Resource>,
) -> Result<StackSubscriptions, AwsError> {
    let topics: BTreeSet<&str> = desired.values().filter_map(topic_of).collect();
    let found = try_join_all(topics.into_iter().map(|topic| of_topic(aws, target, topic, desired))).await?;
    let mut rows: Vec<SubscriptionRow> = found.into_iter().flatten().collect();
    rows.sort_by(|a, b| (&a.topic, &a.protocol, &a.endpoint).cmp(&(&b.topic, &b.protocol, &b.endpoint)));
    Ok(StackSubscriptions { stack: stack.to_owned(), target: target.clone(), rows })
}

/// What one topic has and what it ought to have; a topic that does not exist has nothing.
async fn of_topic(
    aws: &Aws,
    target: &Target,
    topic: &str,
    desired: &BTreeMap<Address, Resource>,
) -> Result<Vec<SubscriptionRow>, AwsError> {
    let live = subscription::aws::list(aws, topic, &target.arn("sns", topic)).await?.unwrap_or_default();
    let mut rows: BTreeMap<Address, SubscriptionRow> = BTreeMap::new();
    let mut put = |subscription: &Subscription, state: SubscriptionState| {
        let Subscription { topic, protocol, endpoint, .. } = subscription.clone();
        let row = SubscriptionRow { topic, protocol, endpoint, state, wanted: false };
        let address = row.address();
        rows.insert(address.clone(), SubscriptionRow { wanted: desired.contains_key(&address), ..row });
    };
    for subscription in wanted(topic, desired) {
        put(subscription, SubscriptionState::Missing);
    }
    // The listing has the one that counts last, where one endpoint is listed twice.
    for one in &live {
        if let Resource::Subscription(subscription) = &one.resource {
            // SNS lists passwords as stars.
            let listed =
                wanted(topic, desired).find(|s| s.is_listed_as(&subscription.protocol, &subscription.endpoint));
            put(
                listed.unwrap_or(subscription),
                match one.facts.confirmation {
                    Some(ConfirmationState::Confirmed) => SubscriptionState::Confirmed,
                    Some(ConfirmationState::Lost) => SubscriptionState::Lost,
                    Some(ConfirmationState::Pending) | None => SubscriptionState::Pending,
                },
            );
        }
    }
    Ok(rows.into_values().collect())
}

fn wanted<'a>(topic: &'a str, desired: &'a BTreeMap<Address, Resource>) -> impl Iterator<Item = &'a Subscription> {
    desired.values().filter_map(move |resource| match resource {
        Resource::Subscription(subscription) if subscription.topic == topic => Some(subscription),
        _ => None,
    })
}

fn topic_of(resource: &Resource) -> Option<&str> {
    match resource {
        Resource::Topic(topic) => Some(&topic.name),
        Resource::Subscription(subscription) => Some(&subscription.topic),
        _ => None,
    }
}

/// Has SNS ask a pending one again: one more mail. With the attributes that the spec gives it, since SNS refuses others.
pub async fn resend(
    aws: &Aws,
    target: &Target,
    row: &SubscriptionRow,
    desired: &BTreeMap<Address, Resource>,
) -> Result<(), AwsError> {
    let plain = Subscription::new(&row.topic, &row.protocol, &row.endpoint);
    let subscription = match desired.get(&row.address()) {
        Some(Resource::Subscription(subscription)) => subscription,
        _ => &plain,
    };
    if subscription.password().is_some_and(|(_, password)| password == endpoint::STARS) {
        let message =
            "SNS shows no password, so it cannot be asked again for this endpoint: add it to the spec".to_owned();
        return Err(AwsError {
            op: ApiOperation("sns", "Subscribe"),
            class: Class::Refused,
            code: "PasswordUnknown".to_owned(),
            message,
        });
    }
    subscription::aws::subscribe(aws, &target.arn("sns", &row.topic), subscription).await
}

#[cfg(test)]
mod tests;
