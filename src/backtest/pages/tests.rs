//! Who is paged how often, and what is said where that is not known.

use super::*;
use crate::resources::alarm::Actions;
use crate::resources::composite_alarm::Suppressor;
use crate::resources::{Alarm, CompositeAlarm};
use serde_json::json;

const WEEK: i64 = 604_800;

fn alarm(name: &str, topics: &[&str], enabled: bool) -> Resource {
    let target = Target::new("000000000000", "us-east-1");
    let alarm = topics.iter().map(|topic| target.arn("sns", topic)).collect();
    let actions = Actions { enabled, alarm, ..Actions::default() };
    Resource::Alarm(Box::new(Alarm { actions, ..Alarm::new(name) }))
}

fn figures(firings: i64) -> Figures {
    let mut timeline = Timeline::new(0, 2 * WEEK, AlarmState::Ok);
    for n in 0..firings {
        timeline.put(n * 7_200 + 60, AlarmState::Alarm);
        timeline.put(n * 7_200 + 120, AlarmState::Ok);
    }
    assert_eq!(timeline.changes.first(), (firings > 0).then_some(&TimelineChange { at: 60, to: AlarmState::Alarm }));
    Figures::of_states(&timeline)
}

/// Whoever is on two topics of one alarm is paged once; actions that are off page nobody.
#[test]
fn each_firing_pages_each_person_once() {
    let subscribed = |topic: &str, who: &str| Resource::Subscription(Subscription::new(topic, "email", who));
    let resources = [subscribed("a", "x@e.org"), subscribed("b", "x@e.org"), subscribed("b", "y@e.org")];
    let audience = Audience::of(resources.iter());
    let alarms = [alarm("one", &["a", "b"], true), alarm("two", &["a"], true), alarm("off", &["b"], false)];
    let figures = [figures(3), figures(2), figures(9)];
    let target = Target::new("000000000000", "us-east-1");
    let pages = audience.pages(alarms.iter().zip(figures.iter().map(Some)), &target);
    let found: Vec<(&str, usize, f64)> =
        pages.people.iter().map(|one| (one.endpoint.as_str(), one.pages, one.a_week)).collect();
    assert_eq!(found, [("x@e.org", 5, 2.5), ("y@e.org", 3, 1.5)]);
    let change = PagesChange {
        before: pages.clone(),
        after: PagesCount { people: pages.people[..1].to_vec(), ..PagesCount::default() },
    };
    let people: Vec<(f64, f64)> =
        change.people().into_iter().map(|(_, before, after)| (before.least, after.most)).collect();
    assert_eq!(people, [(2.5, 2.5), (1.5, 0.0)]);
}

fn subscribed(who: &str, policy: Option<serde_json::Value>, scope: &str) -> Resource {
    let subscription = Subscription {
        filter_policy: policy,
        filter_policy_scope: Some(scope.into()),
        ..Subscription::new("a", "email", who)
    };
    Resource::Subscription(subscription)
}

fn target() -> Target {
    Target::new("000000000000", "us-east-1")
}

/// `who pages+undecided` of each.
fn counted(resources: &[Resource], fired: &[(Resource, Option<Figures>)]) -> (Vec<String>, Vec<String>) {
    let fired = fired.iter().map(|(alarm, figures)| (alarm, figures.as_ref()));
    let found = Audience::of(resources.iter()).pages(fired, &target());
    let people = found.people.iter().map(|one| format!("{} {}+{}", one.endpoint, one.pages, one.undecided)).collect();
    (people, found.unknown)
}

/// An alarm's message has no attributes, and a body of which the name and the state are known.
#[test]
fn a_message_that_a_filter_policy_rejects_is_no_page() {
    let (body, attributes) = ("MessageBody", "MessageAttributes");
    for (policy, scope, expected) in [
        (json!({ "severity": ["critical"] }), attributes, "p 0+0"),
        (json!({ "severity": [{ "exists": false }] }), attributes, "p 3+0"),
        (json!({ "AlarmName": ["one"] }), body, "p 3+0"),
        (json!({ "AlarmName": [{ "prefix": "two" }] }), body, "p 0+0"),
        (json!({ "NewStateValue": ["OK"] }), body, "p 0+0"),
        (json!({ "NewStateValue": ["ALARM"] }), body, "p 3+0"),
        (json!({ "NewStateReason": [{ "prefix": "Threshold Crossed" }] }), body, "p 0+3"),
    ] {
        let resources = [subscribed("p", Some(policy.clone()), scope)];
        let (people, unknown) = counted(&resources, &[(alarm("one", &["a"], true), Some(figures(3)))]);
        assert_eq!(people, [expected], "{policy} {scope}");
        let is_said = unknown.iter().any(|why| why.contains("alarm/one: the filter policy of email p depends"));
        assert_eq!(is_said, expected.ends_with("+3"), "{policy} {unknown:?}");
    }
}

