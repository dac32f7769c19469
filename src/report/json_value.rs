//! What the values of every JSON have in common: times and numbers.

use aws_smithy_types::{DateTime, date_time::Format};
use serde_json::Value;

/// ISO 8601 in UTC of seconds since 1970.
pub fn time(second: i64) -> Option<String> {
    DateTime::from_secs(second).fmt(Format::DateTime).ok()
}

/// The value without the noise of computing with binary fractions: numbers have twelve significant digits, and whole ones no
/// fraction. Not for what somebody configured, which is written as it is.
pub fn rounded(value: Value) -> Value {
    match value {
        Value::Number(number) if number.is_f64() => number.as_f64().map_or(Value::Null, shortened),
        Value::Array(items) => items.into_iter().map(rounded).collect(),
        Value::Object(map) => map.into_iter().map(|(key, value)| (key, rounded(value))).collect(),
        other => other,
    }
}

fn shortened(number: f64) -> Value {
    let short: f64 = format!("{number:.11e}").parse().unwrap_or(number);
    crate::model::field::canonical(short.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_are_without_noise() {
        let value =
            rounded(json!({ "a": [0.1 + 0.2, 5.0, 1219.0, -0.0, 1e300], "b": 7, "c": 0.001_644_736_842_105_263 }));
        assert_eq!(value.to_string(), r#"{"a":[0.3,5,1219,0,1e+300],"b":7,"c":0.00164473684211}"#);
    }
}
