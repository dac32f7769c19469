//! History, verdicts, reasons: from files and series to what is said.

use super::{Notation, START, alarm, asking, metric, run};
use crate::backtest::for_plan::sentence;
use crate::backtest::history::fetch::{self, Detail};
use crate::backtest::history::{MetricHistory, MetricStatistic, RemoteExpression, file};
use crate::backtest::judge::{BacktestRequest, judge, needs};
use crate::backtest::verdict::BacktestVerdict;
use crate::resources::alarm::{MetricQuery, MetricStat};
use crate::resources::{Alarm, Resource};
use mlops_cloudwatch::evaluation::condition::{Condition, EvaluationOptions};
use mlops_cloudwatch::evaluation::series::ValueSeries;
use mlops_cloudwatch::evaluation::watched::EvaluatedSeries;
use mlops_cloudwatch::evaluation::{reason, replay};
use mlops_cloudwatch::state::AlarmState;

const DAY: i64 = 86_400;

pub fn series(stat: &str, step: i64, values: Vec<f64>) -> MetricHistory {
    let mut history = MetricHistory::default();
    history.add(metric("m"), stat, ValueSeries { start: START, step, values });
    history
}

#[test]
fn what_nobody_draws_is_not_kept() {
    let resource = Resource::Alarm(Box::new(alarm("1/1 > 5 missing 60", "Sum")));
    let history = series("Sum", 60, vec![1.0; 60]);
    let judged = |is_drawn| {
        let asking = BacktestRequest { is_drawn, ..BacktestRequest::of(START, START + 3_600) };
        judge([&resource].into_iter(), &history, asking).remove(0).outcome.unwrap()
    };
    let (drawn, plain) = (judged(true), judged(false));
    assert!(drawn.sketch.is_some() && plain.sketch.is_none());
    assert_eq!(drawn.figures, plain.figures);
}

fn verdict(alarm: Alarm, history: &MetricHistory, seconds: i64) -> BacktestVerdict {
    let resource = Resource::Alarm(Box::new(alarm));
    let judged = judge([&resource].into_iter(), history, asking(seconds));
    judged[0].outcome.as_ref().unwrap().verdict
}

/// Two weeks of five errors a minute in one hour each day, else none.
fn daily(hour_value: f64) -> Vec<f64> {
    (0..14 * 1440).map(|minute| if minute % 1440 < 60 { hour_value } else { 0.0 }).collect()
}

#[test]
fn each_verdict_has_its_series() {
    let two_weeks = 14 * DAY;
    let of = |text: &str, values: Vec<f64>| verdict(alarm(text, "Sum"), &series("Sum", 60, values), two_weeks);
    assert_eq!(of("1/1 > 1000 notBreaching 300", daily(5.0)), BacktestVerdict::Silent);
    assert_eq!(of("1/1 > 30 notBreaching 300", daily(5.0)), BacktestVerdict::Quiet);
    // Fourteen times in two weeks are seven a week.
    assert_eq!(of("1/1 > 10 notBreaching 300", daily(5.0)), BacktestVerdict::Noisy);
    let mut twice = vec![0.0; 14 * 1440];
    twice[3 * 1440..3 * 1440 + 40].fill(9.0);
    twice[9 * 1440..9 * 1440 + 40].fill(9.0);
    assert_eq!(of("3/3 > 5 notBreaching 60", twice), BacktestVerdict::Useful);
    assert_eq!(of("1/1 >= 0 notBreaching 60", daily(5.0)), BacktestVerdict::AlwaysOn);
    assert_eq!(of("1/1 > 0 notBreaching 60", vec![f64::NAN; 14 * 1440]), BacktestVerdict::Blind);
    assert_eq!(
        verdict(alarm("1/1 > 0 missing 60", "Sum"), &MetricHistory::default(), two_weeks),
        BacktestVerdict::Blind
    );
    // Four times in twenty minutes each, all in one night: a flap, though rare.
    let mut flapping = vec![0.0; 14 * 1440];
    (0..4).for_each(|n| flapping[1000 + n * 20..1000 + n * 20 + 5].fill(9.0));
    assert_eq!(of("1/1 > 5 notBreaching 60", flapping), BacktestVerdict::Noisy);
}

