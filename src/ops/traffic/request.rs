//! What is asked of the service: its health, and answers of an AI to track, as the lab does; or an event that makes it raise. As HTTP
//! and as Lambda's event.

use crate::ops::http::OutboundRequest;
use serde_json::{Value, json};

/// No HTTP event: a function behind an address fails on it, in whatever language it is written.
pub const RAISE: &str = r#"{"mlopsctl":"this event is meant to make the function raise"}"#;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrafficRequest {
    Get(&'static str),
    /// Path and JSON.
    Post(&'static str, String),
    /// An event, JSON, by Invoke only.
    Raise(String),
}

impl TrafficRequest {
    /// The nth of the usual requests: health and tracking by turns.
    pub fn usual(n: usize) -> Self {
        if n.is_multiple_of(2) { Self::Get("/health") } else { Self::Post("/track", tracked(n / 2)) }
    }

    pub fn is_raising(&self) -> bool {
        matches!(self, Self::Raise(_))
    }

    /// As HTTP, below an address.
    ///
    /// # Errors
    /// When the address is none; an event that raises cannot be sent over HTTP.
    pub fn http(&self, base: &str) -> anyhow::Result<OutboundRequest> {
        let base = base.trim_end_matches('/');
        match self {
            Self::Get(path) => OutboundRequest::get(&format!("{base}{path}")),
            Self::Post(path, body) => OutboundRequest::post(&format!("{base}{path}"), body.clone()),
            Self::Raise(_) => anyhow::bail!("an HTTP request cannot make a function raise"),
        }
    }

    /// As the event that a function gets from its address (payload format 2.0).
    pub fn event(&self) -> String {
        match self {
            Self::Get(path) => event("GET", path, None).to_string(),
            Self::Post(path, body) => event("POST", path, Some(body)).to_string(),
            Self::Raise(event) => event.clone(),
        }
    }
}

fn event(method: &str, path: &str, body: Option<&str>) -> Value {
    let mut event = json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": { "content-type": "application/json", "host": "localhost", "user-agent": "mlopsctl" },
        "requestContext": {
            "accountId": "anonymous",
            "apiId": "mlopsctl",
            "domainName": "localhost",
            "http": { "method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "mlopsctl" },
            "routeKey": "$default",
            "stage": "$default",
        },
        "isBase64Encoded": false,
    });
    if let Some(body) = body {
        event["body"] = json!(body);
    }
    event
}

/// An answer of an AI as the course's client tells of it.
fn tracked(n: usize) -> String {
    const INTENTS: [&str; 4] = ["appointment", "pricing", "services", "general"];
    const TIMES_MS: [u32; 4] = [2184, 1467, 842, 3920];
    const TOKENS: [u32; 4] = [1207, 1223, 905, 956];
    let kind = n % INTENTS.len();
    let body = json!({
        "business_id": "b7b1f0c2-5d0e-4b0a-9a59-0c6a3f1e2d41",
        "session_id": "mlopsctl",
        "response_time_ms": TIMES_MS[kind],
        "success_rate": 1,
        "tokens_used": TOKENS[kind],
        "api_cost_usd": f64::from(TOKENS[kind]) / 5e6,
        "model_name": "gemini-1.5-flash",
        "intent_detected": INTENTS[kind],
        "appointment_requested": kind == 0,
        "human_handoff_requested": false,
        "response_type": "text",
    });
    body.to_string()
}
