//! What is told of each state and wish, row by row.

use super::*;
use crate::plan::testing::{
    ADOPTED, MADE, Scene, alarm, composite, group, mail, target, threshold, topic, topic_tags, topic_with,
};
use crate::resources::{Live, LogGroup, Subscription, Topic};
use serde_json::json;

/// Holds the notes of each scene against those that the row expects: all of them, in their order.
fn hold<const N: usize>(rows: [(&str, Scene, &[&str]); N]) {
    for (what, scene, expected) in rows {
        assert_eq!(scene.told(), expected, "{what}");
    }
}

fn arn(topic: &str) -> String {
    target().arn("sns", topic)
}

fn queue() -> Subscription {
    Subscription::new("alerts", "sqs", "arn:aws:sqs:us-east-1:123456789012:q")
}

fn hook() -> Subscription {
    Subscription::new("alerts", "https", "https://ann:pw@example.edu")
}

fn want(subscription: &Subscription) -> Resource {
    Resource::Subscription(subscription.clone())
}

fn tagged(scene: Scene, topic: Resource, made: &[Subscription]) -> Scene {
    let tags = topic_tags(made, &[]);
    let tags: Vec<(&str, &str)> = tags.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    scene.live(topic, &tags)
}

#[test]
fn what_could_not_be_read() {
    let unread = |names: &[&str]| names.iter().fold(Scene::default(), |scene, name| scene.unread(name, "denied"));
    let failed = || {
        let mut scene = Scene::default();
        scene.snapshot.index_failure = Some("denied".to_owned());
        scene
    };
    let limited = "Info limited by --target: nothing is deleted";
    hold([
        (
            "desired",
            unread(&["alarm/errors"]).wants(alarm(&[])),
            &["alarm/errors: Unknown could not be read, so it is left as it is: denied"],
        ),
        (
            "not desired",
            unread(&["alarm/errors"]),
            &["Unknown alarm/errors: could not be read, so left as found: denied"],
        ),
        ("of no concern to a limited run", unread(&["alarm/errors"]).limited(), &[limited]),
        (
            "five are named",
            unread(&["topic/a", "topic/b", "topic/c", "topic/d", "topic/e"]),
            &["Unknown topic/a, topic/b, topic/c, topic/d, topic/e: could not be read, so left as found: denied"],
        ),
        (
            "more are counted",
            unread(&["topic/a", "topic/b", "topic/c", "topic/d", "topic/e", "topic/f"]),
            &[
                "Unknown topic/a, topic/b, topic/c, topic/d, topic/e and 1 more: could not be read, so left as found: denied",
            ],
        ),
        (
            "each reason for itself",
            unread(&["topic/a"]).unread("topic/b", "throttled"),
            &[
                "Unknown topic/a: could not be read, so left as found: denied",
                "Unknown topic/b: could not be read, so left as found: throttled",
            ],
        ),
        (
            "the index",
            failed(),
            &["Unknown what the stack owned before is not known, so nothing is pruned by the tag index: denied"],
        ),
        ("the index of a limited run", failed().limited(), &[limited]),
        ("nothing", Scene::default(), &[]),
    ]);
    for scene in [unread(&["alarm/errors"]).wants(alarm(&[])), unread(&["alarm/errors"]), failed()] {
        assert!(scene.plan().is_incomplete());
    }
    assert!(!Scene::default().limited().plan().is_incomplete());
}

