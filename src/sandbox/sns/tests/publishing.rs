//! Who gets a message, and in which form.

use super::{Place, QUEUE, parsed, words};
use crate::ACCOUNT;
use crate::sns::{Notice, Notified, notify};
use aws_sdk_sns::types::MessageAttributeValue;

#[tokio::test]
async fn a_message_reaches_whom_it_should_in_the_form_they_take() {
    let place = Place::new();
    let topic = place.topic("alerts").await;
    place.subscribe(&topic, "email", "pending@example.edu").await;
    place.subscribe(&topic, "sms", "+15551234567").await;
    place.subscribe(&topic, "sqs", QUEUE).await;
    let raw = place.subscribe(&topic, "sqs", &format!("{QUEUE}-raw")).await;
    place.set_subscription(&raw, "RawMessageDelivery", "true").await.unwrap();
    let filtered = place.subscribe(&topic, "sqs", &format!("{QUEUE}-filtered")).await;
    place.set_subscription(&filtered, "FilterPolicy", r#"{"level":["high"],"n":[{"numeric":[">",1]}]}"#).await.unwrap();
    let by_body = place.subscribe(&topic, "sqs", &format!("{QUEUE}-body")).await;
    place.set_subscription(&by_body, "FilterPolicyScope", "MessageBody").await.unwrap();
    place.set_subscription(&by_body, "FilterPolicy", r#"{"a":{"b":[1]}}"#).await.unwrap();

    let text =
        |kind: &str, value: &str| MessageAttributeValue::builder().data_type(kind).string_value(value).build().unwrap();
    let publish = |message: &str| place.sns.publish().topic_arn(&topic).subject("S & <T>").message(message);
    let high = publish("hello").message_attributes("level", text("String", "high"));
    high.message_attributes("n", text("Number", "2")).send().await.unwrap();
    publish(r#"{"a":{"b":1}}"#).send().await.unwrap();
    let mut got: Vec<(String, String)> = place
        .outbox()
        .into_iter()
        .filter(|letter| letter.token.is_none())
        .map(|letter| {
            let name = letter.endpoint.rsplit(':').next().unwrap_or_default().to_owned();
            let body = match letter.body.starts_with(r#"{"Message""#) {
                true => format!("envelope of {}", parsed(&letter.body)["Message"].as_str().unwrap()),
                false => letter.body,
            };
            assert_eq!(letter.subject.as_deref(), Some("S & <T>"));
            (name, body)
        })
        .collect();
    got.sort();
    let body = r#"{"a":{"b":1}}"#;
    let expected = [
        ("+15551234567", "hello".to_owned()),
        ("+15551234567", body.to_owned()),
        ("jobs", "envelope of hello".to_owned()),
        ("jobs", format!("envelope of {body}")),
        ("jobs-body", format!("envelope of {body}")),
        ("jobs-filtered", "envelope of hello".to_owned()),
        ("jobs-raw", "hello".to_owned()),
        ("jobs-raw", body.to_owned()),
    ];
    let mut expected = expected.map(|(name, body)| (name.to_owned(), body));
    expected.sort();
    assert_eq!(got, expected);

    for (request, message) in [
        (publish(""), "Invalid parameter: Empty message"),
        (publish(&"x".repeat(262_145)), "Invalid parameter: Message too long"),
        (publish("m").subject(""), "Invalid parameter: Subject"),
        (
            publish("m").message_structure("json"),
            "Invalid parameter: Message Structure - JSON message body failed to parse",
        ),
        (
            publish("{}").message_structure("json"),
            "Invalid parameter: Message Structure - No default entry in JSON message body",
        ),
    ] {
        assert_eq!(
            words(&request.send().await.unwrap_err().into_service_error()),
            format!("InvalidParameter: {message}")
        );
    }
}

#[tokio::test]
async fn alarms_publish_where_they_may() {
    let place = Place::new();
    let topic = place.topic("alerts").await;
    place.subscribe(&topic, "sms", "+15551234567").await;
    let alarm = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:errors";
    let notice = Notice { alarm_arn: alarm, subject: "ALARM", message: "it fires", mail: "It fires." };
    let notify = |topic: &str| place.sandbox.visit(ACCOUNT, "us-east-1", |tx| notify(tx, topic, &notice)).unwrap();
    assert_eq!(notify(&topic), Notified::Sent);
    assert_eq!(place.outbox().last().unwrap().body, "it fires");
    assert!(matches!(notify(&format!("{topic}x")), Notified::Refused(why) if why.contains("does not exist")));
    place.set_topic(&topic, "KmsMasterKeyId", "alias/aws/sns").await.unwrap();
    assert!(matches!(notify(&topic), Notified::Refused(why) if why.contains("encryption key")));
    place.set_topic(&topic, "KmsMasterKeyId", "").await.unwrap();
    let policy =
        r#"{"Statement":{"Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},"Action":"sns:Publish"}}"#;
    place.set_topic(&topic, "Policy", policy).await.unwrap();
    assert!(matches!(notify(&topic), Notified::Refused(why) if why.contains("not authorized")));
    assert_eq!(place.outbox().len(), 1);
}

#[tokio::test]
async fn fifo_topics_ask_for_a_group_and_a_way_to_tell_repeats() {
    let place = Place::new();
    let create = place.sns.create_topic().name("jobs.fifo").attributes("FifoTopic", "true");
    let topic = create.send().await.unwrap().topic_arn.unwrap();
    let publish = || place.sns.publish().topic_arn(&topic).message("m");
    for (request, message) in [
        (publish(), "The MessageGroupId parameter is required for FIFO topics"),
        (publish().message_group_id("g"), "ContentBasedDeduplication enabled or MessageDeduplicationId"),
    ] {
        assert!(words(&request.send().await.unwrap_err().into_service_error()).contains(message));
    }
    let published = publish().message_group_id("g").message_deduplication_id("1").send().await.unwrap();
    assert!(published.message_id().is_some() && published.sequence_number().is_some());
    place.set_topic(&topic, "ContentBasedDeduplication", "true").await.unwrap();
    publish().message_group_id("g").send().await.unwrap();
}
