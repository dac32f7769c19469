//! What `examples/service` ships: rules by promtool, board, manifests and compose file by their own schemas, and the parts of the
//! compose file as plain processes, because no container runtime is at hand everywhere.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::postgres::Postgres;
use crate::program::Service;
use crate::prometheus::Prometheus;
use crate::tools::{find, root, run, wait_for};

fn examples() -> PathBuf {
    root().join("examples/service")
}

fn python() -> Option<PathBuf> {
    find(&["target/tools/venv/bin/python"])
}

/// The documents of a YAML file.
fn yaml(python: &Path, file: &str) -> Vec<Value> {
    let read = "import json, sys, yaml; print(json.dumps(list(yaml.safe_load_all(open(sys.argv[1])))))";
    serde_json::from_str(&run(Command::new(python).args(["-c", read]).arg(examples().join(file)))).unwrap()
}

/// Every expression of the rules and of the board, with the board's variables filled in.
fn expressions(python: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for file in ["prometheus/recording.rules.yml", "prometheus/alerts.rules.yml"] {
        for group in yaml(python, file)[0]["groups"].as_array().unwrap() {
            found.extend(
                group["rules"].as_array().unwrap().iter().map(|rule| rule["expr"].as_str().unwrap().to_owned()),
            );
        }
    }
    let board: Value =
        serde_json::from_str(&std::fs::read_to_string(examples().join("grafana/dashboard.json")).unwrap()).unwrap();
    let targets = board["panels"].as_array().unwrap().iter().filter_map(|panel| panel["targets"].as_array()).flatten();
    let filled = |expr: &str| expr.replace("$job", "mlops-service").replace("$__rate_interval", "5m");
    found.extend(targets.map(|target| filled(target["expr"].as_str().unwrap())));
    found
}

#[test]
fn promtool_accepts_configuration_and_rules_and_the_rules_pass_their_tests() {
    let Some(promtool) = find(&["promtool"]) else { return };
    let promtool = |args: &[&str]| run(Command::new(&promtool).args(args).current_dir(examples().join("prometheus")));
    promtool(&["check", "config", "prometheus.yml"]);
    promtool(&["check", "rules", "recording.rules.yml", "alerts.rules.yml"]);
    let said = promtool(&["test", "rules", "rules.test.yml"]);
    assert!(said.contains("SUCCESS"), "{said}");
}

#[test]
fn every_alert_has_a_test_and_says_what_to_do() {
    let Some(python) = python() else { return };
    let tests = std::fs::read_to_string(examples().join("prometheus/rules.test.yml")).unwrap();
    for rule in yaml(&python, "prometheus/alerts.rules.yml")[0]["groups"][0]["rules"].as_array().unwrap() {
        let name = rule["alert"].as_str().unwrap();
        assert!(tests.contains(&format!("alertname: {name}\n")), "{name} has no test");
        for part in ["summary", "description"] {
            assert!(rule["annotations"][part].is_string(), "{name} has no {part}");
        }
    }
}

#[test]
fn rules_and_board_ask_for_what_the_service_exposes_and_no_expression_is_broken() {
    let (Some(python), Some(promtool)) = (python(), find(&["promtool"])) else { return };
    let expressions = expressions(&python);
    let dir = tempfile::tempdir().unwrap();
    let rules: Vec<Value> = expressions
        .iter()
        .enumerate()
        .map(|(at, expr)| serde_json::json!({"record": format!("check:expression:{at}"), "expr": expr}))
        .collect();
    let file = dir.path().join("all.json");
    std::fs::write(&file, serde_json::json!({"groups": [{"name": "all", "rules": rules}]}).to_string()).unwrap();
    run(Command::new(promtool).args(["check", "rules"]).arg(&file));

    let service = Service::start(&[]);
    let exposed: BTreeSet<String> = service
        .metrics()
        .0
        .lines()
        .filter_map(|line| Some(line.strip_prefix("# TYPE ")?.split_once(' ')?.0.to_owned()))
        .collect();
    let named =
        expressions.iter().flat_map(|expr| expr.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == ':')));
    let own = |word: &&str| {
        ["ai_", "mlops_", "process_", "appointments_", "human_"].iter().any(|prefix| word.starts_with(prefix))
    };
    let mut count = 0;
    for word in named.filter(own) {
        let family = word.strip_suffix("_bucket").unwrap_or(word);
        assert!(exposed.contains(family), "{word} is not exposed");
        count += 1;
    }
    assert!(count > 30, "{count}");
}

