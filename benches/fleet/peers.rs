//! What the program is held against: a client that makes the same calls without thinking, and a script with boto3.

use super::proxy::{Call, Proxy, read_body, read_head, request};
use std::collections::BTreeMap;
use std::io::{Error, Result};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// PutMetricAlarm: so many at once, and one more in each of these.
const PUTS: usize = 3;
const PUT_EVERY: Duration = Duration::from_millis(334);

/// Makes the calls again in other accounts, all accounts at once, each as fast as dependency and quota allow: the role, then all
/// that is read first, then what is created for others to point at, then the rest, then all that is read back. Nothing is
/// signed, understood, compared or decided. Seconds of wall time.
pub async fn same_calls(proxy: &Proxy, calls: &[Call], rename: impl Fn(&str) -> String) -> Result<f64> {
    let mut accounts: BTreeMap<&str, Vec<&Call>> = BTreeMap::new();
    let teacher = calls.iter().find(|call| call.service == "sts").map_or("", |call| call.account.as_str());
    for call in calls {
        // AssumeRole is signed by who calls; its body says for whom.
        let account = if call.account == teacher { assumed(call) } else { Some(call.account.as_str()) };
        if let Some(account) = account {
            accounts.entry(account).or_default().push(call);
        }
    }
    let pool: Pool = Arc::default();
    let mut tasks = JoinSet::new();
    let scripts: Vec<[Vec<Call>; 5]> = accounts
        .iter()
        .map(|(account, calls)| {
            let renamed = rename(account);
            phases(calls).map(|phase| phase.into_iter().map(|call| moved(call, account, &renamed)).collect())
        })
        .collect();
    let began = Instant::now();
    for script in scripts {
        tasks.spawn(play(proxy.address.to_string(), pool.clone(), script));
    }
    while let Some(ended) = tasks.join_next().await {
        ended.map_err(Error::other)??;
    }
    Ok(began.elapsed().as_secs_f64())
}

type Pool = Arc<Mutex<Vec<BufReader<TcpStream>>>>;

async fn play(address: String, pool: Pool, script: [Vec<Call>; 5]) -> Result<()> {
    for phase in script {
        let mut calls = JoinSet::new();
        let mut puts = 0;
        for call in phase {
            puts += usize::from(call.operation == "PutMetricAlarm");
            let wait = if call.operation == "PutMetricAlarm" { puts.saturating_sub(PUTS) } else { 0 };
            let (address, pool) = (address.clone(), pool.clone());
            calls.spawn(async move {
                tokio::time::sleep(PUT_EVERY * u32::try_from(wait).unwrap_or(0)).await;
                one(&address, &pool, &call).await
            });
        }
        while let Some(ended) = calls.join_next().await {
            ended.map_err(Error::other)??;
        }
    }
    Ok(())
}

/// One call, again where AWS asks to slow down.
async fn one(address: &str, pool: &Pool, call: &Call) -> Result<()> {
    loop {
        let idle = pool.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut stream = match idle {
            Some(stream) => stream,
            None => {
                let stream = TcpStream::connect(address).await?;
                stream.set_nodelay(true)?;
                BufReader::new(stream)
            }
        };
        stream.get_mut().write_all(&request(call, address)).await?;
        let (status, headers) = read_head(&mut stream).await?;
        let body = read_body(&mut stream, &headers).await?;
        pool.lock().unwrap_or_else(PoisonError::into_inner).push(stream);
        if String::from_utf8_lossy(&body).contains("Throttling") {
            tokio::time::sleep(PUT_EVERY).await;
            continue;
        }
        // A topic that is not there is an answer, too, and the program got the same one.
        let refused = status.contains(" 400") || status.contains(" 5");
        return if refused { Err(Error::other(format!("{}: {status}", call.operation))) } else { Ok(()) };
    }
}

fn phases<'a>(calls: &[&'a Call]) -> [Vec<&'a Call>; 5] {
    let is_read = |call: &Call| {
        let reads = ["Describe", "List", "Get"];
        call.line.starts_with("GET ") || reads.iter().any(|verb| call.operation.starts_with(verb))
    };
    let mut phases: [Vec<&Call>; 5] = Default::default();
    let mut written = false;
    for call in calls {
        let phase = match call.operation.as_str() {
            "AssumeRole" => 0,
            "CreateTopic" | "CreateLogGroup" => 2,
            _ if is_read(call) && written => 4,
            _ if is_read(call) => 1,
            _ => 3,
        };
        written |= phase == 2 || phase == 3;
        phases[phase].push(call);
    }
    phases
}

/// The account whose role is assumed.
fn assumed(call: &Call) -> Option<&str> {
    let body = std::str::from_utf8(&call.body).ok()?;
    let arn = body.split("iam%3A%3A").nth(1)?;
    arn.get(..12)
}

/// The call in another account: both ids have twelve digits, so that nothing else changes. Signed by nobody.
fn moved(call: &Call, from: &str, to: &str) -> Call {
    let mut call = call.clone();
    call.line = call.line.replace(from, to);
    call.body = replaced(&call.body, from.as_bytes(), to.as_bytes());
    call.headers.retain(|(name, _)| name != "x-amz-security-token");
    for (name, value) in &mut call.headers {
        if name == "authorization" {
            let scope = value.split("Credential=").nth(1).and_then(|rest| rest.split(',').next()).unwrap_or_default();
            let scope = scope.split_once('/').map_or("", |(_, scope)| scope);
            let key = if call.operation == "AssumeRole" { call.account.as_str() } else { to };
            *value = format!("AWS4-HMAC-SHA256 Credential={key}/{scope}, SignedHeaders=host, Signature=0");
        } else {
            *value = value.replace(from, to);
        }
    }
    call
}

fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let mut at = 0;
    while let Some(found) = bytes[at..].windows(from.len()).position(|window| window == from) {
        at += found;
        bytes[at..at + from.len()].copy_from_slice(to);
        at += to.len();
    }
    bytes
}

/// A good threaded script: seconds of wall time; `None` where boto3 is not installed.
pub fn boto3(python: &Path, endpoint: &str, roster: &Path) -> Option<f64> {
    let has_it =
        Command::new(python).args(["-c", "import boto3"]).stderr(Stdio::null()).status().is_ok_and(|s| s.success());
    if !has_it {
        return None;
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/fleet/boto3_fleet.py");
    let began = Instant::now();
    let status = Command::new(python).arg(script).arg(endpoint).arg(roster).status().ok()?;
    status.success().then(|| began.elapsed().as_secs_f64())
}
