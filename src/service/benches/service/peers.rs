//! Those that are measured, each a process of its own on a port of its own, and who looks at them meanwhile.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::http::{StatusCode, header};
use axum::routing::post;
use serde::Deserialize;

/// The argument with which this program is the bare handler.
pub const BARE: &str = "--bare-axum";

pub struct Peer {
    pub name: String,
    pub address: SocketAddr,
    child: Child,
    dir: tempfile::TempDir,
}

impl Peer {
    /// The service on a file of its own, with these settings besides.
    pub fn service(name: &str, environment: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let port = free_port();
        let child = service(dir.path(), port).envs(environment.iter().copied()).spawn().unwrap();
        Self::ready(name, port, child, dir)
    }

    /// Ends the service and starts it again on what it has stored; returns the milliseconds to its first answer and to the
    /// moment when its counts are restored.
    pub fn restarted(&mut self) -> (f64, f64) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let began = Instant::now();
        self.child = service(self.dir.path(), self.address.port()).spawn().unwrap();
        let until = |path: &str| {
            while !answers(self.address.port(), path).unwrap_or(false) {
                assert!(began.elapsed() < Duration::from_secs(60), "{path} is not well");
                std::thread::yield_now();
            }
            began.elapsed().as_secs_f64() * 1e3
        };
        (until("/health"), until("/health/ready"))
    }

    pub fn bare() -> Self {
        let port = free_port();
        let child = Command::new(std::env::current_exe().unwrap()).args([BARE, &port.to_string()]).spawn().unwrap();
        Self::ready("bare axum handler, stores nothing", port, child, tempfile::tempdir().unwrap())
    }

    /// None where the environment of `tests/setup` is not there.
    pub fn flask() -> Option<Self> {
        let package = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = package.ancestors().find(|dir| dir.join("Cargo.lock").is_file())?;
        let gunicorn = root.join("target/tools/venv/bin/gunicorn");
        if !gunicorn.is_file() {
            return None;
        }
        let dir = tempfile::tempdir().unwrap();
        let port = free_port();
        let child = Command::new(gunicorn)
            .args(["--workers", &cores().to_string(), "--worker-class", "gthread", "--threads", "4"])
            .args(["--bind", &format!("127.0.0.1:{port}"), "--log-level", "error", "flask_peer:app"])
            .current_dir(package.join("benches/service"))
            .env("DATABASE", dir.path().join("peer.db"))
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .spawn()
            .unwrap();
        let name = format!("flask, gunicorn with {} workers, durable", cores());
        Some(Self::ready(&name, port, child, dir))
    }

    fn ready(name: &str, port: u16, child: Child, dir: tempfile::TempDir) -> Self {
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let began = Instant::now();
        while TcpStream::connect(address).is_err() {
            assert!(began.elapsed() < Duration::from_secs(20), "{name} does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        Self { name: name.to_owned(), address, child, dir }
    }

    /// Resident memory, where the system tells it.
    pub fn resident_mb(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
        line.trim().trim_end_matches(" kB").parse::<f64>().unwrap_or(f64::NAN) / 1024.0
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // Asked first: gunicorn's workers outlive a master that is killed.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        std::thread::sleep(Duration::from_millis(300));
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Builds the program as it ships, in the release profile: what `cargo bench` has built unwinds, the release aborts. The two
/// profiles write to the same place.
pub fn build() {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--locked", "--release", "--package", "mlops-service", "--bin", "mlops-service"]);
    let status = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).status().unwrap();
    assert!(status.success(), "the service cannot be built");
}

fn service(dir: &Path, port: u16) -> Command {
    settings(Command::new(env!("CARGO_BIN_EXE_mlops-service")), dir, port)
}

/// Logs as its peers do: warnings and worse.
fn settings(mut command: Command, dir: &Path, port: u16) -> Command {
    command.current_dir(dir).env("SERVICE_HOST", "127.0.0.1").env("SERVICE_PORT", port.to_string());
    command.env("PROMETHEUS_PORT", "off").env("MLOPS_DATA_DIR", dir.join("data")).env("LOG_LEVEL", "WARNING");
    command.env_remove("DATABASE_URL").stdout(Stdio::null());
    command
}

/// From the start of a process to its first answer, in milliseconds: the median of eleven. Both programs, where both
/// are built.
pub fn start_times() -> Vec<(&'static str, f64)> {
    let mut times = vec![("mlops-service", start_time_ms(service))];
    let program = Path::new(env!("CARGO_BIN_EXE_mlops-service")).with_file_name("mlopsctl");
    if program.is_file() {
        let serve = |dir: &Path, port| {
            let mut command = settings(Command::new(&program), dir, port);
            command.args(["--quiet", "serve"]);
            command
        };
        times.push(("mlopsctl serve", start_time_ms(serve)));
    }
    times
}

fn start_time_ms(command: impl Fn(&Path, u16) -> Command) -> f64 {
    let mut times: Vec<f64> = (0..11)
        .map(|_| {
            let dir = tempfile::tempdir().unwrap();
            let port = free_port();
            let began = Instant::now();
            let mut child = command(dir.path(), port).spawn().unwrap();
            while answers(port, "/health").is_err() {
                assert!(began.elapsed() < Duration::from_secs(20), "it does not answer");
                std::thread::yield_now();
            }
            let took = began.elapsed().as_secs_f64() * 1e3;
            let _ = child.kill();
            let _ = child.wait();
            took
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// Whether it says 200.
fn answers(port: u16, path: &str) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes())?;
    let mut head = [0; 12];
    stream.read_exact(&mut head)?;
    Ok(head.ends_with(b"200"))
}

/// Takes whatever telemetry is sent to it, for as long as this program runs.
pub fn collector() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || swallow(stream));
        }
    });
    format!("http://{address}")
}

