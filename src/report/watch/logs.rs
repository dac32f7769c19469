//! Log lines for people and for programs: a line each, a request each, or all of them summed up.

use super::clock;
use crate::model::advice;
use crate::ops::logs::level::LogLevel;
use crate::ops::logs::line::LineKind;
use crate::ops::logs::report::{InvocationReport, InvocationStatus};
use crate::ops::logs::requests::RequestLine;
use crate::ops::logs::summary::{LogSummary, Percentiles};
use crate::report::json_value::rounded;
use crate::report::{RenderOptions, Tone, count, json, layout, mask, table};
use serde_json::{Value, json};

/// How lines are written.
#[derive(Debug, Clone, Copy)]
pub struct LineFormat<'a> {
    pub look: &'a RenderOptions,
    /// The names of the log groups; where there is one, it is not said.
    pub names: &'a [String],
}

impl LineFormat<'_> {
    /// One line, and the lines it is made of below it; empty for what only says that a request begins or ends, unless verbose.
    pub fn line(&self, entry: &RequestLine) -> String {
        let id = entry.request_id.as_deref().map_or("", short);
        self.written(entry, &format!("{id:<8}"))
    }

    /// The lines of one request under a heading. A line that belongs to none stands alone.
    pub fn request(&self, entries: &[RequestLine]) -> String {
        let (Some(first), true) = (entries.first(), entries.iter().any(|entry| entry.request_id.is_some())) else {
            return entries.iter().map(|entry| self.line(entry)).collect();
        };
        let id = entries.iter().find_map(|entry| entry.request_id.as_deref()).unwrap_or("-");
        let end = entries.iter().rev().find_map(|entry| entry.line.report());
        let end = end.map_or_else(|| "not ended".to_owned(), |report| columns(report).trim_end().to_owned());
        let heading = format!("{} {}{end}", mask::line(id), self.name(first));
        let mut text = format!("{}\n", self.look.paint(Tone::Strong, &heading));
        for entry in entries.iter().filter(|entry| self.look.verbose || entry.line.report().is_none()) {
            text.push_str(&self.written(entry, ""));
        }
        text + "\n"
    }

    fn written(&self, entry: &RequestLine, id: &str) -> String {
        let (word, tone) = head(entry);
        let Some(word) = word.or(self.look.verbose.then_some("")) else { return String::new() };
        let said = match entry.line.report() {
            Some(report) => columns(report),
            // Of its beginning only the runtime is of interest.
            None if entry.line.kind == LineKind::InitStart && !self.look.verbose => {
                let text = entry.line.text.split('\t').next().unwrap_or_default();
                mask::line(text.trim_start_matches("INIT_START Runtime Version: "))
            }
            None => mask::text(&entry.line.text),
        };
        let time = self.look.paint(Tone::Quiet, &clock(entry.event.at));
        let word = self.look.paint(tone, &format!("{word:<8}"));
        let id = if id.is_empty() { String::new() } else { self.look.paint(Tone::Quiet, &format!("{id} ")) };
        let lead = format!("{time} {word} {}{id}", self.name(entry));
        let mut lines = said.trim_end().lines();
        let mut text = format!("{lead}{}\n", lines.next().unwrap_or_default()).replace(" \n", "\n");
        lines.for_each(|line| text.push_str(&format!("    {}\n", line.trim_end())));
        text
    }

    fn name(&self, entry: &RequestLine) -> String {
        match self.names.get(entry.group) {
            Some(name) if self.names.len() > 1 => format!("{} ", mask::line(name)),
            _ => String::new(),
        }
    }
}

