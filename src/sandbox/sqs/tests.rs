//! SQS through the real SDK client, and messages of topics on their way into queues.

use crate::sns::Delivery;
use crate::testing::config;
use crate::{ACCOUNT, Sandbox, Weather};
use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::ProvideErrorMetadata;
use aws_sdk_sqs::types::{MessageSystemAttributeName, QueueAttributeName};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::Instant;

struct Place {
    sandbox: Sandbox,
    sqs: Client,
    sns: aws_sdk_sns::Client,
}

impl Place {
    fn new() -> Self {
        let sandbox = Sandbox::in_memory(Weather::default());
        Self { sqs: Client::new(&config(&sandbox)), sns: aws_sdk_sns::Client::new(&config(&sandbox)), sandbox }
    }

    async fn queue(&self, name: &str) -> String {
        self.sqs.create_queue().queue_name(name).send().await.unwrap().queue_url.unwrap()
    }

    async fn attribute(&self, url: &str, name: QueueAttributeName) -> Option<String> {
        let got = self.sqs.get_queue_attributes().queue_url(url).attribute_names(name.clone()).send().await.unwrap();
        got.attributes.unwrap_or_default().remove(&name)
    }

    async fn set(&self, url: &str, name: QueueAttributeName, value: &str) {
        self.sqs.set_queue_attributes().queue_url(url).attributes(name, value).send().await.unwrap();
    }

    async fn bodies(&self, url: &str) -> Vec<String> {
        let received = self.sqs.receive_message().queue_url(url).max_number_of_messages(10).send().await.unwrap();
        received.messages.unwrap_or_default().into_iter().map(|message| message.body.unwrap()).collect()
    }
}

fn policy(queue: &str, topic: &str) -> String {
    json!({ "Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Principal": { "Service": "sns.amazonaws.com" }, "Action": "sqs:SendMessage",
        "Resource": queue, "Condition": { "ArnEquals": { "aws:SourceArn": topic } },
    } })
    .to_string()
}

