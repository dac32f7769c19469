//! Alarms through time, by the real SDK and a clock that is moved.

use crate::cloudwatch::RecordedTransition;
use crate::testing::config;
use crate::{ACCOUNT, Letter, Sandbox, Weather};
use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::operation::put_metric_alarm::builders::PutMetricAlarmFluentBuilder;
use aws_sdk_cloudwatch::primitives::DateTime;
use aws_sdk_cloudwatch::types::{
    ComparisonOperator, Dimension, Metric, MetricDataQuery, MetricDatum, MetricStat, MuteTargets, Rule, Schedule,
    StateValue, Statistic,
};
use serde_json::Value;
use std::time::Duration;

const REGION: &str = "us-east-1";
const MINUTE: Duration = Duration::from_secs(60);

struct Place {
    sandbox: Sandbox,
    client: Client,
    topic: String,
}

impl Place {
    /// With a topic that a confirmed address hears of.
    async fn new() -> Self {
        Self::on(Sandbox::in_memory(Weather::default())).await
    }

    async fn on(sandbox: Sandbox) -> Self {
        let sns = aws_sdk_sns::Client::new(&config(&sandbox));
        let topic = sns.create_topic().name("alerts").send().await.unwrap().topic_arn.unwrap();
        let subscribe = sns.subscribe().topic_arn(&topic).protocol("email").endpoint("you@example.edu");
        subscribe.send().await.unwrap();
        sandbox.confirm(ACCOUNT, REGION, None).unwrap();
        Self { client: Client::new(&config(&sandbox)), sandbox, topic }
    }

    /// `Sum > 5` over a period of an own metric, which tells the topic of ALARM and OK.
    fn alarm(&self, name: &str, metric: &str) -> PutMetricAlarmFluentBuilder {
        let alarm = self.client.put_metric_alarm().alarm_name(name).namespace("App").metric_name(metric);
        let alarm = alarm.statistic(Statistic::Sum).period(60).evaluation_periods(1).threshold(5.0);
        let alarm =
            alarm.comparison_operator(ComparisonOperator::GreaterThanThreshold).treat_missing_data("notBreaching");
        alarm.alarm_actions(&self.topic).ok_actions(&self.topic)
    }

    async fn data(&self, metric: &str, values: &[f64]) {
        let datum = MetricDatum::builder().metric_name(metric).set_values(Some(values.to_vec())).build();
        self.client.put_metric_data().namespace("App").metric_data(datum).send().await.unwrap();
    }

    fn pass(&self, minutes: u32) {
        self.sandbox.advance(MINUTE * minutes).unwrap();
    }

    async fn state(&self, name: &str) -> (StateValue, String) {
        let found = self.client.describe_alarms().alarm_names(name).send().await.unwrap();
        match (found.metric_alarms(), found.composite_alarms()) {
            ([alarm], _) => (alarm.state_value().unwrap().clone(), alarm.state_reason().unwrap().to_owned()),
            (_, [alarm]) => (alarm.state_value().unwrap().clone(), alarm.state_reason().unwrap().to_owned()),
            _ => panic!("{name} is not there"),
        }
    }

    async fn is(&self, name: &str, state: StateValue) {
        let (live, reason) = self.state(name).await;
        assert_eq!(live, state, "{name}: {reason}");
    }

    async fn set(&self, name: &str, state: StateValue) {
        let set = self.client.set_alarm_state().alarm_name(name).state_value(state).state_reason("drill");
        set.send().await.unwrap();
    }

    fn letters(&self) -> Vec<Letter> {
        let letters = self.sandbox.outbox(ACCOUNT, REGION).unwrap();
        letters.into_iter().filter(|letter| !letter.is_confirmation()).collect()
    }

    /// The first words of the subjects of the mails.
    fn told(&self) -> Vec<String> {
        let first =
            |letter: Letter| letter.subject.unwrap_or_default().split(" in ").next().unwrap_or_default().to_owned();
        self.letters().into_iter().map(first).collect()
    }
}

