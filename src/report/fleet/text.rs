//! A run over many targets for people: the verdict, what is to be done, who has what, what went wrong and what to do about it.

use super::super::budgeted::{BudgetedEntry, within};
use super::super::cost::not_included;
use super::super::{RenderOptions, Tone, count, layout, mask, table};
use super::functions::{self, FunctionTable};
use super::{
    FleetProblem, MatrixColumn, STATUS, TargetNaming, columns, folded, in_order, mood, problems, report_mood, summary,
    total_cost, verdict, word,
};
use crate::fleet::{FleetReport, FleetRow, TargetState};
use crate::model::Target;
use crate::report::html::CellStatus;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// More rows than this fold where they are alike.
const FOLD_ABOVE: usize = 30;
/// Of rows that are alike, so many are shown; of those that somebody has to look at so many; of all so many, the worst first.
const ALIKE: usize = 2;
const TROUBLED: usize = 6;
/// Lines of a report over many targets; of what is shown before something is written that nobody is asked about; and the empty
/// lines between the parts.
const LINES: usize = 60;
const BRIEF: usize = 18;
const GAPS: usize = 5;
/// The commands that show what they will do before they do it.
const WRITES: [&str; 2] = ["apply", "destroy"];
/// Accounts that are named, with their names, where many are folded; of those in ALARM; and columns of a message in short.
const FOLDED_NAMED: usize = 4;
const IN_ALARM: usize = 12;
const SHORT: usize = 80;
/// As AWS calls the state.
const ALARM: &str = "ALARM";
const SHOWN: usize = 40;
/// Columns of a name.
const NAME: usize = 24;
/// Columns that are left out where the words of all do not fit beside each other, the first first.
const GIVES_WAY: [MatrixColumn; 4] =
    [MatrixColumn::Cost, MatrixColumn::Backtest, MatrixColumn::Findings, MatrixColumn::Drift];
/// Targets that a problem names, and problems that are told.
const NAMED: usize = 8;
const PROBLEMS: usize = 25;

/// The whole report, ending in a line feed. Of many targets it has at most `LINES` lines, unless `verbose` asks for all.
pub fn text(report: &FleetReport, look: &RenderOptions) -> String {
    let head = format!("{}\n", look.paint(tone(report_mood(report)), &verdict(report)));
    let mut hint = String::new();
    if report.rows.iter().any(|row| row.state.is_worth_another_run()) {
        let line = "To run only what did not go well again: the same command with --retry-failed and a report saved by --report FILE.json.";
        hint = layout::hang("", line, look.width);
    }
    let end = format!("{}\n", summary(report));
    // What is applied has been shown before it was.
    let lines = if WRITES.contains(&report.command.as_str()) { LINES - BRIEF } else { LINES };
    let inner = inner(report, lines.saturating_sub(length(&head) + length(&hint) + length(&end)), look);
    joined([head, inner, hint, end])
}

/// Before anybody is asked: what would be done where, and what stands in the way. Where nobody is asked (`is_brief`), the report
/// that follows says of many targets what stands in the way.
pub fn question(report: &FleetReport, is_brief: bool, look: &RenderOptions) -> String {
    let head = format!("{}\n", look.paint(Tone::Strong, &verdict(report)));
    if is_brief && is_folded(report, look) {
        let cost = cost(report, look);
        let room = BRIEF.saturating_sub(length(&head) + length(&cost) + GAPS);
        return joined([head, folded::folded_within(report, room, look), cost]);
    }
    joined([head, inner(report, LINES, look)])
}

