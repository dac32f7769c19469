//! `cargo bench --bench fleet`: many accounts in one run, beside what their quotas allow and beside clients that do not think.
//!
//! First 1,000 accounts on the sandbox with AWS's weather, where processor time and memory include the sandbox itself, and a plan of
//! 20,000 that finds nothing to do. Then 100 accounts on ministack, an emulator that nobody here wrote, behind a proxy with 40 ms and AWS's published quotas; it is
//! installed into `target/tools` by itself (Python 3.10 or newer), and boto3 is compared with where it is installed there.
//! `MLOPSCTL_BENCH_ACCOUNTS=100,10,2000` makes them fewer. Ends with 1 where a promise of the project is not kept.

mod peers;
mod proxy;
#[allow(dead_code)]
#[path = "../../tests/ministack/server.rs"]
mod server;

use proxy::Proxy;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;
use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_mlopsctl");
/// Whose keys the run begins with.
const TEACHER: &str = "123456789012";
/// What an account forces on any client: AssumeRole, a read, a third of a second before the fourth alarm, and its answer.
const WAITING: f64 = 0.040 + 0.040 + 1.0 / 3.0 + 0.040;
/// The project's promises: memory of a large roster, calls an account, and the time beside a client that does not think.
const MEMORY: f64 = 300e6;
/// Seconds of processor time of a target that a plan finds as it should be, the sandbox's part included.
const PROCESSOR_SAME: f64 = 0.002;
const CALLS_COLD: f64 = 13.0;
/// Five reads, after the role was assumed. An emulator that does not fill the tag index is asked for each thing's own tags.
const CALLS_SAME: f64 = 6.0;
/// Taking over the function's log group, which stands in every account of the sandbox, where making one would be a call.
const ADOPTING: f64 = 2.0;
const FIRST_OF_LARGE: usize = 600_000_000_000;
const RATIO: f64 = 1.5;
/// Ticks of /proc/PID/stat in a second: 100 on every Linux there is a build for.
const TICKS: f64 = 100.0;

/// What a run of the program took.
struct Run {
    wall: f64,
    /// Seconds, of all processors together; zero where /proc does not tell.
    processor: f64,
    /// Bytes, the most that was resident.
    memory: f64,
    calls: f64,
    throttled: f64,
}

/// Where the program runs and with which accounts.
struct Place {
    home: TempDir,
    roster: PathBuf,
    spec: PathBuf,
    accounts: usize,
    /// Where to ask, as arguments.
    aws: Vec<String>,
}

fn main() -> ExitCode {
    let sizes = std::env::var("MLOPSCTL_BENCH_ACCOUNTS").unwrap_or_default();
    let mut sizes = sizes.split(',').map(|size| size.trim().parse().ok());
    let mut size = |usual: usize| sizes.next().flatten().unwrap_or(usual);
    let (many, some, most) = (size(1_000), size(100), size(20_000));
    println!(
        "{:<34}{:>9}{:>9}{:>8}{:>11}{:>10}{:>8}{:>11}",
        "", "wall s", "limit s", "ratio", "CPU ms/acc", "memory MB", "calls", "throttled"
    );
    let mut kept = sandbox(many);
    kept &= large(most);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    kept &= runtime.block_on(emulator(some));
    ExitCode::from(u8::from(!kept))
}

/// A thousand accounts in one process, on the AWS inside it.
fn sandbox(accounts: usize) -> bool {
    let place = Place::new(accounts, 300_000_000_000, ["--sandbox=sandbox.json", "--sandbox-faults", "aws"]);
    let mut kept = true;
    for (what, limit, calls) in [
        ("from nothing", WAITING, CALLS_COLD + ADOPTING),
        ("no changes", 0.12, CALLS_SAME),
        ("one change", 0.16, CALLS_COLD),
    ] {
        if what == "one change" {
            place.edit("    threshold: 5\n", "    threshold: 6\n");
        }
        let run = place.apply();
        run.print(&format!("sandbox, {accounts} x W1, {what}"), limit, accounts);
        kept &= promise(run.memory <= MEMORY, "memory") & promise(run.calls <= calls * accounts as f64 + 1.0, "calls");
    }
    kept
}

/// A plan of a roster as an organisation has it, in one process, where nothing is to be done.
fn large(accounts: usize) -> bool {
    let state = "--sandbox=sandbox.json";
    let (one, place) = (Place::new(1, FIRST_OF_LARGE, [state]), Place::new(accounts, FIRST_OF_LARGE, [state]));
    one.apply();
    let state = std::fs::read_to_string(one.home.path().join("sandbox.json")).expect("the sandbox's state");
    std::fs::write(place.home.path().join("sandbox.json"), repeated(&state, accounts)).expect("the folder takes files");
    // A subscription's owner is marked by its address.
    std::fs::write(&place.roster, roster(accounts, FIRST_OF_LARGE, |_| 0)).expect("the folder takes files");
    let run = place.run(&["plan", "--detailed-exitcode"]);
    let promised = PROCESSOR_SAME * accounts as f64;
    run.print(&format!("sandbox, plan of {accounts}, no changes"), promised, accounts);
    promise(run.memory <= MEMORY, "memory")
        & promise(run.processor <= promised, "processor time")
        & promise(run.calls <= CALLS_SAME * accounts as f64 + 1.0, "calls")
}

