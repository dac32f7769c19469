//! Golden signals for a pull request or an incident's log.

use super::{judged, length, rows, verdict, words};
use crate::ops::signals::GoldenSignals;
use crate::ops::signals::judge::mood;
use crate::report::markdown::prose;
use crate::report::sparkline::sparkline;

const COLUMNS: usize = 24;

pub fn markdown(signals: &GoldenSignals) -> String {
    let length = length(signals);
    let mut text = format!("**{}**\n\nThe last {length} against the {length} before.\n", prose(&verdict(signals)));
    for (function, findings) in judged(signals) {
        text.push_str(&format!("\n#### {}: {}\n\n", prose(&function.name), mood(&findings).word()));
        findings.iter().for_each(|finding| text.push_str(&format!("- {}\n", prose(&words(finding)))));
        text.push_str("\n| | now | before | |\n|---|---|---|---|\n");
        for row in rows(function, signals.quota) {
            let curve = row.curve.map(|curve| sparkline(curve, COLUMNS, None)).unwrap_or_default();
            text.push_str(&format!("| {} | {} | {} | {curve} |\n", row.what, prose(&row.now), prose(&row.before)));
        }
    }
    signals.notes.iter().for_each(|note| text.push_str(&format!("\nnote: {}\n", prose(note))));
    text
}
