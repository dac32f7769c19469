//! Sockets: accepts connections, gives each to one of a few single-threaded workers, and lets requests under way
//! finish when told to stop. What a request means is not known here.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Context;
use axum::body::Body;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::task::JoinSet;

use super::config::{ClientLimits, Config};
use super::http::{ServiceApp, ServiceResponse, metrics_only};
use super::log::{self, Field};
use super::timer::Coarse;

/// The ports, taken before anything else is started.
pub struct Listeners {
    main: TcpListener,
    prometheus: Option<TcpListener>,
}

#[derive(Clone, Copy)]
enum ListenerKind {
    Main,
    Prometheus,
}

/// A connection on its way to a worker.
struct AcceptedConnection {
    stream: std::net::TcpStream,
    client: IpAddr,
    door: ListenerKind,
    _place: OwnedSemaphorePermit,
}

impl Listeners {
    /// # Errors
    /// When a port is taken, or may not be.
    pub async fn bind(config: &Config) -> anyhow::Result<Self> {
        let main = bind(config.address, config.port, "SERVICE_PORT").await?;
        let prometheus = match config.prometheus_port {
            Some(port) => Some(bind(config.address, port, "PROMETHEUS_PORT").await?),
            None => None,
        };
        Ok(Self { main, prometheus })
    }

    /// Serves until SIGINT or SIGTERM.
    ///
    /// # Errors
    /// When no worker can be started.
    pub async fn serve(self, config: &Config, app: &Arc<ServiceApp>) -> anyhow::Result<()> {
        let (stop, stopping) = watch::channel(false);
        let mut workers = Vec::new();
        for index in 0..config.workers.max(1) {
            workers.push(worker(index, app, &config.limits, &stopping)?);
        }
        let shown = |listener: &TcpListener| listener.local_addr().map_or_else(|_| String::new(), |a| a.to_string());
        let metrics = self.prometheus.as_ref().map_or_else(|| "off".to_owned(), shown);
        log::info("listening", &[("address", Field::Text(&shown(&self.main))), ("prometheus", Field::Text(&metrics))]);
        self.accept(&workers, config.limits.connections).await;
        // Closed at once: who comes now is refused, and a balancer goes elsewhere.
        drop(self);
        log::info("stopping", &[]);
        let _ = stop.send(true);
        // Without their senders the workers end once their connections have.
        let threads: Vec<JoinHandle<()>> = workers.into_iter().map(|worker| worker.thread).collect();
        let joined = tokio::task::spawn_blocking(|| threads.into_iter().for_each(|thread| drop(thread.join())));
        joined.await.context("a worker ended badly")
    }

    async fn accept(&self, workers: &[Worker], most: usize) {
        let places = Arc::new(Semaphore::new(most));
        let mut next = 0;
        let mut stop = std::pin::pin!(stop_signal());
        loop {
            let place = tokio::select! {
                place = Arc::clone(&places).acquire_owned() => place,
                () = &mut stop => return,
            };
            let Ok(place) = place else { return };
            let (accepted, door) = tokio::select! {
                accepted = self.main.accept() => (accepted, ListenerKind::Main),
                accepted = accept_optional(self.prometheus.as_ref()) => (accepted, ListenerKind::Prometheus),
                () = &mut stop => return,
            };
            let arrival = accepted.and_then(|(stream, peer): (TcpStream, SocketAddr)| {
                stream.set_nodelay(true)?;
                Ok(AcceptedConnection { stream: stream.into_std()?, client: peer.ip(), door, _place: place })
            });
            match arrival {
                Ok(arrival) => {
                    // A worker only goes when its thread has died; the next one is as good.
                    let _ = workers[next].arrivals.send(arrival);
                    next = (next + 1) % workers.len();
                }
                Err(error) => {
                    // Out of descriptors, most likely: accepting again at once would only spin.
                    log::warning("cannot accept", &[("error", Field::Text(&error.to_string()))]);
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            }
        }
    }
}

async fn bind(address: IpAddr, port: u16, name: &str) -> anyhow::Result<TcpListener> {
    let place = SocketAddr::new(address, port);
    TcpListener::bind(place)
        .await
        .with_context(|| format!("cannot listen on {place}: stop whoever does, or set {name} to another port"))
}

async fn accept_optional(listener: Option<&TcpListener>) -> std::io::Result<(TcpStream, SocketAddr)> {
    match listener {
        Some(listener) => listener.accept().await,
        None => std::future::pending().await,
    }
}

/// SIGINT or SIGTERM; Ctrl-C where there are no signals.
async fn stop_signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}

struct Worker {
    arrivals: mpsc::UnboundedSender<AcceptedConnection>,
    thread: JoinHandle<()>,
}

/// A thread with a runtime of its own: a connection never moves, so its requests share no queue with others'.
fn worker(
    index: usize,
    app: &Arc<ServiceApp>,
    limits: &ClientLimits,
    stopping: &watch::Receiver<bool>,
) -> anyhow::Result<Worker> {
    let (arrivals, mut inbox) = mpsc::unbounded_channel::<AcceptedConnection>();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (app, limits, stopping) = (Arc::clone(app), limits.clone(), stopping.clone());
    let work = async move {
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                arrival = inbox.recv() => match arrival {
                    Some(arrival) => {
                        let (app, limits, stopping) = (Arc::clone(&app), limits.clone(), stopping.clone());
                        connections.spawn(converse(arrival, app, limits, stopping));
                    }
                    None => break,
                },
                Some(_) = connections.join_next() => {}
            }
        }
        while connections.join_next().await.is_some() {}
    };
    let thread = std::thread::Builder::new().name(format!("worker-{index}")).spawn(move || runtime.block_on(work))?;
    Ok(Worker { arrivals, thread })
}

/// One connection, from its first request to its last.
async fn converse(
    arrival: AcceptedConnection,
    app: Arc<ServiceApp>,
    limits: ClientLimits,
    mut stopping: watch::Receiver<bool>,
) {
    let AcceptedConnection { stream, client, door, _place } = arrival;
    let Ok(stream) = TcpStream::from_std(stream) else { return };
    let service = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
        let app = Arc::clone(&app);
        async move { Ok::<_, Infallible>(answer(&app, door, request.map(Body::new), client).await) }
    });
    let connection = http1::Builder::new()
        .timer(Coarse)
        .header_read_timeout(limits.header_time)
        .max_headers(64)
        .max_buf_size(64 * 1024)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    // A client that breaks off or talks nonsense has been answered as far as it can be.
    tokio::select! {
        _ = connection.as_mut() => {}
        () = async { drop(stopping.wait_for(|stop| *stop).await) } => {
            connection.as_mut().graceful_shutdown();
            let _ = tokio::time::timeout(limits.grace, connection).await;
        }
    }
}

async fn answer(
    app: &Arc<ServiceApp>,
    door: ListenerKind,
    request: axum::extract::Request,
    client: IpAddr,
) -> Response {
    match door {
        ListenerKind::Main => app.call(request, Some(client)).await,
        ListenerKind::Prometheus if matches!(*request.method(), Method::GET | Method::HEAD) => {
            metrics_only(app, request.headers()).await
        }
        ListenerKind::Prometheus => ServiceResponse::error(StatusCode::METHOD_NOT_ALLOWED, "Only GET").into_response(),
    }
}
