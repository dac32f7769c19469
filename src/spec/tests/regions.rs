//! Files of several regions: which resources are where, and what of the file holds in each.

use super::*;
use std::collections::BTreeSet;

const SHOP: &str = r#"
version: 1
stack: shop
region: eu-central-1
allowed_accounts: ["123456789012"]
tags: { team: shop, place: home }
defaults: { period: 5m, notify: t }
topics: { t: }
alarms:
  errors: { namespace: N, metric_name: M, statistic: Sum, threshold: "> 1" }
regions:
  us-east-1:
    tags: { place: states }
    defaults: { period: 1m }
    topics: { t: }
    alarms:
      bill: { namespace: AWS/Billing, metric_name: B, statistic: Sum, threshold: "> 2" }
      errors: { namespace: N, metric_name: M, statistic: Sum, threshold: "> 3" }
  eu-west-1:
"#;

fn regions(text: &str) -> Vec<BoundSpec> {
    let spec = parse("f", text).unwrap_or_else(|error| panic!("{error}"));
    spec.bind_regions(&BTreeMap::new()).unwrap_or_else(|error| panic!("{error}"))
}

fn of(bound: &BoundSpec) -> Desired {
    let target = Target::new("123456789012", bound.region().unwrap_or("us-east-1"));
    bound.desired(&target, &BTreeMap::new()).unwrap_or_else(|error| panic!("{error}"))
}

fn names(bound: &BoundSpec) -> Vec<String> {
    of(bound).resources.keys().map(Address::to_string).collect()
}

#[test]
fn a_section_is_a_file_of_its_region_with_what_holds_for_all() {
    let all = regions(SHOP);
    let placed: Vec<(Option<&str>, Vec<String>)> = all.iter().map(|one| (one.region(), names(one))).collect();
    let of_home = vec!["topic/t".to_owned(), "alarm/errors".to_owned()];
    let of_states = ["topic/t", "alarm/bill", "alarm/errors"].map(str::to_owned).to_vec();
    let expected = [(Some("eu-central-1"), of_home), (Some("us-east-1"), of_states), (Some("eu-west-1"), Vec::new())];
    assert_eq!(placed, expected);
    for one in &all {
        assert_eq!((one.stack(), one.allowed_accounts().count()), ("shop", 1));
        assert_eq!(one.declared_anywhere().len(), 3, "of all regions together");
    }
    let states = of(&all[1]);
    let bill = &states.resources[&Address::new(Kind::Alarm, "bill")];
    let fields = bill.fields();
    assert_eq!(
        (&fields["period"], &fields["alarm_actions"][0]),
        (&60.into(), &"arn:aws:sns:us-east-1:123456789012:t".into())
    );
    let tags = bill.tags().unwrap();
    assert_eq!((tags["team"].as_str(), tags["place"].as_str()), ("shop", "states"));
    let home = of(&all[0]).resources[&Address::new(Kind::Alarm, "errors")].fields();
    assert_eq!((&home["period"], &home["threshold"]), (&300.into(), &1.into()));
}

#[test]
fn a_list_is_the_whole_file_in_each() {
    let text = "version: 1\nstack: s\nregions: [eu-west-1, us-east-1]\ntopics: { t: }\n";
    let places =
        |text: &str| regions(text).iter().filter_map(|one| one.region().map(str::to_owned)).collect::<Vec<_>>();
    assert_eq!(places(text), ["eu-west-1", "us-east-1"]);
    assert!(regions(text).iter().all(|one| names(one) == ["topic/t"]));
    assert_eq!(
        places(&text.replace("topics", "region: us-east-1\ntopics")),
        ["us-east-1", "eu-west-1"],
        "home comes first"
    );
    assert_eq!(places(&text.replace(", us-east-1", "")), ["eu-west-1"]);
}

#[test]
fn what_is_the_account_s_is_in_the_home_region_alone() {
    let list = "version: 1\nstack: s\nregion: us-east-1\nregions: [eu-west-1, us-east-1]\ntopics: { t: }\ndashboards: { d: {} }\n";
    let all = regions(list);
    assert_eq!(names(&all[0]), ["topic/t", "dashboard/d"]);
    assert_eq!(names(&all[1]), ["topic/t"]);
    let dashboard = Address::new(Kind::Dashboard, "d");
    assert_eq!(all.iter().map(|one| one.is_about(&dashboard)).collect::<Vec<_>>(), [true, false]);
    let map = "version: 1\nstack: s\nregion: us-east-1\ndashboards: { d: {} }\nregions: { eu-west-1: {} }\n";
    assert_eq!(regions(map).iter().map(|one| names(one).len()).collect::<Vec<_>>(), [1, 0]);
    let other = map.replace("eu-west-1: {}", "eu-west-1: { dashboards: { e: {} } }");
    let error = parse("f", &other).unwrap().bind_regions(&BTreeMap::new()).unwrap_err().to_string();
    assert!(error.contains("unknown key `dashboards` in a region"), "{error}");
}

