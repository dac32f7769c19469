//! The floors of the house: which module may name which, and the one home of each outside crate. `src/lib.rs` tells why.

#[path = "architecture/graph.rs"]
mod graph;
#[path = "architecture/names.rs"]
mod names;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Module -> the modules it may name. `aws.rs` files of resources have a floor of their own.
const FLOORS: &[(&str, &[&str])] = &[
    ("cloudwatch", &[]),
    ("model", &[]),
    ("aws", &["model"]),
    ("resources", &["model"]),
    // The sandbox runs the bundled service as a function.
    ("sandbox", &["model", "service"]),
    ("spec", &["model", "resources"]),
    ("plan", &["model", "resources"]),
    ("lint", &["model", "resources", "spec", "plan"]),
    ("cost", &["model", "resources", "plan"]),
    ("export", &["model", "resources", "spec", "plan"]),
    ("import", &["model", "resources", "spec"]),
    ("live", &["model", "resources", "aws"]),
    ("apply", &["model", "resources", "aws", "plan"]),
    ("backtest", &["model", "resources", "aws", "plan"]),
    ("unit_test", &["model", "resources", "spec", "lint", "backtest"]),
    ("pipeline", &["model", "resources", "aws", "spec", "live", "plan", "apply", "lint", "cost", "backtest"]),
    ("fleet", &["model", "resources", "aws", "spec", "plan", "apply", "backtest", "pipeline"]),
    ("ops", &["model", "resources", "aws", "spec", "live", "plan", "apply", "pipeline", "fleet", "backtest"]),
    ("grade", &["model", "resources", "aws", "spec", "live", "ops"]),
    (
        "report",
        &[
            "model",
            "resources",
            "plan",
            "apply",
            "fleet",
            "spec",
            "lint",
            "cost",
            "backtest",
            "unit_test",
            "ops",
            "grade",
            "import",
        ],
    ),
    ("service", &[]),
    ("deploy", &["aws"]),
    (
        "cli",
        &[
            "model",
            "resources",
            "aws",
            "sandbox",
            "spec",
            "live",
            "plan",
            "apply",
            "fleet",
            "lint",
            "cost",
            "report",
            "service",
            "deploy",
            "backtest",
            "unit_test",
            "ops",
            "grade",
            "pipeline",
            "export",
            "import",
        ],
    ),
];

/// The folders that are crates of their own, and those crates' names in code.
const MEMBERS: &[(&str, &str)] = &[
    ("cloudwatch", "mlops_cloudwatch"),
    ("model", "mlops_model"),
    ("sandbox", "mlops_sandbox"),
    ("service", "mlops_service"),
];

/// What only `resources/*/aws.rs` may name beyond the floor of `resources`.
const RESOURCE_CLIENTS: &[&str] = &["model", "aws"];

/// Outside crate -> the only places (path prefixes below `src/`) that may name it.
const HOMES: &[(&str, &[&str])] = &[
    ("clap", &["cli/"]),
    ("clap_complete", &["cli/"]),
    ("clap_mangen", &["cli/"]),
    ("indicatif", &["cli/"]),
    ("anstream", &["cli/"]),
    ("anstyle", &["cli/", "report/"]),
    ("comfy_table", &["report/table.rs"]),
    ("csv", &["spec/", "report/"]),
    ("ratatui", &["cli/"]),
    ("serde_saphyr", &["spec/yaml.rs"]),
    // A drill listens for the message that it has set off.
    ("axum", &["service/", "ops/drill/receive/http.rs"]),
    ("tower", &["service/"]),
    // The sandbox answers streams of events, and can be served on a port.
    ("hyper", &["service/", "sandbox/"]),
    ("aws_smithy_eventstream", &["sandbox/wire/"]),
    ("rusqlite", &["service/"]),
    ("tokio_postgres", &["service/"]),
    // Flags of `open` that keep links and pipes out.
    ("libc", &["model/file.rs"]),
    ("ciborium", &["sandbox/", "aws/cbor.rs"]),
    ("quick_xml", &["sandbox/"]),
    // Patterns in queries of logs.
    ("regex_lite", &["sandbox/logs/insights/"]),
    ("aws_config", &["aws/"]),
    ("aws_runtime", &["aws/"]),
    ("aws_types", &["aws/"]),
    ("aws_sdk_cloudwatch", &["aws/", "resources/*/aws.rs", "backtest/", "ops/"]),
    ("aws_sdk_cloudwatchlogs", &["aws/", "resources/*/aws.rs", "ops/"]),
    ("aws_sdk_lambda", &["aws/", "resources/*/aws.rs", "ops/", "deploy/"]),
    ("aws_sdk_sns", &["aws/", "resources/*/aws.rs", "ops/"]),
    ("aws_sdk_sqs", &["aws/", "ops/"]),
    ("aws_sdk_sts", &["aws/"]),
    ("aws_sdk_organizations", &["aws/", "fleet/organization.rs"]),
    ("aws_sdk_resourcegroupstagging", &["aws/", "live/index.rs"]),
];

