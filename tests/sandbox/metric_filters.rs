//! Metric filters as a user meets them: log lines in, mail out; and the past of a metric out of lines that came before its filter.

use super::support::Desk;

const YOU: &str = "you@example.edu";
const SPEC: &str = r#"
version: 1
stack: lines
region: us-east-1
topics:
  alerts: { subscriptions: [{ protocol: email, endpoint: you@example.edu }] }
functions:
  mlops-service-lambda:
    metric_filters:
      lines: { pattern: "", metric_name: Lines, namespace: App }
alarms:
  busy:
    namespace: App
    metric_name: Lines
    statistic: Sum
    period: 1m
    evaluation_periods: 1
    threshold: "> 5"
    treat_missing_data: notBreaching
    notify: alerts
"#;

#[test]
fn log_lines_come_in_and_mail_goes_out() {
    let desk = Desk::new().env("MLOPSCTL_SANDBOX", "1");
    desk.write("alarms.yaml", SPEC);
    let calls = ["traffic", "--function", "mlops-service-lambda", "-n", "10", "--rate", "50"];
    desk.run(&calls).exits(0);
    desk.run(&["sandbox", "advance", "10m"]).exits(0);
    // Nothing counted these lines, but they are still there.
    let without = desk.run(&["backtest", "--since", "1h", "--format", "json"]).exits(0);
    let with = desk.run(&["backtest", "--since", "1h", "--from-logs", "--format", "json"]).exits(0);
    assert!(with.to_string().contains("is counted from the lines of /aws/lambda/mlops-service-lambda"), "{with}");
    let verdict = |ran: &super::support::Ran| ran.json()["alarms"][0]["verdict"].clone();
    assert_eq!(verdict(&without), "blind", "{without}");
    assert_ne!(verdict(&with), "blind", "{with}");

    desk.run(&["apply", "--yes"]).exits(0).says("1 adopted");
    desk.run(&["sandbox", "confirm", YOU]).exits(0);
    desk.run(&["sandbox", "advance", "3m"]).exits(0);
    desk.run(&calls).exits(0);
    desk.run(&["sandbox", "advance", "5m"]).exits(0);
    desk.run(&["sandbox", "mail", YOU]).exits(0).says("ALARM: \"busy\"");
    desk.run(&["destroy", "--yes"]).exits(0).says("1 no longer managed");
}
