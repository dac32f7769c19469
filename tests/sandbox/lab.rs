//! The lab, parts B and C and its troubleshooting list, played through offline as a person would type it.

use super::support::{Desk, Ran, example};
use serde_json::Value;
use std::io::{BufRead, BufReader};

const YOU: &str = "you@example.edu";
const FUNCTION: &str = "mlops-service-lambda";
const ALARM: &str = "mlops-lambda-high-errors";

fn desk() -> Desk {
    let desk = Desk::new().env("MLOPSCTL_SANDBOX", "1").env("MLOPSCTL_VAR_EMAIL", YOU);
    let lab = std::fs::read_to_string(example("../alarms.yaml")).expect("the lab is shipped");
    desk.write("alarms.yaml", &lab);
    desk
}

/// What was sent to you, newest last: subject and body.
fn mails(desk: &Desk) -> Vec<(String, String)> {
    let box_ = desk.run(&["sandbox", "mail", YOU, "--format", "json"]).exits(0).json();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let messages = box_["messages"].as_array().expect("messages").iter();
    messages.map(|message| (text(&message["subject"]), message.to_string())).collect()
}

/// The link to click in the last confirmation mail.
fn link(desk: &Desk) -> String {
    let mails = mails(desk);
    let (_, body) = mails.iter().rev().find(|(subject, _)| subject.contains("Confirmation")).expect("a confirmation");
    let start = body.find("https://sns.").expect("a link");
    body[start..].split(['"', '\\', ' ', '\n']).next().unwrap_or_default().to_owned()
}

/// How an alarm stands, as `status` says.
fn state(desk: &Desk, alarm: &str) -> String {
    let status = desk.run(&["status", "--format", "json"]).json();
    let alarms = status["alarms"].as_array().unwrap_or_else(|| panic!("no alarms in {status:#}"));
    let found = alarms.iter().find(|one| one["address"] == format!("alarm/{alarm}"));
    found.unwrap_or_else(|| panic!("no {alarm} in {status:#}"))["state"].as_str().unwrap_or_default().to_owned()
}

fn subjects(desk: &Desk) -> Vec<String> {
    mails(desk).into_iter().map(|(subject, _)| subject).collect()
}

#[test]
fn the_whole_lab_is_done_offline() {
    let desk = desk();
    // Part C.2 and C.3: the topic, the subscription, the alarm. The doctor knows what is still to be done, before and after.
    desk.run(&["doctor"]).exits(3).says("was not applied here").says("`mlopsctl doctor --fix` does that");
    desk.run(&["apply", "--yes"]).exits(0).says("you@example.edu has to confirm");
    desk.run(&["doctor"]).exits(7).says("you@example.edu has not confirmed the subscription to mlops-lambda-alerts");
    desk.run(&["subscriptions", "wait", "--timeout", "1s"]).exits(7).says("1 pending");
    // A drill before the click: the chain waits for a person.
    desk.run(&["drill", ALARM, "--yes"]).exits(7).says("nobody has confirmed; pending: you@example.edu");

    // "Check your email for confirmation link and click it": the wrong one, one that was cut off, and the right one.
    let link = link(&desk);
    let cut = link.split("&Token=").next().unwrap_or_default().to_owned();
    desk.run(&["subscriptions", "confirm", "--url", &cut]).exits(64).says("was cut off");
    let other = format!("{cut}&Token=none");
    desk.run(&["subscriptions", "confirm", "--url", &other]).exits(1).says("AWS does not take the token");
    desk.run(&["subscriptions", "confirm", "--url", &link, "--region", "eu-west-1"])
        .exits(64)
        .says("leave out --region");
    desk.run(&["subscriptions", "confirm", "--url", &link, "--lock"]).exits(0).says("only its owner can end it");
    desk.run(&["subscriptions", "wait", "--timeout", "1s"]).exits(0).says("1 of 1 subscription confirmed");
    // A mail scanner that follows every link cannot end it.
    desk.run(&["sandbox", "unsubscribe", YOU]);
    desk.run(&["subscriptions", "list", "--require-confirmed"]).exits(0);

    // Part B: traffic, metrics and logs.
    desk.run(&["traffic", "--function", FUNCTION, "-n", "10", "--rate", "50"]).exits(0);
    desk.run(&["sandbox", "advance", "10m"]).exits(0);
    desk.run(&["signals", FUNCTION]).exits(0).says("latency").says("traffic").says("errors").says("throttled");
    desk.run(&["logs", FUNCTION, "--since", "1h", "--report"]).exits(0);
    assert_eq!(state(&desk, ALARM), "OK");
    assert!(!subjects(&desk).iter().any(|subject| subject.starts_with("ALARM: \"mlops-lambda-high-errors\"")));

    // "How to Test (Advanced)": break it, send 6+ requests, wait, receive the mail.
    desk.run(&["traffic", "--function", FUNCTION, "--errors", "8", "--rate", "50"]).exits(0);
    desk.run(&["sandbox", "advance", "5m"]).exits(0).says("mlops-lambda-high-errors");
    assert_eq!(state(&desk, ALARM), "ALARM");
    let fired: Vec<String> =
        subjects(&desk).into_iter().filter(|s| s.starts_with("ALARM: \"mlops-lambda-high-errors\"")).collect();
    assert_eq!(fired.len(), 1, "one mail for one alarm: {fired:?}");
    // A drill now would hide it.
    desk.run(&["drill", ALARM, "--yes"]).exits(0).says("it is in ALARM already");
    assert_eq!(state(&desk, ALARM), "ALARM");

    // "Fix the issue and alarm returns to OK."
    desk.run(&["sandbox", "advance", "20m"]).exits(0);
    assert_eq!(state(&desk, ALARM), "OK");
    assert!(subjects(&desk).iter().any(|subject| subject.starts_with("OK: \"mlops-lambda-high-errors\"")));

    // Whoever does not want to break anything drills it, and sees what arrives.
    let report = desk.run(&["drill", ALARM, "--yes", "--receive", "--format", "json"]).exits(0).json();
    assert_eq!(report["summary"]["failed"], 0, "{report:#}");
    assert_eq!(report["alarms"][0]["messages"][0]["body"]["AlarmName"], ALARM, "{report:#}");
    assert_eq!(state(&desk, ALARM), "OK");
    desk.run(&["doctor"]).exits(0).says("nothing is wrong");
    in_earnest(&desk);
    troubleshooting(&desk);
    desk.run(&["destroy", "--yes"]).exits(0);
}

