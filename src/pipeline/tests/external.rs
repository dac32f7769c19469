//! Subscriptions to topics of other owners: made and set where they are declared, and never ended; the topic is left as it is.

use super::world::{REGION, World, assert_complete, bound, lines, notes, spec_of};
use crate::model::endpoint::is_chatbot;
use crate::pipeline::{self, TargetContext};
use crate::sandbox::Weather;

fn spec(region: &str, subscriptions: &str) -> String {
    spec_of(
        "ext",
        &format!(
            "external_topics:
  central:
    arn: arn:aws:sns:{region}:123456789012:central
    subscriptions: [{subscriptions}]
alarms:
  errors: {{ namespace: AWS/Lambda, metric_name: Errors, statistic: Sum, threshold: \"> 5\"{} }}
",
            if region == REGION { ", notify: central" } else { "" }
        ),
    )
}

const MAIL: &str = "{ protocol: email, endpoint: ann@example.edu }";
const QUEUE: &str =
    "{ protocol: sqs, endpoint: \"arn:aws:sqs:us-east-1:123456789012:inbox\", raw_message_delivery: true }";

/// The tags and subscriptions of the topic, as somebody else sees them.
async fn seen(world: &World, region: &str) -> (usize, Vec<String>) {
    let aws = world.hands().await.in_region(region);
    let arn = format!("arn:aws:sns:{region}:123456789012:central");
    let tags = aws.sns.list_tags_for_resource().resource_arn(&arn).send().await.unwrap();
    let listed = aws.sns.list_subscriptions_by_topic().topic_arn(&arn).send().await.unwrap();
    let mut all: Vec<String> =
        listed.subscriptions().iter().map(|one| one.endpoint().unwrap_or_default().to_owned()).collect();
    all.sort();
    (tags.tags().len(), all)
}

async fn topic(world: &World, region: &str) {
    let aws = world.hands().await.in_region(region);
    let made = aws.sns.create_topic().name("central").send().await.unwrap();
    let theirs =
        aws.sns.subscribe().topic_arn(made.topic_arn().unwrap()).protocol("email").endpoint("theirs@example.edu");
    theirs.send().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_subscription_to_somebody_elses_topic_is_made_set_and_left() {
    let world = World::fine();
    topic(&world, REGION).await;
    let text = spec(REGION, &format!("{MAIL}, {QUEUE}"));
    let planned = world.plan(&text).await;
    let queue =
        "external_subscription/arn:aws:sns:us-east-1:123456789012:central/sqs/arn:aws:sqs:us-east-1:123456789012:inbox";
    assert_eq!(
        lines(&planned),
        [
            "+ external_subscription/arn:aws:sns:us-east-1:123456789012:central/email/ann@example.edu".to_owned(),
            format!("+ {queue}"),
            "+ alarm/errors".to_owned()
        ]
    );
    assert_complete(&world.apply_planned(&planned).await);
    let everybody = ["ann@example.edu", "arn:aws:sqs:us-east-1:123456789012:inbox", "theirs@example.edu"];
    assert_eq!(seen(&world, REGION).await, (0, everybody.map(str::to_owned).to_vec()));
    let again = world.plan(&text).await;
    assert_eq!(lines(&again), [""; 0]);
    assert!(
        notes(&again).iter().any(|note| note.contains("ann@example.edu has not confirmed")),
        "{:#?}",
        notes(&again)
    );
    assert_eq!(world.letters().len(), 2, "one mail to each");
    // What the spec names is set; what it stops naming stays.
    let changed = text.replace("raw_message_delivery: true", "raw_message_delivery: false");
    let planned = world.plan(&changed).await;
    assert_eq!(lines(&planned), [format!("~ {queue} raw_message_delivery")]);
    assert_complete(&world.apply_planned(&planned).await);
    assert_eq!(lines(&world.plan(&changed.replace(", raw_message_delivery: false", "")).await), [""; 0]);
    // Taken out of the spec it is left, and so it is at the end, which says how to end it.
    let without = spec(REGION, MAIL);
    assert_eq!(lines(&world.plan(&without).await), [""; 0]);
    let destroyed = world.plan_destroy(&text, &[]).await;
    assert_eq!(lines(&destroyed), ["- alarm/errors"]);
    let left: Vec<String> = notes(&destroyed).into_iter().filter(|note| note.contains("stays subscribed")).collect();
    assert_eq!(left.len(), 2, "{left:#?}");
    assert_complete(&world.apply_planned(&destroyed).await);
    assert_eq!(seen(&world, REGION).await, (0, everybody.map(str::to_owned).to_vec()));
}

#[tokio::test(start_paused = true)]
async fn it_is_made_in_the_region_of_its_topic() {
    let world = World::fine();
    topic(&world, "eu-west-1").await;
    let text = spec("eu-west-1", QUEUE);
    assert_complete(&world.apply(&text).await);
    let (_, there) = seen(&world, "eu-west-1").await;
    assert_eq!(there, ["arn:aws:sqs:us-east-1:123456789012:inbox", "theirs@example.edu"]);
    assert_eq!(lines(&world.plan(&text).await), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_sends_no_second_mail() {
    let world = World::fine();
    topic(&world, REGION).await;
    for seed in 0..6 {
        let weather: Weather = format!("fault-reset-after=0.5,fault-operation=Subscribe,seed={seed}").parse().unwrap();
        let world = world.fork(weather);
        let _ = world.apply(&spec(REGION, MAIL)).await;
        let to_ann = world.letters().iter().filter(|letter| format!("{letter:?}").contains("ann@example.edu")).count();
        assert!(to_ann <= 1, "seed {seed}: {to_ann} mails");
    }
}

#[tokio::test(start_paused = true)]
async fn chatbots_own_subscription_is_no_trouble() {
    const CHATBOT: &str = "https://global.sns-api.chatbot.amazonaws.com";
    assert!(is_chatbot("https", CHATBOT) && !is_chatbot("https", "https://sns-api.chatbot.amazonaws.com.example.edu/"));
    let world = World::fine();
    let text = spec_of("chat", &format!("topics: {{ ops: {{ subscriptions: [{MAIL}] }} }}\n"));
    assert_complete(&world.apply(&text).await);
    let aws = world.hands().await;
    let subscribe = aws.sns.subscribe().topic_arn("arn:aws:sns:us-east-1:123456789012:ops").protocol("https");
    subscribe.endpoint(CHATBOT).send().await.unwrap();
    let planned = world.plan(&text).await;
    assert_eq!(lines(&planned), [""; 0]);
    assert!(!notes(&planned).iter().any(|note| note.contains("never made")), "{:#?}", notes(&planned));
    // It confirms itself: nobody is asked to.
    let alone = spec_of(
        "chat",
        "topics: { ops: {} }\nalarms:\n  a: { namespace: N, metric_name: M, statistic: Sum, threshold: \"> 5\", notify: ops }\n",
    );
    let at = TargetContext { aws: world.aws().await, bound: bound(&alone) };
    let findings = pipeline::lint_online(&at).await.unwrap().report.findings;
    let wrong = findings.iter().filter(|one| ["topic-unconfirmed", "topic-without-subscriber"].contains(&one.rule));
    assert_eq!(wrong.count(), 0);
    let declared = text.replace(MAIL, &format!("{{ protocol: https, endpoint: \"{CHATBOT}\" }}"));
    let planned = world.plan(&declared).await;
    assert!(!notes(&planned).iter().any(|note| note.contains("chatbot") && note.contains("asked to confirm")));
}
