//! Every command as a page of `docs/commands/`, made from the command line's own declarations.

use super::Cli;
use clap::builder::StyledStr;
use clap::{Arg, Command, CommandFactory};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

const HEAD: &str = "# Commands\n\n\
    Each page is made from the program's own declarations, as `mlopsctl plan --help` and the manual pages (`mlopsctl man`) are. How a \
    command ends is in [exit codes](exit-codes.md); the order of flags does not matter.\n\n\
    | Command | What for |\n|---|---|\n";

/// Where more is said of a command: the title and the file of a page.
const GUIDES: &[(&str, &[(&str, &str)])] = &[
    ("init", &[("what exists as a spec", "existing.md"), ("adopt what exists", "how-to/adopt.md")]),
    ("test", &[("tests of alarms", "alarm-tests.md"), ("when an alarm fires", "concepts/evaluation.md")]),
    ("backtest", &[("backtests", "backtest.md"), ("quiet nights", "how-to/quiet-nights.md")]),
    ("plan", &[("plan and apply", "concepts/plan-and-apply.md"), ("CI", "how-to/ci.md"), ("drift", "how-to/drift.md")]),
    (
        "apply",
        &[
            ("plan and apply", "concepts/plan-and-apply.md"),
            ("adoption", "concepts/adoption.md"),
            ("many accounts", "fleet.md"),
        ],
    ),
    ("export", &[("export to CloudFormation and Terraform", "export.md")]),
    ("import", &[("import from CloudFormation", "import.md")]),
    ("destroy", &[("what belongs to whom", "ownership.md")]),
    ("signals", &[("watching", "watching.md")]),
    ("dashboard", &[("dashboards", "dashboards.md")]),
    ("logs", &[("watching", "watching.md")]),
    ("traffic", &[("watching", "watching.md"), ("tutorial", "tutorial.md")]),
    ("status", &[("watching", "watching.md"), ("when an alarm fires", "concepts/evaluation.md")]),
    ("drift", &[("drift", "how-to/drift.md"), ("export to CloudFormation and Terraform", "export.md")]),
    ("doctor", &[("will the mail really come?", "drill.md"), ("take over from another engine", "how-to/hand-over.md")]),
    ("mute", &[("mute rules and mutes", "muting.md")]),
    ("unmute", &[("mute rules and mutes", "muting.md")]),
    ("drill", &[("will the mail really come?", "drill.md")]),
    ("subscriptions", &[("will the mail really come?", "drill.md"), ("alert routing", "how-to/routing.md")]),
    ("check", &[("grading", "grading.md")]),
    ("accounts", &[("many accounts", "fleet.md")]),
    ("serve", &[("the health/track service", "service.md")]),
    ("sandbox", &[("the sandbox", "sandbox.md"), ("tutorial", "tutorial.md")]),
    ("service", &[("the health/track service", "service.md")]),
    ("lint", &[("lint and its rules", "lint.md")]),
    ("report", &[("many accounts", "fleet.md")]),
    (
        "schema",
        &[("the spec, key by key", "spec.md"), ("tests of alarms", "alarm-tests.md"), ("grading", "grading.md")],
    ),
    ("completions", &[("all commands", "commands.md")]),
    ("man", &[("all commands", "commands.md")]),
];

/// Path below `docs/` -> page.
fn pages() -> BTreeMap<String, String> {
    let mut cli = Cli::command();
    cli.build();
    let mut overview = HEAD.to_owned();
    let mut pages = BTreeMap::new();
    for command in cli.get_subcommands().filter(|command| is_shown(command)) {
        let name = command.get_name();
        let file = format!("commands/{name}.md");
        let about = command.get_about().map(cell).unwrap_or_default();
        let _ = writeln!(overview, "| [`mlopsctl {name}`]({file}) | {about} |");
        let mut page = String::new();
        describe(command, &format!("mlopsctl {name}"), 1, &mut page);
        let (_, guides) = GUIDES.iter().find(|(of, _)| *of == name).unwrap_or_else(|| panic!("GUIDES lacks {name}"));
        let links: Vec<String> = guides.iter().map(|(title, file)| format!("[{title}](../{file})")).collect();
        let _ = write!(page, "\nMore: {}; [exit codes](../exit-codes.md).\n", links.join(", "));
        pages.insert(file, page);
    }
    pages.insert("commands.md".into(), overview);
    pages
}

fn is_shown(command: &Command) -> bool {
    command.get_name() != "help" && !command.is_hide_set()
}

fn describe(command: &Command, path: &str, level: usize, out: &mut String) {
    let heading = "#".repeat(level);
    let about = command.get_long_about().or(command.get_about()).map(paragraphs).unwrap_or_default();
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage:").trim();
    let _ = write!(out, "{heading} {path}\n\n{about}\n\n```text\n{usage}\n```\n");
    let arguments: Vec<&Arg> = command.get_arguments().filter(|arg| !arg.is_hide_set()).collect();
    let positional: Vec<&Arg> = arguments.iter().copied().filter(|arg| arg.is_positional()).collect();
    if !positional.is_empty() {
        out.push_str("\n| Argument | |\n|---|---|\n");
        positional.iter().for_each(|arg| row(&name_of(arg), arg, out));
    }
    // By heading, in the order in which the headings come up.
    let mut groups: Vec<(&str, Vec<&Arg>)> = Vec::new();
    for arg in arguments.into_iter().filter(|arg| !arg.is_positional()) {
        let heading = arg.get_help_heading().unwrap_or("Option");
        match groups.iter_mut().find(|(known, _)| *known == heading) {
            Some((_, group)) => group.push(arg),
            None => groups.push((heading, vec![arg])),
        }
    }
    for (heading, group) in groups {
        let _ = write!(out, "\n| {heading} | |\n|---|---|\n");
        group.iter().for_each(|arg| row(&flag_of(arg), arg, out));
    }
    for sub in command.get_subcommands().filter(|sub| is_shown(sub)) {
        out.push('\n');
        describe(sub, &format!("{path} {}", sub.get_name()), level + 1, out);
    }
    if let Some(more) = command.get_after_long_help().or(command.get_after_help()) {
        let _ = write!(out, "\n{}\n", paragraphs(more));
    }
}

