//! What a plan says about the alarms it would create or change: one line each, from one read. Never a failure of the plan.

use super::history::MetricHistory;
use super::history::fetch::{self, Detail};
use super::judge::{BacktestRequest, judge, needs};
use super::pages::{Audience, PagesChange};
use super::verdict::{BacktestVerdict, Figures};
use crate::aws::Aws;
use crate::model::duration::format_seconds;
use crate::plan::{Action, Note, NoteKind, Plan, PlannedChange};
use crate::resources::{Address, Kind, Resource};
use mlops_cloudwatch::evaluation::condition::{Condition, EvaluationOptions};
use mlops_cloudwatch::evaluation::watched::MetricRequirements;
use std::collections::BTreeMap;

/// How far back a plan looks.
pub const DAYS: i64 = 14;

/// How one alarm that a plan writes would have behaved.
#[derive(Debug, Clone)]
pub struct AlarmPast {
    pub address: Address,
    /// The error says why nothing is known.
    pub outcome: Result<(Figures, BacktestVerdict), PastUnknown>,
}

/// The past of all alarms that a plan changes.
#[derive(Debug, Clone, Default)]
pub struct PlanPast {
    /// As the plan writes them.
    pub alarms: Vec<AlarmPast>,
    /// What those that the plan changes or deletes did as they are, as far as it is known.
    pub before: BTreeMap<Address, Figures>,
}

/// Why it is not known how an alarm would have behaved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PastUnknown {
    /// Its metrics, or all of them, could not be read.
    Unread { why: String, remedy: Option<String> },
    /// What is known does not suffice, e.g. of a composite over alarms that the plan does not change.
    Undecided(String),
}

/// How the past is told in a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PastNote {
    /// With every figure: of one target.
    Figures,
    /// What somebody has to look at, without figures, so that the same of many targets is said once.
    Verdict,
}

/// Returns how each alarm that the plan creates or changes would have behaved. Whole periods are read where finer data would cost
/// more calls. `now` is in seconds since 1970.
pub async fn for_plan(aws: &Aws, plan: &Plan, now: i64) -> PlanPast {
    let (wanted, live) = (changed(plan), live(plan));
    let until = now.div_euclid(60) * 60;
    let from = until - DAYS * 86_400;
    let needs = needs(wanted.values().chain(live.values()).copied(), EvaluationOptions::default());
    if needs.iter().all(|(need, _)| need.sources.is_empty() && need.asked.is_none()) {
        return PlanPast::default();
    }
    let calls = |detail| fetch::calls(&needs, from, until, detail);
    let detail = if calls(Detail::Finest) <= calls(Detail::Period) { Detail::Finest } else { Detail::Period };
    let history = match fetch::fetch(aws, &needs, from, until, detail).await {
        Ok(history) => history,
        Err(error) => {
            let unread = PastUnknown::Unread { why: error.to_string(), remedy: error.remedy() };
            let of = |address| AlarmPast { address, outcome: Err(unread.clone()) };
            return PlanPast { alarms: wanted.into_keys().map(of).collect(), before: BTreeMap::new() };
        }
    };
    let asking = BacktestRequest::of(from, until);
    let judged = judge(wanted.values().copied(), &history, asking).into_iter().map(|judged| {
        let outcome = judged.outcome.map(|found| (found.figures, found.verdict)).map_err(|why| {
            match wanted.get(&judged.address).is_some_and(|resource| is_unread(resource, &history)) {
                true => PastUnknown::Unread { why, remedy: None },
                false => PastUnknown::Undecided(why),
            }
        });
        AlarmPast { address: judged.address, outcome }
    });
    let alarms = judged.collect();
    let before = judge(live.values().copied(), &history, asking).into_iter();
    let before = before.filter_map(|judged| Some((judged.address, judged.outcome.ok()?.figures))).collect();
    PlanPast { alarms, before }
}

