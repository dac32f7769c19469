//! `alarms.<name>` -> an alarm. The keys that say what is watched are in `series`, when it is bad in `evaluation`.

use super::action_target::ActionTarget;
use super::{Alarm, WarmUp, actions, evaluation, metric, series};
use crate::model::problem::SpecProblem;
use crate::model::shape::{ObjectSchema, SchemaKey, Shape};
use crate::model::{Layers, Node, SpannedName};
use crate::resources::scope::DeclarationScope;
use crate::resources::tag;

static WARM_UP: ObjectSchema = ObjectSchema {
    what: "a warm-up",
    doc: "How long after it is made or changed the alarm waits before it judges.",
    keys: &[&[
        SchemaKey::required("period", Shape::Duration, "1m to 2d, in whole minutes."),
        SchemaKey::new(
            "only_start_evaluating_after",
            Shape::Bool,
            "Wait even when data comes earlier. Default: false.",
        ),
    ]],
};

static DESCRIPTION: [SchemaKey; 1] =
    [SchemaKey::new("description", Shape::Text(1024), "What it means and what to do; it is in the notification.")];

pub static WARM_UPS: [SchemaKey; 1] =
    [SchemaKey::new("warm_up", Shape::Object(&WARM_UP), "A wait after the alarm is made or changed. Default: none.")];

/// An alarm under `alarms`.
pub static ALARM: ObjectSchema = ObjectSchema {
    what: "an alarm",
    doc: "A CloudWatch metric alarm. It watches one metric, a metrics expression, an anomaly band or a PromQL query.",
    keys: &[
        &DESCRIPTION,
        &series::METRIC,
        &metric::NAMESPACE,
        &series::STATISTIC,
        &metric::PERIOD,
        &series::FORMS,
        &series::INTERVAL,
        &evaluation::KEYS,
        &actions::KEYS,
        &WARM_UPS,
        &tag::KEYS,
    ],
};

/// What a preset alarm can be told otherwise.
pub static OVERRIDE: ObjectSchema = ObjectSchema {
    what: "a golden signal",
    doc: "An alarm that `golden_signals` makes; every key here wins over the preset.",
    keys: &[
        &DESCRIPTION,
        &series::STATISTIC,
        &metric::PERIOD,
        &evaluation::KEYS,
        &actions::KEYS,
        &WARM_UPS,
        &tag::KEYS,
    ],
};

/// What an alarm on metric math that an SLO makes can be told otherwise.
pub static MATH_OVERRIDE: &[&[SchemaKey]] =
    &[&DESCRIPTION, &metric::PERIOD, &evaluation::KEYS, &actions::KEYS, &WARM_UPS, &tag::KEYS];

/// An alarm's name, of any kind: 1 to 255 characters, none of them an ASCII control character.
pub fn check_name(name: &SpannedName, scope: &mut DeclarationScope<'_>) {
    let length = name.text.chars().count();
    if length == 0 || length > 255 {
        scope.problem(name.span, format!("the alarm's name has {length} characters"), "AWS allows 1 to 255");
    }
    if name.text.chars().any(|c| c.is_ascii_control()) {
        scope.problem(name.span, "the alarm's name holds a control character", "AWS allows none");
    }
}

pub static SECTION: SchemaKey = SchemaKey::new("alarms", Shape::Map(&Shape::Object(&ALARM)), "Metric alarms, by name.");

/// Reads one alarm; what is wrong goes to the scope, and the alarm is then not to be used.
pub fn read(name: &SpannedName, layers: &Layers<'_>, scope: &mut DeclarationScope<'_>) -> Alarm {
    check_name(name, scope);
    let mut alarm = Alarm::new(&name.text);
    alarm.description = layers.text("description").filter(|text| !text.is_empty());
    let form = series::read(name, layers, &mut alarm, scope);
    evaluation::read(name, layers, form, &mut alarm, scope);
    alarm.actions = actions::read(layers, scope);
    alarm.warm_up = layers.get("warm_up").and_then(|node| warm_up(node, scope));
    alarm.tags = tag::read(layers, scope);
    if alarm.threshold_metric_id.is_some()
        && let Some(arn) = alarm.actions.all().find(|arn| arn.contains(":autoscaling:"))
    {
        let message = format!("an anomaly alarm cannot have the Auto Scaling action `{arn}`");
        scope
            .problems
            .push(SpecProblem::new(name.span, message).help("AWS allows it for alarms with a fixed threshold"));
    }
    instance_action(name, &alarm, scope);
    alarm
}

/// An EC2 action works on the instance that the metric is of (API reference, PutMetricAlarm: "the alarm must have an `InstanceId`
/// dimension"). Of metric math AWS says nothing, so nothing is refused there.
fn instance_action(name: &SpannedName, alarm: &Alarm, scope: &mut DeclarationScope<'_>) {
    if alarm.metric_name.is_none() || alarm.dimensions.contains_key("InstanceId") {
        return;
    }
    let acts = |arn: &&String| ActionTarget::read(arn, scope.target) == Ok(ActionTarget::Instance);
    if let Some(arn) = alarm.actions.all().find(acts).cloned() {
        let message = format!("`{arn}` needs the dimension `InstanceId`: it works on that instance");
        scope.problem(name.span, message, "add dimensions: { InstanceId: i-… }");
    }
}

pub fn warm_up(node: &Node, scope: &mut DeclarationScope<'_>) -> Option<WarmUp> {
    let period = node.get("period")?;
    let seconds = period.seconds()?;
    let minutes = i32::try_from(seconds / 60).ok().filter(|m| (1..=2880).contains(m) && seconds % 60 == 0);
    if minutes.is_none() {
        let message = format!("a warm-up cannot last `{}`", period.text().unwrap_or_default());
        scope.problem(period.span, message, "AWS allows 1m to 2d, in whole minutes");
    }
    let only = node.get("only_start_evaluating_after").and_then(Node::boolean).unwrap_or(false);
    Some(WarmUp { minutes: minutes?, only_start_evaluating_after: only })
}
