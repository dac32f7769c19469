//! `mute_rules.<name>` -> a mute rule. Its alarms are names or patterns over the alarms of the file, and names of others.

use super::MuteRule;
use crate::model::glob;
use crate::model::shape::{ObjectSchema, SchemaKey, Shape, TextFormat};
use crate::model::{Layers, Node, SpannedName, SpecProblem};
use crate::resources::scope::DeclarationScope;
use crate::resources::tag;
use mlops_cloudwatch::schedule::{MuteSchedule, iso_duration, minute};
use mlops_cloudwatch::zone::TimeZone;
use std::collections::BTreeSet;

/// CloudWatch API reference, MuteTargets and PutAlarmMuteRule.
const MOST_ALARMS: usize = 100;
const LONGEST_NAME: usize = 255;

pub static MOMENT: TextFormat = TextFormat {
    what: "a moment such as 2026-12-24T18:00Z",
    check: |text| moment(text).map(drop).ok_or_else(|| "is no moment of UTC in full minutes".into()),
    pattern: Some("^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:00)?Z?)?$"),
};

pub static MUTE_RULE: ObjectSchema = ObjectSchema {
    what: "a mute rule",
    doc: "When the actions of some alarms are held back. The alarms go on being evaluated; what is in ALARM when a mute ends acts then.",
    keys: &[
        &[
            SchemaKey::new("description", Shape::Text(1024), "What it is for."),
            SchemaKey::required(
                "schedule",
                Shape::Text(256),
                "When a mute begins: cron(minutes hours day month weekday), again and again, or at(yyyy-MM-ddThh:mm), once.",
            ),
            SchemaKey::required("duration", Shape::Duration, "How long each mute lasts: 1m to 15d."),
            SchemaKey::new(
                "timezone",
                Shape::Text(50),
                "The zone of the schedule: an IANA name such as Europe/Berlin, or an offset such as +02:00. Default: UTC.",
            ),
            SchemaKey::required(
                "alarms",
                Shape::List(&Shape::Text(255)),
                "The alarms: names of this file, or patterns over them with * and ?.",
            ),
            SchemaKey::new(
                "external_alarms",
                Shape::List(&Shape::Text(255)),
                "Further alarms that exist and are kept elsewhere, not in this file.",
            ),
            SchemaKey::new("start_date", Shape::Format(&MOMENT), "From when on it counts, in UTC. Default: at once."),
            SchemaKey::new("expire_date", Shape::Format(&MOMENT), "Until when it counts, in UTC. Default: for good."),
        ],
        &tag::KEYS,
    ],
};

pub static SECTION: SchemaKey = SchemaKey::new(
    "mute_rules",
    Shape::Map(&Shape::Object(&MUTE_RULE)),
    "When the actions of alarms are held back, by the rule's name.",
);

/// Reads one rule; what is wrong goes to the scope, and the rule is then not to be used.
pub fn read(name: &SpannedName, layers: &Layers<'_>, scope: &mut DeclarationScope<'_>) -> MuteRule {
    let length = name.text.chars().count();
    if length == 0 || length > LONGEST_NAME || name.text.chars().any(|c| c.is_ascii_control()) {
        let help = "AWS allows 1 to 255 characters, none of them a control character";
        scope.problem(name.span, "this cannot name a mute rule", help);
    }
    let rule = MuteRule {
        name: name.text.clone(),
        description: layers.text("description").filter(|text| !text.is_empty()),
        expression: layers.text("schedule").unwrap_or_default().trim().to_owned(),
        duration: layers.get("duration").and_then(Node::seconds).unwrap_or_default(),
        timezone: layers.get("timezone").and_then(|node| zone(node, scope)),
        alarms: alarms(layers, scope),
        start_date: layers.text("start_date").and_then(|text| moment(&text)),
        expire_date: layers.text("expire_date").and_then(|text| moment(&text)),
        tags: tag::read(layers, scope),
    };
    check_schedule(layers, &rule, scope);
    if let (Some(start), Some(end)) = (rule.start_date, rule.expire_date)
        && start >= end
    {
        scope.problem(layers.key_span("expire_date"), "it expires before it starts", "write a later `expire_date`");
    }
    rule
}

