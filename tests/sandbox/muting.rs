//! Muting for a while, as a user meets it: `mute` and `unmute`, and an apply that notifies nobody of what it writes. Held at the mail
//! that arrives.

use super::support::{Desk, Ran};
use serde_json::Value;

const YOU: &str = "you@example.edu";
const FUNCTION: &str = "mlops-service-lambda";
const AT: &str = "2026-11-22T10:00Z";
/// A kill, the first time that so many writes were made.
const KILLED: &str = "kill-after=";

/// `n` alarms on the errors of one function, one with another threshold than the others, and a composite alarm over the first two.
fn spec(n: usize, threshold: u32) -> String {
    let mut text = format!(
        "version: 1\nstack: quiet\nregion: us-east-1\n\
         topics:\n  alerts: {{ subscriptions: [{{ protocol: email, endpoint: {YOU} }}] }}\nalarms:\n"
    );
    for at in 0..n {
        text += &format!(
            "  a-{at:03}: {{ namespace: AWS/Lambda, metric_name: Errors, dimensions: {{ FunctionName: {FUNCTION} }}, \
             statistic: Sum, period: 1m, threshold: \"> {threshold}\", treat_missing_data: ignore, notify: alerts }}\n"
        );
    }
    text + "composite_alarms:\n  any: { alarm_rule: \"ALARM(a-000) OR ALARM(a-001)\", notify: alerts }\n"
}

fn desk() -> Desk {
    let desk = Desk::new().with(&["--sandbox=sandbox.json"]).env("MLOPSCTL_NO_BACKTEST", "1");
    desk.run(&["sandbox", "reset", "--at", AT, "--yes"]).exits(0);
    desk
}

/// Notifications that arrived: each one's subject.
fn mails(desk: &Desk) -> Vec<String> {
    let subject = |mail: Value| mail["subject"].as_str().unwrap_or_default().to_owned();
    let mails = desk.mail().into_iter().map(subject).filter(|subject| !subject.contains("Confirmation"));
    mails.collect()
}

fn statuses(desk: &Desk) -> Value {
    desk.run(&["status", "--format", "json"]).json()
}

/// Alarm -> its state, all of them.
fn states(desk: &Desk) -> std::collections::BTreeMap<String, String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let status = statuses(desk);
    status["alarms"].as_array().expect("alarms").iter().map(|one| (text(&one["name"]), text(&one["state"]))).collect()
}

/// The function fails so often, and alarms have seen it.
fn fail(desk: &Desk, times: &str) {
    desk.run(&["traffic", "--function", FUNCTION, "-n", times, "--errors", times, "--rate", "100", "--yes"]);
    advance(desk, "2m");
}

fn advance(desk: &Desk, time: &str) -> Ran {
    desk.run(&["sandbox", "advance", time]).exits(0)
}

fn rules(desk: &Desk) -> Vec<Value> {
    let listed = desk.run(&["mute", "--list", "--all", "--region", "us-east-1", "--format", "json"]).exits(0).json();
    listed["mutes"].as_array().expect("mutes").clone()
}

#[test]
fn a_muted_alarm_notifies_nobody_and_says_who_muted_it() {
    let desk = desk();
    desk.write("alarms.yaml", &spec(3, 0));
    desk.run(&["apply", "--yes"]).exits(0);
    desk.run(&["sandbox", "confirm", "--all"]).exits(0);
    fail(&desk, "1");
    assert_eq!(mails(&desk).len(), 4, "three alarms and the one above: {:?}", mails(&desk));
    desk.write("alarms.yaml", &spec(3, 20));
    desk.run(&["apply", "--yes"]).exits(0);
    fail(&desk, "1");
    assert!(states(&desk).values().all(|state| state == "OK"), "{:?}", states(&desk));

    desk.run(&["mute", "a-00?", "any", "--for", "2h", "--why", "deploying v42"])
        .exits(0)
        .says("4 alarms notify nobody until 2026-11-22 12:0")
        .says("deploying v42");
    let status = statuses(&desk);
    let muted = &status["alarms"][0]["muted"];
    assert_eq!(muted["why"], "deploying v42");
    assert!(muted["by"].as_str().is_some_and(|by| by.starts_with("arn:aws:")), "{muted}");
    for format in ["table", "markdown"] {
        desk.run(&["status", "--format", format]).says("until 2026-11-22 12:0").says(": deploying v42");
    }
    // It is nobody's: no plan knows it, nothing prunes it.
    desk.run(&["plan", "--format", "json"]).is_empty_plan();
    desk.run(&["apply", "--yes"]).exits(0).says("No changes");
    assert_eq!(rules(&desk).len(), 1);

    fail(&desk, "30");
    assert!(states(&desk).values().all(|state| state == "ALARM"), "{:?}", states(&desk));
    assert_eq!(mails(&desk).len(), 4, "they are in ALARM, and muted");
    // One of them by itself; then the rest of the rule.
    desk.run(&["unmute", "a-001"]).exits(0).says("3 alarms of mlopsctl-mute-");
    desk.run(&["unmute", "a-001"]).exits(64).says("`a-001` is not muted");
    advance(&desk, "1m");
    assert_eq!(mails(&desk).len(), 5, "the others are muted: {:?}", mails(&desk));
    desk.run(&["unmute", "*"]).exits(0).says("is deleted");
    assert_eq!(mails(&desk).len(), 8, "what is in ALARM notifies at once: {:?}", mails(&desk));
    assert!(rules(&desk).is_empty());
    desk.run(&["unmute", "*"]).exits(64).says("nothing is muted there");
}