/// The word before a line; none for a line that says nothing but that something begins or ends.
fn head(entry: &RequestLine) -> (Option<&'static str>, Tone) {
    let line = &entry.line;
    let word = match &line.kind {
        LineKind::Report(report) => Some(if report.is_failed() { "FAILED" } else { "REPORT" }),
        LineKind::TimedOut { .. } => Some("TIMEOUT"),
        LineKind::OutOfMemory => Some("MEMORY"),
        LineKind::Crashed => Some("CRASHED"),
        LineKind::Unhandled => Some("UNHANDLED"),
        LineKind::InitStart => Some("COLD"),
        LineKind::InitReport { status: InvocationStatus::Error | InvocationStatus::Timeout, .. } => Some("FAILED"),
        LineKind::Start | LineKind::End | LineKind::Platform | LineKind::InitReport { .. } | LineKind::Metrics => None,
        LineKind::Function => Some(line.level.map_or("", LogLevel::word)),
    };
    let tone = match line.severity() {
        LogLevel::Error | LogLevel::Critical => Tone::Bad,
        LogLevel::Warning => Tone::Careful,
        LogLevel::Trace | LogLevel::Debug => Tone::Quiet,
        LogLevel::Info if matches!(line.kind, LineKind::Report(_) | LineKind::InitStart) => Tone::Special,
        LogLevel::Info => Tone::Good,
    };
    (word, tone)
}

/// `  15.7 ms  billed   16 ms  memory  56 of 128 MB  cold start 130 ms`
fn columns(report: &InvocationReport) -> String {
    let mut text = format!("{:>10}", ms(report.duration_ms));
    text.extend(report.billed_ms.map(|billed| format!("  billed {:>9}", ms(billed))));
    text.extend(match (report.max_memory_mb, report.memory_size_mb) {
        (Some(used), Some(size)) => Some(format!("  memory {used:>4} of {size} MB")),
        (Some(used), None) => Some(format!("  memory {used:>4} MB")),
        _ => None,
    });
    text.extend(report.init_ms.map(|init| format!("  cold start {}", ms(init))));
    let status = match report.status {
        InvocationStatus::Timeout => Some("timed out"),
        InvocationStatus::Error if report.is_out_of_memory() => Some("out of memory"),
        InvocationStatus::Error => Some(report.error_type.as_deref().unwrap_or("error")),
        InvocationStatus::Success | InvocationStatus::Unsaid => None,
    };
    text.extend(status.map(|status| format!("  {}", mask::line(status))));
    text
}

/// `15.7 ms`, `1.52 s`, `2 m 5 s`.
pub fn ms(milliseconds: f64) -> String {
    match milliseconds {
        small if small < 99.95 => format!("{small:.1} ms"),
        small if small < 999.5 => format!("{small:.0} ms"),
        middle if middle < 99_950.0 => format!("{:.2} s", middle / 1e3),
        large => format!("{:.0} s", large / 1e3),
    }
}

fn short(id: &str) -> &str {
    id.get(..8).unwrap_or(id)
}

/// One JSON object on one line.
pub fn object(entry: &RequestLine, names: &[String]) -> String {
    let mut value = json!({
        "format_version": json::FORMAT_VERSION,
        "time": super::iso(entry.event.at),
        "source": names.get(entry.group),
        "stream": entry.event.stream,
        "kind": kind(&entry.line.kind),
        "level": entry.line.level.map(LogLevel::word),
        "request_id": entry.request_id,
        "text": entry.line.text,
        "message": entry.event.message,
    });
    if !entry.event.id.is_empty() {
        value["event_id"] = json!(entry.event.id);
    }
    if let Some(report) = entry.line.report() {
        value["report"] = rounded(json!({
            "duration_ms": report.duration_ms,
            "billed_ms": report.billed_ms,
            "memory_size_mb": report.memory_size_mb,
            "max_memory_mb": report.max_memory_mb,
            "init_ms": report.init_ms,
            "status": status(report.status),
            "error_type": report.error_type,
            "out_of_memory": report.is_out_of_memory(),
        }));
    }
    mask::json_line(value)
}

fn kind(kind: &LineKind) -> &'static str {
    match kind {
        LineKind::InitStart => "init_start",
        LineKind::InitReport { .. } => "init_report",
        LineKind::Start => "start",
        LineKind::End => "end",
        LineKind::Report(_) => "report",
        LineKind::TimedOut { .. } => "timed_out",
        LineKind::OutOfMemory => "out_of_memory",
        LineKind::Crashed => "crashed",
        LineKind::Unhandled => "unhandled_exception",
        LineKind::Platform => "platform",
        LineKind::Metrics => "metrics",
        LineKind::Function => "function",
    }
}

