//! Saved plans: made anew, and applied while the saved one says the same and what it touches is as it was; refused otherwise.

use super::drift;
use super::world::{EACH, World, assert_complete, bound, everything, lines, spec_of, with};
use crate::apply::ApplyEvent;
use crate::model::secret;
use crate::pipeline::{self, NotAllowed, NotReplanned, PlannedTarget, Select};
use crate::plan::saved::{Basis, NoSavedPlan, SavedPlan};
use crate::plan::{Action, Consent, Plan, PlannedChange};
use crate::resources::{Address, Resource};
use std::path::Path;

/// As `plan --out` saves it, through the bytes of a file.
fn saved(text: &str, planned: &PlannedTarget, consent: &Consent) -> SavedPlan {
    let basis = pipeline::basis(
        &bound(text),
        Path::new("test.yaml"),
        &Default::default(),
        &Select::default(),
        consent,
        planned,
    );
    through_a_file(&SavedPlan::new(&planned.plan, basis, secret::hide))
}

fn through_a_file(saved: &SavedPlan) -> SavedPlan {
    let text = saved.sealed().unwrap().to_string();
    SavedPlan::opened(serde_json::from_str(&text).unwrap()).unwrap()
}

async fn saved_plan(world: &World, text: &str) -> SavedPlan {
    saved(text, &world.plan_with(text, &everything()).await, &everything())
}

async fn stale(world: &World, saved: &SavedPlan, text: &str) -> Vec<String> {
    match pipeline::check_saved(&world.aws().await, saved, Some(&bound(text))).await {
        Err(NotReplanned::Stale(stale)) => stale.iter().map(|s| format!("{} {}", s.place, s.what)).collect(),
        other => panic!("not stale: {other:?}"),
    }
}