#[test]
fn settings_that_nobody_here_knows() {
    let strange = |live: &mut Live| drop(live.facts.unknown_settings.insert("Mood".into(), "grim".into()));
    let scene = |tags| Scene::default().live_with(threshold(1.0), tags, strange);
    let tag = || {
        let mut alarm = threshold(1.0);
        alarm.tags_mut().expect("an alarm has tags").insert("team".into(), "a".into());
        alarm
    };
    let erased = "alarm/errors: Warning Mood = grim would be erased: this mlopsctl does not know the setting";
    let kept = "alarm/errors: Info settings that this mlopsctl does not know are left as they are: Mood";
    hold([
        ("an update of fields erases them", scene(MADE).wants(threshold(2.0)), &[erased]),
        ("an adoption with other fields does", scene(&[]).wants(threshold(2.0)), &[erased]),
        ("an adoption as it is does not", scene(&[]).wants(threshold(1.0)), &[kept]),
        ("tags alone do not", scene(MADE).wants(tag()), &[kept]),
        ("nothing to do", scene(MADE).wants(threshold(1.0)), &[kept]),
        ("a deletion is not asked", scene(MADE), &[]),
    ]);
    let refused = "alarm/errors: it has settings that this mlopsctl does not know and would erase: Mood = grim";
    assert_eq!(scene(MADE).wants(threshold(2.0)).refusals(), [refused]);
    assert!(scene(MADE).wants(tag()).refusals().is_empty());
    assert!(scene(MADE).wants(threshold(2.0)).consents(|consent| consent.unknown_loss = true).refusals().is_empty());
}

#[test]
fn what_is_left_in_place() {
    let left = "alarm/errors: Info it existed before this stack adopted it; with --delete-adopted it would be deleted";
    let scene = |actions: &[String]| Scene::default().live(alarm(actions), ADOPTED);
    hold([
        ("says why", scene(&[arn("alerts")]), &[left]),
        (
            "and which topic it loses",
            scene(&[arn("alerts")]).live(topic(), MADE),
            &[left, "alarm/errors: Warning it goes on naming topic alerts, which is deleted"],
        ),
        ("another topic goes", scene(&[arn("else")]).live(topic(), MADE), &[left]),
        ("the topic stays", scene(&[arn("alerts")]).live(topic(), &[]), &[left]),
    ]);
}

#[test]
fn what_a_subscription_waits_for() {
    use ConfirmationState::{Confirmed, Lost, Pending};
    let of = |subscription: &Subscription| {
        tagged(Scene::default(), topic(), std::slice::from_ref(subscription)).wants(topic())
    };
    let stands = |subscription: &Subscription, state| of(subscription).subscribed(subscription.clone(), state);
    let ann = mail("ann");
    let asked = "subscription/alerts/email/ann@example.edu: Info ann@example.edu will be asked to confirm; nothing is delivered before";
    let pending = "subscription/alerts/email/ann@example.edu: Act pending: ann@example.edu has not confirmed yet";
    let unsubscribed = "subscription/alerts/email/ann@example.edu: Warning ann@example.edu has unsubscribed; subscribing again asks for a new confirmation";
    hold([
        ("a mail is new", of(&ann).wants(want(&ann)), &[asked]),
        ("a queue is new", of(&queue()).wants(want(&queue())), &[]),
        ("it unsubscribed", stands(&ann, Lost).wants(want(&ann)), &[unsubscribed]),
        ("it waits", stands(&ann, Pending).wants(want(&ann)), &[pending]),
        ("it is there", stands(&ann, Confirmed).wants(want(&ann)), &[]),
        (
            "it is not wanted any more, and AWS cannot delete it",
            stands(&ann, Pending),
            &[
                "subscription/alerts/email/ann@example.edu: Info ann@example.edu never confirmed: AWS does not delete a pending subscription, it will expire",
            ],
        ),
        ("it is deleted", stands(&ann, Confirmed), &[]),
    ]);
    let replaced = of(&hook()).live_with(want(&hook()), &[], |live| {
        (live.facts.confirmation, live.facts.other_password) = (Some(Confirmed), true);
    });
    let told = replaced.wants(want(&hook())).told();
    assert!(
        told.len() == 1 && told[0].contains("was subscribed with another password: it is unsubscribed"),
        "{told:?}"
    );
    let adopted = Scene::default().live(topic(), MADE).wants(topic()).subscribed(hook(), Confirmed);
    let told = adopted.wants(want(&hook())).told();
    assert!(told.len() == 1 && told[0].contains("SNS shows no password of"), "{told:?}");
    let plain = Scene::default().live(topic(), MADE).wants(topic()).subscribed(ann.clone(), Confirmed);
    assert_eq!(plain.wants(want(&ann)).told(), [""; 0], "who has no password");
}

