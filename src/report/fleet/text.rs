//! A run over many targets for people: the verdict, what is to be done, who has what, what went wrong and what to do about it.

use super::super::{Look, Tone, layout, mask, table};
use super::{
    Column, Problem, columns, counted, folded, has_regions, mood, problems, summary, things, verdict, whom, word, worst,
};
use crate::fleet::{FleetReport, Row, State};
use crate::report::html::Mood;
use std::collections::{BTreeMap, BTreeSet};

/// More rows than this fold where they are alike.
const FOLD_ABOVE: usize = 30;
/// Of rows that are alike, so many are shown; and so many of all, the worst first.
const ALIKE: usize = 2;
const SHOWN: usize = 40;
/// Targets that a problem names, and problems that are told.
const NAMED: usize = 8;
const PROBLEMS: usize = 25;

/// The whole report, ending in a line feed.
pub fn text(report: &FleetReport, look: &Look) -> String {
    let mut parts = vec![format!("{}\n", look.paint(tone(mood(worst(report))), &verdict(report)))];
    parts.push(folded::folded(report, look));
    parts.push(matrix(report, look));
    parts.push(below(report, look));
    parts.push(format!("{}\n", summary(report)));
    parts.retain(|part| !part.is_empty());
    parts.join("\n")
}

/// Before anybody is asked: what would be done where, and what stands in the way.
pub fn question(report: &FleetReport, look: &Look) -> String {
    let parts = [
        format!("{}\n", look.paint(Tone::Strong, &verdict(report))),
        folded::folded(report, look),
        below(report, look),
    ];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n")
}

/// One line a target, while a run goes on: `100000000003 us-east-1 Ada: applied +7`.
pub fn line(row: &Row, look: &Look) -> String {
    let name = super::name(row);
    let name = if name.is_empty() { String::new() } else { format!(" {}", mask::line(name)) };
    let state = look.paint(tone(mood(row.state)), word(row.state));
    let made = match (row.state, &row.applied, &row.planned) {
        (State::Applied | State::Partial, Some(made), _) => format!(" {}", super::sum(made)),
        (State::Pending, _, Some(planned)) => format!(" {}", super::sum(planned)),
        _ => String::new(),
    };
    let failed = row.failed.iter().find_map(|result| match &result.outcome {
        crate::apply::Outcome::Failed { message, .. } => Some(format!("{}: {message}", result.address)),
        _ => None,
    });
    let why = row.failure.as_ref().map(|failure| failure.message.clone()).or(failed);
    let why = why.map(|why| format!(": {}", mask::line(&why))).unwrap_or_default();
    format!("{}{name}: {state}{made}{why}", row.target)
}

fn matrix(report: &FleetReport, look: &Look) -> String {
    let mut columns = columns(report);
    if !has_regions(report) {
        columns.retain(|column| *column != Column::Region);
    }
    let (shown, alike) = shown(report, &columns, look);
    let header: Vec<&str> = columns.iter().map(|column| column.title()).collect();
    let rows = shown.iter().map(|row| columns.iter().map(|column| column.cell(row)).collect());
    let mut text = table::table(&header, rows.collect(), look);
    for (like, n) in alike {
        let line = format!("  … and {n} more like {}: {}", like.target.account, word(like.state));
        text += &format!("{}\n", look.paint(Tone::Quiet, &line));
    }
    let told = shown.len();
    if told < report.rows.len() && !look.verbose {
        text += &format!("{}\n", look.paint(Tone::Quiet, "  (use -v to see all)"));
    }
    text
}

/// The rows that are shown, in their order; and of those that are left out, one like them that is shown, and how many.
fn shown<'a>(report: &'a FleetReport, columns: &[Column], look: &Look) -> (Vec<&'a Row>, Vec<(&'a Row, usize)>) {
    if look.verbose || report.rows.len() <= FOLD_ABOVE {
        return (report.rows.iter().collect(), Vec::new());
    }
    let own = [Column::Account, Column::Region, Column::Name];
    let mut groups: BTreeMap<Vec<String>, Vec<usize>> = BTreeMap::new();
    for (n, row) in report.rows.iter().enumerate() {
        let like = columns.iter().filter(|column| !own.contains(column)).map(|column| column.cell(row)).collect();
        groups.entry(like).or_default().push(n);
    }
    let mut groups: Vec<Vec<usize>> = groups.into_values().collect();
    let worst_first = |group: &Vec<usize>| (std::cmp::Reverse(report.rows[group[0]].state), group[0]);
    groups.sort_by_key(worst_first);
    let (mut chosen, mut alike) = (BTreeSet::new(), Vec::new());
    for group in &groups {
        // The last one is not folded away alone.
        let first = if group.len() == ALIKE + 1 { group.len() } else { ALIKE };
        let room = SHOWN.saturating_sub(chosen.len());
        let here: Vec<usize> = group.iter().copied().take(first.min(room)).collect();
        let rest = group.len() - here.len();
        chosen.extend(here);
        if rest > 0 {
            alike.push((&report.rows[group[0]], rest));
        }
    }
    if alike.len() > ALIKE * SHOWN {
        alike = of_states(report, &chosen);
    }
    (chosen.into_iter().map(|n| &report.rows[n]).collect(), alike)
}

/// Where even the groups are too many: what is left out, by state.
fn of_states<'a>(report: &'a FleetReport, chosen: &BTreeSet<usize>) -> Vec<(&'a Row, usize)> {
    let mut left: BTreeMap<std::cmp::Reverse<State>, (&Row, usize)> = BTreeMap::new();
    for (_, row) in report.rows.iter().enumerate().filter(|(n, _)| !chosen.contains(n)) {
        left.entry(std::cmp::Reverse(row.state)).or_insert((row, 0)).1 += 1;
    }
    left.into_values().collect()
}

fn below(report: &FleetReport, look: &Look) -> String {
    let problems = problems(report);
    let shown = if look.verbose { problems.len() } else { PROBLEMS.min(problems.len()) };
    let regions = has_regions(report);
    let mut text: String = problems.iter().take(shown).map(|one| problem(one, regions, look)).collect();
    if shown < problems.len() {
        let line = format!("… and {} more to know (use -v to see all)", problems.len() - shown);
        text += &format!("{}\n", look.paint(Tone::Quiet, &line));
    }
    let again = report.rows.iter().filter(|row| row.state.is_worth_another_run()).count();
    if again > 0 && counted(report, State::Pending) < report.rows.len() {
        let line =
            "run only these again: the same command with --retry-failed and the report saved by --report FILE.json";
        text += &layout::hang("  do: ", line, look.width);
    }
    text
}

fn problem(problem: &Problem, regions: bool, look: &Look) -> String {
    let lead = look.paint(tone(problem.mood), &problem.lead);
    let who = format!("{} ({})", things(problem.targets.iter()), whom(&problem.targets, regions, NAMED));
    let mut text = format!("{lead} in {who}\n");
    text += &layout::hang("  ", &mask::text(&problem.message), look.width);
    if let Some(remedy) = &problem.remedy {
        text += &layout::hang("  do: ", &mask::text(remedy), look.width);
    }
    text
}

fn tone(mood: Mood) -> Tone {
    match mood {
        Mood::Good => Tone::Good,
        Mood::Careful => Tone::Careful,
        Mood::Bad => Tone::Bad,
        Mood::Quiet => Tone::Quiet,
    }
}
