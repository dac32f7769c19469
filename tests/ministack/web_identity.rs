//! A pod's web identity (IRSA) against an STS that nobody here wrote: the role of the pod, and roles of a roster that it assumes.

use crate::Account;
use crate::server::Ministack;
use crate::support::Desk;
use serde_json::json;

const SPEC: &str = "version: 1\nstack: pod\nregion: us-east-1\nalarms:\n  errors: { namespace: App, metric_name: Errors, statistic: Sum, threshold: \"> 5\" }\n";

/// A folder of a pod: a token of its service account, the role that it may assume, and no keys.
fn pod(account: &str) -> Desk {
    let desk = Desk::new();
    desk.write("alarms.yaml", SPEC);
    desk.write("token", "header.claims.signature");
    let token = desk.path("token").display().to_string();
    desk.env("AWS_WEB_IDENTITY_TOKEN_FILE", &token)
        .env("AWS_ROLE_ARN", &format!("arn:aws:iam::{account}:role/pod"))
        .env("AWS_ROLE_SESSION_NAME", "pod")
        .env("AWS_REGION", "us-east-1")
        .env("AWS_ENDPOINT_URL", &Ministack::shared().endpoint)
}

#[test]
fn a_pod_acts_by_its_role() {
    let account = Account::new();
    let desk = pod(&account.number);
    desk.run(&["apply", "--yes"]).exits(0).says(&account.number);
    assert_eq!(account.alarms()["MetricAlarms"][0]["AlarmName"], json!("errors"));
    desk.run(&["plan", "--format", "json"]).exits(0).is_empty_plan();
}

#[test]
fn the_role_of_a_pod_assumes_the_roles_of_a_roster() {
    let (hub, first, second) = (Account::new(), Account::new(), Account::new());
    let desk = pod(&hub.number);
    desk.write("roster.csv", &format!("account,region\n{},us-east-1\n{},us-east-1\n", first.number, second.number));
    desk.run(&["apply", "--yes", "--accounts", "roster.csv"]).exits(0);
    for account in [&first, &second] {
        assert_eq!(account.alarms()["MetricAlarms"].as_array().map(Vec::len), Some(1), "{}", account.number);
    }
    assert_eq!(hub.alarms()["MetricAlarms"].as_array().map(Vec::len), Some(0));
}

#[test]
fn a_token_that_is_not_there_is_said() {
    let desk = pod("123456789012").env("AWS_WEB_IDENTITY_TOKEN_FILE", "nowhere");
    desk.run(&["plan"]).exits(4).says("AWS_WEB_IDENTITY_TOKEN_FILE is nowhere: ");
}
