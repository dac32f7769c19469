//! What `mlopsctl export` writes, before others' judges: cfn-lint with CloudFormation's registry schemas, botocore with the calls of
//! StackSets, and the provider's generated bindings with Terraform's arguments. `tests/setup` installs them.

#[path = "../../src/pipeline/tests/random.rs"]
#[allow(dead_code)]
mod random;
#[path = "../support/mod.rs"]
mod support;

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use support::{Desk, example};

const RANDOM: u64 = 300;

/// A shipped example and the arguments without which it is none.
const EXAMPLES: [(&str, &[&str]); 15] = [
    ("lab.yaml", &["--var", "email=you@example.edu"]),
    ("ai-cost.yaml", &["--var", "email=you@example.edu"]),
    ("all-functions.yaml", &["--var", "email=you@example.edu", "--sandbox", "--online"]),
    ("anomaly.yaml", REGION),
    ("composite.yaml", REGION),
    ("dashboard.yaml", REGION),
    ("everything.yaml", &["--region", "us-east-1", "--sandbox", "--online"]),
    ("everything.yaml", &["--region", "eu-west-1", "--sandbox", "--online"]),
    ("fifty-functions.yaml", REGION),
    ("log-alarms.yaml", REGION),
    ("math.yaml", REGION),
    ("promql.yaml", REGION),
    ("regions.yaml", &["--region", "us-east-1", "--var", "email=you@example.edu"]),
    ("several-topics.yaml", REGION),
    ("slo.yaml", REGION),
];

const REGION: &[&str] = &["--region", "us-east-1"];

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn python() -> Command {
    Command::new(root("target/tools/venv/bin/python"))
}

/// Exports every example and random stacks with these words; returns the files.
fn exports(desk: &Desk, words: &[&str], extension: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut export = |label: String, arguments: &[&str]| {
        let is_random = label.starts_with("random-");
        let out = format!("{label}.{extension}");
        let ran = desk.run(&[words, arguments, &["--quiet", "--out", &out]].concat());
        // A document without resources is none, and what patterns stand for only AWS knows.
        let is_none = ["asks for nothing that could be exported", "patterns under `functions`"];
        if !is_random || ran.code != Some(64) || !is_none.iter().any(|words| ran.stderr.contains(words)) {
            ran.exits(0);
            files.push(desk.path(&out));
        }
    };
    for (name, arguments) in EXAMPLES {
        let path = example(name).display().to_string();
        let region = if arguments.contains(&"eu-west-1") { "-eu" } else { "" };
        export(format!("{}{region}", name.trim_end_matches(".yaml")), &[arguments, &["--file", &path]].concat());
    }
    for seed in 0..RANDOM {
        let spec = random::spec(&mut fastrand::Rng::with_seed(seed), "walk");
        desk.write("alarms.yaml", &spec.to_string());
        export(format!("random-{seed}"), &[]);
    }
    files
}

fn run(command: &mut Command) -> String {
    let ran = command.output().expect("Python runs: has `bash tests/setup` been run?");
    let said = String::from_utf8_lossy(&ran.stdout).into_owned() + &String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{said}");
    said
}

