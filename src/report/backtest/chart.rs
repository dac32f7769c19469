//! A series in a terminal: filled columns, the threshold as a line, the time in alarm below.

use super::super::{RenderOptions, Tone};
use super::{moment, number};
use crate::backtest::Figures;
use crate::backtest::sketch::Sketch;

const ROWS: usize = 6;
const EIGHTHS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// A threshold that is so many times as far as the series is not drawn to scale: the series would be flat.
const FAR: f64 = 4.0;

/// From and to of the vertical axis.
pub fn scale(sketch: &Sketch) -> (f64, f64) {
    scale_within(sketch, FAR)
}

/// From and to of the vertical axis, to scale with a threshold that is at most `far` times as far as the series.
fn scale_within(sketch: &Sketch, far: f64) -> (f64, f64) {
    let lows = sketch.columns.iter().flatten().map(|(low, _)| *low);
    let highs = sketch.columns.iter().flatten().map(|(_, high)| *high);
    let low = lows.fold(0.0, f64::min);
    let high = highs.fold(f64::MIN, f64::max).max(0.0);
    let reach = (high - low).max(f64::MIN_POSITIVE);
    let threshold = sketch.threshold;
    let (mut bottom, mut top) = (low, high);
    if threshold <= low + reach * far && threshold >= high - reach * far {
        // A hair of room, so that a threshold at the edge is inside.
        let room = reach.max(threshold.abs()) * 0.01;
        bottom = if threshold - room < bottom && threshold < 0.0 { threshold - room } else { bottom.min(threshold) };
        top = if threshold >= top { threshold + room } else { top };
    }
    (bottom, if top > bottom { top } else { bottom + 1.0 })
}

/// What a cell of a drawing shows; without colour its character says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ink {
    Series,
    /// The series while the alarm rings.
    Alarm,
    /// The threshold's line, where the series is below it.
    Threshold,
}

/// A series drawn, from the top row down.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawing {
    /// What stands left of each row, and its cells.
    pub rows: Vec<(String, Vec<(char, Ink)>)>,
    /// Where the threshold is too far away to be drawn: that it is.
    pub far: Option<String>,
}

/// The series in so many columns and rows; `None` where there is nothing to draw. `alarm` says of each column whether it is painted
/// as ringing; a threshold that is more than `far` times as far as the series is not drawn.
pub fn draw(sketch: &Sketch, alarm: &[bool], rows: usize, far: f64) -> Option<Drawing> {
    sketch.columns.iter().flatten().next()?;
    let (bottom, top) = scale_within(sketch, far);
    let threshold_label = number(sketch.threshold);
    let bars = bars(sketch, alarm.len());
    let height = (top - bottom) / rows as f64;
    let threshold_row = (0..rows).find(|row| {
        let low = top - (row + 1) as f64 * height;
        (low..low + height).contains(&sketch.threshold)
    });
    let row = |row: usize| {
        let low = top - (row + 1) as f64 * height;
        let label = match row {
            row if Some(row) == threshold_row => threshold_label.clone(),
            0 => number(top),
            row if row == rows - 1 => number(bottom),
            _ => String::new(),
        };
        let cell = |(column, bar): (usize, &Option<f64>)| {
            let filled = bar.map_or(0.0, |value| ((value - low) / height).clamp(0.0, 1.0));
            let eighth = EIGHTHS[(filled * 8.0).round() as usize];
            match eighth {
                ' ' if Some(row) == threshold_row => ('┄', Ink::Threshold),
                eighth if alarm[column] => (eighth, Ink::Alarm),
                eighth => (eighth, Ink::Series),
            }
        };
        (label, bars.iter().enumerate().map(cell).collect())
    };
    let far = (threshold_row.is_none() && !sketch.threshold.is_nan()).then(|| {
        let direction = if sketch.threshold > top { "above" } else { "below" };
        format!("the threshold {threshold_label} is far {direction} this")
    });
    Some(Drawing { rows: (0..rows).map(row).collect(), far })
}

/// The time that a chart shows, and in it the times that are marked. Seconds since 1970.
#[derive(Debug, Clone, Copy)]
pub struct Time<'a> {
    pub from: i64,
    pub until: i64,
    pub marked: &'a [(i64, i64)],
}

impl<'a> From<&'a Figures> for Time<'a> {
    fn from(figures: &'a Figures) -> Self {
        Self { from: figures.from, until: figures.until, marked: &figures.spans }
    }
}

/// Lines that end in line feeds; empty where there is nothing to draw. A threshold that is no number is not drawn.
pub fn chart(sketch: &Sketch, time: Time<'_>, look: &RenderOptions) -> String {
    let (bottom, top) = scale(sketch);
    let labels = [top, bottom, sketch.threshold].map(number);
    let margin = labels.iter().map(|label| label.chars().count()).max().unwrap_or(0).max(5);
    let columns = look.width.saturating_sub(margin + 6).clamp(20, 168);
    let alarm = in_alarm(time, columns);
    let Some(drawing) = draw(sketch, &alarm, ROWS, FAR) else { return String::new() };
    let mut text = String::new();
    for (label, cells) in drawing.rows {
        text.push_str(&format!("  {label:>margin$} │"));
        for (cell, ink) in cells {
            let tone = match ink {
                Ink::Threshold => Tone::Careful,
                Ink::Alarm => Tone::Bad,
                Ink::Series => Tone::Special,
            };
            if cell == ' ' { text.push(' ') } else { text.push_str(&look.paint(tone, &cell.to_string())) }
        }
        trim(&mut text);
    }
    let marks: String = alarm.iter().map(|on| if *on { '▀' } else { ' ' }).collect();
    if alarm.contains(&true) {
        text.push_str(&format!("  {:>margin$} │{}", "ALARM", look.paint(Tone::Bad, marks.trim_end())));
        trim(&mut text);
    }
    let (from, until) = (moment(time.from), moment(time.until));
    let gap = columns.saturating_sub(from.len() + until.len());
    text.push_str(&format!("  {:>margin$}  {from}{}{until}\n", "", " ".repeat(gap)));
    text.extend(drawing.far.map(|far| format!("  {:>margin$}  {far}\n", "")));
    text
}

fn trim(text: &mut String) {
    text.truncate(text.trim_end().len());
    text.push('\n');
}

/// The worst value of each column of the chart: the highest, or for a lower limit the lowest.
pub fn bars(sketch: &Sketch, columns: usize) -> Vec<Option<f64>> {
    let upward = sketch.comparison.is_upward();
    (0..columns)
        .map(|column| {
            let range = part(column, columns, sketch.columns.len());
            let worst = sketch.columns[range].iter().flatten().map(|(low, high)| if upward { *high } else { *low });
            worst.reduce(|a, b| if (a > b) == upward { a } else { b })
        })
        .collect()
}

/// The source columns that one column of the chart stands for, at least one.
fn part(column: usize, columns: usize, of: usize) -> std::ops::Range<usize> {
    let from = column * of / columns;
    from..((column + 1) * of / columns).max(from + 1).min(of)
}

fn in_alarm(time: Time<'_>, columns: usize) -> Vec<bool> {
    let length = (time.until - time.from).max(1);
    let at =
        |moment: i64| usize::try_from((moment - time.from) * columns as i64 / length).unwrap_or(0).min(columns - 1);
    let mut alarm = vec![false; columns];
    for (from, until) in time.marked {
        alarm[at(*from)..=at(*until - 1)].fill(true);
    }
    alarm
}
