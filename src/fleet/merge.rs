//! Saved reports of shards, or of a run and its retry, joined to one. Pure.

use super::rows::{FORMAT_VERSION, FleetReport, FleetRow, ReportPart, TargetState};
use super::shard::Shard;
use crate::model::Target;
use std::collections::BTreeSet;

/// Why a text is no report, or reports cannot be one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoReport {
    /// Not written by `--report` or `--format json` of a run over a roster.
    #[error("this is no report of a run over a roster: {0}")]
    Unreadable(String),
    /// Of another form than this mlopsctl knows.
    #[error("the report's format version is {0}, and this mlopsctl reads {FORMAT_VERSION}")]
    Version(String),
    /// The files tell of different runs: what differs, and both sides.
    #[error("these reports are of different runs: the {what} is {one} in {first} and {other} in {second}")]
    Different { what: &'static str, one: String, first: String, other: String, second: String },
    /// Two files tell different things of one target, and neither row repeats the other.
    #[error("{one} and {other} say different things of {target}")]
    Twice { target: Target, one: String, other: String },
    /// More targets than the roster that each file names has.
    #[error("these reports have {rows} rows, but their roster has only {targets}")]
    TooMany { rows: usize, targets: usize },
}

impl NoReport {
    /// What to do about it.
    pub fn remedy(&self) -> &'static str {
        match self {
            NoReport::Unreadable(_) => "name a file that a run over --accounts wrote with --report FILE.json",
            NoReport::Version(_) => "use the mlopsctl that wrote it, or run again",
            NoReport::Different { .. } | NoReport::TooMany { .. } => {
                "name the files of one run: the same command, stack and roster, a file a shard"
            }
            NoReport::Twice { .. } => {
                "leave out the one that is out of date; of a run with --retry-failed, the report it was given is the only one it repeats"
            }
        }
    }
}

impl FleetReport {
    /// How many targets of the roster no row tells of.
    pub fn missing(&self) -> usize {
        self.targets.saturating_sub(self.rows.len())
    }
}

/// What reports are together.
#[derive(Debug, Clone, PartialEq)]
pub struct Merged {
    pub report: FleetReport,
    /// Parts that none of the files is, where any of them says that it is one.
    pub missing: Vec<Shard>,
}

/// Joins the reports of one run, one after the other, so that only one is held beside what they are together.
///
/// Command, stack and roster size have to be the same; of parts also their number, the spec and the targets. A target that several
/// files tell of is fine where they agree, and where the row of one repeats that of the other (`--retry-failed`): the later attempt
/// counts, be it better or worse. A row of a target that was not begun says nothing against any other. Anything else is refused, since
/// a report holds no clock by which one could be the newer. So neither the order nor the grouping of the files matters.
#[derive(Debug, Clone, Default)]
pub struct Merge {
    /// The first file, without its rows.
    first: Option<(String, FleetReport)>,
    /// Of all files, one after the other: rows are large, and are in memory once.
    rows: Vec<FleetRow>,
    /// Each file and how many rows it has.
    files: Vec<(String, usize)>,
    /// The first file that says which part it is, and the parts that any said.
    part: Option<(String, ReportPart)>,
    parts: BTreeSet<Shard>,
}

impl Merge {
    /// Adds the report of a file.
    pub fn add(&mut self, file: String, mut report: FleetReport) -> Result<(), NoReport> {
        let mut rows = std::mem::take(&mut report.rows);
        if let Some(part) = report.part.take() {
            self.parts.insert(part.shard);
            let (first, known) = self.part.get_or_insert_with(|| (file.clone(), part.clone()));
            let of = |part: &ReportPart| part.shard.of().to_string();
            same("number of parts", (first, &of(known)), (&file, &of(&part)))?;
            same("spec's fingerprint", (first, &known.spec), (&file, &part.spec))?;
            same("roster's fingerprint", (first, &known.roster), (&file, &part.roster))?;
        }
        let (first, known) = self.first.get_or_insert_with(|| (file.clone(), report.clone()));
        same("command", (first, &known.command), (&file, &report.command))?;
        same("stack", (first, &known.stack), (&file, &report.stack))?;
        let targets = |report: &FleetReport| report.targets.to_string();
        same("number of the roster's targets", (first, &targets(known)), (&file, &targets(&report)))?;
        if self.files.is_empty() {
            // Room for the roster, so that nothing is moved later; a size that nobody has room for is found out at the end.
            let _ = self.rows.try_reserve_exact(report.targets);
        }
        self.files.push((file, rows.len()));
        self.rows.append(&mut rows);
        Ok(())
    }

