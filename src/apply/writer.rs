//! The only place that changes AWS: one change, or one batch of deletes, as calls that can all be repeated.

use crate::aws::{Aws, AwsError, Class};
use crate::model::FieldChange;
use crate::plan::{Action, Change, Plan};
use crate::resources::mark::{self, SubscriptionMarks};
use crate::resources::topic::aws::Created;
use crate::resources::{Address, Kind, Live, LogGroup, Resource, Subscription, Tags, Topic};
use crate::resources::{alarm, composite_alarm, log_group, subscription, topic};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::sync::OnceCell;
use tokio::time::sleep;

/// Tag by which runs that subscribe to the same topic at the same time see each other.
const RUN: &str = "mlopsctl:run";
/// How long a claim has to stand before it counts: longer than another run's write can be under way.
const CLAIM_SETTLES: Duration = Duration::from_millis(500);
/// How long another run is given to make the subscriptions it has claimed.
const OTHERS_TURN: Duration = Duration::from_secs(6);
const LOOK_AGAIN: Duration = Duration::from_millis(400);

/// Writes the changes of one plan.
#[derive(Debug)]
pub struct Writer<'a> {
    aws: &'a Aws,
    plan: &'a Plan,
    run: String,
    /// Topic name -> whether this run may subscribe to it; decided once a topic.
    claims: BTreeMap<String, OnceCell<Claim>>,
}

/// Subscribing twice sends a second mail, and SNS has no way to forbid it: so of two runs at once only the one that holds
/// the topic subscribes, and the other waits for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Claim {
    /// This run made the topic: nobody else can have subscribed.
    Fresh,
    /// This run's mark stands on the topic.
    Held,
    /// Another run got there first.
    Others,
}

impl<'a> Writer<'a> {
    pub fn new(aws: &'a Aws, plan: &'a Plan) -> Self {
        let topics = plan.effective().filter_map(|change| match (change.address.kind, topic_of(change)) {
            (Kind::Subscription | Kind::Topic, Some(name)) => Some((name, OnceCell::new())),
            _ => None,
        });
        let run = std::iter::repeat_with(|| fastrand::alphanumeric().to_ascii_lowercase()).take(12).collect();
        Self { aws, plan, run, claims: topics.collect() }
    }

    /// Makes one change true.
    pub async fn write(&self, change: &Change) -> Result<(), AwsError> {
        match (change.action, &change.before, &change.after) {
            (Action::NoOp, ..) => Ok(()),
            (Action::Create, _, Some(after)) => self.create(after).await,
            (Action::Update | Action::Adopt, Some(before), Some(after)) => self.update(change, before, after).await,
            (Action::Replace, Some(before), Some(after)) => {
                self.delete(before).await?;
                self.create(after).await.map_err(AwsError::half_way)
            }
            (Action::Delete, Some(before), _) => self.delete(before).await,
            // A plan is built with what its action needs; a saved one is checked when it is read.
            _ => Ok(()),
        }
    }

    /// Deletes metric alarms by name in one call; where AWS refuses the batch, one by one.
    pub async fn delete_alarms(&self, names: &[String]) -> Result<(), AwsError> {
        match alarm::aws::delete(self.aws, names).await {
            Err(error) if names.len() > 1 && matches!(error.class, Class::Refused) => {
                for name in names {
                    alarm::aws::delete(self.aws, std::slice::from_ref(name)).await.map_err(AwsError::half_way)?;
                }
                Ok(())
            }
            answer => answer,
        }
    }

    async fn create(&self, resource: &Resource) -> Result<(), AwsError> {
        match resource {
            Resource::Topic(topic) => self.create_topic(topic).await,
            Resource::Subscription(subscription) => self.subscribe(subscription).await,
            Resource::LogGroup(group) => self.create_log_group(group).await,
            Resource::Alarm(alarm) => alarm::aws::put(self.aws, alarm).await,
            Resource::CompositeAlarm(alarm) => composite_alarm::aws::put(self.aws, alarm).await,
        }
    }

    async fn update(&self, change: &Change, before: &Live, after: &Resource) -> Result<(), AwsError> {
        // Ownership first: an interrupted adoption must not leave a changed thing without an owner.
        self.write_tags(&change.address, before, after).await?;
        let (tags, fields): (Vec<FieldChange>, Vec<FieldChange>) =
            change.fields.iter().cloned().partition(|f| f.field.starts_with("tags."));
        let written = self.write_fields(before, after, &fields).await;
        if tags.is_empty() { written } else { written.map_err(AwsError::half_way) }
    }

    async fn write_fields(&self, before: &Live, after: &Resource, fields: &[FieldChange]) -> Result<(), AwsError> {
        match after {
            Resource::Subscription(subscription) => self.update_subscription(subscription, before, fields).await,
            _ if fields.is_empty() => Ok(()),
            Resource::Topic(topic) => topic::aws::set(self.aws, &self.arn(&topic.name), fields).await,
            Resource::LogGroup(group) => self.update_log_group(group, fields).await,
            Resource::Alarm(alarm) => alarm::aws::put(self.aws, alarm).await,
            Resource::CompositeAlarm(alarm) => composite_alarm::aws::put(self.aws, alarm).await,
        }
    }

