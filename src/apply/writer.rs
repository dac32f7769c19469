//! The only place that changes AWS: one change, or one batch of deletes, as calls that can all be repeated.

use super::claim::Claims;
use crate::aws::{Aws, AwsError, Class};
use crate::model::FieldChange;
use crate::plan::{Action, Change, Plan};
use crate::resources::declared::{self, DECLARED};
use crate::resources::mark;
use crate::resources::topic::aws::Created;
use crate::resources::{Address, Kind, Live, LogGroup, Resource, Subscription, Tags, Topic};
use crate::resources::{alarm, composite_alarm, log_group, subscription, topic};

/// How often a batch of deletes is cut down to what is left, while others delete too.
const DELETE_ROUNDS: u32 = 3;

/// Writes the changes of one plan.
#[derive(Debug)]
pub struct Writer<'a> {
    aws: &'a Aws,
    plan: &'a Plan,
    claims: Claims<'a>,
}

impl<'a> Writer<'a> {
    pub fn new(aws: &'a Aws, plan: &'a Plan) -> Self {
        Self { aws, plan, claims: Claims::new(aws, plan) }
    }

    /// Makes one change true.
    pub async fn write(&self, change: &Change) -> Result<(), AwsError> {
        match (change.action, &change.before, &change.after) {
            (Action::NoOp, ..) => Ok(()),
            (Action::Create, _, Some(after)) => self.create(after).await,
            (Action::Update | Action::Adopt, Some(before), Some(after)) => self.update(change, before, after).await,
            (Action::Replace, Some(before), Some(Resource::Subscription(after))) => {
                self.replace_subscription(before, after).await
            }
            (Action::Replace, Some(before), Some(after)) => {
                self.delete(before).await?;
                self.create(after).await.map_err(AwsError::half_way)
            }
            (Action::Delete, Some(before), _) => self.delete(before).await,
            // A plan is built with what its action needs; a saved one is checked when it is read.
            _ => Ok(()),
        }
    }

    /// Deletes alarms by name in one call. AWS deletes none where one is missing: then those that are left; and where it
    /// refuses the batch, one by one.
    pub async fn delete_alarms(&self, names: &[String]) -> Result<(), AwsError> {
        let mut left = names.to_vec();
        for _ in 0..DELETE_ROUNDS {
            match alarm::aws::delete(self.aws, &left).await {
                Err(error) if error.is(Class::NotFound) => {
                    let standing = alarm::aws::describe(self.aws, &left).await?.alarms;
                    left = standing.iter().map(|live| live.resource.name()).collect();
                }
                Err(error) if left.len() > 1 && error.is(Class::Refused) => break,
                answer => return answer,
            }
            if left.is_empty() {
                return Ok(());
            }
        }
        for name in &left {
            match alarm::aws::delete(self.aws, std::slice::from_ref(name)).await {
                Err(error) if error.is(Class::NotFound) => {}
                answer => answer.map_err(AwsError::half_way)?,
            }
        }
        Ok(())
    }

    async fn create(&self, resource: &Resource) -> Result<(), AwsError> {
        match resource {
            Resource::Topic(topic) => self.create_topic(topic).await,
            Resource::Subscription(subscription) => self.claims.subscribe(subscription, None).await,
            Resource::LogGroup(group) => self.create_log_group(group).await,
            Resource::Alarm(alarm) => alarm::aws::put(self.aws, alarm).await,
            Resource::CompositeAlarm(alarm) => composite_alarm::aws::put(self.aws, alarm).await,
        }
    }

    /// Ownership is taken before anything else and given up after all else, so that an interrupted change has an owner who
    /// finishes it.
    async fn update(&self, change: &Change, before: &Live, after: &Resource) -> Result<(), AwsError> {
        let fields: Vec<FieldChange> =
            change.fields.iter().filter(|f| !f.field.starts_with("tags.")).cloned().collect();
        if after.tags().is_some_and(|tags| !tags.contains_key(mark::STACK)) {
            self.write_fields(before, after, &fields).await?;
            let released = self.release(&change.address, before).await;
            return if fields.is_empty() { released } else { released.map_err(AwsError::half_way) };
        }
        let tagged = self.add_tags(&change.address, before, after).await?;
        let written = self.write_fields(before, after, &fields).await;
        if tagged {
            written.map_err(AwsError::half_way)?
        } else {
            written?
        }
        self.forget(&change.address, before, after).await.map_err(AwsError::half_way)
    }

