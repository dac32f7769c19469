//! Every flag that a command takes is shown to act: in a transcript, or by a row here. A flag that does nothing is a promise
//! that is not kept.

#[path = "support/mod.rs"]
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use support::Desk;

/// The flags of groups that commands share: shown once, for any command.
const SHARED: &[&str] = &[
    "accounts",
    "adopt",
    "allow-data-loss",
    "allow-deletes",
    "color",
    "concurrency",
    "endpoint-url",
    "file",
    "format",
    "max-failures",
    "no-backtest",
    "prices",
    "profile",
    "quiet",
    "region",
    "report",
    "require-confirmed",
    "retry-failed",
    "role",
    "sandbox",
    "sandbox-weather",
    "shard",
    "target",
    "var",
    "var-file",
    "verbose",
    "yes",
    "account",
    "canary",
];

/// Flags that a test shows which drives more than one run, and the words of that test.
const ELSEWHERE: &[(&str, &str, &str)] = &[
    ("apply", "allow-data-loss", "tests/journeys/mod.rs"),
    ("apply", "allow-deletes", "tests/journeys/mod.rs"),
    ("drill", "real", "tests/sandbox/lab.rs"),
    ("drill", "receive", "tests/sandbox/lab.rs"),
    ("drill", "timeout", "tests/ministack/drill.rs"),
    ("doctor", "fix", "tests/sandbox/lab.rs"),
    ("doctor", "url", "tests/sandbox/lab.rs"),
    ("service deploy", "name", "tests/service/bundle.rs"),
    ("service bundle", "binary", "tests/service/bundle.rs"),
    ("service bundle", "out", "tests/service/bundle.rs"),
    ("subscriptions confirm", "lock", "tests/sandbox/lab.rs"),
    ("subscriptions confirm", "url", "tests/sandbox/lab.rs"),
];

/// Not shown yet: these need a server that does not end by itself, minutes of time, or an AWS account.
const NOT_YET: &[(&str, &[&str])] = &[
    ("backtest", &["evaluation-range"]),
    ("logs", &["group", "no-live-tail", "since", "until"]),
    ("traffic", &["timeout"]),
    ("subscriptions wait", &["timeout"]),
    ("subscriptions confirm", &["token", "topic"]),
    ("serve", &["data-dir", "database-url", "host", "log-format", "log-level", "port", "prometheus-port", "strict"]),
    ("sandbox serve", &["bind", "port", "weather"]),
    ("service deploy", &["binary", "env", "memory", "replace", "timeout", "url"]),
];

