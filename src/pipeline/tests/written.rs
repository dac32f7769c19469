//! The writer of specs: whatever there is, reading what was written of it gives the same.

use super::random;
use super::world::REGION;
use crate::model::{Arn, Target};
use crate::resources::function::{self, LiveFunctions};
use crate::resources::{Address, FunctionFacts, Resource, ResourceTags};
use crate::sandbox::ACCOUNT;
use crate::spec::{self, WriterInput, WrittenSpec};
use fastrand::Rng;
use std::collections::BTreeMap;
use std::path::Path;

/// Stacks of a run; `MLOPSCTL_CASES` raises them.
const STACKS: usize = 2_000;

type Resources = BTreeMap<Address, Resource>;

fn facts(functions: &[String]) -> BTreeMap<String, FunctionFacts> {
    let of = |name: &String| FunctionFacts {
        memory_mb: 128,
        timeout_s: 30,
        log_group: function::default_log_group(name),
        last_modified: None,
    };
    functions.iter().map(|name| (name.clone(), of(name))).collect()
}

fn written(target: &Target, resources: &Resources, functions: &BTreeMap<String, FunctionFacts>) -> WrittenSpec {
    let remarks = BTreeMap::new();
    let input = WriterInput { stack: "s", target, resources, functions, remarks: &remarks, head: &[], parameters: &[] };
    spec::write(&input).unwrap_or_else(|error| panic!("{error}"))
}

/// Reads what was written, and holds it against what it was written of.
fn same(
    target: &Target,
    resources: &Resources,
    functions: &BTreeMap<String, FunctionFacts>,
    label: &str,
) -> WrittenSpec {
    let written = written(target, resources, functions);
    let text = &written.text;
    assert!(written.left_out.is_empty(), "{label}: {:?}\n{text}", written.left_out);
    assert!(written.differing.is_empty(), "{label}: {:?}\n{text}", written.differing);
    let bound = spec::parse("written.yaml", text).and_then(|spec| spec.bind(&written.values()));
    let bound = bound.unwrap_or_else(|error| panic!("{label}: {error}\n{text}"));
    let read = bound.desired(target, functions).unwrap_or_else(|error| panic!("{label}: {error}\n{text}"));
    assert_eq!(read.resources.keys().collect::<Vec<_>>(), resources.keys().collect::<Vec<_>>(), "{label}\n{text}");
    for (address, resource) in resources {
        let read = &read.resources[address];
        assert_eq!(read.fields(), resource.fields(), "{label}: {address}\n{text}");
        assert_eq!(read.tags(), resource.tags(), "{label}: {address}\n{text}");
        let declared = |resource: &Resource| crate::resources::declared::by_spec(resource);
        assert_eq!(declared(read), declared(resource), "{label}: {address}\n{text}");
    }
    written
}

fn desired(text: &str) -> (Target, Resources, BTreeMap<String, FunctionFacts>) {
    let spec = spec::parse("spec.yaml", text).unwrap_or_else(|error| panic!("{error}"));
    let open = spec.variables().iter().filter(|variable| variable.default.is_none());
    let value = |name: &str| match name.contains("arn") || name.contains("key") {
        true => "arn:aws:kms:us-east-1:123456789012:key/0a1b2c3d-0000-4000-8000-000000000000".to_owned(),
        false if name.contains("url") || name.contains("hook") => "https://hooks.example.edu/secret/x".to_owned(),
        false => format!("{}@example.edu", name.replace('_', "-")),
    };
    let values: BTreeMap<String, String> = open.map(|one| (one.name.clone(), value(&one.name))).collect();
    let bound = spec.bind(&values).unwrap_or_else(|error| panic!("{error}"));
    let target = Target::new(ACCOUNT, bound.region().unwrap_or(REGION));
    // What its patterns stand for.
    let there = facts(&["api-orders", "mlops-service-lambda"].map(str::to_owned));
    let bound = match bound.matched_tags() {
        Some(_) => bound.for_functions(LiveFunctions { facts: there, ..LiveFunctions::default() }),
        None => bound,
    };
    let facts = facts(bound.functions());
    let desired = bound.desired(&target, &facts).unwrap_or_else(|error| panic!("{error}"));
    (target, desired.resources, facts)
}

