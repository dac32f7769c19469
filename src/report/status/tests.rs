//! The words of statuses made by hand, and that every format says the same.

use super::*;
use crate::ops::status::testing::{alarm, quiet, subscription, trouble};
use crate::report::testing::check;

const SCHEMA: &str = include_str!("../../../docs/schemas/status.schema.json");

#[test]
fn a_quiet_stack_is_short() {
    let expected = "\
shop in 123456789012 us-east-1: all quiet: 2 alarms OK, everybody confirmed, matches the spec

Alarms: state, since when, the last hours (the middle is the threshold), now
    OK       shop-errors     3d  ▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁  0, threshold > 5
    OK       shop-throttles  3d  ▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁  0, threshold > 0

Subscriptions
    confirmed  ann@example.edu (email)  of alerts

Functions
    shop  ▂▄▆█▂▄▆█▂▄▆█▂▄▆█▂▄▆█▂▄▆█  ran 1m ago, 2610 times in 3h  changed 2026-11-20 08:15 UTC

Log groups
    /aws/lambda/shop  kept 14 days, 48.3 MB

Status: 0 in ALARM, 2 OK, 0 INSUFFICIENT_DATA; 1 confirmed, 0 pending, 0 lost, 0 missing; 0 drifted.
";
    let text = text(&quiet(), &RenderOptions::PLAIN);
    assert_eq!(text, expected, "{text}");
}

#[test]
fn everything_that_is_wrong_is_said() {
    let text = text(&trouble(), &RenderOptions::PLAIN);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/report/status/trouble.txt");
    if std::env::var_os("MLOPSCTL_UPDATE").is_some() {
        std::fs::write(path, &text).unwrap();
    }
    assert_eq!(text, std::fs::read_to_string(path).unwrap(), "{text}");
}

#[test]
fn without_colours_nothing_is_lost_and_no_secret_is_shown() {
    let coloured = text(&trouble(), &RenderOptions { colour: true, ..RenderOptions::PLAIN });
    assert!(coloured.contains("\u{1b}["));
    assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), text(&trouble(), &RenderOptions::PLAIN));
    for shown in [coloured, json(&trouble()), markdown(&trouble())] {
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    let look = RenderOptions { width: 80, verbose: true, ..RenderOptions::PLAIN };
    for line in text(&trouble(), &look).lines() {
        // A verdict is one line, for those who look for it.
        let whole = line.starts_with("shop in") || line.starts_with("Status:");
        assert!(whole || layout::width(line) <= 80, "{line}");
    }
}

#[test]
fn the_json_is_as_the_published_schema_says() {
    for status in [quiet(), trouble()] {
        let (schema, document) = (serde_json::from_str(SCHEMA).unwrap(), serde_json::from_str(&json(&status)).unwrap());
        assert_eq!(check(&schema, &document), Vec::<String>::new());
    }
    let document: serde_json::Value = serde_json::from_str(&json(&trouble())).unwrap();
    assert_eq!(document["summary"]["alarms"]["alarm"], 3);
    assert_eq!((&document["complete"], &document["confirmed"]), (&false.into(), &false.into()));
    assert_eq!(document["alarms"][1]["since"], "2026-11-22T09:40:32Z");
    assert_eq!(document["slos"][0]["alarms"], serde_json::json!(["composite_alarm/shop"]));
    assert_eq!((&document["slos"][1]["budget_spent"], &document["slos"][2]["error"]), (&0.25.into(), &"denied".into()));
}

#[test]
fn a_name_cannot_inject_markdown() {
    let mut status = quiet();
    status.alarms.push(alarm("x|y`<img src=x>@octocat", 1.0));
    status.subscriptions.push(subscription("evil@example.edu](https://evil.example)", Life::Pending));
    let text = markdown(&status);
    for bad in ["|y", "`<", "<img", "](", "@octocat"] {
        assert!(!text.contains(bad), "{bad} in {text}");
    }
    assert!(text.starts_with("### shop in 123456789012 us-east-1: 1 person has not confirmed\n"), "{text}");
}

#[test]
fn each_verdict_has_its_words() {
    let verdict = |change: &dyn Fn(&mut StackStatus)| {
        let mut status = quiet();
        change(&mut status);
        words::verdict(&status)
    };
    assert_eq!(verdict(&|s| s.subscriptions.clear()), "all quiet: 2 alarms OK, nobody subscribed, matches the spec");
    assert_eq!(verdict(&|s| s.alarms.clear()), "all quiet: no alarms, everybody confirmed, matches the spec");
    let ringing = |s: &mut StackStatus| s.alarms[0].state = Some(mlops_cloudwatch::state::AlarmState::Alarm);
    assert_eq!(verdict(&ringing), "1 alarm in ALARM");
    let unheard = |s: &mut StackStatus| {
        ringing(s);
        s.alarms[0].actions_enabled = false;
    };
    assert_eq!(verdict(&unheard), "1 alarm in ALARM, and nobody is notified");
    assert_eq!(verdict(&|s| s.alarms[0].actions_enabled = false), "1 alarm silenced");
    let pending = |s: &mut StackStatus| {
        s.subscriptions.push(subscription("bob@example.edu", Life::Pending));
        s.subscriptions.push(subscription("https://example.edu/hook", Life::Pending));
    };
    assert_eq!(verdict(&pending), "1 person has not confirmed, 1 subscription not confirmed");
    let lost = |s: &mut StackStatus| s.subscriptions = vec![subscription("ann@example.edu", Life::Lost)];
    assert_eq!(verdict(&lost), "1 subscription lost");
    assert_eq!(verdict(&|s| s.topics[0].standing = DriftState::LeftOver), "1 resource left over");
    let denied = |s: &mut StackStatus| {
        s.notes.push((None, crate::plan::Note::new(NoteKind::Unknown, "denied")));
    };
    assert_eq!(verdict(&denied), "not everything could be read");
    assert_eq!(
        words::verdict(&trouble()),
        "3 alarms in ALARM, 2 of them with nobody notified, 1 alarm in INSUFFICIENT_DATA, 1 alarm silenced, 1 alarm not fully evaluated, \
         1 person has not confirmed, 1 subscription lost, 1 resource missing, 1 resource drifted, 1 function not found, \
         not everything could be read"
    );
}
