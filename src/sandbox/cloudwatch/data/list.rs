//! ListMetrics: which metrics have data.

use super::super::invalid_next_token;
use super::super::metric::{MetricDimension, WireMetric};
use super::generated::LambdaMetric;
use super::invoked;
use super::put;
use crate::fault::Fault;
use crate::lambda;
use crate::paging::{Order, page};
use crate::store::Tx;
use serde::{Deserialize, Serialize};
use std::time::Duration;

const PAGE: usize = 500;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListMetrics {
    namespace: Option<String>,
    metric_name: Option<String>,
    #[serde(default)]
    dimensions: Vec<DimensionFilter>,
    next_token: Option<String>,
    recently_active: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DimensionFilter {
    name: String,
    value: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListMetricsResponse {
    metrics: Vec<WireMetric>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

pub fn list_metrics(input: ListMetrics, tx: &mut Tx) -> Result<ListMetricsResponse, Fault> {
    let recent = match input.recently_active.as_deref() {
        None => Duration::from_secs(14 * 86_400),
        Some("PT3H") => Duration::from_secs(3 * 3600),
        Some(other) => return Err(super::super::constraint("recentlyActive", other, "satisfy enum value set: [PT3H]")),
    };
    let since = tx.now() - recent;
    let mut metrics: Vec<WireMetric> =
        put::known(tx)?.into_iter().filter(|known| known.last >= since).map(|known| known.metric).collect();
    // A function's own come below, with all their dimensions.
    metrics.retain(|metric| LambdaMetric::parse(metric).is_none());
    for (name, _) in LambdaMetric::ALL {
        let metric = |dimensions| WireMetric {
            namespace: Some("AWS/Lambda".to_owned()),
            metric_name: Some(name.to_owned()),
            dimensions,
        };
        metrics.push(metric(Vec::new()));
        for function in lambda::names(tx)? {
            if tx.is_idle() && invoked::since(tx, &function)?.is_none() {
                continue;
            }
            let of = |dimension: &str| MetricDimension { name: dimension.to_owned(), value: function.clone() };
            metrics.push(metric(vec![of("FunctionName")]));
            metrics.push(metric(vec![of("FunctionName"), of("Resource")]));
        }
    }
    metrics.retain(|metric| input.wants(metric));
    let keyed = metrics.into_iter().map(|metric| (format!("{metric:?}"), metric)).collect();
    let (metrics, next_token) =
        page(tx, keyed, Order::Scattered, input.next_token.as_deref(), PAGE, invalid_next_token)?;
    Ok(ListMetricsResponse { metrics, next_token })
}

impl ListMetrics {
    fn wants(&self, metric: &WireMetric) -> bool {
        let same = |wanted: &Option<String>, found: &Option<String>| wanted.is_none() || wanted == found;
        same(&self.namespace, &metric.namespace)
            && same(&self.metric_name, &metric.metric_name)
            && self.dimensions.iter().all(|filter| {
                let fits = |found: &MetricDimension| {
                    found.name == filter.name && filter.value.as_ref().is_none_or(|value| found.value == *value)
                };
                metric.dimensions.iter().any(fits)
            })
    }
}
