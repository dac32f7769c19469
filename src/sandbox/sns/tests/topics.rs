//! Topics, their attributes, tags and lists.

use super::{Place, QUEUE, parsed, tag, words};
use crate::ACCOUNT;
use crate::testing::config_of;
use aws_sdk_sns::Client;
use serde_json::json;

#[tokio::test]
async fn a_new_topic_has_the_attributes_aws_gives_it() {
    let place = Place::new();
    let arn = place.topic("alerts").await;
    assert_eq!(arn, "arn:aws:sns:us-east-1:123456789012:alerts");
    let attributes = place.topic_attributes(&arn).await;
    let mut names: Vec<_> = attributes.keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "DisplayName",
            "EffectiveDeliveryPolicy",
            "Owner",
            "Policy",
            "SubscriptionsConfirmed",
            "SubscriptionsDeleted",
            "SubscriptionsPending",
            "TopicArn",
        ]
    );
    assert_eq!((attributes["DisplayName"].as_str(), attributes["SubscriptionsPending"].as_str()), ("", "0"));
    let policy = parsed(&attributes["Policy"]);
    assert_eq!(policy["Id"], "__default_policy_ID");
    assert_eq!(policy["Statement"][0]["Resource"], arn.as_str());
    assert_eq!(policy["Statement"][0]["Condition"]["StringEquals"]["AWS:SourceOwner"], ACCOUNT);
}

#[tokio::test]
async fn creating_again_finds_the_topic_unless_something_differs() {
    let place = Place::new();
    let create = || place.sns.create_topic().name("alerts");
    create().attributes("DisplayName", "Lab").tags(tag("a", "1")).send().await.unwrap();
    create().send().await.unwrap();
    create().attributes("DisplayName", "Lab").tags(tag("a", "1")).send().await.unwrap();
    let attributes =
        "InvalidParameter: Invalid parameter: Attributes Reason: Topic already exists with different attributes";
    for (name, value) in [("DisplayName", "Other"), ("SignatureVersion", "2")] {
        let error = create().attributes(name, value).send().await.unwrap_err().into_service_error();
        assert_eq!(words(&error), attributes);
    }
    let tags = "InvalidParameter: Invalid parameter: Tags Reason: Topic already exists with different tags";
    for tags_given in [vec![tag("a", "2")], vec![tag("a", "1"), tag("b", "1")]] {
        let error = create().set_tags(Some(tags_given)).send().await.unwrap_err().into_service_error();
        assert_eq!(words(&error), tags);
    }
}

