//! `log_alarms.<name>` -> a log alarm.

use super::{LogAlarm, schedule};
use crate::model::duration::format_seconds;
use crate::model::shape::{ObjectSchema, SchemaKey, Shape, TextFormat};
use crate::model::{Arn, Layers, Node, SpannedName};
use crate::resources::alarm::action_target::ActionTarget;
use crate::resources::alarm::{actions, evaluation, spec as alarm};
use crate::resources::scope::{ARN_FORM, DeclarationScope};
use crate::resources::{composite_alarm, tag};
use mlops_cloudwatch::comparison::Comparison;
use mlops_cloudwatch::missing::MissingData;

/// CloudWatch API reference, ScheduledQueryConfiguration.
const MOST_GROUPS: usize = 50;
/// ScheduleConfiguration: 30 days.
const LONGEST_OFFSET: i64 = 2_592_000;

/// What of the defaults is about log alarms, too.
pub const INHERITED: &[&str] = &[
    "notify",
    "alarm_actions",
    "ok_actions",
    "insufficient_data_actions",
    "actions_enabled",
    "propagate_tags",
    "treat_missing_data",
    "warm_up",
];

static SCHEDULE: TextFormat = TextFormat {
    what: "a rate such as 5m",
    check: |text| match schedule::read(text) {
        Some(_) => Ok(()),
        None => Err("is neither a duration of whole minutes, such as 5m, nor a rate such as rate(5 minutes)".into()),
    },
    pattern: Some(r"^\s*(rate\(\s*[0-9]+\s+(minutes?|hours?|days?)\s*\)|[0-9]+\s*[smhdw])\s*$"),
};

static QUERY: [SchemaKey; 7] = [
    SchemaKey::required(
        "query_string",
        Shape::Text(10_000),
        "The Logs Insights query that runs on the schedule, for example filter @message like /timeout/.",
    ),
    SchemaKey::required(
        "log_group_identifiers",
        Shape::List(&Shape::Text(1024)),
        "The log groups that are queried: 1 to 50 names, or ARNs for groups of another account.",
    ),
    SchemaKey::required(
        "aggregation_expression",
        Shape::Text(2_048),
        "How the results of a query become the number that is compared: count(*), or avg(latency) by host, which gives one for each host.",
    ),
    SchemaKey::required(
        "schedule_expression",
        Shape::Format(&SCHEDULE),
        "How often the query runs: 5m, or rate(5 minutes).",
    ),
    SchemaKey::new(
        "start_time_offset",
        Shape::Duration,
        "How long before each run the lines begin that it looks at, up to 30d. Default: the time between two runs.",
    ),
    SchemaKey::new(
        "end_time_offset",
        Shape::Duration,
        "How long before each run they end: time for late lines to arrive. Default: 0s.",
    ),
    SchemaKey::required(
        "scheduled_query_role_arn",
        Shape::Text(1024),
        "The role that CloudWatch assumes to run the query: it trusts CloudWatch and may query these log groups.",
    ),
];

static LINES: [SchemaKey; 2] = [
    SchemaKey::new(
        "action_log_line_count",
        Shape::Integer(0, 50),
        "How many log lines of the last query are in a notification. Default: 0.",
    ),
    SchemaKey::new(
        "action_log_line_role_arn",
        Shape::Text(1024),
        "The role that CloudWatch assumes to read those lines; required where there are any.",
    ),
];

static EVALUATION: [SchemaKey; 5] = [
    SchemaKey::new(
        "query_results_to_evaluate",
        Shape::Integer(1, 100),
        "N: how many of the last results are looked at. Default: 1.",
    ),
    SchemaKey::new("query_results_to_alarm", Shape::Integer(1, 100), "M: how many of them must be bad. Default: N."),
    SchemaKey::required(
        "threshold",
        Shape::Either(&[Shape::Number, Shape::Format(&evaluation::COMPARISON)]),
        "The number compared with: \"> 5\", \">= 5\", \"< 5\", \"<= 5\", or a number beside `comparison_operator`.",
    ),
    SchemaKey::new(
        "comparison_operator",
        Shape::OneOf(Comparison::WORDS),
        "How a result is compared with the threshold.",
    ),
    SchemaKey::new(
        "treat_missing_data",
        Shape::OneOf(MissingData::WORDS),
        "What a query without a result counts as. Default: missing (the alarm may say INSUFFICIENT_DATA).",
    ),
];

