//! `cargo bench --bench backtest`: the real program over 250 alarms, 14 days, a datapoint a minute: five million of them.
//!
//! Linux only: processor time and memory are what `/proc` says of the child. Reading the file is timed by a run that looks at one
//! alarm, and taken off. Ends with 1 where a promise of the project is not kept. How much faster than a naive evaluator that is:
//! `cargo bench -p mlops-cloudwatch`.

mod measured;

use measured::Run;
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, ExitCode};
use tempfile::TempDir;

const ALARMS: usize = 250;
const MINUTES: usize = 14 * 1_440;
/// 2026-01-05, in seconds since 1970.
const START: u64 = 1_767_571_200;
const MEGABYTES: f64 = 100.0;

/// What is run, and the seconds of processor time that the project promises for it.
struct Promise {
    what: &'static str,
    arguments: &'static [&'static str],
    seconds: f64,
}

/// Beyond reading the history, but for the last, which is that.
const PROMISES: [Promise; 4] = [
    Promise { what: "judged", arguments: &["--history", "history.json"], seconds: 0.5 },
    Promise {
        what: "judged, math over windows",
        arguments: &["--history", "history.json", "--file", "windows.yaml"],
        seconds: 1.5,
    },
    Promise { what: "--suggest", arguments: &["--history", "history.json", "--suggest"], seconds: 4.0 },
    Promise { what: "CSV read", arguments: &["--history", "history.csv", "--target", "alarm/a000"], seconds: 4.0 },
];

fn main() -> ExitCode {
    if !Path::new("/proc/self/stat").exists() {
        println!("needs /proc");
        return ExitCode::SUCCESS;
    }
    let home = tempfile::tempdir().expect("a folder");
    write_spec(&home);
    write_history(&home);
    println!("{ALARMS} alarms, {} datapoints", ALARMS * MINUTES);
    let (reading, _) = measure(&home, &["--history", "history.json", "--target", "alarm/a000"]);
    println!("{:<28}{reading:>8.2} s of processor time", "JSON read");
    let mut kept = true;
    for Promise { what, arguments, seconds } in PROMISES {
        let (whole, memory) = measure(&home, arguments);
        let took = if arguments.contains(&"--target") { whole } else { (whole - reading).max(0.0) };
        let held = took <= seconds && memory <= MEGABYTES;
        let ratio = took / seconds;
        let said = if held { "" } else { "  NOT as promised" };
        println!("{what:<28}{took:>8.2} s{ratio:>8.2} of {seconds} s{memory:>8.0} MB{said}");
        kept &= held;
    }
    if kept { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Alarms of every usual shape: periods of one and five minutes, 1 of 1 to 10 of 15, every treatment of missing data.
fn write_spec(home: &TempDir) {
    let mut text = String::from("version: 1\nstack: bench\nalarms:\n");
    let shapes = [(1, 1), (2, 3), (3, 3), (3, 5), (10, 15)];
    let missing = ["missing", "ignore", "breaching", "notBreaching"];
    for n in 0..ALARMS {
        let (m, of) = shapes[n % shapes.len()];
        let (period, treatment) = (if n % 2 == 0 { "1m" } else { "5m" }, missing[n / 2 % missing.len()]);
        writeln!(
            text,
            "  a{n:03}: {{ namespace: T, metric_name: m{n}, statistic: Sum, period: {period}, threshold: \"> 95\", \
             evaluation_periods: {of}, datapoints_to_alarm: {m}, treat_missing_data: {treatment} }}"
        )
        .expect("text takes text");
    }
    std::fs::write(home.path().join("alarms.yaml"), text).expect("the folder takes files");
    // Values that depend on the range that is looked at: other ones in each evaluation.
    let mut windows = String::from("version: 1\nstack: bench\nalarms:\n");
    for n in 0..ALARMS {
        writeln!(
            windows,
            "  a{n:03}: {{ expression: \"m - AVG(m)\", metrics: {{ m: {{ namespace: T, metric_name: m{n}, statistic: Sum }} }}, \
             period: 5m, threshold: \"> 95\", evaluation_periods: 3 }}"
        )
        .expect("text takes text");
    }
    std::fs::write(home.path().join("windows.yaml"), windows).expect("the folder takes files");
}

/// Reproducible noise, with a tenth of the minutes missing.
fn write_history(home: &TempDir) {
    let mut text = String::from("{\"series\":[");
    let mut csv = String::from("time,namespace,metric_name,statistic,value\n");
    let mut noise = 7_u64;
    for n in 0..ALARMS {
        let comma = if n > 0 { "," } else { "" };
        write!(
            text,
            "{comma}{{\"namespace\":\"T\",\"metric_name\":\"m{n}\",\"statistic\":\"Sum\",\"start\":\"2026-01-05T00:00:00Z\",\"values\":["
        )
        .expect("text takes text");
        for minute in 0..MINUTES {
            noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let value = noise >> 33;
            text.push_str(if minute > 0 { "," } else { "" });
            match value % 10 {
                0 => text.push_str("null"),
                _ => {
                    write!(text, "{}", value % 100).expect("text takes text");
                    let second = START + minute as u64 * 60;
                    writeln!(csv, "{second},T,m{n},Sum,{}", value % 100).expect("text takes text");
                }
            }
        }
        text.push_str("]}");
    }
    text.push_str("]}");
    std::fs::write(home.path().join("history.json"), text).expect("the folder takes files");
    std::fs::write(home.path().join("history.csv"), csv).expect("the folder takes files");
}

/// Seconds of processor time and the most megabytes of one run.
fn measure(home: &TempDir, arguments: &[&str]) -> (f64, f64) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mlopsctl"));
    command.args(["backtest", "--format", "json"]).args(arguments);
    let run = Run::of(command.current_dir(home.path()));
    assert_eq!(run.code, Some(0));
    (run.processor, run.megabytes)
}
