//! `auto`: a dashboard made of what the spec declares. The states of its alarms first, then each function's golden signals with the
//! thresholds that watch them, the service's figures, SLOs, what other alarms watch, and what the logs say.

use super::Dashboard;
use super::layout::{GridFlow, WidgetPlace, properties, query_row, row};
use crate::model::Target;
use crate::model::dashboard::{COLUMNS, MOST_ALARMS, MOST_WIDGETS};
use crate::resources::alarm::{Alarm, MetricQuery, MetricStat};
use crate::resources::{Address, COUNT_PERIOD, FunctionFacts, Resource, Slo};
use mlops_cloudwatch::alarm::WatchedSignal;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The namespace of the bundled service's figures, and the dimension that they have.
const SERVICE: (&str, &str) = ("MlopsService", "Service");
const LAMBDA: &str = "AWS/Lambda";
/// Of a chart whose metric no alarm watches, in seconds.
const PERIOD: i32 = 300;
/// Log groups that one query takes (CloudWatch Logs quotas).
const MOST_GROUPS: usize = 50;
/// Alarms beside each other in an alarm status widget of full width.
const ALARMS_A_LINE: usize = 4;
const HEIGHT: i64 = 6;
/// Widgets that are kept free for what is said at the end.
const RESERVED: usize = 2;

/// What a dashboard is made of.
struct DashboardContents<'a> {
    target: &'a Target,
    resources: &'a BTreeMap<Address, Resource>,
    slos: &'a [Slo],
    /// In the order of the spec.
    functions: Vec<(&'a str, &'a FunctionFacts)>,
}

/// Gives every dashboard that has none its widgets.
pub fn fill(
    stack: &str,
    target: &Target,
    resources: &mut BTreeMap<Address, Resource>,
    slos: &[Slo],
    functions: Vec<(&str, &FunctionFacts)>,
) {
    let is_open =
        |resource: &Resource| matches!(resource, Resource::Dashboard(one) if one.body.get("widgets").is_none());
    let open: Vec<Address> = resources.iter().filter(|(_, r)| is_open(r)).map(|(address, _)| address.clone()).collect();
    if open.is_empty() {
        return;
    }
    let widgets = DashboardContents { target, resources, slos, functions }.widgets(stack);
    for address in open {
        if let Some(Resource::Dashboard(Dashboard { body: Value::Object(body), .. })) = resources.get_mut(&address) {
            body.insert("widgets".to_owned(), Value::Array(widgets.clone()));
        }
    }
}

impl<'a> DashboardContents<'a> {
    fn widgets(&self, stack: &str) -> Vec<Value> {
        let mut flow = GridFlow::default();
        let mut drawn = BTreeSet::new();
        self.states(&mut flow);
        let mut left_out = 0;
        for (name, facts) in &self.functions {
            match flow.len() + 7 + RESERVED > MOST_WIDGETS {
                true => left_out += 1,
                false => self.function(&mut flow, name, facts, &mut drawn),
            }
        }
        self.service(&mut flow, &mut drawn);
        let burning = self.slos.iter().flat_map(|slo| slo.alerts.iter().flat_map(|alert| &alert.parts));
        drawn.extend(burning.map(String::as_str));
        for slo in self.slos {
            match flow.len() + RESERVED >= MOST_WIDGETS {
                true => left_out += 1,
                false => self.slo(&mut flow, slo),
            }
        }
        flow.end_line();
        left_out += self.other_alarms(&mut flow, &drawn);
        flow.end_line();
        self.other_logs(&mut flow);
        let mut words = format!(
            "Made by mlopsctl from the spec of stack {stack}: what is changed in the console is set back by the next apply."
        );
        if left_out > 0 {
            words += &format!(
                " {left_out} further functions, SLOs or alarms have no chart here: a dashboard has {MOST_WIDGETS} widgets at most."
            );
        }
        flow.end_line();
        text(&mut flow, &words);
        flow.done()
    }

