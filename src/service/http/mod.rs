//! The contract's endpoints. One way in for a socket, for Lambda and for tests: [`ServiceApp::call`].

mod analytics;
mod answer;
mod edge;
mod health;
mod history;
mod key;
mod networks;
mod pages;
mod rate;
mod scrape;
mod track;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use self::history::ChartCache;
use self::key::ApiKey;
use self::pages::ServiceDashboard;
use self::rate::RateLimit;
use self::scrape::Scrapes;
use super::config::{Config, Protect};
use super::emf::Emf;
use super::metrics::Ledger;
use super::metrics::process::Process;
use super::network::AddressRange;
use super::store::EventStore;
use super::telemetry::Telemetry;

pub use self::answer::ServiceResponse;
pub use self::scrape::metrics_only;
pub use self::track::BadInput;

/// Every route and the methods it knows: what `OPTIONS` says, and what logs call a path.
const ROUTES: [(&str, &str); 11] = [
    ("/", "GET, HEAD, OPTIONS"),
    ("/health", "GET, HEAD, OPTIONS"),
    ("/health/detailed", "GET, HEAD, OPTIONS"),
    ("/health/history", "GET, HEAD, OPTIONS"),
    ("/health/live", "GET, HEAD, OPTIONS"),
    ("/health/ready", "GET, HEAD, OPTIONS"),
    ("/metrics", "GET, HEAD, OPTIONS"),
    ("/track", "OPTIONS, POST"),
    ("/refresh-metrics", "OPTIONS, POST"),
    (ANALYTICS, "GET, HEAD, OPTIONS"),
    ("/openapi.json", "GET, HEAD, OPTIONS"),
];
const ANALYTICS: &str = "/analytics/{business_id}";

/// A running service, whoever brings it requests.
pub struct ServiceApp {
    environment: String,
    prometheus_port: u16,
    strict: bool,
    base_path: Option<String>,
    body_limit: usize,
    request_time: std::time::Duration,
    key: Option<ApiKey>,
    protect: Protect,
    rates: crate::config::Rate,
    rate: RateLimit,
    trusted_proxies: Vec<AddressRange>,
    origins: Option<Vec<String>>,
    scrapes: Scrapes,
    dashboard: ServiceDashboard,
    charts: Arc<ChartCache>,
    emf: Option<Emf>,
    telemetry: Option<Arc<Telemetry>>,
    process: Process,
    ledger: Arc<Ledger>,
    store: EventStore,
    router: Router,
}

impl ServiceApp {
    /// Opens the store and lays the routes. `emf` is the writer of metric lines, on Lambda.
    ///
    /// # Errors
    /// As [`EventStore::open`].
    pub fn start(config: &Config, emf: Option<Emf>) -> anyhow::Result<Arc<Self>> {
        let telemetry = Telemetry::start(&config.telemetry, config.database.system_name())?;
        let ledger = Arc::new(Ledger::new(config.limits.businesses));
        let store = EventStore::open(config, Arc::clone(&ledger))?;
        Ok(Arc::new_cyclic(|app| Self {
            environment: config.environment.clone(),
            prometheus_port: config.prometheus_port.unwrap_or(8001),
            strict: config.strict,
            base_path: config.base_path.clone(),
            body_limit: config.limits.body,
            request_time: config.limits.request_time,
            key: config.api_key.as_deref().map(ApiKey::new),
            protect: config.protect,
            rates: config.limits.rate,
            rate: RateLimit::new(config.limits.rate),
            trusted_proxies: config.trusted_proxies.clone(),
            origins: config.origins.clone(),
            scrapes: Scrapes::default(),
            dashboard: ServiceDashboard::new(),
            charts: Arc::default(),
            emf,
            telemetry: telemetry.map(Arc::new),
            process: Process::begin(),
            ledger,
            store,
            router: router().with_state(WeakApp(app.clone())),
        }))
    }

    /// Ends the store: everything accepted is written, or waits on disk.
    pub async fn stop(&self) {
        self.store.stop().await;
        self.export(Telemetry::stop).await;
    }

    /// Exports the telemetry that waits: Lambda freezes the process between two events.
    pub async fn flush_telemetry(&self) {
        self.export(Telemetry::flush).await;
    }

    async fn export(&self, how: fn(&Telemetry)) {
        let Some(telemetry) = self.telemetry.clone() else { return };
        // It blocks until the collector has answered or its time is over.
        let _ = tokio::task::spawn_blocking(move || how(&telemetry)).await;
    }
}

/// The app as its handlers get it: weak, because the app owns the router that holds it.
#[derive(Clone)]
struct WeakApp(std::sync::Weak<ServiceApp>);

impl axum::extract::FromRequestParts<WeakApp> for AppRef {
    type Rejection = ServiceResponse;

    async fn from_request_parts(_: &mut axum::http::request::Parts, shared: &WeakApp) -> Result<Self, ServiceResponse> {
        shared.0.upgrade().map(Self).ok_or_else(answer::internal)
    }
}

/// The app, for the time of one request.
struct AppRef(Arc<ServiceApp>);

impl std::ops::Deref for AppRef {
    type Target = ServiceApp;

    fn deref(&self) -> &ServiceApp {
        &self.0
    }
}

fn router() -> Router<WeakApp> {
    Router::new()
        .route("/", get(pages::dashboard))
        .route("/health", get(health::health))
        .route("/health/detailed", get(health::detailed))
        .route("/health/history", get(history::history))
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .route("/metrics", get(scrape::metrics))
        .route("/track", post(track::track))
        .route("/refresh-metrics", post(analytics::refresh))
        .route(ANALYTICS, get(analytics::analytics))
        .route("/openapi.json", get(pages::openapi))
        .fallback(|| async { answer::not_found() })
        .method_not_allowed_fallback(|| async { answer::method_not_allowed() })
}
