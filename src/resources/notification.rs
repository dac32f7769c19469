//! The message that an alarm publishes to a topic, as far as it is known before the alarm changes its state. What AWS says in it is
//! told here once: filter policies are held against it, and the sandbox's messages are held against it in a test.

use super::{Alarm, CompositeAlarm, LogAlarm, Resource, Subscription};
use crate::model::Target;
use crate::model::filter_policy::{FilterOutcome, FilterPolicy, FilterScope, MessageField};
use crate::resources::alarm::{Actions, MetricQuery, MetricStat};
use mlops_cloudwatch::notification::region_name;
use mlops_cloudwatch::state::AlarmState;
use std::collections::BTreeMap;

/// The states that an alarm's actions are for, the one that matters most first.
pub const STATES: [AlarmState; 3] = [AlarmState::Alarm, AlarmState::Ok, AlarmState::InsufficientData];

/// Returns the state as AWS writes it.
pub fn state_word(state: AlarmState) -> &'static str {
    match state {
        AlarmState::Alarm => "ALARM",
        AlarmState::Ok => "OK",
        AlarmState::InsufficientData => "INSUFFICIENT_DATA",
    }
}

/// Returns the actions for a state.
pub fn actions_for(actions: &Actions, state: AlarmState) -> &[String] {
    match state {
        AlarmState::Alarm => &actions.alarm,
        AlarmState::Ok => &actions.ok,
        AlarmState::InsufficientData => &actions.insufficient_data,
    }
}

/// Works out whether the message of an alarm that goes into `state` passes the filter policy of a subscription; one without a policy
/// gets every message. A policy that SNS would refuse, or a resource that is no alarm, is not worked out.
pub fn passes(subscription: &Subscription, resource: &Resource, target: &Target, state: AlarmState) -> FilterOutcome {
    let Some(policy) = &subscription.filter_policy else { return FilterOutcome::Matches };
    let scope = FilterScope::of(subscription.filter_policy_scope.as_deref());
    let (Ok(policy), Some(body)) = (FilterPolicy::read(policy, scope), body(resource, target, state)) else {
        return FilterOutcome::Depends;
    };
    match scope {
        // Alarms send no message attributes.
        FilterScope::MessageAttributes => policy.outcome(&MessageField::object([])),
        FilterScope::MessageBody => policy.outcome(&body),
    }
}

/// Works out whether a subscription's filter policy passes the ALARM message of no alarm at all, whatever the alarm is.
pub fn passes_no_alarm(subscription: &Subscription) -> bool {
    let scope = FilterScope::of(subscription.filter_policy_scope.as_deref());
    let policy = subscription.filter_policy.as_ref().and_then(|policy| FilterPolicy::read(policy, scope).ok());
    let message = match scope {
        FilterScope::MessageAttributes => MessageField::object([]),
        FilterScope::MessageBody => any_body(AlarmState::Alarm),
    };
    policy.is_some_and(|policy| policy.outcome(&message) == FilterOutcome::Never)
}

/// Returns what the message of every alarm has in common: the names of its parts, and its state.
fn any_body(state: AlarmState) -> MessageField {
    let target = Target::new("", "");
    let of_metric = head("", &None, &Actions::default(), &target, state);
    let of_composite = of_composite(&CompositeAlarm::default());
    let names = of_metric.into_keys().chain(of_composite.into_iter().map(|(name, _)| name));
    let mut fields: BTreeMap<String, MessageField> = names.map(|name| (name, MessageField::Unknown)).collect();
    fields.insert("Trigger".into(), MessageField::Unknown);
    fields.insert("NewStateValue".into(), MessageField::known(state_word(state)));
    MessageField::Object(fields)
}

