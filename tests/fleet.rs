//! The real program over a hundred accounts: some broken, AWS failing now and then, and killed half-way. Running again ends with
//! exactly the healthy ones in sync, a true message for each of the others, and no second mail anywhere.

#[path = "support/mod.rs"]
mod support;

use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use support::{Desk, example};

const ACCOUNTS: usize = 100;
const FAULTS: &str = "fault-500=0.05,fault-reset-before=0.05,fault-reset-after=0.05,seed=5";

/// Ten accounts that are broken in seven ways, and what has to be said of each.
const BROKEN: &[(usize, &str, &str)] = &[
    (3, "no-role", "is not authorized to perform: sts:AssumeRole"),
    (17, "no-role", "is not authorized to perform: sts:AssumeRole"),
    (23, "external-id", "is not authorized to perform: sts:AssumeRole"),
    (31, "no-region", "us-east-1 is not enabled for the account"),
    (42, "no-region", "us-east-1 is not enabled for the account"),
    (55, "deny-in cloudwatch:PutMetricAlarm", "not authorized to perform: cloudwatch:PutMetricAlarm"),
    (64, "deny-in cloudwatch:DescribeAlarms", "not authorized to perform: cloudwatch:DescribeAlarms"),
    (71, "profile", "profile elsewhere is in account 123456789012, the roster says 100000000071"),
    (88, "foreign", "belongs to stack"),
    (96, "foreign", "belongs to stack"),
];

fn account(n: usize) -> String {
    (100_000_000_000 + n).to_string()
}

/// What the sandbox forbids, as settings of its weather.
fn rules() -> String {
    let rule = |(n, how, _): &(usize, &str, &str)| match how.split_once(' ') {
        Some((rule, what)) => Some(format!("{rule}={}:{what}", account(*n))),
        None if *how == "no-role" => Some(format!("no-role={}", account(*n))),
        None if *how == "external-id" => Some(format!("external-id={}:lab-9", account(*n))),
        None if *how == "no-region" => Some(format!("no-region={}:us-east-1", account(*n))),
        None => None,
    };
    BROKEN.iter().filter_map(rule).collect::<Vec<_>>().join(",")
}

/// A desk with the roster; the accounts of another stack's topic have it already.
fn desk() -> Desk {
    let desk = Desk::new().with(&["--sandbox=sandbox.json"]);
    let row = |n: usize| {
        let profile = if BROKEN.iter().any(|(m, how, _)| *m == n && *how == "profile") { "elsewhere" } else { "" };
        format!("{},s{n}@example.edu,{profile}\n", account(n))
    };
    let rows: String = (1..=ACCOUNTS).map(row).collect();
    desk.write("roster.csv", &format!("account,email,profile\n{rows}"));
    let foreign = BROKEN.iter().filter(|(_, how, _)| *how == "foreign").map(|(n, ..)| account(*n) + "\n");
    desk.write("others.csv", &format!("account\n{}", foreign.collect::<String>()));
    desk.write("others.yaml", "version: 1\nstack: theirs\nregion: us-east-1\ntopics: { mlops-lambda-alerts: }\n");
    desk.run(&["apply", "--yes", "--file", "others.yaml", "--accounts", "others.csv"]).exits(0);
    desk
}

fn broken(n: usize) -> Option<&'static str> {
    BROKEN.iter().find(|(broken, ..)| *broken == n).map(|(_, _, says)| *says)
}

/// Whether a line of progress says that so many are applied; before that, all of them are read.
fn is_applied(line: &str, done: &str) -> bool {
    line.trim_start_matches(['[', ' ']).starts_with(done) && !line.contains("] read")
}

/// Mails that ask for a confirmation, by account.
fn mails(desk: &Desk) -> BTreeMap<String, usize> {
    desk.mail().iter().fold(BTreeMap::new(), |mut counts, message| {
        *counts.entry(message["account"].as_str().expect("an account").to_owned()).or_default() += 1;
        counts
    })
}