/// How a flag shows: by words that come with it, or by words that go. `exit N` and the names of files that are written are words,
/// too.
enum Sign {
    Comes(&'static str),
    Goes(&'static str),
}
use Sign::{Comes, Goes};

/// A command line, the flag that is added to it, and what shows that it acts.
const ROWS: &[(&str, &str, Sign)] = &[
    ("init --file a.yaml", "--stack mine", Comes("stack: mine")),
    ("test", "--junit t.xml", Comes("t.xml")),
    ("test", "--only no-such-test", Goes("exit 0")),
    ("backtest", "--days 2", Comes("in 2d")),
    ("backtest", "--html page.html", Comes("page.html")),
    ("backtest", "--svg pictures", Comes("pictures")),
    ("backtest --no-charts", "--verify", Comes("real")),
    ("signals", "--html signals.html", Comes("signals.html")),
    ("signals", "--svg signals.svg", Comes("signals.svg")),
    ("signals", "--no-logs", Goes("memory")),
    ("signals", "--charts", Comes("┤")),
    ("signals", "--since 30d", Comes("30d")),
    ("logs", "--request-id 00000000", Goes("REPORT")),
    ("traffic --function mlops-service-lambda -n 2 --rate 50", "--max-time 0s", Goes("2 of 2")),
    ("traffic --function mlops-service-lambda -n 300 --rate 900", "--yes", Goes("exit 8")),
    ("doctor", "--list", Comes("unconfirmed")),
    ("drill --yes", "--clean", Goes("fired")),
    ("subscriptions list", "--require-confirmed", Comes("exit 7")),
    ("subscriptions resend --all", "--yes", Comes("asked again")),
    ("sandbox show", "--account 999999999999", Goes("topics")),
    ("sandbox show", "--region eu-west-1", Goes("topics")),
    ("sandbox mail", "--account 999999999999", Goes("you@example.edu")),
    ("lint", "--list", Comes("no-actions")),
    ("lint", "--online", Comes("sandbox ")),
    ("man", "--dir pages", Comes("pages")),
    ("schema", "--rubric", Comes("rubric.schema.json")),
    ("plan", "--color always", Comes("\u{1b}[")),
    ("plan", "--verbose", Comes("GetCallerIdentity")),
    ("plan", "--quiet", Goes("nothing here is AWS")),
    ("plan --file stricter.yaml", "--prices prices.json", Comes("EUR")),
    ("plan", "--region eu-west-1", Comes("in 123456789012 eu-west-1")),
    ("plan", "--var-file other.yaml", Comes("other@example.edu")),
    ("plan", "--sandbox-weather fault-denied=1", Goes("exit 0")),
    ("plan", "--endpoint-url http://127.0.0.1:9", Comes("yet one is named")),
    ("plan --file shorter.yaml", "--allow-data-loss", Goes("Blocked")),
    ("report show r.json", "--out shown.html", Comes("shown.html")),
    (
        "plan --accounts roster.csv --role NoSuchRole --concurrency 1",
        "--max-failures 1",
        Comes("as many as --max-failures allows"),
    ),
    ("plan --accounts roster.csv", "--role NoSuchRole", Comes("NoSuchRole")),
];

#[test]
fn every_flag_is_shown_to_act() {
    let shown = transcripts();
    let rows: BTreeSet<(String, String)> =
        ROWS.iter().flat_map(|(line, flag, _)| named(&format!("{line} {flag}"))).collect();
    let mut missing = BTreeMap::<String, Vec<String>>::new();
    for (command, flags) in commands() {
        for flag in flags {
            let here = (command.clone(), flag.clone());
            let elsewhere = ELSEWHERE.iter().any(|(c, f, _)| *c == command && *f == flag);
            let shared = SHARED.contains(&flag.as_str()) && shown.iter().chain(&rows).any(|(_, known)| *known == flag);
            let not_yet = NOT_YET.iter().any(|(c, flags)| *c == command && flags.contains(&flag.as_str()));
            if !(shown.contains(&here) || rows.contains(&here) || elsewhere || shared || not_yet) {
                missing.entry(command.clone()).or_default().push(flag);
            }
        }
    }
    assert!(missing.is_empty(), "flags that nothing shows: {missing:#?}");
    for (_, flag, file) in ELSEWHERE {
        let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
        assert!(text.contains(&format!("--{flag}")), "{file} does not speak of --{flag}");
    }
}

#[test]
fn the_rows_show_what_they_say() {
    let mut wrong = Vec::new();
    for (line, flag, sign) in ROWS {
        let desk = desk();
        if line.starts_with("report") {
            desk.run(&["plan", "--accounts", "roster.csv", "--report", "r.json"]).exits(0);
        }
        let without = told(&desk, line);
        let with = told(&desk, &format!("{line} {flag}"));
        let acts = match sign {
            Comes(words) => with.contains(words) && !without.contains(words),
            Goes(words) => without.contains(words) && !with.contains(words),
        };
        if !acts {
            wrong.push(format!("{line} {flag}\n--- without\n{without}\n--- with\n{with}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n==========\n"));
}

/// The commands that do something, each with its flags, as the help tells them.
fn commands() -> BTreeMap<String, Vec<String>> {
    let desk = Desk::new();
    let (mut open, mut found) = (vec![Vec::<String>::new()], BTreeMap::new());
    while let Some(words) = open.pop() {
        let arguments: Vec<&str> = words.iter().map(String::as_str).chain(["--help"]).collect();
        let help = desk.run(&arguments).exits(0).stdout;
        let below = help.split_once("\nCommands:\n").map_or("", |(_, rest)| rest.split("\n\n").next().unwrap());
        let names = below.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
        let names: Vec<&str> =
            names.filter_map(|line| line.split_whitespace().next()).filter(|n| *n != "help").collect();
        if names.is_empty() {
            let flags =
                help.lines().filter_map(|line| line.trim_start().split_once("--").filter(|(lead, _)| lead.len() <= 4));
            let flags = flags.map(|(_, rest)| word(rest)).filter(|flag| flag != "help" && !flag.is_empty());
            found.insert(words.join(" "), flags.collect::<BTreeSet<_>>().into_iter().collect());
        }
        open.extend(names.into_iter().map(|name| words.iter().cloned().chain([name.to_owned()]).collect()));
    }
    assert!(found.len() > 25, "{found:?}");
    found
}

fn word(text: &str) -> String {
    text.chars().take_while(|c| c.is_ascii_lowercase() || *c == '-').collect()
}

/// The command and each flag of a command line.
fn named(line: &str) -> Vec<(String, String)> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let grouped = ["subscriptions", "sandbox", "service", "report", "accounts"].contains(words.first().unwrap_or(&""));
    let (command, rest) = words.split_at(words.len().min(if grouped { 2 } else { 1 }));
    let flags = rest.iter().filter_map(|word| match *word {
        "-f" => Some("file".to_owned()),
        "-v" => Some("verbose".to_owned()),
        "-q" => Some("quiet".to_owned()),
        "-y" => Some("yes".to_owned()),
        "-n" => Some("requests".to_owned()),
        "-p" => Some("port".to_owned()),
        other => other.strip_prefix("--").map(self::word),
    });
    flags.map(|flag| (command.join(" "), flag)).collect()
}

fn transcripts() -> BTreeSet<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sessions = fs::read_dir(root.join("tests/cli")).unwrap().map(|entry| entry.unwrap().path());
    let texts = sessions.chain([root.join("README.md")]).map(|path| fs::read_to_string(path).unwrap());
    let texts: Vec<String> = texts.collect();
    let lines = texts.iter().flat_map(|text| text.lines()).filter_map(|line| line.strip_prefix("$ mlopsctl "));
    lines.flat_map(named).collect()
}

/// A desk with a sandbox in which the lab stands, its mail unread.
fn desk() -> Desk {
    let desk = Desk::new().env("AWS_REGION", "us-east-1").env("MLOPSCTL_SANDBOX", "1").env("MLOPSCTL_NO_BACKTEST", "1");
    support::specs::give(&desk.path("."));
    desk.write("prices.json", "{\"currency\": \"EUR\"}");
    let lab = desk.read("alarms.yaml");
    desk.write("shorter.yaml", &lab.replace("14d", "1d"));
    desk.write("other.yaml", "email: other@example.edu\n");
    let desk = desk.env("MLOPSCTL_VAR_EMAIL", "you@example.edu");
    desk.run(&["apply", "--yes", "--quiet"]).exits(0);
    desk
}

/// All that a run says, how it ends, and what it wrote.
fn told(desk: &Desk, line: &str) -> String {
    let ran = desk.run(&line.split_whitespace().collect::<Vec<_>>());
    let files =
        fs::read_dir(desk.path(".")).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
    let files: BTreeSet<String> = files.collect();
    format!("{}{}exit {}\n{}", ran.stdout, ran.stderr, ran.code.unwrap_or(-1), Vec::from_iter(files).join("\n"))
}
