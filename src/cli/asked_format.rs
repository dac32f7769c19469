//! Which format a command line asks for, read even from one that is mistaken: a failure has a body in it. Decides nothing else.

use crate::report::failure::FailureFormat;
use clap::{ArgMatches, Command};
use std::ffi::OsString;

/// The format that `--format` asks of the command, where a failure has a body in it; `None` of a table, and where nothing was
/// asked for.
pub fn asked_format(cli: Command, arguments: impl IntoIterator<Item = OsString>) -> Option<FailureFormat> {
    let matches = cli.ignore_errors(true).try_get_matches_from(arguments).ok()?;
    let mut innermost: &ArgMatches = &matches;
    while let Some((_, inner)) = innermost.subcommand() {
        innermost = inner;
    }
    let written = innermost.try_get_raw("format").ok()??.next()?.to_str()?;
    if innermost.value_source("format") != Some(clap::parser::ValueSource::CommandLine) {
        return None;
    }
    Some(match written {
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
        assert_eq!(of("mlopsctl plan --format json"), Some(FailureFormat::Json));
        assert_eq!(of("mlopsctl plan --format=junit --no-such-flag"), Some(FailureFormat::Junit));
        assert_eq!(of("mlopsctl subscriptions list --format json --target"), Some(FailureFormat::Json));
        assert_eq!(of("mlopsctl lint --format sarif -f"), Some(FailureFormat::Sarif));
        for none in
            ["mlopsctl plan", "mlopsctl plan --format table", "mlopsctl accounts list", "mlopsctl schema", "mlopsctl"]
        {
            assert_eq!(of(none), None, "{none}");
        }
    }
}
