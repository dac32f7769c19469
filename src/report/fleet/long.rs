//! The rows of a large run for a page that draws them by need: what many rows have in common stands in it once.

use super::super::html::Markup;
use super::super::html::grid::HtmlGrid;
use super::super::html::long::{CodedValues, LongColumn, LongRows, PackedTexts, long};
use super::super::{field_text, mask};
use super::{MatrixColumn, in_order, row_mood, word};
use crate::apply::ApplyOutcome;
use crate::fleet::{FleetReport, FleetRow, TargetState};
use crate::plan::NoteKind;
use serde_json::Value;
use std::collections::BTreeSet;

/// Rows that are in the page without its script: those that somebody has to look at first.
const PLAIN: usize = 200;
/// A value that is shorter stands in texts by chance.
const SHORTEST: usize = 4;

/// The rows that are in the page without its script.
pub fn first(report: &FleetReport) -> Vec<&FleetRow> {
    let rows = in_order(report);
    let (again, well): (Vec<&FleetRow>, Vec<&FleetRow>) =
        rows.into_iter().partition(|row| row.state.is_worth_another_run());
    again.into_iter().chain(well).take(PLAIN).collect()
}

/// The list of all targets; `grid` has the first of them.
pub fn table(report: &FleetReport, grid: &HtmlGrid, columns: &[MatrixColumn]) -> Markup {
    long(grid, &packed(report, &in_order(report), columns))
}

/// What stands in front of a note.
pub fn lead(kind: NoteKind) -> &'static str {
    match kind {
        NoteKind::Info => "",
        NoteKind::Warning => "warning: ",
        NoteKind::Act => "to do: ",
        NoteKind::Unknown => "unknown: ",
    }
}

fn packed(report: &FleetReport, rows: &[&FleetRow], columns: &[MatrixColumn]) -> LongRows {
    let own: BTreeSet<&str> = rows.iter().flat_map(|row| row.columns.keys()).collect();
    let mut all = LongRows { rows: rows.len(), own: 2, ..LongRows::default() };
    for (at, name) in ["account", "region"].into_iter().chain(own.iter().copied()).enumerate() {
        let mut texts = PackedTexts::default();
        rows.iter().for_each(|row| texts.push(&value(row, at, name)));
        all.names.push((mask::line(name), all.pools.len()));
        all.pools.push(texts);
    }
    for column in columns {
        let packed = self::column(*column, rows, &mut all);
        all.columns.push(packed);
    }
    for row in rows {
        all.kinds.push(word(row.state).to_owned());
        all.moods.push(row_mood(&report.command, row));
        let names: Vec<String> = ["account", "region"]
            .into_iter()
            .chain(own.iter().copied())
            .enumerate()
            .map(|(at, name)| value(row, at, name))
            .collect();
        let lines = lines(row).into_iter().map(|(kind, text)| all.lines.place((kind, templated(&text, &names))));
        let lines = lines.collect();
        all.details.push(lines);
    }
    all
}

/// What the row has under the name at this place: its account, its region, a column of the roster.
fn value(row: &FleetRow, at: usize, name: &str) -> String {
    mask::line(match at {
        0 => &row.target.account,
        1 => &row.target.region,
        _ => row.columns.get(name).unwrap_or_default(),
    })
}

/// The text with the values of the row's names as their places: the script puts them back.
fn templated(text: &str, names: &[String]) -> String {
    let mut order: Vec<usize> = (0..names.len()).filter(|at| names[*at].len() >= SHORTEST).collect();
    order.sort_by_key(|at| (std::cmp::Reverse(names[*at].len()), *at));
    // Of what is left between the values, so that none is looked for in the place of another.
    let mut parts = vec![(text.to_owned(), None)];
    for at in order {
        parts = parts
            .into_iter()
            .flat_map(|(part, place): (String, Option<usize>)| match place {
                None if part.contains(&names[at]) => {
                    let mut cut: Vec<(String, Option<usize>)> = Vec::new();
                    for (n, rest) in part.split(names[at].as_str()).enumerate() {
                        cut.extend((n > 0).then(|| (String::new(), Some(at))));
                        cut.push((rest.to_owned(), None));
                    }
                    cut
                }
                place => vec![(part, place)],
            })
            .collect();
    }
    parts.into_iter().map(|(part, place)| place.map_or(part, |at| format!("\u{1}{at}\u{1}"))).collect()
}