/// What writes to a stream of the process -> the only files that may. Redaction and escaping are in one of them, `cli/output.rs`; the
/// others write what holds no text of anybody (a bar's frame, a screen's cells through ratatui), end a bug, or are the service's log.
const PRINTERS: (&[&str], &[&str]) = (
    &["print!(", "println!(", "eprint!(", "eprintln!(", "stdout()", "stderr()"],
    &[
        "cli/output.rs",
        "cli/mod.rs",
        "cli/bar.rs",
        "cli/status_tui/terminal.rs",
        "service/console.rs",
        "service/log.rs",
        // A program of its own, with output of its own.
        "service/lib.rs",
        "service/command.rs",
        "service/benches/",
        "cloudwatch/benches/",
    ],
);

/// What opens a file to write it -> the only files that may: links, pipes and rights are minded in `model/file.rs`. The service
/// keeps its own data, below a folder of its own.
const WRITERS: (&[&str], &[&str]) =
    (&["fs::write(", "File::create", "OpenOptions", "fs::rename(", "fs::copy("], &["model/file.rs", "service/store/"]);

/// The only places that may ask this machine for the time: a run's clock is `aws/clock.rs`, which a sandbox can move ahead.
/// Credentials expire by the machine's own, and the service and the sandbox have one each.
const CLOCKS: [&str; 7] = [
    "aws/clock.rs",
    "aws/role.rs",
    "aws/process.rs",
    "aws/profile.rs",
    "sandbox/sts.rs",
    "sandbox/store/mod.rs",
    "service/clock.rs",
];

/// Who takes this machine's clock: where no sandbox is spoken to, and nobody at all.
const MACHINES: [&str; 2] = ["cli/connect.rs", "cli/lint.rs"];

/// Lines a file may have before it needs a second room.
const LONGEST_FILE: usize = 500;

/// A source file: its path below `src/`, with `/`, and its code without comments and without tests.
struct File {
    path: String,
    code: String,
    lines: usize,
}

#[test]
fn every_module_keeps_to_its_floor() {
    let violations: Vec<String> = sources().iter().flat_map(floor_violations).collect();
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}

#[test]
fn every_outside_crate_has_one_home() {
    let violations: Vec<String> = sources().iter().flat_map(home_violations).collect();
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}

#[test]
fn output_and_files_are_written_in_one_place() {
    let violations: Vec<String> = sources()
        .iter()
        .flat_map(|file| [PRINTERS, WRITERS].map(|rule| means_violations(file, rule)).concat())
        .collect();
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}

/// A parser is to get each text back, which only `mask::document` sees to.
#[test]
fn json_documents_are_written_in_one_place() {
    let homes = ["report/mask.rs", "report/sandbox.rs"];
    let violations: Vec<String> = sources()
        .iter()
        .filter(|file| file.path.starts_with("report/") && !homes.contains(&file.path.as_str()))
        .filter(|file| file.code.contains(":#}\\n\""))
        .map(|file| format!("src/{}: JSON is written by mask::document", file.path))
        .collect();
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}

#[test]
fn no_file_is_too_long_and_each_says_what_it_is_for() {
    let violations: Vec<String> = sources().iter().flat_map(shape_violations).collect();
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}

#[test]
fn every_folder_of_src_has_a_floor_and_a_line_in_the_map() {
    let map = fs::read_to_string(src().join("lib.rs")).expect("lib.rs");
    for entry in fs::read_dir(src()).expect("src").map(|entry| entry.expect("entry")) {
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.path().is_dir() && name != "bin" {
            assert!(FLOORS.iter().any(|(module, _)| *module == name), "src/{name} has no floor in {}", file!());
            assert!(map.contains(&format!("//! {name}/")), "src/{name} is not on the map in src/lib.rs");
        }
    }
}

#[test]
fn a_run_has_one_clock() {
    let reads = |file: &&File| ["SystemTime::now", "UNIX_EPOCH.elapsed"].iter().any(|clock| file.code.contains(clock));
    let found: Vec<String> = sources().iter().filter(reads).map(|file| file.path.clone()).collect();
    let others: Vec<&String> = found.iter().filter(|path| !CLOCKS.contains(&path.as_str())).collect();
    assert!(found.len() >= 3 && others.is_empty(), "clocks of their own: {others:?}");
    let hands_out = |file: &&File| file.code.contains("Clock::machine");
    let found: Vec<String> = sources().iter().filter(hands_out).map(|file| file.path.clone()).collect();
    assert_eq!(found, MACHINES, "who speaks to an AWS asks the clock that it came with");
}

