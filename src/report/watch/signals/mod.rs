//! Golden signals as text, Markdown, JSON, SVG and a page: one set of figures, many faces.

mod html;
mod json;
mod markdown;
mod svg;
#[cfg(test)]
mod tests;
mod text;

pub use html::html;
pub use json::json;
pub use markdown::markdown;
pub use svg::svg;
pub use text::text;

use super::logs::{ms, percent};
use crate::backtest::sketch::Sketch;
use crate::model::duration::format_seconds;
use crate::ops::signals::judge::{SignalFact, SignalStatus, mood};
use crate::ops::signals::{FunctionSignals, GoldenSignals, SignalFinding, SignalWindow, current, findings};
use crate::report::{count, mask};
use mlops_cloudwatch::comparison::Comparison;

/// The findings of each function, beside it.
fn judged(signals: &GoldenSignals) -> Vec<(&FunctionSignals, Vec<SignalFinding>)> {
    signals.functions.iter().map(|function| (function, findings(function, signals.quota))).collect()
}

/// `3h`.
fn length(signals: &GoldenSignals) -> String {
    format_seconds(signals.until - signals.from)
}

/// `mlops-service-lambda is bad: errors 0.4 % -> 2.1 % (21)`, or how many are well.
fn verdict(signals: &GoldenSignals) -> String {
    let judged = judged(signals);
    let said = |(function, findings): &(&FunctionSignals, Vec<SignalFinding>)| {
        let why: Vec<String> =
            findings.iter().filter(|finding| finding.mood >= SignalStatus::Careful).map(words).collect();
        let why = if why.is_empty() { findings.iter().map(words).collect() } else { why };
        let state = match mood(findings) {
            SignalStatus::Good => "does well",
            SignalStatus::Idle => "is idle",
            SignalStatus::Careful => "wants a look",
            SignalStatus::Bad => "is bad",
        };
        let why = if why.is_empty() { String::new() } else { format!(": {}", why.join(", ")) };
        format!("{} {state}{why}", mask::line(&function.name))
    };
    let troubled: Vec<_> = judged.iter().filter(|(_, findings)| mood(findings) >= SignalStatus::Careful).collect();
    match judged.as_slice() {
        [] => "no function to look at".to_owned(),
        [only] => said(only),
        all if troubled.is_empty() => {
            let idle = all.iter().filter(|(_, findings)| mood(findings) == SignalStatus::Idle).count();
            let idle = if idle > 0 { format!(", {idle} of them idle") } else { String::new() };
            format!("{} do well{idle}", count(all.len(), "function"))
        }
        all => {
            let mut worst = troubled.clone();
            worst.sort_by_key(|(_, findings)| std::cmp::Reverse(mood(findings)));
            let names: Vec<String> = worst.iter().take(3).map(|one| said(one)).collect();
            let more = if worst.len() > 3 { format!("; and {} more", worst.len() - 3) } else { String::new() };
            format!("{} of {}: {}{more}", troubled.len(), count(all.len(), "function"), names.join("; "))
        }
    }
}

/// Returns a finding of a function in words, which name the function: `svc: errors 0.4 % -> 2.1 % (21)`.
pub fn finding_text(function: &FunctionSignals, finding: &SignalFinding) -> String {
    format!("{}: {}", function.name, words(finding))
}

/// The worst of all.
fn overall(signals: &GoldenSignals) -> SignalStatus {
    judged(signals).iter().map(|(_, findings)| mood(findings)).max().unwrap_or(SignalStatus::Idle)
}

fn words(finding: &SignalFinding) -> String {
    let change = |before: f64, now: f64, show: &dyn Fn(f64) -> String| format!("{} -> {}", show(before), show(now));
    match finding.what {
        SignalFact::ErrorRate { before: Some(before), now, errors } => {
            format!("errors {} ({})", change(before, now, &percent), whole(errors))
        }
        SignalFact::ErrorRate { before: None, now, errors } => format!("errors {} ({})", percent(now), whole(errors)),
        SignalFact::ErrorsOnly { errors } => format!("{} of no counted request", counted(errors, "error")),
        SignalFact::Throttles { now } => format!("{} throttled", counted(now, "request")),
        SignalFact::OutOfMemory { requests } => format!("{} ran out of memory", count(requests, "request")),
        SignalFact::TimedOut { requests } => format!("{} timed out", count(requests, "request")),
        SignalFact::Memory { share } => format!("memory {} full", percent(share)),
        SignalFact::Concurrency { share } => format!("{} of the account's concurrency used", percent(share)),
        SignalFact::NearTimeout { p95, share } => format!("p95 {} is {} of the timeout", ms(p95), percent(share)),
        SignalFact::Slower { before, now } => format!("p95 {}", change(before, now, &ms)),
        SignalFact::LessTraffic { before, now } | SignalFact::MoreTraffic { before, now } => {
            format!("requests {}", change(before, now, &whole))
        }
        SignalFact::NothingRan { before: 0.0 } => "no request, now or before".to_owned(),
        SignalFact::NothingRan { before } => format!("no request, {} before", whole(before)),
    }
}

