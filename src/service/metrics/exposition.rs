//! The contract's Prometheus exposition, text format 0.0.4, plain decimals only. Reads values, changes none.

use std::collections::HashMap;

use prometheus::proto::{Bucket, Counter, Gauge, Histogram, LabelPair, Metric, MetricFamily, MetricType};
use prometheus::{TEXT_FORMAT, TextEncoder};

use super::labels::Dimension;
use super::process::{self, Process};
use super::requests::Requests;
use super::totals::{BUCKETS_MS, Totals};
use crate::clock::MICROS_PER_SECOND;
use crate::store::Status;

pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Everything a scrape shows.
pub struct Source<'a> {
    pub totals: &'a Totals,
    pub requests: &'a Requests,
    pub process: &'a Process,
    pub store: &'a Status,
}

/// Renders all metrics.
///
/// # Errors
/// When the encoder finds a metric without a value, which only a mistake in this file can cause.
pub fn render(source: &Source<'_>) -> anyhow::Result<String> {
    debug_assert!(CONTENT_TYPE.starts_with(TEXT_FORMAT));
    let mut families = contract(source.totals);
    families.extend(own(source));
    families.extend(process_families(source.process));
    let mut text = String::with_capacity(4_096);
    for family in families {
        if family.get_metric().is_empty() {
            // A counter that counted nothing yet is announced all the same; the encoder refuses to.
            let kind = format!("{:?}", family.get_field_type()).to_lowercase();
            text += &format!("# HELP {0} {1}\n# TYPE {0} {kind}\n", family.name(), family.help());
        } else {
            TextEncoder::new().encode_utf8(&[family], &mut text)?;
        }
    }
    // The contract's bounds are written as Python writes them: 1.0, not 1.
    for bound in ["1", "2", "5", "10"] {
        text = text.replace(&format!("_bucket{{le=\"{bound}\"}}"), &format!("_bucket{{le=\"{bound}.0\"}}"));
    }
    Ok(text)
}

fn contract(totals: &Totals) -> Vec<MetricFamily> {
    let business = |id| ("business_id", totals.business.name(id));
    let model = |id| ("model_name", totals.model.name(id));
    vec![
        family(
            "ai_response_time_seconds",
            "Time taken for AI to respond to user messages",
            MetricType::HISTOGRAM,
            vec![response_time(totals)],
        ),
        counters("ai_requests_total", "Total number of AI requests", &totals.requests, |(b, r, i), count| {
            let labels =
                [business(*b), ("response_type", totals.response_type.name(*r)), ("intent", totals.intent.name(*i))];
            counter(&labels, *count as f64)
        }),
        family(
            "ai_success_rate",
            "Success rate of AI responses",
            MetricType::GAUGE,
            sorted(&totals.success_rate, |id, rate| gauge(&[business(*id)], *rate)),
        ),
        counters("ai_tokens_used_total", "Total tokens consumed by AI", &totals.tokens, |(b, m), count| {
            counter(&[business(*b), model(*m)], *count as f64)
        }),
        counters("ai_api_cost_usd_total", "Total API costs in USD", &totals.cost_micros, |(b, m), micros| {
            counter(&[business(*b), model(*m)], *micros as f64 / 1e6)
        }),
        counters("appointments_requested_total", "Total appointment requests", &totals.requested, |b, count| {
            counter(&[business(*b)], *count as f64)
        }),
        counters("appointments_booked_total", "Total appointments successfully booked", &totals.booked, |b, count| {
            counter(&[business(*b)], *count as f64)
        }),
        counters(
            "human_handoffs_total",
            "Total requests requiring human assistance",
            &totals.handoffs,
            |(b, error), count| {
                let reason = if *error { "error" } else { "complex_query" };
                counter(&[business(*b), ("reason", reason)], *count as f64)
            },
        ),
        family(
            "ai_system_info_info",
            "Information about the AI system",
            MetricType::GAUGE,
            vec![gauge(
                &[("monitoring", "prometheus"), ("service", "ai-appointment-setter"), ("version", crate::VERSION)],
                1.0,
            )],
        ),
    ]
}

fn response_time(totals: &Totals) -> Metric {
    let mut histogram = Histogram::default();
    let buckets = BUCKETS_MS.into_iter().zip(totals.within).map(|(bound, count)| {
        let mut bucket = Bucket::default();
        bucket.set_upper_bound(f64::from(bound) / 1e3);
        bucket.set_cumulative_count(count);
        bucket
    });
    histogram.set_bucket(buckets.collect());
    histogram.set_sample_count(totals.events);
    histogram.set_sample_sum(totals.response_ms as f64 / 1e3);
    let mut metric = Metric::default();
    metric.set_histogram(histogram);
    metric
}

/// The service's own health, beside the contract.
fn own(source: &Source<'_>) -> Vec<MetricFamily> {
    let folded = [
        ("business_id", &source.totals.business),
        ("response_type", &source.totals.response_type),
        ("intent", &source.totals.intent),
        ("model_name", &source.totals.model),
    ];
    let folded =
        folded.map(|(label, dimension): (_, &Dimension)| counter(&[("label", label)], dimension.folded as f64));
    let statistics = source.requests.statistics();
    let store = source.store;
    let one = |name, help, value: u64| family(name, help, MetricType::COUNTER, vec![counter(&[], value as f64)]);
    let level = |name, help, value: f64| family(name, help, MetricType::GAUGE, vec![gauge(&[], value)]);
    vec![
        one("mlops_track_requests_total", "POST /track requests, refused ones included", statistics.total),
        one("mlops_track_failures_total", "POST /track requests answered with an error", statistics.failed),
        family(
            "mlops_label_values_folded_total",
            "Events counted under the label value other because its limit was reached",
            MetricType::COUNTER,
            folded.into(),
        ),
        level(
            "mlops_database_connected",
            "Whether rows reach the database (1) or wait (0)",
            f64::from(u8::from(store.connected())),
        ),
        level("mlops_spool_events", "Events that wait on disk for the database", store.spooled() as f64),
        one("mlops_events_dropped_total", "Events that neither database nor spool could take", store.dropped()),
    ]
}