/// A sandbox's state in which every account of a roster holds what its first one does.
fn repeated(state: &str, accounts: usize) -> String {
    let first = FIRST_OF_LARGE.to_string();
    let (of_first, others): (Vec<&str>, Vec<&str>) = state.lines().partition(|line| line.contains(&first));
    assert!(!of_first.is_empty(), "nothing was applied");
    let mut all = others.join("\n") + "\n";
    for n in 0..accounts {
        for line in &of_first {
            all.push_str(&line.replace(&first, &(FIRST_OF_LARGE + n).to_string()));
            all.push('\n');
        }
    }
    all
}

/// Accounts from a first one on, and which student each belongs to.
fn roster(accounts: usize, first: usize, student: impl Fn(usize) -> usize) -> String {
    let mut roster = String::from("account,name,email\n");
    for n in 0..accounts {
        let _ = writeln!(roster, "{},Student {n},s{}@example.edu", first + n, student(n));
    }
    roster
}

/// A hundred accounts on an emulator, beside a client that makes the same calls and a script.
async fn emulator(accounts: usize) -> bool {
    // Started here, outside of the runtime's threads, since it installs what is missing and waits.
    let ministack = tokio::task::spawn_blocking(server::Ministack::shared).await.expect("ministack starts");
    let upstream = ministack.endpoint.trim_start_matches("http://").parse().expect("an address");
    let proxy = Proxy::start(upstream).await.expect("a port");
    let endpoint = format!("http://{}", proxy.address);
    let place = Place::new(accounts, 400_000_000_000, ["--endpoint-url", &endpoint]);
    // ministack shows an alarm on a percentile with a statistic, too, so that it never looks as it was asked for.
    place.edit("extended_statistic: p95", "statistic: Maximum");
    let mut kept = true;
    for (what, promised) in [("from nothing", Some(CALLS_COLD)), ("no changes", None)] {
        let (program, place) = (what.to_owned(), &place);
        let run = tokio::task::block_in_place(|| place.apply());
        let (calls, throttled) = proxy.take();
        let run = Run { calls: calls.len() as f64, throttled: throttled.len() as f64, ..run };
        // The same accounts again would find everything done; without changes, everything has to be done.
        let elsewhere = |account: &str| match program.as_str() {
            "from nothing" => format!("5{}", &account[1..]),
            _ => account.to_owned(),
        };
        let same = peers::same_calls(&proxy, &calls, elsewhere).await;
        let slowed = proxy.take().1.len();
        let same = same.unwrap_or_else(|error| panic!("the unsigned client: {error}"));
        run.print(&format!("ministack, {accounts} x W1, {what}"), same, accounts);
        println!("{:<34}{same:>9.3}{:>44}{slowed:>11}", "  the same calls, unsigned", calls.len());
        kept &= promise(run.wall <= RATIO * same, "time")
            & promise(promised.is_none_or(|most| run.calls <= most * accounts as f64 + 1.0), "calls");
        each("calls", calls.iter().map(|call| call.operation.as_str()), accounts);
        each("throttled", throttled.iter().map(String::as_str), accounts);
        if what == "from nothing"
            && let Some(wall) = tokio::task::block_in_place(|| script(&endpoint, accounts))
        {
            let (calls, slowed) = proxy.take();
            let slowed = slowed.len();
            println!(
                "{:<34}{wall:>9.3}{:>9}{:>8.3}{:>27}{slowed:>11}",
                "  a threaded script with boto3",
                "",
                wall / same,
                calls.len()
            );
        }
    }
    kept
}

/// The script in accounts of its own.
fn script(endpoint: &str, accounts: usize) -> Option<f64> {
    let place = Place::new(accounts, 800_000_000_000, [""; 0]);
    let python = Path::new(env!("CARGO_TARGET_TMPDIR")).parent()?.join("tools/ministack/bin/python");
    peers::boto3(&python, endpoint, &place.roster)
}

/// Which calls an account took, or had refused, on average.
fn each<'a>(what: &str, operations: impl Iterator<Item = &'a str>, accounts: usize) {
    let mut counts = BTreeMap::<&str, usize>::new();
    operations.for_each(|operation| *counts.entry(operation).or_default() += 1);
    let said: Vec<String> =
        counts.iter().map(|(operation, n)| format!("{operation} {:.2}", *n as f64 / accounts as f64)).collect();
    if !said.is_empty() {
        println!("  {what} an account: {}", said.join(", "));
    }
}