fn status(status: InvocationStatus) -> Option<&'static str> {
    match status {
        InvocationStatus::Unsaid => None,
        InvocationStatus::Success => Some("success"),
        InvocationStatus::Error => Some("error"),
        InvocationStatus::Timeout => Some("timeout"),
    }
}

/// The sums of each log group, verdict first.
pub fn summaries(summaries: &[(String, LogSummary)], look: &RenderOptions) -> String {
    summaries.iter().map(|(name, summary)| one(name, summary, look)).collect::<Vec<_>>().join("\n")
}

fn one(name: &str, summary: &LogSummary, look: &RenderOptions) -> String {
    let bad = summary.failed() > 0;
    let tone = if bad { Tone::Bad } else { Tone::Good };
    let mut text = format!("{}\n", look.paint(tone, &verdict(name, summary)));
    let rows = rows(summary);
    if !rows.is_empty() {
        text.push('\n');
        for (what, said) in &rows {
            text.push_str(&layout::hang(&format!("  {what:<12}"), said, look.width));
        }
    }
    let failed: Vec<Vec<String>> = summary
        .last_failed()
        .into_iter()
        .map(|(id, failed)| vec![day(failed.at), mask::line(id), mask::line(&failed.why)])
        .collect();
    if !failed.is_empty() {
        text.push_str(&format!("\n{}", table::table(&["Failed (UTC)", "Request", "Why"], failed, look)));
    }
    let slowest: Vec<Vec<String>> = summary
        .slowest
        .iter()
        .map(|named| {
            let init = named.init_ms.map_or_else(|| "-".to_owned(), ms);
            vec![day(named.at), mask::line(&named.request_id), ms(named.duration_ms), init]
        })
        .collect();
    if !slowest.is_empty() {
        let header = ["Slowest (UTC)", "Request", "Duration", "Cold start"];
        text.push_str(&format!("\n{}", table::table(&header, slowest, look)));
    }
    if let Some((id, _)) = summary.last_failed().first().filter(|(id, _)| !id.starts_with('-')) {
        text.push_str(&format!(
            "\n{}",
            layout::hang(
                "  fix: ",
                &advice::command(&format!("logs --request-id {}", advice::quoted(&mask::line(id)))),
                look.width
            )
        ));
    }
    text
}

/// `11-22 10:05:00`: beside a whole request id there is no room for the year.
fn day(at: i64) -> String {
    super::moment(at).get(5..).map(str::to_owned).unwrap_or_default()
}

fn verdict(name: &str, summary: &LogSummary) -> String {
    let name = mask::line(name);
    let requests = summary.requests();
    if summary.lines == 0 {
        return format!("{name}: no line in this time");
    }
    if requests == 0 {
        let failed = match summary.failed() {
            0 => String::new(),
            failed => format!("; {failed} failed"),
        };
        return format!("{name}: {}, none of which reports a request{failed}", count(summary.lines, "line"));
    }
    let failed = match summary.failed() {
        0 if summary.error_lines() > 0 => {
            format!("none reported as failed, {} at ERROR", count(summary.error_lines(), "line"))
        }
        0 => "none failed".to_owned(),
        failed => {
            let share = percent(failed as f64 / requests as f64);
            let reasons = [(summary.timeouts, "timed out"), (summary.out_of_memory, "out of memory")];
            let reasons = reasons.iter().filter(|(n, _)| *n > 0).map(|(n, why)| format!("{n} {why}"));
            let reasons = reasons.collect::<Vec<_>>().join(", ");
            let reasons = if reasons.is_empty() { String::new() } else { format!(": {reasons}") };
            format!("{failed} failed ({share}{reasons})")
        }
    };
    format!("{name}: {}, {failed}", count(requests, "request"))
}