#[test]
fn a_mute_ends_by_itself_and_is_cleaned_up() {
    let desk = desk();
    desk.write("alarms.yaml", &spec(2, 0));
    desk.run(&["apply", "--yes"]).exits(0);
    desk.run(&["sandbox", "confirm", "--all"]).exits(0);
    desk.run(&["mute", "*", "--until", "2026-11-22T10:20Z", "--why", "load test"]).exits(0);
    fail(&desk, "1");
    assert!(mails(&desk).is_empty(), "{:?}", mails(&desk));
    advance(&desk, "20m");
    assert_eq!(mails(&desk).len(), 3, "what is in ALARM in the end notifies then: {:?}", mails(&desk));
    assert!(rules(&desk).is_empty());
    desk.run(&["mute", "a-000", "--for", "1h", "--why", "again"]).exits(0).says("deleted: 1 mute rule that had ended");
}

#[test]
fn what_a_spec_declares_is_not_for_unmute_and_mistakes_mute_nothing() {
    let desk = desk();
    let declared = "mute_rules:\n  nights: { schedule: cron(0 9 * * *), duration: 4h, alarms: [a-000] }\n";
    desk.write("alarms.yaml", &(spec(2, 0) + declared));
    desk.run(&["apply", "--yes"]).exits(0);
    desk.run(&["unmute", "a-000"])
        .exits(8)
        .says("muted by mute_rule/nights, which the spec of stack quiet declares")
        .says("mute_rules: nights");
    desk.run(&["mute", "a-00*", "--for", "1h", "--why", "x"]).exits(0);
    desk.run(&["unmute", "a-000"]).exits(8).says("still muted");
    assert_eq!(rules(&desk).len(), 2, "one of a stack, one for the other alarm");
    desk.run(&["mute", "--list"]).exits(0).says("stack quiet").says("a-001");
    let standing = |desk: &Desk| rules(desk).len();
    for (line, code, says) in [
        (&["mute", "nosuch", "--for", "1h", "--why", "x"][..], 64, "has no alarm `nosuch`"),
        (&["mute", "a-000", "--for", "16d", "--why", "x"], 64, "1m to 15d"),
        (&["mute", "a-000", "--until", "2026-11-22T09:00Z", "--why", "x"], 64, "within the next 15 days"),
        (&["mute", "a-000", "--for", "1h"], 64, "--why"),
        (&["mute", "a-000", "--why", "x"], 64, "--for"),
        (&["mute", "--for", "1h", "--why", "x"], 64, "ALARM"),
    ] {
        desk.run(line).exits(code).says(says);
    }
    desk.write("alarms.yaml", &(spec(3, 0) + declared));
    desk.run(&["mute", "a-002", "--for", "1h", "--why", "x"]).exits(1).says("does not exist yet");
    assert_eq!(standing(&desk), 2);
    // Beyond the spec.
    desk.write("alarms.yaml", "version: 1\nstack: other\nregion: us-east-1\nalarms: {}\n");
    desk.run(&["mute", "a-001", "--all", "--region", "us-east-1", "--for", "1h", "--why", "x"]).exits(0);
    desk.run(&["mute", "--list"]).exits(0).says("no alarm is muted");
}

#[test]
fn an_apply_of_250_alarms_notifies_nobody_meanwhile() {
    let desk = desk();
    desk.write("alarms.yaml", &spec(250, 0));
    desk.run(&["apply", "--yes", "--mute"]).exits(0).says("251 alarms notify nobody for 10m after the writes");
    desk.run(&["plan", "--format", "json"]).is_empty_plan();
    desk.run(&["sandbox", "confirm", "--all"]).exits(0);
    fail(&desk, "1");
    assert!(states(&desk).values().all(|state| state == "ALARM"), "{:?}", states(&desk));
    assert!(mails(&desk).is_empty(), "of what is new: {:?}", mails(&desk));
    assert_eq!(rules(&desk).len(), 3, "a rule has 100 alarms");
    advance(&desk, "15m");
    let told = mails(&desk).len();
    assert_eq!(told, 251, "what is in ALARM in the end notifies then");

    // Changed, with a child and the alarm above it in ALARM.
    desk.write("alarms.yaml", &spec(250, 20));
    let report = desk.run(&["apply", "--yes", "--mute", "10m", "--format", "json"]).exits(0).json();
    assert_eq!(report["muted"]["alarms"].as_array().map(Vec::len), Some(251), "{}", report["muted"]);
    assert!(states(&desk).values().all(|state| state == "ALARM"), "an update keeps the state");
    fail(&desk, "1");
    assert!(states(&desk).values().all(|state| state == "OK"), "{:?}", states(&desk));
    assert_eq!(mails(&desk).len(), told, "nobody is notified meanwhile");
    desk.run(&["plan", "--format", "json"]).is_empty_plan();
    advance(&desk, "15m");
    assert!(rules(&desk).is_empty());
    fail(&desk, "30");
    assert_eq!(
        mails(&desk).len(),
        told + 251,
        "it notifies again: {:?}",
        mails(&desk).iter().rev().take(3).collect::<Vec<_>>()
    );
}

