//! What stands in an account is written down, and a plan of that changes nothing: after any apply, whoever owns it.

use super::random;
use super::world::{World, everything, failures};
use crate::aws::Aws;
use crate::pipeline::existing::{ExistingSelect, ExistingSpec, prove, write_existing};
use crate::plan::proof::AdoptionProof;
use crate::resources::{Address, Kind, Resource, mark, metric_filter};
use crate::sandbox::Weather;
use fastrand::Rng;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// Stacks that are applied and written down; `MLOPSCTL_CASES` raises them.
const STACKS: usize = 100;

fn all() -> ExistingSelect {
    ExistingSelect { all: true, ..ExistingSelect::default() }
}

async fn found(aws: &Aws, stack: &str, select: &ExistingSelect, label: &str) -> (ExistingSpec, AdoptionProof) {
    let found = write_existing(aws, stack, select).await.unwrap_or_else(|error| panic!("{label}: {error:#}"));
    assert!(found.failures.is_empty(), "{label}: {:?}", found.failures);
    let proof = prove(aws, &found.written, select.with_others).await;
    let proof = proof.unwrap_or_else(|error| panic!("{label}: {error:#}\n{}", found.written.text));
    assert!(found.written.left_out.is_empty(), "{label}: {:?}\n{}", found.written.left_out, found.written.text);
    assert!(proof.holds(), "{label}: {:#?}\n{}", proof.differing, found.written.text);
    (found, proof)
}

/// Takes every mark of ours off, as if all had been made by hand.
fn unmark(world: &World) {
    for ((table, key), mut value) in world.contents() {
        let mut changed = false;
        for tags in tag_maps(&mut value) {
            let before = tags.len();
            tags.retain(|key, _| !key.starts_with("mlopsctl:"));
            changed |= tags.len() != before;
        }
        if changed {
            world.put_entity(&table, &key, &value);
        }
    }
}

/// The topic of a CloudFormation stack, which random specs subscribe to.
async fn make_their_topic(world: &World) {
    let tag = aws_sdk_sns::types::Tag::builder().key("team").value("theirs").build().unwrap();
    let topic = world.aws().await.sns.create_topic().name(random::EXTERNAL.0).tags(tag).send().await.unwrap();
    let key = ("tags".to_owned(), topic.topic_arn.unwrap());
    let mut value = world.contents().get(&key).cloned().expect("its tags");
    for map in tag_maps(&mut value) {
        map.insert("aws:cloudformation:stack-name".to_owned(), json!("prod"));
    }
    world.put_entity(&key.0, &key.1, &value);
}

/// The maps of tags in what the sandbox keeps.
fn tag_maps(value: &mut serde_json::Value) -> Vec<&mut serde_json::Map<String, serde_json::Value>> {
    let versions = value.get_mut("versions").and_then(serde_json::Value::as_array_mut);
    versions.into_iter().flatten().filter_map(|version| version.get_mut("tags")?.as_object_mut()).collect()
}

/// What is asked for is written; of what is not replaced as a whole, also what was there before.
fn same(desired: &Resource, written: &Resource, label: &str) {
    // Of a subscription that nobody has confirmed, AWS tells no attributes.
    if matches!(desired, Resource::Subscription(one) if one.needs_confirmation()) {
        return;
    }
    let whole = desired.declared().is_none();
    let (wanted, mut found) = (desired.fields(), written.fields());
    found.retain(|name, _| whole || wanted.contains_key(name));
    assert_eq!(found, wanted, "{label}");
    let tags = |resource: &Resource| -> Vec<(String, String)> {
        let tags = resource.tags().into_iter().flatten();
        tags.filter(|(key, _)| !mark::is_mark(key)).map(|(key, value)| (key.clone(), value.clone())).collect()
    };
    assert_eq!(tags(written), tags(desired), "{label}");
}

/// A log group as Lambda makes it is only written where a stack has marked it.
fn says_something(resource: &Resource, all: &BTreeMap<Address, Resource>) -> bool {
    let Resource::LogGroup(group) = resource else { return true };
    let has_filters = metric_filter::all(all.values()).any(|filter| filter.log_group == group.name);
    has_filters || !group.fields().is_empty() || !group.tags.is_empty()
}

