//! What a kind of resource is: what is true of all of them, as data, and what is asked of one of them without knowing its kind.
//! Its calls to AWS are in `aws.rs`.

use super::any_alarm::Actions;
use super::child::{Child, ChildRegistry};
use super::declared::AttributeNames;
use super::mapping::ForeignForm;
use super::scope::DeclarationScope;
use super::written::{WritingScope, WrittenPlace};
use super::{Address, Kind, Resource, ResourceTags};
use crate::model::shape::SchemaKey;
use crate::model::{Arn, Layers, ResourceFields, SpannedName, SpecMap, Target};

/// What is true of every resource of a kind.
#[derive(Debug)]
pub struct KindFacts {
    /// The word of addresses and reports, e.g. `log_group`.
    pub word: &'static str,
    /// The key of the spec under which resources of the kind are declared.
    pub section: &'static SchemaKey,
    /// How a declaration is read; `None` where its section is a list of what has no name of its own.
    pub read: Option<ReadDeclaration>,
    /// What a declaration inherits of the spec's `defaults`.
    pub inherits: Inherits,
    /// The form of its ARN; `None` where AWS makes it up.
    pub arn: Option<ArnForm>,
    /// The type as GetResources names it; `None` for a kind that has no tags. A service alone is all its types (Resource Groups Tagging
    /// API reference, `ResourceTypeFilters`), known or not to the endpoint that is asked.
    pub tag_type: Option<&'static str>,
    /// How the live ones are read.
    pub reading: KindReading,
    /// Of a kind without tags, that is owned through its parent: how the parent's tags name its children.
    pub registry: Option<&'static ChildRegistry>,
    /// Fields that AWS cannot change in place: a difference in one of them means delete and create.
    pub immutable: &'static [&'static str],
    /// Fields that go back to AWS's default once the spec has stopped naming them.
    pub returning: &'static [&'static str],
    /// Resources that one call deletes.
    pub delete_batch: usize,
    /// How they are written in CloudFormation templates.
    pub cloudformation: &'static ForeignForm,
    /// How they are written in Terraform configuration.
    pub terraform: &'static ForeignForm,
}

impl KindFacts {
    /// Whether an account has one of a name, whatever the region.
    pub const fn is_of_the_account(&self) -> bool {
        matches!(self.arn, Some(ArnForm { scope: ArnScope::Account, .. }))
    }
}

/// Reads one declaration of a spec.
pub type ReadDeclaration = fn(&SpannedName, &Layers<'_>, &mut DeclarationScope<'_>) -> Resource;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inherits {
    Nothing,
    /// These keys alone.
    Keys(&'static [&'static str]),
    Everything,
}

/// `arn:PARTITION:SERVICE:REGION:ACCOUNT:PREFIXname`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArnForm {
    pub service: &'static str,
    pub prefix: &'static str,
    pub scope: ArnScope,
}

/// Within what a name is unique.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArnScope {
    Region,
    /// The ARN names no region. Over several regions of an account one run alone keeps it (`FleetTarget::keeps_account`).
    Account,
}

impl ArnForm {
    /// The name in an ARN of this form; `None` for another one. A topic's subscription has an ARN that begins as the topic's does.
    pub fn name<'a>(self, arn: &Arn<'a>) -> Option<&'a str> {
        let name = arn.resource.strip_prefix(self.prefix).filter(|_| arn.service == self.service)?;
        (!self.prefix.is_empty() || !name.contains(':')).then_some(name)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KindReading {
    /// By names, some in one call.
    ByName,
    /// With the other kinds of alarms: all have one name space, and DescribeAlarms tells of all.
    AsAlarm,
    /// With its children, one chain of calls for each.
    AsTree,
    /// With its parent, which holds its marks, since it has no tags, and with which it ends.
    WithParent,
}

/// A write, as far as quotas tell writes apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Write {
    Put,
    Delete,
    Untag,
}

/// One resource's configuration, of whichever kind.
pub trait KindConfiguration {
    fn name(&self) -> String;

    /// The configurable fields, normalised: equal fields mean an equal resource. Tags are not among them.
    fn fields(&self) -> ResourceFields;

    /// The tags; `None` for a kind that AWS gives none.
    fn tags(&self) -> Option<&ResourceTags>;

    fn tags_mut(&mut self) -> Option<&mut ResourceTags>;

    /// Its declaration as a person would write it: reading it gives a resource of equal fields and tags.
    fn written(&self, scope: &WritingScope<'_>) -> SpecMap;

    /// Where that stands.
    fn place(&self) -> WrittenPlace {
        WrittenPlace::Section
    }

    /// The attributes that the spec names; `None` for a kind that AWS only replaces as a whole.
    fn declared(&self) -> Option<&AttributeNames> {
        None
    }

    fn declared_mut(&mut self) -> Option<&mut AttributeNames> {
        None
    }

    /// Puts every list whose order means nothing in one order, so that the same resource is always the same bytes.
    fn sort(&mut self) {}

    /// Whether it is left in place once it is not wanted any more, though this stack made it.
    fn is_kept(&self) -> bool {
        false
    }

    /// Of a kind that is owned through its parent: which one, and what tells it from its siblings.
    fn child(&self) -> Option<Child> {
        None
    }

    /// What it does when its state changes, of a kind that has states.
    fn actions(&self) -> Option<&Actions> {
        None
    }

    /// The same, to change it.
    fn actions_mut(&mut self) -> Option<&mut Actions> {
        None
    }

    /// What it names and needs: it is made after those and deleted before them. A name that several kinds share stands for each.
    fn references(&self, _target: &Target) -> Vec<Address> {
        Vec::new()
    }

    /// What a person needs to know it again, in few words; empty where the name says it all.
    fn phrase(&self) -> String {
        String::new()
    }
}

/// The topics of the target among the actions of an alarm.
pub fn topics_of(actions: &Actions, target: &Target) -> Vec<Address> {
    let prefix = target.arn("sns", "");
    let names = actions.all().filter_map(|arn| arn.strip_prefix(&prefix));
    names.map(|name| Address::new(Kind::Topic, name)).collect()
}

/// An alarm of the target by name or ARN: of whichever kind has the name.
pub fn alarm_by_name(name: &str, target: &Target) -> impl Iterator<Item = Address> + use<> {
    let prefix = target.arn("cloudwatch", "alarm:");
    let name = name.strip_prefix(&prefix).unwrap_or(name).to_owned();
    Kind::alarms().map(move |kind| Address::new(kind, name.clone()))
}

/// Of a type that has the tags in a field `tags`.
macro_rules! own_tags {
    () => {
        fn tags(&self) -> Option<&ResourceTags> {
            Some(&self.tags)
        }

        fn tags_mut(&mut self) -> Option<&mut ResourceTags> {
            Some(&mut self.tags)
        }
    };
}
pub(super) use own_tags;

/// Of a type that has what the spec names in a field `declared`.
macro_rules! own_declared {
    () => {
        fn declared(&self) -> Option<&AttributeNames> {
            Some(&self.declared)
        }

        fn declared_mut(&mut self) -> Option<&mut AttributeNames> {
            Some(&mut self.declared)
        }
    };
}
pub(super) use own_declared;
