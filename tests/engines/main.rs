//! `examples/engines`: each file held against its engine's own schema, and run by what the engine says in the environment. Slurm runs for
//! real.

mod cluster;
mod slurm;
#[path = "../support/mod.rs"]
mod support;

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use support::{Desk, Ran};

const SPEC: &str = "version: 1
stack: parts
region: us-east-1
topics:
  on-call: { subscriptions: [{ protocol: email, endpoint: \"${email}\" }] }
alarms:
  errors: { namespace: AWS/Lambda, metric_name: Errors, statistic: Sum, threshold: \"> 5\", notify: on-call }
vars: { email: { required: true } }
";

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/engines").join(name)
}

/// A program that `bash tests/setup` installs.
fn tool(name: &str) -> Command {
    Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools/venv/bin").join(name))
}

/// What a program prints; anything but success fails the test.
#[track_caller]
fn output(command: &mut Command) -> String {
    let ran = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}; run `bash tests/setup`"));
    let (out, err) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "{command:?}\n{out}\n{err}");
    out.into_owned()
}

/// The documents of a YAML file, as JSON.
fn documents(name: &str) -> Vec<Value> {
    let read = "import json, sys; from ruamel.yaml import YAML; print(json.dumps(list(YAML(typ='safe').load_all(open(sys.argv[1])))))";
    serde_json::from_str(&output(tool("python").args(["-c", read]).arg(example(name)))).expect("JSON")
}

fn json(name: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(example(name)).expect("it is shipped")).expect("JSON")
}

/// A folder with a spec and a roster of so many accounts.
fn desk(accounts: usize) -> Desk {
    let desk = Desk::new();
    desk.write("alarms.yaml", SPEC);
    let rows: String = (0..accounts).map(|n| format!("{},us-east-1,s{n}@example.edu\n", 300_000_000_000 + n)).collect();
    desk.write("roster.csv", &format!("account,region,email\n{rows}"));
    desk
}

/// The arguments of an example, with its places in the test's folder.
fn arguments(list: &Value, places: &[(&str, &str)]) -> Vec<String> {
    let list = list.as_array().expect("arguments").iter().map(|word| word.as_str().expect("a text").to_owned());
    list.map(|word| places.iter().fold(word, |word, (from, to)| word.replace(from, to))).collect()
}

