//! What `mlops-service` is told on its command line. Five words and two options need no crate; reads nothing else and prints
//! only what was asked for.

use std::process::ExitCode;

use crate::clock::{MICROS_PER_DAY, MICROS_PER_HOUR};
use crate::config::Migration;
use crate::store::Keeping;

/// What to do.
#[derive(Debug, PartialEq, Eq)]
pub enum RequestedCommand {
    Serve { migration: Migration },
    Keep(Keeping),
}

/// What is said instead of doing anything.
#[derive(Debug, PartialEq, Eq)]
pub enum Said {
    Help,
    Version,
    /// Wrong usage, and why.
    Wrong(String),
}

const HELP: &str = "The health/track service: counts and keeps AI answers, for Prometheus and a dashboard

Usage: mlops-service [--no-migrate]              serves (on Lambda: as a function)
       mlops-service migrate                     makes the tables that are missing
       mlops-service import-history              copies older rows of ai_metrics, once
       mlops-service prune --older-than 30d      deletes older events (d: days, h: hours)
       mlops-service forget BUSINESS             deletes everything of a business

Settings come from the environment or a .env file: docs/service.md lists them.
";
/// EX_USAGE, as `mlopsctl` has it.
const USAGE: u8 = 64;

impl Said {
    /// Prints it; the exit code for it.
    pub fn print(self) -> ExitCode {
        match self {
            Self::Help => print!("{HELP}"),
            Self::Version => println!("mlops-service {}", env!("CARGO_PKG_VERSION")),
            Self::Wrong(why) => {
                eprintln!("error: {why}\n\n{HELP}");
                return ExitCode::from(USAGE);
            }
        }
        ExitCode::SUCCESS
    }
}

/// Reads the arguments after the program's name.
///
/// # Errors
/// What is to be said instead.
pub fn parse(arguments: impl IntoIterator<Item = String>) -> Result<RequestedCommand, Said> {
    let arguments: Vec<String> = arguments.into_iter().collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if words.iter().any(|word| matches!(*word, "-h" | "--help")) {
        return Err(Said::Help);
    }
    let wrong = |why: String| Err(Said::Wrong(why));
    match words[..] {
        [] | ["serve"] => Ok(RequestedCommand::Serve { migration: Migration::Apply }),
        ["--no-migrate"] | ["serve", "--no-migrate"] => Ok(RequestedCommand::Serve { migration: Migration::Expect }),
        ["-V" | "--version"] => Err(Said::Version),
        ["migrate"] => Ok(RequestedCommand::Keep(Keeping::Migrate)),
        ["import-history"] => Ok(RequestedCommand::Keep(Keeping::ImportHistory)),
        ["prune", "--older-than", text] => match age(text) {
            Ok(older_than) => Ok(RequestedCommand::Keep(Keeping::Prune { older_than })),
            Err(why) => wrong(why),
        },
        ["prune", ..] => wrong("say what to keep: prune --older-than 30d".to_owned()),
        ["forget", business_id] if !business_id.trim().is_empty() && !business_id.starts_with('-') => {
            Ok(RequestedCommand::Keep(Keeping::Forget { business_id: business_id.to_owned() }))
        }
        ["forget", ..] => wrong("name one business: forget BUSINESS".to_owned()),
        _ => wrong(format!("unknown: {}", words.join(" "))),
    }
}

/// Reads an age such as `30d` or `12h`, in microseconds.
///
/// # Errors
/// What to write instead.
pub fn age(text: &str) -> Result<i64, String> {
    let units = [("d", MICROS_PER_DAY), ("h", MICROS_PER_HOUR)];
    let found = units.iter().find_map(|(unit, micros)| {
        let count: i64 = text.strip_suffix(unit)?.parse().ok()?;
        count.checked_mul(*micros).filter(|_| (1..=36_500).contains(&count))
    });
    found.ok_or_else(|| format!("{text:?} is no age: write days or hours, such as 30d or 12h"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(line: &str) -> Result<RequestedCommand, Said> {
        parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn what_can_be_asked() {
        assert_eq!(of(""), Ok(RequestedCommand::Serve { migration: Migration::Apply }));
        assert_eq!(of("--no-migrate"), Ok(RequestedCommand::Serve { migration: Migration::Expect }));
        assert_eq!(of("import-history"), Ok(RequestedCommand::Keep(Keeping::ImportHistory)));
        assert_eq!(
            of("prune --older-than 30d"),
            Ok(RequestedCommand::Keep(Keeping::Prune { older_than: 30 * MICROS_PER_DAY }))
        );
        assert_eq!(of("forget b1"), Ok(RequestedCommand::Keep(Keeping::Forget { business_id: "b1".to_owned() })));
        assert_eq!((of("prune --help"), of("-V")), (Err(Said::Help), Err(Said::Version)));
        for wrong in [
            "prune",
            "prune --older-than",
            "prune --older-than 0d",
            "prune --older-than 30",
            "forget",
            "forget a b",
            "x",
        ] {
            assert!(matches!(of(wrong), Err(Said::Wrong(_))), "{wrong}");
        }
    }
}
