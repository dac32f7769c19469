//! What others do to an account between two runs: people at the console, other tools, receivers of mails.

use super::random::EXTERNAL;
use super::world::{ACCOUNT, REGION, World};
use crate::resources::mark;
use fastrand::Rng;
use serde_json::{Value, json};

/// Where the sandbox keeps them.
const MUTE_RULES: &str = "alarm_mute_rules";

/// In the name of everything that is not ours and must stay as it is.
pub const HANDS_OFF: &str = "hands-off";

/// One thing happens, to something that is there. Calls that AWS refuses leave things as they were.
pub async fn happen(world: &World, rng: &mut Rng) {
    match rng.u8(..15) {
        0 => put_alarm(world, &pick(world, rng, "alarms").unwrap_or_else(|| "errors".into()), None).await,
        1 => delete_alarm(world, rng).await,
        2 => lose_mark(world, rng).await,
        3 => change_topic(world, rng).await,
        4 => change_retention(world, rng).await,
        5 => confirm(world, rng).await,
        6 => unsubscribe(world, rng).await,
        7 => subscribe_by_hand(world, rng).await,
        8 => {
            put_alarm(world, &format!("{HANDS_OFF}-{}", rng.u8(..3)), rng.choice([None, Some("somebody")]).flatten())
                .await
        }
        9 => make_topic_and_group(world, rng).await,
        10 => delete_topic(world, rng).await,
        11 => change_mute_rule(world, rng).await,
        12 => put_mute_rule(world, &format!("{HANDS_OFF}-{}", rng.u8(..2)), rng.bool()).await,
        13 => change_functions(world, rng).await,
        _ => lose_subscription(world, rng),
    }
}

/// The key of some entity of a table.
fn pick(world: &World, rng: &mut Rng, table: &str) -> Option<String> {
    let keys: Vec<String> = world.contents().into_keys().filter(|(t, _)| t == table).map(|(_, key)| key).collect();
    let is_free = |key: &String| !key.starts_with(HANDS_OFF) && key != EXTERNAL.0;
    rng.choice(keys.into_iter().filter(is_free).collect::<Vec<_>>())
}

fn topic_arn(name: &str) -> String {
    format!("arn:aws:sns:{REGION}:{ACCOUNT}:{name}")
}

fn alarm_arn(name: &str) -> String {
    format!("arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{name}")
}

/// Puts a plain alarm, over whatever has the name.
pub async fn put_alarm(world: &World, name: &str, stack: Option<&str>) {
    use aws_sdk_cloudwatch::types::{ComparisonOperator, Statistic, Tag};
    let aws = world.hands().await;
    let tags = stack.map(|stack| Tag::builder().key(mark::STACK).value(stack).build());
    let put = aws.cloudwatch.put_metric_alarm().alarm_name(name).metric_name("Errors").namespace("AWS/Lambda");
    let put = put.statistic(Statistic::Maximum).period(60).evaluation_periods(2).threshold(99.0);
    let put = put.comparison_operator(ComparisonOperator::GreaterThanThreshold).set_tags(tags.map(|tag| vec![tag]));
    drop(put.send().await);
}

async fn delete_alarm(world: &World, rng: &mut Rng) {
    if let Some(name) = pick(world, rng, "alarms") {
        drop(world.hands().await.cloudwatch.delete_alarms().alarm_names(name).send().await);
    }
}

/// Somebody takes a tag off: ours, or one of the spec's. A composite alarm of nobody's would keep its children from going.
async fn lose_mark(world: &World, rng: &mut Rng) {
    let contents = world.contents();
    let is_metric = |name: &String| contents[&("alarms".to_owned(), name.clone())]["kind"] == json!("MetricAlarm");
    if let Some(name) = pick(world, rng, "alarms").filter(is_metric) {
        let key = if rng.bool() { mark::STACK } else { "team" };
        let untag = world.hands().await.cloudwatch.untag_resource().resource_arn(alarm_arn(&name)).tag_keys(key);
        drop(untag.send().await);
    }
}

async fn change_topic(world: &World, rng: &mut Rng) {
    if let Some(name) = pick(world, rng, "sns-topic") {
        let sns = &world.hands().await.sns;
        let set = sns.set_topic_attributes().topic_arn(topic_arn(&name)).attribute_name("DisplayName");
        drop(set.attribute_value("by hand").send().await);
    }
}

async fn delete_topic(world: &World, rng: &mut Rng) {
    if let Some(name) = pick(world, rng, "sns-topic") {
        drop(world.hands().await.sns.delete_topic().topic_arn(topic_arn(&name)).send().await);
    }
}