#[test]
fn a_verdict_says_the_number_that_decided() {
    let said = |text: &str, values: Vec<f64>| {
        let resource = Resource::Alarm(Box::new(alarm(text, "Sum")));
        let judged = judge([&resource].into_iter(), &series("Sum", 60, values), asking(14 * DAY));
        let found = judged[0].outcome.as_ref().unwrap();
        sentence(&found.figures, found.verdict)
    };
    let mut flapping = vec![0.0; 14 * 1440];
    (0..4).for_each(|n| flapping[1000 + n * 20..1000 + n * 20 + 5].fill(9.0));
    for (text, values, expected) in [
        (
            "1/1 > 5 notBreaching 60",
            flapping,
            "would have fired 4 times in 14 days, max 5m, 3 within 30m of the one before: noisy",
        ),
        (
            "1/1 > 10 notBreaching 300",
            daily(5.0),
            "would have fired 14 times in 14 days, max 1h, more than 3 a week: noisy",
        ),
        (
            "1/1 > 50 notBreaching 300",
            daily(5.0),
            "would not have fired in 14 days, at most 50 % of the threshold: quiet",
        ),
        (
            "1/1 >= 0 notBreaching 60",
            daily(5.0),
            "would have fired once in 14 days, max 13d 23h, in ALARM 99 % of the time: always on",
        ),
    ] {
        assert_eq!(said(text, values), expected);
    }
}

#[test]
fn figures_tell_when_how_long_and_how_soon() {
    let mut values = vec![1.0; 1440];
    values[600..630].fill(8.0);
    let asking = BacktestRequest { suggest: Some(7.0), is_drawn: true, ..BacktestRequest::of(START, START + DAY) };
    let resource = Resource::Alarm(Box::new(alarm("3/3 > 5 missing 60", "Maximum")));
    let judged = judge([&resource].into_iter(), &series("Maximum", 60, values), asking);
    let found = judged[0].outcome.as_ref().unwrap();
    // Bad from 10:00, the third bad minute ends at 10:03, the last at 10:30, the first good one at 10:31.
    let span = (START + 600 * 60 + 180, START + 631 * 60);
    assert_eq!((found.figures.firings, found.figures.spans.as_slice()), (1, &[span][..]));
    assert_eq!(found.figures.time_to_detect, Some(180));
    assert_eq!(found.figures.nearest.map(|n| (n.value, n.median, n.share)), Some((8.0, 1.0, 1.0)));
    assert_eq!(
        found.reason.as_deref(),
        Some(
            "Threshold Crossed: 3 datapoints [8.0 (05/01/26 10:02:00), 8.0 (05/01/26 10:01:00), 8.0 (05/01/26 10:00:00)] \
             were greater than the threshold (5.0)."
        )
    );
    // A suggestion keeps to the wished rate, and 1 of 1 tells sooner than 3 of 3.
    let made = &found.advice.as_ref().unwrap().as_ref().unwrap().suggestions;
    assert!(made.iter().all(|one| one.firings == 1), "{made:?}");
    assert_eq!((made[0].threshold, made[0].time_to_detect), (5.0, Some(60)));
}

#[test]
fn reasons_are_in_the_words_of_cloudwatch() {
    for (text, values, state, expected) in [
        (
            "1/1 > 5 missing 60",
            "6",
            AlarmState::Alarm,
            "Threshold Crossed: 1 datapoint [6.0 (05/01/26 00:00:00)] was greater than the threshold (5.0).",
        ),
        (
            "1/1 >= 5 missing 60",
            "4.5",
            AlarmState::Ok,
            "Threshold Crossed: 1 datapoint [4.5 (05/01/26 00:00:00)] was not greater than or equal to the threshold (5.0).",
        ),
        (
            "1/1 > 5 notBreaching 60",
            "_",
            AlarmState::Ok,
            "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as [NonBreaching].",
        ),
        (
            "2/2 < 1 breaching 60",
            "_ _",
            AlarmState::Alarm,
            "Threshold Crossed: no datapoints were received for 2 periods and 2 missing datapoints were treated as [Breaching].",
        ),
        ("5/5 > 1 missing 60", "_", AlarmState::InsufficientData, "Insufficient Data: 5 datapoints were unknown."),
        ("1/1 > 1 missing 60", "_", AlarmState::InsufficientData, "Insufficient Data: 1 datapoint was unknown."),
        (
            "2/3 > 5 missing 60",
            "6 0 7",
            AlarmState::Alarm,
            "Threshold Crossed: 2 out of the last 3 datapoints [7.0 (05/01/26 00:02:00), 6.0 (05/01/26 00:00:00)] were greater than the threshold (5.0) (minimum 2 datapoints for OK -> ALARM transition).",
        ),
        (
            "2/3 > 5 missing 60",
            "0 0 7",
            AlarmState::Ok,
            "Threshold Crossed: 2 out of the last 3 datapoints [0.0 (05/01/26 00:01:00), 0.0 (05/01/26 00:00:00)] were not greater than the threshold (5.0) (minimum 2 datapoints for ALARM -> OK transition).",
        ),
    ] {
        let alarm = alarm(text, "Sum");
        let condition = Condition::of(&alarm.definition(), EvaluationOptions::default()).unwrap();
        let length = values.split(' ').count() as i64 * 60;
        let past = super::history(values, 60);
        let watched = EvaluatedSeries::new(&alarm.definition(), &condition, &past, START, START + length).unwrap();
        let last = watched.grid.len - 1;
        assert_eq!(
            replay::decide(&condition, &watched, last),
            mlops_cloudwatch::evaluation::condition::Decision::Change(state),
            "{text}"
        );
        assert_eq!(reason::text(&condition, &watched, last, state), expected, "{text}");
    }
}

