//! The limits that all types of alarms share.

use crate::cloudwatch::metric::MetricDimension;
use crate::cloudwatch::{constraint, required};
use crate::fault::Fault;
use crate::store::Tx;
use crate::tags::Tag;
use mlops_cloudwatch::comparison::{BandSide, Comparison, OPERATORS};
use mlops_cloudwatch::missing::MissingData;
use serde::{Deserialize, Serialize};

/// Waits after creation before the alarm is evaluated.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct PutWarmUp {
    pub warm_up_period_duration_in_minutes: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub only_start_evaluating_after_warm_up_period_ends: Option<bool>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ActionConfiguration {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alarm_tags_propagation: Option<PutTagsPropagation>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct PutTagsPropagation {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub included_tag_keys: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub excluded_tag_keys: Option<Vec<String>>,
}

/// The members of every alarm, borrowed from one of the inputs.
pub struct CommonAlarmInput<'a> {
    pub name: &'a Option<String>,
    pub description: &'a Option<String>,
    pub actions: [(&'static str, &'a Option<Vec<String>>); 3],
    pub tags: &'a [Tag],
    pub warm_up: Option<&'a PutWarmUp>,
    pub action_configuration: &'a Option<ActionConfiguration>,
}

impl CommonAlarmInput<'_> {
    pub fn check(&self, tx: &Tx) -> Result<(), Fault> {
        let name = required("alarmName", self.name.as_deref())?;
        alarm_name("alarmName", name)?;
        if let Some(description) = self.description.as_deref().filter(|text| text.chars().count() > 1024) {
            return Err(constraint("alarmDescription", description, "have length less than or equal to 1024"));
        }
        for (field, actions) in self.actions {
            actions_of(tx, field, actions.as_deref().unwrap_or_default())?;
        }
        tags(self.tags)?;
        if let Some(warm_up) = self.warm_up {
            let field = "warmUpConfiguration.warmUpPeriodDurationInMinutes";
            range(field, required(field, warm_up.warm_up_period_duration_in_minutes)?, 1, 2880)?;
        }
        match self.action_configuration.as_ref().and_then(|configuration| configuration.alarm_tags_propagation.as_ref())
        {
            Some(propagation) => tags_propagation(propagation),
            None => Ok(()),
        }
    }
}

/// 1 to 255 characters, none of them an ASCII control character.
pub fn alarm_name(field: &str, name: &str) -> Result<(), Fault> {
    if name.is_empty() {
        return Err(constraint(field, name, "have length greater than or equal to 1"));
    }
    if name.chars().count() > 255 {
        return Err(constraint(field, name, "have length less than or equal to 255"));
    }
    if name.chars().any(|c| c.is_ascii_control()) {
        return Err(Fault::validation(format!(
            "The value {name:?} for parameter AlarmName contains ASCII control characters"
        )));
    }
    Ok(())
}

fn actions_of(tx: &Tx, field: &str, actions: &[String]) -> Result<(), Fault> {
    if actions.len() > 5 {
        return Err(constraint(field, format_args!("[{}]", actions.join(", ")), "have length less than or equal to 5"));
    }
    for action in actions {
        if action.is_empty() || action.len() > 1024 {
            return Err(constraint(field, format_args!("[{action}]"), "have length between 1 and 1024"));
        }
        let parts: Vec<&str> = action.splitn(6, ':').collect();
        let [_, _, service, region, _, resource] = parts[..] else {
            return Err(Fault::validation(format!("Invalid arn syntax: {action}")));
        };
        if parts[0] != "arn" || service.is_empty() || resource.is_empty() {
            return Err(Fault::validation(format!("Invalid arn syntax: {action}")));
        }
        if service == "sns" && region != tx.region() {
            return Err(Fault::validation(format!(
                "Invalid region {region} specified. Only {} is supported.",
                tx.region()
            )));
        }
    }
    Ok(())
}

/// At most 50 tags, keys of 1 to 128 and values of up to 256 characters, no key of AWS's own.
pub fn tags(tags: &[Tag]) -> Result<(), Fault> {
    if tags.len() > 50 {
        return Err(constraint("tags", format_args!("[{} tags]", tags.len()), "have length less than or equal to 50"));
    }
    for (n, tag) in tags.iter().enumerate() {
        if !(1..=128).contains(&tag.key.chars().count()) {
            return Err(constraint(&format!("tags.{}.member.key", n + 1), &tag.key, "have length between 1 and 128"));
        }
        if tag.value.chars().count() > 256 {
            return Err(constraint(
                &format!("tags.{}.member.value", n + 1),
                &tag.value,
                "have length less than or equal to 256",
            ));
        }
        if tag.key.to_ascii_lowercase().starts_with("aws:") {
            return Err(Fault::sender(
                "InvalidParameterValueException",
                format!("The tag key {} is invalid: the prefix aws: is reserved", tag.key),
            )
            .query_code("InvalidParameterValue"));
        }
    }
    Ok(())
}

