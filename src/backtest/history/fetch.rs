//! The past from CloudWatch itself: GetMetricData in as few calls as its limits force, all of them at once.

use super::{HistoryColumn, MetricHistory};
use crate::aws::{ApiOperation, Aws, AwsError, Class};
use aws_sdk_cloudwatch::operation::get_metric_data::GetMetricDataOutput;
use aws_sdk_cloudwatch::types::{
    Dimension, MetricDataQuery, MetricDataResult, MetricStat, ScanBy, StandardUnit, StatusCode,
};
use aws_smithy_types::DateTime;
use futures_util::{StreamExt, TryStreamExt, stream};
use mlops_cloudwatch::evaluation::condition::Condition;
use mlops_cloudwatch::evaluation::need::{MetricIdentity, MetricStatistic, RemoteExpression};
use mlops_cloudwatch::evaluation::series::ValueSeries;
use mlops_cloudwatch::evaluation::watched::MetricRequirements;
use mlops_cloudwatch::math;
use std::collections::BTreeMap;

const GET: ApiOperation = ApiOperation("cloudwatch", "GetMetricData");
/// Limits of one call (GetMetricData reference).
pub const QUERIES_A_CALL: usize = 500;
pub const POINTS_A_CALL: i64 = 100_800;
/// Of one question, over all its pages: what has more than ten times the points of a call is not read.
const MOST_POINTS: usize = 1_008_000;
const AT_ONCE: usize = 8;
const DAY: i64 = 86_400;
const HOUR: i64 = 3_600;

/// How fine the data is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// So fine that every evaluation can be made as CloudWatch makes it.
    Finest,
    /// One value a period: fewer datapoints, one evaluation a period.
    Period,
}

/// One statistic that is asked for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct StatisticQuery {
    /// Seconds since 1970, a multiple of the step.
    start: i64,
    step: i64,
    what: QueryKind,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum QueryKind {
    Metric(MetricIdentity, String),
    Asked(RemoteExpression),
}

impl StatisticQuery {
    /// Whether it reads the metrics of another account than the one that is asked.
    fn is_of_another_account(&self) -> bool {
        match &self.what {
            QueryKind::Metric(metric, _) => metric.account.is_some(),
            QueryKind::Asked(asked) => asked.sources.iter().any(|(_, source)| source.metric.account.is_some()),
        }
    }

    fn queries(&self) -> usize {
        match &self.what {
            QueryKind::Metric(..) => 1,
            QueryKind::Asked(asked) => 1 + asked.sources.len(),
        }
    }
}

/// Reads what the alarms need between `from` and `until`, and before that what their first evaluation looks back on.
pub async fn fetch(
    aws: &Aws,
    needs: &[(MetricRequirements, Condition)],
    from: i64,
    until: i64,
    detail: Detail,
) -> Result<MetricHistory, AwsError> {
    let mut history = MetricHistory::default();
    let queries = plan(needs, from, until, detail, &mut history);
    let batches = batches(queries, until);
    let answers: Vec<Vec<QueryResult>> = stream::iter(batches.into_iter().map(|batch| ask_apart(aws, batch, until)))
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await?;
    for QueryResult { what, step, outcome } in answers.into_iter().flatten() {
        let found = match outcome {
            Ok(found) => found,
            Err(why) => {
                history.refuse(what, why);
                continue;
            }
        };
        match what {
            QueryKind::Metric(metric, stat) => {
                let points: Points = found.into_iter().flatten().collect();
                let series = ValueSeries::from_points(step, points);
                history.metrics.entry(metric).or_default().push(HistoryColumn { stat, series });
            }
            QueryKind::Asked(asked) => {
                for points in found {
                    history.add_asked(asked.clone(), ValueSeries::from_points(step, points));
                }
            }
        }
    }
    Ok(history)
}

/// How many calls the needs cost.
pub fn calls(needs: &[(MetricRequirements, Condition)], from: i64, until: i64, detail: Detail) -> usize {
    let batches = batches(plan(needs, from, until, detail, &mut MetricHistory::default()), until);
    let points = |batch: &Vec<StatisticQuery>| -> i64 {
        let start = batch.iter().map(|query| query.start).min().unwrap_or(until);
        batch.iter().map(|query| (until - start) / query.step + 1).sum()
    };
    let pages = |points: i64| usize::try_from((points + POINTS_A_CALL - 1) / POINTS_A_CALL).unwrap_or(1).max(1);
    batches.iter().map(|batch| pages(points(batch))).sum()
}

