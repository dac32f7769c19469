//! Payload format 2.0, which function URLs and HTTP APIs share: event to request, response to envelope. Source: AWS
//! Lambda developer guide, "Request and response payloads"; Amazon API Gateway guide, "HTTP API Lambda integrations".

use std::collections::BTreeMap;
use std::net::IpAddr;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Method};
use axum::response::Response;
use http_body_util::BodyExt;
use serde::Deserialize;
use serde_json::json;

use crate::base64;

/// What an event is.
pub enum Invocation {
    Http {
        request: Box<Request>,
        client: Option<IpAddr>,
    },
    /// A schedule that keeps the function warm: nothing to do, nothing to count.
    Warmer,
    Unknown,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LambdaPayload {
    raw_path: String,
    // Gateways and emulators leave out what is empty, or say null.
    raw_query_string: Option<String>,
    headers: Option<BTreeMap<String, String>>,
    request_context: Context,
    body: Option<String>,
    is_base64_encoded: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Context {
    http: PayloadHttp,
    stage: Option<String>,
    route_key: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PayloadHttp {
    method: String,
    source_ip: Option<String>,
}

#[derive(Deserialize)]
struct Warmer {
    source: Option<String>,
    #[serde(default)]
    warmer: bool,
}

impl Invocation {
    /// Reads an event; `function` is the function's name, which API Gateway puts into the path.
    pub fn parse(event: &[u8], function: &str) -> Self {
        if let Ok(event) = serde_json::from_slice::<LambdaPayload>(event) {
            return event.request(function).unwrap_or(Self::Unknown);
        }
        let warms = |warmer: Warmer| {
            let source = warmer.source.unwrap_or_default();
            warmer.warmer || source == "aws.events" || source == "aws.scheduler" || source == "serverless-plugin-warmup"
        };
        match serde_json::from_slice::<Warmer>(event).map(warms) {
            Ok(true) => Self::Warmer,
            _ => Self::Unknown,
        }
    }
}

impl LambdaPayload {
    fn request(self, function: &str) -> Option<Invocation> {
        let path = strip(&self.raw_path, &self.request_context, function);
        let query = self.raw_query_string.filter(|query| !query.is_empty()).map(|query| format!("?{query}"));
        let body = match self.body {
            Some(body) if self.is_base64_encoded == Some(true) => base64::decode(&body)?,
            Some(body) => body.into_bytes(),
            None => Vec::new(),
        };
        let mut request = Request::builder()
            .method(Method::from_bytes(self.request_context.http.method.as_bytes()).ok()?)
            .uri(format!("{}{}", encode(path), encode(&query.unwrap_or_default())))
            .body(Body::from(body))
            .ok()?;
        for (name, value) in self.headers.unwrap_or_default() {
            // The body's real length is known; what the gateway was sent may have been base64.
            if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::try_from(value))
                && name != "content-length"
            {
                request.headers_mut().append(name, value);
            }
        }
        let client = self.request_context.http.source_ip.and_then(|ip| ip.parse().ok());
        Some(Invocation::Http { request: Box::new(request), client })
    }
}

/// Takes off what API Gateway puts before the service's own paths: the stage (unless it is `$default`), then the
/// route's fixed part when the rest of the route is a `{proxy+}`, or the function's name.
fn strip<'a>(path: &'a str, context: &Context, function: &str) -> &'a str {
    let route = context.route_key.as_deref().and_then(|key| key.split_once(' ')).map_or("", |(_, route)| route);
    let fixed = route.split_once("/{proxy").map_or("", |(fixed, _)| fixed);
    let mut path = path;
    for prefix in [context.stage.as_deref().unwrap_or_default(), fixed.trim_matches('/'), function] {
        let rest = path.strip_prefix('/').and_then(|path| path.strip_prefix(prefix));
        match rest {
            _ if prefix.is_empty() || prefix == "$default" => {}
            Some("") => path = "/",
            Some(rest) if rest.starts_with('/') => path = rest,
            _ => {}
        }
    }
    path
}

/// A decoded path or query as a URI takes it; what is encoded already stays.
fn encode(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut out, byte| {
        if byte.is_ascii_graphic() && !b"\"<>\\^`{|}#".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out += &format!("%{byte:02X}");
        }
        out
    })
}

/// The answer as Lambda wants it. Every body of the service is text.
///
/// # Errors
/// When the body is none: a mistake in the service, for Lambda to count.
pub async fn envelope(response: Response) -> Result<String, String> {
    let (parts, body) = response.into_parts();
    let body = body.collect().await.map_err(|error| error.to_string())?.to_bytes();
    let body = std::str::from_utf8(&body).map_err(|error| error.to_string())?;
    let mut headers = BTreeMap::<&str, String>::new();
    for (name, value) in &parts.headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        headers
            .entry(name.as_str())
            .and_modify(|values| *values = format!("{values}, {value}"))
            .or_insert_with(|| value.into_owned());
    }
    Ok(answer(parts.status.as_u16(), &headers, body))
}

