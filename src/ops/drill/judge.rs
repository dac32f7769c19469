//! What was read before and what was seen since -> how far the notification of an alarm comes, judged by judged. Pure.

use super::chain::{Chain, DrillSurvey, DrillTopic, Subscriber, TopicOrigin, is_topic};
use super::fire::Fired;
use super::follow::{Acted, AlarmEvidence};
use crate::model::advice;
use crate::model::filter_policy::{FilterOutcome, FilterScope};
use crate::ops::mute::how_to_end;
use crate::plan::notes;
use crate::resources::topic::policy;
use crate::resources::{ConfirmationState, Resource};
use mlops_cloudwatch::state::AlarmState;
use serde::Serialize;

/// One judged of a notification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct JudgedStep {
    pub step: DrillStep,
    pub verdict: DrillVerdict,
    /// The topic, or another action's ARN, that it is about.
    pub topic: Option<String>,
    pub text: String,
    /// What mends it.
    pub remedy: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DrillStep {
    /// The alarm goes into ALARM.
    State,
    /// It has actions, and they are not held back.
    Actions,
    /// CloudWatch executes an action: it publishes to a topic.
    Action,
    /// Somebody is subscribed to the topic and has confirmed.
    Subscriber,
    /// A message arrives.
    Message,
}

impl DrillStep {
    pub fn word(self) -> &'static str {
        match self {
            DrillStep::State => "state",
            DrillStep::Actions => "actions",
            DrillStep::Action => "action",
            DrillStep::Subscriber => "subscriber",
            DrillStep::Message => "message",
        }
    }
}

/// The worst last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DrillVerdict {
    /// It was seen.
    Verified,
    /// Nothing speaks against it, and it was not seen.
    NotTested,
    /// Somebody has to confirm first.
    Waiting,
    Failed,
}

impl DrillVerdict {
    pub fn word(self) -> &'static str {
        match self {
            DrillVerdict::Verified => "verified",
            DrillVerdict::NotTested => "not tested",
            DrillVerdict::Waiting => "waiting",
            DrillVerdict::Failed => "failed",
        }
    }
}

impl JudgedStep {
    fn new(step: DrillStep, verdict: DrillVerdict, text: impl Into<String>) -> Self {
        Self { step, verdict, topic: None, text: text.into(), remedy: None }
    }

    fn of(self, topic: &str) -> Self {
        Self { topic: Some(topic.to_owned()), ..self }
    }

    fn mend(self, remedy: impl Into<String>) -> Self {
        Self { remedy: Some(remedy.into()), ..self }
    }
}

/// Every judged as far as it makes sense to look: behind a broken one that all else hangs on there is none.
pub fn judge(survey: &DrillSurvey, chain: &Chain, evidence: &AlarmEvidence, receiving: bool) -> Vec<JudgedStep> {
    let Some(actions) = chain.actions() else {
        let text = "there is no such alarm";
        return vec![
            JudgedStep::new(DrillStep::State, DrillVerdict::Failed, text)
                .mend(format!("{} creates it", advice::command("apply"))),
        ];
    };
    let state = state(chain, evidence);
    let stuck = state.verdict == DrillVerdict::Failed;
    let mut steps = vec![state, self::actions(chain)];
    if stuck || steps.iter().any(|judged| judged.verdict == DrillVerdict::Failed) {
        return steps;
    }
    for arn in &actions.alarm {
        if !is_topic(arn) {
            steps.push(other_action(arn, evidence));
            continue;
        }
        let Some(topic) = survey.topics.get(arn) else { continue };
        let published = publish(survey, topic, evidence);
        let reaches = published.verdict != DrillVerdict::Failed;
        steps.push(published);
        if reaches {
            steps.push(subscriber(survey, chain, topic));
            if !evidence.only_looked() {
                steps.push(message(topic, evidence, receiving));
            }
        }
    }
    steps
}

