//! `cargo bench --bench backtest`: the real program over 250 alarms, 14 days, a datapoint a minute: five million of them.
//!
//! Linux only: processor time and memory are what `/proc` says of the child. Reading the file is timed by a run that looks at one
//! alarm, and taken off. Ends with 1 where a promise of the project is not kept. Beside it the second evaluator of the tests, which is
//! naive, and the figures of an earlier commit. Each evaluator by itself, over small alarms: `cargo bench -p mlops-cloudwatch`.

#[allow(dead_code)]
#[path = "../src/cloudwatch/tests/second/alarm.rs"]
mod alarm;
#[allow(dead_code)]
#[path = "../src/cloudwatch/tests/second/draw.rs"]
mod draw;
#[allow(dead_code)]
#[path = "../src/cloudwatch/tests/second/math.rs"]
mod math;
mod measured;

use alarm::Drawn;
use math::Term;
use measured::{Run, own_time};
use std::fmt::Write as _;
use std::hint::black_box;
use std::path::Path;
use std::process::{Command, ExitCode};
use tempfile::TempDir;

const ALARMS: usize = 250;
const MINUTES: usize = 14 * 1_440;
/// 2026-01-05, in seconds since 1970.
const START: u64 = 1_767_571_200;
const MEGABYTES: f64 = 100.0;

/// M of N of the alarms, one after the other; and how they treat missing data.
const SHAPES: [(usize, usize); 5] = [(1, 1), (2, 3), (3, 3), (3, 5), (10, 15)];
const MISSING: [&str; 4] = ["missing", "ignore", "breaching", "notBreaching"];
/// The commit of [`Promise::before`]: measured earlier, on a machine in another state, so small differences say nothing.
const BEFORE: &str = "204f1a4";
/// The naive evaluator looks through all datapoints for each evaluation: it gets so many minutes of them, for its time to be of evaluations.
const NAIVE_MINUTES: i64 = 120;

/// What is run, and the seconds of processor time that the project promises for it.
struct Promise {
    what: &'static str,
    arguments: &'static [&'static str],
    seconds: f64,
    /// Seconds and megabytes of an earlier commit.
    before: (f64, f64),
    /// The alarm of this number as the naive evaluator knows it, where it can do the same.
    naive: Option<fn(usize) -> Drawn>,
}

