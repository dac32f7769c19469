//! Subscriptions to other owners' topics. Each is asked for in the topic's region. SNS lists the subscriptions of a topic to whom the topic's
//! policy allows it, and to everybody their own ones, on whichever topic: of another account's topic only those are of interest.

use super::ExternalSubscription;
use crate::aws::{ApiOperation, Aws, AwsError, Class};
use crate::model::{Arn, FieldChange, Target};
use crate::resources::aws::Client;
use crate::resources::declared;
use crate::resources::{ConfirmationState, Live, Resource, subscription};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::sleep;

const SUBSCRIBE: ApiOperation = ApiOperation("sns", "Subscribe");
const UNSUBSCRIBE: ApiOperation = ApiOperation("sns", "Unsubscribe");
const LIST_TAGS: ApiOperation = ApiOperation("sns", "ListTagsForResource");
/// How often it is looked whether a lost call was carried out, and how long before.
const ATTEMPTS: u32 = 6;
const LOOK_AGAIN: Duration = Duration::from_millis(400);

/// What is subscribed to a topic, as far as it may be ours.
async fn subscribed(aws: &Aws, topic_arn: &str) -> Result<Vec<Live>, AwsError> {
    let Some(arn) = Arn::parse(topic_arn) else { return Ok(Vec::new()) };
    let target = aws.target().await?;
    if arn.account == target.account {
        return Ok(subscription::aws::list(aws, arn.resource, topic_arn).await?.unwrap_or_default());
    }
    let all = subscription::aws::list_all(aws).await?;
    Ok(all.into_iter().filter(|(topic, _)| topic == topic_arn).map(|(_, live)| live).collect())
}

/// Handles of the region that a topic is in: SNS takes a subscription there alone.
fn in_its_region(aws: &Aws, topic_arn: &str) -> Aws {
    match Arn::parse(topic_arn) {
        Some(arn) if arn.region != aws.region() => aws.in_region(arn.region),
        _ => aws.clone(),
    }
}

/// The live one among these that is the desired one: a confirmed one before a pending one, and that before one that was ended.
fn find(desired: &ExternalSubscription, subscribed: &[Live]) -> Option<Live> {
    let is_it = |live: &&Live| match &live.resource {
        Resource::Subscription(one) => desired.subscription.is_listed_as(&one.protocol, &one.endpoint),
        _ => false,
    };
    let rank = |live: &&Live| match live.facts.confirmation {
        Some(ConfirmationState::Confirmed) => 0,
        Some(ConfirmationState::Pending) => 1,
        Some(ConfirmationState::Lost) | None => 2,
    };
    subscribed.iter().filter(is_it).min_by_key(rank).cloned()
}

/// The desired one as it is live, with its attributes.
async fn read(aws: &Aws, desired: ExternalSubscription, subscribed: &[Live]) -> Result<Option<Live>, AwsError> {
    let Some(mut live) = find(&desired, subscribed) else { return Ok(None) };
    subscription::aws::read_attributes(aws, &mut live).await?;
    let Resource::Subscription(mut own) = live.resource else { return Ok(None) };
    // SNS lists a password as stars.
    own.endpoint = desired.subscription.endpoint;
    live.facts.tags_read = true;
    let resource = Resource::ExternalSubscription(ExternalSubscription::new(&desired.topic_arn, own));
    Ok(Some(Live { resource, facts: live.facts }))
}

impl Client for ExternalSubscription {
    const TAGS: ApiOperation = LIST_TAGS;
    // Of one topic as many as are declared: its subscriptions are listed once.
    const BATCH: usize = 1_000;

    const PUT: ApiOperation = SUBSCRIBE;
    const DELETE: ApiOperation = UNSUBSCRIBE;
    const UNTAG: ApiOperation = UNSUBSCRIBE;

    /// SNS does not say of a subscription whose topic is listed elsewhere that it is ours: such ones are not looked for.
    async fn list(_: &Aws) -> Result<Vec<Live>, AwsError> {
        Ok(Vec::new())
    }

    async fn describe(aws: &Aws, names: &[String]) -> Result<Vec<Live>, AwsError> {
        let mut by_topic: BTreeMap<String, Vec<ExternalSubscription>> = BTreeMap::new();
        for desired in names.iter().filter_map(|name| ExternalSubscription::parse(name)) {
            by_topic.entry(desired.topic_arn.clone()).or_default().push(desired);
        }
        let topics = by_topic.into_iter().map(|(topic_arn, desired)| async move {
            let aws = in_its_region(aws, &topic_arn);
            let subscribed = subscribed(&aws, &topic_arn).await?;
            let mut found = Vec::new();
            for one in desired {
                found.extend(read(&aws, one, &subscribed).await?);
            }
            Ok::<Vec<Live>, AwsError>(found)
        });
        Ok(futures_util::future::try_join_all(topics).await?.into_iter().flatten().collect())
    }

    /// Subscribes where nobody has meanwhile, else sets what the spec names. After a lost answer it is looked first: subscribing twice
    /// sends a second mail.
    async fn put(&self, aws: &Aws) -> Result<(), AwsError> {
        let aws = &in_its_region(aws, &self.topic_arn);
        for attempt in 1.. {
            let live = find(self, &subscribed(aws, &self.topic_arn).await?);
            let live = live.filter(|live| live.facts.confirmation != Some(ConfirmationState::Lost));
            if let Some(live) = live {
                // Of a pending one nothing can be set yet: it has no ARN.
                let Some(arn) = live.facts.subscription_arn else { return Ok(()) };
                return subscription::aws::set(aws, &arn, &self.changes()).await;
            }
            match subscription::aws::subscribe(aws, &self.topic_arn, &self.subscription).await {
                Err(error) if error.is(Class::Transient) && attempt < ATTEMPTS => sleep(LOOK_AGAIN * attempt).await,
                answer => return answer,
            }
        }
        Ok(())
    }

    async fn delete(_: &Aws, _: &Target, names: &[String]) -> Vec<Result<(), AwsError>> {
        names.iter().map(|_| Err(AwsError::unexpected(UNSUBSCRIBE, "this kind is never deleted"))).collect()
    }
}

impl ExternalSubscription {
    /// What the spec names, with the value that it gives it.
    fn changes(&self) -> Vec<FieldChange> {
        let fields = self.subscription.fields();
        let named = declared::by_spec(&Resource::ExternalSubscription(self.clone()));
        named.into_iter().map(|field| FieldChange { to: fields.get(&field).cloned(), from: None, field }).collect()
    }
}
