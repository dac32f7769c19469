//! What alarms cost a month, before and after a plan. List prices; what depends on usage, and what is free, stand apart.

mod prices;

pub use prices::Prices;

use crate::plan::Plan;
use crate::resources::{Alarm, Live, LogAlarm, MetricFilter, Resource, metric_filter};
use mlops_cloudwatch::alarm::WatchedSignal;
use serde::Serialize;
use std::collections::BTreeSet;

/// A month of something.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Estimate {
    /// Metrics under alarms at standard resolution, each at `alarm_metric`.
    pub alarm_metrics: f64,
    pub high_resolution_metrics: f64,
    pub composite_alarms: f64,
    pub dashboards: f64,
    /// The list price of all of that.
    pub total: f64,
    /// How much of `total` an account pays nothing for, if nothing else of it uses the free tier: dashboards, and of alarms those of
    /// standard resolution that list their metrics.
    pub free: f64,
}

/// Something whose price depends on how much it is used.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UsageCost {
    pub what: String,
    /// `0.50 USD a GB`.
    pub price: String,
    /// What is free each month, of an account.
    pub free: Option<String>,
    /// A month at today's usage, where that is known.
    pub now: Option<f64>,
}

/// What a plan does to a month's bill.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cost {
    /// As in the price table.
    pub currency: String,
    pub dated: String,
    pub source: String,
    pub before: Estimate,
    pub after: Estimate,
    /// Of what there is after the plan.
    pub usage: Vec<UsageCost>,
}

/// The cost of the resources that the plan is about, before and after it.
pub fn of_plan(plan: &Plan, prices: &Prices) -> Cost {
    let before = plan.changes.iter().filter_map(|change| change.before.as_ref());
    let after: Vec<&Resource> = plan.changes.iter().filter_map(|change| change.after.as_ref()).collect();
    Cost {
        currency: prices.currency.clone(),
        dated: prices.dated.clone(),
        source: prices.source.clone(),
        before: estimate(before.clone().map(|live| &live.resource), prices),
        after: estimate(after.iter().copied(), prices),
        usage: usage(&after, before, prices),
    }
}

/// Without the tail of a sum of broken numbers; to a hundredth of a cent.
fn cents(amount: f64) -> f64 {
    (amount * 10_000.0).round() / 10_000.0
}

fn estimate<'a>(resources: impl Iterator<Item = &'a Resource>, prices: &Prices) -> Estimate {
    let (mut sum, mut may_be_free) = (Estimate::default(), 0.0);
    for resource in resources {
        match resource {
            Resource::Alarm(alarm) => {
                let metrics = metrics(alarm, prices);
                if is_high_resolution(alarm) {
                    sum.high_resolution_metrics += metrics;
                } else {
                    sum.alarm_metrics += metrics;
                    may_be_free += if queried(alarm).is_some() { 0.0 } else { metrics };
                }
            }
            // An alarm, whatever its query scans.
            Resource::LogAlarm(_) => {
                sum.alarm_metrics += 1.0;
                may_be_free += 1.0;
            }
            Resource::CompositeAlarm(_) => sum.composite_alarms += 1.0,
            Resource::Dashboard(_) => sum.dashboards += 1.0,
            _ => {}
        }
    }
    let total = sum.alarm_metrics * prices.alarm_metric
        + sum.high_resolution_metrics * prices.high_resolution_alarm_metric
        + sum.composite_alarms * prices.composite_alarm
        + sum.dashboards * prices.dashboard;
    let free = may_be_free.min(prices.free_alarm_metrics) * prices.alarm_metric
        + sum.dashboards.min(prices.free_dashboards) * prices.dashboard;
    Estimate { total: cents(total), free: cents(free), ..sum }
}

/// For how many metrics an alarm is billed whatever it finds: each that it lists, and the edges of a band. PromQL is an alarm and usage;
/// a Metrics Insights query is usage alone.
fn metrics(alarm: &Alarm, prices: &Prices) -> f64 {
    let definition = alarm.definition();
    if definition.queries.is_empty() {
        return 1.0;
    }
    let named = f64::from(u32::try_from(definition.metrics().count()).unwrap_or(u32::MAX));
    if matches!(definition.signal, WatchedSignal::Band { .. }) {
        (named - 1.0).max(0.0) + prices.anomaly_metrics
    } else {
        named
    }
}

fn is_high_resolution(alarm: &Alarm) -> bool {
    alarm.definition().evaluation.period.is_some_and(|period| (1..60).contains(&period))
}

/// How an alarm finds what it watches, where it does not list its metrics.
#[derive(Clone, Copy, PartialEq)]
enum QueryLanguage {
    PromQl,
    MetricsInsights,
}

fn queried(alarm: &Alarm) -> Option<QueryLanguage> {
    let definition = alarm.definition();
    match definition.signal {
        WatchedSignal::PromQl(_) => Some(QueryLanguage::PromQl),
        _ => definition.insights().map(|_| QueryLanguage::MetricsInsights),
    }
}

