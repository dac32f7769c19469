//! What the service says of itself: the contract's two health pages, the orchestrators' two, the charts, the metrics.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::{Answer, App, AppRef, answer};
use crate::clock;
use crate::log::{self, Field};
use crate::metrics::exposition::{self, Source};
use crate::metrics::history::round2;
use crate::metrics::process;

const SERVICE: &str = "mlops-service-prometheus";

pub async fn health(app: AppRef) -> Answer {
    Answer::ok(&json!({
        "status": "healthy",
        "service": SERVICE,
        "timestamp": clock::iso(clock::now()),
        "monitoring": "prometheus",
        "metrics_endpoint": "/metrics",
        "prometheus_port": app.prometheus_port.to_string(),
    }))
}

pub async fn detailed(app: AppRef) -> Answer {
    let connected = app.store.ping().await;
    let uptime = app.process.uptime().as_secs_f64();
    let requests = app.ledger.requests.statistics();
    let memory_mb = process::memory().map_or(0.0, |memory| memory.resident as f64 / f64::from(1 << 20));
    Answer::ok(&json!({
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

/// The last hour by minute, and the sums of the dashboard's cards.
pub async fn history(app: AppRef) -> Answer {
    let minutes = app.ledger.history().minutes(clock::now());
    let (sums, events) = {
        let totals = app.ledger.totals();
        (totals.sums(), totals.events)
    };
    Answer::ok(&json!({
        "timestamp": clock::iso(clock::now()),
        "totals": {
            "conversations": events,
            "tokens": sums.tokens,
            "api_cost_usd": sums.cost_micros as f64 / 1e6,
            "appointments_requested": sums.requested,
            "appointments_booked": sums.booked,
            "human_handoffs": sums.handoffs,
        },
        "minutes": minutes,
    }))
}

/// The process answers: nothing more is asked.
pub async fn live() -> Answer {
    Answer::ok(&json!({ "status": "alive" }))
}

/// Ready as long as events can be kept somewhere: a lost database alone is no reason to send nobody here.
pub async fn ready(app: AppRef) -> Answer {
    let status = app.store.status();
    let keeps = status.connected() || status.dropped() == 0;
    let body = json!({
        "status": if keeps { "ready" } else { "not ready" },
        "database_connected": status.connected(),
        "spooled_events": status.spooled(),
        "dropped_events": status.dropped(),
    });
    Answer::new(if keeps { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, &body)
}

pub async fn metrics(app: AppRef) -> Response {
    metrics_only(&app)
}

/// The exposition, for both listeners.
pub fn metrics_only(app: &App) -> Response {
    let rendered = exposition::render(&Source {
        totals: &app.ledger.totals(),
        requests: &app.ledger.requests,
        process: &app.process,
        store: app.store.status(),
    });
    match rendered {
        Ok(text) => {
            let mut response = text.into_response();
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(exposition::CONTENT_TYPE));
            response
        }
        Err(error) => {
            log::error("cannot render the metrics", &[("error", Field::Text(&error.to_string()))]);
            answer::internal().into_response()
        }
    }
}
