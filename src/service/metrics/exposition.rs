//! The Prometheus exposition, text format 0.0.4, plain decimals only: the contract's counters of this process, gauges of what is
//! stored, the service's own health. Reads a copy of the counts, so that rendering holds up nobody who counts.

use std::fmt::{Display, Write};
use std::sync::Arc;

use super::labels::{Id, LabelDimension};
use super::process::{self, Process};
use super::requests::RequestStatistics;
use super::series::LabelledSeries;
use super::totals::{BUCKETS_MS, EventTotals};
use crate::clock::MICROS_PER_SECOND;
use crate::store::StoreStatus;

pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A copy of counts: lists and names, no maps.
#[derive(Debug, Default)]
pub struct TotalsView {
    business: Vec<Arc<str>>,
    response_type: Vec<Arc<str>>,
    intent: Vec<Arc<str>>,
    model: Vec<Arc<str>>,
    folded: [u64; 4],
    requests: Vec<((Id, Id, Id), u64)>,
    tokens: Vec<((Id, Id), u64)>,
    cost_micros: Vec<((Id, Id), i64)>,
    success_rate: Vec<(Id, f64)>,
    requested: Vec<(Id, u64)>,
    booked: Vec<(Id, u64)>,
    handoffs: Vec<((Id, bool), u64)>,
    within: [u64; BUCKETS_MS.len()],
    response_ms: u64,
    events: u64,
}

impl From<&EventTotals> for TotalsView {
    fn from(totals: &EventTotals) -> Self {
        let names = |dimension: &LabelDimension| dimension.names().to_vec();
        fn list<K: Copy + Eq + std::hash::Hash, V: Copy + Default>(series: &LabelledSeries<K, V>) -> Vec<(K, V)> {
            series.values().to_vec()
        }
        Self {
            business: names(&totals.business),
            response_type: names(&totals.response_type),
            intent: names(&totals.intent),
            model: names(&totals.model),
            folded: [&totals.business, &totals.response_type, &totals.intent, &totals.model].map(|d| d.folded),
            requests: list(&totals.requests),
            tokens: list(&totals.tokens),
            cost_micros: list(&totals.cost_micros),
            success_rate: list(&totals.success_rate),
            requested: list(&totals.requested),
            booked: list(&totals.booked),
            handoffs: list(&totals.handoffs),
            within: totals.within,
            response_ms: totals.response_ms,
            events: totals.events,
        }
    }
}

/// Everything a scrape shows.
pub struct ScrapeSource<'a> {
    /// Counted by this process.
    pub here: TotalsView,
    /// In the database, or on its way there; by all replicas.
    pub stored: TotalsView,
    /// Requests of this process.
    pub requests: RequestStatistics,
    pub process: &'a Process,
    pub store: &'a StoreStatus,
}

/// Renders all metrics.
pub fn render(source: &ScrapeSource<'_>) -> String {
    let mut text = Text(String::with_capacity(8_192 + 100 * source.here.requests.len() * 4));
    contract(&mut text, &source.here);
    stored(&mut text, &source.stored);
    own(&mut text, source);
    of_process(&mut text, source.process);
    text.0
}

fn contract(text: &mut Text, here: &TotalsView) {
    let (business, model) = (&here.business, &here.model);
    response_time(text, here);
    text.family("ai_requests_total", "counter", "Total number of AI requests");
    for ((b, r, i), count) in &here.requests {
        let labels = [
            ("business_id", name(business, *b)),
            ("response_type", name(&here.response_type, *r)),
            ("intent", name(&here.intent, *i)),
        ];
        text.sample("ai_requests_total", &labels, count);
    }
    text.family("ai_success_rate", "gauge", "Success rate of AI responses");
    for (b, rate) in &here.success_rate {
        text.sample("ai_success_rate", &[("business_id", name(business, *b))], rate);
    }
    let by_model = |b: Id, m: Id| [("business_id", name(business, b)), ("model_name", name(model, m))];
    text.family("ai_tokens_used_total", "counter", "Total tokens consumed by AI");
    for ((b, m), count) in &here.tokens {
        text.sample("ai_tokens_used_total", &by_model(*b, *m), count);
    }
    text.family("ai_api_cost_usd_total", "counter", "Total API costs in USD");
    for ((b, m), micros) in &here.cost_micros {
        text.sample("ai_api_cost_usd_total", &by_model(*b, *m), dollars(*micros));
    }
    for (metric, help, counts) in [
        ("appointments_requested_total", "Total appointment requests", &here.requested),
        ("appointments_booked_total", "Total appointments successfully booked", &here.booked),
    ] {
        text.family(metric, "counter", help);
        for (b, count) in counts {
            text.sample(metric, &[("business_id", name(business, *b))], count);
        }
    }
    text.family("human_handoffs_total", "counter", "Total requests requiring human assistance");
    for ((b, error), count) in &here.handoffs {
        let reason = if *error { "error" } else { "complex_query" };
        text.sample("human_handoffs_total", &[("business_id", name(business, *b)), ("reason", reason)], count);
    }
    text.family("ai_system_info_info", "gauge", "Information about the AI system");
    let labels = [("monitoring", "prometheus"), ("service", "ai-appointment-setter"), ("version", crate::VERSION)];
    text.sample("ai_system_info_info", &labels, 1);
}

