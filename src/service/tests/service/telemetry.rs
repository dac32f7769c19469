//! OpenTelemetry against a receiver that reads OTLP's own protobuf: what is sent, under which names, and that a collector which
//! is away or hangs holds up nobody.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value::Value};
use opentelemetry_proto::tonic::metrics::v1::{Metric, metric::Data, number_data_point};
use opentelemetry_proto::tonic::trace::v1::{Span, span::SpanKind};
use prost::Message;

use crate::program::{JSON, Service};
use crate::tools::wait_for;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER: &str = "00f067aa0ba902b7";
const EVENT: &str = r#"{"business_id":"b","session_id":"s","response_time_ms":1500,"tokens_used":1035,"prompt_tokens":1000,
    "completion_tokens":35,"api_cost_usd":0.0002,"model_name":"gemini-1.5-flash","success_rate":1}"#;

/// A collector of the test's own.
#[derive(Default)]
struct Received {
    traces: Vec<ExportTraceServiceRequest>,
    metrics: Vec<ExportMetricsServiceRequest>,
    headers: Vec<String>,
}

struct Collector {
    address: SocketAddr,
    received: Arc<Mutex<Received>>,
}

impl Collector {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let received = Arc::<Mutex<Received>>::default();
        let sink = Arc::clone(&received);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let sink = Arc::clone(&sink);
                std::thread::spawn(move || while serve(&stream, &sink).is_some() {});
            }
        });
        Self { address, received }
    }

    fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    fn spans(&self) -> Vec<Span> {
        let received = self.received.lock().unwrap();
        let resources = received.traces.iter().flat_map(|request| &request.resource_spans);
        resources.flat_map(|resource| &resource.scope_spans).flat_map(|scope| scope.spans.clone()).collect()
    }

    /// The newest export's metric of this name: temporality is cumulative.
    fn metric(&self, name: &str) -> Option<Metric> {
        let received = self.received.lock().unwrap();
        let newest = received.metrics.iter().rev();
        let resources = newest.flat_map(|request| &request.resource_metrics);
        let mut metrics = resources.flat_map(|resource| &resource.scope_metrics).flat_map(|scope| &scope.metrics);
        metrics.find(|metric| metric.name == name).cloned()
    }
}

/// Reads one export and answers it; none when the connection has ended.
fn serve(stream: &TcpStream, sink: &Mutex<Received>) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        (reader.read_line(&mut head).ok()? > 0).then_some(())?;
    }
    let length =
        head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
    let mut body = vec![0; length?];
    reader.read_exact(&mut body).ok()?;
    let mut received = sink.lock().unwrap();
    if head.starts_with("POST /v1/traces ") {
        received.traces.push(ExportTraceServiceRequest::decode(&body[..]).unwrap());
    } else if head.starts_with("POST /v1/metrics ") {
        received.metrics.push(ExportMetricsServiceRequest::decode(&body[..]).unwrap());
    }
    received.headers.push(head);
    drop(received);
    let mut stream = stream;
    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\n\r\n").ok()
}