fn promise(kept: bool, what: &str) -> bool {
    if !kept {
        println!("  <- more {what} than promised");
    }
    kept
}

impl Place {
    fn new<const N: usize>(accounts: usize, first: usize, aws: [&str; N]) -> Self {
        let home = tempfile::tempdir().expect("a folder");
        let (path, spec) = (home.path().join("roster.csv"), home.path().join("alarms.yaml"));
        std::fs::write(&path, roster(accounts, first, |n| n)).expect("the folder takes files");
        let lab = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/lab.yaml");
        std::fs::copy(lab, &spec).expect("the folder takes files");
        Self { home, roster: path, spec, accounts, aws: aws.map(str::to_owned).into() }
    }

    /// Changes the spec in one place.
    fn edit(&self, from: &str, to: &str) {
        let spec = std::fs::read_to_string(&self.spec).expect("our file");
        assert!(spec.contains(from), "the lab has no {from}");
        std::fs::write(&self.spec, spec.replacen(from, to, 1)).expect("our file");
    }

    fn apply(&self) -> Run {
        self.run(&["apply", "--yes", "--adopt"])
    }

    fn run(&self, what: &[&str]) -> Run {
        let report = self.home.path().join("report.json");
        let mut command = Command::new(PROGRAM);
        command
            .args(what)
            .args(["--verbose", "--no-backtest", "--accounts"])
            .arg(&self.roster)
            .arg("--file")
            .arg(&self.spec);
        command.args(&self.aws).arg("--report").arg(&report).current_dir(self.home.path());
        command
            .env("AWS_ACCESS_KEY_ID", TEACHER)
            .env("AWS_SECRET_ACCESS_KEY", "x")
            .env("AWS_EC2_METADATA_DISABLED", "true");
        let said = std::fs::File::create(self.home.path().join("stderr")).expect("the folder takes files");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(said);
        let began = Instant::now();
        let mut child = command.spawn().expect("the program starts");
        let (mut processor, mut memory) = (0.0, 0.0);
        let status = loop {
            if let Some(usage) = usage(child.id()) {
                (processor, memory) = usage;
            }
            if let Some(status) = child.try_wait().expect("our child") {
                break status;
            }
            std::thread::sleep(std::time::Duration::from_millis(5));
        };
        let wall = began.elapsed().as_secs_f64();
        let said = std::fs::read_to_string(self.home.path().join("stderr")).unwrap_or_default();
        assert!(status.success(), "{status}: {}", said.lines().rev().take(30).collect::<Vec<_>>().join("\n"));
        self.check(&report);
        let (calls, throttled) = counted(&said);
        Run { wall, processor, memory, calls, throttled }
    }

    /// Every account ends as the spec asks, or the figures mean nothing.
    fn check(&self, report: &Path) {
        let report = std::fs::read_to_string(report).expect("the report");
        let report: serde_json::Value = serde_json::from_str(&report).expect("JSON");
        let rows = report["rows"].as_array().expect("rows");
        let well = rows.iter().filter(|row| row["state"] == "applied" || row["state"] == "in_sync").count();
        assert_eq!((rows.len(), well), (self.accounts, self.accounts), "not every account is in sync");
    }
}

/// Seconds of processor time and the most bytes resident, as the kernel counts them so far.
fn usage(process: u32) -> Option<(f64, f64)> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |n: usize| fields.get(n)?.parse::<f64>().ok();
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: f64 = peak.split_whitespace().next()?.parse().ok()?;
    Some(((ticks(11)? + ticks(12)?) / TICKS, kilobytes * 1024.0))
}

/// Calls and throttled calls, from the table that `--verbose` ends with.
fn counted(said: &str) -> (f64, f64) {
    let table = said.lines().skip_while(|line| !line.ends_with("to AWS")).skip(2);
    let rows = table.filter_map(|line| {
        let mut words = line.split_whitespace().skip(1);
        let calls: f64 = words.next()?.parse().ok()?;
        Some((calls, words.next().and_then(|word| word.parse().ok()).unwrap_or(0.0)))
    });
    rows.fold((0.0, 0.0), |(calls, throttled), (more, slow)| (calls + more, throttled + slow))
}

impl Run {
    fn print(&self, what: &str, limit: f64, accounts: usize) {
        println!(
            "{what:<34}{:>9.3}{limit:>9.3}{:>8.3}{:>11.1}{:>10.1}{:>8}{:>11}",
            self.wall,
            self.wall / limit,
            1e3 * self.processor / accounts as f64,
            self.memory / 1e6,
            self.calls,
            self.throttled
        );
    }
}
