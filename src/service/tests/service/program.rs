//! The binary under test, with a data directory and ports of its own.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

use crate::client::{Answer, Client};
use crate::tools::wait_for;

pub const JSON: (&str, &str) = ("Content-Type", "application/json");

pub struct Service {
    child: Child,
    pub address: SocketAddr,
    pub prometheus: SocketAddr,
    log: Arc<Mutex<Vec<String>>>,
    dir: PathBuf,
    _temporary: Option<tempfile::TempDir>,
}

impl Service {
    /// In a data directory of its own that goes with it.
    pub fn start(settings: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut service = Self::start_in(dir.path(), settings);
        service._temporary = Some(dir);
        service
    }

    /// In a data directory that outlives it.
    pub fn start_in(dir: &Path, settings: &[(&str, &str)]) -> Self {
        let mut command = command(dir);
        command.envs(settings.iter().copied());
        Self::start_by(command, dir)
    }

    /// By a command that becomes the service.
    pub fn start_by(mut command: Command, dir: &Path) -> Self {
        command.stderr(Stdio::piped()).stdout(Stdio::null());
        let mut child = command.spawn().unwrap();
        let log = Arc::<Mutex<Vec<String>>>::default();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let sink = Arc::clone(&log);
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(|line| sink.lock().unwrap().push(line)));
        let mut found = None;
        wait_for("the service listens", || {
            found = log
                .lock()
                .unwrap()
                .iter()
                .find(|line| line.contains(" listening ") || line.contains("\"listening\""))
                .cloned();
            found.is_some() || child.try_wait().unwrap().is_some()
        });
        let line = found.unwrap_or_else(|| panic!("it ended: {:?}", log.lock().unwrap()));
        let named = |name: &str| -> SocketAddr {
            let at = line.find(name).unwrap() + name.len();
            let text: String =
                line[at..].trim_start_matches(['"', ':', '=']).chars().take_while(|c| !" \"".contains(*c)).collect();
            text.parse().unwrap_or_else(|_| "127.0.0.1:9".parse().unwrap())
        };
        Self {
            child,
            address: named("address"),
            prometheus: named("prometheus"),
            log,
            dir: dir.to_owned(),
            _temporary: None,
        }
    }

    pub fn dir(&self) -> &Path {
        &self.dir
    }

    pub fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn client(&self) -> Client {
        Client::connect(self.address).unwrap()
    }

    pub fn get(&self, path: &str) -> Answer {
        self.client().request("GET", path, &[], b"").unwrap()
    }

    pub fn track(&self, body: &str) -> Answer {
        self.client().request("POST", "/track", &[JSON], body.as_bytes()).unwrap()
    }

    pub fn detailed(&self) -> Value {
        self.get("/health/detailed").json()
    }

    pub fn metrics(&self) -> Metrics {
        Metrics(self.get("/metrics").body)
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM, and waits for the end.
    pub fn terminate(&mut self) -> ExitStatus {
        signal(self.id(), "TERM");
        self.wait()
    }

    pub fn wait(&mut self) -> ExitStatus {
        let mut status = None;
        wait_for("the service ends", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        std::thread::sleep(Duration::from_millis(20));
        status.unwrap()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn signal(process: u32, name: &str) {
    crate::tools::run(Command::new("kill").args([&format!("-{name}"), &process.to_string()]));
}

/// The binary with nothing of this environment but what it needs, its ports chosen by the system.
pub fn command(dir: &Path) -> Command {
    settled(Command::new(env!("CARGO_BIN_EXE_mlops-service")), dir)
}

/// A command with the folder and the environment of [`command`].
pub fn settled(mut command: Command, dir: &Path) -> Command {
    command.current_dir(dir).env_clear();
    for (name, value) in [("SERVICE_HOST", "127.0.0.1"), ("SERVICE_PORT", "0"), ("PROMETHEUS_PORT", "0")] {
        command.env(name, value);
    }
    command.env("MLOPS_DATA_DIR", dir.join("data"));
    command
}

/// An exposition, read as a scraper reads it.
pub struct Metrics(pub String);

impl Metrics {
    /// The value of a sample, written with its labels as exposed.
    pub fn find(&self, sample: &str) -> Option<f64> {
        let line = self.0.lines().find(|line| line.rsplit_once(' ').is_some_and(|(name, _)| name == sample))?;
        line.rsplit_once(' ')?.1.parse().ok()
    }

    /// The sum over all labels of a metric.
    pub fn sum(&self, name: &str) -> f64 {
        let of = |line: &&str| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' ']));
        self.0.lines().filter(of).filter_map(|line| line.rsplit_once(' ')?.1.parse::<f64>().ok()).sum()
    }
}

/// The payloads of the course's client and the sums they must lead to.
pub fn payloads() -> Value {
    serde_json::from_str(include_str!("track-payloads.json")).unwrap()
}
