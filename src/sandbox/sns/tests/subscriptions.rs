//! Subscriptions from the first mail to the end.

use super::{EMAIL, Place, QUEUE, tag, words};
use crate::testing::config;
use crate::{ACCOUNT, Sandbox, Weather};
use aws_sdk_sns::Client;
use std::time::Duration;

#[tokio::test]
async fn an_email_is_pending_until_its_token_comes_back() {
    let place = Place::new();
    let topic = place.topic("alerts").await;
    let quiet = place.sns.subscribe().topic_arn(&topic).protocol("email").endpoint(EMAIL).send().await.unwrap();
    assert_eq!(quiet.subscription_arn(), Some("pending confirmation"));
    assert_eq!(place.listed(&topic).await, [("PendingConfirmation".to_owned(), "email".to_owned(), EMAIL.to_owned())]);
    let attributes = place.topic_attributes(&topic).await;
    let counts = ["SubscriptionsPending", "SubscriptionsConfirmed"].map(|name| attributes[name].as_str());
    assert_eq!(counts, ["1", "0"]);

    let again = place.subscribe(&topic, "email", EMAIL).await;
    assert!(again.starts_with(&format!("{topic}:")));
    assert_eq!(place.outbox().len(), 2, "subscribing a pending endpoint again is a second mail");
    assert_eq!(place.listed(&topic).await.len(), 1);

    for pending in ["PendingConfirmation", again.as_str()] {
        let error = place.sns.unsubscribe().subscription_arn(pending).send().await.unwrap_err().into_service_error();
        let message = match pending {
            "PendingConfirmation" => "An ARN must have at least 6 elements, not 1",
            _ => "Cannot unsubscribe a subscription that is pending confirmation",
        };
        let expected = format!("InvalidParameter: Invalid parameter: SubscriptionArn Reason: {message}");
        assert_eq!(words(&error), expected);
    }
    assert_eq!(place.confirm(&topic, "nonsense").await.unwrap_err(), "InvalidParameter: Invalid parameter: Token");
    let token = place.outbox()[0].token.clone().unwrap();
    let other = place.topic("other").await;
    assert_eq!(place.confirm(&other, &token).await.unwrap_err(), "InvalidParameter: Invalid token");
    for _ in 0..2 {
        assert_eq!(
            place.confirm(&topic, &token).await.unwrap(),
            again,
            "the token of the first mail is good, and twice"
        );
    }
    assert_eq!(place.listed(&topic).await[0].0, again);
    let shown = place.subscription(&again).await;
    let flags = ["PendingConfirmation", "ConfirmationWasAuthenticated", "RawMessageDelivery"];
    assert_eq!(flags.map(|name| shown[name].as_str()), ["false", "true", "false"]);
    assert_eq!(place.subscribe(&topic, "email", EMAIL).await, again);
    assert_eq!(place.outbox().len(), 2, "a confirmed one gets no further mail");

    for _ in 0..2 {
        place.sns.unsubscribe().subscription_arn(&again).send().await.unwrap();
    }
    assert!(place.listed(&topic).await.is_empty());
    assert_eq!(place.topic_attributes(&topic).await["SubscriptionsDeleted"], "1");
    let gone = place.sns.get_subscription_attributes().subscription_arn(&again).send().await.unwrap_err();
    assert_eq!(words(&gone.into_service_error()), "NotFound: Subscription does not exist");
}

#[tokio::test(start_paused = true)]
async fn what_nobody_confirms_is_gone_after_two_days() {
    let place = Place::new();
    let topic = place.topic("alerts").await;
    let first = place.subscribe(&topic, "email", EMAIL).await;
    tokio::time::advance(Duration::from_secs(49 * 3600)).await;
    assert!(place.listed(&topic).await.is_empty());
    let token = place.outbox()[0].token.clone().unwrap();
    assert_eq!(place.confirm(&topic, &token).await.unwrap_err(), "InvalidParameter: Invalid parameter: Token");
    assert_ne!(place.subscribe(&topic, "email", EMAIL).await, first);
}

