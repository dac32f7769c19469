//! PutLogAlarm: an alarm on a scheduled Logs query.

use super::shared::{ActionConfiguration, CommonAlarmInput, PutWarmUp, comparison, length, range, treat_missing_data};
use super::{PutResult, configuration, keep};
use crate::cloudwatch::alarm::AlarmType;
use crate::cloudwatch::{Nothing, constraint, log_query, required};
use crate::fault::Fault;
use crate::logs::insights::{LogsQuery, QueryAggregate};
use crate::store::Tx;
use crate::tags::Tag;
use mlops_cloudwatch::state::AlarmState;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

/// Every member of PutLogAlarm.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct PutLogAlarm {
    alarm_name: Option<String>,
    alarm_description: Option<String>,
    scheduled_query_configuration: Option<ScheduledQuery>,
    action_log_line_count: Option<i64>,
    action_log_line_role_arn: Option<String>,
    actions_enabled: Option<bool>,
    #[serde(rename = "OKActions")]
    ok_actions: Option<Vec<String>>,
    alarm_actions: Option<Vec<String>>,
    insufficient_data_actions: Option<Vec<String>>,
    query_results_to_evaluate: Option<i64>,
    query_results_to_alarm: Option<i64>,
    threshold: Option<f64>,
    comparison_operator: Option<String>,
    treat_missing_data: Option<String>,
    #[serde(default)]
    tags: Vec<Tag>,
    warm_up_configuration: Option<PutWarmUp>,
    action_configuration: Option<ActionConfiguration>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
struct ScheduledQuery {
    query_string: Option<String>,
    #[serde(default)]
    log_group_identifiers: Vec<String>,
    #[serde(rename = "QueryARN", skip_serializing_if = "Option::is_none")]
    query_arn: Option<String>,
    #[serde(rename = "ScheduledQueryRoleARN", skip_serializing_if = "Option::is_none")]
    scheduled_query_role_arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    schedule_configuration: Option<Map<String, Json>>,
    aggregation_expression: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tags: Vec<Tag>,
}

pub fn put_log_alarm(mut input: PutLogAlarm, raw: Json, tx: &mut Tx) -> Result<Nothing, Fault> {
    input.check(tx)?;
    let name = input.alarm_name.clone().unwrap_or_default();
    if let Some(query) = &mut input.scheduled_query_configuration {
        // AWS makes the scheduled query and names it in answers.
        query.query_arn = Some(tx.arn("logs", &format!("scheduled-query:{name}")));
    }
    let configuration = configuration(&input, raw)?;
    let first = AlarmState::InsufficientData;
    keep(PutResult { name: &name, kind: AlarmType::Log, configuration, tags: input.tags, first }, tx)
}

impl PutLogAlarm {
    fn check(&self, tx: &Tx) -> Result<(), Fault> {
        let shared = CommonAlarmInput {
            name: &self.alarm_name,
            description: &self.alarm_description,
            actions: [
                ("oKActions", &self.ok_actions),
                ("alarmActions", &self.alarm_actions),
                ("insufficientDataActions", &self.insufficient_data_actions),
            ],
            tags: &self.tags,
            warm_up: self.warm_up_configuration.as_ref(),
            action_configuration: &self.action_configuration,
        };
        shared.check(tx)?;
        treat_missing_data(self.treat_missing_data.as_deref())?;
        comparison(required("comparisonOperator", self.comparison_operator.as_deref())?)?;
        required("threshold", self.threshold)?;
        let n = required("queryResultsToEvaluate", self.query_results_to_evaluate)?;
        range("queryResultsToEvaluate", n, 1, 100)?;
        range("queryResultsToAlarm", required("queryResultsToAlarm", self.query_results_to_alarm)?, 1, n)?;
        if let Some(lines) = self.action_log_line_count {
            range("actionLogLineCount", lines, 0, 50)?;
            if lines > 0 {
                required("actionLogLineRoleArn", self.action_log_line_role_arn.as_deref())?;
            }
        }
        let query = required("scheduledQueryConfiguration", self.scheduled_query_configuration.as_ref())?;
        let text = required("scheduledQueryConfiguration.queryString", query.query_string.as_deref())?;
        length("scheduledQueryConfiguration.queryString", text, 10_000)?;
        let field = "scheduledQueryConfiguration.aggregationExpression";
        length(field, required(field, query.aggregation_expression.as_deref())?, 2048)?;
        required("scheduledQueryConfiguration.scheduledQueryRoleARN", query.scheduled_query_role_arn.as_deref())?;
        query.check_schedule()?;
        query.check_known(text)?;
        if !(1..=50).contains(&query.log_group_identifiers.len()) {
            let groups = query.log_group_identifiers.join(", ");
            return Err(constraint(
                "scheduledQueryConfiguration.logGroupIdentifiers",
                format_args!("[{groups}]"),
                "have length between 1 and 50",
            ));
        }
        Ok(())
    }
}

impl ScheduledQuery {
    fn check_schedule(&self) -> Result<(), Fault> {
        let of = "scheduledQueryConfiguration.scheduleConfiguration";
        let schedule = required(of, self.schedule_configuration.as_ref())?;
        let expression = schedule.get("ScheduleExpression").and_then(Json::as_str);
        let expression = required(&format!("{of}.scheduleExpression"), expression)?;
        if log_query::rate(expression).is_none() {
            return Err(Fault::validation(format!("Invalid schedule expression {expression}: it has to be a rate")));
        }
        let start = schedule.get("StartTimeOffset").and_then(Json::as_i64);
        let start = required(&format!("{of}.startTimeOffset"), start)?;
        range(&format!("{of}.startTimeOffset"), start, 1, 2_592_000)?;
        let end = schedule.get("EndTimeOffset").and_then(Json::as_i64).unwrap_or_default();
        range(&format!("{of}.endTimeOffset"), end, 0, 2_592_000)?;
        match end < start {
            true => Ok(()),
            false => Err(Fault::validation("EndTimeOffset must be less than StartTimeOffset")),
        }
    }

    /// AWS takes more: what the sandbox could not evaluate it does not pretend to watch.
    fn check_known(&self, text: &str) -> Result<(), Fault> {
        let query = text.parse::<LogsQuery>().map(drop);
        let aggregate = self.aggregation_expression.as_deref().unwrap_or_default().parse::<QueryAggregate>().map(drop);
        let refused = |what: &str, error: String| {
            Fault::validation(format!("This {what} cannot be evaluated in the sandbox: {error}"))
        };
        query.map_err(|error| refused("query", error))?;
        aggregate.map_err(|error| refused("aggregation expression", error))
    }
}
