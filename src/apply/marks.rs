//! The marks of children in the tags of their parents: written before a child is made or changed, taken off once it is gone. Each
//! parent's marks are read and written by one at a time.

use crate::aws::{Aws, AwsError};
use crate::model::Target;
use crate::plan::{Action, Plan};
use crate::resources::child::{self, Child, ChildMarks, ChildRegistry};
use crate::resources::{self, Address, Resource, ResourceTags};
use std::collections::BTreeMap;
use tokio::sync::Mutex;

/// The marks that one run writes.
#[derive(Debug)]
pub struct MarkWriter<'a> {
    aws: &'a Aws,
    target: &'a Target,
    parents: BTreeMap<Address, MarkedParent>,
}

/// A parent of children that the plan changes, or keeps.
#[derive(Debug, Default)]
struct MarkedParent {
    /// What the plan does with it, where it has a change of it.
    action: Option<Action>,
    /// What the plan does with its children, as they are after it.
    children: Vec<(Action, Child)>,
    /// Whether this run has written its marks.
    written: Mutex<bool>,
}

impl<'a> MarkWriter<'a> {
    pub fn new(aws: &'a Aws, plan: &'a Plan) -> Self {
        let mut parents: BTreeMap<Address, MarkedParent> = BTreeMap::new();
        for change in &plan.changes {
            let before = change.before.as_ref().map(|live| &live.resource);
            let Some(child) = change.after.as_ref().or(before).and_then(Resource::child) else { continue };
            let parent = parents.entry(child.parent.clone()).or_default();
            parent.children.extend(change.after.is_some().then_some((change.action, child)));
        }
        for change in &plan.changes {
            if let Some(parent) = parents.get_mut(&change.address) {
                parent.action = Some(change.action);
            }
        }
        Self { aws, target: &plan.target, parents }
    }

    /// The tags that a parent is made with, so that its children are marked before there are any.
    pub fn of_new(&self, parent: &Address) -> ResourceTags {
        child::kinds_of(parent.kind).flat_map(|(_, registry)| self.desired(parent, registry).to_tags()).collect()
    }

    /// Writes the marks of the parent's children, where this run has not yet. One that this run makes is made with them.
    pub async fn ensure(&self, address: &Address) -> Result<(), AwsError> {
        let Some(parent) = self.parents.get(address) else { return Ok(()) };
        let mut written = parent.written.lock().await;
        if !*written && !matches!(parent.action, Some(Action::Create | Action::Replace)) {
            self.put(address, ResourceTags::new()).await?;
        }
        *written = true;
        Ok(())
    }

    /// Marks the parent's children, beside the marks it has now, and adds these tags.
    pub async fn write(&self, address: &Address, also: ResourceTags) -> Result<(), AwsError> {
        let Some(parent) = self.parents.get(address) else { return self.put(address, also).await };
        let mut written = parent.written.lock().await;
        self.put(address, also).await?;
        *written = true;
        Ok(())
    }

    /// Takes the mark of an ended child off, so that one made by hand later is not taken for ours.
    pub async fn remove(&self, ended: &Child) -> Result<(), AwsError> {
        self.rewrite(ended, |marks| marks.without(ended)).await
    }

    /// Remembers of a child only what it is now: its password, the attributes that the spec still names.
    pub async fn renew(&self, desired: &Child) -> Result<(), AwsError> {
        self.rewrite(desired, |marks| marks.renewed(desired)).await
    }

    /// Whether the plan ends the parent, and with it such children.
    pub fn deletes(&self, child: &Child) -> bool {
        child.registry.ends_with_parent && self.action(&child.parent) == Some(Action::Delete)
    }

    /// Whether the plan deletes the parent, whatever becomes of the child with it.
    pub fn ends_parent(&self, child: &Child) -> bool {
        self.action(&child.parent) == Some(Action::Delete)
    }

    /// Whether the parent's marks go, with it or without it.
    pub fn end(&self, parent: &Address) -> bool {
        matches!(self.action(parent), Some(Action::Delete | Action::StopManaging))
    }

    fn action(&self, parent: &Address) -> Option<Action> {
        self.parents.get(parent)?.action
    }

    async fn put(&self, parent: &Address, also: ResourceTags) -> Result<(), AwsError> {
        let Some(arn) = parent.arn(self.target) else { return Ok(()) };
        let live = resources::aws::tags(self.aws, parent.kind, &arn).await?.unwrap_or_default();
        let mut tags = also;
        for (_, registry) in child::kinds_of(parent.kind) {
            // What this run makes was not there before, whatever an older mark says.
            let made = self.children(parent, registry).filter(|(action, _)| *action == Action::Create);
            let older = ChildMarks::from_tags(registry, &live);
            let older = made.fold(older, |marks, (_, child)| marks.without(child));
            tags.extend(self.desired(parent, registry).union(&older).to_tags());
        }
        resources::aws::tag(self.aws, parent.kind, &arn, &tags).await
    }

    async fn rewrite(&self, child: &Child, change: impl FnOnce(&ChildMarks) -> ChildMarks) -> Result<(), AwsError> {
        let Child { registry, parent, .. } = child;
        let Some(marked) = self.parents.get(parent) else { return Ok(()) };
        let _one_at_a_time = marked.written.lock().await;
        let Some(arn) = parent.arn(self.target) else { return Ok(()) };
        let Some(tags) = resources::aws::tags(self.aws, parent.kind, &arn).await? else { return Ok(()) };
        let marks = ChildMarks::from_tags(registry, &tags);
        let changed = change(&marks);
        if changed == marks {
            return Ok(());
        }
        let left = changed.to_tags();
        let gone: Vec<String> = tags.into_keys().filter(|key| registry.has(key) && !left.contains_key(key)).collect();
        if !left.is_empty() {
            resources::aws::tag(self.aws, parent.kind, &arn, &left).await?;
        }
        if gone.is_empty() { Ok(()) } else { resources::aws::untag(self.aws, parent.kind, &arn, &gone).await }
    }

    fn desired(&self, parent: &Address, registry: &'static ChildRegistry) -> ChildMarks {
        let kept = |action: Action| !matches!(action, Action::Delete | Action::StopManaging);
        let desired = self.children(parent, registry).filter(|(action, _)| kept(*action));
        let mut marks = ChildMarks::of(registry, desired.map(|(_, child)| child.clone()));
        for (_, existed) in self.children(parent, registry).filter(|(action, _)| *action == Action::Adopt) {
            marks.adopt(existed);
        }
        marks
    }

    fn children(&self, parent: &Address, registry: &'static ChildRegistry) -> impl Iterator<Item = &(Action, Child)> {
        let children = self.parents.get(parent).map(|parent| parent.children.as_slice()).unwrap_or_default();
        children.iter().filter(move |(_, child)| child.registry == registry)
    }
}
