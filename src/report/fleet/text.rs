//! A run over many targets for people: the verdict, what is to be done, who has what, what went wrong and what to do about it.

use super::super::cost::not_included;
use super::super::{RenderOptions, Tone, layout, mask, table};
use super::{
    FleetProblem, MatrixColumn, STATUS, columns, folded, has_regions, in_order, mood, problems, report_mood, summary,
    things, total_cost, verdict, whom, word,
};
use crate::fleet::{FleetReport, FleetRow, TargetState};
use crate::report::html::CellStatus;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// More rows than this fold where they are alike.
const FOLD_ABOVE: usize = 30;
/// Of rows that are alike, so many are shown; of those that somebody has to look at so many; of all so many, the worst first.
const ALIKE: usize = 2;
const TROUBLED: usize = 6;
/// Rows in ALARM that are shown of a run that is not read for them.
const IN_ALARM: usize = 5;
const SHOWN: usize = 40;
/// Columns of a name.
const NAME: usize = 24;
/// Columns that are left out where the words of all do not fit beside each other, the first first.
const GIVES_WAY: [MatrixColumn; 4] =
    [MatrixColumn::Cost, MatrixColumn::Backtest, MatrixColumn::Findings, MatrixColumn::Drift];
/// Targets that a problem names, and problems that are told.
const NAMED: usize = 8;
const PROBLEMS: usize = 25;

/// The whole report, ending in a line feed.
pub fn text(report: &FleetReport, look: &RenderOptions) -> String {
    let mut parts = vec![format!("{}\n", look.paint(tone(report_mood(report)), &verdict(report)))];
    parts.push(folded::folded(report, look));
    parts.push(matrix(report, look));
    parts.push(cost(report, look));
    parts.push(below(report, look));
    if report.rows.iter().any(|row| row.state.is_worth_another_run()) {
        let line = "To run only what did not go well again: the same command with --retry-failed and a report saved by --report FILE.json.";
        parts.push(layout::hang("", line, look.width));
    }
    parts.push(format!("{}\n", summary(report)));
    parts.retain(|part| !part.is_empty());
    parts.join("\n")
}

/// Before anybody is asked: what would be done where, and what stands in the way.
pub fn question(report: &FleetReport, look: &RenderOptions) -> String {
    let parts = [
        format!("{}\n", look.paint(Tone::Strong, &verdict(report))),
        folded::folded(report, look),
        matrix(report, look),
        cost(report, look),
        below(report, look),
    ];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n")
}

/// One line a target, while a run goes on: `100000000003 us-east-1 Ada: applied +7`.
pub fn line(row: &FleetRow, look: &RenderOptions) -> String {
    let name = super::name(row);
    let name = if name.is_empty() { String::new() } else { format!(" {}", mask::line(name)) };
    let state = look.paint(tone(mood(row.state)), word(row.state));
    let made = match (row.state, &row.applied, &row.planned) {
        (TargetState::Applied | TargetState::Partial, Some(made), _) => format!(" {}", super::sum(made)),
        (TargetState::Pending, _, Some(planned)) => format!(" {}", super::sum(planned)),
        _ => String::new(),
    };
    let failed = row.failed.iter().find_map(|result| match &result.outcome {
        crate::apply::ApplyOutcome::Failed { message, .. } => Some(format!("{}: {message}", result.address)),
        _ => None,
    });
    let why = row.failure.as_ref().map(|failure| failure.message.clone()).or(failed);
    let why = why.map(|why| format!(": {}", mask::line(&why))).unwrap_or_default();
    format!("{}{name}: {state}{made}{why}", row.target)
}

/// What all targets cost together, and what that does not include.
fn cost(report: &FleetReport, look: &RenderOptions) -> String {
    let Some(total) = total_cost(report) else { return String::new() };
    let usage: BTreeSet<&str> = report.rows.iter().flat_map(|row| row.usage.iter().map(String::as_str)).collect();
    let known = report.rows.iter().filter(|row| row.cost.is_some()).map(|row| &row.target);
    let apart = if usage.is_empty() { String::new() } else { mask::line(&not_included(usage.into_iter())) };
    layout::hang("Cost: ", &format!("{total} a month in {}{apart}", things(known)), look.width)
}

