//! A failed run in words: `error: what`, where, `do: what to do`, and its exit code. The only place that sorts errors into codes.

use super::exit::Exit;
use crate::aws::{AwsError, BadNetwork, BadProfile, Class};
use crate::fleet;
use crate::pipeline::{NotAllowed, UnknownTarget};
use crate::report::json::Diagnostic;
use crate::report::mask;
use crate::spec::SpecError;
use std::fmt;

/// An error with its exit code and what to do about it.
#[derive(Debug)]
pub struct CliFailure {
    pub exit: Exit,
    error: anyhow::Error,
    remedy: Option<String>,
}

impl CliFailure {
    /// A failure in words of ours.
    pub fn say(exit: Exit, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { exit, error: anyhow::Error::msg(what.into()), remedy: Some(remedy.into()) }
    }

    /// For `diagnostics` of `--format json`: every mistake of a spec with its place, or the one error.
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        if let Some(error) = self.error.downcast_ref::<SpecError>() {
            let mistakes = error.problems().into_iter().map(|problem| Diagnostic {
                summary: problem.message,
                detail: (!problem.help.is_empty()).then(|| problem.help.join("; ")),
                file: Some(problem.file),
                line: Some(problem.line),
                column: Some(problem.column),
            });
            return mistakes.collect();
        }
        let summary = format!("{:#}", self.error);
        vec![Diagnostic { summary, detail: self.remedy.clone(), ..Diagnostic::default() }]
    }

    /// The same as one target of a fleet reports it, in one line.
    pub fn of_target(&self) -> fleet::TargetFailure {
        let said = self.diagnostics().into_iter().next().unwrap_or_default();
        let place = said.file.zip(said.line).map(|(file, line)| format!(" ({file}:{line})")).unwrap_or_default();
        fleet::TargetFailure {
            message: mask::text(&(said.summary + &place)),
            remedy: said.detail.map(|detail| mask::text(&detail)),
            exit: self.exit.code(),
        }
    }
}

impl<E: Into<anyhow::Error>> From<E> for CliFailure {
    /// Sorts by the first error in the chain that is known.
    fn from(error: E) -> Self {
        let error = error.into();
        let known = error.chain().find_map(known);
        let (exit, remedy) = known.unwrap_or((Exit::Failure, None));
        Self { exit, error, remedy }
    }
}

fn known(error: &(dyn std::error::Error + 'static)) -> Option<(Exit, Option<String>)> {
    if let Some(error) = error.downcast_ref::<AwsError>() {
        let exit = match error.class {
            Class::Denied | Class::Credentials => Exit::Denied,
            Class::Throttled | Class::Transient => Exit::TryLater,
            Class::Interrupted => Exit::Interrupted,
            Class::Conflict
            | Class::NotFound
            | Class::AlreadyExists
            | Class::Limit
            | Class::Refused
            | Class::Unexpected => Exit::Failure,
        };
        return Some((exit, error.remedy()));
    }
    if error.is::<NotAllowed>() {
        return Some((Exit::Blocked, Some(NotAllowed::REMEDY.to_owned())));
    }
    if let Some(bad) = error.downcast_ref::<BadProfile>() {
        return Some((Exit::Denied, Some(bad.remedy.clone())));
    }
    if let Some(bad) = error.downcast_ref::<BadNetwork>() {
        return Some((Exit::Usage, Some(bad.remedy.to_owned())));
    }
    if let Some(unknown) = error.downcast_ref::<UnknownTarget>() {
        let remedy = unknown.nearest.as_ref().map(|nearest| format!("did you mean {nearest}?"));
        return Some((Exit::Usage, remedy));
    }
    error.is::<SpecError>().then_some((Exit::BadSpec, None))
}

/// The first error is what happened, those below it say where; a spec's mistakes are shown as they are.
impl fmt::Display for CliFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(error) = self.error.downcast_ref::<SpecError>() {
            return write!(f, "{error}");
        }
        let mut said = String::new();
        for (n, cause) in self.error.chain().enumerate() {
            let text = mask::text(&cause.to_string());
            if said.contains(&text) {
                continue;
            }
            match n {
                0 => writeln!(f, "error: {}", text.replace('\n', "\n  "))?,
                _ => writeln!(f, "  {}", text.replace('\n', "\n  "))?,
            }
            said = text;
        }
        if let Some(remedy) = &self.remedy {
            writeln!(f, "  fix: {}", mask::text(remedy))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::ApiOperation;
    use anyhow::Context;

    fn aws(class: Class) -> AwsError {
        AwsError { op: ApiOperation("cloudwatch", "DescribeAlarms"), class, code: "X".into(), message: "no".into() }
    }

    #[test]
    fn errors_of_aws_have_their_codes_whatever_stands_above_them() {
        for (class, exit) in [
            (Class::Denied, Exit::Denied),
            (Class::Credentials, Exit::Denied),
            (Class::Throttled, Exit::TryLater),
            (Class::Interrupted, Exit::Interrupted),
            (Class::Refused, Exit::Failure),
        ] {
            let error = Err::<(), _>(aws(class)).context("could not read the alarms").unwrap_err();
            assert_eq!(CliFailure::from(error).exit, exit, "{class:?}");
        }
    }

    #[test]
    fn a_failure_says_what_where_and_what_to_do() {
        let error = Err::<(), _>(aws(Class::Denied)).context("could not read the alarms").unwrap_err();
        let expected = "error: could not read the alarms\n  cloudwatch:DescribeAlarms: no (X)\n  \
                        fix: allow the action cloudwatch:DescribeAlarms in the IAM policy of this user or role\n";
        assert_eq!(CliFailure::from(error).to_string(), expected);
    }

    #[test]
    fn no_secret_is_in_an_error() {
        let failure = CliFailure::from(anyhow::anyhow!("could not reach https://user:hunter2@example.edu"));
        assert!(!failure.to_string().contains("hunter2"));
    }
}
