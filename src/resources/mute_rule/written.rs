//! A mute rule -> `mute_rules.<name>`.

use super::MuteRule;
use crate::model::SpecMap;
use crate::resources::written::{WritingScope, duration, tags};
use mlops_cloudwatch::schedule::minute_text;

pub fn written(rule: &MuteRule, scope: &WritingScope<'_>) -> SpecMap {
    let (mut own, mut external): (Vec<String>, Vec<String>) =
        rule.alarms.iter().cloned().partition(|alarm| scope.has_alarm(alarm));
    own.sort();
    external.sort();
    let moment = |at: Option<i64>| at.map(|at| minute_text(at) + "Z");
    SpecMap::default()
        .put_unless("", "description", rule.description.as_deref())
        .put("schedule", &rule.expression)
        .put("duration", duration(rule.duration))
        .put_some("timezone", rule.timezone.as_deref())
        .put("alarms", own)
        .put_some("external_alarms", Some(external).filter(|alarms| !alarms.is_empty()))
        .put_some("start_date", moment(rule.start_date))
        .put_some("expire_date", moment(rule.expire_date))
        .put_some("tags", tags(&rule.tags))
}