fn response_time(text: &mut Text, here: &TotalsView) {
    const NAME: &str = "ai_response_time_seconds";
    text.family(NAME, "histogram", "Time taken for AI to respond to user messages");
    for (bound, count) in BUCKETS_MS.into_iter().zip(here.within) {
        // As Python writes them: 1.0, not 1.
        text.sample("ai_response_time_seconds_bucket", &[("le", &format!("{:?}", f64::from(bound) / 1e3))], count);
    }
    text.sample("ai_response_time_seconds_bucket", &[("le", "+Inf")], here.events);
    text.sample("ai_response_time_seconds_sum", &[], here.response_ms as f64 / 1e3);
    text.sample("ai_response_time_seconds_count", &[], here.events);
}

/// Totals of the table: gauges, because deleting makes them fall.
fn stored(text: &mut Text, stored: &TotalsView) {
    let business = &stored.business;
    let mut events = vec![0; business.len()];
    for ((b, ..), count) in &stored.requests {
        events[*b as usize] += count;
    }
    text.family("mlops_stored_events", "gauge", "Events in the database, of all replicas");
    // `other` is a business only where something was folded into it.
    for (b, count) in events.iter().enumerate().filter(|(b, count)| *b > 0 || **count > 0) {
        text.sample("mlops_stored_events", &[("business_id", name(business, b as Id))], count);
    }
    let by_model = |b: Id, m: Id| [("business_id", name(business, b)), ("model_name", name(&stored.model, m))];
    text.family("mlops_stored_tokens", "gauge", "Tokens of the events in the database");
    for ((b, m), count) in &stored.tokens {
        text.sample("mlops_stored_tokens", &by_model(*b, *m), count);
    }
    text.family("mlops_stored_cost_usd", "gauge", "API costs in USD of the events in the database");
    for ((b, m), micros) in &stored.cost_micros {
        text.sample("mlops_stored_cost_usd", &by_model(*b, *m), dollars(*micros));
    }
    for (metric, help, counts) in [
        ("mlops_stored_appointments_requested", "Appointment requests in the database", &stored.requested),
        ("mlops_stored_appointments_booked", "Booked appointments in the database", &stored.booked),
    ] {
        text.family(metric, "gauge", help);
        for (b, count) in counts {
            text.sample(metric, &[("business_id", name(business, *b))], count);
        }
    }
    text.family("mlops_stored_handoffs", "gauge", "Handoffs to a person in the database");
    for ((b, error), count) in &stored.handoffs {
        let reason = if *error { "error" } else { "complex_query" };
        text.sample("mlops_stored_handoffs", &[("business_id", name(business, *b)), ("reason", reason)], count);
    }
}

/// The service's own health, beside the contract.
fn own(text: &mut Text, source: &ScrapeSource<'_>) {
    let (requests, store) = (&source.requests, source.store);
    text.one("mlops_track_requests_total", "counter", "POST /track requests, refused ones included", requests.total);
    text.one("mlops_track_failures_total", "counter", "POST /track requests answered with an error", requests.failed);
    const FOLDED: &str = "mlops_label_values_folded_total";
    text.family(FOLDED, "counter", "Events counted under the label value other because its limit was reached");
    for (label, count) in ["business_id", "response_type", "intent", "model_name"].iter().zip(source.here.folded) {
        text.sample(FOLDED, &[("label", label)], count);
    }
    let connected = u8::from(store.connected());
    text.one("mlops_database_connected", "gauge", "Whether rows reach the database (1) or wait (0)", connected);
    text.one("mlops_spool_events", "gauge", "Events that wait on disk for the database", store.spooled());
    let help = "Events that neither database nor spool could take";
    text.one("mlops_events_dropped_total", "counter", help, store.dropped());
    let help = "Events that were there already: retries, counted once";
    text.one("mlops_events_duplicate_total", "counter", help, store.duplicates());
}

