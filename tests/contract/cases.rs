//! Every command that writes JSON, with the schema of what it writes, run on a sandbox in which the lab is applied.

use super::support::{Desk, Ran, specs};
use std::fs;
use std::sync::OnceLock;

/// What is run, without `--format json`; what stands before ` ; ` is run first, and not looked at.
#[derive(Debug)]
pub struct Case {
    pub line: &'static str,
    pub schema: &'static str,
    pub exits: i32,
}

const fn case(line: &'static str, schema: &'static str, exits: i32) -> Case {
    Case { line, schema, exits }
}

pub const CASES: &[Case] = &[
    case("plan", "plan", 0),
    case("plan --file stricter.yaml --detailed-exitcode", "plan", 2),
    case("plan --file slo.yaml", "plan", 0),
    case("plan --file mistaken.yaml", "plan", 65),
    case("plan --file mistaken.yaml", "error", 65),
    case("plan --file other-stack.yaml", "plan", 0),
    case("plan --accounts roster.csv", "fleet-report", 0),
    case("apply --accounts roster.csv --yes ; plan --accounts roster.csv --file other-stack.yaml", "fleet-report", 8),
    case("plan --file regions.yaml", "fleet-report", 0),
    case("apply --file regions.yaml --yes ; status --file regions.yaml", "fleet-report", 0),
    case("plan --file regions.yaml --region us-east-1", "plan", 0),
    case("lint --file regions.yaml --online", "lint", 3),
    case("plan --accounts roster.csv --sandbox-faults no-role=300000000001", "fleet-report", 5),
    case("apply --file stricter.yaml --yes", "apply", 0),
    case("apply --file stricter.yaml --yes --sandbox-faults deny=cloudwatch:PutMetricAlarm", "apply", 4),
    case("sandbox reset --yes ; apply --yes --sandbox-faults deny=sns:CreateTopic", "apply", 5),
    case("apply --file mistaken.yaml --yes", "error", 65),
    case("apply --file stricter.yaml", "error", 8),
    case("apply --accounts roster.csv --yes", "fleet-report", 0),
    case("apply --accounts roster.csv --yes --sandbox-faults deny=sns:CreateTopic", "fleet-report", 5),
    case("apply --file stricter.yaml --yes --mute 10m", "apply", 0),
    case("destroy --yes --allow-data-loss", "apply", 0),
    case("destroy --accounts roster.csv --yes", "fleet-report", 0),
    case("drift", "drift", 0),
    case("drift --file stricter.yaml", "drift", 3),
    case("drift --file carried.yaml --exported cloudformation", "drift", 3),
    case("drift --sandbox-faults deny=cloudwatch:DescribeAlarms", "drift", 5),
    case("drift --sandbox-faults deny=tag:GetResources", "drift", 5),
    case("drift --accounts roster.csv", "fleet-report", 3),
    case("apply --accounts roster.csv --yes ; drift --accounts roster.csv", "fleet-report", 0),
    case("status", "status", 0),
    case("status --file stricter.yaml --fail-on drift", "status", 3),
    case("status --file slo.yaml", "status", 0),
    case(
        "apply --file heartbeat.yaml --yes ; sandbox advance 5m ; status --file heartbeat.yaml --fail-on alarm,drift",
        "status",
        3,
    ),
    case("status --file shorter.yaml", "status", 0),
    case("status --file other-stack.yaml", "status", 0),
    case("apply --file muted.yaml --yes ; sandbox advance 5m ; status --file muted.yaml", "status", 0),
    case("status --sandbox-faults deny=sns:GetTopicAttributes", "status", 5),
    case("status --sandbox-faults deny=cloudwatch:DescribeAlarms", "status", 5),
    case("status --sandbox-faults deny=logs:DescribeLogGroups", "status", 5),
    case("status --accounts roster.csv", "fleet-report", 0),
    case("apply --accounts roster.csv --yes ; status --accounts roster.csv", "fleet-report", 0),
    case("status --accounts roster.csv --fail-on drift", "fleet-report", 3),
    case("plan --accounts roster.csv --report parts/ ; report show parts/part-1-of-1.json", "fleet-report", 0),
    case("import template.yaml", "import", 5),
    case("import template.yaml --hand-over", "import", 5),
    case("import template.yaml --stack-resources resources.json --parameters parameters.json", "import", 0),
    case("import alarms.yaml", "error", 65),
    case("lint", "lint", 3),
    case("lint --file bad-advice.yaml --online", "lint", 3),
    case("lint --file quiet.yaml", "lint", 0),
    case("lint --accounts roster.csv", "fleet-report", 0),
    case("test", "test", 0),
    case("test failing.test.yaml", "test", 3),
    case("test weak.test.yaml --mutate", "test", 3),
    case("backtest --suggest", "backtest", 0),
    case("backtest --incidents incidents.csv --verify", "backtest", 0),
    case("backtest --file slo.yaml", "backtest", 0),
    case(
        "apply --file heartbeat.yaml --yes ; sandbox advance 5m ; backtest --file heartbeat.yaml --verify",
        "backtest",
        0,
    ),
    case("backtest --accounts roster.csv", "fleet-report", 0),
    case("apply --accounts roster.csv --yes ; doctor --accounts roster.csv", "fleet-report", 7),
    case("doctor --accounts roster.csv", "fleet-report", 3),
    case("doctor --accounts roster.csv --sandbox-faults no-role=300000000001", "fleet-report", 5),
    case("apply --accounts roster.csv --yes ; subscriptions list --accounts roster.csv", "fleet-report", 0),
    case("subscriptions list --accounts roster.csv --require-confirmed", "fleet-report", 7),
    case("subscriptions list --accounts roster.csv --sandbox-faults no-role=300000000001", "fleet-report", 5),
    case("doctor", "doctor", 7),
    case("doctor --file less.yaml --fix --yes --allow-deletes --allow-data-loss", "apply", 0),
    case("doctor --sandbox-faults credentials=expired", "doctor", 4),
    case("drill --yes", "drill", 7),
    case("sandbox confirm --all ; drill --yes --receive", "drill", 0),
    case("drill --dry-run", "drill", 7),
    case("drill --dry-run --accounts roster.csv", "fleet-report", 3),
    case("apply --accounts roster.csv --yes ; drill --dry-run --accounts roster.csv", "fleet-report", 7),
    case("drill --accounts roster.csv --yes", "error", 64),
    case("drill --clean", "drill-clean", 0),
    case("drill no-such-alarm --yes", "error", 64),
    case("traffic --function mlops-service-lambda -n 3 --errors 1 --yes ; logs", "log-line", 0),
    case("traffic --function mlops-service-lambda -n 3 --errors 1 --yes ; logs --report", "log-report", 0),
    case("logs --sandbox-faults deny=logs:FilterLogEvents", "error", 4),
    case(
        "apply --accounts roster.csv --yes ; sandbox advance 10m ; logs --report --since 3h --accounts roster.csv",
        "fleet-report",
        0,
    ),
    case("logs --accounts roster.csv", "error", 64),
    case("traffic --function mlops-service-lambda -n 3 --errors 1 --yes", "traffic", 0),
    case("traffic --function mlops-service-lambda -n 1 --timeout 0s", "traffic", 1),
    case("signals", "signals", 0),
    case("signals --accounts roster.csv", "fleet-report", 0),
    case("signals --accounts roster.csv --sandbox-faults no-role=300000000001", "fleet-report", 5),
    case("subscriptions list", "subscriptions", 0),
    case("subscriptions wait --timeout 0s", "subscriptions", 7),
    case("subscriptions resend --all --yes", "subscriptions-resend", 0),
    case("subscriptions resend --all --yes --sandbox-faults deny=sns:Subscribe", "subscriptions-resend", 4),
    case("sandbox confirm --all ; subscriptions resend --all --yes", "subscriptions-resend", 0),
    case("mute * --for 2h --why load-test", "mute", 0),
    case("mute * --until 2026-11-24T20:00Z --why load-test", "mute", 0),
    case("mute * --for 2h --why load-test ; mute --list", "mute", 0),
    case("mute --list", "mute", 0),
    case(
        "apply --file muted.yaml --yes ; mute * --for 2h --why x --file muted.yaml ; unmute * --file muted.yaml",
        "unmute",
        8,
    ),
    case("apply --accounts roster.csv --yes ; mute * --for 2h --why x --yes --accounts roster.csv", "fleet-report", 0),
    case(
        "apply --accounts roster.csv --yes ; mute * --for 2h --why x --yes --accounts roster.csv ; unmute * --yes --accounts roster.csv",
        "fleet-report",
        0,
    ),
    case("mute nosuch --for 2h --why load-test", "error", 64),
    case("mute * --for 2h --why load-test ; status", "status", 0),
    case("mute * --for 2h --why load-test ; unmute mlops-lambda-high-errors", "unmute", 0),
    case("check --rubric lab-rubric.yaml", "check", 0),
    case("check --rubric lab-rubric.yaml --accounts roster.csv", "check", 0),
    case("check --rubric lab-rubric.yaml --accounts roster.csv --sandbox-faults no-role=300000000001", "check", 5),
    case(
        "check --rubric lab-rubric.yaml --accounts roster.csv --report c.json ; check --rubric lab-rubric.yaml --accounts roster.csv --retry-failed c.json",
        "check",
        0,
    ),
    case("accounts list", "accounts", 0),
    case("accounts list --all", "accounts", 0),
    case("plan --accounts roster.csv --report a.json ; report show a.json", "fleet-report", 0),
    case("plan --accounts roster.csv --report a.json ; report merge a.json a.json", "fleet-report", 0),
    case("plan --accounts roster.csv --retry-failed failed.json", "fleet-report", 0),
    case(
        "check --rubric lab-rubric.yaml --accounts roster.csv --report c.json ; report merge c.json c.json",
        "check",
        0,
    ),
    case("report show nosuch.json", "error", 1),
    case("sandbox mail", "sandbox-mail", 0),
    case("sandbox show", "sandbox-show", 0),
];

