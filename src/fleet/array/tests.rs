//! Parts are disjoint, complete, and the same when a task is sent again, however an engine numbers its tasks.

use super::*;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

type Variables = BTreeMap<String, String>;

fn variables<const N: usize>(pairs: [(&str, u32); N]) -> Variables {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_string())).collect()
}

fn auto(variables: &Variables, parts: Option<u32>) -> Result<String, NoShard> {
    let read = |name: &str| variables.get(name).filter(|value| !value.is_empty()).cloned();
    auto_shard(&read, parts.and_then(NonZeroU32::new)).map(|auto| auto.shard.to_string())
}

/// A task of `sbatch --array=first-last:step`, as Slurm 22.05 describes it.
fn task(id: u32, first: u32, count: u32, step: u32) -> Variables {
    variables([
        ("SLURM_ARRAY_TASK_ID", id),
        ("SLURM_ARRAY_TASK_MIN", first),
        ("SLURM_ARRAY_TASK_MAX", first + (count - 1) * step),
        ("SLURM_ARRAY_TASK_COUNT", count),
        ("SLURM_ARRAY_TASK_STEP", step),
    ])
}

#[test]
fn each_engine_says_its_part() {
    let own = Variables::from([("MLOPSCTL_SHARD".to_owned(), "3/4".to_owned())]);
    let batch = variables([("AWS_BATCH_JOB_ARRAY_INDEX", 2), ("AWS_BATCH_JOB_ARRAY_SIZE", 4)]);
    let gitlab = variables([("CI_NODE_INDEX", 3), ("CI_NODE_TOTAL", 4)]);
    for said in [own, batch, gitlab, task(3, 1, 4, 1)] {
        assert_eq!(auto(&said, None).unwrap(), "3/4", "{said:?}");
        assert_eq!(auto(&said, Some(4)).unwrap(), "3/4", "{said:?}");
        let other = auto(&said, Some(3)).unwrap_err();
        assert!(matches!(other, NoShard::OtherCount { .. }), "{said:?}: {other}");
    }
    let kubernetes = variables([("JOB_COMPLETION_INDEX", 2)]);
    assert_eq!(auto(&kubernetes, Some(4)).unwrap(), "3/4");
    assert_eq!(auto(&kubernetes, None).unwrap_err(), NoShard::NoCount { variable: "JOB_COMPLETION_INDEX" });
}

#[test]
fn what_cannot_be_told_is_refused_in_words() {
    let cases: [(Variables, Option<u32>, &str); 9] = [
        (
            Variables::new(),
            None,
            "no variable of the environment says which part this is: MLOPSCTL_SHARD, SLURM_ARRAY_TASK_ID",
        ),
        (task(3, 3, 1, 1), None, "the Slurm array has task 3 alone"),
        (variables([("JOB_COMPLETION_INDEX", 4)]), Some(4), "JOB_COMPLETION_INDEX makes this part 5 of 4"),
        (variables([("CI_NODE_INDEX", 0), ("CI_NODE_TOTAL", 4)]), None, "CI_NODE_INDEX makes this part 0 of 4"),
        (task(3, 1, 4, 1), Some(2), "SLURM_ARRAY_TASK_COUNT is of 4 parts, --shards says 2"),
        (
            Variables::from([("AWS_BATCH_JOB_ARRAY_INDEX".to_owned(), "two".to_owned())]),
            Some(4),
            "AWS_BATCH_JOB_ARRAY_INDEX=two is no number",
        ),
        (Variables::from([("MLOPSCTL_SHARD".to_owned(), "3".to_owned())]), None, "MLOPSCTL_SHARD=3: write I/N"),
        (
            variables([
                ("SLURM_ARRAY_TASK_ID", 7),
                ("SLURM_ARRAY_TASK_MIN", 1),
                ("SLURM_ARRAY_TASK_MAX", 7),
                ("SLURM_ARRAY_TASK_COUNT", 3),
            ]),
            None,
            "the Slurm array has 3 tasks from 1 to 7 at uneven distances",
        ),
        (
            task(3, 1, 4, 1).into_iter().chain(variables([("CI_NODE_INDEX", 1), ("CI_NODE_TOTAL", 4)])).collect(),
            None,
            "SLURM_ARRAY_TASK_ID says part 3/4, CI_NODE_INDEX says part 1/4",
        ),
    ];
    for (said, parts, words) in cases {
        let refused = auto(&said, parts).unwrap_err();
        assert!(refused.to_string().starts_with(words), "{said:?}: {refused}");
        assert!(!refused.remedy().is_empty());
    }
}

#[test]
fn a_task_that_is_sent_again_alone_needs_the_number_of_parts() {
    assert_eq!(auto(&task(3, 3, 1, 1), Some(4)).unwrap(), "3/4");
    assert_eq!(auto(&task(0, 0, 1, 1), Some(1)).unwrap(), "1/1");
    // Two of them: Slurm says nothing of the array that they were of.
    let two = |id| {
        variables([
            ("SLURM_ARRAY_TASK_ID", id),
            ("SLURM_ARRAY_TASK_MIN", 2),
            ("SLURM_ARRAY_TASK_MAX", 5),
            ("SLURM_ARRAY_TASK_COUNT", 2),
            ("SLURM_ARRAY_TASK_STEP", 1),
        ])
    };
    assert_eq!([auto(&two(2), Some(6)).unwrap(), auto(&two(5), Some(6)).unwrap()], ["2/6", "5/6"]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn the_tasks_of_an_array_are_all_parts_each_once(first in 0_u32..5_000, count in 2_u32..60, step in 1_u32..9) {
        let ids: Vec<u32> = (0..count).map(|n| first + n * step).collect();
        for parts in [None, Some(count)] {
            let shards: BTreeSet<String> = ids.iter().map(|id| auto(&task(*id, first, count, step), parts).unwrap()).collect();
            let all: BTreeSet<String> = (1..=count).map(|n| format!("{n}/{count}")).collect();
            prop_assert_eq!(shards, all);
        }
        // Sent again alone, a task is the same part.
        if greatest_common_divisor(step, count) == 1 {
            for id in ids {
                let whole = auto(&task(id, first, count, step), None).unwrap();
                prop_assert_eq!(auto(&task(id, id, 1, 1), Some(count)).unwrap(), whole);
            }
        }
    }

    #[test]
    fn indices_from_zero_or_one_are_all_parts(count in 1_u32..200) {
        let all: Vec<String> = (1..=count).map(|n| format!("{n}/{count}")).collect();
        let batch = |n| variables([("AWS_BATCH_JOB_ARRAY_INDEX", n), ("AWS_BATCH_JOB_ARRAY_SIZE", count)]);
        let gitlab = |n| variables([("CI_NODE_INDEX", n + 1), ("CI_NODE_TOTAL", count)]);
        let kubernetes = |n| variables([("JOB_COMPLETION_INDEX", n)]);
        for n in 0..count {
            let part = &all[n as usize];
            prop_assert_eq!(&auto(&batch(n), None).unwrap(), part);
            prop_assert_eq!(&auto(&gitlab(n), None).unwrap(), part);
            prop_assert_eq!(&auto(&kubernetes(n), Some(count)).unwrap(), part);
        }
    }
}
