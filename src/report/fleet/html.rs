//! The report as one page: figures, what is to be done, who has what with all that is known of a target below its row.

use super::super::html::grid::{HtmlCell, HtmlColumn as Title, HtmlGrid, HtmlRow, grid};
use super::super::html::{CellStatus, HtmlPage, Markup, long_page, page};
use super::super::{RenderOptions, field_text};
use super::functions::{self, FunctionCell, FunctionTable};
use super::text::function_table;
use super::{
    DRIFT, FleetProblem, MatrixColumn, TargetNaming, columns, counted, folded, in_order, long, problems, report_mood,
    row_mood, total_cost, verdict, word,
};
use crate::apply::ApplyOutcome;
use crate::fleet::{Drift, FleetReport, FleetRow, FunctionHealth, TargetState};
use crate::plan::Note;

/// Targets that a problem names.
const NAMED: usize = 12;
/// Longer parts are folded up.
const OPEN: usize = 12;

/// More rows than this are drawn by need.
const LARGE: usize = 2_000;
/// Problems that a page of a large run tells.
const TOLD: usize = 500;

pub fn html(report: &FleetReport) -> String {
    let is_large = report.rows.len() > LARGE;
    let page = if is_large { long_page } else { page };
    page(&HtmlPage {
        title: &format!("{}: {}", report.stack, report.command),
        verdict: &verdict(report),
        mood: report_mood(report),
        figures: figures(report),
        body: Markup::join([to_do(report), changes(report), function_grid(report), table(report)]),
    })
}

fn figures(report: &FleetReport) -> Vec<(&'static str, String)> {
    let mut figures = vec![("Targets", report.rows.len().to_string())];
    if let (Some(row), false) = (report.rows.first(), TargetNaming::of(report) != TargetNaming::Account) {
        figures.push(("Region", row.target.region.clone()));
    }
    for state in TargetState::ALL {
        let n = counted(report, state);
        if n > 0 {
            figures.push((title(state), n.to_string()));
        }
    }
    let sum = |of: &dyn Fn(&FleetRow) -> Option<usize>| report.rows.iter().filter_map(of).reduce(|a, b| a + b);
    let subscriptions = |row: &FleetRow| row.subscriptions.map(|s| s.pending + s.lost + s.missing);
    figures.extend(sum(&|row| row.subscriptions.map(|s| s.confirmed)).map(|n| ("Confirmed", n.to_string())));
    figures.extend(sum(&subscriptions).map(|n| ("Unconfirmed", n.to_string())));
    figures.extend(sum(&|row| row.alarms.map(|a| a.alarm)).map(|n| ("In ALARM", n.to_string())));
    figures.extend(total_cost(report).map(|cost| ("Cost a month", cost)));
    figures
}

fn title(state: TargetState) -> &'static str {
    match state {
        TargetState::InSync => "In sync",
        TargetState::Applied => "Applied",
        TargetState::Pending => "Pending",
        TargetState::Drifted => "Drifted",
        TargetState::NotStarted => "Not started",
        TargetState::Blocked => "Blocked",
        TargetState::Partial => "Partial",
        TargetState::Failed => "Failed",
    }
}

fn changes(report: &FleetReport) -> Markup {
    let text = folded::folded(report, &RenderOptions { width: 100, ..RenderOptions::PLAIN });
    if text.is_empty() {
        return Markup::default();
    }
    panel("What differs", Markup::text(text.trim_end()).within("pre"), text.lines().count() <= OPEN)
}

fn to_do(report: &FleetReport) -> Markup {
    let problems = problems(report);
    if problems.is_empty() {
        return Markup::default();
    }
    let naming = TargetNaming::of(report);
    let most = if report.rows.len() > LARGE { TOLD } else { problems.len() };
    let more = problems.len().saturating_sub(most);
    let more = (more > 0).then(|| Markup::text(&format!("… and {more} more: the list below has them")).within("li"));
    let items = problems.iter().take(most).map(|one| problem(one, naming)).chain(more);
    let title = format!("What to do ({})", problems.len());
    panel(&title, Markup::join(items).within("ul"), problems.len() <= OPEN)
}

