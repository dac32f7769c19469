//! The one list of resource kinds (`with_kinds`), each a folder: its type, `KIND` (what is true of all of them), `spec.rs` (YAML -> type,
//! AWS's limits), `written.rs` (type -> YAML), `aws.rs` (its calls). A kind is an enum variant, not a plugin: what is asked of every kind, the compiler asks for.

pub mod address;
pub mod alarm;
pub mod anomaly_detector;
pub mod any_alarm;
pub mod aws;
pub mod child;
pub mod cloudformation;
pub mod composite_alarm;
pub mod dashboard;
pub mod declared;
pub mod delivery_policy;
pub mod document;
pub mod external_subscription;
pub mod foreign;
pub mod function;
pub mod kind;
pub mod live;
pub mod log_alarm;
pub mod log_group;
pub mod mapping;
pub mod mark;
pub mod metric;
pub mod metric_filter;
pub mod mute_rule;
pub mod notification;
pub mod other_owner;
pub mod scope;
pub mod slo;
pub mod snapshot;
pub mod subscription;
pub mod tag;
pub mod terraform;
pub mod topic;
pub mod written;

pub use address::Address;
pub use alarm::Alarm;
pub use anomaly_detector::AnomalyDetector;
pub use composite_alarm::CompositeAlarm;
pub use dashboard::Dashboard;
pub use external_subscription::ExternalSubscription;
pub use function::FunctionFacts;
pub use kind::{KindConfiguration, KindFacts};
pub use live::{AlarmFacts, ConfirmationState, Live, is_initial_reason};
pub use log_alarm::LogAlarm;
pub use log_group::LogGroup;
pub use metric_filter::MetricFilter;
pub use mute_rule::MuteRule;
pub use slo::{BurnAlert, COUNT_PERIOD, Slo};
pub use snapshot::{LiveSnapshot, Observation, known_functions};
pub use subscription::Subscription;
pub use topic::Topic;

use crate::model::shape::SchemaKey;
use crate::model::{ResourceFields, SpecMap, Target};
use any_alarm::Actions;
use child::Child;
use serde::{Deserialize, Serialize};
use std::borrow::{Borrow, BorrowMut};
use std::collections::BTreeMap;
use std::fmt;

/// Tags of a resource: key to value, sorted.
pub type ResourceTags = BTreeMap<String, String>;

/// The kinds of resource mlopsctl manages, in the order in which they can be created: variant, what it holds, folder.
macro_rules! with_kinds {
    ($what:ident) => {
        $what! {
            Topic(Topic) topic,
            Subscription(Subscription) subscription,
            ExternalSubscription(ExternalSubscription) external_subscription,
            LogGroup(LogGroup) log_group,
            MetricFilter(MetricFilter) metric_filter,
            Alarm(Box<Alarm>) alarm,
            AnomalyDetector(Box<AnomalyDetector>) anomaly_detector,
            LogAlarm(Box<LogAlarm>) log_alarm,
            CompositeAlarm(CompositeAlarm) composite_alarm,
            MuteRule(MuteRule) mute_rule,
            Dashboard(Dashboard) dashboard,
        }
    };
}
pub(crate) use with_kinds;

macro_rules! define_kinds {
    ($($variant:ident($held:ty) $folder:ident,)+) => {
        /// A kind of resource.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Kind {
            $($variant,)+
        }

        impl Kind {
            pub const ALL: [Kind; [$(Kind::$variant),+].len()] = [$(Kind::$variant),+];

            /// What is true of every resource of the kind.
            pub fn facts(self) -> &'static KindFacts {
                match self {
                    $(Kind::$variant => &$folder::KIND,)+
                }
            }
        }

        /// The keys of a spec under which resources are declared.
        pub const SECTIONS: [&[SchemaKey]; Kind::ALL.len()] = [$(std::slice::from_ref(&$folder::spec::SECTION)),+];

        /// Of each kind in turn, whether an account has one of a name, whatever the region.
        pub static OF_THE_ACCOUNT: [bool; Kind::ALL.len()] = [$($folder::KIND.is_of_the_account()),+];

        /// One resource with its whole configuration, desired or live alike.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "type", rename_all = "snake_case")]
        pub enum Resource {
            $($variant($held),)+
        }

        impl Resource {
            pub fn kind(&self) -> Kind {
                match self {
                    $(Resource::$variant(_) => Kind::$variant,)+
                }
            }

            fn configuration(&self) -> &dyn KindConfiguration {
                match self {
                    $(Resource::$variant(held) => Borrow::<$variant>::borrow(held),)+
                }
            }

            fn configuration_mut(&mut self) -> &mut dyn KindConfiguration {
                match self {
                    $(Resource::$variant(held) => BorrowMut::<$variant>::borrow_mut(held),)+
                }
            }
        }
    };
}
with_kinds!(define_kinds);

