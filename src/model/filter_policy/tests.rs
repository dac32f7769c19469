//! What SNS refuses and in which words, what passes, and what cannot be said of a message that is not fully known.

use super::*;
use FilterOutcome::{Depends, Matches, Never};
use serde_json::json;

fn policy_of(policy: &Value) -> FilterPolicy {
    FilterPolicy::read(policy, FilterScope::MessageBody).unwrap_or_else(|fault| panic!("{policy}: {fault:?}"))
}

fn refusal(text: &str) -> String {
    let fault = FilterPolicy::read_text(text, FilterScope::MessageBody).expect_err(text);
    fault.sentence().trim_start_matches("FilterPolicy: ").to_owned()
}

fn passes(policy: Value, message: Value) -> bool {
    policy_of(&policy).outcome(&message.into()) == FilterOutcome::Matches
}

#[test]
fn refuses_what_sns_refuses_in_its_words() {
    for (policy, sentence) in [
        (r#"{"key":[["value"]]}"#, "Match value must be String, number, true, false, or null"),
        (r#"{"key":[{"wrong-operator":true}]}"#, "Unrecognized match type wrong-operator"),
        (r#"{"key":[{"suffix":"a","prefix":"b"}]}"#, "Only one key allowed in match expression"),
        (r#"{"key":[]}"#, "Empty arrays are not allowed"),
        (r#"{"key":[{"suffix":100}]}"#, "suffix match pattern must be a string"),
        (r#"{"key":{"suffix":"value"}}"#, r#""suffix" must be an object or an array"#),
        (r#"{"key":"value"}"#, r#""key" must be an object or an array"#),
        (r#"{"key":[{"cidr":"10.0.0.0"}]}"#, "Malformed CIDR, one '/' required"),
        (r#"{"key":[{"cidr":"xx.11/8"}]}"#, "Nonstandard IP address: xx.11"),
        (r#"{"key":[{"cidr":"10.0.0.0/a"}]}"#, "Malformed CIDR, mask bits must be an integer"),
        (r#"{"key":[{"numeric":[]}]}"#, "Invalid member in numeric match: ]"),
        (r#"{"key":[{"numeric":[1,"<="]}]}"#, "Invalid member in numeric match: 1"),
        (r#"{"key":[{"numeric":["="," 0"]}]}"#, "Value of equals must be numeric"),
        (r#"{"key":[{"numeric":["<",100,">",10]}]}"#, "Too many elements in numeric expression"),
        (r#"{"key":[{"numeric":[">=",1,">",2]}]}"#, "Bad numeric range operator: >"),
        (r#"{"key":[{"numeric":[">",3,"<",1]}]}"#, "Bottom must be less than top"),
        (r#"{"key":[{"numeric":[">",20,30]}]}"#, "Bad value in numeric range: 30"),
        (r#"{"key":[{"numeric":[">",20,"<",30,"<",50]}]}"#, "Too many terms in numeric range expression"),
        (r#"{"key":[{"exists":"no"}]}"#, "exists match pattern must be either true or false."),
        (r#"{"key":[{"anything-but":{"cidr":"10.0.0.0/8"}}]}"#, "Unsupported anything-but pattern: cidr"),
        (r#"{"key":[{"numeric":["<",1000000001]}]}"#, "Value must be between -1.0E9 and 1.0E9, inclusive"),
        (r#"{"key":{}}"#, "Empty objects are not allowed"),
        (r#"{"$or":[{"prefix":"a","b":["c"]}]}"#, "Only one key allowed in match expression"),
        (r#"{"a":[1],"b":[1],"c":[1],"d":[1],"e":[1],"f":[1]}"#, "Filter policy can not have more than 5 keys"),
    ] {
        assert_eq!(refusal(policy), sentence, "{policy}");
    }
    let values: Vec<u32> = (0..151).collect();
    let complex = json!({ "key": values }).to_string();
    assert_eq!(refusal(&complex), "Filter policy is too complex");
    assert!(refusal("{invalid").starts_with("failed to parse JSON."));
}

#[test]
fn passes_what_the_policy_asks_for() {
    let attributes = json!({ "store": ["shop"], "price": [12.5], "from": ["10.1.2.3"] });
    for (policy, expected) in [
        (json!({ "store": ["shop"] }), true),
        (json!({ "store": ["other"] }), false),
        (json!({ "store": [{ "prefix": "sh" }], "price": [{ "numeric": ["=", 12.5] }] }), true),
        (json!({ "store": [{ "suffix": "sh" }] }), false),
        (json!({ "store": [{ "equals-ignore-case": "SHOP" }] }), true),
        (json!({ "store": [{ "wildcard": "s*o*" }] }), true),
        (json!({ "store": [{ "wildcard": "s*x" }] }), false),
        (json!({ "store": [{ "anything-but": ["shop", "other"] }] }), false),
        (json!({ "store": [{ "anything-but": { "prefix": "x" } }] }), true),
        (json!({ "price": [{ "numeric": [">", 0, "<=", 12.5] }] }), true),
        (json!({ "price": [{ "numeric": ["<", 0] }] }), false),
        (json!({ "from": [{ "cidr": "10.1.0.0/16" }] }), true),
        (json!({ "from": [{ "cidr": "10.2.0.0/16" }] }), false),
        (json!({ "absent": [{ "exists": false }] }), true),
        (json!({ "absent": ["shop"] }), false),
        (json!({ "$or": [{ "store": ["no"] }, { "price": [12.5] }] }), true),
        (json!({}), true),
    ] {
        assert_eq!(passes(policy.clone(), attributes.clone()), expected, "{policy}");
    }
    let body = json!({ "Trigger": { "Dimensions": [{ "value": "f" }, { "value": "g" }] } });
    assert!(passes(json!({ "Trigger": { "Dimensions": { "value": ["g"] } } }), body.clone()));
    assert!(!passes(json!({ "Trigger": { "Dimensions": { "value": ["h"] } } }), body));
}

/// The examples of the guide's page "Filter policy constraints", and the case in which nesting makes too much of it.
#[test]
fn combinations_are_counted_as_the_guide_counts_them() {
    let four = json!(["one", "two", "three", "four"]);
    let three = json!(["one", "two", "three"]);
    let nested = json!({
        "key_a": { "key_b": { "key_c": four } },
        "key_d": { "key_e": three },
        "key_f": three,
    });
    assert_eq!(
        FilterPolicy::read(&nested, FilterScope::MessageBody),
        Err(PolicyFault::TooComplex { combinations: 4 * 3 * 3 * 2 * 3 })
    );
    let flat = json!({ "key_a": three, "key_b": ["one"], "key_c": ["one", "two"] });
    assert_eq!(limits_of(&flat), 6);
    // 36 values at depth four are accepted by SNS, 40 are not.
    let deep = |values: u32| json!({ "a": { "b": { "c": { "d": (0..values).collect::<Vec<_>>() } } } });
    assert!(FilterPolicy::read(&deep(36), FilterScope::MessageBody).is_ok());
    assert!(FilterPolicy::read(&deep(40), FilterScope::MessageBody).is_err());
    // The branches of $or add up.
    let either = json!({ "a": ["1", "2"], "$or": [{ "b": three }, { "c": four }] });
    assert_eq!(limits_of(&either), 2 * (3 + 4));
}

fn limits_of(policy: &Value) -> u64 {
    limits::combinations_of(&policy_of(policy))
}

#[test]
fn keys_count_at_any_depth_and_nesting_is_for_bodies_only() {
    let six = json!({ "a": { "b": [1], "c": [1], "d": [1] }, "e": [1], "f": { "g": { "h": [1] } }, "i": [1] });
    assert_eq!(FilterPolicy::read(&six, FilterScope::MessageBody), Err(PolicyFault::TooManyKeys { keys: 6 }));
    let nested = json!({ "a": { "b": [1] } });
    let fault = FilterPolicy::read(&nested, FilterScope::MessageAttributes).unwrap_err();
    assert_eq!(fault.sentence(), "Filter policy scope MessageAttributes does not support nested filter policy");
    assert_eq!(fault.place(), [PolicyStep::Key("a".into())]);
    let in_branch = json!({ "$or": [{ "a": [1] }, { "b": { "c": [1] } }] });
    assert!(matches!(FilterPolicy::read(&in_branch, FilterScope::MessageAttributes), Err(PolicyFault::Nested { .. })));
    let large = json!({ "a": ["x".repeat(300_000)] }).to_string();
    assert!(matches!(FilterPolicy::read_text(&large, FilterScope::MessageBody), Err(PolicyFault::TooLarge { .. })));
}

#[test]
fn the_place_of_a_mistake_leads_to_it() {
    let policy = json!({ "a": { "b": ["x", { "numeric": ["<", "y"] }] } });
    let fault = FilterPolicy::read(&policy, FilterScope::MessageBody).unwrap_err();
    assert_eq!(fault.place(), [PolicyStep::Key("a".into()), PolicyStep::Key("b".into()), PolicyStep::Item(1)]);
}

#[test]
fn what_is_not_known_is_neither_yes_nor_no() {
    let message = MessageField::object([
        ("State", MessageField::known("ALARM")),
        ("Reason", MessageField::SomeText),
        ("Before", MessageField::OneOf(vec!["OK".into(), "INSUFFICIENT_DATA".into()])),
        ("Open", MessageField::Unknown),
        ("Names", MessageField::from(json!(["a", "b"]))),
        ("Nothing", MessageField::known(Value::Null)),
    ]);
    for (policy, expected) in [
        (json!({ "State": ["ALARM"] }), Matches),
        (json!({ "State": ["alarm"] }), Never),
        (json!({ "State": ["ALARM"], "severity": ["high"] }), Never),
        (json!({ "Reason": ["x"] }), Depends),
        (json!({ "Reason": [{ "prefix": "Threshold" }] }), Depends),
        (json!({ "Reason": [{ "prefix": "" }] }), Matches),
        (json!({ "Reason": [{ "exists": true }] }), Matches),
        (json!({ "Reason": [{ "exists": false }] }), Never),
        (json!({ "Reason": [null] }), Never),
        (json!({ "Reason": [{ "numeric": [">", 1] }] }), Never),
        (json!({ "Reason": [{ "anything-but": ["x"] }] }), Depends),
        (json!({ "Reason": [{ "anything-but": [1] }] }), Matches),
        (json!({ "Reason": [{ "wildcard": "*" }] }), Matches),
        (json!({ "Reason": ["x"], "State": ["OK"] }), Never),
        (json!({ "Reason": ["x", { "exists": true }] }), Matches),
        (json!({ "Before": ["OK"] }), Depends),
        (json!({ "Before": ["OK", "INSUFFICIENT_DATA"] }), Depends),
        (json!({ "Before": ["ALARM"] }), Never),
        (json!({ "Before": [{ "anything-but": "ALARM" }] }), Matches),
        (json!({ "Open": ["x"] }), Depends),
        (json!({ "Open": { "deeper": [{ "exists": false }] } }), Depends),
        (json!({ "Open": [{ "exists": true }] }), Depends),
        (json!({ "Names": ["b"] }), Matches),
        (json!({ "Names": [{ "anything-but": ["b"] }] }), Depends),
        (json!({ "Names": [{ "anything-but": ["c"] }] }), Matches),
        (json!({ "Nothing": [null] }), Matches),
        (json!({ "$or": [{ "State": ["OK"] }, { "Reason": ["x"] }] }), Depends),
        (json!({ "$or": [{ "State": ["ALARM"] }, { "Reason": ["x"] }] }), Matches),
        (json!({ "State": [{ "prefix": { "equals-ignore-case": "al" } }] }), Matches),
        (json!({ "State": [{ "anything-but": { "suffix": ["ARM", "OK"] } }] }), Never),
        (json!({ "State": [{ "anything-but": { "wildcard": "*A*M" } }] }), Never),
        (json!({ "State": [{ "anything-but": { "equals-ignore-case": "ok" } }] }), Matches),
        (json!({}), Matches),
    ] {
        assert_eq!(policy_of(&policy).outcome(&message), expected, "{policy}");
    }
}
