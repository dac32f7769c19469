//! Changes to alarms other than putting them: deletion, state, switching actions.

use super::alarm::{self, AlarmType, StoredAlarm, StoredAlarmState};
use super::{Nothing, constraint, held, history, rule};
use crate::fault::Fault;
use crate::store::Tx;
use crate::tags;
use mlops_cloudwatch::state::AlarmState;
use serde::Deserialize;
use std::collections::BTreeSet;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AlarmNames {
    #[serde(default)]
    alarm_names: Vec<String>,
}

impl AlarmNames {
    fn check(self) -> Result<BTreeSet<String>, Fault> {
        if self.alarm_names.len() > 100 {
            let names = self.alarm_names.join(", ");
            return Err(constraint("alarmNames", format_args!("[{names}]"), "have length less than or equal to 100"));
        }
        Ok(self.alarm_names.into_iter().collect())
    }
}

/// Deletes all of them, or none where one is missing or still used by a composite alarm.
pub fn delete_alarms(input: AlarmNames, tx: &mut Tx) -> Result<Nothing, Fault> {
    let names = input.check()?;
    let mut composites = 0;
    for name in &names {
        let Some(alarm) = alarm::find(tx, name)? else {
            return Err(Fault::sender("ResourceNotFound", format!("Alarm {name} does not exist")).status(404));
        };
        composites += usize::from(alarm.kind == AlarmType::Composite);
    }
    if composites > 1 {
        return Err(Fault::validation("Cannot delete more than one composite alarm in a single request"));
    }
    for (parent, alarm) in alarm::composites(tx)? {
        let used = rule::children(tx, &alarm).into_iter().find(|child| names.contains(child));
        if let Some(child) = used.filter(|_| !names.contains(&parent)) {
            return Err(Fault::validation(format!(
                "Cannot delete {child} as there are composite alarm(s) depending on it."
            )));
        }
    }
    for name in &names {
        if let Some(alarm) = alarm::find(tx, name)? {
            history::configured(tx, name, &alarm, "deleted")?;
        }
        tx.delete(alarm::TABLE, name);
        held::forget(tx, name);
        let arn = alarm::arn(tx, name);
        tags::forget(tx, &arn)?;
    }
    Ok(Nothing {})
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SetAlarmState {
    alarm_name: String,
    state_value: String,
    state_reason: String,
    state_reason_data: Option<String>,
}

/// Sets the state of an alarm, and with it that of the composites above.
pub fn set_alarm_state(input: SetAlarmState, tx: &mut Tx) -> Result<Nothing, Fault> {
    let SetAlarmState { alarm_name, state_value, state_reason, state_reason_data } = input;
    let value = match state_value.as_str() {
        "OK" => AlarmState::Ok,
        "ALARM" => AlarmState::Alarm,
        "INSUFFICIENT_DATA" => AlarmState::InsufficientData,
        other => return Err(constraint("stateValue", other, "satisfy enum value set: [INSUFFICIENT_DATA, ALARM, OK]")),
    };
    if state_reason.chars().count() > 1023 {
        return Err(constraint("stateReason", &state_reason, "have length less than or equal to 1023"));
    }
    if let Some(data) = &state_reason_data
        && serde_json::from_str::<serde_json::Value>(data).is_err()
    {
        return Err(
            Fault::sender("InvalidFormatFault", "StateReasonData is not valid JSON").query_code("InvalidFormat")
        );
    }
    let Some(alarm) = alarm::find(tx, &alarm_name)? else {
        return Err(Fault::sender("ResourceNotFound", "").status(404));
    };
    transition(tx, &alarm_name, alarm, value, state_reason, state_reason_data)?;
    Ok(Nothing {})
}

/// Puts an alarm into a state, runs its actions, and evaluates the composite alarms that look at it.
pub fn transition(
    tx: &mut Tx,
    name: &str,
    mut alarm: StoredAlarm,
    value: AlarmState,
    reason: String,
    reason_data: Option<String>,
) -> Result<(), Fault> {
    let now = tx.now();
    let changed = alarm.state.value != value;
    let transitioned = if changed { now } else { alarm.state.transitioned };
    let leaves = alarm.state.value == AlarmState::Alarm && changed;
    let state = StoredAlarmState { value, reason, reason_data, updated: now, transitioned };
    let from = std::mem::replace(&mut alarm.state, state);
    alarm::keep(tx, name, &alarm)?;
    if changed {
        history::transitioned(tx, name, alarm.kind, &from, &alarm.state)?;
        held::run(tx, name, &alarm, &from)?;
        if leaves || value == AlarmState::Alarm {
            held::suppressor_changed(tx, name)?;
        }
        for (parent, composite) in alarm::composites(tx)? {
            if rule::children(tx, &composite).iter().any(|child| child == name) {
                let reason = format!("{} transitioned to {} at {}", alarm::arn(tx, name), value.word(), now.to_iso());
                evaluate_composite(tx, &parent, composite, reason)?;
            }
        }
    }
    Ok(())
}

/// Sets a composite alarm to what its rule says. A rule cannot depend on itself, so this ends.
pub fn evaluate_composite(tx: &mut Tx, name: &str, composite: StoredAlarm, reason: String) -> Result<(), Fault> {
    let rule = rule::parse(composite.text("AlarmRule"))?;
    let mut states = std::collections::BTreeMap::new();
    for child in rule.alarms() {
        if let Some(alarm) = alarm::find(tx, alarm::name_of(tx, child))? {
            states.insert(child, alarm.state.value);
        }
    }
    let value = if rule.holds(&|child| states.get(child).copied()) { AlarmState::Alarm } else { AlarmState::Ok };
    if composite.state.value == value {
        return Ok(());
    }
    transition(tx, name, composite, value, reason, None)
}

/// EnableAlarmActions and DisableAlarmActions; names that are not there are passed over, as AWS does.
pub fn switch_actions(input: AlarmNames, on: bool, tx: &mut Tx) -> Result<Nothing, Fault> {
    for name in input.check()? {
        if let Some(mut alarm) = alarm::find(tx, &name)?
            && alarm.actions_enabled() != on
        {
            alarm.configuration.insert("ActionsEnabled".to_owned(), on.into());
            alarm.configuration_updated = tx.now();
            alarm::keep(tx, &name, &alarm)?;
        }
    }
    Ok(Nothing {})
}
