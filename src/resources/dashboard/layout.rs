//! Widgets as AWS writes them, each at its place on the grid of 24 columns.

use crate::model::dashboard::COLUMNS;
use crate::resources::alarm::{MetricQuery, MetricStat};
use serde_json::{Map, Value, json};

/// Widgets from left to right, line by line.
#[derive(Debug, Default)]
pub struct GridFlow {
    widgets: Vec<Value>,
    x: i64,
    y: i64,
    /// Height of the line that is being filled.
    line: i64,
}

/// How large a widget is, and where, if it is said.
#[derive(Debug, Clone, Copy)]
pub struct WidgetPlace {
    pub width: i64,
    pub height: i64,
    pub x: Option<i64>,
    pub y: Option<i64>,
}

impl WidgetPlace {
    pub const fn of(width: i64, height: i64) -> Self {
        Self { width, height, x: None, y: None }
    }
}

impl GridFlow {
    pub fn add(&mut self, kind: &str, place: WidgetPlace, properties: Map<String, Value>) {
        let WidgetPlace { width, height, .. } = place;
        if place.x.is_none() && self.x + width > COLUMNS {
            self.end_line();
        }
        let (x, y) = (place.x.unwrap_or(self.x), place.y.unwrap_or(self.y));
        // What stands where it is said to goes on from there.
        if y != self.y {
            (self.y, self.line) = (y, 0);
        }
        self.x = x + width;
        self.line = self.line.max(height);
        self.widgets.push(json!({
            "type": kind, "x": x, "y": y, "width": width, "height": height, "properties": properties,
        }));
    }

    /// The next widget begins a line.
    pub fn end_line(&mut self) {
        if self.x > 0 {
            (self.x, self.y, self.line) = (0, self.y + self.line, 0);
        }
    }

    pub fn len(&self) -> usize {
        self.widgets.len()
    }

    pub fn done(self) -> Vec<Value> {
        self.widgets
    }
}

pub fn properties<const N: usize>(pairs: [(&str, Value); N]) -> Map<String, Value> {
    let pairs = pairs.into_iter().filter(|(_, value)| !value.is_null());
    pairs.map(|(key, value)| (key.to_owned(), value)).collect()
}

/// A query of an alarm, or of a widget by hand, as a row of a chart. `visible`: whether it is drawn, or only calculated with.
pub fn query_row(query: &MetricQuery, visible: bool) -> Value {
    let mut options = Map::new();
    let mut put = |key: &str, value: Value| {
        if !value.is_null() {
            options.insert(key.to_owned(), value);
        }
    };
    put("id", json!(query.id));
    put("label", json!(query.label));
    put("accountId", json!(query.account_id));
    if !visible {
        put("visible", json!(false));
    }
    match &query.metric {
        Some(metric) => {
            put("stat", json!(metric.stat));
            put("period", json!(metric.period));
            row(metric, options)
        }
        None => {
            put("expression", json!(query.expression));
            put("period", json!(query.period));
            json!([options])
        }
    }
}

/// `[namespace, name, dimension, value, ..., {options}]`.
pub fn row(metric: &MetricStat, options: Map<String, Value>) -> Value {
    let mut row = vec![json!(metric.namespace), json!(metric.metric_name)];
    row.extend(metric.dimensions.iter().flat_map(|(name, value)| [json!(name), json!(value)]));
    if !options.is_empty() {
        row.push(Value::Object(options));
    }
    Value::Array(row)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widgets_fill_lines_and_go_on_below_them() {
        let mut flow = GridFlow::default();
        let none = || properties([]);
        for (width, height) in [(24, 2), (12, 6), (6, 4), (8, 6)] {
            flow.add("text", WidgetPlace::of(width, height), none());
        }
        flow.add("text", WidgetPlace { x: Some(3), y: Some(20), ..WidgetPlace::of(2, 2) }, none());
        flow.add("text", WidgetPlace::of(2, 2), none());
        let places: Vec<(i64, i64)> = flow
            .done()
            .iter()
            .map(|widget| (widget["x"].as_i64().unwrap_or(-1), widget["y"].as_i64().unwrap_or(-1)))
            .collect();
        assert_eq!(places, [(0, 0), (0, 2), (12, 2), (0, 8), (3, 20), (5, 20)]);
    }
}
