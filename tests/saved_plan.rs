//! Saved plans in the hands of others: whatever is changed in the file, and by whomever it is applied, what is done is what the
//! spec asks for, or nothing.

#[path = "support/mod.rs"]
mod support;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use support::{Desk, Ran};

const SPEC: &str = "version: 1
stack: bank
region: us-east-1
allowed_accounts: [\"123456789012\"]
vars: { email: { required: true }, hook: { default: none } }
topics:
  alerts:
    subscriptions: [{ protocol: email, endpoint: \"${email}\" }]
log_groups:
  /app/web: { retention: 14d }
alarms:
  errors:
    namespace: AWS/Lambda
    metric_name: Errors
    statistic: Sum
    threshold: \"> 5\"
    notify: alerts
  slow:
    namespace: AWS/Lambda
    metric_name: Duration
    statistic: Maximum
    threshold: \"> 3000\"
    notify: alerts
";

/// Another stack of the same account.
const OTHER: &str = "version: 1
stack: other
region: us-east-1
alarms:
  theirs:
    namespace: AWS/Lambda
    metric_name: Duration
    statistic: Maximum
    threshold: \"> 3000\"
";

fn desk() -> Desk {
    let desk = Desk::new().with(&["--sandbox"]);
    desk.write("alarms.yaml", SPEC);
    desk
}

fn plan(desk: &Desk) -> Value {
    desk.run(&["plan", "--out", "p.json", "--var", "email=ann@example.edu"]).exits(0);
    serde_json::from_str(&desk.read("p.json")).expect("a plan is JSON")
}

/// The stack applied, then changed: an update, a create and a delete are planned.
fn changed(desk: &Desk) -> Value {
    desk.run(&["apply", "--yes", "--var", "email=ann@example.edu"]).exits(0);
    let spec = SPEC.replace("> 5", "> 6").replace("  slow:", "  late:");
    desk.write("alarms.yaml", &spec);
    plan(desk)
}

fn apply(desk: &Desk, plan: &Value) -> Ran {
    desk.write("p.json", &plan.to_string());
    desk.run(&["apply", "p.json", "--yes"])
}

/// As somebody would who makes the digest anew.
fn sealed(mut plan: Value) -> Value {
    plan.as_object_mut().expect("a map").remove("digest");
    let digest: String = Sha256::digest(plan.to_string()).iter().map(|byte| format!("{byte:02x}")).collect();
    plan["digest"] = digest.into();
    plan
}

fn at<'a>(plan: &'a mut Value, address: &str) -> &'a mut Value {
    let changes = plan["plan"]["changes"].as_array_mut().expect("changes");
    changes.iter_mut().find(|change| change["address"] == address).unwrap_or_else(|| panic!("no {address}"))
}

/// A kind of tampering, by its name.
type Tampering = (&'static str, fn(&mut Value));

const TAMPERINGS: &[Tampering] = &[
    ("account", |p| p["plan"]["target"]["account"] = "444455556666".into()),
    ("region", |p| p["plan"]["target"]["region"] = "eu-west-1".into()),
    ("stack", |p| p["plan"]["stack"] = "other".into()),
    ("allowed accounts, none", |p| p["basis"]["allowed_accounts"] = json!([])),
    ("allowed accounts, others", |p| p["basis"]["allowed_accounts"] = json!(["444455556666"])),
    ("version", |p| p["mlopsctl_version"] = "9.9.9".into()),
    ("deletion of ours", |p| {
        let change = at(p, "log_group//app/web");
        change["action"] = "delete".into();
        change["after"] = Value::Null;
    }),
    ("deletion of another's", |p| {
        let mut change = at(p, "alarm/slow").clone();
        change["address"] = "alarm/theirs".into();
        change["before"]["resource"]["name"] = "theirs".into();
        change["before"]["resource"]["actions"]["alarm"] = json!([]);
        change["before"]["resource"]["tags"]["mlopsctl:stack"] = "other".into();
        p["plan"]["changes"].as_array_mut().expect("changes").push(change);
    }),
    ("action", |p| at(p, "alarm/errors")["action"] = "create".into()),
    ("left out", |p| at(p, "alarm/errors")["action"] = "no-op".into()),
    ("threshold", |p| at(p, "alarm/errors")["after"]["threshold"] = 6000.0.into()),
    ("topic of others", |p| {
        at(p, "alarm/errors")["after"]["actions"]["alarm"] = json!(["arn:aws:sns:us-east-1:444455556666:theirs"]);
    }),
    ("no topic", |p| at(p, "alarm/late")["after"]["actions"]["alarm"] = json!([])),
    ("endpoint", |p| {
        let change = at(p, "subscription/alerts/email/ann@example.edu");
        change["address"] = "subscription/alerts/email/eve@example.edu".into();
        change["action"] = "create".into();
        change["before"] = Value::Null;
        change["after"]["endpoint"] = "eve@example.edu".into();
    }),
    ("removed change", |p| {
        p["plan"]["changes"].as_array_mut().expect("changes").retain(|change| change["address"] != "alarm/late");
    }),
    ("address of another", |p| at(p, "alarm/late")["address"] = "alarm/latest".into()),
    ("kind of another", |p| at(p, "alarm/late")["address"] = "composite_alarm/late".into()),
    ("twice", |p| {
        let again = at(p, "alarm/late").clone();
        p["plan"]["changes"].as_array_mut().expect("changes").push(again);
    }),
    ("order", |p| p["plan"]["changes"].as_array_mut().expect("changes").reverse()),
    ("mark of another stack", |p| at(p, "alarm/late")["after"]["tags"]["mlopsctl:stack"] = "other".into()),
    ("fields", |p| at(p, "alarm/errors")["fields"] = json!([])),
    ("pruning", |p| p["plan"]["pruning"] = false.into()),
    ("targets", |p| p["basis"]["targets"] = json!(["alarm/errors"])),
    ("variables", |p| p["basis"]["variables"]["email"] = "eve@example.edu".into()),
];

#[test]
fn twenty_kinds_of_tampering_end_with_8_and_nothing_changed() {
    let desk = desk();
    desk.write("other.yaml", OTHER);
    desk.run(&["apply", "--yes", "--file", "other.yaml"]).exits(0);
    let plan = changed(&desk);
    let state = || desk.run(&["sandbox", "show", "--format", "json"]).stdout;
    let before = state();
    for (name, tamper) in TAMPERINGS {
        let mut tampered = plan.clone();
        tamper(&mut tampered);
        assert_ne!(plan, tampered, "{name}");
        let ran = apply(&desk, &tampered);
        assert_eq!(ran.code, Some(8), "{name}: {ran}");
        let ran = apply(&desk, &sealed(tampered));
        assert_eq!(ran.code, Some(8), "{name}, with a digest made anew: {ran}");
        assert!(ran.stderr.contains("nothing was changed"), "{name}: {ran}");
    }
    // Words that only people read are in the digest, too.
    for part in ["notes", "blocked"] {
        let mut tampered = plan.clone();
        tampered["plan"][part] = json!([{ "kind": "info", "text": "x", "remedy": null, "reason": "x" }]);
        apply(&desk, &tampered).exits(8);
    }
    let mut tampered = plan.clone();
    tampered["basis"]["consent"]["data_loss"] = true.into();
    apply(&desk, &tampered).exits(8).says("was changed after it was saved");
    assert_eq!(state(), before);
    apply(&desk, &plan).exits(0).says("1 added, 1 changed, 1 destroyed");
}

#[test]
fn what_the_spec_asks_for_now_decides() {
    let desk = desk();
    let plan = changed(&desk);
    let spec = desk.read("alarms.yaml");
    desk.write("alarms.yaml", &spec.replace("> 3000", "> 4000"));
    apply(&desk, &plan).exits(8).says("does not say what the spec asks for").says("alarm/late: threshold");
    desk.write("alarms.yaml", &spec.replace("123456789012", "444455556666"));
    apply(&desk, &plan).exits(8).says("allowed_accounts");
    desk.write("alarms.yaml", &spec);
    desk.write("p.json", &plan.to_string());
    let other = desk.run(&["apply", "p.json", "--yes", "--var", "email=eve@example.edu"]);
    other.exits(8).says("eve@example.edu");
    desk.run(&["apply", "p.json", "--yes", "--var", "email=ann@example.edu"]).exits(0);
}

#[test]
fn without_its_spec_a_plan_is_applied_only_where_that_is_said() {
    let desk = desk();
    let plan = changed(&desk);
    let spec = desk.read("alarms.yaml");
    std::fs::remove_file(desk.path("alarms.yaml")).expect("it is there");
    apply(&desk, &plan)
        .exits(8)
        .says("the spec alarms.yaml that the plan was made from is not here")
        .says("--without-spec");
    let mut tampered = plan.clone();
    at(&mut tampered, "alarm/errors")["action"] = "delete".into();
    desk.write("p.json", &sealed(tampered).to_string());
    desk.run(&["apply", "p.json", "--yes", "--without-spec"]).exits(8);
    let mut tampered = plan.clone();
    tampered["basis"]["allowed_accounts"] = json!(["444455556666"]);
    desk.write("p.json", &sealed(tampered).to_string());
    desk.run(&["apply", "p.json", "--yes", "--without-spec"]).exits(8).says("allowed_accounts");
    desk.write("p.json", &plan.to_string());
    desk.run(&["apply", "p.json", "--yes", "--without-spec"]).exits(0).says("1 added, 1 changed, 1 destroyed");
    desk.write("elsewhere.yaml", &spec);
    desk.run(&["apply", "--without-spec"]).exits(64);
}

#[test]
fn a_plan_holds_no_secret_and_takes_it_from_the_spec() {
    let desk = desk();
    let with_hook = SPEC.replace(
        "endpoint: \"${email}\" }",
        "endpoint: \"${email}\" }, { protocol: https, endpoint: \"https://u:${hook}@x.edu/\" }",
    );
    desk.write("alarms.yaml", &with_hook.replace("{ default: none }", "{ required: true }"));
    let both = ["--var", "email=ann@example.edu", "--var", "hook=hunter2"];
    desk.run(&[&["plan", "--out", "p.json"], &both[..]].concat()).exits(0);
    assert!(!desk.read("p.json").contains("hunter2"));
    desk.run(&["apply", "p.json", "--yes"]).exits(65).says("variable `hook` has no value");
    desk.run(&["apply", "p.json", "--yes", "--without-spec"]).exits(6).says("holds no secrets");
    desk.run(&["apply", "p.json", "--yes", "--var", "hook=other"]).exits(8).says("what the spec asks for");
    let ran = desk.run(&["apply", "p.json", "--yes", "--var", "hook=hunter2"]).exits(0);
    assert!(!ran.stdout.contains("hunter2") && !ran.stderr.contains("hunter2"), "{ran}");
}
