//! Endpoints that mean no good, and one that stands between the program and a real sandbox. Each listens on a port of its own.

use crate::support::Desk;
use ciborium::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Child;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What an endpoint does with every request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    Silent,
    Reset,
    /// A byte a second.
    Drip,
    /// Lists that go on for ever, a new token each time.
    Endless,
    /// The same token again and again.
    Circle,
    /// 6 GB.
    Huge,
    /// Small, and huge once it is parsed.
    Unfolding,
    Deep,
    Redirect,
    WrongTypes,
    Empty,
    BadGateway,
}

/// One request, as far as anybody here looks at it.
pub struct Request {
    head: String,
    body: Vec<u8>,
}

/// A listening endpoint; ends with the test.
pub struct Endpoint {
    pub url: String,
    /// The operations that were asked for.
    pub asked: Arc<Mutex<Vec<String>>>,
    over: Arc<AtomicBool>,
}

impl Endpoint {
    pub fn start(answer: impl Fn(&Request, &mut TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let (asked, over) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (log, end, answer) = (asked.clone(), over.clone(), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if end.load(Ordering::Relaxed) {
                    return;
                }
                let (log, answer) = (log.clone(), answer.clone());
                std::thread::spawn(move || {
                    let Ok(mut stream) = stream else { return };
                    let Some(request) = Request::read(&stream) else { return };
                    log.lock().expect("whole").push(request.operation());
                    answer(&request, &mut stream);
                });
            }
        });
        Self { url, asked, over }
    }

    pub fn of(manner: Manner) -> Self {
        let pages = AtomicUsize::new(0);
        Self::start(move |request, stream| misbehave(manner, request, stream, &pages))
    }

    /// In front of a sandbox; `change` sees each operation's answer.
    pub fn before(upstream: &str, change: impl Fn(&Request, Vec<u8>) -> Vec<u8> + Send + Sync + 'static) -> Self {
        let upstream = upstream.strip_prefix("http://").expect("plain HTTP").to_owned();
        Self::start(move |request, stream| {
            let (head, body) = forward(&upstream, request);
            send(stream, &head, &change(request, body));
        })
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.url.trim_start_matches("http://"));
    }
}

impl Request {
    fn read(stream: &TcpStream) -> Option<Self> {
        stream.set_read_timeout(Some(Duration::from_secs(60))).ok()?;
        let mut reader = BufReader::new(stream);
        let (mut head, mut length) = (String::new(), 0);
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).ok()? == 0 {
                return None;
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().ok()?;
            }
            let is_last = line == "\r\n";
            head.push_str(&line);
            if is_last {
                break;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        Some(Self { head, body })
    }

    /// E.g. `DescribeAlarms`: from the path, the target header or the form.
    pub fn operation(&self) -> String {
        let form = String::from_utf8_lossy(&self.body).into_owned();
        let path = self.head.split(' ').nth(1).unwrap_or_default();
        let target = self.head.lines().find_map(|line| line.strip_prefix("x-amz-target: "));
        let named = form.split('&').find_map(|pair| pair.strip_prefix("Action=")).map(str::to_owned);
        let named = named.or_else(|| Some(target?.rsplit('.').next()?.trim().to_owned()));
        named.or_else(|| Some(path.split_once("/operation/")?.1.to_owned())).unwrap_or_else(|| path.to_owned())
    }

    fn protocol(&self) -> &'static str {
        match () {
            () if self.head.contains("rpc-v2-cbor") => "cbor",
            () if self.head.contains("x-www-form-urlencoded") => "xml",
            () => "json",
        }
    }
}

fn send(stream: &mut TcpStream, head: &str, body: &[u8]) {
    let head = format!("{head}content-length: {}\r\nconnection: close\r\n\r\n", body.len());
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
}

fn ok(request: &Request) -> String {
    match request.protocol() {
        "cbor" => "HTTP/1.1 200 OK\r\nsmithy-protocol: rpc-v2-cbor\r\ncontent-type: application/cbor\r\n".into(),
        "xml" => "HTTP/1.1 200 OK\r\ncontent-type: text/xml\r\n".into(),
        _ => "HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.1\r\n".into(),
    }
}

fn misbehave(manner: Manner, request: &Request, stream: &mut TcpStream, pages: &AtomicUsize) {
    let stay = || std::thread::sleep(Duration::from_secs(100));
    match manner {
        Manner::Silent => stay(),
        Manner::Reset => {}
        Manner::Drip => {
            let _ = stream.write_all(format!("{}content-length: 1000\r\n\r\n", ok(request)).as_bytes());
            while stream.write_all(b" ").is_ok() {
                std::thread::sleep(Duration::from_secs(1));
            }
        }
        Manner::Huge => {
            let _ = stream.write_all(format!("{}transfer-encoding: chunked\r\n\r\n", ok(request)).as_bytes());
            let chunk = [b"10000\r\n".as_slice(), &[b' '; 0x10000], b"\r\n"].concat();
            for _ in 0..100_000 {
                if stream.write_all(&chunk).is_err() {
                    return;
                }
            }
        }
        Manner::Redirect => {
            send(stream, "HTTP/1.1 307 Temporary Redirect\r\nlocation: http://127.0.0.1:9/\r\n", b"");
        }
        Manner::BadGateway => send(stream, "HTTP/1.1 502 Bad Gateway\r\n", b"<html>no</html>"),
        Manner::Empty => send(stream, &ok(request), b""),
        Manner::WrongTypes | Manner::Deep | Manner::Unfolding | Manner::Endless | Manner::Circle => {
            let nth = if manner == Manner::Circle { 1 } else { pages.fetch_add(1, Ordering::Relaxed) };
            send(stream, &ok(request), &made_up(manner, request, nth));
        }
    }
}

