//! A dashboard as text: each widget with its newest values and states. As a page it is in `page`.

mod chart;
mod markdown;
mod page;

pub use page::html;

use super::figures::{moment, number};
use super::sparkline::sparkline;
use super::{RenderOptions, Tone, layout, mask};
use crate::ops::dashboard::{DashboardPicture, DrawnAlarm, WidgetChart, WidgetContent};

/// Blocks of a series in a line.
const COLUMNS: usize = 24;

/// `12 widgets, 2026-11-22 10:00 to 13:00 UTC`
pub fn heading(picture: &DashboardPicture) -> String {
    let plural = if picture.widgets.len() == 1 { "" } else { "s" };
    let (from, until) = (moment(picture.from), moment(picture.until));
    format!("{} widget{plural}, {from} to {until} UTC", picture.widgets.len())
}

pub fn text(picture: &DashboardPicture, look: &RenderOptions) -> String {
    let name = format!("dashboard/{}", picture.name);
    let mut text =
        format!("{} in {}: {}\n", look.paint(Tone::Strong, &mask::line(&name)), picture.account, heading(picture));
    for widget in &picture.widgets {
        let title = |kind: &str| mask::line(if widget.title.is_empty() { kind } else { &widget.title });
        match &widget.content {
            WidgetContent::Text(markdown) => text += &format!("\n{}\n", mask::line(&markdown::plain(markdown))),
            WidgetContent::States(alarms) => {
                text += &format!("\n{}\n", title("alarms"));
                if alarms.is_empty() {
                    text += "  none in these states\n";
                }
                for alarm in alarms {
                    text += &format!("  {}  {}\n", mask::line(&alarm.name), state(alarm));
                }
            }
            WidgetContent::Chart(chart) => {
                text += &format!("\n{}\n", title("chart"));
                text += &self::chart(chart, look);
            }
            WidgetContent::Log { query } => {
                text += &format!(
                    "\n{}\n{}",
                    title("logs"),
                    layout::hang("  CloudWatch runs: ", &mask::line(query), look.width)
                );
            }
            WidgetContent::Other(kind) => {
                text += &format!("\n{}\n  drawn by CloudWatch alone ({})\n", title(kind), mask::line(kind))
            }
        }
    }
    picture.notes.iter().for_each(|note| text += &format!("\nnote: {}\n", mask::line(note)));
    text
}

/// An alarm's state in AWS's word.
pub fn state(alarm: &DrawnAlarm) -> &str {
    alarm.state.as_deref().unwrap_or("does not exist")
}

fn chart(chart: &WidgetChart, look: &RenderOptions) -> String {
    if let Some(why) = &chart.failure {
        return layout::hang("  ", &mask::line(why), look.width);
    }
    let mut text = String::new();
    if let Some(alarm) = &chart.alarm {
        text += &format!("  {}\n", state(alarm));
    }
    let width = chart.series.iter().map(|series| layout::width(&mask::line(&series.label))).max().unwrap_or_default();
    for series in &chart.series {
        let values: Vec<f64> = series.points.iter().map(|(_, value)| *value).collect();
        let label = mask::line(&series.label);
        let pad = " ".repeat(width.saturating_sub(layout::width(&label)));
        let said = match (values.last(), values.iter().copied().reduce(f64::max)) {
            (Some(last), Some(max)) => {
                format!("{}  latest {}, max {}", sparkline(&values, COLUMNS, None), number(*last), number(max))
            }
            _ => "no data".to_owned(),
        };
        text += &format!("  {label}{pad}  {said}\n");
    }
    if chart.series.is_empty() {
        text += "  no data\n";
    }
    for line in &chart.lines {
        text += &format!("  line {} at {}\n", mask::line(&line.label), number(line.value));
    }
    text
}
