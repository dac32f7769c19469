//! `cargo bench --bench service`: the service's /track, which answers after the row is synced to disk, beside a Flask
//! service under gunicorn with the same durable insert, beside a bare axum handler that only parses the same JSON, and beside
//! itself with OpenTelemetry and while it is scraped.
//! One load generator, one run, rounds in turn; prints ratios of medians. Options: `--seconds N --rounds N --connections N`.
//! The databases lie in TMPDIR; what else the machine does is printed, because a busy disk is most of a durable answer.

mod load;
mod peers;

use std::time::{Duration, Instant};

use load::{Measured, Plan};
use peers::{Peer, Scrapers};

/// Requests over which the memory has to stay, and rows with which a start has to be quick.
const MANY: usize = 2_000_000;
/// Businesses with labels of their own, and who reads them.
const BUSINESSES: usize = 1_000;
const SCRAPERS: usize = 4;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if arguments.get(1).is_some_and(|first| first == peers::BARE) {
        return peers::serve_bare(&arguments[2]);
    }
    let option = |name: &str, default: u64| {
        let at = arguments.iter().position(|argument| argument == name);
        at.and_then(|at| arguments.get(at + 1)?.parse().ok()).unwrap_or(default)
    };
    let seconds = option("--seconds", 4);
    let rounds = option("--rounds", 5) as usize;
    let connections = option("--connections", 256) as usize;
    let plan = Plan { connections, time: Duration::from_secs(seconds), rate: None, most: usize::MAX };

    let Some(flask) = Peer::flask() else {
        eprintln!("the Flask peer is not installed: run `bash tests/setup`");
        std::process::exit(1);
    };
    let collector = peers::collector();
    let traced = Peer::service("the same, with OTLP", &[("OTEL_EXPORTER_OTLP_ENDPOINT", &collector)]);
    let mut peers = [Peer::service("mlops-service, durable (SQLite)", &[]), Peer::bare(), flask, traced];
    println!("{} cores, {connections} connections, {rounds} rounds of {seconds} s each", peers::cores());
    println!(
        "the machine besides: load {}, one synced write takes {:.2} ms\n",
        peers::load_average(),
        peers::sync_ms()
    );
    let mut results: [Vec<Measured>; 4] = Default::default();
    for peer in &peers {
        load::run(peer.address, &Plan { time: Duration::from_secs(1), ..plan });
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
        println!("{:<44} {:>10.0} {p50:>9.2} {p99:>9.2} {errors:>8}", peer.name, median(results, Measured::rate));
    }
    let rate = |index: usize| median(&results[index], Measured::rate);
    println!("\nservice / flask:     {:>6.1} x   (at least 20, aim 40)", rate(0) / rate(2));
    println!("service / bare axum: {:>6.2} x   (at least 0.6)", rate(0) / rate(1));
    println!("with OTLP / without: {:>6.2} x   (at least 0.5)", rate(3) / rate(0));
    scraped(rounds, &plan);

    // Latency where it matters: at half of what it can do, each request sent on time whatever became of the last one.
    let half = Plan { rate: Some(rate(0) / 2.0), time: Duration::from_secs(seconds * 2), ..plan };
    let steady = load::run(peers[0].address, &half);
    println!(
        "\nsteady half load, {:.0} requests/s: p50 {:.2} ms, p99 {:.2} ms (below 5), p99.9 {:.2} ms",
        steady.rate(),
        steady.percentile(50.0),
        steady.percentile(99.0),
        steady.percentile(99.9)
    );

    let began = Instant::now();
    let mut memory = vec![peers[0].resident_mb()];
    for _ in 0..4 {
        load::run(peers[0].address, &Plan { most: MANY / 4, time: Duration::from_secs(600), ..plan });
        memory.push(peers[0].resident_mb());
    }
    let shown: Vec<String> = memory.iter().map(|mb| format!("{mb:.1}")).collect();
    println!("\nmemory over {MANY} requests in {:.0} s: {} MB", began.elapsed().as_secs_f64(), shown.join(" -> "));
    let (answer, ready) = peers[0].restarted();
    println!(
        "on what it has stored, more than {MANY} rows: first answer {answer:.1} ms, counts restored {ready:.1} ms after its start (below 300)"
    );
    println!();
    for (name, ms) in peers::start_times() {
        println!("{name}: first answer {ms:.1} ms after its start (below 50)");
    }
}

/// What reading its metrics costs the service, with many labels.
fn scraped(rounds: usize, plan: &Plan) {
    let peer = Peer::service("with labels", &[("MAX_BUSINESSES", &BUSINESSES.to_string())]);
    load::name_businesses(peer.address, BUSINESSES);
    let (mut alone, mut watched, mut scrapes) = (Vec::new(), Vec::new(), 0);
    for _ in 0..rounds {
        alone.push(load::run(peer.address, plan));
        let scrapers = Scrapers::start(SCRAPERS, peer.address);
        watched.push(load::run(peer.address, plan));
        scrapes += scrapers.end();
    }
    let ratio = median(&watched, Measured::rate) / median(&alone, Measured::rate);
    println!(
        "scraped / alone:     {ratio:>6.2} x   (at least 0.8; {BUSINESSES} businesses, {SCRAPERS} scrapers once a second, {scrapes} scrapes)"
    );
}

fn median(rounds: &[Measured], value: impl Fn(&Measured) -> f64) -> f64 {
    let mut values: Vec<f64> = rounds.iter().map(value).collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
