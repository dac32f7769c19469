//! A composite alarm -> `composite_alarms.<name>`.

use super::CompositeAlarm;
use crate::model::SpecMap;
use crate::resources::any_alarm::written::put_actions;
use crate::resources::written::{WritingScope, duration, tags};
use mlops_cloudwatch::rule;

pub fn written(alarm: &CompositeAlarm, scope: &WritingScope<'_>) -> SpecMap {
    let rule = rule::parse(&alarm.alarm_rule);
    let of_rule = rule.iter().flat_map(rule::AlarmRule::alarms);
    let external = scope.external(of_rule.chain(alarm.suppressor.iter().map(|suppressor| suppressor.alarm.as_str())));
    let suppressor = alarm.suppressor.as_ref().map(|suppressor| {
        SpecMap::default()
            .put("alarm", &suppressor.alarm)
            .put("wait_period", duration(suppressor.wait_period))
            .put("extension_period", duration(suppressor.extension_period))
    });
    let map = SpecMap::default()
        .put_unless("", "description", alarm.description.as_deref())
        .put("alarm_rule", &alarm.alarm_rule)
        .put_some("external_alarms", Some(external).filter(|names| !names.is_empty()))
        .put_some("suppressor", suppressor);
    put_actions(map, &alarm.actions, scope).put_some("tags", tags(&alarm.tags))
}
