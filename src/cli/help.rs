//! What help says beyond the arguments: commands by what they are for, and an example on every page. `mlopsctl --help`, the manual
//! pages and the completions are made of one command tree, this one.

use super::Cli;
use crate::report::layout;
use anstyle::{Effects, Style};
use clap::{Command, CommandFactory};

/// Heading -> its commands, in the order in which somebody needs them.
const GROUPS: &[(&str, &[&str])] = &[
    ("Alarms as code", &["init", "lint", "test", "backtest", "plan", "apply", "destroy", "export", "import"]),
    (
        "Watching",
        &["status", "drift", "mute", "unmute", "doctor", "drill", "subscriptions", "signals", "dashboard", "logs"],
    ),
    ("Many accounts", &["accounts", "report", "check"]),
    ("Trying it out", &["sandbox", "serve", "service", "traffic"]),
    ("This program", &["schema", "completions", "man", "help"]),
];

/// Command -> command lines that show what it is for, the commonest first.
const EXAMPLES: &[(&str, &[&str])] = &[
    (
        "init",
        &[
            "mlopsctl init --region us-east-1",
            "mlopsctl init --sandbox --file lab.yaml",
            "mlopsctl init --existing --all --out team.yaml",
        ],
    ),
    ("lint", &["mlopsctl lint", "mlopsctl lint --online --profile prod", "mlopsctl lint --explain no-actions"]),
    ("test", &["mlopsctl test", "mlopsctl test alarms.test.yaml --mutate"]),
    (
        "backtest",
        &["mlopsctl backtest", "mlopsctl backtest --since 30d --suggest", "mlopsctl backtest --html past.html"],
    ),
    (
        "plan",
        &[
            "mlopsctl plan --sandbox --var email=you@example.edu",
            "mlopsctl plan --out plan.json",
            "mlopsctl plan --accounts roster.csv --report plan.html",
        ],
    ),
    (
        "apply",
        &[
            "mlopsctl apply --sandbox --var email=you@example.edu",
            "mlopsctl apply plan.json",
            "mlopsctl apply --mute 10m",
            "mlopsctl apply --accounts roster.csv --canary 1 --yes",
        ],
    ),
    ("destroy", &["mlopsctl destroy", "mlopsctl destroy --target alarm/mlops-lambda-high-errors"]),
    (
        "export cloudformation",
        &[
            "mlopsctl export cloudformation --out stack.json",
            "mlopsctl export cloudformation --format yaml --region eu-west-1",
        ],
    ),
    ("export stackset", &["mlopsctl export stackset --accounts roster.csv --ou ou-a1b2-3c4d5e6f --out stackset"]),
    (
        "export terraform",
        &[
            "mlopsctl export terraform --out alarms.tf.json --account 123456789012",
            "mlopsctl export terraform --online --profile prod",
        ],
    ),
    (
        "import",
        &[
            "mlopsctl import template.yaml --out alarms.yaml",
            "mlopsctl import template.json --parameter Stage=prod --stack-resources resources.json",
        ],
    ),
    (
        "status",
        &["mlopsctl status", "mlopsctl status --watch", "mlopsctl status --accounts roster.csv --report status.html"],
    ),
    (
        "drift",
        &["mlopsctl drift", "mlopsctl drift --exported cloudformation --accounts roster.csv --report drift.html"],
    ),
    (
        "mute",
        &[
            "mlopsctl mute mlops-lambda-high-errors --for 2h --why 'deploying v42'",
            "mlopsctl mute 'mlops-*' --until 2026-11-24T18:00Z --why 'load test'",
            "mlopsctl mute --list",
            "mlopsctl mute '*' --for 2h --why maintenance --accounts roster.csv --yes",
        ],
    ),
    (
        "unmute",
        &[
            "mlopsctl unmute mlops-lambda-high-errors",
            "mlopsctl unmute '*'",
            "mlopsctl unmute '*' --accounts roster.csv --yes",
        ],
    ),
    (
        "doctor",
        &[
            "mlopsctl doctor",
            "mlopsctl doctor --fix",
            "mlopsctl doctor --url http://localhost:5001",
            "mlopsctl doctor --accounts roster.csv",
        ],
    ),
    ("drill", &["mlopsctl drill mlops-lambda-high-errors", "mlopsctl drill --receive --yes", "mlopsctl drill --clean"]),
    (
        "subscriptions list",
        &["mlopsctl subscriptions list --require-confirmed", "mlopsctl subscriptions list --accounts roster.csv"],
    ),
    ("subscriptions wait", &["mlopsctl subscriptions wait --timeout 30m"]),
    ("subscriptions resend", &["mlopsctl subscriptions resend you@example.edu"]),
    (
        "subscriptions confirm",
        &["mlopsctl subscriptions confirm --url 'https://sns.us-east-1.amazonaws.com/confirmation.html?...'"],
    ),
    (
        "signals",
        &[
            "mlopsctl signals",
            "mlopsctl signals my-function --since 24h --charts",
            "mlopsctl signals --accounts roster.csv",
        ],
    ),
    (
        "dashboard",
        &["mlopsctl dashboard lab --html lab.html", "mlopsctl dashboard --since 14d", "mlopsctl dashboard --body"],
    ),
    (
        "logs",
        &[
            "mlopsctl logs my-function --since 1h --level error",
            "mlopsctl logs my-function --follow",
            "mlopsctl logs --report --since 1d --accounts roster.csv",
        ],
    ),
    (
        "accounts list",
        &["mlopsctl accounts list --ou ou-abcd-12345678", "mlopsctl accounts list --tag course=lab9 --format yaml"],
    ),
    ("report merge", &["mlopsctl report merge part-1.json part-2.json --out whole.html"]),
    ("report show", &["mlopsctl report show run.json --format markdown"]),
    ("check", &["mlopsctl check --rubric rubric.yaml --accounts roster.csv --report grades.csv"]),
    ("sandbox mail", &["mlopsctl sandbox mail", "mlopsctl sandbox mail 2", "mlopsctl sandbox mail you@example.edu"]),
    ("sandbox confirm", &["mlopsctl sandbox confirm you@example.edu", "mlopsctl sandbox confirm --all"]),
    ("sandbox unsubscribe", &["mlopsctl sandbox unsubscribe you@example.edu"]),
    ("sandbox advance", &["mlopsctl sandbox advance 10m"]),
    ("sandbox show", &["mlopsctl sandbox show --region us-east-1"]),
    ("sandbox reset", &["mlopsctl sandbox reset", "mlopsctl sandbox reset --at 2026-11-24T15:00Z --yes"]),
    (
        "sandbox serve",
        &["mlopsctl sandbox serve --port 4599", "mlopsctl sandbox serve --faults latency=40ms,quotas=aws"],
    ),
    ("serve", &["mlopsctl serve", "mlopsctl serve --port 5001 --database-url sqlite:events.db"]),
    ("service bundle", &["mlopsctl service bundle --out mlops-service.zip"]),
    (
        "service deploy",
        &["mlopsctl service deploy --name mlops-service-lambda --url", "mlopsctl service deploy --sandbox"],
    ),
    ("service migrate", &["mlopsctl service migrate --database-url postgres://localhost/mlops"]),
    ("service import-history", &["mlopsctl service import-history --data-dir .mlopsctl/service"]),
    ("service prune", &["mlopsctl service prune --older-than 90d"]),
    ("service forget", &["mlopsctl service forget acme"]),
    (
        "traffic",
        &[
            "mlopsctl traffic --url http://localhost:5001 -n 100 --rate 10",
            "mlopsctl traffic --sandbox --function mlops-service-lambda -n 20 --errors 6",
        ],
    ),
    ("schema", &["mlopsctl schema > alarms.schema.json"]),
    ("completions", &["mlopsctl completions bash > ~/.local/share/bash-completion/completions/mlopsctl"]),
    ("man", &["mlopsctl man --dir man"]),
];