/// Returns the body of the message of an alarm that goes into `state`: CloudWatch's notification in JSON (CloudWatch user guide,
/// "Notifying users on alarm changes"; SNS developer guide, "Fanout to ... alarms"); `None` of a resource that is no alarm. Subscribers
/// by email read other words, and a policy over bodies is held against the JSON all the same (inferred: AWS does not say).
pub fn body(resource: &Resource, target: &Target, state: AlarmState) -> Option<MessageField> {
    match resource {
        Resource::Alarm(alarm) => {
            let mut fields = head(&alarm.name, &alarm.description, &alarm.actions, target, state);
            fields.insert("Trigger".into(), trigger(alarm));
            Some(MessageField::Object(fields))
        }
        Resource::CompositeAlarm(alarm) => {
            let mut fields = head(&alarm.name, &alarm.description, &alarm.actions, target, state);
            fields.extend(of_composite(alarm));
            Some(MessageField::Object(fields))
        }
        Resource::LogAlarm(alarm) => {
            let mut fields = head(&alarm.name, &alarm.description, &alarm.actions, target, state);
            fields.insert("Trigger".into(), of_query(alarm));
            Some(MessageField::Object(fields))
        }
        _ => None,
    }
}

fn head(
    name: &str,
    description: &Option<String>,
    actions: &Actions,
    target: &Target,
    state: AlarmState,
) -> BTreeMap<String, MessageField> {
    let others = STATES.into_iter().filter(|other| *other != state).map(|other| state_word(other).into());
    let list = |arns: &[String]| MessageField::List(arns.iter().map(|arn| MessageField::known(arn.as_str())).collect());
    let region = region_name(&target.region).map_or(MessageField::SomeText, MessageField::known);
    let fields = [
        ("AlarmName", MessageField::known(name)),
        ("AlarmDescription", MessageField::known(description.clone())),
        ("AWSAccountId", MessageField::known(target.account.as_str())),
        ("AlarmConfigurationUpdatedTimestamp", MessageField::SomeText),
        ("NewStateValue", MessageField::known(state_word(state))),
        ("NewStateReason", MessageField::SomeText),
        ("StateChangeTime", MessageField::SomeText),
        ("Region", region),
        ("AlarmArn", MessageField::known(target.arn("cloudwatch", format_args!("alarm:{name}")))),
        ("OldStateValue", MessageField::OneOf(others.collect())),
        ("OKActions", list(&actions.ok)),
        ("AlarmActions", list(&actions.alarm)),
        ("InsufficientDataActions", list(&actions.insufficient_data)),
    ];
    fields.into_iter().map(|(name, field)| (name.to_owned(), field)).collect()
}

/// A composite alarm has its rule instead of a trigger, and says which alarms have set it off and what suppresses it, where it does.
fn of_composite(alarm: &CompositeAlarm) -> [(String, MessageField); 6] {
    [
        ("AlarmRule", MessageField::known(alarm.alarm_rule.as_str())),
        ("TriggeringChildren", MessageField::Unknown),
        ("ActionsSuppressor", MessageField::Unknown),
        ("ActionsSuppressorWaitPeriod", MessageField::Unknown),
        ("ActionsSuppressorExtensionPeriod", MessageField::Unknown),
        ("ActionsSuppressedReason", MessageField::Unknown),
    ]
    .map(|(name, field)| (name.to_owned(), field))
}

/// What a log alarm asks and when it fires. AWS documents no example: names are PutLogAlarm's, and of values only what is compared is
/// taken as known.
fn of_query(alarm: &LogAlarm) -> MessageField {
    MessageField::object([
        ("ScheduledQueryConfiguration", MessageField::Unknown),
        ("QueryResultsToEvaluate", MessageField::known(alarm.query_results_to_evaluate)),
        ("QueryResultsToAlarm", MessageField::known(alarm.query_results_to_alarm)),
        ("ComparisonOperator", MessageField::known(alarm.comparison_operator.as_str())),
        ("Threshold", MessageField::known(alarm.threshold)),
        ("TreatMissingData", MessageField::Unknown),
        ("Dimensions", MessageField::Unknown),
    ])
}

