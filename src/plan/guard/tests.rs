use super::*;
use crate::plan::testing::{
    ADOPTED, MADE, OF_CLOUDFORMATION, STACK, Scene, composite, each_kind, mail, topic, topic_tags,
};
use crate::plan::{AddressPattern, Adoption, Consent};
use crate::resources::{Alarm, LogAlarm, LogGroup, mark};

fn adopting(unowned: bool, named: &[&str]) -> impl Fn(&mut Consent) {
    let named: Vec<AddressPattern> = named.iter().filter_map(|text| AddressPattern::parse(text)).collect();
    move |consent| consent.adopt = Adoption { unowned, named: named.clone() }
}

#[test]
fn consent_decides_what_is_adopted() {
    let cloudformation = "it is owned by CloudFormation stack \"prod\"";
    let unowned = "it exists already and no stack owns it";
    let other = "it belongs to stack \"other\"";
    for resource in each_kind() {
        let own = resource.address().to_string();
        let by_itself = matches!(resource, Resource::LogGroup(_));
        let glob = format!("{}/*", resource.kind());
        for (tags, bare, named, expected) in [
            (&[][..], false, None, (!by_itself).then_some(unowned)),
            (&[], true, None, None),
            (&[], false, Some(&own), None),
            (&[], false, Some(&glob), None),
            (&[("team", "a")], false, None, (!by_itself).then_some(unowned)),
            (OF_CLOUDFORMATION, false, None, Some(cloudformation)),
            (OF_CLOUDFORMATION, true, None, Some(cloudformation)),
            (OF_CLOUDFORMATION, false, Some(&own), None),
            (OF_CLOUDFORMATION, true, Some(&glob), None),
            (&[(mark::STACK, "other")], true, Some(&own), Some(other)),
            (&[(mark::STACK, STACK)], false, None, None),
        ] {
            let named: Vec<&str> = named.into_iter().map(String::as_str).collect();
            let scene = Scene::default().live(resource.clone(), tags).wants(resource.clone());
            let scene = scene.consents(adopting(bare, &named));
            let expected: Vec<String> = expected.map(|why| format!("{own}: {why}")).into_iter().collect();
            assert_eq!(scene.refusals(), expected, "{tags:?} with bare {bare}, named {named:?}");
        }
    }
}

#[test]
fn naming_one_consents_to_no_other() {
    let alarm = |name: &str| Resource::Alarm(Box::new(Alarm::new(name)));
    let scene = ["prod-a", "prod-b", "dev-a"]
        .into_iter()
        .fold(Scene::default(), |scene, name| scene.live(alarm(name), &[]).wants(alarm(name)));
    let scene = scene.consents(adopting(false, &["alarm/prod-*"]));
    assert_eq!(scene.refusals(), ["alarm/dev-a: it exists already and no stack owns it"]);
}

#[test]
fn what_another_tool_goes_on_setting_is_said_when_it_is_taken_over() {
    let scene = Scene::default().live(topic(), OF_CLOUDFORMATION).wants(topic());
    let notes = scene.consents(adopting(false, &["topic/alerts"])).notes();
    assert!(
        notes.iter().any(|note| note.starts_with("it is owned by CloudFormation stack \"prod\": both will set it")),
        "{notes:?}"
    );
}

