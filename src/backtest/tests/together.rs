//! What is judged together and beside something else: composite alarms, what only CloudWatch can compute, and reality.

use super::past::series;
use super::{START, alarm, asking};
use crate::backtest::judge::judge;
use crate::backtest::verify::compare;
use crate::resources::composite_alarm::Suppressor;
use crate::resources::{Alarm, CompositeAlarm, Resource};
use mlops_cloudwatch::evaluation::composite;
use mlops_cloudwatch::evaluation::timeline::{Timeline, TimelineChange};
use mlops_cloudwatch::state::AlarmState;
use std::collections::BTreeMap;

fn timeline(start: AlarmState, changes: &[(i64, AlarmState)]) -> Timeline {
    let changes = changes.iter().map(|(minute, to)| TimelineChange { at: START + minute * 60, to: *to }).collect();
    Timeline { from: START, until: START + 6_000, start, changes }
}

#[test]
fn composite_rules_follow_their_children() {
    use AlarmState::{Alarm as A, InsufficientData as I, Ok as O};
    let children: BTreeMap<String, Timeline> = [
        ("a", timeline(O, &[(10, A), (30, O)])),
        ("b", timeline(O, &[(20, A), (40, O)])),
        ("c", timeline(I, &[(25, O), (35, A)])),
    ]
    .into_iter()
    .map(|(name, states)| (name.to_owned(), states))
    .collect();
    for (rule, expected) in [
        ("ALARM(a) AND ALARM(b)", vec![(20, 30)]),
        ("ALARM(a) OR ALARM(b)", vec![(10, 40)]),
        ("ALARM(a) AND NOT ALARM(b)", vec![(10, 20)]),
        ("NOT ALARM(a) AND ALARM(b)", vec![(30, 40)]),
        ("INSUFFICIENT_DATA(c)", vec![(0, 25)]),
        ("OK(c)", vec![(25, 35)]),
        ("AT_LEAST(2, ALARM, (a, b, c))", vec![(20, 30), (35, 40)]),
        ("AT_LEAST(50%, ALARM, (a, b))", vec![(10, 40)]),
        ("AT_LEAST(1, NOT OK, (a, b, c))", vec![(0, 100)]),
        ("AT_LEAST(100%, NOT ALARM, (a, b))", vec![(0, 10), (40, 100)]),
        ("TRUE", vec![(0, 100)]),
        ("FALSE", vec![]),
        ("ALARM(\"arn:aws:cloudwatch:us-east-1:123456789012:alarm:a\")", vec![(10, 30)]),
        ("ALARM(a) AND (ALARM(b) OR INSUFFICIENT_DATA(c))", vec![(10, 30)]),
    ] {
        let alarm = CompositeAlarm { alarm_rule: rule.into(), ..CompositeAlarm::default() };
        let found = composite::replay(&alarm.alarm_rule, &children, START, START + 6_000).unwrap();
        let minutes: Vec<(i64, i64)> =
            found.alarms().iter().map(|(from, until)| ((from - START) / 60, (until - START) / 60)).collect();
        assert_eq!(minutes, expected, "{rule}");
    }
    let unknown = CompositeAlarm { alarm_rule: "ALARM(x)".into(), ..CompositeAlarm::default() };
    assert!(composite::replay(&unknown.alarm_rule, &children, START, START + 60).unwrap_err().contains("`x`"));
}