#[test]
fn what_is_written_of_any_stack_reads_as_the_same() {
    let cases = std::env::var("MLOPSCTL_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(STACKS);
    let mut rng = Rng::with_seed(15);
    let (mut kinds, mut folded) = (BTreeMap::new(), 0);
    for case in 0..cases {
        let (target, mut resources, functions) = desired(&random::spec(&mut rng, "s").to_string());
        if rng.bool() {
            make_hostile(&mut rng, &mut resources);
        }
        let written = same(&target, &resources, &functions, &format!("case {case}"));
        resources.keys().for_each(|address| *kinds.entry(address.kind).or_insert(0) += 1);
        folded += written.folded.len();
    }
    assert_eq!(kinds.len(), crate::resources::Kind::ALL.len(), "a kind is in no stack: {kinds:?}");
    assert!(folded > cases / 20, "golden signals are recognised: {folded}");
}

/// Texts that a reader of YAML could take for something else, where AWS takes any.
fn make_hostile(rng: &mut Rng, resources: &mut Resources) {
    const TEXTS: &[&str] = &[
        "yes",
        "off",
        "1e3",
        "0x1f",
        " leading",
        "trailing ",
        "#",
        "a #b",
        "a: b",
        "- a",
        "> 5",
        "${email}",
        "$${x}",
        "~",
        "two\nlines",
        "two\nlines\n",
        "\nthree",
        "a\tb",
        "\u{1b}[2J",
        "\u{202e}x",
        "ä 日本 🔥",
        "{a}",
        "\"",
        "'",
        "\\",
        "https://wiki.example.edu/runbook?token=x",
        "::error::x",
        "12:30",
        "2026-01-01",
        "null",
        "<<",
        "=",
        "%",
        "@a",
        "`",
    ];
    let is_named = |resource: &Resource| {
        matches!(resource, Resource::CompositeAlarm(_) | Resource::MuteRule(_) | Resource::AnomalyDetector(_))
    };
    let renamed = !resources.values().any(is_named);
    let mut text = || rng.choice(TEXTS).copied().unwrap_or_default().to_owned();
    let all = std::mem::take(resources);
    for (address, mut resource) in all {
        match &mut resource {
            Resource::Alarm(alarm) => {
                alarm.description = Some(text());
                let name = text().replace(|c: char| c.is_ascii_control(), "");
                // Another alarm may have the name already.
                if renamed && !resources.keys().any(|address| address.name == name) {
                    alarm.name = name;
                }
                alarm.dimensions.values_mut().for_each(|value| {
                    let hostile = text();
                    if hostile.chars().all(|c| c.is_ascii() && !c.is_ascii_control()) {
                        *value = hostile;
                    }
                });
                alarm.metrics.iter_mut().for_each(|query| query.label = query.label.as_ref().map(|_| text()));
                alarm.tags =
                    ResourceTags::from([("yes".to_owned(), "1e3".to_owned()), (" a: b".to_owned(), " ".to_owned())]);
            }
            Resource::CompositeAlarm(alarm) => alarm.description = Some(text()),
            Resource::LogAlarm(alarm) => {
                alarm.description = Some(text());
                alarm.query_string = format!("fields @message {}", text());
            }
            Resource::MuteRule(rule) => {
                rule.name = format!("{}{}", rule.name, text().replace(|c: char| c.is_ascii_control(), ""));
                rule.description = Some(text());
            }
            Resource::MetricFilter(filter) => {
                filter.name = format!("{}{}", filter.name, text().replace([':', '*'], ""))
            }
            _ => {}
        }
        drop(address);
        resources.insert(resource.address(), resource);
    }
}

#[test]
fn what_is_written_of_every_example_reads_as_the_same() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = vec![root.join("alarms.yaml")];
    for folder in ["examples", "tests/corpus/good", "tests/corpus/public"] {
        files.extend(std::fs::read_dir(root.join(folder)).unwrap().map(|entry| entry.unwrap().path()));
    }
    let is_spec = |path: &Path| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let other = name.ends_with(".test.yaml") || ["mistakes.yaml", "templates.yaml", "sound.yaml"].contains(&&*name);
        name.ends_with(".yaml") && !other
    };
    files.retain(|path| is_spec(path));
    files.sort();
    assert!(files.len() > 15, "{files:?}");
    for path in files {
        let (target, resources, functions) = desired(&std::fs::read_to_string(&path).unwrap());
        same(&target, &resources, &functions, &path.display().to_string());
    }
}

