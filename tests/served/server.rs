//! The sandbox served by the real program, and the clients that nobody here wrote: the AWS CLI and botocore, installed into
//! `target/tools` where they are missing. All of them end with the test that started them.

use crate::support::Desk;
use serde_json::{Value, json};
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

const PACKAGES: [&str; 2] = ["awscli==1.44.0", "boto3==1.42.10"];
pub const FILE: &str = "sandbox.json";

/// A served sandbox in a folder of its own.
pub struct Served {
    pub desk: Desk,
    /// E.g. `http://127.0.0.1:40123`.
    pub url: String,
    /// What it says a shell has to set.
    exports: Vec<(String, String)>,
    process: Child,
}

/// An answer over plain HTTP.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub text: String,
}

impl Served {
    pub fn start() -> Self {
        let desk = Desk::new();
        let mut process = desk.start(&["sandbox", "serve", "--port", "0", "--sandbox", FILE]);
        let (mut line, mut exports) = (String::new(), String::new());
        let mut out = BufReader::new(process.stdout.as_mut().expect("piped"));
        out.read_line(&mut line).expect("it says where it is");
        out.read_line(&mut exports).expect("it says what clients need");
        let exports = exports.trim().strip_prefix("export ").unwrap_or_else(|| panic!("{exports}"));
        let exports = exports.split(' ').filter_map(|pair| pair.split_once('='));
        let exports = exports.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let url = line.split_whitespace().find(|word| word.starts_with("http://"));
        let url = url.unwrap_or_else(|| panic!("{line}")).trim_end_matches(':').to_owned();
        Self { desk, url, exports, process }
    }

    /// What the AWS CLI writes, as JSON; nothing is null.
    #[track_caller]
    pub fn aws(&self, arguments: &[&str]) -> Value {
        let ran = self.cli(arguments);
        assert!(ran.status.success(), "aws {arguments:?}: {}", String::from_utf8_lossy(&ran.stderr));
        if ran.stdout.is_empty() { Value::Null } else { serde_json::from_slice(&ran.stdout).expect("JSON") }
    }

    /// What the AWS CLI says where it fails.
    #[track_caller]
    pub fn aws_refused(&self, arguments: &[&str]) -> String {
        let ran = self.cli(arguments);
        assert!(!ran.status.success(), "aws {arguments:?}: {}", String::from_utf8_lossy(&ran.stdout));
        String::from_utf8_lossy(&ran.stderr).into_owned()
    }

    fn cli(&self, arguments: &[&str]) -> std::process::Output {
        let mut command = Command::new(python());
        command.args(["-m", "awscli"]).args(arguments).current_dir(self.desk.path("."));
        command.env_clear().env("HOME", self.desk.path(".")).env("AWS_EC2_METADATA_DISABLED", "true");
        command.envs(self.environment()).stdin(Stdio::null()).output().expect("the AWS CLI starts")
    }

    /// What every client of the sandbox has to be given.
    pub fn environment(&self) -> Vec<(String, String)> {
        self.exports.clone()
    }

    pub fn hand(&self) -> Hand {
        Hand::start(&self.url)
    }

    /// One request over plain HTTP, as it is written here.
    pub fn http(&self, request: &str) -> Answer {
        let address = self.url.strip_prefix("http://").expect("plain HTTP");
        let mut stream = TcpStream::connect(address).expect("it listens");
        stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a time-out");
        stream.write_all(request.as_bytes()).expect("it takes the request");
        let mut text = String::new();
        stream.read_to_string(&mut text).expect("it answers and closes");
        let status = text.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
        Answer { status, text }
    }

    pub fn get(&self, path: &str) -> Answer {
        self.http(&format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"))
    }

    /// A signed call with a body.
    pub fn post(&self, service: &str, headers: &str, body: &str) -> Answer {
        let scope = format!("AWS4-HMAC-SHA256 Credential=x/20261125/us-east-1/{service}/aws4_request, Signature=0");
        let length = body.len();
        let head =
            format!("host: localhost\r\nconnection: close\r\nauthorization: {scope}\r\ncontent-length: {length}\r\n");
        self.http(&format!("POST / HTTP/1.1\r\n{head}{headers}\r\n{body}"))
    }

    /// Asks it to end, as a person or a supervisor does; the exit code and how long it took.
    #[cfg(unix)]
    pub fn stop(mut self, signal: &str) -> (Option<i32>, Duration) {
        let began = Instant::now();
        let told = Command::new("kill").args([signal, &self.process.id().to_string()]).status().expect("kill runs");
        assert!(told.success());
        (self.process.wait().expect("it is our child").code(), began.elapsed())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// botocore, one call a line.
pub struct Hand {
    ask: ChildStdin,
    answers: BufReader<ChildStdout>,
    process: Child,
}

impl Hand {
    fn start(url: &str) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ministack/hand.py");
        let mut command = Command::new(python());
        command.arg(script).arg(url).env("AWS_EC2_METADATA_DISABLED", "true");
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("botocore's hand starts");
        let (ask, answers) = (process.stdin.take().expect("piped"), process.stdout.take().expect("piped"));
        Self { ask, answers: BufReader::new(answers), process }
    }

    fn ask(&mut self, service: &str, operation: &str, arguments: &Value) -> Value {
        let account = "123456789012";
        let call = json!({ "region": "us-east-1", "account": account, "service": service, "operation": operation, "arguments": arguments });
        writeln!(self.ask, "{call}").expect("the hand listens");
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("the hand answers");
        serde_json::from_str(&line).expect("the hand writes JSON")
    }

    #[track_caller]
    pub fn call(&mut self, service: &str, operation: &str, arguments: &Value) -> Value {
        let mut answer = self.ask(service, operation, arguments);
        assert!(answer["error"].is_null(), "{service} {operation} {arguments}: {answer}");
        answer["answer"].take()
    }

    #[track_caller]
    pub fn refused(&mut self, service: &str, operation: &str, arguments: &Value) -> String {
        let answer = self.ask(service, operation, arguments);
        answer["error"].as_str().unwrap_or_else(|| panic!("{service} {operation}: {answer}")).to_owned()
    }
}

impl Drop for Hand {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The Python of an environment that has both clients; made on first use.
fn python() -> PathBuf {
    let tools = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("it is in the target folder").join("tools");
    let venv = tools.join("awscli");
    let python = if cfg!(windows) { venv.join("Scripts/python.exe") } else { venv.join("bin/python") };
    std::fs::create_dir_all(&tools).expect("the target folder takes folders");
    let lock = File::create(tools.join("awscli.lock")).expect("target/tools takes files");
    lock.lock().expect("target/tools takes locks");
    let installed = tools.join("awscli.installed");
    if std::fs::read_to_string(&installed).is_ok_and(|text| text == PACKAGES.join(" ")) {
        return python;
    }
    let succeeds = |command: &mut Command| command.stdin(Stdio::null()).status().is_ok_and(|status| status.success());
    let system = if cfg!(windows) { "python" } else { "python3" };
    let made = succeeds(Command::new(system).args(["-m", "venv"]).arg(&venv));
    assert!(
        made,
        "`{system} -m venv` failed: install Python 3.10 or newer with venv (Debian: apt install python3-venv)"
    );
    let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    let done = succeeds(Command::new(&python).args(install).args(PACKAGES));
    assert!(done, "pip could not install {PACKAGES:?} into {}", venv.display());
    std::fs::write(&installed, PACKAGES.join(" ")).expect("target/tools takes files");
    python
}
