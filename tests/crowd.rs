//! Three hundred accounts in the sandbox, some of them broken: what is written is one or two screens, and everything that needs
//! somebody is in it.

#[path = "support/mod.rs"]
mod support;

use support::{Desk, Ran, example};

const ACCOUNTS: usize = 300;
const LINES: usize = 60;

/// Accounts that are broken, how, and what has to be said of them.
const BROKEN: &[(&[usize], &str, &str)] = &[
    (&[7, 8], "no-role", "is not authorized to perform: sts:AssumeRole"),
    (&[20], "deny-in cloudwatch:PutMetricAlarm", "cloudwatch:PutMetricAlarm"),
    (&[21], "deny-in sns:Subscribe", "sns:Subscribe"),
    (&[22], "deny-in cloudwatch:DescribeAlarms", "cloudwatch:DescribeAlarms"),
];

fn account(n: usize) -> String {
    (300_000_000_000 + n).to_string()
}

fn faults() -> String {
    let rules = BROKEN.iter().flat_map(|(accounts, how, _)| {
        accounts.iter().map(move |n| match how.split_once(' ') {
            Some((rule, operation)) => format!("{rule}={}:{operation}", account(*n)),
            None => format!("{how}={}", account(*n)),
        })
    });
    rules.collect::<Vec<_>>().join(",")
}

/// A run over all of them, with what it says on both streams in so many lines.
fn run(desk: &Desk, arguments: &[&str]) -> Ran {
    let faults = faults();
    let ran = desk.run(&[arguments, &["--accounts", "roster.csv", "--sandbox-faults", &faults]].concat()).exits(5);
    assert!(ran.stdout.lines().count() <= LINES, "{} lines\n{ran}", ran.stdout.lines().count());
    // A tenth has a line of progress, of each of two stages, and so have the first failures.
    assert!(ran.stderr.lines().count() <= 34, "{} lines\n{ran}", ran.stderr.lines().count());
    ran
}

/// Whether the result names the account with its roster's name.
#[track_caller]
fn names(ran: &Ran, n: usize) {
    let flat = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    let (account, name) = (account(n), format!("Student {n}"));
    let named = [format!("{account} {name}"), format!("{name} ({account})")];
    assert!(named.iter().any(|named| flat.contains(named)), "{account} is not in\n{ran}");
}

#[test]
fn three_hundred_accounts_are_two_screens_with_everything_that_needs_somebody() {
    let desk = Desk::new().with(&["--sandbox=sandbox.json"]);
    let rows: String =
        (1..=ACCOUNTS).map(|n| format!("{},Student {n},s{n}@example.edu,us-east-1,\n", account(n))).collect();
    desk.write("roster.csv", &format!("account,name,email,region,url\n{rows}"));
    let (lab, rubric) = (example("lab.yaml"), example("grading/lab-rubric.yaml"));
    let (lab, rubric) = (lab.to_str().expect("UTF-8"), rubric.to_str().expect("UTF-8"));

    let applied = run(&desk, &["apply", "--yes", "--adopt", "--file", lab]);
    for (accounts, _, says) in BROKEN {
        accounts.iter().for_each(|n| names(&applied, *n));
        assert!(applied.stdout.contains(says), "no word of {says}\n{applied}");
    }
    let applied = applied.says("to do in 297 accounts (300000000001 Student 1 and 296 more)");
    assert!(applied.stdout.contains(" more applied (-v or --report FILE.html has all)"), "{applied}");
    let interval = applied.stderr.lines().find(|line| line.starts_with("[150/300] read"));
    assert!(interval.is_some_and(|line| line.contains("at work: Student ")), "progress at intervals: {applied}");

    let status = run(&desk, &["status", "--file", lab]);
    for n in [7, 8, 20, 21, 22] {
        names(&status, n);
    }
    let status = status.says("failed in 2 accounts (300000000007 Student 7, 300000000008 Student 8)");
    status.says("to do in 297 accounts").says("${email} has not confirmed yet");

    let graded = run(&desk, &["check", "--rubric", rubric]);
    for n in [7, 8, 20, 21, 22] {
        names(&graded, n);
    }
    graded
        .says("2 accounts not read: sts:AssumeRole")
        .says("1 account read in part: could not be read: cloudwatch:DescribeAlarms")
        .says("297 students: the subscription is not confirmed (mail, notifies) -> fix: click the link")
        .says("Marks: 80 to 89 %: 295, 70 to 79 %: 2, 30 to 39 %: 1, not known: 2");

    // Nobody is folded away where everybody is asked for.
    let faults = faults();
    let all = ["--accounts", "roster.csv", "--sandbox-faults", &faults, "--quiet"];
    let details = desk.run(&[&["check", "--rubric", rubric, "--details"], &all[..]].concat()).exits(5);
    let rows = desk.run(&[&["status", "--file", lab, "-v"], &all[..4]].concat()).exits(5);
    for n in 1..=ACCOUNTS {
        names(&details, n);
        names(&rows, n);
    }
}
