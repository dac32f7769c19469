//! Parts by every engine's numbering, and reports of parts joined: properties of both.

use crate::fleet::testing::{row, some_report};
use crate::fleet::{FleetReport, FleetRow, Merge, Merged, NoReport, ReportPart, Shard, TargetState, part};
use crate::model::Target;
use std::collections::{BTreeMap, BTreeSet};

type Variables = Vec<(&'static str, String)>;

fn shard(variables: &Variables, shards: Option<u32>) -> Result<Shard, String> {
    let read = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
    part(&read, shards).map(|said| said.shard).map_err(|error| format!("{error}; fix: {}", error.remedy))
}

/// What Slurm sets for a task of `--array=` these numbers, in steps of `step`.
fn slurm(id: u32, numbers: &[u32], step: u32) -> Variables {
    let (least, most) = (numbers.iter().min().unwrap(), numbers.iter().max().unwrap());
    vec![
        ("SLURM_ARRAY_TASK_ID", id.to_string()),
        ("SLURM_ARRAY_TASK_COUNT", numbers.len().to_string()),
        ("SLURM_ARRAY_TASK_MIN", least.to_string()),
        ("SLURM_ARRAY_TASK_MAX", most.to_string()),
        ("SLURM_ARRAY_TASK_STEP", step.to_string()),
    ]
}

fn divide(a: u32, b: u32) -> bool {
    (2..=a.min(b)).any(|divisor| a.is_multiple_of(divisor) && b.is_multiple_of(divisor))
}

/// Every part once.
fn assert_complete(of: u32, found: &[Shard], what: &str) {
    let all: BTreeSet<Shard> = Shard::all(of).collect();
    assert_eq!(found.len(), all.len(), "{what}");
    assert_eq!(found.iter().copied().collect::<BTreeSet<_>>(), all, "{what}");
}

#[test]
fn slurm_arrays_are_all_parts_and_a_task_sent_again_is_the_same() {
    for of in 2..=24 {
        for first in [0, 1, 2, 3, 7, 10, 100, 999] {
            for step in 1..=7 {
                let numbers: Vec<u32> = (0..of).map(|at| first + at * step).collect();
                let what = format!("--array={first}-{}:{step}", numbers.last().unwrap());
                let found: Vec<Shard> =
                    numbers.iter().map(|id| shard(&slurm(*id, &numbers, step), None).expect(&what)).collect();
                assert_complete(of, &found, &what);
                for (id, known) in numbers.iter().zip(&found) {
                    assert!(shard(&slurm(*id, &[*id], 1), None).is_err(), "{what}: {id} alone");
                    let whole = shard(&slurm(*id, &numbers, step), Some(of));
                    if divide(step, of) {
                        // Alone it could not be told apart from another array's, so it is said while all are there.
                        assert!(whole.unwrap_err().contains("sent again alone"), "{what}");
                        continue;
                    }
                    assert_eq!(whole.as_ref(), Ok(known), "{what}");
                    assert_eq!(shard(&slurm(*id, &[*id], 1), Some(of)).as_ref(), Ok(known), "{what}: {id} alone");
                    if step == 1 && *id > first {
                        let two = [first, *id];
                        let again = two.map(|one| shard(&slurm(one, &two, id - first), Some(of)).expect(&what));
                        assert_eq!(again, [found[0], *known], "{what}: {two:?} again");
                    }
                }
            }
        }
    }
}

#[test]
fn numbers_of_other_engines_are_all_parts() {
    for of in [1, 2, 3, 7, 64] {
        let found = |variables: &dyn Fn(u32) -> Variables, shards: Option<u32>| -> Vec<Shard> {
            (0..of).map(|at| shard(&variables(at), shards).unwrap()).collect()
        };
        let batch =
            |at: u32| vec![("AWS_BATCH_JOB_ARRAY_INDEX", at.to_string()), ("AWS_BATCH_JOB_ARRAY_SIZE", of.to_string())];
        let kubernetes = |at: u32| vec![("JOB_COMPLETION_INDEX", at.to_string())];
        let ci = |at: u32| vec![("CI_NODE_INDEX", (at + 1).to_string()), ("CI_NODE_TOTAL", of.to_string())];
        let own = |at: u32| vec![("MLOPSCTL_SHARD", format!("{}/{of}", at + 1))];
        for (variables, shards) in [
            (&batch as &dyn Fn(u32) -> Variables, None),
            (&batch, Some(of)),
            (&kubernetes, Some(of)),
            (&ci, None),
            (&ci, Some(of)),
            (&own, None),
            (&own, Some(of)),
        ] {
            let all: Vec<Shard> = Shard::all(of).collect();
            assert_eq!(found(variables, shards), all);
        }
        // Two that agree are one.
        let both = |at: u32| [own(at), kubernetes(at), batch(at), ci(at)].concat();
        assert_complete(of, &found(&both, None), "all at once");
    }
}

#[test]
fn what_contradicts_itself_is_refused_in_words() {
    let of = |text: &str| -> Variables {
        let pairs = text.split_whitespace().map(|pair| pair.split_once('=').unwrap());
        let names = [
            ("id", "SLURM_ARRAY_TASK_ID"),
            ("min", "SLURM_ARRAY_TASK_MIN"),
            ("max", "SLURM_ARRAY_TASK_MAX"),
            ("count", "SLURM_ARRAY_TASK_COUNT"),
            ("step", "SLURM_ARRAY_TASK_STEP"),
            ("batch", "AWS_BATCH_JOB_ARRAY_INDEX"),
            ("size", "AWS_BATCH_JOB_ARRAY_SIZE"),
            ("pod", "JOB_COMPLETION_INDEX"),
            ("node", "CI_NODE_INDEX"),
            ("total", "CI_NODE_TOTAL"),
            ("own", "MLOPSCTL_SHARD"),
        ];
        let name = |short: &str| names.iter().find(|(known, _)| *known == short).unwrap().1;
        pairs.map(|(short, value)| (name(short), value.to_owned())).collect()
    };
    for (variables, shards, said) in [
        ("", None, "no variable of Slurm"),
        ("total=1", None, "no variable of Slurm"),
        ("size=4", Some(4), "no variable of Slurm"),
        ("node=", Some(4), "no variable of Slurm"),
        ("id=3 min=3 max=3 count=1 step=1", None, "the only task of its array"),
        ("id=0 min=0 max=0 count=1", None, "--shards"),
        ("id=3", None, "the only task"),
        ("id=x count=4", None, "SLURM_ARRAY_TASK_ID=x is no whole number"),
        ("id=1 count=four", None, "SLURM_ARRAY_TASK_COUNT=four is no whole number"),
        ("id=1 count=-4", None, "no whole number"),
        ("id=9 min=0 max=3 count=4", None, "not between 0 and 3"),
        ("id=1 min=0 max=9 count=4", None, "not evenly spaced"),
        ("id=1 min=0 max=6 count=4 step=2", None, "not evenly spaced"),
        ("id=1 min=0 max=3 count=4", Some(3), "the array has 4 tasks, --shards says 3"),
        ("id=5 min=1 max=5 count=2 step=4", Some(4), "more than 4 parts have"),
        ("id=5 min=0 max=19999 count=20000", None, "20000 parts are more than there can be"),
        ("batch=4 size=4", None, "numbers 0 to 3"),
        ("batch=1", None, "AWS_BATCH_JOB_ARRAY_SIZE is not"),
        ("batch=1 size=many", None, "no whole number"),
        ("batch=1 size=4", Some(5), "AWS_BATCH_JOB_ARRAY_SIZE says 4 parts, --shards says 5"),
        ("pod=2", None, "completions"),
        ("pod=4", Some(4), "numbers 0 to 3"),
        ("node=0 total=4", None, "numbers 1 to 4"),
        ("node=5 total=4", None, "numbers 1 to 4"),
        ("node=1 total=0", None, "numbers 1 to 0"),
        ("own=5/4", None, "parts are 1/4 to 4/4"),
        ("own=two", None, "write I/N"),
        ("own=1/4", Some(5), "MLOPSCTL_SHARD says 4 parts, --shards says 5"),
        ("own=1/4 pod=1", None, "one of them is of another job"),
        ("node=1 total=4 batch=3 size=4", None, "AWS_BATCH_JOB_ARRAY_INDEX=3 is part 4/4, CI_NODE_INDEX=1 is part 1/4"),
        ("id=1 min=0 max=3 count=4 pod=2", Some(4), "one of them is of another job"),
    ] {
        let refused = shard(&of(variables), shards).expect_err(variables);
        assert!(refused.contains(said), "{variables} {shards:?}: {refused}");
        assert!(refused.contains("--shard") || refused.contains("write I/N"), "{variables}: no fix in {refused}");
    }
    // The number of parts may come from the one variable that a person sets.
    assert_eq!(shard(&of("id=3 min=3 max=3 count=1 own=4/4"), None), Ok(Shard::new(4, 4).unwrap()));
    assert_eq!(shard(&of("id=0 min=0 max=0 count=1"), Some(1)), Ok(Shard::WHOLE));
}

fn joined(reports: &[FleetReport]) -> Result<Merged, NoReport> {
    let mut merge = Merge::default();
    for (n, report) in reports.iter().enumerate() {
        merge.add(format!("{n}.json"), report.clone())?;
    }
    merge.end().map(Option::unwrap)
}

fn cut(whole: &FleetReport, of: u32) -> Vec<FleetReport> {
    let rows = |shard: Shard| whole.rows.iter().filter(move |row| shard.contains(&row.target)).cloned();
    let part = |shard: Shard| FleetReport {
        rows: rows(shard).collect(),
        part: Some(ReportPart::new(shard, "version: 1", 7)),
        ..whole.head()
    };
    Shard::all(of).map(part).collect()
}

#[test]
fn a_merge_is_the_whole_idempotent_and_does_not_depend_on_order_or_grouping() {
    let mut rng = fastrand::Rng::with_seed(16);
    for seed in 0..60 {
        let whole = some_report(seed, rng.usize(..50));
        let of = rng.u32(1..9);
        let mut parts = cut(&whole, of);
        rng.shuffle(&mut parts);
        let all = joined(&parts).unwrap();
        assert_eq!(all, Merged { report: whole.clone(), missing: Vec::new() });
        assert_eq!(joined(&[parts.clone(), parts.clone()].concat()).unwrap(), all, "the same files twice");
        assert_eq!(joined(&[whole.clone(), whole.clone()]).unwrap().report, whole);
        let middle = rng.usize(..=parts.len());
        let groups = [&parts[..middle], &parts[middle..]].into_iter().filter(|group| !group.is_empty());
        let groups: Vec<FleetReport> = groups.map(|group| joined(group).unwrap().report).collect();
        assert_eq!(joined(&groups).unwrap().report, whole, "grouped");
        // Without some of them, those are named.
        let lost = parts.split_off(rng.usize(1..=parts.len()));
        let mut lost: Vec<Shard> = lost.into_iter().filter_map(|part| part.part).map(|part| part.shard).collect();
        lost.sort_unstable();
        assert_eq!(joined(&parts).unwrap().missing, lost);
    }
}

/// Every way to put reports into one order and then into pairs.
fn grouped(mut reports: Vec<FleetReport>, rng: &mut fastrand::Rng) -> Result<FleetReport, NoReport> {
    rng.shuffle(&mut reports);
    while reports.len() > 1 {
        let at = rng.usize(..reports.len() - 1);
        // Each step is saved and read again, as files are.
        let both: Vec<FleetReport> = reports.drain(at..at + 2).collect();
        let mut saved = String::new();
        let one = joined(&both)?.report;
        crate::report::fleet::json::write(&one, &mut |piece| {
            saved.push_str(piece);
            Ok(())
        })
        .unwrap();
        reports.insert(at, FleetReport::parse(&saved)?);
    }
    Ok(reports.remove(0))
}

/// The row of another attempt, better or worse than the one before.
fn attempt(n: usize, before: Option<&FleetRow>, rng: &mut fastrand::Rng) -> FleetRow {
    let all = TargetState::ALL;
    let repeats = before.map(FleetRow::repeated).unwrap_or_default();
    FleetRow { state: all[rng.usize(..all.len())], repeats, ..row(n) }
}

/// A run, its retries and retries of those, each a report of some of the targets, or of all as `--retry-failed` writes it: in every
/// order and every grouping it is the last attempt at each target.
#[test]
fn a_merge_of_retries_is_the_last_attempt_in_every_order_and_grouping() {
    let mut rng = fastrand::Rng::with_seed(61);
    let (mut better, mut worse) = (0, 0);
    for _ in 0..300 {
        let mut last: BTreeMap<Target, FleetRow> =
            (0..6).map(|n| attempt(n, None, &mut rng)).map(|row| (row.target.clone(), row)).collect();
        let of = |rows: Vec<FleetRow>| FleetReport { targets: 6, ..crate::fleet::testing::report("apply", rows) };
        let mut reports = cut(&of(last.values().cloned().collect()), rng.u32(1..4));
        reports.iter_mut().for_each(|report| report.part = None);
        for _ in 0..rng.usize(1..4) {
            let mut again = Vec::new();
            for n in 0..6 {
                let known = last.get_mut(&row(n).target).unwrap();
                if rng.bool() {
                    let next = attempt(n, Some(known), &mut rng);
                    // What was not begun leaves the attempt before it as it was.
                    let counts = next.state != TargetState::NotStarted || known.state == TargetState::NotStarted;
                    better += usize::from(counts && next.state < known.state);
                    worse += usize::from(counts && next.state > known.state);
                    again.push(next.clone());
                    if counts {
                        *known = next;
                    }
                }
            }
            let all = of(last.values().cloned().collect());
            reports.push(if rng.bool() { all } else { of(again) });
        }
        let whole = of(last.into_values().collect());
        assert_eq!(joined(&reports).unwrap().report, whole);
        for _ in 0..6 {
            assert_eq!(grouped(reports.clone(), &mut rng).unwrap(), whole);
        }
        let twice = [reports.clone(), reports, vec![whole.clone()]].concat();
        assert_eq!(grouped(twice, &mut rng).unwrap(), whole, "idempotent");
    }
    assert!(better > 200 && worse > 200, "{better} {worse}");
}

/// Also of reports that contradict each other every order and every grouping gives the same answer: a report, or that there is none.
#[test]
fn a_contradiction_is_one_in_every_order_and_grouping() {
    let mut rng = fastrand::Rng::with_seed(62);
    let (mut fine, mut refused) = (0, 0);
    for _ in 0..600 {
        // Attempts at one target, each a first one or a repetition of any other.
        let mut rows: Vec<FleetRow> = Vec::new();
        for _ in 0..rng.usize(2..5) {
            let before = rng.choice(&rows).filter(|_| rng.u8(..4) > 0).cloned();
            rows.push(attempt(0, before.as_ref(), &mut rng));
        }
        let one =
            |row: &FleetRow| FleetReport { targets: 1, ..crate::fleet::testing::report("apply", vec![row.clone()]) };
        let reports: Vec<FleetReport> = rows.iter().map(one).collect();
        let all = joined(&reports).map(|merged| merged.report).map_err(|_| ());
        for _ in 0..12 {
            assert_eq!(grouped(reports.clone(), &mut rng).map_err(|_| ()), all, "{rows:#?}");
        }
        fine += usize::from(all.is_ok());
        refused += usize::from(all.is_err());
    }
    assert!(fine > 100 && refused > 100, "{fine} {refused}");
}

#[test]
fn parts_of_different_runs_are_refused_in_words() {
    let whole = some_report(3, 20);
    let parts = cut(&whole, 4);
    let other = |change: &dyn Fn(&mut ReportPart)| {
        let mut part = parts[1].clone();
        change(part.part.as_mut().unwrap());
        joined(&[parts[0].clone(), part]).unwrap_err().to_string()
    };
    let count = other(&|part| part.shard = Shard::new(2, 8).unwrap());
    assert!(count.contains("number of parts is 4 in 0.json and 8 in 1.json"), "{count}");
    let spec = other(&|part| part.spec = ReportPart::new(part.shard, "version: 1 ", 7).spec);
    assert!(spec.contains("the spec's fingerprint is"), "{spec}");
    let roster = other(&|part| part.roster = ReportPart::new(part.shard, "", 8).roster);
    assert!(roster.contains("the roster's fingerprint is"), "{roster}");
}