#[test]
fn board_manifests_and_compose_file_are_valid_by_their_own_schemas() {
    let Some(python) = python() else { return };
    // The board: Grafana's own model of it, which drops what it does not know.
    let board = r#"
import json, sys
from grafana_foundation_sdk.cog import plugins
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard
plugins.register_default_plugins()
source = json.load(open(sys.argv[1]))
known = json.loads(JSONEncoder(sort_keys=True).encode(Dashboard.from_json(source)))
def compare(a, b, path):
    if isinstance(a, dict):
        for key in a:
            assert key in b, f"{path}/{key} is not known to Grafana"
            compare(a[key], b[key], f"{path}/{key}")
    elif isinstance(a, list):
        assert len(a) == len(b), path
        for at, (x, y) in enumerate(zip(a, b)): compare(x, y, f"{path}[{at}]")
    else:
        assert a == b, f"{path}: {a!r} became {b!r}"
compare(source, known, "")
titles = [panel["title"] for panel in source["panels"]]
for wanted in ["Service status", "Service uptime", "Total requests", "Error rate", "Memory usage", "Database status",
               "Total tokens", "Total API cost", "Appointments", "Human handoffs"]:
    assert wanted in titles, wanted
"#;
    run(Command::new(&python).args(["-c", board]).arg(examples().join("grafana/dashboard.json")));
    let validate = python.with_file_name("kubernetes-validate");
    for file in ["service.yaml", "secret.example.yaml"] {
        run(Command::new(&validate).arg("--strict").arg(examples().join("kubernetes").join(file)));
    }
    let compose = r#"
import sys, yaml
from compose_pydantic import ComposeSpecification
text = yaml.safe_load(open(sys.argv[1]))
# Extensions are the specification's own, and unknown to this model of it.
ComposeSpecification.model_validate({key: value for key, value in text.items() if not key.startswith("x-")})
"#;
    run(Command::new(&python).args(["-c", compose]).arg(examples().join("compose.yaml")));
}

#[test]
fn the_manifests_have_two_replicas_probes_and_a_disruption_budget() {
    let Some(python) = python() else { return };
    let documents = yaml(&python, "kubernetes/service.yaml");
    let of =
        |kind: &str| documents.iter().find(|document| document["kind"] == kind).unwrap_or_else(|| panic!("no {kind}"));
    let deployment = &of("Deployment")["spec"];
    assert_eq!(deployment["replicas"], 2);
    let container = &deployment["template"]["spec"]["containers"][0];
    let service = Service::start(&[]);
    for probe in ["startupProbe", "livenessProbe", "readinessProbe"] {
        let path = container[probe]["httpGet"]["path"].as_str().unwrap();
        wait_for(&format!("{probe} {path} is well"), || service.get(path).status == 200);
    }
    assert_eq!(container["securityContext"]["readOnlyRootFilesystem"], true);
    assert_eq!(deployment["template"]["spec"]["securityContext"]["runAsNonRoot"], true);
    assert_eq!(of("PodDisruptionBudget")["spec"]["minAvailable"], 1);
}

#[test]
fn the_parts_of_the_compose_file_work_together() {
    let (Some(python), Some(prometheus)) = (python(), find(&["prometheus"])) else { return };
    let Some(postgres) = Postgres::start() else { return };
    let compose = &yaml(&python, "compose.yaml")[0];
    // The environment is the compose file's; names of containers are this machine's.
    let replicas: Vec<Service> = ["mlops-service-1", "mlops-service-2"]
        .iter()
        .map(|name| {
            let environment = compose["services"][name]["environment"].as_object().unwrap();
            let settings: Vec<(String, String)> = environment
                .iter()
                .map(|(key, value)| {
                    let value = value.as_str().unwrap();
                    let value = match key.as_str() {
                        "DATABASE_URL" => postgres.url(),
                        "MLOPS_API_KEY" => "key".to_owned(),
                        "SERVICE_PORT" | "PROMETHEUS_PORT" => "0".to_owned(),
                        "OTEL_EXPORTER_OTLP_ENDPOINT" => String::new(),
                        _ => value.to_owned(),
                    };
                    (key.clone(), value)
                })
                .collect();
            let settings: Vec<(&str, &str)> =
                settings.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
            Service::start(&settings)
        })
        .collect();

    let shipped = std::fs::read_to_string(examples().join("prometheus/prometheus.yml")).unwrap();
    let config = shipped
        .replace("mlops-service-1:8001", &replicas[0].prometheus.to_string())
        .replace("mlops-service-2:8001", &replicas[1].prometheus.to_string())
        .replace("15s", "1s");
    assert_ne!(config, shipped);
    let rules = ["recording.rules.yml", "alerts.rules.yml"].map(|file| examples().join("prometheus").join(file));
    let server = Prometheus::start(&prometheus, &config, &rules);
    let query = |expr: &str| server.numbers(expr);

    wait_for("both replicas are scraped", || query("sum(up)") == [2.0]);
    let headers = [crate::program::JSON, ("X-API-Key", "key")];
    for number in 0..40 {
        let event = format!(
            r#"{{"business_id":"b","session_id":"s{number}","response_time_ms":500,"tokens_used":10,"api_cost_usd":0.001}}"#
        );
        let answer = replicas[number % 2].client().request("POST", "/track", &headers, event.as_bytes()).unwrap();
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    wait_for("the counters of both add up", || query("sum(ai_tokens_used_total)") == [400.0]);
    wait_for("each replica shows what both have stored", || {
        query("min(mlops_stored_tokens)") == [400.0] && query("max(mlops_stored_tokens)") == [400.0]
    });
    wait_for("a recording rule is evaluated", || !query("job:mlops_track_requests:rate5m").is_empty());
    for replica in &replicas {
        let answer = replica.client().request("GET", "/analytics/b", &[("X-API-Key", "key")], b"").unwrap().json();
        assert_eq!(answer["metrics"]["total_conversations"], 40);
    }
    assert!(query("ALERTS{alertstate=\"firing\"}").is_empty());
}
