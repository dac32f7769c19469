//! The sandbox's two weeks through the real client: what a plan says of each alarm, and what it costs.

use crate::aws::{Aws, AwsSession, SessionOptions};
use crate::backtest::for_plan::{PastNote, PastUnknown, for_plan};
use crate::pipeline::{self, PlannedTarget, Select};
use crate::plan::{Consent, NoteKind};
use crate::sandbox::{self, Sandbox, Weather};
use crate::spec;
use std::collections::BTreeMap;

const LAB: &str = include_str!("../../../alarms.yaml");

/// Fires with every other call, and never.
const EXTREMES: &str = r#"
version: 1
stack: extremes
defaults: { namespace: AWS/Lambda, dimensions: { FunctionName: mlops-service-lambda }, treat_missing_data: notBreaching }
alarms:
  deaf: { metric_name: Errors, statistic: Sum, period: 5m, threshold: "> 100000" }
  noisy: { metric_name: Errors, statistic: Sum, period: 1m, threshold: "> 0" }
  always: { metric_name: Invocations, statistic: Sum, period: 1h, threshold: ">= 0", treat_missing_data: breaching }
  blind: { metric_name: Invocation, statistic: Sum, period: 5m, threshold: "> 0" }
composite_alarms:
  either: { alarm_rule: ALARM(deaf) OR ALARM(noisy) }
"#;

async fn aws(sandbox: &Sandbox) -> Aws {
    let http = (sandbox.http_client(), sandbox::ACCESS_KEY.to_owned(), sandbox::SECRET_KEY.to_owned());
    let options = SessionOptions { region: Some("us-east-1".into()), http: Some(http), ..SessionOptions::default() };
    AwsSession::open(options).await.unwrap().target(None).unwrap()
}

async fn plan(aws: &Aws, text: &str) -> PlannedTarget {
    let values = BTreeMap::from([("email".to_owned(), "ann@example.edu".to_owned())]);
    let bound = spec::parse("alarms.yaml", text).unwrap().bind(&values).unwrap();
    pipeline::plan(aws, &bound, &Select::default(), &Consent::default()).await.unwrap()
}

async fn told(aws: &Aws, planned: &PlannedTarget) -> BTreeMap<crate::resources::Address, crate::plan::Note> {
    let past = for_plan(aws, &planned.plan, now()).await.alarms.into_iter();
    past.filter_map(|one| Some((one.address.clone(), one.note(PastNote::Figures)?))).collect()
}

fn verdicts(notes: &BTreeMap<crate::resources::Address, crate::plan::Note>) -> Vec<(String, String)> {
    let word = |text: &str| text.rsplit(": ").next().unwrap_or_default().to_owned();
    notes.iter().map(|(address, note)| (address.name.clone(), word(&note.text))).collect()
}

#[tokio::test]
async fn every_alarm_of_the_lab_has_a_verdict_for_one_call() {
    let sandbox = Sandbox::in_memory(Weather::default());
    let aws = aws(&sandbox).await;
    let planned = plan(&aws, LAB).await;
    let notes = told(&aws, &planned).await;
    let alarms =
        planned.plan.changes.iter().filter(|change| change.address.kind == crate::resources::Kind::Alarm).count();
    assert_eq!(notes.len(), alarms);
    let known = ["silent", "quiet", "useful", "noisy"];
    assert!(verdicts(&notes).iter().all(|(_, word)| known.contains(&word.as_str())), "{notes:?}");
    assert_eq!(aws.calls()["cloudwatch:GetMetricData"].calls, 1);
}

#[tokio::test]
async fn a_noisy_and_a_deaf_alarm_are_told_apart() {
    let sandbox = Sandbox::in_memory(Weather::default());
    let aws = aws(&sandbox).await;
    let planned = plan(&aws, EXTREMES).await;
    let notes = told(&aws, &planned).await;
    let expected =
        [("always", "always on"), ("blind", "blind"), ("deaf", "silent"), ("noisy", "noisy"), ("either", "noisy")];
    let expected: Vec<(String, String)> = expected.map(|(name, word)| (name.to_owned(), word.to_owned())).into();
    assert_eq!(verdicts(&notes), expected, "{notes:?}");
    assert!(notes.values().filter(|note| note.kind == NoteKind::Warning).count() == 4, "{notes:?}");
}

/// The read fails for good: each alarm says the same, which a plan shows once, and the plan is none the worse.
#[tokio::test(start_paused = true)]
async fn a_read_that_fails_is_said_of_each_alarm() {
    let sandbox = Sandbox::in_memory(Weather::default());
    let fine = aws(&sandbox).await;
    let planned = plan(&fine, EXTREMES).await;
    let broken = Sandbox::in_memory("fault-500=1".parse().unwrap());
    let notes = told(&aws(&broken).await, &planned).await;
    assert!(notes.len() > 1, "{notes:?}");
    let first = notes.values().next().unwrap();
    assert!(notes.values().all(|note| note == first), "{notes:?}");
    assert!(first.kind == NoteKind::Warning && first.text.contains("is not known"), "{notes:?}");
}

/// What stays as it is has nothing to be judged, and costs nothing.
#[tokio::test]
async fn nothing_is_read_for_what_does_not_change() {
    let sandbox = Sandbox::in_memory(Weather::default());
    let before = aws(&sandbox).await;
    let planned = plan(&before, EXTREMES).await;
    pipeline::apply(&before, &planned.plan, &mut |_| {}).await.unwrap();
    let after = aws(&sandbox).await;
    let planned = plan(&after, EXTREMES).await;
    assert!(for_plan(&after, &planned.plan, now()).await.alarms.is_empty());
    assert!(!after.calls().contains_key("cloudwatch:GetMetricData"));
}

/// CloudWatch refuses a call for one of its queries: that alarm is unknown, with the reason, and the others are judged.
#[tokio::test]
async fn one_query_that_is_refused_makes_one_alarm_unknown() {
    const REFUSED: &str = r#"
version: 1
stack: refused
defaults: { namespace: AWS/Lambda, dimensions: { FunctionName: mlops-service-lambda }, treat_missing_data: notBreaching }
alarms:
  deaf: { metric_name: Errors, statistic: Sum, period: 5m, threshold: "> 100000" }
  noisy: { metric_name: Errors, statistic: Sum, period: 1m, threshold: "> 0" }
  any-throttle: { expression: 'SELECT SUM(Throttles) FROM SCHEMA("AWS/Lambda", FunctionName)', period: 1m, threshold: "> 0" }
  any-error: { expression: 'SELECT SUM(Errors) FROM SCHEMA("AWS/Lambda", FunctionName)', period: 1m, threshold: "> 0" }
"#;
    let sandbox = Sandbox::in_memory(Weather::default());
    let aws = aws(&sandbox).await;
    let planned = plan(&aws, REFUSED).await;
    let past = for_plan(&aws, &planned.plan, now()).await.alarms;
    assert_eq!(past.len(), 4);
    for one in past {
        match (one.address.name.as_str(), &one.outcome) {
            ("any-throttle" | "any-error", Err(PastUnknown::Unread { why, .. })) => {
                assert!(why.contains("Metrics Insights"), "{why}");
                assert_eq!(one.note(PastNote::Verdict).unwrap().kind, NoteKind::Warning);
            }
            ("deaf" | "noisy", Ok(_)) => {}
            other => panic!("{other:?}"),
        }
    }
    assert!(aws.calls()["cloudwatch:GetMetricData"].calls <= 8, "halves, not one call a query");
}

fn now() -> i64 {
    let age = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
    i64::try_from(age.as_secs()).unwrap()
}
