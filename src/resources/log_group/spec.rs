//! `log_groups.<name>` -> a log group; and the `retention` that functions say too.

use super::{LogGroup, ON_DESTROY, RETENTION_DAYS};
use crate::model::shape::{ObjectSchema, SchemaKey, Shape, TextFormat};
use crate::model::{Arn, Layers, Node, SpannedName};
use crate::resources::scope::{ARN_FORM, DeclarationScope};
use crate::resources::{metric_filter, tag};

/// `14d`, `14` or `never`; only the days that PutRetentionPolicy takes.
pub static RETENTION: TextFormat = TextFormat {
    what: "never, or one of 1d 3d 5d 7d 14d 30d 60d 90d 120d 150d 180d 365d 400d 545d 731d 1096d 1827d 2192d 2557d 2922d \
           3288d 3653d",
    check: check_retention,
    pattern: Some("^([0-9]+d?|[0-9]+w|never)$"),
};

pub static LOG_GROUP: ObjectSchema = ObjectSchema {
    what: "a log group",
    doc: "A CloudWatch Logs log group. What is not given stays as it is; null or never sets it back.",
    keys: &[
        &[
            SchemaKey::new(
                "retention",
                Shape::Format(&RETENTION),
                "How long logs are kept: 1d, 7d, 14d, 30d, … or never. Not for class DELIVERY, whose retention AWS has fixed.",
            ),
            SchemaKey::new("retention_in_days", Shape::Format(&RETENTION), "The plain form of `retention`: days."),
            SchemaKey::new(
                "log_group_class",
                Shape::OneOf(&["STANDARD", "INFREQUENT_ACCESS", "DELIVERY"]),
                "Fixed when the group is made. Default: STANDARD.",
            ),
            SchemaKey::or_null("kms_key_id", Shape::Text(256), "ARN of the KMS key that encrypts the logs."),
            SchemaKey::new(
                "deletion_protection",
                Shape::Bool,
                "Whether AWS refuses to delete the group, whoever asks. Default: false, and not managed where nothing is said.",
            ),
            SchemaKey::new(
                "on_destroy",
                Shape::OneOf(&["delete", "keep"]),
                "What happens to a group that this stack made once it is not wanted any more: delete, or keep, with its logs. Default: delete.",
            ),
        ],
        std::slice::from_ref(&metric_filter::spec::UNDER_GROUP),
        &tag::KEYS,
    ],
};

fn check_retention(text: &str) -> Result<(), String> {
    let Some(days) = days(text) else {
        return Err("is not a retention in days".into());
    };
    let Some(days) = days.filter(|days| !RETENTION_DAYS.iter().any(|d| i64::from(*d) == *days)) else { return Ok(()) };
    let near = RETENTION_DAYS.iter().min_by_key(|allowed| (i64::from(**allowed) - days).abs());
    let near = near.map(|near| format!("; the nearest is {near}d")).unwrap_or_default();
    Err(format!("is not a retention that AWS allows{near}"))
}

/// `None` where it is no retention, `Some(None)` for never.
fn days(text: &str) -> Option<Option<i64>> {
    if text == "never" {
        return Some(None);
    }
    if let Ok(days) = text.parse::<i64>() {
        return Some(Some(days));
    }
    let seconds = crate::model::duration::parse_seconds(text)?;
    (seconds % 86_400 == 0).then_some(Some(seconds / 86_400))
}

/// Days of a checked `retention`; `None` is for ever.
pub fn retention(node: &Node) -> Option<i32> {
    i32::try_from(days(node.text()?)??).ok()
}

