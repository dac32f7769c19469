//! How exports reach the collector: one thread with a runtime of its own and one connection kept open, since the SDK's
//! exporting threads have none. Follows no redirect, reads no answer without a bound, and waits for none without one.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use async_trait::async_trait;
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};

/// OTLP's own bound for an answer's body.
const LARGEST_ANSWER: usize = 4 * 1024 * 1024;
/// Exports that wait for the thread; more are refused, so that a collector that hangs costs no memory.
const WAITING: usize = 16;

type ExportResponse = Result<Response<Bytes>, HttpError>;

struct Export {
    request: Request<Bytes>,
    answer: oneshot::Sender<ExportResponse>,
}

/// The client that both exporters share.
#[derive(Debug, Clone)]
pub struct OtlpClient {
    exports: mpsc::Sender<Export>,
}

impl OtlpClient {
    /// Starts the thread; `timeout` bounds each export from connecting to the end of the answer.
    pub fn start(timeout: Duration) -> anyhow::Result<Self> {
        let (exports, mut inbox) = mpsc::channel::<Export>(WAITING);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let work = async move {
            let mut connection = Connection::default();
            while let Some(Export { request, answer }) = inbox.recv().await {
                let result = tokio::time::timeout(timeout, connection.send(request)).await;
                let result = result.unwrap_or_else(|_| Err("the collector did not answer in time".into()));
                if result.is_err() {
                    connection = Connection::default();
                }
                // Whoever asked has given up waiting, which is no fault.
                let _ = answer.send(result);
            }
        };
        let thread = std::thread::Builder::new().name("otlp".to_owned());
        thread.spawn(move || runtime.block_on(work)).context("cannot start the thread that exports telemetry")?;
        Ok(Self { exports })
    }
}

#[async_trait]
impl HttpClient for OtlpClient {
    async fn send_bytes(&self, request: Request<Bytes>) -> ExportResponse {
        let (answer, answered) = oneshot::channel();
        self.exports.try_send(Export { request, answer }).map_err(|_| "too many exports are waiting")?;
        answered.await.map_err(|_| "the exporter has ended")?
    }
}

/// The open connection, and to where.
#[derive(Default)]
struct Connection {
    open: Option<(String, SendRequest<Full<Bytes>>)>,
}

impl Connection {
    async fn send(&mut self, request: Request<Bytes>) -> ExportResponse {
        let uri = request.uri().clone();
        let host = uri.host().ok_or("the endpoint names no host")?.trim_matches(['[', ']']).to_owned();
        let encrypted = uri.scheme_str() == Some("https");
        let port = uri.port_u16().unwrap_or(if encrypted { 443 } else { 80 });
        let place = format!("{}://{host}:{port}", if encrypted { "https" } else { "http" });
        let kept = self.open.take().filter(|(there, sender)| *there == place && !sender.is_closed());
        let mut sender = match kept {
            Some((_, sender)) => sender,
            None => connect(&host, port, encrypted).await?,
        };
        let (mut parts, body) = request.into_parts();
        let authority = uri.authority().map(ToString::to_string).unwrap_or_default();
        parts.headers.insert(axum::http::header::HOST, authority.parse()?);
        parts.uri = uri.path_and_query().map_or("/", |path| path.as_str()).parse()?;
        let answer = sender.send_request(Request::from_parts(parts, Full::new(body))).await?;
        let (parts, body) = answer.into_parts();
        let body = Limited::new(body, LARGEST_ANSWER).collect().await?.to_bytes();
        self.open = Some((place, sender));
        Ok(Response::from_parts(parts, body))
    }
}

async fn connect(host: &str, port: u16, encrypted: bool) -> Result<SendRequest<Full<Bytes>>, HttpError> {
    let stream = TcpStream::connect((host, port)).await?;
    if !encrypted {
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        return Ok(sender);
    }
    let name = ServerName::try_from(host.to_owned())?;
    let stream = tokio_rustls::TlsConnector::from(Arc::new(trust()?)).connect(name, stream).await?;
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    Ok(sender)
}

/// The system's roots, or those that `OTEL_EXPORTER_OTLP_CERTIFICATE` names.
fn trust() -> Result<rustls::ClientConfig, HttpError> {
    use rustls::pki_types::pem::PemObject;
    let mut roots = rustls::RootCertStore::empty();
    match std::env::var_os("OTEL_EXPORTER_OTLP_CERTIFICATE") {
        Some(file) => {
            for certificate in rustls::pki_types::CertificateDer::pem_file_iter(file)? {
                roots.add(certificate?)?;
            }
        }
        None => drop(roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs)),
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}
