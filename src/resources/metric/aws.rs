//! Metrics in CloudWatch, only listed.

use super::Metric;
use crate::aws::{Aws, AwsError, Op, Repeat};

const LIST: Op = Op("cloudwatch", "ListMetrics");
/// Pages of 500 that are read of one listing: what lies behind is said to be unknown, not absent.
const MOST_PAGES: usize = 20;

/// The metrics of a namespace, or of one name in it; `None` where there are too many to list.
pub async fn list(aws: &Aws, namespace: &str, name: Option<&str>) -> Result<Option<Vec<Metric>>, AwsError> {
    let mut metrics = Vec::new();
    let mut token: Option<String> = None;
    for _ in 0..MOST_PAGES {
        let request = || {
            let request = aws.cloudwatch.list_metrics().namespace(namespace);
            request.set_metric_name(name.map(str::to_owned)).set_next_token(token.clone()).send()
        };
        let page = aws.call(LIST, Repeat::Safe, request).await?;
        metrics.extend(page.metrics().iter().filter_map(|metric| {
            let pairs = metric.dimensions().iter();
            let pairs = pairs.filter_map(|pair| Some((pair.name()?.to_owned(), pair.value()?.to_owned())));
            Some(Metric {
                namespace: metric.namespace()?.to_owned(),
                name: metric.metric_name()?.to_owned(),
                dimensions: pairs.collect(),
            })
        }));
        match page.next_token() {
            Some(next) if !next.is_empty() => token = Some(next.to_owned()),
            _ => return Ok(Some(metrics)),
        }
    }
    Ok(None)
}