/// A log group's name: 1 to 512 characters of `.-_/#A-Za-z0-9` (CloudWatch Logs API reference, CreateLogGroup).
pub fn check_name(name: &SpannedName, scope: &mut DeclarationScope<'_>) {
    let text = &name.text;
    if text.is_empty() || text.chars().count() > 512 {
        let message = format!("the log group's name has {} characters", text.chars().count());
        scope.problem(name.span, message, "AWS allows 1 to 512");
    } else if let Some(bad) = text.chars().find(|c| !c.is_ascii_alphanumeric() && !"._-/#".contains(*c)) {
        scope.problem(
            name.span,
            format!("a log group's name cannot hold {bad:?}"),
            "AWS allows letters, digits and . - _ / #",
        );
    } else if text.starts_with("aws/") {
        scope.problem(name.span, "a log group's name cannot begin with `aws/`", format!("did you mean `/{text}`?"));
    }
}

pub static SECTION: SchemaKey =
    SchemaKey::new("log_groups", Shape::Map(&Shape::Object(&LOG_GROUP)), "Log groups, by name.");

pub fn read(name: &SpannedName, layers: &Layers<'_>, scope: &mut DeclarationScope<'_>) -> LogGroup {
    check_name(name, scope);
    if let (Some(_), Some(twice)) = (layers.own("retention"), layers.own("retention_in_days")) {
        scope.problem(twice.span, "`retention` and `retention_in_days` say the same thing", "leave one of the two out");
    }
    let mut group = LogGroup::new(&name.text);
    group.log_group_class = layers.text("log_group_class");
    group.declared.extend(layers.given(&["log_group_class"]));
    let kept = layers.group(&RETENTIONS);
    let kept = RETENTIONS.iter().find_map(|key| kept.get(key));
    let days = |key: &&&str| layers.own(key).is_some_and(|node| retention(node).is_some());
    if !group.is_delivery() {
        set_retention(&mut group, kept);
    } else if let Some(key) = RETENTIONS.iter().find(days) {
        let message = "a log group of class DELIVERY has a retention that AWS has fixed";
        scope.problem(layers.key_span(key), message, format!("leave `{key}` out, or choose another class"));
    }
    set_key(&mut group, layers.get("kms_key_id"), scope);
    group.deletion_protection = layers.get("deletion_protection").and_then(Node::boolean).unwrap_or(false);
    group.tags = tag::read(layers, scope);
    group.tags.extend(layers.text("on_destroy").map(|said| (ON_DESTROY.to_owned(), said)));
    group.declared.extend(layers.given(&["deletion_protection", "on_destroy"]));
    group
}

/// The two names of the retention.
const RETENTIONS: [&str; 2] = ["retention", "retention_in_days"];

/// Sets a `retention` that is given, be it `never`.
pub fn set_retention(group: &mut LogGroup, node: Option<&Node>) {
    let Some(node) = node else { return };
    group.retention_in_days = retention(node);
    group.declared.insert("retention_in_days".to_owned());
}

/// Sets a `kms_key_id` that is given, be it `null`. CloudWatch Logs takes a key by its ARN only (API reference, AssociateKmsKey).
pub fn set_key(group: &mut LogGroup, node: Option<&Node>, scope: &mut DeclarationScope<'_>) {
    let Some(node) = node else { return };
    if node.text().is_some_and(|text| Arn::parse(text).is_none()) {
        scope.problem(node.span, "`kms_key_id` takes the ARN of a key, not its id or alias", ARN_FORM);
    }
    scope.check_partition(node);
    group.kms_key_id = node.text().map(str::to_owned);
    group.declared.insert("kms_key_id".to_owned());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_days_that_aws_takes_and_says_which() {
        for days in RETENTION_DAYS {
            assert!(check_retention(&format!("{days}d")).is_ok() && check_retention(&days.to_string()).is_ok());
            assert!(RETENTION.what.contains(&format!(" {days}d")), "{days}");
        }
        assert_eq!(RETENTION.what.matches("d ").count(), RETENTION_DAYS.len() - 1);
        assert_eq!((days("2w"), days("never"), days("36h"), days("-1d")), (Some(Some(14)), Some(None), None, None));
    }
}