async fn apply(world: &World, planned: &PlannedTarget) {
    assert_complete(&pipeline::apply(&world.aws().await, &planned.plan, &mut |_: ApplyEvent| {}).await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_function_that_came_or_went_under_a_pattern_makes_a_plan_stale() {
    let text = &spec_of("s", "functions: { \"*\": { golden_signals: { latency: off } } }\n");
    let world = World::fine();
    world.add_function("web");
    let saved = saved_plan(&world, text).await;
    pipeline::check_saved(&world.aws().await, &saved, Some(&bound(text))).await.unwrap();
    world.add_function("api");
    let found = stale(&world, &saved, text).await;
    assert!(found.contains(&"function api it is new among the functions of the spec".to_owned()), "{found:?}");
    for name in ["web", "api"] {
        world.hands().await.lambda.delete_function().function_name(name).send().await.unwrap();
    }
    let found = stale(&world, &saved, text).await;
    assert!(found.contains(&"function web it is none of the functions of the spec any more".to_owned()), "{found:?}");
}

#[tokio::test(start_paused = true)]
async fn a_fresh_plan_is_applied_as_it_was_saved() {
    for with_spec in [true, false] {
        let world = World::fine();
        assert_complete(&world.apply(EACH).await);
        let changed = with(&with(EACH, "> 5", "> 6"), "ann@example.edu", "ben@example.edu");
        let saved = saved_plan(&world, &changed).await;
        let spec = bound(&changed);
        let planned = pipeline::check_saved(&world.aws().await, &saved, with_spec.then_some(&spec)).await.unwrap();
        assert_eq!(lines(&planned).len(), 2, "{:?}", lines(&planned));
        apply(&world, &planned).await;
        assert!(lines(&world.plan(&changed).await).is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn every_kind_of_change_can_be_saved_with_and_without_a_spec() {
    // From nothing, over what stands unowned, and with everything gone from the spec.
    let less = "version: 1\nstack: each\nregion: us-east-1\ntopics: { alerts: {} }\n";
    for with_spec in [true, false] {
        let world = World::fine();
        drift::put_alarm(&world, "errors", None).await;
        world.hands().await.logs.create_log_group().log_group_name("/app/web").send().await.unwrap();
        for text in [EACH, less, EACH] {
            let saved = saved_plan(&world, text).await;
            let spec = bound(text);
            let planned = pipeline::check_saved(&world.aws().await, &saved, with_spec.then_some(&spec)).await;
            let planned = planned.unwrap_or_else(|error| panic!("spec {with_spec}: {error:?}"));
            assert!(!lines(&planned).is_empty());
            apply(&world, &planned).await;
        }
        assert!(lines(&world.plan(EACH).await).is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_stale_plan_names_the_field() {
    let world = World::fine();
    assert_complete(&world.apply(EACH).await);
    let text = with(EACH, "> 5", "> 6");
    let plan = saved_plan(&world, &text).await;
    drift::put_alarm(&world, "errors", None).await;
    let fields = ["alarm_actions", "evaluation_periods", "period", "statistic", "threshold"];
    assert_eq!(stale(&world, &plan, &text).await, fields.map(|field| format!("alarm/errors {field}")));
}

#[tokio::test(start_paused = true)]
async fn what_has_appeared_or_gone_makes_a_plan_stale() {
    let world = World::fine();
    let plan = saved_plan(&world, EACH).await;
    drift::put_alarm(&world, "errors", None).await;
    assert_eq!(stale(&world, &plan, EACH).await, ["alarm/errors it exists now"]);

    let world = World::fine();
    assert_complete(&world.apply(EACH).await);
    let text = with(EACH, "14d", "30d");
    let plan = saved_plan(&world, &text).await;
    world.hands().await.logs.delete_log_group().log_group_name("/app/web").send().await.unwrap();
    assert_eq!(stale(&world, &plan, &text).await, ["log_group//app/web it does not exist any more"]);
}

#[tokio::test(start_paused = true)]
async fn what_changed_where_the_plan_does_nothing_makes_it_stale_too() {
    let world = World::fine();
    assert_complete(&world.apply(EACH).await);
    let text = with(EACH, "> 5", "> 6");
    let plan = saved_plan(&world, &text).await;
    let logs = &world.hands().await.logs;
    logs.put_retention_policy().log_group_name("/app/web").retention_in_days(1).send().await.unwrap();
    assert_eq!(stale(&world, &plan, &text).await, ["log_group//app/web it was as desired, and is not any more"]);
}

#[tokio::test(start_paused = true)]
async fn secrets_are_not_saved_and_come_back_from_the_spec() {
    let world = World::fine();
    let topics =
        "topics: { t: { subscriptions: [ { protocol: https, endpoint: 'https://u:secret@x.edu/a?token=hush' } ] } }\n";
    let spec = spec_of("secrets", topics);
    let planned = world.plan(&spec).await;
    let plan = saved(&spec, &planned, &Consent::default());
    let text = serde_json::to_string(&plan).unwrap();
    assert!(!text.contains("secret@") && !text.contains("hush"), "{text}");
    let aws = world.aws().await;
    let Err(NotReplanned::SecretsMissing(places)) = pipeline::check_saved(&aws, &plan, None).await else { panic!() };
    assert_eq!(places.len(), 1);
    let other = bound(&with(&spec, "hush", "loud"));
    let Err(NotReplanned::Different(_)) = pipeline::check_saved(&aws, &plan, Some(&other)).await else { panic!() };
    let planned = pipeline::check_saved(&aws, &plan, Some(&bound(&spec))).await.unwrap();
    apply(&world, &planned).await;
    assert_eq!(world.letters()[0].endpoint, "https://u:secret@x.edu/a?token=hush");
}

#[tokio::test(start_paused = true)]
async fn values_of_variables_that_carry_a_secret_are_not_saved() {
    let endpoint = "https://u:hunter2@x.edu/hush?token=loud";
    let topics = format!("topics: {{ t: {{ subscriptions: [ {{ protocol: https, endpoint: '{endpoint}' }} ] }} }}\n");
    let planned = World::fine().plan(&spec_of("secrets", &topics)).await;
    let variables = ["hunter2", "loud", endpoint, "x.edu", "ann@example.edu", ""];
    let variables = variables.iter().enumerate().map(|(n, value)| (format!("v{n}"), (*value).to_owned()));
    let basis = Basis { variables: variables.collect(), ..Basis::default() };
    let kept: Vec<String> = SavedPlan::new(&planned.plan, basis, secret::hide).basis.variables.into_values().collect();
    assert_eq!(kept, ["x.edu", "ann@example.edu", ""]);
}

#[tokio::test(start_paused = true)]
async fn a_saved_delete_ends_a_subscription_that_was_confirmed_meanwhile() {
    let world = World::fine();
    let more =
        with(EACH, "ann@example.edu }", "ann@example.edu }\n      - { protocol: email, endpoint: eve@example.edu }");
    assert_complete(&world.apply(&more).await);
    let letter = world.letters().into_iter().find(|letter| letter.endpoint == "eve@example.edu").unwrap();
    // Pending, it cannot be deleted; confirmed, it is; and gone by itself, nothing is left to do.
    let sns = &world.hands().await.sns;
    sns.confirm_subscription().topic_arn(letter.topic_arn).set_token(letter.token).send().await.unwrap();
    let plan = saved_plan(&world, EACH).await;
    let planned = pipeline::check_saved(&world.aws().await, &plan, Some(&bound(EACH))).await.unwrap();
    assert_eq!(lines(&planned), ["- subscription/alerts/email/eve@example.edu"]);
    apply(&world, &planned).await;
    assert!(lines(&world.plan(EACH).await).is_empty());
}

/// An edit of a saved plan, and its name.
type Tampering = (&'static str, fn(&mut SavedPlan));

fn change<'a>(plan: &'a mut Plan, address: &str) -> &'a mut PlannedChange {
    let found = plan.changes.iter_mut().find(|change| change.address.to_string() == address);
    found.unwrap_or_else(|| panic!("no {address}"))
}

fn alarm(saved: &mut SavedPlan) -> &mut crate::resources::Alarm {
    match &mut change(&mut saved.plan, "alarm/errors").after {
        Some(Resource::Alarm(alarm)) => alarm,
        other => panic!("{other:?}"),
    }
}

fn foreign_deletion(saved: &mut SavedPlan, name: &str) {
    let mut deletion = change(&mut saved.plan, "alarm/errors").clone();
    deletion.action = Action::Delete;
    let Some(Resource::Alarm(mut before)) = deletion.after.take() else { panic!() };
    // As it is live, see `drift::put_alarm`.
    before.name = name.to_owned();
    (before.statistic, before.period) = (Some("Maximum".into()), Some(60));
    (before.evaluation_periods, before.threshold) = (Some(2), Some(99.0));
    before.actions = Default::default();
    before.tags.clear();
    if name == "theirs" {
        before.tags.insert("mlopsctl:stack".into(), name.into());
    }
    deletion.before = Some(crate::resources::Live::new(Resource::Alarm(before)));
    deletion.address = Address::parse(&format!("alarm/{name}")).unwrap();
    deletion.fields.clear();
    saved.plan.changes.push(deletion);
    saved.plan.changes.sort_by(|a, b| a.address.cmp(&b.address));
}

/// What a forger changes who makes the digest anew. With the spec at hand each of them is refused.
const TAMPERINGS: &[Tampering] = &[
    ("account", |s| s.plan.target.account = "999999999999".into()),
    ("region", |s| s.plan.target.region = "eu-west-1".into()),
    ("stack", |s| s.plan.stack = "other".into()),
    ("deletion of what is wanted", |s| {
        let change = change(&mut s.plan, "composite_alarm/any");
        change.action = Action::Delete;
        change.after = None;
    }),
    ("deletion of another's", |s| foreign_deletion(s, "theirs")),
    ("deletion of nobody's", |s| foreign_deletion(s, "nobodys")),
    ("deletion of another kind", |s| change(&mut s.plan, "topic/alerts").action = Action::Delete),
    ("action", |s| change(&mut s.plan, "alarm/errors").action = Action::Replace),
    ("nothing to do", |s| change(&mut s.plan, "alarm/errors").action = Action::NoOp),
    ("create of what is there", |s| change(&mut s.plan, "alarm/errors").before = None),
    ("threshold", |s| alarm(s).threshold = Some(5000.0)),
    ("actions to a foreign topic", |s| {
        alarm(s).actions.alarm = vec!["arn:aws:sns:us-east-1:999999999999:theirs".into()];
    }),
    ("no actions", |s| alarm(s).actions.alarm.clear()),
    ("description", |s| alarm(s).description = Some("harmless".into())),
    ("endpoint", |s| {
        let change = change(&mut s.plan, "subscription/alerts/email/ben@example.edu");
        let Some(Resource::Subscription(subscription)) = &mut change.after else { panic!() };
        subscription.endpoint = "eve@example.edu".into();
        change.address = Address::parse("subscription/alerts/email/eve@example.edu").unwrap();
    }),
    ("before", |s| {
        let Some(live) = &mut change(&mut s.plan, "alarm/errors").before else { panic!() };
        let Resource::Alarm(alarm) = &mut live.resource else { panic!() };
        alarm.threshold = Some(4.0);
    }),
    ("removed change", |s| s.plan.changes.retain(|change| change.address.to_string() != "alarm/errors")),
    ("added subscription", |s| {
        let mut added = change(&mut s.plan, "subscription/alerts/email/ben@example.edu").clone();
        let Some(Resource::Subscription(subscription)) = &mut added.after else { panic!() };
        subscription.endpoint = "eve@example.edu".into();
        added.address = Address::parse("subscription/alerts/email/eve@example.edu").unwrap();
        s.plan.changes.push(added);
        s.plan.changes.sort_by(|a, b| a.address.cmp(&b.address));
    }),
    ("address of another", |s| change(&mut s.plan, "alarm/errors").address.name = "others".into()),
    ("kind of the address", |s| {
        change(&mut s.plan, "alarm/errors").address = Address::parse("composite_alarm/errors").unwrap();
    }),
    ("resource of another name", |s| alarm(s).name = "others".into()),
    ("twice the same", |s| {
        let again = change(&mut s.plan, "alarm/errors").clone();
        s.plan.changes.push(again);
        s.plan.changes.sort_by(|a, b| a.address.cmp(&b.address));
    }),
    ("order", |s| s.plan.changes.reverse()),
    ("mark of another stack", |s| {
        alarm(s).tags.insert("mlopsctl:stack".into(), "other".into());
    }),
    ("no mark", |s| alarm(s).tags.clear()),
    ("an owner's tag", |s| {
        alarm(s).tags.insert("team".into(), "x".into());
    }),
    ("fields", |s| change(&mut s.plan, "alarm/errors").fields.clear()),
    ("a field's value", |s| change(&mut s.plan, "alarm/errors").fields[0].to = Some(7.into())),
    ("pruning", |s| s.plan.pruning = false),
    ("target", |s| {
        s.basis.targets.insert(Address::parse("alarm/errors").unwrap());
    }),
    ("target that is not there", |s| {
        s.basis.targets.insert(Address::parse("alarm/others").unwrap());
    }),
    ("allowed_accounts, another", |s| s.basis.allowed_accounts = vec!["999999999999".into()]),
    ("allowed_accounts, any", |s| s.basis.allowed_accounts.clear()),
    ("masked digests", |s| {
        s.masked.insert(0, "0".repeat(64));
        let Some(Resource::Topic(topic)) = &mut change(&mut s.plan, "topic/alerts").after else { panic!() };
        topic.display_name = Some("***".into());
    }),
    ("blocked, added", |s| {
        s.plan.blocked.push(crate::plan::Blocked { reason: "it was refused".into(), remedy: "ask".into() });
    }),
];

/// A world with the stack applied, another stack's and nobody's alarm beside it, and a plan of two changes.
async fn tampered_world() -> (World, String, SavedPlan) {
    let world = World::fine();
    let spec = with(EACH, "region: us-east-1\n", "region: us-east-1\nallowed_accounts: ['123456789012']\n");
    assert_complete(&world.apply(&spec).await);
    drift::put_alarm(&world, "theirs", Some("theirs")).await;
    drift::put_alarm(&world, "nobodys", None).await;
    let changed = with(&with(&spec, "> 5", "> 6"), "ann@example.edu", "ben@example.edu");
    let plan = saved_plan(&world, &changed).await;
    (world, changed, plan)
}

#[tokio::test(start_paused = true)]
async fn a_tampered_plan_is_refused_and_nothing_is_changed() {
    let (world, spec, plan) = tampered_world().await;
    let before = world.contents();
    for (name, tamper) in TAMPERINGS {
        let mut tampered = plan.clone();
        tamper(&mut tampered);
        assert_ne!(plan, tampered, "{name}");
        let tampered = through_a_file(&tampered);
        match pipeline::check_saved(&world.aws().await, &tampered, Some(&bound(&spec))).await {
            // An edited `before` cannot be told from live that has changed.
            Err(NotReplanned::Stale(_)) => {
                assert!(["before", "create of what is there"].contains(name), "{name}: stale")
            }
            Err(NotReplanned::Different(places)) => assert!(!places.is_empty(), "{name}"),
            Err(NotReplanned::Elsewhere { .. }) => assert!(["account", "region"].contains(name), "{name}"),
            Err(NotReplanned::Failed(error)) => assert!(error.is::<NotAllowed>(), "{name}: {error:#}"),
            Err(error) => panic!("{name}: {error:?}"),
            Ok(planned) => assert!(*name == "blocked, added" && planned.plan.refusals().next().is_some(), "{name}"),
        }
    }
    assert_eq!(world.contents(), before);
    assert!(TAMPERINGS.len() >= 30);
    pipeline::check_saved(&world.aws().await, &plan, Some(&bound(&spec))).await.unwrap();
}

/// Without the spec only what is asked of the stack's own can be forged, never what is done to what is not ours.
#[tokio::test(start_paused = true)]
async fn without_its_spec_a_plan_is_held_against_aws() {
    let (world, _, plan) = tampered_world().await;
    let believed = [
        "deletion of what is wanted",
        "threshold",
        "actions to a foreign topic",
        "no actions",
        "description",
        "removed change",
        "endpoint",
        "added subscription",
        "an owner's tag",
        "allowed_accounts, any",
        "target",
        "target that is not there",
        "pruning",
    ];
    for (name, tamper) in TAMPERINGS.iter().filter(|(name, _)| !believed.contains(name)) {
        let mut tampered = plan.clone();
        tamper(&mut tampered);
        match pipeline::check_saved(&world.aws().await, &tampered, None).await {
            Err(_) => {}
            Ok(planned) => assert!(planned.plan.refusals().next().is_some(), "{name}: {:?}", lines(&planned)),
        }
    }
    // What is believed is still a plan for what is ours.
    for (name, tamper) in TAMPERINGS.iter().filter(|(name, _)| believed.contains(name)) {
        let mut tampered = plan.clone();
        tamper(&mut tampered);
        if let Ok(planned) = pipeline::check_saved(&world.aws().await, &tampered, None).await {
            let foreign =
                lines(&planned).into_iter().filter(|line| line.contains("theirs") || line.contains("nobodys"));
            assert_eq!(foreign.count(), 0, "{name}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn consent_is_that_of_the_plan() {
    let world = World::fine();
    drift::put_alarm(&world, "errors", None).await;
    let none = Consent::default();
    let mut plan = saved(EACH, &world.plan_with(EACH, &none).await, &none);
    let refused = async |plan: &SavedPlan| {
        let planned = pipeline::check_saved(&world.aws().await, plan, Some(&bound(EACH))).await.unwrap();
        planned.plan.refusals().next().is_some()
    };
    assert!(refused(&plan).await, "nobody has consented to the adoption");
    // Consent that was not there when the plan was refused does not lift the refusal.
    plan.basis.consent = everything();
    assert!(refused(&plan).await);
    for change in &mut plan.plan.changes {
        change.blocked = None;
    }
    plan.basis.consent = none;
    assert!(refused(&plan).await, "a refusal cannot be taken out of the plan");
}

#[tokio::test(start_paused = true)]
async fn whatever_is_edited_in_the_file_is_found() {
    let (_, _, plan) = tampered_world().await;
    let sealed = plan.sealed().unwrap();
    let mut edits = 0;
    let mut paths = Vec::new();
    leaves(&sealed, String::new(), &mut paths);
    for path in paths.iter().filter(|path| *path != "/format_version") {
        let mut edited = sealed.clone();
        *edited.pointer_mut(path).unwrap() = "x".into();
        assert!(matches!(SavedPlan::opened(edited), Err(NoSavedPlan::Altered)), "{path}");
        edits += 1;
    }
    let mut longer = sealed.clone();
    longer["plan"]["more"] = 1.into();
    assert!(matches!(SavedPlan::opened(longer), Err(NoSavedPlan::Altered)));
    assert!(edits > 100, "{edits}");
}

fn leaves(value: &serde_json::Value, path: String, found: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(parts) => {
            let name = |key: &str| key.replace('~', "~0").replace('/', "~1");
            parts.iter().for_each(|(key, part)| leaves(part, format!("{path}/{}", name(key)), found));
        }
        serde_json::Value::Array(items) => {
            items.iter().enumerate().for_each(|(n, item)| leaves(item, format!("{path}/{n}"), found));
        }
        _ => found.push(path),
    }
}
