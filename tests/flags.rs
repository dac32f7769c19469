//! Every flag that a command takes is shown to act: in a transcript, or by a row here. A flag that does nothing is a promise
//! that is not kept.

#[path = "support/mod.rs"]
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};
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
    "sandbox-faults",
    "shard",
    "shards",
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
    ("apply", "mute", "tests/sandbox/muting.rs"),
    ("mute", "all", "tests/sandbox/muting.rs"),
    ("mute", "for", "tests/sandbox/muting.rs"),
    ("mute", "list", "tests/sandbox/muting.rs"),
    ("mute", "until", "tests/sandbox/muting.rs"),
    ("mute", "why", "tests/sandbox/muting.rs"),
    ("unmute", "all", "tests/sandbox/muting.rs"),
    ("doctor", "fix", "tests/sandbox/lab.rs"),
    ("doctor", "url", "tests/sandbox/lab.rs"),
    ("apply", "allow-unknown-loss", "tests/hostile/unknown.rs"),
    ("plan", "allow-unknown-loss", "tests/hostile/unknown.rs"),
    ("apply", "without-spec", "tests/saved_plan.rs"),
    ("service deploy", "name", "tests/bundle.rs"),
    ("service bundle", "binary", "tests/bundle.rs"),
    ("service bundle", "out", "tests/bundle.rs"),
    ("subscriptions confirm", "lock", "tests/sandbox/lab.rs"),
    ("subscriptions confirm", "url", "tests/sandbox/lab.rs"),
    ("subscriptions wait", "timeout", "tests/safe/secrets.rs"),
    ("lint", "online", "tests/hostile/main.rs"),
    ("backtest", "from-logs", "tests/sandbox/metric_filters.rs"),
    ("sandbox serve", "port", "tests/served/server.rs"),
];

/// Not shown yet: a server that does not end by itself has to be asked, or nothing here tells with it from without it.
const NOT_YET: &[(&str, &[&str])] = &[
    ("backtest", &["evaluation-range"]),
    ("logs", &["since", "no-live-tail"]),
    ("subscriptions confirm", &["token", "topic"]),
    ("serve", &["data-dir", "database-url", "host", "log-format", "log-level", "no-migrate", "port"]),
    ("serve", &["prometheus-port", "strict"]),
    ("sandbox serve", &["bind", "faults"]),
    ("service deploy", &["binary", "env", "memory", "replace", "timeout", "url"]),
];