fn state(chain: &Chain, evidence: &AlarmEvidence) -> JudgedStep {
    let judged = |verdict, text: String| JudgedStep::new(DrillStep::State, verdict, text);
    match &evidence.fired {
        None => judged(DrillVerdict::NotTested, "not fired: the drill ended before".to_owned()),
        Some(Fired::OnlyLooked) => judged(DrillVerdict::NotTested, "a drill would fire it".to_owned()),
        Some(Fired::InAlarmAlready) => {
            let text = "it is in ALARM already, so it was not fired: a drill would hide what is going on";
            judged(DrillVerdict::NotTested, text.to_owned()).mend("drill it again when it is back in OK")
        }
        Some(Fired::No { why, remedy }) => {
            let broken = judged(DrillVerdict::Failed, format!("it could not be fired: {why}"));
            JudgedStep { remedy: remedy.clone(), ..broken }
        }
        Some(Fired::Yes { before } | Fired::Really { before, .. }) if evidence.changed => {
            judged(DrillVerdict::Verified, format!("{before} -> ALARM"))
        }
        Some(Fired::Really { .. }) if evidence.messages.is_empty() => {
            judged(DrillVerdict::Failed, "the errors were made, and it did not go into ALARM in time".to_owned()).mend(
                format!(
                    "give it a whole period and some minutes (--timeout 15m); {} says what it watches",
                    advice::command("doctor")
                ),
            )
        }
        Some(Fired::Yes { .. } | Fired::Really { .. }) => match (&evidence.blind, evidence.messages.is_empty()) {
            (_, false) => judged(DrillVerdict::Verified, format!("{} notified of it", chain.name)),
            (Some(why), _) => {
                judged(DrillVerdict::NotTested, format!("fired, but its history could not be read: {why}"))
            }
            (None, _) => judged(DrillVerdict::NotTested, "fired, but its history does not show it yet".to_owned()),
        },
    }
}

fn actions(chain: &Chain) -> JudgedStep {
    let broken = |text: String| JudgedStep::new(DrillStep::Actions, DrillVerdict::Failed, text);
    let Some(actions) = chain.actions() else { return broken("it does not stand".to_owned()) };
    if actions.alarm.is_empty() {
        return broken("it has no alarm actions: it changes its colour and notifies nobody".to_owned())
            .mend(format!("give it `notify: TOPIC` in the spec, then {}", advice::command("apply")));
    }
    if !actions.enabled {
        return broken("its actions are switched off".to_owned()).mend(format!(
            "{} switches them on, unless the spec says `actions_enabled: false`",
            advice::command("apply")
        ));
    }
    if let Some(rule) = &chain.muted {
        return broken(format!("it is muted by the alarm mute rule {rule}"))
            .mend(format!("wait until the mute is over, or: {}", how_to_end(rule)));
    }
    let n = actions.alarm.len();
    JudgedStep::new(DrillStep::Actions, DrillVerdict::Verified, format!("on, {n} in ALARM"))
}

fn publish(survey: &DrillSurvey, topic: &DrillTopic, evidence: &AlarmEvidence) -> JudgedStep {
    let judged = |verdict, text: String| JudgedStep::new(DrillStep::Action, verdict, text).of(&topic.name);
    let cause = obstacle(survey, topic);
    match evidence.actions.get(&topic.arn) {
        Some(Acted::Succeeded) => judged(DrillVerdict::Verified, "published, as the alarm's history says".to_owned()),
        Some(Acted::Failed(why)) => {
            let (text, remedy) = match cause {
                Some((text, remedy)) => (format!("not published: {text} ({why})"), remedy),
                None => (
                    format!("not published: {why}"),
                    "read what AWS says; the topic's policy and key look right".into(),
                ),
            };
            judged(DrillVerdict::Failed, text).mend(remedy)
        }
        Some(Acted::HeldBack(why)) => judged(DrillVerdict::Failed, format!("held back: {why}"))
            .mend("end the mute, or the suppressor's alarm, first"),
        None if evidence.messages.iter().any(|message| message.topic_arn == topic.arn) => {
            judged(DrillVerdict::Verified, "published: its message arrived".to_owned())
        }
        None => match (cause, &topic.found) {
            (Some((text, remedy)), _) => judged(DrillVerdict::Failed, text).mend(remedy),
            (None, TopicOrigin::Unknown(why)) => {
                judged(DrillVerdict::NotTested, format!("the topic could not be read: {why}"))
            }
            (None, _) if evidence.only_looked() => {
                judged(DrillVerdict::NotTested, "policy and key allow it".to_owned())
            }
            (None, _) => judged(
                DrillVerdict::NotTested,
                "the alarm's history does not show it; policy and key allow it".to_owned(),
            ),
        },
    }
}

