//! A saved test passes, and holds the alarm to what it did: over random pasts, and with the threshold out of reach.

use super::file::{UnitTestCase, of_text};
use super::run::run;
use super::saved::{PastAlarm, of_incident};
use crate::backtest::history::MetricIdentity;
use crate::backtest::judge::{BacktestRequest, judge};
use crate::backtest::{EvaluationOptions, MetricHistory};
use crate::resources::{Address, Alarm, Kind, Resource};
use mlops_cloudwatch::comparison::Comparison;
use mlops_cloudwatch::evaluation::series::ValueSeries;
use mlops_cloudwatch::missing::MissingData;
use std::collections::BTreeMap;
use std::path::Path;

const START: i64 = 1_767_571_200;

/// One past of an alarm.
struct Draw {
    rng: fastrand::Rng,
}

impl Draw {
    fn history(&mut self, metric: &MetricIdentity, stat: &str, step: i64) -> MetricHistory {
        let mut values = Vec::new();
        while values.len() < 900 {
            let value = match self.rng.u8(0..10) {
                0..=5 => f64::from(self.rng.u8(0..4)),
                6 | 7 => f64::from(self.rng.u8(5..20)),
                _ => f64::NAN,
            };
            values.extend(std::iter::repeat_n(value, self.rng.usize(1..12)));
        }
        let mut history = MetricHistory::default();
        history.add(metric.clone(), stat, ValueSeries { start: START, step, values });
        history.begin_with_data();
        history
    }

    fn alarm(&mut self) -> Alarm {
        let n = self.rng.i32(1..5);
        let word = |all: &[&str], at: usize| Some(all[at].to_owned());
        Alarm {
            namespace: Some("N".into()),
            metric_name: Some("m".into()),
            statistic: word(&["Sum", "Maximum", "Average"], self.rng.usize(0..3)),
            period: Some([60, 300, 900][self.rng.usize(0..3)]),
            evaluation_periods: Some(n),
            datapoints_to_alarm: Some(self.rng.i32(1..=n)),
            threshold: Some(4.0),
            comparison_operator: word(Comparison::WORDS, self.rng.usize(0..4)),
            treat_missing_data: word(MissingData::WORDS, self.rng.usize(0..4)),
            ..Alarm::new("a")
        }
    }
}

fn resources(alarm: Alarm) -> BTreeMap<Address, Resource> {
    BTreeMap::from([(Address::new(Kind::Alarm, "a"), Resource::Alarm(Box::new(alarm)))])
}

/// The case as it is read back from what is written of it.
fn read_back(case: &UnitTestCase) -> UnitTestCase {
    let text = crate::report::unit_test::yaml::head("alarms.yaml", &BTreeMap::new())
        + &crate::report::unit_test::yaml::cases(std::slice::from_ref(case));
    of_text(Path::new("t.yaml"), &text).unwrap_or_else(|error| panic!("{error}\n{text}")).cases.remove(0)
}

#[test]
fn saved_tests_pass_and_hold() {
    let mut draw = Draw { rng: fastrand::Rng::with_seed(7) };
    let metric = MetricIdentity { namespace: "N".into(), name: "m".into(), ..MetricIdentity::default() };
    let (mut saved, mut held, mut refused) = (0, 0, 0);
    for _ in 0..300 {
        let alarm = draw.alarm();
        let history = draw.history(&metric, crate::backtest::history::SAMPLES, 60);
        let before = resources(alarm.clone());
        let (from, until) = history.extent().unwrap();
        let options = EvaluationOptions::default();
        let asking = BacktestRequest { from, until, options, suggest: None, is_drawn: false, known: None };
        let judged = judge(before.values(), &history, asking).remove(0);
        let Ok(found) = &judged.outcome else { continue };
        let Some(incident) = found.figures.spans.iter().rfind(|span| span.0 > from) else { continue };
        let address = &judged.address;
        let past = PastAlarm { address, timeline: &found.timeline, resources: &before, history: &history, options };
        let Ok(case) = of_incident(past, *incident, "t".into()) else {
            refused += 1;
            continue;
        };
        saved += 1;
        let case = read_back(&case);
        let failures = run(&case, before.values()).unwrap().failures;
        assert!(failures.is_empty(), "{failures:?}\n{case:?}\n{alarm:?}");
        // Nothing reaches it any more: where data decides, the alarm that was is missed.
        let upward = matches!(alarm.comparison_operator.as_deref(), Some(word) if word.starts_with("Greater"));
        let out_of_reach = if upward { 1e9 } else { -1e9 };
        if alarm.treat_missing_data.as_deref() != Some("breaching") {
            let other = resources(Alarm { threshold: Some(out_of_reach), ..alarm });
            assert!(!run(&case, other.values()).unwrap().failures.is_empty(), "{case:?}");
            held += 1;
        }
    }
    assert!(saved > 150 && held > 100 && refused < saved / 10, "{saved} saved, {held} held, {refused} refused");
}

