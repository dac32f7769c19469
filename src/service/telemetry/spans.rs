//! Spans: the server's span of a request, and the client's span of the database beneath it. Names and attributes are those
//! of the semantic conventions "HTTP" and "Database"; no body, query string, identifier or address of a person is among them.

use std::time::Instant;

use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::{Span as _, SpanContext, SpanKind, Status, TraceContextExt, Tracer};
use opentelemetry::{Context, KeyValue};
use opentelemetry_http::HeaderExtractor;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{SdkTracer, Span};

use super::Telemetry;

/// A request on its way. Its context goes to the handlers as an extension of the request.
#[derive(Debug)]
pub struct RequestSpan {
    /// None where only metrics are exported.
    span: Option<Span>,
    began: Instant,
    method: &'static str,
    route: Option<&'static str>,
}

/// The request's place in its trace, for the spans beneath it.
#[derive(Debug, Clone)]
pub struct RequestContext(Context);

/// A statement on its way.
#[derive(Debug)]
pub struct StoreSpan(Span);

/// Methods that an attribute may hold; any other is `_OTHER` (semantic conventions, "HTTP spans").
const METHODS: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];

fn known_method(method: &Method) -> &'static str {
    METHODS.into_iter().find(|known| *known == method.as_str()).unwrap_or("_OTHER")
}

impl Telemetry {
    /// Begins the span of a request, beneath the caller's own where `traceparent` names one.
    pub fn request(&self, method: &Method, route: Option<&'static str>, headers: &HeaderMap) -> RequestSpan {
        let span = self.tracer.as_ref().map(|tracer| server_span(tracer, method, route, headers));
        RequestSpan { span, began: Instant::now(), method: known_method(method), route }
    }

    /// Begins the span in which an event reaches the store, beneath its request. Requests that come together share one
    /// commit: the span ends with that.
    pub fn insert(&self, beneath: &RequestContext) -> Option<StoreSpan> {
        const SUMMARY: &str = "INSERT mlops_events";
        let tracer = self.tracer.as_ref()?;
        let attributes = vec![
            KeyValue::new("db.system.name", self.database),
            KeyValue::new("db.operation.name", "INSERT"),
            KeyValue::new("db.collection.name", "mlops_events"),
            KeyValue::new("db.query.summary", SUMMARY),
        ];
        let builder = tracer.span_builder(SUMMARY);
        let builder = builder.with_kind(SpanKind::Client).with_attributes(attributes);
        Some(StoreSpan(builder.start_with_context(tracer, &beneath.0)))
    }
}

fn server_span(tracer: &SdkTracer, method: &Method, route: Option<&'static str>, headers: &HeaderMap) -> Span {
    let parent = TraceContextPropagator::new().extract_with_context(&Context::new(), &HeaderExtractor(headers));
    let method = known_method(method);
    let name = match route {
        Some(route) => format!("{method} {route}"),
        None => method.to_owned(),
    };
    let mut attributes = Vec::with_capacity(4);
    attributes.push(KeyValue::new("http.request.method", method));
    attributes.push(KeyValue::new("url.scheme", "http"));
    if let Some(route) = route {
        attributes.push(KeyValue::new("http.route", route));
    }
    let builder = tracer.span_builder(name).with_kind(SpanKind::Server).with_attributes(attributes);
    builder.start_with_context(tracer, &parent)
}

impl RequestSpan {
    /// The request's place in its trace; none where only metrics are exported.
    pub fn context(&self) -> Option<RequestContext> {
        let span = self.span.as_ref()?.span_context().clone();
        Some(RequestContext(Context::new().with_remote_span_context(span)))
    }

    /// The header by which the caller finds this request's trace (W3C Trace Context Level 2, `traceresponse`).
    pub fn response_header(&self) -> Option<HeaderValue> {
        traceparent(self.span.as_ref()?.span_context())
    }

    /// Ends the span: a 5xx is an error, a 4xx the caller's own (semantic conventions, "HTTP spans", status).
    pub fn end(mut self, status: StatusCode, telemetry: &Telemetry) {
        if let Some(span) = &mut self.span {
            span.set_attribute(KeyValue::new("http.response.status_code", i64::from(status.as_u16())));
            if status.is_server_error() {
                span.set_attribute(KeyValue::new("error.type", status.as_str().to_owned()));
                span.set_status(Status::error(""));
            }
            span.end();
        }
        telemetry.answered(self.method, self.route, status, self.began.elapsed());
    }
}

impl StoreSpan {
    /// Ends the span; `failure` is the kind of error, such as an SQLSTATE.
    pub fn end(mut self, failure: Option<&str>) {
        if let Some(kind) = failure {
            self.0.set_attribute(KeyValue::new("error.type", kind.to_owned()));
            self.0.set_status(Status::error(""));
        }
        self.0.end();
    }
}

fn traceparent(context: &SpanContext) -> Option<HeaderValue> {
    if !context.is_valid() {
        return None;
    }
    let flags = u8::from(context.is_sampled());
    HeaderValue::try_from(format!("00-{}-{}-{flags:02x}", context.trace_id(), context.span_id())).ok()
}