#[test]
fn how_a_pending_subscription_is_confirmed() {
    for (protocol, word) in [
        ("email", "click the link"),
        ("email-json", "click the link"),
        ("https", "answer SNS's SubscriptionConfirmation"),
        ("http", "answer SNS's SubscriptionConfirmation"),
    ] {
        let remedy = confirm(protocol, "there");
        assert!(remedy.contains(word) && remedy.contains("there"), "{protocol}: {remedy}");
    }
}

#[test]
fn what_a_topic_lets_through() {
    let policy = |principal: &str| json!({ "Statement": [{ "Effect": "Allow", "Action": "sns:Publish", "Principal": { "Service": principal } }] });
    let key = |key: &str| topic_with(|topic| topic.kms_master_key_id = Some(key.to_owned()));
    let with = |principal: &str| topic_with(|topic| topic.policy = Some(policy(principal)));
    let live = |principal: &str| {
        let policy = policy(principal);
        Scene::default().live_with(topic(), MADE, move |live| live.facts.topic_policy = Some(policy.clone()))
    };
    let refuses = "topic/alerts: Warning the topic's policy does not let alarms publish";
    let sns_key = "topic/alerts: Warning alarms cannot publish to a topic encrypted with alias/aws/sns: its key policy cannot be changed";
    let (open, closed) = ("cloudwatch.amazonaws.com", "events.amazonaws.com");
    hold([
        ("AWS's key", Scene::default().wants(key("alias/aws/sns")), &[sns_key]),
        ("AWS's key by ARN", Scene::default().wants(key("arn:aws:kms:us-east-1:1:alias/aws/sns")), &[sns_key]),
        ("a key of one's own", Scene::default().wants(key("alias/mine")), &[]),
        ("a policy for others", Scene::default().wants(with(closed)), &[refuses]),
        ("a policy for alarms", Scene::default().wants(with(open)), &[]),
        ("a live policy for others", live(closed).wants(topic()), &[refuses]),
        ("a live policy for alarms", live(open).wants(topic()), &[]),
        ("the spec's policy counts more than the live one", live(closed).wants(with(open)), &[]),
    ]);
}

#[test]
fn subscriptions_that_the_spec_never_made() {
    use ConfirmationState::{Confirmed, Lost, Pending};
    let scene =
        |state| tagged(Scene::default(), topic(), &[mail("made")]).wants(topic()).subscribed(mail("ann"), state);
    let one = "topic/alerts: Info 1 subscription(s) that this spec never made are left alone";
    let elsewhere = Subscription::new("else", "email", "bob@example.edu");
    hold([
        ("confirmed", scene(Confirmed), &[one]),
        ("pending", scene(Pending), &[one]),
        ("lost", scene(Lost), &[]),
        ("of another topic", scene(Confirmed).subscribed(elsewhere, Confirmed), &[one]),
        (
            "two",
            scene(Confirmed).subscribed(mail("bob"), Pending),
            &["topic/alerts: Info 2 subscription(s) that this spec never made are left alone"],
        ),
        ("one is ours", scene(Confirmed).subscribed(mail("made"), Confirmed), &[one]),
        ("one is desired", scene(Confirmed).wants(want(&mail("ann"))), &[]),
        ("a limited run", scene(Confirmed).limited(), &["Info limited by --target: nothing is deleted"]),
    ]);
}

#[test]
fn who_ends_with_a_topic_that_is_made_anew() {
    use ConfirmationState::{Confirmed, Pending};
    let fifo = || topic_with(|topic| topic.fifo = true);
    let scene = || Scene::default().live(topic(), MADE).subscribed(mail("ann"), Confirmed);
    let ends = "topic/alerts: Warning with it end 1 confirmed subscription that this stack did not make: email ann@example.edu";
    let expires =
        "topic/alerts: Info with it end 1 pending subscription that this stack did not make: email bob@example.edu";
    let stays = "topic/alerts: Info 1 subscription(s) that this spec never made are left alone";
    assert_eq!(scene().wants(fifo()).told()[0], ends);
    assert_eq!(scene().subscribed(mail("bob"), Pending).wants(fifo()).told()[..2], [ends, expires]);
    assert_eq!(scene().wants(topic()).told(), [stays], "it is not made anew");
}

