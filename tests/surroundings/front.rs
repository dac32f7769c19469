//! What stands between the program and the sandbox: a proxy (absolute addresses and CONNECT), a TLS server whose certificate only
//! the authority beside this file has signed (its key is for these tests alone), and a server that refuses everything.

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// A listening server of these tests; it ends with the process.
pub struct Front {
    pub port: u16,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Front {
    /// A proxy. Whatever host is asked for: plain requests reach `upstream`, tunnels the TLS server.
    pub fn proxy(upstream: u16, tls: u16) -> Self {
        Self::start(move |stream, seen| {
            let mut reader = BufReader::new(stream);
            let Some((head, body)) = request(&mut reader) else { return };
            let first = head.lines().next().unwrap_or_default().to_owned();
            let authorised = head.to_ascii_lowercase().contains("proxy-authorization: basic dtpw");
            seen.lock().unwrap().push(if authorised { format!("{first} (u:p)") } else { first.clone() });
            let mut stream = reader.into_inner();
            if first.starts_with("CONNECT ") {
                let there = TcpStream::connect(("127.0.0.1", tls)).unwrap();
                stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").unwrap();
                tunnel(stream, there);
            } else {
                let _ = stream.write_all(&forward(upstream, &head, &body));
            }
        })
    }

    /// TLS before the plain `upstream`.
    pub fn tls(upstream: u16) -> Self {
        let certificate = CertificateDer::from_pem_slice(include_bytes!("server.pem")).unwrap();
        let key = PrivateKeyDer::from_pem_slice(include_bytes!("server.key")).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config = Arc::new(config.with_no_client_auth().with_single_cert(vec![certificate], key).unwrap());
        Self::start(move |stream, seen| {
            let connection = ServerConnection::new(config.clone()).unwrap();
            let mut reader = BufReader::new(StreamOwned::new(connection, stream));
            let Some((head, body)) = request(&mut reader) else { return };
            seen.lock().unwrap().push(head.lines().next().unwrap_or_default().to_owned());
            let answer = forward(upstream, &head, &body);
            let stream = reader.get_mut();
            let _ = stream.write_all(&answer);
            stream.conn.send_close_notify();
            let _ = stream.flush();
        })
    }

    /// Answers every call as STS answers one that is not allowed.
    pub fn denying() -> Self {
        Self::start(|stream, seen| {
            let mut reader = BufReader::new(stream);
            let Some((head, _)) = request(&mut reader) else { return };
            seen.lock().unwrap().push(head.lines().next().unwrap_or_default().to_owned());
            let body = "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>User: x is not authorized \
                        to perform: sts:AssumeRole</Message></Error></ErrorResponse>";
            let length = body.len();
            let head = format!("HTTP/1.1 403 Forbidden\r\ncontent-type: text/xml\r\ncontent-length: {length}\r\n");
            let _ = reader.get_mut().write_all(format!("{head}connection: close\r\n\r\n{body}").as_bytes());
        })
    }

    /// Answers each request with a status and a body.
    pub fn answering(answer: impl Fn(&Request) -> (u16, String) + Send + Sync + 'static) -> Self {
        Self::start(move |stream, seen| {
            let mut reader = BufReader::new(stream);
            let Some((head, _)) = request(&mut reader) else { return };
            let request = Request::of(&head);
            seen.lock().unwrap().push(request.line.clone());
            let (status, body) = answer(&request);
            // What an instance says of its session belongs to the answer (EC2 user guide, "Use IMDSv2").
            let lifetime = "x-aws-ec2-metadata-token-ttl-seconds: 21600\r\n";
            let length = body.len();
            let head = format!(
                "HTTP/1.1 {status} Said\r\n{lifetime}content-type: application/json\r\ncontent-length: {length}\r\n"
            );
            let _ = reader.get_mut().write_all(format!("{head}connection: close\r\n\r\n{body}").as_bytes());
        })
    }

    /// Stands before the plain `upstream` and notes of each request what `note` says.
    pub fn recording(upstream: u16, note: impl Fn(&Request) -> String + Send + Sync + 'static) -> Self {
        Self::start(move |stream, seen| {
            let mut reader = BufReader::new(stream);
            let Some((head, body)) = request(&mut reader) else { return };
            seen.lock().unwrap().push(note(&Request::of(&head)));
            let _ = reader.get_mut().write_all(&forward(upstream, &head, &body));
        })
    }

    fn start(serve: impl Fn(TcpStream, &Mutex<Vec<String>>) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("it listens").port();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (serve, noted) = (Arc::new(serve), seen.clone());
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (serve, noted) = (serve.clone(), noted.clone());
                thread::spawn(move || serve(stream, &noted));
            }
        });
        Self { port, seen }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The first lines of the requests so far, or what was noted of them.
    pub fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

/// The head of a request.
pub struct Request {
    pub line: String,
    /// With names in lower case.
    headers: Vec<(String, String)>,
}

impl Request {
    fn of(head: &str) -> Self {
        let mut lines = head.lines();
        let line = lines.next().unwrap_or_default().to_owned();
        let pair =
            |line: &str| line.split_once(':').map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()));
        Self { line, headers: lines.filter_map(pair).collect() }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }
}

/// Head and body of a request; `None` where the connection ends before it.
fn request(reader: &mut impl BufRead) -> Option<(String, Vec<u8>)> {
    let mut head = String::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line == "\r\n" {
            break;
        }
        head.push_str(&line);
    }
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    });
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    Some((head, body))
}

/// The whole answer of a plain server of this machine.
fn forward(port: u16, head: &str, body: &[u8]) -> Vec<u8> {
    let mut lines = head.lines();
    let first = lines.next().unwrap_or_default();
    let mut words = first.split(' ');
    let (method, address) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let path = match address.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("/", |at| &rest[at..]),
        None => address,
    };
    let mut sent = format!("{method} {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nconnection: close\r\n");
    for line in lines {
        let name = line.split(':').next().unwrap_or_default().to_ascii_lowercase();
        if !["host", "connection", "proxy-authorization", "proxy-connection"].contains(&name.as_str()) {
            sent.push_str(line);
            sent.push_str("\r\n");
        }
    }
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("the upstream listens");
    stream.write_all(format!("{sent}\r\n").as_bytes()).expect("it takes the head");
    stream.write_all(body).expect("it takes the body");
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    answer
}

fn tunnel(here: TcpStream, there: TcpStream) {
    let (mut from_here, mut to_there) = (here.try_clone().unwrap(), there.try_clone().unwrap());
    let up = thread::spawn(move || std::io::copy(&mut from_here, &mut to_there));
    let (mut here, mut there) = (here, there);
    let _ = std::io::copy(&mut there, &mut here);
    let _ = here.shutdown(std::net::Shutdown::Both);
    let _ = up.join();
}
