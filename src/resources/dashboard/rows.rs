//! The metrics of a widget, one a row: AWS's shorthands (`.` and `...`) written out.

use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A metric or an expression of a widget.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MetricRow {
    /// Namespace, name, dimension, value, ...; empty of an expression.
    pub texts: Vec<String>,
    pub options: Map<String, Value>,
}

/// Reads rows. `.` is the item at the same place of the row before, `...` all of its items that the row does not say.
pub fn rows(list: &[Value]) -> Vec<MetricRow> {
    let mut rows: Vec<MetricRow> = Vec::new();
    for row in list {
        let items = row.as_array().map(Vec::as_slice).unwrap_or_default();
        let options = items.last().and_then(Value::as_object).cloned().unwrap_or_default();
        let written: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
        let before =
            rows.iter().rev().find(|row| !row.texts.is_empty()).map(|row| row.texts.as_slice()).unwrap_or_default();
        let mut texts: Vec<String> = Vec::new();
        for (n, text) in written.iter().enumerate() {
            match *text {
                "..." => {
                    let behind = written.len() - n - 1;
                    let until = before.len().saturating_sub(behind).max(texts.len());
                    texts.extend(before.get(texts.len()..until).unwrap_or_default().iter().cloned());
                }
                "." => texts.push(before.get(texts.len()).cloned().unwrap_or_default()),
                text => texts.push(text.to_owned()),
            }
        }
        rows.push(MetricRow { texts, options });
    }
    rows
}

impl MetricRow {
    pub fn text(&self, key: &str) -> Option<&str> {
        self.options.get(key).and_then(Value::as_str)
    }

    pub fn expression(&self) -> Option<&str> {
        self.text("expression")
    }

    /// Namespace, name and dimensions; `None` of an expression.
    pub fn metric(&self) -> Option<(&str, &str, BTreeMap<String, String>)> {
        let [namespace, name, rest @ ..] = self.texts.as_slice() else { return None };
        let pairs = rest.chunks_exact(2).map(|pair| (pair[0].clone(), pair[1].clone()));
        Some((namespace, name, pairs.collect()))
    }

    pub fn is_visible(&self) -> bool {
        self.options.get("visible") != Some(&Value::Bool(false))
    }

    /// What tells it from the others of its widget: its id, else what it is of.
    pub fn identity(&self) -> String {
        match (self.text("id"), self.expression()) {
            (Some(id), _) => id.to_owned(),
            (None, Some(expression)) => expression.to_owned(),
            (None, None) => self.texts.join(" "),
        }
    }

    /// What a legend calls it.
    pub fn label(&self) -> String {
        let said = self.text("label").map(str::to_owned);
        let metric = || Some(self.texts.get(1)?.to_owned());
        said.or_else(metric).or_else(|| self.expression().map(str::to_owned)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn shorthands_stand_for_what_the_row_before_says() {
        let list = json!([
            ["AWS/EC2", "DiskReadBytes", "InstanceId", "i-1", { "stat": "Sum" }],
            [".", "DiskWriteBytes", ".", "."],
            ["...", "i-2"],
            [{ "expression": "m1 * 2", "label": "twice" }],
            ["...", { "stat": "p90" }]
        ]);
        let rows = rows(list.as_array().expect("a list"));
        let texts: Vec<String> = rows.iter().map(|row| row.texts.join(" ")).collect();
        let expected = [
            "AWS/EC2 DiskReadBytes InstanceId i-1",
            "AWS/EC2 DiskWriteBytes InstanceId i-1",
            "AWS/EC2 DiskWriteBytes InstanceId i-2",
            "",
            "AWS/EC2 DiskWriteBytes InstanceId i-2",
        ];
        assert_eq!(texts, expected);
        assert_eq!((rows[3].label().as_str(), rows[1].label().as_str()), ("twice", "DiskWriteBytes"));
        assert_eq!(rows[4].text("stat"), Some("p90"));
        assert!(super::rows(json!([[], ["...", "x"], "no row"]).as_array().expect("a list")).len() == 3);
    }
}