#[tokio::test(start_paused = true)]
async fn what_was_applied_is_written_down_without_a_difference() {
    let cases = std::env::var("MLOPSCTL_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(STACKS);
    let mut rng = Rng::with_seed(15);
    let mut seen: BTreeSet<Kind> = BTreeSet::new();
    for case in 0..cases {
        let label = format!("case {case}");
        let world = World::new(Weather { seed: case as u64, ..Weather::default() });
        make_their_topic(&world).await;
        let text = random::spec(&mut rng, "walk").to_string();
        let planned = world.plan_with(&text, &everything()).await;
        let failed = failures(&world.apply_planned(&planned).await);
        assert!(failed.is_empty(), "{label}: {failed:?}");
        let aws = world.aws().await;
        let (own, proof) = found(&aws, "walk", &all(), &label).await;
        let written =
            own.written.bound().unwrap().desired(&planned.plan.target, &planned.snapshot.known_functions()).unwrap();
        // A subscription to a topic of others is not looked for.
        let wanted: Vec<&Address> =
            planned.desired.keys().filter(|address| address.kind != Kind::ExternalSubscription).collect();
        assert_eq!(written.resources.keys().collect::<Vec<_>>(), wanted, "{label}\n{}", own.written.text);
        for address in wanted {
            let desired = &planned.desired[address];
            same(desired, &written.resources[address], &format!("{label}: {address}\n{}", own.written.text));
        }
        assert_eq!(proof.adopted, 0, "{label}\n{}", own.written.text);
        seen.extend(written.resources.keys().map(|address| address.kind));
        unmark(&world);
        let aws = world.aws().await;
        let (_, proof) = found(&aws, "other", &all(), &label).await;
        let told = written.resources.values().filter(|resource| says_something(resource, &written.resources)).count();
        assert_eq!(proof.adopted, told, "{label}: {proof:?}");
    }
    assert_eq!(seen.len(), Kind::ALL.len() - 1, "{seen:?}");
}

#[tokio::test(start_paused = true)]
async fn what_others_own_is_named_and_not_written() {
    let world = World::fine();
    let text = super::world::EACH;
    assert!(failures(&world.apply(text).await).is_empty());
    let aws = world.aws().await;
    // The stack is another one's.
    let (other, proof) = found(&aws, "mine", &all(), "foreign").await;
    assert_eq!((proof.adopted, proof.unchanged), (0, 0), "{}", other.written.text);
    let named: Vec<String> = other.others.iter().map(|(address, owner)| format!("{address}: {owner}")).collect();
    assert!(named.contains(&"alarm/errors: mlopsctl stack \"each\"".to_owned()), "{named:?}");
    unmark(&world);
    // CloudFormation's topic is named by its ARN where its alarm is written.
    let topic = "arn:aws:sns:us-east-1:123456789012:alerts";
    let tags = ("tags".to_owned(), topic.to_owned());
    let mut value = world.contents().get(&tags).cloned().expect("tags of the topic");
    for map in tag_maps(&mut value) {
        map.insert("aws:cloudformation:stack-name".to_owned(), json!("prod"));
    }
    world.put_entity(&tags.0, &tags.1, &value);
    let (mine, _) = found(&world.aws().await, "mine", &all(), "topic").await;
    assert!(mine.written.text.contains(&format!("notify: {topic}")), "{}", mine.written.text);
    assert!(!mine.written.text.contains("\ntopics:"), "{}", mine.written.text);
    assert_eq!(mine.others[&Address::parse("topic/alerts").unwrap()], "CloudFormation stack \"prod\"");
    let with_others = ExistingSelect { with_others: true, ..all() };
    let (both, _) = found(&world.aws().await, "mine", &with_others, "both").await;
    assert!(
        both.written.text.contains("# belongs to CloudFormation stack \"prod\", which may set it back"),
        "{}",
        both.written.text
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_asked_for_is_written_and_what_it_notifies() {
    let world = World::fine();
    world.add_function("orders");
    let spec = super::world::spec_of(
        "s",
        r#"
topics: { a: {}, b: {}, idle: {} }
log_groups: { /aws/lambda/orders: { retention: 14d }, /app/x: { retention: 7d } }
alarms:
  orders-slow: { namespace: AWS/Lambda, metric_name: Duration, dimensions: { FunctionName: orders }, statistic: p95, threshold: "> 5", notify: a }
  web: { namespace: N, metric_name: M, statistic: Sum, threshold: "> 5", notify: b, tags: { team: web } }
  web-2: { namespace: N, metric_name: M, statistic: Sum, threshold: "> 9" }
mute_rules: { night: { schedule: "cron(0 2 * * *)", duration: 1h, alarms: [web] }, both: { schedule: "cron(0 2 * * *)", duration: 1h, alarms: [web, web-2] } }
"#,
    );
    assert!(failures(&world.apply(&spec).await).is_empty());
    unmark(&world);
    let aws = world.aws().await;
    let addresses = async |select: ExistingSelect| -> Vec<String> {
        let (found, _) = found(&aws, "s", &select, "select").await;
        let target = aws.target().await.unwrap();
        let desired = found.written.bound().unwrap().desired(&target, &Default::default()).unwrap();
        desired.resources.keys().map(Address::to_string).collect()
    };
    let nothing = ExistingSelect::default();
    let of = |text: &str| vec![text.to_owned()];
    assert_eq!(
        addresses(ExistingSelect { functions: of("ord*"), ..nothing.clone() }).await,
        ["topic/a", "log_group//aws/lambda/orders", "alarm/orders-slow"]
    );
    let tags = vec![("team".to_owned(), "web".to_owned())];
    assert_eq!(
        addresses(ExistingSelect { tags, ..nothing.clone() }).await,
        ["topic/b", "alarm/web", "mute_rule/night"]
    );
    assert_eq!(
        addresses(ExistingSelect { prefixes: of("web"), ..nothing }).await,
        ["topic/b", "alarm/web", "alarm/web-2", "mute_rule/both", "mute_rule/night"]
    );
}

/// 472 alarms: how many calls it takes to read them, and that none of them is of one alarm.
#[tokio::test(start_paused = true)]
async fn many_alarms_take_few_calls_and_few_lines() {
    let world = World::fine();
    let mut alarms = serde_json::Map::new();
    for n in 0..472 {
        let metric = ["Errors", "Throttles", "Duration", "Invocations"][n % 4];
        let mut alarm = json!({
            "namespace": "AWS/Lambda", "metric_name": metric, "dimensions": { "FunctionName": format!("service-{:03}", n / 4) },
            "statistic": if metric == "Duration" { "p95" } else { "Sum" }, "threshold": format!("> {}", n % 7), "notify": "alerts",
            "description": format!("{metric} of service {:03}: see the runbook", n / 4), "evaluation_periods": 1 + n % 3,
        });
        if n % 5 == 0 {
            alarm["treat_missing_data"] = json!("notBreaching");
        }
        alarms.insert(format!("service-{:03}-{}", n / 4, metric.to_lowercase()), alarm);
    }
    let spec =
        json!({ "version": 1, "stack": "s", "region": "us-east-1", "topics": { "alerts": {} }, "alarms": alarms });
    assert!(failures(&world.apply(&spec.to_string()).await).is_empty());
    unmark(&world);
    let aws = world.aws().await;
    world.sandbox.reset_stats();
    let started = std::time::Instant::now();
    let found = write_existing(&aws, "s", &all()).await.unwrap();
    let lines = found.written.text.lines().count();
    assert!(lines <= 1_200, "{lines} lines\n{}", found.written.text);
    // Unoptimised, and on a machine that others use, too.
    assert!(started.elapsed().as_secs() < 3, "{:?}", started.elapsed());
    assert_eq!(found.counts[&Kind::Alarm], 472);
    let stats = world.sandbox.stats();
    assert!(stats.calls <= 20 && stats.waves <= 6, "{stats:#?}");
    let one_by_one = |name: &&String| name.ends_with(":ListTagsForResource");
    assert_eq!(stats.by_operation.keys().find(one_by_one), None, "{stats:#?}");
    let proof = prove(&aws, &found.written, false).await.unwrap();
    assert!(proof.holds() && proof.adopted == 473, "{:?}", proof.differing);
}
