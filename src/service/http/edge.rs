//! What every request passes on its way in and out: its id, the stage prefix, the rate limit, the time limit, CORS,
//! security headers, one log line. No route is known here but by name.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::Request;
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use tower::ServiceExt;

use super::rate::RateDecision;
use super::{ANALYTICS, ROUTES, ServiceApp, ServiceResponse, answer, networks};
use crate::clock::{self, MICROS_PER_SECOND};
use crate::config::Rate;
use crate::log::{self, Field, ServiceLogLevel};
use crate::telemetry::RequestSpan;
use crate::timer::within;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const TRACE_RESPONSE: HeaderName = HeaderName::from_static("traceresponse");
/// On every answer; the dashboard brings a policy of its own.
const SECURITY: [(HeaderName, HeaderValue); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; base-uri 'none'; frame-ancestors 'none'"),
    ),
];

impl ServiceApp {
    /// Answers one request. `client` is who is limited, where that is known.
    pub async fn call(self: &Arc<Self>, mut request: Request, client: Option<IpAddr>) -> Response {
        let began = Instant::now();
        let id = request_id(request.headers());
        let trace = log::enabled(ServiceLogLevel::Info).then(|| trace(request.headers())).flatten();
        let method = request.method().clone();
        let cors = Cors::of(&request, self.origins.as_deref());
        if let Some(prefix) = &self.base_path {
            strip(request.uri_mut(), prefix);
        }
        merge_slashes(request.uri_mut());
        let route = route_of(request.uri().path());
        let telemetry = self.telemetry.as_deref();
        let span =
            telemetry.map(|telemetry| telemetry.request(&method, route.map(|(path, _)| *path), request.headers()));
        if let Some(context) = span.as_ref().and_then(RequestSpan::context) {
            request.extensions_mut().insert(context);
        }

        let verdict = match client {
            Some(peer) if self.rates != Rate::Unlimited && method != Method::OPTIONS => {
                let client = networks::client(peer, request.headers(), &self.trusted_proxies);
                self.rate.take(client, route.map_or("", |(route, _)| route), began)
            }
            _ => RateDecision::Free,
        };
        let mut response = match verdict {
            RateDecision::TooMany { wait } => {
                let answer = ServiceResponse::error(StatusCode::TOO_MANY_REQUESTS, "Too many requests, slow down");
                too_many(answer, wait)
            }
            RateDecision::Spent { reset, words, .. } => {
                let body = json!({ "error": "429 Too Many Requests", "message": words });
                too_many(ServiceResponse::new(StatusCode::TOO_MANY_REQUESTS, &body), reset)
            }
            _ if method == Method::OPTIONS => options(route),
            _ => match within(self.request_time, self.router.clone().oneshot(request)).await {
                Some(Ok(response)) => response,
                Some(Err(never)) => match never {},
                None => {
                    ServiceResponse::error(StatusCode::SERVICE_UNAVAILABLE, "The answer took too long").into_response()
                }
            },
        };
        response.headers_mut().reserve(SECURITY.len() + 7);
        tell_limit(verdict, response.headers_mut());
        cors.grant(response.headers_mut());
        for (name, value) in &SECURITY {
            if !response.headers().contains_key(name) {
                response.headers_mut().insert(name, value.clone());
            }
        }
        log_request(&method, route, response.status(), began, &id, trace.as_deref());
        if let Some((span, telemetry)) = span.zip(telemetry) {
            if let Some(trace) = span.response_header() {
                response.headers_mut().insert(TRACE_RESPONSE, trace);
            }
            span.end(response.status(), telemetry);
        }
        if let Ok(id) = HeaderValue::try_from(id) {
            response.headers_mut().insert(REQUEST_ID, id);
        }
        response
    }
}

/// The path's name among the routes; nothing of a path that is none, because it may hold anything.
fn route_of(path: &str) -> Option<&'static (&'static str, &'static str)> {
    let analytics = path.strip_prefix("/analytics/").is_some_and(|rest| !rest.is_empty() && !rest.contains('/'));
    let wanted = if analytics { ANALYTICS } else { path };
    ROUTES.iter().find(|(route, _)| *route == wanted)
}