    fn alarms(&self) -> impl Iterator<Item = &'a Alarm> {
        self.resources.values().filter_map(|resource| match resource {
            Resource::Alarm(alarm) => Some(&**alarm),
            _ => None,
        })
    }

    fn alarm_arn(&self, name: &str) -> String {
        self.target.arn("cloudwatch", format_args!("alarm:{name}"))
    }

    fn states(&self, flow: &mut GridFlow) {
        let names: Vec<&str> = self
            .resources
            .keys()
            .filter(|address| address.kind.is_alarm())
            .map(|address| address.name.as_str())
            .collect();
        let parts = names.chunks(MOST_ALARMS).take(MOST_WIDGETS / 4);
        let of = names.len().div_ceil(MOST_ALARMS);
        for (n, part) in parts.enumerate() {
            let title = if of > 1 { format!("Alarms {} of {of}", n + 1) } else { "Alarms".to_owned() };
            let arns: Vec<String> = part.iter().map(|name| self.alarm_arn(name)).collect();
            let lines = i64::try_from(part.len().div_ceil(ALARMS_A_LINE)).unwrap_or(1);
            flow.add(
                "alarm",
                WidgetPlace::of(COLUMNS, lines + 1),
                properties([("title", json!(title)), ("alarms", json!(arns))]),
            );
        }
    }

    /// Invocations, errors, duration; throttles, concurrency, and the log where it is declared.
    fn function(&self, flow: &mut GridFlow, name: &'a str, facts: &FunctionFacts, drawn: &mut BTreeSet<&'a str>) {
        flow.end_line();
        text(flow, &format!("## {name}"));
        let group = self.resources.values().find_map(|resource| match resource {
            Resource::LogGroup(group) if group.name == facts.log_group => Some(group.name.as_str()),
            _ => None,
        });
        let dimensions = BTreeMap::from([("FunctionName".to_owned(), name.to_owned())]);
        let mut chart = |title: &str, metric: &str, stats: &[&str], width: i64| {
            let watching: Vec<&'a Alarm> = self.alarms().filter(|a| watches(a, LAMBDA, metric, &dimensions)).collect();
            drawn.extend(watching.iter().map(|alarm| alarm.name.as_str()));
            let title = format!("{name}: {title}");
            self.chart(flow, &title, (LAMBDA, &[metric], stats), &dimensions, &watching, width);
        };
        chart("invocations", "Invocations", &["Sum"], 8);
        chart("errors", "Errors", &["Sum"], 8);
        chart("duration in ms", "Duration", &["p50", "p95", "p99"], 8);
        let width = if group.is_some() { 8 } else { 12 };
        chart("throttles", "Throttles", &["Sum"], width);
        chart("concurrency", "ConcurrentExecutions", &["Maximum"], width);
        if let Some(group) = group {
            self.logs(flow, &format!("{name}: recent errors in the log"), &[group], 8);
        }
    }

    /// Metrics with one statistic or more, and the thresholds of alarms across them.
    fn chart(
        &self,
        flow: &mut GridFlow,
        title: &str,
        (namespace, metrics, stats): (&str, &[&str], &[&str]),
        dimensions: &BTreeMap<String, String>,
        watching: &[&Alarm],
        width: i64,
    ) {
        // A sum over five minutes is no threshold of a sum over one.
        let period = watching.iter().find_map(|alarm| alarm.period).unwrap_or(PERIOD);
        let mut stats: Vec<String> = stats.iter().map(|stat| (*stat).to_owned()).collect();
        for alarm in watching {
            let stat = alarm.statistic.as_ref().or(alarm.extended_statistic.as_ref());
            stats.extend(stat.filter(|stat| !stats.contains(stat)).cloned());
        }
        let mut rows = Vec::new();
        for metric in metrics {
            for stat in &stats {
                let metric = MetricStat {
                    namespace: namespace.to_owned(),
                    metric_name: (*metric).to_owned(),
                    dimensions: dimensions.clone(),
                    ..MetricStat::default()
                };
                let label = if stats.len() > 1 { stat.clone() } else { metric.metric_name.clone() };
                rows.push(row(&metric, properties([("stat", json!(stat)), ("label", json!(label))])));
            }
        }
        let lines: Vec<Value> = watching.iter().filter_map(|alarm| line(alarm)).collect();
        let mut all = properties([
            ("title", json!(title)),
            ("region", json!(self.target.region)),
            ("view", json!("timeSeries")),
            ("period", json!(period)),
            ("metrics", json!(rows)),
            ("yAxis", json!({ "left": { "min": 0 } })),
        ]);
        if !lines.is_empty() {
            all.insert("annotations".to_owned(), json!({ "horizontal": lines }));
        }
        flow.add("metric", WidgetPlace::of(width, HEIGHT), all);
    }

    /// What the bundled service counts itself, of each service that an alarm watches.
    fn service(&self, flow: &mut GridFlow, drawn: &mut BTreeSet<&'a str>) {
        let (namespace, dimension) = SERVICE;
        let services: BTreeSet<&str> = self
            .alarms()
            .flat_map(metrics_of)
            .filter(|(of, _)| *of == namespace)
            .filter_map(|(_, d)| Some(d.get(dimension)?.as_str()))
            .collect();
        for service in services.into_iter().take(20) {
            if flow.len() + 4 + RESERVED > MOST_WIDGETS {
                return;
            }
            flow.end_line();
            text(flow, &format!("## Service {service}"));
            let dimensions = BTreeMap::from([(dimension.to_owned(), service.to_owned())]);
            for (title, metrics, stats) in [
                ("requests and failures", &["Requests", "Failures"][..], &["Sum"][..]),
                ("response time in ms", &["ResponseTime"], &["p50", "p95"]),
                ("tokens", &["Tokens"], &["Sum"]),
            ] {
                let watching: Vec<&'a Alarm> = self
                    .alarms()
                    .filter(|alarm| metrics.iter().any(|metric| watches(alarm, namespace, metric, &dimensions)))
                    .collect();
                drawn.extend(watching.iter().map(|alarm| alarm.name.as_str()));
                let title = format!("{service}: {title}");
                self.chart(flow, &title, (namespace, metrics, stats), &dimensions, &watching, 8);
            }
        }
    }

    /// The share of good requests against the objective.
    fn slo(&self, flow: &mut GridFlow, slo: &Slo) {
        let mut rows = Vec::new();
        let mut known = BTreeSet::new();
        let sources = slo.bad.metrics.iter().chain(&slo.total.metrics).filter(|query| query.metric.is_some());
        for query in sources.filter(|query| known.insert(query.id.clone())) {
            rows.push(query_row(query, false));
        }
        let free = |id: &str| {
            (0..).map(|n| if n == 0 { id.to_owned() } else { format!("{id}{n}") }).find(|id| !known.contains(id))
        };
        let (bad, total) = (free("bad").unwrap_or_default(), free("total").unwrap_or_default());
        for (id, alarm) in [(&bad, &slo.bad), (&total, &slo.total)] {
            let watched = alarm.metrics.iter().find(|query| query.return_data && query.expression.is_some());
            let counted = watched.cloned().unwrap_or_default();
            rows.push(query_row(&MetricQuery { id: id.clone(), label: None, ..counted }, false));
        }
        let good = format!("100 * (1 - {bad} / {total})");
        rows.push(json!([{ "expression": good, "id": free("good"), "label": "good requests (%)" }]));
        let label = format!("objective {} %", slo.objective);
        let all = properties([
            ("title", json!(format!("SLO {}: good requests in %, by the hour", slo.name))),
            ("region", json!(self.target.region)),
            ("view", json!("timeSeries")),
            ("period", json!(COUNT_PERIOD)),
            ("metrics", json!(rows)),
            ("yAxis", json!({ "left": { "max": 100 } })),
            ("annotations", json!({ "horizontal": [{ "label": label, "value": slo.objective }] })),
        ]);
        flow.add("metric", WidgetPlace::of(12, HEIGHT), all);
    }

    /// A chart of each alarm that none shows yet; returns how many did not find room.
    fn other_alarms(&self, flow: &mut GridFlow, drawn: &BTreeSet<&str>) -> usize {
        let mut left_out = 0;
        let charted = |alarm: &&Alarm| {
            !drawn.contains(alarm.name.as_str()) && !matches!(alarm.definition().signal, WatchedSignal::PromQl(_))
        };
        for alarm in self.alarms().filter(charted) {
            if flow.len() + RESERVED >= MOST_WIDGETS {
                left_out += 1;
                continue;
            }
            flow.add(
                "metric",
                WidgetPlace::of(8, HEIGHT),
                alarm_chart(&alarm.name, &self.alarm_arn(&alarm.name), &self.target.region),
            );
        }
        left_out
    }

    /// Errors in the declared log groups that belong to none of the functions.
    fn other_logs(&self, flow: &mut GridFlow) {
        let own: BTreeSet<&str> = self.functions.iter().map(|(_, facts)| facts.log_group.as_str()).collect();
        let groups: Vec<&str> = self
            .resources
            .values()
            .filter_map(|resource| match resource {
                Resource::LogGroup(group) if !own.contains(group.name.as_str()) => Some(group.name.as_str()),
                _ => None,
            })
            .collect();
        let parts = groups.chunks(MOST_GROUPS);
        let of = parts.len();
        for (n, part) in parts.enumerate().take(MOST_WIDGETS.saturating_sub(flow.len() + 1)) {
            let title = if of > 1 {
                format!("Recent errors in other logs, {} of {of}", n + 1)
            } else {
                "Recent errors in other logs".to_owned()
            };
            self.logs(flow, &title, part, COLUMNS);
        }
    }

    fn logs(&self, flow: &mut GridFlow, title: &str, groups: &[&str], width: i64) {
        let query = "fields @timestamp, @message | filter @message like /(?i)(error|exception|timed out)/ | sort @timestamp desc | limit 20";
        flow.add("log", WidgetPlace::of(width, HEIGHT), log_widget(title, groups, query, None, &self.target.region));
    }
}

