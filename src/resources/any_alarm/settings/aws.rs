//! Finds the settings that this program does not know in the raw answers of DescribeAlarms: the SDK drops what it does not know.
//! An answer is walked once, where it lies; it never makes a read fail.

use super::{COMPOSITE_ALARM, LOG_ALARM, METRIC_ALARM, SettingMember};
use crate::aws::cbor::{Cursor, Head};
use crate::aws::short_json;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::AfterDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Path of a setting -> its value, shortened.
type AlarmSettings = BTreeMap<String, String>;

/// More of one alarm are not told; one is enough to keep it from being overwritten.
const MOST: usize = 20;
/// A value is told up to here.
const LONGEST_VALUE: usize = 120;
const LONGEST_KEY: usize = 255;

/// Reads beside the SDK. Clones collect in one place.
#[derive(Debug, Clone, Default)]
pub struct UnknownSettings(Arc<Mutex<BTreeMap<String, AlarmSettings>>>);

impl UnknownSettings {
    /// What was found, by the alarm's name.
    pub fn take(&self) -> BTreeMap<String, AlarmSettings> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[dyn_dispatch_hint]
impl Intercept for UnknownSettings {
    fn name(&self) -> &'static str {
        "UnknownSettings"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if context.output_or_error().is_ok()
            && let Some(found) = context.response().body().bytes().and_then(of_answer)
        {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(found);
        }
        Ok(())
    }
}

/// The unknown settings of every alarm of an answer; `None` where it is no such answer.
fn of_answer(body: &[u8]) -> Option<BTreeMap<String, AlarmSettings>> {
    let mut found = BTreeMap::new();
    let mut cursor = Cursor::new(body);
    each_entry(&mut cursor, |key, cursor| {
        let member = match key {
            "MetricAlarms" => &METRIC_ALARM,
            "CompositeAlarms" => &COMPOSITE_ALARM,
            "LogAlarms" => &LOG_ALARM,
            _ => return cursor.skip().map(drop),
        };
        each_item(cursor, |_, cursor| {
            let (mut name, mut settings) = (String::new(), AlarmSettings::new());
            walk(cursor, member, "", &mut FoundSetting { name: &mut name, settings: &mut settings })?;
            if !settings.is_empty() {
                found.insert(name, settings);
            }
            Some(())
        })
    })?;
    Some(found)
}

struct FoundSetting<'a> {
    name: &'a mut String,
    settings: &'a mut AlarmSettings,
}

/// Holds what is here against what is known.
fn walk(cursor: &mut Cursor<'_>, member: &SettingMember, path: &str, found: &mut FoundSetting<'_>) -> Option<()> {
    let SettingMember::Of(members) = member else { return cursor.skip().map(drop) };
    match cursor.clone().head()? {
        Head::Array(_) => each_item(cursor, |nth, cursor| walk(cursor, member, &format!("{path}[{nth}]"), found)),
        Head::Map(_) => each_entry(cursor, |key, cursor| {
            match members.iter().find(|(name, _)| *name == key) {
                Some((_, known @ SettingMember::Of(_))) => walk(cursor, known, &below(path, key), found),
                Some(_) if path.is_empty() && key == "AlarmName" => {
                    *found.name = cursor.clone().key().unwrap_or_default().to_owned();
                    cursor.skip().map(drop)
                }
                Some(_) => cursor.skip().map(drop),
                None => {
                    let value = short_json(cursor.skip()?, LONGEST_VALUE);
                    // What is not set cannot be lost.
                    let is_unset = matches!(value.as_str(), "null" | "[]" | "\"\"");
                    if !is_unset && found.settings.len() < MOST {
                        found.settings.insert(below(path, key), value);
                    }
                    Some(())
                }
            }
        }),
        _ => cursor.skip().map(drop),
    }
}

fn below(path: &str, key: &str) -> String {
    let key: String = key.chars().take(LONGEST_KEY).collect();
    if path.is_empty() { key } else { format!("{path}.{key}") }
}

fn each_entry<'a>(
    cursor: &mut Cursor<'a>,
    mut entry: impl FnMut(&'a str, &mut Cursor<'a>) -> Option<()>,
) -> Option<()> {
    let Head::Map(length) = cursor.head()? else { return None };
    let mut passed = 0;
    while !cursor.is_over(length, passed)? {
        let key = cursor.key()?;
        entry(key, cursor)?;
        passed += 1;
    }
    Some(())
}

fn each_item<'a>(cursor: &mut Cursor<'a>, mut item: impl FnMut(u64, &mut Cursor<'a>) -> Option<()>) -> Option<()> {
    let Head::Array(length) = cursor.head()? else { return cursor.skip().map(drop) };
    let mut passed = 0;
    while !cursor.is_over(length, passed)? {
        item(passed, cursor)?;
        passed += 1;
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn unknown(alarm: Value) -> Vec<(String, String)> {
        let mut body = Vec::new();
        let answer =
            json!({ "NextToken": "x", "CompositeAlarms": [], "MetricAlarms": [{ "AlarmName": "quiet" }, alarm] });
        ciborium::into_writer(&answer, &mut body).unwrap();
        let mut found = of_answer(&body).unwrap();
        assert!(!found.contains_key("quiet"));
        found.remove("a").unwrap_or_default().into_iter().collect()
    }

    #[test]
    fn what_is_not_known_is_found_at_any_depth() {
        let found = unknown(json!({
            "EscalationConfiguration": { "AfterMinutes": 15 },
            "AlarmName": "a",
            "AlarmActions": ["x"],
            "Metrics": [{ "Id": "m" }, { "Id": "n", "MetricStat": { "Metric": { "Tomorrow": 1, "Namespace": "x" } } }],
            "EvaluationWindow": { "BusinessHoursWindow": {} },
            "Flag": false, "Unset": null, "None": [], "Empty": "",
        }));
        let found: Vec<_> = found.iter().map(|(path, value)| format!("{path} {value}")).collect();
        assert_eq!(
            found,
            [
                "EscalationConfiguration {\"AfterMinutes\":15}",
                "EvaluationWindow.BusinessHoursWindow {}",
                "Flag false",
                "Metrics[1].MetricStat.Metric.Tomorrow 1",
            ]
        );
    }

    #[test]
    fn long_values_are_shortened_and_broken_answers_are_none() {
        let found = unknown(json!({ "AlarmName": "a", "Text": "é".repeat(500) }));
        assert!(found[0].1.chars().count() <= LONGEST_VALUE + 1 && found[0].1.ends_with('…'), "{found:?}");
        for body in [&b""[..], b"{}", b"\xa1\x6cMetricAlarms", b"\xa1\x6cMetricAlarms\x81\xa1\x61"] {
            assert_eq!(of_answer(body), None, "{body:x?}");
        }
    }
}
