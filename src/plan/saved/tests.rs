//! What a saved plan is refused for: a file that was edited, a world that has moved on, a plan that says something else.

use super::*;
use crate::plan::testing::{MADE, Scene, composite, group, mail, threshold, topic, topic_with};
use crate::resources::{ConfirmationState, Live};
use serde_json::json;

fn saved(scene: &Scene) -> SavedPlan {
    SavedPlan::new(&scene.plan(), Basis::default(), str::to_owned)
}

fn update() -> Scene {
    Scene::default().live(threshold(1.0), MADE).wants(threshold(2.0))
}

#[test]
fn a_file_that_was_edited_is_no_plan() {
    let sealed = || saved(&update()).sealed().expect("JSON");
    assert_eq!(SavedPlan::opened(sealed()).expect("it is as it was"), saved(&update()));
    for place in [
        "/plan/stack",
        "/plan/target/account",
        "/plan/changes/0/action",
        "/plan/changes/0/after/threshold",
        "/plan/changes/0/before/resource/threshold",
        "/plan/changes/0/fields/0/to",
        "/plan/pruning",
        "/basis/consent/deletes",
        "/basis/spec",
        "/mlopsctl_version",
        "/masked",
        "/digest",
    ] {
        let mut value = sealed();
        *value.pointer_mut(place).unwrap_or_else(|| panic!("no {place}")) = json!("edited");
        assert!(matches!(SavedPlan::opened(value), Err(NoSavedPlan::Altered)), "{place}");
    }
    for version in [json!(1), json!(3), json!("2"), json!(null)] {
        let mut value = sealed();
        value["format_version"] = version.clone();
        assert!(matches!(SavedPlan::opened(value), Err(NoSavedPlan::Version(found)) if found == version), "{version}");
    }
    let mut bare = sealed();
    bare.as_object_mut().expect("an object").remove(DIGEST);
    assert!(matches!(SavedPlan::opened(bare.clone()), Err(NoSavedPlan::Altered)), "without its digest");
    bare["plan"] = json!(1);
    bare[DIGEST] = digest_of(&bare.to_string()).into();
    assert!(matches!(SavedPlan::opened(bare), Err(NoSavedPlan::Unreadable(_))), "sealed, and no plan");
    assert!(matches!(SavedPlan::opened(json!([])), Err(NoSavedPlan::Version(_))));
}

#[test]
fn a_world_that_has_moved_on_is_told_field_by_field() {
    let create = || Scene::default().wants(threshold(1.0));
    let delete = || Scene::default().live(threshold(1.0), MADE);
    let run = |value| [MADE[0], ("mlopsctl:run", value)];
    let strange = |live: &mut Live| drop(live.facts.unknown_settings.insert("Mood".into(), "grim".into()));
    let subscribe = || Scene::default().wants(Resource::Subscription(mail("ann")));
    let nothing = Scene::default;
    for (what, plan, now, expected) in [
        ("a creation, and it is still absent", create(), nothing(), None),
        ("a creation, and it exists", create(), delete(), Some("it exists now")),
        (
            "a creation, and it cannot be read",
            create(),
            nothing().unread("alarm/errors", "no"),
            Some("it cannot be read now: no"),
        ),
        ("a subscription that was lost", subscribe(), nothing().subscribed(mail("ann"), ConfirmationState::Lost), None),
        (
            "a subscription that is there",
            subscribe(),
            nothing().subscribed(mail("ann"), ConfirmationState::Pending),
            Some("it exists now"),
        ),
        ("an update, and all is as it was", update(), delete(), None),
        ("an update, and it has gone", update(), nothing(), Some("it does not exist any more")),
        (
            "an update, and it cannot be read",
            update(),
            nothing().unread("alarm/errors", "no"),
            Some("it cannot be read now: no"),
        ),
        ("an update, and the value is another", update(), nothing().live(threshold(3.0), MADE), Some("threshold")),
        (
            "an update, and its mark has gone",
            update(),
            nothing().live(threshold(1.0), &[]),
            Some("tags.mlopsctl:stack"),
        ),
        ("an update, and a run has been", update(), nothing().live(threshold(1.0), &run("x")), None),
        (
            "an update, and it has what nobody knows",
            update(),
            nothing().live_with(threshold(1.0), MADE, strange),
            Some("settings that this mlopsctl does not know (Mood)"),
        ),
        ("a deletion, and it has gone by itself", delete(), nothing(), None),
        ("a deletion, and the value is another", delete(), nothing().live(threshold(3.0), MADE), Some("threshold")),
        (
            "nothing to do, and the value is another",
            delete().wants(threshold(1.0)),
            nothing().live(threshold(3.0), MADE),
            None,
        ),
    ] {
        let found: Vec<String> = stale(&plan.plan(), &now.snapshot).into_iter().map(|stale| stale.what).collect();
        assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{what}");
    }
    let marks =
        [MADE[0], (crate::resources::declared::DECLARED, "x"), (crate::resources::subscription::REGISTRY.key, "y")];
    let plan =
        Scene::default().live(topic(), MADE).wants(topic_with(|topic| topic.display_name = Some("a".into()))).plan();
    assert!(stale(&plan, &Scene::default().live(topic(), &marks).snapshot).is_empty(), "runs leave marks on a topic");
}

