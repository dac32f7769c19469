//! Which alarms a composite alarm looks at. What its rule means is not told here.

use super::alarm::{self, AlarmType, StoredAlarm};
use crate::fault::Fault;
use crate::store::Tx;
use mlops_cloudwatch::rule::{self, AlarmRule};
use std::collections::BTreeSet;

/// The names of the alarms a composite looks at, its suppressor included; of another alarm none.
pub fn children(tx: &Tx, alarm: &StoredAlarm) -> Vec<String> {
    if alarm.kind != AlarmType::Composite {
        return Vec::new();
    }
    let rule = rule::parse(alarm.text("AlarmRule"));
    let in_rule: BTreeSet<&str> = rule.iter().flat_map(AlarmRule::alarms).collect();
    let suppressor = Some(alarm.text("ActionsSuppressor")).filter(|name| !name.is_empty());
    in_rule.into_iter().chain(suppressor).map(|child| alarm::name_of(tx, child).to_owned()).collect()
}

/// Reads a rule; the fault says where it is wrong.
pub fn parse(text: &str) -> Result<AlarmRule, Fault> {
    rule::parse(text).map_err(|error| Fault::validation(format!("AlarmRule is invalid: {error}")))
}