fn options(route: Option<&(&str, &'static str)>) -> Response {
    let Some((_, methods)) = route else { return answer::not_found().into_response() };
    let mut response = Response::new(Body::empty());
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(methods));
    response
}

fn too_many(answer: ServiceResponse, wait: Duration) -> Response {
    let mut response = answer.into_response();
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait.as_secs_f64().ceil().max(1.0) as u64));
    response
}

/// The course's three headers, as Flask-Limiter writes them: the reset is a moment in seconds since 1970.
fn tell_limit(verdict: RateDecision, headers: &mut HeaderMap) {
    let (limit, left, reset) = match verdict {
        RateDecision::Free | RateDecision::TooMany { .. } => return,
        RateDecision::Counted { limit, left, reset } => (limit, left, reset),
        RateDecision::Spent { limit, reset, .. } => (limit, 0, reset),
    };
    let at = (clock::now() / MICROS_PER_SECOND).unsigned_abs() + reset.as_secs_f64().ceil() as u64;
    headers.insert("x-ratelimit-limit", HeaderValue::from(limit));
    headers.insert("x-ratelimit-remaining", HeaderValue::from(left));
    headers.insert("x-ratelimit-reset", HeaderValue::from(at));
}

/// Takes `prefix` off the path, when it is there as whole segments.
pub fn strip(uri: &mut Uri, prefix: &str) {
    let Some(rest) = uri.path().strip_prefix(prefix) else { return };
    let path = match rest {
        "" => "/",
        rest if rest.starts_with('/') => rest,
        _ => return,
    };
    *uri = with_path(uri, path);
}

/// Leaves one of several slashes that a path begins with: clients put `/track` behind an address that ends with a slash.
fn merge_slashes(uri: &mut Uri) {
    if uri.path().starts_with("//") {
        *uri = with_path(uri, &format!("/{}", uri.path().trim_start_matches('/')));
    }
}

/// The address with another path, where that can be one.
fn with_path(uri: &Uri, path: &str) -> Uri {
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = PathAndQuery::try_from(format!("{path}{query}")).ok();
    Uri::from_parts(parts).unwrap_or_else(|_| uri.clone())
}