#[tokio::test(start_paused = true)]
async fn a_message_is_hidden_while_somebody_works_on_it() {
    let place = Place::new();
    let url = place.queue("jobs").await;
    assert_eq!(url, format!("https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/jobs"));
    let sent = place.sqs.send_message().queue_url(&url).message_body("hello").send().await.unwrap();
    assert_eq!(sent.md5_of_message_body(), Some("5d41402abc4b2a76b9719d911017c592"));
    let receive = || {
        let receive = place.sqs.receive_message().queue_url(&url).visibility_timeout(10);
        receive.message_system_attribute_names(MessageSystemAttributeName::All).send()
    };
    let first = receive().await.unwrap().messages.unwrap().remove(0);
    assert_eq!((first.body(), first.md5_of_body()), (Some("hello"), sent.md5_of_message_body()));
    assert!(receive().await.unwrap().messages.is_none(), "it is hidden");
    assert_eq!(place.attribute(&url, QueueAttributeName::ApproximateNumberOfMessagesNotVisible).await.unwrap(), "1");
    tokio::time::advance(Duration::from_secs(11)).await;
    let again = receive().await.unwrap().messages.unwrap().remove(0);
    let count = &again.attributes.unwrap()[&MessageSystemAttributeName::ApproximateReceiveCount];
    assert_eq!((again.message_id, count.as_str()), (first.message_id, "2"));
    let delete = |receipt: &str| place.sqs.delete_message().queue_url(&url).receipt_handle(receipt).send();
    assert!(delete("nonsense").await.is_err());
    delete(&again.receipt_handle.unwrap()).await.unwrap();
    tokio::time::advance(Duration::from_secs(11)).await;
    assert!(receive().await.unwrap().messages.is_none());
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_gets_what_comes_meanwhile() {
    let place = Place::new();
    let url = place.queue("jobs").await;
    let wait = || place.sqs.receive_message().queue_url(&url).wait_time_seconds(20).send();
    let start = Instant::now();
    assert!(wait().await.unwrap().messages.is_none());
    assert!(start.elapsed() >= Duration::from_secs(20), "{:?}", start.elapsed());
    let start = Instant::now();
    let later = async {
        tokio::time::sleep(Duration::from_secs(3)).await;
        place.sqs.send_message().queue_url(&url).message_body("late").send().await.unwrap();
    };
    let (received, ()) = tokio::join!(wait(), later);
    assert_eq!(received.unwrap().messages().len(), 1);
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn queues_are_made_found_tagged_and_deleted() {
    let place = Place::new();
    let sqs = &place.sqs;
    let url = place.queue("jobs").await;
    assert_eq!(place.queue("jobs").await, url, "the same again is the same queue");
    let other = sqs.create_queue().queue_name("jobs").attributes(QueueAttributeName::DelaySeconds, "5");
    assert!(other.send().await.unwrap_err().into_service_error().is_queue_name_exists());
    for (name, attribute, value) in [
        ("a b", QueueAttributeName::DelaySeconds, "1"),
        ("x", QueueAttributeName::DelaySeconds, "901"),
        ("x", QueueAttributeName::Policy, "[]"),
        ("x.fifo", QueueAttributeName::FifoQueue, "true"),
        ("x", QueueAttributeName::RedrivePolicy, "{\"deadLetterTargetArn\":\"arn\"}"),
    ] {
        assert!(
            sqs.create_queue().queue_name(name).attributes(attribute, value).send().await.is_err(),
            "{name} {value}"
        );
    }
    assert_eq!(sqs.get_queue_url().queue_name("jobs").send().await.unwrap().queue_url(), Some(url.as_str()));
    let listed = sqs.list_queues().queue_name_prefix("jo").send().await.unwrap();
    assert_eq!(listed.queue_urls(), std::slice::from_ref(&url));
    assert!(sqs.list_queues().queue_name_prefix("x").send().await.unwrap().queue_urls().is_empty());
    let arn = place.attribute(&url, QueueAttributeName::QueueArn).await.unwrap();
    assert_eq!(arn, format!("arn:aws:sqs:us-east-1:{ACCOUNT}:jobs"));
    sqs.tag_queue().queue_url(&url).tags("mlopsctl:drill", "x").send().await.unwrap();
    let tags = sqs.list_queue_tags().queue_url(&url).send().await.unwrap().tags.unwrap();
    assert_eq!(tags["mlopsctl:drill"], "x");
    sqs.untag_queue().queue_url(&url).tag_keys("mlopsctl:drill").send().await.unwrap();
    assert!(sqs.list_queue_tags().queue_url(&url).send().await.unwrap().tags.is_none());
    sqs.delete_queue().queue_url(&url).send().await.unwrap();
    let gone = sqs.delete_queue().queue_url(&url).send().await.unwrap_err().into_service_error();
    assert!(gone.is_queue_does_not_exist(), "{gone:?}");
    assert_eq!(gone.code(), Some("AWS.SimpleQueueService.NonExistentQueue"));
    let soon = sqs.create_queue().queue_name("jobs").send().await.unwrap_err().into_service_error();
    assert!(soon.is_queue_deleted_recently());
    tokio::time::advance(Duration::from_secs(61)).await;
    place.queue("jobs").await;
}

#[tokio::test(start_paused = true)]
async fn a_topic_reaches_a_queue_whose_policy_lets_it() {
    let place = Place::new();
    let topic = place.sns.create_topic().name("alerts").send().await.unwrap().topic_arn.unwrap();
    let url = place.queue("jobs").await;
    let queue = place.attribute(&url, QueueAttributeName::QueueArn).await.unwrap();
    let subscribe = place.sns.subscribe().topic_arn(&topic).protocol("sqs").endpoint(&queue);
    let subscription = subscribe.return_subscription_arn(true).send().await.unwrap().subscription_arn.unwrap();
    // Each a moment after the one before: the outbox shows them by their time.
    let publish = async || {
        tokio::time::advance(Duration::from_secs(1)).await;
        let level = aws_sdk_sns::types::MessageAttributeValue::builder().data_type("String").string_value("high");
        let publish = place.sns.publish().topic_arn(&topic).subject("S").message("it fires");
        publish.message_attributes("level", level.build().unwrap()).send().await
    };
    let last = || place.sandbox.outbox(ACCOUNT, "us-east-1").unwrap().pop().unwrap().delivery;
    let refused = |part: &str| matches!(last(), Delivery::Failed(why) if why.contains(part));

    publish().await.unwrap();
    assert!(refused("policy does not let"), "{:?}", last());
    place.set(&url, QueueAttributeName::Policy, &policy(&queue, &topic.replace("alerts", "other"))).await;
    publish().await.unwrap();
    assert!(refused("policy does not let"), "{:?}", last());
    assert!(place.bodies(&url).await.is_empty());

    place.set(&url, QueueAttributeName::Policy, &policy(&queue, &topic)).await;
    publish().await.unwrap();
    assert_eq!(last(), Delivery::Arrived);
    let bodies = place.bodies(&url).await;
    let envelope: Value = serde_json::from_str(&bodies[0]).unwrap();
    assert_eq!((bodies.len(), &envelope["Message"], &envelope["Subject"]), (1, &json!("it fires"), &json!("S")));
    assert_eq!(envelope["MessageAttributes"], json!({ "level": { "Type": "String", "Value": "high" } }));

    let set = place.sns.set_subscription_attributes().subscription_arn(&subscription);
    set.attribute_name("RawMessageDelivery").attribute_value("true").send().await.unwrap();
    publish().await.unwrap();
    let received = place.sqs.receive_message().queue_url(&url).message_attribute_names("All").send().await.unwrap();
    let message = &received.messages()[0];
    assert_eq!(message.body(), Some("it fires"));
    assert_eq!(message.message_attributes().unwrap()["level"].string_value(), Some("high"));

    place.set(&url, QueueAttributeName::KmsMasterKeyId, "alias/aws/sqs").await;
    publish().await.unwrap();
    assert!(refused("key"), "{:?}", last());
    place.sqs.delete_queue().queue_url(&url).send().await.unwrap();
    publish().await.unwrap();
    assert!(refused("does not exist"), "{:?}", last());
}