#[test]
fn killed_half_way_with_faults_and_broken_accounts_the_healthy_ones_end_in_sync() {
    let desk = desk();
    let weather = format!("{},{FAULTS},latency=10ms", rules());
    let lab = example("lab.yaml");
    let apply = ["apply", "--yes", "--adopt", "--accounts", "roster.csv", "--file", lab.to_str().expect("UTF-8")];
    let adopt = [&apply[..], &["--sandbox-faults", &weather]].concat();
    let mut victim = desk.start(&adopt);
    let lines = BufReader::new(victim.stderr.take().expect("piped")).lines();
    let half = lines.map_while(Result::ok).find(|line| is_applied(line, "50/"));
    victim.kill().expect("it can be killed");
    victim.wait().expect("it ends");
    assert!(half.is_some(), "it ended before it could be killed");

    let ran = desk.run(&[&adopt[..], &["--report", "report.json", "--format", "json"]].concat()).exits(5);
    let report = ran.json();
    assert_eq!(report["rows"].as_array().map(Vec::len), Some(ACCOUNTS), "{ran}");
    for n in 1..=ACCOUNTS {
        let row = row(&report, n);
        let state = row["state"].as_str().unwrap_or_default();
        match broken(n) {
            None => assert!(["in_sync", "applied"].contains(&state), "{row:#}"),
            Some(says) => {
                assert!(["failed", "blocked", "partial"].contains(&state), "{row:#}");
                assert!(row.to_string().contains(says), "no word of {says:?} in {row:#}");
            }
        }
    }
    let mails = mails(&desk);
    for n in 1..=ACCOUNTS {
        let sent = mails.get(&account(n)).copied().unwrap_or(0);
        assert!(if broken(n).is_none() { sent == 1 } else { sent <= 1 }, "account {n}: {sent} mails");
    }

    // Only what failed runs again; mended, all but the foreign ones and the wrong profile end well.
    let again = ["--retry-failed", "report.json", "--format", "json", "-v"];
    let ran = desk.run(&[&apply[..], &again].concat()).exits(5).says("sts:AssumeRole 9");
    let report = ran.json();
    assert_eq!(report["rows"].as_array().map(Vec::len), Some(ACCOUNTS), "what is well is kept");
    let unwell: Vec<usize> = (1..=ACCOUNTS).filter(|n| !well(row(&report, *n))).collect();
    assert_eq!(unwell, [71, 88, 96]);
}

#[test]
fn what_could_not_be_read_is_said_beside_what_was_applied() {
    let desk = Desk::new().with(&["--sandbox=sandbox.json"]);
    desk.write("roster.csv", &format!("account,email\n{},s64@example.edu\n", account(64)));
    let denied = format!("deny-in={}:cloudwatch:DescribeAlarms", account(64));
    let lab = example("lab.yaml");
    let apply = ["apply", "--yes", "--adopt", "--accounts", "roster.csv", "--file", lab.to_str().expect("UTF-8")];
    let ran = desk.run(&[&apply[..], &["--sandbox-faults", &denied, "--format", "json"]].concat()).exits(5);
    let report = ran.json();
    let row = row(&report, 64);
    assert_eq!((&row["state"], &row["applied"]["add"]), (&"partial".into(), &2.into()), "{row:#}");
    assert!(row.to_string().contains("not authorized to perform: cloudwatch:DescribeAlarms"), "{row:#}");
}

/// What runs ends in order, what is not begun is said, and the report is there.
#[cfg(unix)]
#[test]
fn an_interrupt_ends_the_run_in_order() {
    let desk = Desk::new().with(&["--sandbox=sandbox.json"]);
    let rows: String = (1..=40).map(|n| format!("{},s{n}@example.edu\n", account(n))).collect();
    desk.write("roster.csv", &format!("account,email\n{rows}"));
    let lab = example("lab.yaml");
    let apply = ["apply", "--yes", "--adopt", "--accounts", "roster.csv", "--file", lab.to_str().expect("UTF-8")];
    let slow = ["--concurrency", "4", "--sandbox-faults", "aws", "--report", "report.json"];
    let mut run = desk.start(&[&apply[..], &slow].concat());
    let mut lines = BufReader::new(run.stderr.take().expect("piped")).lines().map_while(Result::ok);
    let begun = lines.find(|line| is_applied(line, "8/"));
    assert!(begun.is_some(), "it ended before it could be interrupted");
    let sent = std::process::Command::new("kill").args(["-TERM", &run.id().to_string()]).status();
    assert!(sent.expect("kill is a command").success());
    let said: Vec<String> = lines.collect();
    assert_eq!(run.wait().expect("it ends").code(), Some(143), "{said:?}");
    let report: Value = serde_json::from_str(&desk.read("report.json")).expect("a whole report");
    let count = |state: &str| {
        let rows = report["rows"].as_array().into_iter().flatten();
        rows.filter(|row| row["state"] == state).count()
    };
    assert_eq!(report["rows"].as_array().map(Vec::len), Some(40));
    assert!(count("applied") >= 8 && count("not_started") >= 20, "{report:#}");
    desk.run(&[&apply[..], &["--retry-failed", "report.json"]].concat()).exits(0).says("40 applied");
    assert_eq!(mails(&desk).into_values().collect::<Vec<_>>(), [1; 40]);
}

fn row(report: &Value, n: usize) -> &Value {
    let rows = report["rows"].as_array().into_iter().flatten();
    rows.into_iter().find(|row| row["target"]["account"] == account(n).as_str()).expect("a row an account")
}

fn well(row: &Value) -> bool {
    row["state"] == "in_sync" || row["state"] == "applied"
}
