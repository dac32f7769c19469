//! One line of CloudWatch's embedded metric format for each tracked answer, on Lambda: CloudWatch makes metrics of
//! them, in the namespace `MlopsService`. Format: Amazon CloudWatch user guide, "Embedded metric format specification".

use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use super::console;
use super::event::TrackEvent;

pub const NAMESPACE: &str = "MlopsService";
/// Metrics of one line; every distinct set of dimension values is billed once for each of them.
const METRICS: usize = 5;

/// Which businesses and models have dimensions of their own. CloudWatch bills each distinct set of values as metrics of
/// its own, so there is a budget of them: what comes after it is spent counts under `other`.
pub struct Emf {
    service: String,
    businesses: Mutex<EmfMetric>,
    models: Mutex<EmfMetric>,
}

struct EmfMetric {
    names: Vec<Box<str>>,
    most: usize,
}

impl Emf {
    /// `budget` is how many custom metrics a function instance may cause: five for the service as a whole, five for
    /// each business and each model that is named.
    pub fn new(service: &str, budget: usize) -> Self {
        // Besides the whole, `other` of both kinds has to be paid for.
        let named = (budget / METRICS).saturating_sub(3);
        let models = named.min(named / 3 + 1);
        let of = |most| Mutex::new(EmfMetric { names: Vec::new(), most });
        Self { service: service.to_owned(), businesses: of(named - models), models: of(models) }
    }

    /// The line of one answer, without its end.
    pub fn tracked(&self, event: &TrackEvent) -> String {
        let business = name(&self.businesses, &event.business_id);
        let model = name(&self.models, &event.model_name);
        let mut line = self.line(event.at, &json!([["Service"], ["BusinessId"], ["ModelName"]]));
        line["BusinessId"] = business.into();
        line["ModelName"] = model.into();
        line["Requests"] = 1.into();
        line["Failures"] = 0.into();
        line["Tokens"] = event.tokens_used.into();
        line["ApiCostUSD"] = (event.cost_micros.unwrap_or(0) as f64 / 1e6).into();
        line["ResponseTime"] = event.response_time_ms.into();
        line["_aws"]["CloudWatchMetrics"][0]["Metrics"] = json!([
            { "Name": "Requests", "Unit": "Count" },
            { "Name": "Failures", "Unit": "Count" },
            { "Name": "Tokens", "Unit": "Count" },
            { "Name": "ApiCostUSD", "Unit": "None" },
            { "Name": "ResponseTime", "Unit": "Milliseconds" },
        ]);
        line.to_string()
    }

    /// Writes the line of a request that was answered with an error: it has no business and no model to speak of.
    pub fn failed(&self, at: i64) {
        let mut line = self.line(at, &json!([["Service"]]));
        line["Requests"] = 1.into();
        line["Failures"] = 1.into();
        line["_aws"]["CloudWatchMetrics"][0]["Metrics"] =
            json!([{ "Name": "Requests", "Unit": "Count" }, { "Name": "Failures", "Unit": "Count" }]);
        console::print(&line.to_string());
    }

    fn line(&self, at: i64, dimensions: &Value) -> Value {
        json!({
            "_aws": {
                "Timestamp": at / 1_000,
                "CloudWatchMetrics": [{ "Namespace": NAMESPACE, "Dimensions": dimensions, "Metrics": [] }],
            },
            "Service": self.service,
        })
    }
}

fn name<'a>(named: &Mutex<EmfMetric>, value: &'a str) -> &'a str {
    let mut named = named.lock().unwrap_or_else(PoisonError::into_inner);
    if named.names.iter().any(|known| **known == *value) {
        return value;
    }
    // A dimension value is 1 to 1024 characters of ASCII, and not blank.
    let fit = !value.trim().is_empty() && value.is_ascii();
    if !fit || named.names.len() >= named.most {
        return "other";
    }
    named.names.push(value.into());
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(business: &str) -> TrackEvent {
        let body = format!(
            r#"{{"business_id":"{business}","response_time_ms":842,"tokens_used":905,"api_cost_usd":0.00017}}"#
        );
        TrackEvent::parse(body.as_bytes(), 1_795_343_400_123_456).unwrap()
    }

    #[test]
    fn a_line_is_what_the_format_asks_for() {
        let line = Emf::new("mlops-service-lambda", 50).tracked(&event("b"));
        let line: Value = serde_json::from_str(&line).unwrap();
        let directive = &line["_aws"]["CloudWatchMetrics"][0];
        assert_eq!(line["_aws"]["Timestamp"], 1_795_343_400_123_i64);
        assert_eq!(directive["Namespace"], "MlopsService");
        for set in directive["Dimensions"].as_array().unwrap() {
            for dimension in set.as_array().unwrap() {
                assert!(line[dimension.as_str().unwrap()].is_string(), "{dimension}");
            }
        }
        for metric in directive["Metrics"].as_array().unwrap() {
            assert!(line[metric["Name"].as_str().unwrap()].is_number(), "{metric}");
        }
        assert_eq!((&line["ApiCostUSD"], &line["Tokens"]), (&json!(0.00017), &json!(905)));
    }

    #[test]
    fn the_budget_holds_whatever_comes() {
        for budget in [0, 5, 15, 50, 100] {
            let emf = Emf::new("s", budget);
            let mut sets = std::collections::HashSet::new();
            for number in 0..500 {
                let mut event = event(&format!("b{number}"));
                event.model_name = format!("m{number}").into();
                let line: Value = serde_json::from_str(&emf.tracked(&event)).unwrap();
                for dimension in ["Service", "BusinessId", "ModelName"] {
                    sets.insert(format!("{dimension}={}", line[dimension]));
                }
            }
            assert!(sets.len() * METRICS <= budget.max(3 * METRICS), "{budget}: {sets:?}");
        }
    }

    #[test]
    fn what_is_no_dimension_value_is_other() {
        let emf = Emf::new("s", 50);
        for odd in ["", "  ", "é"] {
            let mut event = event("b");
            event.business_id = odd.into();
            let line: Value = serde_json::from_str(&emf.tracked(&event)).unwrap();
            assert_eq!(line["BusinessId"], "other", "{odd:?}");
        }
    }
}