    async fn delete(&self, before: &Live) -> Result<(), AwsError> {
        match &before.resource {
            Resource::Topic(topic) => topic::aws::delete(self.aws, &self.arn(&topic.name)).await,
            Resource::Subscription(s) => match &before.facts.subscription_arn {
                Some(arn) if !self.topic_goes(&s.topic) => subscription::aws::unsubscribe(self.aws, arn).await,
                // With its topic gone it is gone; a pending one has no ARN and expires by itself.
                _ => Ok(()),
            },
            Resource::LogGroup(group) => log_group::aws::delete(self.aws, &group.name).await,
            Resource::Alarm(_) | Resource::CompositeAlarm(_) => self.delete_alarms(&[before.resource.name()]).await,
        }
    }

    /// Adds what the desired tags have and the live ones lack, and takes our own marks off where they are not desired.
    async fn write_tags(&self, address: &Address, before: &Live, after: &Resource) -> Result<(), AwsError> {
        let (Some(live), Some(desired), Some(arn)) =
            (before.resource.tags(), after.tags(), address.arn(&self.plan.target))
        else {
            return Ok(());
        };
        let added: Tags =
            desired.iter().filter(|(k, v)| live.get(*k) != Some(v)).map(|(k, v)| (k.clone(), v.clone())).collect();
        if !added.is_empty() {
            match address.kind {
                Kind::Topic => topic::aws::tag(self.aws, &arn, &added).await?,
                Kind::LogGroup => log_group::aws::tag(self.aws, &arn, &added).await?,
                Kind::Alarm | Kind::CompositeAlarm => alarm::aws::tag(self.aws, &arn, &added).await?,
                Kind::Subscription => {}
            }
        }
        let released = !desired.contains_key(mark::STACK);
        let removed: Vec<String> = live.keys().filter(|key| released && mark::is_mark(key)).cloned().collect();
        if address.kind == Kind::LogGroup && !removed.is_empty() {
            log_group::aws::untag(self.aws, &arn, &removed).await?;
        }
        Ok(())
    }

    async fn create_topic(&self, desired: &Topic) -> Result<(), AwsError> {
        let arn = self.arn(&desired.name);
        let mut marked = desired.clone();
        marked.tags.extend(self.marks(&desired.name, &Tags::new()).to_tags());
        marked.tags.insert(RUN.to_owned(), self.run.clone());
        let claim = match topic::aws::create(self.aws, &marked).await? {
            Created::Ours => Claim::Fresh,
            // Somebody made it since the plan was read: another run of ours, or the next plan will say.
            Created::AlreadyThere => self.check_owner(&arn, &desired.name).await.map(|()| Claim::Others)?,
        };
        if let Some(cell) = self.claims.get(&desired.name) {
            cell.get_or_init(|| async { claim }).await;
        }
        let fields = desired.fields();
        let fields = fields.into_iter().map(|(field, to)| FieldChange { field, from: None, to: Some(to) });
        topic::aws::set(self.aws, &arn, &fields.collect::<Vec<_>>()).await.map_err(AwsError::half_way)
    }

    async fn check_owner(&self, arn: &str, name: &str) -> Result<(), AwsError> {
        let tags = topic::aws::tags(self.aws, arn).await?.unwrap_or_default();
        match mark::owner(&tags, &self.plan.stack) {
            mark::Owner::Ours => Ok(()),
            _ => Err(AwsError {
                op: crate::aws::Op("sns", "CreateTopic"),
                class: Class::AlreadyExists,
                code: "TopicExists".to_owned(),
                message: format!("topic {name} was created by somebody else meanwhile; plan again"),
            }),
        }
    }

    /// Subscribes, unless somebody has meanwhile. Never twice: see `Claim`.
    async fn subscribe(&self, desired: &Subscription) -> Result<(), AwsError> {
        let arn = self.arn(&desired.topic);
        let claim = self.claim(&desired.topic).await?;
        let mut attempts = 0;
        let mut looked = claim == Claim::Fresh;
        let waiting = tokio::time::Instant::now();
        loop {
            if !looked && self.is_subscribed(&arn, desired).await? {
                return Ok(());
            }
            if claim == Claim::Others && waiting.elapsed() < OTHERS_TURN {
                sleep(LOOK_AGAIN).await;
                continue;
            }
            match subscription::aws::subscribe(self.aws, &arn, desired).await {
                // The answer was lost: look whether it was applied before trying again.
                Err(error) if error.is(Class::Transient) && attempts < 6 => {
                    attempts += 1;
                    looked = false;
                    sleep(LOOK_AGAIN.mul_f64(0.5 * f64::from(attempts))).await;
                }
                answer => return answer,
            }
        }
    }