fn rows(summary: &LogSummary) -> Vec<(&'static str, String)> {
    let mut rows = Vec::new();
    if let (Some(from), Some(until)) = (summary.from, summary.until) {
        rows.push(("time", format!("{} to {} UTC", super::moment(from), super::moment(until))));
    }
    rows.extend(summary.durations().map(|found| ("duration", percentiles(&found))));
    if let (Some(inits), Some(cost)) = (summary.inits(), summary.cold_cost_ms()) {
        let share = percent(summary.cold_starts() as f64 / summary.requests() as f64);
        let cold = count(summary.cold_starts(), "cold start");
        rows.push((
            "cold starts",
            format!("{cold}, {share} of the requests; on average they add {} to each", ms(cost)),
        ));
        rows.push(("init duration", percentiles(&inits)));
    } else if summary.requests() > 0 {
        rows.push(("cold starts", "none".to_owned()));
    }
    if let (Some(used), Some(size)) = (summary.max_memory_mb, summary.memory_size_mb) {
        let left = percent(1.0 - used / size.max(1.0));
        rows.push(("memory", format!("at most {used} of {size} MB used, {left} left")));
    }
    if summary.billed_ms() > 0.0 {
        rows.push(("billed", ms(summary.billed_ms())));
    }
    if !summary.levels.is_empty() {
        let levels = summary.levels.iter().rev().map(|(level, n)| format!("{n} {level}"));
        rows.push(("lines", levels.collect::<Vec<_>>().join(", ")));
    }
    rows
}

fn percentiles(found: &Percentiles) -> String {
    let Percentiles { p50, p95, p99, max } = found;
    format!("p50 {}, p95 {}, p99 {}, max {}", ms(*p50), ms(*p95), ms(*p99), ms(*max))
}

/// `0 %`, `0.4 %`, `12 %`.
pub fn percent(share: f64) -> String {
    match share * 100.0 {
        percent if percent <= 0.0 || !percent.is_finite() => "0 %".to_owned(),
        percent if percent < 0.05 => "< 0.1 %".to_owned(),
        percent if percent < 9.95 => format!("{percent:.1} %").replace(".0 %", " %"),
        percent => format!("{percent:.0} %"),
    }
}

pub fn summaries_markdown(summaries: &[(String, LogSummary)]) -> String {
    let mut text = String::new();
    for (name, summary) in summaries {
        text.push_str(&format!("**{}**\n\n", crate::report::markdown::prose(&verdict(name, summary))));
        let rows = rows(summary);
        if !rows.is_empty() {
            text.push_str("| | |\n|---|---|\n");
            text.extend(rows.iter().map(|(label, said)| format!("| {label} | {said} |\n")));
            text.push('\n');
        }
    }
    text
}

pub fn summaries_json(summaries: &[(String, LogSummary)]) -> String {
    let sources: Vec<Value> = summaries.iter().map(|(name, summary)| summary_json(name, summary)).collect();
    let document = json!({ "format_version": json::FORMAT_VERSION, "sources": sources });
    mask::document(rounded(document))
}

fn summary_json(name: &str, summary: &LogSummary) -> Value {
    let percentiles = |found: Option<Percentiles>| {
        found.map(|found| json!({ "p50": found.p50, "p95": found.p95, "p99": found.p99, "max": found.max }))
    };
    let levels: serde_json::Map<String, Value> =
        summary.levels.iter().map(|(level, n)| (level.word().to_owned(), json!(n))).collect();
    json!({
        "source": name,
        "from": summary.from.map(super::iso),
        "until": summary.until.map(super::iso),
        "lines": summary.lines,
        "levels": levels,
        "requests": summary.requests(),
        "duration_ms": percentiles(summary.durations()),
        "billed_ms": summary.billed_ms(),
        "cold_starts": summary.cold_starts(),
        "init_ms": percentiles(summary.inits()),
        "cold_cost_ms": summary.cold_cost_ms(),
        "memory_size_mb": summary.memory_size_mb,
        "max_memory_mb": summary.max_memory_mb,
        "failed": summary.failed(),
        "timed_out": summary.timeouts,
        "out_of_memory": summary.out_of_memory,
        "last_failed": summary.last_failed().iter().map(|(id, failed)| {
            json!({ "request_id": id, "time": super::iso(failed.at), "why": failed.why })
        }).collect::<Vec<_>>(),
        "slowest": summary.slowest.iter().map(|named| json!({
            "request_id": named.request_id, "time": super::iso(named.at), "duration_ms": named.duration_ms, "init_ms": named.init_ms,
        })).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
#[path = "logs_tests.rs"]
mod tests;
