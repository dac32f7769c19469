//! The operations on log groups and on their tags. What an account policy makes of a retention is that room's matter.

use super::account_policy::{self, Governed};
use super::group::{self, KIND, StoredLogGroup, TABLE};
use super::{EmptyLogsResponse, RETENTIONS, constraint, invalid, metric_filter, stream};
use crate::fault::Fault;
use crate::paging::{Order, page};
use crate::store::Tx;
use crate::tags::{self, StoredTags};
use mlops_model::Arn;
use serde::{Deserialize, Serialize};

const PAGE: usize = 50;
const MAX_TAGS: usize = 50;
const CLASSES: [&str; 3] = ["STANDARD", "INFREQUENT_ACCESS", "DELIVERY"];

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateLogGroup {
    log_group_name: Option<String>,
    kms_key_id: Option<String>,
    #[serde(default)]
    tags: StoredTags,
    log_group_class: Option<String>,
    #[serde(default)]
    deletion_protection_enabled: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupName {
    log_group_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PutRetentionPolicy {
    log_group_name: Option<String>,
    retention_in_days: Option<i32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeletionProtection {
    log_group_identifier: Option<String>,
    #[serde(default)]
    deletion_protection_enabled: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogGroupKey {
    log_group_name: Option<String>,
    resource_identifier: Option<String>,
    kms_key_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeLogGroups {
    log_group_name_prefix: Option<String>,
    log_group_name_pattern: Option<String>,
    log_group_identifiers: Option<Vec<String>>,
    log_group_class: Option<String>,
    next_token: Option<String>,
    limit: Option<usize>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TagLogGroup {
    resource_arn: Option<String>,
    #[serde(default)]
    tags: StoredTags,
    #[serde(default)]
    tag_keys: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LogGroups {
    log_groups: Vec<DescribedLogGroup>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

/// A log group as it is answered.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DescribedLogGroup {
    log_group_name: String,
    /// Milliseconds since 1970.
    creation_time: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    retention_in_days: Option<i32>,
    metric_filter_count: i32,
    /// Ends in `:*`.
    arn: String,
    /// Does not end in `:*`; the one for tags and identifiers.
    log_group_arn: String,
    log_group_class: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    stored_bytes: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kms_key_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deletion_protection_enabled: Option<bool>,
    /// The account policy that the retention comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    retention_policy_name: Option<String>,
}

#[derive(Serialize)]
pub struct TagMap {
    tags: StoredTags,
}

pub fn create(input: CreateLogGroup, tx: &mut Tx) -> Result<EmptyLogsResponse, Fault> {
    let name = group::checked_name(input.log_group_name)?;
    if name.to_ascii_lowercase().starts_with("aws/") {
        return Err(invalid("Log groups starting with AWS/ are reserved for AWS."));
    }
    let class = input.log_group_class.unwrap_or_else(|| "STANDARD".into());
    check_class(&class)?;
    check_key(tx, input.kms_key_id.as_deref())?;
    check_tags(&input.tags)?;
    if tx.get::<StoredLogGroup>(TABLE, &name)?.is_some() {
        return Err(Fault::sender("ResourceAlreadyExistsException", "The specified log group already exists"));
    }
    let group = StoredLogGroup {
        created: tx.now(),
        // Documented: the Delivery class keeps events for a day. That lists show it as a retention is inferred.
        retention: (class == "DELIVERY").then_some(1),
        class,
        kms_key_id: input.kms_key_id,
        deletion_protection: input.deletion_protection_enabled,
        stored_bytes: 0,
    };
    tx.put(TABLE, &name, &group)?;
    let arn = group::arn_of(tx, &name);
    tags::set(tx, KIND, &arn, input.tags)?;
    Ok(EmptyLogsResponse {})
}

pub fn delete(input: GroupName, tx: &mut Tx) -> Result<EmptyLogsResponse, Fault> {
    let (name, group) = group::find(tx, input.log_group_name)?;
    if group.deletion_protection {
        let message = "The log group has deletion protection enabled; disable it before deleting the log group.";
        return Err(Fault::sender("ValidationException", message));
    }
    tx.delete(TABLE, &name);
    stream::forget_all(tx, &name)?;
    metric_filter::forget_all(tx, &name)?;
    let arn = group::arn_of(tx, &name);
    tags::forget(tx, &arn)?;
    Ok(EmptyLogsResponse {})
}

/// Sets the group's own retention. It succeeds under an account policy too, and then shows nowhere.
pub fn put_retention(input: PutRetentionPolicy, tx: &mut Tx) -> Result<EmptyLogsResponse, Fault> {
    let days = input.retention_in_days;
    if !days.is_some_and(|days| RETENTIONS.contains(&days)) {
        let value = days.map_or_else(|| "null".into(), |days| days.to_string());
        return Err(constraint(value, "retentionInDays", &format!("satisfy enum value set: {RETENTIONS:?}")));
    }
    set_retention(tx, input.log_group_name, days)
}

pub fn delete_retention(input: GroupName, tx: &mut Tx) -> Result<EmptyLogsResponse, Fault> {
    set_retention(tx, input.log_group_name, None)
}

fn set_retention(tx: &mut Tx, name: Option<String>, days: Option<i32>) -> Result<EmptyLogsResponse, Fault> {
    let (name, mut group) = group::find(tx, name)?;
    if group.class == "DELIVERY" {
        return Err(invalid("The retention of a log group of the DELIVERY class cannot be changed."));
    }
    group.retention = days;
    tx.put(TABLE, &name, &group)?;
    Ok(EmptyLogsResponse {})
}

pub fn put_deletion_protection(input: DeletionProtection, tx: &mut Tx) -> Result<EmptyLogsResponse, Fault> {
    let name = input.log_group_identifier.map(|identifier| group::named_by(tx, &identifier)).transpose()?;
    let (name, mut group) = group::find(tx, name)?;
    group.deletion_protection = input.deletion_protection_enabled;
    tx.put(TABLE, &name, &group)?;
    Ok(EmptyLogsResponse {})
}

pub fn associate_key(input: LogGroupKey, tx: &mut Tx) -> Result<EmptyLogsResponse, Fault> {
    if input.kms_key_id.is_none() {
        return Err(constraint("null", "kmsKeyId", "not be null"));
    }
    check_key(tx, input.kms_key_id.as_deref())?;
    let (name, mut group) = group::found_by(tx, input.log_group_name, input.resource_identifier)?;
    group.kms_key_id = input.kms_key_id;
    tx.put(TABLE, &name, &group)?;
    Ok(EmptyLogsResponse {})
}

pub fn disassociate_key(input: LogGroupKey, tx: &mut Tx) -> Result<EmptyLogsResponse, Fault> {
    let (name, mut group) = group::found_by(tx, input.log_group_name, input.resource_identifier)?;
    group.kms_key_id = None;
    tx.put(TABLE, &name, &group)?;
    Ok(EmptyLogsResponse {})
}

/// The groups of the account and region, by name. Identifiers that name nothing are left out of the answer.
pub fn describe(input: DescribeLogGroups, tx: &mut Tx) -> Result<LogGroups, Fault> {
    let limit = input.limit.unwrap_or(PAGE);
    if !(1..=PAGE).contains(&limit) {
        let rule =
            if limit == 0 { "have value greater than or equal to 1" } else { "have value less than or equal to 50" };
        return Err(constraint(limit, "limit", rule));
    }
    if let Some(class) = &input.log_group_class {
        check_class(class)?;
    }
    let (prefix, pattern) = (input.log_group_name_prefix, input.log_group_name_pattern);
    if prefix.is_some() && pattern.is_some() {
        let message = "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.";
        return Err(invalid(message));
    }
    let governed = account_policy::retention(tx)?;
    let mut groups: Vec<(String, StoredLogGroup)> = match &input.log_group_identifiers {
        Some(identifiers) => {
            if prefix.is_some() || pattern.is_some() || input.log_group_class.is_some() {
                return Err(invalid("logGroupIdentifiers cannot be combined with any other filter."));
            }
            identified(tx, identifiers)?
        }
        None => tx.list_prefix::<StoredLogGroup>(TABLE, prefix.as_deref().unwrap_or_default())?,
    };
    groups.retain(|(_, group)| input.log_group_class.as_ref().is_none_or(|class| group.class == *class));
    let groups = groups.into_iter().map(|(name, group)| (name.clone(), (name, group))).collect();
    let wrong_token = || invalid("The specified nextToken is invalid.");
    let (groups, next_token) = page(tx, groups, Order::ByKey, input.next_token.as_deref(), limit, wrong_token)?;
    // A pattern is looked for page by page, as AWS does: a page may be short, or empty, and still not be the last.
    let wanted = |name: &str| pattern.as_ref().is_none_or(|pattern| name.contains(pattern.as_str()));
    let log_groups = groups
        .into_iter()
        .filter(|(name, _)| wanted(name))
        .map(|(name, group)| shown(tx, name, group, governed.as_ref(), pattern.is_some()))
        .collect::<Result<_, Fault>>()?;
    Ok(LogGroups { log_groups, next_token })
}

fn identified(tx: &Tx, identifiers: &[String]) -> Result<Vec<(String, StoredLogGroup)>, Fault> {
    if identifiers.len() > PAGE {
        let rule = "have length less than or equal to 50";
        return Err(constraint(format!("[{}]", identifiers.join(", ")), "logGroupIdentifiers", rule));
    }
    let mut names =
        identifiers.iter().map(|identifier| group::named_by(tx, identifier)).collect::<Result<Vec<_>, _>>()?;
    names.sort();
    names.dedup();
    let mut groups = Vec::new();
    for name in names {
        if let Some(group) = tx.get::<StoredLogGroup>(TABLE, &name)? {
            groups.push((name, group));
        }
    }
    Ok(groups)
}

fn shown(
    tx: &Tx,
    name: String,
    group: StoredLogGroup,
    governed: Option<&Governed>,
    brief: bool,
) -> Result<DescribedLogGroup, Fault> {
    let log_group_arn = group::arn_of(tx, &name);
    let governed = governed.filter(|_| group.class != "DELIVERY");
    let retention = account_policy::held_for(&group, governed);
    Ok(DescribedLogGroup {
        metric_filter_count: metric_filter::count(tx, &name)?,
        log_group_name: name,
        creation_time: group.created.millis(),
        retention_in_days: retention.filter(|_| !brief),
        arn: format!("{log_group_arn}:*"),
        log_group_arn,
        log_group_class: group.class,
        stored_bytes: (!brief).then_some(group.stored_bytes),
        kms_key_id: group.kms_key_id.filter(|_| !brief),
        deletion_protection_enabled: (!brief).then_some(group.deletion_protection),
        retention_policy_name: governed.filter(|_| !brief).map(|policy| policy.name.clone()),
    })
}

/// The group that is written to by a service that may make it, as Lambda does.
pub fn find_or_create(tx: &mut Tx, name: &str) -> Result<(), Fault> {
    if tx.get::<StoredLogGroup>(TABLE, name)?.is_none() {
        let input = CreateLogGroup { log_group_name: Some(name.to_owned()), ..CreateLogGroup::default() };
        create(input, tx)?;
    }
    Ok(())
}

pub fn tag(input: TagLogGroup, tx: &mut Tx) -> Result<EmptyLogsResponse, Fault> {
    let arn = taggable(tx, input.resource_arn)?;
    check_tags(&input.tags)?;
    let mut tags = tags::get(tx, &arn)?;
    tags.extend(input.tags);
    if tags.len() > MAX_TAGS {
        let message = "The maximum number of tags (50) that can be applied to a resource was exceeded.";
        return Err(Fault::sender("TooManyTagsException", message));
    }
    tags::set(tx, KIND, &arn, tags)?;
    Ok(EmptyLogsResponse {})
}

pub fn untag(input: TagLogGroup, tx: &mut Tx) -> Result<EmptyLogsResponse, Fault> {
    let arn = taggable(tx, input.resource_arn)?;
    tags::remove(tx, KIND, &arn, &input.tag_keys)?;
    Ok(EmptyLogsResponse {})
}

pub fn list_tags(input: TagLogGroup, tx: &mut Tx) -> Result<TagMap, Fault> {
    let arn = taggable(tx, input.resource_arn)?;
    Ok(TagMap { tags: tags::get(tx, &arn)? })
}

fn taggable(tx: &Tx, arn: Option<String>) -> Result<String, Fault> {
    let arn = arn.unwrap_or_default();
    let name = arn.strip_prefix(group::arn_of(tx, "").as_str()).filter(|name| !name.ends_with(":*"));
    let Some(name) = name else {
        return Err(invalid(format!("The ARN '{arn}' is not that of a resource that can be tagged.")));
    };
    group::find(tx, Some(name.to_owned())).map(|_| arn.clone())
}

fn check_class(class: &str) -> Result<(), Fault> {
    match CLASSES.contains(&class) {
        true => Ok(()),
        false => Err(constraint(class, "logGroupClass", &format!("satisfy enum value set: [{}]", CLASSES.join(", ")))),
    }
}

fn check_key(tx: &Tx, key: Option<&str>) -> Result<(), Fault> {
    let is_key = |arn: Arn<'_>| {
        let here = arn.partition == tx.partition().id && arn.region == tx.region();
        here && arn.service == "kms" && arn.resource.starts_with("key/")
    };
    match key.is_none_or(|key| Arn::parse(key).is_some_and(is_key)) {
        true => Ok(()),
        false => Err(invalid("The specified KMS key Id could not be found.")),
    }
}

fn check_tags(tags: &StoredTags) -> Result<(), Fault> {
    let good = |(key, value): (&String, &String)| {
        (1..=128).contains(&key.chars().count()) && !key.starts_with("aws:") && value.chars().count() <= 256
    };
    match tags.iter().all(good) && tags.len() <= MAX_TAGS {
        true => Ok(()),
        false => Err(invalid("The tags are not valid: at most 50, keys of 1 to 128 characters not starting with aws:")),
    }
}
