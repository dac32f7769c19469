//! Asking before something is done. Without a terminal and without --yes it is refused, never awaited.

use super::CommandContext;
use super::exit::Exit;
use super::failure::CliFailure;
use crate::pipeline::Purpose;
use crate::plan::{Action, PlanSummary};
use crate::report::count;

/// Returns the question about these actions, without its mark: `Destroy 7 resources and stop managing 1`.
pub fn question(purpose: Purpose, actions: impl Iterator<Item = Action>) -> String {
    let actions: Vec<Action> = actions.collect();
    let sum: PlanSummary = actions.iter().copied().collect();
    match (purpose, sum.destroy, sum.stop_managing) {
        (Purpose::Apply, ..) if actions.len() == 1 => "Apply this change".to_owned(),
        (Purpose::Apply, ..) => format!("Apply these {} changes", actions.len()),
        (Purpose::Destroy, destroy, 0) => format!("Destroy {}", count(destroy, "resource")),
        (Purpose::Destroy, 0, left) => format!("Stop managing {}", count(left, "resource")),
        (Purpose::Destroy, destroy, left) => {
            format!("Destroy {} and stop managing {left}", count(destroy, "resource"))
        }
    }
}

/// Returns where it may be done. What will be done has been said before; `unattended` is what to do where there is no terminal to confirm on.
pub async fn consent(
    run: &mut CommandContext<'_>,
    yes: bool,
    question: &str,
    unattended: &str,
) -> Result<(), CliFailure> {
    if yes {
        return Ok(());
    }
    if !run.output.can_ask() {
        let what = "no terminal to confirm on, so nothing was changed";
        return Err(CliFailure::say(Exit::Blocked, what, unattended));
    }
    let signals = run.signals.clone();
    match signals.or_interrupted(async { Ok(run.output.ask(question).await) }).await {
        Ok(true) => Ok(()),
        Ok(false) => Err(CliFailure::say(Exit::Blocked, "not confirmed, so nothing was changed", "answer y to go on")),
        Err(interrupted) => {
            run.output.complain("");
            Err(interrupted)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_question_says_what_is_destroyed_and_what_is_left_in_place() {
        let ask = |purpose: Purpose, destroyed, left| {
            let actions = std::iter::repeat_n(Action::Delete, destroyed);
            question(purpose, actions.chain(std::iter::repeat_n(Action::StopManaging, left)))
        };
        assert_eq!(ask(Purpose::Destroy, 7, 1), "Destroy 7 resources and stop managing 1");
        assert_eq!(ask(Purpose::Destroy, 1, 0), "Destroy 1 resource");
        assert_eq!(ask(Purpose::Destroy, 0, 2), "Stop managing 2 resources");
        assert_eq!(ask(Purpose::Apply, 1, 0), "Apply this change");
        assert_eq!(ask(Purpose::Apply, 7, 1), "Apply these 8 changes");
    }
}