/// A part of the page that can be folded up.
fn panel(title: &str, inner: Markup, open: bool) -> Markup {
    let mut attributes = vec![("class", "panel")];
    attributes.extend(open.then_some(("open", "")));
    Markup::join([Markup::text(title).within("summary"), inner]).with("details", &attributes).line()
}

fn problem(problem: &FleetProblem, naming: TargetNaming) -> Markup {
    let lead = Markup::text(&problem.lead).classed("span", &format!("badge {}", problem.mood.class()));
    let who = format!(" {}", naming.who(&problem.targets, NAMED));
    Markup::join([lead, Markup::text(&who), said(&problem.message, problem.remedy.as_deref())]).within("li").line()
}

/// What is said, and below it what to do.
fn said(message: &str, remedy: Option<&str>) -> Markup {
    let remedy = remedy.map(|remedy| Markup::text(&format!("fix: {remedy}")).classed("div", "do"));
    Markup::join([Markup::text(message).within("div"), remedy.unwrap_or_default()])
}

fn table(report: &FleetReport) -> Markup {
    let mut columns = columns(report);
    if TargetNaming::of(report) == TargetNaming::Account {
        columns.retain(|column| *column != MatrixColumn::Region);
    }
    let is_large = report.rows.len() > LARGE;
    let rows = if is_large { long::first(report) } else { in_order(report) };
    let titles = columns.iter().map(|column| Title { title: column.title().to_owned(), numeric: is_number(*column) });
    let whole = HtmlGrid {
        id: "targets",
        caption: "Every target with its state; activate an account to see what is known of it".to_owned(),
        one: "target",
        columns: titles.collect(),
        rows: rows.into_iter().map(|row| line(&report.command, row, &columns)).collect(),
    };
    if is_large { long::table(report, &whole, &columns) } else { grid(&whole) }
}

/// A line a function, the worst first.
fn function_grid(report: &FleetReport) -> Markup {
    if !functions::has_any(report) {
        return Markup::default();
    }
    if report.rows.len() > LARGE {
        let look = RenderOptions { width: 160, ..RenderOptions::PLAIN };
        return panel("Functions", Markup::text(&function_table(report, TOLD, &look)).within("pre"), false);
    }
    let found = FunctionTable::of(report);
    let cells = |row: &[FunctionCell], status: FunctionHealth| {
        let cells = row.iter().enumerate().map(|(n, cell)| match n {
            _ if n >= found.first_number => HtmlCell::number(cell.value, &cell.text),
            _ if n + 1 == found.first_number => HtmlCell::badge(&cell.text, mood(status), status as usize),
            _ => HtmlCell::name(&cell.text),
        });
        cells.collect()
    };
    let titles = found.titles.iter().enumerate();
    let rows = found.rows.iter().zip(&found.statuses).map(|(row, status)| HtmlRow {
        kind: status.word().to_owned(),
        mood: mood(*status),
        cells: cells(row, *status),
        detail: Markup::default(),
    });
    grid(&HtmlGrid {
        id: "functions",
        caption: "Every function with its figures, the worst first".to_owned(),
        one: "function",
        columns: titles
            .map(|(n, title)| Title { title: (*title).to_owned(), numeric: n >= found.first_number })
            .collect(),
        rows: rows.collect(),
    })
}

fn mood(status: FunctionHealth) -> CellStatus {
    match status {
        FunctionHealth::Bad => CellStatus::Bad,
        FunctionHealth::Look => CellStatus::Careful,
        FunctionHealth::Idle => CellStatus::Quiet,
        FunctionHealth::Well => CellStatus::Good,
    }
}

fn is_number(column: MatrixColumn) -> bool {
    matches!(column, MatrixColumn::Planned | MatrixColumn::Applied | MatrixColumn::Drift | MatrixColumn::Cost)
}

