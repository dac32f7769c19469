//! Lines and sums as they are shown.

use super::*;
use crate::ops::logs::requests::RequestJoiner;
use crate::ops::logs::source::LogEvent;

const ID: &str = "79b4f56e-95b1-4643-9700-2807f4e68189";

fn entries() -> Vec<RequestLine> {
    let lines = [
        "INIT_START Runtime Version: provided:al2023.v1",
        "START RequestId: ID Version: $LATEST",
        "2026-11-22T10:05:00.123456Z WARNING request route=/track status=500\u{1b}[31m",
        "[ERROR] ValueError: no\nTraceback (most recent call last):\n  File \"a.py\"",
        "2026-11-22T10:05:03.006Z ID Task timed out after 3.00 seconds\n\n",
        "END RequestId: ID",
        "REPORT RequestId: ID\tDuration: 3000.00 ms\tBilled Duration: 3131 ms\tMemory Size: 128 MB\tMax Memory Used: 56 MB\tInit Duration: 130.49 ms\tStatus: timeout",
        "REPORT RequestId: other\tDuration: 15.74 ms\tBilled Duration: 16 ms\tMemory Size: 128 MB\tMax Memory Used: 100 MB",
    ];
    let mut requests = RequestJoiner::default();
    let event = |(n, line): (usize, &str)| LogEvent {
        id: n.to_string(),
        stream: "s".into(),
        at: 1_795_341_900_000 + n as i64 * 250,
        message: line.replace("ID", ID),
    };
    lines.into_iter().enumerate().map(|line| requests.entry(0, event(line))).collect()
}

fn text(look: &RenderOptions, names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let lines = LineFormat { look, names: &names };
    entries().iter().map(|entry| lines.line(entry)).collect()
}

#[test]
fn a_line_each() {
    let expected = "\
10:05:00.000 COLD              provided:al2023.v1
10:05:00.500 WARNING  79b4f56e request route=/track status=500\\u{1b}[31m
10:05:00.750 UNHANDLED 79b4f56e ValueError: no
    Traceback (most recent call last):
      File \"a.py\"
10:05:01.000 TIMEOUT  79b4f56e Task timed out after 3.00 seconds
10:05:01.500 FAILED   79b4f56e     3.00 s  billed    3.13 s  memory   56 of 128 MB  cold start 130 ms  timed out
10:05:01.750 REPORT   other       15.7 ms  billed   16.0 ms  memory  100 of 128 MB
";
    assert_eq!(text(&RenderOptions::PLAIN, &["svc"]), expected);
}

#[test]
fn a_request_each() {
    let names = ["svc".to_owned(), "b".to_owned()];
    let lines = LineFormat { look: &RenderOptions::PLAIN, names: &names };
    let expected = format!(
        "\
{ID} svc     3.00 s  billed    3.13 s  memory   56 of 128 MB  cold start 130 ms  timed out
10:05:00.500 WARNING  svc request route=/track status=500\\u{{1b}}[31m
10:05:00.750 UNHANDLED svc ValueError: no
    Traceback (most recent call last):
      File \"a.py\"
10:05:01.000 TIMEOUT  svc Task timed out after 3.00 seconds

"
    );
    assert_eq!(lines.request(&entries()[1..7]), expected);
}

/// What is coloured says the same without.
#[test]
fn colour_says_nothing_that_words_do_not() {
    let coloured = RenderOptions { colour: true, ..RenderOptions::PLAIN };
    let stripped = anstyle_strip(&text(&coloured, &["svc"]));
    assert_eq!(stripped, text(&RenderOptions::PLAIN, &["svc"]));
    assert_ne!(text(&coloured, &["svc"]), stripped);
}

fn anstyle_strip(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("\u{1b}[") {
        plain.push_str(&rest[..at]);
        rest = rest[at..].find('m').map_or("", |end| &rest[at + end + 1..]);
    }
    plain + rest
}

#[test]
fn an_object_a_line() {
    let text = object(&entries()[6], &["svc".to_owned()]);
    assert_eq!(text.lines().count(), 1);
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&value["time"], &value["kind"]), (&json!("2026-11-22T10:05:01.500Z"), &json!("report")));
    assert_eq!((&value["request_id"], &value["report"]["status"]), (&json!(ID), &json!("timeout")));
    assert_eq!(value["report"]["init_ms"], json!(130.49));
}

#[test]
fn sums_with_the_verdict_first() {
    let mut summary = LogSummary::default();
    entries().iter().for_each(|entry| summary.add(entry));
    let found = [("svc".to_owned(), summary), ("empty".to_owned(), LogSummary::default())];
    let text = summaries(&found, &RenderOptions::PLAIN);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "svc: 2 requests, 1 failed (50 %: 1 timed out)");
    for said in [
        "duration    p50 15.7 ms, p95 3.00 s, p99 3.00 s, max 3.00 s",
        "cold starts 1 cold start, 50 % of the requests; on average they add 65.2 ms to each",
        "memory      at most 100 of 128 MB used, 22 % left",
        "lines       1 ERROR, 1 WARNING",
    ] {
        assert!(lines.iter().any(|line| line.trim() == said), "{said}\n{text}");
    }
    assert!(text.contains(&format!("fix: `mlopsctl logs --request-id {ID}`")), "{text}");
    assert!(text.ends_with("empty: no line in this time\n"), "{text}");
    assert!(
        summaries_markdown(&found)
            .starts_with("**svc: 2 requests, 1 failed (50 %: 1 timed out)**\n\n| | |\n|---|---|\n")
    );
    let value: Value = serde_json::from_str(&summaries_json(&found)).unwrap();
    assert_eq!((&value["sources"][0]["timed_out"], &value["sources"][0]["requests"]), (&json!(1), &json!(2)));
}

#[test]
fn sums_fit_a_small_terminal() {
    let mut summary = LogSummary::default();
    entries().iter().for_each(|entry| summary.add(entry));
    let text = summaries(&[("svc".to_owned(), summary)], &RenderOptions { width: 80, ..RenderOptions::PLAIN });
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    assert!(text.contains(ID), "{text}");
}
