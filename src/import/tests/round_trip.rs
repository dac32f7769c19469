//! A spec is exported, the template imported: the same resources, but for what the export has said that it lacks.

use super::{imported, losses};
use crate::export::cloudformation::{TemplateLimits, templates};
use crate::export::tests::{random_desired, without};
use crate::export::{ANY_ACCOUNT, DocumentFormat, ExportRow};
use crate::import::ImportSettings;
use crate::model::Target;
use crate::resources::foreign::to_foreign;
use crate::resources::{Address, Kind, Resource, written};
use crate::spec::{self, Desired};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// One template, whatever its size.
const ONE: TemplateLimits =
    TemplateLimits { inline: usize::MAX, stored: usize::MAX, resources: usize::MAX, parameters: usize::MAX };

/// What counts: fields, and tags that are no marks.
fn meaning(resource: &Resource) -> Value {
    let tags: BTreeMap<_, _> = resource.tags().map(|tags| written::sayable(tags).collect()).unwrap_or_default();
    crate::model::field::canonical(json!([resource.fields(), tags]))
}

/// The endpoints that a template holds no value of, by the parameters that it has instead: those of a topic and a protocol in turn.
fn secrets(desired: &Desired, template: &str) -> BTreeMap<String, String> {
    let template = crate::import::ImportSource::of("t", template.to_owned()).unwrap().root.to_json();
    let mut own: Vec<_> = desired.resources.iter().collect();
    own.sort_by_key(|(address, _)| desired.spans.get(*address).map(|span| (span.start, span.end)));
    let mut counts: BTreeMap<(Kind, String, String), usize> = BTreeMap::new();
    let mut values = BTreeMap::new();
    for (address, resource) in own {
        let Some(one) = resource.subscription() else { continue };
        let count = counts.entry((address.kind, one.topic.clone(), one.protocol.clone())).or_default();
        *count += 1;
        let words = if *count == 1 { String::new() } else { count.to_string() };
        let stem: String = format!("{} {}", one.topic, one.protocol)
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|w| !w.is_empty())
            .map(|word| word[..1].to_ascii_uppercase() + &word[1..])
            .collect();
        for id in template["Resources"].as_object().unwrap().keys() {
            let endpoint = template["Resources"][id]["Properties"]["Endpoint"]["Ref"].as_str();
            let kind = if address.kind == Kind::Subscription { "Subscription" } else { "ExternalSubscription" };
            if let Some(parameter) = endpoint.filter(|_| *id == format!("{stem}{words}{kind}")) {
                values.insert(parameter.to_owned(), one.endpoint.clone());
            }
        }
    }
    values
}

/// Returns how many resources were compared.
fn comes_back(desired: &Desired, format: DocumentFormat, label: &str) -> usize {
    let target = Target::new(ANY_ACCOUNT, &desired.region);
    let rows = [ExportRow { desired, values: Vec::new() }];
    // A pattern over functions that no account has been asked for.
    if desired.resources.keys().any(|address| address.name.contains('*')) {
        return 0;
    }
    let Ok(set) = templates(&rows, &[], ONE) else { return 0 };
    let template = format.write(&set.root.document);
    let settings = ImportSettings {
        account: Some(target.account.clone()),
        region: Some(target.region.clone()),
        parameters: secrets(desired, &template),
        ..ImportSettings::default()
    };
    let back = imported(&template, &settings);
    assert_eq!(losses(&back), Vec::<String>::new(), "{label}\n{template}");
    let mut expected: BTreeMap<Address, Resource> = BTreeMap::new();
    for (address, resource) in &desired.resources {
        let Ok(form) = to_foreign(resource.kind().facts().cloudformation, resource, &target) else { continue };
        let lost: BTreeSet<String> = form.lost.iter().map(|lost| lost.field.clone()).collect();
        let kept = without(resource, &lost);
        // A detector that sets nothing is the alarm's own.
        if !(address.kind == Kind::AnomalyDetector && kept.fields().is_empty()) {
            expected.insert(address.clone(), kept);
        }
    }
    // With the secrets that the file of the variables' values holds.
    let values = back.written.variables.iter();
    let values = values.map(|one| (one.name.clone(), one.given.clone().unwrap_or(one.open.value.clone()))).collect();
    let bound =
        spec::parse("t.yaml", &back.written.text).and_then(|spec| spec.bind(&values)).expect(&back.written.text);
    let found = bound.desired(&target, &BTreeMap::new()).unwrap().resources;
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>(), "{label}\n{template}");
    for (address, resource) in &expected {
        assert_eq!(meaning(&found[address]), meaning(resource), "{label} {address}\n{}", back.written.text);
    }
    expected.len()
}

#[test]
fn three_hundred_random_stacks_come_back() {
    let count: usize = (0..300)
        .map(|seed| {
            let format = if seed % 2 == 0 { DocumentFormat::Json } else { DocumentFormat::Yaml };
            comes_back(&random_desired(seed, ANY_ACCOUNT), format, &format!("seed {seed}"))
        })
        .sum();
    assert!(count > 1_000, "{count}");
}

#[test]
fn every_example_comes_back() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if !name.ends_with(".yaml") || name.ends_with(".test.yaml") {
            continue;
        }
        let loaded = spec::load(&path).unwrap();
        let known = |names: Vec<String>| -> BTreeMap<String, String> {
            let value = |name: &str| match name {
                name if name.contains("mail") => "ann@example.edu".to_owned(),
                name if name.contains("account") => ANY_ACCOUNT.to_owned(),
                name if name.contains("hook") || name.contains("url") => "https://hooks.example.edu/x".to_owned(),
                name if name.contains("phone") || name.contains("call") => "+15550100".to_owned(),
                _ => "value".to_owned(),
            };
            names.into_iter().map(|name| (name.clone(), value(&name))).collect()
        };
        let values = known(loaded.variables().iter().map(|one| one.name.clone()).collect());
        for bound in loaded.into_regions(&values).unwrap_or_else(|error| panic!("{error}")) {
            let region = bound.region().unwrap_or("us-east-1").to_owned();
            let desired = bound.desired(&Target::new(ANY_ACCOUNT, region), &BTreeMap::new()).unwrap();
            for format in [DocumentFormat::Json, DocumentFormat::Yaml] {
                count += comes_back(&desired, format, &name);
            }
        }
    }
    assert!(count > 100, "{count}");
}
