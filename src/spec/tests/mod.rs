//! The examples, the corpora and hostile files, through the public functions of `spec`.

mod hostile;
mod mutation;
mod regions;

use super::*;
use crate::model::Target;
use crate::resources::{Address, FunctionFacts, Kind};
use std::collections::BTreeMap;
use std::path::Path;

fn values(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn desired(path: &str, pairs: &[(&str, &str)]) -> Desired {
    let spec = load(&Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap_or_else(|error| panic!("{error}"));
    let bound = spec.bind(&values(pairs)).unwrap_or_else(|error| panic!("{error}"));
    let target = Target::new("123456789012", bound.region().unwrap_or("us-east-1"));
    bound.desired(&target, &BTreeMap::new()).unwrap_or_else(|error| panic!("{error}"))
}

fn counts(desired: &Desired) -> BTreeMap<Kind, usize> {
    let mut counts = BTreeMap::new();
    desired.resources.keys().for_each(|address| *counts.entry(address.kind).or_default() += 1);
    counts
}

const EMAIL: &[(&str, &str)] = &[("email", "you@example.edu")];

#[test]
fn the_lab_is_workload_one() {
    let lab = desired("examples/lab.yaml", EMAIL);
    let expected = [(Kind::Topic, 1), (Kind::Subscription, 1), (Kind::LogGroup, 1), (Kind::Alarm, 4)];
    assert_eq!(counts(&lab), expected.into());
    let errors = &lab.resources[&Address::new(Kind::Alarm, "mlops-lambda-high-errors")].fields();
    assert_eq!(errors["threshold"], 5);
    assert_eq!(errors["alarm_actions"][0], "arn:aws:sns:us-east-1:123456789012:mlops-lambda-alerts");
}

#[test]
fn fifty_functions_are_workload_two() {
    let fifty = desired("examples/fifty-functions.yaml", &[]);
    let expected = [(Kind::Topic, 5), (Kind::Subscription, 25), (Kind::LogGroup, 50), (Kind::Alarm, 250)];
    assert_eq!(counts(&fifty), expected.into());
}

#[test]
fn the_first_file_has_golden_signals_and_the_labs_alarm() {
    let lab = desired("alarms.yaml", EMAIL);
    let names: Vec<String> = lab.resources.keys().map(Address::to_string).collect();
    assert_eq!(
        names,
        [
            "topic/mlops-lambda-alerts",
            "subscription/mlops-lambda-alerts/email/you@example.edu",
            "log_group//aws/lambda/mlops-service-lambda",
            "alarm/mlops-lambda-high-errors",
            "alarm/mlops-service-lambda-concurrency",
            "alarm/mlops-service-lambda-errors",
            "alarm/mlops-service-lambda-latency",
            "alarm/mlops-service-lambda-throttles",
        ]
    );
    assert_eq!(lab.implied.len(), 1);
}

/// Every file of `tests/corpus/bad` has its whole message beside it. `MLOPSCTL_UPDATE=1` writes them anew: read them then.
#[test]
fn every_bad_spec_has_its_message() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/bad");
    compare_corpus(&folder, "txt", |name, text| match parse(name, text).and_then(|spec| spec.bind(&BTreeMap::new())) {
        Ok(_) => panic!("{name} has no mistake"),
        Err(error) => format!("{error}\n"),
    });
}

/// Runs every YAML file of a folder and compares with the file of the other extension beside it.
fn compare_corpus(folder: &Path, extension: &str, run: impl Fn(&str, &str) -> String) {
    let update = std::env::var_os("MLOPSCTL_UPDATE").is_some();
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|e| e == "yaml"));
    files.sort();
    assert!(!files.is_empty());
    let mut wrong = Vec::new();
    for path in files {
        let name = path.file_name().unwrap().to_str().unwrap();
        let found = run(name, &std::fs::read_to_string(&path).unwrap());
        let beside = path.with_extension(extension);
        if update {
            std::fs::write(&beside, &found).unwrap();
        } else if std::fs::read_to_string(&beside).ok().as_deref() != Some(found.as_str()) {
            wrong.push(format!("{name} gives now:\n{found}"));
        }
    }
    assert!(wrong.is_empty(), "{} files differ\n{}", wrong.len(), wrong.join("\n"));
}

/// What AWS takes is never refused: forms of alarms as public templates have them, each expression, query, action and zone a line.
#[test]
fn no_public_form_of_an_alarm_is_refused() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/public/alarms.yaml");
    let text = std::fs::read_to_string(path).expect("readable");
    let bound = parse("alarms.yaml", &text).and_then(|spec| spec.bind(&BTreeMap::new()));
    let bound = bound.unwrap_or_else(|error| panic!("{error}"));
    let target = Target::new("123456789012", "us-east-1");
    let desired = bound.desired(&target, &BTreeMap::new()).unwrap_or_else(|error| panic!("{error}"));
    assert!(desired.resources.len() >= 100, "{}", desired.resources.len());
}

