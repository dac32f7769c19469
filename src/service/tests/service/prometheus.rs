//! Prometheus itself: its checker reads the exposition, its server scrapes both listeners.

use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::client::Client;
use crate::program::{JSON, Service, payloads};
use crate::tools::{find, free_port, wait_for};

/// A Prometheus server with a configuration of its own; ends with the test.
pub struct Prometheus {
    process: Child,
    address: SocketAddr,
    _dir: TempDir,
}

impl Prometheus {
    /// Starts the program with `config` and rule files beside it.
    pub fn start(program: &Path, config: &str, rules: &[PathBuf]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        for file in rules {
            std::fs::copy(file, dir.path().join(file.file_name().unwrap())).unwrap();
        }
        std::fs::write(dir.path().join("prometheus.yml"), config).unwrap();
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let process = Command::new(program)
            .arg(format!("--config.file={}", dir.path().join("prometheus.yml").display()))
            .arg(format!("--storage.tsdb.path={}", dir.path().join("tsdb").display()))
            .arg(format!("--web.listen-address={address}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self { process, address, _dir: dir }
    }

    /// The samples of an instant query, each with its labels; none while the server does not answer yet.
    pub fn query(&self, expr: &str) -> Vec<(Value, f64)> {
        let sample = |one: &Value| (one["metric"].clone(), number(&one["value"]));
        self.result(expr).iter().map(sample).collect()
    }

    /// Every scraped sample of a range selector, as seconds and value, a list a series.
    pub fn samples(&self, selector: &str) -> Vec<Vec<(f64, f64)>> {
        let sample = |one: &Value| (one[0].as_f64().unwrap(), number(one));
        let series = |one: &Value| one["values"].as_array().unwrap().iter().map(sample).collect();
        self.result(selector).iter().map(series).collect()
    }

    fn result(&self, expr: &str) -> Vec<Value> {
        let encoded: String = expr.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let Ok(mut client) = Client::connect(self.address) else { return Vec::new() };
        let path = format!("/api/v1/query?query={encoded}");
        let Ok(answer) = client.request("GET", &path, &[], b"") else { return Vec::new() };
        if answer.status == 503 {
            return Vec::new();
        }
        answer.json()["data"]["result"].as_array().cloned().unwrap_or_default()
    }

    /// The samples without their labels.
    pub fn numbers(&self, expr: &str) -> Vec<f64> {
        self.query(expr).into_iter().map(|(_, number)| number).collect()
    }
}

/// The value of a sample: a pair of a time and a number as text.
fn number(sample: &Value) -> f64 {
    sample[1].as_str().unwrap().parse().unwrap()
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn busy_service() -> Service {
    let service = Service::start(&[]);
    let mut client = service.client();
    for payload in payloads()["payloads"].as_array().unwrap() {
        client.request("POST", "/track", &[JSON], payload.to_string().as_bytes()).unwrap();
    }
    let odd = r#"{"business_id":"q\"uote \\ back ünïcode","response_time_ms":0,"tokens_used":0,"appointment_booked":true,"api_cost_usd":0.000001}"#;
    assert_eq!(client.request("POST", "/track", &[JSON], odd.as_bytes()).unwrap().status, 200);
    service
}

#[test]
fn the_checker_finds_no_fault() {
    let Some(promtool) = find(&["promtool"]) else { return };
    let service = busy_service();
    for address in [service.address, service.prometheus] {
        let answer = Client::connect(address).unwrap().request("GET", "/metrics", &[], b"").unwrap();
        let mut child = Command::new(&promtool)
            .args(["check", "metrics"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(answer.body.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        assert!(output.status.success() && said.is_empty(), "{}", String::from_utf8_lossy(&said));
    }
}

#[test]
fn the_second_listener_serves_any_path_and_nothing_else() {
    let service = busy_service();
    let mut client = Client::connect(service.prometheus).unwrap();
    for path in ["/", "/metrics", "/any/thing", "/track"] {
        let answer = client.request("GET", path, &[], b"").unwrap();
        assert!(answer.status == 200 && answer.body.contains("ai_requests_total{"), "{path}");
    }
    assert_eq!(client.request("POST", "/track", &[JSON], b"{}").unwrap().status, 405);
}

#[test]
fn a_server_scrapes_both_listeners() {
    let Some(prometheus) = find(&["prometheus"]) else { return };
    let service = busy_service();
    let config = format!(
        "global: {{ scrape_interval: 1s, scrape_timeout: 1s }}\nscrape_configs:\n  - job_name: main\n    static_configs: [{{ targets: ['{}'] }}]\n  - job_name: second\n    static_configs: [{{ targets: ['{}'] }}]\n",
        service.address, service.prometheus
    );
    let server = Prometheus::start(&prometheus, &config, &[]);
    let values = |query: &str| -> Vec<(String, f64)> {
        let mut values: Vec<(String, f64)> = server
            .query(query)
            .into_iter()
            .map(|(labels, n)| (labels["job"].as_str().unwrap().to_owned(), n))
            .collect();
        // They come in the order in which the targets were first scraped, which their ports decide.
        values.sort_by(|one, other| one.0.cmp(&other.0));
        values
    };
    let both = |value: f64| vec![("main".to_owned(), value), ("second".to_owned(), value)];
    wait_for("both targets are up", || values("up") == both(1.0));
    wait_for("both show the sums", || values("sum by(job)(ai_tokens_used_total)") == both(4291.0));
    assert_eq!(values("ai_response_time_seconds_bucket{le=\"2.0\"}"), both(3.0));
    assert_eq!(values("round(sum by(job)(ai_api_cost_usd_total)*1000000)"), both(805.0));
}
