//! The weather of AWS's control plane between a client and an emulator: latency, and the published quotas for each account,
//! region and operation. It counts every call and can keep them, so that another client can make the same ones.

use std::collections::BTreeMap;
use std::io::{Error, ErrorKind, Result};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// Half of it on the way there, half on the way back.
pub const LATENCY: Duration = Duration::from_millis(40);

/// Calls a second, and as many at once, for each account and region (service quotas of CloudWatch, CloudWatch Logs, STS and
/// Lambda; of SNS those that its documentation names). `*` stands for the service's other operations together.
const QUOTAS: &[(&str, &str, f64)] = &[
    ("monitoring", "PutMetricAlarm PutCompositeAlarm DeleteAlarms", 3.0),
    ("monitoring", "DescribeAlarms", 9.0),
    ("monitoring", "ListTagsForResource", 10.0),
    ("monitoring", "TagResource UntagResource", 20.0),
    ("logs", "CreateLogGroup DeleteLogGroup DescribeLogGroups", 10.0),
    ("logs", "PutRetentionPolicy DeleteRetentionPolicy ListTagsForResource TagResource UntagResource", 5.0),
    ("sns", "CreateTopic DeleteTopic GetTopicAttributes SetTopicAttributes ListTopics ListSubscriptionsByTopic", 30.0),
    ("sns", "Subscribe Unsubscribe", 100.0),
    ("sns", "TagResource UntagResource ListTagsForResource", 10.0),
    ("sts", "*", 600.0),
    ("lambda", "*", 15.0),
];

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Call {
    pub account: String,
    pub service: String,
    pub operation: String,
    /// `METHOD TARGET`.
    pub line: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

#[derive(Debug, Default)]
struct State {
    /// The access keys that AssumeRole handed out.
    accounts: BTreeMap<String, String>,
    /// Tokens and when they were counted, by account, region and quota.
    buckets: BTreeMap<(String, String, String), (f64, Instant)>,
    calls: Vec<Call>,
    /// The operations of the calls that were not let through.
    throttled: Vec<String>,
}

/// A running proxy; it ends with the runtime.
#[derive(Debug, Clone)]
pub struct Proxy {
    pub address: SocketAddr,
    emulator: SocketAddr,
    state: Arc<Mutex<State>>,
    idle: Arc<Mutex<Vec<BufReader<TcpStream>>>>,
}

impl Proxy {
    pub async fn start(emulator: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let proxy = Self { address: listener.local_addr()?, emulator, state: Arc::default(), idle: Arc::default() };
        let serving = proxy.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let proxy = serving.clone();
                // A client that goes away in the middle of a call ends its own connection only.
                tokio::spawn(async move { proxy.serve(stream).await });
            }
        });
        Ok(proxy)
    }

    /// The calls that were let through since the last time, and the operations of those that were not.
    pub fn take(&self) -> (Vec<Call>, Vec<String>) {
        let mut state = self.state();
        state.buckets.clear();
        (std::mem::take(&mut state.calls), std::mem::take(&mut state.throttled))
    }

    async fn serve(&self, stream: TcpStream) -> Result<()> {
        stream.set_nodelay(true)?;
        let mut stream = BufReader::new(stream);
        loop {
            let (line, headers) = read_head(&mut stream).await?;
            let body = read_body(&mut stream, &headers).await?;
            let answer = self.answer(line, headers, body).await?;
            stream.get_mut().write_all(&answer).await?;
        }
    }

    async fn answer(&self, line: String, headers: Vec<(String, String)>, body: Vec<u8>) -> Result<Vec<u8>> {
        let (call, region) = self.describe(&line, headers, body);
        tokio::time::sleep(LATENCY / 2).await;
        let answer = if self.allowed(&call, &region) {
            let answer = self.forward(&call).await?;
            if call.service == "sts" {
                self.learn(&answer);
            }
            self.state().calls.push(call);
            answer
        } else {
            self.state().throttled.push(call.operation.clone());
            throttled(&call)
        };
        tokio::time::sleep(LATENCY / 2).await;
        Ok(answer)
    }

    fn describe(&self, line: &str, headers: Vec<(String, String)>, body: Vec<u8>) -> (Call, String) {
        let scope = header(&headers, "authorization").and_then(|value| value.split("Credential=").nth(1));
        let parts: Vec<String> = scope.unwrap_or_default().split([',', ' ', '/']).map(str::to_owned).collect();
        let part = |n: usize| parts.get(n).cloned().unwrap_or_default();
        let account = match self.state().accounts.get(&part(0)) {
            Some(account) => account.clone(),
            None => part(0),
        };
        let line = line.rsplit_once(' ').map_or(line, |(line, _version)| line).to_owned();
        let operation = operation(&line, &headers, &body);
        (Call { account, service: part(3), operation, line, headers, body }, part(2))
    }

    fn allowed(&self, call: &Call, region: &str) -> bool {
        let Some((name, rate)) = quota(&call.service, &call.operation) else { return true };
        let mut state = self.state();
        let key = (call.account.clone(), region.to_owned(), format!("{}:{name}", call.service));
        let now = Instant::now();
        let (tokens, at) = state.buckets.entry(key).or_insert((rate, now));
        *tokens = (*tokens + now.duration_since(*at).as_secs_f64() * rate).min(rate);
        *at = now;
        let allowed = *tokens >= 1.0;
        *tokens -= f64::from(u8::from(allowed));
        allowed
    }

    /// Which account a new access key belongs to.
    fn learn(&self, answer: &[u8]) {
        let text = String::from_utf8_lossy(answer);
        let within = |from: &str, to: &str| Some(text.split_once(from)?.1.split_once(to)?.0.trim().to_owned());
        if let (Some(key), Some(account)) = (within("<AccessKeyId>", "</"), within(":sts::", ":assumed-role")) {
            self.state().accounts.insert(key, account);
        }
    }

    async fn forward(&self, call: &Call) -> Result<Vec<u8>> {
        let request = request(call, "emulator");
        let idle = lock(&self.idle).pop();
        if let Some(stream) = idle
            && let Ok(answer) = self.exchange(stream, &request).await
        {
            return Ok(answer);
        }
        let stream = TcpStream::connect(self.emulator).await?;
        stream.set_nodelay(true)?;
        self.exchange(BufReader::new(stream), &request).await
    }

    async fn exchange(&self, mut stream: BufReader<TcpStream>, request: &[u8]) -> Result<Vec<u8>> {
        stream.get_mut().write_all(request).await?;
        let (line, headers) = read_head(&mut stream).await?;
        let body = read_body(&mut stream, &headers).await?;
        if header(&headers, "connection") != Some("close") {
            lock(&self.idle).push(stream);
        }
        let mut answer = format!("{line}\r\n").into_bytes();
        for (name, value) in headers.iter().filter(|(name, _)| !is_of_the_connection(name)) {
            answer.extend(format!("{name}: {value}\r\n").bytes());
        }
        answer.extend(format!("content-length: {}\r\n\r\n", body.len()).bytes());
        answer.extend(body);
        Ok(answer)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

/// The bytes of a call, for a server that is called `host`.
pub fn request(call: &Call, host: &str) -> Vec<u8> {
    let mut request = format!("{} HTTP/1.1\r\nhost: {host}\r\n", call.line).into_bytes();
    let kept = call.headers.iter().filter(|(name, _)| !is_of_the_connection(name) && name != "host");
    for (name, value) in kept {
        request.extend(format!("{name}: {value}\r\n").bytes());
    }
    request.extend(format!("content-length: {}\r\n\r\n", call.body.len()).bytes());
    request.extend(&call.body);
    request
}

fn is_of_the_connection(name: &str) -> bool {
    ["connection", "keep-alive", "transfer-encoding", "content-length", "expect"].contains(&name)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

/// By path (RPC over CBOR), header (JSON) or form field (query); of REST the method and path stand for it.
fn operation(line: &str, headers: &[(String, String)], body: &[u8]) -> String {
    if let Some((_, operation)) = line.split_once("/operation/") {
        return operation.trim_end_matches('/').to_owned();
    }
    if let Some(target) = header(headers, "x-amz-target") {
        return target.rsplit('.').next().unwrap_or(target).to_owned();
    }
    let body = String::from_utf8_lossy(body);
    let action = body.split('&').find_map(|field| field.strip_prefix("Action="));
    action.map_or_else(|| line.to_owned(), str::to_owned)
}

fn quota(service: &str, operation: &str) -> Option<(&'static str, f64)> {
    let of = |name: &str| {
        let named = |names: &str| names.split(' ').any(|one| one == name);
        QUOTAS.iter().find(|(of, names, _)| *of == service && named(names))
    };
    let (_, names, rate) = of(operation).or_else(|| of("*"))?;
    // Each operation that a line names has a bucket of its own.
    Some((names.split(' ').find(|name| *name == operation).unwrap_or("*"), *rate))
}

/// As AWS says it, in the protocol of the call.
fn throttled(call: &Call) -> Vec<u8> {
    let (kind, body) = match header(&call.headers, "smithy-protocol") {
        Some(_) => {
            let text = |text: &str| [&[0x78, text.len() as u8], text.as_bytes()].concat();
            let fields = ["__type", "com.amazonaws#ThrottlingException", "message", "Rate exceeded"];
            let mut body = vec![0xa2];
            body.extend(fields.iter().flat_map(|field| text(field)));
            ("application/cbor\r\nsmithy-protocol: rpc-v2-cbor", body)
        }
        None if header(&call.headers, "x-amz-target").is_some() || call.service == "lambda" => {
            let body = br#"{"__type":"ThrottlingException","message":"Rate exceeded"}"#.to_vec();
            ("application/x-amz-json-1.1", body)
        }
        None => {
            let body = "<ErrorResponse><Error><Type>Sender</Type><Code>Throttling</Code>\
                        <Message>Rate exceeded</Message></Error><RequestId>0</RequestId></ErrorResponse>";
            ("text/xml", body.as_bytes().to_vec())
        }
    };
    let head = format!(
        "HTTP/1.1 400 Bad Request\r\nx-amzn-errortype: ThrottlingException\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    [head.into_bytes(), body].concat()
}

/// The first line and the headers, their names in lower case.
pub async fn read_head(stream: &mut BufReader<TcpStream>) -> Result<(String, Vec<(String, String)>)> {
    let first = read_line(stream).await?;
    let mut headers = Vec::new();
    loop {
        let line = read_line(stream).await?;
        let Some((name, value)) = line.split_once(':') else { return Ok((first, headers)) };
        headers.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
    }
}

async fn read_line(stream: &mut BufReader<TcpStream>) -> Result<String> {
    let mut line = String::new();
    if stream.read_line(&mut line).await? == 0 {
        return Err(Error::from(ErrorKind::UnexpectedEof));
    }
    Ok(line.trim_end().to_owned())
}

pub async fn read_body(stream: &mut BufReader<TcpStream>, headers: &[(String, String)]) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    if header(headers, "transfer-encoding").is_some_and(|value| value.contains("chunked")) {
        loop {
            let size = read_line(stream).await?;
            let size = usize::from_str_radix(size.split(';').next().unwrap_or_default(), 16).map_err(Error::other)?;
            let from = body.len();
            body.resize(from + size, 0);
            stream.read_exact(&mut body[from..]).await?;
            read_line(stream).await?;
            if size == 0 {
                return Ok(body);
            }
        }
    }
    let length = header(headers, "content-length").and_then(|value| value.parse().ok()).unwrap_or(0);
    body.resize(length, 0);
    stream.read_exact(&mut body).await?;
    Ok(body)
}