/// Between the verdict and the end: what is done, who has what, what it costs and what has to be said. A fifth of the lines is
/// for the changes, three for what somebody has to know, and the rest for rows.
fn inner(report: &FleetReport, lines: usize, look: &RenderOptions) -> String {
    if !is_folded(report, look) {
        let parts =
            [folded::folded(report, look), matrix(report, SHOWN, look), cost(report, look), below(report, look)];
        return joined(parts);
    }
    let cost = cost(report, look);
    let room = lines.saturating_sub(length(&cost) + GAPS);
    let changes = folded::folded_within(report, room / 5, look);
    let below = below_within(report, room * 3 / 5, look);
    // The head of the table, and the lines below it that say what is not in it.
    let rows = room.saturating_sub(length(&changes) + length(&below) + 3);
    joined([changes, matrix(report, rows.clamp(TROUBLED, SHOWN), look), cost, below])
}

fn joined<const N: usize>(parts: [String; N]) -> String {
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n")
}

fn length(text: &str) -> usize {
    text.lines().count()
}

/// Whether rows, changes and what has to be said are folded.
fn is_folded(report: &FleetReport, look: &RenderOptions) -> bool {
    !look.verbose && report.rows.len() > FOLD_ABOVE
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
    layout::hang("Cost: ", &format!("{total} a month in {}{apart}", TargetNaming::of(report).count(known)), look.width)
}

fn matrix(report: &FleetReport, most: usize, look: &RenderOptions) -> String {
    if functions::has_any(report) {
        return function_table(report, most, look);
    }
    let mut columns = columns(report);
    // What is the same in all rows says nothing.
    columns.retain(|column| match TargetNaming::of(report) {
        TargetNaming::Account => *column != MatrixColumn::Region,
        TargetNaming::Region => *column != MatrixColumn::Account,
        TargetNaming::Both => true,
    });
    let ordered = in_order(report);
    let shown = shown(report, &ordered, most, look);
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
        let line = format!(" … and {} (-v or --report FILE.html has all)", left.join(", "));
        text += &format!("{}\n", look.paint(Tone::Quiet, &line));
    }
    text
}

/// A line a function, the worst first; of many so many.
pub(super) fn function_table(report: &FleetReport, most: usize, look: &RenderOptions) -> String {
    let functions = FunctionTable::of(report);
    let of = functions.rows.len();
    let most = if look.verbose || of <= FOLD_ABOVE { of } else { most };
    let rows = functions.texts().take(most).map(|row| row.into_iter().map(str::to_owned).collect());
    let mut text = table::table(&functions.titles, rows.collect(), look);
    let mut left = BTreeMap::<_, usize>::new();
    for status in functions.statuses.iter().skip(most) {
        *left.entry(*status).or_default() += 1;
    }
    if !left.is_empty() {
        let left: Vec<String> = left.iter().map(|(status, n)| format!("{n} more {}", status.word())).collect();
        let line = format!(" … and {} (-v or --report FILE.csv has all)", left.join(", "));
        text += &format!("{}\n", look.paint(Tone::Quiet, &line));
    }
    text
}

/// Which of the rows are shown: all of a few; of many at most so many, one of each kind and then some more of those that need
/// somebody, which come first. What is folded away is named in what is said below.
fn shown(report: &FleetReport, rows: &[&FleetRow], most: usize, look: &RenderOptions) -> BTreeSet<usize> {
    let all = 0..rows.len();
    if !is_folded(report, look) {
        return all.collect();
    }
    let mut alike: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for n in all {
        let row = rows[n];
        let cells = [MatrixColumn::Planned, MatrixColumn::Applied, MatrixColumn::Drift].map(|column| column.cell(row));
        let urgency = (row.state.is_worth_another_run(), row.in_alarm() > 0, row.state);
        alike.entry((Reverse(urgency), cells)).or_default().push(n);
    }
    let mut shown = BTreeSet::new();
    for is_first in [true, false] {
        for ((Reverse((again, in_alarm, _)), _), rows) in &alike {
            let of_each = if *again || *in_alarm { TROUBLED } else { ALIKE };
            let of_each = if is_first { 1 } else { of_each };
            for n in rows.iter().take(of_each) {
                if shown.len() < most {
                    shown.insert(*n);
                }
            }
        }
    }
    shown
}