#[test]
fn every_example_is_exported() {
    let all = root("examples").read_dir().expect("examples").flatten().map(|entry| entry.file_name());
    let all = all.map(|name| name.to_string_lossy().into_owned());
    let specs = all.filter(|name| name.ends_with(".yaml") && !name.ends_with(".test.yaml"));
    let missing: Vec<String> = specs.filter(|name| EXAMPLES.iter().all(|(known, _)| known != name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// Errors and warnings. Its remarks are left out: that a log group states no deletion policy, and that a spec has written ARNs out.
#[test]
fn cfn_lint_finds_no_fault_in_any_template() {
    let desk = Desk::new();
    let files = exports(&desk, &["export", "cloudformation"], "json");
    assert!(files.len() > 200, "{}", files.len());
    let mut lint = Command::new(root("target/tools/venv/bin/cfn-lint"));
    run(lint.arg("--").args(&files));
}

/// A parent with its parts, and the template of a StackSet.
#[test]
fn cfn_lint_finds_no_fault_in_what_is_split_or_shared() {
    let desk = Desk::new();
    let alarm = |n: usize| {
        format!("  e{n}: {{ namespace: App, metric_name: E{n}, statistic: Sum, threshold: '> 5', notify: alerts }}\n")
    };
    let alarms: String = (0..600).map(alarm).collect();
    let head = "version: 1\nstack: many\nregion: us-east-1\ntopics: { alerts: }\nalarms:\n";
    desk.write("alarms.yaml", &format!("{head}{alarms}"));
    desk.run(&["export", "cloudformation", "--out", "parts"]).exits(0);
    desk.write("roster.csv", "account,email\n012345678901,ann@example.edu\n111122223333,ben@example.edu\n");
    let lab = example("lab.yaml").display().to_string();
    let unit = ["--ou", "ou-a1b2-3c4d5e6f", "--out", "set"];
    desk.run(&[&["export", "stackset", "--file", &lab, "--accounts", "roster.csv"], &unit[..]].concat()).exits(0);
    let parts = desk.path("parts").read_dir().expect("a folder").flatten().map(|entry| entry.path());
    let files: Vec<PathBuf> = parts.chain([desk.path("set/template.json")]).collect();
    assert_eq!(files.len(), 4, "{files:?}");
    run(Command::new(root("target/tools/venv/bin/cfn-lint")).arg("--").args(&files));
}

/// YAML says the same as JSON, to a reader that nobody here wrote.
#[test]
fn yaml_is_the_same_template() {
    let desk = Desk::new();
    let path = example("everything.yaml").display().to_string();
    for (format, out) in [("json", "a.json"), ("yaml", "a.yaml")] {
        let online = ["export", "cloudformation", "--sandbox", "--online", "--region", "us-east-1"];
        desk.run(&[&online[..], &["--file", &path, "--format", format, "--out", out]].concat()).exits(0);
    }
    let program =
        "import json, sys, yaml; a, b = (yaml.safe_load(open(p)) for p in sys.argv[1:]); assert a == b, 'they differ'";
    run(python().args(["-c", program]).args([desk.path("a.json"), desk.path("a.yaml")]));
}

/// Every resource type and argument is the provider's, and has a value of its type; what is required is there.
#[test]
fn terraform_arguments_are_the_providers() {
    let desk = Desk::new();
    let files = exports(&desk, &["export", "terraform", "--account", "123456789012"], "tf.json");
    let wheel = root("target/tools/terraform")
        .read_dir()
        .expect("has `bash tests/setup` been run?")
        .flatten()
        .find(|entry| entry.file_name().to_string_lossy().starts_with("cdktn_provider_aws"));
    let wheel = wheel.expect("the wheel of the bindings").path();
    let said = run(python().arg(root("tests/export/terraform.py")).arg(wheel).args(&files));
    assert!(said.contains("8 resource types"), "{said}");
}

#[test]
fn botocore_takes_the_input_of_a_stack_set() {
    let desk = Desk::new();
    desk.write("roster.csv", "account,name,email,regions\n012345678901,ann,ann@example.edu,us-east-1 eu-west-1\n111122223333,ben,ben@example.edu,us-east-1\n");
    let lab = example("lab.yaml").display().to_string();
    let words = ["export", "stackset", "--file", &lab, "--accounts", "roster.csv", "--ou", "ou-a1b2-3c4d5e6f"];
    let both: Value = desk.run(&words).exits(0).json();
    desk.write("both.json", &both.to_string());
    let program = "
import json, sys, botocore.session
from botocore.validate import ParamValidator
model = botocore.session.get_session().get_service_model('cloudformation')
both = json.load(open(sys.argv[1]))
for operation, given in [('CreateStackSet', [both['CreateStackSet']]), ('CreateStackInstances', both['CreateStackInstances'])]:
    for one in given:
        report = ParamValidator().validate(one, model.operation_model(operation).input_shape)
        assert not report.has_errors(), report.generate_report()
print(len(both['CreateStackInstances']))
";
    run(python().args(["-c", program]).arg(desk.path("both.json")));
    let template: Value =
        serde_json::from_str(both["CreateStackSet"]["TemplateBody"].as_str().expect("a body")).expect("a template");
    assert_eq!(template["Parameters"]["Email"]["Default"], "ann@example.edu");
    desk.run(&[&words[..], &["--out", "set"]].concat()).exits(0);
    let parts = desk.path("set").read_dir().expect("a folder").count();
    assert_eq!(parts, 2 + both["CreateStackInstances"].as_array().expect("a list").len());
}