/// What the alarm watches and when it fires. Where AWS's examples differ (`Unit` as null or absent, `TreatMissingData` with its name
/// before it) nothing is taken as known.
fn trigger(alarm: &Alarm) -> MessageField {
    let number = |value: Option<i32>| value.map_or(MessageField::Unknown, MessageField::known);
    let text = |value: &Option<String>| value.as_deref().map_or(MessageField::Unknown, MessageField::known);
    let mut fields = BTreeMap::from([
        ("EvaluationPeriods".to_owned(), number(alarm.evaluation_periods)),
        ("DatapointsToAlarm".to_owned(), MessageField::Unknown),
        ("ComparisonOperator".to_owned(), text(&alarm.comparison_operator)),
        ("Threshold".to_owned(), alarm.threshold.map_or(MessageField::Unknown, MessageField::known)),
        ("ThresholdMetricId".to_owned(), text(&alarm.threshold_metric_id)),
        ("TreatMissingData".to_owned(), MessageField::Unknown),
        ("EvaluateLowSampleCountPercentile".to_owned(), MessageField::Unknown),
        ("Period".to_owned(), number(alarm.period)),
        ("Unit".to_owned(), MessageField::Unknown),
    ]);
    if let Some(metric_name) = &alarm.metric_name {
        let extended = alarm.extended_statistic.is_some();
        fields.insert("MetricName".into(), MessageField::known(metric_name.as_str()));
        fields.insert("Namespace".into(), text(&alarm.namespace));
        fields.insert(
            "StatisticType".into(),
            MessageField::known(if extended { "ExtendedStatistic" } else { "Statistic" }),
        );
        if let Some(written) = &alarm.statistic {
            fields.insert("Statistic".into(), statistic(written));
        }
        fields.insert("ExtendedStatistic".into(), text(&alarm.extended_statistic));
        fields.insert("Dimensions".into(), dimensions(&alarm.dimensions, ["value", "name"]));
    }
    if !alarm.metrics.is_empty() {
        fields.insert("Metrics".into(), MessageField::List(alarm.metrics.iter().map(query).collect()));
        fields.insert("Dimensions".into(), MessageField::Unknown);
    }
    // PromQL and what else AWS adds: its criteria are not documented as a part of the message.
    for name in ["EvaluationCriteria", "EvaluationInterval", "EvaluationWindow"] {
        fields.insert(name.into(), MessageField::Unknown);
    }
    MessageField::Object(fields)
}

/// The statistic in capitals; of `SampleCount` it is not known how it is spelled.
fn statistic(written: &str) -> MessageField {
    match written {
        "SampleCount" => MessageField::OneOf(vec!["SAMPLECOUNT".into(), "SAMPLE_COUNT".into()]),
        other => MessageField::known(other.to_uppercase()),
    }
}

fn dimensions(dimensions: &BTreeMap<String, String>, [value_key, name_key]: [&str; 2]) -> MessageField {
    let one = |(name, value): (&String, &String)| {
        MessageField::object([
            (value_key, MessageField::known(value.as_str())),
            (name_key, MessageField::known(name.as_str())),
        ])
    };
    MessageField::List(dimensions.iter().map(one).collect())
}

fn query(query: &MetricQuery) -> MessageField {
    let mut fields = BTreeMap::from([
        ("Id".to_owned(), MessageField::known(query.id.as_str())),
        ("Label".to_owned(), MessageField::Unknown),
        ("Period".to_owned(), MessageField::Unknown),
        ("AccountId".to_owned(), MessageField::Unknown),
        ("ReturnData".to_owned(), MessageField::known(query.return_data)),
    ]);
    if let Some(expression) = &query.expression {
        fields.insert("Expression".into(), MessageField::known(expression.as_str()));
    }
    if let Some(metric) = &query.metric {
        fields.insert("MetricStat".into(), metric_stat(metric));
    }
    MessageField::Object(fields)
}

fn metric_stat(stat: &MetricStat) -> MessageField {
    MessageField::object([
        (
            "Metric",
            MessageField::object([
                ("Namespace", MessageField::known(stat.namespace.as_str())),
                ("MetricName", MessageField::known(stat.metric_name.as_str())),
                // Seen in both spellings.
                ("Dimensions", MessageField::Unknown),
            ]),
        ),
        ("Period", MessageField::known(stat.period)),
        ("Stat", MessageField::known(stat.stat.as_str())),
        ("Unit", MessageField::Unknown),
    ])
}