/// What has to be said of many targets, the worst first, in so many lines.
fn below_within(report: &FleetReport, lines: usize, look: &RenderOptions) -> String {
    let mut problems = problems(report);
    if report.command == STATUS {
        let at = problems.iter().position(|one| one.mood != CellStatus::Bad).unwrap_or(problems.len());
        problems.splice(at..at, in_alarm(report));
    }
    let names: BTreeMap<&Target, &str> = report.rows.iter().map(|row| (&row.target, super::name(row))).collect();
    let naming = TargetNaming::of(report);
    let entries = problems.iter().map(|problem| {
        let many = if problem.lead == ALARM { IN_ALARM } else { FOLDED_NAMED };
        let who = |most: usize| {
            let one = |target: &&Target| {
                let name = names.get(target).map_or("", |name| *name);
                mask::line(format!("{} {name}", naming.one(target)).trim_end())
            };
            let named: Vec<String> = problem.targets.iter().take(most).map(|target| one(&target)).collect();
            let more = problem.targets.len() - named.len();
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            format!("{} ({}{more})", naming.count(problem.targets.iter()), named.join(", "))
        };
        let lead = layout::hang("", &format!("{} in {}", problem.lead, who(many)), look.width);
        let lead = lead.replacen(&problem.lead, &look.paint(tone(problem.mood), &problem.lead), 1);
        let short = in_short(&problem.message);
        BudgetedEntry { long: lead + &said(problem, look), short: format!("{} in {}: {short}", problem.lead, who(1)) }
    });
    within(entries.collect(), lines, "; ", "-v or --report FILE.html has all", look)
}

/// A message on part of a line: of a refusal what was refused, not by whom it was asked.
fn in_short(message: &str) -> String {
    let line = mask::line(message);
    let places = line.find("User: ").zip(line.find("is not authorized to perform: "));
    let line = match places.filter(|(from, to)| from < to) {
        Some((from, to)) => format!("{}{}", &line[..from], &line[to..]),
        None => line,
    };
    layout::cut(&line, SHORT)
}

/// Who has alarms in ALARM, by how many.
fn in_alarm(report: &FleetReport) -> Vec<FleetProblem> {
    let mut by_number = BTreeMap::<Reverse<usize>, Vec<Target>>::new();
    for row in report.rows.iter().filter(|row| row.in_alarm() > 0) {
        by_number.entry(Reverse(row.in_alarm())).or_default().push(row.target.clone());
    }
    let problem = |(Reverse(alarms), targets): (Reverse<usize>, Vec<Target>)| FleetProblem {
        lead: ALARM.to_owned(),
        mood: CellStatus::Bad,
        message: format!("{} in ALARM", count(alarms, "alarm")),
        remedy: None,
        targets,
    };
    by_number.into_iter().map(problem).collect()
}

fn below(report: &FleetReport, look: &RenderOptions) -> String {
    let problems = problems(report);
    let shown = if look.verbose { problems.len() } else { PROBLEMS.min(problems.len()) };
    let naming = TargetNaming::of(report);
    let mut text: String = problems.iter().take(shown).map(|one| problem(one, naming, look)).collect();
    if shown < problems.len() {
        let line = format!("… and {} more to know (use -v to see all)", problems.len() - shown);
        text += &format!("{}\n", look.paint(Tone::Quiet, &line));
    }
    text
}

fn problem(problem: &FleetProblem, naming: TargetNaming, look: &RenderOptions) -> String {
    let lead = look.paint(tone(problem.mood), &problem.lead);
    let named = if look.verbose { problem.targets.len() } else { NAMED };
    format!("{lead} in {}\n", naming.who(&problem.targets, named)) + &said(problem, look)
}

/// What is wrong, and what to do about it.
fn said(problem: &FleetProblem, look: &RenderOptions) -> String {
    let mut text = layout::hang("  ", &mask::text(&problem.message), look.width);
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