#[test]
fn a_file_of_sections_alone_needs_no_home() {
    let all = regions("version: 1\nstack: s\nregions: { us-east-1: { topics: { t: } }, eu-west-1: {} }\n");
    assert_eq!(all.iter().filter_map(BoundSpec::region).collect::<Vec<_>>(), ["us-east-1", "eu-west-1"]);
    assert_eq!(regions("version: 1\nstack: s\nregions: {}\n").len(), 1);
}

#[test]
fn a_region_is_picked_by_name_only_where_there_are_several() {
    let spec = parse("f", SHOP).unwrap();
    let pick = |spec: &Spec, region: &str| spec.bind_in(region, &BTreeMap::new()).unwrap().map(|one| names(&one).len());
    assert_eq!(
        (pick(&spec, "us-east-1"), pick(&spec, "eu-west-1"), pick(&spec, "eu-west-2")),
        (Some(3), Some(0), None)
    );
    let alone = parse("f", "version: 1\nstack: s\nregion: eu-west-1\ntopics: { t: }\n").unwrap();
    assert_eq!(pick(&alone, "us-west-2"), Some(1), "the flag says where the only one is");
    let listed = parse("f", "version: 1\nstack: s\nregions: [eu-west-1]\ntopics: { t: }\n").unwrap();
    assert_eq!((pick(&listed, "eu-west-1"), pick(&listed, "us-west-2")), (Some(1), None));
    assert!(spec.has_regions() && !alone.has_regions() && !listed.has_regions());
    assert!(spec.lists_regions() && !alone.lists_regions() && listed.lists_regions());
    let written: Vec<Option<String>> = spec.written_regions().into_iter().map(|place| place.region).collect();
    assert_eq!(written, ["eu-central-1", "us-east-1", "eu-west-1"].map(|region| Some(region.to_owned())));
}

#[test]
fn variables_are_filled_in_region_names_and_sections() {
    let text = "version: 1\nstack: s\nregion: eu-west-1\nvars: { there: us-east-1, name: x }\nregions: { \"${there}\": { topics: { \"${name}\": } } }\n";
    let all = regions(text);
    assert_eq!((all[1].region(), names(&all[1])), (Some("us-east-1"), vec!["topic/x".to_owned()]));
}

#[test]
fn a_comment_is_of_the_region_that_it_stands_in() {
    let text = "version: 1\nstack: s\nregion: eu-west-1\n# home\ntopics: { t: }\nregions:\n  us-east-1:\n    # states\n    topics: { t: }\n\
                lint: {} # after\n";
    let all = regions(text);
    let comments = |one: &BoundSpec| -> Vec<String> {
        let source = one.source();
        source.comments.iter().map(|span| source.text[span.start..span.end].trim().to_owned()).collect()
    };
    assert_eq!(comments(&all[0]), ["# home", "# after"]);
    assert_eq!(comments(&all[1]), ["# states"]);
}

/// What is wrong with what all regions share is said once, and what is wrong in one of them is said, too.
#[test]
fn every_mistake_is_said_once() {
    let text =
        SHOP.replace("period: 5m, notify: t", "period: 7s, notify: u").replace("metric_name: B", "metric_nam: B");
    let error = parse("f", &text).unwrap().bind_regions(&BTreeMap::new()).unwrap_err().to_string();
    assert_eq!(error.matches("no topic `u`").count(), 1, "{error}");
    assert_eq!(error.matches("unknown key").count(), 1, "{error}");
}

/// The resources of a file are those of its regions, each in its own: together they are all that is declared, and apart they differ.
#[test]
fn random_files_have_each_resource_in_its_region_alone() {
    const REGIONS: [&str; 4] = ["eu-west-1", "us-east-1", "ap-south-1", "sa-east-1"];
    let mut rng = fastrand::Rng::with_seed(14);
    for _ in 0..300 {
        let mut there: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for region in REGIONS {
            let some = (0..6).filter(|_| rng.bool()).map(|n| format!("t{n}"));
            there.insert(region, some.collect());
        }
        let topics =
            |names: &BTreeSet<String>| names.iter().map(|name| format!("{name}: ")).collect::<Vec<_>>().join(", ");
        let sections: Vec<String> = REGIONS[1..]
            .iter()
            .map(|region| format!("{region}: {{ topics: {{ {} }} }}", topics(&there[region])))
            .collect();
        let text = format!(
            "version: 1\nstack: s\nregion: {}\ntopics: {{ {} }}\nregions: {{ {} }}\n",
            REGIONS[0],
            topics(&there[REGIONS[0]]),
            sections.join(", ")
        );
        let all = regions(&text);
        assert_eq!(all.len(), REGIONS.len());
        for one in &all {
            let found: BTreeSet<String> = of(one).resources.into_keys().map(|address| address.name).collect();
            assert_eq!(found, there[one.region().unwrap()], "{text}");
        }
    }
}
