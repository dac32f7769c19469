//! What a person should know before applying: mails to confirm, data at risk, notifications that reach nobody.

use super::guard::{lost_subscriptions, lost_words};
use super::ownership::{self, Ownership};
use super::{Action, Note, NoteKind, Plan, PlanInput, PlannedChange, log_group};
use crate::model::{Arn, Target, endpoint, secret};
use crate::resources::alarm::Actions;
use crate::resources::topic::policy;
use crate::resources::{Address, ConfirmationState, Kind, Observation, Resource, Subscription};
use std::collections::{BTreeMap, BTreeSet};

pub fn add(plan: &mut Plan, input: PlanInput<'_>) {
    let reach = reachability(input);
    let deleted_topics = deleted_topics(plan, input);
    for change in &mut plan.changes {
        let notes = match change.action {
            Action::StopManaging => left_in_place(change, &deleted_topics),
            _ => of_change(change, input, &reach),
        };
        change.notes.extend(notes);
    }
    let unread = unread(plan, input);
    plan.notes.extend(unread);
    if let (Some(reason), true) = (&input.snapshot.index_failure, input.prune) {
        let text = format!("what the stack owned before is not known, so nothing is pruned by the tag index: {reason}");
        plan.notes.push(Note::new(NoteKind::Unknown, text).remedy("allow the action tag:GetResources"));
    }
    plan.notes.extend(left_external(plan, input));
    if !input.prune {
        plan.notes.push(Note::new(NoteKind::Info, "limited by --target: nothing is deleted"));
    }
}

