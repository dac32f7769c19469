//! `cargo bench --bench scale`: the real program over specs of 1,250, 2,500 and 5,000 alarms (AWS's quota of a region), five a
//! function, on the sandbox without weather: what the whole costs, and how it grows.
//!
//! Linux only: processor time and memory are what `/proc` says of the child. Ends with 1 where a promise is not kept.

mod measured;

use measured::Run;
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, ExitCode};

const SIZES: [usize; 3] = [1_250, 2_500, 5_000];
const ALARMS_A_FUNCTION: usize = 5;
/// Each size is run as often as makes so many times the largest: a small run is too short for a clock of ticks.
const ROUNDS: usize = 2;
/// Processor time of four times the alarms, at most: linear, with room for the logarithm of sorted maps.
const GROWTH: f64 = 4.6;
const MEGABYTES: f64 = 150.0;
/// Hours of history, a datapoint every five minutes.
const HOURS: usize = 24;

/// One run of the program.
struct Step {
    name: &'static str,
    arguments: &'static [&'static str],
    code: i32,
    /// What the project promises of the largest size, in seconds of processor time and of the clock.
    processor: f64,
    wall: f64,
}

const NEVER_OVER: f64 = f64::INFINITY;

/// In this order: each stands on the one before.
const STEPS: [Step; 5] = [
    Step {
        name: "lint",
        arguments: &["lint", "--file", "monitored.yaml", "--fail-on", "never"],
        code: 0,
        processor: 0.6,
        wall: NEVER_OVER,
    },
    Step {
        name: "plan, from nothing",
        arguments: &["plan", "--sandbox", "--no-backtest", "--detailed-exitcode"],
        code: 2,
        processor: 1.0,
        wall: NEVER_OVER,
    },
    Step {
        name: "apply, without weather",
        arguments: &["apply", "--sandbox", "--no-backtest", "--yes"],
        code: 0,
        processor: NEVER_OVER,
        wall: 20.0,
    },
    Step {
        name: "plan, no changes",
        arguments: &["plan", "--sandbox", "--no-backtest", "--detailed-exitcode"],
        code: 0,
        processor: 1.0,
        wall: NEVER_OVER,
    },
    Step {
        name: "backtest, a day",
        arguments: &["backtest", "--history", "history.json", "--format", "json"],
        code: 0,
        processor: NEVER_OVER,
        wall: NEVER_OVER,
    },
];

