//! Each row a live state and a wish: what is done about it, field by field. Here are `build`, `differences` and `attributes`.

use super::testing::{
    ADOPTED, MADE, STACK, Scene, composite, each_kind, group, mail, target, threshold, topic, topic_tags, topic_with,
};
use super::*;
use crate::resources::declared::DECLARED;
use crate::resources::{Alarm, CompositeAlarm, MuteRule, ResourceTags, Subscription};
use serde_json::json;

fn hold<const N: usize>(rows: [(&str, Scene, &[&str]); N]) {
    for (what, scene, expected) in rows {
        assert_eq!(scene.fields(), expected, "{what}");
    }
}

fn shown(name: Option<&str>) -> Resource {
    topic_with(|topic| topic.display_name = name.map(str::to_owned))
}

/// A topic whose spec names this field and leaves AWS's default.
fn naming(field: &str) -> Resource {
    topic_with(|topic| topic.declared = [field.to_owned()].into())
}

fn named_before(field: &str) -> [(&str, &str); 2] {
    [(mark::STACK, STACK), (DECLARED, field)]
}

fn days(days: Option<i32>) -> Resource {
    group(|group| group.retention_in_days = days)
}

fn class(class: &str, days: Option<i32>) -> Resource {
    group(|group| (group.log_group_class, group.retention_in_days) = (Some(class.into()), days))
}

fn raw(raw: bool) -> Subscription {
    Subscription { raw_message_delivery: raw, ..mail("ann") }
}

fn with_tags(mut resource: Resource, tags: &[(&str, &str)]) -> Resource {
    let own = resource.tags_mut().expect("a kind with tags");
    own.extend(tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())));
    resource
}

#[test]
fn what_is_done_follows_from_what_stands_and_whose_it_is() {
    let other = [(mark::STACK, "other")];
    for resource in each_kind() {
        let live = |tags| Scene::default().live(resource.clone(), tags);
        let unread = Scene::default().unread(&resource.address().to_string(), "denied");
        let mut absent = Scene::default();
        absent.snapshot.observations.insert(resource.address(), Observation::Absent);
        for (what, scene, action) in [
            ("nothing is known of it", Scene::default(), Action::Create),
            ("it is absent", absent, Action::Create),
            ("it cannot be read", unread, Action::NoOp),
            ("it is as desired", live(MADE), Action::NoOp),
            ("it was adopted and is as desired", live(ADOPTED), Action::NoOp),
            ("nobody owns it", live(&[]), Action::Adopt),
            ("another stack owns it", live(&other), Action::Adopt),
        ] {
            let plan = scene.wants(resource.clone()).plan();
            let change = plan.changes.iter().find(|change| change.address == resource.address());
            assert_eq!(change.map(|change| change.action), Some(action), "{}: {what}", resource.address());
            let read = matches!(action, Action::Adopt) || what.contains("as desired");
            assert_eq!(change.is_some_and(|change| change.before.is_some()), read, "{}: {what}", resource.address());
        }
        let tagged = Scene::default().live(resource.clone(), MADE).wants(with_tags(resource.clone(), &[("team", "a")]));
        assert_eq!(tagged.lines(), [format!("~ {}", resource.address())], "a tag is set in place");
    }
}

#[test]
fn a_subscription_that_was_lost_is_made_anew() {
    use ConfirmationState::{Confirmed, Lost, Pending};
    let tags = topic_tags(&[mail("ann")], &[]);
    let tags: Vec<(&str, &str)> = tags.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    let made = || Scene::default().live(topic(), &tags).wants(topic());
    for (state, expected) in
        [(Lost, vec!["+ subscription/alerts/email/ann@example.edu"]), (Pending, vec![]), (Confirmed, vec![])]
    {
        let scene = made().subscribed(mail("ann"), state).wants(Resource::Subscription(mail("ann")));
        assert_eq!(scene.lines(), expected, "{state:?}");
    }
    assert!(made().subscribed(mail("ann"), Lost).lines().is_empty(), "what is lost and not desired is nobody's matter");
}

