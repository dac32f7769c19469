//! The service behind an address, as its own health checks tell it: the last part of the lab's troubleshooting list.

use crate::ops::http::{HttpClient, HttpError, HttpResponse};
use serde::Serialize;
use serde_json::Value;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(20);

/// What the service answered, page by page.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Looked {
    pub url: String,
    pub health: ServicePage,
    pub detailed: ServicePage,
    pub dashboard: ServicePage,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ServicePage {
    /// The status and, where it was JSON, the body.
    Answered { status: u16, body: Option<Value> },
    /// Why there was no answer, and what to do.
    Silent { why: String, remedy: String },
}

/// Asks the three pages, one after the other: a service that cannot be reached is not asked again.
///
/// # Errors
/// When the address is none.
pub async fn look(url: &str) -> anyhow::Result<Looked> {
    let http = HttpClient::new(PATIENCE)?;
    let base = url.trim_end_matches('/');
    let health = page(&http, &format!("{base}/health")).await?;
    if matches!(health, ServicePage::Silent { .. }) {
        return Ok(Looked { url: url.to_owned(), detailed: health.clone(), dashboard: health.clone(), health });
    }
    let detailed = page(&http, &format!("{base}/health/detailed")).await?;
    let dashboard = page(&http, &format!("{base}/")).await?;
    Ok(Looked { url: url.to_owned(), health, detailed, dashboard })
}

async fn page(http: &HttpClient, url: &str) -> anyhow::Result<ServicePage> {
    match http.get(url).await {
        Ok(HttpResponse { status, body, .. }) => {
            Ok(ServicePage::Answered { status, body: serde_json::from_slice(&body).ok() })
        }
        Err(error) => match error.downcast_ref::<HttpError>() {
            Some(known) => Ok(ServicePage::Silent { why: known.to_string(), remedy: known.kind.remedy().to_owned() }),
            None => Err(error),
        },
    }
}
