//! The published IAM policies allow exactly what the source calls: reads for a plan, the rest for an apply, what `src/deploy` calls
//! for deploying the bundled service, and what logs, signals and traffic call. What is asked of the organization, and the roles that
//! are assumed, have policies of their own: they are for another account.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// STS answers GetCallerIdentity to everybody, and AssumeRoleWithWebIdentity without credentials (STS API reference); credentials are no
/// call of ours.
const NEEDS_NO_PERMISSION: &[&str] = &["sts:GetCallerIdentity", "sts:AssumeRoleWithWebIdentity", "aws:credentials"];
/// What has a policy of its own.
const APART: [&str; 5] = ["src/deploy", "src/ops/drill", "src/ops/logs", "src/ops/signals", "src/ops/traffic"];

#[test]
fn the_policies_allow_exactly_what_is_called() {
    let source = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let called = called(&source.join("src"));
    assert!(called.len() > 20, "only these calls were found: {called:?}");
    let apart = |folders: &[&str]| folders.iter().flat_map(|folder| self::called(&source.join(folder))).collect();
    let mut deploying: BTreeSet<String> = apart(&APART[..1]);
    // Creating a function, or changing its role, hands that role over.
    deploying.insert("iam:PassRole".to_owned());
    assert_eq!(policy("deploy"), deploying, "docs/iam/deploy.json against the calls of src/deploy");
    let watching: BTreeSet<String> = apart(&APART[2..]);
    assert!(watching.is_subset(&policy("watch")), "docs/iam/watch.json lacks what is called: {watching:?}");
    // They also look functions up, and read metrics, as others do.
    let shared = BTreeSet::from(
        ["cloudwatch:GetMetricData", "lambda:GetFunctionConfiguration", "lambda:ListFunctions"].map(str::to_owned),
    );
    assert_eq!(
        policy("watch"),
        watching.union(&shared).cloned().collect(),
        "docs/iam/watch.json against what is called"
    );
    let (organization, called): (BTreeSet<String>, BTreeSet<String>) =
        called.into_iter().partition(|action| action.starts_with("organizations:"));
    assert_eq!(policy("accounts"), organization, "docs/iam/accounts.json against what is asked of the organization");
    let (roles, called): (BTreeSet<String>, BTreeSet<String>) =
        called.into_iter().partition(|action| action == "sts:AssumeRole");
    assert_eq!(policy("fleet"), roles, "docs/iam/fleet.json against the roles that are assumed");
    assert_eq!(policy("fleet-trust"), roles, "docs/iam/fleet-trust.json lets in who assumes them");
    let mut drilling: BTreeSet<String> = apart(&APART[1..2]);
    // The queue is made with a tag, and subscribed as an apply does.
    drilling.extend(["sns:Subscribe", "sns:Unsubscribe", "sqs:TagQueue"].map(str::to_owned));
    assert_eq!(policy("drill"), drilling, "docs/iam/drill.json against the calls of src/ops/drill");
    let (plan, apply) = (policy("plan"), policy("apply"));
    let is_read = |action: &&String| {
        let operation = action.split(':').nth(1).unwrap_or_default();
        ["Describe", "Get", "List"].iter().any(|verb| operation.starts_with(verb))
    };
    let reads: BTreeSet<String> = called.iter().filter(is_read).cloned().collect();
    let writes: BTreeSet<String> = called.iter().filter(|action| !is_read(action)).cloned().collect();
    assert_eq!(plan, reads, "docs/iam/plan.json against the reads of the source");
    assert_eq!(apply, writes, "docs/iam/apply.json against the writes of the source");
}

fn policy(name: &str) -> BTreeSet<String> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("docs/iam/{name}.json"));
    let policy: serde_json::Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let statements = policy["Statement"].as_array().unwrap();
    let actions = statements.iter().flat_map(|statement| statement["Action"].as_array().unwrap());
    actions.map(|action| action.as_str().unwrap().to_owned()).collect()
}

/// Every `ApiOperation("service", "Operation")` outside tests, as an IAM action.
fn called(folder: &Path) -> BTreeSet<String> {
    let mut actions = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if !APART.iter().any(|apart| path.ends_with(apart)) {
                actions.extend(called(&path));
            }
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for call in code.split("ApiOperation(\"").skip(1) {
            let parts: Vec<&str> = call.splitn(4, '"').collect();
            let [service, ", ", operation, _] = parts[..] else { continue };
            let service = if service == "tagging" { "tag" } else { service };
            if operation == "*" {
                continue;
            }
            actions.insert(format!("{service}:{operation}"));
        }
    }
    actions.retain(|action| !NEEDS_NO_PERMISSION.contains(&action.as_str()));
    actions
}
