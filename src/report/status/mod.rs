//! A status for people: the verdict first, then what stands, a line each, then what somebody has to know or do.

mod json;
mod markdown;
#[cfg(test)]
mod tests;
pub mod words;

use crate::model::advice;
pub use json::json;
pub use markdown::markdown;

use super::{RenderOptions, Tone, budget, field_text, layout, mask, plan_text, sparkline};
use crate::backtest::for_plan::span;
use crate::ops::status::{AlarmStatus, DriftState, FunctionStatus, Life, SloStatus, StackStatus};
use crate::plan::{Action, Note, NoteKind};
use crate::resources::{Address, Kind};
use std::collections::BTreeSet;

/// Columns of a sparkline.
const SPARK: usize = 24;
/// Names longer than this are not lined up.
const LONGEST_NAME: usize = 48;

/// The whole status, ending in a line feed. Verbose: also reasons of what is well, and every note.
pub fn text(status: &StackStatus, look: &RenderOptions) -> String {
    let page = StatusText { status, look };
    let verdict = format!("{} in {}: {}", mask::line(&status.stack), status.target, words::verdict(status));
    let mut text = format!("{}\n", look.paint(Tone::Strong, &verdict));
    let parts = [
        page.alarms(),
        page.subscriptions(),
        page.slos(),
        page.functions(),
        page.log_groups(),
        page.drift(),
        page.changes(),
        page.notes(),
    ];
    for part in parts.iter().filter(|part| !part.is_empty()) {
        text += &format!("\n{part}");
    }
    text + &format!("\n{}\n", words::summary(status))
}

struct StatusText<'a> {
    status: &'a StackStatus,
    look: &'a RenderOptions,
}

/// A last column that would be cut to less than this is left out.
const LEAST: usize = 12;

/// A cell and its colour.
type StatusCell = (String, Option<Tone>);