#[test]
fn attributes_that_are_set_one_by_one() {
    let before = |field| Scene::default().live(shown(Some("a")), &named_before(field));
    let adopted = [(mark::STACK, STACK), (mark::ADOPTED, "yes"), (DECLARED, "display_name")];
    let policy = || topic_with(|topic| topic.policy = Some(json!({ "Statement": [] })));
    hold([
        (
            "named anew",
            Scene::default().live(topic(), MADE).wants(shown(Some("a"))),
            &["topic/alerts ~ display_name: - -> \"a\""],
        ),
        (
            "named otherwise",
            Scene::default().live(shown(Some("a")), MADE).wants(shown(Some("b"))),
            &["topic/alerts ~ display_name: \"a\" -> \"b\""],
        ),
        ("named the same", Scene::default().live(shown(Some("a")), MADE).wants(shown(Some("a"))), &[]),
        ("never named: it stays", Scene::default().live(shown(Some("a")), MADE).wants(topic()), &[]),
        (
            "named as AWS's default",
            Scene::default().live(shown(Some("a")), MADE).wants(naming("display_name")),
            &["topic/alerts ~ display_name: \"a\" -> -"],
        ),
        (
            "named before, not any more",
            before("display_name").wants(topic()),
            &["topic/alerts ~ display_name: \"a\" -> -"],
        ),
        ("another was named before", before("tracing_config").wants(topic()), &[]),
        (
            "adopted: what it was like is not known",
            Scene::default().live(shown(Some("a")), &adopted).wants(topic()),
            &[],
        ),
        ("a policy never goes back", Scene::default().live(policy(), &named_before("policy")).wants(topic()), &[]),
        (
            "fixed at creation",
            Scene::default().live(topic(), MADE).wants(topic_with(|topic| topic.fifo = true)),
            &["topic/alerts -/+ fifo: - -> true"],
        ),
    ]);
}

#[test]
fn the_retention_of_a_log_group() {
    let governed = |live: &mut Live| live.facts.retention_policy_name = Some("all".into());
    let adopted = |kept| [(mark::STACK, STACK), (mark::ADOPTED, kept), (DECLARED, "retention_in_days")];
    let forever = || group(|group| group.declared = ["retention_in_days".to_owned()].into());
    hold([
        (
            "set",
            Scene::default().live(days(None), MADE).wants(days(Some(7))),
            &["log_group//app ~ retention_in_days: - -> 7"],
        ),
        ("not named", Scene::default().live(days(Some(7)), MADE).wants(days(None)), &[]),
        (
            "named as for ever",
            Scene::default().live(days(Some(7)), MADE).wants(forever()),
            &["log_group//app ~ retention_in_days: 7 -> -"],
        ),
        (
            "an account policy decides",
            Scene::default().live_with(days(Some(30)), MADE, governed).wants(days(Some(7))),
            &[],
        ),
        (
            "AWS has fixed it",
            Scene::default().live(class("DELIVERY", Some(2)), MADE).wants(class("DELIVERY", None)),
            &[],
        ),
        (
            "AWS has fixed it, and the spec says for ever",
            Scene::default().live(class("DELIVERY", Some(2)), MADE).wants(forever()),
            &[],
        ),
        (
            "AWS has fixed it, and the spec says another",
            Scene::default().live(class("DELIVERY", Some(2)), MADE).wants(class("DELIVERY", Some(7))),
            &["log_group//app ~ retention_in_days: 2 -> 7"],
        ),
        (
            "no more named, once made by us",
            Scene::default().live(days(Some(7)), &named_before("retention_in_days")).wants(days(None)),
            &["log_group//app ~ retention_in_days: 7 -> -"],
        ),
        (
            "no more named, once adopted with 30",
            Scene::default().live(days(Some(7)), &adopted("30")).wants(days(None)),
            &["log_group//app ~ retention_in_days: 7 -> 30"],
        ),
        (
            "still named, once adopted with 30",
            Scene::default().live(days(Some(7)), &adopted("30")).wants(days(Some(14))),
            &["log_group//app ~ retention_in_days: 7 -> 14"],
        ),
        (
            "another class",
            Scene::default().live(days(None), MADE).wants(class("INFREQUENT_ACCESS", None)),
            &["log_group//app -/+ log_group_class: - -> \"INFREQUENT_ACCESS\""],
        ),
    ]);
}