fn matrix(report: &FleetReport, look: &RenderOptions) -> String {
    let mut columns = columns(report);
    if !has_regions(report) {
        columns.retain(|column| *column != MatrixColumn::Region);
    }
    let ordered = in_order(report);
    let shown = shown(report, &ordered, look);
    let cell = |row: &FleetRow, column: &MatrixColumn| match column {
        MatrixColumn::Name => layout::cut(&column.cell(row), NAME),
        column => column.cell(row),
    };
    let rows = shown.iter().map(|n| columns.iter().map(|column| cell(ordered[*n], column)).collect());
    let mut rows: Vec<Vec<String>> = rows.collect();
    let titles = |columns: &[MatrixColumn]| columns.iter().map(|column| column.title()).collect::<Vec<_>>();
    let mut omitted = Vec::new();
    for spare in GIVES_WAY {
        let found = columns.iter().position(|column| *column == spare);
        let Some(at) = found.filter(|_| table::narrowest(&titles(&columns), &rows) > look.width) else { continue };
        omitted.push(columns.remove(at).title());
        rows.iter_mut().for_each(|row| drop(row.remove(at)));
    }
    let mut text = table::table(&titles(&columns), rows, look);
    if !omitted.is_empty() {
        let line = format!(" no room for: {} (a wider terminal or --format csv has them)", omitted.join(", "));
        text += &format!("{}\n", look.paint(Tone::Quiet, &line));
    }
    let mut left = BTreeMap::<Reverse<TargetState>, usize>::new();
    for (_, row) in ordered.iter().enumerate().filter(|(n, _)| !shown.contains(n)) {
        *left.entry(Reverse(row.state)).or_default() += 1;
    }
    if !left.is_empty() {
        let left: Vec<String> = left.iter().map(|(state, n)| format!("{n} more {}", word(state.0))).collect();
        let line = format!(" … and {} (use -v to see all)", left.join(", "));
        text += &format!("{}\n", look.paint(Tone::Quiet, &line));
    }
    text
}

/// Which of the rows are shown: all of a few; of many a few of each kind, more of those that need somebody. In a status, which is
/// read for that, what is in ALARM or needs somebody is never folded away; elsewhere the first of what is in ALARM is shown.
fn shown(report: &FleetReport, rows: &[&FleetRow], look: &RenderOptions) -> BTreeSet<usize> {
    let all = 0..rows.len();
    if look.verbose || all.len() <= FOLD_ABOVE {
        return all.collect();
    }
    let in_status = report.command == STATUS;
    let is_kept = |row: &FleetRow| row.in_alarm() > 0 || (in_status && row.needs_attention());
    let mut alike: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    let (mut kept, mut foldable): (Vec<usize>, Vec<usize>) = all.partition(|n| is_kept(rows[*n]));
    if !in_status {
        foldable.extend(kept.split_off(kept.len().min(IN_ALARM)));
        foldable.sort_unstable();
    }
    for n in foldable {
        let cells =
            [MatrixColumn::Planned, MatrixColumn::Applied, MatrixColumn::Drift].map(|column| column.cell(rows[n]));
        alike.entry((Reverse(rows[n].state), cells)).or_default().push(n);
    }
    let mut shown = BTreeSet::new();
    for ((state, _), rows) in alike {
        let most = if state.0.is_worth_another_run() { TROUBLED } else { ALIKE };
        shown.extend(rows.into_iter().take(most.min(SHOWN.saturating_sub(shown.len()))));
    }
    shown.extend(kept);
    shown
}

fn below(report: &FleetReport, look: &RenderOptions) -> String {
    let problems = problems(report);
    let shown = if look.verbose { problems.len() } else { PROBLEMS.min(problems.len()) };
    let regions = has_regions(report);
    let mut text: String = problems.iter().take(shown).map(|one| problem(one, regions, look)).collect();
    if shown < problems.len() {
        let line = format!("… and {} more to know (use -v to see all)", problems.len() - shown);
        text += &format!("{}\n", look.paint(Tone::Quiet, &line));
    }
    text
}

fn problem(problem: &FleetProblem, regions: bool, look: &RenderOptions) -> String {
    let lead = look.paint(tone(problem.mood), &problem.lead);
    let named = if look.verbose { problem.targets.len() } else { NAMED };
    let who = format!("{} ({})", things(problem.targets.iter()), whom(&problem.targets, regions, named));
    let mut text = format!("{lead} in {who}\n");
    text += &layout::hang("  ", &mask::text(&problem.message), look.width);
    if let Some(remedy) = &problem.remedy {
        text += &layout::hang("  fix: ", &mask::text(remedy), look.width);
    }
    text
}

fn tone(mood: CellStatus) -> Tone {
    match mood {
        CellStatus::Good => Tone::Good,
        CellStatus::Careful => Tone::Careful,
        CellStatus::Bad => Tone::Bad,
        CellStatus::Quiet => Tone::Quiet,
    }
}
