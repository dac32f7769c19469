//! What a person should know before applying: mails to confirm, data at risk, notifications that reach nobody.

use super::{Action, Change, Input, Note, NoteKind, Plan, log_group};
use crate::model::{Arn, Target};
use crate::resources::alarm::Actions;
use crate::resources::topic::policy;
use crate::resources::{Address, Confirmation, Kind, Observation, Resource};
use std::collections::BTreeMap;

pub fn add(plan: &mut Plan, input: Input<'_>) {
    let reach = reachability(input);
    for change in &mut plan.changes {
        let notes = of_change(change, input, &reach);
        change.notes.extend(notes);
    }
    if let (Some(reason), true) = (&input.snapshot.index_failure, input.prune) {
        let text = format!("what the stack owned before is not known, so nothing is pruned by the tag index: {reason}");
        plan.notes.push(Note::new(NoteKind::Unknown, text).remedy("allow the action tag:GetResources"));
    }
    if !input.prune {
        plan.notes.push(Note::new(NoteKind::Info, "limited by --target: nothing is deleted"));
    }
}

fn of_change(change: &Change, input: Input<'_>, reach: &BTreeMap<String, Reach>) -> Vec<Note> {
    let mut notes = Vec::new();
    if let Some(Observation::Unknown(reason)) = input.snapshot.observations.get(&change.address) {
        notes.push(Note::new(NoteKind::Unknown, format!("could not be read, so it is left as it is: {reason}")));
    }
    match change.after.as_ref() {
        Some(Resource::Subscription(_)) => notes.extend(subscription(change, input)),
        Some(Resource::LogGroup(_)) => notes.extend(log_group::notes(change)),
        Some(Resource::Topic(_)) => notes.extend(topic(change, input)),
        Some(Resource::Alarm(alarm)) => notes.extend(alarm_reach(&alarm.actions, reach)),
        Some(Resource::CompositeAlarm(alarm)) => notes.extend(alarm_reach(&alarm.actions, reach)),
        None => notes.extend(deleted(change).into_iter().chain(log_group::notes(change))),
    }
    notes
}

fn subscription(change: &Change, input: Input<'_>) -> Option<Note> {
    let Some(Resource::Subscription(subscription)) = &change.after else { return None };
    let endpoint = &subscription.endpoint;
    let live = input.snapshot.live(&change.address).and_then(|live| live.facts.confirmation);
    match (change.action, live) {
        (Action::Create, Some(Confirmation::Lost)) => {
            let text = format!("{endpoint} has unsubscribed; subscribing again asks for a new confirmation");
            Some(Note::new(NoteKind::Warning, text).remedy("ask them first, or take the subscription out of the spec"))
        }
        (Action::Create, _) if subscription.needs_confirmation() => {
            Some(Note::new(NoteKind::Info, format!("{endpoint} will be asked to confirm; nothing is delivered before")))
        }
        (Action::Replace, _) => {
            let text = format!(
                "{endpoint} was subscribed with another password: it is unsubscribed, and asked to confirm anew"
            );
            Some(Note::new(NoteKind::Info, text))
        }
        (Action::Adopt, _) if subscription.password().is_some() => {
            let text = format!("SNS shows no password of {endpoint}: it is assumed to be the spec's");
            Some(
                Note::new(NoteKind::Info, text)
                    .remedy("if it is not, unsubscribe it first: it is then subscribed anew"),
            )
        }
        (_, Some(Confirmation::Pending)) => {
            let text = format!("pending: {endpoint} has not confirmed yet");
            Some(Note::new(NoteKind::Act, text).remedy(confirm(&subscription.protocol, endpoint)))
        }
        _ => None,
    }
}

/// What somebody has to do about a pending subscription.
pub fn confirm(protocol: &str, endpoint: &str) -> String {
    match protocol {
        "email" | "email-json" => format!(
            "open the mail \"AWS Notification - Subscription Confirmation\" sent to {endpoint} and click the link (look in spam, too)"
        ),
        _ => format!("make {endpoint} answer SNS's SubscriptionConfirmation request"),
    }
}

/// Why alarms cannot publish to a topic, and what mends it.
pub const KEY_OF_SNS: &str =
    "alarms cannot publish to a topic encrypted with alias/aws/sns: its key policy cannot be changed";
pub const A_KEY_OF_ONES_OWN: &str =
    "use a customer key whose policy allows cloudwatch.amazonaws.com kms:Decrypt and kms:GenerateDataKey*";