#[test]
fn whom_an_alarm_tells() {
    use ConfirmationState::{Confirmed, Pending};
    let nobody = "alarm/errors: Warning nobody is notified: topic alerts has no subscription";
    let asked = "subscription/alerts/email/ann@example.edu: Info ann@example.edu will be asked to confirm; nothing is delivered before";
    let foreign = "topic/alerts: Info 1 subscription(s) that this spec never made are left alone";
    let made = || Scene::default().live(topic(), MADE).wants(topic());
    let scene = |actions: &[&str]| made().wants(alarm(&actions.iter().map(|name| arn(name)).collect::<Vec<_>>()));
    let both = Resource::Topic(Topic::new("both"));
    hold([
        ("nobody", scene(&["alerts"]), &[nobody]),
        ("a mail that waits", scene(&["alerts"]).wants(want(&mail("ann"))), &[asked]),
        ("a queue", scene(&["alerts"]).wants(want(&queue())), &[]),
        ("a topic of others beside it", scene(&["alerts", "theirs"]), &[]),
        ("only a topic of others", scene(&["theirs"]), &[]),
        ("no action", scene(&[]), &[]),
        ("somebody who subscribed by himself", scene(&["alerts"]).subscribed(mail("bob"), Confirmed), &[foreign]),
        (
            "who has not confirmed does not count",
            scene(&["alerts"]).subscribed(mail("bob"), Pending),
            &[foreign, nobody],
        ),
        (
            "two topics",
            scene(&["alerts", "both"]).wants(both),
            &["alarm/errors: Warning nobody is notified: topic alerts, both has no subscription"],
        ),
        ("a composite alarm without actions", made().wants(composite("any", "TRUE")), &[]),
    ]);
    let Resource::CompositeAlarm(mut any) = composite("any", "TRUE") else { panic!("a composite alarm") };
    any.actions.alarm = vec![arn("alerts")];
    let told = made().wants(Resource::CompositeAlarm(any)).told();
    assert_eq!(told, ["composite_alarm/any: Warning nobody is notified: topic alerts has no subscription"]);
}

#[test]
fn what_becomes_of_logs() {
    let days = |days: Option<i32>| group(|group| group.retention_in_days = days);
    let holds = |from: Option<i32>, bytes: i64| {
        Scene::default().live_with(days(from), MADE, move |live| live.facts.stored_bytes = Some(bytes))
    };
    let governed = |from: Option<i32>| {
        Scene::default().live_with(days(from), MADE, |live| live.facts.retention_policy_name = Some("all".into()))
    };
    let gone = "log_group//app: Warning logs older than 7 days will be deleted for good; the group holds 5 bytes";
    hold([
        ("kept shorter", holds(Some(30), 5).wants(days(Some(7))), &[gone]),
        ("no more for ever", holds(None, 5).wants(days(Some(7))), &[gone]),
        ("kept longer", holds(Some(1), 5).wants(days(Some(7))), &[]),
        ("as long", holds(Some(7), 5).wants(days(Some(7))), &[]),
        ("nothing is there", holds(Some(30), 0).wants(days(Some(7))), &[]),
        ("not the spec's matter", holds(Some(30), 5).wants(Resource::LogGroup(LogGroup::new("/app"))), &[]),
        (
            "a policy decides",
            governed(Some(30)).wants(days(Some(7))),
            &[
                "log_group//app: Warning retention is governed by the account policy \"all\" (30 days); the spec's value has no effect",
            ],
        ),
        (
            "a policy decides for ever",
            governed(None).wants(days(Some(7))),
            &[
                "log_group//app: Warning retention is governed by the account policy \"all\" (never); the spec's value has no effect",
            ],
        ),
        ("a policy decides the same", governed(Some(7)).wants(days(Some(7))), &[]),
        ("a policy decides, and the spec is silent", governed(Some(30)).wants(group(|_| {})), &[]),
    ]);
}
