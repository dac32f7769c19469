//! What a plan counts, and what of it is effective.

use super::*;
use crate::plan::testing::target;

const ALL: [Action; 7] = [
    Action::Create,
    Action::Update,
    Action::Replace,
    Action::Delete,
    Action::StopManaging,
    Action::Adopt,
    Action::NoOp,
];

#[test]
fn each_action_has_one_symbol_one_word_and_its_counts() {
    let counts = |action: Action| {
        let sum: PlanSummary = [action].into_iter().collect();
        [sum.add, sum.change, sum.destroy, sum.adopt, sum.stop_managing]
    };
    let rows = [
        ("+", "create", [1, 0, 0, 0, 0]),
        ("~", "update", [0, 1, 0, 0, 0]),
        ("-/+", "replace", [1, 0, 1, 0, 0]),
        ("-", "delete", [0, 0, 1, 0, 0]),
        ("<", "stop-managing", [0, 0, 0, 0, 1]),
        (">", "adopt", [0, 0, 0, 1, 0]),
        (" ", "no-op", [0, 0, 0, 0, 0]),
    ];
    for (action, expected) in ALL.into_iter().zip(rows) {
        assert_eq!((action.symbol(), action.word(), counts(action)), expected);
        assert_eq!(serde_json::to_value(action).expect("JSON"), action.word(), "the word of --format json");
    }
    let all: PlanSummary = ALL.into_iter().collect();
    assert_eq!(all, PlanSummary { add: 2, change: 1, destroy: 2, adopt: 1, stop_managing: 1 });
}

#[test]
fn everything_of_a_plan_is_told_with_its_address() {
    let blocked = |reason: &str| Blocked { reason: reason.to_owned(), remedy: String::new() };
    let change = |name: &str, action, kind| PlannedChange {
        address: Address::parse(name).expect("an address"),
        action,
        before: None,
        after: None,
        fields: Vec::new(),
        notes: vec![Note::new(kind, name)],
        blocked: Some(blocked(name)),
    };
    let plan = |kind| Plan {
        stack: "mine".into(),
        target: target(),
        changes: vec![change("topic/a", Action::NoOp, NoteKind::Info), change("topic/b", Action::Create, kind)],
        notes: vec![Note::new(NoteKind::Info, "own")],
        blocked: vec![blocked("whole")],
        pruning: true,
    };
    let known = plan(NoteKind::Warning);
    let refusals: Vec<String> =
        known.refusals().map(|(whose, why)| format!("{} {}", whose.is_some(), why.reason)).collect();
    assert_eq!(refusals, ["false whole", "true topic/a", "true topic/b"]);
    let notes: Vec<String> =
        known.all_notes().map(|(whose, note)| format!("{} {}", whose.is_some(), note.text)).collect();
    assert_eq!(notes, ["false own", "true topic/a", "true topic/b"]);
    let effective: Vec<String> = known.effective().map(|change| change.address.to_string()).collect();
    assert_eq!(effective, ["topic/b"]);
    assert!(!known.is_incomplete() && plan(NoteKind::Unknown).is_incomplete());
}
