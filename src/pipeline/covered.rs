//! Patterns under `functions`: the target's functions are asked for, the spec is expanded to them, and the plan says what came from which
//! pattern. A spec without patterns costs no call.

use crate::aws::Aws;
use crate::live::TargetReader;
use crate::plan::{Action, Note, NoteKind, Plan};
use crate::resources::{Resource, alarm};
use crate::spec::{BoundSpec, CoveredFunctions};
use anyhow::{Context, Result};

/// So many functions are named in one note.
const NAMED: usize = 10;

/// Returns the spec of the target that is reached; `None` where it has no patterns and is that already. What cannot be listed must not be
/// taken for gone, so then there is no plan.
pub async fn expand(aws: &Aws, bound: &BoundSpec) -> Result<Option<BoundSpec>> {
    let Some(tags) = bound.matched_tags() else { return Ok(None) };
    let live = TargetReader::new(aws).live_functions(&tags).await;
    let live = live.context("the functions that patterns under `functions` stand for could not be listed")?;
    Ok(Some(bound.for_functions(live)))
}

/// Notes in the plan which functions each pattern stands for, and of an alarm that goes, what became of its function.
pub fn note(plan: &mut Plan, bound: &BoundSpec) {
    plan.notes.extend(bound.covered().iter().map(pattern));
    let Some(listed) = bound.listed_functions() else { return };
    for change in &mut plan.changes {
        let Some(Resource::Alarm(alarm)) = change.before.as_ref().map(|live| &live.resource) else { continue };
        if !matches!(change.action, Action::Delete | Action::StopManaging) {
            continue;
        }
        let functions = alarm::coverage::functions(alarm);
        for function in functions.into_iter().filter(|name| !bound.functions().iter().any(|own| own == name)) {
            let text = match listed.contains_key(function) {
                true => format!("no entry under `functions` covers {function} any more"),
                false => format!("function {function} does not exist any more"),
            };
            change.notes.push(Note::new(NoteKind::Info, text));
        }
    }
}

fn pattern(covered: &CoveredFunctions) -> Note {
    let CoveredFunctions { pattern, functions, is_one_alarm } = covered;
    let shown = functions.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    let more = if functions.len() > NAMED { format!(" and {} more", functions.len() - NAMED) } else { String::new() };
    let what = if *is_one_alarm { "one alarm a signal over all of them, and over new ones: " } else { "" };
    match functions.len() {
        0 if *is_one_alarm => Note::new(
            NoteKind::Info,
            format!("functions `{pattern}`: none here yet; one alarm a signal covers each from its first call on"),
        ),
        0 => Note::new(NoteKind::Warning, format!("functions `{pattern}`: no function here matches"))
            .remedy("correct the pattern, the tags or the region; a function that comes is covered by the next apply"),
        1 => Note::new(NoteKind::Info, format!("functions `{pattern}`: 1 function, {what}{shown}")),
        n => Note::new(NoteKind::Info, format!("functions `{pattern}`: {n} functions, {what}{shown}{more}")),
    }
}
