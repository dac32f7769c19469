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

/// Three accounts with the lab, of which the first two tell one person; no role is there in the third afterwards.
fn surveyed() -> (Desk, [&'static str; 2]) {
    let desk = Desk::new().with(&["--sandbox=sandbox.json"]);
    let rows = [(1, "ann"), (2, "ann"), (3, "bob")].map(|(n, who)| format!("{},{who}@example.edu\n", account(n)));
    desk.write("roster.csv", &format!("account,email\n{}", rows.concat()));
    desk.write("alarms.yaml", &std::fs::read_to_string(example("lab.yaml")).expect("the example"));
    desk.run(&["apply", "--yes", "--adopt", "--accounts", "roster.csv", "--quiet"]).exits(0);
    (desk, ["--accounts", "roster.csv"])
}

#[test]
fn who_has_not_confirmed_is_said_once_whatever_the_accounts() {
    let (desk, roster) = surveyed();
    let list = [&["subscriptions", "list"][..], &roster].concat();
    let all = desk.run(&list).exits(0);
    assert_eq!(all.stdout.matches("ann@example.edu has not confirmed").count(), 1, "{all}");
    assert_eq!(all.stdout.matches("bob@example.edu has not confirmed").count(), 1, "{all}");
    desk.run(&[&list[..], &["--require-confirmed"]].concat()).exits(7);

    let lost = format!("no-role={}", account(3));
    let broken = ["--sandbox-faults", &lost, "--require-confirmed", "--report", "part.json", "--format", "json"];
    let report = desk.run(&[&list[..], &broken].concat()).exits(5).json();
    assert_eq!(report["command"], "subscriptions");
    assert_eq!(row(&report, 1)["found"][0]["person"], "ann@example.edu", "{report:#}");
    assert_eq!(row(&report, 1)["subscriptions"]["pending"], 1, "{report:#}");
    assert_eq!(row(&report, 3)["state"], "failed", "{report:#}");
    assert!(row(&report, 3).to_string().contains("sts:AssumeRole"), "{report:#}");

    // Only the third is asked again; the rows of the others stand.
    let again = desk.run(&[&list[..], &["--retry-failed", "part.json", "--format", "json", "-v"]].concat()).exits(0);
    assert_eq!(row(&again.json(), 2)["found"], row(&report, 2)["found"], "{again}");
    again.says("sts:AssumeRole 1");
    for (format, word) in
        [("markdown", "bob&#64;example.edu"), ("html", "bob@example.edu"), ("junit", "bob@example.edu")]
    {
        let text = desk.run(&[&list[..], &["--format", format]].concat()).exits(0).stdout;
        assert!(text.contains(word), "{format}: {text}");
    }
    desk.run(&["sandbox", "confirm", "--all"]).exits(0);
    desk.run(&[&list[..], &["--require-confirmed"]].concat()).exits(0).says("all in sync");
}

#[test]
fn a_doctor_of_a_roster_has_a_row_an_account() {
    let (desk, roster) = surveyed();
    let doctor = [&["doctor"][..], &roster].concat();
    let report = desk.run(&[&doctor[..], &["--format", "json"]].concat()).exits(7).json();
    let found = row(&report, 2)["found"].as_array().expect("findings");
    assert!(found.iter().any(|one| one["id"] == "unconfirmed" && one["level"] == "action_needed"), "{report:#}");
    let lost = format!("no-role={}", account(3));
    let report = desk.run(&[&doctor[..], &["--sandbox-faults", &lost, "--format", "json"]].concat()).exits(5).json();
    assert_eq!(row(&report, 3)["state"], "failed", "{report:#}");
    assert_eq!(row(&report, 1)["state"], "in_sync", "{report:#}");
    let denied = format!("deny-in={}:sns:GetTopicAttributes", account(1));
    let report = desk.run(&[&doctor[..], &["--sandbox-faults", &denied, "--format", "json"]].concat()).exits(5).json();
    assert_eq!(row(&report, 1)["state"], "partial", "{report:#}");
    desk.run(&[&doctor[..], &["--fix"]].concat()).exits(64).says("--fix is for one account");
    desk.run(&[&doctor[..], &["--url", "http://localhost:1"]].concat()).exits(64).says("--url is for one account");
    desk.run(&["doctor", "--shard", "1/2"]).exits(64).says("there is no roster");
    desk.run(&["doctor", "--format", "csv"]).exits(64).says("for several accounts");
}

#[test]
fn signals_of_a_roster_are_a_line_a_function() {
    let (desk, roster) = surveyed();
    desk.write(
        "watched.yaml",
        "version: 1\nstack: w\nregion: us-east-1\ntopics: { t: }\nfunctions: { \"mlops-service-*\": { golden_signals: { notify: t } } }\n",
    );
    let signals = [&["signals", "--file", "watched.yaml"][..], &roster].concat();
    let named = [&["signals", "mlops-service-lambda", "--no-logs"][..], &roster].concat();
    desk.run(&named).exits(0).says("mlops-service-lambda");
    let report = desk.run(&[&signals[..], &["--format", "json"]].concat()).exits(0).json();
    assert_eq!(report["command"], "signals");
    let function = &row(&report, 2)["functions"][0];
    assert_eq!(function["function"], "mlops-service-lambda", "{report:#}");
    assert!(function["status"].is_string() && function["requests"].is_number(), "{report:#}");
    let csv = desk.run(&[&signals[..], &["--format", "csv"]].concat()).exits(0).stdout;
    assert!(
        csv.lines().next().is_some_and(|line| line.ends_with(
            "function,function_status,p95_ms,requests,error_rate,concurrency,throttles,cold_starts,memory_used"
        )),
        "{csv}"
    );
    assert_eq!(csv.matches(",mlops-service-lambda,").count(), 3, "{csv}");
    for format in ["table", "markdown"] {
        desk.run(&[&signals[..], &["--format", format]].concat())
            .exits(0)
            .says("mlops-service-lambda")
            .says("Concurrency");
    }
    let lost = format!("no-role={}", account(3));
    let broken = ["--sandbox-faults", &lost, "--report", "part.json", "--format", "json"];
    let report = desk.run(&[&signals[..], &broken].concat()).exits(5).json();
    assert_eq!(row(&report, 3)["state"], "failed", "{report:#}");
    let again = desk.run(&[&signals[..], &["--retry-failed", "part.json", "--format", "json", "-v"]].concat()).exits(0);
    assert_eq!(row(&again.json(), 3)["functions"][0]["function"], "mlops-service-lambda", "{again}");
    again.says("sts:AssumeRole 1");
    desk.run(&[&signals[..], &["--charts"]].concat()).exits(64).says("--charts is for one account");
    desk.run(&["signals", "--shard", "1/2"]).exits(64).says("there is no roster");
}

/// One account in which requests failed, one in which the function never ran, and one that cannot be entered.
#[test]
fn logs_of_a_roster_are_summed_up_a_line_a_function() {
    let (desk, _) = surveyed();
    desk.write("own.csv", &format!("account\n123456789012\n{}\n", account(1)));
    desk.run(&["apply", "--yes", "--adopt", "--accounts", "own.csv", "--var", "email=ann@example.edu", "--quiet"])
        .exits(0);
    desk.run(&["traffic", "--function", "mlops-service-lambda", "-n", "4", "--errors", "2", "--yes"]);
    let logs = |arguments: &[&str]| {
        let what = ["logs", "mlops-service-lambda", "--accounts", "own.csv", "--var", "email=ann@example.edu"];
        desk.run(&[&what[..], arguments].concat())
    };
    let table = logs(&["--report", "--report=sums.csv", "--report=sums.html", "--report=sums.xml"]).exits(0);
    table.says("bad").says("idle").says("mlops-service-lambda: requests failed").says("Cold starts");
    let report = logs(&["--report", "--format", "json"]).exits(0).json();
    let at = |report: &Value, account: &str| -> Value {
        let rows = report["rows"].as_array().into_iter().flatten();
        rows.into_iter().find(|row| row["target"]["account"] == account).expect("a row an account").clone()
    };
    let own = &at(&report, "123456789012")["functions"][0];
    assert_eq!(
        (&report["command"], &own["status"], own["requests"].as_f64()),
        (&"logs".into(), &"bad".into(), Some(6.0)),
        "{report:#}"
    );
    assert_eq!(
        ((own["error_rate"].as_f64().unwrap() * 3.0).round(), &own["throttles"]),
        (1.0, &Value::Null),
        "{report:#}"
    );
    assert_eq!(row(&report, 1)["functions"][0]["status"], "idle", "{report:#}");
    assert!(desk.read("sums.csv").contains(",mlops-service-lambda,bad,"), "{}", desk.read("sums.csv"));
    assert!(desk.read("sums.html").contains("requests failed") && desk.read("sums.xml").contains("requests failed"));

    let lost = format!("no-role={}", account(1));
    let report = logs(&["--report=part.json", "--sandbox-faults", &lost, "--format", "json"]).exits(5).json();
    assert_eq!(row(&report, 1)["state"], "failed", "{report:#}");
    let again = logs(&["--report", "--retry-failed", "part.json", "--format", "json", "-v"]).exits(0);
    assert_eq!(row(&again.json(), 1)["state"], "in_sync", "{again}");
    again.says("sts:AssumeRole 1");
    logs(&[]).exits(64).says("a look at lines is for one account");
    desk.run(&["logs", "mlops-service-lambda", "--report=x.json"]).exits(64).says("there is no roster");
}

/// Alarms of functions that a pattern stands for in an account are drilled and muted like those that are written.
#[test]
fn a_drill_of_a_roster_is_foreseen_alarms_of_patterns_included() {
    let (desk, roster) = surveyed();
    desk.write(
        "watched.yaml",
        "version: 1\nstack: w\nregion: us-east-1\ntopics: { t: }\nfunctions: { \"mlops-service-*\": { golden_signals: { notify: t } } }\n",
    );
    let drill = [&["drill", "--dry-run", "--file", "watched.yaml"][..], &roster].concat();
    desk.run(&drill).exits(3).says("alarms: there is no such alarm");
    desk.run(&[&["apply", "--yes", "--file", "watched.yaml", "--quiet"][..], &roster].concat()).exits(0);
    desk.run(&drill).exits(3).says("nobody is subscribed (by ");
    let own = [&["drill", "--dry-run"][..], &roster].concat();
    desk.run(&own).exits(7).says("nobody has confirmed");
    desk.run(&["sandbox", "confirm", "--all", "--account", &account(1)]).exits(0);
    let report = desk.run(&[&own[..], &["--format", "json"]].concat()).exits(7).json();
    assert_eq!(row(&report, 1)["subscriptions"]["confirmed"], 1, "{report:#}");
    assert_eq!(
        (row(&report, 1)["found"].is_null(), row(&report, 2)["found"][0]["id"].as_str()),
        (true, Some("subscriber"))
    );
    desk.run(&[&["drill", "--yes"][..], &roster].concat()).exits(64).says("--dry-run");
}

#[test]
fn a_roster_is_muted_with_consent_and_unmuted() {
    let (desk, roster) = surveyed();
    let mute = [&["mute", "*", "--for", "2h", "--why", "a lab"][..], &roster].concat();
    desk.run(&mute).exits(8).says("no terminal to confirm on");
    let unmute = [&["unmute", "*"][..], &roster].concat();
    desk.run(&[&unmute[..], &["--yes"]].concat()).exits(64).says("is muted in 3 targets");

    let lost = format!("deny-in={}:cloudwatch:PutAlarmMuteRule", account(3));
    let broken = ["--yes", "--sandbox-faults", &lost, "--report", "part.json", "--format", "json"];
    let report = desk.run(&[&mute[..], &broken].concat()).exits(5).json();
    assert_eq!((&row(&report, 1)["state"], &row(&report, 3)["state"]), (&"applied".into(), &"failed".into()));
    assert_eq!(row(&report, 1)["applied"]["add"], 1, "{report:#}");
    let again = ["--yes", "--retry-failed", "part.json", "--format", "json", "-v"];
    desk.run(&[&mute[..], &again].concat()).exits(0).says("cloudwatch:PutAlarmMuteRule 1");

    desk.run(&unmute).exits(8).says("no terminal to confirm on");
    let report = desk.run(&[&unmute[..], &["--yes", "--format", "json"]].concat()).exits(0).json();
    assert_eq!(row(&report, 3)["applied"]["destroy"], 1, "{report:#}");
    desk.run(&[&unmute[..], &["--yes"]].concat()).exits(64);
    desk.run(&[&mute[..], &["--yes", "--list"]].concat()).exits(64);
    desk.run(&["mute", "nosuch", "--for", "2h", "--why", "a lab", "--yes", "--accounts", "roster.csv"]).exits(64);
    desk.run(&["mute", "*", "--for", "2h", "--why", "a lab", "--yes"]).exits(64).says("--yes is for several accounts");
}

#[test]
fn grades_that_stand_are_kept_and_the_others_read_again() {
    let (desk, roster) = surveyed();
    let rubric = example("grading/lab-rubric.yaml");
    let check = [&["check", "--rubric", rubric.to_str().expect("UTF-8")][..], &roster, &["--format", "json"]].concat();
    let lost = format!("no-role={}", account(1));
    let few = ["--concurrency", "1", "--max-failures", "1", "--report", "grades.json", "--sandbox-faults", &lost];
    let first = desk.run(&[&check[..], &few].concat()).exits(5).says("as many as --max-failures allows");
    assert!(first.json()["students"][2].to_string().contains("not read"), "{first}");
    let some = desk.run(&[&check[..], &["--report", "some.json", "--sandbox-faults", &lost]].concat()).exits(5).json();
    let again =
        desk.run(&[&check[..], &["--retry-failed", "some.json", "-v"]].concat()).exits(0).says("sts:AssumeRole 1");
    let grades = again.json();
    assert_eq!(grades["students"].as_array().map(Vec::len), Some(3), "{grades:#}");
    assert_eq!(grades["students"][1], some["students"][1]);
    desk.write("other.yaml", &std::fs::read_to_string(&rubric).expect("the example").replace("Lab 9", "Lab 8"));
    let other = ["check", "--rubric", "other.yaml", "--accounts", "roster.csv", "--retry-failed", "some.json"];
    desk.run(&other).exits(64).says("another rubric");
    desk.run(&[&check[..], &["--retry-failed", "roster.csv"]].concat()).exits(64).says("no report of check");
}

/// Of parts, some of which a retry did again, in whatever order: what one run would have said. A retry may end worse than what it repeats.
#[test]
fn a_retry_counts_instead_of_what_it_repeats_in_any_order() {
    let (desk, roster) = surveyed();
    let plan = [&["plan", "--no-backtest"][..], &roster].concat();
    let (lost, denied) = (format!("no-role={}", account(1)), format!("deny-in={}:sns:GetTopicAttributes", account(1)));
    let saved = |name: &str, code: i32, more: &[&str]| {
        desk.run(&[&plan[..], &["--report", name], more].concat()).exits(code);
    };
    saved("1.json", 5, &["--sandbox-faults", &denied]);
    saved("2.json", 5, &["--retry-failed", "1.json", "--sandbox-faults", &lost]);
    saved("3.json", 0, &["--retry-failed", "2.json"]);
    saved("whole.json", 0, &[]);
    let merged = |files: &[&str], code: i32| {
        let found = report(&desk, &[&["merge", "--format", "json"], files].concat()).exits(code).json();
        row(&found, 1)["state"].as_str().map(str::to_owned)
    };
    for files in [["1.json", "2.json"], ["2.json", "1.json"]] {
        assert_eq!(merged(&files, 5).as_deref(), Some("failed"), "worse than partial, but later");
    }
    for files in [["1.json", "2.json", "3.json"], ["3.json", "1.json", "2.json"], ["2.json", "3.json", "1.json"]] {
        assert_eq!(merged(&files, 0).as_deref(), Some("in_sync"));
    }
    // A run that was not told of the first one is no retry of it.
    report(&desk, &["merge", "1.json", "whole.json"]).exits(64).says("say different things");
}

#[test]
fn grade_books_of_shards_are_one_class_in_every_format() {
    let (desk, roster) = surveyed();
    let rubric = example("grading/lab-rubric.yaml");
    let check = [&["check", "--rubric", rubric.to_str().expect("UTF-8"), "--quiet"][..], &roster].concat();
    let lost = format!("no-role={}", account(1));
    let formats = ["json", "csv", "html", "md", "xml", "txt"];
    let whole: Vec<String> = formats.iter().map(|format| format!("whole.{format}")).collect();
    let saved = whole.iter().flat_map(|name| ["--report", name]);
    desk.run(&check.iter().copied().chain(saved).collect::<Vec<_>>()).exits(0);
    for shard in ["1/2", "2/2"] {
        let name = format!("{}.json", shard.replace('/', "-"));
        desk.run(&[&check[..], &["--shard", shard, "--report", &name]].concat()).exits(0);
    }
    desk.run(&[&check[..], &["--report", "some.json", "--sandbox-faults", &lost]].concat()).exits(5);
    for format in formats {
        let out = format!("out.{format}");
        for files in [["1-2.json", "2-2.json", "some.json"], ["some.json", "2-2.json", "1-2.json"]] {
            report(&desk, &[&["merge", "--out", &out], &files[..]].concat()).exits(0);
            assert_eq!(desk.read(&out), desk.read(&format!("whole.{format}")));
        }
        report(&desk, &["show", "whole.json", "--out", &out]).exits(0);
        assert_eq!(desk.read(&out), desk.read(&format!("whole.{format}")));
    }
    report(&desk, &["merge", "some.json"]).exits(5);
    // Of three accounts all are in the first part: the second one is a book without a student.
    let lone = report(&desk, &["merge", "2-2.json"]).exits(5);
    lone.says("3 of 3 accounts of the roster are in none of the files");
    report(&desk, &["merge", "1-2.json", "roster.csv"]).exits(64).says("no report of check");
}

/// Parts of a class write into one folder; what one of them could not read, and a part that was lost, are read again.
#[test]
fn a_folder_of_grade_books_is_gone_on_with_and_merged() {
    let (desk, roster) = surveyed();
    let rubric = example("grading/lab-rubric.yaml");
    let check = [&["check", "--rubric", rubric.to_str().expect("UTF-8")][..], &roster].concat();
    desk.run(&[&check[..], &["--report", "whole.json"]].concat()).exits(0);
    let lost = format!("no-role={}", account(1));
    let mut partial = 0;
    for shard in ["1/4", "2/4", "3/4", "4/4"] {
        let part =
            desk.run(&[&check[..], &["--shard", shard, "--report", "grades/", "--sandbox-faults", &lost]].concat());
        partial += usize::from(part.code == Some(5));
        // The same part again, as an engine sends it: with what it could read before it reads that account alone.
        let again = ["--shard", shard, "--retry-failed", "grades/", "--report", "grades/", "--sandbox-faults", &lost];
        assert_eq!(desk.run(&[&check[..], &again].concat()).code, part.code);
    }
    assert_eq!(partial, 1);
    report(&desk, &["merge", "grades/", "--out", "out.json"]).exits(5);
    std::fs::remove_file(desk.path("grades/part-3-of-4.json")).unwrap();
    report(&desk, &["merge", "grades/", "--out", "out.json"]).exits(5);
    let again = desk.run(&[&check[..], &["--retry-failed", "grades/", "--report", "grades/"]].concat()).exits(0);
    again.says("part 3/4 has no report in grades/: all of it is read");
    report(&desk, &["merge", "grades/", "--out", "out.json"]).exits(0);
    assert_eq!(desk.read("out.json"), desk.read("whole.json"));
    desk.run(&[&check[..], &["--retry-failed", "nowhere/"]].concat()).exits(1).says("could not read the folder");
}

/// `mlopsctl report`, which takes no sandbox.
fn report(desk: &Desk, arguments: &[&str]) -> support::Ran {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_mlopsctl"));
    support::Ran::of(command.arg("report").args(arguments).current_dir(desk.path("")).env("HOME", desk.path("")))
}

fn row(report: &Value, n: usize) -> &Value {
    let rows = report["rows"].as_array().into_iter().flatten();
    rows.into_iter().find(|row| row["target"]["account"] == account(n).as_str()).expect("a row an account")
}

fn well(row: &Value) -> bool {
    row["state"] == "in_sync" || row["state"] == "applied"
}
