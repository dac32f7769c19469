//! Logs, signals and traffic against ministack: its events, its Lambda, its metrics.

use super::Account;
use serde_json::{Value, json};
use std::time::{SystemTime, UNIX_EPOCH};

const GROUP: &str = "/aws/lambda/app";

fn now_ms() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    u64::try_from(now.as_millis()).expect("before the end of time")
}

fn put(account: &Account, stream: &str, first: u64, lines: &[String]) {
    account.call("logs", "create_log_stream", &json!({ "logGroupName": GROUP, "logStreamName": stream }));
    let event = |(n, line): (usize, &String)| json!({ "timestamp": first + n as u64, "message": line });
    let events: Vec<Value> = lines.iter().enumerate().map(event).collect();
    account.call(
        "logs",
        "put_log_events",
        &json!({ "logGroupName": GROUP, "logStreamName": stream, "logEvents": events }),
    );
}

#[test]
fn logs_are_read_summed_up_and_followed() {
    let account = Account::new();
    let logs = |arguments: &[&str]| {
        account.desk.run(&[&["logs", "--region", "us-east-1", "--log-group", GROUP], arguments].concat())
    };
    logs(&[]).exits(1).says("there is no log group /aws/lambda/app");
    account.call("logs", "create_log_group", &json!({ "logGroupName": GROUP }));
    let request = |id: &str, ms: u32| {
        vec![
            format!("START RequestId: {id} Version: $LATEST"),
            format!("[ERROR]\t2026-11-22T10:05:00.123Z\t{id}\tno database"),
            "a line without a name".to_owned(),
            format!("END RequestId: {id}"),
            format!(
                "REPORT RequestId: {id}\tDuration: {ms}.00 ms\tBilled Duration: {ms} ms\tMemory Size: 128 MB\tMax Memory Used: 64 MB\t"
            ),
        ]
    };
    let (one, two) = ("79b4f56e-95b1-4643-9700-2807f4e68189", "89b4f56e-95b1-4643-9700-2807f4e68189");
    let began = now_ms() - 60_000;
    put(&account, "a", began, &request(one, 100));
    put(&account, "b", began + 2, &request(two, 300));
    let all = logs(&["--verbose"]).exits(0);
    assert_eq!(all.stdout.lines().count(), 10, "{all}");
    logs(&["--level", "error"]).exits(0).says("ERROR 79b4f56e no database");
    let of_one = logs(&["--request-id", one, "--format", "json"]).exits(0);
    let texts: Vec<Value> = of_one.stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(texts.len(), 5, "{of_one}");
    assert!(texts.iter().all(|line| line["request_id"] == one && line["stream"] == "a"), "{of_one}");
    logs(&["--report"])
        .exits(0)
        .says("/aws/lambda/app: 2 requests, none reported as failed, 2 lines at ERROR")
        .says("p50 100 ms");
    let followed = logs(&["--follow", "--for", "3s", "--format", "json"]).exits(0);
    assert_eq!(followed.stdout.lines().count(), 10, "{followed}");
}