#[test]
fn a_world_that_has_moved_on_where_the_plan_does_nothing() {
    let wish = || Scene::default().wants(threshold(1.0));
    let in_sync = || wish().live(threshold(1.0), MADE);
    let gone = "it does not exist any more";
    for (what, then, now, expected) in [
        ("all is as it was", in_sync(), in_sync(), None),
        ("it changes anyway", update(), update(), None),
        (
            "it has another value",
            in_sync(),
            wish().live(threshold(2.0), MADE),
            Some("it was as desired, and is not any more"),
        ),
        ("it has gone", in_sync(), wish(), Some(gone)),
        (
            "it could not be read",
            wish().unread("alarm/errors", "no"),
            wish().live(threshold(2.0), MADE),
            Some("it can be read now"),
        ),
        ("the spec is another", in_sync(), update(), None),
        (
            "it has got the mark",
            Scene::default(),
            Scene::default().live(topic(), MADE),
            Some("it carries the stack's mark now"),
        ),
        ("the spec has got another resource", Scene::default(), wish(), None),
    ] {
        let found: Vec<String> =
            stale_elsewhere(&then.plan(), &now.plan()).into_iter().map(|stale| stale.what).collect();
        assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{what}");
    }
}

#[test]
fn a_plan_that_says_something_else_is_told_change_by_change() {
    let anew = || Scene::default().live(threshold(1.0), MADE).wants(threshold(2.0)).wants(topic());
    let now = anew();
    type Edit = fn(&mut Plan);
    let rows: [(&str, Edit, &[&str]); 11] = [
        ("the same", |_| {}, &[]),
        ("its notes", |plan| plan.changes[0].notes.push(Note::new(crate::plan::NoteKind::Info, "x")), &[]),
        (
            "pruning",
            |plan| plan.pruning = false,
            &["whether anything is deleted: the plan says false, it has to be true"],
        ),
        ("one is missing", |plan| drop(plan.changes.remove(0)), &["topic/alerts: create is missing"]),
        (
            "one is twice",
            |plan| plan.changes.insert(0, plan.changes[0].clone()),
            &["topic/alerts: create, which nothing asks for"],
        ),
        (
            "one is added",
            |plan| plan.changes[0].address.name = "else".into(),
            &["topic/else: create, which nothing asks for", "topic/alerts: create is missing"],
        ),
        (
            "another action",
            |plan| plan.changes[1].action = Action::Adopt,
            &["alarm/errors: the plan says adopt, it has to be update"],
        ),
        (
            "another value",
            |plan| plan.changes[1].after = Some(threshold(9.0)),
            &["alarm/errors: tags.mlopsctl:stack, threshold"],
        ),
        ("another before", |plan| plan.changes[1].before = None, &["alarm/errors: what it was"]),
        ("another list of fields", |plan| plan.changes[1].fields.clear(), &["alarm/errors: the list of what changes"]),
        ("another order", |plan| plan.changes.reverse(), &["the order of its changes"]),
    ];
    for (what, edit, expected) in rows {
        let mut plan = anew().plan();
        edit(&mut plan);
        assert_eq!(differences(&plan, &anew().plan(), &now.snapshot), expected, "{what}");
    }
}

#[test]
fn what_was_to_be_deleted_may_go_by_itself() {
    let plan = Scene::default().live(group(|_| {}), MADE).live(composite("any", "TRUE"), MADE).plan();
    let anew = Scene::default().live(composite("any", "TRUE"), MADE);
    let mut gone = anew.snapshot.clone();
    let address = Address::parse("log_group//app").expect("an address");
    let asked = ["log_group//app: delete, which nothing asks for"];
    assert_eq!(differences(&plan, &anew.plan(), &gone), asked, "nobody has looked");
    gone.observations.insert(address, Observation::Absent);
    assert_eq!(differences(&plan, &anew.plan(), &gone), [""; 0]);
}

#[test]
fn secrets_are_masked_in_the_file_and_put_back_from_the_plan_made_anew() {
    let hook = |password: &str| Subscription::new("alerts", "https", format!("https://ann:{password}@example.edu"));
    let scene = |password: &str| {
        let scene = Scene::default().live(topic(), MADE).wants(topic());
        scene.wants(Resource::Subscription(hook(password)))
    };
    let mask = |text: &str| text.replace("hunter2", "***");
    let basis = Basis {
        variables: [("password", "hunter2"), ("user", "ann"), ("part", "unter"), ("none", "")]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into(),
        ..Basis::default()
    };
    let saved = SavedPlan::new(&scene("hunter2").plan(), basis, mask);
    let text = saved.sealed().expect("JSON").to_string();
    assert!(!text.contains("hunter2") && text.contains("https://ann:***@example.edu"), "{text}");
    assert_eq!(saved.basis.variables.keys().collect::<Vec<_>>(), ["none", "user"], "parts of a secret go, too");
    assert_eq!(saved.masked.len(), 1);
    assert!(saved.touched().is_empty(), "what a masked endpoint stands for is not known");
    let restored = saved.restored(&scene("hunter2").plan());
    assert_eq!(differences(&restored, &scene("hunter2").plan(), &scene("hunter2").snapshot), [""; 0]);
    let other = saved.restored(&scene("another").plan());
    assert_eq!(differences(&other, &scene("another").plan(), &scene("another").snapshot).len(), 2, "it stays masked");
}

#[test]
fn what_a_plan_would_touch_is_read_again() {
    let touched =
        |scene: Scene| saved(&scene).touched().into_keys().map(|address| address.to_string()).collect::<Vec<_>>();
    assert_eq!(touched(update()), ["alarm/errors"]);
    assert_eq!(touched(Scene::default().live(topic(), MADE)), ["topic/alerts"], "what is deleted");
    assert_eq!(touched(Scene::default().live(topic(), MADE).wants(topic())), [""; 0]);
}