/// An envelope with every field that some reader insists on.
pub fn answer(status: u16, headers: &BTreeMap<&str, String>, body: &str) -> String {
    json!({
        "statusCode": status,
        "headers": headers,
        "multiValueHeaders": {},
        "cookies": [],
        "body": body,
        "isBase64Encoded": false,
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(path: &str, stage: &str, route: &str) -> Vec<u8> {
        json!({
            "version": "2.0",
            "routeKey": route,
            "rawPath": path,
            "rawQueryString": "a=b c",
            "headers": { "content-type": "application/json", "content-length": "999", "x-api-key": "k" },
            "requestContext": {
                "http": { "method": "POST", "path": path, "sourceIp": "203.0.113.9" }, "stage": stage, "routeKey": route
            },
            "body": "eyJhIjoxfQ==",
            "isBase64Encoded": true,
        })
        .to_string()
        .into_bytes()
    }

    fn path_of(path: &str, stage: &str, route: &str) -> String {
        match Invocation::parse(&event(path, stage, route), "mlops-service-lambda") {
            Invocation::Http { request, .. } => request.uri().path().to_owned(),
            _ => panic!("{path} was no request"),
        }
    }

    #[test]
    fn stages_and_route_prefixes_go() {
        for (path, stage, route, wanted) in [
            ("/default/mlops-service-lambda/health", "default", "ANY /mlops-service-lambda/{proxy+}", "/health"),
            ("/default/mlops-service-lambda/health", "default", "$default", "/health"),
            ("/default/mlops-service-lambda", "default", "ANY /mlops-service-lambda", "/"),
            ("/mlops-service-lambda/track", "$default", "ANY /mlops-service-lambda/{proxy+}", "/track"),
            ("/prod/api/v1/health/detailed", "prod", "GET /api/v1/{proxy+}", "/health/detailed"),
            ("/health", "$default", "$default", "/health"),
            ("/health", "$default", "GET /health", "/health"),
            ("/analytics/x", "$default", "GET /analytics/{business_id}", "/analytics/x"),
            ("/defaultx/health", "default", "$default", "/defaultx/health"),
        ] {
            assert_eq!(path_of(path, stage, route), wanted, "{path} {stage} {route}");
        }
        assert_eq!(path_of("/analytics/a b", "$default", "$default"), "/analytics/a%20b");
    }

    #[tokio::test]
    async fn the_request_is_whole() {
        let Invocation::Http { request, client } = Invocation::parse(&event("/track", "$default", "$default"), "f")
        else {
            panic!("no request")
        };
        assert_eq!(request.uri(), "/track?a=b%20c");
        assert_eq!((request.method(), client), (&Method::POST, "203.0.113.9".parse().ok()));
        assert_eq!(request.headers().get("x-api-key").unwrap(), "k");
        assert!(!request.headers().contains_key("content-length"));
        assert_eq!(&request.into_body().collect().await.unwrap().to_bytes()[..], b"{\"a\":1}");
    }

    #[test]
    fn warmers_and_strangers() {
        for warmer in [
            json!({"version":"0","id":"x","detail-type":"Scheduled Event","source":"aws.events","detail":{}}),
            json!({"source":"aws.scheduler"}),
            json!({"warmer": true}),
        ] {
            assert!(matches!(Invocation::parse(warmer.to_string().as_bytes(), "f"), Invocation::Warmer), "{warmer}");
        }
        for stranger in ["{}", "[]", "\"x\"", "{\"source\":\"aws.s3\"}", "{\"rawPath\":5}", ""] {
            assert!(matches!(Invocation::parse(stranger.as_bytes(), "f"), Invocation::Unknown), "{stranger}");
        }
    }

    #[tokio::test]
    async fn the_envelope_joins_headers() {
        let mut response = Response::new(Body::from("{}"));
        response.headers_mut().append("vary", HeaderValue::from_static("a"));
        response.headers_mut().append("vary", HeaderValue::from_static("b"));
        let envelope: serde_json::Value = serde_json::from_str(&envelope(response).await.unwrap()).unwrap();
        assert_eq!((&envelope["statusCode"], &envelope["headers"]), (&json!(200), &json!({"vary": "a, b"})));
        assert_eq!((&envelope["body"], &envelope["isBase64Encoded"]), (&json!("{}"), &json!(false)));
    }
}
