//! What a backtest looks like, to the letter, and that its pictures are well-formed.

use super::{Backtest, html, json, markdown, svg, text};
use crate::backtest::budget::ErrorBudget;
use crate::backtest::history::{MetricHistory, MetricIdentity};
use crate::backtest::incidents::KnownIncident;
use crate::backtest::judge::judge;
use crate::backtest::pages::{PagesChange, PagesCount, PersonPages};
use crate::backtest::suggest::ViewKind;
use crate::backtest::{BacktestRequest, EvaluatedAlarm, EvaluationOptions};
use crate::model::Target;
use crate::report::RenderOptions;
use crate::report::markdown::plan_with_pages;
use crate::report::testing::{alarm, create, plan};
use crate::resources::{Address, Alarm, Kind, Resource};
use crate::spec;
use mlops_cloudwatch::evaluation::series::ValueSeries;
use std::collections::BTreeMap;

const START: i64 = 1_767_571_200;
const DAY: i64 = 86_400;

/// A day of ones with nines from 10:00 to 10:30; a name that every format has to escape.
fn judged() -> Vec<EvaluatedAlarm> {
    let alarm = |name: &str, metric: &str| {
        Resource::Alarm(Box::new(Alarm {
            namespace: Some("T".into()),
            metric_name: Some(metric.into()),
            statistic: Some("Sum".into()),
            period: Some(60),
            evaluation_periods: Some(1),
            threshold: Some(5.0),
            comparison_operator: Some("GreaterThanThreshold".into()),
            ..Alarm::new(name)
        }))
    };
    let mut values = vec![1.0; 1440];
    values[600..630].fill(9.0);
    let mut history = MetricHistory::default();
    let metric = MetricIdentity { namespace: "T".into(), name: "m".into(), ..MetricIdentity::default() };
    history.add(metric, "Sum", ValueSeries { start: START, step: 60, values });
    let promql = Resource::Alarm(Box::new(Alarm { promql: Some(Default::default()), ..Alarm::new("c") }));
    let resources = [alarm("a<&>|b", "m"), alarm("b", "nothing"), promql];
    let asking = BacktestRequest { is_drawn: true, ..BacktestRequest::of(START, START + DAY) };
    judge(resources.iter(), &history, asking)
}

/// Ten by night and sixty by day for two weeks, but for one night.
fn seasonal(known: &[KnownIncident]) -> Vec<EvaluatedAlarm> {
    let mut values: Vec<f64> = (0..14 * 288)
        .map(|slot| if (8 * 12..18 * 12).contains(&(slot % 288)) { 60.0 } else { 10.0 + f64::from(slot as u32 % 3) })
        .collect();
    values[5 * 288 + 24..5 * 288 + 48].fill(45.0);
    let mut history = MetricHistory::default();
    let dimensions = [("FunctionName".to_owned(), "f g".to_owned())].into();
    let metric = MetricIdentity {
        namespace: "AWS/Lambda".into(),
        name: "Duration".into(),
        dimensions,
        ..MetricIdentity::default()
    };
    let alarm = Resource::Alarm(Box::new(Alarm {
        namespace: Some(metric.namespace.clone()),
        metric_name: Some(metric.name.clone()),
        dimensions: metric.dimensions.clone(),
        extended_statistic: Some("p90".into()),
        period: Some(300),
        evaluation_periods: Some(1),
        threshold: Some(500.0),
        comparison_operator: Some("GreaterThanThreshold".into()),
        ..Alarm::new("slow")
    }));
    history.add(metric, "p90", ValueSeries { start: START, step: 300, values });
    let until = START + 14 * DAY;
    let known = Some(known).filter(|known| !known.is_empty());
    let asking = BacktestRequest {
        from: START,
        until,
        options: EvaluationOptions::default(),
        suggest: Some(1.0),
        is_drawn: true,
        known,
    };
    judge([alarm].iter(), &history, asking)
}