/// A count that a metric sums up: `1,234`.
fn whole(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn counted(value: f64, one: &str) -> String {
    if value == 1.0 { format!("1 {one}") } else { format!("{} {one}s", whole(value)) }
}

fn optional(value: Option<f64>, show: impl Fn(f64) -> String) -> String {
    value.map_or_else(|| "-".to_owned(), show)
}

fn error_rate(window: &SignalWindow) -> String {
    optional(window.error_rate(), percent)
}

/// A row of the figures of one function: what, now, before, and the curve that belongs to it.
struct SignalRow<'a> {
    what: &'static str,
    now: String,
    before: String,
    curve: Option<&'a [f64]>,
}

fn rows(function: &FunctionSignals, quota: Option<f64>) -> Vec<SignalRow<'_>> {
    let FunctionSignals { now, before, curves, .. } = function;
    let row = |what, now, before, curve| SignalRow { what, now, before, curve };
    let timeout =
        function.facts.as_ref().map(|facts| f64::from(facts.timeout_s) * 1e3).filter(|timeout| *timeout > 0.0);
    let of_timeout = |value: f64| match timeout {
        Some(timeout) => {
            format!("{} ({} of {})", ms(value), percent(value / timeout), format_seconds((timeout / 1e3) as i64))
        }
        None => ms(value),
    };
    let at_once = |value: f64| match quota {
        Some(quota) => format!("{} of {}", whole(value), whole(quota)),
        None => whole(value),
    };
    let errors = |window: &SignalWindow| match window.error_rate() {
        Some(rate) => format!("{} ({})", percent(rate), whole(window.errors)),
        None => whole(window.errors),
    };
    let mut rows = vec![
        row("traffic", whole(now.invocations), whole(before.invocations), Some(current(&curves.invocations))),
        row("errors", errors(now), errors(before), Some(current(&curves.errors))),
        row("latency p50", optional(now.p50, ms), optional(before.p50, ms), None),
        row("latency p95", optional(now.p95, of_timeout), optional(before.p95, ms), Some(current(&curves.p95))),
        row("latency p99", optional(now.p99, of_timeout), optional(before.p99, ms), None),
        row("max", optional(now.max, of_timeout), optional(before.max, ms), None),
        row(
            "concurrency",
            optional(now.concurrency, at_once),
            optional(before.concurrency, whole),
            Some(current(&curves.concurrency)),
        ),
        row("throttled", whole(now.throttles), whole(before.throttles), Some(current(&curves.throttles))),
    ];
    let Some(logs) = &function.logs else { return rows };
    let of = if logs.is_sample { format!("of a sample of {}", logs.requests) } else { "of the requests".to_owned() };
    if let (Some(used), Some(size)) = (logs.max_memory_mb, logs.memory_size_mb) {
        rows.push(row("memory", format!("{used} of {size} MB at most"), "-".to_owned(), None));
    }
    if logs.requests > 0 {
        let share = percent(logs.cold_starts as f64 / logs.requests as f64);
        rows.push(row("cold starts", format!("{} ({share} {of})", logs.cold_starts), "-".to_owned(), None));
    }
    if let (Some(init), Some(cost)) = (logs.init, logs.cold_cost_ms) {
        let cost = format!("p50 {}, p95 {}; +{} a request", ms(init.p50), ms(init.p95), ms(cost));
        rows.push(row("init duration", cost, "-".to_owned(), None));
    }
    rows
}

/// What is drawn of a function: title, values of now, the limit they are seen against (NaN: none).
fn drawn(function: &FunctionSignals, quota: Option<f64>) -> Vec<(String, Sketch)> {
    let timeout = function.facts.as_ref().map_or(f64::NAN, |facts| f64::from(facts.timeout_s) * 1e3);
    let curves = &function.curves;
    let sketch = |what: &str, curve: &[f64], threshold: f64| {
        let columns = current(curve).iter().map(|value| value.is_finite().then_some((0.0_f64.min(*value), *value)));
        let comparison = Comparison::GreaterOrEqual;
        (
            format!("{}: {what}", mask::line(&function.name)),
            Sketch { columns: columns.collect(), threshold, comparison },
        )
    };
    vec![
        sketch("requests", &curves.invocations, f64::NAN),
        sketch("errors", &curves.errors, f64::NAN),
        sketch("latency p95 (ms) and the timeout", &curves.p95, timeout),
        sketch("concurrent requests and the account's quota", &curves.concurrency, quota.unwrap_or(f64::NAN)),
    ]
}
