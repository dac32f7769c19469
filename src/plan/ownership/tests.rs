use super::*;
use crate::plan::testing::{
    ADOPTED, MADE, OF_CLOUDFORMATION, STACK, Scene, composite, each_kind, mail, target, topic, topic_tags,
};
use crate::plan::{Action, Note};
use crate::resources::{LogGroup, Topic};
use std::collections::BTreeSet;

fn refs(tags: &[(String, String)]) -> Vec<(&str, &str)> {
    tags.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect()
}

#[test]
fn every_kind_is_told_apart_by_its_tags() {
    let other = [(mark::STACK, "other")];
    let both = [(mark::STACK, STACK), ("aws:cloudformation:stack-name", "prod")];
    for (tags, word) in [
        (MADE, "Made"),
        (ADOPTED, "Adopted"),
        (&other[..], "OtherStack(\"other\")"),
        (OF_CLOUDFORMATION, "OtherTool"),
        (&both[..], "Made"),
        (&[(mark::ADOPTED, "yes")], "Unowned"),
        (&[("team", "a")], "Unowned"),
        (&[], "Unowned"),
    ] {
        for resource in each_kind() {
            let scene = Scene::default().live(resource.clone(), tags);
            let live = scene.snapshot.live(&resource.address()).unwrap();
            let found = format!("{:?}", ownership(live, scene.input(&target())));
            assert!(found.starts_with(word), "{tags:?} of {}: {found}", resource.address());
        }
    }
}

#[test]
fn a_subscription_is_whose_its_topic_says() {
    let (made, adopted, foreign) = (mail("made"), mail("adopted"), mail("foreign"));
    let marks = topic_tags(std::slice::from_ref(&made), std::slice::from_ref(&adopted));
    let lost_stack: Vec<_> = marks.iter().filter(|(key, _)| key != mark::STACK).cloned().collect();
    let others: Vec<_> =
        marks.iter().map(|(k, v)| (k.clone(), if k == mark::STACK { "x".into() } else { v.clone() })).collect();
    let of_other = || Ownership::OtherStack("x".into());
    for (tags, expected) in [
        (&marks, [Ownership::Made, Ownership::Adopted, Ownership::Unowned]),
        (&lost_stack, [Ownership::Unowned, Ownership::Unowned, Ownership::Unowned]),
        (&others, [of_other(), of_other(), Ownership::Unowned]),
    ] {
        let scene = Scene::default().live(topic(), &refs(tags));
        let input = target();
        let input = scene.input(&input);
        for (subscription, expected) in [&made, &adopted, &foreign].into_iter().zip(expected) {
            let live = Live::new(Resource::Subscription(subscription.clone()));
            assert_eq!(ownership(&live, input), expected, "{} under {tags:?}", subscription.endpoint);
        }
    }
}

#[test]
fn what_is_not_desired_any_more_is_deleted_left_in_place_or_untouched() {
    for (tags, delete_adopted, symbol) in [
        (MADE, false, Some("-")),
        (MADE, true, Some("-")),
        (ADOPTED, false, Some("<")),
        (ADOPTED, true, Some("-")),
        (OF_CLOUDFORMATION, true, None),
        (&[(mark::STACK, "other")], true, None),
        (&[], true, None),
    ] {
        for resource in each_kind() {
            let scene = Scene::default().live(resource.clone(), tags);
            let scene = scene.consents(|consent| consent.delete_adopted = delete_adopted);
            let expected: Vec<String> = symbol.map(|s| format!("{s} {}", resource.address())).into_iter().collect();
            assert_eq!(scene.lines(), expected, "{tags:?}");
        }
    }
}

#[test]
fn what_is_left_in_place_loses_our_marks_and_nothing_else() {
    let tags = [(mark::STACK, STACK), (mark::ADOPTED, "yes"), ("team", "a"), ("mlopsctl:run", "x")];
    for resource in each_kind() {
        let plan = Scene::default().live(resource.clone(), &tags).plan();
        let after = plan.changes[0].after.as_ref().unwrap();
        assert_eq!(after.tags(), Some(&ResourceTags::from([("team".to_owned(), "a".to_owned())])));
        assert_eq!(after.fields(), resource.fields(), "{}", resource.address());
    }
}

#[test]
fn a_log_group_gets_back_the_retention_it_had() {
    for (remembered, expected) in
        [("never", None), ("30", Some(30)), ("yes", Some(14)), ("", Some(14)), ("-", Some(14)), ("12 days", Some(14))]
    {
        let group = LogGroup { retention_in_days: Some(14), ..LogGroup::new("/app") };
        let tags = [(mark::STACK, STACK), (mark::ADOPTED, remembered)];
        let plan = Scene::default().live(Resource::LogGroup(group), &tags).plan();
        let Some(Resource::LogGroup(after)) = &plan.changes[0].after else { panic!("a log group is left in place") };
        assert_eq!(after.retention_in_days, expected, "{remembered:?}");
    }
}