/// Runs the example once for each of four parts, one of them twice, as an engine does that sends it again.
#[track_caller]
fn run_parts(arguments: &[String], environment: impl Fn(u32) -> Vec<(&'static str, String)>) {
    let desk = desk(40).env("MLOPSCTL_SANDBOX", "sandbox.json");
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    for part in [0, 1, 3, 2, 1] {
        let mut command = desk.command(&arguments);
        Ran::of(command.envs(environment(part))).exits(0).says(&format!("part {}/4", part + 1));
        if part == 3 {
            let merged = desk.run(&["report", "merge", "run/", "--format", "csv"]).exits(5);
            merged.says("part 3/4 has no report in run/");
        }
    }
    let merged = desk.run(&["report", "merge", "run/", "--format", "json"]).exits(0).json();
    assert_eq!(merged["rows"].as_array().map(Vec::len), Some(40));
    assert_eq!(desk.confirmations(), 40, "one mail for each account");
}

/// Exit codes of which the documentation says that a run with them is worth sending again, and that it is not.
const AGAIN: [u64; 2] = [5, 75];
const IN_VAIN: [u64; 4] = [4, 8, 64, 65];

#[test]
fn the_kubernetes_job_is_valid_and_runs_by_its_index() {
    output(tool("kubernetes-validate").args(["--strict", "-k", "1.34"]).arg(example("kubernetes-job.yaml")));
    let documents = documents("kubernetes-job.yaml");
    let job = documents.iter().find(|document| document["kind"] == "Job").expect("a job");
    assert_eq!(job["spec"]["completions"], 4);
    let rules = job["spec"]["podFailurePolicy"]["rules"].as_array().expect("rules");
    // The first rule that fits counts (Kubernetes, "Pod failure policy").
    let action = |code: u64| {
        let fits =
            |rule: &&Value| rule["onExitCodes"]["values"].as_array().is_some_and(|codes| codes.contains(&code.into()));
        rules.iter().find(fits).map(|rule| rule["action"].as_str().expect("an action")).unwrap_or("Count")
    };
    assert!(AGAIN.iter().all(|code| action(*code) == "Count"));
    assert!(IN_VAIN.iter().all(|code| action(*code) == "FailIndex"));
    let container = &job["spec"]["template"]["spec"]["containers"][0];
    let arguments = arguments(&container["args"], &[("/reports/RUN/", "run/")]);
    run_parts(&arguments, |part| vec![("JOB_COMPLETION_INDEX", part.to_string())]);
}

#[test]
fn the_batch_job_is_valid_and_runs_by_its_index() {
    let definition = json("batch-job-definition.json");
    // botocore's model of the call is AWS's own.
    let check = "import json, sys, botocore.session, botocore.validate
shape = botocore.session.Session().get_service_model('batch').operation_model('RegisterJobDefinition').input_shape
report = botocore.validate.ParamValidator().validate(json.load(open(sys.argv[1])), shape)
sys.exit(report.generate_report() or 0)";
    output(tool("python").args(["-c", check]).arg(example("batch-job-definition.json")));
    let rules = definition["retryStrategy"]["evaluateOnExit"].as_array().expect("rules");
    let action = |code: u64| {
        let fits = |rule: &&Value| rule["onExitCode"] == "*" || rule["onExitCode"] == code.to_string();
        rules.iter().find(fits).map(|rule| rule["action"].as_str().expect("an action")).expect("the last rule fits all")
    };
    assert!(AGAIN.iter().all(|code| action(*code) == "RETRY"));
    assert!(IN_VAIN.iter().all(|code| action(*code) == "EXIT"));
    let words = &definition["containerProperties"]["command"];
    let arguments = arguments(words, &[("Ref::reports", "run/"), ("/work/", "")]);
    run_parts(&arguments, |part| {
        vec![("AWS_BATCH_JOB_ARRAY_INDEX", part.to_string()), ("AWS_BATCH_JOB_ARRAY_SIZE", "4".to_owned())]
    });
}

/// cfn-lint holds definitions of state machines against the language's specification.
#[test]
fn the_state_machine_is_valid() {
    let machine = json("step-functions.json");
    let role = "arn:aws:iam::123456789012:role/states";
    let properties = serde_json::json!({ "RoleArn": role, "Definition": machine });
    let template = serde_json::json!({ "Resources": { "Fleet": { "Type": "AWS::StepFunctions::StateMachine", "Properties": properties } } });
    let desk = Desk::new();
    desk.write("template.json", &template.to_string());
    output(tool("cfn-lint").arg("--").arg(desk.path("template.json")));
    let broken = template.to_string().replace("\"Type\":\"Task\"", "\"Type\":\"Tusk\"");
    desk.write("template.json", &broken);
    let ran = tool("cfn-lint").arg("--").arg(desk.path("template.json")).output().expect("it starts");
    assert!(!ran.status.success(), "the check can fail");
}

#[test]
fn the_gitlab_pipeline_is_valid_and_runs_by_its_index() {
    output(tool("check-jsonschema").args(["--builtin-schema", "vendor.gitlab-ci"]).arg(example("gitlab-ci.yml")));
    let pipeline = &documents("gitlab-ci.yml")[0];
    assert_eq!(pipeline["apply"]["parallel"], 4);
    let codes = &pipeline["apply"]["retry"]["exit_codes"];
    assert_eq!(codes, &serde_json::json!(AGAIN));
    let script = pipeline["apply"]["script"].as_array().expect("a script").iter().filter_map(Value::as_str);
    let words = script.filter_map(|line| line.strip_prefix("mlopsctl ")).next().expect("a run");
    let arguments: Vec<String> = words.split(' ').map(str::to_owned).collect();
    run_parts(&arguments, |part| vec![("CI_NODE_INDEX", (part + 1).to_string()), ("CI_NODE_TOTAL", "4".to_owned())]);
}
