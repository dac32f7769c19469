//! A drift as text, as JSON and as a comment.

use super::*;
use crate::model::{FieldChange, Target};
use crate::plan::drift::ResourceDrift;
use crate::plan::{Note, NoteKind};
use crate::resources::Address;
use crate::resources::foreign::DeployingEngine;

fn drift() -> StackDrift {
    let one = |address: &str, outcome, fields| ResourceDrift {
        address: Address::parse(address).expect("an address"),
        outcome,
        fields,
    };
    let threshold = FieldChange { field: "threshold".into(), from: Some(6.into()), to: Some(5.into()) };
    StackDrift {
        stack: "small".into(),
        target: Target::new("123456789012", "us-east-1"),
        deployed_by: Some(DeployingEngine::Cloudformation),
        compared: 7,
        resources: vec![
            one("alarm/errors", DriftOutcome::Differs, vec![threshold]),
            one("alarm/slow", DriftOutcome::Missing, Vec::new()),
            one("topic/old", DriftOutcome::Undeclared, Vec::new()),
        ],
        not_compared: vec![NotCompared {
            address: Address::parse("topic/alerts").expect("an address"),
            field: Some("delivery_policy".into()),
            why: "there is no such property",
        }],
        unknown: vec![Note::new(NoteKind::Unknown, "log_group/x: could not be read: denied").remedy("allow it")],
    }
}

#[test]
fn the_verdict_comes_first_and_the_counts_last() {
    let expected = "\
small in 123456789012 us-east-1 (deployed by CloudFormation): 3 resources have drifted, and not everything could be read

  differs          alarm/errors
                     threshold: 6 -> 5
  missing          alarm/slow
  not in the spec  topic/old
  fields: live -> spec
not compared: CloudFormation cannot carry topic/alerts delivery_policy (there is no such property)
unknown: log_group/x: could not be read: denied
  fix: allow it

Drift: 1 missing, 1 differing, 1 not in the spec.
";
    assert_eq!(text(&drift(), &RenderOptions { width: 120, ..RenderOptions::PLAIN }), expected);
    let none = StackDrift { resources: Vec::new(), not_compared: Vec::new(), unknown: Vec::new(), ..drift() };
    assert_eq!(
        text(&none, &RenderOptions::PLAIN),
        "small in 123456789012 us-east-1 (deployed by CloudFormation): no drift of 7 resources\n\n\
         Drift: 0 missing, 0 differing, 0 not in the spec.\n"
    );
}

#[test]
fn programs_and_comments_say_the_same() {
    let value: Value = serde_json::from_str(&json(&drift())).expect("JSON");
    assert_eq!(value["resources"][0]["fields"][0]["from"], 6);
    assert_eq!(value["summary"], json!({ "missing": 1, "differs": 1, "undeclared": 1 }));
    assert_eq!((&value["complete"], &value["deployed_by"]), (&json!(false), &json!("cloudformation")));
    let text = markdown(&drift());
    assert!(text.starts_with("### small in") && text.contains("      differs          alarm/errors\n"), "{text}");
}
