//! A small HTTP client: one request, one whole answer, how long it took. Follows no redirect, repeats nothing, judges no status.

use crate::aws::{BadNetwork, NetworkSettings};
use crate::model::secret;
use anyhow::{Context, bail};
use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use http::{Method, Uri};
use http_body_util::BodyExt;
use std::collections::BTreeMap;
use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;
use tokio::time::Instant;

/// The paths of the service, in which nobody keeps a secret.
const ROUTES: [&str; 3] = ["/", "/health", "/track"];

/// More of a body is not kept: whatever answers must not fill the memory.
const LONGEST_BODY: usize = 8 << 20;

/// Connections are kept and shared; cheap to clone.
#[derive(Debug, Clone)]
pub struct HttpClient {
    /// As the AWS clients have it: its TLS, its proxies.
    connector: SharedHttpConnector,
    patience: Duration,
}

/// A request: an absolute http or https address, headers, and for what has one a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboundRequest {
    method: Method,
    url: Uri,
    headers: HeaderMap,
    body: Option<String>,
}

/// An answer, whatever its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpResponse {
    pub status: u16,
    /// Names in lower case; of a repeated one the last.
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
    /// From sending to the last byte.
    pub took: Duration,
}

/// Why there is no whole answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{request}: {} ({detail})", kind.words())]
pub struct HttpError {
    pub kind: ErrorKind,
    /// `GET /health at http://localhost:5001`
    pub request: String,
    detail: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ErrorKind {
    /// The name of the host is not known.
    NoSuchHost,
    /// Nobody listens there, or the way is closed.
    NotConnected,
    /// TLS failed: a certificate that is not trusted, or no TLS at all.
    NotTrusted,
    /// No whole answer in the time that was given.
    TimedOut,
    /// The connection ended, or what came was no HTTP.
    BrokenOff,
    /// The body is longer than 8 MB.
    TooLong,
}

impl ErrorKind {
    /// For a table: `connection refused`, `timed out` ...
    pub fn words(self) -> &'static str {
        match self {
            Self::NoSuchHost => "host not found",
            Self::NotConnected => "not connected",
            Self::NotTrusted => "TLS failed",
            Self::TimedOut => "timed out",
            Self::BrokenOff => "broken off",
            Self::TooLong => "answer too long",
        }
    }

    /// What to do about it, in one sentence.
    pub fn remedy(self) -> &'static str {
        match self {
            Self::NoSuchHost => "check the address: its host is not known",
            Self::NotConnected => "check that the service runs and listens on this address and port",
            Self::NotTrusted => "check http or https, and the server's certificate",
            Self::TimedOut => "the service is slow or hangs: look at its logs, or give it more time",
            Self::BrokenOff => "the service ended the connection: look at its logs",
            Self::TooLong => "this is hardly the service: check the address",
        }
    }
}

impl HttpClient {
    /// By the proxies and certificates of the environment. `patience` is for one whole answer, connecting included.
    ///
    /// # Errors
    /// When a variable of the environment is no proxy, or names no certificates.
    pub fn new(patience: Duration) -> Result<Self, BadNetwork> {
        Ok(Self { connector: NetworkSettings::of_environment(None)?.connector(), patience })
    }

    /// Without a proxy, whatever the environment says: for what stays on this machine.
    pub fn direct(patience: Duration) -> Self {
        Self { connector: NetworkSettings::default().connector(), patience }
    }

    pub async fn send(&self, request: &OutboundRequest) -> Result<HttpResponse, HttpError> {
        let began = Instant::now();
        let answer = tokio::time::timeout(self.patience, self.exchange(request)).await;
        let (status, headers, body) = answer.unwrap_or_else(|_| {
            let detail = format!("no whole answer in {:?}", self.patience);
            Err(HttpError { kind: ErrorKind::TimedOut, request: request.to_string(), detail })
        })?;
        Ok(HttpResponse { status, headers, body, took: began.elapsed() })
    }

