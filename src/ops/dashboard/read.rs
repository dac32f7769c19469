//! Reads what a dashboard shows: the states of its alarms, and each chart's metrics in one GetMetricData, which calculates the
//! expressions as the dashboard would.

use super::{DashboardPicture, DrawnAlarm, DrawnSeries, DrawnWidget, WidgetChart, WidgetContent};
use crate::aws::{Aws, AwsError};
use crate::backtest::history::MetricIdentity;
use crate::backtest::history::fetch::{QUERIES_A_CALL, get, query_of};
use crate::model::{Arn, Target};
use crate::resources::alarm::{self, Alarm};
use crate::resources::dashboard::Dashboard;
use crate::resources::dashboard::body::{ChartLine, PlacedWidget, Widget, placed};
use crate::resources::dashboard::layout::query_row;
use crate::resources::dashboard::rows::{MetricRow, rows};
use crate::resources::{Address, Kind, Resource};
use aws_sdk_cloudwatch::types::MetricDataQuery;
use futures_util::future::try_join_all;
use futures_util::{StreamExt, stream};
use mlops_cloudwatch::schedule::iso_seconds;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What a dashboard shows at first (CloudWatch user guide).
const AT_FIRST: i64 = 3 * 3_600;
const PERIOD: i64 = 300;
const AT_ONCE: usize = 8;

#[derive(Debug, Clone, Copy)]
pub struct DashboardRequest<'a> {
    pub target: &'a Target,
    pub dashboard: &'a Dashboard,
    /// What the spec declares: its alarms need not exist yet.
    pub desired: &'a BTreeMap<Address, Resource>,
    /// Seconds since 1970.
    pub now: i64,
    /// Seconds; `None`: as the dashboard says, else three hours.
    pub since: Option<i64>,
}

/// An alarm that a widget names.
#[derive(Debug, Clone, Default)]
struct NamedAlarm {
    definition: Option<Alarm>,
    state: Option<String>,
}

/// Reads the states of alarms first, then all charts side by side.
///
/// # Errors
/// Where the alarms cannot be read. A chart that cannot be read says so itself.
pub async fn read(aws: &Aws, asking: DashboardRequest<'_>) -> Result<DashboardPicture, AwsError> {
    let body = &asking.dashboard.body;
    let said = body.get("start").and_then(Value::as_str);
    let start = said.and_then(|start| iso_seconds(start.strip_prefix('-')?)).filter(|seconds| *seconds > 0);
    let length = asking.since.or(start).unwrap_or(AT_FIRST);
    let until = asking.now.div_euclid(60) * 60;
    let from = until - length;
    let widgets = placed(body);
    let alarms = alarms(aws, asking, &widgets).await?;
    let region = aws.region();
    let drawn = widgets.iter().map(|one| draw(aws, one, &alarms, region, (from, until)));
    let drawn = stream::iter(drawn).buffered(AT_ONCE).collect().await;
    let mut notes = Vec::new();
    if said.is_some() && start.is_none() && asking.since.is_none() {
        notes.push(format!("the dashboard begins at {}: 3h are drawn here", said.unwrap_or_default()));
    }
    Ok(DashboardPicture {
        name: asking.dashboard.name.clone(),
        account: asking.target.account.clone(),
        region: region.to_owned(),
        from,
        until,
        widgets: drawn,
        notes,
    })
}

fn alarm_name(arn: &str) -> Option<String> {
    Some(Arn::parse(arn)?.resource.strip_prefix("alarm:")?.to_owned())
}

