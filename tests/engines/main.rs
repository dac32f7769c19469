//! Parts of a roster as engines start them: the program under each engine's variables, the shipped script under a stand-in of Slurm, and
//! the shipped definitions before others' judges (`tests/setup` installs those).

mod cluster;
mod faults;
mod slurm;
#[path = "../support/mod.rs"]
mod support;

use std::path::{Path, PathBuf};
use std::process::Command;
use support::{Desk, Ran, example};

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn run(command: &mut Command) -> String {
    let ran = command.output().expect("it runs: has `bash tests/setup` been run?");
    let said = String::from_utf8_lossy(&ran.stdout).into_owned() + &String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{said}");
    said
}

const ACCOUNTS: usize = 9;

/// A spec and a roster.
fn desk() -> Desk {
    let desk = Desk::new().with(&["--quiet"]);
    desk.write("alarms.yaml", &std::fs::read_to_string(root("alarms.yaml")).unwrap());
    let lines: String = (1..=ACCOUNTS).map(|n| format!("30000000000{n},s{n}@example.edu\n")).collect();
    desk.write("roster.csv", &format!("account,email\n{lines}"));
    desk
}

/// A small spec, and a roster of so many accounts with a person each.
fn desk_of(accounts: usize) -> Desk {
    let desk = Desk::new();
    let spec = "version: 1
stack: parts
region: us-east-1
vars: { email: { required: true } }
topics:
  on-call: { subscriptions: [{ protocol: email, endpoint: \"${email}\" }] }
alarms:
  errors: { namespace: AWS/Lambda, metric_name: Errors, statistic: Sum, threshold: \"> 5\", notify: on-call }
";
    desk.write("alarms.yaml", spec);
    let rows: String = (0..accounts).map(|n| format!("{},us-east-1,s{n}@example.edu\n", 300_000_000_000 + n)).collect();
    desk.write("roster.csv", &format!("account,region,email\n{rows}"));
    desk
}

fn apply(desk: &Desk, words: &[&str], variables: &[(&str, &str)]) -> Ran {
    let usual = ["apply", "--sandbox", "--yes", "--accounts", "roster.csv"];
    Ran::of(desk.command(&[&usual[..], words].concat()).envs(variables.iter().copied()))
}

fn parts(desk: &Desk, folder: &str) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(desk.path(folder))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// A part that was killed is named and ends the merge with 5; sent again, as each engine does that, it writes its own file, and then the
/// merge is what one machine would have written.
#[test]
fn a_part_that_is_missing_is_named_and_sent_again() {
    let desk = desk();
    let task = |id: &str| {
        apply(
            &desk,
            &["--shard", "auto", "--report", "r/"],
            &[
                ("SLURM_ARRAY_TASK_ID", id),
                ("SLURM_ARRAY_TASK_MIN", "10"),
                ("SLURM_ARRAY_TASK_MAX", "12"),
                ("SLURM_ARRAY_TASK_COUNT", "3"),
                ("SLURM_ARRAY_TASK_STEP", "1"),
            ],
        )
    };
    task("10").exits(0);
    task("11").exits(0);
    assert_eq!(parts(&desk, "r"), ["part-2-of-3.json", "part-3-of-3.json"]);
    desk.run(&["report", "merge", "r/"]).exits(5).says("part 1/3 is missing").says("--shard 1/3");
    // Alone the array says nothing of the others.
    let alone = [
        ("SLURM_ARRAY_TASK_ID", "12"),
        ("SLURM_ARRAY_TASK_MIN", "12"),
        ("SLURM_ARRAY_TASK_MAX", "12"),
        ("SLURM_ARRAY_TASK_COUNT", "1"),
    ];
    apply(&desk, &["--shard", "auto", "--report", "r/"], &alone)
        .exits(64)
        .says("the only task of its array")
        .says("--shards");
    apply(&desk, &["--shard", "auto", "--shards", "3", "--report", "r/"], &alone).exits(0);
    assert_eq!(parts(&desk, "r"), ["part-1-of-3.json", "part-2-of-3.json", "part-3-of-3.json"]);
    desk.run(&["report", "merge", "r/", "--out", "merged.json"]).exits(0);

    let whole = self::desk();
    apply(&whole, &["--report", "whole.json"], &[]).exits(0);
    assert_eq!(desk.read("merged.json"), whole.read("whole.json"));
    // The same part of another count, spec or roster is of another run.
    apply(&desk, &["--shard", "auto", "--report", "r/"], &[("MLOPSCTL_SHARD", "1/4")]).exits(0);
    desk.run(&["report", "merge", "r/"]).exits(64).says("number of parts is 3").says("part-1-of-4.json");
    std::fs::remove_file(desk.path("r/part-1-of-4.json")).unwrap();
    desk.write("alarms.yaml", &(desk.read("alarms.yaml") + "\n# another\n"));
    apply(&desk, &["--shard", "2/3", "--report", "r"], &[]).exits(0);
    desk.run(&["report", "merge", "r/"]).exits(64).says("the spec's fingerprint is").says("part-2-of-3.json");
    desk.run(&["report", "merge", "nowhere/"]).exits(1).says("could not read the folder");
    std::fs::create_dir(desk.path("empty")).unwrap();
    desk.run(&["report", "merge", "empty"]).exits(64).says("holds no part of a report");
}

/// The same command line again: a part does only what it left, and begins where it never came to report. The whole roster takes up all
/// parts.
#[test]
fn what_failed_is_taken_up_from_a_folder() {
    let desk = desk();
    let usual = [
        "apply",
        "--sandbox=sandbox.json",
        "--yes",
        "--accounts",
        "roster.csv",
        "--report",
        "r/",
        "--retry-failed",
        "r/",
    ];
    let again = |part: &str, lost: std::ops::Range<usize>| {
        let lost: Vec<String> = lost.map(|n| format!("no-role=30000000000{n}")).collect();
        let more = ["--shard", "auto", "--shards", "3", "--sandbox-faults", &lost.join(",")];
        Ran::of(desk.command(&[&usual[..], &more].concat()).env("JOB_COMPLETION_INDEX", part))
    };
    let rows = |name: &str| -> usize {
        let report: serde_json::Value = serde_json::from_str(&desk.read(name)).unwrap();
        report["rows"].as_array().unwrap().len()
    };
    let codes = ["0", "1"].map(|part| again(part, 1..5).code.unwrap());
    assert!(codes.iter().all(|code| [0, 4, 5].contains(code)) && codes != [0, 0], "{codes:?}");
    // Whoever was applied is not reached again: it would fail.
    again("0", 5..10).exits(0);
    let before = rows("r/part-1-of-3.json") + rows("r/part-2-of-3.json");
    desk.run(&["report", "merge", "r/"]).exits(5).says("part 3/3 is missing");
    desk.run(&usual).exits(0);
    assert_eq!(parts(&desk, "r"), ["part-1-of-3.json", "part-2-of-3.json", "part-3-of-3.json"]);
    assert_eq!(before + rows("r/part-3-of-3.json"), ACCOUNTS);
    desk.run(&["report", "merge", "r/"]).exits(0).says(&format!("{ACCOUNTS} applied"));
    assert_eq!(desk.confirmations(), ACCOUNTS, "nobody gets a second mail");
}

/// By the code it ended with, and at most twice.
#[test]
fn the_shipped_script_requeues_what_passes_and_nothing_else() {
    let script = example("engines/slurm.sh").display().to_string();
    run(Command::new("bash").args(["-n", &script]));
    for (code, restarts, requeues) in
        [(0, "0", false), (5, "0", true), (75, "1", true), (5, "2", false), (143, "", true), (130, "0", true)]
            .into_iter()
            .chain([1, 2, 3, 4, 6, 7, 8, 64, 65, 70].map(|code| (code, "0", false)))
    {
        let desk = Desk::new();
        for (name, text) in [
            ("srun", "exec \"$@\"".to_owned()),
            ("mlopsctl", format!("echo \"$@\" > called; exit {code}")),
            ("scontrol", "echo \"$@\" > requeued".to_owned()),
        ] {
            desk.write(name, &format!("#!/bin/sh\n{text}\n"));
            run(Command::new("chmod").arg("+x").arg(desk.path(name)));
        }
        let path = format!("{}:/usr/bin:/bin", desk.path(".").display());
        let mut bash = Command::new("bash");
        bash.arg(&script).current_dir(desk.path(".")).env_clear().env("PATH", path);
        bash.envs([("SLURM_ARRAY_JOB_ID", "7"), ("SLURM_ARRAY_TASK_ID", "2"), ("SLURM_RESTART_COUNT", restarts)]);
        let ended = bash.output().unwrap();
        assert_eq!(ended.status.code(), Some(code), "{}", String::from_utf8_lossy(&ended.stderr));
        assert!(desk.read("called").contains("--shard auto --shards 4 --report reports/7/ --retry-failed reports/7/"));
        assert_eq!(desk.path("requeued").exists(), requeues, "{code} after {restarts} restarts");
        assert!(!requeues || desk.read("requeued").trim() == "requeue 7_2");
    }
}

/// Kubernetes' published schemas, GitLab's, and AWS's model of Batch.
#[test]
fn what_is_shipped_for_engines_is_what_they_take() {
    let tool = |name: &str| Command::new(root("target/tools/venv/bin").join(name));
    let folder = root("examples/engines");
    run(tool("kubernetes-validate").arg("--strict").arg(folder.join("kubernetes.yaml")));
    let gitlab = ["--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci"];
    run(tool("check-jsonschema").args(gitlab).arg(folder.join("gitlab-ci.yml")));
    run(tool("python").arg(root("tests/engines/judges.py")).arg(&folder));
    // The judge can find fault.
    let desk = Desk::new();
    let job = std::fs::read_to_string(folder.join("kubernetes.yaml")).unwrap();
    desk.write("job.yaml", &job.replace("action: FailIndex", "actions: FailIndex"));
    let wrong = tool("kubernetes-validate").arg("--strict").arg(desk.path("job.yaml")).output().unwrap();
    assert!(!wrong.status.success());
}

/// The shipped command lines, four tasks each under their engine's variables, are the whole roster.
#[test]
fn what_the_examples_start_does_the_whole_roster() {
    let text = |name: &str| std::fs::read_to_string(example(&format!("engines/{name}"))).unwrap();
    let words = |line: &str| -> Vec<String> {
        let word = |word: &str| word.trim().trim_matches('"').replace("$(REPORTS)", "r/");
        line.trim().trim_end_matches(']').split(',').map(word).collect()
    };
    let pod = text("kubernetes.yaml");
    let pod = words(pod.lines().find_map(|line| line.trim().strip_prefix("args: [")).expect("arguments"));
    let job: serde_json::Value = serde_json::from_str(&text("batch-job-definition.json")).unwrap();
    let job = job["containerProperties"]["command"].as_array().unwrap().iter().skip(1);
    let job: Vec<String> =
        job.map(|word| word.as_str().unwrap().replace("/fleet/", "").replace("Ref::reports", "r/")).collect();
    let lines = [text("slurm.sh"), text("gitlab-ci.yml")].map(|text| {
        let line = text.lines().find_map(|line| line.split_once("mlopsctl apply ")).expect("a command line").1;
        let word = |word: &str| word.replace("\"$reports\"", "r/");
        std::iter::once("apply".to_owned()).chain(line.split_whitespace().map(word)).collect::<Vec<String>>()
    });
    let [slurm, gitlab] = lines;
    let variables = |engine: &str, task: usize| -> Vec<(&str, String)> {
        let (zero, one) = (task.to_string(), (task + 1).to_string());
        let named =
            |pairs: &[(&'static str, &str)]| pairs.iter().map(|(name, text)| (*name, (*text).to_owned())).collect();
        match engine {
            "slurm" => named(&[
                ("SLURM_ARRAY_TASK_ID", &zero),
                ("SLURM_ARRAY_TASK_MIN", "0"),
                ("SLURM_ARRAY_TASK_MAX", "3"),
                ("SLURM_ARRAY_TASK_COUNT", "4"),
                ("SLURM_ARRAY_TASK_STEP", "1"),
            ]),
            "pod" => named(&[("JOB_COMPLETION_INDEX", &zero)]),
            "batch" => named(&[("AWS_BATCH_JOB_ARRAY_INDEX", &zero), ("AWS_BATCH_JOB_ARRAY_SIZE", "4")]),
            _ => named(&[("CI_NODE_INDEX", &one), ("CI_NODE_TOTAL", "4")]),
        }
    };
    for (engine, command) in [("slurm", slurm), ("pod", pod), ("batch", job), ("gitlab", gitlab)] {
        let desk = desk();
        for task in 0..4 {
            let arguments: Vec<&str> =
                command.iter().map(|word| word.strip_prefix("reports/").map_or(&word[..], |_| "r/")).collect();
            let mut started = desk.command(&[&arguments[..], &["--sandbox"]].concat());
            Ran::of(started.envs(variables(engine, task))).exits(0);
        }
        desk.run(&["report", "merge", "r/"]).exits(0).says(&format!("{ACCOUNTS} applied"));
    }
}
