//! What is shown before anybody consents, and what is told afterwards: the same in plan and apply, over one account and over a
//! roster, in every format, also of what failed. By the real binary on the sandbox.

#[path = "support/mod.rs"]
mod support;

use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;
use support::{Desk, Ran};

const LAB: &str = include_str!("../alarms.yaml");
const ROSTER: &str = "account,name,email\n300000000001,Ada,ada@example.edu\n300000000002,Alan,alan@example.edu\n\
                      300000000003,Grace,grace@example.edu\n";
const EMAIL: [&str; 2] = ["--var", "email=you@example.edu"];
/// CloudWatch, and the sandbox, refuse the query of one of its alarms.
const REFUSED: &str = r#"version: 1
stack: shop
region: us-east-1
topics: { ops: { subscriptions: [{ protocol: email, endpoint: ops@example.org }] } }
functions: { mlops-service-lambda: { golden_signals: { notify: ops } } }
alarms:
  any-throttle: { expression: 'SELECT SUM(Throttles) FROM SCHEMA("AWS/Lambda", FunctionName)', period: 1m, threshold: "> 0", notify: ops }
"#;
/// Is in ALARM where `missing` is `breaching`: nobody sends the heartbeat.
const HEARTBEAT: &str = r#"version: 1
stack: heartbeat
region: us-east-1
vars: { missing: { default: notBreaching } }
topics: { pulse: { subscriptions: [{ protocol: email, endpoint: you@example.edu }] } }
alarms:
  heartbeat-missing:
    namespace: App
    metric_name: Heartbeat
    statistic: SampleCount
    period: 1m
    threshold: "< 1"
    treat_missing_data: "${missing}"
    notify: pulse
"#;

fn desk() -> Desk {
    let desk = Desk::new().env("AWS_REGION", "us-east-1").env("NO_COLOR", "1").env("MLOPSCTL_NO_BACKTEST", "0");
    desk.write("alarms.yaml", LAB);
    desk.write("roster.csv", ROSTER);
    desk.write("refused.yaml", REFUSED);
    desk.write("heartbeat.yaml", HEARTBEAT);
    desk
}

fn with<'a>(arguments: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    arguments.iter().chain(more).copied().collect()
}

/// Notes of every change of a plan, with what the plan costs.
fn told(plan: &Value) -> String {
    let notes = plan["resource_changes"].as_array().unwrap().iter().map(|change| &change["notes"]);
    format!("{:?} {:?} {:?}", notes.collect::<Vec<_>>(), plan["costs"], plan["diagnostics"])
}

/// A minute may end between two runs, and the past of one is then a minute longer.
fn twice<T: PartialEq + std::fmt::Debug>(mut one: impl FnMut() -> T, mut other: impl FnMut() -> T) {
    if one() != other() {
        assert_eq!(one(), other());
    }
}

