//! Judging, on facts made by hand: what counts how much, and what near misses are told.

use super::facts::{
    self, AlarmWithState, Elsewhere, EndpointResponse, ExistingTopic, PublishPolicy, RegionAlarms, RegionFacts,
    Retention, SubscribedEndpoint, Unread,
};
use super::judge::judge;
use super::rubric::{OpenRubric, Rubric};
use super::{FactRequirements, GradeVerdict, GradedItem, Mistake};
use crate::model::Target;
use crate::resources::alarm::{Actions, MetricQuery, MetricStat};
use crate::resources::function::FunctionConfiguration;
use crate::resources::{Alarm, CompositeAlarm, ConfirmationState, FunctionFacts};
use proptest::prelude::*;
use serde_json::json;
use std::collections::BTreeMap;

const NOW: i64 = 1_767_571_200;
const TOPIC: &str = "arn:aws:sns:us-east-1:123456789012:alerts";

fn rubric(test: &str) -> Rubric {
    let text = format!("version: 1\ntitle: t\nitems:\n  - {{ name: x, says: s, points: 12, {test} }}\n");
    OpenRubric::parse(&text).and_then(|open| open.bind(&BTreeMap::new())).unwrap_or_else(|error| panic!("{error}"))
}

fn one(test: &str, facts: &RegionFacts) -> GradedItem {
    judge(&rubric(test), facts, NOW).remove(0)
}

/// The first remark: its mistake and its words.
fn remark(test: &str, facts: &RegionFacts) -> (Mistake, String) {
    let judged = one(test, facts);
    let remark = judged.remarks.first().unwrap_or_else(|| panic!("no remark: {judged:?}"));
    (remark.mistake, remark.what.clone())
}

fn function(name: &str) -> BTreeMap<String, String> {
    BTreeMap::from([("FunctionName".to_owned(), name.to_owned())])
}

/// The lab's alarm.
fn errors(name: &str) -> Alarm {
    Alarm {
        namespace: Some("AWS/Lambda".into()),
        metric_name: Some("Errors".into()),
        dimensions: function("f"),
        statistic: Some("Sum".into()),
        period: Some(300),
        evaluation_periods: Some(1),
        threshold: Some(5.0),
        comparison_operator: Some("GreaterThanThreshold".into()),
        actions: Actions { alarm: vec![TOPIC.into()], ..Actions::default() },
        ..Alarm::new(name)
    }
}