/// How a flag shows: by words that come with it, or by words that go. `exit N` and the names of files that are written are words,
/// too.
enum Sign {
    Comes(&'static str),
    Goes(&'static str),
}
use Sign::{Comes, Goes};

const CALLS_AND_LOGS: &str = "traffic --function mlops-service-lambda -n 2 --yes ; logs";

/// A command line, the flag that is added to it, and what shows that it acts. What stands before ` ; ` is run first.
const ROWS: &[(&str, &str, Sign)] = &[
    ("test", "--junit t.xml", Comes("t.xml")),
    ("test weak.test.yaml", "--mutate", Comes("survived threshold")),
    ("schema", "--tests", Comes("urn:mlopsctl:schema:tests:1")),
    ("backtest --history past.csv", "--save-test saved.test.yaml", Comes("saved.test.yaml")),
    ("backtest --history past.csv --save-test saved.test.yaml", "--incident 9", Comes("no such incident")),
    ("backtest", "--since 2d", Comes("in 2d")),
    ("backtest", "--html page.html", Comes("page.html")),
    ("backtest", "--svg pictures", Comes("pictures")),
    ("signals", "--html signals.html", Comes("signals.html")),
    ("signals", "--svg signals.svg", Comes("signals.svg")),
    ("signals", "--since 30d", Comes("30d")),
    ("dashboard --file board.yaml", "--html board.html", Comes("board.html")),
    ("dashboard --file board.yaml", "--since 5h", Comes("10:00 to 2026")),
    ("dashboard --file board.yaml", "--body", Comes("\"widgets\"")),
    ("dashboard --file board.yaml", "--live", Comes("there is no dashboard board")),
    ("traffic --function mlops-service-lambda -n 2 --rate 50", "--max-time 0s", Goes("2 of 2")),
    ("traffic --function mlops-service-lambda -n 300 --rate 900", "--yes", Goes("exit 8")),
    ("drill --yes", "--clean", Goes("fired")),
    ("drill", "--dry-run", Comes("a drill would fire it")),
    ("subscriptions list", "--require-confirmed", Comes("exit 7")),
    ("sandbox show", "--account 999999999999", Goes("topics")),
    ("sandbox show", "--region eu-west-1", Goes("topics")),
    ("sandbox mail", "--account 999999999999", Goes("you@example.edu")),
    ("lint", "--list", Comes("no-actions")),
    ("man", "--dir pages", Comes("pages")),
    ("schema", "--rubric", Comes("urn:mlopsctl:schema:rubric:1")),
    ("schema", "--list", Comes("fleet-report")),
    ("status --file stricter.yaml", "--fail-on drift", Comes("exit 3")),
    ("drift --file carried.yaml", "--exported cloudformation", Comes("not compared: CloudFormation cannot carry")),
    ("check --accounts class.csv --rubric lab-rubric.yaml", "--details", Comes("! mail: s6@example.edu")),
    ("plan", "--color always", Comes("\u{1b}[")),
    ("plan", "--verbose", Comes("GetCallerIdentity")),
    ("plan", "--quiet", Goes("simulated AWS: no real account is used")),
    ("plan --file stricter.yaml", "--prices prices.json", Comes("EUR")),
    ("plan", "--region eu-west-1", Comes("in 123456789012 eu-west-1")),
    ("plan", "--var-file other.yaml", Comes("other@example.edu")),
    ("plan", "--sandbox-faults fault-denied=1", Goes("exit 0")),
    ("plan", "--endpoint-url http://127.0.0.1:9", Comes("yet one is named")),
    ("plan --accounts roster.csv --report r.json ; report show r.json", "--out shown.html", Comes("shown.html")),
    (CALLS_AND_LOGS, "--until 2020-01-01", Comes("no line in this time")),
    (CALLS_AND_LOGS, "--request-id nosuch", Comes("no line in this time")),
    (CALLS_AND_LOGS, "--group", Comes("\n\n")),
    ("traffic --function mlops-service-lambda -n 1", "--timeout 0s", Comes("timed out")),
    ("signals --verbose", "--no-logs", Goes("FilterLogEvents")),
    ("signals", "--charts", Comes("mlops-service-lambda: errors")),
    ("backtest", "--verify", Comes("history ")),
    ("backtest", "--incidents incidents.csv", Comes(" caught")),
    ("doctor", "--list", Comes("wrong-credentials")),
    ("test", "--only nosuch", Comes("0 tests passed")),
    ("export cloudformation", "--out t.json", Comes("t.json")),
    ("export terraform", "--out t.tf.json", Comes("t.tf.json")),
    ("export terraform", "--no-import", Goes("\"import\"")),
    ("import template.yaml", "--out imported.yaml", Comes("imported.yaml: written")),
    ("import template.yaml", "--stack mine", Comes("stack: mine")),
    ("import template.yaml", "--stack-name shop", Comes("stack: shop")),
    ("import template.yaml", "--parameter Stage=dev", Comes("dev-errors")),
    ("import template.yaml", "--parameters parameters.json", Comes("test-errors")),
    ("import template.yaml", "--stack-resources resources.json", Comes("shop-Slow-1ABC")),
    ("import template.yaml", "--hand-over", Comes("UpdateReplacePolicy: Retain")),
    ("import resources.json", "--from cloudformation", Comes("this is no template")),
    ("init --file new.yaml", "--stack mine", Comes("stack: mine")),
    ("init --file new.yaml --stack mlops-lab9 --all", "--existing", Comes("8 of the stack already")),
    ("init --file new.yaml --stack mlops-lab9 --existing", "--all", Comes("8 of the stack already")),
    ("init --file new.yaml --stack mlops-lab9 --existing", "--prefix mlops-service-lambda-err", Comes("1 alarm")),
    ("init --file new.yaml --stack mlops-lab9 --existing", "--function mlops-*", Comes("5 alarms")),
    ("init --file new.yaml --stack other --existing", "--tag mlopsctl:stack=mlops-lab9", Comes("owns it")),
    ("init --file new.yaml --stack other --existing --all", "--owned-by-others", Comes("warning: written although")),
    (
        "init --existing --all --concurrency 1 --sandbox-faults no-role=300000000001",
        "--accounts roster.csv",
        Comes("existing"),
    ),
    ("subscriptions resend --all", "--yes", Comes("1 of 1 asked again")),
    ("subscriptions resend --yes", "--all", Comes("1 of 1 asked again")),
    (
        "plan --accounts roster.csv --concurrency 1 --sandbox-faults no-role=300000000001",
        "--max-failures 1",
        Comes("--max-failures allows"),
    ),
    (
        "plan --accounts roster.csv --sandbox-faults no-role=300000000001",
        "--role student",
        Comes("role/student could not"),
    ),
    ("plan --file less.yaml", "--delete-adopted", Comes("  - log_group/")),
    ("plan --accounts roster.csv --shard 1/4", "--shards 5", Comes("--shards says 5")),
    ("plan --file less.yaml --delete-adopted --allow-deletes", "--allow-data-loss", Goes("blocked")),
    ("destroy --yes --allow-data-loss", "--delete-adopted", Comes("  - log_group/")),
    ("destroy --yes --delete-adopted", "--allow-data-loss", Goes("exit 8")),
    (
        "doctor --fix --yes --file less.yaml --allow-deletes --allow-data-loss",
        "--delete-adopted",
        Comes("  - log_group/"),
    ),
    ("doctor --fix --yes --file less.yaml --allow-deletes --delete-adopted", "--allow-data-loss", Goes("blocked")),
    ("service prune --data-dir kept", "--older-than 1d", Comes("deleted 0 events")),
    ("service prune --older-than 1d", "--data-dir kept-here", Comes("kept-here")),
    ("service prune --older-than 1d", "--database-url sqlite:here.db", Comes("here.db")),
    ("service forget x", "--data-dir kept-here", Comes("kept-here")),
    ("service forget x", "--database-url sqlite:here.db", Comes("here.db")),
    ("service import-history", "--data-dir kept-here", Comes("kept-here")),
    ("service import-history", "--database-url sqlite:here.db", Comes("here.db")),
    ("service migrate", "--data-dir kept-here", Comes("kept-here")),
    ("service migrate", "--database-url sqlite:here.db", Comes("here.db")),
];

#[test]
fn every_flag_is_shown_to_act() {
    let shown = transcripts();
    let rows: BTreeSet<(String, String)> =
        ROWS.iter().flat_map(|(line, flag, _)| named(&format!("{} {flag}", last(line)))).collect();
    let mut missing = BTreeMap::<String, Vec<String>>::new();
    for (command, flags) in commands() {
        for flag in flags {
            let here = (command.clone(), flag.clone());
            let elsewhere = ELSEWHERE.iter().any(|(c, f, _)| *c == command && *f == flag);
            let shared = SHARED.contains(&flag.as_str()) && shown.iter().chain(&rows).any(|(_, known)| *known == flag);
            let not_yet =
                NOT_YET.iter().any(|(c, flags)| [command.as_str(), "*"].contains(c) && flags.contains(&flag.as_str()));
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
    let (next, wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(row) = ROWS.get(next.fetch_add(1, Ordering::Relaxed)) {
                    wrong.lock().unwrap().extend(fault(row));
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n==========\n"));
}

/// The commands that do something, each with its flags, as the help tells them.
fn commands() -> BTreeMap<String, Vec<String>> {
    let desk = Desk::new();
    let (mut open, mut found) = (vec![Vec::<String>::new()], BTreeMap::new());
    while let Some(words) = open.pop() {
        let arguments: Vec<&str> = words.iter().map(String::as_str).chain(["--help"]).collect();
        let help = desk.run(&arguments).exits(0).stdout;
        // The first page groups its commands, under headings of their own.
        let heading = if words.is_empty() { "\nAlarms as code:\n" } else { "\nCommands:\n" };
        let below = help.split_once(heading).map_or("", |(_, rest)| rest.split("\nOptions:").next().unwrap());
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

/// What is wrong with a row, if anything is.
fn fault((line, flag, sign): &(&str, &str, Sign)) -> Option<String> {
    let told = |flag: &str| {
        let desk = desk();
        let before = line.split(" ; ").take(line.split(" ; ").count() - 1);
        before.for_each(|first| drop(told(&desk, first)));
        told(&desk, format!("{} {flag}", last(line)).trim_end())
    };
    let (without, with) = (told(""), told(flag));
    let acts = match sign {
        Comes(words) => with.contains(words) && !without.contains(words),
        Goes(words) => without.contains(words) && !with.contains(words),
    };
    (!acts).then(|| format!("{line} {flag}\n--- without\n{without}\n--- with\n{with}"))
}

/// What is run last of a line.
fn last(line: &str) -> &str {
    line.rsplit(" ; ").next().unwrap_or(line)
}

/// The command and each flag of a command line.
fn named(line: &str) -> Vec<(String, String)> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let grouped =
        ["subscriptions", "sandbox", "service", "report", "accounts", "export"].contains(words.first().unwrap_or(&""));
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

const SANDBOX: &str = ".mlopsctl/sandbox.json";

/// The lab without its functions.
const LESS: &str = "\
version: 1
stack: mlops-lab9
region: us-east-1
vars: { email: { required: true } }
topics:
  mlops-lambda-alerts: { subscriptions: [{ protocol: email, endpoint: \"${email}\" }] }
";

/// Its topic with what CloudFormation cannot carry.
const CARRIED: &str = "\
version: 1
stack: mlops-lab9
region: us-east-1
topics:
  mlops-lambda-alerts: { delivery_policy: { http: { defaultHealthyRetryPolicy: { numRetries: 5 } } } }
";

/// A desk with a sandbox in which the lab stands, its mail unread. It is applied once.
fn desk() -> Desk {
    static STATE: OnceLock<String> = OnceLock::new();
    let desk = Desk::new().env("AWS_REGION", "us-east-1").env("MLOPSCTL_SANDBOX", "1").env("MLOPSCTL_NO_BACKTEST", "1");
    support::specs::give(&desk.path("."));
    desk.write("less.yaml", LESS);
    desk.write("carried.yaml", CARRIED);
    desk.write("board.yaml", "version: 1\nstack: board\nregion: us-east-1\ndashboards: { board: auto }\n");
    desk.write("incidents.csv", "from,until\n2020-01-01T00:00:00Z,2100-01-01T00:00:00Z\n");
    let class: String = (1..=6).map(|n| format!("12345678901{n},s{n}@example.edu\n")).collect();
    desk.write("class.csv", &format!("account,email\n{class}"));
    desk.write("prices.json", "{\"currency\": \"EUR\"}");
    let lab = desk.read("alarms.yaml");
    desk.write("shorter.yaml", &lab.replace("14d", "1d"));
    desk.write("other.yaml", "email: other@example.edu\n");
    let desk = desk.env("MLOPSCTL_VAR_EMAIL", "you@example.edu");
    let state = STATE.get_or_init(|| {
        // At this hour the sandbox's function runs; at others there is a log to leave out or none.
        desk.run(&["sandbox", "reset", "--at", "2026-11-24T15:00Z", "--yes"]).exits(0);
        desk.run(&["apply", "--yes", "--quiet"]).exits(0);
        desk.read(SANDBOX)
    });
    fs::create_dir_all(desk.path(SANDBOX).parent().unwrap()).unwrap();
    desk.write(SANDBOX, state);
    desk
}

/// All that a run says, how it ends, the names of what it wrote, and the spec that it wrote.
fn told(desk: &Desk, line: &str) -> String {
    let ran = desk.run(&line.split_whitespace().collect::<Vec<_>>());
    let files =
        fs::read_dir(desk.path(".")).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
    let files: BTreeSet<String> = files.collect();
    let spec = fs::read_to_string(desk.path("new.yaml")).unwrap_or_default();
    let files = Vec::from_iter(files).join("\n");
    format!("{}{}exit {}\n{files}\n{spec}", ran.stdout, ran.stderr, ran.code.unwrap_or(-1))
}
