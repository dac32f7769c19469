//! The load generator: one thread, many kept connections, requests made beforehand, answers checked.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[derive(Debug, Clone, Copy)]
pub struct LoadPlan {
    pub connections: usize,
    pub time: Duration,
    /// Requests a second over all connections; none sends as fast as answers come.
    pub rate: Option<f64>,
    /// Requests at most.
    pub most: usize,
}

#[derive(Debug, Default)]
pub struct MeasuredLoad {
    /// Microseconds, sorted.
    latencies: Vec<u32>,
    pub errors: usize,
    took: Duration,
}

impl MeasuredLoad {
    pub fn rate(&self) -> f64 {
        self.latencies.len() as f64 / self.took.as_secs_f64()
    }

    /// Milliseconds.
    pub fn percentile(&self, percent: f64) -> f64 {
        let last = self.latencies.len().saturating_sub(1);
        let index = (last as f64 * percent / 100.0).round() as usize;
        self.latencies.get(index).map_or(0.0, |micros| f64::from(*micros) / 1e3)
    }
}

const SESSION: &str = "0123456789abcdef";

struct LoadShared {
    measured: RefCell<MeasuredLoad>,
    sent: std::cell::Cell<usize>,
    began: Instant,
    plan: LoadPlan,
    requests: Vec<(Vec<u8>, usize)>,
    /// Each request's own session: the same conversation again would be a retry, and be known.
    session: std::cell::Cell<u64>,
}

pub fn run(address: SocketAddr, plan: &LoadPlan) -> MeasuredLoad {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let local = tokio::task::LocalSet::new();
    let shared = Rc::new(LoadShared {
        measured: RefCell::default(),
        sent: std::cell::Cell::new(0),
        began: Instant::now(),
        plan: *plan,
        requests: requests(),
        session: std::cell::Cell::new(fastrand::u64(..1 << 32) << 28),
    });
    runtime.block_on(local.run_until(async {
        let tasks: Vec<_> = (0..plan.connections)
            .map(|number| tokio::task::spawn_local(connection(address, number, Rc::clone(&shared))))
            .collect();
        for task in tasks {
            let _ = task.await;
        }
    }));
    let took = shared.began.elapsed();
    let mut measured = shared.measured.take();
    measured.latencies.sort_unstable();
    measured.took = took;
    measured
}

/// Sends one event for each of so many businesses, so that each has its labels.
pub fn name_businesses(address: SocketAddr, count: usize) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (mut stream, mut buffer) = (None, vec![0; 4_096]);
        for number in 0..count {
            let body = format!(
                r#"{{"business_id":"business-{number}","session_id":"{number}","response_time_ms":900,"tokens_used":120}}"#
            );
            let length = body.len();
            let request = format!(
                "POST /track HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
            );
            exchange(address, &mut stream, request.as_bytes(), &mut buffer).await.unwrap();
        }
    });
}

/// The payloads of the course's clients, and where each has its session.
fn requests() -> Vec<(Vec<u8>, usize)> {
    let data: serde_json::Value =
        serde_json::from_str(include_str!("../../tests/service/track-payloads.json")).unwrap();
    let payloads = data["payloads"].as_array().unwrap();
    payloads
        .iter()
        .map(|payload| {
            let mut payload = payload.clone();
            payload["session_id"] = SESSION.into();
            let body = payload.to_string();
            let length = body.len();
            format!("POST /track HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}")
                .into_bytes()
        })
        .map(|bytes: Vec<u8>| {
            let place = bytes.windows(SESSION.len()).position(|part| part == SESSION.as_bytes()).unwrap();
            (bytes, place)
        })
        .collect()
}

async fn connection(address: SocketAddr, number: usize, shared: Rc<LoadShared>) {
    let mut buffer = vec![0; 4_096];
    let mut stream: Option<TcpStream> = None;
    let mut sending = Vec::new();
    let plan = &shared.plan;
    // With a rate, every connection has its share, spread evenly over time.
    let gap = plan.rate.map(|rate| Duration::from_secs_f64(plan.connections as f64 / rate));
    let mut due = gap.map(|gap| shared.began + gap.mul_f64(number as f64 / plan.connections as f64));
    for turn in number.. {
        if shared.began.elapsed() >= plan.time || shared.sent.get() >= plan.most {
            return;
        }
        if let (Some(due), Some(gap)) = (&mut due, gap) {
            tokio::time::sleep_until((*due).into()).await;
            *due += gap;
        }
        shared.sent.set(shared.sent.get() + 1);
        // On time even when it could not be sent on time: waiting for the connection is the server's doing.
        let began = match (due, gap) {
            (Some(due), Some(gap)) => due - gap,
            _ => Instant::now(),
        };
        let (request, place) = &shared.requests[turn % shared.requests.len()];
        shared.session.set(shared.session.get() + 1);
        sending.clear();
        sending.extend_from_slice(request);
        sending[*place..place + SESSION.len()].copy_from_slice(format!("{:016x}", shared.session.get()).as_bytes());
        let answered = exchange(address, &mut stream, &sending, &mut buffer).await;
        let mut measured = shared.measured.borrow_mut();
        match answered {
            Ok(()) => measured.latencies.push(u32::try_from(began.elapsed().as_micros()).unwrap_or(u32::MAX)),
            Err(_) => {
                measured.errors += 1;
                stream = None;
            }
        }
    }
}

/// One request and its whole answer; a connection that the server closed after an answer is opened anew.
async fn exchange(
    address: SocketAddr,
    held: &mut Option<TcpStream>,
    request: &[u8],
    buffer: &mut [u8],
) -> std::io::Result<()> {
    let stream = match held {
        Some(stream) => stream,
        None => {
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            held.insert(stream)
        }
    };
    stream.write_all(request).await?;
    let mut filled = 0;
    loop {
        let read = stream.read(&mut buffer[filled..]).await?;
        if read == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        filled += read;
        if let Some((whole, kept)) = whole(&buffer[..filled]) {
            if filled < whole {
                continue;
            }
            let good = buffer.starts_with(b"HTTP/1.1 200");
            if !kept {
                *held = None;
            }
            return if good { Ok(()) } else { Err(std::io::ErrorKind::InvalidData.into()) };
        }
    }
}

/// The length of the answer, once its head is there, and whether the connection stays.
fn whole(bytes: &[u8]) -> Option<(usize, bool)> {
    let head = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let mut length = 0;
    let mut kept = true;
    for line in bytes[..head].split(|byte| *byte == b'\n') {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
        let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
        if name.eq_ignore_ascii_case(b"content-length") {
            length = std::str::from_utf8(value).ok()?.parse().ok()?;
        } else if name.eq_ignore_ascii_case(b"connection") && value.eq_ignore_ascii_case(b"close") {
            kept = false;
        }
    }
    Some((head + 4 + length, kept))
}