/// What keeps an alarm from publishing to the topic, and what mends it.
pub fn obstacle(survey: &DrillSurvey, topic: &DrillTopic) -> Option<(String, String)> {
    let live = match &topic.found {
        TopicOrigin::Live(live) => live,
        TopicOrigin::Missing => {
            let text = format!("there is no topic {} in {}", topic.name, survey.target);
            return Some((
                text,
                format!(
                    "{} creates it, if the spec declares it; else correct the alarm's action",
                    advice::command("apply")
                ),
            ));
        }
        TopicOrigin::Unknown(_) => return None,
    };
    let Resource::Topic(found) = &live.resource else { return None };
    if found.has_key_of_sns() {
        return Some((notes::KEY_OF_SNS.into(), notes::A_KEY_OF_ONES_OWN.into()));
    }
    let policy = live.facts.topic_policy.as_ref()?;
    (!policy::lets_alarms_publish(policy))
        .then(|| (notes::POLICY_REFUSES.to_owned(), notes::let_alarms_publish(&survey.target)))
}

fn other_action(arn: &str, evidence: &AlarmEvidence) -> JudgedStep {
    let judged = |verdict, text: String| JudgedStep::new(DrillStep::Action, verdict, text).of(arn);
    match evidence.actions.get(arn) {
        Some(Acted::Succeeded) => judged(DrillVerdict::Verified, "executed, as the alarm's history says".to_owned()),
        Some(Acted::Failed(why)) => {
            judged(DrillVerdict::Failed, format!("not executed: {why}")).mend("read what AWS says of this action")
        }
        Some(Acted::HeldBack(why)) => {
            judged(DrillVerdict::Failed, format!("held back: {why}")).mend("end the mute first")
        }
        None if evidence.only_looked() => judged(DrillVerdict::NotTested, "a drill would really run it".to_owned()),
        None => judged(DrillVerdict::NotTested, "the alarm's history does not show it".to_owned()),
    }
}

/// Who of a topic gets the message of an alarm, by confirmation and filter policy.
fn subscriber(survey: &DrillSurvey, chain: &Chain, topic: &DrillTopic) -> JudgedStep {
    let judged = |verdict, text: String| JudgedStep::new(DrillStep::Subscriber, verdict, text).of(&topic.name);
    if let TopicOrigin::Unknown(why) = &topic.found {
        return judged(DrillVerdict::NotTested, format!("who is subscribed is not known: {why}"));
    }
    let with = |confirmation: ConfirmationState| -> Vec<&Subscriber> {
        topic.subscribers.iter().filter(|subscriber| subscriber.confirmation == confirmation).collect()
    };
    let (confirmed, pending, lost) =
        (with(ConfirmationState::Confirmed), with(ConfirmationState::Pending), with(ConfirmationState::Lost));
    let passing = |outcome: FilterOutcome| -> Vec<&Subscriber> {
        let of = |one: &Subscriber| {
            let live = chain.live.as_ref();
            live.map_or(FilterOutcome::Depends, |live| one.passes(&live.resource, &survey.target, AlarmState::Alarm))
        };
        confirmed.iter().copied().filter(|one| of(one) == outcome).collect()
    };
    let (reached, open, filtered) =
        (passing(FilterOutcome::Matches), passing(FilterOutcome::Depends), passing(FilterOutcome::Never));
    let ask = |list: &[&Subscriber]| {
        let first = list.first().map(|subscriber| &subscriber.subscription);
        first.map(|s| notes::confirm(&s.protocol, &s.endpoint)).unwrap_or_default()
    };
    let mut besides = String::new();
    for (word, list) in [("not yet", &pending), ("not tested", &open), ("filtered out", &filtered)] {
        if !list.is_empty() {
            besides += &format!("; {word}: {}", names(list));
        }
    }
    match () {
        () if !reached.is_empty() => {
            judged(DrillVerdict::Verified, format!("{} confirmed: {}{besides}", reached.len(), names(&reached)))
        }
        () if !open.is_empty() => {
            judged(DrillVerdict::NotTested, format!("not tested: {}: {}", names(&open), untested(&open)))
                .mend("look at the filter policy yourself, or drill with --receive and ask the subscriber")
        }
        () if !pending.is_empty() => {
            judged(DrillVerdict::Waiting, format!("nobody has confirmed; pending: {}", names(&pending)))
                .mend(ask(&pending))
        }
        () if !filtered.is_empty() => judged(
            DrillVerdict::Failed,
            format!(
                "filtered out: the filter policy of {} drops the ALARM message of {}: never notified",
                names(&filtered),
                chain.name
            ),
        )
        .mend(remedy_of_filter(&filtered)),
        () if !lost.is_empty() => judged(DrillVerdict::Failed, format!("everybody has unsubscribed: {}", names(&lost)))
            .mend(format!("ask them first; {} then subscribes whom the spec names anew", advice::command("apply"))),
        () => judged(DrillVerdict::Failed, "nobody is subscribed".to_owned())
            .mend(format!("add a subscription to the topic in the spec, then {}", advice::command("apply"))),
    }
}