/// The keys that are printed, under a name in a spec, are the alarm that was tried.
#[test]
fn a_proposal_is_printed_as_it_is_written_in_a_spec() {
    let judged = seasonal(&[]);
    let text = found(&judged, |all| text::backtest(all, false, &RenderOptions::PLAIN));
    let part = "    distance from what is usual at the hour > ";
    assert!(text.contains("  conditions to choose from:\n") && text.contains(part), "{text}");
    assert!(text.contains("it would not have fired in the second (held)"), "{text}");
    let suggestion = &judged[0].outcome.as_ref().unwrap().advice.as_ref().unwrap().as_ref().unwrap().suggestions[0];
    let keys: String = super::spec_yaml::alarm(suggestion).lines().map(|line| format!("    {line}\n")).collect();
    let spec = format!("version: 1\nstack: s\nalarms:\n  slow:\n{keys}");
    let target = Target::new("000000000000", "us-east-1");
    let bound = spec::parse("alarms.yaml", &spec).unwrap().bind(&BTreeMap::new()).unwrap();
    let desired = bound.desired(&target, &BTreeMap::new()).unwrap().resources;
    let Some(Resource::Alarm(alarm)) = desired.get(&Address::new(Kind::Alarm, "slow")) else { panic!("{spec}") };
    let of =
        |alarm: &Alarm| (alarm.metrics.clone(), alarm.threshold, alarm.datapoints_to_alarm, alarm.evaluation_periods);
    assert_eq!(of(alarm), of(&suggestion.alarm), "{spec}");
}

/// Level and change together: what is written lints without a finding, is planned, and judged again does what was promised.
#[test]
fn a_proposal_of_level_and_change_is_an_alarm_that_does_what_it_promises() {
    let mut values: Vec<f64> =
        (0..14 * 288_usize).map(|slot| 40.0 + ((slot * slot * 31 + slot * 7) % 9) as f64).collect();
    values[900..904].copy_from_slice(&[95.0, 93.0, 94.0, 92.0]);
    (3_000..3_040).for_each(|slot| values[slot] = 47.0 + (slot - 3_000) as f64 * 0.8);
    let spec = |keys: &str| {
        let keys: String = keys.lines().map(|line| format!("    {line}\n")).collect();
        format!(
            "version: 1\nstack: s\ntopics:\n  alerts: {{}}\nsubscriptions:\n  - topic: alerts\n    protocol: email\n    endpoint: \
             you@example.edu\nalarms:\n  slow:\n    description: \"Calls take long. Runbook: https://example.com/slow\"\n    \
             treat_missing_data: notBreaching\n    notify: {{ alarm: alerts, ok: alerts }}\n{keys}"
        )
    };
    let watched =
        "namespace: Shop\nmetric_name: Wait\nstatistic: p90\nperiod: 5m\nthreshold: \"> 1000\"\nevaluation_periods: 1";
    let metric = MetricIdentity { namespace: "Shop".into(), name: "Wait".into(), ..MetricIdentity::default() };
    let mut history = MetricHistory::default();
    history.add(metric, "p90", ValueSeries { start: START, step: 300, values });
    let target = Target::new("000000000000", "us-east-1");
    let judged = |text: &str, suggest: Option<f64>| {
        let bound = spec::parse("alarms.yaml", text).unwrap().bind(&BTreeMap::new()).unwrap();
        let desired = bound.desired(&target, &BTreeMap::new()).unwrap();
        let settings = crate::lint::settings(&bound).unwrap();
        let input = crate::lint::LintInput {
            bound: &bound,
            desired: &desired,
            observed: None,
            settings: &settings,
            today: "2026-11-22",
        };
        assert_eq!(crate::lint::lint(input).findings, [], "{text}");
        let alarm = desired.resources[&Address::new(Kind::Alarm, "slow")].clone();
        let asking = BacktestRequest { suggest, ..BacktestRequest::of(START, START + 14 * DAY) };
        (judge([&alarm].into_iter(), &history, asking), plan(vec![create(alarm)]))
    };
    let (before, _) = judged(&spec(watched), Some(1.0));
    let text = found(&before, |all| text::backtest(all, false, &RenderOptions::PLAIN));
    assert!(text.contains("level and change together, 1 being as far as ordinary values go, > "), "{text}");
    let suggestions = &before[0].outcome.as_ref().unwrap().advice.as_ref().unwrap().as_ref().unwrap().suggestions;
    let promised = suggestions.iter().find(|one| one.watches == ViewKind::LevelAndChange).unwrap();
    let keys = super::spec_yaml::alarm(promised);
    assert!(keys.starts_with("expression: \"MAX([(m1 - 42) / ") && keys.contains("evaluation_periods: 24"), "{keys}");
    let (after, planned) = judged(&spec(&keys), None);
    let figures = &after[0].outcome.as_ref().unwrap().figures;
    assert_eq!(
        (figures.firings, figures.in_alarm, figures.longest, figures.time_to_detect),
        (promised.firings, promised.in_alarm, promised.longest, promised.time_to_detect)
    );
    assert!(figures.firings > 0, "{keys}");
    let Some(Resource::Alarm(planned)) = &planned.changes[0].after else { panic!("{planned:?}") };
    assert_eq!(planned.metrics, promised.alarm.metrics);
    let value: serde_json::Value = serde_json::from_str(&found(&before, json::backtest)).unwrap();
    let watches = value["alarms"][0]["suggestions"].as_array().unwrap().iter().map(|one| one["watches"].clone());
    assert!(watches.into_iter().any(|one| one == "level-and-change"), "{value}");
}

