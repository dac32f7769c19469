//! Mutants in each form of the report: those that survived, those that nobody looked for, and what a test has to show.

use super::{json, junit, tests};
use crate::report::RenderOptions;
use crate::resources::{Address, Alarm, Kind, Resource};
use crate::unit_test::{AlarmMutation, FileOutcome, Mutant};

fn mutant(field: &'static str) -> Mutant {
    let resource = Resource::Alarm(Box::new(Alarm::new("a")));
    Mutant { field, from: "5".into(), to: "6".into(), hint: "expect ALARM".into(), resource }
}

fn alarm(name: &str, killed: usize, survivors: Vec<Mutant>, is_untested: bool) -> AlarmMutation {
    AlarmMutation {
        address: Address::new(Kind::Alarm, name),
        killed,
        survivors,
        unplayed: Vec::new(),
        is_untested,
        played: 0,
    }
}

fn outcome(alarms: Vec<AlarmMutation>) -> FileOutcome {
    FileOutcome { file: "t.yaml".into(), outcomes: Vec::new(), mutations: Some(Some(alarms)) }
}

#[test]
fn a_survivor_and_an_untested_alarm_are_failures() {
    let unplayed = vec![(mutant("statistic"), "no samples".to_owned())];
    let files = [outcome(vec![
        AlarmMutation { unplayed, ..alarm("weak", 3, vec![mutant("threshold")], false) },
        alarm("strong", 4, Vec::new(), false),
        alarm("alone", 0, Vec::new(), true),
    ])];
    assert!(!files[0].is_good());
    assert_eq!(
        tests(&files, &RenderOptions::PLAIN),
        "0 tests passed.\n\nalarm/weak: 3 of 4 mutants killed\n  survived threshold: 5 -> 6\n    fix: expect ALARM\n\
         not tested: alarm/alone\nMutants of t.yaml: 7 of 8 killed, 1 survived, 1 not tried (the data is of another statistic or \
         period), 1 alarm not tested.\n"
    );
    let xml = junit::junit(&files);
    for part in [
        "<testsuite name=\"t.yaml (mutants)\" tests=\"3\" failures=\"2\"",
        "<failure message=\"survived: threshold: 5 -&gt; 6\">",
        "<failure message=\"no test looks at it\">",
    ] {
        assert!(xml.contains(part), "{part}: {xml}");
    }
    let value: serde_json::Value = serde_json::from_str(&json::tests(&files)).unwrap();
    let weak = &value["files"][0]["mutants"][0];
    assert_eq!((&weak["killed"], &weak["survived"][0]["fix"]), (&3.into(), &"expect ALARM".into()));
    assert_eq!(weak["not_tried"][0]["why"], "no samples");
    assert!(outcome(vec![alarm("strong", 4, Vec::new(), false)]).is_good());
}
