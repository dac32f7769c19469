//! The body of a CloudWatch dashboard: what AWS takes (CloudWatch API reference, "Dashboard Body Structure and Syntax"; CloudWatch service
//! quotas). The spec's reader asks before anything is sent, the sandbox where it stands in for AWS.

use serde_json::{Map, Value};

/// Columns of the grid.
pub const COLUMNS: i64 = 24;
pub const MOST_WIDGETS: usize = 500;
/// Of one widget.
pub const MOST_METRICS: usize = 500;
/// Of all widgets together.
pub const MOST_METRICS_OF_ALL: usize = 2_500;
/// Of one alarm status widget.
pub const MOST_ALARMS: usize = 100;
/// The size of a widget that says none.
pub const WIDGET_SIZE: i64 = 6;
const MOST_HEIGHT: i64 = 1_000;
const TYPES: [&str; 6] = ["metric", "text", "log", "alarm", "explorer", "custom"];
pub const VIEWS: &[&str] = &["timeSeries", "singleValue", "gauge", "bar", "pie", "table"];
const LOG_VIEWS: [&str; 4] = ["table", "timeSeries", "bar", "pie"];
pub const SORTS: &[&str] = &["default", "stateUpdatedTimestamp", "timestamp"];
pub const STATES: &[&str] = &["ALARM", "INSUFFICIENT_DATA", "OK"];

/// What is wrong, and where: `/widgets/0/properties/region`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BodyProblem {
    pub path: String,
    pub message: String,
}

