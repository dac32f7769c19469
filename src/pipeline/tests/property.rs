//! Random walks: an account drifts, a random spec is applied to it, and so on. Whatever stands, after an apply it is as the
//! spec says, nothing else was touched, and neither order nor bad weather shows in the end.

use super::drift::{self, HANDS_OFF};
use super::drifted::agrees;
use super::random::{self, EXTERNAL};
use super::world::{World, everything, failures, lines, refusals};
use crate::plan::Action;
use crate::resources::child::{Child, ChildMarks};
use crate::resources::{ResourceTags, Subscription, mark, metric_filter, subscription};
use crate::sandbox::{Contents, Quotas, Weather};
use fastrand::Rng;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

/// Pairs of a spec and what stands; `MLOPSCTL_CASES` raises them.
const CASES: usize = 2_000;
/// Specs that are applied one after the other to one account.
const WALK: usize = 20;
/// One step of so many is repeated in bad weather.
const ROUGH: usize = 10;
/// One step of so many is planned in another order.
const SHUFFLED: usize = 10;

fn cases() -> usize {
    std::env::var("MLOPSCTL_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(CASES)
}

// In two halves, so that they run side by side.
#[tokio::test(start_paused = true)]
async fn every_spec_comes_true_over_whatever_stands() {
    walks((0..cases() / WALK).step_by(2)).await;
}

#[tokio::test(start_paused = true)]
async fn every_other_spec_comes_true_over_whatever_stands() {
    walks((1..cases() / WALK).step_by(2)).await;
}

async fn walks(walks: impl Iterator<Item = usize>) {
    for walk in walks {
        let mut rng = Rng::with_seed(walk as u64);
        let world = World::new(Weather { seed: walk as u64, ..Weather::default() });
        drift::make_topic(&world, EXTERNAL.0).await;
        for step in 0..WALK {
            let label = format!("walk {walk}, step {step}");
            for _ in 0..rng.usize(..4) {
                drift::happen(&world, &mut rng).await;
            }
            let spec = random::spec(&mut rng, "walk");
            pair(&world, &spec, step, &mut rng, &label).await;
        }
    }
}

async fn pair(world: &World, spec: &Value, step: usize, rng: &mut Rng, label: &str) {
    let text = spec.to_string();
    if step.is_multiple_of(SHUFFLED) {
        order_means_nothing(world, spec, rng, label).await;
    }
    let rough = (step % ROUGH == 1).then(|| world.fork(bad_weather(rng)));
    let before = untouchable(world);
    let planned = world.plan_with(&text, &everything()).await;
    agrees(&planned, label);
    if planned.plan.refusals().next().is_some() {
        // Consent does not help where somebody else's alarm of the other kind has the name, or a group's class has no filters.
        let others = ["the name is taken by a metric alarm", "which has no metric filters"];
        let is_known = |reason: &String| others.iter().any(|other| reason.ends_with(other));
        assert!(refusals(&planned).iter().all(is_known), "{label}: {:?}", refusals(&planned));
        return;
    }
    let replaced = planned.plan.effective().filter(|change| change.action == Action::Replace);
    let replaced: Vec<String> = replaced.map(|change| change.address.name.clone()).collect();
    let report = world.apply_planned(&planned).await;
    let failures = failures(&report);
    assert!(failures.is_empty(), "{label}\n{text}\n{:#?}\n{failures:#?}", lines(&planned));
    let again = world.plan_with(&text, &everything()).await;
    assert!(
        lines(&again).is_empty(),
        "{label}\n{text}\nfirst {:#?}\nagain {:#?}",
        lines(&planned),
        again.plan.effective().collect::<Vec<_>>()
    );
    let after = untouchable(world);
    let is_touched =
        |key: &(String, String), value: &Value| after.get(key) != Some(value) && !went_with_its_topic(world, value);
    let touched: Vec<_> = before.iter().filter(|(key, value)| is_touched(key, value)).collect();
    assert!(touched.is_empty(), "{label}\n{text}\n{touched:#?}");
    if let Some(rough) = rough {
        weather_means_nothing(world, rough, (&text, &replaced), rng, label).await;
    }
}

/// What is not ours. A hand-made subscription stays as long as its topic does, so with the topic it goes; to the topic of others we
/// subscribe.
fn untouchable(world: &World) -> Contents {
    let is_foreign = |key: &(String, String), value: &Value| {
        let is_their_topic = ["sns-topic", "tags"].contains(&key.0.as_str()) && key.1.ends_with(EXTERNAL.0);
        is_their_topic || key.1.contains(HANDS_OFF) || value.to_string().contains(HANDS_OFF)
    };
    let contents = world.contents();
    contents.iter().filter(|(key, value)| is_foreign(key, value)).map(|(k, v)| (k.clone(), v.clone())).collect()
}

/// Whether it is a subscription whose topic is gone.
fn went_with_its_topic(world: &World, value: &Value) -> bool {
    let topic = value["topic_arn"].as_str().and_then(|arn| arn.rsplit(':').next());
    topic.is_some_and(|name| !world.contents().contains_key(&("sns-topic".to_owned(), name.to_owned())))
}

async fn order_means_nothing(world: &World, spec: &Value, rng: &mut Rng, label: &str) {
    let plan = async |world: &World, text: &str| {
        let planned = world.plan_with(text, &everything()).await;
        serde_json::to_string_pretty(&planned.plan).unwrap()
    };
    let other_order = world.fork(Weather { seed: rng.u64(..), ..Weather::default() });
    let (one, other) = (plan(world, &spec.to_string()).await, plan(&other_order, &random::shuffled(rng, spec)).await);
    let differing = one.lines().zip(other.lines()).find(|(one, other)| one != other);
    assert!(one == other, "{label}: {differing:#?}\n{spec}");
}

fn bad_weather(rng: &mut Rng) -> Weather {
    Weather {
        latency: Duration::from_millis(20),
        jitter: Duration::from_millis(15),
        fault_500: 0.05,
        fault_reset_before: 0.05,
        fault_reset_after: 0.05,
        quotas: if rng.bool() { Quotas::Aws } else { Quotas::None },
        kill_after: rng.bool().then(|| rng.u64(..12)),
        seed: rng.u64(..),
        ..Weather::default()
    }
}

/// Runs again and again until a run says that all is done; a killed one is followed by one that nobody kills.
async fn weather_means_nothing(
    fine: &World,
    rough: World,
    (text, replaced): (&str, &[String]),
    rng: &mut Rng,
    label: &str,
) {
    let mut rough = rough;
    for run in 0.. {
        assert!(run < 8, "{label}: never done\n{text}");
        if let Ok((planned, report)) = rough.try_run(text).await
            && !planned.plan.is_incomplete()
            && report.is_complete()
        {
            break;
        }
        rough = rough.fork(Weather { kill_after: None, seed: rng.u64(..), ..bad_weather(rng) });
    }
    let (expected, found) = (lasting(fine), lasting(&rough));
    for (key, value) in &expected {
        // Who is killed between deleting and making again has lost the tags that the spec does not name.
        let is_made_again = key.0 == "tags" && replaced.iter().any(|name| key.1.ends_with(&format!(":{name}")));
        let named = |value: Option<&Value>| {
            let mut value = value.cloned();
            let tags = value.as_mut().and_then(|value| value.pointer_mut("/versions/0/tags"));
            if let Some(tags) = tags.and_then(Value::as_object_mut).filter(|_| is_made_again) {
                tags.retain(|key, _| mark::is_mark(key) || text.contains(&format!("{key:?}:")));
            }
            value
        };
        assert_eq!(named(found.get(key)), named(Some(value)), "{label}: {key:?}\n{text}");
    }
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>(), "{label}\n{text}");
    assert_eq!(fine.letters().len(), rough.letters().len(), "{label}: mails\n{text}");
}