    /// What the spec has stopped naming is forgotten once it is set back.
    async fn forget(&self, address: &Address, before: &Live, after: &Resource) -> Result<(), AwsError> {
        if let (Resource::Subscription(desired), Some(_)) = (after, &before.facts.subscription_arn) {
            let forgotten = !before.facts.declared.is_subset(&desired.declared);
            return if forgotten { self.claims.renew(desired).await } else { Ok(()) };
        }
        let (Some(live), Some(desired)) = (before.resource.tags(), after.tags()) else { return Ok(()) };
        match desired.get(DECLARED) {
            Some(names) if declared::under_way(live, desired).as_ref() != Some(names) => {
                self.tag(address, &Tags::from([(DECLARED.to_owned(), names.clone())])).await
            }
            _ => Ok(()),
        }
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
                Some(arn) if !self.topic_goes(&s.topic) => {
                    subscription::aws::unsubscribe(self.aws, arn).await?;
                    self.claims.unmark(s).await.map_err(AwsError::half_way)
                }
                // With its topic gone it is gone; a pending one has no ARN and expires by itself.
                _ => Ok(()),
            },
            Resource::LogGroup(group) => log_group::aws::delete(self.aws, &group.name).await,
            Resource::Alarm(_) | Resource::CompositeAlarm(_) => self.delete_alarms(&[before.resource.name()]).await,
        }
    }

    /// Adds what the desired tags have and the live ones lack; whether there was anything to add.
    async fn add_tags(&self, address: &Address, before: &Live, after: &Resource) -> Result<bool, AwsError> {
        let (Some(live), Some(desired)) = (before.resource.tags(), after.tags()) else { return Ok(false) };
        let mut added = desired.clone();
        added.extend(declared::under_way(live, desired).map(|names| (DECLARED.to_owned(), names)));
        added.retain(|key, value| live.get(key) != Some(value));
        if added.is_empty() {
            return Ok(false);
        }
        self.tag(address, &added).await.map(|()| true)
    }

    async fn tag(&self, address: &Address, tags: &Tags) -> Result<(), AwsError> {
        let Some(arn) = address.arn(&self.plan.target) else { return Ok(()) };
        match address.kind {
            Kind::Topic => topic::aws::tag(self.aws, &arn, tags).await,
            Kind::LogGroup => log_group::aws::tag(self.aws, &arn, tags).await,
            Kind::Alarm | Kind::CompositeAlarm => alarm::aws::tag(self.aws, &arn, tags).await,
            Kind::Subscription => Ok(()),
        }
    }

    /// Another password is another subscription: the old one is ended, then the new one is made, and its mark tells its password.
    async fn replace_subscription(&self, before: &Live, after: &Subscription) -> Result<(), AwsError> {
        if let Some(arn) = &before.facts.subscription_arn {
            subscription::aws::unsubscribe(self.aws, arn).await?;
        }
        self.claims.subscribe(after, Some(before)).await.map_err(AwsError::half_way)?;
        self.claims.renew(after).await.map_err(AwsError::half_way)
    }

    /// Takes our marks off. Only log groups are ever let go.
    async fn release(&self, address: &Address, before: &Live) -> Result<(), AwsError> {
        let marks: Vec<String> =
            before.resource.tags().into_iter().flat_map(Tags::keys).filter(|key| mark::is_mark(key)).cloned().collect();
        match (address.kind, address.arn(&self.plan.target)) {
            (Kind::LogGroup, Some(arn)) if !marks.is_empty() => log_group::aws::untag(self.aws, &arn, &marks).await,
            _ => Ok(()),
        }
    }

    async fn create_topic(&self, desired: &Topic) -> Result<(), AwsError> {
        let arn = self.arn(&desired.name);
        let mut marked = desired.clone();
        marked.tags.extend(self.claims.tags_of_new(&desired.name));
        match topic::aws::create(self.aws, &marked).await? {
            Created::Ours => self.claims.made(&desired.name).await,
            // Somebody made it since the plan was read: another run of ours, or the next plan will say.
            Created::AlreadyThere => {
                self.check_owner(&arn, &desired.name).await?;
                self.claims.made_by_others(&desired.name).await;
            }
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

    async fn update_subscription(
        &self,
        desired: &Subscription,
        before: &Live,
        fields: &[FieldChange],
    ) -> Result<(), AwsError> {
        self.claims.mark(&desired.topic).await?;
        match &before.facts.subscription_arn {
            Some(arn) => subscription::aws::set(self.aws, arn, fields).await,
            None => Ok(()),
        }
    }

    async fn create_log_group(&self, desired: &LogGroup) -> Result<(), AwsError> {
        match log_group::aws::create(self.aws, desired).await {
            Ok(()) => {}
            // Lambda makes its group with the first invocation, or another run of ours was quicker: then it is taken over.
            Err(error) if error.is(Class::AlreadyExists) => {
                if let Some(arn) = Address::new(Kind::LogGroup, &desired.name).arn(&self.plan.target) {
                    let tags = log_group::aws::tags(self.aws, &arn).await?.unwrap_or_default();
                    if let mark::Owner::Foreign(stack) = mark::owner(&tags, &self.plan.stack) {
                        let message = format!("it was created by stack {stack:?} meanwhile; plan again");
                        return Err(AwsError { message, ..error });
                    }
                    log_group::aws::tag(self.aws, &arn, &desired.tags).await?;
                }
                if let Some(key) = &desired.kms_key_id {
                    let written = log_group::aws::set_key(self.aws, &desired.name, Some(key)).await;
                    written.map_err(AwsError::half_way)?;
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