#[test]
fn what_is_remembered_of_a_log_group_that_is_changed() {
    let kept = |live: Resource, mark_: &str, desired: Resource| {
        let plan = Scene::default().live(live, &[(mark::STACK, STACK), (mark::ADOPTED, mark_)]).wants(desired).plan();
        let tags = plan.changes[0].after.as_ref().and_then(Resource::tags).expect("a log group has tags");
        tags.get(mark::ADOPTED).cloned().expect("it goes on being adopted")
    };
    let keyed = || group(|group| group.kms_key_id = Some("k".into()));
    let both = || group(|group| (group.retention_in_days, group.kms_key_id) = (Some(7), Some("k".into())));
    for (what, found, expected) in [
        ("the first change", kept(days(Some(30)), "-", days(Some(7))), "30"),
        ("the first change of none", kept(days(None), "-", days(Some(7))), "never"),
        ("a later change", kept(days(Some(30)), "90", days(Some(7))), "90"),
        ("no change", kept(days(Some(7)), "-", days(Some(7))), "-"),
        ("another field", kept(days(Some(30)), "-", keyed()), "- key=none"),
        ("another field, the retention named as it is", kept(days(Some(7)), "-", both()), "- key=none"),
    ] {
        assert_eq!(found, expected, "{what}");
    }
    let made = Scene::default().live(days(Some(30)), MADE).wants(days(Some(7))).plan();
    assert!(
        !made.changes[0].after.as_ref().and_then(Resource::tags).is_some_and(|tags| tags.contains_key(mark::ADOPTED))
    );
    // What is adopted now remembers what the spec names.
    let adopting = Scene::default().live(days(Some(30)), &[]).wants(days(Some(7))).plan();
    let tags = adopting.changes[0].after.as_ref().and_then(Resource::tags).expect("a log group has tags");
    assert_eq!(tags[mark::ADOPTED], "30");
}

#[test]
fn a_log_group_that_is_made_anew_keeps_the_tags_of_others() {
    let tags = [(mark::STACK, STACK), ("mlopsctl:run", "x"), ("aws:x", "y"), ("team", "a"), ("cost", "old")];
    let desired = with_tags(class("INFREQUENT_ACCESS", None), &[("cost", "new")]);
    let plan = Scene::default().live(days(None), &tags).wants(desired).plan();
    assert_eq!(plan.changes[0].action, Action::Replace);
    let after = plan.changes[0].after.as_ref().and_then(Resource::tags).expect("a log group has tags");
    let own: ResourceTags =
        after.iter().filter(|(key, _)| *key != DECLARED).map(|(k, v)| (k.clone(), v.clone())).collect();
    let expected = [(mark::STACK, STACK), ("cost", "new"), ("team", "a")];
    assert_eq!(own, expected.map(|(key, value)| (key.to_owned(), value.to_owned())).into());
}

#[test]
fn what_was_named_before_is_forgotten_by_an_empty_mark_alone() {
    let declared = |tags: &[(&str, &str)]| {
        let plan = Scene::default().live(topic(), tags).wants(topic()).plan();
        plan.changes[0].after.as_ref().and_then(Resource::tags).and_then(|tags| tags.get(DECLARED)).cloned()
    };
    assert_eq!(declared(&named_before("display_name")).as_deref(), Some(""));
    assert_eq!(declared(MADE), None);
}

#[test]
fn what_can_be_seen_of_a_subscription() {
    let tags = topic_tags(&[mail("ann")], &[]);
    let tags: Vec<(&str, &str)> = tags.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    let scene = |live: Subscription, facts: fn(&mut Live)| {
        let scene = Scene::default().live(topic(), &tags).wants(topic());
        scene.live_with(Resource::Subscription(live), &[], facts)
    };
    let read: fn(&mut Live) = |live| live.facts.attributes_read = true;
    let unread: fn(&mut Live) = |_| {};
    let want = |subscription| Resource::Subscription(subscription);
    let named: fn(&mut Live) = |live| {
        live.facts.attributes_read = true;
        live.facts.declared = ["raw_message_delivery".to_owned()].into();
    };
    let password: fn(&mut Live) = |live| (live.facts.attributes_read, live.facts.other_password) = (true, true);
    hold([
        (
            "set",
            scene(raw(false), read).wants(want(raw(true))),
            &["subscription/alerts/email/ann@example.edu ~ raw_message_delivery: - -> true"],
        ),
        ("attributes were not read", scene(raw(false), unread).wants(want(raw(true))), &[]),
        ("never named", scene(raw(true), read).wants(want(raw(false))), &[]),
        (
            "named before, as its mark says",
            scene(raw(true), named).wants(want(raw(false))),
            &["subscription/alerts/email/ann@example.edu ~ raw_message_delivery: true -> -"],
        ),
        (
            "another password",
            scene(raw(false), password).wants(want(raw(false))),
            &["subscription/alerts/email/ann@example.edu -/+ password: \"another\" -> \"the spec's\""],
        ),
    ]);
}