/// Of somebody who is subscribed twice one that lets the message through suffices.
#[test]
fn two_subscriptions_of_one_person_are_one_page() {
    let never = || subscribed("p", Some(json!({ "AlarmName": ["other"] })), "MessageBody");
    let depends = || subscribed("p", Some(json!({ "NewStateReason": [{ "prefix": "T" }] })), "MessageBody");
    let always = || subscribed("p", None, "MessageBody");
    for (resources, expected) in [
        ([never(), always()], "p 2+0"),
        ([always(), depends()], "p 2+0"),
        ([depends(), never()], "p 0+2"),
        ([never(), never()], "p 0+0"),
    ] {
        assert_eq!(counted(&resources, &[(alarm("one", &["a"], true), Some(figures(2)))]).0, [expected]);
    }
}

/// In ALARM in these spans of two weeks.
fn spans(spans: &[(i64, i64)]) -> Figures {
    let mut timeline = Timeline::new(0, 2 * WEEK, AlarmState::Ok);
    for (from, until) in spans {
        timeline.put(*from, AlarmState::Alarm);
        timeline.put(*until, AlarmState::Ok);
    }
    Figures::of_states(&timeline)
}

#[test]
fn what_a_suppressor_holds_back_is_no_page() {
    let Resource::Alarm(plain) = alarm("c", &["a"], true) else { unreachable!() };
    let suppressor =
        Some(Suppressor { alarm: target().arn("cloudwatch", "alarm:release"), wait_period: 60, extension_period: 120 });
    let composite = || {
        Resource::CompositeAlarm(CompositeAlarm {
            name: "c".into(),
            actions: plain.actions.clone(),
            suppressor: suppressor.clone(),
            ..CompositeAlarm::default()
        })
    };
    let resources = [subscribed("p", None, "MessageBody")];
    let fired = spans(&[(1_000, 2_000), (10_000, 11_000), (20_000, 23_000)]);
    // The first is suppressed; of the second nothing; the third outlasts the suppressor and is sent after the extension.
    let release = spans(&[(900, 2_500), (19_000, 21_000)]);
    let of = |release: Option<Figures>| {
        counted(&resources, &[(composite(), Some(fired.clone())), (alarm("release", &[], true), release)])
    };
    assert_eq!(of(Some(release)), (vec!["p 2+0".to_owned()], Vec::new()));
    let unknown = "composite_alarm/c: the past of its suppressor `release` is not known".to_owned();
    assert_eq!(of(None), (vec!["p 0+3".to_owned()], vec![unknown]));
}

/// 1970-01-01 is a Thursday.
#[test]
fn a_muted_alarm_pages_nobody_until_the_mute_ends() {
    let hour = 3_600;
    let mute = |zone: Option<&str>, alarms: &[&str]| {
        Resource::MuteRule(MuteRule {
            name: "night".into(),
            expression: "cron(0 2 * * FRI)".into(),
            duration: 4 * hour,
            timezone: zone.map(str::to_owned),
            alarms: alarms.iter().map(|name| (*name).to_owned()).collect(),
            ..MuteRule::default()
        })
    };
    let friday = 86_400;
    // Over while it is muted; still in ALARM when the mute ends; on a Wednesday.
    let fired = spans(&[
        (friday + 2 * hour, friday + 3 * hour),
        (6 * 86_400, 6 * 86_400 + hour),
        (friday + WEEK + 5 * hour, friday + WEEK + 7 * hour),
    ]);
    for (rule, expected, said) in [
        (mute(None, &["one"]), "p 2+0", 0),
        (mute(None, &["other"]), "p 3+0", 0),
        // Six hours further east it is over, or not yet there.
        (mute(Some("+06:00"), &["one"]), "p 3+0", 0),
        (mute(Some("Europe/Berlin"), &["one"]), "p 1+2", 1),
    ] {
        let resources = [subscribed("p", None, "MessageBody"), rule];
        let (people, unknown) = counted(&resources, &[(alarm("one", &["a"], true), Some(fired.clone()))]);
        assert_eq!((people, unknown.len()), (vec![expected.to_owned()], said), "{unknown:?}");
    }
}

#[test]
fn an_alarm_of_unknown_past_is_named_where_somebody_would_be_paged() {
    let resources = [subscribed("p", None, "MessageBody")];
    let alarms = [(alarm("one", &["a"], true), None), (alarm("two", &["b"], true), None)];
    let unknown = vec!["alarm/one: not counted, its past is not known".to_owned()];
    assert_eq!(counted(&resources, &alarms), (vec!["p 0+0".to_owned()], unknown));
}
