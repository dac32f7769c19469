//! ministack: an AWS that nobody here wrote. Installed into `target/tools` where it is missing, started once for all tests of
//! this file. It ends with the pipe to it, so it ends however the tests end: well, in a panic, or killed.

use serde_json::{Value, json};
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

const PACKAGES: [&str; 2] = ["ministack==1.5.33", "cbor2"];
/// Runs ministack in a process that ends when its standard input does.
const LAUNCHER: &str = "
import os, sys, threading
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
sys.argv = ['ministack']
from ministack.app import main
main()
";
const STARTS_WITHIN: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub struct Ministack {
    pub endpoint: String,
    hand: Mutex<Hand>,
    /// Its standard input is what keeps it running.
    _server: Child,
}

#[derive(Debug)]
struct Hand {
    ask: ChildStdin,
    answers: BufReader<ChildStdout>,
    _process: Child,
}

impl Ministack {
    /// The one server of this file; the first test that wants it starts it.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Ministack> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    fn start() -> Self {
        let python = python();
        // Between choosing a free port and listening on it somebody else may take it: then another one is tried.
        let (server, port) =
            (0..3).find_map(|_| launch(&python)).expect("ministack starts; see target/tools/ministack.log");
        let endpoint = format!("http://127.0.0.1:{port}");
        let mut hand = Command::new(&python)
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ministack/hand.py"))
            .arg(&endpoint)
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("botocore's hand starts");
        let (ask, answers) = (hand.stdin.take().expect("piped"), hand.stdout.take().expect("piped"));
        let hand = Mutex::new(Hand { ask, answers: BufReader::new(answers), _process: hand });
        Self { endpoint, hand, _server: server }
    }

    /// One call by botocore; an error fails the test.
    #[track_caller]
    pub fn call(&self, account: &str, service: &str, operation: &str, arguments: &Value) -> Value {
        self.call_in("us-east-1", account, service, operation, arguments)
    }

    /// The same in another region.
    #[track_caller]
    pub fn call_in(&self, region: &str, account: &str, service: &str, operation: &str, arguments: &Value) -> Value {
        let call = json!({
            "region": region, "account": account, "service": service, "operation": operation, "arguments": arguments,
        });
        let mut hand = self.hand.lock().unwrap_or_else(PoisonError::into_inner);
        writeln!(hand.ask, "{call}").expect("the hand listens");
        let mut line = String::new();
        hand.answers.read_line(&mut line).expect("the hand answers");
        drop(hand);
        let mut answer: Value = serde_json::from_str(&line).expect("the hand writes JSON");
        assert!(answer["error"].is_null(), "{service} {operation} {arguments}: {answer}");
        answer["answer"].take()
    }
}

/// Starts the server on a free port and waits until it is ready; `None` where it ends instead.
fn launch(python: &Path) -> Option<(Child, u16)> {
    let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port();
    let home = tools().join("ministack/home");
    std::fs::create_dir_all(&home).expect("target/tools takes folders");
    let log = File::create(tools().join("ministack.log")).expect("target/tools takes files");
    let mut server = Command::new(python)
        .args(["-c", LAUNCHER])
        .current_dir(&home)
        .env("HOME", &home)
        .env("GATEWAY_PORT", port.to_string())
        .env("BIND_HOST", "127.0.0.1")
        .env("LOG_LEVEL", "WARNING")
        .stdin(Stdio::piped())
        .stdout(log.try_clone().expect("the log is open"))
        .stderr(log)
        .spawn()
        .expect("Python starts");
    let started = Instant::now();
    while started.elapsed() < STARTS_WITHIN {
        if is_ready(port) {
            return Some((server, port));
        }
        if server.try_wait().expect("ministack is our child").is_some() {
            return None;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    server.kill().and_then(|()| server.wait()).expect("ministack is our child");
    panic!("ministack is not ready after {STARTS_WITHIN:?}; see target/tools/ministack.log");
}

fn is_ready(port: u16) -> bool {
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        stream.write_all(b"GET /_ministack/health HTTP/1.0\r\nHost: localhost\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    ask().is_ok_and(|answer| answer.split("\r\n").next().is_some_and(|line| line.contains(" 200")))
}

/// The Python of an environment that has ministack; made on first use.
fn python() -> PathBuf {
    let venv = tools().join("ministack");
    let python = if cfg!(windows) { venv.join("Scripts/python.exe") } else { venv.join("bin/python") };
    std::fs::create_dir_all(tools()).expect("the target folder takes folders");
    let lock = File::create(tools().join("ministack.lock")).expect("target/tools takes files");
    lock.lock().expect("target/tools takes locks");
    let has_it = || succeeds(Command::new(&python).args(["-c", "import botocore, cbor2, ministack.app"]));
    if !has_it() {
        let system = if cfg!(windows) { "python" } else { "python3" };
        let made = succeeds(Command::new(system).args(["-m", "venv"]).arg(&venv));
        assert!(
            made,
            "`{system} -m venv` failed: install Python 3.10 or newer with venv (Debian: apt install python3-venv)"
        );
        let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
        let installed = succeeds(Command::new(&python).args(install).args(PACKAGES));
        assert!(installed && has_it(), "pip could not install {PACKAGES:?} into {}", venv.display());
    }
    python
}

fn succeeds(command: &mut Command) -> bool {
    command.stdin(Stdio::null()).stdout(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// `target/tools`, wherever the target folder is.
fn tools() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("it is in the target folder").join("tools")
}