#[test]
fn an_adoption_is_remembered_through_updates() {
    for resource in each_kind() {
        let adopted = Scene::default().live(resource.clone(), &[]).wants(resource.clone()).plan();
        let value = if matches!(resource, Resource::LogGroup(_)) { "-" } else { "yes" };
        let marked = |plan: &crate::plan::Plan| {
            plan.changes[0].after.as_ref().and_then(Resource::tags).and_then(|tags| tags.get(mark::ADOPTED)).cloned()
        };
        assert_eq!((adopted.changes[0].action, marked(&adopted).as_deref()), (Action::Adopt, Some(value)));
        let unchanged = Scene::default().live(resource.clone(), ADOPTED).wants(resource.clone()).plan();
        assert_eq!((unchanged.changes[0].action, marked(&unchanged).as_deref()), (Action::NoOp, Some("yes")));
        let made = Scene::default().live(resource.clone(), MADE).wants(resource).plan();
        assert_eq!((made.changes[0].action, marked(&made)), (Action::NoOp, None));
    }
}

#[test]
fn subscriptions_follow_their_topic_and_their_own_mark() {
    use ConfirmationState::{Confirmed, Lost, Pending};
    let marks = topic_tags(&[mail("made"), mail("waiting")], &[mail("adopted")]);
    let topic_tags = |adopted: bool| {
        let mut tags = refs(&marks);
        tags.extend(adopted.then_some((mark::ADOPTED, "yes")));
        tags
    };
    let scene = |adopted: bool| {
        let scene = Scene::default().live(topic(), &topic_tags(adopted));
        let states =
            [("made", Confirmed), ("waiting", Pending), ("adopted", Confirmed), ("other", Confirmed), ("lost", Lost)];
        states.into_iter().fold(scene, |scene, (who, state)| scene.subscribed(mail(who), state))
    };
    let line = |symbol: &str, who: &str| format!("{symbol} subscription/alerts/email/{who}@example.edu");
    // Our own topic takes all with it; an adopted one only loses what we made.
    let all = ["adopted", "made", "other", "waiting"].map(|who| line("-", who));
    assert_eq!(scene(false).lines(), [vec!["- topic/alerts".to_owned()], all.to_vec()].concat());
    assert_eq!(scene(true).lines(), ["< topic/alerts".to_owned(), line("<", "adopted"), line("-", "made")]);
    // The topic stays in the spec: only what the stack has is let go or ended.
    assert_eq!(scene(false).wants(topic()).lines(), [line("<", "adopted"), line("-", "made")]);
    let deleting = scene(true).wants(topic()).consents(|consent| consent.delete_adopted = true);
    assert_eq!(deleting.lines(), [line("-", "adopted"), line("-", "made")]);
}

#[test]
fn a_limited_destroy_touches_nothing_beside_what_it_names() {
    let marks = topic_tags(&[mail("made")], &[mail("adopted")]);
    let people = ["made", "adopted", "other"];
    let scene = |only: &str| {
        let scene = Scene { only: Some(BTreeSet::from([Address::parse(only).unwrap()])), ..Scene::default() };
        let scene = scene.live(topic(), &refs(&marks)).live(composite("any", "TRUE"), MADE);
        people.iter().fold(scene, |scene, who| scene.subscribed(mail(who), ConfirmationState::Confirmed))
    };
    let address = |who: &str| format!("subscription/alerts/email/{who}@example.edu");
    assert_eq!(scene(&address("made")).lines(), [format!("- {}", address("made"))]);
    assert_eq!(scene(&address("adopted")).lines(), [format!("< {}", address("adopted"))]);
    assert!(scene(&address("other")).lines().is_empty(), "it is not ours, and its topic stays");
    assert_eq!(scene("topic/alerts").lines().len(), 4, "a topic goes with its subscriptions");
    assert_eq!(scene("composite_alarm/any").lines(), ["- composite_alarm/any"]);
}

#[test]
fn an_alarm_that_is_left_in_place_says_what_it_loses() {
    let mut alarm = crate::resources::Alarm::new("errors");
    alarm.actions.alarm = vec![target().arn("sns", "alerts")];
    let scene = Scene::default().live(Resource::Alarm(Box::new(alarm)), ADOPTED).live(topic(), MADE);
    let plan = scene.plan();
    let notes: Vec<&Note> = plan.changes.iter().flat_map(|change| &change.notes).collect();
    assert!(notes.iter().any(|note| note.text == "it goes on naming topic alerts, which is deleted"), "{notes:?}");
    let other = Resource::Topic(Topic::new("other"));
    assert!(!Scene::default().live(other, MADE).notes().iter().any(|note| note.contains("goes on naming")));
}

#[test]
fn what_was_adopted_before_remembers_the_first_adoption() {
    for resource in each_kind() {
        let live = [(mark::ADOPTED, "30")];
        let plan = Scene::default().live(resource.clone(), &live).wants(resource).plan();
        let tags = plan.changes[0].after.as_ref().and_then(Resource::tags);
        assert_eq!(tags.and_then(|tags| tags.get(mark::ADOPTED)).map(String::as_str), Some("30"));
    }
}