fn check_schedule(layers: &Layers<'_>, rule: &MuteRule, scope: &mut DeclarationScope<'_>) {
    let (Some(schedule), Some(duration)) = (layers.get("schedule"), layers.get("duration")) else { return };
    if duration.seconds().is_none() {
        return;
    }
    // A length that is right for certain, to tell which of the two is wrong.
    if let Err(error) = MuteSchedule::parse(&rule.expression, "PT1H") {
        let help = "for example cron(0 2 * * SUN), at two every Sunday, or at(2026-12-24T18:00)";
        scope.problem(schedule.span, error.to_string(), help);
    } else if MuteSchedule::parse(&rule.expression, &iso_duration(rule.duration)).is_err() {
        let message = format!("a mute cannot last `{}`", duration.text().unwrap_or_default());
        scope.problem(duration.span, message, "AWS allows 1m to 15d");
    }
}

/// UTC is what a schedule without a zone has.
fn zone(node: &Node, scope: &mut DeclarationScope<'_>) -> Option<String> {
    let text = node.text()?;
    if TimeZone::parse(text).is_none() {
        let message = format!("`{text}` is no time zone");
        scope.problem(node.span, message, "write an IANA name such as Europe/Berlin, or an offset such as +02:00");
    }
    (text != super::UTC).then(|| text.to_owned())
}

/// The names that the patterns stand for today: AWS takes no patterns.
fn alarms(layers: &Layers<'_>, scope: &mut DeclarationScope<'_>) -> Vec<String> {
    let Some(list) = layers.get("alarms") else { return Vec::new() };
    let mut names: BTreeSet<String> = BTreeSet::new();
    for node in list.items() {
        let Some(text) = node.text() else { continue };
        if scope.alarms.contains(text) {
            names.insert(text.to_owned());
        } else if glob::is_pattern(text) {
            let before = names.len();
            let all: Vec<&str> = scope.alarms.iter().copied().filter(|alarm| glob::matches(text, alarm)).collect();
            names.extend(all.iter().map(|name| (*name).to_owned()));
            if all.is_empty() && names.len() == before {
                let message = format!("no alarm of this file is named like `{text}`");
                scope.problem(node.span, message, "name one of this file, or leave the pattern out");
            }
        } else {
            let problem = SpecProblem::new(node.span, format!("no alarm `{text}` is declared in this file"));
            let near = scope.nearest(text, &scope.alarms, "the alarms are");
            let elsewhere = format!("an alarm that is kept elsewhere is named under external_alarms: [{text}]");
            let problem = near.into_iter().fold(problem, SpecProblem::help);
            scope.problems.push(problem.help(elsewhere));
        }
    }
    let external = layers.get("external_alarms").map(Node::items).unwrap_or_default();
    names.extend(external.iter().filter_map(Node::text).map(str::to_owned));
    if names.len() > MOST_ALARMS {
        let message = format!("the rule mutes {} alarms", names.len());
        scope.problem(list.span, message, format!("AWS allows {MOST_ALARMS}: write several rules"));
    } else if list.items().is_empty() && names.is_empty() {
        scope.problem(list.span, "the rule mutes no alarm", "name some, or leave the rule out");
    }
    names.into_iter().collect()
}

/// A minute of UTC, as seconds since 1970: `2026-12-24T18:00Z`, with seconds that are zero, or a day.
pub fn moment(text: &str) -> Option<i64> {
    let text = text.strip_suffix('Z').unwrap_or(text);
    match text.len() {
        10 => minute(&format!("{text}T00:00")),
        19 => minute(text.strip_suffix(":00")?),
        _ => minute(text),
    }
}
