//! The list of rules. A new one is a file here, its line below, and its page in `docs/lint/`.

mod actions_disabled;
mod ai_cost_unwatched;
mod alarm_filtered_out;
mod alarm_on_every_error;
mod always_breaching;
mod arn_for_name;
mod average_latency;
mod breaching_while_idle;
mod composite_always_fires;
mod composite_never_fires;
mod deaf_to_silence;
mod dimension_set_unpublished;
mod duplicate_alarm;
mod error_count_for_rate;
mod error_share_too_high;
mod filter_excludes_alarm;
mod filter_never_matches;
mod high_resolution_without_need;
mod ignore_never_clears;
mod impossible_threshold;
mod latency_above_timeout;
mod log_alarm_gaps;
mod log_group_not_written;
mod meaningless_statistic;
mod metric_filter_unwatched;
mod metric_never_seen;
mod missing_data_on_sparse_metric;
mod missing_description;
mod missing_golden_signal;
mod missing_runbook;
mod no_actions;
mod ok_not_notified;
mod percentile_of_few_samples;
mod period_below_resolution;
mod retention_never;
mod retention_range;
mod share_without_floor;
mod single_datapoint;
mod slo_alert_late;
mod slow_alarm;
mod states;
mod subscription_without_dlq;
mod suppression_expired;
mod suppression_unused;
mod suppression_wrong;
mod threshold_unit;
mod topic_default_key;
mod topic_refuses_alarms;
mod topic_unconfirmed;
mod topic_unencrypted;
mod topic_without_subscriber;
mod unknown_dimension;
mod unknown_function;
mod unknown_metric;
mod unknown_namespace;
mod unused_metric;
mod wrong_direction;
mod wrong_region;
mod wrong_unit;

use super::LintRule;
use crate::resources::Address;

/// Every rule, by id.
pub static RULES: &[&LintRule] = &[
    &actions_disabled::RULE,
    &ai_cost_unwatched::RULE,
    &alarm_filtered_out::RULE,
    &alarm_on_every_error::RULE,
    &always_breaching::RULE,
    &arn_for_name::RULE,
    &average_latency::RULE,
    &breaching_while_idle::RULE,
    &composite_always_fires::RULE,
    &composite_never_fires::RULE,
    &deaf_to_silence::RULE,
    &dimension_set_unpublished::RULE,
    &duplicate_alarm::RULE,
    &error_count_for_rate::RULE,
    &error_share_too_high::RULE,
    &filter_excludes_alarm::RULE,
    &filter_never_matches::RULE,
    &high_resolution_without_need::RULE,
    &ignore_never_clears::RULE,
    &impossible_threshold::RULE,
    &latency_above_timeout::RULE,
    &log_alarm_gaps::RULE,
    &log_group_not_written::RULE,
    &meaningless_statistic::RULE,
    &metric_filter_unwatched::RULE,
    &metric_never_seen::RULE,
    &missing_data_on_sparse_metric::RULE,
    &missing_description::RULE,
    &missing_golden_signal::RULE,
    &missing_runbook::RULE,
    &no_actions::RULE,
    &ok_not_notified::RULE,
    &percentile_of_few_samples::RULE,
    &period_below_resolution::RULE,
    &retention_never::RULE,
    &retention_range::RULE,
    &share_without_floor::RULE,
    &single_datapoint::RULE,
    &slo_alert_late::RULE,
    &slow_alarm::RULE,
    &subscription_without_dlq::RULE,
    &suppression_expired::RULE,
    &suppression_unused::RULE,
    &suppression_wrong::RULE,
    &threshold_unit::RULE,
    &topic_default_key::RULE,
    &topic_refuses_alarms::RULE,
    &topic_unconfirmed::RULE,
    &topic_unencrypted::RULE,
    &topic_without_subscriber::RULE,
    &unknown_dimension::RULE,
    &unknown_function::RULE,
    &unknown_metric::RULE,
    &unknown_namespace::RULE,
    &unused_metric::RULE,
    &wrong_direction::RULE,
    &wrong_region::RULE,
    &wrong_unit::RULE,
];

/// `2 alarms want`, `name` wants.
fn alarms(addresses: &[&Address]) -> String {
    match addresses {
        [one] => format!("`{}` wants", one.name),
        many => format!("{} alarms want", many.len()),
    }
}