fn text(flow: &mut GridFlow, markdown: &str) {
    flow.add("text", WidgetPlace::of(COLUMNS, 1), properties([("markdown", json!(markdown))]));
}

/// The metric of an alarm with its threshold, as AWS draws it.
pub fn alarm_chart(title: &str, arn: &str, region: &str) -> Map<String, Value> {
    properties([
        ("title", json!(title)),
        ("region", json!(region)),
        ("view", json!("timeSeries")),
        ("annotations", json!({ "alarms": [arn] })),
    ])
}

pub fn log_widget(title: &str, groups: &[&str], query: &str, view: Option<&str>, region: &str) -> Map<String, Value> {
    let sources: String = groups.iter().map(|group| format!("SOURCE '{group}' | ")).collect();
    properties([
        ("title", json!(title)),
        ("region", json!(region)),
        ("view", json!(view.unwrap_or("table"))),
        ("query", json!(sources + query)),
    ])
}

/// Whether an alarm watches just this metric, and nothing else.
fn watches(alarm: &Alarm, namespace: &str, metric: &str, dimensions: &BTreeMap<String, String>) -> bool {
    alarm.namespace.as_deref() == Some(namespace)
        && alarm.metric_name.as_deref() == Some(metric)
        && alarm.dimensions == *dimensions
}

/// Namespace and dimensions of all that an alarm reads.
fn metrics_of(alarm: &Alarm) -> impl Iterator<Item = (&str, &BTreeMap<String, String>)> {
    let own = alarm.namespace.as_deref().map(|namespace| (namespace, &alarm.dimensions));
    let queried = alarm.metrics.iter().filter_map(|query| query.metric.as_ref());
    own.into_iter().chain(queried.map(|metric| (metric.namespace.as_str(), &metric.dimensions)))
}

/// The threshold of an alarm across a chart.
fn line(alarm: &Alarm) -> Option<Value> {
    let threshold = alarm.threshold?;
    Some(json!({ "label": alarm.name, "value": threshold }))
}
