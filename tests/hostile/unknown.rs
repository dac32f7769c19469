//! Settings of alarms that this program does not know, before a full overwrite; and what it knows, against AWS's own model.

use crate::SPEC;
use crate::server::{Endpoint, Request, Sandbox, encoded};
use crate::support::Desk;
use ciborium::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const COMPOSITE: &str = r#"
composite_alarms:
  all: { alarm_rule: 'ALARM("errors")' }
"#;

/// Adds to the first alarm of a list, where an answer has one.
fn with(
    list: &'static str,
    path: &'static [&'static str],
    setting: &'static str,
) -> impl Fn(&Request, Vec<u8>) -> Vec<u8> {
    move |request, body| {
        if request.operation() != "DescribeAlarms" {
            return body;
        }
        let Ok(mut answer) = ciborium::from_reader::<Value, _>(body.as_slice()) else { return body };
        if let Some(Value::Array(alarms)) = entry(&mut answer, list) {
            for alarm in alarms {
                let mut place = alarm;
                for key in path {
                    place = add(place, key, Value::Map(Vec::new()));
                }
                let after = vec![(Value::Text("AfterMinutes".into()), Value::from(15))];
                add(place, setting, Value::Map(after));
            }
        }
        encoded(&answer)
    }
}

fn entry<'a>(map: &'a mut Value, key: &str) -> Option<&'a mut Value> {
    let Value::Map(entries) = map else { return None };
    entries.iter_mut().find(|(name, _)| name.as_text() == Some(key)).map(|(_, value)| value)
}

fn add<'a>(map: &'a mut Value, key: &str, value: Value) -> &'a mut Value {
    if entry(map, key).is_none()
        && let Value::Map(entries) = map
    {
        entries.push((Value::Text(key.into()), value));
    }
    entry(map, key).expect("it was added")
}

fn stricter() -> String {
    SPEC.replace("> 5", "> 6") + &COMPOSITE.replace("ALARM(", "OK(")
}

fn world() -> (Desk, Sandbox) {
    let desk = Desk::new().env("AWS_ACCESS_KEY_ID", "x").env("AWS_SECRET_ACCESS_KEY", "x");
    desk.write("alarms.yaml", &without_function(&(SPEC.to_owned() + COMPOSITE)));
    let sandbox = Sandbox::start(&desk);
    desk.run(&["apply", "--yes", "--endpoint-url", &sandbox.url]).exits(0);
    (desk, sandbox)
}

fn without_function(spec: &str) -> String {
    spec.replace("functions:\n  mlops-service-lambda: { retention: 14d }\n", "")
}

#[test]
fn an_unknown_setting_blocks_an_overwrite_and_nothing_else() {
    for (list, path, setting, alarm, said) in [
        ("MetricAlarms", &[][..], "EscalationConfiguration", "alarm/errors", "EscalationConfiguration = {"),
        (
            "MetricAlarms",
            &["EvaluationWindow"][..],
            "BusinessHoursWindow",
            "alarm/errors",
            "EvaluationWindow.BusinessHoursWindow",
        ),
        ("MetricAlarms", &["ActionConfiguration"][..], "Escalation", "alarm/errors", "ActionConfiguration.Escalation"),
        ("MetricAlarms", &["EvaluationCriteria"][..], "SqlCriteria", "alarm/errors", "EvaluationCriteria.SqlCriteria"),
        ("CompositeAlarms", &[][..], "SuppressorSchedule", "composite_alarm/all", "SuppressorSchedule"),
    ] {
        let (desk, sandbox) = world();
        let proxy = Endpoint::before(&sandbox.url, with(list, path, setting));
        let at = ["--endpoint-url", proxy.url.as_str()];
        let run = |arguments: &[&str]| desk.run(&[arguments, &at].concat());
        let puts = || proxy.asked.lock().expect("whole").iter().filter(|op| op.starts_with("Put")).count();

        // Nothing to change: told, not blocked.
        let quiet = run(&["plan", "--detailed-exitcode", "--no-backtest", "--verbose"]).exits(0);
        quiet.says("left as they are").says(&setting[..5]);
        desk.write("alarms.yaml", &without_function(&stricter()));
        run(&["plan", "--detailed-exitcode", "--no-backtest"]).exits(8).says(said).says(alarm);
        run(&["apply", "--yes"]).exits(8).says(said).says("--allow-unknown-loss");
        assert_eq!(puts(), 0, "{setting}");
        // A saved plan that was agreed to holds only for what was seen then.
        run(&["plan", "--no-backtest", "--allow-unknown-loss", "--out", "p.json"]).exits(0).says(said).says("erased");
        let other = Endpoint::before(&sandbox.url, with(list, path, "Another"));
        desk.run(&["apply", "p.json", "--yes", "--endpoint-url", &other.url]).exits(6).says("Another");
        run(&["apply", "p.json", "--yes"]).exits(0);
        assert!(puts() > 0, "{setting}");
        run(&["destroy", "--yes"]).exits(0);
    }
}

/// The list that the settings are held against is what AWS's model says, as botocore ships it.
#[test]
fn the_list_of_settings_is_botocores() {
    let printed = Command::new(botocore()).arg(model("alarms.py")).output().expect("Python starts");
    assert!(printed.status.success(), "{}", String::from_utf8_lossy(&printed.stderr));
    let kept = std::fs::read_to_string(model("alarms.json")).expect("it is in the repository");
    assert_eq!(
        String::from_utf8_lossy(&printed.stdout).replace('\r', ""),
        kept,
        "print it anew with tests/models/alarms.py"
    );
}

fn model(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models").join(name)
}

const BOTOCORE: &str = "botocore==1.44.8";

/// The Python of an environment that has it; made on first use.
fn botocore() -> PathBuf {
    let tools = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("it is in the target folder").join("tools");
    let venv = tools.join("botocore");
    let python = if cfg!(windows) { venv.join("Scripts/python.exe") } else { venv.join("bin/python") };
    std::fs::create_dir_all(&tools).expect("the target folder takes folders");
    let installed = tools.join("botocore.installed");
    if std::fs::read_to_string(&installed).is_ok_and(|text| text == BOTOCORE) {
        return python;
    }
    let succeeds = |command: &mut Command| command.stdin(Stdio::null()).status().is_ok_and(|status| status.success());
    let system = if cfg!(windows) { "python" } else { "python3" };
    assert!(succeeds(Command::new(system).args(["-m", "venv"]).arg(&venv)), "install Python 3.10 or newer with venv");
    let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", BOTOCORE];
    assert!(succeeds(Command::new(&python).args(install)), "pip could not install {BOTOCORE}");
    std::fs::write(&installed, BOTOCORE).expect("target/tools takes files");
    python
}
