//! The runtime interface over one kept connection: next event, answer, failure. Knows no payload.

use anyhow::{Context, bail};
use axum::body::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

const VERSION: &str = "2018-06-01";

pub struct Runtime {
    authority: String,
    /// Before `/2018-06-01`: empty on Lambda.
    prefix: String,
    sender: SendRequest<Full<Bytes>>,
}

impl Runtime {
    /// `api` as in `AWS_LAMBDA_RUNTIME_API`.
    ///
    /// # Errors
    /// When nobody listens there.
    pub async fn connect(api: &str) -> anyhow::Result<Self> {
        let rest = api.strip_prefix("http://").unwrap_or(api).trim_end_matches('/');
        let (authority, prefix) = match rest.find('/') {
            Some(slash) => rest.split_at(slash),
            None => (rest, ""),
        };
        let sender = dial(authority).await?;
        Ok(Self { authority: authority.to_owned(), prefix: prefix.to_owned(), sender })
    }

    /// Waits for an event: its request id and its bytes.
    ///
    /// # Errors
    /// When the interface is gone or answers something else.
    pub async fn next(&mut self) -> anyhow::Result<(String, Bytes)> {
        let response = self.send(Method::GET, "runtime/invocation/next", "").await?;
        let id = response
            .headers()
            .get("lambda-runtime-aws-request-id")
            .and_then(|id| id.to_str().ok())
            .context("the runtime interface gave no request id")?
            .to_owned();
        Ok((id, response.into_body()))
    }

    /// Answers an event.
    ///
    /// # Errors
    /// As [`Runtime::next`].
    pub async fn respond(&mut self, id: &str, answer: String) -> anyhow::Result<()> {
        self.post(&format!("runtime/invocation/{id}/response"), &answer).await
    }

    /// Says that an event could not be answered.
    ///
    /// # Errors
    /// As [`Runtime::next`].
    pub async fn fail(&mut self, id: &str, failure: &str) -> anyhow::Result<()> {
        self.post(&format!("runtime/invocation/{id}/error"), failure).await
    }

    /// Says that the function cannot start.
    ///
    /// # Errors
    /// As [`Runtime::next`].
    pub async fn failed_to_start(&mut self, failure: &str) -> anyhow::Result<()> {
        self.post("runtime/init/error", failure).await
    }

    async fn post(&mut self, path: &str, body: &str) -> anyhow::Result<()> {
        self.send(Method::POST, path, body).await.map(drop)
    }

    async fn send(&mut self, method: Method, path: &str, body: &str) -> anyhow::Result<Response<Bytes>> {
        if self.sender.ready().await.is_err() {
            self.sender = dial(&self.authority).await?;
        }
        let request = Request::builder()
            .method(method)
            .uri(format!("{}/{VERSION}/{path}", self.prefix))
            .header("host", &self.authority)
            .header("user-agent", concat!("mlops-service/", env!("CARGO_PKG_VERSION")))
            .header("content-type", "application/json")
            .body(Full::new(Bytes::copy_from_slice(body.as_bytes())))?;
        let response = self.sender.send_request(request).await.context("the runtime interface broke off")?;
        let (parts, body) = response.into_parts();
        let body = body.collect().await.context("the runtime interface broke off")?.to_bytes();
        if !parts.status.is_success() {
            bail!("the runtime interface answered {} to {path}", parts.status);
        }
        Ok(Response::from_parts(parts, body))
    }
}

async fn dial(authority: &str) -> anyhow::Result<SendRequest<Full<Bytes>>> {
    let stream = TcpStream::connect(authority).await.context("cannot reach the Lambda runtime interface")?;
    stream.set_nodelay(true)?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    // Its end shows at the next request.
    tokio::spawn(async move { drop(connection.await) });
    Ok(sender)
}
