//! Which format a command line asks for, read even from one that is mistaken: a failure has a body in it. Decides nothing else.

use crate::report::failure::FailureFormat;
use clap::{ArgMatches, Command};
use std::ffi::OsString;

/// The format that `--format` asks of the command, where a failure has a body in it; `None` of a table, and where nothing was
/// asked for.
pub fn asked_format(cli: Command, arguments: impl IntoIterator<Item = OsString>) -> Option<FailureFormat> {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let matches = cli.ignore_errors(true).try_get_matches_from(&arguments).ok()?;
    let mut innermost: &ArgMatches = &matches;
    let mut command = "";
    while let Some((name, inner)) = innermost.subcommand() {
        (command, innermost) = (name, inner);
    }
    let is_read = innermost.try_contains_id("format").is_ok_and(|has| has)
        && innermost.value_source("format") == Some(clap::parser::ValueSource::CommandLine);
    let read = || innermost.try_get_raw("format").ok()??.next()?.to_str();
    // What stands behind a mistake is not read.
    let written = if is_read { read()? } else { behind_a_mistake(&arguments)? };
    Some(match written {
        "json" if command == "plan" => FailureFormat::PlanJson,
        "json" | "yaml" => FailureFormat::Json,
        "markdown" => FailureFormat::Markdown,
        "csv" => FailureFormat::Csv,
        "html" => FailureFormat::Html,
        "junit" => FailureFormat::Junit,
        "sarif" => FailureFormat::Sarif,
        "github" => FailureFormat::Github,
        _ => return None,
    })
}

/// The value of the last `--format`, as it is written.
fn behind_a_mistake(arguments: &[OsString]) -> Option<&str> {
    let words: Vec<&str> = arguments.iter().filter_map(|argument| argument.to_str()).collect();
    let at = words.iter().rposition(|word| *word == "--format" || word.starts_with("--format="))?;
    words[at].strip_prefix("--format=").or_else(|| words.get(at + 1).copied())
}

#[cfg(test)]
mod tests {
    use super::super::Cli;
    use super::*;
    use clap::CommandFactory;

    fn of(line: &str) -> Option<FailureFormat> {
        asked_format(Cli::command(), line.split(' ').map(OsString::from))
    }

    #[test]
    fn the_format_is_known_also_of_a_mistaken_command_line() {
        assert_eq!(of("mlopsctl plan --format json"), Some(FailureFormat::PlanJson));
        assert_eq!(of("mlopsctl apply --format json"), Some(FailureFormat::Json));
        assert_eq!(of("mlopsctl plan --format=junit --no-such-flag"), Some(FailureFormat::Junit));
        assert_eq!(of("mlopsctl plan --no-such-flag --format json"), Some(FailureFormat::PlanJson));
        assert_eq!(of("mlopsctl lint --no-such-flag --format=sarif"), Some(FailureFormat::Sarif));
        assert_eq!(of("mlopsctl subscriptions list --format json --target"), Some(FailureFormat::Json));
        assert_eq!(of("mlopsctl lint --format sarif -f"), Some(FailureFormat::Sarif));
        for none in
            ["mlopsctl plan", "mlopsctl plan --format table", "mlopsctl accounts list", "mlopsctl schema", "mlopsctl"]
        {
            assert_eq!(of(none), None, "{none}");
        }
    }
}