#[tokio::test(start_paused = true)]
async fn an_alarm_fires_and_mends_and_people_hear_of_it() {
    let place = Place::new().await;
    place.alarm("errors", "Errors").period(300).send().await.unwrap();
    place.is("errors", StateValue::InsufficientData).await;
    assert!(place.told().is_empty());
    place.pass(1);
    let (state, reason) = place.state("errors").await;
    let nothing = "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as [NonBreaching].";
    assert_eq!((state, reason.as_str()), (StateValue::Ok, nothing));

    place.data("Errors", &[4.0, 3.0]).await;
    place.is("errors", StateValue::Ok).await;
    place.pass(1);
    let (state, reason) = place.state("errors").await;
    assert_eq!(state, StateValue::Alarm);
    assert!(reason.starts_with("Threshold Crossed: 1 datapoint [7.0 ("), "{reason}");
    assert!(reason.ends_with(")] was greater than the threshold (5.0)."), "{reason}");

    // The datapoint decides for as long as it is in the range that is looked at: three periods.
    place.pass(13);
    place.is("errors", StateValue::Alarm).await;
    place.pass(3);
    place.is("errors", StateValue::Ok).await;
    assert_eq!(place.told(), ["OK: \"errors\"", "ALARM: \"errors\"", "OK: \"errors\""]);
    let mail = &place.letters()[1].body;
    for part in [
        "has entered the ALARM state, because \"Threshold Crossed: 1 datapoint [7.0 (",
        "- State Change:               OK -> ALARM",
        "GreaterThanThreshold 5.0 for at least 1 of the last 1 period(s) of 300 seconds",
        "https://sns.us-east-1.amazonaws.com/unsubscribe.html?",
    ] {
        assert!(mail.contains(part), "{part} in {mail}");
    }
    let found = place.client.describe_alarm_history().alarm_name("errors").send().await.unwrap();
    let fired = found
        .alarm_history_items()
        .iter()
        .find(|item| item.history_summary() == Some("Alarm updated from OK to ALARM"));
    let data: Value = serde_json::from_str(fired.unwrap().history_data().unwrap()).unwrap();
    let data = &data["newState"]["stateReasonData"];
    assert_eq!((&data["recentDatapoints"], &data["threshold"]), (&serde_json::json!([7.0]), &5.0.into()));
    assert_eq!((&data["statistic"], &data["period"]), (&"Sum".into(), &300.into()));
    assert_eq!(data["evaluatedDatapoints"][0]["value"], 7.0);
    let seconds = fired.unwrap().timestamp().unwrap().secs();
    assert_eq!(seconds % 60, 0, "alarms are looked at when a minute is over");
}

#[tokio::test(start_paused = true)]
async fn the_metrics_of_functions_make_alarms_fire() {
    let place = Place::new().await;
    let function = Dimension::builder().name("FunctionName").value("mlops-service-lambda").build();
    let alarm = place.alarm("traffic", "Invocations").namespace("AWS/Lambda").dimensions(function.clone());
    alarm.threshold(20.0).period(300).send().await.unwrap();
    let slow = place.client.put_metric_alarm().alarm_name("slow").namespace("AWS/Lambda").metric_name("Duration");
    let slow = slow.dimensions(function).extended_statistic("p95").period(300).evaluation_periods(1).threshold(1.0);
    slow.comparison_operator(ComparisonOperator::GreaterThanThreshold).send().await.unwrap();
    place.pass(24 * 60);
    let told = place.told();
    assert!(
        told.contains(&"ALARM: \"traffic\"".to_owned()) && told.contains(&"OK: \"traffic\"".to_owned()),
        "{told:?}"
    );
    let slow = place.client.describe_alarm_history().alarm_name("slow").send().await.unwrap();
    let summaries: Vec<&str> = slow.alarm_history_items().iter().filter_map(|item| item.history_summary()).collect();
    assert!(summaries.contains(&"Alarm updated from INSUFFICIENT_DATA to ALARM"), "{summaries:?}");
}

#[tokio::test(start_paused = true)]
async fn missing_data_is_treated_as_the_alarm_says() {
    let place = Place::new().await;
    for treatment in ["missing", "ignore", "breaching", "notBreaching"] {
        place.alarm(treatment, treatment).treat_missing_data(treatment).send().await.unwrap();
    }
    place.pass(2);
    place.is("missing", StateValue::InsufficientData).await;
    place.is("ignore", StateValue::InsufficientData).await;
    place.is("breaching", StateValue::Alarm).await;
    place.is("notBreaching", StateValue::Ok).await;
    for treatment in ["missing", "ignore", "breaching", "notBreaching"] {
        place.data(treatment, &[1.0]).await;
    }
    place.pass(1);
    for treatment in ["missing", "ignore", "breaching", "notBreaching"] {
        place.is(treatment, StateValue::Ok).await;
    }
    place.pass(30);
    place.is("missing", StateValue::InsufficientData).await;
    place.is("ignore", StateValue::Ok).await;
    place.is("breaching", StateValue::Alarm).await;
    place.is("notBreaching", StateValue::Ok).await;
    assert!(place.state("missing").await.1.starts_with("Insufficient Data: 1 datapoint was unknown."));
}

