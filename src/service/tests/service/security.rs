//! Lab 10: limits with headers, proxies, origins, a key where it is asked for, files that are nobody else's.

use serde_json::json;

use crate::client::Client;
use crate::program::{JSON, Service};
use crate::tools::wait_for;

const LEAST: &[u8] = br#"{"business_id":"b","response_time_ms":1,"tokens_used":2}"#;

#[test]
fn the_courses_limits_have_their_headers() {
    let service = Service::start(&[("RATE_LIMIT", "course"), ("TRUSTED_PROXIES", "127.0.0.0/8")]);
    let mut client = service.client();
    let mut track = |from: &str| client.request("POST", "/track", &[JSON, ("X-Forwarded-For", from)], LEAST).unwrap();
    for left in (0..100).rev() {
        let answer = track("198.51.100.1");
        assert_eq!((answer.status, answer.header("x-ratelimit-limit")), (200, Some("100")));
        assert_eq!(answer.header("x-ratelimit-remaining"), Some(left.to_string().as_str()));
        let reset: u64 = answer.header("x-ratelimit-reset").unwrap().parse().unwrap();
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
        assert!((now + 3_000..=now + 3_601).contains(&reset), "{reset} at {now}");
    }
    let refused = track("198.51.100.1");
    assert_eq!((refused.status, refused.header("x-ratelimit-remaining")), (429, Some("0")));
    assert_eq!(refused.json(), json!({"error": "429 Too Many Requests", "message": "100 per 1 hour"}));
    assert!(refused.header("retry-after").is_some());
    assert_eq!(track("198.51.100.2").status, 200, "another client has its own");
    assert_eq!(track("198.51.100.1, 127.0.0.9").status, 429, "behind two proxies it is the same");
    assert_eq!(service.metrics().sum("ai_requests_total"), 101.0);
    let security = service.get("/health").json()["security"].clone();
    assert_eq!(
        (&security["rate_limiting"], &security["rate_limits"]["/track"], &security["api_key_required"]),
        (&json!("enabled"), &json!("100 per 1 hour"), &json!(false))
    );
    for _ in 0..120 {
        assert_eq!(service.get("/metrics").status, 200, "Prometheus may come as often as it likes");
    }
}

#[test]
fn nobody_else_is_believed() {
    let service = Service::start(&[("RATE_LIMIT", "course")]);
    let mut client = service.client();
    let statuses: Vec<u16> = (0..102)
        .map(|number| {
            let from = format!("198.51.100.{number}");
            client.request("POST", "/track", &[JSON, ("X-Forwarded-For", &from)], LEAST).unwrap().status
        })
        .collect();
    assert_eq!(statuses.iter().filter(|status| **status == 429).count(), 2);
}

#[test]
fn origins_that_are_not_listed_read_nothing() {
    let service = Service::start(&[("CORS_ORIGINS", "https://site.example, https://other.example")]);
    let ask = |origin: &str| service.client().request("GET", "/health", &[("Origin", origin)], b"").unwrap();
    let good = ask("https://site.example");
    assert_eq!(good.header("access-control-allow-origin"), Some("https://site.example"));
    for bad in ["https://evil.example", "https://site.example.evil.example", "null"] {
        let answer = ask(bad);
        assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, None), "{bad}");
        assert_eq!(answer.header("vary"), Some("Origin"));
    }
    let asked = [("Origin", "https://evil.example"), ("Access-Control-Request-Method", "POST")];
    let preflight = service.client().request("OPTIONS", "/track", &asked, b"").unwrap();
    assert_eq!(preflight.header("access-control-allow-methods"), None);
}