fn column(column: MatrixColumn, rows: &[&FleetRow], all: &mut LongRows) -> LongColumn {
    // Names and accounts are in the pools already, one of which may be all that the column shows.
    let of_pool = |row: &FleetRow, at: usize| value(row, at, &all.names[at].0);
    let is_name = matches!(column, MatrixColumn::Account | MatrixColumn::Region | MatrixColumn::Name);
    if is_name {
        let same = (0..all.names.len()).find(|at| rows.iter().all(|row| column.cell(row) == of_pool(row, *at)));
        let pool = same.unwrap_or_else(|| {
            let mut texts = PackedTexts::default();
            rows.iter().for_each(|row| texts.push(&column.cell(row)));
            all.pools.push(texts);
            all.pools.len() - 1
        });
        return LongColumn::Texts { pool, is_name };
    }
    let (mut values, mut keys) = (CodedValues::<String>::default(), Vec::new());
    for row in rows {
        let shown = column.cell(row);
        let place = values.place(shown.clone());
        if place == keys.len() {
            keys.push(key(column, row, &shown));
        }
        values.push(shown);
    }
    LongColumn::Coded { values, keys, is_badge: column == MatrixColumn::State }
}

/// What a cell is sorted by; nothing comes last.
fn key(column: MatrixColumn, row: &FleetRow, shown: &str) -> Value {
    let total = |sum: &crate::plan::PlanSummary| sum.add + sum.change + sum.destroy + sum.adopt + sum.stop_managing;
    match column {
        MatrixColumn::State => TargetState::ALL.iter().rev().position(|state| *state == row.state).into(),
        MatrixColumn::Planned => row.planned.as_ref().map(total).into(),
        MatrixColumn::Applied => row.applied.as_ref().map(total).into(),
        MatrixColumn::Drift => (!row.drift.is_empty()).then_some(row.drift.len()).into(),
        MatrixColumn::Cost => row.cost.into(),
        _ => (!shown.is_empty()).then(|| shown.to_lowercase()).into(),
    }
}

/// What is known of a row beyond its cells and the roster, line by line, as the page of a small run has it.
fn lines(row: &FleetRow) -> Vec<(char, String)> {
    let mut lines = Vec::new();
    let mut push = |kind: char, text: &str| lines.push((kind, mask::text(text)));
    let said = |push: &mut dyn FnMut(char, &str), kind: char, message: &str, remedy: Option<&str>| {
        push(kind, message);
        if let Some(remedy) = remedy {
            push('d', &format!("fix: {remedy}"));
        }
    };
    if let Some(failure) = &row.failure {
        said(&mut push, 't', &failure.message, failure.remedy.as_deref());
    }
    let failed = |outcome: &ApplyOutcome| *outcome != ApplyOutcome::Done;
    if row.failed.iter().any(|result| failed(&result.outcome)) {
        push('h', "Failed");
    }
    for result in row.failed.iter().filter(|result| failed(&result.outcome)) {
        push('c', &result.address.to_string());
        match &result.outcome {
            ApplyOutcome::Done => {}
            ApplyOutcome::Failed { message, remedy, .. } => said(&mut push, 't', message, remedy.as_deref()),
            ApplyOutcome::Skipped { because_of } => push('t', &format!("skipped, {because_of} failed")),
            ApplyOutcome::NotStarted => push('t', "not started"),
        }
    }
    if !row.drift.is_empty() {
        push('h', "Differs from the spec");
    }
    for drift in &row.drift {
        push('c', &format!("{} {}", drift.action.symbol(), drift.address));
        for field in drift.fields.iter().filter(|field| !field_text::is_mark(field)) {
            for place in field_text::places(field, &row.target) {
                push('d', &format!("{}: {} -> {}", place.path, place.from, place.to));
            }
        }
        if let Some(blocked) = &drift.blocked {
            said(&mut push, 't', &format!("blocked: {}", blocked.reason), Some(&blocked.remedy));
        }
    }
    if !row.notes.is_empty() {
        push('h', "To know");
    }
    for note in &row.notes {
        let text = format!("{}{}", lead(note.kind), note.text);
        said(&mut push, 'i', &text, note.remedy.as_deref());
    }
    lines
}