fn main() -> ExitCode {
    if !Path::new("/proc/self/stat").exists() {
        println!("needs /proc");
        return ExitCode::SUCCESS;
    }
    println!("{:<26}{:>8}{:>14}{:>10}{:>10}", "run", "alarms", "processor s", "wall s", "MB");
    let runs: Vec<Vec<Run>> = SIZES.iter().map(|alarms| mean_of_rounds(*alarms)).collect();
    let mut kept = true;
    for (n, step) in STEPS.iter().enumerate() {
        for (alarms, runs) in SIZES.iter().zip(&runs) {
            let Run { processor, wall, megabytes, .. } = runs[n];
            println!("{:<26}{alarms:>8}{processor:>14.2}{wall:>10.2}{megabytes:>10.0}", step.name);
        }
        let (least, most) = (&runs[0][n], &runs[SIZES.len() - 1][n]);
        let growth = most.processor / least.processor;
        let held = growth <= GROWTH
            && most.processor <= step.processor
            && most.wall <= step.wall
            && most.megabytes <= MEGABYTES;
        println!("{:<26}{growth:>22.2} x{}", "", if held { "" } else { "  NOT as promised" });
        kept &= held;
    }
    if kept { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The mean of all runs of each step, and the most memory of any.
fn mean_of_rounds(alarms: usize) -> Vec<Run> {
    let rounds = ROUNDS * SIZES[SIZES.len() - 1] / alarms;
    let all: Vec<Vec<Run>> = (0..rounds).map(|_| measure(alarms)).collect();
    let mean =
        |figure: fn(&Run) -> f64, step: usize| all.iter().map(|runs| figure(&runs[step])).sum::<f64>() / rounds as f64;
    let step = |step: usize| Run {
        wall: mean(|run| run.wall, step),
        processor: mean(|run| run.processor, step),
        megabytes: all.iter().map(|runs| runs[step].megabytes).fold(0.0, f64::max),
        ..all[0][step]
    };
    (0..STEPS.len()).map(step).collect()
}

/// Every step over one size, in a folder of its own.
fn measure(alarms: usize) -> Vec<Run> {
    let home = tempfile::tempdir().expect("a folder");
    std::fs::write(home.path().join("alarms.yaml"), spec(alarms, false)).expect("the folder takes files");
    std::fs::write(home.path().join("monitored.yaml"), spec(alarms, true)).expect("the folder takes files");
    std::fs::write(home.path().join("history.json"), history(alarms)).expect("the folder takes files");
    let run = |step: &Step| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mlopsctl"));
        let run = Run::of(command.args(step.arguments).arg("--quiet").current_dir(home.path()));
        assert_eq!(run.code, Some(step.code), "{} over {alarms} alarms", step.name);
        run
    };
    STEPS.iter().map(run).collect()
}

/// The alarms of a function: the name's end, the metric, the statistic, the threshold.
const SHAPES: [(&str, &str, &str, &str); ALARMS_A_FUNCTION] = [
    ("errors", "Errors", "Sum", "> 5"),
    ("throttles", "Throttles", "Sum", "> 0"),
    ("latency", "Duration", "p95", "> 2000"),
    ("idle", "Invocations", "Sum", "< 1"),
    ("busy", "ConcurrentExecutions", "Maximum", "> 800"),
];

/// `monitored`: with the functions themselves, which have rules of their own; the sandbox has none of them.
fn spec(alarms: usize, monitored: bool) -> String {
    let functions = alarms / ALARMS_A_FUNCTION;
    let mut text = String::from(
        "version: 1\nstack: scale\nregion: us-east-1\ntopics:\n  ops: { subscriptions: [{ protocol: email, endpoint: ops@example.com }] }\n",
    );
    let mut line = |line: std::fmt::Arguments<'_>| text.write_fmt(line).expect("text takes text");
    if monitored {
        line(format_args!("functions:\n"));
        (0..functions).for_each(|function| line(format_args!("  f{function:04}: {{ retention: 30d }}\n")));
    }
    line(format_args!("alarms:\n"));
    for function in 0..functions {
        for (end, metric, statistic, threshold) in SHAPES {
            line(format_args!(
                "  f{function:04}-{end}: {{ namespace: AWS/Lambda, metric_name: {metric}, statistic: {statistic}, period: 5m, \
                 threshold: \"{threshold}\", evaluation_periods: 3, datapoints_to_alarm: 2, \
                 dimensions: {{ FunctionName: f{function:04} }}, alarm_actions: [ops], ok_actions: [ops] }}\n"
            ));
        }
    }
    text
}

fn history(alarms: usize) -> String {
    let series = (0..alarms / ALARMS_A_FUNCTION).flat_map(|function| {
        SHAPES.map(|(_, metric, statistic, _)| {
            let values: Vec<String> = (0..HOURS * 12).map(|n| ((n * 7 + function) % 100).to_string()).collect();
            format!(
                "{{\"namespace\":\"AWS/Lambda\",\"metric_name\":\"{metric}\",\"dimensions\":{{\"FunctionName\":\"f{function:04}\"}},\
                 \"statistic\":\"{statistic}\",\"period\":300,\"start\":\"2026-01-05T00:00:00Z\",\"values\":[{}]}}",
                values.join(",")
            )
        })
    });
    format!("{{\"series\":[{}]}}", series.collect::<Vec<_>>().join(","))
}
