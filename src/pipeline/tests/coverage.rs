//! Patterns under `functions`: what they stand for is what is live, new functions are covered, and nothing else is touched.

use super::world::{World, assert_complete, bound, lines, notes, spec_of};
use crate::resources::{Address, FunctionFacts, Kind};
use crate::sandbox::Weather;
use std::collections::BTreeSet;

const PATTERNS: &str = "topics: { ops: {} }
functions:
  api-special: { golden_signals: { notify: ops, latency: off } }
  api-silent: {}
  \"api-*\": { golden_signals: { notify: ops, throttles: off } }
  \"*\":
    match: { except: [canary-*] }
    golden_signals: { notify: ops }
";

fn world(functions: &[&str]) -> World {
    let world = World::fine();
    functions.iter().for_each(|name| world.add_function(name));
    world
}

fn alarms(lines: &[String]) -> BTreeSet<&str> {
    lines.iter().filter_map(|line| line.split("alarm/").nth(1)).collect()
}

#[tokio::test]
async fn a_pattern_stands_for_the_functions_that_are_live() {
    let world = world(&["api-1", "api-special", "api-silent", "canary-1", "web"]);
    let text = spec_of("cover", PATTERNS);
    let planned = world.plan(&text).await;
    let lines = lines(&planned);
    let expected = [
        "api-1-concurrency",
        "api-1-errors",
        "api-1-latency",
        "api-special-concurrency",
        "api-special-errors",
        "api-special-throttles",
        "mlops-service-lambda-concurrency",
        "mlops-service-lambda-errors",
        "mlops-service-lambda-latency",
        "mlops-service-lambda-throttles",
        "web-concurrency",
        "web-errors",
        "web-latency",
        "web-throttles",
    ];
    assert_eq!(alarms(&lines), BTreeSet::from(expected));
    let notes = notes(&planned);
    assert!(notes.contains(&"functions `api-*`: 1 function, api-1".to_owned()), "{notes:#?}");
    assert!(notes.contains(&"functions `*`: 2 functions, mlops-service-lambda, web".to_owned()), "{notes:#?}");
    assert_complete(&world.apply(&text).await);
    assert_eq!(super::world::lines(&world.plan(&text).await), [""; 0]);
}

#[tokio::test]
async fn a_new_function_is_covered_and_one_that_is_gone_loses_its_alarms() {
    let world = world(&["api-1", "web", "api-special", "api-silent"]);
    let text = spec_of("cover", PATTERNS);
    assert_complete(&world.apply(&text).await);
    world.add_function("api-2");
    world.hands().await.lambda.delete_function().function_name("web").send().await.unwrap();
    let planned = world.plan(&text).await;
    assert_eq!(
        lines(&planned),
        [
            "+ alarm/api-2-concurrency",
            "+ alarm/api-2-errors",
            "+ alarm/api-2-latency",
            "- alarm/web-concurrency",
            "- alarm/web-errors",
            "- alarm/web-latency",
            "- alarm/web-throttles"
        ]
    );
    let notes = notes(&planned);
    assert!(notes.contains(&"alarm/web-errors: function web does not exist any more".to_owned()), "{notes:#?}");
    assert_complete(&world.apply_planned(&planned).await);
    assert_eq!(lines(&world.plan(&text).await), [""; 0]);
    // A pattern that stops to match.
    let narrower = text.replace("canary-*", "mlops-*");
    let planned = world.plan(&narrower).await;
    let expected = "alarm/mlops-service-lambda-errors: no entry under `functions` covers mlops-service-lambda any more";
    assert!(super::world::notes(&planned).contains(&expected.to_owned()));
    assert_complete(&world.destroy(&text).await);
    assert_eq!(world.contents().keys().filter(|(table, _)| table == "alarms").count(), 0);
}

#[tokio::test]
async fn functions_are_found_by_their_tags() {
    let world = World::fine();
    for (name, team) in [("shop-1", Some("shop")), ("shop-2", Some("shop")), ("other", Some("crm")), ("bare", None)] {
        create(&world, name, team).await;
    }
    let text = spec_of(
        "tags",
        "topics: { ops: {} }
functions:
  shop-team: { match: { tags: { team: shop }, except: [shop-2] }, golden_signals: { notify: ops } }
",
    );
    let planned = world.plan(&text).await;
    let lines = lines(&planned);
    assert_eq!(
        alarms(&lines),
        BTreeSet::from(["shop-1-concurrency", "shop-1-errors", "shop-1-latency", "shop-1-throttles"])
    );
    let none = world.plan(&text.replace("team: shop", "team: none")).await;
    assert!(notes(&none).contains(&"functions `shop-team`: no function here matches".to_owned()));
}

async fn create(world: &World, name: &str, team: Option<&str>) {
    use aws_sdk_lambda::primitives::Blob;
    use aws_sdk_lambda::types::{FunctionCode, Runtime};
    let code = FunctionCode::builder().zip_file(Blob::new(b"zip".to_vec())).build();
    let create = world.hands().await.lambda.create_function().function_name(name).code(code).handler("a.b");
    let create = create.runtime(Runtime::Python312).role("arn:aws:iam::123456789012:role/lab");
    let create = team.into_iter().fold(create, |create, team| create.tags("team", team));
    create.send().await.unwrap();
}

