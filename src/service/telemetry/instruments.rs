//! Metrics under the semantic conventions "HTTP" and "Generative AI", and two of the service's own where those have none.
//! Attributes have few values: no business, session or conversation is among them.

use std::time::Duration;

use axum::http::StatusCode;
use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Histogram, MeterProvider};
use opentelemetry_sdk::metrics::SdkMeterProvider;

use super::{SCOPE, Telemetry};
use crate::event::TrackEvent;

/// Buckets that the conventions advise: seconds of requests, tokens, seconds of generation.
const REQUEST_SECONDS: [f64; 14] = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];
const TOKENS: [f64; 14] = [
    1.0,
    4.0,
    16.0,
    64.0,
    256.0,
    1_024.0,
    4_096.0,
    16_384.0,
    65_536.0,
    262_144.0,
    1_048_576.0,
    4_194_304.0,
    16_777_216.0,
    67_108_864.0,
];
const OPERATION_SECONDS: [f64; 14] =
    [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];

#[derive(Debug)]
pub struct Instruments {
    requests: Histogram<f64>,
    tokens: Histogram<u64>,
    operations: Histogram<f64>,
    cost: Counter<f64>,
    undivided: Counter<u64>,
}

impl Instruments {
    pub fn new(provider: &SdkMeterProvider) -> Self {
        let meter = provider.meter(SCOPE);
        Self {
            requests: meter
                .f64_histogram("http.server.request.duration")
                .with_unit("s")
                .with_description("Duration of HTTP server requests.")
                .with_boundaries(REQUEST_SECONDS.to_vec())
                .build(),
            tokens: meter
                .u64_histogram("gen_ai.client.token.usage")
                .with_unit("{token}")
                .with_description("Number of input and output tokens used.")
                .with_boundaries(TOKENS.to_vec())
                .build(),
            operations: meter
                .f64_histogram("gen_ai.client.operation.duration")
                .with_unit("s")
                .with_description("GenAI operation duration.")
                .with_boundaries(OPERATION_SECONDS.to_vec())
                .build(),
            cost: meter
                .f64_counter("mlops.gen_ai.cost")
                .with_unit("USD")
                .with_description("Cost of AI answers as the client computed it.")
                .build(),
            undivided: meter
                .u64_counter("mlops.gen_ai.tokens")
                .with_unit("{token}")
                .with_description(
                    "All tokens of AI answers, also where the client did not divide them into input and output.",
                )
                .build(),
        }
    }
}

impl Telemetry {
    pub(super) fn answered(
        &self,
        method: &'static str,
        route: Option<&'static str>,
        status: StatusCode,
        took: Duration,
    ) {
        let Some(instruments) = &self.instruments else { return };
        let mut attributes = Vec::with_capacity(5);
        attributes.push(KeyValue::new("http.request.method", method));
        attributes.push(KeyValue::new("url.scheme", "http"));
        attributes.push(KeyValue::new("http.response.status_code", i64::from(status.as_u16())));
        if let Some(route) = route {
            attributes.push(KeyValue::new("http.route", route));
        }
        if status.is_server_error() {
            attributes.push(KeyValue::new("error.type", status.as_str().to_owned()));
        }
        instruments.requests.record(took.as_secs_f64(), &attributes);
    }

    /// Records one AI answer. Of model names beyond a few thousand the SDK keeps one sum (its cardinality limit).
    pub fn generated(&self, event: &TrackEvent) {
        let Some(instruments) = &self.instruments else { return };
        let mut attributes = Vec::with_capacity(5);
        attributes.push(KeyValue::new("gen_ai.operation.name", "chat"));
        attributes.push(KeyValue::new("gen_ai.request.model", event.model_name.to_string()));
        attributes.push(KeyValue::new("gen_ai.provider.name", provider(&event.model_name)));
        let tokens = |count: i32| u64::try_from(count).unwrap_or(0);
        instruments.undivided.add(tokens(event.tokens_used), &attributes);
        if let Some(micros) = event.cost_micros {
            instruments.cost.add(micros as f64 / 1e6, &attributes);
        }
        for (kind, count) in [("input", event.prompt_tokens), ("output", event.completion_tokens)] {
            if let Some(count) = count {
                attributes.push(KeyValue::new("gen_ai.token.type", kind));
                instruments.tokens.record(tokens(count), &attributes);
                attributes.pop();
            }
        }
        if event.success_rate == Some(0.0) {
            attributes.push(KeyValue::new("error.type", "_OTHER"));
        }
        instruments.operations.record(f64::from(event.response_time_ms) / 1e3, &attributes);
    }
}

/// `gen_ai.provider.name` of a model's family, by the values that the conventions list; `_OTHER` where the name is of none.
fn provider(model: &str) -> &'static str {
    const FAMILIES: [(&str, &str); 9] = [
        ("gemini", "gcp.gemini"),
        ("gpt-", "openai"),
        ("o1", "openai"),
        ("o3", "openai"),
        ("claude", "anthropic"),
        ("mistral", "mistral_ai"),
        ("command", "cohere"),
        ("deepseek", "deepseek"),
        ("grok", "x_ai"),
    ];
    let family = FAMILIES.into_iter().find(|(prefix, _)| model.starts_with(prefix));
    family.map_or("_OTHER", |(_, provider)| provider)
}
