//! Metric alarms in CloudWatch: describe (with those of the other types), put, and the conversions between the SDK's types and ours.

use super::{Alarm, MetricQuery, MetricStat, PromQl};
use crate::aws::{ApiOperation, Aws, AwsError, Repeat};
use crate::model::Target;
pub use crate::resources::any_alarm::aws::BATCH;
use crate::resources::any_alarm::aws::{
    DELETE, DESCRIBE, action_configuration, actions_of, pair, since, some_list, tagged_as_alarms, tags_to_sdk, text,
    warm_up_from_sdk, warm_up_to_sdk,
};
use crate::resources::aws::Client;
use crate::resources::{AlarmFacts, Live, Resource, ResourceTags, any_alarm, composite_alarm, log_alarm};
use aws_sdk_cloudwatch::operation::describe_alarm_history::DescribeAlarmHistoryOutput;
use aws_sdk_cloudwatch::operation::describe_alarms::DescribeAlarmsOutput;
use aws_sdk_cloudwatch::types as sdk;
use aws_smithy_types::DateTime;
use std::collections::BTreeMap;

const PUT: ApiOperation = ApiOperation("cloudwatch", "PutMetricAlarm");
const HISTORY: ApiOperation = ApiOperation("cloudwatch", "DescribeAlarmHistory");

/// Describes at most `BATCH` alarms by name, of every type; names that do not exist are left out.
pub async fn describe(aws: &Aws, names: &[String]) -> Result<Vec<Live>, AwsError> {
    read(aws, Some(names)).await
}

/// Every alarm of the target, of every type, in pages of 100.
pub async fn list(aws: &Aws) -> Result<Vec<Live>, AwsError> {
    read(aws, None).await
}

async fn read(aws: &Aws, names: Option<&[String]>) -> Result<Vec<Live>, AwsError> {
    let keep = |alarms: &mut Vec<Live>, page: &DescribeAlarmsOutput| {
        alarms.extend(page.metric_alarms().iter().map(from_sdk));
        alarms.extend(page.composite_alarms().iter().map(composite_alarm::aws::from_sdk));
        alarms.extend(page.log_alarms().iter().map(log_alarm::aws::from_sdk));
    };
    let (mut alarms, mut unknown) = any_alarm::aws::describe(aws, names, keep).await?;
    for live in &mut alarms {
        live.facts.unknown_settings = unknown.remove(&live.resource.name()).unwrap_or_default();
    }
    Ok(alarms)
}

/// The names of the composite alarms whose rules name an alarm. AWS tells of them only names and states.
pub async fn parents(aws: &Aws, name: &str) -> Result<Vec<String>, AwsError> {
    let mut names = Vec::new();
    let page = |token| aws.cloudwatch.describe_alarms().parents_of_alarm_name(name).set_next_token(token).send();
    let keep = |page: DescribeAlarmsOutput| {
        names.extend(page.composite_alarms().iter().filter_map(|alarm| alarm.alarm_name().map(str::to_owned)));
        page.next_token
    };
    aws.pages(DESCRIBE, page, keep).await?;
    Ok(names)
}

/// One change of state that an alarm of the target made; seconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateChange {
    pub alarm: String,
    pub at: i64,
    /// `OK`, `ALARM`, `INSUFFICIENT_DATA`.
    pub to: String,
}

/// The state changes of all alarms since `from`, deleted ones among them; CloudWatch keeps them 30 days.
pub async fn state_changes(aws: &Aws, from: i64) -> Result<Vec<StateChange>, AwsError> {
    let mut changes = Vec::new();
    let page = |token| {
        let request = aws.cloudwatch.describe_alarm_history().history_item_type(sdk::HistoryItemType::StateUpdate);
        let request = request.start_date(aws_smithy_types::DateTime::from_secs(from)).max_records(100);
        request.set_next_token(token).send()
    };
    let keep = |page: DescribeAlarmHistoryOutput| {
        changes.extend(page.alarm_history_items().iter().filter_map(|item| {
            // HistoryData is JSON: {"oldState": {...}, "newState": {"stateValue": "ALARM", ...}}.
            let data: serde_json::Value = serde_json::from_str(item.history_data()?).ok()?;
            let to = data.pointer("/newState/stateValue")?.as_str()?.to_owned();
            Some(StateChange { alarm: item.alarm_name()?.to_owned(), at: item.timestamp()?.secs(), to })
        }));
        page.next_token
    };
    aws.pages(HISTORY, page, keep).await?;
    Ok(changes)
}

