//! The price table: dated, with its source, and replaceable key by key. Prices are list prices of one region.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Prices in `currency`; a month each where nothing else is said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prices {
    pub dated: String,
    pub currency: String,
    pub region: String,
    pub source: String,
    /// A metric under an alarm, at periods of a minute or more.
    pub alarm_metric: f64,
    /// The same below a minute.
    pub high_resolution_alarm_metric: f64,
    pub composite_alarm: f64,
    pub dashboard: f64,
    /// For how many metrics an anomaly alarm on one metric is billed: that and both edges of its band. Each further metric of its
    /// expression counts as one.
    pub anomaly_metrics: f64,
    /// A metric that a Metrics Insights query of an alarm looks at.
    pub insights_metric: f64,
    /// One that AWS does not publish by itself: a metric filter's name with each set of values of its dimensions, in hours that have data.
    pub custom_metric: f64,
    pub log_ingest_gb: f64,
    pub log_storage_gb: f64,
    /// What a Logs Insights query scans.
    pub log_scan_gb: f64,
    pub emails_100000: f64,
    pub http_million: f64,
    /// What an account has for nothing each month.
    pub free_alarm_metrics: f64,
    pub free_dashboards: f64,
    pub free_custom_metrics: f64,
    pub free_emails: f64,
    pub free_log_gb: f64,
}

const TABLE: &str = include_str!("prices.json");

impl Prices {
    /// The table that is shipped.
    pub fn shipped() -> Result<Self, String> {
        Self::over("{}")
    }

    /// The shipped table with the keys of a JSON object over it. A table that names prices names its own source and date.
    pub fn over(text: &str) -> Result<Self, String> {
        let own: Map<String, Value> = serde_json::from_str(text).map_err(|error| format!("no JSON object: {error}"))?;
        let mut table: Map<String, Value> = serde_json::from_str(TABLE).map_err(|error| error.to_string())?;
        if !own.is_empty() && !own.contains_key("source") {
            table.insert("source".into(), "a price table of your own".into());
            table.insert("dated".into(), "a day that it does not name".into());
        }
        table.extend(own);
        let prices: Prices = serde_json::from_value(Value::Object(table)).map_err(|error| error.to_string())?;
        match prices.numbers().iter().find(|(_, n)| !n.is_finite() || *n < 0.0) {
            Some((name, n)) => Err(format!("`{name}` is {n}: a price is 0 or more")),
            None => Ok(prices),
        }
    }

    fn numbers(&self) -> Vec<(String, f64)> {
        let value = serde_json::to_value(self).unwrap_or_default();
        value
            .as_object()
            .into_iter()
            .flatten()
            .filter_map(|(key, value)| Some((key.clone(), value.as_f64()?)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_of_ones_own_lies_over_the_shipped_one() {
        let shipped = Prices::shipped().expect("the table");
        assert!(shipped.alarm_metric > 0.0 && shipped.dated.len() == 10);
        let own = Prices::over(r#"{ "alarm_metric": 0.2, "currency": "EUR" }"#).expect("a table");
        assert_eq!(
            (own.alarm_metric, own.currency.as_str(), own.composite_alarm),
            (0.2, "EUR", shipped.composite_alarm)
        );
        assert_eq!(own.source, "a price table of your own");
        for wrong in ["", "[]", r#"{ "alarm": 1 }"#, r#"{ "alarm_metric": -1 }"#, r#"{ "alarm_metric": "1" }"#] {
            assert!(Prices::over(wrong).is_err(), "{wrong}");
        }
    }
}