/// A name: 1 to 255 letters, digits, - and _ (PutDashboard).
pub fn is_name(name: &str) -> bool {
    (1..=255).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// Everything that keeps AWS from taking the body.
pub fn check(body: &Value) -> Vec<BodyProblem> {
    let mut check = BodyCheck::default();
    let Some(fields) = body.as_object() else {
        check.add("", "a dashboard's body is a JSON object");
        return check.problems;
    };
    for key in ["start", "end"] {
        check.optional("", fields, key, "a text such as -PT3H", Value::is_string);
    }
    check.one_of("", fields, "periodOverride", &["auto", "inherit"]);
    check.optional("", fields, "variables", "a list", Value::is_array);
    let Some(widgets) = fields.get("widgets").and_then(Value::as_array) else {
        check.add("/widgets", "a dashboard has a list of `widgets`, which may be empty");
        return check.problems;
    };
    if widgets.len() > MOST_WIDGETS {
        check.add("/widgets", &format!("{} widgets; AWS allows {MOST_WIDGETS}", widgets.len()));
    }
    let mut metrics = 0;
    for (n, widget) in widgets.iter().enumerate() {
        metrics += check.widget(&format!("/widgets/{n}"), widget);
    }
    if metrics > MOST_METRICS_OF_ALL {
        check.add("/widgets", &format!("{metrics} metrics in all widgets together; AWS allows {MOST_METRICS_OF_ALL}"));
    }
    check.problems
}

#[derive(Default)]
struct BodyCheck {
    problems: Vec<BodyProblem>,
}

impl BodyCheck {
    fn add(&mut self, path: &str, message: &str) {
        self.problems.push(BodyProblem { path: path.to_owned(), message: message.to_owned() });
    }

    fn optional(&mut self, at: &str, of: &Map<String, Value>, key: &str, what: &str, right: fn(&Value) -> bool) {
        if of.get(key).is_some_and(|value| !right(value)) {
            self.add(&format!("{at}/{key}"), &format!("`{key}` takes {what}"));
        }
    }

    fn required(&mut self, at: &str, of: &Map<String, Value>, key: &str, what: &str, right: fn(&Value) -> bool) {
        if !of.get(key).is_some_and(right) {
            self.add(&format!("{at}/{key}"), &format!("`{key}` is required: {what}"));
        }
    }

    fn one_of(&mut self, at: &str, of: &Map<String, Value>, key: &str, words: &[&str]) {
        if let Some(value) = of.get(key)
            && !value.as_str().is_some_and(|value| words.contains(&value))
        {
            self.add(&format!("{at}/{key}"), &format!("`{key}` takes one of {}", words.join(", ")));
        }
    }

    fn integer(&mut self, at: &str, of: &Map<String, Value>, key: &str, from: i64, to: i64) {
        if let Some(value) = of.get(key)
            && !value.as_i64().is_some_and(|n| (from..=to).contains(&n))
        {
            self.add(&format!("{at}/{key}"), &format!("`{key}` takes a whole number from {from} to {to}"));
        }
    }

    /// Returns how many metrics the widget shows.
    fn widget(&mut self, at: &str, widget: &Value) -> usize {
        let Some(fields) = widget.as_object() else {
            self.add(at, "a widget is a JSON object");
            return 0;
        };
        self.integer(at, fields, "x", 0, COLUMNS - 1);
        self.integer(at, fields, "y", 0, i64::MAX);
        self.integer(at, fields, "width", 1, COLUMNS);
        self.integer(at, fields, "height", 1, MOST_HEIGHT);
        let kind = fields.get("type").and_then(Value::as_str).unwrap_or_default();
        if !TYPES.contains(&kind) {
            self.add(&format!("{at}/type"), &format!("`type` is required: one of {}", TYPES.join(", ")));
            return 0;
        }
        let at = format!("{at}/properties");
        let Some(properties) = fields.get("properties").and_then(Value::as_object) else {
            self.add(&at, "`properties` is required: an object");
            return 0;
        };
        self.optional(&at, properties, "title", "a text", Value::is_string);
        let text = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
        match kind {
            "metric" => return self.metric(&at, properties),
            "text" => self.required(&at, properties, "markdown", "a text in Markdown", Value::is_string),
            "log" => {
                self.required(&at, properties, "region", "the region of the log groups", text);
                self.required(&at, properties, "query", "a Logs Insights query that begins with its SOURCE", text);
                self.one_of(&at, properties, "view", &LOG_VIEWS);
            }
            "alarm" => {
                let alarms = properties.get("alarms").and_then(Value::as_array);
                let right = |list: &&Vec<Value>| {
                    (1..=MOST_ALARMS).contains(&list.len()) && list.iter().all(|arn| is_alarm_arn(arn.as_str()))
                };
                if alarms.filter(right).is_none() {
                    self.add(
                        &format!("{at}/alarms"),
                        &format!("`alarms` is required: 1 to {MOST_ALARMS} ARNs of alarms"),
                    );
                }
                self.one_of(&at, properties, "sortBy", SORTS);
                let states = properties.get("states").and_then(Value::as_array).into_iter().flatten();
                if states.into_iter().any(|state| !state.as_str().is_some_and(|state| STATES.contains(&state))) {
                    self.add(&format!("{at}/states"), &format!("`states` takes {}", STATES.join(", ")));
                }
            }
            "custom" => self.required(&at, properties, "endpoint", "the ARN of a Lambda function", text),
            _ => {}
        }
        0
    }

    fn metric(&mut self, at: &str, of: &Map<String, Value>) -> usize {
        self.required(at, of, "region", "the region of the metrics", |value| {
            value.as_str().is_some_and(|text| !text.is_empty())
        });
        self.one_of(at, of, "view", VIEWS);
        self.optional(at, of, "stacked", "true or false", Value::is_boolean);
        self.optional(at, of, "stat", "a statistic such as Sum or p95", Value::is_string);
        self.optional(at, of, "period", "seconds: 1, 5, 10, 20, 30 or a multiple of 60", is_period);
        let edge =
            |edge: &str| of.get("yAxis").and_then(|axis| axis.get("left")?.get(edge)).is_some_and(Value::is_number);
        if of.get("view").and_then(Value::as_str) == Some("gauge") && !(edge("min") && edge("max")) {
            self.add(&format!("{at}/yAxis"), "a gauge has `yAxis.left.min` and `yAxis.left.max`");
        }
        let annotations = of.get("annotations");
        for (n, line) in list(annotations.and_then(|annotations| annotations.get("horizontal"))).iter().enumerate() {
            let band = line.as_array().is_some_and(|band| band.len() == 2);
            if !band && !line.get("value").is_some_and(Value::is_number) {
                self.add(
                    &format!("{at}/annotations/horizontal/{n}"),
                    "a horizontal annotation has a `value`, a number",
                );
            }
        }
        let alarms = annotations.and_then(|annotations| annotations.get("alarms"));
        if let Some(alarms) = alarms
            && !(list(Some(alarms)).len() == 1 && list(Some(alarms)).iter().all(|arn| is_alarm_arn(arn.as_str())))
        {
            self.add(&format!("{at}/annotations/alarms"), "`alarms` takes the ARN of one alarm");
        }
        let metrics = list(of.get("metrics"));
        if metrics.is_empty() && alarms.is_none() {
            self.add(&format!("{at}/metrics"), "`metrics` is required, or `annotations.alarms` with one alarm");
        }
        if metrics.len() > MOST_METRICS {
            self.add(&format!("{at}/metrics"), &format!("{} metrics; AWS allows {MOST_METRICS}", metrics.len()));
        }
        for (n, row) in metrics.iter().enumerate() {
            if let Err(message) = metric_row(row) {
                self.add(&format!("{at}/metrics/{n}"), message);
            }
        }
        metrics.len()
    }
}

fn list(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn is_period(value: &Value) -> bool {
    value.as_i64().is_some_and(|n| [1, 5, 10, 20, 30].contains(&n) || (n > 0 && n % 60 == 0))
}

fn is_alarm_arn(arn: Option<&str>) -> bool {
    let arn = arn.and_then(super::Arn::parse);
    arn.is_some_and(|arn| arn.service == "cloudwatch" && arn.resource.starts_with("alarm:"))
}

/// `[namespace, name, dimension, value, ..., {options}]`, or an expression alone: `[{expression}]`.
fn metric_row(row: &Value) -> Result<(), &'static str> {
    const FORM: &str = "a metric is [namespace, name, dimension, value, ...] with its options as an object at the end";
    let Some((last, before)) = row.as_array().and_then(|items| items.split_last()) else { return Err(FORM) };
    let (texts, options) = match last.as_object() {
        Some(options) => (before, Some(options)),
        None => (list(Some(row)), None),
    };
    if !texts.iter().all(Value::is_string) {
        return Err(FORM);
    }
    match (texts.len(), options.is_some_and(|options| options.get("expression").is_some_and(Value::is_string))) {
        (0, true) => Ok(()),
        (_, true) => Err("an expression has no namespace and no name beside it"),
        // What `...` stands for is in the row above.
        _ if texts.iter().any(|text| text.as_str() == Some("...")) => Ok(()),
        (2.., false) if texts.len() % 2 == 0 => Ok(()),
        _ => Err(FORM),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn problems(widget: Value) -> Vec<String> {
        let found = check(&json!({ "widgets": [widget] }));
        found.into_iter().map(|problem| format!("{} {}", problem.path, problem.message)).collect()
    }

    fn metric(properties: Value) -> Vec<String> {
        problems(json!({ "type": "metric", "properties": properties }))
    }

    #[test]
    fn aws_own_examples_are_right() {
        let body = json!({ "start": "-PT6H", "periodOverride": "inherit", "widgets": [
            { "type": "metric", "x": 0, "y": 0, "width": 12, "height": 6, "properties": {
                "metrics": [["AWS/EC2", "CPUUtilization", "InstanceId", "i-012345"], ["...", "i-2"], [".", "NetworkIn", ".", "."],
                    [{ "expression": "m1 + m2", "id": "e1" }]],
                "period": 300, "stat": "Average", "region": "us-east-1", "title": "EC2 Instance CPU", "liveData": false,
                "legend": { "position": "right" } } },
            { "type": "text", "x": 0, "y": 7, "width": 3, "height": 3, "properties": { "markdown": "Hello world" } },
            { "type": "alarm", "properties": { "alarms": ["arn:aws:cloudwatch:us-east-1:123456789012:alarm:a"] } },
            { "type": "log", "properties": { "region": "us-east-1", "query": "SOURCE 'a' | fields @message" } },
            { "type": "explorer", "properties": {} } ] });
        assert_eq!(check(&body), []);
        assert_eq!(check(&json!({ "widgets": [] })), []);
    }

    #[test]
    fn what_aws_would_refuse_has_its_place() {
        assert_eq!(check(&json!([])).len(), 1);
        assert_eq!(check(&json!({}))[0].path, "/widgets");
        assert_eq!(check(&json!({ "widgets": [], "periodOverride": "x" }))[0].path, "/periodOverride");
        for (widget, said) in [
            (json!({ "type": "chart", "properties": {} }), "/widgets/0/type "),
            (json!({ "type": "text" }), "/widgets/0/properties "),
            (json!({ "type": "text", "properties": {} }), "/widgets/0/properties/markdown "),
            (json!({ "type": "text", "x": 24, "properties": { "markdown": "" } }), "/widgets/0/x "),
            (json!({ "type": "text", "width": 25, "properties": { "markdown": "" } }), "/widgets/0/width "),
            (json!({ "type": "alarm", "properties": { "alarms": [] } }), "/widgets/0/properties/alarms "),
            (json!({ "type": "alarm", "properties": { "alarms": ["errors"] } }), "/widgets/0/properties/alarms "),
            (json!({ "type": "log", "properties": { "region": "r" } }), "/widgets/0/properties/query "),
            (json!({ "type": "custom", "properties": {} }), "/widgets/0/properties/endpoint "),
        ] {
            let found = problems(widget);
            assert!(found.len() == 1 && found[0].starts_with(said), "{said}: {found:?}");
        }
        let row = |row: Value| metric(json!({ "region": "r", "metrics": [row] }));
        assert!(row(json!(["N", "M"])).is_empty());
        for wrong in [json!([]), json!(["N"]), json!(["N", "M", "d"]), json!(["N", "M", 1]), json!("N"), json!([{}])] {
            assert_eq!(row(wrong.clone()).len(), 1, "{wrong}");
        }
        for (properties, said) in [
            (json!({ "metrics": [["N", "M"]] }), "region"),
            (json!({ "region": "r" }), "metrics"),
            (json!({ "region": "r", "metrics": [["N", "M"]], "period": 61 }), "period"),
            (json!({ "region": "r", "metrics": [["N", "M"]], "view": "gauge" }), "yAxis"),
            (json!({ "region": "r", "annotations": { "alarms": [] } }), "annotations/alarms"),
            (json!({ "region": "r", "metrics": [["N", "M"]], "annotations": { "horizontal": [{}] } }), "horizontal/0"),
        ] {
            let found = metric(properties);
            assert!(found.len() == 1 && found[0].contains(said), "{said}: {found:?}");
        }
        let many = vec![json!({ "type": "text", "properties": { "markdown": "" } }); MOST_WIDGETS + 1];
        assert_eq!(check(&json!({ "widgets": many })).len(), 1);
    }

    #[test]
    fn names_are_letters_digits_dashes_and_underscores() {
        assert!(is_name("mlops-lab_9"));
        for wrong in ["", "a b", "a.b", "ä"] {
            assert!(!is_name(wrong), "{wrong}");
        }
        assert!(!is_name(&"x".repeat(256)));
    }
}
