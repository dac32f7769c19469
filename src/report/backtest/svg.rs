//! A series as a picture: its range, the threshold, the time in alarm.

use super::super::html::{PALETTE, escape};
use super::chart::{Time, scale};
use super::{moment, number};
use crate::backtest::sketch::Sketch;

pub const WIDTH: f64 = 860.0;
pub const HEIGHT: f64 = 200.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 26.0;
const BOTTOM: f64 = 24.0;
/// With the colours of the pages.
const STYLE: &str = "svg{background:var(--card)}text{font:11px sans-serif;fill:var(--quiet)}.name{font-weight:bold;font-size:12px;fill:var(--ink)}\
                     .series{fill:var(--series)}.alarm{fill:var(--alarm);opacity:.25}\
                     .threshold{stroke:var(--limit);stroke-width:1.5;stroke-dasharray:5 3}.limit{fill:var(--limit)}\
                     .axis{stroke:var(--quiet)}";

/// A whole document with colours of its own; legible on white and, with `prefers-color-scheme`, on black.
pub fn chart(title: &str, sketch: &Sketch, time: Time<'_>) -> String {
    let (bottom, top) = scale(sketch);
    let y = |value: f64| TOP + (top - value) / (top - bottom) * (HEIGHT - TOP - BOTTOM);
    let length = (time.until - time.from).max(1) as f64;
    let at = |moment: i64| LEFT + (moment - time.from) as f64 / length * (WIDTH - LEFT - RIGHT);
    let mut body = String::new();
    for (from, until) in time.marked {
        let width = (at(*until) - at(*from)).max(1.5);
        let title = format!("ALARM {} to {}", moment(*from), moment(*until));
        body.push_str(&format!(
            "<rect class=\"alarm\" x=\"{:.1}\" y=\"{TOP}\" width=\"{width:.1}\" height=\"{:.1}\"><title>{title}</title></rect>\n",
            at(*from),
            HEIGHT - TOP - BOTTOM
        ));
    }
    for (value, word) in [(top, number(top)), (bottom, number(bottom))] {
        body.push_str(&format!(
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{word}</text>\n",
            LEFT - 6.0,
            y(value) + 4.0
        ));
    }
    let column = (WIDTH - LEFT - RIGHT) / sketch.columns.len().max(1) as f64;
    let mut path = String::new();
    for (n, range) in sketch.columns.iter().enumerate() {
        let Some((low, high)) = range else { continue };
        // At least a hair high, so that a flat series is seen.
        let (upper, lower) = (y(*high) - 0.6, y(*low) + 0.6);
        let x = LEFT + n as f64 * column;
        path.push_str(&format!("M{x:.1} {upper:.1}h{column:.2}V{lower:.1}h-{column:.2}z"));
    }
    body.push_str(&format!("<path class=\"series\" d=\"{path}\"/>\n"));
    let threshold = number(sketch.threshold);
    if (bottom..=top).contains(&sketch.threshold) {
        let line = y(sketch.threshold);
        body.push_str(&format!(
            "<line class=\"threshold\" x1=\"{LEFT}\" x2=\"{:.1}\" y1=\"{line:.1}\" y2=\"{line:.1}\"/>\n\
             <text class=\"limit\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">threshold {} {threshold}</text>\n",
            WIDTH - RIGHT,
            WIDTH - RIGHT,
            line - 4.0,
            escape(sketch.comparison.symbol())
        ));
    } else if !sketch.threshold.is_nan() {
        let direction = if sketch.threshold > top { "above" } else { "below" };
        body.push_str(&format!(
            "<text class=\"limit\" x=\"{:.1}\" y=\"{TOP}\" text-anchor=\"end\">the threshold {threshold} is far {direction}</text>\n",
            WIDTH - RIGHT
        ));
    }
    let baseline = HEIGHT - BOTTOM;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" role=\"img\">\n\
         <title>{title}</title>\n<style>{PALETTE}{STYLE}</style>\n\
         <text class=\"name\" x=\"{LEFT}\" y=\"14\">{title}</text>\n{body}\
         <line class=\"axis\" x1=\"{LEFT}\" x2=\"{:.1}\" y1=\"{baseline}\" y2=\"{baseline}\"/>\n\
         <text x=\"{LEFT}\" y=\"{:.1}\">{} UTC</text>\n\
         <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{} UTC</text>\n</svg>\n",
        WIDTH - RIGHT,
        HEIGHT - 8.0,
        moment(time.from),
        WIDTH - RIGHT,
        HEIGHT - 8.0,
        moment(time.until),
        title = escape(title),
    )
}
