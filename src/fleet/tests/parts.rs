//! Parts by every engine's numbering, and reports of parts joined: properties of both.

use crate::fleet::testing::{row, some_report};
use crate::fleet::{FleetReport, Merge, Merged, NoReport, ReportPart, Shard, TargetState, part};
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

/// What is taken file by file is the same in any grouping, also where retries replace failures.
#[test]
fn a_merge_of_retries_is_associative() {
    let mut rng = fastrand::Rng::with_seed(61);
    let states = [TargetState::Applied, TargetState::Failed, TargetState::NotStarted, TargetState::InSync];
    let (mut fine, mut refused) = (0, 0);
    for _ in 0..2_000 {
        let [a, b, c] = [(); 3].map(|()| {
            let mut rows: BTreeMap<Target, _> = BTreeMap::new();
            for n in 0..3 {
                if rng.bool() {
                    let mut one = row(n);
                    one.state = states[rng.usize(..states.len())];
                    rows.insert(one.target.clone(), one);
                }
            }
            FleetReport { targets: 3, ..crate::fleet::testing::report("apply", rows.into_values().collect()) }
        });
        let two = |x: &Result<FleetReport, ()>, y: &Result<FleetReport, ()>| {
            let both = [x.clone()?, y.clone()?];
            joined(&both).map(|merged| merged.report).map_err(|_| ())
        };
        let (a, b, c) = (Ok(a), Ok(b), Ok(c));
        let left = two(&two(&a, &b), &c);
        match left {
            Ok(_) => assert_eq!(left, two(&a, &two(&b, &c))),
            // A failure behind a success is refused; behind the failure that the success repeats, nobody sees it any more.
            Err(()) => refused += 1,
        }
        fine += usize::from(left.is_ok());
    }
    assert!(fine > 200 && refused > 200, "{fine} {refused}");
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