/// Every statistic once, at the step and from the time at which it can be had.
fn plan(
    needs: &[(MetricRequirements, Condition)],
    from: i64,
    until: i64,
    detail: Detail,
    history: &mut MetricHistory,
) -> Vec<StatisticQuery> {
    let mut starts: BTreeMap<(i64, QueryKind), i64> = BTreeMap::new();
    for (need, condition) in needs {
        let start = from - condition.period.saturating_mul(condition.range as i64 + 1);
        for source in &need.sources {
            let wanted = start;
            let (step, start) = step(source, condition, start, until, detail, &mut history.notes);
            if start > wanted {
                history.kept_since.insert(source.clone(), start);
            }
            for (stat, step) in columns(source, step) {
                let slot = starts.entry((step, QueryKind::Metric(source.metric.clone(), stat))).or_insert(i64::MAX);
                *slot = (*slot).min(start.div_euclid(step) * step);
            }
        }
        if let Some(asked) = &need.asked {
            let slot = starts.entry((asked.period, QueryKind::Asked(asked.clone()))).or_insert(i64::MAX);
            *slot = (*slot).min(start.div_euclid(asked.period) * asked.period);
        }
    }
    let mut queries: Vec<StatisticQuery> =
        starts.into_iter().map(|((step, what), start)| StatisticQuery { start, step, what }).collect();
    // Alike beginnings and steps go together, so that no call asks for more than its queries need.
    queries.sort();
    queries
}

/// The step at which CloudWatch still keeps the source, and from when. High resolution is kept 3 hours, one minute 15 days, five
/// minutes 63 days, one hour 455 days (user guide, "Metrics retention").
fn step(
    source: &MetricStatistic,
    condition: &Condition,
    start: i64,
    until: i64,
    detail: Detail,
    notes: &mut Vec<String>,
) -> (i64, i64) {
    let period = source.period;
    if period < 60 {
        let kept = until - 3 * HOUR;
        note_shorter(source, start, kept, "3 hours", notes);
        return (period, start.max(kept));
    }
    let kept = [(60, 15 * DAY, "15 days"), (300, 63 * DAY, "63 days"), (HOUR, 455 * DAY, "455 days")];
    let oldest = until - start;
    let wanted = match detail {
        Detail::Finest => condition.cadence(),
        Detail::Period => period,
    };
    // As coarse as every wanted moment allows; else the finest that is still there.
    let there = || kept.iter().filter(|(step, age, _)| oldest <= *age && period % step == 0);
    let fits = |step: i64| wanted % step == 0;
    match there().rev().find(|(step, ..)| fits(*step)).or_else(|| there().next()) {
        Some(_) if detail == Detail::Period => (period, start),
        Some((step, ..)) => (*step, start),
        None => {
            let (step, age, words) = *kept.iter().rev().find(|(step, ..)| period % step == 0).unwrap_or(&kept[0]);
            note_shorter(source, start, until - age, words, notes);
            (if detail == Detail::Period { period } else { step }, start.max(until - age))
        }
    }
}

fn note_shorter(source: &MetricStatistic, start: i64, kept: i64, words: &str, notes: &mut Vec<String>) {
    let note = format!("{} over {} s is kept {words} only: nothing older was looked at", source.metric, source.period);
    if start < kept && !notes.contains(&note) {
        notes.push(note);
    }
}

/// What is asked so that the source's value follows exactly.
fn columns(source: &MetricStatistic, step: i64) -> Vec<(String, i64)> {
    match source.stat.as_str() {
        "Sum" | "SampleCount" | "Minimum" | "Maximum" => vec![(source.stat.clone(), step)],
        "Average" if step < source.period => vec![("Sum".into(), step), ("SampleCount".into(), step)],
        // Neither percentiles nor trimmed means of parts tell that of the whole.
        stat => vec![(stat.to_owned(), source.period)],
    }
}

fn batches(queries: Vec<StatisticQuery>, until: i64) -> Vec<Vec<StatisticQuery>> {
    let mut batches: Vec<Vec<StatisticQuery>> = Vec::new();
    let (mut count, mut points) = (0, 0);
    for query in queries {
        let own = (until - query.start) / query.step + 1;
        let fits = count + query.queries() <= QUERIES_A_CALL && points + own <= POINTS_A_CALL;
        match batches.last_mut() {
            Some(batch) if fits => batch.push(query.clone()),
            _ => {
                batches.push(vec![query.clone()]);
                (count, points) = (0, 0);
            }
        }
        count += query.queries();
        points += own;
    }
    batches
}

/// Seconds since 1970 and value.
pub type Points = Vec<(i64, f64)>;

/// What was asked and what came of it: series, or why CloudWatch refuses this one.
struct QueryResult {
    what: QueryKind,
    step: i64,
    outcome: Result<Vec<Points>, String>,
}

