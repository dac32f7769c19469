//! Where what is known of the past begins: windows that reach before it are not judged.

use super::{START, alarm, asking, metric};
use crate::backtest::history::{MetricHistory, file};
use crate::backtest::judge::{Judgement, judge};
use crate::resources::{Alarm, Resource};
use mlops_cloudwatch::evaluation::series::ValueSeries;

const WEEK: i64 = 7 * 86_400;

fn judged(alarm: Alarm, history: &MetricHistory) -> Judgement {
    let resource = Resource::Alarm(Box::new(alarm));
    judge([&resource].into_iter(), history, asking(WEEK)).remove(0).outcome.unwrap()
}

/// A week of fifty calls in five minutes, 600 an hour, as a file.
fn of_file(name: &str) -> MetricHistory {
    let values = vec!["50"; 7 * 288].join(",");
    let json = format!(
        r#"{{"series":[{{"namespace":"T","metric_name":"m","statistic":"Sum","period":300,"start":"2026-01-05T00:00:00Z","values":[{values}]}}]}}"#
    );
    let path = std::env::temp_dir().join(format!("{name}-{}.json", std::process::id()));
    std::fs::write(&path, json).unwrap();
    let history = file::read(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    history
}

#[test]
fn a_constant_series_fires_nothing_where_its_file_begins() {
    let history = of_file("first-windows");
    for (text, firings) in [
        ("1/1 < 500 breaching 3600", 0),
        ("2/2 < 500 breaching 3600", 0),
        ("1/3 < 500 missing 3600", 0),
        // What is really below fires, from the first whole window on.
        ("1/1 < 601 breaching 3600", 1),
    ] {
        let found = judged(alarm(text, "Sum"), &history);
        assert_eq!(found.figures.firings, firings, "{text}");
        let first = found.timeline.alarms().first().map(|(from, _)| from - START);
        assert_eq!(first, (firings > 0).then_some(3_600), "{text}");
    }
    // Half a window says nothing of the least there was, either.
    let figures = judged(alarm("1/1 < 500 breaching 3600", "Sum"), &history).figures;
    let least = figures.nearest.unwrap();
    assert_eq!((least.value, least.median, figures.missing), (600.0, 600.0, Some(0.0)));
}

/// A history whose beginning is no limit of what is known is judged from its beginning: there was nothing before.
#[test]
fn a_metric_that_begins_is_judged_from_its_beginning() {
    let mut history = MetricHistory::default();
    history.add(metric("m"), "Sum", ValueSeries { start: START, step: 300, values: vec![50.0; 7 * 288] });
    assert_eq!(judged(alarm("1/1 < 500 breaching 3600", "Sum"), &history).figures.firings, 1);
}
