//! What a plan says about the alarms it would create or change: one line each, from one read. Never a failure of the plan.

use super::condition::Options;
use super::history::fetch::{self, Detail};
use super::judge::{Asking, Judged, judge, needs};
use super::verdict::{Figures, Verdict};
use crate::aws::Aws;
use crate::model::duration::format_seconds;
use crate::plan::{Action, Note, NoteKind, Plan};
use crate::resources::{Address, Resource};
use std::collections::BTreeMap;

/// How far back a plan looks.
pub const DAYS: i64 = 14;

/// A note for each alarm that the plan creates or changes. Where the past cannot be read, one note, at the first of them, says so.
/// Whole periods are read where finer data would cost more calls. `now` is in seconds since 1970.
pub async fn for_plan(aws: &Aws, plan: &Plan, now: i64) -> BTreeMap<Address, Note> {
    let wanted = changed(plan);
    let until = now.div_euclid(60) * 60;
    let from = until - DAYS * 86_400;
    let needs = needs(wanted.values().copied(), Options::default());
    if needs.iter().all(|(need, _)| need.sources.is_empty() && need.asked.is_none()) {
        return BTreeMap::new();
    }
    let calls = |detail| fetch::calls(&needs, from, until, detail);
    let detail = if calls(Detail::Finest) <= calls(Detail::Period) { Detail::Finest } else { Detail::Period };
    let history = match fetch::fetch(aws, &needs, from, until, detail).await {
        Ok(history) => history,
        Err(error) => {
            let note = Note::new(NoteKind::Info, format!("what it would have done is not known: {error}"));
            let note = Note { remedy: error.remedy(), ..note };
            return wanted.into_keys().take(1).map(|address| (address, note.clone())).collect();
        }
    };
    // Composite alarms need the states of all their children, also of those that do not change.
    let all = plan.changes.iter().filter_map(|change| change.after.as_ref());
    let asking = Asking { from, until, options: Options::default(), suggest: None };
    let judged = judge(all.filter(|resource| wanted.contains_key(&resource.address())), &history, asking);
    judged.into_iter().filter_map(|judged| Some((judged.address.clone(), note(&judged)?))).collect()
}

/// The alarms that would be written, as they would be.
fn changed(plan: &Plan) -> BTreeMap<Address, &Resource> {
    let written = plan.changes.iter().filter(|change| {
        matches!(change.action, Action::Create | Action::Update | Action::Replace | Action::Adopt)
            && change.fields.iter().any(|field| !field.field.starts_with("tags.")) | (change.action == Action::Create)
    });
    let alarms = written.filter_map(|change| Some((change.address.clone(), change.after.as_ref()?)));
    alarms.filter(|(_, resource)| matches!(resource, Resource::Alarm(_) | Resource::CompositeAlarm(_))).collect()
}

fn note(judged: &Judged) -> Option<Note> {
    let judgement = match &judged.outcome {
        Ok(judgement) => judgement,
        // A composite over alarms that this plan does not change has nothing new to say.
        Err(_) if judged.address.kind == crate::resources::Kind::CompositeAlarm => return None,
        Err(why) => return Some(Note::new(NoteKind::Info, format!("what it would have done is not known: {why}"))),
    };
    let kind = if judgement.verdict.is_bad() { NoteKind::Warning } else { NoteKind::Info };
    Some(Note::new(kind, sentence(&judgement.figures, judgement.verdict)))
}

/// `would have fired 3 times in 14 days, longest 25m: useful`
pub fn sentence(figures: &Figures, verdict: Verdict) -> String {
    let days = (figures.until - figures.from) / 86_400;
    let time = match days {
        0 => format_seconds(figures.until - figures.from),
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    };
    let word = verdict.word();
    if verdict == Verdict::Blind {
        return format!("there was no data in {time}: {word}");
    }
    let times = match figures.firings {
        0 => match figures.nearest {
            Some(nearest) if nearest.share < 1.0 => {
                return format!(
                    "would not have fired in {time}, at most {} % of the way to the threshold: {word}",
                    (nearest.share * 100.0).floor()
                );
            }
            _ => return format!("would not have fired in {time}: {word}"),
        },
        1 => "once".to_owned(),
        n => format!("{n} times"),
    };
    format!("would have fired {times} in {time}, longest {}: {word}", span(figures.longest))
}

/// At most two units: `25m`, `3h 5m`, `2d 4h`.
pub fn span(seconds: i64) -> String {
    let units = [(86_400, "d"), (3_600, "h"), (60, "m"), (1, "s")];
    let Some(first) = units.iter().position(|(scale, _)| seconds >= *scale) else { return "0s".to_owned() };
    let mut rest = seconds;
    let mut parts = Vec::new();
    for (scale, unit) in &units[first..(first + 2).min(units.len())] {
        if rest / scale > 0 {
            parts.push(format!("{}{unit}", rest / scale));
        }
        rest %= scale;
    }
    parts.join(" ")
}
