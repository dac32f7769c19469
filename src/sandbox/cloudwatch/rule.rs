//! Which alarms a composite alarm looks at. What its rule means is not told here.

use super::alarm::{self, Alarm, AlarmType};
use crate::fault::Fault;
use crate::store::Tx;
use mlops_cloudwatch::rule::{self, Rule};
use std::collections::BTreeSet;

/// The names of the alarms a composite looks at, its suppressor included; of another alarm none.
pub fn children(tx: &Tx, alarm: &Alarm) -> Vec<String> {
    if alarm.kind != AlarmType::Composite {
        return Vec::new();
    }
    let rule = rule::parse(alarm.text("AlarmRule"));
    let in_rule: BTreeSet<&str> = rule.iter().flat_map(Rule::alarms).collect();
    let suppressor = Some(alarm.text("ActionsSuppressor")).filter(|name| !name.is_empty());
    in_rule.into_iter().chain(suppressor).map(|child| alarm::name_of(tx, child).to_owned()).collect()
}

/// Reads a rule; the fault says where it is wrong.
pub fn parse(text: &str) -> Result<Rule, Fault> {
    rule::parse(text).map_err(|error| Fault::validation(format!("AlarmRule is invalid: {error}")))
}
