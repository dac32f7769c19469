//! A PostgreSQL of our own, from Debian's programs, on a directory and port of its own.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::tools::{self, run};

pub struct Postgres {
    bin: PathBuf,
    dir: tempfile::TempDir,
    port: u16,
}

impl Postgres {
    /// None where PostgreSQL is not installed, outside of CI.
    pub fn start() -> Option<Self> {
        let bin = tools::postgres()?;
        let dir = tempfile::Builder::new().prefix("mlops-pg").tempdir_in("/tmp").unwrap();
        let postgres = Self { bin, dir, port: tools::free_port() };
        if is_root() {
            run(Command::new("chown").arg("postgres").arg(postgres.dir.path()));
        }
        let data = postgres.data();
        let data = data.to_str().unwrap();
        run(&mut postgres.program("initdb", &["-D", data, "-U", "mlops", "--auth=trust", "-E", "UTF8", "--no-sync"]));
        postgres.go();
        postgres.sql("CREATE DATABASE mlops");
        Some(postgres)
    }

    pub fn url(&self) -> String {
        format!("postgres://mlops:secret@127.0.0.1:{}/mlops", self.port)
    }

    pub fn go(&self) {
        let options = format!(
            "-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories={}",
            self.port,
            self.dir.path().display()
        );
        let log = self.dir.path().join("log");
        let (data, log) = (self.data(), log.display().to_string());
        // The server keeps what it inherits: a pipe would be waited for until it ends.
        let status = self
            .program("pg_ctl", &["-D", data.to_str().unwrap(), "-o", &options, "-l", &log, "-w", "start"])
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .status();
        assert!(status.unwrap().success(), "{}", std::fs::read_to_string(log).unwrap_or_default());
    }

    /// As an operator (`fast`) or a power cut (`immediate`) stops it.
    pub fn stop(&self, how: &str) {
        run(&mut self.program("pg_ctl", &["-D", self.data().to_str().unwrap(), "-m", how, "-w", "stop"]));
    }

    /// Rows as lines, columns between `|`.
    pub fn sql(&self, statement: &str) -> String {
        let database = if statement.starts_with("CREATE DATABASE") { "postgres" } else { "mlops" };
        let url = format!("postgres://mlops@127.0.0.1:{}/{database}", self.port);
        run(Command::new(self.bin.join("psql")).args(["-XAtq", "-v", "ON_ERROR_STOP=1", &url, "-c", statement]))
    }

    /// Runs a statement on a connection of its own, beside this one, until it ends or what is returned is dropped.
    pub fn hold(&self, statement: &str) -> Held {
        let url = format!("postgres://mlops@127.0.0.1:{}/mlops", self.port);
        let mut command = Command::new(self.bin.join("psql"));
        command.args(["-XAtq", &url]).stdout(std::process::Stdio::null()).stdin(std::process::Stdio::piped());
        let mut child = command.spawn().unwrap();
        std::io::Write::write_all(child.stdin.as_mut().unwrap(), format!("{statement};\n").as_bytes()).unwrap();
        Held(child)
    }

    /// The server's processes.
    pub fn processes(&self) -> Vec<u32> {
        let pid = std::fs::read_to_string(self.data().join("postmaster.pid")).unwrap();
        let server: u32 = pid.lines().next().unwrap().trim().parse().unwrap();
        let children = std::fs::read_to_string(format!("/proc/{server}/task/{server}/children")).unwrap();
        std::iter::once(server).chain(children.split_whitespace().map(|pid| pid.parse().unwrap())).collect()
    }

    fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// PostgreSQL refuses to run as root.
    fn program(&self, name: &str, arguments: &[&str]) -> Command {
        let program = self.bin.join(name);
        let mut command = if is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        command.args(arguments).current_dir(Path::new("/"));
        command
    }
}

/// A statement under way.
pub struct Held(std::process::Child);

impl Drop for Held {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let data = self.data();
        let _ = self.program("pg_ctl", &["-D", data.to_str().unwrap_or_default(), "-m", "immediate", "stop"]).output();
    }
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
