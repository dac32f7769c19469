//! The only place that changes AWS: one change, or one batch of deletes, as calls that can all be repeated.

use super::claim::Claims;
use super::marks::MarkWriter;
use crate::aws::{ApiOperation, Aws, AwsError, Class};
use crate::model::FieldChange;
use crate::plan;
use crate::plan::ownership::{self, Ownership};
use crate::plan::{Action, Plan, PlannedChange};
use crate::resources::declared::{self, DECLARED};
use crate::resources::mark;
use crate::resources::topic::aws::CreateTopicResult;
use crate::resources::{self, Address, Kind, Live, LogGroup, Resource, ResourceTags, Subscription, Topic};
use crate::resources::{log_group, subscription, topic};
use std::sync::Arc;

/// Writes the changes of one plan.
#[derive(Debug)]
pub struct TargetWriter<'a> {
    aws: &'a Aws,
    plan: &'a Plan,
    marks: Arc<MarkWriter<'a>>,
    claims: Claims<'a>,
}

impl<'a> TargetWriter<'a> {
    pub fn new(aws: &'a Aws, plan: &'a Plan) -> Self {
        let marks = Arc::new(MarkWriter::new(aws, plan));
        Self { aws, plan, claims: Claims::new(aws, plan, marks.clone()), marks }
    }

    /// Makes one change true.
    pub async fn write(&self, change: &PlannedChange) -> Result<(), AwsError> {
        match (change.action, &change.before, &change.after) {
            (Action::NoOp, ..) => Ok(()),
            (Action::Create, _, Some(after)) => self.create(after).await,
            (Action::Update, Some(before), Some(after)) => self.update(change, before, after).await,
            (Action::Adopt, Some(before), Some(after)) => self.adopt(change, before, after).await,
            (Action::StopManaging, Some(before), Some(after)) => self.stop_managing(change, before, after).await,
            (Action::Replace, Some(before), Some(Resource::Subscription(after))) => {
                self.replace_subscription(before, after).await
            }
            (Action::Replace, Some(before), Some(after)) => {
                self.unprotect(change).await?;
                self.delete(before).await?;
                self.create(after).await.map_err(AwsError::half_way)
            }
            (Action::Delete, Some(before), _) => {
                self.unprotect(change).await?;
                self.delete(before).await
            }
            // A plan is built with what its action needs; a saved one is checked when it is read.
            _ => Ok(()),
        }
    }

    /// Deletes some of one kind; returns how it went, one answer each.
    pub async fn delete_all(&self, kind: Kind, names: &[String]) -> Vec<Result<(), AwsError>> {
        resources::aws::delete(self.aws, &self.plan.target, kind, names).await
    }

    async fn create(&self, resource: &Resource) -> Result<(), AwsError> {
        match resource {
            Resource::Topic(topic) => self.create_topic(topic).await,
            Resource::Subscription(subscription) => self.claims.subscribe(subscription, None).await,
            Resource::LogGroup(group) => self.create_log_group(group).await,
            whole => {
                self.mark_child(whole).await?;
                resources::aws::put(self.aws, &self.with_marks(whole)).await
            }
        }
    }

    /// A child's mark is written before it is.
    async fn mark_child(&self, resource: &Resource) -> Result<(), AwsError> {
        match resource.child() {
            Some(child) => self.marks.ensure(&child.parent).await,
            None => Ok(()),
        }
    }

    /// A parent that is made is made with the marks of its children.
    fn with_marks(&self, made: &Resource) -> Resource {
        let mut marked = made.clone();
        if let Some(tags) = marked.tags_mut() {
            tags.extend(self.marks.of_new(&made.address()));
        }
        marked
    }

