//! The binary as a Lambda function, under the runtime emulator of cargo-lambda: events as function URLs and HTTP APIs
//! send them.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::client::{Answer, Client};
use crate::program::{JSON, payloads};
use crate::tools::{find, free_port, wait_for};

/// The emulator and the function it sends events to.
struct Function {
    emulator: Child,
    function: Child,
    address: SocketAddr,
    output: Arc<Mutex<Vec<String>>>,
    _dir: tempfile::TempDir,
}

/// What the emulator calls a function that no build of its own belongs to.
const NAME: &str = "_";

impl Function {
    fn start(settings: &[(&str, &str)]) -> Option<Self> {
        let cargo_lambda = find(&["target/tools/venv/bin/cargo-lambda", "cargo-lambda"])?;
        let dir = tempfile::tempdir().unwrap();
        // The emulator wants a package to stand in, and builds nothing of it.
        std::fs::create_dir(dir.path().join("src")).unwrap();
        std::fs::write(dir.path().join("src/main.rs"), "fn main() {}").unwrap();
        std::fs::write(dir.path().join("Cargo.toml"), "[package]\nname = \"x\"\nedition = \"2024\"\n[workspace]\n")
            .unwrap();
        let port = free_port();
        let emulator = Command::new(cargo_lambda)
            .args(["lambda", "watch", "--only-lambda-apis", "-A", "127.0.0.1", "-P", &port.to_string()])
            .current_dir(dir.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        wait_for("the emulator listens", || Client::connect(address).is_ok());
        let (function, output) = spawn(dir.path(), port, settings);
        Some(Self { emulator, function, address, output, _dir: dir })
    }

    /// Through the function URL.
    fn url(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let path = format!("/lambda-url/{NAME}{path}");
        Client::connect(self.address).unwrap().request(method, &path, headers, body.as_bytes()).unwrap()
    }

    /// By the Invoke call, with any event.
    fn invoke(&self, event: &Value) -> Answer {
        let path = format!("/2015-03-31/functions/{NAME}/invocations");
        Client::connect(self.address).unwrap().request("POST", &path, &[JSON], event.to_string().as_bytes()).unwrap()
    }

    fn output(&self) -> Vec<String> {
        self.output.lock().unwrap().clone()
    }

    fn metric_lines(&self) -> Vec<Value> {
        self.output()
            .iter()
            .filter(|line| line.contains("\"_aws\""))
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

fn spawn(dir: &Path, port: u16, settings: &[(&str, &str)]) -> (Child, Arc<Mutex<Vec<String>>>) {
    let mut command = crate::program::command(dir);
    command
        .env("AWS_LAMBDA_RUNTIME_API", format!("127.0.0.1:{port}/.rt"))
        .env("AWS_LAMBDA_FUNCTION_NAME", NAME)
        .envs(settings.iter().copied())
        .stdout(Stdio::piped());
    let mut function = command.spawn().unwrap();
    let output = Arc::<Mutex<Vec<String>>>::default();
    let lines = BufReader::new(function.stdout.take().unwrap()).lines();
    let sink = Arc::clone(&output);
    std::thread::spawn(move || lines.map_while(Result::ok).for_each(|line| sink.lock().unwrap().push(line)));
    (function, output)
}

impl Drop for Function {
    fn drop(&mut self) {
        for child in [&mut self.function, &mut self.emulator] {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// An event of an HTTP API with a named stage, its route in the path.
fn gateway_event(method: &str, path: &str, body: Option<&str>) -> Value {
    json!({
        "version": "2.0", "routeKey": "ANY /mlops-service-lambda/{proxy+}", "rawPath": path, "rawQueryString": "",
        "headers": {"content-type": "application/json", "host": "abc.execute-api.us-east-1.amazonaws.com"},
        "requestContext": {
            "accountId": "123456789012", "apiId": "abc", "domainName": "abc.execute-api.us-east-1.amazonaws.com", "domainPrefix": "abc",
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "203.0.113.9", "userAgent": "t"},
            "requestId": "r", "routeKey": "ANY /mlops-service-lambda/{proxy+}", "stage": "default", "time": "x", "timeEpoch": 0
        },
        "body": body, "isBase64Encoded": false,
    })
}

#[test]
fn health_track_and_dashboard_through_the_function_url() {
    let Some(function) = Function::start(&[]) else { return };
    let health = function.url("GET", "/health", &[], "");
    assert_eq!((health.status, &health.json()["status"]), (200, &json!("healthy")));
    for payload in payloads()["payloads"].as_array().unwrap() {
        let answer = function.url("POST", "/track", &[JSON], &payload.to_string());
        assert_eq!((answer.status, &answer.json()["database_stored"]), (200, &json!(true)), "{answer:?}");
    }
    assert_eq!(function.url("POST", "/track", &[JSON], "{}").status, 400);
    let page = function.url("GET", "/", &[], "");
    assert!(
        page.header("content-type").is_some_and(|kind| kind.starts_with("text/html"))
            && page.body.contains("Human Handoffs")
    );
    let metrics = function.url("GET", "/metrics", &[], "").body;
    assert!(metrics.contains("ai_response_time_seconds_sum 18.866\n"), "{metrics}");
    assert_eq!(function.url("GET", "/nowhere", &[], "").status, 404);

    let lines = function.metric_lines();
    assert_eq!(lines.len(), 6, "one line an event");
    let total = |name: &str| lines.iter().filter_map(|line| line[name].as_f64()).sum::<f64>();
    assert_eq!(
        (total("Requests"), total("Failures"), total("Tokens"), total("ResponseTime")),
        (6.0, 1.0, 4291.0, 18866.0)
    );
    assert!((total("ApiCostUSD") - 0.000804).abs() < 1e-9);
    let initialised = function.output().into_iter().find(|line| line.contains("initialised")).unwrap();
    println!("{initialised}");
}

#[test]
fn stages_are_stripped_and_warmers_count_nowhere() {
    let Some(function) = Function::start(&[("AWS_LAMBDA_FUNCTION_VERSION", "1")]) else { return };
    let answer = function.invoke(&gateway_event("GET", "/default/mlops-service-lambda/health", None)).json();
    assert_eq!(answer["statusCode"], 200);
    assert!(answer["body"].as_str().unwrap().contains("\"healthy\""), "{answer}");
    let body = r#"{"business_id":"b","response_time_ms":1,"tokens_used":2}"#;
    let answer = function.invoke(&gateway_event("POST", "/default/mlops-service-lambda/track", Some(body))).json();
    assert_eq!(answer["statusCode"], 200);
    let warmer =
        json!({"version": "0", "id": "x", "detail-type": "Scheduled Event", "source": "aws.events", "detail": {}});
    for _ in 0..3 {
        assert_eq!(function.invoke(&warmer).json()["body"], "warm");
    }
    let stranger = function.invoke(&json!({"Records": []}));
    assert!(
        stranger.body.contains("Service.UnknownEvent"),
        "an event that is none of HTTP is a function error: {stranger:?}"
    );
    let metrics = function.url("GET", "/metrics", &[], "").body;
    assert!(metrics.contains("mlops_track_requests_total 1\n"), "{metrics}");
    assert_eq!(function.metric_lines().len(), 1);
}

/// A server error can be made an invocation error, which Lambda's own `Errors` metric counts.
#[test]
fn a_server_error_can_count_as_an_invocation_error() {
    let settings = [("LAMBDA_FAIL_ON_5XX", "true"), ("DATABASE_URL", "nonsense"), ("SPOOL_MAX_BYTES", "0")];
    let Some(function) = Function::start(&settings) else { return };
    let lost = r#"{"business_id":"b","response_time_ms":1,"tokens_used":2}"#;
    let broken = function.invoke(&gateway_event("POST", "/track", Some(lost)));
    assert!(broken.body.contains("Service.ServerError"), "{broken:?}");
    // What a client sends raises no alarm, though the course's mode answers it with 500.
    for bad in ["{", "", "[1]", "\u{0}"] {
        let answer = function.invoke(&gateway_event("POST", "/track", Some(bad))).json();
        assert!(answer["statusCode"].as_u64().is_some_and(|status| status == 500 || status == 400), "{bad:?} {answer}");
    }
    assert_eq!(function.url("GET", "/health", &[], "").status, 200, "the next event is answered");
}
