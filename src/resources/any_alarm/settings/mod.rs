//! Which members of an alarm this program knows: PutMetricAlarm, PutCompositeAlarm and PutLogAlarm replace the whole, so a member that is not
//! here would be erased in silence. `tests/unknown_settings` holds it against AWS's own service model.

pub mod aws;

/// What a member is.
#[derive(Debug, Clone, Copy)]
pub enum SettingMember {
    /// A value, or a list of values.
    Plain,
    /// AWS says it of the alarm; nobody can set it, so nothing is lost.
    ReadOnly,
    /// A structure, a union or a list of those, of these members.
    Of(&'static [(&'static str, SettingMember)]),
}

#[cfg(test)]
mod tests;

use SettingMember::{Of, Plain, ReadOnly};

/// `MetricAlarm` (CloudWatch API reference).
pub const METRIC_ALARM: SettingMember = Of(&[
    ("AlarmName", Plain),
    ("AlarmArn", ReadOnly),
    ("AlarmDescription", Plain),
    ("AlarmConfigurationUpdatedTimestamp", ReadOnly),
    ("ActionsEnabled", Plain),
    ("OKActions", Plain),
    ("AlarmActions", Plain),
    ("InsufficientDataActions", Plain),
    ("ActionConfiguration", ACTION_CONFIGURATION),
    ("StateValue", ReadOnly),
    ("StateReason", ReadOnly),
    ("StateReasonData", ReadOnly),
    ("StateUpdatedTimestamp", ReadOnly),
    ("StateTransitionedTimestamp", ReadOnly),
    ("EvaluationState", ReadOnly),
    ("MetricName", Plain),
    ("Namespace", Plain),
    ("Statistic", Plain),
    ("ExtendedStatistic", Plain),
    ("Dimensions", DIMENSIONS),
    ("Period", Plain),
    ("Unit", Plain),
    ("EvaluationPeriods", Plain),
    ("DatapointsToAlarm", Plain),
    ("Threshold", Plain),
    ("ComparisonOperator", Plain),
    ("TreatMissingData", Plain),
    ("EvaluateLowSampleCountPercentile", Plain),
    ("Metrics", METRICS),
    ("ThresholdMetricId", Plain),
    ("EvaluationInterval", Plain),
    ("EvaluationCriteria", Of(&[("PromQLCriteria", PROMQL)])),
    ("EvaluationWindow", Of(&[("SlidingWindow", Of(&[])), ("WallClockWindow", Of(&[("Timezone", Plain)]))])),
    ("WarmUpConfiguration", WARM_UP),
]);

/// `CompositeAlarm` (CloudWatch API reference).
pub const COMPOSITE_ALARM: SettingMember = Of(&[
    ("AlarmName", Plain),
    ("AlarmArn", ReadOnly),
    ("AlarmDescription", Plain),
    ("AlarmConfigurationUpdatedTimestamp", ReadOnly),
    ("AlarmRule", Plain),
    ("ActionsEnabled", Plain),
    ("OKActions", Plain),
    ("AlarmActions", Plain),
    ("InsufficientDataActions", Plain),
    ("ActionConfiguration", ACTION_CONFIGURATION),
    ("ActionsSuppressor", Plain),
    ("ActionsSuppressorWaitPeriod", Plain),
    ("ActionsSuppressorExtensionPeriod", Plain),
    ("ActionsSuppressedBy", ReadOnly),
    ("ActionsSuppressedReason", ReadOnly),
    ("StateValue", ReadOnly),
    ("StateReason", ReadOnly),
    ("StateReasonData", ReadOnly),
    ("StateUpdatedTimestamp", ReadOnly),
    ("StateTransitionedTimestamp", ReadOnly),
]);

/// `LogAlarm` (CloudWatch API reference). The tags of its scheduled query are left out: they are no field here, so they are not lost
/// unseen where somebody else has set them.
pub const LOG_ALARM: SettingMember = Of(&[
    ("AlarmName", Plain),
    ("AlarmArn", ReadOnly),
    ("AlarmDescription", Plain),
    ("AlarmConfigurationUpdatedTimestamp", ReadOnly),
    ("ActionsEnabled", Plain),
    ("OKActions", Plain),
    ("AlarmActions", Plain),
    ("InsufficientDataActions", Plain),
    ("ActionConfiguration", ACTION_CONFIGURATION),
    ("StateValue", ReadOnly),
    ("StateReason", ReadOnly),
    ("StateReasonData", ReadOnly),
    ("StateUpdatedTimestamp", ReadOnly),
    ("StateTransitionedTimestamp", ReadOnly),
    ("EvaluationState", ReadOnly),
    ("ScheduledQueryConfiguration", SCHEDULED_QUERY),
    ("QueryResultsToEvaluate", Plain),
    ("QueryResultsToAlarm", Plain),
    ("Threshold", Plain),
    ("ComparisonOperator", Plain),
    ("TreatMissingData", Plain),
    ("ActionLogLineCount", Plain),
    ("ActionLogLineRoleArn", Plain),
    ("WarmUpConfiguration", WARM_UP),
]);

const SCHEDULED_QUERY: SettingMember = Of(&[
    ("QueryString", Plain),
    ("LogGroupIdentifiers", Plain),
    // It can be sent, too, but it is of the query that CloudWatch makes for the alarm.
    ("QueryARN", ReadOnly),
    ("ScheduledQueryRoleARN", Plain),
    (
        "ScheduleConfiguration",
        Of(&[("ScheduleExpression", Plain), ("StartTimeOffset", Plain), ("EndTimeOffset", Plain)]),
    ),
    ("AggregationExpression", Plain),
]);

const DIMENSIONS: SettingMember = Of(&[("Name", Plain), ("Value", Plain)]);

const METRICS: SettingMember = Of(&[
    ("Id", Plain),
    ("Expression", Plain),
    ("MetricStat", METRIC_STAT),
    ("Label", Plain),
    ("ReturnData", Plain),
    ("Period", Plain),
    ("AccountId", Plain),
]);

const METRIC_STAT: SettingMember = Of(&[("Metric", METRIC), ("Period", Plain), ("Stat", Plain), ("Unit", Plain)]);

const METRIC: SettingMember = Of(&[("Namespace", Plain), ("MetricName", Plain), ("Dimensions", DIMENSIONS)]);

const PROMQL: SettingMember = Of(&[("Query", Plain), ("PendingPeriod", Plain), ("RecoveryPeriod", Plain)]);

const WARM_UP: SettingMember =
    Of(&[("WarmUpPeriodDurationInMinutes", Plain), ("OnlyStartEvaluatingAfterWarmUpPeriodEnds", Plain)]);

const ACTION_CONFIGURATION: SettingMember =
    Of(&[("AlarmTagsPropagation", Of(&[("Enabled", Plain), ("IncludedTagKeys", Plain), ("ExcludedTagKeys", Plain)]))]);