#[test]
fn only_tests_turn_on_what_members_have_for_tests() {
    let manifest = fs::read_to_string(src().join("../Cargo.toml")).expect("Cargo.toml");
    let features = |dependencies: &str, member: &str| -> Vec<bool> {
        let section = manifest.split(&format!("\n[{dependencies}]\n")).nth(1).unwrap_or_default();
        let lines = section.lines().take_while(|line| !line.starts_with('['));
        lines.filter(|line| line.starts_with(member)).map(|line| line.contains("\"testing\"")).collect()
    };
    for member in ["mlops-model ", "mlops-sandbox "] {
        let found = (features("dependencies", member), features("dev-dependencies", member));
        assert_eq!(found, (vec![false], vec![true]), "{member}");
    }
}

/// The checks themselves can fail: each kind of broken floor is found.
#[test]
fn broken_floors_are_found() {
    let file = |path: &str, code: &str| File { path: path.into(), code: format!("//! x\n{code}"), lines: 2 };
    let found = |path: &str, code: &str| floor_violations(&file(path, code)).len();
    assert_eq!(found("plan/mod.rs", "use crate::aws::Aws;"), 1);
    assert_eq!(found("plan/mod.rs", "use crate::{aws, model};"), 1);
    assert_eq!(found("plan/mod.rs", "let x = crate::cli::run();"), 1);
    assert_eq!(found("plan/mod.rs", "use mlops_service::config::Config;"), 1);
    assert_eq!(found("cli/serve.rs", "use mlops_service::config::Config;"), 0);
    assert_eq!(found("plan/mod.rs", "use mlops_cloudwatch::zone::TimeZone;"), 0);
    assert_eq!(found("service/event.rs", "use mlops_cloudwatch::zone::TimeZone;"), 1);
    assert_eq!(found("sandbox/lambda/mod.rs", "use mlops_service::config::Config;"), 0);
    assert_eq!(found("model/arn.rs", "use mlops_sandbox::Sandbox;"), 1);
    assert_eq!(found("service/store/mod.rs", "use crate::metrics::Ledger; use crate::live;"), 0);
    assert_eq!(found("resources/alarm/mod.rs", "use crate::aws::Aws;"), 1);
    assert_eq!(found("resources/alarm/aws.rs", "use crate::aws::Aws;"), 0);
    assert_eq!(found("plan/mod.rs", "use crate::model::Target; use crate::resources::Kind;"), 0);
    let homes = |path: &str, code: &str| home_violations(&file(path, code)).len();
    assert_eq!(homes("plan/mod.rs", "use clap::Parser;"), 1);
    assert_eq!(homes("report/json.rs", "let t = comfy_table::Table::new();"), 1);
    assert_eq!(homes("resources/topic/aws.rs", "use aws_sdk_sns::types;"), 0);
    assert_eq!(homes("resources/topic/mod.rs", "use aws_sdk_sns::types;"), 1);
    let means = |path: &str, code: &str| means_violations(&file(path, code), PRINTERS).len();
    assert_eq!(means("report/json.rs", "println!(\"x\")"), 1);
    assert_eq!(means("cli/plan.rs", "io::stderr().lock()"), 1);
    assert_eq!(means("cli/output.rs", "io::stderr().lock()"), 0);
    assert_eq!(means_violations(&file("cli/plan.rs", "std::fs::write(p, t)"), WRITERS).len(), 1);
    assert_eq!(shape_violations(&File { lines: LONGEST_FILE + 1, ..file("plan/mod.rs", "") }).len(), 1);
    assert_eq!(shape_violations(&File { code: "fn x() {}".into(), ..file("plan/mod.rs", "") }).len(), 1);
}

#[test]
fn code_ends_where_unit_tests_begin_in_it() {
    let text = "//! x\nmod a;\n#[cfg(test)]\nmod tests;\nuse b;\n#[cfg(test)]\nmod more {\n    use c;\n}\n";
    assert_eq!(
        code_of(text).lines().filter(|line| !line.is_empty()).collect::<Vec<_>>(),
        ["//! x", "mod a;", "use b;"]
    );
}

