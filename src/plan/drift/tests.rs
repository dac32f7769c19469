//! What counts as drift, and what does not.

use super::*;
use crate::plan::testing::*;
use crate::resources::dashboard::Dashboard;
use crate::resources::{LogAlarm, Topic};

/// Each as `differs alarm/errors threshold`, then each that was not compared as `- topic/alerts delivery_policy`.
fn found(scene: &Scene, by: Option<DeployingEngine>) -> Vec<String> {
    let (target, named) = (target(), |field: &Option<String>| field.clone().unwrap_or_default());
    let drift = find(scene.input(&target), by);
    let lines = drift.resources.iter().map(|one| {
        let fields: Vec<&str> = one.fields.iter().map(|field| field.field.as_str()).collect();
        format!("{} {} {}", one.outcome.word(), one.address, fields.join(" ")).trim_end().to_owned()
    });
    let lost = drift.not_compared.iter();
    let lost = lost.map(|one| format!("- {} {}", one.address, named(&one.field)).trim_end().to_owned());
    lines.chain(lost).collect()
}

#[test]
fn only_what_exists_counts_and_not_whose_it_is() {
    let others: &[&[(&str, &str)]] =
        &[MADE, ADOPTED, OF_CLOUDFORMATION, &[], &[("ManagedBy", "terraform")], &[("mlopsctl:stack", "other")]];
    for tags in others {
        let scene = || Scene::default().wants(threshold(5.0));
        assert_eq!(found(&scene(), None), ["missing alarm/errors"]);
        assert_eq!(found(&scene().live(threshold(6.0), tags), None), ["differs alarm/errors threshold"], "{tags:?}");
        assert!(found(&scene().live(threshold(5.0), tags), None).is_empty(), "{tags:?}");
    }
}

#[test]
fn what_the_spec_no_longer_asks_for_is_known_by_the_mark_of_the_stack() {
    let scene = || Scene::default().wants(threshold(5.0)).live(threshold(5.0), MADE);
    assert_eq!(found(&scene().live(topic(), MADE), None), ["undeclared topic/alerts"]);
    assert!(found(&scene().live(topic(), OF_CLOUDFORMATION), None).is_empty(), "somebody else's");
    assert!(
        found(&scene().live(topic(), MADE).limited(), None).is_empty(),
        "of a limited run others are not looked at"
    );
}

#[test]
fn a_subscription_that_its_receiver_has_ended_is_missing() {
    let wants = |scene: Scene| scene.wants(topic()).wants(Resource::Subscription(mail("ann"))).live(topic(), MADE);
    let scene = |state| wants(Scene::default()).subscribed(mail("ann"), state);
    assert_eq!(found(&scene(ConfirmationState::Lost), None), ["missing subscription/alerts/email/ann@example.edu"]);
    assert!(found(&scene(ConfirmationState::Pending), None).is_empty(), "that nobody has confirmed is no drift");
}

#[test]
fn what_the_engine_cannot_carry_is_no_drift() {
    use DeployingEngine::{Cloudformation, Terraform};
    let policy = || {
        topic_with(|topic: &mut Topic| {
            topic.delivery_policy =
                Some(serde_json::json!({ "http": { "defaultHealthyRetryPolicy": { "numRetries": 5 } } }));
            topic.display_name = Some("Alerts".to_owned());
            topic.declared.extend(["delivery_policy".to_owned(), "display_name".to_owned()]);
        })
    };
    let scene = |tags| Scene::default().wants(policy()).live(topic(), tags);
    let (both, one) = (["differs topic/alerts delivery_policy display_name"], "differs topic/alerts display_name");
    let lost = "- topic/alerts delivery_policy";
    assert_eq!(found(&scene(MADE), None), both);
    assert_eq!(found(&scene(MADE), Some(Cloudformation)), [one, lost]);
    assert_eq!(found(&scene(OF_CLOUDFORMATION), None), [one, lost], "its tags say who deployed it");
    assert_eq!(found(&scene(OF_CLOUDFORMATION), Some(Terraform)), both, "what is said counts more");

    let log_alarm = Resource::LogAlarm(Box::new(LogAlarm { name: "errors".into(), ..Default::default() }));
    let scene = Scene::default().wants(log_alarm);
    assert_eq!(found(&scene, Some(Terraform)), ["- log_alarm/errors"]);
    assert_eq!(found(&scene, Some(Cloudformation)), ["missing log_alarm/errors"]);

    let mut board = Dashboard { name: "lab".into(), ..Default::default() };
    let bare = Resource::Dashboard(board.clone());
    board.tags.insert("team".into(), "ml".into());
    let scene = Scene::default().wants(Resource::Dashboard(board)).live(bare, &[]);
    assert_eq!(found(&scene, Some(Terraform)), ["- dashboard/lab tags.team"]);
    assert_eq!(found(&scene, Some(Cloudformation)), ["differs dashboard/lab tags.team"]);
}

#[test]
fn the_fields_of_a_difference_are_found_among_the_paths_of_a_document() {
    for (field, lost, expected) in [
        ("delivery_policy", "delivery_policy", true),
        ("tags_propagation", "actions.tags_propagation", true),
        ("tags.team", "tags", true),
        ("tags.team", "tags.team", true),
        ("tags.team", "tags.other", false),
        ("statistic", "tags.statistic", false),
        ("tags_propagation", "tags", false),
    ] {
        assert_eq!(is_of(field, lost), expected, "{field} {lost}");
    }
}

#[test]
fn what_could_not_be_read_is_neither_missing_nor_the_same() {
    let mut scene =
        Scene::default().wants(threshold(5.0)).unread("alarm/errors", "denied").unread("topic/old", "denied");
    assert!(found(&scene, None).is_empty());
    scene.snapshot.functions.insert("f".into(), Err("throttled".into()));
    scene.snapshot.index_failure = Some("no".into());
    let target = target();
    let drift = find(scene.input(&target), None);
    let notes: Vec<&str> = drift.unknown.iter().map(|note| note.text.as_str()).collect();
    assert!(drift.is_incomplete());
    assert_eq!(
        notes,
        [
            "topic/old, alarm/errors: could not be read: denied",
            "function/f: could not be read: throttled",
            "what the spec does not ask for any more was not looked for: no",
        ]
    );
}