pub const POLICY_REFUSES: &str = "the topic's policy does not let alarms publish";

pub fn let_alarms_publish(target: &Target) -> String {
    let arn = target.arn("cloudwatch", "alarm:*");
    format!("allow cloudwatch.amazonaws.com sns:Publish with the condition aws:SourceArn like {arn}")
}

fn topic(change: &Change, input: Input<'_>) -> Vec<Note> {
    let Some(Resource::Topic(topic)) = &change.after else { return Vec::new() };
    let mut notes = Vec::new();
    if topic.has_key_of_sns() {
        notes.push(Note::new(NoteKind::Warning, KEY_OF_SNS).remedy(A_KEY_OF_ONES_OWN));
    }
    let live_policy = change.before.as_ref().and_then(|live| live.facts.topic_policy.clone());
    let policy = topic.policy.clone().or(live_policy);
    if policy.is_some_and(|policy| !policy::lets_alarms_publish(&policy)) {
        notes.push(Note::new(NoteKind::Warning, POLICY_REFUSES).remedy(let_alarms_publish(input.target)));
    }
    let foreign = input.snapshot.observations.iter().filter(|(address, observation)| {
        let under =
            matches!(observation.live().map(|l| &l.resource), Some(Resource::Subscription(s)) if s.topic == topic.name);
        let lost = observation.live().is_some_and(|live| live.facts.confirmation == Some(Confirmation::Lost));
        under && !lost && !input.desired.contains_key(address) && !is_ours(address, input)
    });
    let count = foreign.count();
    if count > 0 && input.prune {
        let text = format!("{count} subscription(s) that this spec never made are left alone");
        notes.push(Note::new(NoteKind::Info, text));
    }
    notes
}

fn is_ours(address: &Address, input: Input<'_>) -> bool {
    let live = input.snapshot.live(address);
    live.is_some_and(|live| super::ownership::standing(address, live, input) == super::ownership::Standing::Ours)
}

fn deleted(change: &Change) -> Option<Note> {
    let before = change.before.as_ref()?;
    let Resource::Subscription(subscription) = &before.resource else { return None };
    (before.facts.confirmation == Some(Confirmation::Pending)).then(|| {
        let text = format!(
            "{} never confirmed: AWS does not delete a pending subscription, it will expire",
            subscription.endpoint
        );
        Note::new(NoteKind::Info, text)
    })
}

/// How far a notification on one topic of the spec gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reach {
    Nobody,
    PendingOnly,
    Somebody,
}

/// Topic ARN -> who is told, for the topics that are desired.
fn reachability(input: Input<'_>) -> BTreeMap<String, Reach> {
    let topics = input.desired.keys().filter(|address| address.kind == Kind::Topic);
    topics
        .map(|topic| {
            let reach = input.desired.iter().filter_map(|(address, resource)| match resource {
                Resource::Subscription(s) if s.topic == topic.name => {
                    let confirmation = input.snapshot.live(address).and_then(|live| live.facts.confirmation);
                    let waits = s.needs_confirmation() && confirmation != Some(Confirmation::Confirmed);
                    Some(if waits { Reach::PendingOnly } else { Reach::Somebody })
                }
                _ => None,
            });
            let others = input.snapshot.observations.values().filter_map(|observation| {
                let live = observation.live()?;
                let of_topic = matches!(&live.resource, Resource::Subscription(s) if s.topic == topic.name);
                (of_topic && live.facts.confirmation == Some(Confirmation::Confirmed)).then_some(Reach::Somebody)
            });
            let reach = reach.chain(others).max().unwrap_or(Reach::Nobody);
            (input.target.arn("sns", &topic.name), reach)
        })
        .collect()
}

/// An alarm whose every known topic reaches nobody. That a mail is pending is said at the subscription.
fn alarm_reach(actions: &Actions, reach: &BTreeMap<String, Reach>) -> Option<Note> {
    let topics: Vec<&String> = actions.alarm.iter().filter(|arn| reach.contains_key(*arn)).collect();
    let others = actions.alarm.len() > topics.len();
    let best = topics.iter().filter_map(|arn| reach.get(*arn)).max()?;
    (*best == Reach::Nobody && !others).then(|| {
        let names: Vec<&str> = topics.iter().filter_map(|arn| Arn::parse(arn)).map(|arn| arn.resource).collect();
        let text = format!("nobody is told: topic {} has no subscription", names.join(", "));
        Note::new(NoteKind::Warning, text).remedy("add a subscription to the topic")
    })
}