#[tokio::test]
async fn one_alarm_watches_every_function_without_naming_it() {
    let text = spec_of(
        "one",
        "topics: { ops: {} }
functions:
  web: { golden_signals: { notify: ops } }
  \"*\":
    match: { except: [canary] }
    golden_signals: { one_alarm: true, notify: ops, latency: { threshold: \"> 5000\" } }
",
    );
    let world = self::world(&["web", "api", "canary"]);
    let planned = world.plan(&text).await;
    let lines = lines(&planned);
    assert_eq!(
        alarms(&lines),
        BTreeSet::from([
            "all-functions-concurrency",
            "all-functions-errors",
            "all-functions-latency",
            "all-functions-throttles",
            "web-concurrency",
            "web-errors",
            "web-latency",
            "web-throttles"
        ])
    );
    let note =
        "functions `*`: 2 functions, one alarm a signal over all of them, and over new ones: api, mlops-service-lambda";
    assert!(notes(&planned).contains(&note.to_owned()), "{:#?}", notes(&planned));
    let alarm = &planned.desired[&Address::new(Kind::Alarm, "all-functions-errors")];
    assert_eq!(
        alarm.fields()["metrics"][0]["expression"].as_str().unwrap(),
        "SELECT SUM(Errors) FROM SCHEMA(\"AWS/Lambda\", FunctionName) WHERE FunctionName != 'canary' AND \
         FunctionName != 'web' GROUP BY FunctionName ORDER BY SUM() DESC"
    );
    assert_complete(&world.apply(&text).await);
    world.add_function("new");
    assert_eq!(super::world::lines(&world.plan(&text).await), [""; 0], "it is covered already");
}

#[tokio::test]
async fn what_cannot_be_listed_is_not_taken_for_gone() {
    let text = spec_of("cover", PATTERNS);
    let world = world(&["api-special", "api-silent"]);
    assert_complete(&world.apply(&text).await);
    let denied = Weather { denied: vec!["lambda:ListFunctions".into()], ..Weather::default() };
    let error = world.fork(denied).try_run(&text).await.unwrap_err();
    assert!(format!("{error:#}").contains("could not be listed"), "{error:#}");
}

/// Whatever functions there are and whatever patterns: each live function that something matches is covered by the first that does,
/// an entry of its own before all, and nothing else is.
#[test]
fn coverage_is_all_live_functions_that_match() {
    use crate::model::glob;
    use crate::resources::function::LiveFunctions;
    let mut seed = 0x9E37_79B9_u64;
    let mut next = |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((seed >> 33) as usize) % below
    };
    let names = ["api", "api-1", "api-2", "web", "web-1", "job", "canary"];
    let globs = ["api*", "web-*", "*-1", "j?b", "*"];
    for _ in 0..500 {
        let live: Vec<&str> = names.into_iter().filter(|_| next(3) > 0).collect();
        let own: Vec<&str> = names.into_iter().filter(|_| next(5) == 0).collect();
        let mut patterns: Vec<&str> = globs.into_iter().filter(|_| next(2) == 0).collect();
        // What takes all stands last, as the file has to have it.
        patterns.sort_by_key(|glob| *glob == "*");
        let except = (next(2) == 0).then_some("canary");
        let mut text = "functions:\n".to_owned();
        for name in own.iter().chain(&patterns) {
            let left_out = match except.filter(|_| glob::is_pattern(name)) {
                Some(except) => format!("match: {{ except: [{except}] }}, "),
                None => String::new(),
            };
            text += &format!("  \"{name}\": {{ {left_out}golden_signals: {{ latency: off }} }}\n");
        }
        if own.is_empty() && patterns.is_empty() {
            text = "functions: {}\n".into();
        }
        let facts = |name: &&str| {
            let log_group = format!("/aws/lambda/{name}");
            ((*name).to_owned(), FunctionFacts { memory_mb: 128, timeout_s: 3, log_group, last_modified: None })
        };
        let listed = LiveFunctions { facts: live.iter().map(facts).collect(), ..LiveFunctions::default() };
        let expanded = bound(&spec_of("s", &text)).for_functions(listed);
        let matched = |name: &&str| {
            own.contains(name) || (Some(*name) != except && patterns.iter().any(|pattern| glob::matches(pattern, name)))
        };
        let expected: BTreeSet<&str> = live.iter().copied().filter(matched).chain(own.iter().copied()).collect();
        let covered: BTreeSet<&str> = expanded.functions().iter().map(String::as_str).collect();
        assert_eq!(covered, expected, "{text} {live:?}");
        assert_eq!(expanded.functions().len(), covered.len(), "each once: {text}");
        for one in expanded.covered() {
            for function in &one.functions {
                let first = patterns.iter().find(|pattern| glob::matches(pattern, function));
                assert_eq!(first, Some(&one.pattern.as_str()), "{text}");
            }
        }
    }
}