#[test]
fn a_topic_goes_only_with_consent_where_others_are_subscribed() {
    use ConfirmationState::{Confirmed, Lost, Pending};
    let marks = topic_tags(&[mail("made")], &[mail("adopted")]);
    let tags: Vec<(&str, &str)> = marks.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let scene = |people: &[(&str, ConfirmationState)]| {
        let scene = Scene::default().live(topic(), &tags).consents(|consent| consent.deletes = true);
        people.iter().fold(scene, |scene, (who, state)| scene.subscribed(mail(who), *state))
    };
    let refused = |who: &str| {
        vec![format!(
            "topic/alerts: deleting it ends 1 confirmed subscription that this stack did not make: email {who}@example.edu"
        )]
    };
    for (people, expected) in [
        (&[("made", Confirmed)][..], vec![]),
        (&[("made", Confirmed), ("other", Pending)], vec![]),
        (&[("other", Lost)], vec![]),
        (&[("made", Confirmed), ("other", Confirmed)], refused("other")),
        (&[("adopted", Confirmed)], refused("adopted")),
    ] {
        assert_eq!(scene(people).refusals(), expected, "{people:?}");
        assert!(scene(people).wants(topic()).refusals().is_empty(), "as long as the topic stays, so do they");
        assert!(scene(people).consents(|consent| consent.data_loss = true).refusals().is_empty());
    }
    let adopted = scene(&[("adopted", Confirmed)]).consents(|consent| consent.delete_adopted = true);
    assert!(adopted.refusals().is_empty(), "that was consented to");
    let notes = scene(&[("other", Confirmed), ("new", Pending)]).notes();
    for note in [
        "with it end 1 confirmed subscription that this stack did not make: email other@example.edu",
        "with it end 1 pending subscription that this stack did not make: email new@example.edu",
    ] {
        assert!(notes.contains(&note.to_owned()), "{notes:?}");
    }
}

#[test]
fn no_secret_of_an_endpoint_is_in_a_refusal() {
    let hook = Subscription::new("alerts", "https", "https://user:hunter2@example.edu/x");
    let scene = Scene::default().live(topic(), MADE).subscribed(hook, ConfirmationState::Confirmed);
    let refusals = scene.refusals().concat();
    assert!(refusals.contains("example.edu") && !refusals.contains("hunter2"), "{refusals}");
    assert!(!scene.notes().concat().contains("hunter2"));
}

#[test]
fn many_subscriptions_are_named_up_to_ten_and_counted() {
    let scene = (0..12).fold(Scene::default().live(topic(), MADE), |scene, n| {
        scene.subscribed(mail(&format!("p{n:02}")), ConfirmationState::Confirmed)
    });
    let refusals = scene.refusals().concat();
    assert!(
        refusals.contains("12 confirmed subscriptions") && refusals.contains("p09@example.edu and 2 more"),
        "{refusals}"
    );
}

#[test]
fn what_was_adopted_is_not_replaced_without_consent_of_its_own() {
    let group = |class: &str| LogGroup { log_group_class: Some(class.into()), ..LogGroup::new("/app") };
    let scene = |tags: &[(&str, &str)]| {
        let scene = Scene::default().live(Resource::LogGroup(group("STANDARD")), tags);
        scene.wants(Resource::LogGroup(group("INFREQUENT_ACCESS")))
    };
    let reason = "it existed before this stack adopted it, and another log_group_class means deleting it";
    assert_eq!(scene(ADOPTED).refusals(), [format!("log_group//app: {reason}")]);
    assert_eq!(scene(ADOPTED).consents(|consent| consent.data_loss = true).refusals().len(), 1);
    assert!(scene(ADOPTED).consents(|consent| consent.delete_adopted = true).refusals().is_empty());
    assert!(scene(MADE).refusals().is_empty());
}

#[test]
fn stored_logs_go_only_with_consent_to_lose_data() {
    let group = || Resource::LogGroup(LogGroup::new("/app"));
    let scene = |tags| Scene::default().live_with(group(), tags, |live| live.facts.stored_bytes = Some(1_500_000));
    let refused = ["log_group//app: deleting it loses 1.5 MB of logs"];
    let deleting = |scene: Scene| scene.consents(|consent| (consent.deletes, consent.delete_adopted) = (true, true));
    assert_eq!(deleting(scene(MADE)).refusals(), refused);
    assert_eq!(deleting(scene(ADOPTED)).refusals(), refused);
    assert!(scene(ADOPTED).refusals().is_empty(), "left in place it loses nothing");
    assert!(deleting(scene(MADE)).consents(|consent| consent.data_loss = true).refusals().is_empty());
}

