//! What every command writes with `--format json` is as its published schema says, each schema refuses what is not, and no command
//! that writes JSON is left out.

#[path = "../support/mod.rs"]
mod support;

mod cases;
mod mutate;
mod schema;

use cases::{CASES, Case};
use schema::Published;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};
use support::{Desk, Ran};

/// What a case wrote, document by document; none where it ended otherwise than it was to.
#[derive(Debug)]
struct Written {
    case: &'static Case,
    documents: Vec<Value>,
    fault: Option<String>,
}

/// Every case, run once for all tests.
fn written() -> &'static [Written] {
    static WRITTEN: OnceLock<Vec<Written>> = OnceLock::new();
    WRITTEN.get_or_init(|| {
        let (next, all) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    while let Some(case) = CASES.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let (documents, fault) = match documents(case, &cases::run(case)) {
                            Ok(documents) => (documents, None),
                            Err(fault) => (Vec::new(), Some(fault)),
                        };
                        all.lock().unwrap().push(Written { case, documents, fault });
                    }
                });
            }
        });
        all.into_inner().unwrap()
    })
}

/// Of lines each line is a document; anything else is one.
fn documents(case: &Case, ran: &Ran) -> Result<Vec<Value>, String> {
    let documents = match case.schema {
        "log-line" => ran.stdout.lines().map(serde_json::from_str).collect(),
        _ => serde_json::from_str(&ran.stdout).map(|one| vec![one]),
    };
    let documents: Vec<Value> = documents.map_err(|error| format!("{}: {error}\n{ran}", case.line))?;
    let is_right = ran.code == Some(case.exits) && !documents.is_empty();
    is_right.then_some(documents).ok_or_else(|| format!("{}: not as it was to end: {ran}", case.line))
}