fn name_of(arg: &Arg) -> String {
    let names: Vec<&str> = arg.get_value_names().unwrap_or_default().iter().map(|name| name.as_str()).collect();
    let name = if names.is_empty() { arg.get_id().as_str().to_uppercase() } else { names.join(" ") };
    if arg.is_required_set() { name } else { format!("[{name}]") }
}

/// `-f, --file FILE`
fn flag_of(arg: &Arg) -> String {
    let short = arg.get_short().map(|short| format!("-{short}"));
    let long = arg.get_long().map(|long| format!("--{long}"));
    let flag = [short, long].into_iter().flatten().collect::<Vec<_>>().join(", ");
    if !arg.get_action().takes_values() {
        return flag;
    }
    let names: Vec<&str> = arg.get_value_names().unwrap_or_default().iter().map(|name| name.as_str()).collect();
    let optional = arg.get_num_args().is_some_and(|range| range.min_values() == 0);
    let value = names.join(" ");
    match (optional, arg.is_require_equals_set()) {
        (true, true) => format!("{flag}[={value}]"),
        (true, false) => format!("{flag} [{value}]"),
        (false, true) => format!("{flag}={value}"),
        (false, false) => format!("{flag} {value}"),
    }
}

fn row(name: &str, arg: &Arg, out: &mut String) {
    let mut text = arg.get_long_help().or(arg.get_help()).map(cell).unwrap_or_default();
    let code = |texts: Vec<String>| texts.iter().map(|text| format!("`{text}`")).collect::<Vec<_>>().join(", ");
    let is_switch = !arg.get_action().takes_values();
    let values: Vec<String> = arg.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect();
    if !is_switch && !values.is_empty() && !arg.is_hide_possible_values_set() {
        let _ = write!(text, ". One of {}", code(values));
    }
    let defaults: Vec<String> =
        arg.get_default_values().iter().map(|value| value.to_string_lossy().into_owned()).collect();
    if !is_switch && !defaults.is_empty() && !arg.is_hide_default_value_set() {
        let _ = write!(text, ". Default: {}", code(defaults));
    }
    if let Some(variable) = arg.get_env().filter(|_| !arg.is_hide_env_set()) {
        let _ = write!(text, ". Also by the environment: `{}`", variable.to_string_lossy());
    }
    let _ = writeln!(out, "| `{}` | {text} |", name.replace('|', "\\|"));
}

/// A help text as the cell of a table.
fn cell(text: &StyledStr) -> String {
    let text = text.to_string();
    let words: Vec<&str> = text.split_whitespace().collect();
    escaped(&words.join(" ")).replace('|', "\\|")
}

/// A help text as paragraphs; lines that are indented (a list, an example) stay lines.
fn paragraphs(text: &StyledStr) -> String {
    let text = text.to_string();
    let blocks = text.trim().split("\n\n").map(|block| {
        let is_list = block.lines().any(|line| line.starts_with("  "));
        if is_list {
            format!("```text\n{block}\n```")
        } else {
            escaped(&block.split_whitespace().collect::<Vec<_>>().join(" "))
        }
    });
    blocks.collect::<Vec<_>>().join("\n\n")
}

/// What Markdown would take for tags.
fn escaped(text: &str) -> String {
    text.replace('<', "&lt;").replace('*', "\\*")
}

/// `MLOPSCTL_UPDATE=1` writes them anew.
#[test]
fn the_shipped_pages_are_the_programs_own() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let pages = pages();
    assert!(pages.len() > 20, "{}", pages.len());
    if std::env::var_os("MLOPSCTL_UPDATE").is_some() {
        let _ = std::fs::remove_dir_all(docs.join("commands"));
        std::fs::create_dir_all(docs.join("commands")).expect("can be made");
        pages.iter().for_each(|(name, page)| std::fs::write(docs.join(name), page).expect("can be written"));
    }
    let summary = std::fs::read_to_string(docs.join("SUMMARY.md")).expect("docs/SUMMARY.md");
    for (name, page) in &pages {
        assert_eq!(std::fs::read_to_string(docs.join(name)).unwrap_or_default(), *page, "docs/{name}");
        assert!(summary.contains(&format!("]({name})")), "docs/SUMMARY.md lacks {name}");
    }
    let shipped = std::fs::read_dir(docs.join("commands")).expect("pages");
    for file in shipped {
        let name = format!("commands/{}", file.expect("an entry").file_name().to_string_lossy());
        assert!(pages.contains_key(&name), "docs/{name} is of no command");
    }
}
