//! What the service says of itself: the contract's two health pages, the orchestrators' two.

use axum::http::StatusCode;
use serde_json::json;

use super::rate::COURSE;
use super::{AppRef, ServiceResponse};
use crate::clock;
use crate::config::Rate;
use crate::metrics::{process, round2};

const SERVICE: &str = "mlops-service-prometheus";

pub async fn health(app: AppRef) -> ServiceResponse {
    ServiceResponse::ok(&json!({
        "status": "healthy",
        "service": SERVICE,
        "timestamp": clock::iso(clock::now()),
        "monitoring": "prometheus",
        "metrics_endpoint": "/metrics",
        "prometheus_port": app.prometheus_port.to_string(),
        "security": security(&app),
    }))
}

pub async fn detailed(app: AppRef) -> ServiceResponse {
    let connected = app.store.ping().await;
    let uptime = app.process.uptime().as_secs_f64();
    let requests = app.ledger.requests.statistics();
    let memory_mb = process::memory().map_or(0.0, |memory| memory.resident as f64 / f64::from(1 << 20));
    ServiceResponse::ok(&json!({
        "status": if connected { "healthy" } else { "degraded" },
        "service": SERVICE,
        "version": crate::VERSION,
        "timestamp": clock::iso(clock::now()),
        "environment": app.environment,
        "uptime": {
            "seconds": round2(uptime),
            "hours": round2(uptime / 3600.0),
            "days": round2(uptime / 86_400.0),
            "started_at": clock::iso(app.process.started_at()),
        },
        "system": {
            "memory_usage_mb": round2(memory_mb),
            "cpu_percent": round2(app.process.cpu_percent()),
            "process_id": std::process::id(),
        },
        "requests": {
            "total": requests.total,
            "failed": requests.failed,
            "error_rate_percent": requests.error_rate_percent,
            "last_request": requests.last.map(clock::iso),
        },
        "health_checks": {
            "database_connected": connected,
            "prometheus_enabled": true,
            "metrics_tracking": "active",
        },
        "endpoints": {
            "metrics": "/metrics",
            "health": "/health",
            "detailed_health": "/health/detailed",
            "track": "/track",
            "analytics": "/analytics/<business_id>",
        },
    }))
}

/// What Lab 10 looks at: whether a key is asked for, and how often a client may come.
fn security(app: &AppRef) -> serde_json::Value {
    let limits: serde_json::Map<String, serde_json::Value> = match app.rates {
        Rate::Unlimited => serde_json::Map::new(),
        Rate::PerSecond(rate) => [("default".to_owned(), format!("{rate} per 1 second").into())].into_iter().collect(),
        Rate::Course => COURSE.iter().map(|(route, _, _, words)| ((*route).to_owned(), (*words).into())).collect(),
    };
    json!({
        "api_key_required": app.key.is_some(),
        "rate_limiting": if limits.is_empty() { "disabled" } else { "enabled" },
        "rate_limits": limits,
    })
}

/// The process answers: nothing more is asked.
pub async fn live() -> ServiceResponse {
    ServiceResponse::ok(&json!({ "status": "alive" }))
}

/// Ready as long as events can be kept somewhere, and the counts are whole: a lost database alone is no reason to send nobody here.
pub async fn ready(app: AppRef) -> ServiceResponse {
    let status = app.store.status();
    let ready = status.settled() && (status.connected() || status.dropped() == 0);
    let body = json!({
        "status": if ready { "ready" } else { "not ready" },
        "restoring": !status.settled(),
        "database_connected": status.connected(),
        "spooled_events": status.spooled(),
        "dropped_events": status.dropped(),
    });
    ServiceResponse::new(if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, &body)
}