fn line(command: &str, row: &FleetRow, columns: &[MatrixColumn]) -> HtmlRow {
    let cells = columns.iter().map(|column| {
        let shown = column.cell(row);
        let total = |sum: &crate::plan::PlanSummary| {
            (sum.add + sum.change + sum.destroy + sum.adopt + sum.stop_managing) as f64
        };
        match column {
            MatrixColumn::State => {
                let rank = TargetState::ALL.iter().rev().position(|state| *state == row.state).unwrap_or_default();
                HtmlCell::badge(&shown, row_mood(command, row), rank)
            }
            MatrixColumn::Planned => HtmlCell::number(row.planned.as_ref().map(total), &shown),
            MatrixColumn::Applied => HtmlCell::number(row.applied.as_ref().map(total), &shown),
            MatrixColumn::Drift => HtmlCell::number((!row.drift.is_empty()).then_some(row.drift.len() as f64), &shown),
            MatrixColumn::Cost => HtmlCell::number(row.cost, &shown),
            MatrixColumn::Account | MatrixColumn::Region | MatrixColumn::Name => HtmlCell::name(&shown),
            _ => HtmlCell::text(&shown),
        }
    });
    HtmlRow {
        kind: word(row.state).to_owned(),
        mood: row_mood(command, row),
        cells: cells.collect(),
        detail: detail(command, row),
    }
}

fn detail(command: &str, row: &FleetRow) -> Markup {
    let mut parts = Vec::new();
    if let Some(failure) = &row.failure {
        parts.push(said(&failure.message, failure.remedy.as_deref()));
    }
    let failed: Vec<Markup> = row
        .failed
        .iter()
        .filter_map(|result| match &result.outcome {
            ApplyOutcome::Done => None,
            ApplyOutcome::Failed { message, remedy, .. } => Some((result, message.clone(), remedy.as_deref())),
            ApplyOutcome::Skipped { because_of } => Some((result, format!("skipped, {because_of} failed"), None)),
            ApplyOutcome::NotStarted => Some((result, "not started".to_owned(), None)),
        })
        .map(|(result, message, remedy)| {
            Markup::join([Markup::text(&result.address.to_string()).within("code"), said(&message, remedy)])
                .within("li")
        })
        .collect();
    parts.push(section("Failed", failed));
    let differs = row.drift.iter().map(|drift| self::drift(command, drift, row)).collect();
    parts.push(section("Differs from the spec", differs));
    parts.push(section("To know", row.notes.iter().map(note).collect()));
    let columns = row.columns.iter().map(|(name, value)| Markup::text(&format!("{name}: {value}")).within("li"));
    parts.push(section("Of the roster", columns.collect()));
    Markup::join(parts)
}

fn section(title: &str, items: Vec<Markup>) -> Markup {
    if items.is_empty() {
        return Markup::default();
    }
    Markup::join([Markup::text(title).within("h3"), Markup::join(items).classed("ul", "lines")])
}

fn drift(command: &str, drift: &Drift, row: &FleetRow) -> Markup {
    let what = if command == DRIFT { folded::difference(drift.action) } else { drift.action.symbol() };
    let mut lines = vec![Markup::text(&format!("{what} {}", drift.address)).within("code")];
    for field in drift.fields.iter().filter(|field| !field_text::is_mark(field)) {
        for place in field_text::places(field, &row.target) {
            let text = format!("{}: {} -> {}", place.path, place.from, place.to);
            lines.push(Markup::text(&text).classed("div", "do"));
        }
    }
    if let Some(blocked) = &drift.blocked {
        lines.push(said(&format!("blocked: {}", blocked.reason), Some(&blocked.remedy)));
    }
    Markup::join(lines).within("li")
}

fn note(note: &Note) -> Markup {
    said(&format!("{}{}", long::lead(note.kind), note.text), note.remedy.as_deref()).within("li")
}
