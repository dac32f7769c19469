//! A dashboard as fields, one a widget: what a plan shows is the widget and the property that changed. What means the same - another order
//! of keys, a default said or left out, a shorthand - is the same field.

use super::body::{Widget, placed, widgets};
use super::rows::MetricRow;
use crate::model::ResourceFields;
use crate::model::field::canonical;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// What a property is that nobody says ("Dashboard Body Structure and Syntax").
fn is_default(key: &str, value: &Value) -> bool {
    match key {
        "view" => value == "timeSeries",
        "stacked" | "liveData" | "setPeriodToTimeRange" => value == &Value::Bool(false),
        "stat" => value == "Average",
        "period" => value == &json!(300),
        "sortBy" => value == "default",
        "legend" => value.get("position").is_some_and(|position| position == "bottom"),
        "states" | "metrics" => value.as_array().is_some_and(Vec::is_empty),
        _ => value.is_null() || value == "",
    }
}

pub fn of(body: &Value) -> ResourceFields {
    let mut fields = ResourceFields::new();
    let Some(all) = body.as_object() else {
        fields.insert("body".to_owned(), body.clone());
        return fields;
    };
    for (key, value) in all.iter().filter(|(key, _)| *key != "widgets") {
        let name = if key == "periodOverride" { "period_override" } else { key };
        let is_default = value.is_null()
            || value.as_array().is_some_and(Vec::is_empty)
            || (key == "periodOverride" && value == "auto");
        if !is_default {
            fields.insert(name.to_owned(), canonical(value.clone()));
        }
    }
    // Where every widget has its place, their order in the body means nothing.
    let has_places = widgets(body).all(|widget| widget.at.is_some());
    let in_order: Vec<Widget<'_>> = match has_places {
        true => placed(body).into_iter().map(|placed| placed.widget).collect(),
        false => widgets(body).collect(),
    };
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for (n, widget) in in_order.iter().enumerate() {
        let name = name(widget);
        let count = seen.entry(name.clone()).and_modify(|count| *count += 1).or_insert(1);
        let name = match (widget.title, *count) {
            (Some(_), 1) => name,
            (_, count) => format!("{name} {count}"),
        };
        fields.insert(name, widget_value(widget, (!has_places).then_some(n)));
    }
    fields
}

/// `widget "Errors"`, `alarm widget "Alarms"`; without a title `text widget`, which is then counted.
fn name(widget: &Widget<'_>) -> String {
    let kind = match (widget.kind, widget.title) {
        ("metric", Some(_)) => String::new(),
        (kind, _) => format!("{kind} "),
    };
    match widget.title {
        Some(title) => format!("{kind}widget \"{title}\""),
        None => format!("{kind}widget"),
    }
}

/// `order`: its place in the body, where the body does not say where widgets are.
fn widget_value(widget: &Widget<'_>, order: Option<usize>) -> Value {
    let mut value = Map::new();
    let size = format!("{}x{}", widget.width, widget.height);
    let place = match (widget.at, order) {
        (Some((x, y)), _) => format!("{size} at {x},{y}"),
        (None, Some(order)) => format!("{size}, widget {} of the body", order + 1),
        (None, None) => size,
    };
    value.insert("place".to_owned(), Value::String(place));
    for (key, property) in widget.properties.iter().filter(|(key, property)| !is_default(key, property)) {
        match key.as_str() {
            "title" => {}
            "metrics" => {
                value.insert(key.clone(), metrics(widget));
            }
            "annotations" => annotations(property, &mut value),
            "alarms" | "states" => {
                let mut list = property.as_array().cloned().unwrap_or_default();
                list.sort_by_cached_key(Value::to_string);
                value.insert(key.clone(), Value::Array(list));
            }
            _ => {
                value.insert(key.clone(), canonical(property.clone()));
            }
        }
    }
    Value::Object(value)
}

/// By what they are; what a row says as its widget does is not said.
fn metrics(widget: &Widget<'_>) -> Value {
    let same = |key: &str, value: &Value| {
        let of_widget = widget.properties.get(key);
        match key {
            "stat" | "period" | "region" => of_widget.map_or_else(|| is_default(key, value), |own| own == value),
            "visible" => value == &Value::Bool(true),
            "yAxis" => value == "left",
            _ => value.is_null() || value == "",
        }
    };
    let mut all: Map<String, Value> = Map::new();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for row in widget.metrics() {
        let identity = row.identity();
        let count = seen.entry(identity.clone()).and_modify(|count| *count += 1).or_insert(1);
        let identity = if *count == 1 { identity } else { format!("{identity} ({count})") };
        let MetricRow { texts, options } = row;
        let named = options.contains_key("id") && !texts.is_empty();
        let options = options.into_iter().filter(|(key, value)| key != "id" && !same(key, value));
        let mut options: Map<String, Value> = options.map(|(key, value)| (key, canonical(value))).collect();
        if named {
            options.insert("metric".to_owned(), Value::String(texts.join(" ")));
        }
        all.insert(identity, Value::Object(options));
    }
    Value::Object(all)
}