    async fn is_subscribed(&self, topic_arn: &str, desired: &Subscription) -> Result<bool, AwsError> {
        let live = subscription::aws::list(self.aws, &desired.topic, topic_arn).await?.unwrap_or_default();
        let same = |live: &Live| match &live.resource {
            Resource::Subscription(s) => s.protocol == desired.protocol && s.endpoint == desired.endpoint,
            _ => false,
        };
        Ok(live.iter().any(|live| same(live) && live.facts.confirmation != Some(crate::resources::Confirmation::Lost)))
    }

    /// Whether this run may subscribe to the topic. The claim is also where the marks of new subscriptions are written:
    /// before they exist, so that none is ever without.
    async fn claim(&self, topic: &str) -> Result<Claim, AwsError> {
        let Some(cell) = self.claims.get(topic) else { return Ok(Claim::Held) };
        let claim = cell.get_or_try_init(|| async {
            let arn = self.arn(topic);
            let mut tags = self.marks(topic, &self.topic_tags(topic, &arn).await?).to_tags();
            tags.insert(RUN.to_owned(), self.run.clone());
            topic::aws::tag(self.aws, &arn, &tags).await?;
            if !self.plan.changes.iter().any(|c| c.action == Action::Create && c.address.kind == Kind::Subscription) {
                return Ok(Claim::Held);
            }
            sleep(CLAIM_SETTLES).await;
            let standing = topic::aws::tags(self.aws, &arn).await?.unwrap_or_default();
            Ok(if standing.get(RUN) == Some(&self.run) { Claim::Held } else { Claim::Others })
        });
        claim.await.copied()
    }

    /// The marks a topic has to carry: of what is desired, and of what its tags name already.
    fn marks(&self, topic: &str, tags: &Tags) -> SubscriptionMarks {
        let of_topic = |resource: &Resource| match resource {
            Resource::Subscription(s) if s.topic == topic => Some(s.clone()),
            _ => None,
        };
        let desired: Vec<Subscription> =
            self.plan.changes.iter().filter_map(|c| c.after.as_ref().and_then(of_topic)).collect();
        SubscriptionMarks::of(&desired).union(&SubscriptionMarks::from_tags(tags))
    }

    /// The topic's live tags: from the plan, or asked for where the plan is limited to a subscription.
    async fn topic_tags(&self, topic: &str, arn: &str) -> Result<Tags, AwsError> {
        let address = Address::new(Kind::Topic, topic);
        let planned = self.plan.changes.iter().find(|change| change.address == address);
        match planned.and_then(|change| change.before.as_ref()).and_then(|live| live.resource.tags()) {
            Some(tags) => Ok(tags.clone()),
            None => Ok(topic::aws::tags(self.aws, arn).await?.unwrap_or_default()),
        }
    }

    async fn update_subscription(
        &self,
        desired: &Subscription,
        before: &Live,
        fields: &[FieldChange],
    ) -> Result<(), AwsError> {
        self.claim(&desired.topic).await?;
        match &before.facts.subscription_arn {
            Some(arn) => subscription::aws::set(self.aws, arn, fields).await,
            None => Ok(()),
        }
    }

    async fn create_log_group(&self, desired: &LogGroup) -> Result<(), AwsError> {
        match log_group::aws::create(self.aws, desired).await {
            Ok(()) => {}
            // Lambda makes its group with the first invocation: then it is taken over like one that was there before.
            Err(error) if error.is(Class::AlreadyExists) => {
                if let Some(arn) = Address::new(Kind::LogGroup, &desired.name).arn(&self.plan.target) {
                    log_group::aws::tag(self.aws, &arn, &desired.tags).await?;
                }
            }
            Err(error) => return Err(error),
        }
        match desired.retention_in_days {
            Some(days) => {
                let written = log_group::aws::set_retention(self.aws, &desired.name, Some(days)).await;
                written.map_err(AwsError::half_way)
            }
            None => Ok(()),
        }
    }

    async fn update_log_group(&self, desired: &LogGroup, fields: &[FieldChange]) -> Result<(), AwsError> {
        let changed = |name: &str| fields.iter().any(|change| change.field == name);
        if changed("retention_in_days") {
            log_group::aws::set_retention(self.aws, &desired.name, desired.retention_in_days).await?;
        }
        if changed("kms_key_id") {
            let written = log_group::aws::set_key(self.aws, &desired.name, desired.kms_key_id.as_deref()).await;
            return if changed("retention_in_days") { written.map_err(AwsError::half_way) } else { written };
        }
        Ok(())
    }

    fn topic_goes(&self, topic: &str) -> bool {
        let address = Address::new(Kind::Topic, topic);
        self.plan.changes.iter().any(|change| change.address == address && change.action == Action::Delete)
    }

    fn arn(&self, topic: &str) -> String {
        self.plan.target.arn("sns", topic)
    }
}

/// The topic a change of a topic or a subscription is about.
fn topic_of(change: &Change) -> Option<String> {
    let resource = change.after.as_ref().or(change.before.as_ref().map(|live| &live.resource))?;
    match resource {
        Resource::Topic(topic) => Some(topic.name.clone()),
        Resource::Subscription(subscription) => Some(subscription.topic.clone()),
        _ => None,
    }
}
