//! What is known of one target when somebody asks why it does not work. Plain values; what could not be read is in none of them but
//! `refusals`, so that nothing follows from not knowing.

use super::finding::FindingSubject;
use super::service::Looked;
use crate::aws::{AwsError, Class};
use crate::backtest::EvaluatedAlarm;
use crate::model::filter_policy::FilterOutcome;
use crate::model::{Arn, Target};
use crate::ops::drill::{Chain, DrillTopic, Subscriber};
use crate::plan::PlannedChange;
use crate::resources::alarm::coverage;
use crate::resources::{
    Address, Alarm, ConfirmationState, FunctionFacts, Kind, Live, LiveSnapshot, Observation, Resource,
};
use mlops_cloudwatch::state::AlarmState;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Clone, Default)]
pub struct DoctorFacts {
    pub stack: String,
    pub region: String,
    /// Seconds since 1970, by this machine's clock.
    pub now: i64,
    /// `None` where not even the account is known.
    pub target: Option<Target>,
    /// What AWS or the network refused.
    pub refusals: Vec<DeniedCall>,
    /// What the spec asks for.
    pub desired: BTreeMap<Address, Resource>,
    pub snapshot: LiveSnapshot,
    /// What apply would do, with what stands in its way.
    pub changes: Vec<PlannedChange>,
    /// Functions that the spec names or an alarm watches.
    pub functions: BTreeMap<String, DoctorFunction>,
    /// Functions of the account that no alarm of the spec watches.
    pub uncovered: Vec<String>,
    /// Alarms that stand, by name.
    pub alarms: BTreeMap<String, AlarmSeen>,
    /// By ARN: what the alarms' actions name.
    pub topics: BTreeMap<String, DrillTopic>,
    /// What was missing here and found in other regions: region -> names.
    pub elsewhere: BTreeMap<String, Vec<String>>,
    /// What ListMetrics told of the metrics of alarms that see no data: namespace and name -> sets of dimensions.
    pub listed: BTreeMap<(String, String), Vec<BTreeMap<String, String>>>,
    /// Where an address of the service was given.
    pub service: Option<Looked>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct DoctorFunction {
    pub found: DoctorRead,
    /// Whether it ran in the last two weeks; `None` where that is not known.
    pub invoked: Option<bool>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum DoctorRead {
    Here(FunctionFacts),
    Missing,
    Unknown,
}

/// An alarm that stands.
#[derive(Debug, Clone)]
pub struct AlarmSeen {
    pub chain: Chain,
    /// What its condition makes of the last two weeks; of a composite alarm nothing.
    pub judged: Option<EvaluatedAlarm>,
}

/// A call that was not answered with what was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeniedCall {
    /// An IAM action, e.g. `sns:GetTopicAttributes`.
    pub action: String,
    pub class: Class,
    pub code: String,
    pub message: String,
}

impl From<&AwsError> for DeniedCall {
    fn from(error: &AwsError) -> Self {
        let service = if error.op.0 == "tagging" { "tag" } else { error.op.0 };
        let action = format!("{service}:{}", error.op.1);
        Self { action, class: error.class, code: error.code.clone(), message: error.message.clone() }
    }
}

impl DeniedCall {
    /// Out of the text of an error, where only that was kept: `sns:GetTopicAttributes: User ... (AuthorizationError)`.
    pub fn of_text(text: &str) -> Option<Self> {
        let (action, message) = text.split_once(": ")?;
        let (service, operation) = action.split_once(':')?;
        if !service.chars().chain(operation.chars()).all(|c| c.is_ascii_alphanumeric()) {
            return None;
        }
        let denied = ["AccessDenied", "AuthorizationError", "not authorized"].iter().any(|word| message.contains(word));
        let class = if denied { Class::Denied } else { Class::Refused };
        let service = if service == "tagging" { "tag" } else { service };
        let action = format!("{service}:{operation}");
        Some(Self { action, class, code: String::new(), message: message.to_owned() })
    }
}

impl DoctorFacts {
    /// Notes down what is unknown in what was read.
    pub fn note_unknown(&mut self) {
        let unread = self.snapshot.observations.values().filter_map(|observation| match observation {
            Observation::Unknown(why) => Some(why.as_str()),
            _ => None,
        });
        let functions = self.snapshot.functions.values().filter_map(|facts| facts.as_ref().err().map(String::as_str));
        let topics = self.topics.values().filter_map(DrillTopic::unknown);
        let all = unread.chain(functions).chain(topics).chain(self.snapshot.index_failure.as_deref());
        let found: Vec<DeniedCall> = all.filter_map(DeniedCall::of_text).collect();
        for refusal in found {
            if self.refusals.iter().all(|known| known.action != refusal.action) {
                self.refusals.push(refusal);
            }
        }
    }

    pub fn live(&self, address: &Address) -> Option<&Live> {
        self.snapshot.live(address)
    }

    pub fn is_absent(&self, address: &Address) -> bool {
        matches!(self.snapshot.observations.get(address), Some(Observation::Absent))
    }

