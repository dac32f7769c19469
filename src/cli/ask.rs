//! Asks whoever sits at the terminal for the values of variables that have none. Without a terminal nobody is asked, and a secret
//! is never typed where it can be read.

use super::CommandContext;
use super::failure::CliFailure;
use crate::spec::Variable;
use std::collections::BTreeMap;

/// Adds a value for each required variable without one. An empty answer leaves it missing, which the spec then reports.
/// Returns the flags that would have given the same.
pub async fn ask_missing(
    declared: &[Variable],
    values: &mut BTreeMap<String, String>,
    run: &mut CommandContext<'_>,
) -> Result<Vec<String>, CliFailure> {
    let mut flags = Vec::new();
    if !run.output.can_ask() {
        return Ok(flags);
    }
    let signals = run.signals.clone();
    for variable in declared.iter().filter(|variable| is_open(variable, values)).collect::<Vec<_>>() {
        let answer = signals.or_interrupted(async { Ok(run.output.ask_value(&prompt(variable)).await) });
        let answer = match answer.await {
            Ok(answer) => answer.trim().to_owned(),
            Err(interrupted) => {
                run.output.complain("");
                return Err(interrupted);
            }
        };
        if !answer.is_empty() {
            flags.extend(["--var".to_owned(), format!("{}={answer}", variable.name)]);
            values.insert(variable.name.clone(), answer);
        }
    }
    Ok(flags)
}

fn is_open(variable: &Variable, values: &BTreeMap<String, String>) -> bool {
    variable.required && variable.default.is_none() && !variable.secret && !values.contains_key(&variable.name)
}

/// `email (who gets the mails): `.
fn prompt(variable: &Variable) -> String {
    match &variable.description {
        Some(purpose) => format!("{} ({}): ", variable.name, purpose.trim_end_matches('.')),
        None => format!("{}: ", variable.name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_required_open_and_no_secret_is_asked_for() {
        let open = Variable { name: "email".into(), description: None, default: None, required: true, secret: false };
        let none = BTreeMap::new();
        assert!(is_open(&open, &none));
        assert!(!is_open(&open, &BTreeMap::from([("email".to_owned(), "a@x.edu".to_owned())])));
        assert!(!is_open(&Variable { secret: true, ..open.clone() }, &none));
        assert!(!is_open(&Variable { required: false, ..open.clone() }, &none));
        assert!(!is_open(&Variable { default: Some("b@x.edu".into()), ..open.clone() }, &none));
        assert_eq!(prompt(&open), "email: ");
        assert_eq!(
            prompt(&Variable { description: Some("Who is notified.".into()), ..open }),
            "email (Who is notified): "
        );
    }
}
