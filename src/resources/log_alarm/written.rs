//! A log alarm -> `log_alarms.<name>`.

use super::{LogAlarm, schedule};
use crate::model::{SpecMap, SpecValue};
use crate::resources::any_alarm::written::put_actions;
use crate::resources::written::{WritingScope, comparison, duration, tags, warm_up};

pub fn written(alarm: &LogAlarm, scope: &WritingScope<'_>) -> SpecMap {
    let every = schedule::seconds(&alarm.schedule_expression);
    let schedule = every.map_or_else(|| SpecValue::from(&alarm.schedule_expression), duration);
    // The lines between two runs are what a query looks at where nobody says.
    let start =
        Some(alarm.start_time_offset).filter(|start| Some(*start) != every.map(|all| all + alarm.end_time_offset));
    let evaluate = alarm.query_results_to_evaluate;
    let mut groups = alarm.log_group_identifiers.clone();
    groups.sort();
    groups.dedup();
    let lines = alarm.action_log_line_count.filter(|lines| *lines > 0);
    let map = SpecMap::default()
        .put_unless("", "description", alarm.description.as_deref())
        .put("log_group_identifiers", groups)
        .put("query_string", &alarm.query_string)
        .put("aggregation_expression", &alarm.aggregation_expression)
        .put("schedule_expression", schedule)
        .put_some("start_time_offset", start.map(duration))
        .put_some("end_time_offset", Some(alarm.end_time_offset).filter(|end| *end != 0).map(duration))
        .put("scheduled_query_role_arn", &alarm.scheduled_query_role_arn);
    let map = comparison(map, Some(alarm.threshold), Some(&alarm.comparison_operator))
        .put_some("query_results_to_evaluate", Some(evaluate).filter(|count| *count != 1))
        .put_some("query_results_to_alarm", Some(alarm.query_results_to_alarm).filter(|count| *count != evaluate))
        .put_unless("missing", "treat_missing_data", alarm.treat_missing_data.as_deref())
        .put_some("action_log_line_count", lines)
        .put_unless("", "action_log_line_role_arn", alarm.action_log_line_role_arn.as_deref());
    put_actions(map, &alarm.actions, scope)
        .put_some("warm_up", warm_up(alarm.warm_up.as_ref()))
        .put_some("tags", tags(&alarm.tags))
}
