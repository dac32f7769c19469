//! A dashboard with the data that it would show: the same metrics, thresholds and states, read from CloudWatch.

pub mod read;

pub use read::{DashboardRequest, read};

use crate::backtest::history::fetch::Points;
use crate::resources::dashboard::body::ChartLine;

/// A dashboard, drawn. Times are seconds since 1970.
#[derive(Debug, Clone)]
pub struct DashboardPicture {
    pub name: String,
    pub account: String,
    pub region: String,
    pub from: i64,
    pub until: i64,
    /// From the top left on.
    pub widgets: Vec<DrawnWidget>,
    pub notes: Vec<String>,
}

#[derive(Debug, Clone)]
pub struct DrawnWidget {
    pub title: String,
    pub x: i64,
    pub y: i64,
    pub width: i64,
    pub height: i64,
    pub content: WidgetContent,
}

#[derive(Debug, Clone)]
pub enum WidgetContent {
    /// Markdown.
    Text(String),
    States(Vec<DrawnAlarm>),
    Chart(WidgetChart),
    /// A query that CloudWatch runs when the dashboard is opened.
    Log {
        query: String,
    },
    /// Of a type that only CloudWatch draws.
    Other(String),
}

/// An alarm and its state; `None` where there is none of that name.
#[derive(Debug, Clone, PartialEq)]
pub struct DrawnAlarm {
    pub name: String,
    pub state: Option<String>,
}

#[derive(Debug, Clone, Default)]
pub struct WidgetChart {
    /// As AWS calls it: `timeSeries`, `singleValue`, ...
    pub view: String,
    /// Seconds of one datapoint.
    pub period: i64,
    pub series: Vec<DrawnSeries>,
    pub lines: Vec<ChartLine>,
    /// Of the chart of one alarm.
    pub alarm: Option<DrawnAlarm>,
    /// Edges of the left axis, where they are set.
    pub min: Option<f64>,
    pub max: Option<f64>,
    /// Why there are no data.
    pub failure: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct DrawnSeries {
    pub label: String,
    pub points: Points,
}

impl DashboardPicture {
    /// Every alarm that is shown, each once.
    pub fn alarms(&self) -> Vec<&DrawnAlarm> {
        let mut alarms: Vec<&DrawnAlarm> = Vec::new();
        for widget in &self.widgets {
            let shown: &[DrawnAlarm] = match &widget.content {
                WidgetContent::States(states) => states,
                WidgetContent::Chart(chart) => chart.alarm.as_slice(),
                _ => &[],
            };
            let new = shown.iter().filter(|alarm| !alarms.iter().any(|known| known.name == alarm.name));
            let new: Vec<&DrawnAlarm> = new.collect();
            alarms.extend(new);
        }
        alarms
    }
}
