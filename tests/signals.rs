//! Signals end a run in order: nothing new is written, the report is out in time, the exit code says which signal it was.
#![cfg(unix)]

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// What the running writes may take after a signal.
const PATIENCE: Duration = Duration::from_secs(7);

#[test]
fn an_interrupted_apply_reports_what_it_did() {
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let folder = tempfile::tempdir().unwrap();
        let spec = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/fifty-functions.yaml");
        let spec = spec.to_str().unwrap();
        let arguments = ["apply", "--yes", "--sandbox", "--sandbox-weather", "aws", "--file", spec];
        let run = interrupted(folder.path(), &arguments, "[3/330]", signal);
        assert_eq!(run.code, Some(code), "{}", run.stdout);
        assert!(run.stdout.contains("interrupted") && run.stdout.contains("not started"), "{}", run.stdout);
        assert!(run.took < PATIENCE, "{:?}", run.took);
        let again = mlopsctl(folder.path(), &["plan", "--sandbox", "--file", spec]).wait_with_output().unwrap();
        let again = String::from_utf8(again.stdout).unwrap();
        assert!(again.contains(" 0 to destroy, 0 to adopt.") && !again.contains("330 to add"), "{again}");
    }
}

#[test]
fn an_interrupted_plan_ends_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let spec = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/fifty-functions.yaml");
    let arguments = ["plan", "--sandbox", "--sandbox-weather", "latency=600s", "--file", spec.to_str().unwrap()];
    let run = interrupted(folder.path(), &arguments, "sandbox ", "INT");
    assert_eq!((run.code, run.stdout.as_str()), (Some(130), ""));
    assert!(run.took < PATIENCE, "{:?}", run.took);
}

struct Ended {
    code: Option<i32>,
    stdout: String,
    took: Duration,
}

/// Runs until a line of stderr contains `mark`, sends the signal, and waits for the end.
fn interrupted(folder: &Path, arguments: &[&str], mark: &str, signal: &str) -> Ended {
    let mut child = mlopsctl(folder, arguments);
    let mut stderr = BufReader::new(child.stderr.take().unwrap()).lines();
    let seen = stderr.by_ref().map_while(Result::ok).any(|line| line.contains(mark));
    assert!(seen, "stderr ended without {mark}");
    let start = Instant::now();
    let sent = Command::new("kill").args(["-s", signal, &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    let rest = std::thread::spawn(move || stderr.map_while(Result::ok).count());
    let mut stdout = String::new();
    child.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
    let code = child.wait().unwrap().code();
    let took = start.elapsed();
    rest.join().unwrap();
    Ended { code, stdout, took }
}

fn mlopsctl(folder: &Path, arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_mlopsctl"))
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}