#[test]
fn alarms_and_mute_rules_are_replaced_as_a_whole() {
    let described = |text: Option<&str>| {
        Resource::CompositeAlarm(CompositeAlarm {
            name: "any".into(),
            alarm_rule: "TRUE".into(),
            description: text.map(str::to_owned),
            ..Default::default()
        })
    };
    let rule = |alarms: &[&str]| {
        let alarms = alarms.iter().map(|name| (*name).to_owned()).collect();
        Resource::MuteRule(MuteRule { name: "nights".into(), alarms, ..Default::default() })
    };
    let bare = || Resource::Alarm(Box::new(Alarm::new("errors")));
    hold([
        (
            "what the spec does not name goes",
            Scene::default().live(threshold(1.0), MADE).wants(bare()),
            &["alarm/errors ~ threshold: 1 -> -"],
        ),
        (
            "a changed value",
            Scene::default().live(threshold(1.0), MADE).wants(threshold(2.0)),
            &["alarm/errors ~ threshold: 1 -> 2"],
        ),
        (
            "taken over with other values",
            Scene::default().live(threshold(1.0), &[]).wants(threshold(2.0)),
            &["alarm/errors > threshold: 1 -> 2"],
        ),
        (
            "a composite's rule",
            Scene::default().live(composite("any", "TRUE"), MADE).wants(composite("any", "FALSE")),
            &["composite_alarm/any ~ alarm_rule: \"TRUE\" -> \"FALSE\""],
        ),
        (
            "a composite's description goes",
            Scene::default().live(described(Some("a")), MADE).wants(described(None)),
            &["composite_alarm/any ~ description: \"a\" -> -"],
        ),
        ("a rule's alarms are a set", Scene::default().live(rule(&["a", "b"]), MADE).wants(rule(&["b", "a"])), &[]),
        (
            "a rule's alarms",
            Scene::default().live(rule(&["a"]), MADE).wants(rule(&["b"])),
            &["mute_rule/nights ~ alarms: [\"a\"] -> [\"b\"]"],
        ),
    ]);
}

#[test]
fn tags_of_others_stay_and_ours_are_set() {
    let team = [(mark::STACK, STACK), ("team", "a")];
    for resource in each_kind() {
        let address = resource.address();
        let wants = |tags: &[(&str, &str)], live: &[(&str, &str)]| {
            Scene::default().live(resource.clone(), live).wants(with_tags(resource.clone(), tags)).fields()
        };
        assert_eq!(wants(&[("team", "a")], MADE), [format!("{address} ~ tags.team: - -> \"a\"")]);
        assert_eq!(wants(&[("team", "b")], &team), [format!("{address} ~ tags.team: \"a\" -> \"b\"")]);
        assert!(wants(&[("team", "a")], &team).is_empty());
        assert!(wants(&[], &team).is_empty(), "{address}: a tag that is not in the spec is somebody else's");
        let unread = Scene::default().live_with(resource.clone(), MADE, |live| live.facts.tags_read = false);
        assert!(unread.wants(with_tags(resource.clone(), &[("team", "a")])).fields().is_empty(), "tags were not read");
    }
}

#[test]
fn a_limited_run_prunes_nothing_and_says_so_in_the_plan() {
    let scene = || Scene::default().live(topic(), MADE);
    assert_eq!((scene().lines(), scene().plan().pruning), (vec!["- topic/alerts".to_owned()], true));
    assert_eq!((scene().limited().lines(), scene().limited().plan().pruning), (vec![], false));
    assert_eq!(stack_size(scene().input(&target())), 1);
    assert_eq!(stack_size(Scene::default().live(topic(), &[]).input(&target())), 0);
}