    /// All of them as one; `None` without any.
    pub fn end(self) -> Result<Option<Merged>, NoReport> {
        let Some((_, mut report)) = self.first else { return Ok(None) };
        report.rows = self.rows;
        if !report.rows.is_sorted_by(|a, b| a.target < b.target) {
            let (files, counts): (Vec<String>, Vec<usize>) = self.files.into_iter().unzip();
            let file_of: Vec<usize> =
                counts.iter().enumerate().flat_map(|(file, rows)| std::iter::repeat_n(file, *rows)).collect();
            let order = in_order_of_files(&report.rows, &file_of);
            let chosen = one_a_target(&report.rows, &file_of, &files, &order)?;
            arrange(&mut report.rows, chosen);
        }
        if report.rows.len() > report.targets {
            return Err(NoReport::TooMany { rows: report.rows.len(), targets: report.targets });
        }
        let of = self.part.map_or(0, |(_, part)| part.shard.of());
        let missing = Shard::all(of).filter(|part| !self.parts.contains(part)).collect();
        Ok(Some(Merged { report, missing }))
    }
}

/// The places of the rows by target, those of one target as their files are given, for what is said of them. Rows are large: none is
/// moved before it is known where it goes.
fn in_order_of_files(rows: &[FleetRow], file_of: &[usize]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_unstable_by(|a, b| (&rows[*a].target, file_of[*a], *a).cmp(&(&rows[*b].target, file_of[*b], *b)));
    order
}

/// Of the places in `order` the one that counts, for each target.
fn one_a_target(
    rows: &[FleetRow],
    file_of: &[usize],
    files: &[String],
    order: &[usize],
) -> Result<Vec<usize>, NoReport> {
    let mut chosen: Vec<usize> = Vec::with_capacity(order.len());
    for at in order {
        let row = &rows[*at];
        let known = chosen.last().copied().filter(|known| rows[*known].target == row.target);
        match known {
            Some(known) => match later(&rows[known], row) {
                Some(Later::First) => {}
                Some(Later::Second) => {
                    chosen.pop();
                    chosen.push(*at);
                }
                None => {
                    let [one, other] = [known, *at].map(|at| files[file_of[at]].clone());
                    return Err(NoReport::Twice { target: row.target.clone(), one, other });
                }
            },
            None => chosen.push(*at),
        }
    }
    Ok(chosen)
}

/// Which of two rows of one target counts.
enum Later {
    First,
    Second,
}

/// The row that counts; `None` where they contradict each other. Rows of which one repeats the other are links of one chain, so that
/// the answer for many does not depend on which two are looked at first.
fn later(first: &FleetRow, second: &FleetRow) -> Option<Later> {
    let is_begun = |row: &FleetRow| row.state != TargetState::NotStarted;
    match (is_begun(first), is_begun(second)) {
        _ if first == second => Some(Later::First),
        (true, false) => Some(Later::First),
        (false, true) => Some(Later::Second),
        // Neither says anything of the target; which one stays is only to be the same in every order.
        (false, false) => {
            let key = |row: &FleetRow| (row.repeats.len(), serde_json::to_string(row).unwrap_or_default());
            Some(if key(first) >= key(second) { Later::First } else { Later::Second })
        }
        (true, true) if first.repeats.contains(&second.mark()) => Some(Later::First),
        (true, true) if second.repeats.contains(&first.mark()) => Some(Later::Second),
        (true, true) => None,
    }
}

/// Keeps the rows of these places, in this order, without a second table of rows.
fn arrange(rows: &mut Vec<FleetRow>, chosen: Vec<usize>) {
    // Where the row of a place went when another one took its place.
    let mut place_of: Vec<usize> = (0..rows.len()).collect();
    let mut row_at: Vec<usize> = place_of.clone();
    for (to, wanted) in chosen.iter().enumerate() {
        let from = place_of[*wanted];
        rows.swap(to, from);
        let moved = row_at[to];
        row_at.swap(to, from);
        place_of[moved] = from;
        place_of[*wanted] = to;
    }
    rows.truncate(chosen.len());
}

fn same(what: &'static str, (first, one): (&str, &str), (second, other): (&str, &str)) -> Result<(), NoReport> {
    if one == other {
        return Ok(());
    }
    let [one, first, other, second] = [one, first, other, second].map(str::to_owned);
    Err(NoReport::Different { what, one, first, other, second })
}

#[cfg(test)]
mod tests {
    use super::super::TargetState;
    use super::super::testing::{report, row, some_report};
    use super::*;

    fn with(state: TargetState, n: usize) -> FleetRow {
        FleetRow { state, ..row(n) }
    }

    fn of(rows: Vec<FleetRow>) -> FleetReport {
        FleetReport { targets: 3, ..report("apply", rows) }
    }

    fn joined(reports: Vec<FleetReport>) -> Result<FleetReport, NoReport> {
        let mut merge = Merge::default();
        for (n, report) in reports.into_iter().enumerate() {
            merge.add(format!("{n}.json"), report)?;
        }
        merge.end().map(|merged| merged.unwrap().report)
    }

