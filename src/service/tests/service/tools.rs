//! Finding the programs that tests need, and saying how to get one that is not there.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU16, Ordering};

/// The folder of the workspace, whichever package the test is of.
pub fn root() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.ancestors().find(|dir| dir.join("Cargo.lock").is_file()).unwrap_or(package)
}

/// The first of `names` that is a program, on PATH or as a path itself. None outside of CI when there is none.
pub fn find(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = names.iter().find_map(|name| {
        let direct = root().join(name);
        std::iter::once(direct)
            .chain(std::env::split_paths(&path).map(|dir| dir.join(name)))
            .find(|file| file.is_file())
    });
    missing(found, names[0])
}

/// Deque's accessibility checker, a script for pages.
pub fn axe() -> Option<PathBuf> {
    let libraries = std::fs::read_dir(root().join("target/tools/venv/lib")).ok();
    let scripts = libraries.into_iter().flatten().filter_map(|version| {
        Some(version.ok()?.path().join("site-packages/axe_playwright_python/axe.min.js"))
            .filter(|script| script.is_file())
    });
    missing(scripts.last(), "axe")
}

/// PostgreSQL's own programs lie beside each other, by version.
pub fn postgres() -> Option<PathBuf> {
    let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .map(|entries| entries.filter_map(|entry| Some(entry.ok()?.path().join("bin"))).collect())
        .unwrap_or_default();
    versions.retain(|bin| bin.join("initdb").is_file());
    versions.sort();
    missing(versions.pop(), "postgresql")
}

fn missing(found: Option<PathBuf>, name: &str) -> Option<PathBuf> {
    if found.is_none() {
        let told = format!("{name} is not installed: run `bash tests/setup`");
        assert!(std::env::var_os("CI").is_none(), "{told}");
        eprintln!("skipped: {told}");
    }
    found
}

/// Runs a command to its end and returns what it printed.
///
/// # Panics
/// When it fails, with everything it said.
pub fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?} ended with {}\n{said}", output.status);
    said
}

/// Where tests leave what somebody may want to look at.
pub fn output_dir() -> PathBuf {
    let dir = root().join("target/service-tests");
    std::fs::create_dir_all(&dir).unwrap();
    dir
}

/// Waits until `ready` holds.
///
/// # Panics
/// After thirty seconds, naming `what`: a busy machine is no failure.
pub fn wait_for(what: &str, mut ready: impl FnMut() -> bool) {
    let began = std::time::Instant::now();
    while !ready() {
        assert!(began.elapsed().as_secs() < 30, "waited 30 s in vain: {what}");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

/// A port for a program that takes no listener. Never the same one twice, and below those that the system hands out by itself:
/// a port that was free a moment ago is else soon another test's, whose server answers in place of the one that was started.
///
/// # Panics
/// When two thousand ports in a row are taken.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    const FIRST: u16 = 20_000;
    const PORTS: u16 = 10_000;
    // Two runs at the same time begin at different places.
    let begin = u16::try_from(std::process::id() % u32::from(PORTS)).unwrap();
    (0..2_000)
        .map(|_| FIRST + (begin + NEXT.fetch_add(1, Ordering::Relaxed) % PORTS) % PORTS)
        .find(|port| std::net::TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .expect("a free port")
}