#[tokio::test(start_paused = true)]
async fn percentiles_and_math_are_evaluated() {
    let place = Place::new().await;
    let percentile = place.client.put_metric_alarm().alarm_name("p90").namespace("App").metric_name("Latency");
    let percentile = percentile.extended_statistic("p90").period(60).evaluation_periods(1).threshold(100.0);
    let percentile = percentile.comparison_operator(ComparisonOperator::GreaterThanThreshold);
    percentile.clone().send().await.unwrap();
    percentile.alarm_name("careful").evaluate_low_sample_count_percentile("ignore").send().await.unwrap();
    let query = |id: &str, name: &str| {
        let metric = Metric::builder().namespace("App").metric_name(name).build();
        let stat = MetricStat::builder().metric(metric).period(60).stat("Sum").build();
        MetricDataQuery::builder().id(id).metric_stat(stat).return_data(false).build()
    };
    let rate =
        MetricDataQuery::builder().id("rate").expression("IF(calls > 0, 100 * errors / calls, 0)").return_data(true);
    let math = place.client.put_metric_alarm().alarm_name("math").evaluation_periods(1).threshold(5.0);
    let math = math.metrics(query("errors", "Errors")).metrics(query("calls", "Calls")).metrics(rate.build());
    math.comparison_operator(ComparisonOperator::GreaterThanThreshold).send().await.unwrap();

    place.data("Latency", &[10.0, 20.0, 500.0]).await;
    place.data("Errors", &[1.0]).await;
    place.data("Calls", &[10.0]).await;
    place.pass(1);
    place.is("p90", StateValue::Alarm).await;
    place.is("careful", StateValue::InsufficientData).await;
    place.is("math", StateValue::Alarm).await;
    assert!(place.state("math").await.1.contains("[10.0 ("));
    place.data("Latency", &[[10.0; 115].as_slice(), [500.0; 5].as_slice()].concat()).await;
    place.data("Errors", &[1.0]).await;
    place.data("Calls", &[100.0]).await;
    place.pass(1);
    place.is("p90", StateValue::Ok).await;
    place.is("careful", StateValue::Ok).await;
    place.is("math", StateValue::Ok).await;
}

#[tokio::test(start_paused = true)]
async fn a_state_that_was_set_holds_until_the_next_evaluation() {
    let place = Place::new().await;
    place.alarm("errors", "Errors").send().await.unwrap();
    place.pass(1);
    place.set("errors", StateValue::Alarm).await;
    assert_eq!(place.state("errors").await, (StateValue::Alarm, "drill".into()));
    place.pass(1);
    place.is("errors", StateValue::Ok).await;
    assert_eq!(place.told(), ["OK: \"errors\"", "ALARM: \"errors\"", "OK: \"errors\""]);
}

#[tokio::test(start_paused = true)]
async fn high_resolution_is_looked_at_every_ten_seconds() {
    let place = Place::new().await;
    place.alarm("fast", "Errors").period(10).send().await.unwrap();
    place.pass(1);
    let datum = MetricDatum::builder().metric_name("Errors").value(9.0).storage_resolution(1).build();
    place.client.put_metric_data().namespace("App").metric_data(datum).send().await.unwrap();
    place.sandbox.advance(Duration::from_secs(11)).unwrap();
    place.is("fast", StateValue::Alarm).await;
}

