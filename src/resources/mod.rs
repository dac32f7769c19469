//! The one list of resource kinds. A kind is an enum variant, not a plugin: the compiler finds every place a new one needs.

pub mod address;
pub mod alarm;
pub mod composite_alarm;
pub mod declared;
pub mod delivery_policy;
pub mod document;
pub mod filter_policy;
pub mod function;
pub mod live;
pub mod log_group;
pub mod mark;
pub mod metric;
pub mod notification;
pub mod other_owner;
pub mod scope;
pub mod snapshot;
pub mod subscription;
pub mod tag;
pub mod topic;

pub use address::Address;
pub use alarm::Alarm;
pub use composite_alarm::CompositeAlarm;
pub use function::FunctionFacts;
pub use live::{AlarmFacts, Confirmation, Live, is_initial_reason};
pub use log_group::LogGroup;
pub use snapshot::{Observation, Snapshot};
pub use subscription::Subscription;
pub use topic::Topic;

use crate::model::Fields;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// Tags of a resource: key to value, sorted.
pub type Tags = BTreeMap<String, String>;

/// The kinds of resource mlopsctl manages, in the order in which they can be created.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Topic,
    Subscription,
    LogGroup,
    Alarm,
    CompositeAlarm,
}

impl Kind {
    pub const ALL: [Kind; 5] = [Kind::Topic, Kind::Subscription, Kind::LogGroup, Kind::Alarm, Kind::CompositeAlarm];

    /// The word of addresses and reports, e.g. `log_group`.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Topic => "topic",
            Kind::Subscription => "subscription",
            Kind::LogGroup => "log_group",
            Kind::Alarm => "alarm",
            Kind::CompositeAlarm => "composite_alarm",
        }
    }

    pub fn parse(word: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// One resource with its whole configuration, desired or live alike.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Resource {
    Topic(Topic),
    Subscription(Subscription),
    LogGroup(LogGroup),
    Alarm(Box<Alarm>),
    CompositeAlarm(CompositeAlarm),
}

impl Resource {
    pub fn kind(&self) -> Kind {
        match self {
            Resource::Topic(_) => Kind::Topic,
            Resource::Subscription(_) => Kind::Subscription,
            Resource::LogGroup(_) => Kind::LogGroup,
            Resource::Alarm(_) => Kind::Alarm,
            Resource::CompositeAlarm(_) => Kind::CompositeAlarm,
        }
    }

    pub fn name(&self) -> String {
        match self {
            Resource::Topic(r) => r.name.clone(),
            Resource::Subscription(r) => r.name(),
            Resource::LogGroup(r) => r.name.clone(),
            Resource::Alarm(r) => r.name.clone(),
            Resource::CompositeAlarm(r) => r.name.clone(),
        }
    }

    pub fn address(&self) -> Address {
        Address::new(self.kind(), self.name())
    }

    /// The configurable fields, normalised: equal fields mean an equal resource. Tags are not among them (`tags`).
    pub fn fields(&self) -> Fields {
        match self {
            Resource::Topic(r) => r.fields(),
            Resource::Subscription(r) => r.fields(),
            Resource::LogGroup(r) => r.fields(),
            Resource::Alarm(r) => r.fields(),
            Resource::CompositeAlarm(r) => r.fields(),
        }
    }

    /// With every list whose order means nothing in one order, so that the same resource is always the same bytes.
    pub fn in_order(mut self) -> Self {
        match &mut self {
            Resource::Alarm(r) => r.sort(),
            Resource::CompositeAlarm(r) => r.actions.sort(),
            Resource::Topic(_) | Resource::Subscription(_) | Resource::LogGroup(_) => {}
        }
        self
    }

    /// The tags; `None` for a kind that AWS gives none (a subscription).
    pub fn tags(&self) -> Option<&Tags> {
        match self {
            Resource::Topic(r) => Some(&r.tags),
            Resource::Subscription(_) => None,
            Resource::LogGroup(r) => Some(&r.tags),
            Resource::Alarm(r) => Some(&r.tags),
            Resource::CompositeAlarm(r) => Some(&r.tags),
        }
    }

    /// The attributes that the spec names; `None` for a kind that AWS only replaces as a whole (alarms).
    pub fn declared(&self) -> Option<&declared::Attributes> {
        match self {
            Resource::Topic(r) => Some(&r.declared),
            Resource::Subscription(r) => Some(&r.declared),
            Resource::LogGroup(r) => Some(&r.declared),
            Resource::Alarm(_) | Resource::CompositeAlarm(_) => None,
        }
    }

    pub fn declared_mut(&mut self) -> Option<&mut declared::Attributes> {
        match self {
            Resource::Topic(r) => Some(&mut r.declared),
            Resource::Subscription(r) => Some(&mut r.declared),
            Resource::LogGroup(r) => Some(&mut r.declared),
            Resource::Alarm(_) | Resource::CompositeAlarm(_) => None,
        }
    }

    /// Fields that go back to AWS's default once the spec has stopped naming them.
    pub fn returning(&self) -> &'static [&'static str] {
        match self {
            Resource::Topic(_) => topic::RETURNING,
            Resource::Subscription(_) => subscription::ATTRIBUTES,
            Resource::LogGroup(_) => log_group::RETURNING,
            Resource::Alarm(_) | Resource::CompositeAlarm(_) => &[],
        }
    }

    pub fn tags_mut(&mut self) -> Option<&mut Tags> {
        match self {
            Resource::Topic(r) => Some(&mut r.tags),
            Resource::Subscription(_) => None,
            Resource::LogGroup(r) => Some(&mut r.tags),
            Resource::Alarm(r) => Some(&mut r.tags),
            Resource::CompositeAlarm(r) => Some(&mut r.tags),
        }
    }

    /// Fields that AWS cannot change in place: a difference in one of them means delete and create.
    pub fn immutable_fields(&self) -> &'static [&'static str] {
        match self {
            Resource::Topic(_) => topic::IMMUTABLE,
            Resource::LogGroup(_) => log_group::IMMUTABLE,
            Resource::Subscription(_) => subscription::IMMUTABLE,
            Resource::Alarm(_) | Resource::CompositeAlarm(_) => &[],
        }
    }
}