#[tokio::test]
async fn attributes_are_set_one_by_one() {
    let place = Place::new();
    let arn = place.topic("alerts").await;
    let statement = json!({
        "Sid": "alarms", "Effect": "Allow", "Principal": { "Service": "cloudwatch.amazonaws.com" },
        "Action": ["sns:Publish"], "Resource": [arn],
        "Condition": { "ArnLike": { "aws:SourceArn": "arn:aws:cloudwatch:us-east-1:123456789012:alarm:*" } }
    });
    let policy = json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string();
    for (name, value) in [
        ("DisplayName", "Lab"),
        ("KmsMasterKeyId", "alias/mine"),
        ("TracingConfig", "Active"),
        ("SignatureVersion", "2"),
        ("LambdaSuccessFeedbackSampleRate", "100"),
    ] {
        place.set_topic(&arn, name, value).await.unwrap();
        assert_eq!(place.topic_attributes(&arn).await[name], value);
    }
    place.set_topic(&arn, "Policy", &policy).await.unwrap();
    let shown = parsed(&place.topic_attributes(&arn).await["Policy"]);
    assert_eq!(shown["Statement"][0]["Action"], "sns:Publish", "a list of one is shown as the one");
    place
        .set_topic(&arn, "DeliveryPolicy", r#"{"http":{"defaultHealthyRetryPolicy":{"numRetries":9}}}"#)
        .await
        .unwrap();
    let effective = parsed(&place.topic_attributes(&arn).await["EffectiveDeliveryPolicy"]);
    assert_eq!(effective["http"]["defaultHealthyRetryPolicy"]["numRetries"], 9);
    for name in ["DisplayName", "KmsMasterKeyId", "DeliveryPolicy"] {
        place.set_topic(&arn, name, "").await.unwrap();
    }
    let attributes = place.topic_attributes(&arn).await;
    assert_eq!(attributes["DisplayName"], "");
    assert!(!attributes.contains_key("KmsMasterKeyId") && !attributes.contains_key("DeliveryPolicy"));

    let foreign = policy.replace("sns:Publish", "sqs:SendMessage");
    for (name, value, message) in [
        ("Typo", "1", "Invalid parameter: AttributeName"),
        ("FifoTopic", "true", "Invalid parameter: AttributeName"),
        ("SignatureVersion", "3", "SignatureVersion: Invalid value [3]"),
        ("ContentBasedDeduplication", "true", "only for FIFO topics"),
        ("Policy", "[]", "Invalid parameter: Policy Error: null"),
        ("Policy", &foreign, "Policy statement action out of service scope!"),
        ("DisplayName", &"x".repeat(101), "DisplayName"),
    ] {
        let error = place.set_topic(&arn, name, value).await.unwrap_err();
        assert!(error.starts_with("InvalidParameter: ") && error.contains(message), "{name}: {error}");
    }
}

#[tokio::test]
async fn fifo_topics_are_named_so() {
    let place = Place::new();
    let create = |name: &str, fifo: &str| place.sns.create_topic().name(name).attributes("FifoTopic", fifo);
    let arn = create("jobs.fifo", "true").send().await.unwrap().topic_arn.unwrap();
    let attributes = place.topic_attributes(&arn).await;
    assert_eq!((attributes["FifoTopic"].as_str(), attributes["ContentBasedDeduplication"].as_str()), ("true", "false"));
    create("plain", "false").send().await.unwrap();
    for (name, fifo) in
        [("jobs", "true"), ("other.fifo", "false"), ("no spaces", "false"), ("", "false"), (".fifo", "true")]
    {
        let error = create(name, fifo).send().await.unwrap_err().into_service_error();
        assert_eq!(words(&error), "InvalidParameter: Invalid parameter: Topic Name", "{name}");
    }
}

#[tokio::test]
async fn wrong_arns_are_told_apart() {
    let place = Place::new();
    place.topic("alerts").await;
    for (arn, message) in [
        ("alerts", "InvalidParameter: Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not 1"),
        ("arn:aws:sns:us-east-1:123456789012:gone", "NotFound: Topic does not exist"),
        ("arn:aws:sns:eu-west-1:123456789012:alerts", "InvalidParameter: Invalid parameter: TopicArn"),
    ] {
        let error = place.sns.get_topic_attributes().topic_arn(arn).send().await.unwrap_err().into_service_error();
        assert_eq!(words(&error), message);
    }
    let foreign = place.sns.get_topic_attributes().topic_arn("arn:aws:sns:us-east-1:210987654321:alerts").send().await;
    assert!(foreign.unwrap_err().into_service_error().is_authorization_error_exception());
}

#[tokio::test]
async fn tags_come_and_go() {
    let place = Place::new();
    let topic = place.topic("alerts").await;
    let add = place.sns.tag_resource().resource_arn(&topic).tags(tag("a", "1")).tags(tag("b", "2"));
    add.send().await.unwrap();
    place.sns.tag_resource().resource_arn(&topic).tags(tag("a", "3")).send().await.unwrap();
    place.sns.untag_resource().resource_arn(&topic).tag_keys("b").tag_keys("never").send().await.unwrap();
    let tags = place.sns.list_tags_for_resource().resource_arn(&topic).send().await.unwrap();
    assert_eq!(tags.tags(), [tag("a", "3")]);
    let twice = place.sns.tag_resource().resource_arn(&topic).tags(tag("a", "1")).tags(tag("a", "2")).send().await;
    let message = "InvalidParameter: Invalid parameter: Duplicated keys are not allowed.";
    assert_eq!(words(&twice.unwrap_err().into_service_error()), message);
    let many = (0..51).map(|n| tag(&n.to_string(), "")).collect();
    let many = place.sns.tag_resource().resource_arn(&topic).set_tags(Some(many)).send().await;
    assert!(many.unwrap_err().into_service_error().is_tag_limit_exceeded_exception());
    let missing = place.sns.list_tags_for_resource().resource_arn(format!("{topic}x")).send().await;
    assert!(missing.unwrap_err().into_service_error().is_resource_not_found_exception());
}

#[tokio::test]
async fn lists_come_in_pages_of_a_hundred_in_no_order() {
    let place = Place::new();
    let topic = place.topic("t000").await;
    for n in 1..120 {
        place.topic(&format!("t{n:03}")).await;
        place.subscribe(&topic, "sqs", &format!("{QUEUE}{n}")).await;
    }
    let first = place.sns.list_topics().send().await.unwrap();
    assert_eq!(first.topics().len(), 100);
    let second = place.sns.list_topics().next_token(first.next_token().unwrap()).send().await.unwrap();
    assert_eq!((second.topics().len(), second.next_token()), (20, None));
    let all: Vec<_> = first.topics().iter().chain(second.topics()).filter_map(|topic| topic.topic_arn()).collect();
    assert!(!all.is_sorted());
    assert_eq!(all.iter().collect::<std::collections::HashSet<_>>().len(), 120);
    assert_eq!(place.listed(&topic).await.len(), 119);
    let page = place.sns.list_subscriptions().send().await.unwrap();
    assert_eq!(page.subscriptions().len(), 100);
    let elsewhere = Client::new(&config_of(&place.sandbox, "210987654321", "us-east-1"));
    assert!(elsewhere.list_topics().send().await.unwrap().topics().is_empty());
}

#[tokio::test]
async fn the_tagging_index_knows_topics_and_log_groups_while_they_stand() {
    let place = Place::new();
    let config = crate::testing::config(&place.sandbox);
    let index = aws_sdk_resourcegroupstagging::Client::new(&config);
    let logs = aws_sdk_cloudwatchlogs::Client::new(&config);
    let found = async |kind: &str| {
        let found = index.get_resources().resource_type_filters(kind).send().await.unwrap();
        let arns = found.resource_tag_mapping_list().iter().filter_map(|mapping| mapping.resource_arn());
        arns.map(str::to_owned).collect::<Vec<_>>()
    };
    place.sns.create_topic().name("alerts").tags(tag("a", "1")).send().await.unwrap();
    logs.create_log_group().log_group_name("g").tags("a", "1").send().await.unwrap();
    let (topic, group) =
        ("arn:aws:sns:us-east-1:123456789012:alerts", "arn:aws:logs:us-east-1:123456789012:log-group:g");
    assert_eq!(found("sns").await, [topic]);
    assert_eq!(found("sns:topic").await, [topic]);
    assert_eq!(found("logs:log-group").await, [group]);
    place.sns.delete_topic().topic_arn(topic).send().await.unwrap();
    logs.delete_log_group().log_group_name("g").send().await.unwrap();
    assert!(found("sns").await.is_empty() && found("logs").await.is_empty());
}
