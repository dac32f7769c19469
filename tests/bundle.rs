//! The bundle, as Lambda unpacks it.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The service's program, which `mlopsctl` looks for beside itself: built here where only this package was.
fn service() -> PathBuf {
    let path = Path::new(env!("CARGO_BIN_EXE_mlopsctl")).with_file_name("mlops-service");
    if !path.is_file() {
        let profile: &[&str] = if cfg!(debug_assertions) { &[] } else { &["--release"] };
        run(Command::new(env!("CARGO")).args(["build", "-p", "mlops-service"]).args(profile));
    }
    path
}

/// Runs a command to its end and returns what it printed.
fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?} ended with {}\n{said}", output.status);
    said
}

#[test]
fn the_zip_holds_one_executable_bootstrap_of_at_most_8_mb() {
    let program = service();
    let dir = tempfile::tempdir().unwrap();
    let zip = dir.path().join("service.zip");
    let said = run(Command::new(env!("CARGO_BIN_EXE_mlopsctl")).args(["service", "bundle", "--out"]).arg(&zip));
    assert!(said.contains("bootstrap for"), "{said}");
    let bytes = std::fs::metadata(&zip).unwrap().len();
    // A debug build carries line tables; what is deployed is a release build.
    assert!(cfg!(debug_assertions) || bytes <= 8 << 20, "{bytes} bytes");
    println!("{said}");
    let script = "import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; \
                  i, = z.infolist(); print(i.filename, oct(i.external_attr >> 16), i.create_system); z.extractall(sys.argv[2])";
    let listed = run(Command::new("python3").args(["-c", script]).arg(&zip).arg(dir.path()));
    assert_eq!(listed.trim(), "bootstrap 0o100755 3");
    let unpacked = std::fs::read(dir.path().join("bootstrap")).unwrap();
    assert!(unpacked == std::fs::read(program).unwrap(), "the same bytes come out");
}

#[test]
fn what_cannot_run_there_is_refused_with_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_mlopsctl"))
        .args(["service", "bundle", "--binary", "/bin/sh.none"])
        .current_dir(dir.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("cargo lambda build"), "{said}");
    std::fs::write(dir.path().join("script"), "#!/bin/sh\n").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_mlopsctl"))
        .args(["service", "bundle", "--binary", "script"])
        .current_dir(dir.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("no 64-bit Linux executable"), "{said}");
    assert!(!dir.path().join("mlops-service.zip").exists());
}

/// Deploying into the sandbox twice: made, then nothing to change; the address is the result.
#[test]
fn deploy_into_the_sandbox() {
    let dir = tempfile::tempdir().unwrap();
    let deploy = || {
        Command::new(env!("CARGO_BIN_EXE_mlopsctl"))
            .args([
                "service",
                "deploy",
                "--sandbox",
                "--name",
                "mine",
                "--url",
                "--role",
                "arn:aws:iam::123456789012:role/lab",
            ])
            .args(["--region", "us-east-1", "--binary"])
            .arg(service())
            .current_dir(dir.path())
            .output()
            .unwrap()
    };
    let (first, second) = (deploy(), deploy());
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(first.status.success(), "{}", text(&first.stderr));
    assert!(text(&first.stdout).starts_with("https://"), "{}", text(&first.stdout));
    assert!(text(&first.stderr).contains("created, url"), "{}", text(&first.stderr));
    assert_eq!(first.stdout, second.stdout);
    assert!(text(&second.stderr).contains("no changes"), "{}", text(&second.stderr));
}
