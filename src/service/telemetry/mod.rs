//! OpenTelemetry, off unless an OTLP endpoint is named: a span a request and one for the database beneath it, and metrics
//! under the HTTP and GenAI semantic conventions. Never stops or slows an answer: what cannot be exported is dropped.

mod exporter;
mod instruments;
mod settings;
mod spans;

pub use settings::TelemetrySettings;
pub use spans::{RequestContext, RequestSpan};

use std::time::Duration;

use anyhow::Context as _;
use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{MetricExporter, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};

use exporter::OtlpClient;
use instruments::Instruments;

/// Name of the instrumentation scope.
const SCOPE: &str = "mlops-service";
/// How long a stop waits for what has not been exported yet.
const LAST_EXPORT: Duration = Duration::from_secs(3);

/// The exporters of one process. Spans and metrics are made by the methods in `spans` and `instruments`.
#[derive(Debug)]
pub struct Telemetry {
    traces: Option<SdkTracerProvider>,
    metrics: Option<SdkMeterProvider>,
    tracer: Option<SdkTracer>,
    instruments: Option<Instruments>,
    database: &'static str,
}

impl Telemetry {
    /// Starts what the configuration asks for; `None` where it names no endpoint. `database` is the
    /// `db.system.name` of the store (semantic conventions, "Database").
    ///
    /// # Errors
    /// When the exporter's thread cannot be started.
    pub fn start(config: &TelemetrySettings, database: &'static str) -> anyhow::Result<Option<Self>> {
        if config.traces.is_none() && config.metrics.is_none() {
            return Ok(None);
        }
        let client = OtlpClient::start(config.timeout)?;
        // The builder reads `OTEL_RESOURCE_ATTRIBUTES` by itself.
        let resource = Resource::builder()
            .with_service_name(config.service_name.clone())
            .with_attributes([
                KeyValue::new("service.version", crate::VERSION),
                KeyValue::new("deployment.environment.name", config.environment.clone()),
            ])
            .build();
        let traces = match &config.traces {
            None => None,
            Some(endpoint) => {
                let exporter = SpanExporter::builder().with_http().with_http_client(client.clone());
                let exporter = exporter.with_endpoint(endpoint).with_timeout(config.timeout);
                let exporter = exporter.with_headers(config.headers.clone()).build();
                let exporter = exporter.context("the exporter of traces cannot be made")?;
                // The sampler and the batch's limits come from the specification's own variables (OTEL_TRACES_SAMPLER, OTEL_BSP_...).
                Some(SdkTracerProvider::builder().with_resource(resource.clone()).with_batch_exporter(exporter).build())
            }
        };
        let metrics = match &config.metrics {
            None => None,
            Some(endpoint) => {
                let exporter = MetricExporter::builder().with_http().with_http_client(client);
                let exporter = exporter.with_endpoint(endpoint).with_timeout(config.timeout);
                let exporter = exporter.with_headers(config.headers.clone()).build();
                let exporter = exporter.context("the exporter of metrics cannot be made")?;
                Some(SdkMeterProvider::builder().with_resource(resource).with_periodic_exporter(exporter).build())
            }
        };
        Ok(Some(Self {
            tracer: traces.as_ref().map(|provider| provider.tracer(SCOPE)),
            instruments: metrics.as_ref().map(Instruments::new),
            traces,
            metrics,
            database,
        }))
    }

    /// Exports what waits, now: Lambda freezes the process between two events. Blocks; not for a thread that serves.
    pub fn flush(&self) {
        // A collector that is away has been dropped from already; the next flush tries again.
        let _ = self.traces.as_ref().map(SdkTracerProvider::force_flush);
        let _ = self.metrics.as_ref().map(SdkMeterProvider::force_flush);
    }

    /// Exports what waits and ends the exporters. Blocks for a few seconds at most.
    pub fn stop(&self) {
        let _ = self.traces.as_ref().map(|provider| provider.shutdown_with_timeout(LAST_EXPORT));
        let _ = self.metrics.as_ref().map(|provider| provider.shutdown_with_timeout(LAST_EXPORT));
    }
}