/// A file that names no region is for any: its actions are held against the region of the run.
#[test]
fn the_region_of_an_action_is_held_against_the_region_of_the_run() {
    let text = "version: 1\nstack: s\nalarms:\n  a: { namespace: N, metric_name: X, statistic: Sum, threshold: \"> 1\", \
                alarm_actions: [\"arn:aws:sns:eu-west-1:123456789012:t\"] }\n";
    let bound = parse("alarms.yaml", text).and_then(|spec| spec.bind(&BTreeMap::new())).expect("for any region");
    assert!(bound.desired(&Target::new("123456789012", "eu-west-1"), &BTreeMap::new()).is_ok());
    let refused = bound.desired(&Target::new("123456789012", "us-east-1"), &BTreeMap::new()).unwrap_err();
    assert!(refused.to_string().contains("this action is in `eu-west-1`, the alarm in us-east-1"), "{refused}");
}

/// Every file of `tests/corpus/good` has the resources it asks for beside it.
#[test]
fn every_good_spec_has_its_resources() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/good");
    compare_corpus(&folder, "json", |name, text| {
        let bound = parse(name, text).and_then(|spec| spec.bind(&BTreeMap::new()));
        let bound = bound.unwrap_or_else(|error| panic!("{error}"));
        let target = Target::new("123456789012", bound.region().unwrap_or("us-east-1"));
        let desired = bound.desired(&target, &BTreeMap::new()).unwrap_or_else(|error| panic!("{error}"));
        let resources: Vec<serde_json::Value> = desired
            .resources
            .iter()
            .map(|(address, resource)| {
                serde_json::json!({ "address": address, "fields": resource.fields(), "tags": resource.tags() })
            })
            .collect();
        let document = serde_json::json!({
            "stack": desired.stack, "region": target.region, "functions": bound.functions(),
            "implied": desired.implied, "resources": resources,
        });
        serde_json::to_string_pretty(&document).unwrap() + "\n"
    });
}

#[test]
fn every_example_loads() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    // A rubric is no spec, nor are tests of one; `grade` and `unit_test` look at them.
    let is_spec = |path: &std::path::PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        name.ends_with(".yaml") && !name.ends_with("rubric.yaml") && !name.ends_with(".test.yaml")
    };
    let specs: Vec<_> = files.filter(is_spec).collect();
    assert!(specs.len() >= 7);
    for path in specs {
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("# yaml-language-server: $schema=alarms.schema.json\n"), "{}", path.display());
        assert!(!desired(path.to_str().unwrap(), EMAIL).resources.is_empty());
    }
}

/// The schema that the files name and the reference are what the program has. `MLOPSCTL_UPDATE=1` writes them anew.
#[test]
fn the_shipped_schema_and_reference_are_the_programs_own() {
    let schema = serde_json::to_string_pretty(&schema()).unwrap() + "\n";
    for (file, made) in [("examples/alarms.schema.json", schema), ("docs/spec.md", reference(&samples()))] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        if std::env::var_os("MLOPSCTL_UPDATE").is_some() {
            std::fs::write(&path, &made).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap(), made, "{file}");
    }
}

/// The lab's spec, the examples, and in reserve the corpus of right specs: all of them are loaded by a test of this file.
fn samples() -> Vec<crate::model::shape::SampleFile> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let in_folder = |folder: &str| {
        let entries = std::fs::read_dir(root.join(folder)).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<String> = entries.map(|name| format!("{folder}/{}", name.to_str().unwrap())).collect();
        names.retain(|name| name.ends_with(".yaml") && !name.ends_with(".test.yaml"));
        names.sort();
        names
    };
    let names = [vec!["alarms.yaml".to_owned()], in_folder("examples"), in_folder("tests/corpus/good")].concat();
    names.iter().map(|name| sample(name)).collect()
}

#[test]
fn presets_follow_the_facts_of_the_function() {
    let text = "version: 1\nstack: s\nfunctions:\n  f: { retention: 7d, golden_signals: true }\n";
    let bound = parse("f", text).and_then(|spec| spec.bind(&BTreeMap::new())).unwrap_or_else(|error| panic!("{error}"));
    let facts = FunctionFacts { memory_mb: 512, timeout_s: 30, log_group: "/custom/group".into(), last_modified: None };
    let target = Target::new("123456789012", "us-east-1");
    let desired = bound.desired(&target, &BTreeMap::from([("f".to_owned(), facts)])).unwrap();
    let latency = desired.resources[&Address::new(Kind::Alarm, "f-latency")].fields();
    assert_eq!((&latency["threshold"], &latency["extended_statistic"]), (&24_000.into(), &"p95".into()));
    assert!(desired.implied.contains(&Address::new(Kind::LogGroup, "/custom/group")));
}