fn process_families(process: &Process) -> Vec<MetricFamily> {
    let level = |name, help, value: f64| family(name, help, MetricType::GAUGE, vec![gauge(&[], value)]);
    let mut families = vec![family(
        "process_cpu_seconds_total",
        "Total user and system CPU time spent in seconds.",
        MetricType::COUNTER,
        vec![counter(&[], process::cpu_time().as_secs_f64())],
    )];
    families.push(level(
        "process_start_time_seconds",
        "Start time of the process since unix epoch in seconds.",
        process.started_at() as f64 / MICROS_PER_SECOND as f64,
    ));
    if let Some(memory) = process::memory() {
        let (resident, reserved) = (memory.resident as f64, memory.reserved as f64);
        families.push(level("process_resident_memory_bytes", "Resident memory size in bytes.", resident));
        families.push(level("process_virtual_memory_bytes", "Virtual memory size in bytes.", reserved));
    }
    if let Some((open, most)) = process::descriptors() {
        families.push(level("process_open_fds", "Number of open file descriptors.", open as f64));
        families.push(level("process_max_fds", "Maximum number of open file descriptors.", most as f64));
    }
    families
}

fn family(name: &str, help: &str, kind: MetricType, metrics: Vec<Metric>) -> MetricFamily {
    let mut family = MetricFamily::default();
    family.set_name(name.to_owned());
    family.set_help(help.to_owned());
    family.set_field_type(kind);
    family.set_metric(metrics);
    family
}

fn counters<K: Ord, V>(
    name: &str,
    help: &str,
    values: &HashMap<K, V>,
    metric: impl Fn(&K, &V) -> Metric,
) -> MetricFamily {
    family(name, help, MetricType::COUNTER, sorted(values, metric))
}

/// In order of first appearance, so that two scrapes of the same state are the same bytes.
fn sorted<K: Ord, V>(values: &HashMap<K, V>, metric: impl Fn(&K, &V) -> Metric) -> Vec<Metric> {
    let mut entries: Vec<_> = values.iter().collect();
    entries.sort_by_key(|(key, _)| *key);
    entries.into_iter().map(|(key, value)| metric(key, value)).collect()
}

fn labelled(labels: &[(&str, &str)]) -> Metric {
    let pairs = labels.iter().map(|(name, value)| {
        let mut pair = LabelPair::default();
        pair.set_name((*name).to_owned());
        pair.set_value((*value).to_owned());
        pair
    });
    Metric::from_label(pairs.collect())
}

fn counter(labels: &[(&str, &str)], value: f64) -> Metric {
    let mut counter = Counter::default();
    counter.set_value(value);
    let mut metric = labelled(labels);
    metric.set_counter(counter);
    metric
}

fn gauge(labels: &[(&str, &str)], value: f64) -> Metric {
    let mut gauge = Gauge::default();
    gauge.set_value(value);
    let mut metric = labelled(labels);
    metric.set_gauge(gauge);
    metric
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Event;
    use crate::metrics::totals::Group;

    fn rendered(bodies: &[&str]) -> String {
        let mut totals = Totals::new(5);
        let events: Vec<Event> = bodies.iter().map(|body| Event::parse(body.as_bytes(), 0).unwrap()).collect();
        Group::collect(events.iter()).iter().for_each(|group| totals.add(group));
        let (requests, process, store) = (Requests::default(), Process::begin(), Status::default());
        render(&Source { totals: &totals, requests: &requests, process: &process, store: &store }).unwrap()
    }

    #[test]
    fn no_exponent_however_small_or_large() {
        let text = rendered(&[
            r#"{"business_id":"b","response_time_ms":1,"tokens_used":2147483647,"api_cost_usd":0.000028}"#,
            r#"{"business_id":"c","response_time_ms":2147483647,"tokens_used":0,"success_rate":1e-300}"#,
        ]);
        assert!(text.contains("ai_api_cost_usd_total{business_id=\"b\",model_name=\"gemini-1.5-flash\"} 0.000028\n"));
        assert!(text.contains("ai_response_time_seconds_sum 2147483.648\n"));
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let value = line.rsplit(' ').next().unwrap_or_default();
            assert!(value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'), "{line}");
        }
    }

    #[test]
    fn labels_are_escaped_and_every_family_is_announced() {
        let text = rendered(&[r#"{"business_id":"a\"b\\c","response_time_ms":1,"tokens_used":1}"#]);
        assert!(text.contains(r#"ai_tokens_used_total{business_id="a\"b\\c",model_name="gemini-1.5-flash"} 1"#));
        for line in [
            "# HELP human_handoffs_total Total requests requiring human assistance",
            "# TYPE human_handoffs_total counter",
            "# TYPE ai_response_time_seconds histogram",
            "ai_response_time_seconds_bucket{le=\"0.1\"} 1",
            "ai_response_time_seconds_bucket{le=\"10.0\"} 1",
            "ai_response_time_seconds_bucket{le=\"+Inf\"} 1",
            "ai_system_info_info{monitoring=\"prometheus\",service=\"ai-appointment-setter\",version=\"1.0.0\"} 1",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
    }
}