    async fn exchange(&self, request: &OutboundRequest) -> Result<(u16, BTreeMap<String, String>, Vec<u8>), HttpError> {
        let built = request.built().map_err(|error| HttpError::of(request, &*error))?;
        let answer = self.connector.call(built).await.map_err(|error| HttpError::of(request, &error))?;
        let status = answer.status().as_u16();
        let headers = answer.headers().iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let (mut incoming, mut body) = (answer.into_body(), Vec::new());
        while let Some(frame) = incoming.frame().await {
            let frame = frame.map_err(|error| HttpError::of(request, &*error))?;
            let Ok(chunk) = frame.into_data() else { continue };
            if body.len() + chunk.len() > LONGEST_BODY {
                let detail = format!("more than {} MB came", LONGEST_BODY >> 20);
                return Err(HttpError { kind: ErrorKind::TooLong, request: request.to_string(), detail });
            }
            body.extend_from_slice(&chunk);
        }
        Ok((status, headers, body))
    }

    /// # Errors
    /// A wrong address, or an [`HttpError`].
    pub async fn get(&self, url: &str) -> anyhow::Result<HttpResponse> {
        Ok(self.send(&OutboundRequest::get(url)?).await?)
    }
}

impl OutboundRequest {
    /// # Errors
    /// When the address is none, or neither http nor https.
    pub fn get(url: &str) -> anyhow::Result<Self> {
        Ok(Self { method: Method::GET, url: address(url)?, headers: HeaderMap::new(), body: None })
    }

    /// With a body of JSON.
    ///
    /// # Errors
    /// As [`OutboundRequest::get`].
    pub fn post(url: &str, json: impl Into<String>) -> anyhow::Result<Self> {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
        Ok(Self { method: Method::POST, url: address(url)?, headers, body: Some(json.into()) })
    }

    /// # Errors
    /// When name or value cannot stand in a header.
    pub fn header(mut self, name: &str, value: &str) -> anyhow::Result<Self> {
        let name = HeaderName::from_bytes(name.as_bytes()).with_context(|| format!("{name:?} is no header"))?;
        let mut value = HeaderValue::from_str(value).with_context(|| format!("{name} cannot have this value"))?;
        // Keys and tokens come this way: never shown by Debug.
        value.set_sensitive(true);
        self.headers.insert(name, value);
        Ok(self)
    }

    fn built(&self) -> Result<HttpRequest, Box<dyn StdError + Send + Sync>> {
        let body = self.body.clone().map_or_else(SdkBody::empty, SdkBody::from);
        let mut built = http::Request::builder().method(&self.method).uri(&self.url).body(body)?;
        let own = HeaderValue::from_static(concat!("mlopsctl/", env!("CARGO_PKG_VERSION")));
        *built.headers_mut() = self.headers.clone();
        built.headers_mut().entry(USER_AGENT).or_insert(own);
        Ok(built.try_into()?)
    }

    /// Whether it stays on this machine.
    pub fn is_local(&self) -> bool {
        is_local(&self.url)
    }
}

impl fmt::Display for OutboundRequest {
    /// `GET /health at http://localhost:5001`; of an address that is none of the service's, no more than its host.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = self.url.to_string();
        let route = self.url.path_and_query().map(http::uri::PathAndQuery::as_str).filter(|path| ROUTES.contains(path));
        match route.and_then(|route| Some((route, whole.strip_suffix(route)?))) {
            Some((route, place)) => write!(f, "{} {route} at {}", self.method, secret::hide(place)),
            None => write!(f, "{} {}", self.method, secret::hide(&whole)),
        }
    }
}

fn address(text: &str) -> anyhow::Result<Uri> {
    let url: Uri =
        text.parse().with_context(|| format!("{text:?} is no address; write http://HOST or https://HOST"))?;
    let is_http = matches!(url.scheme_str(), Some("http" | "https")) && url.host().is_some_and(|host| !host.is_empty());
    if !is_http {
        bail!("{text:?} is no address; write http://HOST or https://HOST");
    }
    if url.authority().is_some_and(|authority| authority.as_str().contains('@')) {
        bail!("an address with a user and password is not taken; leave out what is before the @");
    }
    Ok(url)
}