#[test]
fn two_functions_may_share_a_log_group_if_they_agree() {
    let read = |retention: &str| {
        let text =
            format!("version: 1\nstack: s\nfunctions:\n  f: {{ retention: 7d }}\n  g: {{ retention: {retention} }}\n");
        let bound =
            parse("f", &text).and_then(|spec| spec.bind(&BTreeMap::new())).unwrap_or_else(|error| panic!("{error}"));
        let facts = FunctionFacts { memory_mb: 128, timeout_s: 3, log_group: "/shared".into(), last_modified: None };
        let facts = BTreeMap::from([("f".to_owned(), facts.clone()), ("g".to_owned(), facts)]);
        bound.desired(&Target::new("123456789012", "us-east-1"), &facts)
    };
    assert_eq!(read("7d").unwrap().resources.len(), 1);
    assert!(read("14d").unwrap_err().to_string().contains("declared twice"));
}

#[test]
fn what_is_asked_before_binding_is_there_before_binding() {
    let spec =
        parse("f", "version: 1\nstack: s\nregion: \"${r}\"\nvars: { r: eu-west-1, e: { required: true } }\n").unwrap();
    let written = spec.written_regions();
    assert!(written.len() == 1 && written[0].region.is_none() && written[0].functions.is_empty());
    let required: Vec<(&str, bool)> = spec.variables().iter().map(|v| (v.name.as_str(), v.required)).collect();
    assert_eq!(required, [("r", false), ("e", true)]);
    let bound = spec.bind(&BTreeMap::new()).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((bound.region(), bound.stack()), (Some("eu-west-1"), "s"));
    let bound = spec.bind(&values(&[("r", "us-west-2")])).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(bound.region(), Some("us-west-2"));
}

#[test]
fn a_file_that_is_bound_only_once_is_bound_alike() {
    let text = "version: 1\nstack: s\nvars: { d: { default: 7d } }\nlog_groups: { a: { retention: \"${d}\" } }\n";
    let target = Target::new("123456789012", "us-east-1");
    let desired = |bound: BoundSpec| bound.desired(&target, &BTreeMap::new()).unwrap();
    let spec = parse("f", text).unwrap();
    let many = spec.bind(&BTreeMap::new()).unwrap();
    let once = spec.into_bound(&BTreeMap::new()).unwrap();
    assert_eq!((once.source().text, once.source().name), (text, "f"));
    let (many, once) = (desired(many), desired(once));
    assert_eq!(once, many);
    assert_eq!(once.resources.len(), 1);
    let wrong = parse("f", "version: 1\nstack: s\nalarm: {}\n").unwrap();
    let said = wrong.bind(&BTreeMap::new()).unwrap_err().to_string();
    assert_eq!(wrong.into_bound(&BTreeMap::new()).unwrap_err().to_string(), said);
}

#[test]
fn the_place_of_every_resource_is_its_declaration() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/several-topics.yaml");
    let text = std::fs::read_to_string(&path).unwrap();
    let desired = desired("examples/several-topics.yaml", &[]);
    assert_eq!(desired.spans.keys().collect::<Vec<_>>(), desired.resources.keys().collect::<Vec<_>>());
    let span = desired.spans[&Address::new(Kind::Alarm, "dead-letters")];
    assert_eq!(&text[span.start..span.end], "dead-letters");
}

#[test]
fn a_secret_variable_has_no_default_and_a_value_that_can_be_hidden() {
    let text = |vars: &str| {
        format!("version: 1\nstack: s\nvars: {vars}\ntopics: {{ t: {{ display_name: 'a ${{token}}' }} }}\n")
    };
    let messages = |vars: &str, token: &str| {
        let spec = input::parse("a.yaml", &text(vars)).unwrap();
        let error = spec.bind(&values(&[("token", token)])).unwrap_err();
        error.problems().into_iter().map(|problem| problem.message).collect::<Vec<_>>().join("; ")
    };
    let default = messages("{ token: { secret: true, default: something-long } }", "x");
    assert!(default.contains("variable `token` is secret and has a default"), "{default}");
    let short = messages("{ token: { secret: true } }", "abcde");
    assert_eq!(short, "the value of the secret variable `token` is too short to be hidden");
    // A mistake further on shows the line, and quotes what was filled in.
    let (value, url) = ("declared-of-a-spec", "endpoint: '${token}'");
    let topics = format!("topics: {{ t: {{ subscriptions: [ {{ protocol: email, {url} }} ] }} }}\n");
    let spec = format!("version: 1\nstack: s\nvars: {{ token: {{ secret: true }} }}\n{topics}");
    let error = input::parse("a.yaml", &spec).unwrap().bind(&values(&[("token", value)])).unwrap_err();
    assert!(error.to_string().contains("is not a mail address") && !error.to_string().contains(value), "{error}");
}

#[test]
fn where_lines_are_hidden_places_stay() {
    let error = parse_document("x.yaml", "a: [hunter2\n", &variables::VARIABLE).unwrap_err().without_lines();
    let text = error.to_string();
    assert!(text.contains("x.yaml:") && !text.contains("hunter2"), "{text}");
}