fn floor_violations(file: &File) -> Vec<String> {
    let Some((module, _)) = file.path.split_once('/') else { return Vec::new() };
    let client = module == "resources" && file.path.ends_with("/aws.rs");
    let allowed: Vec<&str> = FLOORS
        .iter()
        .filter(|(name, _)| *name == module)
        .flat_map(|(_, allowed)| allowed.iter().copied())
        .chain(RESOURCE_CLIENTS.iter().copied().filter(|_| client))
        .collect();
    // What CloudWatch means is asked there by everybody but the service, which builds without it.
    let meaning = (module != "service").then_some("cloudwatch");
    let known = |name: &str| FLOORS.iter().any(|(module, _)| *module == name);
    let own_crate = MEMBERS.iter().any(|(folder, _)| *folder == module);
    // What a member calls `crate` is itself; the compiler keeps it from naming the rest.
    let inside = if own_crate { Vec::new() } else { named_modules(&file.code) };
    let members =
        MEMBERS.iter().filter(|(_, name)| names_crate(&file.code, name)).map(|(folder, _)| (*folder).to_owned());
    let named = inside.into_iter().chain(members).filter(|name| known(name) && name != module);
    named
        .filter(|name| !allowed.contains(&name.as_str()) && Some(name.as_str()) != meaning)
        .map(|name| format!("src/{}: {module} may not name {name}", file.path))
        .collect()
}

/// The modules behind `crate::`, also inside `crate::{a, b::c}`.
fn named_modules(code: &str) -> Vec<String> {
    let word = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let mut names = Vec::new();
    for (at, marker) in code.match_indices("crate::") {
        let rest = &code[at + marker.len()..];
        if let Some(group) = rest.strip_prefix('{') {
            let mut depth = 0;
            let mut start = true;
            for (at, c) in group.char_indices() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => start = true,
                    c if start && !c.is_whitespace() => {
                        names.push(word(&group[at..]));
                        start = false;
                    }
                    _ => {}
                }
            }
        } else {
            names.push(word(rest));
        }
    }
    names
}

fn means_violations(file: &File, (means, homes): (&[&str], &[&str])) -> Vec<String> {
    if homes.iter().any(|home| file.path.starts_with(home)) || file.path.contains("test") {
        return Vec::new();
    }
    let used = means.iter().filter(|word| file.code.contains(**word));
    used.map(|word| format!("src/{}: {word} belongs to {}", file.path, homes.join(", "))).collect()
}

fn home_violations(file: &File) -> Vec<String> {
    HOMES
        .iter()
        .filter(|(name, homes)| names_crate(&file.code, name) && !homes.iter().any(|home| lives_in(&file.path, home)))
        .map(|(name, homes)| format!("src/{}: {name} lives in {} only", file.path, homes.join(", ")))
        .collect()
}

fn names_crate(code: &str, name: &str) -> bool {
    let boundary = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != ':' && c != '.');
    code.match_indices(name).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let after = &code[at + name.len()..];
        boundary(before) && (after.starts_with("::") || after.starts_with(';') || after.starts_with(" as "))
    })
}

fn lives_in(path: &str, home: &str) -> bool {
    match home.split_once('*') {
        Some((before, after)) => path.starts_with(before) && path.ends_with(after),
        None => path.starts_with(home),
    }
}

fn shape_violations(file: &File) -> Vec<String> {
    let mut violations = Vec::new();
    if file.lines > LONGEST_FILE {
        violations.push(format!("src/{}: {} lines; is there a second room in it?", file.path, file.lines));
    }
    if !file.code.starts_with("//!") {
        violations.push(format!("src/{}: has no `//!` line that says what it is for", file.path));
    }
    violations
}

fn sources() -> Vec<File> {
    let mut files: BTreeMap<String, File> = BTreeMap::new();
    collect(&src(), &mut files);
    assert!(files.len() > 30, "the sources were not found");
    files.into_values().collect()
}

fn collect(folder: &Path, files: &mut BTreeMap<String, File>) {
    for entry in fs::read_dir(folder).expect("a readable folder").map(|entry| entry.expect("entry").path()) {
        if entry.is_dir() {
            collect(&entry, files);
        } else if entry.extension().is_some_and(|e| e == "rs") {
            let path = entry.strip_prefix(src()).expect("below src").to_string_lossy().replace('\\', "/");
            let is_test = path.ends_with("tests.rs") || path.contains("/tests/") || path.ends_with("testing.rs");
            if !is_test {
                let text = fs::read_to_string(&entry).expect("readable");
                files.insert(path.clone(), File { path, lines: text.lines().count(), code: code_of(&text) });
            }
        }
    }
}

/// The text without its unit tests and without line comments (but with the opening `//!`). Unit tests that are a file of their own are
/// one line of it; those that are not end it.
fn code_of(text: &str) -> String {
    let mut code = String::new();
    let mut rest = text;
    while let Some((before, tests)) = rest.split_once("#[cfg(test)]\nmod ") {
        code.push_str(before);
        let line = tests.lines().next().unwrap_or_default();
        rest = if line.ends_with(';') { &tests[line.len()..] } else { "" };
    }
    code.push_str(rest);
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//") || line.starts_with("//!"));
    lines.collect::<Vec<_>>().join("\n")
}

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}