pub static LOG_ALARM: ObjectSchema = ObjectSchema {
    what: "a log alarm",
    doc: "A CloudWatch log alarm. It runs a Logs Insights query on a schedule and compares what the query finds with a threshold.",
    keys: &[
        &composite_alarm::spec::DESCRIPTION,
        &QUERY,
        &EVALUATION,
        &LINES,
        &actions::KEYS,
        &alarm::WARM_UPS,
        &tag::KEYS,
    ],
};

pub static SECTION: SchemaKey =
    SchemaKey::new("log_alarms", Shape::Map(&Shape::Object(&LOG_ALARM)), "Alarms on queries of logs, by name.");

/// Reads one alarm; what is wrong goes to the scope, and the alarm is then not to be used.
pub fn read(name: &SpannedName, layers: &Layers<'_>, scope: &mut DeclarationScope<'_>) -> LogAlarm {
    alarm::check_name(name, scope);
    let small = |key: &str| layers.get(key).and_then(Node::integer).and_then(|n| i32::try_from(n).ok());
    let text = |key: &str| layers.text(key).unwrap_or_default();
    let (threshold, operator) = evaluation::compared(name, layers, scope);
    let (start, end) = offsets(layers, scope);
    let evaluate = small("query_results_to_evaluate").unwrap_or(1);
    let read = LogAlarm {
        name: name.text.clone(),
        description: layers.text("description").filter(|text| !text.is_empty()),
        actions: actions::read(layers, scope),
        query_string: text("query_string"),
        log_group_identifiers: groups(layers, scope),
        aggregation_expression: text("aggregation_expression").trim().to_owned(),
        schedule_expression: schedule::read(&text("schedule_expression")).unwrap_or_default(),
        start_time_offset: start,
        end_time_offset: end,
        scheduled_query_role_arn: role(layers, "scheduled_query_role_arn", scope).unwrap_or_default(),
        action_log_line_count: small("action_log_line_count").filter(|lines| *lines > 0),
        action_log_line_role_arn: role(layers, "action_log_line_role_arn", scope),
        query_results_to_evaluate: evaluate,
        query_results_to_alarm: small("query_results_to_alarm").unwrap_or(evaluate),
        threshold: threshold.unwrap_or_default(),
        comparison_operator: operator.unwrap_or_default(),
        treat_missing_data: layers.text("treat_missing_data"),
        warm_up: layers.get("warm_up").and_then(|node| alarm::warm_up(node, scope)),
        tags: tag::read(layers, scope),
    };
    check(name, layers, &read, scope);
    read
}

fn check(name: &SpannedName, layers: &Layers<'_>, alarm: &LogAlarm, scope: &mut DeclarationScope<'_>) {
    for key in ["query_string", "aggregation_expression"] {
        if let Some(node) = layers.get(key).filter(|node| node.text().is_some_and(|text| text.trim().is_empty())) {
            let help = match key {
                "query_string" => {
                    "write, for example, filter @message like /timeout/, or fields @message for every line"
                }
                _ => "write, for example, count(*)",
            };
            scope.problem(node.span, format!("`{key}` is empty"), help);
        }
    }
    let (m, n) = (alarm.query_results_to_alarm, alarm.query_results_to_evaluate);
    if m > n {
        let message = format!("`query_results_to_alarm` is {m}, more than the {n} of `query_results_to_evaluate`");
        let span = layers.span(&["query_results_to_alarm", "query_results_to_evaluate"]);
        scope.problem(span, message, "M out of N: at most as many bad results as are looked at");
    }
    match (alarm.action_log_line_count, &alarm.action_log_line_role_arn) {
        (Some(_), None) if layers.get("action_log_line_role_arn").is_none() => {
            let span = layers.key_span("action_log_line_count");
            let help = "add `action_log_line_role_arn`: a role that trusts CloudWatch and may read the log groups";
            scope.problem(span, "log lines in a notification need a role that reads them", help);
        }
        (None, Some(_)) => {
            let span = layers.key_span("action_log_line_role_arn");
            scope.problem(
                span,
                "this role reads no lines: `action_log_line_count` is 0",
                "say how many, or leave it out",
            );
        }
        _ => {}
    }
    for arn in alarm.actions.all() {
        if ActionTarget::read(arn, scope.target).is_ok_and(|action| !action.is_for_composites()) {
            let message = format!("a log alarm cannot have the action `{arn}`");
            let help = "AWS allows it for metric alarms: a log alarm notifies topics or functions, or opens an OpsItem";
            scope.problems.push(crate::model::SpecProblem::new(name.span, message).help(help));
        }
    }
}