#[tokio::test]
async fn protocols_and_endpoints_are_checked() {
    let place = Place::new();
    let topic = place.topic("alerts").await;
    let fifo = place.sns.create_topic().name("jobs.fifo").attributes("FifoTopic", "true").send().await.unwrap();
    let fifo = fifo.topic_arn.unwrap();
    for (protocol, endpoint, pending) in [
        ("email-json", EMAIL, true),
        ("http", "http://example.edu/hook", true),
        ("https", "https://example.edu/hook", true),
        ("sms", "+15551234567", false),
        ("sqs", QUEUE, false),
        ("lambda", "arn:aws:lambda:us-east-1:123456789012:function:f", false),
    ] {
        let arn = place.subscribe(&topic, protocol, endpoint).await;
        assert_eq!(place.subscription(&arn).await["PendingConfirmation"], pending.to_string(), "{protocol}");
    }
    // One number, however it is written.
    let number = place.subscribe(&topic, "sms", "+15551234567").await;
    for written in ["15551234567", "1-555-123-4567"] {
        assert_eq!(place.subscribe(&topic, "sms", written).await, number);
    }
    assert_eq!(place.subscription(&number).await["Endpoint"], "+15551234567");
    let queue = format!("{QUEUE}.fifo");
    for (topic, protocol, endpoint, message) in [
        (&topic, "Email", EMAIL, "Invalid parameter: Amazon SNS does not support this protocol string: Email"),
        (&topic, "email", "nobody", "Invalid parameter: Email address"),
        (&topic, "email", "a@b", "Invalid parameter: Email address"),
        (&topic, "https", "http://example.edu", "Invalid parameter: Endpoint must match the specified protocol"),
        (&topic, "sms", "invalid-number", "Invalid SMS endpoint: invalid-number"),
        (&topic, "sms", "+15--551234567", "Invalid SMS endpoint: +15--551234567"),
        (&topic, "sms", "+15551234567.", "Invalid SMS endpoint: +15551234567."),
        (&topic, "sms", "/+15551234567", "Invalid SMS endpoint: /+15551234567"),
        (&topic, "sqs", "https://sqs/queue", "Invalid parameter: SQS endpoint ARN"),
        (
            &topic,
            "sqs",
            &queue,
            "Invalid parameter: Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics",
        ),
        (&fifo, "email", EMAIL, "Invalid parameter: Invalid protocol type: email"),
    ] {
        let refused = place.sns.subscribe().topic_arn(topic).protocol(protocol).endpoint(endpoint).send().await;
        let error = refused.unwrap_err().into_service_error();
        assert_eq!(words(&error), format!("InvalidParameter: {message}"));
    }
}

