//! `cargo bench --bench labelled -- FOLDER`: how good `backtest --suggest` is at real incidents. FOLDER holds `data/**.csv` (timestamp,
//! value) and `labels/combined_windows.json` (file -> list of [from, until]), which is the form of the Numenta Anomaly Benchmark.
//!
//! The real program proposes without seeing a label; what it proposes first is then held against the labels by `--incidents`: in sample,
//! and made from one half of each series and judged on the other; `--each` shows it for each series. Beside it the two thresholds that people use. Without FOLDER it says so.

use mlops_cloudwatch::calendar::days_since_1970;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use tempfile::TempDir;

const WEEK: f64 = 604_800.0;

/// One series at regular times, with the times of its incidents.
struct Labelled {
    name: String,
    start: i64,
    step: i64,
    values: Vec<f64>,
    incidents: Vec<(i64, i64)>,
}

/// What the conditions of one method did, summed over all series.
#[derive(Default)]
struct Tally {
    caught: u64,
    labelled: usize,
    false_firings: u64,
    weeks: f64,
    /// Weeks within incidents: what chance would catch.
    within: f64,
}

/// A way to choose a condition, by name.
type Method = (&'static str, fn(&Labelled) -> Option<String>);

fn main() -> ExitCode {
    let folder = std::env::args().skip(1).find(|argument| !argument.starts_with("--")).map(PathBuf::from);
    let Some(folder) = folder else {
        println!("give a folder: cargo bench --bench labelled -- FOLDER");
        return ExitCode::SUCCESS;
    };
    let wanted: Vec<String> = std::env::args().skip(2).filter(|argument| !argument.starts_with("--")).collect();
    let shown = std::env::args().any(|argument| argument == "--each");
    let all = read(&folder, &wanted);
    let labels: usize = all.iter().map(|one| one.incidents.len()).sum();
    println!("{} series, {labels} labelled incidents", all.len());
    println!("{:<34} {:>7} {:>13} {:>10} {:>7}", "", "caught", "false a week", "precision", "chance");
    let methods: [Method; 3] = [
        ("--suggest", suggested),
        ("mean + 3 sigma", |one| Some(plain(mean_and_sigma(&one.values)))),
        ("p99.5", |one| Some(plain(quantile(&one.values, 0.995)))),
    ];
    for (method, condition) in methods {
        let mut whole = Tally::default();
        let mut unseen = Tally::default();
        for one in &all {
            let (earlier, later) = one.halves();
            for (part, judged, made_from) in
                [("whole", one, one), ("later half", &later, &earlier), ("earlier half", &earlier, &later)]
            {
                let tally = if part == "whole" { &mut whole } else { &mut unseen };
                let (caught, false_firings) = judge(tally, judged, condition(made_from).as_deref());
                if shown {
                    let labels = judged.incidents.len();
                    println!("  {method}, {part} of {}: {caught}/{labels} caught, {false_firings} false", one.name);
                }
            }
        }
        println!("{}", whole.line(&format!("{method}, in sample")));
        println!("{}", unseen.line(&format!("{method}, on the unseen half")));
    }
    ExitCode::SUCCESS
}

impl Labelled {
    fn end(&self) -> i64 {
        self.start + self.values.len() as i64 * self.step
    }

    /// An incident belongs to the half that its middle is in.
    fn halves(&self) -> (Self, Self) {
        let middle = self.values.len() / 2;
        let part = |values: &[f64], start: i64| {
            let until = start + values.len() as i64 * self.step;
            let its = |(from, to): &&(i64, i64)| (start..until).contains(&i64::midpoint(*from, *to));
            Self {
                name: self.name.clone(),
                start,
                step: self.step,
                values: values.to_vec(),
                incidents: self.incidents.iter().filter(its).copied().collect(),
            }
        };
        let second = self.start + middle as i64 * self.step;
        (part(&self.values[..middle], self.start), part(&self.values[middle..], second))
    }
}

impl Tally {
    fn line(&self, name: &str) -> String {
        let caught = format!("{}/{}", self.caught, self.labelled);
        let precision = self.caught as f64 / (self.caught + self.false_firings).max(1) as f64;
        let a_week = self.false_firings as f64 / self.weeks;
        format!("{name:<34} {caught:>7} {a_week:>13.2} {precision:>10.2} {:>7.2}", self.within / self.weeks)
    }
}

/// Runs the program over the series with this condition and adds what it did beside the labels.
fn judge(tally: &mut Tally, series: &Labelled, condition: Option<&str>) -> (u64, u64) {
    let length = |(from, until): &(i64, i64)| (until.min(&series.end()) - from.max(&series.start)).max(0) as f64;
    tally.weeks += (series.end() - series.start) as f64 / WEEK;
    tally.within += series.incidents.iter().map(length).sum::<f64>() / WEEK;
    tally.labelled += series.incidents.len();
    let Some(condition) = condition else { return (0, 0) };
    let home = tempfile::tempdir().expect("a folder");
    let incidents: Vec<Value> = series
        .incidents
        .iter()
        .map(|(from, until)| json!({ "from": from.to_string(), "until": until.to_string() }))
        .collect();
    std::fs::write(home.path().join("incidents.json"), json!({ "incidents": incidents }).to_string()).expect("a file");
    let found = backtest(&home, series, condition, &["--incidents", "incidents.json"]);
    let score = &found["incidents"];
    let count = |key: &str| score[key].as_u64().unwrap_or(0);
    let (caught, false_firings) = (count("caught"), count("false_firings"));
    tally.caught += caught;
    tally.false_firings += false_firings;
    (caught, false_firings)
}

/// The first proposal, as keys of a spec.
fn suggested(series: &Labelled) -> Option<String> {
    let home = tempfile::tempdir().expect("a folder");
    let found = backtest(&home, series, &plain(f64::from(i32::MAX)), &["--suggest"]);
    found["suggestions"][0]["spec"].as_str().map(str::to_owned)
}

fn plain(threshold: f64) -> String {
    format!("threshold: \"> {threshold}\"\nevaluation_periods: 1\ndatapoints_to_alarm: 1")
}

/// What the program says of one alarm with these keys.
fn backtest(home: &TempDir, series: &Labelled, keys: &str, arguments: &[&str]) -> Value {
    let mut spec = String::from("version: 1\nstack: labelled\nalarms:\n  a:\n    treat_missing_data: notBreaching\n");
    if !keys.contains("expression:") {
        let _ = writeln!(
            spec,
            "    namespace: T\n    metric_name: m\n    statistic: Average\n    period: {}s",
            series.step
        );
    }
    keys.lines().for_each(|line| spec.push_str(&format!("    {line}\n")));
    let values: Vec<Value> = series.values.iter().map(|value| json!(Some(*value).filter(|v| !v.is_nan()))).collect();
    let start = series.start.to_string();
    let history = json!({ "series": [{ "namespace": "T", "metric_name": "m", "statistic": "Average",
        "period": series.step, "start": start, "values": values }] });
    std::fs::write(home.path().join("alarms.yaml"), spec).expect("a file");
    std::fs::write(home.path().join("past.json"), history.to_string()).expect("a file");
    let mut command = Command::new(env!("CARGO_BIN_EXE_mlopsctl"));
    command.args(["backtest", "--history", "past.json", "--since", "455d", "--format", "json"]).args(arguments);
    let output = command.current_dir(home.path()).output().expect("the program runs");
    assert!(output.status.success(), "{}: {}", series.name, String::from_utf8_lossy(&output.stderr));
    let document: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    document["alarms"][0].clone()
}

/// Every labelled series whose file's name has one of the wanted words in it; all where none is wanted.
fn read(folder: &Path, wanted: &[String]) -> Vec<Labelled> {
    let labels = std::fs::read_to_string(folder.join("labels/combined_windows.json")).expect("the labels");
    let labels: BTreeMap<String, Vec<(String, String)>> = serde_json::from_str(&labels).expect("windows of files");
    let chosen = labels
        .into_iter()
        .filter(|(file, _)| wanted.is_empty() || wanted.iter().any(|word| file.contains(word.as_str())));
    chosen
        .filter_map(|(file, windows)| {
            let text = std::fs::read_to_string(folder.join("data").join(&file)).ok()?;
            let points: Vec<(i64, f64)> = text
                .lines()
                .skip(1)
                .filter_map(|line| {
                    let (time, value) = line.split_once(',')?;
                    Some((second(time)?, value.trim().parse().ok()?))
                })
                .collect();
            let mut steps: Vec<i64> = points.windows(2).map(|pair| pair[1].0 - pair[0].0).collect();
            steps.sort_unstable();
            // What most points are apart, as a period that CloudWatch has.
            let step = (steps.get(steps.len() / 2)? / 60 * 60).max(60);
            let start = points.iter().map(|(at, _)| *at).min()?.div_euclid(step) * step;
            let last = points.iter().map(|(at, _)| *at).max()?;
            let mut values = vec![f64::NAN; usize::try_from((last - start) / step + 1).ok()?];
            for (at, value) in points {
                values[usize::try_from((at - start) / step).ok()?] = value;
            }
            let incidents = windows.iter().filter_map(|(from, until)| Some((second(from)?, second(until)?))).collect();
            Some(Labelled { name: file, start, step, values, incidents })
        })
        .collect()
}

/// `2014-02-26 22:05:00`, with or without a fraction, as seconds since 1970.
fn second(text: &str) -> Option<i64> {
    let numbers: Vec<i64> =
        text.split(|c: char| !c.is_ascii_digit()).take(6).map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let [year, month, day, hour, minute, second] = numbers[..] else { return None };
    Some(days_since_1970(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second)
}

fn mean_and_sigma(values: &[f64]) -> f64 {
    let known: Vec<f64> = values.iter().copied().filter(|value| !value.is_nan()).collect();
    let mean = known.iter().sum::<f64>() / known.len() as f64;
    let variance = known.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / known.len() as f64;
    mean + 3.0 * variance.sqrt()
}

fn quantile(values: &[f64], share: f64) -> f64 {
    let mut known: Vec<f64> = values.iter().copied().filter(|value| !value.is_nan()).collect();
    known.sort_by(f64::total_cmp);
    known[((known.len() - 1) as f64 * share) as usize]
}