fn default_policy() -> serde_json::Value {
    json!({"Id": "__default_policy_ID", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": ["SNS:Publish"]}]})
}

fn you(confirmation: ConfirmationState) -> SubscribedEndpoint {
    SubscribedEndpoint {
        protocol: "email".into(),
        endpoint: "you@example.edu".into(),
        confirmation,
        filtered: Ok(false),
    }
}

fn topic(subscriptions: Vec<SubscribedEndpoint>) -> ExistingTopic {
    let door = PublishPolicy { policy: Some(default_policy()), kms_key: None };
    ExistingTopic { name: "alerts".into(), door: Some(Ok(door)), subscriptions }
}

/// An account with these alarms, in which everything else is as the lab wants it.
fn account(alarms: Vec<Alarm>) -> RegionFacts {
    let mut facts = facts::nothing(Target::new("123456789012", "us-east-1"));
    let standing = |alarm| AlarmWithState { alarm, state: "OK".to_owned() };
    facts.alarms = Ok(RegionAlarms { metric: alarms.into_iter().map(standing).collect(), composite: Vec::new() });
    facts.topics = Ok(BTreeMap::from([(TOPIC.to_owned(), topic(vec![you(ConfirmationState::Confirmed)]))]));
    let log_group = "/aws/lambda/f".to_owned();
    let configuration = FunctionConfiguration {
        facts: FunctionFacts { memory_mb: 128, timeout_s: 30, log_group: log_group.clone(), last_modified: None },
        runtime: Some("python3.12".into()),
    };
    facts.functions.insert("f".to_owned(), Ok(Some(configuration)));
    facts.log_groups.insert(log_group, Ok(Some(Retention { days: Some(14), policy: None })));
    facts
}

const ALARM: &str = "alarm: { metric_name: Errors, dimensions: { FunctionName: f }, statistic: [Sum], threshold: { from: 1, to: 10, per: 5m }, or_share: { from: 1, to: 20 }, period: { from: 1m, to: 15m }, window: { to: 30m }, has_data: true, notifies: true }";

#[test]
fn the_labs_alarm_gets_all_points() {
    let judged = one(ALARM, &account(vec![errors("whatever-it-is-called")]));
    assert_eq!((judged.verdict, judged.earned, judged.remarks.len()), (GradeVerdict::Full, 12.0, 0), "{judged:?}");
    assert_eq!(judged.found, ["`whatever-it-is-called`: Errors Sum > 5 in 5m"]);
}

/// Eight parts; each mistake costs its own one and is named.
#[test]
fn each_mistake_is_named_and_costs_its_part() {
    let with = |change: &dyn Fn(&mut Alarm)| {
        let mut alarm = errors("a");
        change(&mut alarm);
        one(ALARM, &account(vec![alarm]))
    };
    type Case<'a> = (&'a dyn Fn(&mut Alarm), Mistake, &'a str, f64);
    let cases: [Case<'_>; 9] = [
        (&|a| a.threshold = Some(500.0), Mistake::ThresholdTooHigh, "is > 500, wanted 1 to 10 in 5m", 10.5),
        (&|a| a.threshold = Some(0.0), Mistake::EveryError, "fires every single time (> 0)", 10.5),
        (&|a| a.statistic = Some("Maximum".into()), Mistake::WrongStatistic, "is Maximum, wanted Sum", 10.5),
        (&|a| a.period = Some(86_400), Mistake::WrongPeriod, "is 1d, wanted 1m to 15m", 9.0),
        (&|a| a.comparison_operator = Some("LessThanThreshold".into()), Mistake::WrongDirection, "fires below 5", 10.5),
        (&|a| a.evaluation_periods = Some(12), Mistake::WrongWindow, "after 1h (12 of 12 periods)", 10.5),
        (&|a| a.actions.enabled = false, Mistake::ActionsDisabled, "the actions of `a` are disabled", 10.5),
        (&|a| a.actions = Actions::default(), Mistake::TellsNobody, "`a` notifies nobody", 9.0),
        (
            &|a| a.actions = Actions { ok: vec![TOPIC.into()], ..Actions::default() },
            Mistake::OnlyOtherStates,
            "only when it goes into OK",
            10.5,
        ),
    ];
    for (change, mistake, words, earned) in cases {
        let judged = with(change);
        assert_eq!((judged.verdict, judged.earned), (GradeVerdict::Partial, earned), "{mistake:?}: {judged:?}");
        let remark = judged.remarks.iter().find(|remark| remark.mistake == mistake);
        let remark = remark.unwrap_or_else(|| panic!("{mistake:?} is not among {judged:?}"));
        assert!(remark.what.contains(words), "{words}: {}", remark.what);
        assert!(remark.mend.is_some());
    }
}

/// `>= 1` of whole numbers is `> 0`, and 2 in a minute is 10 in five.
#[test]
fn thresholds_are_compared_in_one_unit() {
    let judged = |operator: &str, threshold: f64, period: i32| {
        let alarm = Alarm {
            comparison_operator: Some(operator.into()),
            threshold: Some(threshold),
            period: Some(period),
            ..errors("a")
        };
        one("alarm: { metric_name: Errors, threshold: { from: 1, to: 10, per: 5m } }", &account(vec![alarm]))
    };
    let (above, at) = ("GreaterThanThreshold", "GreaterThanOrEqualToThreshold");
    for (operator, threshold, period, right) in [
        (at, 1.0, 300, false),
        (at, 2.0, 300, true),
        (at, 11.0, 300, true),
        (above, 11.0, 300, false),
        (above, 2.0, 60, true),
        (above, 3.0, 60, false),
        (above, 30.0, 900, true),
    ] {
        let judged = judged(operator, threshold, period);
        assert_eq!(judged.verdict == GradeVerdict::Full, right, "{operator} {threshold} in {period} s: {judged:?}");
    }
    let words = &judged(above, 3.0, 60).remarks[0].what;
    assert_eq!(words, "the threshold of `a` is > 3, that is 15 in 5m, wanted 1 to 10 in 5m");
}

fn query(id: &str, metric: &str, function_name: &str) -> MetricQuery {
    let metric = MetricStat {
        namespace: "AWS/Lambda".into(),
        metric_name: metric.into(),
        dimensions: function(function_name),
        stat: "Sum".into(),
        period: 300,
        unit: None,
    };
    MetricQuery { id: id.into(), metric: Some(metric), ..MetricQuery::default() }
}

fn math(expression: &str, threshold: f64) -> Alarm {
    let watched = MetricQuery {
        id: "rate".into(),
        expression: Some(expression.into()),
        return_data: true,
        ..MetricQuery::default()
    };
    Alarm {
        metrics: vec![watched, query("e", "Errors", "f"), query("i", "Invocations", "f"), query("t", "Throttles", "f")],
        evaluation_periods: Some(1),
        threshold: Some(threshold),
        comparison_operator: Some("GreaterThanThreshold".into()),
        actions: Actions { alarm: vec![TOPIC.into()], ..Actions::default() },
        ..Alarm::new("rate")
    }
}

/// The share of failed calls, however it is written: found by what the math does to numbers.
#[test]
fn an_error_rate_counts_in_whatever_unit() {
    for (expression, threshold, right) in [
        ("100 * e / i", 5.0, true),
        ("e / i", 0.05, true),
        ("IF(i > 10, FILL(e, 0) / i * 100, 0)", 5.0, true),
        ("1000 * (e / i)", 50.0, true),
        ("100 * e / i", 50.0, false),
        ("e / i", 5.0, false),
        ("FILL(e, 0)", 5.0, true),
        ("e", 500.0, false),
        ("2 * e", 10.0, true),
    ] {
        let judged = one(ALARM, &account(vec![math(expression, threshold)]));
        assert_eq!(judged.verdict == GradeVerdict::Full, right, "{expression} > {threshold}: {judged:?}");
        assert_ne!(judged.verdict, GradeVerdict::None, "{expression}: {judged:?}");
    }
    let rate = |expression: &str| remark(ALARM, &account(vec![math(expression, 5.0)]));
    assert_eq!(rate("e + t").0, Mistake::Unreadable);
    assert_eq!(rate("e * e").0, Mistake::Unreadable);
    let (mistake, words) = remark(ALARM, &account(vec![math("100 * e / i", 50.0)]));
    assert_eq!(mistake, Mistake::ThresholdTooHigh);
    assert_eq!(words, "the threshold of `rate` is > 50, that is 50 %, wanted 1 % to 20 %");
    // The average of a metric that is 1 for each failure is the share of failures.
    let average = Alarm { statistic: Some("Average".into()), threshold: Some(0.05), ..errors("a") };
    assert_eq!(one(ALARM, &account(vec![average])).verdict, GradeVerdict::Full);
}

#[test]
fn near_misses_are_told() {
    let other = Alarm { dimensions: function("g"), ..errors("high-errors") };
    let (mistake, words) = remark(ALARM, &account(vec![other]));
    assert_eq!(mistake, Mistake::OtherFunction);
    assert_eq!(words, "an alarm on Errors exists (`high-errors`), but it watches Errors of g, not Errors of f");

    let whole = Alarm { dimensions: BTreeMap::new(), ..errors("all") };
    assert!(remark(ALARM, &account(vec![whole])).1.contains("watches Errors of the whole account"));

    let invocations = Alarm { metric_name: Some("Invocations".into()), ..errors("busy") };
    let (mistake, words) = remark(ALARM, &account(vec![invocations]));
    assert_eq!(
        (mistake, &*words),
        (Mistake::OtherMetric, "no alarm watches Errors of f: `busy` watches Invocations, not Errors")
    );

    let mut facts = account(vec![]);
    assert_eq!(remark(ALARM, &facts).0, Mistake::NoAlarm);
    let there =
        Elsewhere { alarms: vec![AlarmWithState { alarm: errors("a"), state: "OK".into() }], ..Elsewhere::default() };
    facts.elsewhere.insert("eu-west-1".to_owned(), there);
    let (mistake, words) = remark(ALARM, &facts);
    assert_eq!(mistake, Mistake::WrongRegion);
    assert!(words.contains("in eu-west-1 there is such an alarm (`a`): the wrong region"), "{words}");
}

#[test]
fn a_reachable_notification_is_followed_to_the_person() {
    let notifies = "alarm: { metric_name: Errors, notifies: { protocol: email, endpoint: You@Example.edu } }";
    let with = |topic: ExistingTopic| {
        let mut facts = account(vec![errors("a")]);
        facts.topics = Ok(BTreeMap::from([(TOPIC.to_owned(), topic)]));
        facts
    };
    assert_eq!(one(notifies, &account(vec![errors("a")])).verdict, GradeVerdict::Full);
    let refusing = json!({"Statement": [{"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sns:Publish"}]});
    let door = |policy, kms_key: Option<&str>| {
        Some(Ok(PublishPolicy { policy: Some(policy), kms_key: kms_key.map(str::to_owned) }))
    };
    let confirmed = || vec![you(ConfirmationState::Confirmed)];
    let boss = SubscribedEndpoint { endpoint: "boss@example.edu".into(), ..you(ConfirmationState::Confirmed) };
    let filtered = SubscribedEndpoint { filtered: Ok(true), ..you(ConfirmationState::Confirmed) };
    for (topic, mistake, words) in [
        (topic(vec![]), Mistake::NobodySubscribed, "nobody is subscribed to the topic alerts"),
        (topic(vec![you(ConfirmationState::Pending)]), Mistake::Unconfirmed, "you@example.edu has not confirmed"),
        (topic(vec![you(ConfirmationState::Lost)]), Mistake::Unsubscribed, "you@example.edu has unsubscribed"),
        (topic(vec![boss]), Mistake::OtherSubscriber, "notifies boss@example.edu (email), not You@Example.edu"),
        (topic(vec![filtered]), Mistake::Filtered, "a filter policy keeps every alarm"),
        (
            ExistingTopic { door: door(refusing, None), ..topic(confirmed()) },
            Mistake::TopicRefuses,
            "refuses CloudWatch",
        ),
        (
            ExistingTopic { door: door(default_policy(), Some("alias/aws/sns")), ..topic(confirmed()) },
            Mistake::TopicKey,
            "encrypted with alias/aws/sns",
        ),
    ] {
        let judged = one(notifies, &with(topic));
        assert_eq!((judged.verdict, judged.earned), (GradeVerdict::Partial, 8.0), "{mistake:?}: {judged:?}");
        assert_eq!(judged.remarks[0].mistake, mistake, "{judged:?}");
        assert!(judged.remarks[0].what.contains(words), "{words}: {}", judged.remarks[0].what);
    }
    let mut gone = account(vec![errors("a")]);
    gone.topics = Ok(BTreeMap::new());
    assert_eq!(remark(notifies, &gone).0, Mistake::TopicGone);
    let far = Alarm {
        actions: Actions { alarm: vec![TOPIC.replace("us-east-1", "eu-west-1")], ..Actions::default() },
        ..errors("a")
    };
    assert_eq!(remark(notifies, &account(vec![far])).0, Mistake::TopicElsewhere);
}

#[test]
fn a_composite_alarm_may_do_the_telling() {
    let notifies = "alarm: { metric_name: Errors, notifies: true }";
    let mut facts = account(vec![Alarm { actions: Actions::default(), ..errors("a") }]);
    let mut tell = |rule: &str| {
        let actions = Actions { alarm: vec![TOPIC.into()], ..Actions::default() };
        let composite =
            CompositeAlarm { name: "c".into(), actions, alarm_rule: rule.into(), ..CompositeAlarm::default() };
        facts.alarms.as_mut().unwrap().composite = vec![composite];
        one(notifies, &facts).verdict
    };
    assert_eq!(tell("ALARM(a) OR ALARM(b)"), GradeVerdict::Full);
    assert_eq!(tell("ALARM(\"arn:aws:cloudwatch:us-east-1:123456789012:alarm:a\")"), GradeVerdict::Full);
    assert_eq!(tell("ALARM(a) AND ALARM(b)"), GradeVerdict::Partial);
    assert_eq!(tell("TRUE"), GradeVerdict::Partial);
}

#[test]
fn bad_advice_is_found_and_an_empty_account_earns_nothing_by_it() {
    let every = "no_alarm: { metric_name: Errors, threshold: { to: 0, per: 5m } }";
    let gate = format!("partial: false, all_of: [{{ alarm: {{ metric_name: Errors }} }}, {{ {every} }}]");
    assert_eq!(one(&gate, &account(vec![errors("a")])).verdict, GradeVerdict::Full);
    let noisy = || Alarm { threshold: Some(0.0), ..errors("noisy") };
    let judged = one(&gate, &account(vec![errors("a"), noisy()]));
    assert_eq!((judged.verdict, judged.remarks[0].mistake), (GradeVerdict::None, Mistake::BadAdvice));
    assert!(judged.remarks[0].what.starts_with("`noisy`: Errors Sum > 0 in 5m"), "{judged:?}");
    assert_eq!(one(&gate, &account(vec![])).earned, 0.0);
}

#[test]
fn the_best_alarm_counts() {
    let alarms = vec![
        Alarm { threshold: Some(500.0), ..errors("a") },
        errors("b"),
        Alarm { period: Some(86_400), ..errors("c") },
    ];
    let judged = one(ALARM, &account(alarms));
    assert_eq!((judged.verdict, judged.found[0].contains("`b`")), (GradeVerdict::Full, true));
}

#[test]
fn credit_follows_the_shares() {
    let facts = account(vec![Alarm { threshold: Some(500.0), ..errors("a") }]);
    let alarm = "alarm: { metric_name: Errors, threshold: { to: 10 }, notifies: true }";
    assert_eq!(one(alarm, &facts).earned, 9.0);
    assert_eq!(one(&format!("{alarm}, parts: {{ threshold: 3 }}"), &facts).earned, 6.0);
    assert_eq!(one(&format!("{alarm}, parts: {{ metric: 0, threshold: 0 }}"), &facts).earned, 12.0);
    assert_eq!(one(&format!("{alarm}, partial: false"), &facts).earned, 0.0);
    let both = format!("all_of: [{{ {alarm}, share: 2 }}, {{ topic: {{}} }}]");
    assert_eq!(one(&both, &facts).earned, 10.0);
    let any = format!("any_of: [{{ {alarm} }}, {{ topic: {{}} }}]");
    let judged = one(&any, &facts);
    assert_eq!((judged.verdict, judged.remarks.len()), (GradeVerdict::Full, 0));
}

#[test]
fn what_could_not_be_read_is_unknown_and_not_zero() {
    let denied = Unread { message: "sns:ListTopics: no".into(), remedy: Some("allow it".into()) };
    let mut facts = account(vec![errors("a")]);
    facts.topics = Err(denied.clone());
    let judged = one("alarm: { metric_name: Errors, notifies: true }", &facts);
    assert_eq!((judged.verdict, judged.earned), (GradeVerdict::Unknown, 8.0));
    assert_eq!((judged.remarks[0].mistake, judged.remarks[0].mend.as_deref()), (Mistake::Unread, Some("allow it")));
    // What fails anyhow, and what holds anyhow, does not depend on it.
    assert_eq!(
        one("partial: false, alarm: { metric_name: Errors, threshold: { to: 1 }, notifies: true }", &facts).verdict,
        GradeVerdict::None
    );
    assert_eq!(one("any_of: [{ topic: {} }, { alarm: { metric_name: Errors } }]", &facts).verdict, GradeVerdict::Full);
    facts.alarms = Err(denied);
    assert_eq!(one(ALARM, &facts).verdict, GradeVerdict::Unknown);
    assert_eq!(one("no_alarm: { metric_name: Errors }", &facts).verdict, GradeVerdict::Unknown);
}

#[test]
fn topics_logs_functions_and_answers() {
    let mut facts = account(vec![]);
    assert_eq!(one("topic: { publishable: true }", &facts).verdict, GradeVerdict::Full);
    assert_eq!(
        one("subscription: { protocol: email, endpoint: you@example.edu, confirmed: true }", &facts).verdict,
        GradeVerdict::Full
    );
    let (mistake, words) = remark("subscription: { protocol: email, endpoint: me@example.edu }", &facts);
    assert_eq!(
        (mistake, words.contains("alerts notifies you@example.edu")),
        (Mistake::OtherSubscriber, true),
        "{words}"
    );

    let retention = "log_retention: { function: f, from: 7d, to: 30d }";
    assert_eq!(one(retention, &facts).verdict, GradeVerdict::Full);
    let mut kept = |days: Option<i32>, policy: Option<&str>| {
        let group = Retention { days, policy: policy.map(str::to_owned) };
        facts.log_groups.insert("/aws/lambda/f".to_owned(), Ok(Some(group)));
        remark(retention, &facts)
    };
    assert_eq!(kept(None, None).0, Mistake::KeptForEver);
    assert_eq!(kept(Some(1), None).1, "the logs of /aws/lambda/f are kept 1 day, wanted 7 days to 30 days");
    let (mistake, words) = kept(Some(365), Some("all"));
    assert_eq!((mistake, words.contains("(by the account's policy all)")), (Mistake::KeptTooLong, true));

    assert_eq!(
        one("function: { name: f, runtime: [python3], memory: { from: 128 }, timeout: { to: 1m } }", &facts).verdict,
        GradeVerdict::Full
    );
    let (mistake, words) = remark("function: { name: f, runtime: [nodejs] }", &facts);
    assert_eq!((mistake, &*words), (Mistake::WrongRuntime, "the runtime of f is python3.12, wanted nodejs"));
    let (mistake, words) = remark("function: { name: g }", &facts);
    assert_eq!((mistake, &*words), (Mistake::NoFunction, "there is no function g in us-east-1"));

    let http = "http: { url: \"https://x.example\", path: /health, json: { status: healthy, checks.db: true } }";
    let mut answer = |answer: Result<EndpointResponse, String>| {
        facts.answers.insert("https://x.example/health".to_owned(), answer);
        one(http, &facts)
    };
    let body = |text: &str| Ok(EndpointResponse { status: 200, body: text.to_owned() });
    assert_eq!(answer(body(r#"{"status":"healthy","checks":{"db":true}}"#)).verdict, GradeVerdict::Full);
    assert_eq!(answer(body(r#"{"status":"healthy","checks":{"db":"true"}}"#)).earned, 6.0);
    assert_eq!(answer(Ok(EndpointResponse { status: 500, body: String::new() })).earned, 0.0);
    let judged = answer(Err("no answer within 10 s".into()));
    assert_eq!((judged.verdict, judged.remarks[0].mistake), (GradeVerdict::None, Mistake::NoAnswer));
}

#[test]
fn invocations_are_counted() {
    let test = "invoked: { function: f, times: 10, within: 14d }";
    let total = FactRequirements::of(&rubric(test)).totals.into_iter().next().unwrap();
    let mut facts = account(vec![]);
    let mut called = |values: &[f64]| {
        facts.totals = Ok(BTreeMap::from([(total.clone(), values.to_vec())]));
        one(test, &facts)
    };
    assert_eq!(called(&[4.0, 6.0]).verdict, GradeVerdict::Full);
    let judged = called(&[4.0]);
    assert_eq!(
        (judged.remarks[0].mistake, &*judged.remarks[0].what),
        (Mistake::TooFewInvocations, "f was called 4 times in the last 14d, wanted 10 times")
    );
    assert_eq!(called(&[]).remarks[0].mistake, Mistake::NeverInvoked);
}

#[test]
fn states_now_and_in_the_past() {
    let mut facts = account(vec![errors("a")]);
    assert_eq!(one("in_state: { metric_name: Errors, state: OK }", &facts).verdict, GradeVerdict::Full);
    assert_eq!(one("in_state: { metric_name: Errors, state: ALARM }", &facts).verdict, GradeVerdict::Partial);
    let change = |at| crate::resources::alarm::aws::StateChange { alarm: "a".into(), at, to: "ALARM".into() };
    facts.history = Ok(vec![change(NOW - 3_000)]);
    assert_eq!(one("in_state: { metric_name: Errors, state: ALARM, within: 1h }", &facts).verdict, GradeVerdict::Full);
    assert_eq!(
        one("in_state: { metric_name: Errors, state: ALARM, within: 10m }", &facts).verdict,
        GradeVerdict::Partial
    );
}

proptest! {
    /// Whatever an alarm looks like: points lie between none and all, the verdict says which, and mending costs nothing.
    #[test]
    fn points_are_never_beyond_the_item(
        threshold in -10.0..1_000.0f64,
        period in prop::sample::select(vec![10, 60, 300, 3_600, 86_400]),
        periods in 1..20i32,
        enabled: bool,
        confirmed: bool,
        statistic in prop::sample::select(vec!["Sum", "Average", "Maximum"]),
    ) {
        let alarm = Alarm {
            threshold: Some(threshold),
            period: Some(period),
            evaluation_periods: Some(periods),
            statistic: Some(statistic.into()),
            actions: Actions { enabled, alarm: vec![TOPIC.into()], ..Actions::default() },
            ..errors("a")
        };
        let mut facts = account(vec![alarm]);
        let confirmation = if confirmed { ConfirmationState::Confirmed } else { ConfirmationState::Pending };
        facts.topics = Ok(BTreeMap::from([(TOPIC.to_owned(), topic(vec![you(confirmation)]))]));
        let judged = one(ALARM, &facts);
        prop_assert!((0.0..=12.0).contains(&judged.earned));
        prop_assert_eq!(judged.verdict == GradeVerdict::Full, judged.earned == 12.0);
        prop_assert_eq!(judged.verdict == GradeVerdict::Full, judged.remarks.is_empty());
        // A second alarm that is right never makes it worse.
        facts.alarms.as_mut().unwrap().metric.push(AlarmWithState { alarm: errors("b"), state: "OK".into() });
        prop_assert!(one(ALARM, &facts).earned >= judged.earned);
    }
}
