//! Saved plans: applied while what they touch stands as it was read, refused with the field that does not.

use super::drift;
use super::world::{EACH, World, assert_complete, lines, spec_of, with};
use crate::apply::Event;
use crate::fleet::{self, NotReplanned};
use crate::model::secret;
use crate::plan::Plan;
use crate::plan::saved::SavedPlan;

/// Through the bytes of a file.
fn through_a_file(saved: &SavedPlan) -> SavedPlan {
    serde_json::from_str(&serde_json::to_string(saved).unwrap()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_fresh_plan_is_applied_as_it_was_saved() {
    let world = World::fine();
    assert_complete(&world.apply(EACH).await);
    let changed = with(&with(EACH, "> 5", "> 6"), "ann@example.edu", "ben@example.edu");
    let saved = through_a_file(&SavedPlan::new(&world.plan(&changed).await.plan, secret::hide));
    let aws = world.aws().await;
    let plan = saved.restore(&Default::default()).unwrap();
    let planned = fleet::check_saved(&aws, plan).await.unwrap();
    assert_complete(&fleet::apply(&aws, &planned.plan, &mut |_: Event| {}).await.unwrap());
    assert!(lines(&world.plan(&changed).await).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_stale_plan_names_the_field() {
    let world = World::fine();
    assert_complete(&world.apply(EACH).await);
    let plan = world.plan(&with(EACH, "> 5", "> 6")).await.plan;
    drift::put_alarm(&world, "errors", None).await;
    let Err(NotReplanned::Stale(stale)) = fleet::check_saved(&world.aws().await, plan).await else { panic!("fresh") };
    let stale: Vec<String> = stale.iter().map(|s| format!("{} {}", s.address, s.what)).collect();
    let fields = ["alarm_actions", "evaluation_periods", "period", "statistic", "threshold"];
    assert_eq!(stale, fields.map(|field| format!("alarm/errors {field}")));
}

#[tokio::test(start_paused = true)]
async fn what_has_appeared_or_gone_makes_a_plan_stale() {
    let world = World::fine();
    let plan = world.plan(EACH).await.plan;
    drift::put_alarm(&world, "errors", None).await;
    let Err(NotReplanned::Stale(stale)) = fleet::check_saved(&world.aws().await, plan).await else { panic!("fresh") };
    assert_eq!(stale.iter().map(|s| s.what.as_str()).collect::<Vec<_>>(), ["it exists now"]);

    let world = World::fine();
    assert_complete(&world.apply(EACH).await);
    let plan = world.plan(&with(EACH, "14d", "30d")).await.plan;
    world.hands().await.logs.delete_log_group().log_group_name("/app/web").send().await.unwrap();
    let Err(NotReplanned::Stale(stale)) = fleet::check_saved(&world.aws().await, plan).await else { panic!("fresh") };
    assert_eq!(stale.iter().map(|s| s.what.as_str()).collect::<Vec<_>>(), ["it does not exist any more"]);
}

#[tokio::test(start_paused = true)]
async fn secrets_are_not_saved_and_come_back_from_the_spec() {
    let world = World::fine();
    let topics =
        "topics: { t: { subscriptions: [ { protocol: https, endpoint: 'https://u:secret@x.edu/a?token=hush' } ] } }\n";
    let spec = spec_of("secrets", topics);
    let planned = world.plan(&spec).await;
    let saved = SavedPlan::new(&planned.plan, secret::hide);
    let text = serde_json::to_string(&saved).unwrap();
    assert!(!text.contains("secret@") && !text.contains("hush"), "{text}");
    let saved = through_a_file(&saved);
    assert_eq!(saved.restore(&Default::default()).unwrap_err().len(), 1);
    let restored = saved.restore(&planned.desired).unwrap();
    let after = |plan: &Plan| plan.changes.iter().map(|change| change.after.clone()).collect::<Vec<_>>();
    assert_eq!(after(&restored), after(&planned.plan));
    let aws = world.aws().await;
    let planned = fleet::check_saved(&aws, restored).await.unwrap();
    assert_complete(&fleet::apply(&aws, &planned.plan, &mut |_: Event| {}).await.unwrap());
    assert_eq!(world.letters()[0].endpoint, "https://u:secret@x.edu/a?token=hush");
}

#[tokio::test(start_paused = true)]
async fn a_saved_delete_ends_a_subscription_that_was_confirmed_meanwhile() {
    let world = World::fine();
    assert_complete(&world.apply(EACH).await);
    let plan = world.plan_destroy(EACH, &["subscription/alerts/email/ann@example.edu"]).await.plan;
    let letter = world.letters().remove(0);
    let sns = &world.hands().await.sns;
    sns.confirm_subscription().topic_arn(letter.topic_arn).set_token(letter.token).send().await.unwrap();
    let aws = world.aws().await;
    let planned = fleet::check_saved(&aws, plan).await.unwrap();
    assert_complete(&fleet::apply(&aws, &planned.plan, &mut |_: Event| {}).await.unwrap());
    assert_eq!(lines(&world.plan(EACH).await), ["+ subscription/alerts/email/ann@example.edu"]);
}