impl StatusText<'_> {
    fn title(&self, title: &str) -> String {
        format!("{}\n", self.look.paint(Tone::Quiet, title))
    }

    /// Rows whose columns are lined up; the last one is cut to the width.
    fn rows(&self, rows: Vec<Vec<StatusCell>>) -> Vec<String> {
        let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
        let widest = |at: usize| {
            let widths = rows.iter().filter_map(|row| Some(layout::width(&row.get(at)?.0)));
            widths.filter(|width| at == 0 || *width <= LONGEST_NAME).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(widest).collect();
        let line = |row: Vec<StatusCell>| {
            let mut line = String::from("  ");
            let mut used = 2;
            for (at, (cell, tone)) in row.iter().enumerate() {
                let room = self.look.width.saturating_sub(used);
                let last = at + 1 == row.len();
                if last && room < layout::width(cell).min(LEAST) {
                    continue;
                }
                let cell = if last { layout::cut(cell, room) } else { cell.clone() };
                let pad = widths[at].saturating_sub(layout::width(&cell));
                used += layout::width(&cell) + pad + 2;
                line += &tone.map_or_else(|| cell.clone(), |tone| self.look.paint(tone, &cell));
                line += &" ".repeat(pad + 2);
            }
            format!("{}\n", line.trim_end())
        };
        rows.into_iter().map(line).collect()
    }

    fn alarms(&self) -> String {
        let alarms = words::by_urgency(&self.status.alarms);
        if alarms.is_empty() {
            return String::new();
        }
        let lines = self.rows(alarms.iter().map(|alarm| self.alarm(alarm)).collect());
        let mut text = self.title("Alarms: state, since when, the last hours (the middle is the threshold), now");
        for (line, alarm) in lines.iter().zip(alarms) {
            text += line;
            for more in self.more_of(alarm) {
                text += &layout::hang("             ", &more, self.look.width);
            }
        }
        text
    }

    fn alarm(&self, alarm: &AlarmStatus) -> Vec<StatusCell> {
        let (symbol, word, tone) = words::alarm_state(alarm);
        let mut row = vec![
            (format!("{symbol} {word:<7}"), Some(tone)),
            (mask::line(&alarm.address.name), None),
            (words::age(alarm.since, self.status.at), None),
        ];
        match &alarm.curve {
            Some(Ok(curve)) => {
                let newest = curve.newest().is_some_and(|value| curve.breaches(value));
                let tone = if newest { Tone::Bad } else { Tone::Special };
                row.push((sparkline::against_threshold(&curve.sketch, SPARK), Some(tone)));
                row.push((format!("{}, threshold {}", words::newest(alarm, curve), words::limit(alarm)), None));
            }
            _ => {
                row.push((" ".repeat(SPARK), None));
                row.push((words::condition(alarm), None));
            }
        }
        row
    }

    /// What is not as it should be, a line each; verbose: everything.
    fn more_of(&self, alarm: &AlarmStatus) -> Vec<String> {
        let mut lines = Vec::new();
        let quiet = alarm.state == Some(mlops_cloudwatch::state::AlarmState::Ok) && !self.look.verbose;
        lines.extend(alarm.reason.as_ref().filter(|_| !quiet).map(words::reason));
        if self.look.verbose {
            lines.push(words::condition(alarm));
            lines.push(format!("notifies {}", words::tells(alarm, self.status)));
        }
        lines.extend(words::hushed(alarm, self.status.at).map(|hushed| format!("nobody is notified: {hushed}")));
        lines.extend(alarm.evaluation.as_deref().map(words::evaluation));
        if let DriftState::Unknown(why) = &alarm.standing {
            lines.push(mask::line(why));
        }
        match &alarm.curve {
            Some(Err(why)) if self.look.verbose => lines.push(mask::line(why)),
            _ => {}
        }
        lines
    }

    fn subscriptions(&self) -> String {
        let rows: Vec<Vec<StatusCell>> = self
            .status
            .subscriptions
            .iter()
            .map(|subscription| {
                let (symbol, word, tone) = words::life(subscription);
                let more = words::more_of(subscription).map(|more| format!(", {more}")).unwrap_or_default();
                vec![
                    (format!("{symbol} {word}"), Some(tone)),
                    (words::endpoint(subscription), None),
                    (format!("of {}{more}", mask::line(&subscription.topic)), None),
                ]
            })
            .collect();
        self.section("Subscriptions", rows)
    }

    fn slos(&self) -> String {
        let row = |one: &SloStatus| {
            let (said, tone, more) = match &one.budget {
                Ok(budget) => {
                    let (left, tone) = budget::left(budget);
                    (left, tone, budget::burning(budget))
                }
                Err(why) => ("error budget unknown".to_owned(), Tone::Careful, mask::line(why)),
            };
            let alarms: Vec<String> = one.slo.composites().filter_map(|address| self.state_of(address)).collect();
            let more = if alarms.is_empty() { more } else { format!("{}; {more}", alarms.join(", ")) };
            let promise = format!("{} % over {}", one.slo.objective, span(one.slo.window));
            let name = format!("  {}", mask::line(&one.slo.name));
            vec![(name, None), (promise, None), (said, Some(tone)), (more, Some(Tone::Quiet))]
        };
        self.section("SLOs", self.status.slos.iter().map(row).collect())
    }

    /// `checkout-page OK`; nothing of an alarm that is not looked at.
    fn state_of(&self, address: &Address) -> Option<String> {
        let alarm = self.status.alarms.iter().find(|alarm| alarm.address == *address)?;
        Some(format!("{} {}", mask::line(&address.name), words::alarm_state(alarm).1))
    }

    fn functions(&self) -> String {
        let row = |function: &FunctionStatus| {
            let (said, tone) = words::function(function, self.status.at);
            let minutes = function.invocations.as_ref().map(|found| found.minutes.as_slice()).unwrap_or_default();
            let minutes: Vec<f64> = minutes.iter().map(|value| value.unwrap_or(f64::NAN)).collect();
            let symbol = if function.facts.is_ok() { " " } else { "!" };
            vec![
                (format!("{symbol} {}", mask::line(&function.name)), None),
                (sparkline::sparkline(&minutes, SPARK, None), Some(Tone::Special)),
                (said, Some(tone)),
                (words::modified(function).unwrap_or_default(), Some(Tone::Quiet)),
            ]
        };
        self.section("Functions", self.status.functions.iter().map(row).collect())
    }

    fn log_groups(&self) -> String {
        let groups = self.status.log_groups.iter();
        let rows = groups.map(|group| {
            let name = mask::line(&group.address.name);
            vec![(format!("  {name}"), None), (words::log_group(group), None)]
        });
        self.section("Log groups", rows.collect())
    }

    fn drift(&self) -> String {
        let mut text = String::new();
        for drift in &self.status.drift {
            let tone = if drift.action == Action::Delete { Tone::Bad } else { Tone::Careful };
            let symbol = self.look.paint(tone, &format!("{:>3}", drift.action.symbol()));
            text += &format!("{symbol} {}\n", mask::line(&drift.address.to_string()));
            for field in drift.fields.iter().filter(|field| self.look.verbose || !field_text::is_mark(field)) {
                text += &field_text::changed(field, &self.status.target, self.look, 6);
            }
            if let Some(blocked) = &drift.blocked {
                text += &layout::hang("      blocked: ", &mask::text(&blocked.reason), self.look.width);
            }
        }
        if text.is_empty() {
            text
        } else {
            format!("{}{text}", self.title(&format!("Drift (see {})", advice::command("plan"))))
        }
    }

    fn changes(&self) -> String {
        let changes = self.status.changes.as_deref().unwrap_or_default();
        let rows = changes.iter().map(|change| {
            vec![
                (words::when(change.at, self.status.at), None),
                (mask::line(&change.alarm), None),
                (words::transition(change), Some(words::state_tone(change.to))),
                (words::reason(&change.reason), Some(Tone::Quiet)),
            ]
        });
        self.section("Last changes of state", rows.collect())
    }

    fn section(&self, title: &str, rows: Vec<Vec<StatusCell>>) -> String {
        if rows.is_empty() { String::new() } else { self.title(title) + &self.rows(rows).concat() }
    }

    /// What to do; that a mail is pending was said above, here is what helps. A note that many have is said once.
    fn notes(&self) -> String {
        let mut said = BTreeSet::new();
        let mut text = String::new();
        let drifted = |kind: Option<Kind>| kind.is_some_and(|kind| kind != Kind::Subscription);
        for (address, note) in &self.status.notes {
            // What a plan would do is the plan's to tell.
            let of_plan = note.kind == NoteKind::Warning
                && address.as_ref().is_some_and(|address| {
                    drifted(Some(address.kind))
                        && self
                            .status
                            .drift
                            .iter()
                            .any(|drift| drift.address == *address && drift.action != Action::Update)
                });
            if (note.kind == NoteKind::Info || of_plan) && !self.look.verbose {
                continue;
            }
            if said.insert((note.text.clone(), address.as_ref().filter(|_| note.kind != NoteKind::Act))) {
                let lead = address.as_ref().filter(|_| note.kind != NoteKind::Act);
                let lead = lead.map(|address| format!("{}: ", mask::line(&address.to_string())));
                text += &plan_text::note(note, lead, self.look, 2);
            }
        }
        for lost in self.status.wanted_subscriptions().filter(|subscription| subscription.life == Life::Lost) {
            let note = Note::new(NoteKind::Act, format!("lost: {} has unsubscribed", lost.endpoint));
            let note = note.remedy(format!(
                "ask them, then {} subscribes them again; or take them out of the spec",
                advice::command("apply")
            ));
            text += &plan_text::note(&note, None, self.look, 2);
        }
        text
    }
}