impl Kind {
    /// The word of addresses and reports, e.g. `log_group`.
    pub fn word(self) -> &'static str {
        self.facts().word
    }

    pub fn parse(word: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// Whether a name is the account's, not one of each region.
    pub fn is_of_the_account(self) -> bool {
        self.facts().is_of_the_account()
    }

    pub fn is_alarm(self) -> bool {
        self.facts().reading == kind::KindReading::AsAlarm
    }

    /// The kinds of alarms, which have one name space.
    pub fn alarms() -> impl Iterator<Item = Kind> {
        Kind::ALL.into_iter().filter(|kind| kind.is_alarm())
    }

    /// The other kinds that have their names in common with this one.
    pub fn sharing_names(self) -> impl Iterator<Item = Kind> {
        Kind::alarms().filter(move |other| self.is_alarm() && *other != self)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl Resource {
    pub fn name(&self) -> String {
        self.configuration().name()
    }

    pub fn address(&self) -> Address {
        Address::new(self.kind(), self.name())
    }

    /// The configurable fields, normalised: equal fields mean an equal resource. Tags are not among them (`tags`).
    pub fn fields(&self) -> ResourceFields {
        self.configuration().fields()
    }

    /// With every list whose order means nothing in one order, so that the same resource is always the same bytes.
    pub fn in_order(mut self) -> Self {
        self.configuration_mut().sort();
        self
    }

    /// The tags; `None` for a kind that AWS gives none (a subscription).
    pub fn tags(&self) -> Option<&ResourceTags> {
        self.configuration().tags()
    }

    pub fn tags_mut(&mut self) -> Option<&mut ResourceTags> {
        self.configuration_mut().tags_mut()
    }

    /// The attributes that the spec names; `None` for a kind that AWS only replaces as a whole (alarms).
    pub fn declared(&self) -> Option<&declared::AttributeNames> {
        self.configuration().declared()
    }

    pub fn declared_mut(&mut self) -> Option<&mut declared::AttributeNames> {
        self.configuration_mut().declared_mut()
    }

    /// The subscription that it is, whoever owns its topic.
    pub fn subscription(&self) -> Option<&Subscription> {
        match self {
            Resource::Subscription(own) => Some(own),
            Resource::ExternalSubscription(external) => Some(&external.subscription),
            _ => None,
        }
    }

    pub fn subscription_mut(&mut self) -> Option<&mut Subscription> {
        match self {
            Resource::Subscription(own) => Some(own),
            Resource::ExternalSubscription(external) => Some(&mut external.subscription),
            _ => None,
        }
    }

    /// Whether it is left in place once it is not wanted any more, though this stack made it.
    pub fn is_kept(&self) -> bool {
        self.configuration().is_kept()
    }

    /// Its parent and what tells it from its siblings; `None` for a kind that has its marks in its own tags.
    pub fn child(&self) -> Option<Child> {
        self.configuration().child()
    }

    /// What it does when its state changes; `None` for a kind that has no states.
    pub fn actions(&self) -> Option<&Actions> {
        self.configuration().actions()
    }

    /// The same, to change it.
    pub fn actions_mut(&mut self) -> Option<&mut Actions> {
        self.configuration_mut().actions_mut()
    }

    /// Its declaration in a spec, as a person would write it.
    pub fn written(&self, scope: &written::WritingScope<'_>) -> SpecMap {
        self.configuration().written(scope)
    }

    /// Where that stands.
    pub fn place(&self) -> written::WrittenPlace {
        self.configuration().place()
    }

    /// What it names and needs: topics by ARN, alarms by name or ARN, its topic.
    pub fn references(&self, target: &Target) -> Vec<Address> {
        self.configuration().references(target)
    }

    /// What a person needs to know it again, in few words, where its kind says it itself.
    pub fn phrase(&self) -> String {
        self.configuration().phrase()
    }
}