/// The alarms of the target that the widgets name, by their ARNs; those of other places have neither definition nor state here.
async fn alarms(
    aws: &Aws,
    asking: DashboardRequest<'_>,
    widgets: &[PlacedWidget<'_>],
) -> Result<BTreeMap<String, NamedAlarm>, AwsError> {
    let arns: BTreeSet<&str> = widgets.iter().flat_map(|placed| placed.widget.alarms()).collect();
    let is_here = |arn: &&&str| {
        Arn::parse(arn).is_some_and(|arn| arn.region == asking.target.region && arn.account == asking.target.account)
    };
    let names: Vec<String> = arns.iter().filter(is_here).filter_map(|arn| alarm_name(arn)).collect();
    let answers = names.chunks(alarm::aws::BATCH).map(|batch| alarm::aws::describe(aws, batch));
    let mut found: BTreeMap<String, NamedAlarm> = BTreeMap::new();
    for live in try_join_all(answers).await?.into_iter().flatten() {
        let definition = match &live.resource {
            Resource::Alarm(alarm) => Some((**alarm).clone()),
            _ => None,
        };
        found.insert(live.resource.name(), NamedAlarm { definition, state: live.facts.alarm_state });
    }
    for name in names {
        if let Some(Resource::Alarm(desired)) = asking.desired.get(&Address::new(Kind::Alarm, &name)) {
            found.entry(name).or_default().definition = Some((**desired).clone());
        }
    }
    Ok(found)
}

async fn draw(
    aws: &Aws,
    placed: &PlacedWidget<'_>,
    alarms: &BTreeMap<String, NamedAlarm>,
    region: &str,
    time: (i64, i64),
) -> DrawnWidget {
    let widget = &placed.widget;
    let drawn = |arn: &str| {
        let name = alarm_name(arn).unwrap_or_else(|| arn.to_owned());
        DrawnAlarm { state: alarms.get(&name).and_then(|alarm| alarm.state.clone()), name }
    };
    let content = match widget.kind {
        "text" => WidgetContent::Text(widget.text("markdown").unwrap_or_default().to_owned()),
        "alarm" => {
            let wanted: Vec<&str> = widget.texts("states").collect();
            let is_wanted = |state: &Option<String>| {
                wanted.is_empty() || state.as_deref().is_some_and(|state| wanted.contains(&state))
            };
            WidgetContent::States(widget.alarms().map(drawn).filter(|alarm| is_wanted(&alarm.state)).collect())
        }
        "log" => WidgetContent::Log { query: widget.text("query").unwrap_or_default().to_owned() },
        "metric" => {
            let mut chart = chart_of(widget);
            let elsewhere = widget.text("region").filter(|own| *own != region);
            let asked = match (elsewhere, widget.alarms().next()) {
                (Some(own), _) => Err(format!("its metrics are in {own}: not read")),
                (None, Some(arn)) => {
                    chart.alarm = Some(drawn(arn));
                    of_alarm(alarm_name(arn).and_then(|name| alarms.get(&name)), &mut chart)
                }
                (None, None) => Ok(widget.metrics()),
            };
            match asked {
                Err(why) => chart.failure = Some(why),
                Ok(rows) => match series(aws, widget, &rows, chart.period, time).await {
                    Ok(series) => chart.series = series,
                    Err(error) => chart.failure = Some(error.to_string()),
                },
            }
            WidgetContent::Chart(chart)
        }
        other => WidgetContent::Other(other.to_owned()),
    };
    DrawnWidget {
        title: widget.title.unwrap_or_default().to_owned(),
        x: placed.x,
        y: placed.y,
        width: widget.width,
        height: widget.height,
        content,
    }
}

fn chart_of(widget: &Widget<'_>) -> WidgetChart {
    let edge = |edge: &str| widget.properties.get("yAxis").and_then(|axis| axis.get("left")?.get(edge)?.as_f64());
    WidgetChart {
        view: widget.text("view").unwrap_or("timeSeries").to_owned(),
        period: widget.number("period").unwrap_or(PERIOD).max(1),
        lines: widget.lines(),
        min: edge("min"),
        max: edge("max"),
        ..WidgetChart::default()
    }
}

/// What an alarm watches as rows, and its threshold as a line.
fn of_alarm(alarm: Option<&NamedAlarm>, chart: &mut WidgetChart) -> Result<Vec<MetricRow>, String> {
    let Some(alarm) = alarm.and_then(|alarm| alarm.definition.as_ref()) else {
        return Err("there is no such alarm here".to_owned());
    };
    if alarm.promql.is_some() {
        return Err("what a PromQL query finds is drawn by CloudWatch alone".to_owned());
    }
    let definition = alarm.definition();
    chart.period = definition.evaluation.period.map_or(PERIOD, i64::from);
    chart.lines.extend(alarm.threshold.map(|value| ChartLine { value, label: "threshold".to_owned() }));
    let list: Vec<Value> = alarm.metrics.iter().map(|query| query_row(query, query.return_data)).collect();
    match list.is_empty() {
        false => Ok(rows(&list)),
        true => {
            let mut row =
                vec![alarm.namespace.clone().unwrap_or_default(), alarm.metric_name.clone().unwrap_or_default()];
            row.extend(alarm.dimensions.iter().flat_map(|(name, value)| [name.clone(), value.clone()]));
            let stat = alarm.statistic.clone().or_else(|| alarm.extended_statistic.clone()).unwrap_or_default();
            let options = [("stat".to_owned(), Value::String(stat))].into_iter().collect();
            Ok(vec![MetricRow { texts: row, options }])
        }
    }
}

/// One call a chart, so that ids are its own and what is refused of one says nothing of another.
async fn series(
    aws: &Aws,
    widget: &Widget<'_>,
    rows: &[MetricRow],
    period: i64,
    (from, until): (i64, i64),
) -> Result<Vec<DrawnSeries>, AwsError> {
    let stat = widget.text("stat").unwrap_or("Average");
    let taken: BTreeSet<&str> = rows.iter().filter_map(|row| row.text("id")).collect();
    let own = |n: usize| (n..).map(|n| format!("row{n}")).find(|id| !taken.contains(id.as_str())).unwrap_or_default();
    let ids: Vec<String> =
        rows.iter().enumerate().map(|(n, row)| row.text("id").map_or_else(|| own(n * 1_000), str::to_owned)).collect();
    let queries: Vec<MetricDataQuery> = rows
        .iter()
        .zip(&ids)
        .take(QUERIES_A_CALL)
        .filter_map(|(row, id)| {
            let period = row.options.get("period").and_then(Value::as_i64).unwrap_or(period);
            if let Some(expression) = row.expression() {
                let query = MetricDataQuery::builder().id(id).expression(expression).return_data(row.is_visible());
                let own = row.options.get("period").and_then(Value::as_i64).and_then(|own| i32::try_from(own).ok());
                return Some(query.set_period(own).build());
            }
            let (namespace, name, dimensions) = row.metric()?;
            let metric = MetricIdentity {
                account: row.text("accountId").map(str::to_owned),
                namespace: namespace.to_owned(),
                name: name.to_owned(),
                dimensions,
                unit: None,
            };
            let query = query_of(id.clone(), &metric, row.text("stat").unwrap_or(stat), period);
            Some(query.return_data(row.is_visible()).build())
        })
        .collect();
    if queries.is_empty() {
        return Ok(Vec::new());
    }
    let start = from.div_euclid(period) * period;
    let mut found = get(aws, queries, start, until).await?;
    let mut drawn = Vec::new();
    for (row, id) in rows.iter().zip(&ids).filter(|(row, _)| row.is_visible()) {
        let keys: Vec<(String, String)> = found.keys().filter(|(of, _)| of == id).cloned().collect();
        let several = keys.len() > 1;
        for key in keys {
            let label = if several { key.1.clone() } else { row.label() };
            drawn.extend(found.remove(&key).map(|points| DrawnSeries { label, points }));
        }
    }
    Ok(drawn)
}