/// What the stack may own and could not be read, by the reason: it belongs to no change.
fn unread(plan: &Plan, input: PlanInput<'_>) -> Vec<Note> {
    let in_plan: BTreeSet<&Address> = plan.changes.iter().map(|change| &change.address).collect();
    let mut by_reason: BTreeMap<&str, Vec<&Address>> = BTreeMap::new();
    for (address, observation) in &input.snapshot.observations {
        if let Observation::Unknown(reason) = observation
            && input.prune
            && !in_plan.contains(address)
        {
            by_reason.entry(reason).or_default().push(address);
        }
    }
    let note = |(reason, addresses): (&str, Vec<&Address>)| {
        let named: Vec<String> = addresses.iter().take(NAMED).map(ToString::to_string).collect();
        let more = addresses.len().saturating_sub(NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let text = format!("{}{more}: could not be read, so left as found: {reason}", named.join(", "));
        Note::new(NoteKind::Unknown, text)
    };
    by_reason.into_iter().map(note).collect()
}

/// So many of what is alike are named.
const NAMED: usize = 5;

fn of_change(change: &PlannedChange, input: PlanInput<'_>, reach: &BTreeMap<String, Reach>) -> Vec<Note> {
    let mut notes = Vec::new();
    if let Some(Observation::Unknown(reason)) = input.snapshot.observations.get(&change.address) {
        notes.push(Note::new(NoteKind::Unknown, format!("could not be read, so it is left as it is: {reason}")));
    }
    notes.extend(unknown_settings(change));
    notes.extend(other_owner(change, input));
    notes.extend(other_region(change, input));
    match change.after.as_ref() {
        Some(Resource::Subscription(_)) => notes.extend(subscription(change, input)),
        Some(Resource::ExternalSubscription(own)) => notes.extend(external(change, &own.subscription, input)),
        Some(Resource::LogGroup(_)) => notes.extend(log_group::notes(change, input)),
        Some(Resource::Topic(_)) => notes.extend(topic(change, input)),
        Some(other) => notes.extend(other.actions().and_then(|actions| alarm_reach(actions, reach))),
        None => notes.extend(deleted(change, input).into_iter().chain(log_group::notes(change, input))),
    }
    notes
}

/// What a person has to know of a subscription to somebody else's topic.
fn external(change: &PlannedChange, subscription: &Subscription, input: PlanInput<'_>) -> Option<Note> {
    let endpoint = &subscription.endpoint;
    match input.snapshot.live(&change.address).and_then(|live| live.facts.confirmation) {
        Some(ConfirmationState::Pending) => {
            let text = format!("{endpoint} has not confirmed: nothing is delivered yet, and no attribute can be set");
            Some(Note::new(NoteKind::Act, text).remedy(confirm(&subscription.protocol, endpoint)))
        }
        _ if change.action == Action::Create && subscription.needs_confirmation() => {
            Some(Note::new(NoteKind::Info, format!("{endpoint} will be asked to confirm; nothing is delivered before")))
        }
        _ => None,
    }
}

/// Subscriptions to other owners' topics that a destroy names and leaves: nothing records who made them.
fn left_external(plan: &Plan, input: PlanInput<'_>) -> Vec<Note> {
    let left = input.snapshot.observations.iter().filter_map(|(address, observation)| {
        let live = observation.live().filter(|_| !plan.changes.iter().any(|change| change.address == *address))?;
        let Resource::ExternalSubscription(own) = &live.resource else { return None };
        let Subscription { protocol, endpoint, .. } = &own.subscription;
        let text = format!(
            "{protocol} {} stays subscribed to {}, which somebody else owns: nothing records whether this stack made it",
            secret::hide(endpoint),
            own.topic_arn
        );
        let region = Arn::parse(&own.topic_arn).map(|arn| arn.region).unwrap_or_default();
        let remedy = match &live.facts.subscription_arn {
            Some(arn) => format!("aws sns unsubscribe --region {region} --subscription-arn {arn}"),
            None => "a pending one expires by itself".to_owned(),
        };
        Some(Note::new(NoteKind::Info, text).remedy(remedy))
    });
    left.collect()
}

/// What an alarm has that nobody here knows: what is lost with it, or that it stays.
fn unknown_settings(change: &PlannedChange) -> Vec<Note> {
    let lost = change.unknown_losses();
    if !lost.is_empty() {
        let note = |(setting, value)| {
            let text = format!("{setting} = {value} would be erased: this mlopsctl does not know the setting");
            Note::new(NoteKind::Warning, text)
        };
        return lost.into_iter().map(note).collect();
    }
    let kept = change.before.iter().flat_map(|live| live.facts.unknown_settings.keys()).map(String::as_str);
    let kept: Vec<&str> = kept.collect();
    if kept.is_empty() || change.action == Action::Delete {
        return Vec::new();
    }
    let text = format!("settings that this mlopsctl does not know are left as they are: {}", kept.join(", "));
    vec![Note::new(NoteKind::Info, text)]
}

/// What is adopted although another tool owns it.
fn other_owner(change: &PlannedChange, input: PlanInput<'_>) -> Option<Note> {
    let before = change.before.as_ref().filter(|_| change.action == Action::Adopt)?;
    let Ownership::OtherTool(other) = ownership::ownership(before, input) else { return None };
    let text = format!("it is owned by {other}: both will set it, each undoing what the other did");
    Some(Note::new(NoteKind::Warning, text).remedy("take it out of the other tool's files, or out of this spec"))
}

/// What an account has once, and what another region's run of the stack has made.
fn other_region(change: &PlannedChange, input: PlanInput<'_>) -> Option<Note> {
    let is_written = matches!(change.action, Action::Update | Action::Adopt | Action::Delete);
    let Some(Resource::Dashboard(live)) = change.before.as_ref().filter(|_| is_written).map(|live| &live.resource)
    else {
        return None;
    };
    let regions = live.regions();
    if regions.is_empty() || regions.contains(input.target.region.as_str()) {
        return None;
    }
    let shown = regions.into_iter().collect::<Vec<_>>().join(", ");
    let text = format!("it shows {shown}: an account has one dashboard of a name, whatever the region");
    let remedy = "give the dashboards of each region names of their own, or use a roster, where the account's first region keeps them";
    Some(Note::new(NoteKind::Warning, text).remedy(remedy))
}

/// Why it is not deleted, and what becomes of it.
fn left_in_place(change: &PlannedChange, deleted_topics: &BTreeSet<String>) -> Vec<Note> {
    let kept = change.before.as_ref().is_some_and(|live| live.resource.is_kept());
    let text = if kept {
        "on_destroy: keep: it is left in place with all that it holds, without this stack's marks"
    } else {
        "it existed before this stack adopted it; with --delete-adopted it would be deleted"
    };
    let mut notes = vec![Note::new(NoteKind::Info, text)];
    let Some(actions) = change.before.as_ref().and_then(|live| live.resource.actions()) else { return notes };
    let gone: BTreeSet<&str> = actions
        .all()
        .filter(|arn| deleted_topics.contains(*arn))
        .filter_map(|arn| Some(Arn::parse(arn)?.resource))
        .collect();
    if !gone.is_empty() {
        let names = gone.into_iter().collect::<Vec<_>>().join(", ");
        notes.push(Note::new(NoteKind::Warning, format!("it goes on naming topic {names}, which is deleted")));
    }
    notes
}

/// ARNs of the topics that the plan deletes.
fn deleted_topics(plan: &Plan, input: PlanInput<'_>) -> BTreeSet<String> {
    let deleted = plan.changes.iter().filter(|c| c.action == Action::Delete && c.address.kind == Kind::Topic);
    deleted.map(|change| input.target.arn("sns", &change.address.name)).collect()
}

fn subscription(change: &PlannedChange, input: PlanInput<'_>) -> Option<Note> {
    let Some(Resource::Subscription(subscription)) = &change.after else { return None };
    let endpoint = &subscription.endpoint;
    let live = input.snapshot.live(&change.address).and_then(|live| live.facts.confirmation);
    match (change.action, live) {
        (Action::Create, Some(ConfirmationState::Lost)) => {
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
        (_, Some(ConfirmationState::Pending)) => {
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
            "open the mail \"AWS Notification - Subscription Confirmation\" sent to {endpoint} and click the link (check your spam folder)"
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

fn topic(change: &PlannedChange, input: PlanInput<'_>) -> Vec<Note> {
    let Some(Resource::Topic(topic)) = &change.after else { return Vec::new() };
    let mut notes = if change.action == Action::Replace { ends_with_topic(&topic.name, input) } else { Vec::new() };
    if topic.has_key_of_sns() {
        notes.push(Note::new(NoteKind::Warning, KEY_OF_SNS).remedy(A_KEY_OF_ONES_OWN));
    }
    let live_policy = change.before.as_ref().and_then(|live| live.facts.topic_policy.clone());
    let policy = topic.policy.clone().or(live_policy);
    if policy.is_some_and(|policy| !policy::lets_alarms_publish(&policy)) {
        notes.push(Note::new(NoteKind::Warning, POLICY_REFUSES).remedy(let_alarms_publish(input.target)));
    }
    let foreign = input.snapshot.observations.iter().filter(|(address, observation)| {
        // Chatbot's own belong to its configuration: they are nobody's forgotten ones.
        let under = matches!(observation.live().map(|l| &l.resource), Some(Resource::Subscription(s))
            if s.topic == topic.name && !endpoint::is_chatbot(&s.protocol, &s.endpoint));
        let lost = observation.live().is_some_and(|live| live.facts.confirmation == Some(ConfirmationState::Lost));
        under && !lost && !input.desired.contains_key(address) && !is_ours(address, input)
    });
    let count = foreign.count();
    if count > 0 && input.prune {
        let text = format!("{count} subscription(s) that this spec never made are left alone");
        notes.push(Note::new(NoteKind::Info, text));
    }
    notes
}

fn is_ours(address: &Address, input: PlanInput<'_>) -> bool {
    let live = input.snapshot.live(address);
    live.is_some_and(|live| ownership::ownership(live, input).is_ours())
}

fn deleted(change: &PlannedChange, input: PlanInput<'_>) -> Vec<Note> {
    let Some(before) = &change.before else { return Vec::new() };
    match &before.resource {
        Resource::Subscription(subscription) if before.facts.confirmation == Some(ConfirmationState::Pending) => {
            let text = format!(
                "{} never confirmed: AWS does not delete a pending subscription, it will expire",
                subscription.endpoint
            );
            vec![Note::new(NoteKind::Info, text)]
        }
        Resource::Topic(topic) => ends_with_topic(&topic.name, input),
        _ => Vec::new(),
    }
}

/// The subscriptions of others that end with their topic.
fn ends_with_topic(topic: &str, input: PlanInput<'_>) -> Vec<Note> {
    let state = |kind, state, word| {
        let names = lost_subscriptions(topic, state, input);
        (!names.is_empty()).then(|| Note::new(kind, format!("with it end {}", lost_words(&names, word))))
    };
    let confirmed = state(NoteKind::Warning, ConfirmationState::Confirmed, "confirmed");
    let pending = state(NoteKind::Info, ConfirmationState::Pending, "pending");
    confirmed.into_iter().chain(pending).collect()
}

/// How far a notification on one topic of the spec gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reach {
    Nobody,
    PendingOnly,
    Somebody,
}

/// Topic ARN -> who is notified, for the topics that are desired.
fn reachability(input: PlanInput<'_>) -> BTreeMap<String, Reach> {
    let topics = input.desired.keys().filter(|address| address.kind == Kind::Topic);
    topics
        .map(|topic| {
            let reach = input.desired.iter().filter_map(|(address, resource)| match resource {
                Resource::Subscription(s) if s.topic == topic.name => {
                    let confirmation = input.snapshot.live(address).and_then(|live| live.facts.confirmation);
                    let waits = s.needs_confirmation() && confirmation != Some(ConfirmationState::Confirmed);
                    Some(if waits { Reach::PendingOnly } else { Reach::Somebody })
                }
                _ => None,
            });
            let others = input.snapshot.observations.values().filter_map(|observation| {
                let live = observation.live()?;
                let of_topic = matches!(&live.resource, Resource::Subscription(s) if s.topic == topic.name);
                (of_topic && live.facts.confirmation == Some(ConfirmationState::Confirmed)).then_some(Reach::Somebody)
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
        let text = format!("nobody is notified: topic {} has no subscription", names.join(", "));
        Note::new(NoteKind::Warning, text).remedy("add a subscription to the topic")
    })
}

#[cfg(test)]
mod tests;