/// Horizontal lines by their labels: `lines.threshold: 5 -> 10`.
fn annotations(property: &Value, value: &mut Map<String, Value>) {
    for (key, list) in property.as_object().into_iter().flatten() {
        let items = list.as_array().map(Vec::as_slice).unwrap_or_default();
        match key.as_str() {
            "horizontal" => {
                let mut lines = Map::new();
                for (n, line) in items.iter().enumerate() {
                    let label = line.get("label").and_then(Value::as_str).filter(|label| !lines.contains_key(*label));
                    let label = label.map_or_else(|| format!("line {}", n + 1), str::to_owned);
                    let mut rest = line.as_object().cloned().unwrap_or_default();
                    rest.remove("label");
                    let plain = (rest.len() == 1).then(|| rest.get("value").cloned()).flatten();
                    let shown = if line.is_object() { plain.unwrap_or(Value::Object(rest)) } else { line.clone() };
                    lines.insert(label, canonical(shown));
                }
                if !lines.is_empty() {
                    value.insert("lines".to_owned(), Value::Object(lines));
                }
            }
            "alarms" if !items.is_empty() => {
                value.insert("alarms".to_owned(), list.clone());
            }
            _ if items.is_empty() => {}
            key => {
                value.insert(format!("annotations.{key}"), canonical(list.clone()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::field::diff;

    fn body(width: i64, threshold: f64, more: Value) -> Value {
        let mut properties = json!({
            "title": "Errors", "region": "us-east-1", "metrics": [["AWS/Lambda", "Errors", "FunctionName", "f"]],
            "annotations": { "horizontal": [{ "label": "threshold", "value": threshold }] }
        });
        properties.as_object_mut().expect("a map").extend(more.as_object().cloned().unwrap_or_default());
        json!({ "widgets": [
            { "type": "metric", "x": 0, "y": 0, "width": width, "height": 6, "properties": properties },
            { "type": "text", "x": 12, "y": 0, "properties": { "markdown": "# Lab" } } ] })
    }

    fn changes(from: &Value, to: &Value) -> Vec<String> {
        diff(&of(from), &of(to)).into_iter().map(|change| change.field).collect()
    }

    #[test]
    fn a_change_is_of_its_widget() {
        let before = body(12, 5.0, json!({}));
        assert_eq!(changes(&before, &body(12, 10.0, json!({}))), ["widget \"Errors\""]);
        assert_eq!(of(&before)["widget \"Errors\""]["lines"], json!({ "threshold": 5 }));
        assert_eq!(of(&before)["text widget 1"]["place"], "6x6 at 12,0");
        assert_eq!(changes(&before, &body(11, 5.0, json!({}))), ["widget \"Errors\""]);
        let mut started = before.clone();
        started["start"] = json!("-PT3H");
        assert_eq!(changes(&before, &started), ["start"]);
    }

    #[test]
    fn what_means_the_same_is_no_change() {
        let before = body(12, 5.0, json!({}));
        let said = json!({ "view": "timeSeries", "stacked": false, "stat": "Average", "period": 300 });
        assert!(changes(&before, &body(12, 5.0, said)).is_empty());
        let rows = json!({ "metrics": [["AWS/Lambda", "Errors", "FunctionName", "f", { "stat": "Average", "region": "us-east-1" }]] });
        assert!(changes(&before, &body(12, 5.0, rows)).is_empty());
        let mut other_order = before.clone();
        other_order["widgets"].as_array_mut().expect("a list").reverse();
        assert!(changes(&before, &other_order).is_empty());
        let text = before.to_string();
        assert_eq!(of(&serde_json::from_str(&text).expect("JSON")), of(&before));
    }

    #[test]
    fn widgets_of_one_title_are_counted_and_what_is_no_json_is_one_field() {
        let twice = json!({ "widgets": [
            { "type": "metric", "properties": { "title": "A", "region": "r" } },
            { "type": "metric", "properties": { "title": "A", "region": "r" } },
            { "type": "alarm", "properties": { "title": "A", "alarms": [] } } ] });
        assert_eq!(of(&twice).keys().collect::<Vec<_>>(), ["alarm widget \"A\"", "widget \"A\"", "widget \"A\" 2"]);
        assert_eq!(of(&twice)["widget \"A\" 2"]["place"], "6x6, widget 2 of the body");
        assert_eq!(of(&json!("no JSON")).keys().collect::<Vec<_>>(), ["body"]);
    }
}
