//! One file of several regions over one account: each region comes true, and a run in one leaves every other as it is, unread.

use super::drift;
use super::random;
use super::world::{World, bound, everything, lines};
use crate::apply::ApplyEvent;
use crate::pipeline::{self, PlannedTarget, Select, UnknownTarget};
use crate::resources::Address;
use crate::sandbox::{ACCOUNT, Contents, Weather};
use crate::spec::{self, BoundSpec};
use fastrand::Rng;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

const REGIONS: [&str; 3] = ["us-east-1", "eu-west-1", "ap-south-1"];
/// Files that follow each other in one account.
const STEPS: usize = 12;
const WALKS: u64 = 5;

/// A random file: the first region's part outside of `regions`, the others' within.
fn file(rng: &mut Rng) -> String {
    let mut part = |region: &str| -> Map<String, Value> {
        let text = random::spec(rng, "walk").to_string().replace("us-east-1", region);
        serde_json::from_str(&text).unwrap()
    };
    let mut whole = part(REGIONS[0]);
    // Dashboards are the account's, and stand in the home region's part.
    let shared = ["version", "stack", "region", "dashboards"];
    let section = |mut part: Map<String, Value>| {
        part.retain(|key, _| !shared.contains(&key.as_str()));
        Value::Object(part)
    };
    let sections = json!({ REGIONS[1]: section(part(REGIONS[1])), REGIONS[2]: section(part(REGIONS[2])) });
    whole.insert("regions".to_owned(), sections);
    Value::Object(whole).to_string()
}

fn of(text: &str, region: &str) -> BoundSpec {
    let spec = spec::parse("test.yaml", text).unwrap_or_else(|error| panic!("{error}"));
    spec.bind_in(region, &BTreeMap::new()).unwrap_or_else(|error| panic!("{error}\n{text}")).unwrap()
}

async fn plan(world: &World, bound: &BoundSpec) -> PlannedTarget {
    pipeline::plan(&world.aws().await, bound, &Select::default(), &everything()).await.unwrap()
}

fn contents(worlds: &[World]) -> Vec<Contents> {
    worlds.iter().map(World::contents).collect()
}

#[tokio::test(start_paused = true)]
async fn a_run_in_one_region_leaves_every_other_as_it_is() {
    for seed in 0..WALKS {
        let mut rng = Rng::with_seed(seed);
        let first = World::new(Weather { seed, ..Weather::default() });
        let worlds = REGIONS.map(|region| first.beside(region));
        for world in &worlds {
            drift::make_topic(world, random::EXTERNAL.0).await;
        }
        for step in 0..STEPS {
            let text = file(&mut rng);
            let mut order: Vec<usize> = (0..REGIONS.len()).collect();
            rng.shuffle(&mut order);
            for at in order {
                let label = format!("walk {seed}, step {step}, {}", REGIONS[at]);
                let before = contents(&worlds);
                let bound = of(&text, REGIONS[at]);
                let planned = plan(&worlds[at], &bound).await;
                let report = worlds[at].apply_planned(&planned).await;
                assert!(report.is_complete(), "{label}: {report:?}");
                assert_eq!(lines(&plan(&worlds[at], &bound).await), Vec::<String>::new(), "{label}");
                let after = contents(&worlds);
                for other in (0..REGIONS.len()).filter(|other| *other != at) {
                    assert!(before[other] == after[other], "{label}: {} was touched\n{text}", REGIONS[other]);
                }
            }
        }
        let text = file(&mut rng);
        let before = contents(&worlds);
        worlds[0].apply_planned(&destroyed(&worlds[0], &of(&text, REGIONS[0])).await).await;
        let after = contents(&worlds);
        assert!(before[1..] == after[1..], "walk {seed}: destroy in {} touched another region", REGIONS[0]);
        assert_eq!(lines(&destroyed(&worlds[0], &of(&text, REGIONS[0])).await), Vec::<String>::new());
    }
}

async fn destroyed(world: &World, bound: &BoundSpec) -> PlannedTarget {
    pipeline::plan_destroy(&world.aws().await, bound, &Select::default(), &everything()).await.unwrap()
}

const TWO: &str = r#"{ version: 1, stack: two, region: us-east-1, topics: { home: }, regions: { eu-west-1: { topics: { away: } } } }"#;