fn text(attributes: &[KeyValue], key: &str) -> Option<String> {
    let value = attributes.iter().find(|attribute| attribute.key == key)?.value.clone()?.value?;
    Some(match value {
        Value::StringValue(text) => text,
        Value::IntValue(number) => number.to_string(),
        other => format!("{other:?}"),
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Attributes, count and sum of each point of a histogram.
fn histogram(metric: &Metric) -> Vec<(Vec<KeyValue>, u64, f64)> {
    let Some(Data::Histogram(histogram)) = &metric.data else { panic!("{} is no histogram", metric.name) };
    histogram.data_points.iter().map(|p| (p.attributes.clone(), p.count, p.sum.unwrap())).collect()
}

fn eager(endpoint: &str) -> [(&'static str, String); 4] {
    [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.to_owned()),
        ("OTEL_BSP_SCHEDULE_DELAY", "50".to_owned()),
        ("OTEL_METRIC_EXPORT_INTERVAL", "200".to_owned()),
        ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20tok".to_owned()),
    ]
}

fn start(settings: &[(&'static str, String)]) -> Service {
    let settings: Vec<(&str, &str)> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    Service::start(&settings)
}

#[test]
fn a_request_is_a_span_beneath_its_callers_and_the_database_a_span_beneath_it() {
    let collector = Collector::start();
    let service = start(&eager(&collector.endpoint()));
    let traceparent = format!("00-{TRACE}-{CALLER}-01");
    let headers = [JSON, ("traceparent", traceparent.as_str())];
    let answer = service.client().request("POST", "/track", &headers, EVENT.as_bytes()).unwrap();
    assert_eq!(answer.status, 200, "{answer:?}");

    let mut spans = Vec::new();
    wait_for("both spans are exported", || {
        spans = collector.spans();
        spans.len() >= 2
    });
    let request = spans.iter().find(|span| span.kind == SpanKind::Server as i32).unwrap();
    let statement = spans.iter().find(|span| span.kind == SpanKind::Client as i32).unwrap();
    assert_eq!(
        (request.name.as_str(), hex(&request.trace_id), hex(&request.parent_span_id)),
        ("POST /track", TRACE.into(), CALLER.into())
    );
    assert_eq!(statement.parent_span_id, request.span_id);
    assert_eq!(hex(&statement.trace_id), TRACE);
    for (key, wanted) in
        [("http.request.method", "POST"), ("http.route", "/track"), ("http.response.status_code", "200")]
    {
        assert_eq!(text(&request.attributes, key).as_deref(), Some(wanted), "{key}");
    }
    assert_eq!(text(&statement.attributes, "db.system.name").as_deref(), Some("sqlite"));
    assert_eq!(text(&statement.attributes, "db.operation.name").as_deref(), Some("INSERT"));
    assert!(
        request.start_time_unix_nano <= statement.start_time_unix_nano
            && statement.end_time_unix_nano <= request.end_time_unix_nano
    );
    // The caller finds the trace in the answer.
    let response = answer.header("traceresponse").unwrap();
    assert_eq!(response, format!("00-{TRACE}-{}-01", hex(&request.span_id)));

    let received = collector.received.lock().unwrap();
    assert!(received.headers.iter().all(|head| head.to_ascii_lowercase().contains("authorization: bearer tok")));
    let resource = received.traces[0].resource_spans[0].resource.clone().unwrap();
    assert_eq!(text(&resource.attributes, "service.name").as_deref(), Some("mlops-service"));
    // Nobody's identifiers leave with a span.
    let everything = format!("{:?}", received.traces);
    assert!(!everything.contains("StringValue(\"b\")") && !everything.contains("StringValue(\"s\")"));
}

#[test]
fn a_caller_that_does_not_sample_is_followed_and_a_failure_is_an_error() {
    let collector = Collector::start();
    let service = start(&eager(&collector.endpoint()));
    let unsampled = format!("00-{TRACE}-{CALLER}-00");
    service.client().request("POST", "/track", &[JSON, ("traceparent", unsampled.as_str())], EVENT.as_bytes()).unwrap();
    assert_eq!(service.client().request("POST", "/track", &[JSON], b"no json").unwrap().status, 500);
    wait_for("the failure is exported", || !collector.spans().is_empty());
    let spans = collector.spans();
    assert!(spans.iter().all(|span| hex(&span.trace_id) != TRACE), "an unsampled trace was exported");
    let failed = spans
        .iter()
        .find(|span| text(&span.attributes, "http.response.status_code").as_deref() == Some("500"))
        .unwrap();
    assert_eq!(failed.status.as_ref().unwrap().code, 2, "an error");
    assert_eq!(text(&failed.attributes, "error.type").as_deref(), Some("500"));
}

#[test]
fn tokens_and_cost_are_under_the_genai_conventions() {
    let collector = Collector::start();
    let service = start(&eager(&collector.endpoint()));
    for _ in 0..3 {
        let id = format!("\"session_id\":\"{}\"", fastrand::u64(..));
        assert_eq!(service.track(&EVENT.replace("\"session_id\":\"s\"", &id)).status, 200);
    }
    let mut usage = Vec::new();
    wait_for("three answers are counted", || {
        usage = collector.metric("gen_ai.client.token.usage").as_ref().map(histogram).unwrap_or_default();
        usage.iter().map(|(_, count, _)| count).sum::<u64>() == 6
    });
    let of = |kind: &str| {
        let point =
            usage.iter().find(|(attributes, ..)| text(attributes, "gen_ai.token.type").as_deref() == Some(kind));
        point.map(|(_, count, sum)| (*count, *sum)).unwrap()
    };
    assert_eq!((of("input"), of("output")), ((3, 3_000.0), (3, 105.0)));
    let (attributes, ..) = &usage[0];
    for (key, wanted) in [
        ("gen_ai.operation.name", "chat"),
        ("gen_ai.request.model", "gemini-1.5-flash"),
        ("gen_ai.provider.name", "gcp.gemini"),
    ] {
        assert_eq!(text(attributes, key).as_deref(), Some(wanted), "{key}");
    }
    let duration = histogram(&collector.metric("gen_ai.client.operation.duration").unwrap());
    assert_eq!((duration[0].1, duration[0].2), (3, 4.5));
    let requests = histogram(&collector.metric("http.server.request.duration").unwrap());
    assert_eq!(requests.iter().map(|(_, count, _)| count).sum::<u64>(), 3);
    let Some(Data::Sum(cost)) = collector.metric("mlops.gen_ai.cost").unwrap().data else { panic!("no sum") };
    let Some(number_data_point::Value::AsDouble(usd)) = cost.data_points[0].value else { panic!("no number") };
    assert!((usd - 0.0006).abs() < 1e-9, "{usd}");
}

#[test]
fn what_is_lost_with_a_collector_that_hangs_is_telemetry_alone() {
    // Accepts, and never answers.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", silent.local_addr().unwrap());
    let mut service = start(&eager(&endpoint));
    let began = Instant::now();
    for number in 0..200 {
        assert_eq!(service.track(&EVENT.replace("\"s\"", &format!("\"s{number}\""))).status, 200);
    }
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    let began = Instant::now();
    assert!(service.terminate().success());
    assert!(began.elapsed() < Duration::from_secs(9), "{:?}", began.elapsed());
}

#[test]
fn nothing_is_exported_unless_an_endpoint_is_named_or_while_it_is_disabled() {
    let collector = Collector::start();
    let mut disabled = eager(&collector.endpoint()).to_vec();
    disabled.push(("OTEL_SDK_DISABLED", "true".to_owned()));
    for settings in [vec![], disabled] {
        let mut service = start(&settings);
        let answer = service.track(EVENT);
        assert_eq!((answer.status, answer.header("traceresponse")), (200, None));
        assert!(service.terminate().success());
    }
    assert!(collector.received.lock().unwrap().headers.is_empty());
}

#[test]
fn an_endpoint_that_is_none_is_told_at_the_start() {
    let dir = tempfile::tempdir().unwrap();
    let mut command = crate::program::command(dir.path());
    let output = command.env("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317").output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains("OTEL_EXPORTER_OTLP_ENDPOINT"), "{said}");
}