/// Creates or replaces the alarm. The tags count at creation only; AWS ignores them on update (PutMetricAlarm).
pub async fn put(aws: &Aws, alarm: &Alarm) -> Result<(), AwsError> {
    let request = || {
        let window = alarm
            .wall_clock_timezone
            .as_ref()
            .map(|zone| sdk::EvaluationWindow::WallClockWindow(sdk::WallClockWindow::builder().timezone(zone).build()));
        let criteria = alarm.promql.as_ref().map(|p| {
            let criteria = sdk::AlarmPromQlCriteria::builder().query(&p.query);
            let criteria = criteria.set_pending_period(p.pending_period).set_recovery_period(p.recovery_period);
            sdk::EvaluationCriteria::PromQlCriteria(criteria.build())
        });
        aws.cloudwatch
            .put_metric_alarm()
            .alarm_name(&alarm.name)
            .set_alarm_description(alarm.description.clone())
            .actions_enabled(alarm.actions.enabled)
            .set_alarm_actions(Some(alarm.actions.alarm.clone()))
            .set_ok_actions(Some(alarm.actions.ok.clone()))
            .set_insufficient_data_actions(Some(alarm.actions.insufficient_data.clone()))
            .set_action_configuration(action_configuration(&alarm.actions))
            .set_namespace(alarm.namespace.clone())
            .set_metric_name(alarm.metric_name.clone())
            .set_dimensions(some_list(dimensions(&alarm.dimensions)))
            .set_statistic(alarm.statistic.as_deref().map(Into::into))
            .set_extended_statistic(alarm.extended_statistic.clone())
            .set_unit(alarm.unit.as_deref().map(Into::into))
            .set_period(alarm.period)
            .set_metrics(some_list(alarm.metrics.iter().map(query_to_sdk).collect()))
            .set_threshold_metric_id(alarm.threshold_metric_id.clone())
            .set_evaluation_criteria(criteria)
            .set_evaluation_interval(alarm.evaluation_interval)
            .set_evaluation_periods(alarm.evaluation_periods)
            .set_datapoints_to_alarm(alarm.datapoints_to_alarm)
            .set_threshold(alarm.threshold)
            .set_comparison_operator(alarm.comparison_operator.as_deref().map(Into::into))
            .set_treat_missing_data(alarm.treat_missing_data.clone())
            .set_evaluate_low_sample_count_percentile(alarm.evaluate_low_sample_count_percentile.clone())
            .set_evaluation_window(window)
            .set_warm_up_configuration(warm_up_to_sdk(alarm.warm_up.as_ref()))
            .set_tags(some_list(tags_to_sdk(&alarm.tags)))
            .send()
    };
    aws.call(PUT, Repeat::Safe, request).await.map(drop)
}

fn from_sdk(alarm: &sdk::MetricAlarm) -> Live {
    let (name, actions) = (text(alarm.alarm_name()), actions_of!(alarm));
    let mut live = Live::new(Resource::Alarm(Box::new(Alarm {
        name,
        description: alarm.alarm_description().map(str::to_owned),
        actions,
        namespace: alarm.namespace().map(str::to_owned),
        metric_name: alarm.metric_name().map(str::to_owned),
        dimensions: dimensions_from_sdk(alarm.dimensions()),
        statistic: alarm.statistic().map(|s| s.as_str().to_owned()),
        extended_statistic: alarm.extended_statistic().map(str::to_owned),
        unit: alarm.unit().map(|u| u.as_str().to_owned()),
        period: alarm.period(),
        metrics: alarm.metrics().iter().map(query_from_sdk).collect(),
        threshold_metric_id: alarm.threshold_metric_id().map(str::to_owned),
        promql: alarm.evaluation_criteria().and_then(promql_from_sdk),
        evaluation_interval: alarm.evaluation_interval(),
        evaluation_periods: alarm.evaluation_periods(),
        datapoints_to_alarm: alarm.datapoints_to_alarm(),
        threshold: alarm.threshold(),
        comparison_operator: alarm.comparison_operator().map(|o| o.as_str().to_owned()),
        treat_missing_data: alarm.treat_missing_data().map(str::to_owned),
        evaluate_low_sample_count_percentile: alarm.evaluate_low_sample_count_percentile().map(str::to_owned),
        wall_clock_timezone: alarm.evaluation_window().and_then(timezone_from_sdk),
        warm_up: alarm.warm_up_configuration().map(warm_up_from_sdk),
        tags: ResourceTags::new(),
    })));
    live.facts.arn = alarm.alarm_arn().map(str::to_owned);
    live.facts.alarm_state = alarm.state_value().map(|s| s.as_str().to_owned());
    live.facts.alarm = Some(Box::new(AlarmFacts {
        since: since(alarm.state_transitioned_timestamp(), alarm.state_updated_timestamp()),
        reason: text(alarm.state_reason()),
        evaluation: alarm.evaluation_state().map(|state| state.as_str().to_owned()),
        configured: alarm.alarm_configuration_updated_timestamp().map(DateTime::secs),
        ..AlarmFacts::default()
    }));
    live
}