const SPEC: &str = r#"
version: 1
stack: s
alarms:
  a: { namespace: N, metric_name: m, statistic: Sum, period: 5m, threshold: "> 10" }
  b: { namespace: N, metric_name: n, statistic: p90, period: 5m, threshold: "> 100" }
  slow:
    anomaly: { namespace: N, metric_name: n, statistic: Average, width: 2 }
    comparison_operator: GreaterThanUpperThreshold
    period: 5m
composite_alarms:
  both: { alarm_rule: ALARM(a) AND ALARM(b) }
"#;

/// What a composite alarm stands on is saved with it, each series at its own interval; a band is a result.
#[test]
fn a_composite_alarm_and_a_band_are_saved_with_what_they_need() {
    let bound = crate::spec::parse("alarms.yaml", SPEC).unwrap().bind(&BTreeMap::new()).unwrap();
    let target = crate::model::Target::new("123456789012", "us-east-1");
    let resources = bound.desired(&target, &BTreeMap::new()).unwrap().resources;
    let metric = |name: &str| MetricIdentity { namespace: "N".into(), name: name.into(), ..MetricIdentity::default() };
    let mut history = MetricHistory::default();
    let values = |step: i64, low: f64, high: f64| {
        let len = 86_400 / step;
        let values = (0..len).map(|n| if (400..440).contains(&(n * step / 60)) { high } else { low }).collect();
        ValueSeries { start: START, step, values }
    };
    history.add(metric("m"), "Sum", values(60, 1.0, 3.0));
    history.add(metric("n"), "p90", values(300, 50.0, 200.0));
    history.add(metric("n"), "Average", values(300, 20.0, 90.0));
    let options = EvaluationOptions::default();
    for (_, needs) in crate::backtest::judge::needs(resources.values(), options).iter().map(|(n, c)| (c, n)) {
        if let Some(asked) = &needs.asked {
            history.add_asked(asked.clone(), values(300, 10.0, 10.0));
            history.add_asked(asked.clone(), values(300, 60.0, 60.0));
        }
    }
    let (from, until) = history.extent().unwrap();
    let asking = BacktestRequest { from, until, options, suggest: None, is_drawn: false, known: None };
    let judged = judge(resources.values(), &history, asking);
    for (name, series, results) in [("both", 2, 0), ("slow", 1, 1)] {
        let one = judged.iter().find(|one| one.address.name == name).unwrap();
        let found = one.outcome.as_ref().unwrap();
        let incident = *found.figures.spans.last().unwrap();
        let (address, timeline) = (&one.address, &found.timeline);
        let past = PastAlarm { address, timeline, resources: &resources, history: &history, options };
        let case = of_incident(past, incident, "t".into()).unwrap();
        assert_eq!((case.series.len(), case.results.len()), (series, results), "{name}");
        let case = read_back(&case);
        assert_eq!(run(&case, resources.values()).unwrap().failures, Vec::<String>::new(), "{name}");
        let states: Vec<&str> = case.expected.iter().filter_map(|one| Some(one.state?.word())).collect();
        assert_eq!(states, ["OK", "ALARM", "OK"], "{name}");
    }
}