fn is_local(url: &Uri) -> bool {
    let host = url.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || host.ends_with(".localhost")
        || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

impl HttpResponse {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

impl HttpError {
    fn of(request: &OutboundRequest, error: &(dyn StdError + 'static)) -> Self {
        let mut causes = vec![error.to_string()];
        let mut cause = error.source();
        while let Some(found) = cause {
            causes.push(found.to_string());
            cause = found.source();
        }
        let said = |word: &str| causes.iter().any(|cause| cause.to_ascii_lowercase().contains(word));
        let kind = if said("dns error") {
            ErrorKind::NoSuchHost
        } else if said("certificate") || said("tls") || said("corrupt message") {
            ErrorKind::NotTrusted
        } else if said("(connect)") {
            ErrorKind::NotConnected
        } else {
            ErrorKind::BrokenOff
        };
        let detail = causes.last().cloned().unwrap_or_default();
        Self { kind, request: request.to_string(), detail }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    /// A server that reads one request and writes `answer` as it is; its address, and what it was sent.
    async fn server(answer: &'static [u8]) -> (String, tokio::task::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/health", listener.local_addr().unwrap());
        let served = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 4096];
            let read = stream.read(&mut request).await.unwrap();
            stream.write_all(answer).await.unwrap();
            String::from_utf8_lossy(&request[..read]).into_owned()
        });
        (url, served)
    }

    fn http() -> HttpClient {
        HttpClient::direct(Duration::from_secs(20))
    }

    #[tokio::test]
    async fn an_answer_has_status_headers_and_body_whatever_the_status() {
        let (url, served) =
            server(b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 7\r\nContent-Length: 4\r\n\r\ndown").await;
        let answer = http().send(&OutboundRequest::post(&url, "{\"a\":1}").unwrap()).await.unwrap();
        assert_eq!((answer.status, answer.text().as_str()), (503, "down"));
        assert_eq!(answer.headers["retry-after"], "7");
        assert!(!answer.is_success());
        let sent = served.await.unwrap();
        assert!(sent.starts_with("POST /health HTTP/1.1\r\n"), "{sent}");
        assert!(sent.to_ascii_lowercase().contains("content-type: application/json") && sent.ends_with("{\"a\":1}"));
    }

    #[tokio::test]
    async fn a_redirect_is_an_answer() {
        let (url, _) =
            server(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n").await;
        assert_eq!(http().get(&url).await.unwrap().status, 302);
    }

    #[tokio::test]
    async fn what_goes_wrong_is_named() {
        let kind = |error: anyhow::Error| error.downcast_ref::<HttpError>().map(|error| error.kind);
        let (url, _) = server(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort").await;
        assert_eq!(kind(http().get(&url).await.unwrap_err()), Some(ErrorKind::BrokenOff));
        let (url, _) = server(b"this is no HTTP\r\n\r\n").await;
        assert_eq!(kind(http().get(&url).await.unwrap_err()), Some(ErrorKind::BrokenOff));
        let (url, _) = server(b"this is no TLS\r\n\r\n").await;
        let error = http().get(&url.replace("http:", "https:")).await.unwrap_err();
        assert_eq!(kind(error), Some(ErrorKind::NotTrusted));
        let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let error = http().get(&format!("http://{free}/health")).await.unwrap_err();
        assert!(error.to_string().starts_with(&format!("GET /health at http://{free}: not connected")), "{error}");
        assert_eq!(kind(error), Some(ErrorKind::NotConnected));
        for hidden in ["health?key=hunter2", "hunter2/health", "hunter2"] {
            let text = http().get(&format!("http://{free}/{hidden}")).await.unwrap_err().to_string();
            assert!(text.starts_with(&format!("GET http://{free}/#")) && !text.contains("hunter2"), "{text}");
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let silent = format!("http://{}/", listener.local_addr().unwrap());
        let hasty = HttpClient::direct(Duration::from_millis(50));
        assert_eq!(kind(hasty.get(&silent).await.unwrap_err()), Some(ErrorKind::TimedOut));
    }

    #[test]
    fn addresses_are_http_or_https() {
        for wrong in ["", "localhost:5001", "ftp://example.edu", "/health", "http://", "http://a b"] {
            let error = OutboundRequest::get(wrong).unwrap_err().to_string();
            assert!(error.contains("is no address"), "{wrong}: {error}");
        }
        for (url, local) in [("http://localhost:5001", true), ("http://127.0.0.9/x", true), ("http://[::1]:1", true)] {
            assert_eq!(OutboundRequest::get(url).unwrap().is_local(), local, "{url}");
        }
        let error = OutboundRequest::get("http://me:secret@example.edu/").unwrap_err().to_string();
        assert!(error.contains("user and password") && !error.contains("secret"), "{error}");
        assert!(!OutboundRequest::get("https://example.edu").unwrap().is_local());
        assert!(OutboundRequest::get("http://a/").unwrap().header("x-key", "a\nb").is_err());
    }
}