/// The command tree, an example on every page.
pub fn tree() -> Command {
    EXAMPLES
        .iter()
        .fold(Cli::command(), |tree, (words, lines)| with_examples(tree, &words.split(' ').collect::<Vec<_>>(), lines))
}

/// The same as it is parsed: its first page has the commands by what they are for. `columns` is the width of the terminal.
pub fn tree_for(columns: usize) -> Command {
    let mut tree = tree();
    let names: Vec<String> = tree.get_subcommands().map(|command| command.get_name().to_owned()).collect();
    let page = format!(
        "{{about-with-newline}}\n{{usage-heading}} {{usage}}\n\n{}{{all-args}}{{after-help}}",
        groups(&tree, columns)
    );
    // Clap knows one heading for all commands: its own list is hidden, and ours is on the page.
    for name in names {
        tree = tree.mut_subcommand(name, |command| command.hide(true));
    }
    tree.term_width(columns).help_template(page).override_usage("mlopsctl [OPTIONS] <COMMAND>")
}

fn with_examples(command: Command, words: &[&str], lines: &[&str]) -> Command {
    match words {
        [] => {
            let heading = heading("Examples:");
            let lines: Vec<String> = lines.iter().map(|line| format!("  {line}")).collect();
            command.after_help(format!("{heading}\n{}", lines.join("\n")))
        }
        [first, rest @ ..] => command.mut_subcommand(first, |command| with_examples(command, rest, lines)),
    }
}