fn groups(layers: &Layers<'_>, scope: &mut DeclarationScope<'_>) -> Vec<String> {
    let Some(list) = layers.get("log_group_identifiers") else { return Vec::new() };
    let mut groups: Vec<String> = Vec::new();
    for node in list.items() {
        let Some(text) = node.text() else { continue };
        let arn = Arn::parse(text);
        if text.starts_with("arn:") && arn.as_ref().is_none_or(|arn| !arn.resource.starts_with("log-group:")) {
            let help = "for example arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/orders";
            scope.problem(node.span, format!("`{text}` is no ARN of a log group"), help);
        } else if arn.is_none() && !is_group_name(text) {
            let help = "AWS allows 1 to 512 letters, digits, and - _ / . #";
            scope.problem(node.span, format!("`{text}` cannot name a log group"), help);
        }
        scope.check_partition(node);
        if !groups.iter().any(|group| group == text) {
            groups.push(text.to_owned());
        }
    }
    let count = groups.len();
    if list.items().is_empty() || count > MOST_GROUPS {
        let message = if count == 0 { "no log group is queried".to_owned() } else { format!("{count} log groups") };
        scope.problem(list.span, message, format!("AWS allows 1 to {MOST_GROUPS}"));
    }
    groups
}

/// CloudWatch Logs API reference, CreateLogGroup.
fn is_group_name(text: &str) -> bool {
    (1..=512).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_/.#".contains(c))
}

/// Seconds before a run at which its lines begin and end.
fn offsets(layers: &Layers<'_>, scope: &mut DeclarationScope<'_>) -> (i64, i64) {
    let every = layers.text("schedule_expression").and_then(|text| schedule::read(&text));
    let every = every.as_deref().and_then(schedule::seconds).unwrap_or_default();
    let written = layers.get("start_time_offset").and_then(Node::seconds);
    let end = layers.get("end_time_offset").and_then(Node::seconds).unwrap_or_default();
    let start = written.unwrap_or(every + end);
    for (key, seconds, least) in [("start_time_offset", start, 1), ("end_time_offset", end, 0)] {
        if (every > 0 || written.is_some()) && !(least..=LONGEST_OFFSET).contains(&seconds) {
            let message = format!("`{key}` cannot be {}", format_seconds(seconds));
            scope.problem(layers.span(&[key, "schedule_expression"]), message, "AWS allows at most 30d");
        }
    }
    if let Some(start) = written.filter(|start| end >= *start) {
        let message = format!(
            "the lines end {} before a run, and begin {} before it",
            format_seconds(end),
            format_seconds(start)
        );
        scope.problem(layers.span(&["end_time_offset"]), message, "`end_time_offset` is less than `start_time_offset`");
    }
    (start, end)
}

fn role(layers: &Layers<'_>, key: &str, scope: &mut DeclarationScope<'_>) -> Option<String> {
    let node = layers.get(key)?;
    let text = node.text()?;
    match Arn::parse(text) {
        None => scope.problem(node.span, format!("`{text}` is not a whole ARN"), ARN_FORM),
        Some(arn) if arn.service != "iam" || !arn.resource.starts_with("role/") => {
            let help = "for example arn:aws:iam::123456789012:role/log-alarms";
            scope.problem(node.span, format!("`{text}` is no ARN of a role"), help);
        }
        Some(_) => scope.check_partition(node),
    }
    Some(text.to_owned())
}