#[test]
fn re_aggregation_is_exact_or_refused() {
    let source = |stat: &str, period: i64| MetricStatistic { metric: metric("m"), stat: stat.into(), period };
    let minute_sums = series("Sum", 60, vec![1.0; 10]);
    assert_eq!(minute_sums.step(&source("Sum", 300)), Ok(Some(60)));
    assert!(minute_sums.step(&source("Average", 300)).unwrap_err().contains("cannot be computed"));
    assert!(minute_sums.step(&source("p90", 300)).is_err());
    let mut both = series("Sum", 60, vec![10.0, 2.0]);
    both.add(metric("m"), "SampleCount", ValueSeries { start: START, step: 60, values: vec![1.0, 4.0] });
    let grid = mlops_cloudwatch::evaluation::series::PeriodGrid { first: START + 120, step: 60, len: 1, period: 120 };
    // 12 of 5 samples, not the mean of 10 and 0.5.
    assert_eq!(both.values(&source("Average", 120), &grid), [2.4]);
    // A percentile of the period itself is known, not of a part of it.
    let percentiles = series("p90", 300, vec![1.0]);
    assert_eq!(percentiles.step(&source("p90", 300)), Ok(Some(300)));
    assert!(percentiles.step(&source("p90", 600)).is_err());
    assert_eq!(MetricHistory::default().step(&source("p90", 600)), Ok(None));
}

