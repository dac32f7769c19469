//! Asking before something is done. Without a terminal and without --yes it is refused, never awaited.

use super::Run;
use super::exit::Exit;
use super::failure::Failure;

/// Returns where it may be done. What will be done has been said before; `unattended` is what to do where nobody can be asked.
pub async fn consent(run: &mut Run<'_>, yes: bool, question: &str, unattended: &str) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    if !run.output.can_ask() {
        let what = "nobody can be asked here, so nothing was changed";
        return Err(Failure::say(Exit::Blocked, what, unattended));
    }
    let signals = run.signals.clone();
    match signals.or_interrupted(async { Ok(run.output.ask(question).await) }).await {
        Ok(true) => Ok(()),
        Ok(false) => Err(Failure::say(Exit::Blocked, "not confirmed, so nothing was changed", "answer y to go on")),
        Err(interrupted) => {
            run.output.complain("");
            Err(interrupted)
        }
    }
}
