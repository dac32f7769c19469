//! `metrics`, `expression` and `anomaly` -> the list of metric queries that PutMetricAlarm takes.

use super::metric;
use super::{MetricQuery, MetricStat, expression, statistic};
use crate::model::node::MapEntry;
use crate::model::problem::nearest_or_all;
use crate::model::shape::{ObjectSchema, SchemaKey, Shape, TextFormat};
use crate::model::{Layers, Node, Span, SpannedName, SpecProblem};
use crate::resources::anomaly_detector;
use crate::resources::scope::DeclarationScope;
use mlops_cloudwatch::alarm::DEFAULT_PERIOD;
use mlops_cloudwatch::math::{self, MathQuery, MathType};
use mlops_cloudwatch::unit::UNITS;
use std::collections::BTreeSet;

/// CloudWatch user guide, "metric math alarms": at most ten metrics; the array takes twenty items.
const MAX_METRICS: usize = 10;
const MAX_ITEMS: usize = 20;

static ACCOUNT: TextFormat = TextFormat {
    what: "an account id: 12 digits, in quotes",
    check: |text| match text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit()) {
        true => Ok(()),
        false => Err("is not an account id".into()),
    },
    pattern: Some("^[0-9]{12}$"),
};

static ID: TextFormat = TextFormat {
    what: "an id such as m1: a small letter, then letters, digits and _",
    check: |text| match is_id(text) {
        true => Ok(()),
        false => Err("cannot be an id".into()),
    },
    pattern: Some("^[a-z][A-Za-z0-9_]*$"),
};

static SOURCE: [SchemaKey; 4] = [
    SchemaKey::new("metric_name", Shape::Format(&metric::METRIC_NAME), "The metric's name."),
    SchemaKey::new("statistic", Shape::Format(&statistic::ANY), "Sum, Average, Maximum, p95, …"),
    SchemaKey::new("unit", Shape::OneOf(UNITS), "Leave it out: a wrong unit gives no data."),
    SchemaKey::new("account_id", Shape::Format(&ACCOUNT), "The account that has the metric, where it is another one."),
];

static QUERIED: [SchemaKey; 3] = [
    SchemaKey::new("expression", Shape::Text(2048), "Metric math over the other ids, or a Metrics Insights query."),
    SchemaKey::new("label", Shape::Text(2048), "A name for people."),
    SchemaKey::new("return_data", Shape::Bool, "Whether this is the series that the alarm watches."),
];

static STAT: ObjectSchema = ObjectSchema {
    what: "a metric_stat",
    doc: "CloudWatch's own form of a metric with its statistic.",
    keys: &[&[
        SchemaKey::required("metric", Shape::Object(&PLAIN_METRIC), "Namespace, name and dimensions."),
        SchemaKey::required("stat", Shape::Format(&statistic::ANY), "Sum, Average, Maximum, p95, …"),
        SchemaKey::new("period", Shape::Duration, "Default: the alarm's `period`."),
        SchemaKey::new("unit", Shape::OneOf(UNITS), "Leave it out: a wrong unit gives no data."),
    ]],
};

static PLAIN_METRIC: ObjectSchema = ObjectSchema {
    what: "a plain metric",
    doc: "A metric's namespace, name and dimensions.",
    keys: &[&[
        SchemaKey::required(
            "namespace",
            Shape::Format(&metric::NAMESPACE_FORM),
            "The metric's namespace, such as AWS/Lambda.",
        ),
        SchemaKey::required("metric_name", Shape::Format(&metric::METRIC_NAME), "The metric's name."),
        SchemaKey::new("dimensions", Shape::Map(&Shape::Text(1024)), "Name to value; at most 30."),
    ]],
};

/// An entry of the map form, under its id.
pub static QUERY: ObjectSchema = ObjectSchema {
    what: "a metric",
    doc: "A metric with its statistic, or an expression over other ids.",
    keys: &[&metric::NAMESPACE, &SOURCE, &metric::PERIOD, &QUERIED],
};