#[test]
fn what_no_spec_can_say_is_left_out_and_named() {
    let (target, mut resources, functions) = desired(super::world::EACH);
    let Some(Resource::Alarm(alarm)) = resources.get_mut(&Address::parse("alarm/errors").unwrap()) else { panic!() };
    alarm.actions.alarm = vec!["arn:aws:sqs:us-east-1:123456789012:queue".to_owned()];
    assert!(Arn::parse(&alarm.actions.alarm[0]).is_some());
    let written = written(&target, &resources, &functions);
    assert_eq!(
        written.left_out.keys().map(Address::to_string).collect::<Vec<_>>(),
        ["alarm/errors"],
        "{}",
        written.text
    );
    assert!(written.differing.is_empty(), "{:?}", written.differing);
    assert!(
        written.text.contains("# - alarm/errors: an alarm cannot have an action of the service `sqs`"),
        "{}",
        written.text
    );
    // The composite alarm names it all the same.
    assert!(written.text.contains("external_alarms: [errors]"), "{}", written.text);
}

#[test]
fn a_lab_is_written_as_a_person_would() {
    let (target, resources, functions) = desired(include_str!("../../../alarms.yaml"));
    let written = same(&target, &resources, &functions, "lab");
    println!("{}", written.text);
    let (target, resources, functions) = desired(super::world::FIFTY);
    let fifty = same(&target, &resources, &functions, "fifty");
    println!("{}", fifty.text);
    let (target, resources, functions) = desired(include_str!("../../../examples/everything.yaml"));
    println!("{}", same(&target, &resources, &functions, "everything").text);
}

/// Addresses of people and keys are in no spec; the file of values has them, but for what SNS does not tell.
#[test]
fn who_is_notified_is_a_variable() {
    let endpoints = [
        ("email", "ann@example.edu"),
        ("email-json", "ann@example.edu"),
        ("sms", "+12065550100"),
        ("https", "https://hooks.example.edu/T0/${x}\"secret"),
        ("https", "https://ops:****@alerts.example.edu/in"),
        ("https", "https://open.example.edu"),
        ("sqs", "arn:aws:sqs:us-east-1:123456789012:inbox"),
    ];
    let target = Target::new(ACCOUNT, REGION);
    let topic = Resource::Topic(crate::resources::Topic { name: "alerts".into(), ..Default::default() });
    let mut resources = Resources::from([(topic.address(), topic)]);
    // The address with a quotation mark is none that a spec takes: it is left out below, and not shown either.
    for (protocol, endpoint) in endpoints {
        let one = Resource::Subscription(crate::resources::Subscription::new("alerts", protocol, endpoint));
        resources.insert(one.address(), one);
    }
    let written = written(&target, &resources, &BTreeMap::new());
    let text = &written.text;
    assert_eq!(written.left_out.len(), 1, "{:?}\n{text}", written.left_out);
    assert!(written.differing.is_empty(), "{:?}", written.differing);
    for hidden in ["ann@example.edu", "12065550100", "/T0/", "ops:", "/in"] {
        assert!(!text.contains(hidden), "{hidden}\n{text}");
    }
    assert!(text.contains("endpoint: https://open.example.edu }") && text.contains(":inbox"), "{text}");
    let names: Vec<&str> = written.variables.iter().map(|variable| variable.name.as_str()).collect();
    assert_eq!(names, ["email", "webhook", "phone"], "one address, one variable\n{text}");
    let values = written.values_text();
    assert!(values.contains("email: \"ann@example.edu\"\n") && values.contains("# webhook:\n"), "{values}");
    assert!(!values.contains("unknown-password"), "{values}");
}