fn groups(tree: &Command, columns: usize) -> String {
    let about = |name: &str| match tree.find_subcommand(name).and_then(Command::get_about) {
        Some(about) => about.to_string(),
        // Clap adds it by itself, later.
        None => "Prints the help of a command".to_owned(),
    };
    let mut text = String::new();
    for (title, names) in GROUPS {
        text += &format!("{}\n", heading(&format!("{title}:")));
        for name in *names {
            let line = layout::hang(&format!("  {name:<13}  "), &about(name), columns);
            text += &line.replacen(name, &literal(name), 1);
        }
        text.push('\n');
    }
    text
}

/// As clap writes its own headings and names.
fn heading(text: &str) -> String {
    styled(text, Style::new().effects(Effects::BOLD | Effects::UNDERLINE))
}

fn literal(text: &str) -> String {
    styled(text, Style::new().bold())
}

fn styled(text: &str, style: Style) -> String {
    format!("{style}{text}{style:#}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// Words of the commands that do something, below `command`.
    fn leaves(command: &Command, above: &str, found: &mut BTreeSet<String>) {
        for inner in command.get_subcommands() {
            let words = format!("{above} {}", inner.get_name()).trim_start().to_owned();
            match inner.has_subcommands() {
                true => leaves(inner, &words, found),
                false => drop(found.insert(words)),
            }
        }
    }

    /// A command line as a shell takes it, as far as the examples go: quotes and a redirection.
    fn words(line: &str) -> Vec<String> {
        let line = line.split(" > ").next().unwrap_or_default();
        line.split(' ').map(|word| word.trim_matches('\'').to_owned()).collect()
    }

    #[test]
    fn every_command_has_an_example_that_the_command_line_takes() {
        let mut commands = BTreeSet::new();
        leaves(&tree(), "", &mut commands);
        let shown: BTreeSet<String> = EXAMPLES.iter().map(|(words, _)| (*words).to_owned()).collect();
        assert_eq!(shown, commands);
        for (command, lines) in EXAMPLES {
            for line in *lines {
                assert!(line.starts_with(&format!("mlopsctl {command}")), "{line} is no example of {command}");
                tree().try_get_matches_from(words(line)).unwrap_or_else(|error| panic!("{line}\n{error}"));
            }
        }
    }

    #[test]
    fn every_command_is_in_one_group() {
        let grouped: Vec<&str> = GROUPS.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        let mut commands: Vec<String> = tree().get_subcommands().map(|command| command.get_name().to_owned()).collect();
        commands.push("help".to_owned());
        assert_eq!(grouped.iter().copied().collect::<BTreeSet<_>>().len(), grouped.len(), "a command in two groups");
        let sorted: BTreeSet<&str> = commands.iter().map(String::as_str).collect();
        assert_eq!(grouped.into_iter().collect::<BTreeSet<_>>(), sorted);
    }

    #[test]
    fn the_first_page_fits_narrow_and_wide_terminals() {
        for columns in [40, 80, 100] {
            let page = tree_for(columns).term_width(columns).render_help().to_string();
            let widest = page.lines().map(|line| line.chars().count()).max().unwrap_or_default();
            assert!(widest <= columns, "{columns}: {widest}\n{page}");
            assert!(page.contains("Alarms as code:\n") && page.contains("  plan "), "{page}");
        }
    }
}