impl MetricHistory {
    fn refuse(&mut self, what: QueryKind, why: String) {
        match what {
            QueryKind::Metric(metric, _) => self.failed.insert(metric, why),
            QueryKind::Asked(asked) => self.refused.insert(asked, why),
        };
    }
}

/// One call; where CloudWatch refuses it because of a query in it, parts of it, until what is refused stands alone: the others
/// are answered. GetMetricData refuses a call as a whole.
async fn ask_apart(aws: &Aws, batch: Vec<StatisticQuery>, until: i64) -> Result<Vec<QueryResult>, AwsError> {
    let (mut answers, mut open) = (Vec::new(), vec![batch]);
    while let Some(batch) = open.pop() {
        match ask(aws, &batch, until).await {
            Ok(found) => answers.extend(found),
            Err(error) if error.is(Class::Refused) || error.is(Class::Denied) => match parts(batch, &error) {
                RefusalSubject::Two(one, other) => open.extend([other, one]),
                RefusalSubject::Alone(query) => {
                    let outcome = Err(error.to_string());
                    answers.push(QueryResult { what: query.what, step: query.step, outcome });
                }
                RefusalSubject::AllOfIt => return Err(error),
            },
            Err(error) => return Err(error),
        }
    }
    Ok(answers)
}

/// What a refusal is about.
enum RefusalSubject {
    Two(Vec<StatisticQuery>, Vec<StatisticQuery>),
    Alone(StatisticQuery),
    AllOfIt,
}

/// A wrong query is looked for by halves. A missing permission is everybody's, unless only some queries read another account.
fn parts(mut batch: Vec<StatisticQuery>, error: &AwsError) -> RefusalSubject {
    if error.is(Class::Denied) {
        let (others, own): (Vec<StatisticQuery>, Vec<StatisticQuery>) =
            batch.into_iter().partition(StatisticQuery::is_of_another_account);
        if others.is_empty() {
            return RefusalSubject::AllOfIt;
        }
        if !own.is_empty() {
            return RefusalSubject::Two(own, others);
        }
        batch = others;
    }
    let rest = batch.split_off(batch.len() / 2);
    match (batch.is_empty(), rest.len()) {
        (true, 1) => rest.into_iter().next().map_or(RefusalSubject::AllOfIt, RefusalSubject::Alone),
        (true, _) => RefusalSubject::AllOfIt,
        (false, _) => RefusalSubject::Two(batch, rest),
    }
}

/// One call and its further pages. A band gives two series, everything else one.
async fn ask(aws: &Aws, batch: &[StatisticQuery], until: i64) -> Result<Vec<QueryResult>, AwsError> {
    let mut queries = Vec::new();
    for (n, query) in batch.iter().enumerate() {
        queries.extend(sdk_queries(n, query));
    }
    let start = batch.iter().map(|query| query.start).min().unwrap_or(until);
    let found = answered(aws, queries, start, until).await?;
    let mut answers: Vec<QueryResult> = batch
        .iter()
        .map(|query| QueryResult { what: query.what.clone(), step: query.step, outcome: Ok(Vec::new()) })
        .collect();
    let at = |id: &str| id.strip_prefix('q').and_then(|n| n.parse::<usize>().ok());
    for ((id, _), points) in found.points {
        if let Some(QueryResult { outcome: Ok(series), .. }) = at(&id).and_then(|at| answers.get_mut(at)) {
            series.push(points);
        }
    }
    for (id, why) in found.failed {
        if let Some(answer) = at(&id).and_then(|at| answers.get_mut(at)) {
            answer.outcome = Err(why.to_string());
        }
    }
    Ok(answers)
}

/// What GetMetricData answers, all pages of it. Times are seconds since 1970.
#[derive(Default)]
struct MetricAnswers {
    /// By the id of the query and the label of the result.
    points: BTreeMap<(String, String), Points>,
    /// By the id of the query: `StatusCode` Forbidden or InternalError (MetricDataResult reference), which is no empty series.
    failed: BTreeMap<String, AwsError>,
}

/// Returns what GetMetricData answers, by the id of the query and the label of the result; fails where a single query fails.
pub async fn get(
    aws: &Aws,
    queries: Vec<MetricDataQuery>,
    start: i64,
    end: i64,
) -> Result<BTreeMap<(String, String), Points>, AwsError> {
    let MetricAnswers { points, failed } = answered(aws, queries, start, end).await?;
    failed.into_values().next().map_or(Ok(points), Err)
}

