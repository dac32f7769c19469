//! What stands and how it is, as one value: alarms, subscriptions, log groups, functions, drift. `read` makes it from few calls in few
//! waves; everything else here is pure. No text for people: that is `report::status`.

pub mod budget;
mod build;
pub mod curve;
pub mod history;
pub mod mute;
mod read;
pub mod reason;
#[cfg(test)]
pub mod testing;
#[cfg(test)]
mod tests;

pub use crate::fleet::Drift;
pub use budget::SloStatus;
pub use build::build;
pub use curve::{AlarmCurves, Curve, Invocations};
pub use history::{HistoryLine, StatusStateChange};
pub use mute::Muted;
pub use read::{StatusOptions, read};
pub use reason::Reason;

use crate::fleet::{AlarmStates, SubscriptionCounts};
use crate::model::Target;
use crate::plan::{Note, NoteKind};
use crate::resources::{Address, FunctionFacts, Resource};
use mlops_cloudwatch::state::AlarmState;

/// A stack in one account and region at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct StackStatus {
    pub stack: String,
    pub target: Target,
    /// When it was read, in seconds since 1970.
    pub at: i64,
    /// In the order of their addresses, each of them; what the spec asks for and what carries the stack's mark.
    pub alarms: Vec<AlarmStatus>,
    pub topics: Vec<TopicStatus>,
    pub subscriptions: Vec<SubscriptionStatus>,
    pub log_groups: Vec<LogGroupStatus>,
    pub functions: Vec<FunctionStatus>,
    /// In the order of the file.
    pub slos: Vec<SloStatus>,
    /// Everything that differs from the spec.
    pub drift: Vec<Drift>,
    /// The last changes of state, newest first; `None` where they were not asked for or could not be read.
    pub changes: Option<Vec<StatusStateChange>>,
    /// What somebody has to know or do, with the resource it is about.
    pub notes: Vec<(Option<Address>, Note)>,
}

/// How a resource stands beside the spec.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DriftState {
    AsAsked,
    /// These fields differ.
    Differs(Vec<String>),
    Missing,
    /// The spec does not ask for it any more.
    LeftOver,
    /// It exists, and nothing says that it is this stack's.
    NotOurs,
    /// It exists, and is this other stack's or tool's.
    OwnedBy(String),
    /// Why it could not be read.
    Unknown(String),
}

#[derive(Debug, Clone, PartialEq)]
pub struct AlarmStatus {
    pub address: Address,
    pub standing: DriftState,
    /// Its configuration as it stands; as the spec asks, where it does not stand.
    pub resource: Resource,
    /// `None` where it does not stand, could not be read, or is in a state that is not known here.
    pub state: Option<AlarmState>,
    /// Seconds since 1970.
    pub since: Option<i64>,
    pub reason: Option<Reason>,
    /// `PARTIAL_DATA`, `EVALUATION_ERROR`, `EVALUATION_FAILURE`.
    pub evaluation: Option<String>,
    pub actions_enabled: bool,
    pub muted: Option<Muted>,
    /// What holds a composite alarm's actions back, in CloudWatch's words.
    pub suppressed: Option<String>,
    /// The function whose metric it watches.
    pub function: Option<String>,
    /// `None` where there is none: it was not asked for, or it is a composite alarm. The error says why not.
    pub curve: Option<Result<Curve, String>>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct TopicStatus {
    pub address: Address,
    pub standing: DriftState,
}

#[derive(Debug, Clone, PartialEq)]
pub struct SubscriptionStatus {
    pub address: Address,
    pub standing: DriftState,
    pub topic: String,
    pub protocol: String,
    /// May hold a secret, e.g. in a URL: mask it before it is shown.
    pub endpoint: String,
    pub life: Life,
}

/// The life of a subscription. AWS does not tell since when one is pending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Life {
    Confirmed,
    Pending,
    /// Its receiver has unsubscribed.
    Lost,
    Missing,
    Unknown,
}