async fn change_retention(world: &World, rng: &mut Rng) {
    if let Some(name) = pick(world, rng, "logs-group") {
        let logs = &world.hands().await.logs;
        let days = rng.choice([1, 400]).unwrap_or(1);
        drop(logs.put_retention_policy().log_group_name(name).retention_in_days(days).send().await);
    }
}

/// Somebody clicks the link of some mail.
async fn confirm(world: &World, rng: &mut Rng) {
    let letters = world.letters().into_iter().filter(|letter| letter.token.is_some());
    if let Some(letter) = rng.choice(letters.collect::<Vec<_>>()) {
        let sns = &world.hands().await.sns;
        let confirm = sns.confirm_subscription().topic_arn(letter.topic_arn).set_token(letter.token);
        drop(confirm.send().await);
    }
}

/// Somebody ends a confirmed subscription at the console: it is gone.
async fn unsubscribe(world: &World, rng: &mut Rng) {
    if let Some(arn) = pick(world, rng, "sns-subscription") {
        drop(world.hands().await.sns.unsubscribe().subscription_arn(arn).send().await);
    }
}

/// A receiver uses the link at the foot of a mail: it is listed as deleted.
pub fn lose_subscription(world: &World, rng: &mut Rng) {
    let Some(arn) = pick(world, rng, "sns-subscription") else { return };
    let contents = world.contents();
    let subscription = &contents[&("sns-subscription".to_owned(), arn.clone())];
    if subscription["confirmed"] == json!(true) && !subscription["endpoint"].to_string().contains(HANDS_OFF) {
        let mut lost: Value = subscription.clone();
        lost["unsubscribed"] = json!(true);
        world.put_entity("sns-subscription", &arn, &lost);
    }
}

async fn subscribe_by_hand(world: &World, rng: &mut Rng) {
    if let Some(name) = pick(world, rng, "sns-topic").filter(|name| !name.ends_with(".fifo")) {
        subscribe(world, &name, &format!("{HANDS_OFF}-{}@example.edu", rng.u8(..2))).await;
    }
}

/// A function comes, or goes again.
async fn change_functions(world: &World, rng: &mut Rng) {
    let name = rng.choice(["web", "web-1", "mlops-2"]).unwrap_or_default();
    if rng.u8(..3) > 0 {
        world.add_function(name);
    } else {
        drop(world.hands().await.lambda.delete_function().function_name(name).send().await);
    }
}

/// Makes a topic with a subscriber.
pub async fn make_topic(world: &World, name: &str) {
    drop(world.hands().await.sns.create_topic().name(name).send().await);
    subscribe(world, name, &format!("{HANDS_OFF}@example.edu")).await;
}

/// Subscribes a mail address by hand.
pub async fn subscribe(world: &World, topic: &str, address: &str) {
    let sns = &world.hands().await.sns;
    drop(sns.subscribe().topic_arn(topic_arn(topic)).protocol("email").endpoint(address).send().await);
}

async fn make_topic_and_group(world: &World, rng: &mut Rng) {
    let aws = world.hands().await;
    let name = format!("{HANDS_OFF}-{}", rng.u8(..2));
    drop(aws.sns.create_topic().name(&name).send().await);
    subscribe(world, &name, &format!("{HANDS_OFF}@example.edu")).await;
    let stack = rng.choice([None, Some("somebody")]).flatten();
    let tags = stack.map(|stack| [(mark::STACK.to_owned(), stack.to_owned())].into());
    drop(aws.logs.create_log_group().log_group_name(&name).set_tags(tags).send().await);
}

/// Somebody deletes a mute rule, or puts another under its name.
async fn change_mute_rule(world: &World, rng: &mut Rng) {
    let Some(name) = pick(world, rng, MUTE_RULES) else { return };
    if rng.bool() {
        drop(world.hands().await.cloudwatch.delete_alarm_mute_rule().alarm_mute_rule_name(name).send().await);
    } else {
        put_mute_rule(world, &name, false).await;
    }
}

/// Puts a mute rule over whatever has the name, as somebody else's stack or nobody's.
async fn put_mute_rule(world: &World, name: &str, somebody: bool) {
    use aws_sdk_cloudwatch::types::{MuteTargets, Rule, Schedule, Tag};
    let schedule = Schedule::builder().expression("cron(30 4 * * *)").duration("PT2H").timezone("UTC").build();
    let tag = Tag::builder().key(mark::STACK).value("somebody").build();
    let put = world.hands().await.cloudwatch.put_alarm_mute_rule().name(name);
    let put = put.rule(Rule::builder().schedule(schedule).build()).set_tags(somebody.then(|| vec![tag]));
    drop(put.mute_targets(MuteTargets::builder().alarm_names("errors").build()).send().await);
}