/// What cannot be worked out offline is unknown with its reason, and keeps nothing else from being judged.
#[test]
fn what_only_cloudwatch_can_compute_is_unknown_alone() {
    let expression = |name: &str, text: &str| {
        let json = format!(
            r#"{{"metrics": [{{"id": "m", "metric": {{"namespace": "T", "metric_name": "m", "stat": "Sum", "period": 60}}}},
                {{"id": "e", "expression": {text:?}, "period": 60, "return_data": true}}],
                "threshold": 1, "comparison_operator": "GreaterThanThreshold", "evaluation_periods": 1}}"#
        );
        let alarm: Alarm = serde_json::from_str(&json).unwrap();
        Resource::Alarm(Box::new(Alarm { name: name.into(), ..alarm }))
    };
    let promql = Alarm { promql: Some(Default::default()), ..Alarm::new("promql") };
    let alarms = [
        Resource::Alarm(Box::new(promql)),
        expression("insights", "SELECT SUM(m) FROM T"),
        expression("quota", "m / SERVICE_QUOTA(m)"),
        expression("rule", "INSIGHT_RULE_METRIC(\"r\", \"UniqueContributors\")"),
        expression("search", "SUM(SEARCH('{T} m', 'Sum', 60))"),
        expression("lambda", "LAMBDA(\"f\")"),
        expression("database", "DB_PERF_INSIGHTS('RDS', 'db', 'os.cpuUtilization.user.avg')"),
        Resource::Alarm(Box::new(Alarm { name: "plain".into(), ..alarm("1/1 > 5 missing 60", "Sum") })),
    ];
    let judged = judge(alarms.iter(), &series("Sum", 60, vec![9.0; 60]), asking(3_600));
    for (name, part) in [
        ("promql", Some("a PromQL alarm is evaluated by CloudWatch only")),
        ("insights", Some("only CloudWatch can compute it, and nothing of it is known")),
        ("quota", Some("only CloudWatch can compute SERVICE_QUOTA")),
        ("rule", Some("only CloudWatch can compute INSIGHT_RULE_METRIC")),
        ("search", Some("only CloudWatch can compute SEARCH")),
        ("lambda", Some("only CloudWatch can compute LAMBDA")),
        ("database", Some("only CloudWatch can compute DB_PERF_INSIGHTS")),
        ("plain", None),
    ] {
        let one = judged.iter().find(|one| one.address.name == name).unwrap();
        assert_eq!(one.outcome.as_ref().err().map(String::as_str), part, "{name}");
    }
}

#[test]
fn composites_of_composites_are_judged_after_their_children() {
    let mut values = vec![0.0; 60];
    values[30..40].fill(9.0);
    let composite = |name: &str, rule: &str| {
        Resource::CompositeAlarm(CompositeAlarm {
            name: name.into(),
            alarm_rule: rule.into(),
            ..CompositeAlarm::default()
        })
    };
    let suppressed = Resource::CompositeAlarm(CompositeAlarm {
        name: "odd".into(),
        alarm_rule: "ALARM(nobody)".into(),
        suppressor: Some(Suppressor { alarm: "a".into(), wait_period: 0, extension_period: 0 }),
        ..CompositeAlarm::default()
    });
    let resources = [
        composite("outer", "ALARM(inner)"),
        composite("inner", "ALARM(a)"),
        composite("circle", "ALARM(circle)"),
        suppressed,
        Resource::Alarm(Box::new(alarm("1/1 > 5 missing 60", "Sum"))),
    ];
    let judged = judge(resources.iter(), &series("Sum", 60, values), asking(3_600));
    let of = |name: &str| judged.iter().find(|judged| judged.address.name == name).unwrap();
    let spans = |name: &str| of(name).outcome.as_ref().unwrap().figures.spans.clone();
    assert_eq!(spans("outer"), spans("a"));
    assert_eq!(spans("a"), [(START + 31 * 60, START + 41 * 60)]);
    assert!(of("odd").outcome.is_err() && of("circle").outcome.is_err());
}

#[test]
fn a_simulation_is_held_against_reality() {
    use AlarmState::{Alarm as A, InsufficientData as I, Ok as O};
    let simulated = timeline(O, &[(10, A), (20, O), (50, A), (60, O)]);
    // The same alarm a minute later, one that only reality has, and a change that is none for people.
    let real = timeline(I, &[(5, O), (11, A), (20, O), (80, A), (85, O)]);
    let found = compare(&simulated, &real);
    assert_eq!((found.both, found.only_simulated.len(), found.only_real.len()), (2, 2, 2));
    // Of 100 minutes they differ for 5 + 1 + 10 + 5.
    assert!((found.share_of_time - 0.79).abs() < 1e-9, "{}", found.share_of_time);
}