    /// Metric alarms that stand.
    pub fn metric_alarms(&self) -> impl Iterator<Item = (&str, &Alarm, &AlarmSeen)> {
        self.alarms.iter().filter_map(|(name, seen)| match &seen.chain.live.as_ref()?.resource {
            Resource::Alarm(alarm) => Some((name.as_str(), alarm.as_ref(), seen)),
            _ => None,
        })
    }

    /// Whether apply, as things stand, would change this resource, and may.
    pub fn applies(&self, address: &Address) -> bool {
        self.changes
            .iter()
            .any(|change| change.address == *address && change.is_effective() && change.blocked.is_none())
    }

    /// The same of whatever a topic is told by: itself or a subscription of it.
    pub fn applies_below(&self, topic: &str) -> bool {
        let below = |address: &Address| match address.kind {
            Kind::Topic => address.name == topic,
            Kind::Subscription => address.name.split('/').next() == Some(topic),
            _ => false,
        };
        self.changes.iter().any(|change| below(&change.address) && change.is_effective() && change.blocked.is_none())
    }

    /// The functions that an alarm watches and the topics it tells.
    pub fn touched_by(&self, name: &str) -> Vec<FindingSubject> {
        let Some(seen) = self.alarms.get(name) else { return Vec::new() };
        let mut touched: BTreeSet<FindingSubject> = BTreeSet::new();
        if let Some(Resource::Alarm(alarm)) = seen.chain.live.as_ref().map(|live| &live.resource) {
            touched.extend(functions_of(alarm).into_iter().map(FindingSubject::Function));
        }
        let topics =
            seen.chain.actions().into_iter().flat_map(|actions| &actions.alarm).filter_map(|arn| Arn::parse(arn));
        touched.extend(topics.filter(|arn| arn.service == "sns").map(|arn| FindingSubject::topic(arn.resource)));
        touched.into_iter().collect()
    }

    /// The topics that alarms tell, each with those alarms.
    pub fn told_topics(&self) -> impl Iterator<Item = (&DrillTopic, Vec<&str>)> {
        let told = self.topics.values().map(|topic| (topic, self.told_by(&topic.arn)));
        told.filter(|(_, alarms)| !alarms.is_empty())
    }

    /// The alarms whose alarm actions name a topic.
    fn told_by(&self, arn: &str) -> Vec<&str> {
        let names =
            |seen: &AlarmSeen| seen.chain.actions().is_some_and(|actions| actions.alarm.iter().any(|a| a == arn));
        self.alarms.iter().filter(|(_, seen)| names(seen)).map(|(name, _)| name.as_str()).collect()
    }

    /// Works out whether a subscriber's filter policy passes the message of an alarm; `None` where the alarm or the account is not known.
    pub fn passes(&self, subscriber: &Subscriber, alarm: &str, state: AlarmState) -> Option<FilterOutcome> {
        let live = self.alarms.get(alarm)?.chain.live.as_ref()?;
        Some(subscriber.passes(&live.resource, self.target.as_ref()?, state))
    }

    /// Whether the ALARM message of an alarm may reach a confirmed subscriber of any of its topics.
    pub fn is_heard(&self, alarm: &str) -> bool {
        let Some(actions) = self.alarms.get(alarm).and_then(|seen| seen.chain.actions()) else { return false };
        let topics = actions.alarm.iter().filter_map(|arn| self.topics.get(arn));
        topics.flat_map(|topic| &topic.subscribers).any(|one| self.hears(one, alarm))
    }

    /// Whether the ALARM message of some alarm of a topic may reach a confirmed subscriber of it.
    pub fn reaches_somebody(&self, topic: &DrillTopic) -> bool {
        let alarms = self.told_by(&topic.arn);
        topic.subscribers.iter().any(|one| alarms.iter().any(|alarm| self.hears(one, alarm)))
    }

    fn hears(&self, one: &Subscriber, alarm: &str) -> bool {
        let passes = self.passes(one, alarm, AlarmState::Alarm);
        one.confirmation == ConfirmationState::Confirmed
            && passes.is_some_and(|outcome| outcome != FilterOutcome::Never)
    }

    /// The address of an alarm of whichever kind.
    pub fn address_of(&self, alarm: &str) -> Address {
        let mut addresses = Kind::alarms().map(|kind| Address::new(kind, alarm));
        addresses.find(|address| self.live(address).is_some()).unwrap_or_else(|| Address::new(Kind::Alarm, alarm))
    }
}

/// The functions that the dimensions of an alarm name.
pub fn functions_of(alarm: &Alarm) -> BTreeSet<String> {
    coverage::functions(alarm).into_iter().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_denied_action_is_read_out_of_a_text() {
        let text = "sns:GetTopicAttributes: User: x is not authorized to perform it (AuthorizationError)";
        let refusal = DeniedCall::of_text(text).unwrap();
        assert_eq!((refusal.action.as_str(), refusal.class), ("sns:GetTopicAttributes", Class::Denied));
        assert_eq!(DeniedCall::of_text("tagging:GetResources: no (X)").unwrap().action, "tag:GetResources");
        for other in ["there is no such function in us-east-1", "error: no", ""] {
            assert_eq!(DeniedCall::of_text(other), None, "{other}");
        }
    }
}
