//! Golden signals for people at a terminal: the verdict, a row a function, then the figures of those that want a look.

use super::{SignalRow, drawn, error_rate, judged, length, optional, overall, rows, verdict, whole, words};
use crate::model::duration::format_seconds;
use crate::ops::signals::judge::{SignalStatus, mood};
use crate::ops::signals::{FunctionSignals, GoldenSignals, SignalFinding, current};
use crate::report::backtest::chart::{self, Time};
use crate::report::layout::hang;
use crate::report::sparkline::sparkline;
use crate::report::table::table;
use crate::report::watch::logs::{ms, percent};
use crate::report::{RenderOptions, Tone, mask};

/// From here on there is room for more columns.
const WIDE: usize = 110;

pub fn text(signals: &GoldenSignals, charts: bool, look: &RenderOptions) -> String {
    let mut text = hang("", &verdict(signals), look.width);
    text = look.paint(tone(overall(signals)), text.trim_end());
    text.push('\n');
    let time = (super::super::moment(signals.from * 1000), length(signals));
    let note = format!(
        "the last {} from {} UTC, against the {} before; a column is {}",
        time.1,
        time.0,
        time.1,
        format_seconds(signals.step)
    );
    text.push_str(&look.paint(Tone::Quiet, hang("", &note, look.width).trim_end()));
    text.push('\n');
    let judged = judged(signals);
    if judged.len() > 1 {
        text.push_str(&format!("\n{}", overview(&judged, look)));
    }
    for (function, findings) in &judged {
        if judged.len() == 1 || charts || look.verbose || mood(findings) >= SignalStatus::Careful {
            text.push_str(&format!("\n{}", section(function, findings, signals, judged.len() > 1, charts, look)));
        }
    }
    for note in &signals.notes {
        text.push_str(&hang("note: ", &mask::line(note), look.width));
    }
    text
}

fn tone(mood: SignalStatus) -> Tone {
    match mood {
        SignalStatus::Good => Tone::Good,
        SignalStatus::Idle => Tone::Quiet,
        SignalStatus::Careful => Tone::Careful,
        SignalStatus::Bad => Tone::Bad,
    }
}

fn overview(judged: &[(&FunctionSignals, Vec<SignalFinding>)], look: &RenderOptions) -> String {
    let wide = look.width >= WIDE;
    let mut header = vec!["State", "Function", "Requests", "Errors", "p95"];
    let more: &[&str] =
        if wide { &["p99", "Throttled", "Memory", "Cold", "Traffic", "Errors"] } else { &["Throttled", "Traffic"] };
    header.extend(more);
    let columns = if wide { 16 } else { 10 };
    let rows = judged.iter().map(|(function, findings)| {
        let now = &function.now;
        let line = |curve: &[f64]| sparkline(current(curve), columns, None);
        let mut row = vec![
            mood(findings).word().to_owned(),
            mask::line(&function.name),
            whole(now.invocations),
            error_rate(now),
            optional(now.p95, ms),
        ];
        if wide {
            let logs = function.logs.as_ref();
            row.push(optional(now.p99, ms));
            row.push(whole(now.throttles));
            row.push(optional(logs.and_then(|logs| logs.memory_share()), percent));
            row.push(logs.map_or_else(|| "-".to_owned(), |logs| logs.cold_starts.to_string()));
            row.push(line(&function.curves.invocations));
            row.push(line(&function.curves.errors));
        } else {
            row.push(whole(now.throttles));
            row.push(line(&function.curves.invocations));
        }
        row
    });
    table(&header, rows.collect(), look)
}

fn section(
    function: &FunctionSignals,
    findings: &[SignalFinding],
    signals: &GoldenSignals,
    named: bool,
    charts: bool,
    look: &RenderOptions,
) -> String {
    let mut text = String::new();
    if named {
        let heading = format!("{}: {}", mask::line(&function.name), mood(findings).word());
        text.push_str(&format!("{}\n", look.paint(Tone::Strong, &heading)));
        findings.iter().for_each(|finding| text.push_str(&hang("  ", &words(finding), look.width)));
    }
    let columns = look.width.saturating_sub(56).clamp(12, 60);
    let cells = |row: SignalRow<'_>| {
        let curve = row.curve.map(|curve| sparkline(curve, columns, None)).unwrap_or_default();
        vec![row.what.to_owned(), row.now, row.before, curve]
    };
    let rows = rows(function, signals.quota).into_iter().map(cells).collect();
    text.push_str(&table(&["", "now", "before", ""], rows, look));
    if charts {
        let time = Time { from: signals.from, until: signals.until, marked: &[] };
        for (title, sketch) in drawn(function, signals.quota) {
            let chart = chart::chart(&sketch, time, look);
            if !chart.is_empty() {
                text.push_str(&format!("\n{}\n{chart}", look.paint(Tone::Strong, &title)));
            }
        }
    }
    text
}