/// An entry of the list form.
pub static LISTED: ObjectSchema = ObjectSchema {
    what: "an item of metrics",
    doc: "CloudWatch's own form of a metric query.",
    keys: &[
        &[
            SchemaKey::required("id", Shape::Format(&ID), "What expressions call it."),
            SchemaKey::new("metric_stat", Shape::Object(&STAT), "A metric with its statistic."),
        ],
        &metric::NAMESPACE,
        &SOURCE,
        &metric::PERIOD,
        &QUERIED,
    ],
};

/// The short form of an anomaly alarm.
pub static ANOMALY: ObjectSchema = ObjectSchema {
    what: "an anomaly",
    doc: "A metric and the band of values that AWS expects of it.",
    keys: &[
        &metric::NAMESPACE,
        &SOURCE,
        &metric::PERIOD,
        &[
            SchemaKey::new(
                "width",
                Shape::Number,
                "How many standard deviations wide the band is, above 0. Default: 2.",
            ),
            SchemaKey::new(
                "detector",
                Shape::Object(&anomaly_detector::spec::DETECTOR),
                "How the band is learnt; the same as the alarm's entry under `anomaly_detectors`.",
            ),
        ],
    ],
};

fn is_id(text: &str) -> bool {
    text.len() <= 255
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// One query as it is written: what it says and where its expression stands.
struct Draft<'a> {
    query: MetricQuery,
    name: Span,
    node: Option<&'a Node>,
    expression: Option<&'a Node>,
    returns: Option<bool>,
}

/// The queries of the alarm; exactly one (for an anomaly band: two) of them is watched.
pub fn read(layers: &Layers<'_>, scope: &mut DeclarationScope<'_>) -> Vec<MetricQuery> {
    let layers_ = layers.group(&["metrics", "expression", "anomaly"]);
    if let Some(node) = layers_.get("anomaly") {
        return anomaly(node, layers, scope);
    }
    let common = metric::period(layers.get("period"), "period", scope).unwrap_or(DEFAULT_PERIOD);
    let mut drafts = Vec::new();
    if let Some(metrics) = layers_.get("metrics") {
        for MapEntry { name, value } in metrics.entries() {
            if !is_id(&name.text) {
                let help = "an id begins with a small letter and has letters, digits and _";
                scope.problem(name.span, format!("`{name}` cannot be an id"), help);
            }
            drafts.push(draft(name, value, common, scope));
        }
        for item in metrics.items() {
            let id = item.get("id").and_then(|id| Some(SpannedName { text: id.text()?.to_owned(), span: id.span }));
            drafts.extend(id.map(|id| draft(&id, item, common, scope)));
        }
    }
    if let Some(node) = layers_.get("expression") {
        let id = free_id(|id| drafts.iter().any(|draft| draft.query.id == id));
        let text = node.text().map(str::to_owned);
        let query = MetricQuery { id, expression: text, ..MetricQuery::default() };
        drafts.push(Draft { query, name: node.span, node: None, expression: Some(node), returns: Some(true) });
    }
    check(&drafts, layers, scope);
    watch(&mut drafts, layers, scope);
    give_periods(&mut drafts, common);
    check_types(&drafts, scope);
    drafts.into_iter().map(|draft| draft.query).collect()
}

/// The id of the alarm's `expression`: the first that no other query has.
pub fn free_id(taken: impl Fn(&str) -> bool) -> String {
    let names = (1..).map(|n| if n == 1 { "result".to_owned() } else { format!("result{n}") });
    names.into_iter().find(|id| !taken(id)).unwrap_or_default()
}

