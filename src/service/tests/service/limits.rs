//! Time, rate and shutdown: what a client may take, and what it gets when the service goes.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::client::message;
use crate::program::{JSON, Service, signal};
use crate::tools::wait_for;

const LEAST: &[u8] = br#"{"business_id":"b","response_time_ms":1,"tokens_used":2}"#;

#[test]
fn the_rate_limit_answers_in_json() {
    let service = Service::start(&[("RATE_LIMIT", "5")]);
    let mut client = service.client();
    let answers: Vec<_> = (0..12).map(|_| client.request("GET", "/health", &[], b"").unwrap()).collect();
    let refused: Vec<_> = answers.iter().filter(|answer| answer.status == 429).collect();
    assert!(refused.len() >= 6, "{}", refused.len());
    assert_eq!(refused[0].json(), json!({"error": "Too many requests, slow down"}));
    assert_eq!(refused[0].header("retry-after"), Some("1"));
    assert_eq!(refused[0].header("access-control-allow-origin"), Some("*"));
}

/// A slow head is cut off after ten seconds, a slow body after half the request time.
#[test]
fn who_dawdles_is_cut_off() {
    let service = Service::start(&[]);
    let began = Instant::now();
    let mut head = service.client();
    head.send(b"GET /health HTTP/1.1\r\nHost: x\r\n").unwrap();
    let mut body = service.client();
    body.send(&message("POST", "/track", &[JSON, ("Content-Length", "100")], b"")).unwrap();
    assert!(head.receive(false).is_err(), "the connection is closed");
    assert!((9..30).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
    let answer = body.receive(false).unwrap();
    assert_eq!((answer.status, answer.json()), (408, json!({"error": "The body took too long to arrive"})));
    assert!((14..40).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
}

#[test]
fn a_stop_lets_requests_finish_and_loses_nothing() {
    let mut service = Service::start(&[]);
    let mut late = service.client();
    // Under way: the head has come, the body has not.
    let whole = message("POST", "/track", &[JSON], LEAST);
    let (first, rest) = whole.split_at(whole.len() - 10);
    late.send(first).unwrap();
    let mut idle = service.client();
    assert_eq!(idle.request("GET", "/health", &[], b"").unwrap().status, 200);
    std::thread::sleep(Duration::from_millis(100));
    signal(service.id(), "TERM");
    wait_for("no new connections are taken", || service.log().iter().any(|line| line.contains("stopping")));
    // drain.py of the contract: nobody new is let in, and nobody is let in only to be cut off.
    assert!(crate::client::Client::connect(service.address).is_err(), "the listener is closed");
    assert!(crate::client::Client::connect(service.prometheus).is_err(), "the second one too");
    late.send(rest).unwrap();
    let answer = late.receive(false).unwrap();
    assert_eq!((answer.status, &answer.json()["database_stored"]), (200, &json!(true)));
    assert!(idle.receive(false).is_err(), "an idle connection is closed");
    assert!(service.wait().success());
    assert!(service.log().last().is_some_and(|line| line.contains("stopped")), "{:?}", service.log());
    let again = Service::start_in(service.dir(), &[]);
    wait_for("the event is there", || again.metrics().sum("mlops_stored_events") == 1.0);
}

#[test]
fn a_taken_port_is_told() {
    let first = Service::start(&[]);
    let dir = tempfile::tempdir().unwrap();
    let port = first.address.port().to_string();
    let output = crate::program::command(dir.path()).env("SERVICE_PORT", port).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("SERVICE_PORT"), "{said}");
}

#[test]
fn logs_are_structured_and_tell_nothing_of_people() {
    let service = Service::start(&[("LOG_FORMAT", "json")]);
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let body = br#"{"business_id":"Mrs-Smith","session_id":"secret-session","response_time_ms":1,"tokens_used":2}"#;
    let mut client = service.client();
    let answer = client
        .request(
            "POST",
            "/track?mail=smith@example.org",
            &[JSON, ("traceparent", trace), ("X-Request-Id", "my-id")],
            body,
        )
        .unwrap();
    assert_eq!(answer.header("x-request-id"), Some("my-id"));
    let own = client.request("GET", "/analytics/Mrs-Smith", &[], b"").unwrap();
    assert_eq!(own.header("x-request-id").map(str::len), Some(32));
    client.request("GET", "/nowhere/Mrs-Smith", &[], b"").unwrap();
    let lines = || -> Vec<Value> {
        service
            .log()
            .iter()
            .filter(|line| line.contains("\"request\""))
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    };
    wait_for("the lines are written", || lines().len() == 3);
    let lines = lines();
    let line = &lines[0];
    assert_eq!(
        (&line["level"], &line["method"], &line["route"], &line["status"]),
        (&json!("INFO"), &json!("POST"), &json!("/track"), &json!(200))
    );
    assert_eq!((&line["request_id"], &line["trace_id"]), (&json!("my-id"), &json!("4bf92f3577b34da6a3ce929d0e0e4736")));
    assert!(line["duration_ms"].is_number() && line["timestamp"].is_string());
    assert_eq!(
        (&lines[1]["route"], &lines[1]["request_id"]),
        (&json!("/analytics/{business_id}"), &json!(own.header("x-request-id")))
    );
    assert_eq!((&lines[2]["level"], &lines[2]["route"]), (&json!("WARNING"), &json!("unmatched")));
    let everything = service.log().join("\n");
    for private in ["Smith", "secret-session", "example.org", "127.0.0.1:5"] {
        assert!(!everything.contains(private), "{private} is in the log\n{everything}");
    }
}

#[test]
fn the_level_decides_what_is_logged() {
    let debug = Service::start(&[("LOG_LEVEL", "DEBUG")]);
    debug.track("{}");
    wait_for("the reason is told at DEBUG", || debug.log().iter().any(|line| line.contains(" DEBUG refused why=")));
    let dir = tempfile::tempdir().unwrap();
    let output = crate::program::command(dir.path()).env("LOG_LEVEL", "LOUD").output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("DEBUG, INFO, WARNING or ERROR"), "{said}");
}