/// The lab's topic alone.
const LESS: &str = "\
version: 1
stack: mlops-lab9
region: us-east-1
vars: { email: { required: true } }
topics:
  mlops-lambda-alerts: { subscriptions: [{ protocol: email, endpoint: \"${email}\" }] }
";

/// Its topic with what CloudFormation cannot carry.
const CARRIED: &str = "\
version: 1
stack: mlops-lab9
region: us-east-1
topics:
  mlops-lambda-alerts: { delivery_policy: { http: { defaultHealthyRetryPolicy: { numRetries: 5 } } } }
";

/// The lab, of which nobody is notified now.
const MUTED: &str = "\
mute_rules:
  always:
    alarms: [mlops-lambda-high-errors]
    schedule: at(2026-11-24T15:01)
    duration: 4h
";

/// A finding that is kept quiet.
const QUIET: &str = "\
version: 1
stack: quiet
log_groups:
  # mlopsctl:ignore retention-never: kept by law
  /shop/audit: { retention: never }
";

/// An earlier plan, in which an account could not be reached.
const FAILED: &str = r#"{"format_version":"1","command":"plan","stack":"mlops-lab9","targets":3,"rows":[
{"target":{"account":"300000000001","region":"us-east-1"},"state":"failed"}]}"#;

const SANDBOX: &str = ".mlopsctl/sandbox.json";

/// A desk with a sandbox in which the lab is applied, its mail unread. It is applied once.
fn desk() -> Desk {
    static STATE: OnceLock<String> = OnceLock::new();
    let desk = Desk::new().env("AWS_REGION", "us-east-1").env("MLOPSCTL_SANDBOX", "1").env("MLOPSCTL_NO_BACKTEST", "1");
    let desk = desk.env("MLOPSCTL_VAR_EMAIL", "you@example.edu");
    specs::give(&desk.path("."));
    desk.write("less.yaml", LESS);
    desk.write("carried.yaml", CARRIED);
    desk.write("quiet.yaml", QUIET);
    desk.write("failed.json", FAILED);
    desk.write("incidents.csv", "from,until\n2020-01-01T00:00:00Z,2100-01-01T00:00:00Z\n");
    let slo = fs::read_to_string(super::support::example("slo.yaml")).unwrap();
    desk.write("slo.yaml", &slo.replace("errors: checkout", "errors: mlops-service-lambda"));
    desk.write("other-stack.yaml", &desk.read("alarms.yaml").replace("stack: mlops-lab9", "stack: another"));
    desk.write("shorter.yaml", &desk.read("alarms.yaml").replace("14d", "1d"));
    desk.write("muted.yaml", &format!("{}{MUTED}", desk.read("alarms.yaml")));
    let state = STATE.get_or_init(|| {
        desk.run(&["sandbox", "reset", "--at", "2026-11-24T15:00Z", "--yes"]).exits(0);
        desk.run(&["apply", "--yes", "--quiet"]).exits(0);
        desk.read(SANDBOX)
    });
    fs::create_dir_all(desk.path(SANDBOX).parent().unwrap()).unwrap();
    desk.write(SANDBOX, state);
    desk
}

pub fn run(case: &Case) -> Ran {
    let desk = desk();
    let mut lines: Vec<&str> = case.line.split(" ; ").collect();
    let last = lines.pop().unwrap_or_default();
    for line in lines {
        desk.run(&line.split(' ').collect::<Vec<_>>()).exits(0);
    }
    desk.run(&last.split(' ').chain(["--format", "json"]).collect::<Vec<_>>())
}

/// The command that is looked at, and the same with each of its flags; of a command that failed nothing.
pub fn named(case: &Case) -> Vec<String> {
    let last = case.line.rsplit(" ; ").next().unwrap_or_default();
    let words: Vec<&str> = last.split(' ').collect();
    let grouped = ["subscriptions", "sandbox", "report", "accounts"].contains(&words[0]);
    let command = words[..if grouped { 2 } else { 1 }].join(" ");
    if case.schema == "error" {
        return Vec::new();
    }
    let flags = words.iter().filter(|word| word.starts_with("--")).map(|flag| format!("{command} {flag}"));
    flags.chain([command.clone()]).collect()
}