/// The metrics of a chart, in the form that alarms have. Each is drawn unless it says `return_data: false`; beside a `result` only those that
/// say true.
pub fn charted(node: &Node, result: Option<&Node>, period: i32, scope: &mut DeclarationScope<'_>) -> Vec<MetricQuery> {
    let ids: Vec<&str> = node.entries().iter().map(|entry| entry.name.text.as_str()).collect();
    let mut queries = Vec::new();
    for MapEntry { name, value } in node.entries() {
        if !is_id(&name.text) {
            let help = "an id begins with a small letter and has letters, digits and _";
            scope.problem(name.span, format!("`{name}` cannot be an id"), help);
        }
        let draft = draft(name, value, period, scope);
        if let Some(node) = draft.expression {
            expression::check(node, &ids, scope);
        }
        queries.push(MetricQuery { return_data: draft.returns.unwrap_or(result.is_none()), ..draft.query });
    }
    if let Some(node) = result {
        expression::check(node, &ids, scope);
        let id = free_id(|id| ids.contains(&id));
        let expression = node.text().map(str::to_owned);
        queries.push(MetricQuery { id, expression, return_data: true, ..MetricQuery::default() });
    }
    queries
}

fn draft<'a>(name: &SpannedName, node: &'a Node, common: i32, scope: &mut DeclarationScope<'_>) -> Draft<'a> {
    let text = |key: &str| node.get(key).and_then(Node::text).map(str::to_owned);
    let mut query = MetricQuery {
        id: name.text.clone(),
        label: text("label"),
        account_id: text("account_id"),
        ..MetricQuery::default()
    };
    let period = metric::period(node.get("period"), "period", scope);
    let mut alone = |with: &str| {
        let others = ["namespace", "metric_name", "dimensions", "statistic", "unit", "metric_stat"];
        let others = node.entries().iter().filter(|e| others.contains(&e.name.text.as_str()) && e.name.text != with);
        let others: Vec<&SpannedName> = others.map(|entry| &entry.name).collect();
        if let Some(first) = others.first() {
            let names = others.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            let help = format!("`{name}` is one thing only: leave one of the two out");
            scope.problem(first.span, format!("{names} beside `{with}`"), help);
        }
    };
    if node.get("expression").is_some() {
        alone("expression");
        query.expression = text("expression");
        query.period = period;
    } else if let Some(stat) = node.get("metric_stat") {
        alone("metric_stat");
        let within = |key: &str| stat.get(key).and_then(Node::text).unwrap_or_default().to_owned();
        let metric = stat.get("metric");
        let of = |key: &str| metric.and_then(|m| m.get(key)).and_then(Node::text).unwrap_or_default().to_owned();
        query.metric = Some(MetricStat {
            namespace: of("namespace"),
            metric_name: of("metric_name"),
            dimensions: metric::dimensions(metric.and_then(|m| m.get("dimensions")), scope),
            stat: within("stat"),
            period: metric::period(stat.get("period"), "period", scope).or(period).unwrap_or(common),
            unit: stat.get("unit").and_then(Node::text).map(str::to_owned),
        });
    } else {
        query.metric = source(name, node, period.unwrap_or(common), scope);
    }
    let returns = node.get("return_data").and_then(Node::boolean);
    Draft { query, name: name.span, node: Some(node), expression: node.get("expression"), returns }
}

/// A metric with its statistic, written flat.
fn source(name: &SpannedName, node: &Node, period: i32, scope: &mut DeclarationScope<'_>) -> Option<MetricStat> {
    let missing: Vec<&str> = ["namespace", "metric_name", "statistic"]
        .into_iter()
        .filter(|key| Layers::new(name.span, [node]).lacks(key))
        .collect();
    if !missing.is_empty() {
        let message = format!("`{name}` lacks `{}`", missing.join("`, `"));
        scope.problem(name.span, message, "a metric has a `namespace`, a `metric_name` and a `statistic`");
        return None;
    }
    let text = |key: &str| node.get(key).and_then(Node::text).map(str::to_owned);
    Some(MetricStat {
        namespace: text("namespace")?,
        metric_name: text("metric_name")?,
        dimensions: metric::dimensions(node.get("dimensions"), scope),
        stat: text("statistic")?,
        period,
        unit: text("unit"),
    })
}

