//! `cargo bench --bench reports`: saved reports of 10,000 and 100,000 rows joined and written in every format, and rosters of which
//! a run keeps a hundredth: what that costs, and whether it grows as the rows do.
//!
//! Linux only: processor time and memory are what `/proc` says of the child. Ends with 1 where a promise is not kept.

mod measured;

use measured::Run;
use serde_json::{Value, json};
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::{Command, ExitCode};

const ROWS: [usize; 2] = [10_000, 100_000];
/// Parts that a report is merged of.
const PARTS: usize = 4;
/// Of the larger size, for each format.
const SECONDS: f64 = 3.0;
const MEGABYTES: f64 = 200.0;
/// Processor time of ten times the rows, at most: linear, with room for the logarithm of sorting.
const GROWTH: f64 = 13.0;
const FORMATS: [&str; 6] = ["json", "csv", "md", "xml", "html", "txt"];
const PAGE: u64 = 10_000_000;

const ACCOUNTS: [usize; 2] = [100_000, 1_000_000];
/// Of a roster of ten times the accounts, at most so many times the memory: a row that is another shard's leaves a few bytes.
const MEMORY: f64 = 5.0;

fn main() -> ExitCode {
    if !Path::new("/proc/self/stat").exists() {
        println!("needs /proc");
        return ExitCode::SUCCESS;
    }
    let folder = tempfile::tempdir().expect("a folder");
    println!("{:<16}{:>10}{:>14}{:>10}{:>10}", "run", "rows", "processor s", "MB", "bytes");
    let mut kept = true;
    for rows in ROWS {
        for part in 0..PARTS {
            report(&folder.path().join(format!("{rows}-{part}.json")), rows, part);
        }
    }
    for format in FORMATS {
        let runs = ROWS.map(|rows| {
            let out = folder.path().join(format!("out.{format}"));
            let parts = (0..PARTS).map(|part| folder.path().join(format!("{rows}-{part}.json")));
            let mut command = Command::new(env!("CARGO_BIN_EXE_mlopsctl"));
            let run = Run::of(command.args(["report", "merge", "--quiet"]).args(parts).arg("--out").arg(&out));
            let bytes = fs::metadata(&out).map_or(0, |found| found.len());
            let figures = (run.processor, run.megabytes);
            println!("merge to {format:<7}{rows:>10}{:>14.2}{:>10.0}{bytes:>12}", figures.0, figures.1);
            kept &= run.code == Some(5) && (format != "html" || bytes <= PAGE);
            run
        });
        let growth = runs[1].processor / runs[0].processor.max(0.01);
        let held = growth <= GROWTH && runs[1].processor <= SECONDS && runs[1].megabytes <= MEGABYTES;
        println!("{:<16}{growth:>22.2} x{}", "", if held { "" } else { "  NOT as promised" });
        kept &= held;
    }
    let spec = folder.path().join("spec.yaml");
    fs::write(&spec, "version: 1\nstack: lab\nregion: us-east-1\nvars: { email: {} }\ntopics: { alerts: { email: [\"${email}\"] } }\n")
        .expect("the folder takes files");
    let runs = ACCOUNTS.map(|accounts| {
        let path = folder.path().join(format!("{accounts}.csv"));
        roster(&path, accounts);
        let mut command = Command::new(env!("CARGO_BIN_EXE_mlopsctl"));
        let shard = format!("1/{}", accounts / 100);
        command.args(["plan", "--no-backtest", "--quiet", "--sandbox", "--shard", &shard]).current_dir(folder.path());
        let run = Run::of(command.arg("--file").arg(&spec).arg("--accounts").arg(&path));
        println!("{:<16}{accounts:>10}{:>14.2}{:>10.0}", "plan of a shard", run.processor, run.megabytes);
        kept &= run.code == Some(0);
        run
    });
    let growth = runs[1].megabytes / runs[0].megabytes;
    println!("{:<16}{growth:>22.2} x the memory{}", "", if growth <= MEMORY { "" } else { "  NOT as promised" });
    kept &= growth <= MEMORY;
    if kept { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn file(path: &Path) -> BufWriter<File> {
    BufWriter::new(File::create(path).expect("the folder takes files"))
}

/// Every fourth of so many rows: of ten one has failed, three have changes, one waits for somebody.
fn report(path: &Path, rows: usize, part: usize) {
    let mut out = file(path);
    let head =
        format!("{{\"format_version\":\"1\",\"command\":\"plan\",\"stack\":\"lab9\",\"targets\":{rows},\"rows\":[");
    out.write_all(head.as_bytes()).expect("the disk takes it");
    for (n, at) in (part..rows).step_by(PARTS).enumerate() {
        let comma = if n == 0 { "" } else { "," };
        write!(out, "{comma}{:#}", row(at)).expect("the disk takes it");
    }
    out.write_all(b"]}").and_then(|()| out.flush()).expect("the disk takes it");
}

fn row(n: usize) -> Value {
    let account = format!("{:012}", 100_000_000_000_usize + n);
    let counts = |add: usize| json!({ "add": add, "change": 0, "destroy": 0, "adopt": 0, "stop_managing": 0 });
    let change = |address: String, fields: Value| json!({ "address": address, "action": "create", "fields": fields });
    let mut row = json!({
        "target": { "account": account, "region": "us-east-1" },
        "columns": { "name": format!("Student {n}"), "email": format!("s{n}@example.edu") },
        "state": "in_sync",
        "planned": counts(0),
        "subscriptions": { "confirmed": 1, "pending": 0, "lost": 0, "missing": 0 },
        "alarms": { "ok": 5, "alarm": 0, "insufficient_data": 2, "new": 1 },
        "cost": 1.25,
        "currency": "USD",
    });
    match n % 10 {
        0 => {
            row["state"] = "failed".into();
            let message = format!("sts:AssumeRole: no role arn:aws:iam::{account}:role/Lab");
            row["failure"] = json!({ "message": message, "remedy": "create the role", "exit": 4 });
        }
        1..=3 => {
            row["state"] = "pending".into();
            row["planned"] = counts(3);
            row["drift"] = json!([
                change("topic/alerts".into(), json!([])),
                change(format!("subscription/alerts/email/s{n}@example.edu"), json!([])),
                change("alarm/errors".into(), json!([{ "field": "threshold", "from": 3, "to": 5 }])),
            ]);
        }
        4 => {
            let text = format!("AWS has sent a mail to s{n}@example.edu");
            row["notes"] = json!([{ "kind": "act", "text": text, "remedy": "click the link in it" }]);
        }
        _ => {}
    }
    row
}

fn roster(path: &Path, accounts: usize) {
    let mut out = file(path);
    out.write_all(b"account,name,email\n").expect("the disk takes it");
    for n in 0..accounts {
        writeln!(out, "{:012},Student {n},s{n}@example.edu", 100_000_000_000_usize + n).expect("the disk takes it");
    }
    out.flush().expect("the disk takes it");
}