#[tokio::test(start_paused = true)]
async fn a_suppressor_holds_actions_back_for_its_time_and_the_extension() {
    let place = Place::new().await;
    for name in ["child", "maintenance"] {
        place
            .alarm(name, name)
            .set_alarm_actions(None)
            .set_ok_actions(None)
            .treat_missing_data("ignore")
            .send()
            .await
            .unwrap();
    }
    let composite = place.client.put_composite_alarm().alarm_name("service").alarm_rule("ALARM(child)");
    let composite = composite.alarm_actions(&place.topic).ok_actions(&place.topic).actions_suppressor("maintenance");
    let composite = composite.actions_suppressor_wait_period(120).actions_suppressor_extension_period(180);
    composite.send().await.unwrap();
    place.pass(10);
    place.sandbox.advance(Duration::from_secs(1)).unwrap();
    let told = place.told().len();
    let by = async || {
        let found = place.client.describe_alarms().alarm_names("service").alarm_types("CompositeAlarm".into());
        let found = found.send().await.unwrap();
        found.composite_alarms()[0].actions_suppressed_by().map(|by| by.as_str().to_owned())
    };
    // It waits for the suppressor, which does not come.
    place.set("child", StateValue::Alarm).await;
    assert_eq!((place.told().len(), by().await.as_deref()), (told, Some("WaitPeriod")));
    place.pass(3);
    assert_eq!((place.told().len(), by().await), (told + 1, None));
    let letter = place.letters().pop().unwrap();
    assert!(letter.subject.unwrap().starts_with("ALARM: \"service\""));

    // The suppressor comes while it waits, and goes: the extension, then the state is told.
    place.set("child", StateValue::Ok).await;
    place.pass(1);
    place.set("maintenance", StateValue::Alarm).await;
    place.pass(60);
    assert_eq!((place.told().len(), by().await.as_deref()), (told + 1, Some("Alarm")));
    place.set("maintenance", StateValue::Ok).await;
    place.pass(2);
    assert_eq!((place.told().len(), by().await.as_deref()), (told + 1, Some("ExtensionPeriod")));
    place.pass(2);
    assert_eq!((place.told().len(), by().await), (told + 2, None));
    assert!(place.letters().pop().unwrap().subject.unwrap().starts_with("OK: \"service\""));

    // There and back again while it is held: OK runs after the extension, though the ALARM before it never did.
    place.set("maintenance", StateValue::Alarm).await;
    place.set("child", StateValue::Alarm).await;
    place.pass(5);
    place.set("child", StateValue::Ok).await;
    place.set("maintenance", StateValue::Ok).await;
    place.pass(2);
    assert_eq!(place.told().len(), told + 2);
    place.pass(8);
    assert_eq!((place.told().len(), by().await), (told + 3, None));
    assert!(place.letters().pop().unwrap().subject.unwrap().starts_with("OK: \"service\""));

    // It changes within the extension: that is discarded, and a wait of two minutes begins.
    for (name, state) in [
        ("maintenance", StateValue::Alarm),
        ("child", StateValue::Alarm),
        ("maintenance", StateValue::Ok),
        ("child", StateValue::Ok),
    ] {
        place.pass(1);
        place.set(name, state).await;
    }
    assert_eq!(by().await.as_deref(), Some("WaitPeriod"));
    place.pass(1);
    assert_eq!(place.told().len(), told + 3);
    place.pass(1);
    assert_eq!(place.told().len(), told + 4);
}

#[tokio::test(start_paused = true)]
async fn a_muted_action_runs_when_the_mute_ends_and_the_state_still_stands() {
    let place = Place::new().await;
    place.alarm("stays", "Stays").treat_missing_data("ignore").send().await.unwrap();
    place.alarm("mends", "Mends").treat_missing_data("ignore").send().await.unwrap();
    place.set("stays", StateValue::Ok).await;
    place.set("mends", StateValue::Ok).await;
    let told = place.told().len();
    let (now, _) = place.sandbox.time().unwrap();
    let schedule = Schedule::builder().expression(format!("at({})", now.to_iso().get(..16).unwrap())).duration("PT30M");
    let rule =
        place.client.put_alarm_mute_rule().name("night").rule(Rule::builder().schedule(schedule.build()).build());
    let targets = MuteTargets::builder().alarm_names("stays").alarm_names("mends").build();
    rule.mute_targets(targets).send().await.unwrap();
    place.set("stays", StateValue::Alarm).await;
    place.set("mends", StateValue::Alarm).await;
    place.pass(10);
    place.set("mends", StateValue::Ok).await;
    assert_eq!(place.told().len(), told, "muted");
    place.pass(21);
    assert_eq!(place.told().split_off(told), ["ALARM: \"stays\""]);
}

