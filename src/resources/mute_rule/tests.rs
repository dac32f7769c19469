//! Mute rules: fields, and what a spec may say.

use super::*;
use crate::resources::Kind;
use crate::spec;
use std::collections::BTreeMap;

#[test]
fn what_a_name_does_not_say_is_in_the_phrase_and_defaults_are_no_fields() {
    let rule = MuteRule {
        name: "nightly".into(),
        expression: "cron(0 2 * * SUN)".into(),
        duration: 14_400,
        alarms: vec!["b".into(), "a".into()],
        ..MuteRule::default()
    };
    assert_eq!(rule.phrase(), "mutes 2 alarms, cron(0 2 * * SUN) for 4h, UTC");
    let same = MuteRule { timezone: Some("UTC".into()), alarms: vec!["a".into(), "b".into()], ..rule.clone() };
    assert_eq!(rule.fields(), same.fields());
    assert_ne!(rule.fields(), MuteRule { duration: 60, ..rule.clone() }.fields());
    let dated = MuteRule { expire_date: Some(1_798_135_200), ..rule };
    assert_eq!(dated.fields()["expire_date"], "2026-12-24T18:00Z");
}

fn read(rule: &str) -> Result<MuteRule, String> {
    let text = format!(
        "version: 1\nstack: s\nregion: us-east-1\nalarms:\n{}composite_alarms:\n  both: {{ alarm_rule: ALARM(lab-a) OR ALARM(lab-b) }}\nmute_rules:\n  quiet:\n{rule}",
        ["lab-a", "lab-b", "other"]
            .map(|name| format!("  {name}: {{ namespace: N, metric_name: M, statistic: Sum, threshold: \"> 1\" }}\n"))
            .concat()
    );
    let bound =
        spec::parse("alarms.yaml", &text).and_then(|spec| spec.bind(&BTreeMap::new())).map_err(|e| e.to_string())?;
    let desired =
        bound.desired(&Target::new("123456789012", "us-east-1"), &BTreeMap::new()).map_err(|e| e.to_string())?;
    match desired.resources.get(&Address::new(Kind::MuteRule, "quiet")) {
        Some(Resource::MuteRule(rule)) => Ok(rule.clone()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn alarms_are_named_or_matched_and_those_of_others_are_added() {
    let rule = read(
        "    schedule: cron(0 2 * * SUN)\n    duration: 4h\n    timezone: Europe/Berlin\n    alarms: [\"lab-*\", both]\n    external_alarms: [theirs]\n    start_date: 2026-12-01\n    expire_date: \"2026-12-24T18:00:00Z\"\n",
    )
    .unwrap();
    assert_eq!(rule.alarms, ["both", "lab-a", "lab-b", "theirs"]);
    assert_eq!((rule.duration, rule.timezone.as_deref()), (14_400, Some("Europe/Berlin")));
    assert_eq!(rule.expire_date, Some(1_798_135_200));
    assert!(rule.start_date < rule.expire_date);
}

#[test]
fn what_is_wrong_is_said_at_its_place() {
    let with = |schedule: &str, duration: &str, more: &str| {
        read(&format!("    schedule: \"{schedule}\"\n    duration: {duration}\n    {more}\n")).unwrap_err()
    };
    for (schedule, duration, more, expected) in [
        ("every night", "4h", "alarms: [lab-a]", "a schedule is `cron("),
        ("cron(0 2 * * SUN)", "30s", "alarms: [lab-a]", "a mute cannot last `30s`"),
        ("cron(0 2 * * SUN)", "16d", "alarms: [lab-a]", "a mute cannot last `16d`"),
        ("cron(0 2 * * SUN)", "4h", "alarms: [lab-c]", "no alarm `lab-c` is declared in this file"),
        ("cron(0 2 * * SUN)", "4h", "alarms: [\"x*\"]", "no alarm of this file is named like `x*`"),
        ("cron(0 2 * * SUN)", "4h", "alarms: []", "the rule mutes no alarm"),
    ] {
        let told = with(schedule, duration, more);
        assert!(told.contains(expected), "{told}");
    }
    let told = with("cron(0 2 * * SUN)", "4h", "alarms: [lab-a]\n    timezone: Mars");
    assert!(told.contains("`Mars` is no time zone"), "{told}");
    let told =
        with("cron(0 2 * * SUN)", "4h", "alarms: [lab-a]\n    start_date: 2026-12-24\n    expire_date: 2026-12-01");
    assert!(told.contains("it expires before it starts"), "{told}");
    let told = with("cron(0 2 * * SUN)", "4h", "alarms: [lab-a]\n    start_date: tomorrow");
    assert!(told.contains("is no moment of UTC"), "{told}");
}