    #[test]
    fn shards_become_the_whole_in_any_order() {
        let whole = some_report(7, 60);
        let mut parts: Vec<FleetReport> = (0..4)
            .map(|part| {
                let rows = whole.rows.iter().enumerate().filter(|(n, _)| n % 4 == part).map(|(_, row)| row.clone());
                FleetReport { rows: rows.collect(), ..whole.clone() }
            })
            .collect();
        for _ in 0..4 {
            parts.rotate_left(1);
            assert_eq!(joined(parts.clone()), Ok(whole.clone()));
        }
        parts.pop();
        assert!(joined(parts).unwrap().missing() > 0);
        assert_eq!(Merge::default().end(), Ok(None));
    }

    #[test]
    fn a_retry_takes_the_place_of_what_it_repeats_and_of_nothing_else() {
        let failed = with(TargetState::Failed, 1);
        let again = |state| FleetRow { repeats: failed.repeated(), ..with(state, 1) };
        let first = of(vec![with(TargetState::Applied, 0), failed.clone()]);
        for state in [TargetState::Applied, TargetState::Failed, TargetState::Partial] {
            let retry = of(vec![again(state)]);
            for files in [[first.clone(), retry.clone()], [retry.clone(), first.clone()]] {
                assert_eq!(joined(files.to_vec()).unwrap().rows[1], retry.rows[0], "{state:?}");
            }
        }
        // Not begun says nothing, on whichever side.
        let nothing = of(vec![with(TargetState::NotStarted, 0), again(TargetState::NotStarted)]);
        assert_eq!(joined(vec![nothing.clone(), first.clone()]), Ok(first.clone()));
        assert_eq!(joined(vec![first.clone(), nothing]), Ok(first.clone()));
        // A row that repeats nothing is of another run: which was the later one?
        for state in [TargetState::InSync, TargetState::Failed] {
            let refused = joined(vec![first.clone(), of(vec![with(state, 0)])]).unwrap_err();
            assert!(matches!(&refused, NoReport::Twice { one, .. } if one == "0.json"), "{refused}");
        }
        assert!(joined(vec![first.clone(), of(vec![with(TargetState::Applied, 1)])]).is_err());
        assert!(joined(vec![of(vec![again(TargetState::Applied)]), of(vec![again(TargetState::InSync)])]).is_err());
        assert_eq!(joined(vec![first.clone(), first.clone()]), Ok(first));
    }

    #[test]
    fn reports_of_different_runs_are_refused() {
        let one = of(vec![row(0)]);
        for (other, what) in [
            (FleetReport { command: "plan".into(), ..one.clone() }, "command"),
            (FleetReport { stack: "lab8".into(), ..one.clone() }, "stack"),
            (FleetReport { targets: 4, ..one.clone() }, "number"),
        ] {
            let refused = joined(vec![one.clone(), other]).unwrap_err();
            assert!(refused.to_string().contains(what), "{refused}");
        }
        let rows = |from: usize| of((from..from + 2).map(row).collect());
        assert_eq!(joined(vec![rows(0), rows(2)]), Err(NoReport::TooMany { rows: 4, targets: 3 }));
    }

    /// Parts joined in any grouping, or twice, are the same report, also where targets overlap.
    #[test]
    fn merging_is_associative_and_idempotent() {
        for seed in 0..20 {
            let whole = some_report(seed, 50);
            let part = |from: usize, to: usize| FleetReport { rows: whole.rows[from..to].to_vec(), ..whole.clone() };
            let (a, b, c) = (part(0, 25), part(15, 40), part(30, 50));
            let left = joined(vec![joined(vec![a.clone(), b.clone()]).unwrap(), c.clone()]).unwrap();
            let right = joined(vec![a.clone(), joined(vec![b.clone(), c.clone()]).unwrap()]).unwrap();
            assert_eq!(left, whole, "seed {seed}");
            assert_eq!(right, whole, "seed {seed}");
            assert_eq!(joined(vec![c, a, b, left, right]).unwrap(), whole, "seed {seed}");
        }
    }

    #[test]
    fn what_is_read_is_checked() {
        let text = |report: &FleetReport| serde_json::to_string(report).unwrap();
        let whole = some_report(3, 9);
        assert_eq!(FleetReport::parse(&text(&whole)), Ok(whole.clone()));
        let mut turned = whole.clone();
        turned.rows.reverse();
        assert_eq!(FleetReport::parse(&text(&turned)), Ok(whole.clone()));
        let of_another = FleetReport { format_version: "2".into(), ..whole.clone() };
        assert_eq!(FleetReport::parse(&text(&of_another)), Err(NoReport::Version("2".into())));
        let twice = FleetReport { rows: vec![row(1), row(1)], ..whole.clone() };
        let few = FleetReport { targets: 2, ..whole };
        for wrong in ["", "[]", "{}", "{\"format_version\":\"1\"}", &text(&twice), &text(&few)] {
            assert!(FleetReport::parse(wrong).is_err(), "{wrong}");
        }
    }
}
