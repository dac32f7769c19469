//! One set of signals in every format.

use super::*;
use crate::ops::logs::summary::Percentiles;
use crate::ops::signals::{FromLogs, SignalCurves};
use crate::report::RenderOptions;
use crate::resources::function::FunctionFacts;

/// Two functions over an hour in steps of ten minutes: one that errs, one that is idle.
fn signals() -> GoldenSignals {
    let before = SignalWindow {
        invocations: 1000.0,
        errors: 4.0,
        p50: Some(110.0),
        p95: Some(190.0),
        p99: Some(400.0),
        max: Some(1500.0),
        concurrency: Some(3.0),
        ..SignalWindow::default()
    };
    let now = SignalWindow { invocations: 1200.0, errors: 25.2, p95: Some(210.0), ..before };
    let rising: Vec<f64> = (0..12).map(|n| f64::from(n * n)).collect();
    let curves = SignalCurves {
        invocations: vec![100.0; 12],
        errors: rising,
        throttles: vec![f64::NAN; 12],
        p95: (0..12).map(|n| if n == 7 { f64::NAN } else { 200.0 }).collect(),
        concurrency: vec![3.0; 12],
    };
    let logs = FromLogs {
        requests: 1200,
        is_sample: true,
        cold_starts: 12,
        init: Percentiles::of(vec![300.0, 900.0]),
        cold_cost_ms: Some(6.0),
        memory_size_mb: Some(512.0),
        max_memory_mb: Some(120.0),
        timeouts: 0,
        out_of_memory: 0,
    };
    let facts = FunctionFacts { memory_mb: 512, timeout_s: 30, log_group: "g".into(), last_modified: None };
    let erring = FunctionSignals { name: "svc".into(), facts: Some(facts), now, before, curves, logs: Some(logs) };
    let idle = FunctionSignals {
        name: "idle<b>".into(),
        facts: None,
        now: SignalWindow::default(),
        before: SignalWindow::default(),
        curves: SignalCurves { invocations: vec![f64::NAN; 12], ..SignalCurves::default() },
        logs: None,
    };
    GoldenSignals {
        region: "us-east-1".into(),
        from: 1_795_341_600,
        until: 1_795_345_200,
        step: 600,
        quota: Some(1000.0),
        functions: vec![erring, idle],
        notes: vec!["timeout and memory of idle<b> are unknown".into()],
    }
}

const VERDICT: &str = "1 of 2 functions: svc wants a look: errors 0.4 % -> 2.1 % (25)";

#[test]
fn the_verdict_is_first_and_the_troubled_function_is_shown() {
    let expected = "\
1 of 2 functions: svc wants a look: errors 0.4 % -> 2.1 % (25)
the last 1h from 2026-11-22 10:00:00 UTC, against the 1h before; a column is 10m

State  Function  Requests  Errors  p95     Throttled  Traffic
look   svc       1,200     2.1 %   210 ms  0          ██████
idle   idle<b>   0         -       -       0          ······

svc: look
  errors 0.4 % -> 2.1 % (25)
";
    let text = text(&signals(), false, &RenderOptions { width: 80, ..RenderOptions::PLAIN });
    assert!(squeezed(&text).starts_with(&squeezed(expected)), "{text}");
    for said in [
        "traffic 1,200 1,000 ██████",
        "errors 2.1 % (25) 0.4 % (4) ▃▄▅▆▇█",
        "latency p95 210 ms (0.7 % of 30s) 190 ms █·████",
        "concurrency 3 of 1,000 3 ██████",
        "memory 120 of 512 MB at most -",
        "cold starts 12 (1 % of a sample of 1200) -",
        "init duration p50 300 ms, p95 900 ms; +6.0 ms a request -",
        "note: timeout and memory of idle<b> are unknown",
    ] {
        assert!(squeezed(&text).contains(&squeezed(said)), "{said}\n{text}");
    }
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
}

/// Columns are the table's; what stands in them is ours.
fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn wide_there_is_more_and_charts_are_drawn_when_asked() {
    let wide = RenderOptions { width: 200, ..RenderOptions::PLAIN };
    let text = text(&signals(), true, &wide);
    assert!(text.contains("Cold") && text.contains("svc: errors\n"), "{text}");
    assert!(text.contains("the threshold 30000 is far above this"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 200));
}

#[test]
fn one_function_alone() {
    let mut signals = signals();
    signals.functions.truncate(1);
    let text = text(&signals, false, &RenderOptions::PLAIN);
    assert!(text.starts_with("svc wants a look: errors 0.4 % -> 2.1 % (25)\n"), "{text}");
    assert!(!text.contains("State"), "{text}");
}

#[test]
fn the_same_for_programs_and_pages() {
    let signals = signals();
    let value: serde_json::Value = serde_json::from_str(&json(&signals)).unwrap();
    assert_eq!(value["verdict"], VERDICT);
    let svc = &value["functions"][0];
    assert_eq!((&svc["state"], &svc["now"]["errors"]), (&"look".into(), &25.2.into()));
    assert!(svc["curves"]["duration_p95_ms"][7].is_null());
    let markdown = markdown(&signals);
    assert!(
        markdown.starts_with("**1 of 2 functions: svc wants a look: errors 0.4 % -&gt; 2.1 % (25)**"),
        "{markdown}"
    );
    assert!(markdown.contains("#### idle&lt;b&gt;: idle"), "{markdown}");
    let page = html(&signals);
    assert!(page.contains("errors 0.4 % -&gt; 2.1 % (25)") && page.contains("<h2>idle&lt;b&gt; <span"), "{page}");
    assert_eq!(page.matches("<svg ").count(), 4, "requests, errors, p95, concurrency");
    assert!(!page.contains("NaN") && !page.contains(" style="));
    let picture = svg(&signals);
    assert_eq!(picture.matches("<svg ").count(), 5);
    assert!(!picture.contains("NaN"), "{picture}");
}
