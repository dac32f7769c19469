//! `cargo bench --bench service`: the service's /track, which answers after the row is synced to disk, beside a Flask
//! service under gunicorn with the same durable insert, beside a bare axum handler that only parses the same JSON, and beside
//! itself with OpenTelemetry and while it is scraped.
//! One load generator, one run, rounds in turn; prints ratios of medians, and fails when one is past its bound. Options:
//! `--seconds N --rounds N --connections N`.
//! The databases lie in TMPDIR; what else the machine does is printed, because a busy disk is most of a durable answer.

mod load;
mod peers;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use load::{LoadPlan, MeasuredLoad};
use peers::{Peer, Scrapers};

/// Requests over which the memory has to stay, and rows with which a start has to be quick.
const MANY: usize = 2_000_000;
/// Businesses with labels of their own, and who reads them.
const BUSINESSES: usize = 1_000;
const SCRAPERS: usize = 4;

/// What a figure has to be.
enum BenchBound {
    AtLeast(f64),
    AtMost(f64),
}

/// The figures that have a bound, printed as they come.
#[derive(Default)]
struct BenchVerdict {
    missed: Vec<String>,
}

impl BenchVerdict {
    fn judge(&mut self, name: &str, value: f64, unit: &str, bound: BenchBound, note: &str) {
        let (holds, words) = match bound {
            BenchBound::AtLeast(least) => (value >= least, format!("at least {least}")),
            BenchBound::AtMost(most) => (value <= most, format!("at most {most}")),
        };
        let missed = if holds { "" } else { " MISSED" };
        println!("{name:<52} {value:>7.2} {unit}   ({words}{missed}{note})");
        if !holds {
            self.missed.push(format!("{name}: {value:.2} {unit}, {words}"));
        }
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    if arguments.get(1).is_some_and(|first| first == peers::BARE) {
        peers::serve_bare(&arguments[2]);
        return ExitCode::SUCCESS;
    }
    let option = |name: &str, default: u64| {
        let at = arguments.iter().position(|argument| argument == name);
        at.and_then(|at| arguments.get(at + 1)?.parse().ok()).unwrap_or(default)
    };
    let seconds = option("--seconds", 4);
    let rounds = option("--rounds", 5) as usize;
    let connections = option("--connections", 256) as usize;
    let plan = LoadPlan { connections, time: Duration::from_secs(seconds), rate: None, most: usize::MAX };

    let Some(flask) = Peer::flask() else {
        eprintln!("the Flask peer is not installed: run `bash tests/setup`");
        return ExitCode::FAILURE;
    };
    peers::build();
    let mut verdict = BenchVerdict::default();
    let collector = peers::collector();
    let traced = Peer::service("the same, with OTLP", &[("OTEL_EXPORTER_OTLP_ENDPOINT", &collector)]);
    let mut peers = [Peer::service("mlops-service, durable (SQLite)", &[]), Peer::bare(), flask, traced];
    println!("{} cores, {connections} connections, {rounds} rounds of {seconds} s each", peers::cores());
    println!(
        "the machine besides: load {}, one synced write takes {:.2} ms\n",
        peers::load_average(),
        peers::sync_ms()
    );
    let mut results: [Vec<MeasuredLoad>; 4] = Default::default();
    for peer in &peers {
        load::run(peer.address, &LoadPlan { time: Duration::from_secs(1), ..plan });
    }
    for _ in 0..rounds {
        for (peer, results) in peers.iter().zip(&mut results) {
            results.push(load::run(peer.address, &plan));
        }
    }
    println!("{:<44} {:>10} {:>9} {:>9} {:>8}", "peer", "requests/s", "p50 ms", "p99 ms", "errors");
    for (peer, results) in peers.iter().zip(&results) {
        let errors: usize = results.iter().map(|round| round.errors).sum();
        let (p50, p99) =
            (median(results, |round| round.percentile(50.0)), median(results, |round| round.percentile(99.0)));
        println!("{:<44} {:>10.0} {p50:>9.2} {p99:>9.2} {errors:>8}", peer.name, median(results, MeasuredLoad::rate));
    }
    let rate = |index: usize| median(&results[index], MeasuredLoad::rate);
    println!();
    verdict.judge("service / flask", rate(0) / rate(2), "x", BenchBound::AtLeast(20.0), "");
    verdict.judge("service / bare axum", rate(0) / rate(1), "x", BenchBound::AtLeast(0.6), "");
    verdict.judge("with OTLP / without", rate(3) / rate(0), "x", BenchBound::AtLeast(0.5), "");
    scraped(rounds, &plan, &mut verdict);

    // Latency where it matters: at half of what it can do, each request sent on time whatever became of the last one.
    let half = LoadPlan { rate: Some(rate(0) / 2.0), time: Duration::from_secs(seconds * 2), ..plan };
    let steady = load::run(peers[0].address, &half);
    println!(
        "\nsteady half load, {:.0} requests/s: p50 {:.2} ms, p99 {:.2} ms (aim 5), p99.9 {:.2} ms",
        steady.rate(),
        steady.percentile(50.0),
        steady.percentile(99.0),
        steady.percentile(99.9)
    );

    let began = Instant::now();
    let mut memory = vec![peers[0].resident_mb()];
    for _ in 0..4 {
        load::run(peers[0].address, &LoadPlan { most: MANY / 4, time: Duration::from_secs(600), ..plan });
        memory.push(peers[0].resident_mb());
    }
    let shown: Vec<String> = memory.iter().map(|mb| format!("{mb:.1}")).collect();
    println!("\nmemory over {MANY} requests in {:.0} s: {} MB", began.elapsed().as_secs_f64(), shown.join(" -> "));
    // Flat: what it holds after a half of them is what it holds at the end.
    verdict.judge("memory, at the end / after a half", memory[4] / memory[2], "x", BenchBound::AtMost(1.1), "");
    let (answer, ready) = peers[0].restarted();
    println!("on what it has stored, more than {MANY} rows: first answer {answer:.1} ms after its start");
    verdict.judge("counts restored after its start", ready, "ms", BenchBound::AtMost(300.0), "");
    for (name, ms) in peers::start_times() {
        verdict.judge(&format!("{name}: first answer after its start"), ms, "ms", BenchBound::AtMost(50.0), "");
    }
    for missed in &verdict.missed {
        eprintln!("missed: {missed}");
    }
    if verdict.missed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What reading its metrics costs the service, with many labels.
fn scraped(rounds: usize, plan: &LoadPlan, verdict: &mut BenchVerdict) {
    let peer = Peer::service("with labels", &[("MAX_BUSINESSES", &BUSINESSES.to_string())]);
    load::name_businesses(peer.address, BUSINESSES);
    let (mut alone, mut watched, mut scrapes) = (Vec::new(), Vec::new(), 0);
    for _ in 0..rounds {
        alone.push(load::run(peer.address, plan));
        let scrapers = Scrapers::start(SCRAPERS, peer.address);
        watched.push(load::run(peer.address, plan));
        scrapes += scrapers.end();
    }
    let ratio = median(&watched, MeasuredLoad::rate) / median(&alone, MeasuredLoad::rate);
    let note = format!("; {BUSINESSES} businesses, {SCRAPERS} scrapers once a second, {scrapes} scrapes");
    verdict.judge("scraped / alone", ratio, "x", BenchBound::AtLeast(0.8), &note);
}

fn median(rounds: &[MeasuredLoad], value: impl Fn(&MeasuredLoad) -> f64) -> f64 {
    let mut values: Vec<f64> = rounds.iter().map(value).collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