#[test]
fn apply_shows_what_plan_shows() {
    let desk = desk();
    let plan = with(&["plan", "--sandbox"], &EMAIL);
    let apply = with(&["apply", "--sandbox"], &EMAIL);
    let shown = desk.run(&plan).exits(0).stdout;
    for part in
        ["warning: logs older than 14 days", "would have fired", "in 14 days", "Cost: 0.00 -> 0.60", "Plan: 7 to add"]
    {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    twice(|| desk.run(&plan).exits(0).stdout, || desk.run(&apply).exits(8).stdout);
    // Whoever reads a program's format is shown the same before being asked, even with --quiet.
    let quiet = desk.run(&with(&apply, &["--format", "json", "--quiet"])).exits(8);
    assert!(quiet.stderr.contains("would have fired") && quiet.stderr.contains("Cost: "), "{quiet}");
    assert!(quiet.json()["errors"][0]["message"].as_str().unwrap().contains("nothing was changed"), "{quiet}");
    let planned = desk.run(&with(&plan, &["--format", "json", "--out", "p.json"])).exits(0).json();
    let saved = desk.run(&["apply", "p.json", "--sandbox"]).exits(8).stdout;
    for part in ["would have fired", "Cost: 0.00 -> 0.60", "Plan: 7 to add"] {
        assert!(saved.contains(part), "{part} in {saved}");
    }
    let markdown = desk.run(&with(&plan, &["--format", "markdown"])).exits(0).stdout;
    let applied = desk.run(&with(&apply, &["--yes", "--format", "json"])).exits(0).json();
    assert_eq!(applied["plan"]["costs"], planned["costs"]);
    let numbers = |text: String| text.split(|c: char| c.is_ascii_digit()).collect::<String>();
    assert_eq!(numbers(told(&applied["plan"])), numbers(told(&planned)));
    let destroy = desk.run(&with(&["destroy", "--sandbox", "--format", "markdown", "--yes"], &EMAIL)).exits(0).stdout;
    assert!(destroy.contains("#### Plan:") && destroy.contains("Cost: 0.60 -&gt; 0.00"), "{destroy}");
    let again = desk.run(&with(&apply, &["--yes", "--format", "markdown"])).exits(0).stdout;
    let body = |text: &str| text.lines().filter(|line| line.contains("would have fired")).count();
    assert!(body(&again) > 0 && body(&again) == body(&markdown), "{again}");
}

#[test]
fn no_backtest_leaves_the_past_alone_in_both() {
    let desk = desk();
    for command in ["plan", "apply"] {
        let ran = desk.run(&with(&[command, "--sandbox", "--no-backtest", "--verbose"], &EMAIL));
        assert!(!ran.stdout.contains("in 14 days") && !ran.stderr.contains("GetMetricData"), "{ran}");
        let ran = Ran::of(desk.command(&with(&[command, "--sandbox"], &EMAIL)).env("MLOPSCTL_NO_BACKTEST", "1"));
        assert!(!ran.stdout.contains("in 14 days"), "{ran}");
    }
}

#[test]
fn a_rosters_apply_shows_what_its_plan_shows() {
    let desk = desk();
    let body = |text: &str| -> Vec<String> {
        let lines = text.lines().skip(1).filter(|line| !line.starts_with("Fleet: "));
        lines.filter(|line| !line.is_empty()).map(str::to_owned).collect()
    };
    let roster = ["--sandbox", "--accounts", "roster.csv"];
    let plan = |more: &[&str]| desk.run(&with(&with(&["plan"], &roster), more)).exits(0).stdout;
    let apply = with(&["apply"], &roster);
    twice(|| body(&plan(&[])), || body(&desk.run(&apply).exits(8).stdout));
    let shown = plan(&[]);
    let warning = "log_group//aws/lambda/mlops-service-lambda: logs older than 14 days will be deleted for good";
    assert_eq!(shown.matches("deleted for good").count(), 1, "the same of three accounts is told once: {shown}");
    assert!(shown.contains("warning in 3 accounts (300000000001, 300000000002, 300000000003)"), "{shown}");
    assert!(shown.contains("Backtest") && shown.contains("0.60"), "{shown}");
    for format in ["json", "csv", "markdown", "html"] {
        let text = plan(&["--format", format]);
        assert!(text.contains("deleted for good"), "{format}: {text}");
    }
    let done = desk.run(&with(&apply, &["--yes", "--format", "json"])).exits(0).json();
    for row in done["rows"].as_array().unwrap() {
        let notes = row["notes"].as_array().unwrap().iter().map(|note| note["text"].as_str().unwrap());
        assert!(notes.clone().any(|text| text.starts_with(warning)), "{row}");
        assert!(notes.clone().any(|text| text.contains("has to confirm")), "{row}");
    }
}

#[test]
fn a_status_over_a_roster_tells_of_alarms_and_of_who_has_not_confirmed() {
    let desk = desk();
    let accounts: Vec<String> =
        (0..40).map(|n| format!("4000000000{n:02},{}\n", if n == 17 { "breaching" } else { "notBreaching" })).collect();
    desk.write("forty.csv", &format!("account,missing\n{}", accounts.concat()));
    let on = ["-f", "heartbeat.yaml", "--sandbox", "--accounts", "forty.csv"];
    desk.run(&with(&["apply", "--yes", "--quiet", "--no-backtest"], &on)).exits(0);
    desk.run(&["sandbox", "advance", "6m"]).exits(0);
    let status = with(&["status", "--quiet"], &on);
    let text = desk.run(&status).exits(0).stdout;
    let said = "1 alarm in ALARM in 1 account, 40 subscriptions not confirmed in 40 accounts";
    assert!(text.lines().next().unwrap().contains(said), "{text}");
    assert!(!text.contains("all in sync"), "{text}");
    let first = text.lines().find(|line| line.starts_with(" 4")).unwrap();
    assert!(first.contains("400000000017") && first.contains("1 ALARM"), "{text}");
    assert!(text.ends_with("; 1 in ALARM; 40 not confirmed.\n"), "{text}");
    let junit = desk.run(&with(&status, &["--format", "junit"])).exits(0).stdout;
    assert!(junit.contains("failures=\"40\"") && junit.contains("1 alarm in ALARM"), "{junit}");
    let value = desk.run(&with(&status, &["--format", "json"])).exits(0).json();
    assert_eq!(value["summary"]["targets_in_alarm"], 1);
    desk.run(&with(&status, &["--require-confirmed"])).exits(7);
}

#[test]
fn one_query_that_is_refused_makes_one_alarm_unknown() {
    let desk = desk();
    let alone = ["-f", "refused.yaml", "--sandbox", "--quiet"];
    let found = desk.run(&with(&["backtest", "--format", "json"], &alone)).exits(5).json();
    let judged = found["alarms"].as_array().unwrap_or_else(|| panic!("{found:#}"));
    let known = judged.iter().filter(|alarm| alarm["verdict"] != "unknown" && !alarm["verdict"].is_null()).count();
    assert_eq!((judged.len(), known), (5, 4), "{found:#}");
    let plan = desk.run(&with(&["plan"], &alone)).exits(0).says("what it would have done is not known: its query");
    assert_eq!(plan.stdout.matches("in 14 days").count(), 4, "{plan}");
    let roster = with(&alone, &["--accounts", "roster.csv"]);
    for command in ["plan", "apply"] {
        let ran = desk.run(&with(&[command], &roster)).says("alarm/any-throttle: what it would have done is not known");
        assert!(ran.stdout.contains("1 unknown"), "{ran}");
    }
    let ran = desk.run(&with(&["backtest"], &roster)).exits(5);
    assert!(ran.stdout.contains("3 partial") && ran.stdout.contains("1 unknown"), "{ran}");
}

#[test]
fn one_account_of_the_sandbox_is_forgotten() {
    let desk = desk();
    desk.run(&["apply", "--yes", "--quiet", "--no-backtest", "--sandbox", "--accounts", "roster.csv"]).exits(0);
    desk.run(&["sandbox", "reset", "--account", "300000000002"]).exits(8).says("300000000002 us-east-1");
    desk.run(&["sandbox", "reset", "--yes", "--account", "300000000002"]).exits(0).says("is forgotten");
    let left = desk.run(&["sandbox", "show"]).exits(0).stdout;
    assert!(left.contains("300000000001") && left.contains("300000000003") && !left.contains("300000000002"), "{left}");
    desk.run(&["sandbox", "reset", "--yes", "--account", "300000000002"]).exits(1);
    desk.run(&["sandbox", "serve", "--account", "300000000001"]).exits(64).says("served for every account");
}

#[test]
fn a_failure_has_a_body_in_the_format_that_was_asked_for() {
    let desk = desk();
    type IsWhole = fn(&str) -> bool;
    let parsed: [(&str, IsWhole); 5] = [
        ("json", |text| serde_json::from_str::<Value>(text).is_ok_and(|v| v["errors"][0]["message"].is_string())),
        ("markdown", |text| text.starts_with("### Error: ")),
        ("csv", |text| text.starts_with("severity,message,remedy,file,line,column\r\nerror,")),
        ("html", |text| text.starts_with("<!doctype html>") && text.contains("verdict bad")),
        ("junit", |text| text.contains("errors=\"1\"") && text.contains("<error ")),
    ];
    for command in ["plan", "apply", "destroy", "status", "backtest", "check"] {
        for (format, is_right) in parsed {
            let file = if command == "check" { "--rubric" } else { "--file" };
            for more in [[file, "nowhere.yaml"], ["--no-such-flag", "x"]] {
                let ran = desk.run(&with(&[command, "--sandbox", "--format", format], &more));
                assert!(is_right(&ran.stdout), "{ran}");
                assert!(ran.stderr.starts_with("error: "), "the words are there as well: {ran}");
                assert!([64, 65].contains(&ran.code.unwrap()), "{ran}");
            }
        }
    }
    for command in
        [&["drill"][..], &["doctor"], &["subscriptions", "list"], &["subscriptions", "wait"], &["signals"], &["logs"]]
    {
        let ran = desk.run(&with(command, &["--file", "nowhere.yaml", "--format", "json"])).exits(65);
        assert_eq!(ran.json()["errors"][0]["code"], "invalid_spec");
    }
    let ran = desk.run(&["lint", "--file", "nowhere.yaml", "--format", "sarif"]).exits(65);
    assert_eq!(ran.json()["runs"][0]["invocations"][0]["executionSuccessful"], false);
    let ran = desk.run(&["lint", "--file", "nowhere.yaml", "--format", "github"]).exits(65);
    assert!(ran.stdout.starts_with("::error file=nowhere.yaml"), "{ran}");
}

#[test]
fn a_format_that_a_command_cannot_write_is_refused() {
    let desk = desk();
    for command in [
        "doctor",
        "drill",
        "subscriptions list",
        "subscriptions wait",
        "subscriptions resend --all",
        "traffic --url http://127.0.0.1:9",
        "logs",
    ] {
        let words: Vec<&str> = command.split(' ').collect();
        desk.run(&with(&words, &["--format", "markdown"])).exits(64);
    }
    for format in ["csv", "html", "junit"] {
        for command in ["plan", "apply", "destroy", "status", "backtest"] {
            desk.run(&with(&[command, "--sandbox", "--format", format], &EMAIL))
                .exits(64)
                .says("are for several accounts");
        }
    }
}

/// Every command in back quotes that a failing run of the transcripts names, run where that run was: it is a right command line, and
/// it reaches the same sandbox.
#[cfg(unix)]
#[test]
fn advice_of_the_transcripts_works_when_pasted() {
    let mut tried = std::collections::BTreeSet::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli");
    let mut sessions: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    sessions.sort();
    for session in sessions.iter().filter(|path| path.extension().is_some_and(|ending| ending == "trycmd")) {
        let desk = desk().env("MLOPSCTL_NO_BACKTEST", "1");
        support::specs::give(&desk.path("."));
        for line in fs::read_to_string(session).unwrap().lines().filter_map(|line| line.strip_prefix("$ ")) {
            let ran = shell(&desk, line);
            if ran.code == Some(0) {
                continue;
            }
            let said = format!("{}{}", ran.stdout, ran.stderr);
            for advice in said.split('`').skip(1).step_by(2).filter(|text| text.starts_with("mlopsctl ")) {
                // A secret, or what only the reader knows, has to be filled in; what does not end is not begun.
                if ["…", " LINK", " NAME", " URL", "serve"].iter().any(|hole| advice.contains(hole)) {
                    continue;
                }
                let pasted = shell(&desk, &advice.replace(" FILE", " advised.json"));
                let code = pasted.code.unwrap_or(-1);
                let same_failure = Some(code) == ran.code;
                assert!(![-1, 64, 65, 70, 127].contains(&code), "{advice} after {line}\n{pasted}");
                assert!(code != 4 || same_failure, "{advice} after {line} asks AWS itself\n{pasted}");
                tried.insert(advice.to_owned());
            }
        }
    }
    assert!(tried.len() >= 8, "{tried:#?}");
}

#[cfg(unix)]
fn shell(desk: &Desk, line: &str) -> Ran {
    let program = Path::new(env!("CARGO_BIN_EXE_mlopsctl")).parent().unwrap();
    let mut command = std::process::Command::new("sh");
    command.args(["-c", line]).current_dir(desk.path(".")).env_clear();
    for (name, value) in desk.command(&[]).get_envs() {
        command.envs(value.map(|value| (name, value)));
    }
    command.env("PATH", format!("{}:/usr/bin:/bin", program.display())).stdin(std::process::Stdio::null());
    Ran::of(&mut command)
}

#[test]
fn advice_keeps_the_flags_of_the_run_and_no_secret() {
    let desk = desk();
    let hooked = "version: 1\nstack: s\nvars: { hook: { required: true }, team: { required: true } }\n\
                  topics: { ops: { subscriptions: [{ protocol: https, endpoint: \"${hook}\" }] } }\n";
    desk.write("my specs.yaml", hooked);
    let ran = desk
        .run(&[
            "apply",
            "-f",
            "my specs.yaml",
            "--sandbox=box.json",
            "--var",
            "hook=https://u:hunter2@example.edu",
            "--var",
            "team=it's",
        ])
        .exits(8);
    let advice = "`mlopsctl apply -f 'my specs.yaml' --sandbox=box.json --var 'hook=…' --var 'team=it'\\''s' --yes`";
    assert!(ran.stderr.contains(advice), "{ran}");
    assert!(!ran.stderr.contains("hunter2"), "{ran}");
    let ran = desk.run(&with(&["status", "--sandbox=box.json"], &EMAIL)).exits(0);
    assert!(ran.stdout.contains("`mlopsctl plan --var email=you@example.edu --sandbox=box.json`"), "{ran}");
}

/// What was long ago by the sandbox's clock is long ago for a rubric, too.
#[test]
fn check_grades_by_the_clock_of_the_aws_that_it_asks() {
    let desk = desk();
    let on = ["-f", "heartbeat.yaml", "--sandbox", "--yes", "--quiet", "--no-backtest", "--var"];
    desk.run(&with(&["apply"], &with(&on, &["missing=breaching"]))).exits(0);
    desk.run(&["sandbox", "advance", "6m"]).exits(0).says("ALARM");
    desk.run(&with(&["apply"], &with(&on, &["missing=notBreaching"]))).exits(0);
    desk.run(&["sandbox", "advance", "6h"]).exits(0);
    for (within, earned) in [("1h", false), ("12h", true)] {
        let state = format!("{{ namespace: App, metric_name: Heartbeat, state: ALARM, within: {within} }}");
        let rubric = format!(
            "version: 1\ntitle: t\nitems:\n  - name: was\n    says: It was in ALARM\n    points: 10\n    in_state: {state}\n"
        );
        desk.write("rubric.yaml", &rubric);
        let book = desk.run(&["check", "--sandbox", "--quiet", "--format", "json"]).exits(0).json();
        assert_eq!(book["students"][0]["total"] == 10.0, earned, "within {within}: {book:#}");
    }
}

/// An interrupt keeps what was read until then, and says of the others that they were not.
#[cfg(unix)]
#[test]
fn an_interrupted_check_keeps_the_rows_that_it_has() {
    let desk = desk();
    let accounts: String = (0..60).map(|n| format!("5000000000{n:02}\n")).collect();
    desk.write("sixty.csv", &format!("account\n{accounts}"));
    desk.write(
        "rubric.yaml",
        "version: 1\ntitle: t\nitems:\n  - name: topic\n    says: There is a topic\n    points: 10\n    topic: {}\n",
    );
    let slow = ["--sandbox", "--sandbox-faults", "latency=300ms", "--concurrency", "2", "--accounts", "sixty.csv"];
    let child = desk.start(&with(&["check", "--format", "json", "--report", "g.csv"], &slow));
    std::thread::sleep(std::time::Duration::from_secs(4));
    let signalled = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(signalled.success());
    let ran = Ran::end("check", child).exits(130);
    let book = ran.json();
    let students = book["students"].as_array().unwrap();
    let read = students.iter().filter(|student| student["complete"] == true).count();
    assert!(students.len() == 60 && read > 0 && read < 60, "{read} of {}", students.len());
    let last = students.last().unwrap();
    assert!(
        last["total"].is_null() && last["failure"]["message"].as_str().unwrap().contains("interrupted"),
        "{last:#}"
    );
    let csv = desk.read("g.csv");
    let row = csv.lines().find(|line| line.starts_with("500000000059")).unwrap();
    assert!(row.starts_with("500000000059,us-east-1,,,,10,"), "nobody has a total who was not read: {row}");
}

/// Debian's `script` runs a command line of the program at a terminal of its own.
#[cfg(target_os = "linux")]
fn at_terminal(desk: &Desk, command: &str) -> std::process::Command {
    let program = format!("{} {command}", env!("CARGO_BIN_EXE_mlopsctl"));
    let mut script = std::process::Command::new("script");
    script.args(["-qec", &program, "/dev/null"]).current_dir(desk.path(".")).env_clear();
    script.env("HOME", desk.path(".")).env("AWS_REGION", "us-east-1").env("MLOPSCTL_NO_BACKTEST", "1");
    script.env("NO_COLOR", "1");
    script
}

/// A terminal that takes lines only, as some editors have, gets the status again and again, and no full screen.
#[test]
#[cfg(target_os = "linux")]
fn status_is_watched_line_by_line_at_a_dumb_terminal() {
    let desk = desk();
    let watch = "status --sandbox --watch --interval 5s --var email=you@example.edu";
    let mut watching = at_terminal(&desk, watch).env("TERM", "dumb").stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(watching.stdout.take().unwrap()).lines().map(Result::unwrap);
    let seen: Vec<String> =
        lines.filter(|line| line.starts_with("Status: ") || line.contains('\u{1b}')).take(2).collect();
    watching.kill().unwrap();
    watching.wait().unwrap();
    assert!(seen.len() == 2 && seen.iter().all(|line| line.starts_with("Status: ")), "{seen:?}");
}

/// Whoever sits at a terminal is asked for what is missing, and sees it in the advice.
#[test]
#[cfg(target_os = "linux")]
fn a_missing_variable_is_asked_for_at_a_terminal() {
    let desk = desk();
    let at_terminal = |command: &str, typed: &str| {
        let mut script = at_terminal(&desk, command);
        desk.write("typed", typed);
        script.stdin(fs::File::open(desk.path("typed")).unwrap());
        Ran::of(&mut script)
    };
    let applied = at_terminal("apply --sandbox", "you@example.edu\ny\n").exits(0);
    assert!(applied.stdout.contains("email (Who is notified): "), "{}", applied.stdout);
    assert!(applied.stdout.contains("Apply these 8 changes? [y/N]"), "{}", applied.stdout);
    assert_eq!(desk.run(&["plan", "--sandbox", "--var", "email=you@example.edu", "--detailed-exitcode"]).code, Some(0));
    let refused = at_terminal("plan --sandbox", "\n").exits(65);
    assert!(refused.stdout.contains("variable `email`"), "{}", refused.stdout);
    let planned = at_terminal("plan --sandbox --out saved.json", "me@example.edu\n").exits(0);
    let advice = "saved: `mlopsctl apply --var email=me@example.edu --sandbox saved.json`";
    assert!(planned.stdout.contains(advice), "{}", planned.stdout);
    assert!(
        !desk.run(&["plan", "--sandbox"]).stderr.contains("Who is notified):"),
        "nobody is asked without a terminal"
    );
}
