//! `cargo bench --bench limits`: the real program in real time, beside the limits that AWS sets.
//!
//! On the sandbox with AWS's weather (40 ms a call, the published quotas), or on the endpoint in MLOPSCTL_BENCH_ENDPOINT with
//! the credentials of the environment, where the workloads are made and taken down again. Ends with 1 where a promise of the
//! project is not kept.

use std::path::Path;
use std::process::{Command, ExitCode, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_mlopsctl");
const LATENCY: f64 = 0.040;
/// PutMetricAlarm: calls a second and account, and as many at once (CloudWatch service quotas).
const PUTS: f64 = 3.0;

struct Workload {
    name: &'static str,
    file: &'static str,
    alarms: f64,
    /// What the project promises of an apply from nothing, in seconds, and of a plan without changes, in calls and waves.
    seconds: f64,
    calls: u64,
    waves: f64,
}

const WORKLOADS: [Workload; 2] = [
    Workload { name: "W1", file: "lab.yaml", alarms: 4.0, seconds: 0.6, calls: 6, waves: 2.0 },
    Workload { name: "W2", file: "fifty-functions.yaml", alarms: 250.0, seconds: 1.05 * 82.4, calls: 20, waves: 3.0 },
];

/// One line of the table; a wall time without a limit has no ratio.
struct Line {
    what: String,
    calls: u64,
    waves: Option<f64>,
    wall: f64,
    limit: f64,
    throttled: f64,
    kept: bool,
}

/// Where the program is pointed at, and its home.
struct Place {
    home: TempDir,
    endpoint: Option<String>,
}

fn main() -> ExitCode {
    let endpoint = std::env::var("MLOPSCTL_BENCH_ENDPOINT").ok();
    match &endpoint {
        Some(endpoint) => println!("through {endpoint}"),
        None => println!("on the sandbox: {:.0} ms a call, AWS's published quotas", LATENCY * 1e3),
    }
    println!(
        "{:<26}{:>7}{:>7}{:>10}{:>10}{:>8}{:>11}",
        "workload", "calls", "waves", "wall s", "limit s", "ratio", "throttled"
    );
    let mut kept = true;
    for workload in &WORKLOADS {
        let place = Place { home: tempfile::tempdir().expect("a folder"), endpoint: endpoint.clone() };
        for line in [from_nothing(&place, workload), no_change(&place, workload)] {
            print(&line);
            kept &= line.kept;
        }
        place.run(workload, &["destroy", "--yes", "--quiet"], &[]);
    }
    kept &= start_up();
    ExitCode::from(u8::from(!kept))
}

fn from_nothing(place: &Place, workload: &Workload) -> Line {
    let (output, wall) =
        place.run(workload, &["apply", "--yes", "--verbose", "--no-backtest"], &["--sandbox-faults", "aws"]);
    let (calls, throttled) = calls(&output);
    // The alarms beyond the burst at the quota, a read before the first and the answer to the last.
    let limit = (workload.alarms - PUTS) / PUTS + 2.0 * LATENCY;
    let throttled = throttled as f64 / calls as f64;
    let kept = wall <= workload.seconds && throttled <= 0.01;
    Line { what: format!("{} from nothing", workload.name), calls, waves: None, wall, limit, throttled, kept }
}

fn no_change(place: &Place, workload: &Workload) -> Line {
    let plan = |weather: &str| place.run(workload, &["plan", "--verbose"], &["--sandbox-faults", weather]);
    let (output, wall) = plan("aws");
    let (calls, throttled) = calls(&output);
    // What a second of latency adds in seconds is the number of calls that wait for each other.
    let waves = place.endpoint.is_none().then(|| (plan("latency=500ms").1 - plan("none").1) / 0.5);
    Line {
        what: format!("{} no changes", workload.name),
        calls,
        waves,
        wall,
        limit: LATENCY * workload.waves,
        throttled: throttled as f64 / calls as f64,
        // Through another endpoint the tag index may be short, and more reads are right.
        kept: throttled == 0 && waves.is_none_or(|waves| waves.round() <= workload.waves && calls <= workload.calls),
    }
}

impl Place {
    /// Runs the program on a workload; seconds of wall time beside its output. `weather` is for the sandbox only.
    fn run(&self, workload: &Workload, arguments: &[&str], weather: &[&str]) -> (Output, f64) {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(workload.file);
        let mut command = Command::new(PROGRAM);
        command.args(arguments).arg("--file").arg(file).current_dir(self.home.path()).stdin(Stdio::null());
        if workload.name == "W1" {
            command.args(["--var", "email=you@example.edu"]);
        }
        match &self.endpoint {
            Some(endpoint) => command.args(["--endpoint-url", endpoint]),
            None => command.args(weather).arg("--sandbox=sandbox.json"),
        };
        let started = Instant::now();
        let output = command.output().expect("the program starts");
        let wall = started.elapsed().as_secs_f64();
        if !output.status.success() {
            let text = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
            panic!("{arguments:?} of {}: {}", workload.name, String::from_utf8_lossy(&text));
        }
        (output, wall)
    }
}

/// Calls and throttled calls, from the table that `--verbose` ends with.
fn calls(output: &Output) -> (u64, u64) {
    let text = String::from_utf8_lossy(&output.stderr);
    let table = text.lines().skip_while(|line| !line.ends_with("to AWS")).skip(2);
    let rows = table.filter_map(|line| {
        let mut words = line.split_whitespace().skip(1);
        let calls: u64 = words.next()?.parse().ok()?;
        Some((calls, words.next().and_then(|word| word.parse().ok()).unwrap_or(0)))
    });
    rows.fold((0, 0), |(calls, throttled), (more, slow)| (calls + more, throttled + slow))
}

fn print(line: &Line) {
    let waves = line.waves.map_or_else(|| "-".to_owned(), |waves| format!("{waves:.1}"));
    println!(
        "{:<26}{:>7}{waves:>7}{:>10.3}{:>10.3}{:>8.3}{:>9.2} %{}",
        line.what,
        line.calls,
        line.wall,
        line.limit,
        line.wall / line.limit,
        100.0 * line.throttled,
        if line.kept { "" } else { "  <- more than promised" }
    );
}

/// Wall time and memory of what a person waits for before anything else, and the size of what is downloaded.
fn start_up() -> bool {
    let place = Place { home: tempfile::tempdir().expect("a folder"), endpoint: None };
    let lab = &WORKLOADS[0];
    place.run(lab, &["apply", "--yes", "--quiet"], &[]);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(lab.file);
    let file = file.to_str().expect("UTF-8");
    let plan = ["plan", "--sandbox=sandbox.json", "--file", file, "--var", "email=you@example.edu"];
    println!("\n{:<26}{:>12}{:>12}{:>14}", "start-up of 30 runs", "median ms", "fastest ms", "memory MB");
    for (what, arguments) in [("--version", &["--version"][..]), ("plan --sandbox, W1", &plan[..])] {
        let mut walls: Vec<Duration> = (0..30).map(|_| wall(&place, arguments)).collect();
        walls.sort();
        let ms = |wall: Duration| wall.as_secs_f64() * 1e3;
        let memory = memory(&place, arguments).map_or_else(|| "-".to_owned(), |bytes| format!("{:.1}", bytes / 1e6));
        println!("{what:<26}{:>12.1}{:>12.1}{memory:>14}", ms(walls[walls.len() / 2]), ms(walls[0]));
    }
    let bytes = std::fs::metadata(PROGRAM).expect("the program is there").len() as f64;
    println!("{:<26}{:>12.1} MB", "size of the program", bytes / 1e6);
    bytes <= 30e6
}

fn quiet(place: &Place, arguments: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command.args(arguments).current_dir(place.home.path());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn wall(place: &Place, arguments: &[&str]) -> Duration {
    let started = Instant::now();
    assert!(quiet(place, arguments).status().expect("the program starts").success());
    started.elapsed()
}

/// The most memory a run has had resident, in bytes: the kernel's own high-water mark, read until the process ends. The most
/// of several runs, since the end may come between two looks. Linux only.
fn memory(place: &Place, arguments: &[&str]) -> Option<f64> {
    let run = || {
        let mut child = quiet(place, arguments).spawn().expect("the program starts");
        let path = format!("/proc/{}/status", child.id());
        let mut most = None;
        while child.try_wait().expect("our child").is_none() {
            let status = std::fs::read_to_string(&path).unwrap_or_default();
            let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            most = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok()).or(most);
        }
        most.map(|kilobytes| kilobytes * 1024.0)
    };
    (0..10).filter_map(|_| run()).reduce(f64::max)
}