#[test]
fn an_alarm_that_an_adopted_composite_refers_to_cannot_go_first() {
    let alarm = || Resource::Alarm(Box::new(Alarm::new("errors")));
    let scene = |rule: &str, tags| {
        let scene = Scene::default().live(alarm(), MADE).live(composite("any", rule), tags);
        scene.consents(|consent| consent.deletes = true)
    };
    let reason = "composite alarm any was adopted, is left in place and refers to it: AWS will not delete it";
    let refused = [format!("alarm/errors: {reason}")];
    assert_eq!(scene("ALARM(errors)", ADOPTED).refusals(), refused);
    let arn = "ALARM(\"arn:aws:cloudwatch:us-east-1:123456789012:alarm:errors\")";
    assert_eq!(scene(arn, ADOPTED).refusals(), refused);
    assert!(scene("ALARM(else)", ADOPTED).refusals().is_empty());
    assert!(scene("ALARM(errors)", MADE).refusals().is_empty());
    assert!(scene("ALARM(errors)", ADOPTED).consents(|consent| consent.delete_adopted = true).refusals().is_empty());
}

#[test]
fn what_is_left_in_place_counts_as_no_deletion() {
    let alarm = |n: usize| Resource::Alarm(Box::new(Alarm::new(format!("a{n}"))));
    let scene = (0..6).fold(Scene::default(), |scene, n| scene.live(alarm(n), ADOPTED));
    assert!(scene.refusals().is_empty());
    let deleting = scene.consents(|consent| consent.delete_adopted = true);
    assert_eq!(deleting.refusals(), ["6 of the 6 resources of stack \"mine\" would be deleted: more than a third"]);
}

#[test]
fn an_adopted_alarm_does_not_make_room_for_one_of_the_other_kind() {
    let scene = |tags| {
        let live = Resource::Alarm(Box::new(Alarm::new("both")));
        let scene = Scene::default().live(live, tags).wants(composite("both", "TRUE"));
        scene.consents(|consent| consent.deletes = true)
    };
    assert_eq!(scene(ADOPTED).refusals(), ["composite_alarm/both: the name is taken by a metric alarm"]);
    assert!(scene(ADOPTED).consents(|consent| consent.delete_adopted = true).refusals().is_empty());
    assert!(scene(MADE).refusals().is_empty());
}

#[test]
fn a_composite_alarm_is_not_made_of_alarms_that_do_not_exist() {
    let refers = |rule: &str| {
        let alarm =
            crate::resources::CompositeAlarm { name: "c".into(), alarm_rule: rule.into(), ..Default::default() };
        let mut scene = Scene::default().wants(Resource::CompositeAlarm(alarm));
        scene.snapshot.missing_alarms.insert("nope".to_owned());
        scene.refusals()
    };
    assert!(refers("ALARM(\"there\")").is_empty());
    for rule in [
        "ALARM(nope)",
        "ALARM(there) OR NOT OK(\"nope\")",
        "ALARM(\"arn:aws:cloudwatch:us-east-1:123456789012:alarm:nope\")",
    ] {
        let refused = refers(rule);
        assert!(refused.len() == 1 && refused[0].contains("it refers to alarm \"nope\""), "{rule}: {refused:?}");
    }
    let mut scene = Scene::default().wants(composite("any", "ALARM(nope)")).limited();
    scene.snapshot.missing_alarms.insert("nope".to_owned());
    let who = "which this run does not create and the account does not have";
    assert_eq!(scene.refusals(), [format!("composite_alarm/any: it refers to alarm \"nope\", {who}")], "of --target");
}

#[test]
fn a_function_that_is_not_there_stops_the_whole() {
    let mut scene = Scene::default();
    scene.snapshot.functions.insert("grade".to_owned(), Err("there is none".to_owned()));
    assert_eq!(scene.refusals(), ["function grade: there is none"]);
}

