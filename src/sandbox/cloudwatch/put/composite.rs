//! PutCompositeAlarm: a rule over other alarms, which must exist.

use super::shared::{ActionConfiguration, CommonAlarmInput, range};
use super::{PutResult, configuration, keep};
use crate::cloudwatch::alarm::{self, AlarmType};
use crate::cloudwatch::{Nothing, change, constraint, required, rule};
use crate::fault::Fault;
use crate::store::Tx;
use crate::tags::Tag;
use mlops_cloudwatch::state::AlarmState;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// Every member of PutCompositeAlarm.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct PutCompositeAlarm {
    alarm_name: Option<String>,
    alarm_description: Option<String>,
    alarm_rule: Option<String>,
    actions_enabled: Option<bool>,
    #[serde(rename = "OKActions")]
    ok_actions: Option<Vec<String>>,
    alarm_actions: Option<Vec<String>>,
    insufficient_data_actions: Option<Vec<String>>,
    #[serde(default)]
    tags: Vec<Tag>,
    actions_suppressor: Option<String>,
    actions_suppressor_wait_period: Option<i64>,
    actions_suppressor_extension_period: Option<i64>,
    action_configuration: Option<ActionConfiguration>,
}

pub fn put_composite_alarm(input: PutCompositeAlarm, raw: Json, tx: &mut Tx) -> Result<Nothing, Fault> {
    input.check(tx)?;
    let configuration = configuration(&input, raw)?;
    let name = input.alarm_name.as_deref().unwrap_or_default();
    let first = AlarmState::InsufficientData;
    keep(PutResult { name, kind: AlarmType::Composite, configuration, tags: input.tags, first }, tx)?;
    if let Some(alarm) = alarm::find(tx, name)? {
        let reason = format!("The rule was evaluated when the alarm was put at {}", tx.now().to_iso());
        change::evaluate_composite(tx, name, alarm, reason)?;
    }
    Ok(Nothing {})
}

impl PutCompositeAlarm {
    fn check(&self, tx: &Tx) -> Result<(), Fault> {
        let shared = CommonAlarmInput {
            name: &self.alarm_name,
            description: &self.alarm_description,
            actions: [
                ("oKActions", &self.ok_actions),
                ("alarmActions", &self.alarm_actions),
                ("insufficientDataActions", &self.insufficient_data_actions),
            ],
            tags: &self.tags,
            warm_up: None,
            action_configuration: &self.action_configuration,
        };
        shared.check(tx)?;
        let text = required("alarmRule", self.alarm_rule.as_deref())?;
        if text.is_empty() || text.chars().count() > 10_240 {
            return Err(constraint("alarmRule", text, "have length between 1 and 10240"));
        }
        let rule = rule::parse(text)?;
        let own = self.alarm_name.as_deref().unwrap_or_default();
        let children: BTreeSet<&str> = rule.alarms().into_iter().map(|child| alarm::name_of(tx, child)).collect();
        if children.len() > 100 {
            return Err(Fault::validation("AlarmRule must not contain more than 100 children alarms"));
        }
        for child in children {
            let exists = alarm::find(tx, child)?.is_some();
            if !exists {
                return Err(Fault::validation(format!(
                    "Could not save the composite alarm as alarm {child} in the rule does not exist"
                )));
            }
            if reaches(tx, child, own)? {
                return Err(Fault::validation(format!(
                    "Could not save the composite alarm as {own} would depend on itself through {child}"
                )));
            }
        }
        self.check_suppressor(tx)
    }

    fn check_suppressor(&self, tx: &Tx) -> Result<(), Fault> {
        let periods = [
            ("actionsSuppressorWaitPeriod", self.actions_suppressor_wait_period),
            ("actionsSuppressorExtensionPeriod", self.actions_suppressor_extension_period),
        ];
        match self.actions_suppressor.as_deref() {
            None | Some("") => match periods.iter().find(|(_, seconds)| seconds.is_some()) {
                None => Ok(()),
                Some((field, _)) => {
                    Err(Fault::validation(format!("{field} must not be set without actionsSuppressor")))
                }
            },
            Some(suppressor) => {
                for (field, seconds) in periods {
                    range(field, required(field, seconds)?, 0, i64::from(i32::MAX))?;
                }
                let name = alarm::name_of(tx, suppressor);
                match alarm::find(tx, name)? {
                    Some(_) => Ok(()),
                    None => Err(Fault::validation(format!(
                        "Could not save the composite alarm as suppressor alarm {name} does not exist"
                    ))),
                }
            }
        }
    }
}

/// Whether the composite `wanted` is `from` or below it.
fn reaches(tx: &Tx, from: &str, wanted: &str) -> Result<bool, Fault> {
    let mut open = vec![from.to_owned()];
    let mut seen = BTreeSet::new();
    while let Some(name) = open.pop() {
        if name == wanted {
            return Ok(true);
        }
        if seen.insert(name.clone()) {
            open.extend(alarm::find(tx, &name)?.map(|alarm| rule::children(tx, &alarm)).unwrap_or_default());
        }
    }
    Ok(false)
}
