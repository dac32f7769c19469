//! Prometheus itself: its checker reads the exposition, its server scrapes both listeners.

use std::io::Write;
use std::process::{Child, Command, Stdio};

use crate::client::Client;
use crate::program::{JSON, Service, payloads};
use crate::tools::{find, free_port, wait_for};

struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
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
    let dir = tempfile::tempdir().unwrap();
    let config = format!(
        "global: {{ scrape_interval: 1s, scrape_timeout: 1s }}\nscrape_configs:\n  - job_name: main\n    static_configs: [{{ targets: ['{}'] }}]\n  - job_name: second\n    static_configs: [{{ targets: ['{}'] }}]\n",
        service.address, service.prometheus
    );
    std::fs::write(dir.path().join("prometheus.yml"), config).unwrap();
    let port = free_port();
    let server = Command::new(prometheus)
        .arg(format!("--config.file={}", dir.path().join("prometheus.yml").display()))
        .arg(format!("--storage.tsdb.path={}", dir.path().join("tsdb").display()))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let _server = Server(server);
    let ask = |query: &str| -> Option<serde_json::Value> {
        let address = std::net::SocketAddr::from(([127, 0, 0, 1], port));
        let answer =
            Client::connect(address).ok()?.request("GET", &format!("/api/v1/query?query={query}"), &[], b"").ok()?;
        serde_json::from_str(&answer.body).ok()
    };
    let values = |query: &str| -> Vec<(String, String)> {
        let answer = ask(query).unwrap_or_default();
        let results = answer["data"]["result"].as_array().cloned().unwrap_or_default();
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        let mut values: Vec<(String, String)> =
            results.iter().map(|result| (text(&result["metric"]["job"]), text(&result["value"][1]))).collect();
        // They come in the order in which the targets were first scraped, which their ports decide.
        values.sort();
        values
    };
    let both = |value: &str| vec![("main".to_owned(), value.to_owned()), ("second".to_owned(), value.to_owned())];
    wait_for("both targets are up", || values("up") == both("1"));
    wait_for("both show the sums", || values("sum%20by(job)(ai_tokens_used_total)") == both("4291"));
    assert_eq!(values("ai_response_time_seconds_bucket%7Ble=%222.0%22%7D"), both("3"));
    assert_eq!(values("round(sum%20by(job)(ai_api_cost_usd_total)*1000000)"), both("805"));
}