/// The client's own id when it is a plain one, else a new one.
fn request_id(headers: &HeaderMap) -> String {
    let plain = |id: &&str| {
        (1..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    match headers.get(REQUEST_ID).and_then(|id| id.to_str().ok()).filter(plain) {
        Some(id) => id.to_owned(),
        None => {
            const HEX: &[u8; 16] = b"0123456789abcdef";
            let bits = fastrand::u128(..);
            (0..32).map(|place| char::from(HEX[(bits >> (4 * place) & 15) as usize])).collect()
        }
    }
}

/// The trace id of a W3C `traceparent`: `00-<32 hex>-<16 hex>-<2 hex>`, neither id all zeros.
fn trace(headers: &HeaderMap) -> Option<String> {
    let given = headers.get("traceparent")?.to_str().ok()?;
    let mut parts = given.split('-');
    let (version, trace, parent, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let hex = |text: &str, length| {
        text.len() == length && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    };
    let valid = hex(version, 2)
        && version != "ff"
        && hex(trace, 32)
        && hex(parent, 16)
        && hex(flags, 2)
        && (version != "00" || parts.next().is_none());
    let zero = |text: &str| text.bytes().all(|byte| byte == b'0');
    (valid && !zero(trace) && !zero(parent)).then(|| trace.to_owned())
}

fn log_request(
    method: &Method,
    route: Option<&(&str, &str)>,
    status: StatusCode,
    began: Instant,
    id: &str,
    trace: Option<&str>,
) {
    let level = match status.as_u16() {
        500.. => ServiceLogLevel::Error,
        400.. => ServiceLogLevel::Warning,
        _ => ServiceLogLevel::Info,
    };
    if !log::enabled(level) {
        return;
    }
    let known = [Method::GET, Method::HEAD, Method::POST, Method::OPTIONS, Method::PUT, Method::DELETE, Method::PATCH];
    let fields = [
        ("method", Field::Text(known.iter().find(|known| *known == method).map_or("other", Method::as_str))),
        ("route", Field::Text(route.map_or("unmatched", |(path, _)| path))),
        ("status", Field::Number(status.as_u16().into())),
        ("duration_ms", Field::Millis(began.elapsed())),
        ("request_id", Field::Text(id)),
        ("trace_id", Field::Text(trace.unwrap_or_default())),
    ];
    log::line(level, "request", &fields[..fields.len() - usize::from(trace.is_none())]);
}

/// What the contract says to browsers of other origins.
struct Cors {
    origin: Option<HeaderValue>,
    /// Whether pages of this origin may read the answer.
    allowed: bool,
    preflight: bool,
    asked: Option<HeaderValue>,
}

impl Cors {
    fn of(request: &Request, origins: Option<&[String]>) -> Self {
        let header = |name: HeaderName| request.headers().get(name).cloned();
        let origin = header(header::ORIGIN);
        let listed =
            |origins: &[String]| origin.as_ref().is_some_and(|origin| origins.iter().any(|known| origin == known));
        Self {
            allowed: origins.is_none_or(listed),
            origin,
            preflight: request.method() == Method::OPTIONS
                && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD),
            asked: header(header::ACCESS_CONTROL_REQUEST_HEADERS),
        }
    }

    fn grant(self, headers: &mut HeaderMap) {
        let any = self.origin.is_none();
        if !self.allowed {
            headers.append(header::VARY, HeaderValue::from_static("Origin"));
            return;
        }
        let origin = self.origin.unwrap_or(HeaderValue::from_static("*"));
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        if !any {
            headers.append(header::VARY, HeaderValue::from_static("Origin"));
        }
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("X-Request-Id"));
        if self.preflight {
            let methods = HeaderValue::from_static("GET, HEAD, POST, OPTIONS");
            headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
            if let Some(asked) = self.asked {
                headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, asked);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_goes_as_whole_segments_only() {
        let cases = [
            ("/default/fn/health?x=1", "/health?x=1"),
            ("/default/fn", "/"),
            ("/default/fn/", "/"),
            ("/default/fnx/health", "/default/fnx/health"),
            ("/health", "/health"),
            ("/default/fn//track?x=//1", "/track?x=//1"),
            ("///health", "/health"),
            ("/analytics//a", "/analytics//a"),
        ];
        for (given, wanted) in cases {
            let mut uri: Uri = given.parse().unwrap();
            strip(&mut uri, "/default/fn");
            merge_slashes(&mut uri);
            assert_eq!(uri.to_string(), wanted, "{given}");
        }
    }

    #[test]
    fn ids_are_taken_over_only_when_plain() {
        let with = |name: &'static str, value: &str| {
            HeaderMap::from_iter([(HeaderName::from_static(name), value.parse().unwrap())])
        };
        assert_eq!(request_id(&with("x-request-id", "abc-1.2_3")), "abc-1.2_3");
        for odd in ["", "a b", "<script>", &"x".repeat(65)] {
            assert_eq!(request_id(&with("x-request-id", odd)).len(), 32, "{odd}");
        }
        let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        assert_eq!(trace(&with("traceparent", good)).as_deref(), Some("4bf92f3577b34da6a3ce929d0e0e4736"));
        for bad in [
            "00-0-0-0",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            &good.to_uppercase(),
            &format!("{good}-x"),
        ] {
            assert_eq!(trace(&with("traceparent", bad)), None, "{bad}");
        }
    }

    #[test]
    fn paths_have_names() {
        assert_eq!(route_of("/analytics/x").map(|route| route.0), Some(ANALYTICS));
        for none in ["/health/", "/analytics/", "/analytics/a/b", "/analytics", "//", "/Health", ""] {
            assert!(route_of(none).is_none(), "{none}");
        }
    }
}
