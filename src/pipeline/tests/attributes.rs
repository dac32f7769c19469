//! What a spec does not name of a topic, a subscription or a log group stays as it is; what it has stopped naming goes back.

use super::world::{World, assert_complete, everything, lines, notes, refusals, spec_of, with};
use crate::plan::Consent;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const QUEUE: &str = "arn:aws:sqs:us-east-1:123456789012:inbox";
const THEIR_KEY: &str = "arn:aws:kms:us-east-1:123456789012:key/theirs";
const OUR_KEY: &str = "arn:aws:kms:us-east-1:123456789012:key/ours";

/// Everything that AWS sets attribute by attribute, with no attribute named.
const NAMES_ONLY: &str = r#"
topics:
  alerts: { subscriptions: [{ protocol: sqs, endpoint: "arn:aws:sqs:us-east-1:123456789012:inbox" }] }
  ordered.fifo: { fifo: true }
log_groups: { /app/web: }
"#;

/// Attributes that somebody else has set, of every kind: also those that mlopsctl does not know.
const THEIRS: &[(&str, &str)] = &[
    ("DisplayName", "Theirs"),
    ("KmsMasterKeyId", "alias/theirs"),
    ("DeliveryPolicy", r#"{"http":{"defaultHealthyRetryPolicy":{"numRetries":7}}}"#),
    ("SignatureVersion", "2"),
    ("TracingConfig", "Active"),
    ("LambdaFailureFeedbackRoleArn", "arn:aws:iam::123456789012:role/feedback"),
    ("HTTPSuccessFeedbackSampleRate", "50"),
];
const THEIRS_OF_FIFO: &[(&str, &str)] =
    &[("ContentBasedDeduplication", "true"), ("FifoThroughputScope", "MessageGroup")];
const THEIRS_OF_SUBSCRIPTION: &[(&str, &str)] =
    &[("RawMessageDelivery", "true"), ("FilterPolicy", r#"{"severity":["high"]}"#)];

async fn made_by_hand(world: &World) {
    let aws = world.hands().await;
    for (name, attributes) in [("alerts", THEIRS), ("ordered.fifo", THEIRS_OF_FIFO)] {
        let create = aws.sns.create_topic().name(name);
        let create = if name.ends_with(".fifo") { create.attributes("FifoTopic", "true") } else { create };
        let arn = create.send().await.unwrap().topic_arn.unwrap();
        for (attribute, value) in attributes {
            let set = aws.sns.set_topic_attributes().topic_arn(&arn);
            set.attribute_name(*attribute).attribute_value(*value).send().await.unwrap();
        }
        if name == "alerts" {
            let mut subscribe = aws.sns.subscribe().topic_arn(&arn).protocol("sqs").endpoint(QUEUE);
            for (attribute, value) in THEIRS_OF_SUBSCRIPTION {
                subscribe = subscribe.attributes(*attribute, *value);
            }
            subscribe.send().await.unwrap();
        }
    }
    aws.logs.create_log_group().log_group_name("/app/web").kms_key_id(THEIR_KEY).send().await.unwrap();
    aws.logs.put_retention_policy().log_group_name("/app/web").retention_in_days(90).send().await.unwrap();
}

/// What stands of these kinds, without tags.
fn attributes(world: &World) -> BTreeMap<(String, String), Value> {
    let mut contents = world.contents();
    contents.retain(|(table, _), _| ["sns-topic", "sns-subscription", "logs-group"].contains(&table.as_str()));
    contents
}

fn topic(world: &World, name: &str) -> Value {
    world.contents()[&("sns-topic".to_owned(), name.to_owned())]["attributes"].clone()
}

fn group(world: &World, name: &str) -> Value {
    world.contents()[&("logs-group".to_owned(), name.to_owned())].clone()
}

/// The tag that remembers what the spec named.
async fn declared(world: &World, topic: &str) -> Option<String> {
    let arn = format!("arn:aws:sns:us-east-1:123456789012:{topic}");
    let tags = world.hands().await.sns.list_tags_for_resource().resource_arn(arn).send().await.unwrap();
    tags.tags().iter().find(|tag| tag.key() == "mlopsctl:declared").map(|tag| tag.value().to_owned())
}

#[tokio::test(start_paused = true)]
async fn what_the_spec_does_not_name_stays_through_adoption_and_every_later_change() {
    let world = World::fine();
    made_by_hand(&world).await;
    let before = attributes(&world);
    let spec = spec_of("own", NAMES_ONLY);
    let planned = world.plan_with(&spec, &everything()).await;
    let address = format!("subscription/alerts/sqs/{QUEUE}");
    let adopted = ["> topic/alerts", "> topic/ordered.fifo", &format!("> {address}"), "> log_group//app/web"];
    assert_eq!(lines(&planned), adopted);
    assert_complete(&world.apply_planned(&planned).await);
    assert_eq!(attributes(&world), before);
    assert!(lines(&world.plan(&spec).await).is_empty());

    // One attribute of each is named: only that one changes.
    let named = with(&spec, "alerts: {", "alerts: { display_name: Ours,");
    let named = with(&named, "inbox\" }", "inbox\", filter_policy: { severity: [low] } }");
    let named = with(&named, "fifo: true", "fifo: true, content_based_deduplication: false");
    let named = with(&named, "/app/web:", "/app/web: { retention: 30d }");
    let changes = [
        "~ topic/alerts display_name",
        "~ topic/ordered.fifo content_based_deduplication",
        &format!("~ {address} filter_policy"),
        "~ log_group//app/web retention_in_days",
    ];
    assert_eq!(lines(&world.plan(&named).await), changes);
    assert_complete(&world.apply(&named).await);
    assert_eq!(lines(&world.plan(&named).await), [""; 0]);
    let now = topic(&world, "alerts");
    for (attribute, value) in THEIRS.iter().filter(|(attribute, _)| *attribute != "DisplayName") {
        assert!(now[attribute] == *value || *attribute == "DeliveryPolicy", "{attribute}: {now}");
    }
    assert_eq!(
        now["DeliveryPolicy"],
        before[&("sns-topic".to_owned(), "alerts".to_owned())]["attributes"]["DeliveryPolicy"]
    );
    assert_eq!((&now["DisplayName"], &group(&world, "/app/web")["kms_key_id"]), (&json!("Ours"), &json!(THEIR_KEY)));

    // And named no more: a log group gets back what it was; what topics and subscriptions were nobody knows, and it stays.
    assert_eq!(lines(&world.plan(&spec).await), [changes[3]]);
    assert_complete(&world.apply(&spec).await);
    assert!(lines(&world.plan(&spec).await).is_empty());
    assert_eq!(topic(&world, "alerts")["DisplayName"], "Ours");
    assert_eq!(topic(&world, "ordered.fifo")["FifoThroughputScope"], "MessageGroup");
    assert_eq!(group(&world, "/app/web"), before[&("logs-group".to_owned(), "/app/web".to_owned())]);
    let subscription = attributes(&world).into_iter().find(|((table, _), _)| table == "sns-subscription").unwrap().1;
    assert_eq!(subscription["attributes"]["RawMessageDelivery"], "true");
    assert_eq!(subscription["attributes"]["FilterPolicy"], r#"{"severity":["low"]}"#);

    // What is set by hand after that is theirs again.
    let aws = world.hands().await;
    let arn = "arn:aws:sns:us-east-1:123456789012:alerts";
    let set = aws.sns.set_topic_attributes().topic_arn(arn).attribute_name("DisplayName").attribute_value("Again");
    set.send().await.unwrap();
    assert!(lines(&world.plan(&spec).await).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_tag_remembers_what_was_named_and_without_it_nothing_more_is_managed() {
    let world = World::fine();
    let spec = spec_of("own", "topics: { alerts: { display_name: Alarms, signature_version: 2 } }\n");
    let planned = world.plan(&spec).await;
    assert_complete(&world.apply_planned(&planned).await);
    assert_eq!(declared(&world, "alerts").await.as_deref(), Some("display_name signature_version"));
    assert!(lines(&world.plan(&spec).await).is_empty());

    let one_less = with(&spec, ", signature_version: 2", "");
    let older = world.fork(crate::sandbox::Weather::default());
    assert_eq!(lines(&world.plan(&one_less).await), ["~ topic/alerts signature_version"]);
    assert_complete(&world.apply(&one_less).await);
    assert_eq!(declared(&world, "alerts").await.as_deref(), Some("display_name"));
    assert_complete(&world.apply(&spec_of("own", "topics: { alerts: }\n")).await);
    assert_eq!(declared(&world, "alerts").await.as_deref(), Some(""));

    // An older version made the topic: what it set is not known to be ours.
    let sns = &older.hands().await.sns;
    let arn = "arn:aws:sns:us-east-1:123456789012:alerts";
    sns.untag_resource().resource_arn(arn).tag_keys("mlopsctl:declared").send().await.unwrap();
    assert!(lines(&older.plan(&one_less).await).is_empty());
    // From the next change on it is remembered.
    let renamed = with(&one_less, "Alarms", "Alerts");
    assert_complete(&older.apply(&renamed).await);
    assert_eq!(declared(&older, "alerts").await.as_deref(), Some("display_name"));
    assert_eq!(lines(&older.plan(&spec_of("own", "topics: { alerts: }\n")).await), ["~ topic/alerts display_name"]);
}

#[tokio::test(start_paused = true)]
async fn null_or_the_default_sets_back_what_others_set() {
    let world = World::fine();
    made_by_hand(&world).await;
    let policy = r#"{"Statement":{"Effect":"Allow","Principal":"*","Action":"sns:Publish"}}"#;
    let arn = "arn:aws:sns:us-east-1:123456789012:alerts";
    let set = world.hands().await.sns.set_topic_attributes().topic_arn(arn);
    set.attribute_name("Policy").attribute_value(policy).send().await.unwrap();
    let spec = spec_of(
        "own",
        r#"
topics:
  alerts:
    display_name: null
    kms_master_key_id: ~
    delivery_policy: null
    policy: null
    signature_version: 1
    tracing_config: PassThrough
    subscriptions:
      - { protocol: sqs, endpoint: "arn:aws:sqs:us-east-1:123456789012:inbox", filter_policy: null, raw_message_delivery: false }
log_groups: { /app/web: { kms_key_id: null, retention: never } }
"#,
    );
    let planned = world.plan_with(&spec, &everything()).await;
    assert!(
        notes(&planned).iter().any(|note| note.contains("not encrypted with a key of yours")),
        "{:?}",
        notes(&planned)
    );
    assert_complete(&world.apply_planned(&planned).await);
    assert!(lines(&world.plan(&spec).await).is_empty(), "{:?}", lines(&world.plan(&spec).await));
    let topic = topic(&world, "alerts");
    for attribute in ["DisplayName", "KmsMasterKeyId", "DeliveryPolicy"] {
        assert_eq!(topic[attribute], Value::Null, "{topic}");
    }
    assert_eq!((&topic["SignatureVersion"], &topic["TracingConfig"]), (&json!("1"), &json!("PassThrough")));
    assert_eq!(topic["LambdaFailureFeedbackRoleArn"], "arn:aws:iam::123456789012:role/feedback");
    assert!(topic["Policy"].as_str().is_some_and(|policy| policy.contains("__default_policy_ID")), "{topic}");
    let group = group(&world, "/app/web");
    assert_eq!((&group["kms_key_id"], &group["retention"]), (&Value::Null, &Value::Null));
}

#[tokio::test(start_paused = true)]
async fn an_adopted_log_group_gets_back_only_what_the_spec_changed() {
    let world = World::fine();
    made_by_hand(&world).await;
    let spec = spec_of("own", &format!("log_groups: {{ /app/web: {{ kms_key_id: \"{OUR_KEY}\" }} }}\n"));
    let planned = world.plan(&spec).await;
    assert_eq!(lines(&planned), ["> log_group//app/web kms_key_id"]);
    assert!(notes(&planned)[0].contains("old key"), "{:?}", notes(&planned));
    assert_complete(&world.apply_planned(&planned).await);
    assert_eq!(group(&world, "/app/web")["kms_key_id"], OUR_KEY);
    let logs = &world.hands().await.logs;
    logs.put_retention_policy().log_group_name("/app/web").retention_in_days(7).send().await.unwrap();
    assert!(lines(&world.plan(&spec).await).is_empty());
    // Named later, it is remembered then.
    let both = with(&spec, "{ kms_key_id", "{ retention: 14d, kms_key_id");
    let forked = world.fork(crate::sandbox::Weather::default());
    assert_complete(&forked.apply(&both).await);
    for (world, spec) in [(&world, &spec), (&forked, &both)] {
        assert_complete(&world.destroy(spec).await);
        let group = group(world, "/app/web");
        assert_eq!((&group["kms_key_id"], &group["retention"]), (&json!(THEIR_KEY), &json!(7)));
        assert!(lines(&world.plan_destroy(spec, &[]).await).is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_under_functions_is_of_the_functions_log_group() {
    let world = World::fine();
    let name = "/aws/lambda/mlops-service-lambda";
    let logs = &world.hands().await.logs;
    logs.associate_kms_key().log_group_name(name).kms_key_id(THEIR_KEY).send().await.unwrap();
    let spec = spec_of("own", "functions: { mlops-service-lambda: { retention: 14d } }\n");
    assert_eq!(lines(&world.plan(&spec).await), [format!("> log_group/{name} retention_in_days")]);
    assert_complete(&world.apply(&spec).await);
    assert_eq!(group(&world, name)["kms_key_id"], THEIR_KEY);
    let with_key = with(&spec, "retention: 14d", &format!("kms_key_id: \"{OUR_KEY}\""));
    assert_eq!(lines(&world.plan(&with_key).await), [format!("~ log_group/{name} kms_key_id retention_in_days")]);
    assert_complete(&world.apply(&with_key).await);
    assert_eq!(group(&world, name)["kms_key_id"], OUR_KEY);
    assert!(lines(&world.plan(&with_key).await).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_fixed_retention_is_not_managed_and_a_mistake_where_it_is_named() {
    use aws_sdk_cloudwatchlogs::types::LogGroupClass;
    let world = World::fine();
    let logs = &world.hands().await.logs;
    for (name, class) in [("/app/ia", LogGroupClass::InfrequentAccess), ("/app/deliv", LogGroupClass::Delivery)] {
        logs.create_log_group().log_group_name(name).log_group_class(class).send().await.unwrap();
    }
    let both = spec_of("cls", "log_groups:\n  /app/ia: { retention: 30d }\n  /app/deliv: { retention: 30d }\n");
    let planned = world.plan_with(&both, &everything()).await;
    let fixed = "log_group//app/deliv: it is of class DELIVERY, whose retention AWS has fixed";
    assert_eq!(refusals(&planned), [fixed]);
    let unnamed = with(&both, "/app/deliv: { retention: 30d }", "/app/deliv:");
    assert_complete(&world.apply(&unnamed).await);
    assert!(lines(&world.plan(&unnamed).await).is_empty());
    assert_eq!(refusals(&world.plan_with(&both, &everything()).await), [fixed], "of our own, too");
    let never = with(&unnamed, "/app/deliv:", "/app/deliv: { retention: never }");
    assert!(lines(&world.plan(&never).await).is_empty(), "no retention of its own is what it has");
    let class = with(&unnamed, "/app/deliv:", "/app/deliv: { log_group_class: DELIVERY }");
    assert!(lines(&world.plan(&class).await).is_empty());
    let by_default = with(&class, "log_groups:", "defaults: { retention: 14d }\nlog_groups:");
    assert!(lines(&world.plan(&by_default).await).is_empty(), "a default is for those that take it");
    // Made with that class, and replaced by it: no retention is asked for.
    let new = with(&class, "/app/deliv", "/app/new");
    assert_complete(&world.apply(&new).await);
    let replaced = with(&new, "{ retention: 30d }", "{ log_group_class: DELIVERY }");
    let deleting = Consent { delete_adopted: true, ..everything() };
    let planned = world.plan_with(&replaced, &deleting).await;
    assert_complete(&world.apply_planned(&planned).await);
    assert!(lines(&world.plan(&replaced).await).is_empty());
    assert_eq!(group(&world, "/app/ia")["class"], "DELIVERY");
}

#[tokio::test(start_paused = true)]
async fn what_goes_with_a_log_group_is_named_before_and_a_protected_one_stays() {
    let world = World::fine();
    let spec = spec_of("own", "log_groups: { /app/web: { retention: 14d }, /app/kept: }\n");
    assert_complete(&world.apply(&spec).await);
    let logs = &world.hands().await.logs;
    let transformation = aws_sdk_cloudwatchlogs::types::MetricTransformation::builder();
    let transformation = transformation.metric_name("n").metric_namespace("s").metric_value("1").build().unwrap();
    let put = logs.put_metric_filter().log_group_name("/app/web").filter_name("f").filter_pattern("ERROR");
    put.metric_transformations(transformation).send().await.unwrap();
    logs.associate_kms_key().log_group_name("/app/web").kms_key_id(THEIR_KEY).send().await.unwrap();
    let protect = logs.put_log_group_deletion_protection().log_group_identifier("/app/kept");
    protect.deletion_protection_enabled(true).send().await.unwrap();

    let careful = Consent { data_loss: false, ..everything() };
    let without = spec_of("own", "topics: { t: }\n");
    let planned = world.plan_with(&without, &careful).await;
    let reasons = [
        "log_group//app/kept: its deletion protection is on: AWS deletes it for nobody",
        "log_group//app/web: deleting it loses 1 metric filter (f)",
    ];
    assert_eq!(refusals(&planned), reasons);
    assert_eq!(refusals(&world.plan_with(&without, &everything()).await), reasons[..1]);
    assert_eq!(refusals(&world.plan_destroy(&spec, &[]).await), reasons[..1], "destroy sees it, too");
    assert!(
        notes(&planned).iter().any(|n| n.contains("1 metric filter (f), and its subscription filters")),
        "{:?}",
        notes(&planned)
    );

    // Made anew, it keeps what the spec does not name.
    let other_class = with(&spec, "retention: 14d", "log_group_class: INFREQUENT_ACCESS, retention: 14d");
    assert_eq!(refusals(&world.plan_with(&other_class, &careful).await).len(), 1);
    assert_complete(&world.apply(&other_class).await);
    let group = group(&world, "/app/web");
    assert_eq!(
        (&group["class"], &group["kms_key_id"], &group["retention"]),
        (&json!("INFREQUENT_ACCESS"), &json!(THEIR_KEY), &json!(14))
    );
    assert!(lines(&world.plan(&other_class).await).is_empty());
}
