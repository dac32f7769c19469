//! What the keys and signs of the full-screen view mean.

use super::app::TuiState;
use super::paint::{Paint, text};
use crate::report::Tone;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

const KEYS: &[(&str, &str)] = &[
    ("up down, k j", "select a row; scroll a screen of text"),
    ("page up, page down", "ten rows"),
    ("left right", "move a screen of text sideways"),
    ("home end, g G", "the first row, the last one"),
    ("enter", "all there is to know of the row; enter or esc goes back"),
    ("/", "show only rows with this text: a name, ALARM, pending, ..."),
    ("l", "follow the logs of the function that the row is about"),
    ("r", "read everything again now"),
    ("?", "this page"),
    ("q, ctrl-c", "end"),
];

const SIGNS: &[(&str, &str)] = &[
    ("! ALARM", "the threshold is breached"),
    ("? INSUFFICIENT_DATA", "CloudWatch has too little data, or has not evaluated a new alarm yet"),
    ("+ MISSING", "declared, and does not exist: mlopsctl apply creates it"),
    ("! pending", "somebody has to click the link in the mail"),
    ("silenced", "nobody is notified whatever the alarm does: actions off, muted or suppressed"),
    ("▁▂▃▄ ▅▆▇█", "a curve against its threshold: the upper half is above it, the lower half below"),
    ("·", "no data there"),
    ("┄┄┄", "the threshold in a chart"),
];

pub fn draw(frame: &mut Frame<'_>, area: Rect, app: &TuiState, paint: Paint) {
    let table = |rows: &[(&'static str, &'static str)]| -> Vec<Line<'static>> {
        let line = |(sign, meaning): &(&'static str, &'static str)| {
            Line::from(vec![paint.span(Tone::Strong, format!("  {sign:<20}")), Span::raw(*meaning)])
        };
        rows.iter().map(line).collect()
    };
    let every = format!("Reads every {} s. It changes nothing in AWS; each read costs a few calls.", app.interval);
    let mut lines = vec![Line::from(paint.span(Tone::Strong, "Keys"))];
    lines.extend(table(KEYS));
    lines.extend([Line::default(), Line::from(paint.span(Tone::Strong, "Signs"))]);
    lines.extend(table(SIGNS));
    lines.extend([Line::default(), Line::from(every)]);
    text(frame, area, lines, app.scroll);
}