async fn answered(aws: &Aws, queries: Vec<MetricDataQuery>, start: i64, end: i64) -> Result<MetricAnswers, AwsError> {
    let (start, end) = (DateTime::from_secs(start), DateTime::from_secs(end));
    let mut found = MetricAnswers::default();
    let page = |token| {
        let request = aws.cloudwatch.get_metric_data().set_metric_data_queries(Some(queries.clone()));
        let request = request.start_time(start).end_time(end).scan_by(ScanBy::TimestampAscending);
        request.set_next_token(token).send()
    };
    let (most, mut points, mut is_too_much) = (most_points(&queries, end.secs() - start.secs()), 0, false);
    let keep = |page: GetMetricDataOutput| {
        points += page.metric_data_results().iter().map(|result| result.timestamps().len()).sum::<usize>();
        is_too_much = points > most;
        if !is_too_much {
            page.metric_data_results().iter().for_each(|result| collect(result, &mut found));
        }
        page.next_token.filter(|_| !is_too_much)
    };
    aws.pages(GET, page, keep).await?;
    if is_too_much {
        return Err(AwsError::unexpected(GET, "it holds more datapoints than were asked for"));
    }
    Ok(found)
}

/// So many datapoints the queries can have, with much to spare: a query by `GROUP BY` or a band has several series.
fn most_points(queries: &[MetricDataQuery], seconds: i64) -> usize {
    const SERIES: usize = 500;
    let of_query = |query: &MetricDataQuery| {
        let period = query.metric_stat().and_then(|stat| stat.period()).or(query.period()).unwrap_or(60).max(1);
        let series = if query.metric_stat().is_some() { 1 } else { SERIES };
        usize::try_from(seconds / i64::from(period) + 2).unwrap_or(1) * series
    };
    let wanted = queries.iter().map(of_query).sum::<usize>().saturating_add(1_000);
    wanted.min(MOST_POINTS)
}

fn collect(result: &MetricDataResult, found: &mut MetricAnswers) {
    let id = result.id().unwrap_or_default().to_owned();
    let class = match result.status_code() {
        Some(StatusCode::Forbidden) => Some(Class::Denied),
        Some(StatusCode::InternalError) => Some(Class::Transient),
        _ => None,
    };
    if let (Some(class), Some(code)) = (class, result.status_code()) {
        let said: Vec<&str> = result.messages().iter().filter_map(|message| message.value()).collect();
        let message =
            if said.is_empty() { "CloudWatch has no answer to this query".to_owned() } else { said.join("; ") };
        found.failed.insert(id, AwsError { op: GET, class, code: code.as_str().to_owned(), message });
        return;
    }
    let key = (id, result.label().unwrap_or_default().to_owned());
    let times = result.timestamps().iter().map(DateTime::secs);
    found.points.entry(key).or_default().extend(times.zip(result.values().iter().copied()));
}

fn sdk_queries(n: usize, query: &StatisticQuery) -> Vec<MetricDataQuery> {
    match &query.what {
        QueryKind::Metric(metric, stat) => {
            vec![query_of(format!("q{n}"), metric, stat, query.step).return_data(true).build()]
        }
        QueryKind::Asked(asked) => {
            // Ids are the call's own: those of the alarm get a prefix, in the expression as well.
            let mut text = String::new();
            let mut copied = 0;
            for (at, id) in math::ids(&asked.expression) {
                text.push_str(&asked.expression[copied..at]);
                text.push_str(&format!("q{n}x{id}"));
                copied = at + id.len();
            }
            text.push_str(&asked.expression[copied..]);
            let result = MetricDataQuery::builder().id(format!("q{n}")).expression(text).return_data(true);
            let period = asked.sources.is_empty().then(|| i32::try_from(asked.period).unwrap_or(i32::MAX));
            let sources = asked.sources.iter().map(|(id, source)| {
                query_of(format!("q{n}x{id}"), &source.metric, &source.stat, source.period).return_data(false).build()
            });
            std::iter::once(result.set_period(period).build()).chain(sources).collect()
        }
    }
}

/// The query of one statistic over a step of seconds.
pub fn query_of(
    id: String,
    metric: &MetricIdentity,
    stat: &str,
    step: i64,
) -> aws_sdk_cloudwatch::types::builders::MetricDataQueryBuilder {
    let dimensions = metric.dimensions.iter().map(|(name, value)| Dimension::builder().name(name).value(value).build());
    let plain = aws_sdk_cloudwatch::types::Metric::builder()
        .namespace(&metric.namespace)
        .metric_name(&metric.name)
        .set_dimensions(Some(dimensions.collect()))
        .build();
    let stat = MetricStat::builder()
        .metric(plain)
        .stat(stat)
        .period(i32::try_from(step).unwrap_or(i32::MAX))
        .set_unit(metric.unit.as_deref().map(StandardUnit::from))
        .build();
    MetricDataQuery::builder().id(id).metric_stat(stat).set_account_id(metric.account.clone())
}