#[test]
fn known_incidents_are_counted() {
    let at = |day: i64, hour: i64| START + day * DAY + hour * 3_600;
    let incident = |day| KnownIncident { from: at(day, 2), until: at(day, 4), alarm: None };
    let judged = seasonal(&[incident(5), incident(9)]);
    let text = found(&judged, |all| text::backtest(all, false, &RenderOptions::PLAIN));
    assert!(
        text.contains("  incidents: 0 of 2 caught (missed 2026-01-10 02:00, 2026-01-14 02:00), 0 false firings\n"),
        "{text}"
    );
    assert!(
        text.contains("incidents: 1 of 2 caught (missed 2026-01-14 02:00), 0 false firings, time to notify "),
        "{text}"
    );
    let value: serde_json::Value = serde_json::from_str(&found(&judged, json::backtest)).unwrap();
    assert_eq!(value["alarms"][0]["suggestions"][0]["incidents"]["caught"], 1);
    assert!(value["alarms"][0]["suggestions"][0]["spec"].as_str().unwrap().contains("threshold: \"> "), "{value}");
}

#[test]
fn pages_of_each_person_are_named() {
    let person = |endpoint: &str, a_week, most_a_week| {
        let (protocol, endpoint) = ("email".into(), endpoint.into());
        PersonPages { protocol, endpoint, pages: 3, a_week, undecided: 0, most_a_week }
    };
    let (judged, agreements) = (judged(), BTreeMap::new());
    let people = vec![person("a@example.edu", 1.5, 1.5), person("b@example.edu", 0.0, 2.5)];
    let people = PagesCount { people, unknown: vec!["alarm/a: not counted, its past is not known".into()] };
    let all = Backtest {
        judged: &judged,
        from: START,
        until: START + DAY,
        notes: &[],
        agreements: &agreements,
        pages: &people,
        budgets: &[],
    };
    let line = "pages a week: email a@example.edu 1.5, email b@example.edu 0 to 2.5\npages, unknown: alarm/a: not counted, its past is not known\n";
    assert!(text::backtest(&all, false, &RenderOptions::PLAIN).contains(line));
    let change = PagesChange {
        before: people.clone(),
        after: PagesCount { people: vec![person("a@example.edu", 0.5, 0.75)], ..PagesCount::default() },
    };
    let plan = plan_with_pages(&plan(vec![create(alarm("a", 5.0))]), None, Some(&change));
    assert!(plan.contains("| Who | Before | After |") && plan.contains("| 1.5 | 0.5 to 0.75 |"), "{plan}");
    assert!(
        plan.contains("| 0 to 2.5 | 0 |") && plan.contains("pages, unknown: <code>alarm/a:</code> not counted"),
        "{plan}"
    );
}

/// What is spent, when it was exhausted, and that nothing is known; never a budget that is whole because nobody called.
#[test]
fn error_budgets_are_said_in_every_format() {
    let spent = ErrorBudget {
        slo: "checkout".into(),
        objective: 99.9,
        window: 30 * DAY,
        looked_back: 14 * DAY,
        requests: 28_000.0,
        bad: 37.0,
        spent: 1.32,
        burn_rate: 0.0,
        exhausted_at: Some(START + 2 * DAY),
    };
    let budgets = [("checkout".to_owned(), Ok(spent)), ("jobs".to_owned(), Err("no request was counted".to_owned()))];
    let (judged, agreements) = (judged(), BTreeMap::new());
    let all = Backtest {
        judged: &judged,
        from: START,
        until: START + 14 * DAY,
        notes: &[],
        agreements: &agreements,
        pages: &PagesCount::default(),
        budgets: &budgets,
    };
    let lines = [
        "SLO checkout: 99.9 % over 30d: 132 % of the error budget spent in 14d (37 of 28000 requests bad); exhausted \
         2026-01-07 00:00",
        "SLO jobs: the error budget is unknown: no request was counted",
    ];
    let look = RenderOptions { width: 200, ..RenderOptions::PLAIN };
    for shown in [text::backtest(&all, false, &look), markdown::backtest(&all), html::backtest(&all)] {
        assert!(lines.iter().all(|line| shown.contains(line)), "{shown}");
    }
    let value: serde_json::Value = serde_json::from_str(&json::backtest(&all)).unwrap();
    assert_eq!(
        (&value["slos"][0]["budget_spent"], &value["slos"][1]["unknown"]),
        (&1.32.into(), &"no request was counted".into())
    );
}

