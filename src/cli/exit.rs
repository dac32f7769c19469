//! The one table of exit codes. `--help` prints it and `docs/exit-codes.md` is checked against it.

use std::process::ExitCode;

/// How a run ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    Success = 0,
    Failure = 1,
    Pending = 2,
    Findings = 3,
    Denied = 4,
    Partial = 5,
    Stale = 6,
    Act = 7,
    Blocked = 8,
    Usage = 64,
    BadSpec = 65,
    Bug = 70,
    TryLater = 75,
    Interrupted = 130,
    Terminated = 143,
}

/// Every code with its meaning.
pub const TABLE: &[(Exit, &str)] = &[
    (Exit::Success, "success; with --detailed-exitcode: nothing to change"),
    (Exit::Failure, "failed for another reason than those below"),
    (Exit::Pending, "changes are pending; only with --detailed-exitcode"),
    (
        Exit::Findings,
        "findings at or above --fail-on, a failed alarm test, a surviving mutant or an untested alarm (test --mutate), \
         a broken chain (drill, doctor), drift (drift), a grade below --fail-below",
    ),
    (Exit::Denied, "no credentials, or a permission is missing"),
    (Exit::Partial, "partial: some resources or accounts failed or could not be read"),
    (Exit::Stale, "the saved plan is stale: AWS has changed since"),
    (
        Exit::Act,
        "somebody has to act: a subscription is not confirmed (--require-confirmed, subscriptions wait, drill, doctor)",
    ),
    (Exit::Blocked, "blocked: owned by another stack, data would be lost, or consent is missing"),
    (Exit::Usage, "wrong usage of the command line"),
    (Exit::BadSpec, "the spec is invalid"),
    (Exit::Bug, "a bug in mlopsctl"),
    (Exit::TryLater, "throttled or timed out: try again later"),
    (Exit::Interrupted, "interrupted (Ctrl-C)"),
    (Exit::Terminated, "terminated (SIGTERM)"),
];

impl Exit {
    pub fn code(self) -> u8 {
        self as u8
    }

    /// The same for programs, in one word: `errors[].code` of a failure as JSON.
    pub fn word(self) -> &'static str {
        match self {
            Exit::Success => "success",
            Exit::Failure => "failure",
            Exit::Pending => "pending",
            Exit::Findings => "findings",
            Exit::Denied => "denied",
            Exit::Partial => "partial",
            Exit::Stale => "stale_plan",
            Exit::Act => "action_needed",
            Exit::Blocked => "blocked",
            Exit::Usage => "usage",
            Exit::BadSpec => "invalid_spec",
            Exit::Bug => "bug",
            Exit::TryLater => "try_later",
            Exit::Interrupted => "interrupted",
            Exit::Terminated => "terminated",
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit.code())
    }
}

/// The table as text for `--help`.
pub fn help() -> String {
    let lines: Vec<String> = TABLE.iter().map(|(exit, meaning)| format!("  {:>3}  {meaning}", exit.code())).collect();
    format!("Exit codes:\n{}", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of the page, row by row.
    #[test]
    fn the_page_has_the_same() {
        let page = include_str!("../../docs/exit-codes.md");
        for (exit, meaning) in TABLE {
            let row = format!("| {} | {meaning} |", exit.code());
            assert!(page.lines().any(|line| line == row), "docs/exit-codes.md lacks the row: {row}");
        }
    }

    /// The words of programs: in the page of the JSON and in the schema of errors. No error ends so: success, pending, a bug.
    #[test]
    fn the_words_are_published() {
        let page = include_str!("../../docs/json.md");
        let schema: serde_json::Value =
            serde_json::from_str(include_str!("../../docs/schemas/error.schema.json")).unwrap();
        let codes = schema["$defs"]["error"]["properties"]["code"]["enum"].as_array().unwrap();
        let errors = TABLE.iter().map(|(exit, _)| *exit);
        let errors: Vec<Exit> =
            errors.filter(|exit| !matches!(exit, Exit::Success | Exit::Pending | Exit::Bug)).collect();
        for exit in &errors {
            let row = format!("| {} | `{}` |", exit.code(), exit.word());
            assert!(page.lines().any(|line| line == row), "docs/json.md lacks the row: {row}");
        }
        assert_eq!(codes, &errors.iter().map(|exit| serde_json::Value::from(exit.word())).collect::<Vec<_>>());
    }

    #[test]
    fn codes_are_told_once_and_in_order() {
        let codes: Vec<u8> = TABLE.iter().map(|(exit, _)| exit.code()).collect();
        assert!(codes.is_sorted_by(|a, b| a < b), "{codes:?}");
    }
}