fn tags_propagation(propagation: &PutTagsPropagation) -> Result<(), Fault> {
    if propagation.included_tag_keys.is_some() && propagation.excluded_tag_keys.is_some() {
        return Err(Fault::validation("IncludedTagKeys and ExcludedTagKeys cannot be specified together"));
    }
    let keys =
        [("includedTagKeys", &propagation.included_tag_keys), ("excludedTagKeys", &propagation.excluded_tag_keys)];
    for (name, keys) in keys {
        let Some(keys) = keys else { continue };
        let field = format!("actionConfiguration.alarmTagsPropagation.{name}");
        if !(1..=50).contains(&keys.len()) {
            return Err(constraint(&field, format_args!("[{}]", keys.join(", ")), "have length between 1 and 50"));
        }
        if let Some(key) = keys.iter().find(|key| !(1..=128).contains(&key.chars().count())) {
            return Err(constraint(&field, key, "have length between 1 and 128"));
        }
    }
    Ok(())
}

pub fn range(field: &str, value: i64, low: i64, high: i64) -> Result<(), Fault> {
    if value < low {
        return Err(constraint(field, value, &format!("have value greater than or equal to {low}")));
    }
    if value > high {
        return Err(constraint(field, value, &format!("have value less than or equal to {high}")));
    }
    Ok(())
}

/// The text is one of these.
pub fn one_of(field: &str, value: &str, allowed: &[&str]) -> Result<(), Fault> {
    if allowed.contains(&value) {
        return Ok(());
    }
    Err(constraint(field, value, &format!("satisfy enum value set: [{}]", allowed.join(", "))))
}

/// A comparison with a number.
pub fn comparison(value: &str) -> Result<(), Fault> {
    one_of("comparisonOperator", value, OPERATORS)?;
    if BandSide::from_word(value).is_some() {
        return Err(Fault::validation(format!(
            "The comparison operator {value} is only for alarms on an anomaly detection band"
        )));
    }
    Ok(())
}

/// A comparison with an anomaly detection band.
pub fn band_comparison(value: &str) -> Result<(), Fault> {
    one_of("comparisonOperator", value, OPERATORS)?;
    if Comparison::from_word(value).is_some() {
        return Err(Fault::validation(format!(
            "The comparison operator {value} is not for alarms on an anomaly detection band"
        )));
    }
    Ok(())
}

pub fn treat_missing_data(value: Option<&str>) -> Result<(), Fault> {
    match value.filter(|word| MissingData::from_word(word).is_none()) {
        None => Ok(()),
        Some(other) => {
            Err(Fault::validation(format!("The value {other} is not supported for TreatMissingData parameter.")))
        }
    }
}

/// 1 to `most` characters.
pub fn length(field: &str, text: &str, most: usize) -> Result<(), Fault> {
    match text.chars().count() {
        0 => Err(constraint(field, text, "have length greater than or equal to 1")),
        n if n > most => Err(constraint(field, text, &format!("have length less than or equal to {most}"))),
        _ => Ok(()),
    }
}

/// At most 30, with ASCII names up to 255 and values up to 1024 characters, no name twice.
pub fn dimensions(field: &str, dimensions: &[MetricDimension]) -> Result<(), Fault> {
    if dimensions.len() > 30 {
        return Err(constraint(
            field,
            format_args!("[{} dimensions]", dimensions.len()),
            "have length less than or equal to 30",
        ));
    }
    for (n, MetricDimension { name, value }) in dimensions.iter().enumerate() {
        let at = format!("{field}.{}.member", n + 1);
        length(&format!("{at}.name"), name, 255)?;
        length(&format!("{at}.value"), value, 1024)?;
        let plain =
            |text: &str| text.is_ascii() && !text.chars().any(|c| c.is_ascii_control()) && !text.trim().is_empty();
        if let Some(text) = [name, value].into_iter().find(|text| !plain(text)) {
            return Err(Fault::validation(format!(
                "The value {text:?} of a dimension must have ASCII characters only"
            )));
        }
        if dimensions[..n].iter().any(|other| other.name == *name) {
            return Err(Fault::validation(format!("No duplicate dimension names are allowed: {name}")));
        }
    }
    Ok(())
}
