//! Two schedulers run the parts of one roster at the same time, calls fail, and some parts are killed: sent again until nothing is left to
//! do, the end is right, and nobody got a second mail.

use crate::desk_of;
use crate::support::{Desk, Ran};
use std::process::Child;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

const ACCOUNTS: usize = 120;
const PARTS: usize = 10;
/// A part that is sent so often without an end would never have one.
const PATIENCE: usize = 40;
/// One call in twenty fails on AWS's side.
const FAULTS: &str = "latency=5ms,fault-500=0.05";

/// One scheduler: its parts four at a time, each sent again until it ends well.
fn schedule(desk: &Desk, folder: &str, seed: u64) -> usize {
    let waiting: Mutex<Vec<usize>> = Mutex::new((1..=PARTS).collect());
    let killed = Mutex::new(0);
    thread::scope(|scope| {
        for _ in 0..4 {
            let (waiting, killed) = (&waiting, &killed);
            scope.spawn(move || {
                loop {
                    let Some(part) = waiting.lock().expect("no panic").pop() else { return };
                    let is_victim = (part as u64 + seed).is_multiple_of(PARTS as u64);
                    run_part(desk, folder, part, seed, is_victim);
                    *killed.lock().expect("no panic") += usize::from(is_victim);
                }
            });
        }
    });
    killed.into_inner().expect("no panic")
}

fn run_part(desk: &Desk, folder: &str, part: usize, seed: u64, is_victim: bool) {
    for attempt in 0..PATIENCE {
        let shard = format!("{part}/{PARTS}");
        let faults = format!("{FAULTS},seed={}", seed * 1_000 + (part * 50 + attempt) as u64);
        let run = [
            "apply",
            "--yes",
            "--accounts",
            "roster.csv",
            "--shard",
            &shard,
            "--report",
            folder,
            "--sandbox-faults",
            &faults,
        ];
        let mut child: Child = desk.start(&run);
        if is_victim && attempt == 0 {
            // Some way into its first run, wherever that is by then.
            thread::sleep(Duration::from_millis(300));
            let _ = child.kill();
        }
        let ran = Ran::end(&run.join(" "), child);
        match ran.code {
            Some(0) => return,
            // What is worth sending again: partial, throttled, killed.
            Some(5 | 75) | None => {}
            _ => panic!("{ran}"),
        }
    }
    panic!("part {part} of {folder} came to no end");
}

#[test]
fn two_schedulers_of_one_roster_with_faults_and_kills_end_right() {
    let desk = desk_of(ACCOUNTS).env("MLOPSCTL_SANDBOX", "sandbox.json");
    let killed = thread::scope(|scope| {
        let both = [("one/", 1), ("two/", 6)].map(|(folder, seed)| {
            scope.spawn({
                let desk = &desk;
                move || schedule(desk, folder, seed)
            })
        });
        both.map(|scheduler| scheduler.join().expect("it ends well")).iter().sum::<usize>()
    });
    assert_eq!(killed, 2, "one part of each");
    let plan =
        desk.run(&["plan", "--accounts", "roster.csv", "--detailed-exitcode", "--format", "json"]).exits(0).json();
    let rows = plan["rows"].as_array().expect("rows");
    assert!(rows.len() == ACCOUNTS && rows.iter().all(|row| row["state"] == "in_sync"), "{plan:#}");
    assert_eq!(desk.confirmations(), ACCOUNTS, "nobody got a second mail");
    for folder in ["one/", "two/"] {
        let merged = desk.run(&["report", "merge", folder, "--format", "json"]).exits(0).json();
        assert_eq!(merged["rows"].as_array().map(Vec::len), Some(ACCOUNTS), "{folder}");
    }
}