#[derive(Debug, Clone, PartialEq)]
pub struct LogGroupStatus {
    pub address: Address,
    pub standing: DriftState,
    /// Days; `None` means for ever. Of a group that stands.
    pub retention: Option<Option<i32>>,
    /// The account's policy that decides it instead.
    pub policy: Option<String>,
    pub stored_bytes: Option<i64>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct FunctionStatus {
    pub name: String,
    /// The error says why it could not be read, or that there is none.
    pub facts: Result<FunctionFacts, String>,
    /// `None` where they were not asked for or could not be read.
    pub invocations: Option<Invocations>,
}

/// What the verdict is made of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub alarms: AlarmStates,
    /// In ALARM with nobody told: actions off, muted, or suppressed.
    pub unheard: usize,
    /// In another state, and nobody would be told.
    pub silenced: usize,
    /// Evaluated with less than all data, or not at all.
    pub troubled: usize,
    pub subscriptions: SubscriptionCounts,
    /// Of the pending ones: e-mail and SMS, i.e. people.
    pub people_pending: usize,
    pub differing: usize,
    pub missing: usize,
    pub left_over: usize,
    pub not_ours: usize,
    pub absent_functions: usize,
    pub resources: usize,
}

impl AlarmStatus {
    /// Whether nobody is notified whatever it does.
    pub fn is_silenced(&self) -> bool {
        !self.actions_enabled || self.muted.is_some() || self.suppressed.is_some()
    }
}

impl StackStatus {
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for alarm in &self.alarms {
            match alarm.state {
                Some(AlarmState::Ok) => counts.alarms.ok += 1,
                Some(AlarmState::Alarm) => counts.alarms.alarm += 1,
                Some(AlarmState::InsufficientData) => {
                    counts.alarms.insufficient_data += 1;
                    counts.alarms.new += usize::from(alarm.reason == Some(Reason::NotYet));
                }
                None => {}
            }
            if alarm.is_silenced() && alarm.state.is_some() {
                let ringing = alarm.state == Some(AlarmState::Alarm);
                *(if ringing { &mut counts.unheard } else { &mut counts.silenced }) += 1;
            }
            counts.troubled += usize::from(alarm.evaluation.is_some());
        }
        for subscription in self.wanted_subscriptions() {
            match subscription.life {
                Life::Confirmed => counts.subscriptions.confirmed += 1,
                Life::Pending => {
                    counts.subscriptions.pending += 1;
                    counts.people_pending += usize::from(subscription.is_a_person());
                }
                Life::Lost => counts.subscriptions.lost += 1,
                Life::Missing => counts.subscriptions.missing += 1,
                Life::Unknown => {}
            }
        }
        for standing in self.standings() {
            counts.resources += 1;
            match standing {
                DriftState::Differs(_) => counts.differing += 1,
                DriftState::Missing => counts.missing += 1,
                DriftState::LeftOver => counts.left_over += 1,
                DriftState::NotOurs | DriftState::OwnedBy(_) => counts.not_ours += 1,
                DriftState::AsAsked | DriftState::Unknown(_) => {}
            }
        }
        // A lost subscription is told as lost, not as missing as well.
        counts.missing = counts.missing.saturating_sub(counts.subscriptions.lost);
        counts.absent_functions = self.functions.iter().filter(|function| function.facts.is_err()).count();
        counts
    }

    /// Those that the spec asks for.
    pub fn wanted_subscriptions(&self) -> impl Iterator<Item = &SubscriptionStatus> {
        self.subscriptions.iter().filter(|s| !matches!(s.standing, DriftState::LeftOver | DriftState::NotOurs))
    }

    /// Whether everybody whom the spec wants told has confirmed.
    pub fn is_confirmed(&self) -> bool {
        self.wanted_subscriptions().all(|subscription| subscription.life == Life::Confirmed)
    }

    /// Whether something could not be read.
    pub fn is_incomplete(&self) -> bool {
        self.notes.iter().any(|(_, note)| note.kind == NoteKind::Unknown)
    }

    fn standings(&self) -> impl Iterator<Item = &DriftState> {
        // What a spec never made is left alone: a foreign subscription is no drift.
        let subscriptions = self.subscriptions.iter().filter(|s| s.standing != DriftState::NotOurs);
        let alarms = self.alarms.iter().map(|alarm| &alarm.standing);
        alarms
            .chain(self.topics.iter().map(|topic| &topic.standing))
            .chain(subscriptions.map(|subscription| &subscription.standing))
            .chain(self.log_groups.iter().map(|group| &group.standing))
    }
}

impl SubscriptionStatus {
    pub fn is_a_person(&self) -> bool {
        matches!(self.protocol.as_str(), "email" | "email-json" | "sms")
    }
}