/// What stands, without times, made-up ids, and the tags by which runs tell themselves apart.
fn lasting(world: &World) -> BTreeMap<(String, String), Value> {
    let mut lasting = BTreeMap::new();
    for ((table, key), mut value) in world.contents() {
        let is_past = value["orphaned"] == true || value["unsubscribed"] == true;
        if ["sns-outbox", "alarm_history"].contains(&table.as_str()) || is_past || is_unset_detector(&table, &value) {
            continue;
        }
        let key = match table.as_str() {
            "sns-subscription" => format!("{}/{}/{}", value["topic_arn"], value["protocol"], value["endpoint"]),
            _ => key,
        };
        strip(&mut value);
        if table == "tags"
            && let Some(tags) = value["versions"][0]["tags"].as_object_mut()
        {
            only_standing_marks(world, &key, tags);
        }
        lasting.insert((table, key), value);
    }
    lasting
}

/// Nobody has set anything of it: whether it is left or deleted depends on which alarms still watch its band at that moment.
fn is_unset_detector(table: &str, value: &Value) -> bool {
    let plain = json!({"AdaptationSpeed": "NORMAL", "ExcludedTimeRanges": [], "OutlierFilteringStrength": "MODERATE"});
    let characteristics = &value["MetricCharacteristics"]["PeriodicSpikes"];
    table == "anomaly_detectors" && value["Configuration"] == plain && *characteristics != json!(true)
}

/// A run that was killed after it ended a child leaves its mark at the parent, which means nothing then.
fn only_standing_marks(world: &World, parent_arn: &str, tags: &mut serde_json::Map<String, Value>) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let live: ResourceTags = tags.iter().map(|(key, value)| (key.clone(), text(value))).collect();
    let registries = [&subscription::REGISTRY, &metric_filter::REGISTRY];
    tags.retain(|key, _| !registries.iter().any(|registry| registry.has(key)));
    for ((table, key), value) in world.contents() {
        let (name, child) = match (table.as_str(), key.split_once(':')) {
            ("sns-subscription", _) if value["topic_arn"] == parent_arn => {
                let endpoint = text(&value["endpoint"]);
                let child = Subscription::new("", text(&value["protocol"]), &endpoint).as_child();
                (endpoint, child)
            }
            ("logs-metric-filter", Some((group, filter))) if parent_arn.ends_with(&format!(":log-group:{group}")) => {
                (filter.to_owned(), Child::new(&metric_filter::REGISTRY, group, filter))
            }
            _ => continue,
        };
        let marked = ChildMarks::from_tags(child.registry, &live).contains(&child);
        tags.insert(name, marked.into());
    }
}

fn strip(value: &mut Value) {
    // A run that was killed after it set an attribute back leaves its name: there is nothing left to set back.
    const VOLATILE: &[&str] = &[
        "created",
        "configuration_updated",
        "AnomalyDetectorId",
        "LastUpdatedTimestamp",
        "last_modified",
        "state",
        "mailed",
        "since",
        "mlopsctl:run",
        "mlopsctl:declared",
    ];
    match value {
        Value::Object(map) => {
            map.retain(|key, _| !VOLATILE.contains(&key.as_str()));
            map.values_mut().for_each(strip);
        }
        Value::Array(items) => items.iter_mut().for_each(strip),
        _ => {}
    }
}