fn anomaly(node: &Node, layers: &Layers<'_>, scope: &mut DeclarationScope<'_>) -> Vec<MetricQuery> {
    let period = metric::period(node.get("period").or_else(|| layers.get("period")), "period", scope);
    let name = SpannedName { text: "anomaly".into(), span: layers.key_span("anomaly") };
    let metric = source(&name, node, period.unwrap_or(DEFAULT_PERIOD), scope);
    let width = node.get("width");
    if let Some(width) = width.filter(|width| width.number().is_some_and(|n| n <= 0.0)) {
        scope.problem(width.span, "the band's `width` is not above 0", "2 is usual; a wider band alarms less");
    }
    let band = band_expression(width.and_then(Node::number).unwrap_or(2.0));
    let account_id = node.get("account_id").and_then(Node::text).map(str::to_owned);
    vec![
        MetricQuery { id: "m1".into(), metric, account_id, return_data: true, ..MetricQuery::default() },
        MetricQuery { id: BAND.into(), expression: Some(band), return_data: true, ..MetricQuery::default() },
    ]
}

/// The band that the short form makes.
pub fn band_expression(width: f64) -> String {
    format!("ANOMALY_DETECTION_BAND(m1, {width})")
}

/// The id of the band that the short form makes.
pub const BAND: &str = "band";

/// The id of the band, checked: it names an ANOMALY_DETECTION_BAND expression.
pub fn threshold_id(layers: &Layers<'_>, queries: &[MetricQuery], scope: &mut DeclarationScope<'_>) -> Option<String> {
    let group = layers.group(&["metrics", "expression", "anomaly"]);
    if let Some(node) = group.get("anomaly") {
        if let Some(extra) = layers.own("threshold_metric_id") {
            scope.problem(
                extra.span,
                "`threshold_metric_id` does not go with `anomaly`",
                "`anomaly` makes the band itself",
            );
        }
        return node.entries().first().map(|_| BAND.to_owned());
    }
    let bands = || queries.iter().filter(|query| query.expression.as_deref().is_some_and(math::is_band));
    let Some(node) = group.get("threshold_metric_id") else {
        if let Some(band) = bands().next() {
            let help = format!("add threshold_metric_id: {}", band.id);
            scope.problem(layers.key_span("metrics"), "an anomaly band that nothing is compared with", help);
        }
        return None;
    };
    let id = node.text()?;
    if !bands().any(|query| query.id == id) {
        let problem =
            SpecProblem::new(node.span, format!("`{id}` is not the id of an ANOMALY_DETECTION_BAND expression"));
        let help = nearest_or_all(id, bands().map(|query| query.id.as_str()), "the bands are").unwrap_or_else(|| {
            "add one under `metrics`: { id: band, expression: \"ANOMALY_DETECTION_BAND(m1, 2)\" }".into()
        });
        scope.problems.push(problem.help(help));
    }
    Some(id.to_owned())
}

