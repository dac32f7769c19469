//! Reports and rosters that are larger than memory should have to be: what a run holds does not grow as the file does.

#[cfg(target_os = "linux")]
#[path = "support/mod.rs"]
mod support;

#[cfg(target_os = "linux")]
mod linux {
    use super::support::Desk;
    use std::process::{Command, Stdio};
    use std::time::Duration;

    /// Megabytes that a run held at most.
    fn peak(desk: &Desk, arguments: &[&str], code: i32) -> f64 {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mlopsctl"));
        command.args(arguments).current_dir(desk.path("")).env("HOME", desk.path(""));
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let status = format!("/proc/{}/status", child.id());
        let mut most = 0.0_f64;
        loop {
            let text = std::fs::read_to_string(&status).unwrap_or_default();
            let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
            most = most.max(line.trim().trim_end_matches(" kB").parse::<f64>().unwrap_or(0.0) / 1_000.0);
            if let Some(ended) = child.try_wait().unwrap() {
                assert_eq!(ended.code(), Some(code), "{arguments:?}");
                return most;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    fn roster(desk: &Desk, name: &str, accounts: usize) -> usize {
        let pad = "x".repeat(400);
        let row = |n: usize| format!("{:012},{pad}{n}\n", 100_000_000_000_usize + n);
        let text = format!("account,name\n{}", (0..accounts).map(row).collect::<String>());
        desk.write(name, &text);
        text.len()
    }

    /// Must hold: of a roster a shard holds its own rows, and of the others a few bytes each.
    #[test]
    fn a_shard_holds_its_own_rows_of_a_roster() {
        let desk = Desk::new();
        desk.write("spec.yaml", "version: 1\nstack: lab\nregion: us-east-1\ntopics: { alerts: {} }\n");
        let (few, many) = (roster(&desk, "few.csv", 5_000), roster(&desk, "many.csv", 60_000));
        let run = |roster: &str, shard: &str| {
            let arguments =
                ["plan", "--file", "spec.yaml", "--sandbox", "--no-backtest", "--quiet", "--accounts", roster];
            peak(&desk, &[&arguments[..], &["--shard", shard]].concat(), 0)
        };
        let (small, large) = (run("few.csv", "1/2500"), run("many.csv", "1/10000"));
        let grown = (large - small) * 1e6;
        assert!(grown < (many - few) as f64 * 0.75, "{small} MB of {few} bytes, {large} MB of {many} bytes");
    }

    /// Must hold: a report is not held as a text, nor as a tree of one: what it takes is less than the file.
    #[test]
    fn a_report_takes_less_room_than_its_file() {
        let desk = Desk::new();
        let row = |n: usize| {
            let account = format!("{:012}", 100_000_000_000_usize + n);
            format!(
                "{{\n  \"target\": {{\"account\": \"{account}\", \"region\": \"us-east-1\"}},\n  \"columns\": {{\"email\": \"s{n}@example.edu\"}},\
                 \n  \"state\": \"pending\",\n  \"planned\": {{\"add\": 1, \"change\": 0, \"destroy\": 0, \"adopt\": 0, \"stop_managing\": 0}},\
                 \n  \"notes\": [{{\"kind\": \"act\", \"text\": \"a mail to s{n}@example.edu {}\", \"remedy\": null}}]\n}}",
                " ".repeat(1_000)
            )
        };
        let write = |name: &str, rows: usize| {
            let all: Vec<String> =
                (0..rows).map(|n| row(n).replace("{\n", &format!("{{{}\n", " ".repeat(3_000)))).collect();
            let text = format!(
                "{{\"format_version\": \"1\", \"command\": \"plan\", \"stack\": \"lab\", \"targets\": {rows}, \"rows\": [{}]}}",
                all.join(",")
            );
            desk.write(name, &text);
            text.len()
        };
        let (few, many) = (write("few.json", 500), write("many.json", 8_000));
        for format in ["json", "csv", "xml"] {
            let out = format!("out.{format}");
            let run = |report: &str| peak(&desk, &["report", "merge", report, "--out", &out, "--quiet"], 0);
            let (small, large) = (run("few.json"), run("many.json"));
            let grown = (large - small) * 1e6;
            assert!(grown < (many - few) as f64, "{format}: {small} MB of {few} bytes, {large} MB of {many} bytes");
        }
    }
}
