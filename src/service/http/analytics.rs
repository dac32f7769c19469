//! What is asked of the database: the sums of one business, and all sums anew.

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::{HeaderMap, StatusCode};
use serde_json::json;

use super::{AppRef, ServiceResponse};
use crate::clock;

pub async fn analytics(
    app: AppRef,
    headers: HeaderMap,
    business_id: Result<Path<String>, PathRejection>,
) -> Result<ServiceResponse, ServiceResponse> {
    app.authorise(&headers)?;
    let refused =
        || ServiceResponse::error(StatusCode::BAD_REQUEST, "business_id must be 1 to 255 characters of UTF-8");
    let Path(business_id) = business_id.map_err(|_| refused())?;
    if business_id.trim().is_empty() || business_id.chars().count() > 255 || business_id.chars().any(char::is_control) {
        return Err(refused());
    }
    let metrics = app.store.analytics(business_id.clone()).await.ok_or_else(|| {
        ServiceResponse::error(StatusCode::SERVICE_UNAVAILABLE, "The database cannot be asked now, try again later")
    })?;
    Ok(ServiceResponse::ok(&json!({
        "business_id": business_id,
        "period": "30_days",
        "metrics": metrics,
        "monitoring": "prometheus",
        "prometheus_metrics_url": "/metrics",
        "timestamp": clock::iso(clock::now()),
    })))
}

/// The body is ignored: clients send `{"trigger":"new_metrics"}`.
pub async fn refresh(app: AppRef, headers: HeaderMap) -> Result<ServiceResponse, ServiceResponse> {
    app.authorise(&headers)?;
    let (status, message) = if app.store.refresh().await {
        ("success", "Prometheus metrics refreshed from database")
    } else {
        ("warning", "Could not fetch from database, using current metrics")
    };
    Ok(ServiceResponse::ok(&json!({ "status": status, "message": message, "timestamp": clock::iso(clock::now()) })))
}
