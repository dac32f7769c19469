//! What came of traffic, for people and for programs: the verdict first.

use super::logs::ms;
use crate::ops::logs::summary::Percentiles;
use crate::ops::traffic::Tally;
use crate::report::json_value::rounded;
use crate::report::{RenderOptions, Tone, count, json, layout, mask};
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub fn text(tally: &Tally, look: &RenderOptions) -> String {
    let mut text = look.paint(tone(tally), layout::hang("", &verdict(tally), look.width).trim_end());
    text.push('\n');
    let rows = rows(tally);
    if !rows.is_empty() {
        text.push('\n');
    }
    for (what, said) in rows {
        text.push_str(&layout::hang(&format!("  {what:<12}"), &said, look.width));
    }
    text
}

fn tone(tally: &Tally) -> Tone {
    let server_errors = tally.statuses.range(500..).next().is_some();
    if tally.failed() > 0 || tally.not_raised() > 0 || server_errors || tally.raised() > tally.raised_as_meant {
        Tone::Bad
    } else if tally.unanswered + tally.unsent > 0 || tally.statuses.range(300..).next().is_some() {
        Tone::Careful
    } else {
        Tone::Good
    }
}

fn verdict(tally: &Tally) -> String {
    let answered = tally.answered() - tally.failed();
    let sent = tally.answered() + tally.unanswered;
    let seconds = tally.took.as_secs_f64();
    let mut parts = vec![format!("{answered} of {} answered in {}", count(sent, "request"), ms(seconds * 1e3))];
    if tally.raised() > 0 {
        parts.push(count(tally.raised(), "function error"));
    }
    if tally.failed() > 0 {
        parts.push(format!("{} without an answer", tally.failed()));
    }
    if tally.unanswered > 0 {
        parts.push(format!("{} on their way when it was stopped", tally.unanswered));
    }
    if tally.unsent > 0 {
        parts.push(format!("{} not sent", tally.unsent));
    }
    parts.join(", ")
}

fn rows(tally: &Tally) -> Vec<(&'static str, String)> {
    let mut rows = Vec::new();
    let seconds = tally.took.as_secs_f64();
    if seconds > 0.0 && tally.answered() > 0 {
        rows.push(("rate", format!("{:.1} a second", tally.answered() as f64 / seconds)));
    }
    rows.extend(tally.took().map(|took| ("latency", percentiles(&took))));
    if let Some(felt) = tally.felt().filter(|_| tally.late > 0) {
        let late = count(tally.late, "request");
        let said =
            format!("{}; {late} had to wait before being sent, more --concurrency spares that", percentiles(&felt));
        rows.push(("as felt", said));
    }
    if !tally.statuses.is_empty() {
        let statuses = tally.statuses.iter().map(|(status, n)| format!("{status}: {n}"));
        rows.push(("status", statuses.collect::<Vec<_>>().join(", ")));
    }
    if tally.others > 0 {
        rows.push((
            "no HTTP",
            format!("{} gave something back that is no HTTP answer", count(tally.others, "request")),
        ));
    }
    if tally.cold_starts > 0 {
        let init =
            Percentiles::of(tally.init_ms.clone()).map_or_else(String::new, |init| format!(", max {}", ms(init.max)));
        rows.push(("cold starts", format!("{}{init}", tally.cold_starts)));
    }
    let list = |reasons: &BTreeMap<String, usize>| {
        let mut reasons: Vec<(&String, &usize)> = reasons.iter().collect();
        reasons.sort_by_key(|(_, n)| std::cmp::Reverse(**n));
        let said = reasons.iter().take(5).map(|(why, n)| format!("{n} × {}", mask::line(why)));
        said.collect::<Vec<_>>().join("; ")
    };
    if !tally.raised.is_empty() {
        rows.push(("errors", list(&tally.raised)));
    }
    if !tally.failed.is_empty() {
        rows.push(("failed", list(&tally.failed)));
    }
    rows
}

fn percentiles(found: &Percentiles) -> String {
    let Percentiles { p50, p95, p99, max } = found;
    format!("p50 {}, p95 {}, p99 {}, max {}", ms(*p50), ms(*p95), ms(*p99), ms(*max))
}

pub fn json(tally: &Tally) -> String {
    let percentiles = |found: Option<Percentiles>| {
        found.map(|found| json!({ "p50": found.p50, "p95": found.p95, "p99": found.p99, "max": found.max }))
    };
    let statuses: serde_json::Map<String, Value> =
        tally.statuses.iter().map(|(status, n)| (status.to_string(), json!(n))).collect();
    let document = json!({
        "format_version": json::FORMAT_VERSION,
        "sent": tally.answered() + tally.unanswered,
        "answered": tally.answered() - tally.failed(),
        "unanswered": tally.unanswered,
        "unsent": tally.unsent,
        "interrupted": tally.interrupted,
        "took_s": tally.took.as_secs_f64(),
        "latency_ms": percentiles(tally.took()),
        "felt_latency_ms": percentiles(tally.felt()),
        "late": tally.late,
        "statuses": statuses,
        "other_answers": tally.others,
        "function_errors": tally.raised(),
        "error_types": tally.raised,
        "errors_planned": tally.raising,
        "errors_as_planned": tally.raised_as_meant,
        "failed": tally.failed,
        "cold_starts": tally.cold_starts,
    });
    mask::document(rounded(document))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::traffic::tally::{RequestOutcome, TrafficResponse};
    use std::time::Duration;

    fn tally(answers: Vec<(TrafficResponse, bool)>) -> Tally {
        let mut tally = Tally::default();
        for (answer, raising) in answers {
            let took = Duration::from_millis(120);
            tally.add(RequestOutcome { answer, raising, took, felt: took, waited: Duration::ZERO, init_ms: None });
        }
        tally.took = Duration::from_secs(2);
        tally
    }

    #[test]
    fn the_verdict_and_what_stands_behind_it() {
        let raised = || (TrafficResponse::Raised("Service.UnknownEvent: no".into()), true);
        let failed = (TrafficResponse::Failed("timed out".into()), false);
        let tally = tally(vec![
            (TrafficResponse::Status(200), false),
            (TrafficResponse::Status(201), false),
            raised(),
            raised(),
            failed,
        ]);
        let expected = "\
4 of 5 requests answered in 2.00 s, 2 function errors, 1 without an answer

  rate        2.5 a second
  latency     p50 120 ms, p95 120 ms, p99 120 ms, max 120 ms
  status      200: 1, 201: 1
  errors      2 × Service.UnknownEvent: no
  failed      1 × timed out
";
        assert_eq!(text(&tally, &RenderOptions::PLAIN), expected);
        let value: Value = serde_json::from_str(&json(&tally)).unwrap();
        assert_eq!(
            (&value["function_errors"], &value["answered"], &value["statuses"]["201"]),
            (&json!(2), &json!(4), &json!(1))
        );
        assert!(text(&tally, &RenderOptions { colour: true, ..RenderOptions::PLAIN }).starts_with("\u{1b}[31m"));
    }

    #[test]
    fn waiting_is_told_and_so_is_what_was_left() {
        let mut tally = tally(vec![(TrafficResponse::Status(200), false)]);
        (tally.late, tally.unsent, tally.unanswered) = (1, 7, 2);
        let text = text(&tally, &RenderOptions::PLAIN);
        assert!(
            text.starts_with("1 of 3 requests answered in 2.00 s, 2 on their way when it was stopped, 7 not sent\n"),
            "{text}"
        );
        assert!(text.contains("1 request had to wait before being sent"), "{text}");
    }
}