fn found(judged: &[EvaluatedAlarm], look: impl FnOnce(&Backtest<'_>) -> String) -> String {
    let agreements = BTreeMap::new();
    look(&Backtest {
        judged,
        from: START,
        until: START + DAY,
        notes: &["kept".to_owned()],
        agreements: &agreements,
        pages: &PagesCount::default(),
        budgets: &[],
    })
}

#[test]
fn the_text_says_verdict_figures_and_shows_the_series() {
    let look = RenderOptions { width: 80, ..RenderOptions::PLAIN };
    let text = found(&judged(), |all| text::backtest(all, true, &look));
    let expected = [
        " Verdict  Alarm         Fired  In alarm  Max in alarm  Time to notify  No data",
        " useful   alarm/a<&>|b  1      30m       30m           1m              0 %",
        " blind    alarm/b       0      -         -             -               100 %",
        " unknown  alarm/c",
        "",
        "alarm/a<&>|b: useful",
        "      9 │                            ███",
    ];
    assert_eq!(text.lines().take(7).collect::<Vec<_>>(), expected, "\n{text}");
    for part in [
        "  ALARM │",
        "  fired once, 30m in alarm, time to notify 1m\n",
        "  last (UTC): 2026-01-05 10:01 for 30m on 9\n",
        "median 1: beyond the threshold\n",
        "first: Threshold Crossed: 1 datapoint [9.0 (05/01/26 10:00:00)] was greater\n  than the threshold (5.0).\n",
        "alarm/c: unknown\n  a PromQL alarm is evaluated by CloudWatch only\n",
        "note: kept\n3 alarms in 1d: 1 blind, 1 useful, 1 unknown.\n",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    let lines: Vec<&str> = text.lines().filter(|line| line.contains('│')).collect();
    assert_eq!(lines.len(), 7, "{text}");
    assert!(lines[0].contains('█') || lines[0].contains('▇'), "{text}");
    assert!(lines.iter().any(|line| line.contains("5 │") && line.contains('┄')), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
}

#[test]
fn every_picture_is_well_formed() {
    use quick_xml::{Reader, events::Event};
    let judged = judged();
    let judgement = judged[0].outcome.as_ref().unwrap();
    let picture = svg::chart("alarm/a<&>|b", judgement.sketch.as_ref().unwrap(), (&judgement.figures).into());
    let mut reader = Reader::from_str(&picture);
    let mut rects = 0;
    loop {
        match reader.read_event().expect("well-formed") {
            Event::Eof => break,
            Event::Start(e) | Event::Empty(e) => rects += usize::from(e.name().as_ref() == b"rect"),
            _ => {}
        }
    }
    assert_eq!(rects, 1, "one time in alarm");
    assert!(picture.contains("threshold &gt; 5") && !picture.contains("NaN"));
    let page = found(&judged, html::backtest);
    assert!(page.contains("a&lt;&amp;&gt;|b") && page.contains("<svg") && page.contains("blind"));
    assert!(!page.contains("a<&>"));
}

#[test]
fn programs_and_pull_requests_get_the_same() {
    let judged = judged();
    let value: serde_json::Value = serde_json::from_str(&found(&judged, json::backtest)).unwrap();
    assert_eq!(value["alarms"][0]["verdict"], "useful");
    assert_eq!(
        value["alarms"][0]["figures"]["spans"],
        serde_json::json!([{ "from": "2026-01-05T10:01:00Z", "until": "2026-01-05T10:31:00Z" }])
    );
    assert_eq!(value["alarms"][1]["verdict"], "blind");
    assert_eq!(value["alarms"][2]["verdict"], "unknown");
    let table = found(&judged, markdown::backtest);
    assert!(table.contains("| useful | `alarm/a<&>\\|b` | fired once"), "{table}");
}