#[tokio::test]
async fn subscription_attributes_are_kept_compared_and_taken_away() {
    let place = Place::new();
    let topic = place.topic("alerts").await;
    let subscribe = || place.sns.subscribe().topic_arn(&topic).protocol("sqs").endpoint(QUEUE);
    let nested = r#"{"Trigger":{"MetricName":["Errors"]}}"#;
    let redrive = r#"{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:123456789012:dead"}"#;
    let full = || {
        let full = subscribe().attributes("FilterPolicy", nested).attributes("FilterPolicyScope", "MessageBody");
        full.attributes("RawMessageDelivery", "True").attributes("RedrivePolicy", redrive)
    };
    let arn = full().send().await.unwrap().subscription_arn.unwrap();
    let shown = place.subscription(&arn).await;
    for (name, value) in [
        ("FilterPolicy", nested),
        ("FilterPolicyScope", "MessageBody"),
        ("RawMessageDelivery", "true"),
        ("RedrivePolicy", redrive),
        ("Protocol", "sqs"),
        ("Endpoint", QUEUE),
        ("Owner", ACCOUNT),
    ] {
        assert_eq!(shown[name], value);
    }
    assert_eq!(full().send().await.unwrap().subscription_arn.unwrap(), arn);
    assert_eq!(subscribe().send().await.unwrap().subscription_arn.unwrap(), arn, "what is not given is not compared");
    let differs = subscribe().attributes("RawMessageDelivery", "false").send().await.unwrap_err().into_service_error();
    let message =
        "InvalidParameter: Invalid parameter: Attributes Reason: Subscription already exists with different attributes";
    assert_eq!(words(&differs), message);

    place.set_subscription(&arn, "FilterPolicy", "{}").await.unwrap();
    place.set_subscription(&arn, "RedrivePolicy", "").await.unwrap();
    let shown = place.subscription(&arn).await;
    for name in ["FilterPolicy", "FilterPolicyScope", "RedrivePolicy"] {
        assert!(!shown.contains_key(name), "{name}");
    }
    place.set_subscription(&arn, "FilterPolicyScope", "MessageAttributes").await.unwrap();
    for (name, value, message) in [
        ("Typo", "1", "Invalid parameter: AttributeName"),
        (
            "RawMessageDelivery",
            "maybe",
            "Invalid parameter: RawMessageDelivery: Invalid value [maybe]. Must be true or false.",
        ),
        ("FilterPolicy", r#"{"key":"v"}"#, r#"Invalid parameter: FilterPolicy: "key" must be an object or an array"#),
        (
            "FilterPolicy",
            nested,
            "Invalid parameter: Filter policy scope MessageAttributes does not support nested filter policy",
        ),
        (
            "FilterPolicyScope",
            "Body",
            "Invalid parameter: FilterPolicyScope: Invalid value [Body]. Please use either MessageBody or MessageAttributes",
        ),
        (
            "RedrivePolicy",
            r#"{"deadLetterTargetArn":"q"}"#,
            "Invalid parameter: RedrivePolicy: deadLetterTargetArn is an invalid arn",
        ),
    ] {
        let error = place.set_subscription(&arn, name, value).await.unwrap_err();
        assert_eq!(error, format!("InvalidParameter: {message}"));
    }
    let raw = place.sns.subscribe().topic_arn(&topic).protocol("email").endpoint(EMAIL);
    let error = raw.attributes("RawMessageDelivery", "true").send().await.unwrap_err().into_service_error();
    assert!(words(&error).ends_with("Delivery protocol [email] does not support raw message delivery."));
}

#[tokio::test]
async fn deleting_a_topic_ends_what_was_confirmed_and_leaves_what_is_pending() {
    let place = Place::new();
    let topic = place.topic("alerts").await;
    place.subscribe(&topic, "sqs", QUEUE).await;
    place.subscribe(&topic, "email", EMAIL).await;
    place.sns.tag_resource().resource_arn(&topic).tags(tag("a", "1")).send().await.unwrap();
    for _ in 0..2 {
        place.sns.delete_topic().topic_arn(&topic).send().await.unwrap();
    }
    let left = place.sns.list_subscriptions().send().await.unwrap();
    let left: Vec<_> = left.subscriptions().iter().map(|s| (s.endpoint(), s.subscription_arn())).collect();
    assert_eq!(left, [(Some(EMAIL), Some("PendingConfirmation"))]);
    let error =
        place.sns.list_subscriptions_by_topic().topic_arn(&topic).send().await.unwrap_err().into_service_error();
    assert!(error.is_not_found_exception());

    place.topic("alerts").await;
    assert!(place.listed(&topic).await.is_empty(), "a new topic has none of the subscriptions of the one before it");
    let tags = place.sns.list_tags_for_resource().resource_arn(&topic).send().await.unwrap();
    assert!(tags.tags().is_empty());
}

#[tokio::test]
async fn a_lost_answer_is_no_second_subscription() {
    let weather = Weather { fault_reset_after: 1.0, ..Weather::default() };
    let sandbox = Sandbox::in_memory(weather);
    let sns = Client::new(&config(&sandbox));
    assert!(sns.create_topic().name("alerts").send().await.is_err());
    let topic = "arn:aws:sns:us-east-1:123456789012:alerts";
    assert!(sns.subscribe().topic_arn(topic).protocol("email").endpoint(EMAIL).send().await.is_err());
    let sent = sandbox.outbox(ACCOUNT, "us-east-1").unwrap();
    assert_eq!(sent.len(), 1, "applied, though nobody was told");
    assert_eq!(sent[0].endpoint, EMAIL);
}
