//! The widgets of a dashboard's body, read: what each is, where it is, and what tells it from the others.

use super::rows::{MetricRow, rows};
use crate::model::dashboard::{COLUMNS, WIDGET_SIZE};
use serde_json::{Map, Value};

/// One widget. What is not as AWS writes it counts as absent.
#[derive(Debug, Clone)]
pub struct Widget<'a> {
    /// `metric`, `text`, `log`, `alarm`, ...
    pub kind: &'a str,
    pub title: Option<&'a str>,
    pub properties: &'a Map<String, Value>,
    /// Column and line, where the body says them.
    pub at: Option<(i64, i64)>,
    pub width: i64,
    pub height: i64,
}

/// A widget with the place that it has in the end.
#[derive(Debug, Clone)]
pub struct PlacedWidget<'a> {
    pub widget: Widget<'a>,
    pub x: i64,
    pub y: i64,
}

/// A line across a chart.
#[derive(Debug, Clone, PartialEq)]
pub struct ChartLine {
    pub value: f64,
    pub label: String,
}

pub fn widgets(body: &Value) -> impl Iterator<Item = Widget<'_>> {
    body.get("widgets").and_then(Value::as_array).into_iter().flatten().filter_map(Widget::of)
}

/// The widgets from the top left on. One without a place stands behind the one before it, or below all where there is no room.
pub fn placed(body: &Value) -> Vec<PlacedWidget<'_>> {
    let (mut next, mut line, mut bottom) = (0, 0, 0);
    let mut all: Vec<PlacedWidget<'_>> = Vec::new();
    for widget in widgets(body) {
        let (x, y) =
            widget.at.unwrap_or_else(|| if next + widget.width > COLUMNS { (0, bottom) } else { (next, line) });
        next = x + widget.width;
        line = y;
        bottom = bottom.max(y + widget.height);
        all.push(PlacedWidget { widget, x, y });
    }
    all.sort_by_key(|placed| (placed.y, placed.x));
    all
}

impl<'a> Widget<'a> {
    fn of(widget: &'a Value) -> Option<Self> {
        let number = |key: &str| widget.get(key).and_then(Value::as_i64);
        let properties = widget.get("properties")?.as_object()?;
        Some(Self {
            kind: widget.get("type")?.as_str()?,
            title: properties.get("title").and_then(Value::as_str).filter(|title| !title.is_empty()),
            properties,
            at: number("x").zip(number("y")),
            width: number("width").unwrap_or(WIDGET_SIZE).clamp(1, COLUMNS),
            height: number("height").unwrap_or(WIDGET_SIZE).max(1),
        })
    }

    pub fn text(&self, key: &str) -> Option<&'a str> {
        self.properties.get(key).and_then(Value::as_str)
    }

    pub fn number(&self, key: &str) -> Option<i64> {
        self.properties.get(key).and_then(Value::as_i64)
    }

    /// The texts of a list.
    pub fn texts(&self, key: &str) -> impl Iterator<Item = &'a str> {
        self.properties.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
    }

    fn annotations(&self, key: &str) -> &'a [Value] {
        let list = self.properties.get("annotations").and_then(|all| all.get(key)).and_then(Value::as_array);
        list.map(Vec::as_slice).unwrap_or_default()
    }

    /// Its metrics and expressions, written out.
    pub fn metrics(&self) -> Vec<MetricRow> {
        self.properties.get("metrics").and_then(Value::as_array).map(|list| rows(list)).unwrap_or_default()
    }

    /// The ARNs of the alarms that it shows, be it their states or their metric.
    pub fn alarms(&self) -> impl Iterator<Item = &'a str> {
        self.texts("alarms").chain(self.annotations("alarms").iter().filter_map(Value::as_str))
    }

    /// The lines across it.
    pub fn lines(&self) -> Vec<ChartLine> {
        let line = |line: &Value| {
            let label = line.get("label").and_then(Value::as_str).unwrap_or_default();
            Some(ChartLine { value: line.get("value")?.as_f64()?, label: label.to_owned() })
        };
        self.annotations("horizontal").iter().filter_map(line).collect()
    }
}