fn of_process(text: &mut Text, process: &Process) {
    let cpu = process::cpu_time().as_secs_f64();
    text.one("process_cpu_seconds_total", "counter", "Total user and system CPU time spent in seconds.", cpu);
    let started = process.started_at() as f64 / MICROS_PER_SECOND as f64;
    text.one("process_start_time_seconds", "gauge", "Start time of the process since unix epoch in seconds.", started);
    if let Some(memory) = process::memory() {
        text.one("process_resident_memory_bytes", "gauge", "Resident memory size in bytes.", memory.resident);
        text.one("process_virtual_memory_bytes", "gauge", "Virtual memory size in bytes.", memory.reserved);
    }
    if let Some((open, most)) = process::descriptors() {
        text.one("process_open_fds", "gauge", "Number of open file descriptors.", open);
        text.one("process_max_fds", "gauge", "Maximum number of open file descriptors.", most);
    }
}

fn name(names: &[Arc<str>], id: Id) -> &str {
    names.get(id as usize).map_or("other", |name| name)
}

/// Exact: whole dollars and six decimals, without the zeros at the end.
fn dollars(micros: i64) -> impl Display {
    micros as f64 / 1e6
}

struct Text(String);

impl Text {
    /// A family is announced also where it has counted nothing yet.
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        // Writing into a String cannot fail.
        let _ = write!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
    }

    fn one(&mut self, name: &str, kind: &str, help: &str, value: impl Display) {
        self.family(name, kind, help);
        self.sample(name, &[], value);
    }

    /// Numbers print as plain decimals, however small: the course's dashboard reads no exponents.
    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        self.0.push_str(name);
        let mut before = '{';
        for (label, value) in labels {
            self.0.push(before);
            self.0.push_str(label);
            self.0.push_str("=\"");
            self.escaped(value);
            self.0.push('"');
            before = ',';
        }
        if !labels.is_empty() {
            self.0.push('}');
        }
        let _ = writeln!(self.0, " {value}");
    }

    fn escaped(&mut self, value: &str) {
        if !value.bytes().any(|byte| matches!(byte, b'\\' | b'"' | b'\n')) {
            return self.0.push_str(value);
        }
        for letter in value.chars() {
            match letter {
                '\n' => self.0.push_str("\\n"),
                '\\' | '"' => self.0.extend(['\\', letter]),
                other => self.0.push(other),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::TrackEvent;
    use crate::metrics::totals::EventAggregate;

    fn rendered(bodies: &[&str]) -> String {
        let mut totals = EventTotals::new(5);
        let events: Vec<TrackEvent> =
            bodies.iter().map(|body| TrackEvent::parse(body.as_bytes(), 0).unwrap()).collect();
        EventAggregate::collect(events.iter()).iter().for_each(|group| totals.add(group));
        let view = || TotalsView::from(&totals);
        let requests = RequestStatistics { total: 3, failed: 1, error_rate_percent: 33.33, last: None };
        let (process, store) = (Process::begin(), StoreStatus::default());
        render(&ScrapeSource { here: view(), stored: view(), requests, process: &process, store: &store })
    }

    #[test]
    fn no_exponent_however_small_or_large() {
        let text = rendered(&[
            r#"{"business_id":"b","response_time_ms":1,"tokens_used":2147483647,"api_cost_usd":0.000028}"#,
            r#"{"business_id":"c","response_time_ms":2147483647,"tokens_used":0,"success_rate":1e-300}"#,
        ]);
        assert!(text.contains("ai_api_cost_usd_total{business_id=\"b\",model_name=\"gemini-1.5-flash\"} 0.000028\n"));
        assert!(text.contains("mlops_stored_cost_usd{business_id=\"b\",model_name=\"gemini-1.5-flash\"} 0.000028\n"));
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
            "# TYPE mlops_stored_events gauge",
            "# TYPE ai_response_time_seconds histogram",
            "ai_response_time_seconds_bucket{le=\"0.1\"} 1",
            "ai_response_time_seconds_bucket{le=\"10.0\"} 1",
            "ai_response_time_seconds_bucket{le=\"+Inf\"} 1",
            "ai_system_info_info{monitoring=\"prometheus\",service=\"ai-appointment-setter\",version=\"1.0.0\"} 1",
            "mlops_track_requests_total 3",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
        assert!(!text.contains("mlops_stored_events{business_id=\"other\"}"), "{text}");
    }
}
