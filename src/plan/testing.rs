//! A small live world of one target for the tests of what a plan decides.

use super::{Consent, Plan, PlanInput, PlannedChange};
use crate::model::{FieldChange, Target};
use crate::resources::child::ChildMarks;
use crate::resources::mark;
use crate::resources::subscription::REGISTRY;
use crate::resources::{
    Address, Alarm, CompositeAlarm, ConfirmationState, Dashboard, Live, LiveSnapshot, LogGroup, MuteRule, Observation,
    Resource, Subscription, Topic,
};
use std::collections::{BTreeMap, BTreeSet};

pub const STACK: &str = "mine";

#[derive(Debug, Default)]
pub struct Scene {
    pub desired: BTreeMap<Address, Resource>,
    pub snapshot: LiveSnapshot,
    pub consent: Consent,
    pub only: Option<BTreeSet<Address>>,
    /// As with `--target`: nothing is pruned.
    pub limited: bool,
}

impl Scene {
    /// With a live resource that carries these tags.
    pub fn live(self, resource: Resource, tags: &[(&str, &str)]) -> Self {
        self.live_with(resource, tags, |_| {})
    }

    /// The same with other facts.
    pub fn live_with(mut self, mut resource: Resource, tags: &[(&str, &str)], facts: impl Fn(&mut Live)) -> Self {
        if let Some(own) = resource.tags_mut() {
            own.extend(tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())));
        }
        let mut live = Live::new(resource);
        live.facts.tags_read = true;
        facts(&mut live);
        self.snapshot.observations.insert(live.resource.address(), Observation::present(live));
        self
    }

    pub fn subscribed(self, subscription: Subscription, state: ConfirmationState) -> Self {
        self.live_with(Resource::Subscription(subscription), &[], |live| live.facts.confirmation = Some(state))
    }

    pub fn wants(mut self, resource: Resource) -> Self {
        self.desired.insert(resource.address(), resource);
        super::ownership::mark(&mut self.desired, STACK);
        self
    }

    /// With what could not be read.
    pub fn unread(mut self, address: &str, reason: &str) -> Self {
        let address = Address::parse(address).expect("an address");
        self.snapshot.observations.insert(address, Observation::Unknown(reason.to_owned()));
        self
    }

    pub fn limited(self) -> Self {
        Self { limited: true, ..self }
    }

    pub fn consents(mut self, change: impl Fn(&mut Consent)) -> Self {
        change(&mut self.consent);
        self
    }

    pub fn input<'a>(&'a self, target: &'a Target) -> PlanInput<'a> {
        PlanInput {
            stack: STACK,
            target,
            desired: &self.desired,
            snapshot: &self.snapshot,
            consent: &self.consent,
            prune: !self.limited,
            only: self.only.as_ref(),
        }
    }

    pub fn plan(&self) -> Plan {
        super::build(self.input(&target()))
    }

    /// Each effective change as `< topic/alerts`.
    pub fn lines(&self) -> Vec<String> {
        let plan = self.plan();
        plan.effective().map(|change| format!("{} {}", change.action.symbol(), change.address)).collect()
    }

    /// Each refusal as `topic/alerts: why`.
    pub fn refusals(&self) -> Vec<String> {
        let plan = self.plan();
        let whose = |address: Option<&Address>| address.map(|address| format!("{address}: ")).unwrap_or_default();
        plan.refusals().map(|(address, blocked)| whose(address) + &blocked.reason).collect()
    }

    /// Each note as `topic/alerts: Warning text`.
    pub fn told(&self) -> Vec<String> {
        let plan = self.plan();
        let whose = |address: Option<&Address>| address.map(|address| format!("{address}: ")).unwrap_or_default();
        plan.all_notes().map(|(address, note)| format!("{}{:?} {}", whose(address), note.kind, note.text)).collect()
    }

    /// Each field that differs as `topic/alerts ~ display_name: "a" -> "b"`, `-` for what is absent.
    pub fn fields(&self) -> Vec<String> {
        let value =
            |value: &Option<serde_json::Value>| value.as_ref().map_or_else(|| "-".to_owned(), |v| v.to_string());
        let plan = self.plan();
        let of = |change: &PlannedChange| {
            let begin = format!("{} {}", change.address, change.action.symbol());
            let line = move |f: &FieldChange| format!("{begin} {}: {} -> {}", f.field, value(&f.from), value(&f.to));
            change.fields.iter().map(line).collect::<Vec<_>>()
        };
        plan.changes.iter().flat_map(of).collect()
    }

    pub fn notes(&self) -> Vec<String> {
        self.plan().all_notes().map(|(_, note)| note.text.clone()).collect()
    }
}

pub fn target() -> Target {
    Target::new("123456789012", "us-east-1")
}

pub const MADE: &[(&str, &str)] = &[(mark::STACK, STACK)];
pub const ADOPTED: &[(&str, &str)] = &[(mark::STACK, STACK), (mark::ADOPTED, "yes")];
pub const OF_CLOUDFORMATION: &[(&str, &str)] = &[("aws:cloudformation:stack-name", "prod")];

/// One resource of each kind that has tags.
pub fn each_kind() -> [Resource; 6] {
    [
        topic(),
        Resource::LogGroup(LogGroup::new("/app")),
        Resource::Alarm(Box::new(Alarm::new("errors"))),
        composite("any", "ALARM(errors)"),
        Resource::MuteRule(MuteRule { name: "nights".into(), ..Default::default() }),
        Resource::Dashboard(Dashboard { name: "lab".into(), ..Default::default() }),
    ]
}

pub fn topic() -> Resource {
    Resource::Topic(Topic::new("alerts"))
}

pub fn composite(name: &str, rule: &str) -> Resource {
    Resource::CompositeAlarm(CompositeAlarm { name: name.into(), alarm_rule: rule.into(), ..Default::default() })
}

pub fn mail(who: &str) -> Subscription {
    Subscription::new("alerts", "email", format!("{who}@example.edu"))
}

/// The tags of a topic of the stack that names these subscriptions as made, and those as adopted.
pub fn topic_tags(made: &[Subscription], adopted: &[Subscription]) -> Vec<(String, String)> {
    let mut marks = ChildMarks::of(&REGISTRY, made.iter().map(Subscription::as_child));
    adopted.iter().for_each(|subscription| marks.adopt(&subscription.as_child()));
    marks.to_tags().into_iter().chain([(mark::STACK.to_owned(), STACK.to_owned())]).collect()
}

pub fn group(edit: impl FnOnce(&mut LogGroup)) -> Resource {
    let mut group = LogGroup::new("/app");
    edit(&mut group);
    Resource::LogGroup(group)
}

pub fn topic_with(edit: impl FnOnce(&mut Topic)) -> Resource {
    let mut topic = Topic::new("alerts");
    edit(&mut topic);
    Resource::Topic(topic)
}

/// An alarm whose actions are these ARNs.
pub fn alarm(actions: &[String]) -> Resource {
    let mut alarm = Alarm::new("errors");
    alarm.actions.alarm = actions.to_vec();
    Resource::Alarm(Box::new(alarm))
}

pub fn threshold(threshold: f64) -> Resource {
    Resource::Alarm(Box::new(Alarm { threshold: Some(threshold), ..Alarm::new("errors") }))
}
