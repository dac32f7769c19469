//! Metrics in CloudWatch, only listed.

use super::{ActiveMetric, Total};
use crate::aws::{ApiOperation, Aws, AwsError};
use aws_sdk_cloudwatch::operation::get_metric_data::GetMetricDataOutput;
use aws_sdk_cloudwatch::operation::list_metrics::ListMetricsOutput;
use aws_sdk_cloudwatch::types as sdk;
use aws_smithy_types::DateTime;

const GET: ApiOperation = ApiOperation("cloudwatch", "GetMetricData");
/// Limits of one call (GetMetricData reference).
const QUERIES_A_CALL: usize = 500;
const DAY: i64 = 86_400;
const LIST: ApiOperation = ApiOperation("cloudwatch", "ListMetrics");
/// Pages of 500 that are read of one listing: what lies behind is said to be unknown, not absent.
const MOST_PAGES: usize = 20;

/// The metrics of a namespace, or of one name in it; `None` where there are too many to list.
pub async fn list(aws: &Aws, namespace: &str, name: Option<&str>) -> Result<Option<Vec<ActiveMetric>>, AwsError> {
    let (mut metrics, mut pages, mut is_whole) = (Vec::new(), 0, true);
    let page = |token| {
        let request = aws.cloudwatch.list_metrics().namespace(namespace);
        request.set_metric_name(name.map(str::to_owned)).set_next_token(token).send()
    };
    let keep = |page: ListMetricsOutput| {
        pages += 1;
        is_whole = pages < MOST_PAGES || page.next_token().is_none_or(str::is_empty);
        metrics.extend(page.metrics().iter().filter_map(|metric| {
            let pairs = metric.dimensions().iter();
            let pairs = pairs.filter_map(|pair| Some((pair.name()?.to_owned(), pair.value()?.to_owned())));
            Some(ActiveMetric {
                namespace: metric.namespace()?.to_owned(),
                name: metric.metric_name()?.to_owned(),
                dimensions: pairs.collect(),
            })
        }));
        page.next_token.filter(|_| is_whole)
    };
    aws.pages(LIST, page, keep).await?;
    Ok(is_whole.then_some(metrics))
}

/// The values of each total, period by period, up to `now` (seconds since 1970), in the order of `totals`: batched, with a period
/// so long that a whole look back is few points. A period that is not over counts as far as it has come.
pub async fn totals(aws: &Aws, totals: &[Total], now: i64) -> Result<Vec<Vec<f64>>, AwsError> {
    let mut found = vec![Vec::new(); totals.len()];
    for (chunk, batch) in totals.chunks(QUERIES_A_CALL).enumerate() {
        let queries: Vec<sdk::MetricDataQuery> = batch.iter().enumerate().map(|(n, total)| query(n, total)).collect();
        let longest = batch.iter().map(|total| total.within).max().unwrap_or(DAY);
        let page = |token| {
            let request = aws.cloudwatch.get_metric_data().set_metric_data_queries(Some(queries.clone()));
            let request = request.start_time(DateTime::from_secs(now - longest)).end_time(DateTime::from_secs(now));
            request.set_next_token(token).send()
        };
        let keep = |page: GetMetricDataOutput| {
            for result in page.metric_data_results() {
                let at = result.id().and_then(|id| id.strip_prefix('q')).and_then(|n| n.parse::<usize>().ok());
                let Some(total) = at.and_then(|n| batch.get(n)) else { continue };
                let Some(values) = at.and_then(|n| found.get_mut(chunk * QUERIES_A_CALL + n)) else { continue };
                let times = result.timestamps().iter().map(DateTime::secs);
                // Longer ones share the call: what lies before this one's time is not its own.
                let first = now - total.within - total.period();
                let own = times.zip(result.values()).filter(|(at, _)| *at > first);
                values.extend(own.map(|(_, value)| *value));
            }
            page.next_token
        };
        aws.pages(GET, page, keep).await?;
    }
    Ok(found)
}

fn query(n: usize, total: &Total) -> sdk::MetricDataQuery {
    let dimensions = total.metric.dimensions.iter();
    let dimensions = dimensions.map(|(name, value)| sdk::Dimension::builder().name(name).value(value).build());
    let metric = sdk::Metric::builder().namespace(&total.metric.namespace).metric_name(&total.metric.name);
    let metric = metric.set_dimensions(Some(dimensions.collect())).build();
    let period = i32::try_from(total.period()).unwrap_or(i32::MAX);
    let stat = sdk::MetricStat::builder().metric(metric).stat(&total.statistic).period(period).build();
    sdk::MetricDataQuery::builder().id(format!("q{n}")).metric_stat(stat).return_data(true).build()
}
