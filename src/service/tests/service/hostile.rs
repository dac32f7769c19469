//! Requests that mean no good: each gets a clear answer, and nothing is half done afterwards.

use serde_json::json;

use crate::client::{Client, message};
use crate::program::{JSON, Service};

/// A well-formed event but for one field, or with one more.
fn with(field: &str, value: &str) -> String {
    let mut body = json!({"business_id": "b", "response_time_ms": 1, "tokens_used": 2, "api_cost_usd": 1, "appointment_requested": true});
    body[field] = "REPLACED".into();
    body.to_string().replace("\"REPLACED\"", value)
}

const SCRIPT: &str = "<script>alert(1)</script>";

/// Name, bytes, the statuses that are a clear answer in the course's mode, and those under strict.
type Hostile = (String, Vec<u8>, Vec<u16>, Vec<u16>);

fn requests() -> Vec<Hostile> {
    let mut all = Vec::new();
    let mut add = |name: &str, bytes: Vec<u8>, course: &[u16], strict: &[u16]| {
        all.push((name.to_owned(), bytes, course.to_vec(), strict.to_vec()))
    };
    let post = |body: &[u8]| message("POST", "/track", &[JSON], body);

    for (field, value) in [
        ("business_id", "5"),
        ("business_id", "null"),
        ("business_id", "[\"b\"]"),
        ("business_id", "{\"$gt\":\"\"}"),
        ("business_id", "\"a\\u0000b\""),
        ("business_id", "\"a\\u001b[31mb\""),
        ("business_id", "\"\""),
        ("business_id", "\" \\u00a0 \""),
        ("model_name", "\" \""),
        ("intent_detected", "\"\""),
        ("response_type", "\"\""),
        ("response_time_ms", "-1"),
        ("response_time_ms", "\"12\""),
        ("response_time_ms", "true"),
        ("response_time_ms", "1e999"),
        ("response_time_ms", "99999999999999999999999"),
        ("response_time_ms", "[]"),
        ("tokens_used", "-5"),
        ("tokens_used", "1.5"),
        ("tokens_used", "2147483648"),
        ("tokens_used", "{}"),
        ("tokens_used", "\"; DROP TABLE ai_metrics; --\""),
        ("success_rate", "1.5"),
        ("success_rate", "-0.5"),
        ("success_rate", "\"high\""),
        ("api_cost_usd", "-0.01"),
        ("api_cost_usd", "1e300"),
        ("api_cost_usd", "\"0.1\""),
        ("prompt_tokens", "-1"),
        ("completion_tokens", "\"x\""),
        ("appointment_requested", "\"true\""),
        ("appointment_booked", "1"),
        ("human_handoff_requested", "[]"),
        ("user_message_length", "-1"),
        ("ai_response_length", "1e10"),
        ("conversation_id", "12"),
        ("session_id", "{\"a\":1}"),
        ("model_name", "false"),
        ("intent_detected", "[1]"),
        ("response_type", "0"),
    ] {
        add(&format!("{field}: {value}"), post(with(field, value).as_bytes()), &[400], &[400]);
    }
    for (field, most) in
        [("business_id", 255), ("session_id", 255), ("model_name", 100), ("intent_detected", 50), ("response_type", 50)]
    {
        let value = format!("\"{}\"", "x".repeat(most + 1));
        add(&format!("{field} too long"), post(with(field, &value).as_bytes()), &[400], &[400]);
    }
    let deep = format!("{}{}", "[".repeat(30_000), "]".repeat(30_000));
    add("deep list", post(deep.as_bytes()), &[400], &[400]);
    add("deep field", post(with("session_id", &deep).as_bytes()), &[400], &[400]);
    add("deep object", post(format!("{}1{}", "{\"a\":".repeat(10_000), "}".repeat(10_000)).as_bytes()), &[400], &[400]);
    for (name, body) in [
        ("bad UTF-8", &b"{\"business_id\":\"\xff\xfe\"}"[..]),
        ("lone surrogate", b"{\"business_id\":\"\\ud800\",\"response_time_ms\":1,\"tokens_used\":1}"),
        ("NaN", b"{\"business_id\":\"b\",\"response_time_ms\":NaN,\"tokens_used\":1}"),
        ("two values", b"{}{}"),
        ("UTF-16", b"\xff\xfe{\0}\0"),
        ("truncated", b"{\"business_id\":\"b\",\"response"),
        ("XML", b"<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><x>&e;</x>"),
        ("NUL bytes", b"\0\0\0\0"),
    ] {
        add(name, post(body), &[500], &[400]);
    }
    add(
        "form",
        message("POST", "/track", &[("Content-Type", "application/x-www-form-urlencoded")], b"business_id=b"),
        &[500],
        &[415],
    );
    add(
        "multipart",
        message("POST", "/track", &[("Content-Type", "multipart/form-data; boundary=x")], b"--x--"),
        &[500],
        &[415],
    );
    let large = [b"{\"x\":\"", &vec![b'a'; 70_000][..], b"\"}"].concat();
    add("large body", post(&large), &[413], &[413]);
    add(
        "announced terabyte",
        message("POST", "/track", &[JSON, ("Content-Length", "1099511627776")], b""),
        &[413],
        &[413],
    );
    let mut chunked = message("POST", "/track", &[JSON, ("Transfer-Encoding", "chunked")], b"");
    (0..20).for_each(|_| chunked.extend([b"1000\r\n", &[b'a'; 4_096][..], b"\r\n"].concat()));
    add("endless chunks", chunked, &[413], &[413]);
    add("negative length", message("POST", "/track", &[JSON, ("Content-Length", "-1")], b""), &[400], &[400]);
    add(
        "two lengths",
        message("POST", "/track", &[JSON, ("Content-Length", "3"), ("Content-Length", "5")], b""),
        &[400],
        &[400],
    );
    add(
        "bad chunk",
        [message("POST", "/track", &[JSON, ("Transfer-Encoding", "chunked")], b""), b"zz\r\n".to_vec()].concat(),
        &[400],
        &[400],
    );
    for path in [
        "/../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/health/..",
        "/health%00",
        "/.env",
        "/analytics/a/../../x",
        "/metrics;x",
        "/data/service.db",
    ] {
        add(path, message("GET", path, &[], b""), &[400, 404], &[400, 404]);
    }
    add("blank business", message("GET", "/analytics/%20", &[], b""), &[400], &[400]);
    add(
        "long key",
        message("POST", "/track", &[JSON, ("Idempotency-Key", &"k".repeat(256))], with("tokens_used", "1").as_bytes()),
        &[400],
        &[400],
    );
    add(
        "blank key",
        message("POST", "/track", &[JSON, ("Idempotency-Key", " ")], with("tokens_used", "1").as_bytes()),
        &[400],
        &[400],
    );
    for path in ["/analytics/%ff", "/analytics/%00", "/analytics/a%0d%0aSet-Cookie:x=1"] {
        add(path, message("GET", path, &[], b""), &[400], &[400]);
    }
    add("long path", message("GET", &format!("/{}", "a".repeat(60_000)), &[], b""), &[404, 414, 431], &[404, 414, 431]);
    add("longer path", message("GET", &format!("/{}", "a".repeat(200_000)), &[], b""), &[414, 431], &[414, 431]);
    add("long header", message("GET", "/health", &[("X-Bomb", &"a".repeat(200_000))], b""), &[431], &[431]);
    let many: Vec<(&str, &str)> = std::iter::repeat_n(("X-Many", "1"), 500).collect();
    add("many headers", message("GET", "/health", &many, b""), &[431], &[431]);
    add("no HTTP", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n".to_vec(), &[400], &[400]);
    add("HTTP/9", b"GET / HTTP/9.9\r\n\r\n".to_vec(), &[400], &[400]);
    add("space in path", b"GET /a b HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(), &[400], &[400]);
    add("header without name", b"GET / HTTP/1.1\r\nHost: x\r\n: y\r\n\r\n".to_vec(), &[400], &[400]);
    add("split header", b"GET / HTTP/1.1\r\nHost: x\r\nA: b\rc\r\n\r\n".to_vec(), &[400], &[400]);
    add("no such method", message("BREW", "/track", &[], b""), &[405], &[405]);
    add("trace", message("TRACE", "/health", &[], b""), &[405], &[405]);
    add("connect", b"CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(), &[400, 404, 405], &[400, 404, 405]);
    add(
        "script in a field that is a number",
        post(with("tokens_used", &format!("\"{SCRIPT}\"")).as_bytes()),
        &[400],
        &[400],
    );
    add("script in the path", message("GET", &format!("/{SCRIPT}"), &[], b""), &[400, 404], &[400, 404]);
    add("script as method", message("GET", "/health/<img src=x onerror=alert(1)>", &[], b""), &[400, 404], &[400, 404]);
    all
}

#[test]
fn every_hostile_request_gets_a_clear_answer_and_changes_nothing() {
    let requests = requests();
    assert!(requests.len() >= 60, "{}", requests.len());
    for strict in [false, true] {
        let service = Service::start(&[("MLOPS_STRICT", if strict { "true" } else { "false" })]);
        for (name, bytes, course, in_strict) in &requests {
            let mut client = Client::connect(service.address).unwrap();
            // A server that has answered may close before it has read everything.
            let _ = client.send(bytes);
            let answer = client.receive(false).unwrap_or_else(|error| panic!("{name}: no answer: {error}"));
            let wanted = if strict { in_strict } else { course };
            assert!(wanted.contains(&answer.status), "{name}: {answer:?}, wanted {wanted:?}");
            // Nothing of what was sent comes back, and what HTTP itself did not refuse is told as JSON.
            assert!(!answer.body.contains("script") && !answer.body.contains("passwd"), "{name}: {answer:?}");
            if answer.header("x-request-id").is_some() && bytes.starts_with(b"POST") {
                assert!(answer.json()["error"].is_string(), "{name}: {answer:?}");
            }
        }
        assert_eq!(service.get("/health").status, 200);
        let metrics = service.metrics();
        assert_eq!(metrics.sum("ai_requests_total"), 0.0, "nothing was half counted");
        assert_eq!(metrics.sum("appointments_requested_total"), 0.0);
        assert_eq!(service.get("/analytics/b").json()["metrics"]["total_conversations"], 0);
        let panics: Vec<String> = service.log().into_iter().filter(|line| line.contains("panicked")).collect();
        assert!(panics.is_empty(), "{panics:?}");
    }
    println!("{} hostile requests, each answered, in both modes", requests.len());
}

/// Script in every field that takes text: kept, counted, and escaped wherever it shows.
#[test]
fn script_in_every_field_stays_text() {
    let service = Service::start(&[]);
    let mut event = json!({"response_time_ms": 1, "tokens_used": 2});
    for field in ["business_id", "conversation_id", "session_id", "model_name", "intent_detected", "response_type"] {
        event[field] = format!("{SCRIPT}\"\\").into();
    }
    assert_eq!(service.track(&event.to_string()).status, 200);
    let metrics = service.metrics();
    let label = "<script>alert(1)</script>\\\"\\\\";
    assert!(metrics.0.contains(&format!("business_id=\"{label}\"")), "{}", metrics.0);
    assert_eq!(service.get("/metrics").header("content-type").map(|value| value.starts_with("text/plain")), Some(true));
    assert_eq!(service.get("/metrics").header("x-content-type-options"), Some("nosniff"));
    assert!(!service.get("/").body.contains("alert(1)"));
}

#[test]
fn a_flood_of_names_is_folded() {
    let service = Service::start(&[("MAX_BUSINESSES", "50"), ("LOG_LEVEL", "INFO")]);
    let mut client = service.client();
    for number in 0..300 {
        let body = format!(
            r#"{{"business_id":"flood-{number}","response_time_ms":1,"tokens_used":2,"intent_detected":"i{number}"}}"#
        );
        assert_eq!(client.request("POST", "/track", &[JSON], body.as_bytes()).unwrap().status, 200);
    }
    let metrics = service.metrics();
    let series = metrics.0.lines().filter(|line| line.starts_with("ai_tokens_used_total{")).count();
    assert_eq!((series, metrics.sum("ai_tokens_used_total"), metrics.sum("ai_requests_total")), (51, 600.0, 300.0));
    assert_eq!(metrics.find("mlops_label_values_folded_total{label=\"business_id\"}"), Some(250.0));
    assert_eq!(metrics.find("mlops_label_values_folded_total{label=\"intent\"}"), Some(250.0));
}
