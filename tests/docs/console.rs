//! The `console` blocks of a page are one session: a shell in a folder of its own, with the specs of `support::specs`, the examples and
//! the page's own blocks with `file=NAME` behind their fence; on a sandbox that begins at a fixed moment. A line `? 3` behind a
//! command is its exit code; `...` is any lines, `[..]` any letters, and seconds, ages, tokens and ids are not compared.

use super::pages::{Page, all};
use super::support::specs;
use super::transcript::{Exchange, exchanges, matches, merged, text};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A busy machine may take a minute for what the page shows within one.
const TRIES: usize = 3;

#[test]
fn every_transcript_is_what_the_program_says() {
    let (mut commands, mut wrong) = (0, Vec::new());
    let pages = all();
    for page in &pages {
        let shown = session(page);
        commands += shown.len();
        for exchange in shown.iter().filter(|exchange| !exchange.output.is_empty()) {
            let said = exchange.output.lines().any(|line| !matches!(line.trim(), "" | "..." | "[..]"));
            assert!(said, "{}:{}: all of the output is left out", page.name, exchange.line);
        }
        if let Err(difference) = held(page, &shown) {
            wrong.push(difference);
        }
    }
    assert!(commands > 60, "only {commands} commands were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// The check can fail: on another output and on another exit code.
#[test]
fn a_transcript_that_is_not_so_is_found() {
    let of = |shown: &str| {
        let page = Page { name: "docs/t.md".into(), text: format!("```console\n{shown}\n```\n") };
        compare(&page.name, &session(&page), &run("t", &page, &session(&page)))
    };
    of("$ echo a; (exit 3)\n? 3\na").expect("right");
    of("$ mlopsctl plan --sandbox --nothing 2>&1 | head -n 1\nerror: unexpected argument '--nothing' found")
        .expect("right");
    of("$ echo a\nb").expect_err("another output");
    of("$ echo a; (exit 3)\na").expect_err("another exit code");
    of("$ echo a").expect_err("no output");
    of("$ true\nmore").expect_err("more output");
}

#[test]
fn a_console_block_begins_with_a_command() {
    for page in all() {
        for block in page.blocks().iter().filter(|block| block.language() == "console") {
            assert!(block.code.starts_with("$ "), "{}:{}: use `sh` for what is not run", page.name, block.line);
        }
    }
}

fn session(page: &Page) -> Vec<Exchange> {
    let blocks = page.blocks().into_iter().filter(|block| block.language() == "console");
    blocks.flat_map(|block| exchanges(&block)).collect()
}

fn held(page: &Page, shown: &[Exchange]) -> Result<(), String> {
    if shown.is_empty() {
        return Ok(());
    }
    let name = page.name.replace(['/', '.'], "-");
    let update = std::env::var_os("MLOPSCTL_UPDATE").is_some();
    let mut result = Ok(());
    for _ in 0..TRIES {
        let said = run(&name, page, shown);
        result = compare(&page.name, shown, &said);
        if result.is_err() && update {
            write(page, shown, &said);
            return Ok(());
        }
        if result.is_ok() {
            break;
        }
    }
    result
}

fn compare(name: &str, shown: &[Exchange], said: &[(i32, String)]) -> Result<(), String> {
    let mut wrong = String::new();
    for (shown, (code, output)) in shown.iter().zip(said) {
        if !matches(&shown.output, output) || shown.code != *code {
            let at = format!("{name}:{}: $ {}", shown.line, shown.command);
            let (before, after) = (text(shown.code, &shown.output), text(*code, output));
            wrong.push_str(&format!("{at}\n--- the page\n{before}--- the program\n{after}\n"));
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong + "MLOPSCTL_UPDATE=1 cargo test --test docs writes it anew") }
}

/// Runs the commands of a page one after the other, and returns the exit code and the output of each.
fn run(name: &str, page: &Page, shown: &[Exchange]) -> Vec<(i32, String)> {
    const MARK: &str = "@@@ end of a command @@@";
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("docs").join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder).expect("can be removed");
    }
    specs::give(&folder);
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    copy(&examples, &folder.join("examples"));
    for (file, text) in page.files() {
        fs::write(folder.join(file), text).expect("can be written");
    }
    // Every page begins at the same moment.
    let mut script = String::from("mlopsctl sandbox reset --at 2026-11-22T10:00Z --yes >/dev/null && exec 2>&1\n");
    for exchange in shown {
        script.push_str(&format!("{}\nprintf '\\n%s %s\\n' '{MARK}' $?\n", exchange.command));
    }
    let program = Path::new(env!("CARGO_BIN_EXE_mlopsctl"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut paths = vec![program.parent().expect("a folder").to_path_buf()];
    paths.extend(std::env::split_paths(&path));
    let mut shell = Command::new("bash");
    shell.arg("-c").arg(&script).current_dir(&folder).stdin(Stdio::null()).env_clear();
    shell.env("PATH", std::env::join_paths(paths).expect("a path")).env("HOME", &folder).env("LANG", "C.UTF-8");
    shell.env("NO_COLOR", "1").env("AWS_REGION", "us-east-1").env("AWS_EC2_METADATA_DISABLED", "true");
    // Nothing reaches AWS, whatever a page forgets.
    shell.env("AWS_ENDPOINT_URL", "http://127.0.0.1:9");
    let output = String::from_utf8(shell.output().expect("bash runs").stdout).expect("a text");
    // Where the tests run is nobody's business.
    let output = output.replace(&folder.display().to_string(), "~");
    let mut said = Vec::new();
    let mut rest = output.as_str();
    while let Some((before, after)) = rest.split_once(&format!("\n{MARK} ")) {
        let (code, next) = after.split_once('\n').unwrap_or((after, ""));
        said.push((code.trim().parse().expect("an exit code"), format!("{}\n", before.trim_end())));
        rest = next;
    }
    assert_eq!(said.len(), shown.len(), "{name}: the shell ended before its last command\n{output}");
    said
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("can be made");
    for entry in fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let target: PathBuf = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).expect("can be copied");
        }
    }
}

/// Puts what the program says now in place of what the page shows; what matches stays as it is.
fn write(page: &Page, shown: &[Exchange], said: &[(i32, String)]) {
    let mut text = page.text.clone();
    for (shown, (code, output)) in shown.iter().zip(said).rev() {
        if !matches(&shown.output, output) || shown.code != *code {
            text.replace_range(shown.range.clone(), &super::transcript::text(*code, &merged(&shown.output, output)));
        }
    }
    fs::write(super::pages::root().join(&page.name), text).expect("the page can be written");
}