#[test]
fn a_name_that_an_alarm_of_another_kind_has_is_taken() {
    let alarm = || Resource::Alarm(Box::new(Alarm::new("both")));
    let log = || Resource::LogAlarm(Box::new(LogAlarm { name: "both".into(), ..LogAlarm::default() }));
    for (what, scene, expected) in [
        (
            "nobody's log alarm",
            Scene::default().live(log(), &[]).wants(alarm()),
            Some("alarm/both: the name is taken by a log alarm"),
        ),
        (
            "nobody's metric alarm",
            Scene::default().live(alarm(), &[]).wants(log()),
            Some("log_alarm/both: the name is taken by a metric alarm"),
        ),
        ("our log alarm, which goes", Scene::default().live(log(), MADE).wants(composite("both", "TRUE")), None),
        (
            "nobody's composite",
            Scene::default().live(composite("both", "TRUE"), &[]).wants(alarm()),
            Some("alarm/both: the name is taken by a composite alarm"),
        ),
        (
            "our composite, which a limited run does not delete",
            Scene::default().live(composite("both", "TRUE"), MADE).wants(alarm()).limited(),
            Some("alarm/both: the name is taken by a composite alarm"),
        ),
        ("our composite, which goes", Scene::default().live(composite("both", "TRUE"), MADE).wants(alarm()), None),
        ("an alarm of its own kind", Scene::default().live(alarm(), MADE).wants(alarm()), None),
    ] {
        let scene = scene.consents(|consent| consent.deletes = true);
        assert_eq!(scene.refusals(), expected.into_iter().collect::<Vec<_>>(), "{what}");
    }
}

#[test]
fn an_alarm_keeps_its_kind_as_long_as_a_composite_refers_to_it() {
    let scene = |before: &str, after: &str| {
        let live = Scene::default().live(Resource::Alarm(Box::new(Alarm::new("both"))), MADE);
        let live = live.live(composite("any", before), MADE).wants(composite("any", after));
        live.wants(composite("both", "TRUE")).consents(|consent| consent.deletes = true).refusals()
    };
    let refused = "composite_alarm/both: it cannot become an alarm of another kind: composite alarm any refers to it";
    let arn = "OK(\"arn:aws:cloudwatch:us-east-1:123456789012:alarm:both\")";
    for (before, after, expected) in [
        ("ALARM(both)", "OK(both)", Some(refused)),
        (arn, "OK(both)", Some(refused)),
        ("ALARM(both)", "TRUE", None),
        ("TRUE", "ALARM(both)", None),
    ] {
        assert_eq!(scene(before, after), expected.into_iter().collect::<Vec<_>>(), "{before} becomes {after}");
    }
}

#[test]
fn what_is_not_written_needs_no_alarm() {
    let mut scene = Scene::default().live(composite("any", "ALARM(nope)"), MADE).wants(composite("any", "ALARM(nope)"));
    scene.snapshot.missing_alarms.insert("nope".to_owned());
    assert!(scene.refusals().is_empty());
}

#[test]
fn a_third_of_the_stack_goes_without_asking_and_no_more() {
    let alarm = |n: usize| Resource::Alarm(Box::new(Alarm::new(format!("a{n}"))));
    let scene = |stay: usize, go: usize| {
        let all = (0..stay + go).fold(Scene::default(), |scene, n| scene.live(alarm(n), MADE));
        (0..stay).fold(all, |scene, n| scene.wants(alarm(n)))
    };
    for (stay, go, refused) in [(4, 2, false), (3, 2, true), (2, 1, false), (1, 1, true), (9, 0, false)] {
        assert_eq!(!scene(stay, go).refusals().is_empty(), refused, "{go} go, {stay} stay");
        assert!(scene(stay, go).consents(|consent| consent.deletes = true).refusals().is_empty());
    }
}
