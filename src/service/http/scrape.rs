//! The exposition for whoever scrapes: rendered beside the threads that answer, once for all who ask at the same time, and gzipped
//! for those who take it.

use std::io::Write;
use std::sync::Arc;
use std::time::Instant;

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use flate2::Compression;
use flate2::write::GzEncoder;
use tokio::sync::Mutex;

use super::key::Guarded;
use super::{AppRef, ServiceApp, answer};
use crate::log::{self, Field};
use crate::metrics::exposition::{self, ScrapeSource};

/// The last exposition, for those who asked before it was begun.
#[derive(Default)]
pub struct Scrapes(Mutex<Option<Scrape>>);

#[derive(Clone)]
struct Scrape {
    begun: Instant,
    plain: Bytes,
    gzipped: Option<Bytes>,
}

pub async fn metrics(app: AppRef, headers: HeaderMap) -> Response {
    metrics_only(&app.0, &headers).await
}

/// The exposition, for both listeners.
pub async fn metrics_only(app: &Arc<ServiceApp>, headers: &HeaderMap) -> Response {
    if let Err(refused) = app.admit(Guarded::Metrics, headers) {
        return refused.into_response();
    }
    // The gauges of what all replicas have stored are right with the next scrape.
    app.store.look();
    // Lambda's envelope takes text.
    let gzip = app.emf.is_none() && takes_gzip(headers);
    match app.scrape(gzip).await {
        Ok(body) => {
            let mut response = body.into_response();
            let headers = response.headers_mut();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(exposition::CONTENT_TYPE));
            if gzip {
                headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            }
            response
        }
        Err(error) => {
            log::error("cannot render the metrics", &[("error", Field::Text(&format!("{error:#}")))]);
            answer::internal().into_response()
        }
    }
}

impl ServiceApp {
    async fn scrape(self: &Arc<Self>, gzip: bool) -> anyhow::Result<Bytes> {
        let asked = Instant::now();
        let mut last = self.scrapes.0.lock().await;
        let held = last.take().filter(|scrape| scrape.begun >= asked);
        let app = Arc::clone(self);
        let scrape = tokio::task::spawn_blocking(move || -> std::io::Result<Scrape> {
            let mut scrape = match held {
                Some(scrape) => scrape,
                None => {
                    let begun = Instant::now();
                    Scrape { begun, plain: app.render().into(), gzipped: None }
                }
            };
            if gzip && scrape.gzipped.is_none() {
                let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
                encoder.write_all(&scrape.plain)?;
                scrape.gzipped = Some(encoder.finish()?.into());
            }
            Ok(scrape)
        });
        let scrape = scrape.await??;
        let body = if gzip { scrape.gzipped.clone().unwrap_or_default() } else { scrape.plain.clone() };
        *last = Some(scrape);
        Ok(body)
    }

    fn render(&self) -> String {
        let (here, stored) = self.ledger.views();
        exposition::render(&ScrapeSource {
            here,
            stored,
            requests: self.ledger.requests.here(),
            process: &self.process,
            store: self.store.status(),
        })
    }
}

/// Whether `Accept-Encoding` names gzip and does not rule it out.
fn takes_gzip(headers: &HeaderMap) -> bool {
    let given = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    given.flat_map(|value| value.split(',')).any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
        let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(Ok(1.0), str::parse::<f64>);
        named && weight.is_ok_and(|weight| weight > 0.0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_takes_gzip() {
        let with = |value: &str| takes_gzip(&HeaderMap::from_iter([(header::ACCEPT_ENCODING, value.parse().unwrap())]));
        for yes in ["gzip", "deflate, GZIP;q=0.5", "br, gzip"] {
            assert!(with(yes), "{yes}");
        }
        for no in ["", "identity", "gzip;q=0", "gzip; q=0.0", "xgzip", "gzip;q=x"] {
            assert!(!with(no), "{no}");
        }
    }
}
