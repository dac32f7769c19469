//! The whole program, as texts: each `tests/cli/*.trycmd` is a session in a folder of its own. `TRYCMD=overwrite cargo test --test cli`
//! writes down what is said now. What README and docs show is run by `tests/docs`.

#[path = "support/mod.rs"]
mod support;

use std::fs;
use std::path::{Path, PathBuf};
use support::specs::give as give_specs;

#[test]
fn sessions() {
    let folder = fresh("sessions");
    for entry in fs::read_dir(root().join("tests/cli")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if let Some(stem) = name.strip_suffix(".trycmd") {
            fs::copy(&path, folder.join(&name)).unwrap();
            give_specs(&folder.join(format!("{stem}.in")));
        }
    }
    run(&folder, "*.trycmd", &root().join("tests/cli"));
}

/// Runs sessions in a copy, since they leave a sandbox behind; what they would overwrite goes back to where it came from.
fn run(folder: &Path, pattern: &str, home: &Path) {
    let cases = trycmd::TestCases::new();
    // What this machine says of AWS and of terminals must not matter.
    for (name, value) in [("NO_COLOR", "1"), ("AWS_REGION", "us-east-1"), ("MLOPSCTL_SANDBOX", "0")] {
        cases.env(name, value);
    }
    cases.env("MLOPSCTL_NO_BACKTEST", "1").env("MLOPSCTL_SANDBOX_FILE", "").case(folder.join(pattern)).run();
    if std::env::var("TRYCMD").is_ok_and(|mode| mode == "overwrite") {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                fs::copy(&path, home.join(path.file_name().unwrap())).unwrap();
            }
        }
    }
}

fn fresh(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder).unwrap();
    }
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