/// Beyond reading the history, but for the last, which is that.
const PROMISES: [Promise; 4] = [
    Promise {
        what: "judged",
        arguments: &["--history", "history.json"],
        seconds: 0.5,
        before: (0.40, 113.0),
        naive: Some(naive_plain),
    },
    Promise {
        what: "judged, math over windows",
        arguments: &["--history", "history.json", "--file", "windows.yaml"],
        seconds: 1.5,
        before: (0.33, 60.0),
        naive: Some(naive_windows),
    },
    Promise {
        what: "--suggest",
        arguments: &["--history", "history.json", "--suggest"],
        seconds: 4.0,
        before: (2.94, 117.0),
        naive: None,
    },
    Promise {
        what: "CSV read",
        arguments: &["--history", "history.csv", "--target", "alarm/a000"],
        seconds: 4.0,
        before: (1.87, 88.0),
        naive: None,
    },
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
    println!(
        "before: {BEFORE}, measured earlier, on a machine in another state; naive: slices of {NAIVE_MINUTES} minutes"
    );
    let (reading, _) = measure(&home, &["--history", "history.json", "--target", "alarm/a000"]);
    println!("{:<28}{reading:>8.2} s of processor time", "JSON read");
    let mut kept = true;
    for Promise { what, arguments, seconds, before, naive } in PROMISES {
        let (whole, memory) = measure(&home, arguments);
        let took = if arguments.contains(&"--target") { whole } else { (whole - reading).max(0.0) };
        let held = took <= seconds && memory <= MEGABYTES;
        let ratio = took / seconds;
        let said = if held { "" } else { "  NOT as promised" };
        println!("{what:<28}{took:>8.2} s{ratio:>8.2} of {seconds} s{memory:>8.0} MB{said}");
        println!("{:<28}{:>8.2} x the time before ({:.2} s, {:.0} MB)", "", took / before.0, before.0, before.1);
        if let Some(naive) = naive.map(naive_seconds) {
            println!("{:<28}{:>8.1} x as long takes the naive evaluator ({naive:.1} s)", "", naive / took.max(0.01));
        }
        kept &= held;
    }
    if kept { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Alarms of every usual shape: periods of one and five minutes, 1 of 1 to 10 of 15, every treatment of missing data.
fn write_spec(home: &TempDir) {
    let mut text = String::from("version: 1\nstack: bench\nalarms:\n");
    for n in 0..ALARMS {
        let (m, of) = SHAPES[n % SHAPES.len()];
        let (period, treatment) = (if n.is_multiple_of(2) { "1m" } else { "5m" }, MISSING[n / 2 % MISSING.len()]);
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

/// Reproducible noise from 0 to 99, with a tenth of it missing.
struct Noise(u64);

impl Noise {
    fn value(&mut self) -> Option<u64> {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let value = self.0 >> 33;
        (!value.is_multiple_of(10)).then_some(value % 100)
    }
}

fn write_history(home: &TempDir) {
    let mut text = String::from("{\"series\":[");
    let mut csv = String::from("time,namespace,metric_name,statistic,value\n");
    let mut noise = Noise(7);
    for n in 0..ALARMS {
        let comma = if n > 0 { "," } else { "" };
        write!(
            text,
            "{comma}{{\"namespace\":\"T\",\"metric_name\":\"m{n}\",\"statistic\":\"Sum\",\"start\":\"2026-01-05T00:00:00Z\",\"values\":["
        )
        .expect("text takes text");
        for minute in 0..MINUTES {
            text.push_str(if minute > 0 { "," } else { "" });
            match noise.value() {
                None => text.push_str("null"),
                Some(value) => {
                    write!(text, "{value}").expect("text takes text");
                    let second = START + minute as u64 * 60;
                    writeln!(csv, "{second},T,m{n},Sum,{value}").expect("text takes text");
                }
            }
        }
        text.push_str("]}");
    }
    text.push_str("]}");
    std::fs::write(home.path().join("history.json"), text).expect("the folder takes files");
    std::fs::write(home.path().join("history.csv"), csv).expect("the folder takes files");
}

/// Seconds of processor time that the naive evaluator would take for all minutes of all alarms, by one slice of each.
fn naive_seconds(alarm: fn(usize) -> Drawn) -> f64 {
    let alarms: Vec<Drawn> = (0..ALARMS).map(alarm).collect();
    let began = own_time();
    alarms.iter().for_each(|alarm| drop(black_box(alarm.evaluate())));
    (own_time() - began) * MINUTES as f64 / NAIVE_MINUTES as f64
}

fn naive_plain(n: usize) -> Drawn {
    let (m, of) = SHAPES[n % SHAPES.len()];
    naive((m, of), if n.is_multiple_of(2) { 60 } else { 300 }, MISSING[n / 2 % MISSING.len()], n)
}

/// `m - AVG(m)`.
fn naive_windows(n: usize) -> Drawn {
    let mean = Term::Call("AVG", vec![Term::Metric(0)]);
    let off = Term::Infix("-", Box::new(Term::Metric(0)), Box::new(mean));
    Drawn { expression: Some((off, "m1 - AVG(m1)".into())), ..naive((3, 3), 300, "missing", n) }
}

fn naive((m, n): (usize, usize), period: i64, treatment: &'static str, seed: usize) -> Drawn {
    let mut noise = Noise(seed as u64 + 7);
    // Also what the first evaluation looks back on.
    let lead = (n as i64 + 5) * period / 60;
    let minute = |minute: i64| Some((START as i64 + minute * 60, noise.value()? as f64));
    Drawn {
        n,
        m,
        names_m: true,
        operator: "GreaterThanThreshold",
        threshold: 95.0,
        treatment,
        namespace: "T",
        statistic: "Sum",
        period,
        more: None,
        clock: None,
        length: NAIVE_MINUTES,
        expression: None,
        samples: [(-lead..NAIVE_MINUTES).filter_map(minute).collect(), Vec::new(), Vec::new()],
        none: Default::default(),
    }
}

/// Seconds of processor time and the most megabytes of one run.
fn measure(home: &TempDir, arguments: &[&str]) -> (f64, f64) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mlopsctl"));
    command.args(["backtest", "--format", "json"]).args(arguments);
    let run = Run::of(command.current_dir(home.path()));
    assert_eq!(run.code, Some(0));
    (run.processor, run.megabytes)
}