fn promql_from_sdk(criteria: &sdk::EvaluationCriteria) -> Option<PromQl> {
    let criteria = criteria.as_prom_ql_criteria().ok()?;
    Some(PromQl {
        query: text(criteria.query()),
        pending_period: criteria.pending_period(),
        recovery_period: criteria.recovery_period(),
    })
}

fn timezone_from_sdk(window: &sdk::EvaluationWindow) -> Option<String> {
    let window = window.as_wall_clock_window().ok()?;
    Some(window.timezone().unwrap_or("UTC").to_owned())
}

pub(in crate::resources) fn query_to_sdk(query: &MetricQuery) -> sdk::MetricDataQuery {
    let metric_stat = query.metric.as_ref().map(|m| {
        let metric = sdk::Metric::builder().namespace(&m.namespace).metric_name(&m.metric_name);
        let metric = metric.set_dimensions(some_list(dimensions(&m.dimensions))).build();
        let stat = sdk::MetricStat::builder().metric(metric).stat(&m.stat).period(m.period);
        stat.set_unit(m.unit.as_deref().map(Into::into)).build()
    });
    sdk::MetricDataQuery::builder()
        .id(&query.id)
        .set_expression(query.expression.clone())
        .set_metric_stat(metric_stat)
        .set_label(query.label.clone())
        .set_period(query.period)
        .set_account_id(query.account_id.clone())
        .return_data(query.return_data)
        .build()
}

pub(in crate::resources) fn query_from_sdk(query: &sdk::MetricDataQuery) -> MetricQuery {
    MetricQuery {
        id: text(query.id()),
        expression: query.expression().map(str::to_owned),
        metric: query.metric_stat().map(|m| MetricStat {
            namespace: text(m.metric().and_then(|x| x.namespace())),
            metric_name: text(m.metric().and_then(|x| x.metric_name())),
            dimensions: dimensions_from_sdk(m.metric().map(|x| x.dimensions()).unwrap_or_default()),
            stat: text(m.stat()),
            period: m.period().unwrap_or_default(),
            unit: m.unit().map(|u| u.as_str().to_owned()),
        }),
        label: query.label().map(str::to_owned),
        period: query.period(),
        account_id: query.account_id().map(str::to_owned),
        return_data: query.return_data().unwrap_or(true),
    }
}

pub(in crate::resources) fn dimensions(dimensions: &BTreeMap<String, String>) -> Vec<sdk::Dimension> {
    dimensions.iter().map(|(name, value)| sdk::Dimension::builder().name(name).value(value).build()).collect()
}

pub(in crate::resources) fn dimensions_from_sdk(dimensions: &[sdk::Dimension]) -> BTreeMap<String, String> {
    dimensions.iter().filter_map(|d| pair(d.name(), d.value())).collect()
}

impl Client for Alarm {
    tagged_as_alarms!();

    const PUT: ApiOperation = PUT;
    const DELETE: ApiOperation = DELETE;

    async fn put(&self, aws: &Aws) -> Result<(), AwsError> {
        put(aws, self).await
    }

    async fn delete(aws: &Aws, _: &Target, names: &[String]) -> Vec<Result<(), AwsError>> {
        any_alarm::aws::delete_all(aws, names).await
    }
}