#[tokio::test]
async fn two_processes_share_a_clock_and_evaluate_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sandbox.json");
    let open = || Sandbox::open(&path, Weather::default()).unwrap();
    let place = Place::on(open()).await;
    place.alarm("errors", "Errors").treat_missing_data("breaching").send().await.unwrap();
    let other = open();
    other.advance(MINUTE * 10).unwrap();
    place.is("errors", StateValue::Alarm).await;
    assert_eq!(place.sandbox.time().unwrap().1, MINUTE * 10);
    assert_eq!(place.told(), ["ALARM: \"errors\""]);
    other.reset().unwrap();
    assert!(place.client.describe_alarms().send().await.unwrap().metric_alarms().is_empty());
    assert_eq!(place.sandbox.time().unwrap().1, Duration::ZERO);
}

/// What there is to compare of a past: every change of state, and every mail.
fn story(sandbox: &Sandbox) -> (Vec<RecordedTransition>, Vec<(i64, Option<String>)>) {
    let changes = sandbox.changes_since(ACCOUNT, REGION, Default::default()).unwrap();
    let letters = sandbox.outbox(ACCOUNT, REGION).unwrap().into_iter();
    let mut letters: Vec<_> = letters.map(|letter| (letter.sent.millis(), letter.subject)).collect();
    letters.sort();
    (changes, letters)
}

#[tokio::test(start_paused = true)]
async fn a_long_gap_is_caught_up_with_as_if_somebody_had_looked_every_minute() {
    for seed in 1..=4 {
        let mut draw = fastrand::Rng::with_seed(seed);
        let place = Place::new().await;
        let now = i64::try_from(std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs()).unwrap();
        for metric in ["a", "b", "c"] {
            // Data up to two hours ahead may be put.
            for _ in 0..draw.usize(5..40) {
                let datum = MetricDatum::builder().metric_name(metric).value(f64::from(draw.u32(0..12)));
                let datum = datum.timestamp(DateTime::from_secs(now + draw.i64(-1800..7000))).build();
                place.client.put_metric_data().namespace("App").metric_data(datum).send().await.unwrap();
            }
        }
        for n in 0..8 {
            let name = format!("alarm-{n}");
            let alarm = place.alarm(&name, ["a", "b", "c"][draw.usize(..3)]);
            let alarm = alarm.period([60, 120, 300][draw.usize(..3)]).evaluation_periods(3);
            let alarm = alarm.datapoints_to_alarm(draw.i32(1..=3));
            let alarm = alarm.treat_missing_data(["missing", "ignore", "breaching", "notBreaching"][draw.usize(..4)]);
            alarm.send().await.unwrap();
        }
        let composite = place.client.put_composite_alarm().alarm_name("any").alarm_actions(&place.topic);
        let composite =
            composite.alarm_rule("AT_LEAST(2, ALARM, (\"alarm-0\", \"alarm-1\", \"alarm-2\", \"alarm-3\"))");
        let composite = composite.actions_suppressor("alarm-4").actions_suppressor_wait_period(90);
        composite.ok_actions(&place.topic).actions_suppressor_extension_period(150).send().await.unwrap();

        let (at_once, step_by_step) = (place.sandbox.fork(Weather::default()), place.sandbox.fork(Weather::default()));
        at_once.advance(MINUTE * 180).unwrap();
        let mut left = 180;
        while left > 0 {
            let minutes = draw.u32(1..=3).min(left);
            step_by_step.advance(MINUTE * minutes).unwrap();
            left -= minutes;
        }
        let (once, steps) = (story(&at_once), story(&step_by_step));
        assert!(once.0.len() > 8, "seed {seed}: {} changes only", once.0.len());
        assert_eq!(once, steps, "seed {seed}");
    }
}

#[tokio::test(start_paused = true)]
async fn hours_of_three_hundred_alarms_are_caught_up_with_quickly() {
    let place = Place::new().await;
    let function = Dimension::builder().name("FunctionName").value("mlops-service-lambda").build();
    for n in 0..300 {
        let alarm = place.alarm(&format!("alarm-{n}"), ["Errors", "Throttles", "Invocations"][n % 3]);
        alarm.namespace("AWS/Lambda").dimensions(function.clone()).period(300).send().await.unwrap();
    }
    place.pass(1);
    let start = std::time::Instant::now();
    place.pass(8 * 60);
    let took = start.elapsed();
    println!("8 hours of 300 alarms: {took:?}");
    // Unoptimised, on a busy machine; a build for release takes a small part of it.
    assert!(took < Duration::from_secs(20), "{took:?}");
    let start = std::time::Instant::now();
    place.is("alarm-0", place.state("alarm-0").await.0).await;
    assert!(start.elapsed() < Duration::from_secs(2), "nothing is due: {:?}", start.elapsed());
}