fn names(list: &[&Subscriber]) -> String {
    let names: Vec<&str> = list.iter().map(|subscriber| subscriber.subscription.endpoint.as_str()).collect();
    match names.as_slice() {
        [some @ .., last] if names.len() > 3 => format!("{}, {last}", some[..2].join(", ")) + " and others",
        names => names.join(", "),
    }
}

/// Why it cannot be said whether the message passes.
fn untested(open: &[&Subscriber]) -> String {
    match open.iter().find_map(|subscriber| subscriber.unread.as_deref()) {
        Some(why) => format!("the filter policy could not be read: {why}"),
        None => "the filter policy looks at a part of the message that is not known beforehand".into(),
    }
}

/// What mends a filter policy that drops an alarm's message.
pub fn remedy_of_filter(filtered: &[&Subscriber]) -> &'static str {
    let by_attributes = |one: &&Subscriber| {
        FilterScope::of(one.subscription.filter_policy_scope.as_deref()) == FilterScope::MessageAttributes
    };
    match filtered.iter().any(by_attributes) {
        true => {
            "alarms send no message attributes: take the filter policy away, or set filter_policy_scope: MessageBody"
        }
        false => {
            "correct the filter policy (NewStateValue is ALARM, in capitals), or take it away, then mlopsctl apply"
        }
    }
}

fn message(topic: &DrillTopic, evidence: &AlarmEvidence, receiving: bool) -> JudgedStep {
    let judged = |verdict, text: String| JudgedStep::new(DrillStep::Message, verdict, text).of(&topic.name);
    let arrived = evidence.messages.iter().find(|message| message.topic_arn == topic.arn);
    match arrived {
        Some(message) => {
            judged(DrillVerdict::Verified, format!("a message arrived at the drill's own {}", message.way.word()))
        }
        None if !receiving => {
            judged(DrillVerdict::NotTested, "not listened to; --receive shows one that arrives".to_owned())
        }
        None if !evidence.fired.as_ref().is_some_and(Fired::is_fired) => {
            judged(DrillVerdict::NotTested, "nothing was sent, so nothing could arrive".to_owned())
        }
        None if !matches!(topic.found, TopicOrigin::Live(_)) => {
            judged(DrillVerdict::NotTested, "the topic is not ours to subscribe to".to_owned())
        }
        None => judged(DrillVerdict::Failed, "nothing arrived in time".to_owned())
            .mend("give it longer (--timeout 2m); if nothing comes, look at the topic's delivery status logs"),
    }
}