impl AlarmPast {
    /// The note of a plan, or of its row.
    pub fn note(&self, told: PastNote) -> Option<Note> {
        const UNKNOWN: &str = "what it would have done is not known";
        match (&self.outcome, told) {
            (Ok((figures, verdict)), PastNote::Figures) => {
                let kind = if verdict.is_bad() { NoteKind::Warning } else { NoteKind::Info };
                Some(Note::new(kind, sentence(figures, *verdict)))
            }
            (Ok((_, verdict)), PastNote::Verdict) => {
                let text = format!("would have been {} over the last {DAYS} days", verdict.word());
                verdict.is_bad().then(|| Note::new(NoteKind::Warning, text))
            }
            // A composite over alarms that this plan does not change has nothing new to say.
            (Err(PastUnknown::Undecided(_)), _) if self.address.kind == Kind::CompositeAlarm => None,
            (Err(PastUnknown::Undecided(why)), PastNote::Figures) => {
                Some(Note::new(NoteKind::Info, format!("{UNKNOWN}: {why}")))
            }
            (Err(PastUnknown::Undecided(_)), PastNote::Verdict) => None,
            (Err(PastUnknown::Unread { why, remedy }), _) => {
                let note = Note::new(NoteKind::Warning, format!("{UNKNOWN}: {why}"));
                Some(Note { remedy: remedy.clone(), ..note })
            }
        }
    }
}

/// Whether something that the alarm watches was asked for and could not be read.
fn is_unread(resource: &Resource, history: &MetricHistory) -> bool {
    let Resource::Alarm(alarm) = resource else { return false };
    Condition::of(&alarm.definition(), EvaluationOptions::default())
        .is_ok_and(|condition| history.lacks(&MetricRequirements::of(&alarm.definition(), &condition)))
}

/// The alarms that would be written, as they would be.
fn changed(plan: &Plan) -> BTreeMap<Address, &Resource> {
    let written = plan.changes.iter().filter(|change| {
        matches!(change.action, Action::Create | Action::Update | Action::Replace | Action::Adopt)
            && change.fields.iter().any(|field| !field.field.starts_with("tags.")) | (change.action == Action::Create)
    });
    let alarms = written.filter_map(|change| Some((change.address.clone(), change.after.as_ref()?)));
    alarms.filter(|(_, resource)| resource.kind().is_alarm()).collect()
}

/// The alarms that would be changed or deleted, as they are.
fn live(plan: &Plan) -> BTreeMap<Address, &Resource> {
    let changes = plan
        .changes
        .iter()
        .filter(|change| matches!(change.action, Action::Update | Action::Replace | Action::Adopt | Action::Delete));
    let live = changes.filter_map(|change| Some((change.address.clone(), &change.before.as_ref()?.resource)));
    live.filter(|(_, resource)| resource.kind().is_alarm()).collect()
}

/// Returns the pages of each person from the alarms that the plan changes, before and after; of both sides the subscriptions that it
/// knows: live ones before, those that it leaves behind after. Mute rules likewise.
pub fn pages(plan: &Plan, past: &PlanPast) -> PagesChange {
    let (wanted, live) = (changed(plan), live(plan));
    let stay = |change: &&PlannedChange| change.action != Action::Delete;
    let after = Audience::of(plan.changes.iter().filter(stay).filter_map(|change| change.after.as_ref()));
    let before = Audience::of(plan.changes.iter().filter_map(|change| Some(&change.before.as_ref()?.resource)));
    let fires = past.alarms.iter().filter_map(|one| {
        let figures = one.outcome.as_ref().ok().map(|(figures, _)| figures);
        Some((*wanted.get(&one.address)?, figures))
    });
    let fired = live.iter().map(|(address, resource)| (*resource, past.before.get(address)));
    PagesChange { before: before.pages(fired, &plan.target), after: after.pages(fires, &plan.target) }
}

/// `would have fired 6 times in 14 days, max 25m, 3 within 30m of the one before: noisy`
pub fn sentence(figures: &Figures, verdict: BacktestVerdict) -> String {
    let days = (figures.until - figures.from) / 86_400;
    let time = match days {
        0 => format_seconds(figures.until - figures.from),
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    };
    let word = verdict.word();
    if verdict == BacktestVerdict::Blind {
        return format!("there was no data in {time}: {word}");
    }
    let reason = figures.verdict_reason().map(|reason| format!(", {reason}")).unwrap_or_default();
    let times = match figures.firings {
        0 => return format!("would not have fired in {time}{reason}: {word}"),
        1 => "once".to_owned(),
        n => format!("{n} times"),
    };
    format!("would have fired {times} in {time}, max {}{reason}: {word}", span(figures.longest))
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
