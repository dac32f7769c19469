//! Dashboards: what `auto` makes, what widgets by hand become, and what a spec may not say.

use super::body::{placed, widgets};
use super::*;
use crate::model::{Target, dashboard};
use crate::resources::{Address, Kind};
use crate::spec;
use serde_json::json;

const HEAD: &str = "version: 1\nstack: lab\nregion: us-east-1\n";
const ALARMS: &str = "\
alarms:
  f-errors:
    { namespace: AWS/Lambda, metric_name: Errors, dimensions: { FunctionName: f }, statistic: Sum, period: 1m, threshold: \"> 5\" }
  queue-age: { namespace: AWS/SQS, metric_name: ApproximateAgeOfOldestMessage, statistic: Maximum, threshold: \"> 60\" }
";

fn read(text: &str) -> Result<Dashboard, String> {
    let text = format!("{HEAD}{text}");
    let bound =
        spec::parse("alarms.yaml", &text).and_then(|spec| spec.bind(&BTreeMap::new())).map_err(|e| e.to_string())?;
    let desired =
        bound.desired(&Target::new("123456789012", "us-east-1"), &BTreeMap::new()).map_err(|e| e.to_string())?;
    match desired.resources.get(&Address::new(Kind::Dashboard, "lab")) {
        Some(Resource::Dashboard(dashboard)) => Ok(dashboard.clone()),
        other => panic!("{other:?}"),
    }
}

fn titles(dashboard: &Dashboard) -> Vec<String> {
    let shown = widgets(&dashboard.body).map(|widget| {
        widget
            .title
            .or(widget.text("markdown"))
            .unwrap_or_default()
            .split(':')
            .next_back()
            .unwrap_or_default()
            .trim()
            .to_owned()
    });
    shown.collect()
}

#[test]
fn auto_shows_what_the_spec_declares() {
    let spec = format!(
        "{ALARMS}functions:\n  f: {{ retention: 14d, slo: {{ availability: 99 }} }}\nlog_groups:\n  /other: {{ retention: 7d }}\ndashboards: {{ lab: auto }}\n"
    );
    let dashboard = read(&spec).unwrap();
    assert_eq!(dashboard::check(&dashboard.body), []);
    let shown = titles(&dashboard);
    assert_eq!(
        shown[..8],
        [
            "Alarms",
            "## f",
            "invocations",
            "errors",
            "duration in ms",
            "throttles",
            "concurrency",
            "recent errors in the log"
        ]
    );
    assert_eq!(shown[8..11], ["good requests in %, by the hour", "queue-age", "Recent errors in other logs"]);
    assert_eq!(shown.len(), 12, "{shown:?}");
    let errors = widgets(&dashboard.body).find(|widget| widget.title == Some("f: errors")).unwrap();
    assert_eq!(errors.lines(), [body::ChartLine { value: 5.0, label: "f-errors".into() }]);
    assert_eq!(errors.number("period"), Some(60), "a threshold holds for its period");
    assert_eq!(dashboard.phrase(), "12 widgets: 1 alarm, 2 log, 7 metric, 2 text");
    // No two widgets stand on the same place.
    let mut taken = std::collections::BTreeSet::new();
    for placed in placed(&dashboard.body) {
        for x in placed.x..placed.x + placed.widget.width {
            for y in placed.y..placed.y + placed.widget.height {
                assert!(x < 24 && taken.insert((x, y)), "{:?}", placed.widget.title);
            }
        }
    }
}

#[test]
fn auto_stays_within_the_limits() {
    let mut spec = "dashboards: { lab: auto }\nfunctions:\n".to_owned();
    (0..90).for_each(|n| spec += &format!("  f{n}: {{ golden_signals: {{ notify: [] }} }}\n"));
    spec += "alarms:\n";
    for n in 0..450 {
        spec += &format!("  a{n}: {{ namespace: N, metric_name: M{n}, statistic: Sum, threshold: \"> 1\" }}\n");
    }
    let dashboard = read(&spec).unwrap();
    assert_eq!(dashboard::check(&dashboard.body), []);
    let count = widgets(&dashboard.body).count();
    assert!(count > 490 && count <= dashboard::MOST_WIDGETS, "{count}");
    let last = widgets(&dashboard.body).last().and_then(|widget| widget.text("markdown")).unwrap_or_default();
    assert!(last.contains("have no chart here"), "{last}");
    let states: Vec<usize> =
        widgets(&dashboard.body).filter(|w| w.kind == "alarm").map(|w| w.alarms().count()).collect();
    assert!(states.iter().all(|count| (1..=100).contains(count)), "{states:?}");
}

#[test]
fn widgets_by_hand_are_aws_widgets() {
    let spec = format!(
        "{ALARMS}dashboards:\n  lab:\n    start: 1d\n    period_override: inherit\n    widgets:\n\
         \x20     - text: \"# Lab\"\n\
         \x20     - {{ title: States, alarms: [\"f-*\", queue-age], states: [ALARM], sort_by: timestamp, width: 12 }}\n\
         \x20     - {{ alarm: queue-age, width: 12 }}\n\
         \x20     - title: Error rate\n        expression: 100 * errors / calls\n        lines: {{ too many: 5 }}\n        period: 1m\n        min: 0\n        metrics:\n\
         \x20         errors: {{ namespace: AWS/Lambda, metric_name: Errors, statistic: Sum }}\n\
         \x20         calls: {{ namespace: AWS/Lambda, metric_name: Invocations, statistic: Sum }}\n\
         \x20     - {{ title: Log, log_groups: [/a], query: \"fields @message | limit 5\" }}\n"
    );
    let dashboard = read(&spec).unwrap();
    assert_eq!(dashboard::check(&dashboard.body), []);
    assert_eq!((&dashboard.body["start"], &dashboard.body["periodOverride"]), (&json!("-P1D"), &json!("inherit")));
    let widgets = dashboard.body["widgets"].as_array().unwrap();
    let arn = |name: &str| format!("arn:aws:cloudwatch:us-east-1:123456789012:alarm:{name}");
    assert_eq!(widgets[1]["properties"]["alarms"], json!([arn("f-errors"), arn("queue-age")]));
    assert_eq!(widgets[2]["properties"]["annotations"]["alarms"], json!([arn("queue-age")]));
    assert_eq!((&widgets[2]["x"], &widgets[2]["y"]), (&json!(12), &json!(2)));
    let rate = &widgets[3]["properties"];
    assert_eq!(rate["metrics"][2], json!([{ "id": "result", "expression": "100 * errors / calls" }]));
    assert_eq!(rate["metrics"][0][2]["visible"], json!(false));
    assert_eq!(rate["annotations"]["horizontal"], json!([{ "label": "too many", "value": 5.0 }]));
    assert_eq!(widgets[4]["properties"]["query"], "SOURCE '/a' | fields @message | limit 5");
}

#[test]
fn a_body_is_yaml_or_json() {
    let yaml =
        read("dashboards:\n  lab:\n    body: { widgets: [{ type: text, properties: { markdown: hi } }] }\n").unwrap();
    let json = read(
        "dashboards:\n  lab:\n    body: '{\"widgets\":[{\"properties\":{\"markdown\":\"hi\"},\"type\":\"text\"}]}'\n",
    )
    .unwrap();
    assert_eq!(yaml.fields(), json.fields());
    assert_eq!(yaml.phrase(), "1 widget: 1 text");
}

#[test]
fn what_cannot_be_is_said_where_it_stands() {
    for (dashboard, said) in [
        ("{ body: { widgets: [{ type: chart, properties: {} }] } }", "`type` is required: one of metric"),
        ("{ body: { widgets: [] }, start: 3h }", "`start` does not go with `body`"),
        ("{ body: '[' }", "`body` is not JSON"),
        ("{ start: 5s }", "less than a minute"),
        ("{ widgets: [{ title: x }] }", "this widget shows nothing"),
        ("{ widgets: [{ text: x, alarm: f-errors }] }", "`alarm` does not go with `text`"),
        ("{ widgets: [{ text: x, min: 5 }] }", "`min` does not go with `text`"),
        ("{ widgets: [{ alarm: f-erors }] }", "did you mean `f-errors`?"),
        ("{ widgets: [{ alarms: [\"z*\"] }] }", "no alarm of this file is named like `z*`"),
        ("{ widgets: [{ text: x, x: 20, width: 6 }] }", "more than 24 columns"),
        ("{ widgets: [{ query: x }] }", "a query of 0 log groups"),
        ("{ widgets: [{ metrics: { m1: { namespace: N, metric_name: M } } }] }", "lacks `statistic`"),
        ("{ widgets: [{ metrics: { m1: { expression: m2 + 1 } } }] }", "names `m2`"),
        (
            "{ widgets: [{ view: gauge, metrics: { m1: { namespace: N, metric_name: M, statistic: Sum } } }] }",
            "a gauge has `yAxis.left.min`",
        ),
    ] {
        let error = read(&format!("{ALARMS}dashboards:\n  lab: {dashboard}\n")).unwrap_err();
        assert!(error.contains(said), "{dashboard}: {error}");
    }
    let error = read(&format!("{ALARMS}dashboards:\n  \"my lab\": auto\n")).unwrap_err();
    assert!(error.contains("this cannot name a dashboard"), "{error}");
}