#[test]
fn killed_in_the_middle_the_mute_ends_by_itself() {
    for writes in [1, 2, 4, 9] {
        let desk = desk();
        desk.write("alarms.yaml", &spec(8, 0));
        desk.run(&["apply", "--yes"]).exits(0);
        desk.run(&["sandbox", "confirm", "--all"]).exits(0);
        desk.write("alarms.yaml", &spec(8, 1));
        let faults = format!("{KILLED}{writes}");
        let mut victim = desk.start(&["apply", "--yes", "--mute", "5m", "--sandbox-faults", &faults]);
        std::thread::sleep(std::time::Duration::from_secs(2));
        victim.kill().expect("it can be killed");
        victim.wait().expect("it ends");
        assert_eq!(rules(&desk).len(), 1, "after {writes} writes: the mute is what was written first");
        fail(&desk, "5");
        assert!(mails(&desk).is_empty(), "{:?}", mails(&desk));
        advance(&desk, "10m");
        assert!(rules(&desk).is_empty(), "after {writes} writes");
        assert_eq!(mails(&desk).len(), 9, "{:?}", mails(&desk));
        desk.run(&["apply", "--yes"]).exits(0);
        desk.run(&["plan", "--format", "json"]).is_empty_plan();
    }
}

/// New alarms are off until they are muted: whoever is killed in between leaves what the next plan completes.
#[test]
fn killed_while_it_creates_the_next_apply_switches_actions_on() {
    for writes in [4, 6, 8] {
        let desk = desk();
        desk.write("alarms.yaml", &spec(4, 0));
        let faults = format!("{KILLED}{writes}");
        let mut victim = desk.start(&["apply", "--yes", "--mute", "5m", "--sandbox-faults", &faults]);
        std::thread::sleep(std::time::Duration::from_secs(2));
        victim.kill().expect("it can be killed");
        victim.wait().expect("it ends");
        desk.run(&["apply", "--yes"]).exits(0);
        desk.run(&["plan", "--format", "json"]).is_empty_plan();
        let status = statuses(&desk);
        let on = status["alarms"].as_array().expect("alarms").iter().all(|alarm| alarm["actions_enabled"] == true);
        assert!(on, "{status:#}");
    }
}

#[test]
fn what_cannot_be_muted_is_not_written() {
    let desk = desk();
    desk.write("alarms.yaml", &spec(2, 0));
    desk.run(&["apply", "--yes"]).exits(0);
    desk.write("alarms.yaml", &spec(2, 7));
    let denied = "deny=cloudwatch:PutAlarmMuteRule";
    desk.run(&["apply", "--yes", "--mute", "--sandbox-faults", denied]).exits(4).says("so nothing was changed");
    desk.run(&["plan"]).says("2 to change");
    // What is new can be switched on all the same, and notifies.
    desk.write("alarms.yaml", &spec(3, 0));
    desk.run(&["apply", "--yes", "--mute", "--sandbox-faults", denied]).exits(0).says("could not be muted");
    desk.run(&["plan", "--format", "json"]).is_empty_plan();
    // And what cannot be switched on is a failure.
    desk.write("alarms.yaml", &spec(4, 0));
    let denied = "deny=cloudwatch:EnableAlarmActions";
    desk.run(&["apply", "--yes", "--mute", "--sandbox-faults", denied]).says("EnableAlarmActions").says("failed");
    desk.run(&["plan"]).says("actions_enabled");
    desk.run(&["apply", "--yes"]).exits(0);
}

/// Each account has rules of its own.
#[test]
fn a_roster_is_muted_account_by_account() {
    let desk = desk();
    desk.write("alarms.yaml", &spec(2, 0));
    desk.write("roster.csv", "account,name\n300000000001,Ada\n300000000002,Alan\n");
    let arguments = ["apply", "--accounts", "roster.csv", "--yes", "--mute"];
    desk.run(&arguments).exits(0).says("6 alarms notify nobody for 10m after the writes");
    desk.write("alarms.yaml", &spec(2, 20));
    desk.run(&arguments).exits(0);
    for account in ["300000000001", "300000000002"] {
        let rules = desk.read("sandbox.json");
        let rules = rules.lines().filter(|line| line.contains("\"alarm_mute_rules\"") && line.contains(account));
        assert!(rules.count() >= 2, "{account}: one for what is new, one for what changes");
    }
    let denied = "deny=cloudwatch:PutAlarmMuteRule";
    desk.write("alarms.yaml", &spec(2, 30));
    desk.run(&["apply", "--accounts", "roster.csv", "--yes", "--mute", "--sandbox-faults", denied])
        .exits(4)
        .says("so nothing was changed");
}
