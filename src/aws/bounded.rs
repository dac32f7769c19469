//! The HTTP client under the SDK's, with an end to everything: a whole answer in memory or none, no longer than any of AWS's, no
//! redirect followed. How long that may take is for whoever calls.

use super::answer::{self, MOST_BYTES, Protocol, Unbelievable};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::{RuntimeComponents, RuntimeComponentsBuilder};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;
use http_body_util::BodyExt;
use std::cell::Cell;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// An answer longer than this is read beside at most one other such: many at once would fill the memory before any is refused.
const LONG: usize = 1 << 20;
const LONG_AT_ONCE: usize = 2;

tokio::task_local! {
    /// What the answers of the call that this task is in weigh.
    static WEIGHT: Cell<usize>;
}

/// Makes the call, and says what was received for it: bytes, and what they unfold to.
pub async fn weighed<F: Future>(call: F) -> (F::Output, usize) {
    WEIGHT.scope(Cell::new(0), async { (call.await, WEIGHT.with(Cell::get)) }).await
}

/// A client whose answers are bounded.
#[derive(Debug)]
pub struct BoundedClient {
    inner: SharedHttpClient,
    long: Arc<Semaphore>,
}

#[derive(Debug)]
struct BoundedConnector {
    inner: SharedHttpConnector,
    long: Arc<Semaphore>,
}

impl BoundedClient {
    pub fn new(inner: SharedHttpClient) -> Self {
        Self { inner, long: Arc::new(Semaphore::new(LONG_AT_ONCE)) }
    }
}

impl HttpClient for BoundedClient {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(BoundedConnector { inner, long: self.long.clone() })
    }

    fn validate_base_client_config(
        &self,
        components: &RuntimeComponentsBuilder,
        config: &ConfigBag,
    ) -> Result<(), BoxError> {
        self.inner.validate_base_client_config(components, config)
    }

    fn validate_final_config(&self, components: &RuntimeComponents, config: &ConfigBag) -> Result<(), BoxError> {
        self.inner.validate_final_config(components, config)
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.inner.connector_metadata()
    }
}

impl HttpConnector for BoundedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let protocol = Protocol::of(&request);
        let (answer, long) = (self.inner.call(request), self.long.clone());
        HttpConnectorFuture::new(async move { whole(answer.await?, protocol, &long).await })
    }
}

/// The answer with its body in memory. A stream of events stays a stream: its frames are bounded by the SDK.
async fn whole(mut answer: HttpResponse, protocol: Protocol, long: &Semaphore) -> Result<HttpResponse, ConnectorError> {
    let status = answer.status().as_u16();
    if (300..400).contains(&status) {
        return Err(unbelievable(Unbelievable::Redirect(status)));
    }
    let header = |name: &str| answer.headers().get(name).unwrap_or_default();
    if header("content-type").starts_with("application/vnd.amazon.eventstream") {
        return Ok(answer);
    }
    if header("content-length").parse::<u64>().is_ok_and(|length| length > MOST_BYTES as u64) {
        return Err(unbelievable(Unbelievable::TooLong));
    }
    if answer.body().bytes().is_none() {
        let body = read(answer.take_body(), long).await?;
        *answer.body_mut() = SdkBody::from(body);
    }
    let body = answer.body().bytes().unwrap_or_default();
    let weight = match answer::weigh(protocol, body) {
        // Whatever stands between here and AWS writes its errors as it likes.
        Err(Unbelievable::Malformed) if !answer.status().is_success() => body.len(),
        weight => weight.map_err(unbelievable)?,
    };
    // Outside of a call of ours, e.g. where the SDK signs in by itself, nobody counts.
    let _ = WEIGHT.try_with(|sum| sum.set(sum.get() + weight));
    Ok(answer)
}

async fn read(mut incoming: SdkBody, long: &Semaphore) -> Result<Vec<u8>, ConnectorError> {
    let (mut body, mut place) = (Vec::new(), None);
    while let Some(frame) = incoming.frame().await {
        let Ok(chunk) = frame.map_err(ConnectorError::io)?.into_data() else { continue };
        if body.len() + chunk.len() > MOST_BYTES {
            return Err(unbelievable(Unbelievable::TooLong));
        }
        if place.is_none() && body.len() + chunk.len() > LONG {
            place = long.acquire().await.ok();
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn unbelievable(why: Unbelievable) -> ConnectorError {
    ConnectorError::other(why.into(), None)
}
