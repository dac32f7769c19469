//! An alarm as DescribeAlarms has it in JSON. Its members are the properties of templates, but for what AWS says of it itself.

use super::settings::{COMPOSITE_ALARM, LOG_ALARM, METRIC_ALARM, SettingMember};
use crate::model::Target;
use crate::resources::cloudformation;
use crate::resources::foreign::ForeignReading;
use serde_json::{Map, Value};

/// A type of the API, as the list of its alarms in an answer is called, what it says and what templates call it.
#[derive(Debug)]
pub struct DescribedType {
    pub list: &'static str,
    pub name: &'static str,
    /// A member that no other type has.
    pub sign: &'static str,
    members: &'static SettingMember,
    template: &'static str,
}

/// The types; what has the sign of none is a metric alarm.
pub static TYPES: [DescribedType; 3] = [
    DescribedType {
        list: "CompositeAlarms",
        name: "CompositeAlarm",
        sign: "AlarmRule",
        members: &COMPOSITE_ALARM,
        template: "AWS::CloudWatch::CompositeAlarm",
    },
    DescribedType {
        list: "LogAlarms",
        name: "LogAlarm",
        sign: "ScheduledQueryConfiguration",
        members: &LOG_ALARM,
        template: "AWS::CloudWatch::LogAlarm",
    },
    DescribedType {
        list: "MetricAlarms",
        name: "MetricAlarm",
        sign: "ComparisonOperator",
        members: &METRIC_ALARM,
        template: "AWS::CloudWatch::Alarm",
    },
];

/// Reads an alarm of an answer; `None` of a type that is not one.
///
/// # Errors
/// What is wrong with it, in words.
pub fn from_described(type_name: &str, alarm: &Value, target: &Target) -> Option<Result<ForeignReading, String>> {
    let described = TYPES.iter().find(|one| one.name == type_name)?;
    let settings = settable(alarm, described.members);
    cloudformation::from_template_resource(described.template, &settings, target)
}

/// A value without what only AWS sets, and what is not set.
fn settable(value: &Value, member: &SettingMember) -> Value {
    let SettingMember::Of(known) = member else { return value.clone() };
    match value {
        Value::Array(items) => items.iter().map(|item| settable(item, member)).collect(),
        Value::Object(members) => {
            let mut kept = Map::new();
            for (key, value) in members {
                let member = known.iter().find(|(name, _)| name == key).map(|(_, member)| member);
                match member {
                    Some(SettingMember::ReadOnly) => {}
                    _ if value.is_null() || value == "" => {}
                    Some(member) => drop(kept.insert(key.clone(), settable(value, member))),
                    None => drop(kept.insert(key.clone(), value.clone())),
                }
            }
            Value::Object(kept)
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resources::cloudformation::kinds_of;

    /// Every member that can be set has its property in templates.
    #[test]
    fn members_are_properties() {
        fn paths(member: &SettingMember, above: &str, found: &mut Vec<String>) {
            let SettingMember::Of(members) = member else { return found.push(above.to_owned()) };
            for (name, member) in members.iter().filter(|(_, member)| !matches!(member, SettingMember::ReadOnly)) {
                let dot = if above.is_empty() { "" } else { "." };
                paths(member, &format!("{above}{dot}{name}"), found);
            }
        }
        for described in &TYPES {
            let (_, mapping) = kinds_of(described.template).next().unwrap();
            let properties: Vec<&str> =
                mapping.tables.iter().flat_map(|table| table.iter()).map(|map| map.property).collect();
            let mut members = Vec::new();
            paths(described.members, "", &mut members);
            for path in members {
                let carried = |property: &&str| {
                    path == **property
                        || path.starts_with(&format!("{property}."))
                        || property.starts_with(&format!("{path}."))
                };
                assert!(properties.iter().any(carried), "{}: {path}", described.name);
            }
        }
    }
}