fn check(drafts: &[Draft<'_>], layers: &Layers<'_>, scope: &mut DeclarationScope<'_>) {
    let ids: Vec<&str> = drafts.iter().map(|draft| draft.query.id.as_str()).collect();
    for (n, draft) in drafts.iter().enumerate() {
        if let Some(first) = drafts[..n].iter().find(|earlier| earlier.query.id == draft.query.id) {
            let problem = SpecProblem::new(draft.name, format!("the id `{}` is given twice", draft.query.id));
            scope.problems.push(problem.also(first.name, "first given here"));
        }
        if let Some(node) = draft.expression {
            expression::check(node, &ids, scope);
        }
    }
    let metrics = drafts.iter().filter(|draft| draft.query.metric.is_some()).count();
    let place = layers.key_span("metrics");
    if metrics > MAX_METRICS {
        scope.problem(place, format!("{metrics} metrics in one alarm"), format!("AWS allows {MAX_METRICS}"));
    } else if drafts.len() > MAX_ITEMS {
        scope.problem(place, format!("{} items in `metrics`", drafts.len()), format!("AWS allows {MAX_ITEMS}"));
    }
    let periods: BTreeSet<i32> = drafts.iter().filter_map(|d| d.query.metric.as_ref()).map(|m| m.period).collect();
    if periods.len() > 1 {
        let odd = drafts.iter().rev().find_map(|draft| draft.node?.get("period")).map_or(place, |node| node.span);
        scope.problem(
            odd,
            "the metrics of one alarm have different periods",
            "AWS wants one period: set it on the alarm",
        );
    }
}

/// An alarm watches one time series: no number, and no array of series; the band of an anomaly alarm has a rule of its own, and so
/// has a Metrics Insights query that is watched as it is: each of its groups is judged. Metric math around groups has to make them one
/// (user guide).
fn check_types(drafts: &[Draft<'_>], scope: &mut DeclarationScope<'_>) {
    let queries: Vec<MathQuery<'_>> = drafts.iter().map(|draft| draft.query.math()).collect();
    let types = math::types(&queries);
    for draft in drafts {
        let (Some(node), Some(text)) = (draft.expression, draft.query.expression.as_deref()) else { continue };
        let given = types.get(draft.query.id.as_str()).copied().flatten();
        let what = match given {
            Some(MathType::SeriesArray) => "an array of time series",
            Some(MathType::Scalar) => "a single number",
            Some(MathType::Series | MathType::Text) | None => continue,
        };
        if draft.query.return_data && !math::is_band(text) && !math::is_insights(text) {
            let message = format!("this expression gives {what}, and an alarm watches one time series");
            scope.problem(node.span, message, "fold it into one series, for example SUM(METRICS()) or m1 - AVG(m1)");
        }
    }
}

/// Marks what is watched: what says `return_data: true`, else what alone does not say false.
fn watch(drafts: &mut [Draft<'_>], layers: &Layers<'_>, scope: &mut DeclarationScope<'_>) {
    let band = layers.group(&["metrics", "expression"]).text("threshold_metric_id");
    let is_band = |draft: &Draft<'_>| Some(&draft.query.id) == band.as_ref();
    if band.is_some() && !drafts.iter().any(is_band) {
        return;
    }
    for draft in drafts.iter_mut().filter(|draft| is_band(draft)) {
        draft.query.return_data = true;
    }
    let mut rest: Vec<&mut Draft<'_>> = drafts.iter_mut().filter(|draft| !is_band(draft)).collect();
    let said = rest.iter().filter(|draft| draft.returns == Some(true)).count();
    let open = rest.iter().filter(|draft| draft.returns.is_none()).count();
    let place = layers.key_span("metrics");
    let help = "exactly one series is watched: give it return_data: true, or write it as the alarm's `expression`";
    match (said, open) {
        (1, _) => rest.iter_mut().for_each(|draft| draft.query.return_data = draft.returns == Some(true)),
        (0, 1) => rest.iter_mut().for_each(|draft| draft.query.return_data = draft.returns.is_none()),
        (0, 0) if rest.is_empty() => scope.problem(place, "`metrics` is empty", help),
        (0, _) => scope.problem(place, "`metrics` does not say which series the alarm watches", help),
        _ => {
            let second = rest.iter().filter(|d| d.returns == Some(true)).nth(1);
            let span = second.and_then(|d| d.node?.get("return_data")).map_or(place, |node| node.span);
            scope.problem(span, format!("{said} series are watched"), help);
        }
    }
}

/// An expression with no metric under it (a Metrics Insights query) needs a period of its own; no other has one.
fn give_periods(drafts: &mut [Draft<'_>], common: i32) {
    let mut metric_ids: BTreeSet<String> =
        drafts.iter().filter(|draft| draft.query.metric.is_some()).map(|draft| draft.query.id.clone()).collect();
    for _ in 0..drafts.len() {
        for draft in drafts.iter() {
            let text = draft.query.expression.as_deref().unwrap_or_default();
            if text.contains("METRICS(") || math::ids(text).any(|(_, id)| metric_ids.contains(id)) {
                metric_ids.insert(draft.query.id.clone());
            }
        }
    }
    for draft in drafts.iter_mut().filter(|draft| draft.query.expression.is_some()) {
        if !metric_ids.contains(&draft.query.id) {
            draft.query.period = Some(draft.query.period.unwrap_or(common));
        }
    }
}