    /// Ownership is taken before anything else, so that an interrupted change has an owner who finishes it.
    async fn update(&self, change: &PlannedChange, before: &Live, after: &Resource) -> Result<(), AwsError> {
        let tagged = self.add_tags(&change.address, before, after).await?;
        let written = self.write_fields(before, after, &configuration(change)).await;
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
            return if forgotten { self.marks.renew(&desired.as_child()).await } else { Ok(()) };
        }
        let (Some(live), Some(desired)) = (before.resource.tags(), after.tags()) else { return Ok(()) };
        match desired.get(DECLARED) {
            Some(names) if declared::under_way(live, desired).as_ref() != Some(names) => {
                self.tag(address, &ResourceTags::from([(DECLARED.to_owned(), names.clone())])).await
            }
            _ => Ok(()),
        }
    }

    /// An update of what was not ours. Where only the index told whose it is, the resource is asked before it is written to.
    async fn adopt(&self, change: &PlannedChange, before: &Live, after: &Resource) -> Result<(), AwsError> {
        if !before.facts.tags_indexed {
            return self.update(change, before, after).await;
        }
        let (mut before, mut after) = (before.clone(), after.clone());
        let Some(own) = self.own_tags(&change.address).await? else { return Err(gone(&change.address)) };
        let of = |tags| ownership::of_tags(change.address.kind, &change.address.name, tags, &self.plan.stack);
        let (found, consented) = (of(&own), before.resource.tags().map(of));
        match (&found, after.tags_mut()) {
            // Made by an earlier run, which the index did not show yet.
            (Ownership::Made, Some(tags)) => drop(tags.remove(mark::ADOPTED)),
            (Ownership::Adopted | Ownership::Unowned, _) => {}
            _ if consented.as_ref() == Some(&found) => {}
            _ => return Err(not_unowned(&change.address, &found)),
        }
        if let Some(tags) = before.resource.tags_mut() {
            *tags = own;
        }
        self.update(change, &before, &after).await
    }

    /// Gives back what is restored, and then our ownership.
    async fn stop_managing(&self, change: &PlannedChange, before: &Live, after: &Resource) -> Result<(), AwsError> {
        if let Some(child) = after.child() {
            // Its mark is its parent's, and goes with that one's.
            return if self.marks.end(&child.parent) { Ok(()) } else { self.marks.remove(&child).await };
        }
        let fields = configuration(change);
        self.write_fields(before, after, &fields).await?;
        let unmarked = self.take_marks_off(&change.address, before).await;
        if fields.is_empty() { unmarked } else { unmarked.map_err(AwsError::half_way) }
    }

    async fn write_fields(&self, before: &Live, after: &Resource, fields: &[FieldChange]) -> Result<(), AwsError> {
        match after {
            Resource::Subscription(subscription) => self.update_subscription(subscription, before, fields).await,
            child if child.child().is_some() => {
                self.mark_child(child).await?;
                if fields.is_empty() { Ok(()) } else { resources::aws::put(self.aws, child).await }
            }
            _ if fields.is_empty() => Ok(()),
            Resource::Topic(topic) => topic::aws::set(self.aws, &self.arn(&topic.name), fields).await,
            Resource::LogGroup(group) => self.update_log_group(group, before, fields).await,
            whole => {
                let mut written = whole.clone();
                if let Some(tags) = written.tags_mut() {
                    *tags = with_live_tags(before, tags);
                }
                resources::aws::put(self.aws, &written).await
            }
        }
    }

    /// Takes the deletion protection off where the plan has said so.
    async fn unprotect(&self, change: &PlannedChange) -> Result<(), AwsError> {
        match plan::log_group::is_unprotected_first(change) {
            true => log_group::aws::set_protection(self.aws, &change.address.name, false).await,
            false => Ok(()),
        }
    }

    async fn delete(&self, before: &Live) -> Result<(), AwsError> {
        let child = before.resource.child();
        // With its parent gone it is gone.
        if child.as_ref().is_some_and(|child| self.marks.deletes(child)) {
            return Ok(());
        }
        match (&before.resource, &before.facts.subscription_arn) {
            (Resource::Subscription(_), Some(arn)) => subscription::aws::unsubscribe(self.aws, arn).await?,
            // A pending one has no ARN and expires by itself.
            (Resource::Subscription(_), None) => return Ok(()),
            (other, _) => match &child {
                Some(child) => {
                    let ends = self.marks.ends_parent(child);
                    resources::aws::delete_child(self.aws, &self.plan.target, other, ends).await?;
                }
                None => {
                    self.delete_all(other.kind(), &[other.name()])
                        .await
                        .into_iter()
                        .collect::<Result<(), AwsError>>()?;
                }
            },
        }
        match child {
            Some(child) if !self.marks.end(&child.parent) => {
                self.marks.remove(&child).await.map_err(AwsError::half_way)
            }
            _ => Ok(()),
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

    async fn tag(&self, address: &Address, tags: &ResourceTags) -> Result<(), AwsError> {
        let Some(arn) = address.arn(&self.plan.target) else { return Ok(()) };
        resources::aws::tag(self.aws, address.kind, &arn, tags).await
    }

    /// Another password is another subscription: the old one is ended, then the new one is made, and its mark tells its password.
    async fn replace_subscription(&self, before: &Live, after: &Subscription) -> Result<(), AwsError> {
        if let Some(arn) = &before.facts.subscription_arn {
            subscription::aws::unsubscribe(self.aws, arn).await?;
        }
        self.claims.subscribe(after, Some(before)).await.map_err(AwsError::half_way)?;
        self.marks.renew(&after.as_child()).await.map_err(AwsError::half_way)
    }

    async fn take_marks_off(&self, address: &Address, before: &Live) -> Result<(), AwsError> {
        let marks: Vec<String> = before
            .resource
            .tags()
            .into_iter()
            .flat_map(ResourceTags::keys)
            .filter(|key| mark::is_mark(key))
            .cloned()
            .collect();
        let Some(arn) = address.arn(&self.plan.target).filter(|_| !marks.is_empty()) else { return Ok(()) };
        resources::aws::untag(self.aws, address.kind, &arn, &marks).await
    }

    /// The tags that the resource itself tells now; `None` where it does not exist.
    async fn own_tags(&self, address: &Address) -> Result<Option<ResourceTags>, AwsError> {
        let Some(arn) = address.arn(&self.plan.target) else { return Ok(Some(ResourceTags::new())) };
        resources::aws::tags(self.aws, address.kind, &arn).await
    }

    async fn create_topic(&self, desired: &Topic) -> Result<(), AwsError> {
        let arn = self.arn(&desired.name);
        let mut marked = desired.clone();
        marked.tags.extend(self.claims.tags_of_new(&desired.name));
        match topic::aws::create(self.aws, &marked).await? {
            CreateTopicResult::Ours => self.claims.made(&desired.name).await,
            // Somebody made it since the plan was read: another run of ours, or the next plan will say.
            CreateTopicResult::AlreadyThere => {
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
                op: ApiOperation("sns", "CreateTopic"),
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
        let mut desired = desired.clone();
        desired.tags.extend(self.marks.of_new(&Address::new(Kind::LogGroup, &desired.name)));
        let desired = &desired;
        match log_group::aws::create(self.aws, desired).await {
            Ok(()) => {}
            // Lambda makes its group with the first invocation, or another run of ours was quicker.
            Err(error) if error.is(Class::AlreadyExists) => {
                self.take_over_log_group(desired, error).await?;
                if let Some(key) = &desired.kms_key_id {
                    let written = log_group::aws::set_key(self.aws, &desired.name, Some(key)).await;
                    written.map_err(AwsError::half_way)?;
                }
                if desired.deletion_protection {
                    let written = log_group::aws::set_protection(self.aws, &desired.name, true).await;
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

    /// Adopts the group that somebody has made meanwhile, unless it was a run of ours.
    async fn take_over_log_group(&self, desired: &LogGroup, exists: AwsError) -> Result<(), AwsError> {
        let address = Address::new(Kind::LogGroup, &desired.name);
        let Some(arn) = address.arn(&self.plan.target) else { return Ok(()) };
        let tags = log_group::aws::tags(self.aws, &arn).await?.unwrap_or_default();
        let mut taken = Resource::LogGroup(desired.clone());
        match ownership::of_tags(Kind::LogGroup, &desired.name, &tags, &self.plan.stack) {
            Ownership::Made | Ownership::Adopted => {}
            Ownership::Unowned => {
                let found = log_group::aws::describe(self.aws, std::slice::from_ref(&desired.name)).await?;
                if let Some(live) = found.first() {
                    ownership::mark_adopted(&mut taken, live);
                }
            }
            Ownership::OtherStack(stack) => {
                let message = format!("it was created by stack {stack:?} meanwhile; plan again");
                return Err(AwsError { message, ..exists });
            }
            Ownership::OtherTool(other) => {
                let message = format!("it was created by {other} meanwhile; plan again");
                return Err(AwsError { message, ..exists });
            }
        }
        let tags = taken.tags().cloned().unwrap_or_default();
        log_group::aws::tag(self.aws, &arn, &tags).await
    }

    /// One call a field; once one of them is made, what fails is half way.
    async fn update_log_group(
        &self,
        desired: &LogGroup,
        before: &Live,
        fields: &[FieldChange],
    ) -> Result<(), AwsError> {
        let mut written = false;
        for field in fields {
            let answer = match field.field.as_str() {
                "retention_in_days" => {
                    log_group::aws::set_retention(self.aws, &desired.name, desired.retention_in_days).await
                }
                "kms_key_id" => log_group::aws::set_key(self.aws, &desired.name, desired.kms_key_id.as_deref()).await,
                "deletion_protection" => {
                    log_group::aws::set_protection(self.aws, &desired.name, desired.deletion_protection).await
                }
                "on_destroy" => self.forget_end(desired, before).await,
                _ => Ok(()),
            };
            if written {
                answer.map_err(AwsError::half_way)?
            } else {
                answer?
            }
            written = true;
        }
        Ok(())
    }

    /// A spec that says nothing of a group's end any more: the tag that remembers it goes. One that says something has it among its tags.
    async fn forget_end(&self, desired: &LogGroup, before: &Live) -> Result<(), AwsError> {
        let key = log_group::ON_DESTROY;
        let stays = desired.tags.contains_key(key);
        let there = before.resource.tags().is_some_and(|tags| tags.contains_key(key));
        match Address::new(Kind::LogGroup, &desired.name).arn(&self.plan.target) {
            Some(arn) if there && !stays => log_group::aws::untag(self.aws, &arn, &[key.to_owned()]).await,
            _ => Ok(()),
        }
    }

    fn arn(&self, topic: &str) -> String {
        self.plan.target.arn("sns", topic)
    }
}

/// The fields of a change that are no tags.
fn configuration(change: &PlannedChange) -> Vec<FieldChange> {
    change.fields.iter().filter(|field| !field.field.starts_with("tags.")).cloned().collect()
}

/// The desired tags, and those of others. AWS ignores tags when it replaces an alarm (PutMetricAlarm), other endpoints replace
/// them, too; the tags that AWS's services set (`aws:`) nobody else may write.
fn with_live_tags(before: &Live, desired: &ResourceTags) -> ResourceTags {
    let live = before.resource.tags().into_iter().flatten().filter(|(key, _)| !key.starts_with("aws:"));
    live.chain(desired).map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// What was to be adopted is somebody's after all.
fn not_unowned(address: &Address, found: &Ownership) -> AwsError {
    let message = match found {
        Ownership::OtherStack(stack) => format!("{address} belongs to stack {stack:?}; plan again"),
        Ownership::OtherTool(other) => format!("{address} is owned by {other}; plan again"),
        Ownership::Made | Ownership::Adopted | Ownership::Unowned => format!("{address} has another owner; plan again"),
    };
    AwsError { op: address.kind.tags_call(), class: Class::Refused, code: "OwnedByOthers".to_owned(), message }
}

fn gone(address: &Address) -> AwsError {
    let message = format!("{address} does not exist any more; plan again");
    AwsError { op: address.kind.tags_call(), class: Class::NotFound, code: "Gone".to_owned(), message }
}
