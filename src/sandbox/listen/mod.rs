//! The sandbox on a port, for the AWS CLI and SDKs of any language: connections, their limits, and which of its doors a request
//! takes. What an operation does is not known here; it is the only place of the sandbox that opens a socket.

mod body;
mod browser;
mod function_url;
mod host;

use super::Sandbox;
use super::accounts::ACCOUNT;
use anyhow::Context;
use aws_smithy_types::body::SdkBody;
use http::{Method, Response, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;

/// More wait in the kernel's queue.
const MOST_CONNECTIONS: usize = 128;
const HEADER_TIME: Duration = Duration::from_secs(10);
/// How long a stop waits for requests under way; a live tail would go on for hours.
const GRACE: Duration = Duration::from_secs(3);
/// How often time is looked at, so that alarms are evaluated while nobody calls.
const BEAT: Duration = Duration::from_secs(5);

/// A port that is taken and not yet served.
pub struct Listener {
    tcp: TcpListener,
    door: SandboxHandler,
}

/// What each connection needs.
#[derive(Clone)]
struct SandboxHandler {
    sandbox: Sandbox,
    /// E.g. `http://127.0.0.1:4599`.
    base: String,
    /// Where a function of a URL is, unless the URL says so.
    region: String,
    /// Bytes of bodies that may be in memory at the same time, over all connections.
    room: Arc<Semaphore>,
}

impl Listener {
    /// Takes a port; 0 takes any. From then on addresses that the sandbox answers lead to it.
    ///
    /// # Errors
    /// When the port is taken or may not be, or the address is not this machine's own: nobody is asked who he is.
    pub async fn bind(sandbox: Sandbox, place: SocketAddr, region: &str) -> anyhow::Result<Self> {
        anyhow::ensure!(place.ip().is_loopback(), "{} is not an address of this machine alone", place.ip());
        let tcp = TcpListener::bind(place).await;
        let tcp =
            tcp.with_context(|| format!("cannot listen on {place}: stop whoever does, or choose another --port"))?;
        let base = format!("http://{}", tcp.local_addr()?);
        sandbox.serve_at(&base);
        Ok(Self { tcp, door: SandboxHandler { sandbox, base, region: region.to_owned(), room: body::room() } })
    }

    /// E.g. `http://127.0.0.1:4599`.
    pub fn url(&self) -> &str {
        &self.door.base
    }

    /// Serves until `stop` is over, then lets requests under way end.
    pub async fn serve(self, stop: impl Future<Output = ()>) {
        let (stopped, stopping) = watch::channel(false);
        let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
        let mut connections = JoinSet::new();
        let mut beat = tokio::time::interval(BEAT);
        beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut stop = std::pin::pin!(stop);
        loop {
            tokio::select! {
                arrived = arrive(&self.tcp, &places) => match arrived {
                    Ok((stream, client, place)) => {
                        connections.spawn(converse(stream, client, self.door.clone(), stopping.clone(), place));
                    }
                    // Out of descriptors, most likely: accepting again at once would only spin.
                    Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
                },
                Some(_) = connections.join_next() => {}
                // The state is out of reach for a moment, at worst: whoever calls next is told.
                _ = beat.tick() => drop(self.door.sandbox.catch_up()),
                () = &mut stop => break,
            }
        }
        drop(self.tcp);
        let _ = stopped.send(true);
        let ended = async { while connections.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(GRACE, ended).await;
    }
}

/// The next connection, once there is a place for it.
async fn arrive(tcp: &TcpListener, places: &Arc<Semaphore>) -> io::Result<(TcpStream, IpAddr, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, peer) = tcp.accept().await?;
    stream.set_nodelay(true)?;
    Ok((stream, peer.ip(), place))
}

/// One connection, from its first request to its last.
async fn converse(
    stream: TcpStream,
    client: IpAddr,
    door: SandboxHandler,
    mut stopping: watch::Receiver<bool>,
    _place: OwnedSemaphorePermit,
) {
    let service = service_fn(move |request| {
        let door = door.clone();
        async move { door.answer(request, client).await }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIME)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    // A client that breaks off or talks nonsense has been answered as far as it can be.
    tokio::select! {
        _ = connection.as_mut() => {}
        () = async { drop(stopping.wait_for(|stop| *stop).await) } => {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
    }
}

impl SandboxHandler {
    /// An error breaks the connection off, which is what the weather may want.
    async fn answer(&self, request: hyper::Request<Incoming>, client: IpAddr) -> io::Result<Response<SdkBody>> {
        if let Err(why) = host::check(&request) {
            return Ok(plain(StatusCode::FORBIDDEN, why));
        }
        let (request, _room) = match body::read(request, &self.room).await {
            Ok(read) => read,
            Err(refused) => return Ok(plain(refused.status, refused.why)),
        };
        let path = request.uri().path();
        let signed = request.headers().contains_key("authorization");
        if let Some(rest) = path.strip_prefix("/function-url/") {
            let rest = rest.to_owned();
            let answered = function_url::call(&self.sandbox, ACCOUNT, &self.region, &rest, request, client).await;
            return answered.map_err(io::Error::other);
        }
        if *request.method() == Method::GET
            && !signed
            && let Some(page) = browser::page(&self.sandbox, &self.base, request.uri()).await
        {
            return Ok(page);
        }
        self.sandbox.answer_http(request.map(SdkBody::from)).await
    }
}

fn plain(status: StatusCode, text: impl Into<String>) -> Response<SdkBody> {
    let mut response = Response::new(SdkBody::from(text.into() + "\n"));
    *response.status_mut() = status;
    let plain = http::HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert("content-type", plain);
    response
}