fn swallow(stream: TcpStream) -> Option<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let (mut line, mut length) = (String::new(), 0);
        while reader.read_line(&mut line).ok()? > 2 {
            if let Some(said) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = said.trim().parse().ok()?;
            }
            line.clear();
        }
        std::io::copy(&mut (&mut reader).take(length), &mut std::io::sink()).ok()?;
        reader.get_mut().write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").ok()?;
    }
}

/// Threads that read /metrics once a second each, as long as this is held.
pub struct Scrapers {
    over: Arc<AtomicBool>,
    scrapes: Arc<AtomicUsize>,
    threads: Vec<JoinHandle<()>>,
}

impl Scrapers {
    pub fn start(count: usize, address: SocketAddr) -> Self {
        let (over, scrapes) = (Arc::<AtomicBool>::default(), Arc::<AtomicUsize>::default());
        let scraper = |_| {
            let (over, scrapes) = (Arc::clone(&over), Arc::clone(&scrapes));
            std::thread::spawn(move || {
                while !over.load(Ordering::Relaxed) {
                    scrapes.fetch_add(usize::from(scrape(address).is_ok()), Ordering::Relaxed);
                    std::thread::sleep(Duration::from_secs(1));
                }
            })
        };
        let threads = (0..count).map(scraper).collect();
        Self { over, scrapes, threads }
    }

    /// How many expositions were read.
    pub fn end(self) -> usize {
        self.over.store(true, Ordering::Relaxed);
        self.threads.into_iter().for_each(|thread| drop(thread.join()));
        self.scrapes.load(Ordering::Relaxed)
    }
}

/// As Prometheus asks: gzipped, on a connection of its own here.
fn scrape(address: SocketAddr) -> std::io::Result<u64> {
    let mut stream = TcpStream::connect(address)?;
    stream
        .write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n")?;
    std::io::copy(&mut stream, &mut std::io::sink())
}

/// What the machine does besides, where the system tells it.
pub fn load_average() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or("unknown").to_owned()
}

/// What the disk takes for a page of 4 KiB, overwritten and synced: the median of 51.
pub fn sync_ms() -> f64 {
    use std::io::Seek;
    let mut file = tempfile::tempfile().unwrap();
    let mut times: Vec<f64> = (0..51)
        .map(|_| {
            let began = Instant::now();
            file.rewind().and_then(|()| file.write_all(&[1; 4_096])).and_then(|()| file.sync_data()).unwrap();
            began.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).unwrap().port()
}

/// The fields of an event, parsed and dropped.
#[derive(Deserialize)]
#[expect(dead_code, reason = "parsing is all it does")]
struct PeerEvent {
    business_id: String,
    conversation_id: Option<String>,
    session_id: Option<String>,
    response_time_ms: i64,
    success_rate: Option<f64>,
    tokens_used: i64,
    prompt_tokens: Option<i64>,
    completion_tokens: Option<i64>,
    api_cost_usd: Option<f64>,
    model_name: Option<String>,
    intent_detected: Option<String>,
    appointment_requested: Option<bool>,
    human_handoff_requested: Option<bool>,
    user_message_length: Option<i64>,
    ai_response_length: Option<i64>,
    response_type: Option<String>,
}

/// axum as its documentation shows it: its own server on tokio's runtime for all cores.
pub fn serve_bare(port: &str) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let address = SocketAddr::from(([127, 0, 0, 1], port.parse().unwrap()));
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(address).await.unwrap();
        axum::serve(listener, Router::new().route("/track", post(parse))).await.unwrap();
    });
}

async fn parse(body: Bytes) -> (StatusCode, [(header::HeaderName, &'static str); 1], &'static str) {
    match serde_json::from_slice::<PeerEvent>(&body) {
        Ok(_) => (StatusCode::OK, [(header::CONTENT_TYPE, "application/json")], r#"{"status":"success"}"#),
        Err(_) => (StatusCode::BAD_REQUEST, [(header::CONTENT_TYPE, "application/json")], r#"{"error":"invalid"}"#),
    }
}
