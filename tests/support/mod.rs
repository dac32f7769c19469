//! What the whole-program tests share: the real binary in a folder of its own, and what a run of it left behind. Knows neither
//! a kind of resource nor an endpoint.
// Each test crate uses its own part of this.
#![allow(dead_code)]

pub mod specs;

use serde_json::Value;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use tempfile::TempDir;

/// A folder that is home and working directory of every run, and the arguments and environment that all runs get.
#[derive(Debug)]
pub struct Desk {
    folder: TempDir,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
}

/// One finished run.
#[derive(Debug)]
pub struct Ran {
    pub command: String,
    /// `None` where a signal ended the process.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Desk {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder for the test");
        Self { folder, arguments: Vec::new(), environment: Vec::new() }
    }

    /// Adds what every run gets behind its own arguments.
    pub fn with(mut self, arguments: &[&str]) -> Self {
        self.arguments.extend(arguments.iter().map(|argument| (*argument).to_owned()));
        self
    }

    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).expect("the folder takes files");
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// The program, ready to start: nothing of the environment of whoever runs the tests gets through.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.bare(arguments);
        command.args(&self.arguments);
        command
    }

    /// The same without the arguments of each run.
    fn bare(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mlopsctl"));
        command.args(arguments).current_dir(self.folder.path());
        command.env_clear().env("HOME", self.folder.path()).env("AWS_EC2_METADATA_DISABLED", "true");
        // In a debug build two weeks of metrics cost half a second an account: the tests of the look-back switch it on.
        command.env("MLOPSCTL_NO_BACKTEST", "1");
        // Windows programs do not start without it.
        if let Some(root) = std::env::var_os("SystemRoot") {
            command.env("SystemRoot", root).env("USERPROFILE", self.folder.path());
        }
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// What SNS sent in `sandbox.json`.
    pub fn mail(&self) -> Vec<Value> {
        let show = ["sandbox", "mail", "--sandbox=sandbox.json", "--format", "json"];
        let mail = Ran::of(&mut self.bare(&show)).exits(0).json();
        mail["messages"].as_array().expect("messages").clone()
    }

    /// How many of it ask for a confirmation.
    pub fn confirmations(&self) -> usize {
        self.mail().iter().filter(|message| message["token"].is_string()).count()
    }

    pub fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(&mut self.command(arguments))
    }

    pub fn start(&self, arguments: &[&str]) -> Child {
        self.command(arguments).spawn().expect("the program starts")
    }
}

impl Ran {
    pub fn of(command: &mut Command) -> Self {
        let words: Vec<_> = command.get_args().map(OsStr::to_string_lossy).collect();
        let words = words.join(" ");
        Self::from(words, command.output().expect("the program starts"))
    }

    /// Waits for a process that was started before.
    pub fn end(command: &str, child: Child) -> Self {
        Self::from(command.to_owned(), child.wait_with_output().expect("the program ends"))
    }

    fn from(command: String, output: Output) -> Self {
        Self {
            command,
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Fails the test, with all that was written, unless the run ended so.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self}");
        self
    }

    /// Fails the test unless one of the streams holds the text, whatever way its lines are broken.
    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let said = flat(&self.stdout).contains(&flat(text)) || flat(&self.stderr).contains(&flat(text));
        assert!(said, "no word of {text:?} in\n{self}");
        self
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("not JSON: {error}\n{self}"))
    }

    /// Of a plan in JSON: address -> actions and changed fields of what is not left alone, e.g. `update threshold`.
    #[track_caller]
    pub fn changes(&self) -> BTreeMap<String, String> {
        let plan = self.json();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let texts = |list: &Value, key: &str| -> Vec<String> {
            let items = list.as_array().into_iter().flatten();
            items.map(|item| text(item.get(key).unwrap_or(item))).collect()
        };
        let changes = plan["resource_changes"].as_array().unwrap_or_else(|| panic!("no changes in\n{self}"));
        let changes = changes.iter().filter_map(|change| {
            let actions = texts(&change["change"]["actions"], "action");
            let words = match actions.as_slice() {
                [only] if only == "no-op" => return None,
                [only] if only == "update" => [actions, texts(&change["change"]["fields"], "field")].concat(),
                _ => actions,
            };
            Some((text(&change["address"]), words.join(" ")))
        });
        changes.collect()
    }

    /// Fails the test unless the plan, in JSON, is empty.
    #[track_caller]
    pub fn is_empty_plan(&self) {
        assert_eq!(self.code, Some(0), "{self}");
        assert!(self.changes().is_empty(), "{self}");
    }
}

impl std::fmt::Display for Ran {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "mlopsctl {} ended with {:?}", self.command, self.code)?;
        write!(f, "--- stdout\n{}\n--- stderr\n{}", self.stdout, self.stderr)
    }
}

/// An example that is shipped with the project.
pub fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name)
}
