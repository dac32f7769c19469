//! What a backtest looks like, to the letter, and that its pictures are well-formed.

use super::{Backtest, html, json, markdown, svg, text};
use crate::backtest::history::{History, Metric};
use crate::backtest::judge::judge;
use crate::backtest::{Asking, Judged, Options};
use crate::report::Look;
use crate::resources::{Alarm, Resource};
use mlops_cloudwatch::evaluation::series::Series;
use std::collections::BTreeMap;

const START: i64 = 1_767_571_200;
const DAY: i64 = 86_400;

/// A day of ones with nines from 10:00 to 10:30; a name that every format has to escape.
fn judged() -> Vec<Judged> {
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
    let mut history = History::default();
    let metric = Metric { namespace: "T".into(), name: "m".into(), ..Metric::default() };
    history.add(metric, "Sum", Series { start: START, step: 60, values });
    let promql = Resource::Alarm(Box::new(Alarm { promql: Some(Default::default()), ..Alarm::new("c") }));
    let resources = [alarm("a<&>|b", "m"), alarm("b", "nothing"), promql];
    let asking = Asking { from: START, until: START + DAY, options: Options::default(), suggest: None, is_drawn: true };
    judge(resources.iter(), &history, asking)
}

fn found(judged: &[Judged], look: impl FnOnce(&Backtest<'_>) -> String) -> String {
    let agreements = BTreeMap::new();
    look(&Backtest { judged, from: START, until: START + DAY, notes: &["kept".to_owned()], agreements: &agreements })
}

#[test]
fn the_text_says_verdict_figures_and_shows_the_series() {
    let look = Look { width: 80, ..Look::PLAIN };
    let text = found(&judged(), |all| text::backtest(all, true, &look));
    let expected = [
        " Verdict  Alarm         Fired  In alarm  Longest  Told after  No data",
        " useful   alarm/a<&>|b  1      30m       30m      1m          0 %",
        " blind    alarm/b       0      -         -        -           100 %",
        " unknown  alarm/c",
        "",
        "alarm/a<&>|b: useful",
        "      9 │                            ███",
    ];
    assert_eq!(text.lines().take(7).collect::<Vec<_>>(), expected, "\n{text}");
    for part in [
        "  ALARM │",
        "  fired once, 30m in alarm, told 1m after it began\n",
        "  last: 2026-01-05 10:01 for 30m\n",
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
    assert_eq!(value["alarms"][0]["figures"]["spans"], serde_json::json!([[START + 36_060, START + 37_860]]));
    assert_eq!(value["alarms"][1]["verdict"], "blind");
    assert_eq!(value["alarms"][2]["verdict"], "unknown");
    let table = found(&judged, markdown::backtest);
    assert!(table.contains("| useful | `alarm/a<&>\\|b` | fired once"), "{table}");
}