#[test]
fn files_of_both_kinds_say_the_same() {
    let json = r#"{"series":[{"namespace":"T","metric_name":"m","dimensions":{"A":"x,y"},"statistic":"Sum",
        "start":"2026-01-05T00:00:00Z","values":[1,null,2.5]}]}"#;
    let csv = "time,namespace,metric_name,dimensions,statistic,value\n\
        2026-01-05T00:02:00Z,T,m,\"A=x,y\",Sum,2.5\n1767571200,T,m,\"A=x,y\",Sum,1\n";
    let source = MetricStatistic {
        metric: crate::backtest::history::MetricIdentity {
            dimensions: [("A".into(), "x,y".into())].into(),
            ..metric("m")
        },
        stat: "Sum".into(),
        period: 60,
    };
    let grid = mlops_cloudwatch::evaluation::series::PeriodGrid { first: START + 60, step: 60, len: 3, period: 60 };
    for history in [file::json(json.as_bytes()).unwrap(), file::csv(csv.as_bytes()).unwrap()] {
        let values: Vec<String> = history.values(&source, &grid).iter().map(f64::to_string).collect();
        assert_eq!(values, ["1", "NaN", "2.5"]);
        assert_eq!(history.extent(), Some((START, START + 180)));
    }
    for (csv, part) in [
        ("", "empty"),
        ("time,value\n", "namespace"),
        ("time,namespace,metric_name,value\nyesterday,T,m,1\n", "line 2"),
        ("time,namespace,metric_name,value\n0,T,m,x\n", "line 2"),
        ("time,namespace,metric_name,value\n0,T,m,inf\n", "finite"),
        ("time,namespace,metric_name,value\n0,T,m,1\n99999999999,T,m,1\n", "too long"),
    ] {
        let error = format!("{:#}", file::csv(csv.as_bytes()).unwrap_err());
        assert!(error.contains(part), "{csv}: {error}");
    }
    assert!(file::json(r#"{"series":[{"namespace":"T"}]}"#.as_bytes()).is_err());
}

/// Whatever the order of the lines; of two in one span the later line counts.
#[test]
fn lines_of_a_file_may_stand_in_any_order() {
    let minutes = [5, 9, 2, 5, 30, 2, 9, 0, 2];
    let points = minutes.iter().enumerate().map(|(n, minute)| (START + minute * 60 + n as i64, n as f64));
    let lines: Vec<String> = points.clone().map(|(at, value)| format!("{at},T,m,Sum,{value}\n")).collect();
    let history =
        file::csv(format!("time,namespace,metric_name,statistic,value\n{}", lines.concat()).as_bytes()).unwrap();
    let source = MetricStatistic { metric: metric("m"), stat: "Sum".into(), period: 60 };
    let known = history.known(&source);
    let expected = ValueSeries::from_points(60, points);
    assert_eq!((known[0].series.start, known[0].series.step), (expected.start, 60));
    let shown = |series: &ValueSeries| format!("{:?}", series.values);
    assert_eq!(shown(&known[0].series), shown(&expected));
}

/// What GetMetricData's limits force: 500 queries and 100,800 datapoints a call.
#[test]
fn reading_takes_no_more_calls_than_the_limits_force() {
    let now = START;
    let from = now - 14 * DAY;
    let alarms: Vec<Resource> = (0..250)
        .map(|n| {
            let mut alarm = alarm("1/1 > 5 missing 60", "Sum");
            alarm.metric_name = Some(format!("m{n}"));
            Resource::Alarm(Box::new(alarm))
        })
        .collect();
    let calls = |resources: &[Resource], detail| {
        fetch::calls(&needs(resources.iter(), EvaluationOptions::default()), from, now, detail)
    };
    // 14 days and the 8 minutes before are 20,168 minutes: four queries a call, not five.
    assert_eq!(calls(&alarms, Detail::Finest), 63);
    assert_eq!(calls(&alarms[..4], Detail::Finest), 1);
    // The same metric in two alarms is asked once.
    let same: Vec<Resource> = (0..40).map(|_| alarms[0].clone()).collect();
    assert_eq!(calls(&same, Detail::Finest), 1);
    let five_minutes: Vec<Resource> = alarms
        .iter()
        .map(|resource| match resource {
            Resource::Alarm(one) => Resource::Alarm(Box::new(Alarm { period: Some(300), ..(**one).clone() })),
            other => other.clone(),
        })
        .collect();
    // 4,037 datapoints each: 24 queries a call.
    assert_eq!(calls(&five_minutes, Detail::Period), 11);
    assert_eq!(calls(&five_minutes[..4], Detail::Finest), 1);
}

/// A band of 2 to 8 around a metric that leaves it upward at the third and downward at the fifth minute.
#[test]
fn anomaly_bands_are_cloudwatchs_own() {
    let query = |id: &str, expression: Option<&str>, metric: Option<MetricStat>, return_data| MetricQuery {
        id: id.into(),
        expression: expression.map(str::to_owned),
        metric,
        return_data,
        ..MetricQuery::default()
    };
    let stat = MetricStat {
        namespace: "T".into(),
        metric_name: "m".into(),
        stat: "Sum".into(),
        period: 60,
        ..MetricStat::default()
    };
    let mut band = Alarm {
        metrics: vec![
            query("m1", None, Some(stat), true),
            query("ad", Some("ANOMALY_DETECTION_BAND(m1, 2)"), None, true),
        ],
        threshold_metric_id: Some("ad".into()),
        comparison_operator: Some("GreaterThanUpperThreshold".into()),
        evaluation_periods: Some(1),
        ..Alarm::new("a")
    };
    let mut past = series("Sum", 60, vec![5.0, 5.0, 9.0, 5.0, 1.0]);
    let asked = RemoteExpression::of(&band.definition()).unwrap();
    for edge in [8.0, 2.0] {
        past.add_asked(asked.clone(), ValueSeries { start: START, step: 60, values: vec![edge; 5] });
    }
    for (operator, expected) in [
        ("LessThanLowerOrGreaterThanUpperThreshold", "OOAOA"),
        ("GreaterThanUpperThreshold", "OOAOO"),
        ("LessThanLowerThreshold", "OOOOA"),
    ] {
        band.comparison_operator = Some(operator.into());
        assert_eq!(super::letters(&run(&band, EvaluationOptions::default(), &past, 300), 60), expected, "{operator}");
    }
    // Without CloudWatch's answer nothing is made up.
    let condition = Condition::of(&band.definition(), EvaluationOptions::default()).unwrap();
    let alone = series("Sum", 60, vec![5.0]);
    assert!(
        EvaluatedSeries::new(&band.definition(), &condition, &alone, START, START + 60)
            .unwrap_err()
            .contains("only CloudWatch")
    );
    // Nor what metric math makes of a query; the query alone is asked for.
    let mut math = Alarm {
        metrics: vec![
            query("q1", Some("SELECT MAX(X) FROM SCHEMA(N, D) GROUP BY D"), None, false),
            query("e1", Some("IF(MAX(q1) < 100, 0, 1)"), None, true),
        ],
        evaluation_periods: Some(1),
        comparison_operator: Some("GreaterThanThreshold".into()),
        threshold: Some(0.0),
        ..Alarm::new("a")
    };
    assert_eq!(RemoteExpression::of(&math.definition()), None);
    let condition = Condition::of(&math.definition(), EvaluationOptions::default()).unwrap();
    let unknown = EvaluatedSeries::new(&math.definition(), &condition, &alone, START, START + 60).unwrap_err();
    assert!(unknown.contains("the Metrics Insights query `q1`"), "{unknown}");
    math.metrics.pop();
    math.metrics[0].return_data = true;
    assert!(RemoteExpression::of(&math.definition()).is_some_and(|asked| asked.expression.starts_with("SELECT")));
    let promql = Alarm { promql: Some(Default::default()), ..Alarm::new("a") };
    assert!(Condition::of(&promql.definition(), EvaluationOptions::default()).unwrap_err().contains("PromQL"));
}

/// The lab's error rate: 100 * errors / invocations where there were any.
#[test]
fn math_alarms_replay_slot_by_slot() {
    let metric_of = |id: &str| MetricQuery {
        id: id.into(),
        metric: Some(MetricStat {
            namespace: "T".into(),
            metric_name: id.into(),
            stat: "Sum".into(),
            period: 120,
            ..MetricStat::default()
        }),
        ..MetricQuery::default()
    };
    let rate = |expression: &str| Alarm {
        metrics: vec![
            metric_of("errors"),
            metric_of("calls"),
            MetricQuery {
                id: "rate".into(),
                expression: Some(expression.into()),
                return_data: true,
                ..MetricQuery::default()
            },
        ],
        threshold: Some(10.0),
        comparison_operator: Some("GreaterThanThreshold".into()),
        evaluation_periods: Some(1),
        treat_missing_data: Some("notBreaching".into()),
        ..Alarm::new("a")
    };
    let mut past = MetricHistory::default();
    for (name, values) in [("errors", "0 0 2 0 0 0"), ("calls", "10 10 10 10 0 _")] {
        past.add(
            metric(name),
            "Sum",
            ValueSeries { start: START, step: 60, values: Notation::Own.parse(values).unwrap() },
        );
    }
    // Two-minute sums: errors 0 0 2 2 0 0, calls 10 20 20 20 10 0: rates 0 0 10 10 0 -: 10 is not above 10.
    let pointwise = rate("IF(calls > 0, 100 * errors / calls, 0)");
    assert_eq!(super::letters(&run(&pointwise, EvaluationOptions::default(), &past, 360), 60), "OOOOOO");
    let higher = rate("IF(calls > 0, 101 * errors / calls, 0)");
    assert_eq!(super::letters(&run(&higher, EvaluationOptions::default(), &past, 360), 60), "OOAAOO");
    // A metric that has no values counts as 0 beside one that has some.
    let mut idle = MetricHistory::default();
    for (name, values) in [("errors", "0 0 2 0 0 0"), ("calls", "_ _ _ _ _ _")] {
        idle.add(
            metric(name),
            "Sum",
            ValueSeries { start: START, step: 60, values: Notation::Own.parse(values).unwrap() },
        );
    }
    let mut sum = rate("errors + calls");
    sum.threshold = Some(1.0);
    assert_eq!(super::letters(&run(&sum, EvaluationOptions::default(), &idle, 360), 60), "OOAAOO");
    // By the range that is looked at: the difference to the window two minutes before. 0 0 +2 +2 -2 -2.
    let mut difference = rate("DIFF(errors)");
    difference.threshold = Some(1.0);
    assert_eq!(super::letters(&run(&difference, EvaluationOptions::default(), &past, 360), 60), "OOAAOO");
}
