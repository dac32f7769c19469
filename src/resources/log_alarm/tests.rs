//! Log alarms: fields, what they refer to, and what a spec may say.

use super::*;
use crate::spec;
use std::collections::BTreeMap;

const RIGHT: [(&str, &str); 6] = [
    ("query_string", "filter @message like /timeout/"),
    ("log_group_identifiers", "[/app]"),
    ("aggregation_expression", "count(*)"),
    ("schedule_expression", "5m"),
    ("scheduled_query_role_arn", "arn:aws:iam::123456789012:role/q"),
    ("threshold", "\"> 5\""),
];

/// With these keys in place of the right ones, or beside them.
fn read(other: &[(&str, &str)]) -> Result<LogAlarm, String> {
    let mut keys: BTreeMap<&str, &str> = RIGHT.into();
    keys.extend(other.iter().copied());
    let keys: String = keys.iter().filter(|(_, v)| !v.is_empty()).map(|(k, v)| format!("    {k}: {v}\n")).collect();
    let text = format!(
        "version: 1\nstack: s\nregion: us-east-1\ndefaults: {{ notify: t, period: 1m, threshold: \"< 3\" }}\ntopics: {{ t: {{}} }}\nlog_groups: {{ /app: {{ retention: 7d }} }}\nlog_alarms:\n  slow:\n{keys}\
         composite_alarms:\n  any: {{ alarm_rule: ALARM(slow) }}\n"
    );
    let bound =
        spec::parse("alarms.yaml", &text).and_then(|spec| spec.bind(&BTreeMap::new())).map_err(|e| e.to_string())?;
    let desired = bound.desired(&target(), &BTreeMap::new()).map_err(|e| e.to_string())?;
    match desired.resources.get(&Address::new(Kind::LogAlarm, "slow")) {
        Some(Resource::LogAlarm(alarm)) => Ok(LogAlarm::clone(alarm)),
        other => panic!("{other:?}"),
    }
}

fn target() -> Target {
    Target::new("123456789012", "us-east-1")
}

#[test]
fn what_is_left_out_has_its_default_and_defaults_are_no_fields() {
    let alarm = read(&[]).unwrap();
    assert_eq!((alarm.query_results_to_evaluate, alarm.query_results_to_alarm), (1, 1));
    assert_eq!((alarm.schedule_expression.as_str(), alarm.start_time_offset), ("rate(5 minutes)", 300));
    assert_eq!(alarm.actions.alarm, [target().arn("sns", "t")], "whom to notify is inherited");
    assert_eq!((alarm.threshold, alarm.comparison_operator.as_str()), (5.0, "GreaterThanThreshold"));
    let said = LogAlarm {
        treat_missing_data: Some("missing".into()),
        action_log_line_count: Some(0),
        schedule_expression: "rate( 5  minutes )".into(),
        ..alarm.clone()
    };
    assert_eq!(said.fields(), alarm.fields());
    let more = LogAlarm { end_time_offset: 60, ..alarm.clone() };
    assert_eq!(more.fields()["end_time_offset"], "1m");
    let late = read(&[("end_time_offset", "1m")]).unwrap();
    assert_eq!(late.start_time_offset, 360, "what lies between two runs, a minute before each");
}

#[test]
fn it_is_made_after_its_topics_and_groups() {
    let there = "arn:aws:logs:us-east-1:210987654321:log-group:/theirs";
    let groups = format!("[/app, \"{there}\", \"arn:aws:logs:us-east-1:123456789012:log-group:/own\"]");
    let alarm = read(&[("log_group_identifiers", &groups)]).unwrap();
    let named: Vec<String> = alarm.references(&target()).iter().map(Address::to_string).collect();
    assert_eq!(named, ["topic/t", "log_group//app", "log_group//own"]);
}

#[test]
fn a_phrase_says_when_it_fires() {
    let alarm =
        read(&[("query_results_to_evaluate", "3"), ("query_results_to_alarm", "2"), ("start_time_offset", "10m")]);
    assert_eq!(alarm.unwrap().condition(), "count(*) > 5 in 2 of 3 queries, every 5m over 10m");
    let alarm = read(&[("threshold", "0.5"), ("comparison_operator", "LessThanThreshold")]).unwrap();
    assert_eq!((alarm.condition().as_str(), alarm.scans()), ("count(*) < 0.5, every 5m", Some(1.0)));
}

#[test]
fn what_is_wrong_is_said_at_its_place() {
    for (key, value, expected) in [
        ("query_string", "\" \"", "`query_string` is empty"),
        ("query_string", "", "query_string"),
        ("log_group_identifiers", "[]", "no log group is queried"),
        ("log_group_identifiers", "[\"a b\"]", "cannot name a log group"),
        ("log_group_identifiers", "[\"arn:aws:sns:us-east-1:123456789012:t\"]", "is no ARN of a log group"),
        ("schedule_expression", "30s", "is neither a duration of whole minutes"),
        ("schedule_expression", "cron(0 2 * * ? *)", "nor a rate such as"),
        ("start_time_offset", "31d", "`start_time_offset` cannot be 31d"),
        ("end_time_offset", "31d", "`end_time_offset` cannot be 31d"),
        ("scheduled_query_role_arn", "log-alarms", "is not a whole ARN"),
        ("scheduled_query_role_arn", "arn:aws:iam::123456789012:user/x", "is no ARN of a role"),
        ("query_results_to_alarm", "2", "more than the 1 of `query_results_to_evaluate`"),
        ("query_results_to_evaluate", "101", "101"),
        ("action_log_line_count", "5", "log lines in a notification need a role"),
        ("action_log_line_role_arn", "arn:aws:iam::123456789012:role/q", "this role reads no lines"),
        ("threshold", "5", "does not say above or below"),
        ("threshold", "", "threshold"),
        ("comparison_operator", "GreaterThanUpperThreshold", "GreaterThanUpperThreshold"),
        ("notify", "\"arn:aws:automate:us-east-1:ec2:stop\"", "a log alarm cannot have the action"),
    ] {
        let problem = read(&[(key, value)]).expect_err(&format!("{key}: {value}"));
        assert!(problem.contains(expected), "{key}: {value}: {problem}");
    }
    let both = read(&[("start_time_offset", "5m"), ("end_time_offset", "5m")]).unwrap_err();
    assert!(both.contains("`end_time_offset` is less than `start_time_offset`"), "{both}");
}