#[test]
fn every_output_is_as_its_schema_says() {
    let mut wrong = Vec::new();
    for Written { case, documents, fault } in written() {
        let schema = Published::of(case.schema);
        wrong.extend(fault.clone());
        for document in documents {
            wrong.extend(schema.violations(document).into_iter().map(|one| format!("{}: {one}", case.line)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A key that is lacking or new, and a value of another type: each is refused, wherever it is.
#[test]
fn every_schema_refuses_what_is_not_published() {
    let mut tried: BTreeMap<&str, usize> = BTreeMap::new();
    for Written { case, documents, .. } in written() {
        let schema = Published::of(case.schema);
        for mutant in documents.first().into_iter().flat_map(|first| mutate::mutants(&schema.root, first)) {
            *tried.entry(case.schema).or_default() += 1;
            assert!(!schema.violations(&mutant.document).is_empty(), "{}: {} is not refused", case.line, mutant.what);
        }
    }
    let untried: Vec<&String> = schema::names().iter().filter(|name| !tried.contains_key(name.as_str())).collect();
    assert!(untried.is_empty(), "schemas that nothing is tried against: {untried:?}");
    assert!(tried.values().all(|n| *n > 8) && tried.values().sum::<usize>() > 2_000, "{tried:?}");
}

/// Keys that no case writes: what would have to go wrong for them is not shown here, but by the tests that stand beside the renderer.
const NOT_WRITTEN: &[(&str, &[&str])] = &[
    // A plan that is refused is not carried out; a diagnostic with a place is of a run that failed; what was written reads back.
    ("apply", &["blocked", "reason", "remedy", "file", "line", "column", "address", "how"]),
    ("backtest", &["unknown"]),
    // Nothing in the sandbox is deployed by CloudFormation.
    ("doctor", &["what", "text"]),
    ("drill", &["what", "remedy"]),
    ("drill-clean", &["what", "remedy"]),
    ("sandbox-mail", &["why"]),
    ("status", &["differing_fields", "owner"]),
    ("test", &["why", "field", "from", "to", "fix"]),
];

#[test]
fn every_published_key_is_written_by_some_case() {
    let mut unwritten = BTreeSet::new();
    for name in schema::names() {
        let schema = Published::of(name);
        let all = || written().iter().filter(|written| written.case.schema == name).flat_map(|one| &one.documents);
        let seen: BTreeSet<_> = all().flat_map(|document| mutate::keys(&schema.root, document)).collect();
        let known = NOT_WRITTEN.iter().filter(|(of, _)| of == name).flat_map(|(_, keys)| *keys);
        let known: BTreeSet<&str> = known.copied().collect();
        let lacking: BTreeSet<&str> = mutate::published(&schema.root)
            .into_iter()
            .filter(|(key, at)| !seen.contains(&((*key).to_owned(), *at)))
            .map(|(key, _)| key)
            .collect();
        unwritten.extend(lacking.difference(&known).map(|key| format!("{name}: {key}")));
    }
    assert!(unwritten.is_empty(), "{unwritten:#?}");
}

/// Times are ISO 8601, never seconds or milliseconds since 1970; numbers have no noise of binary fractions.
#[test]
fn times_are_iso_and_numbers_are_short() {
    let mut wrong = Vec::new();
    for Written { case, documents, .. } in written() {
        for document in documents {
            numbers(document, case.line, &mut wrong);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn numbers(value: &Value, path: &str, wrong: &mut Vec<String>) {
    match value {
        Value::Number(number) => {
            let seconds = number.as_f64().unwrap_or_default();
            let is_time = [1.0, 1e3].iter().any(|unit| (1.4e9 * unit..2.2e9 * unit).contains(&seconds));
            let digits = number.to_string().chars().filter(char::is_ascii_digit).count();
            if is_time || digits > 17 || (number.is_f64() && digits > 16) {
                wrong.push(format!("{path}: {number}"));
            }
        }
        Value::Array(items) => items.iter().for_each(|item| numbers(item, path, wrong)),
        Value::Object(map) => map.iter().for_each(|(key, value)| numbers(value, &format!("{path}.{key}"), wrong)),
        _ => {}
    }
}

/// What changes the shape of what a command writes, beside the command itself: each is a case of its own.
const SHAPES: [&str; 4] = ["accounts", "clean", "fix", "report"];

#[test]
fn every_command_that_writes_json_is_a_case() {
    let covered: BTreeSet<String> = CASES.iter().flat_map(cases::named).collect();
    let mut missing = Vec::new();
    let all = commands();
    // What an export writes has the form of another engine: `tests/export` holds it against that engine's.
    for (command, help) in all.iter().filter(|(command, _)| !command.starts_with("export ")) {
        let shapes = SHAPES.iter().filter(|flag| {
            // Where it takes a file, --report writes one more report of the same shape.
            let is_flag =
                |line: &str| line == format!("--{flag}") || line.starts_with("--accounts <") && **flag == "accounts";
            help.lines().any(|line| is_flag(line.trim_start()))
        });
        let wanted = shapes.map(|flag| format!("{command} --{flag}")).chain([command.clone()]);
        missing.extend(wanted.filter(|one| !covered.contains(one)));
    }
    assert!(missing.is_empty(), "commands that write JSON and are no case: {missing:?}");
    assert!(all.len() > 18, "{:?}", all.keys());
    for must in ["plan --accounts", "logs --report", "drill --clean", "doctor --fix"] {
        assert!(covered.contains(must), "{must}");
    }
}

/// A mistaken command line of each of them is one document on stdout, too.
#[test]
fn every_command_writes_its_errors_alike() {
    let (schema, desk) = (Published::of("error"), Desk::new());
    for command in commands().keys() {
        let words = command.split(' ').chain(["--format", "json", "--no-such-flag"]);
        let ran = desk.run(&words.collect::<Vec<_>>()).exits(64);
        let violations = schema.violations(&ran.json());
        assert!(violations.is_empty(), "{}\n{ran}", violations.join("\n"));
        assert_eq!(ran.json()["exit_code"], 64);
        assert_eq!(ran.json()["errors"][0]["code"], "usage");
        assert!(ran.stderr.contains("--no-such-flag"), "{ran}");
    }
}

/// The program prints each schema as the folder has it.
#[test]
fn the_program_prints_them() {
    let desk = Desk::new();
    let listed = desk.run(&["schema", "--list"]).exits(0).stdout;
    for name in schema::names() {
        assert_eq!(desk.run(&["schema", name]).exits(0).json(), Published::of(name).root, "{name}");
        assert!(listed.lines().any(|line| line.split(' ').next() == Some(name)), "{name} is not in\n{listed}");
    }
    for (name, flags) in
        [("spec", &["schema"][..]), ("rubric", &["schema", "--rubric"]), ("tests", &["schema", "--tests"])]
    {
        assert_eq!(desk.run(&["schema", name]).exits(0).stdout, desk.run(flags).exits(0).stdout, "{name}");
    }
}

/// The commands whose `--format` knows json, each with its help.
fn commands() -> BTreeMap<String, String> {
    let desk = Desk::new();
    let (mut open, mut found) = (vec![Vec::<String>::new()], BTreeMap::new());
    while let Some(words) = open.pop() {
        let arguments: Vec<&str> = words.iter().map(String::as_str).chain(["--help"]).collect();
        let help = desk.run(&arguments).exits(0).stdout;
        let below = subcommands(&help);
        if below.is_empty() {
            let format = help.split("--format <").nth(1).unwrap_or_default();
            let format = format.split("\n      --").next().unwrap_or_default();
            let knows = |text: &str| text.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word == "json");
            if knows(format) {
                found.insert(words.join(" "), help);
            }
        }
        open.extend(below.into_iter().map(|name| words.iter().cloned().chain([name]).collect()));
    }
    found
}

/// Commands are the lines of the groups before the options that are indented by two and are no flag.
fn subcommands(help: &str) -> Vec<String> {
    let Some((_, usage)) = help.split_once("\nUsage: ") else { return Vec::new() };
    if !usage.lines().next().is_some_and(|line| line.contains("<COMMAND>")) {
        return Vec::new();
    }
    let lines = help.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names = lines
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| name.starts_with(|c: char| c.is_ascii_lowercase()));
    names.filter(|name| !["help", "mlopsctl"].contains(name)).map(str::to_owned).collect()
}