/// Bodies that look right from afar.
fn made_up(manner: Manner, request: &Request, nth: usize) -> Vec<u8> {
    let operation = request.operation();
    if matches!(manner, Manner::Endless | Manner::Circle) && operation == "GetCallerIdentity" {
        return xml(&operation, "<Account>123456789012</Account><Arn>arn:aws:iam::123456789012:user/x</Arn>");
    }
    match (manner, request.protocol()) {
        (Manner::WrongTypes, "cbor") => cbor(&[("MetricAlarms", Value::Text("none".into()))]),
        (Manner::WrongTypes, "xml") => xml(&operation, "<Topics>many</Topics><Account><Id>1</Id></Account>"),
        (Manner::WrongTypes, _) => b"{\"logGroups\": 7, \"events\": {}, \"MemorySize\": []}".to_vec(),
        (Manner::Deep, "cbor") => vec![0x81; 4 << 20],
        (Manner::Deep, "xml") => "<a>".repeat(1 << 20).into_bytes(),
        (Manner::Deep, _) => format!("{{\"logGroups\": {}", "[".repeat(4 << 20)).into_bytes(),
        (Manner::Unfolding, "cbor") => {
            let names = [&[0xa1, 0x6c][..], b"MetricAlarms", &[0x9a, 0, 0xe0, 0, 0]].concat();
            [&names[..], &vec![0xa0; 0xe0_0000]].concat()
        }
        (Manner::Unfolding, "xml") => xml(&operation, &"<member/>".repeat(1_000_000)),
        (Manner::Unfolding, _) => format!("{{\"logGroups\":[{}{{}}]}}", "{},".repeat(4_000_000)).into_bytes(),
        (_, "cbor") => cbor(&[
            ("NextToken", Value::Text(format!("t{nth}"))),
            ("PaginationToken", Value::Text(format!("t{nth}"))),
            ("MetricAlarms", Value::Array(Vec::new())),
        ]),
        (_, "xml") => xml(&operation, &format!("<Topics/><Subscriptions/><NextToken>t{nth}</NextToken>")),
        _ => format!("{{\"logGroups\":[],\"events\":[],\"nextToken\":\"t{nth}\",\"NextMarker\":\"t{nth}\"}}")
            .into_bytes(),
    }
}

fn xml(operation: &str, inner: &str) -> Vec<u8> {
    format!("<{operation}Response><{operation}Result>{inner}</{operation}Result></{operation}Response>").into_bytes()
}

fn cbor(entries: &[(&str, Value)]) -> Vec<u8> {
    let entries = entries.iter().map(|(key, value)| (Value::Text((*key).into()), value.clone()));
    encoded(&Value::Map(entries.collect()))
}

pub fn encoded(value: &Value) -> Vec<u8> {
    let mut body = Vec::new();
    ciborium::into_writer(value, &mut body).expect("memory takes it");
    body
}

/// The answer of the sandbox: its head without what is said of the body's length, and its body.
fn forward(upstream: &str, request: &Request) -> (String, Vec<u8>) {
    let mut stream = TcpStream::connect(upstream).expect("the sandbox listens");
    let keep = |line: &&str| !line.to_ascii_lowercase().starts_with("connection:");
    let head: Vec<&str> = request.head.trim_end().lines().filter(keep).collect();
    let sent = format!("{}\r\nconnection: close\r\n\r\n", head.join("\r\n"));
    stream.write_all(sent.as_bytes()).and_then(|()| stream.write_all(&request.body)).expect("it takes the request");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("it answers");
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").expect("a head") + 2;
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let own = ["content-length:", "connection:", "transfer-encoding:"];
    let is_own = |line: &str| own.iter().any(|name| line.to_ascii_lowercase().starts_with(name));
    let is_chunked = head.to_ascii_lowercase().contains("transfer-encoding: chunked");
    assert!(!is_chunked, "the sandbox says how long its answers are: {head}");
    let kept: String = head.split_inclusive("\r\n").filter(|line| !is_own(line)).collect();
    (kept, answer[end + 2..].to_vec())
}

/// A sandbox on a port; ends with the test.
pub struct Sandbox {
    pub url: String,
    process: Child,
}

impl Sandbox {
    pub fn start(desk: &Desk) -> Self {
        let mut process = desk.start(&["sandbox", "serve", "--port", "0", "--sandbox", "world.json"]);
        let mut line = String::new();
        BufReader::new(process.stdout.as_mut().expect("piped")).read_line(&mut line).expect("it says where it is");
        let url = line.split_whitespace().find(|word| word.starts_with("http://"));
        Self { url: url.unwrap_or_else(|| panic!("{line}")).trim_end_matches(':').to_owned(), process }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
