//! Every row of the service contract's tables.

use serde_json::{Value, json};

use crate::client::Answer;
use crate::program::{JSON, Metrics, Service, payloads};

const LEAST: &str = r#"{"business_id":"b","response_time_ms":1,"tokens_used":2}"#;

fn is_timestamp(value: &Value) -> bool {
    let text = value.as_str().unwrap_or_default();
    let digits = |range: std::ops::Range<usize>| text[range].bytes().all(|byte| byte.is_ascii_digit());
    text.len() == 26
        && [(4, '-'), (7, '-'), (10, 'T'), (13, ':'), (16, ':'), (19, '.')]
            .iter()
            .all(|(at, sign)| text[*at..].starts_with(*sign))
        && digits(0..4)
        && digits(20..26)
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn the_five_payloads_give_exactly_the_expected_sums() {
    let service = Service::start(&[]);
    let data = payloads();
    for payload in data["payloads"].as_array().unwrap() {
        let answer = service.track(&payload.to_string());
        assert_eq!((answer.status, &answer.json()["database_stored"]), (200, &json!(true)), "{answer:?}");
    }
    let expect = |metrics: &Metrics| {
        let expected = &data["expected_after_replay"];
        for (bound, count) in expected["ai_response_time_seconds_bucket"].as_object().unwrap() {
            let sample = format!("ai_response_time_seconds_bucket{{le=\"{bound}\"}}");
            assert_eq!(metrics.find(&sample), count.as_f64(), "{sample}");
        }
        assert_eq!(metrics.find("ai_response_time_seconds_sum"), expected["ai_response_time_seconds_sum"].as_f64());
        assert_eq!(metrics.find("ai_response_time_seconds_count"), Some(5.0));
        for (metric, more) in [
            ("ai_tokens_used_total", ",model_name=\"gemini-1.5-flash\""),
            ("ai_api_cost_usd_total", ",model_name=\"gemini-1.5-flash\""),
            ("appointments_requested_total", ""),
            ("ai_success_rate", ""),
        ] {
            let expected = expected[metric].as_object().unwrap();
            for (business, value) in expected {
                let sample = format!("{metric}{{business_id=\"{business}\"{more}}}");
                assert_eq!(metrics.find(&sample), value.as_f64(), "{sample}");
            }
            let series = metrics.0.lines().filter(|line| line.starts_with(&format!("{metric}{{"))).count();
            assert_eq!(series, expected.len(), "{metric} has other series as well");
        }
        for (business, reasons) in expected["human_handoffs_total"].as_object().unwrap() {
            for (reason, count) in reasons.as_object().unwrap() {
                let sample = format!("human_handoffs_total{{business_id=\"{business}\",reason=\"{reason}\"}}");
                assert_eq!(metrics.find(&sample), count.as_f64(), "{sample}");
            }
        }
        assert_eq!((metrics.sum("ai_requests_total"), metrics.sum("appointments_booked_total")), (5.0, 0.0));
    };
    expect(&service.metrics());
    // What clients do after each answer changes nothing.
    let refreshed =
        service.client().request("POST", "/refresh-metrics", &[JSON], br#"{"trigger":"new_metrics"}"#).unwrap();
    assert_eq!(refreshed.json()["status"], "success");
    expect(&service.metrics());
}

#[test]
fn health() {
    let service = Service::start(&[("PROMETHEUS_PORT", "off")]);
    let health = service.get("/health").json();
    assert_eq!(
        keys(&health),
        ["metrics_endpoint", "monitoring", "prometheus_port", "security", "service", "status", "timestamp"]
    );
    assert_eq!(health["security"], json!({"api_key_required": false, "rate_limiting": "disabled", "rate_limits": {}}));
    assert_eq!(health["status"], "healthy");
    assert_eq!(health["service"], "mlops-service-prometheus");
    assert_eq!(health["monitoring"], "prometheus");
    assert_eq!(health["metrics_endpoint"], "/metrics");
    assert_eq!(health["prometheus_port"], "8001");
    assert!(is_timestamp(&health["timestamp"]));
    assert_eq!(service.get("/health/live").json(), json!({"status": "alive"}));
    crate::tools::wait_for("it is ready", || service.get("/health/ready").status == 200);
    assert_eq!(service.get("/health/ready").json()["status"], "ready");
}

#[test]
fn detailed_health() {
    let service = Service::start(&[("ENVIRONMENT", "staging")]);
    let health = service.detailed();
    assert_eq!(
        keys(&health),
        [
            "endpoints",
            "environment",
            "health_checks",
            "requests",
            "service",
            "status",
            "system",
            "timestamp",
            "uptime",
            "version"
        ]
    );
    assert_eq!(
        (&health["status"], &health["version"], &health["environment"]),
        (&json!("healthy"), &json!("1.0.0"), &json!("staging"))
    );
    assert_eq!(keys(&health["uptime"]), ["days", "hours", "seconds", "started_at"]);
    assert_eq!(keys(&health["system"]), ["cpu_percent", "memory_usage_mb", "process_id"]);
    assert_eq!(keys(&health["requests"]), ["error_rate_percent", "failed", "last_request", "total"]);
    assert_eq!(keys(&health["health_checks"]), ["database_connected", "metrics_tracking", "prometheus_enabled"]);
    assert_eq!(keys(&health["endpoints"]), ["analytics", "detailed_health", "health", "metrics", "track"]);
    assert_eq!(health["requests"], json!({"total": 0, "failed": 0, "error_rate_percent": 0.0, "last_request": null}));
    assert_eq!(
        health["health_checks"],
        json!({"database_connected": true, "prometheus_enabled": true, "metrics_tracking": "active"})
    );
    assert_eq!(health["system"]["process_id"], service.id());
    assert!(health["system"]["memory_usage_mb"].as_f64().unwrap() > 1.0);
    assert!(is_timestamp(&health["uptime"]["started_at"]) && is_timestamp(&health["timestamp"]));
    for number in [&health["uptime"]["seconds"], &health["uptime"]["hours"], &health["system"]["memory_usage_mb"]] {
        let text = number.to_string();
        assert!(
            text.split_once('.').is_none_or(|(_, decimals)| decimals.len() <= 2),
            "{text} has more than 2 decimals"
        );
    }
}

#[test]
fn track_answers() {
    let service = Service::start(&[]);
    let answer = service.track(LEAST);
    let body = answer.json();
    assert_eq!(keys(&body), ["database_stored", "message", "prometheus_updated", "status", "timestamp"]);
    assert_eq!((&body["status"], &body["message"]), (&json!("success"), &json!("Metrics tracked successfully")));
    assert_eq!((&body["prometheus_updated"], &body["database_stored"]), (&json!(true), &json!(true)));
    assert!(is_timestamp(&body["timestamp"]));

    for nothing in ["{}", "[]", "null"] {
        let answer = service.track(nothing);
        assert_eq!((answer.status, answer.json()), (400, json!({"error": "No metrics data provided"})), "{nothing}");
    }
    for (missing, body) in [
        ("business_id", r#"{"tokens_used":1}"#),
        ("response_time_ms", r#"{"business_id":"b","tokens_used":1}"#),
        ("tokens_used", r#"{"business_id":"b","response_time_ms":1}"#),
    ] {
        let answer = service.track(body);
        let error = json!({"error": format!("Missing required field: {missing}")});
        assert_eq!((answer.status, answer.json()), (400, error));
    }
}

/// What is no JSON: 500 as the course has it, 400 and 415 under strict.
#[test]
fn track_without_json() {
    type Case<'a> = (&'a [(&'a str, &'a str)], &'a [u8], u16);
    let cases: [Case<'_>; 5] = [
        (&[JSON], b"", 400),
        (&[JSON], b"{\"business_id\":", 400),
        (&[JSON], b"{\"business_id\":\"\xff\"}", 400),
        (&[("Content-Type", "text/plain")], LEAST.as_bytes(), 415),
        (&[], LEAST.as_bytes(), 415),
    ];
    let (course, strict) = (Service::start(&[]), Service::start(&[("MLOPS_STRICT", "true")]));
    for (headers, body, status) in cases {
        let answer = course.client().request("POST", "/track", headers, body).unwrap();
        assert_eq!((answer.status, answer.json()), (500, json!({"error": "Internal server error"})));
        let answer = strict.client().request("POST", "/track", headers, body).unwrap();
        assert_eq!(answer.status, status, "{answer:?}");
        assert!(answer.json()["error"].as_str().unwrap().contains("JSON"), "{answer:?}");
    }
    for service in [course, strict] {
        assert_eq!(service.detailed()["requests"]["failed"], 5);
    }
}

#[test]
fn a_wrong_value_updates_nothing() {
    let service = Service::start(&[]);
    service.track(LEAST);
    let before = sums(&service);
    for (field, value) in [
        ("tokens_used", json!(-1)),
        ("response_time_ms", json!("1")),
        ("success_rate", json!(2)),
        ("api_cost_usd", json!(-0.1)),
        ("appointment_requested", json!("yes")),
    ] {
        let mut body = json!({"business_id": "b", "response_time_ms": 1, "tokens_used": 2, "api_cost_usd": 1, "appointment_requested": true});
        body[field] = value;
        let answer = service.track(&body.to_string());
        assert_eq!((answer.status, &answer.json()["field"]), (400, &json!(field)), "{answer:?}");
    }
    assert_eq!(sums(&service), before);
    assert_eq!(service.get("/analytics/b").json()["metrics"]["total_conversations"], 1);
}

fn sums(service: &Service) -> Vec<String> {
    let changing = ["process_", "mlops_track_"];
    let metrics = service.metrics().0;
    metrics.lines().filter(|line| !changing.iter().any(|name| line.starts_with(name))).map(str::to_owned).collect()
}

#[test]
fn counting() {
    let service = Service::start(&[]);
    for _ in 0..2 {
        service.track(LEAST);
    }
    service.track("{}");
    for path in ["/", "/health", "/health/detailed", "/metrics", "/analytics/b", "/nowhere", "/track"] {
        service.get(path);
    }
    service.client().request("POST", "/refresh-metrics", &[JSON], b"{}").unwrap();
    let requests = service.detailed()["requests"].clone();
    assert_eq!(
        (&requests["total"], &requests["failed"], &requests["error_rate_percent"]),
        (&json!(3), &json!(1), &json!(33.33))
    );
    assert!(is_timestamp(&requests["last_request"]));
}

#[test]
fn api_key() {
    let service = Service::start(&[("MLOPS_API_KEY", "s3cret")]);
    let ask = |key: Option<&str>, method: &str, path: &str| -> Answer {
        let mut headers = vec![JSON];
        headers.extend(key.map(|key| ("X-API-Key", key)));
        service.client().request(method, path, &headers, LEAST.as_bytes()).unwrap()
    };
    for (method, path) in [("POST", "/track"), ("POST", "/refresh-metrics"), ("GET", "/analytics/b")] {
        let missing = ask(None, method, path);
        let error = json!({"error": "Unauthorized", "message": "API key required. Include X-API-Key header."});
        assert_eq!((missing.status, missing.json()), (401, error));
        let wrong = ask(Some("s3cres"), method, path);
        assert_eq!((wrong.status, wrong.json()), (403, json!({"error": "Forbidden", "message": "Invalid API key"})));
        assert_eq!(ask(Some("s3cret"), method, path).status, 200);
    }
    for open in ["/", "/health", "/health/detailed", "/metrics"] {
        assert_eq!(service.get(open).status, 200, "{open} needs no key");
    }
    let requests = service.detailed()["requests"].clone();
    assert_eq!((&requests["total"], &requests["failed"]), (&json!(1), &json!(0)), "refused keys are not counted");
}

#[test]
fn refresh_and_analytics() {
    let service = Service::start(&[]);
    for payload in payloads()["payloads"].as_array().unwrap() {
        service.track(&payload.to_string());
    }
    let answer = service.client().request("POST", "/refresh-metrics", &[], b"whatever").unwrap();
    let body = answer.json();
    assert_eq!((answer.status, keys(&body)), (200, vec!["message", "status", "timestamp"]));
    assert_eq!(
        (&body["status"], &body["message"]),
        (&json!("success"), &json!("Prometheus metrics refreshed from database"))
    );

    let analytics = service.get("/analytics/b7b1f0c2-5d0e-4b0a-9a59-0c6a3f1e2d41").json();
    assert_eq!(
        keys(&analytics),
        ["business_id", "metrics", "monitoring", "period", "prometheus_metrics_url", "timestamp"]
    );
    assert_eq!((&analytics["period"], &analytics["monitoring"]), (&json!("30_days"), &json!("prometheus")));
    assert_eq!(
        analytics["metrics"],
        json!({
            "total_conversations": 3, "avg_response_time_ms": 4701.33, "avg_tokens_used": 810.0,
            "total_api_cost_usd": 0.000455, "appointment_requests": 1, "appointments_booked": 0, "human_handoffs": 1,
            "appointment_conversion_rate": 0.0,
        })
    );
    let nobody = service.get("/analytics/n%C3%B6body%20%3Cb%3E").json();
    assert_eq!((&nobody["business_id"], &nobody["metrics"]["total_conversations"]), (&json!("nöbody <b>"), &json!(0)));
}

#[test]
fn without_a_database() {
    let service = Service::start(&[("DATABASE_URL", "postgres://nobody@127.0.0.1:9/none")]);
    let answer = service.track(LEAST);
    assert_eq!((answer.status, &answer.json()["database_stored"]), (200, &json!(false)));
    let health = service.detailed();
    assert_eq!(
        (&health["status"], &health["health_checks"]["database_connected"]),
        (&json!("degraded"), &json!(false))
    );
    let refreshed = service.client().request("POST", "/refresh-metrics", &[], b"").unwrap().json();
    assert_eq!(
        (&refreshed["status"], &refreshed["message"]),
        (&json!("warning"), &json!("Could not fetch from database, using current metrics"))
    );
    assert_eq!(service.metrics().sum("ai_requests_total"), 1.0, "the event counts all the same");
    assert_eq!(service.get("/analytics/b").status, 503);
    assert_eq!(service.get("/health").json()["status"], "healthy");
}

#[test]
fn methods_and_paths() {
    let service = Service::start(&[]);
    for path in ["/nowhere", "/health/", "/metrics/", "/track/", "/analytics/", "/analytics/a/b", "/HEALTH"] {
        assert_eq!(service.get(path).status, 404, "{path}");
    }
    // The course's client puts /track behind whatever address it is given, also one with a slash at its end.
    assert_eq!(service.get("//health").status, 200);
    let event = br#"{"business_id":"b","response_time_ms":1,"tokens_used":2}"#;
    assert_eq!(service.client().request("POST", "//track", &[JSON], event).unwrap().status, 200);
    // Editors of Windows begin a file with a mark of its encoding.
    let marked = [b"\xef\xbb\xbf".as_slice(), event].concat();
    assert_eq!(service.client().request("POST", "/track", &[JSON], &marked).unwrap().status, 200);
    for (method, path, allow) in [
        ("PUT", "/track", "POST"),
        ("GET", "/track", "POST"),
        ("DELETE", "/health", "GET,HEAD"),
        ("POST", "/metrics", "GET,HEAD"),
    ] {
        let answer = service.client().request(method, path, &[], b"").unwrap();
        assert_eq!((answer.status, answer.header("allow")), (405, Some(allow)), "{method} {path}");
    }
    for path in ["/", "/health", "/health/detailed", "/metrics", "/analytics/x"] {
        let head = service.client().request("HEAD", path, &[], b"").unwrap();
        assert_eq!((head.status, head.body.as_str()), (200, ""), "{path}");
    }
    assert_eq!(service.get("/").header("content-type"), Some("text/html; charset=utf-8"));
    assert_eq!(service.get("/metrics").header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
}

#[test]
fn cors() {
    let service = Service::start(&[]);
    let mut client = service.client();
    for path in ["/", "/health", "/metrics", "/nowhere"] {
        let answer = client.request("GET", path, &[("Origin", "https://site.example")], b"").unwrap();
        assert_eq!(answer.header("access-control-allow-origin"), Some("https://site.example"), "{path}");
        assert_eq!(answer.header("vary"), Some("Origin"));
        assert_eq!(client.request("GET", path, &[], b"").unwrap().header("access-control-allow-origin"), Some("*"));
    }
    let asked = [
        ("Origin", "https://site.example"),
        ("Access-Control-Request-Method", "POST"),
        ("Access-Control-Request-Headers", "content-type, x-api-key"),
    ];
    for path in ["/track", "/refresh-metrics", "/health"] {
        let preflight = client.request("OPTIONS", path, &asked, b"").unwrap();
        assert_eq!(preflight.status, 200);
        assert_eq!(preflight.header("access-control-allow-headers"), Some("content-type, x-api-key"));
        assert!(preflight.header("access-control-allow-methods").is_some_and(|methods| methods.contains("POST")));
    }
}

#[test]
fn a_stage_prefix_is_stripped() {
    let service = Service::start(&[("API_GATEWAY_BASE_PATH", "/default/mlops-service-lambda/")]);
    for path in ["/default/mlops-service-lambda/health", "/health"] {
        assert_eq!(service.get(path).json()["status"], "healthy", "{path}");
    }
    assert_eq!(service.get("/default/mlops-service-lambda").header("content-type"), Some("text/html; charset=utf-8"));
    assert_eq!(service.get("/default/other/health").status, 404);
}

#[test]
fn settings_come_from_a_dotenv_file_too() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join(".env"), "ENVIRONMENT=from-file\nMLOPS_API_KEY=\"k\"\nLOG_FORMAT=json\n").unwrap();
    let service = Service::start_in(dir.path(), &[("LOG_FORMAT", "text")]);
    assert_eq!(service.detailed()["environment"], "from-file");
    assert_eq!(service.track(LEAST).status, 401);
    assert!(!service.log()[0].starts_with('{'), "the environment wins over the file");
}
