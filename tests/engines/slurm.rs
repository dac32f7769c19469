//! Four hundred accounts of a served sandbox by an array of four tasks of Slurm, one of them killed in the middle.

use crate::cluster::Cluster;
use crate::support::Desk;
use crate::{desk_of, root};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

const ACCOUNTS: usize = 400;

/// The sandbox as a server; it ends with the test.
struct Served(Child, String);

impl Served {
    fn start(desk: &Desk) -> Self {
        let serve = ["sandbox", "serve", "--port", "0", "--sandbox", "sandbox.json"];
        let mut process = desk.start(&serve);
        let mut line = String::new();
        BufReader::new(process.stdout.as_mut().expect("piped")).read_line(&mut line).expect("it says where it is");
        let url = line.split_whitespace().find(|word| word.starts_with("http://")).unwrap_or_else(|| panic!("{line}"));
        Self(process, url.trim_end_matches(':').to_owned())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The process of ours that works on a task of the array, by its environment.
fn process_of(task: u32) -> Option<u32> {
    let wanted = format!("SLURM_ARRAY_TASK_ID={task}");
    let is_it = |folder: &Path| {
        let program = std::fs::read_link(folder.join("exe")).unwrap_or_default();
        let environment = std::fs::read(folder.join("environ")).unwrap_or_default();
        program == Path::new(env!("CARGO_BIN_EXE_mlopsctl"))
            && environment.split(|byte| *byte == 0).any(|one| one == wanted.as_bytes())
    };
    let processes = std::fs::read_dir("/proc").expect("Linux").filter_map(|entry| Some(entry.ok()?.path()));
    processes.filter(|folder| is_it(folder)).find_map(|folder| folder.file_name()?.to_str()?.parse().ok())
}

#[test]
fn an_array_of_tasks_of_which_one_is_killed_does_every_account_once() {
    let desk = desk_of(ACCOUNTS);
    let served = Served::start(&desk);
    let cluster = Cluster::start(&desk.path("."));
    let folder = Path::new(env!("CARGO_BIN_EXE_mlopsctl")).parent().expect("it is in a folder").display().to_string();
    let mut submit = cluster.command("sbatch", &["--parsable"]);
    submit.arg(root("examples/engines/slurm.sh")).current_dir(desk.path("."));
    submit.env("PATH", format!("{folder}:/usr/bin:/bin")).env("MLOPSCTL_NO_BACKTEST", "1").env("HOME", desk.path("."));
    submit.envs([("AWS_ENDPOINT_URL", served.1.as_str()), ("AWS_REGION", "us-east-1")]);
    submit.envs([("AWS_ACCESS_KEY_ID", "x"), ("AWS_SECRET_ACCESS_KEY", "x"), ("AWS_EC2_METADATA_DISABLED", "true")]);
    let submitted = submit.output().expect("sbatch starts");
    let job = String::from_utf8_lossy(&submitted.stdout).trim().to_owned();
    assert!(submitted.status.success(), "{}", String::from_utf8_lossy(&submitted.stderr));

    // In the middle: some accounts are done, by whichever task, and many are not.
    let start = Instant::now();
    let killed = loop {
        assert!(start.elapsed() < Duration::from_secs(120), "no task came to its middle: {:?}", cluster.tasks(&job));
        // The file itself, since the program would read it slowly, and make the tasks wait.
        let sent =
            std::fs::read_to_string(desk.path("sandbox.json")).unwrap_or_default().matches("\"sns-outbox\"").count();
        if (20..ACCOUNTS / 2).contains(&sent)
            && let Some(process) = process_of(2)
        {
            break process;
        }
        thread::sleep(Duration::from_millis(50));
    };
    assert!(Command::new("kill").args(["-9", &killed.to_string()]).status().expect("kill starts").success());

    // The script asks for the task to be queued again, which Slurm does once the task's credential has expired.
    let is_over = |cluster: &Cluster| {
        let tasks = cluster.tasks(&job);
        tasks.len() == 4 && tasks.iter().all(|(_, state, _)| state == "COMPLETED")
    };
    println!("killed after {:?}", start.elapsed());
    cluster.wait("the end of the array", is_over);
    println!("ended after {:?}", start.elapsed());
    let restarted = cluster.output("scontrol", &["--oneliner", "show", "job", &format!("{job}_2")]);
    assert!(restarted.contains("Restarts=1"), "{restarted}");
    let ends: Vec<String> = cluster.tasks(&job).into_iter().map(|(_, _, code)| code).collect();
    assert_eq!(ends, ["0:0"; 4], "exit codes");

    let run = format!("reports/{job}/");
    let merged = desk.run(&["report", "merge", &run, "--format", "json"]).exits(0).json();
    let rows = merged["rows"].as_array().expect("rows");
    let mut accounts: Vec<&str> = rows.iter().filter_map(|row| row["target"]["account"].as_str()).collect();
    accounts.dedup();
    assert_eq!(accounts.len(), ACCOUNTS, "every account once");
    assert!(rows.iter().all(|row| ["applied", "in_sync"].map(Value::from).contains(&row["state"])), "{rows:?}");
    assert_eq!(desk.confirmations(), ACCOUNTS, "nobody got a second mail");

    // A part alone, sent again: the same accounts, and nothing left to do.
    let mut again = cluster.command("sbatch", &["--parsable", "--wait", "--array=3"]);
    again.arg(root("examples/engines/slurm.sh")).current_dir(desk.path(".")).env("REPORTS", &run);
    again.envs(submit.get_envs().filter_map(|(name, value)| Some((name, value?))));
    assert!(again.output().expect("sbatch starts").status.success());
    let merged = desk.run(&["report", "merge", &run, "--format", "json"]).exits(0).json();
    assert_eq!(merged["rows"].as_array().map(Vec::len), Some(ACCOUNTS));
    assert_eq!(desk.confirmations(), ACCOUNTS);
}