#[test]
fn metrics_and_dashboard_can_ask_for_the_key() {
    let service = Service::start(&[("MLOPS_API_KEY", "k"), ("MLOPS_PROTECT", "metrics,dashboard")]);
    let ask = |path: &str, header: Option<(&str, &str)>| {
        service.client().request("GET", path, &header.into_iter().collect::<Vec<_>>(), b"").unwrap()
    };
    for path in ["/", "/metrics", "/health/history"] {
        let refused = ask(path, None);
        assert_eq!(refused.status, 401, "{path}");
        assert!(refused.header("www-authenticate").is_some_and(|asked| asked.starts_with("Basic ")), "{path}");
        assert_eq!(ask(path, Some(("X-API-Key", "wrong"))).status, 401, "{path}");
        for good in [("X-API-Key", "k"), ("Authorization", "Bearer k"), ("Authorization", "Basic dXNlcjpr")] {
            assert_eq!(ask(path, Some(good)).status, 200, "{path} {good:?}");
        }
    }
    let mut second = Client::connect(service.prometheus).unwrap();
    assert_eq!(second.request("GET", "/", &[], b"").unwrap().status, 401);
    assert_eq!(second.request("GET", "/", &[("Authorization", "Bearer k")], b"").unwrap().status, 200);
    assert_eq!(ask("/health", None).json()["security"]["api_key_required"], true);
    let dir = tempfile::tempdir().unwrap();
    let output = crate::program::command(dir.path()).env("MLOPS_PROTECT", "metrics").output().unwrap();
    assert!(!output.status.success() && String::from_utf8_lossy(&output.stderr).contains("MLOPS_API_KEY"));
}

#[test]
fn open_to_everybody_is_told() {
    let open = Service::start(&[("SERVICE_HOST", "0.0.0.0")]);
    wait_for("the warning", || open.log().iter().any(|line| line.contains("WARNING open to everybody")));
    for closed in [&[("SERVICE_HOST", "0.0.0.0"), ("MLOPS_API_KEY", "k")][..], &[]] {
        let service = Service::start(closed);
        assert!(!service.log().iter().any(|line| line.contains("open to everybody")));
    }
}

#[cfg(unix)]
#[test]
fn files_are_nobody_elses() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    std::fs::create_dir(&data).unwrap();
    // One that was made by a version before, for everybody to read.
    std::fs::write(data.join("spool.jsonl"), "").unwrap();
    std::fs::set_permissions(data.join("spool.jsonl"), std::fs::Permissions::from_mode(0o644)).unwrap();
    let service = Service::start_in(dir.path(), &[]);
    wait_for("it is ready", || service.get("/health/ready").status == 200);
    service.client().request("POST", "/track", &[JSON], LEAST).unwrap();
    let mut seen = 0;
    for entry in std::fs::read_dir(&data).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", entry.file_name());
        seen += 1;
    }
    assert!(seen >= 4, "database, its log, spool, lock");
    let fresh = Service::start(&[]);
    let mode = std::fs::metadata(fresh.dir().join("data")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

/// Large expositions travel small, and unpack to the same.
#[test]
fn metrics_come_gzipped_to_who_takes_it() {
    let service = Service::start(&[]);
    for number in 0..50 {
        service.track(&format!(r#"{{"business_id":"business-{number}","response_time_ms":1,"tokens_used":2}}"#));
    }
    let request = b"GET /metrics HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n";
    let mut stream = std::net::TcpStream::connect(service.address).unwrap();
    std::io::Write::write_all(&mut stream, request).unwrap();
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut stream, &mut bytes).unwrap();
    let head = bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
    let headers = String::from_utf8_lossy(&bytes[..head]).to_lowercase();
    assert!(headers.contains("content-encoding: gzip") && headers.contains("no-store"), "{headers}");
    let mut text = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&bytes[head..]), &mut text).unwrap();
    let plain = service.metrics().0;
    let counters =
        |text: &str| text.lines().filter(|line| line.starts_with("ai_")).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(counters(&text), counters(&plain));
    assert!((bytes.len() - head) * 4 < plain.len(), "{} of {}", bytes.len() - head, plain.len());
}