/// Every call into the other region is refused, and none is made.
#[tokio::test(start_paused = true)]
async fn a_region_is_not_even_read_for_another() {
    let closed = World::new(format!("no-region={ACCOUNT}:eu-west-1").parse().unwrap());
    let home = of(TWO, "us-east-1");
    let planned = plan(&closed, &home).await;
    assert_eq!(lines(&planned), ["+ topic/home"]);
    let report = pipeline::apply(&closed.aws().await, &planned.plan, &mut |_: ApplyEvent| {}).await.unwrap();
    assert!(report.is_complete());
    let (aws, bound) = (closed.beside("eu-west-1").aws().await, of(TWO, "eu-west-1"));
    let away = pipeline::plan(&aws, &bound, &Select::default(), &everything()).await;
    assert!(away.is_err(), "the rule holds");
}

/// `--target` names what any region of the file declares; where it is not declared, nothing is done.
#[tokio::test(start_paused = true)]
async fn what_another_region_declares_may_be_named() {
    let world = World::fine();
    let aws = world.aws().await;
    let select = |text: &str| Select([Address::parse(text).unwrap()].into());
    let home = of(TWO, "us-east-1");
    let planned = pipeline::plan(&aws, &home, &select("topic/away"), &everything()).await.unwrap();
    assert_eq!(lines(&planned), Vec::<String>::new());
    let unknown = pipeline::plan(&aws, &home, &select("topic/awry"), &everything()).await.unwrap_err();
    let unknown = unknown.downcast::<UnknownTarget>().unwrap();
    assert_eq!(unknown.nearest.as_deref(), Some("topic/away"));
    let alone = bound("version: 1\nstack: two\nregion: us-east-1\ntopics: { home: }\n");
    assert!(pipeline::plan(&aws, &alone, &select("topic/away"), &everything()).await.is_err());
}

const PATTERNS: &str = "version: 1
stack: cover
region: us-east-1
topics: { ops: {} }
functions: { \"api-*\": { golden_signals: { notify: ops, latency: off } } }
regions:
  eu-west-1:
    topics: { ops: {} }
    functions:
      web: { golden_signals: { notify: ops } }
      \"*\": { match: { except: [mlops-service-lambda] }, golden_signals: { one_alarm: true, notify: ops } }
";

/// The functions of a region are matched by its own patterns.
#[tokio::test(start_paused = true)]
async fn patterns_stand_for_the_functions_of_their_region() {
    let first = World::fine();
    let second = first.beside(REGIONS[1]);
    ["api-1", "api-2", "web"].iter().for_each(|name| first.add_function(name));
    ["api-3", "web"].iter().for_each(|name| second.add_function(name));
    let at = |region| of(PATTERNS, region);
    let of_alarms = |planned: &PlannedTarget| -> Vec<String> {
        planned.desired.keys().filter(|address| address.kind.is_alarm()).map(|address| address.name.clone()).collect()
    };
    let expected = [
        "api-1-concurrency",
        "api-1-errors",
        "api-1-throttles",
        "api-2-concurrency",
        "api-2-errors",
        "api-2-throttles",
    ];
    assert_eq!(of_alarms(&plan(&first, &at(REGIONS[0])).await), expected);
    let there = plan(&second, &at(REGIONS[1])).await;
    let expected = [
        "all-functions-concurrency",
        "all-functions-errors",
        "all-functions-throttles",
        "web-concurrency",
        "web-errors",
        "web-latency",
        "web-throttles",
    ];
    assert_eq!(of_alarms(&there), expected);
    let note = "functions `*`: 1 function, one alarm a signal over all of them, and over new ones: api-3";
    assert!(super::world::notes(&there).contains(&note.to_owned()), "{:#?}", super::world::notes(&there));
    for (world, region) in [(&first, REGIONS[0]), (&second, REGIONS[1])] {
        let planned = plan(world, &at(region)).await;
        assert!(world.apply_planned(&planned).await.is_complete());
        assert_eq!(lines(&plan(world, &at(region)).await), Vec::<String>::new());
    }
    // One alarm of a function is asked for in both regions, and it is of one of them.
    let select = Select([Address::parse("alarm/api-2-errors").unwrap()].into());
    for (world, region) in [(&first, REGIONS[0]), (&second, REGIONS[1])] {
        let planned = pipeline::plan(&world.aws().await, &at(region), &select, &everything()).await.unwrap();
        assert_eq!(planned.desired.len(), usize::from(region == REGIONS[0]));
    }
    let misspelt = Select([Address::parse("topic/oops").unwrap()].into());
    let error = pipeline::plan(&second.aws().await, &at(REGIONS[1]), &misspelt, &everything()).await.unwrap_err();
    assert!(error.downcast_ref::<UnknownTarget>().is_some(), "{error:#}");
}