fn usage<'a>(after: &[&Resource], before: impl Iterator<Item = &'a Live>, prices: &Prices) -> Vec<UsageCost> {
    let Prices { currency, .. } = prices;
    let mut usage = Vec::new();
    let by_query = |language: QueryLanguage, what: &str, verb: &str, price: String| {
        let queries = after.iter().filter(|r| matches!(r, Resource::Alarm(alarm) if queried(alarm) == Some(language)));
        let what = match queries.count() {
            0 => return None,
            1 => format!("{what} that 1 alarm query {verb}s"),
            queries => format!("{what} that {queries} alarm queries {verb}"),
        };
        Some(UsageCost { what, price, free: None, now: None })
    };
    let a_metric = format!("{:.2} {currency} a metric", prices.insights_metric);
    usage.extend(by_query(QueryLanguage::MetricsInsights, "metrics", "find", a_metric));
    usage.extend(by_query(QueryLanguage::PromQl, "PromQL samples", "read", "by the samples read".to_owned()));
    usage.extend(scanned(after, prices));
    usage.extend(counted(after, prices));
    if after.iter().any(|resource| matches!(resource, Resource::LogGroup(_))) {
        let bytes: i64 = before.filter_map(|live| live.facts.stored_bytes).sum();
        let stored = cents(bytes as f64 / 1e9 * prices.log_storage_gb);
        let free = Some(format!("{} GB", prices.free_log_gb));
        let line = |what: &str, price: f64, now| UsageCost {
            what: what.to_owned(),
            price: format!("{price:.2} {currency} a GB"),
            free: free.clone(),
            now,
        };
        usage.push(line("logs written", prices.log_ingest_gb, None));
        usage.push(line("logs stored", prices.log_storage_gb, Some(stored)));
    }
    let protocols: BTreeSet<&str> =
        after.iter().filter_map(|resource| Some(resource.subscription()?.protocol.as_str())).collect();
    if protocols.iter().any(|protocol| protocol.starts_with("email")) {
        usage.push(UsageCost {
            what: "mails".to_owned(),
            price: format!("{:.2} {currency} for 100,000", prices.emails_100000),
            free: Some(format!("{} mails", prices.free_emails)),
            now: None,
        });
    }
    if protocols.iter().any(|protocol| protocol.starts_with("http")) {
        let price = format!("{:.2} {currency} for a million", prices.http_million);
        usage.push(UsageCost { what: "HTTP deliveries".to_owned(), price, free: None, now: None });
    }
    if protocols.contains("sms") {
        usage.push(UsageCost {
            what: "text messages".to_owned(),
            price: "by country".to_owned(),
            free: None,
            now: None,
        });
    }
    usage
}

/// What the queries of log alarms scan: each line as often as a query looks at it.
fn scanned(after: &[&Resource], prices: &Prices) -> Option<UsageCost> {
    let alarms: Vec<&LogAlarm> = after
        .iter()
        .filter_map(|resource| match resource {
            Resource::LogAlarm(alarm) => Some(alarm.as_ref()),
            _ => None,
        })
        .collect();
    let most = alarms.iter().filter_map(|alarm| alarm.scans()).fold(0.0, f64::max);
    let again =
        if most > 1.0 { format!(", up to {} times a line", (most * 10.0).round() / 10.0) } else { String::new() };
    let what = match alarms.len() {
        0 => return None,
        1 => format!("logs that 1 log alarm scans{again}"),
        more => format!("logs that {more} log alarms scan{again}"),
    };
    let price = format!("{:.3} {} a GB", prices.log_scan_gb, prices.currency);
    Some(UsageCost { what, price, free: Some(format!("{} GB", prices.free_log_gb)), now: None })
}

/// The metrics that filters make: each of its values of dimensions is one more, and none costs anything before a line matches.
fn counted(after: &[&Resource], prices: &Prices) -> Option<UsageCost> {
    let filters = || metric_filter::all(after.iter().copied());
    let metrics: BTreeSet<_> = filters().map(|filter| (&filter.namespace, &filter.metric_name)).collect();
    let what = match metrics.len() {
        0 => return None,
        1 => "the metric of metric filters".to_owned(),
        more => format!("the {more} metrics of metric filters"),
    };
    let several =
        |filter: &MetricFilter| !filter.dimensions.is_empty() || !filter.emit_system_field_dimensions.is_empty();
    let each = if filters().any(several) { "a metric and set of dimensions" } else { "a metric" };
    let price = format!("{:.2} {} {each}", prices.custom_metric, prices.currency);
    Some(UsageCost { what, price, free: Some(format!("{} metrics", prices.free_custom_metrics)), now: None })
}

#[cfg(test)]
mod tests;