/// A drill by errors that the function really makes, while time passes: nothing is set, and nothing has to be put back.
fn in_earnest(desk: &Desk) {
    let arguments = ["drill", ALARM, "--real", "--receive", "--yes", "--timeout", "2m", "--format", "json"];
    let mut child = desk.start(&arguments);
    // Time begins to pass when all errors are made: they have to be within one period.
    let mut words = BufReader::new(child.stderr.take().expect("piped")).lines();
    words
        .find(|line| line.as_ref().is_ok_and(|line| line.starts_with("fired")))
        .expect("it was set off")
        .expect("UTF-8");
    while child.try_wait().expect("the drill runs").is_none() {
        desk.run(&["sandbox", "advance", "1m"]).exits(0);
    }
    let report = Ran::end("drill --real", child).exits(0).json();
    let body = &report["alarms"][0]["messages"][0]["body"];
    let reason = body["NewStateReason"].as_str().unwrap_or_default();
    assert!(reason.starts_with("Threshold Crossed: 1 datapoint [7.0"), "{report:#}");
    desk.run(&["sandbox", "advance", "20m"]).exits(0);
    assert_eq!(state(desk, ALARM), "OK");
}

/// The lab's list, one entry after the other: what is broken is named, and mended.
fn troubleshooting(desk: &Desk) {
    // "Make sure you've invoked the Lambda": the doctor can tell a function that never ran from one that did.
    desk.run(&["doctor"]).exits(0);
    // "Check you're in the correct AWS region."
    let moved = desk.read("alarms.yaml").replace("region: us-east-1", "region: eu-west-1");
    desk.write("elsewhere.yaml", &moved);
    desk.run(&["doctor", "--file", "elsewhere.yaml"])
        .exits(3)
        .says("this looks in eu-west-1")
        .says("while us-east-1 has alarm");
    // "Check threshold": a spec that differs from what stands, and apply that mends it.
    let stricter = desk.read("alarms.yaml").replace("threshold: \"> 5\"", "threshold: \"> 6\"");
    desk.write("stricter.yaml", &stricter);
    desk.run(&["doctor", "--file", "stricter.yaml"])
        .says("alarm/mlops-lambda-high-errors differs from the spec: threshold");
    desk.run(&["doctor", "--file", "stricter.yaml", "--fix", "--yes"]).exits(0);
    desk.run(&["plan", "--file", "stricter.yaml", "--no-backtest", "--detailed-exitcode"]).exits(0);
    desk.run(&["apply", "--yes"]).exits(0);
    // A permission that is missing comes with its statement, and credentials that are over with what to do.
    let denied = ["doctor", "--sandbox-faults", "deny=sns:GetTopicAttributes"];
    desk.run(&denied).exits(4).says("sns:GetTopicAttributes").says("\"Effect\": \"Allow\"");
    desk.run(&["doctor", "--sandbox-faults", "credentials=expired"]).exits(4).says("sign in again");
    // Without asking anybody it says what it looks for.
    let list: Ran = desk.run(&["doctor", "--list"]).exits(0);
    assert!(list.stdout.lines().count() >= 20, "{list}");
}
