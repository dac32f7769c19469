//! Account policies of Logs. Only the retention policy does something here: it overrules what every log group says of itself.
//! The other types are kept and answered, nothing more.

use super::group::{self, StoredLogGroup};
use super::{RETENTIONS, constraint, invalid};
use crate::fault::Fault;
use crate::store::Tx;
use crate::wire::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::time::Duration;

const TABLE: &str = "logs-account-policy";
const RETENTION: &str = "RETENTION_POLICY";
const TYPES: [&str; 6] = [
    "DATA_PROTECTION_POLICY",
    "SUBSCRIPTION_FILTER_POLICY",
    "FIELD_INDEX_POLICY",
    "TRANSFORMER_POLICY",
    "METRIC_EXTRACTION_POLICY",
    RETENTION,
];
/// The types that may be narrowed to some log groups.
const SELECTIVE: [&str; 3] = ["SUBSCRIPTION_FILTER_POLICY", "FIELD_INDEX_POLICY", "TRANSFORMER_POLICY"];
const LONGEST: usize = 30_720;
/// What stands for no end, in documents and in previews.
const NEVER: &str = "NEVER_EXPIRE";

/// The retention that an account policy sets for every group of the STANDARD and INFREQUENT_ACCESS classes.
#[derive(Debug, Clone, PartialEq)]
pub struct Governed {
    pub name: String,
    /// None = for ever.
    pub days: Option<i32>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct StoredAccountPolicy {
    document: String,
    updated: Timestamp,
    selection: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PutAccountPolicy {
    policy_name: Option<String>,
    policy_document: Option<String>,
    policy_type: Option<String>,
    scope: Option<String>,
    selection_criteria: Option<String>,
    #[serde(default)]
    dry_run: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicyName {
    policy_name: Option<String>,
    policy_type: Option<String>,
    #[serde(default)]
    dry_run: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Changed {
    #[serde(skip_serializing_if = "Option::is_none")]
    account_policy: Option<AccountPolicy>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dry_run_result: Option<Impact>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountPolicies {
    account_policies: Vec<AccountPolicy>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AccountPolicy {
    policy_name: String,
    policy_document: String,
    /// Milliseconds since 1970.
    last_updated_time: i64,
    policy_type: String,
    scope: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    selection_criteria: Option<String>,
    account_id: String,
}

/// What a change of the retention policy would do.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Impact {
    total_matched_log_groups: i32,
    increased_retention_log_group_count: i32,
    decreased_retention_log_group_count: i32,
    unchanged_retention_log_group_count: i32,
    failed_analysis_count: i32,
    /// The largest twenty.
    top_log_groups_impacted: Vec<GroupImpact>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct GroupImpact {
    log_group_name: String,
    current_retention: String,
    proposed_retention: String,
    stored_bytes: i64,
}

pub fn put(input: PutAccountPolicy, tx: &mut Tx) -> Result<Changed, Fault> {
    let kind = checked_type(input.policy_type)?;
    let name = input.policy_name.unwrap_or_default();
    if name.is_empty() || name.starts_with("aws/") {
        return Err(invalid("The policy name must not be empty and must not start with aws/."));
    }
    let document = input.policy_document.unwrap_or_default();
    if document.chars().count() > LONGEST {
        return Err(constraint("...", "policyDocument", "have length less than or equal to 30720"));
    }
    if let Some(scope) = input.scope.filter(|scope| scope != "ALL") {
        return Err(constraint(scope, "scope", "satisfy enum value set: [ALL]"));
    }
    if input.selection_criteria.is_some() && !SELECTIVE.contains(&kind.as_str()) {
        return Err(invalid(format!("selectionCriteria is not valid for the policy type {kind}.")));
    }
    check_dry_run(input.dry_run, &kind)?;
    if serde_json::from_str::<Value>(&document).is_err() {
        return Err(invalid("The policy document is not valid JSON."));
    }
    let live = retention(tx)?;
    if kind == RETENTION {
        let wanted = Governed { days: days(&document)?, name: name.clone() };
        if live.as_ref().is_some_and(|live| live.name != wanted.name) {
            return Err(Fault::sender("LimitExceededException", "Resource limit exceeded."));
        }
        if input.dry_run {
            let impact = impact(tx, live.as_ref(), Some(&wanted))?;
            return Ok(Changed { account_policy: None, dry_run_result: Some(impact) });
        }
    }
    let policy = StoredAccountPolicy { document, updated: tx.now(), selection: input.selection_criteria };
    tx.put(TABLE, &format!("{kind}/{name}"), &policy)?;
    let account_policy = Some(shown(tx, &kind, name, policy));
    Ok(Changed { account_policy, dry_run_result: None })
}

pub fn delete(input: PolicyName, tx: &mut Tx) -> Result<Changed, Fault> {
    let kind = checked_type(input.policy_type)?;
    check_dry_run(input.dry_run, &kind)?;
    let key = format!("{kind}/{}", input.policy_name.unwrap_or_default());
    if tx.get::<StoredAccountPolicy>(TABLE, &key)?.is_none() {
        return Err(missing());
    }
    if input.dry_run {
        let live = retention(tx)?;
        let dry_run_result = Some(impact(tx, live.as_ref(), None)?);
        return Ok(Changed { account_policy: None, dry_run_result });
    }
    tx.delete(TABLE, &key);
    Ok(Changed { account_policy: None, dry_run_result: None })
}

pub fn describe(input: PolicyName, tx: &mut Tx) -> Result<AccountPolicies, Fault> {
    let kind = checked_type(input.policy_type)?;
    let prefix = format!("{kind}/");
    let mut found = Vec::new();
    for (key, policy) in tx.list_prefix::<StoredAccountPolicy>(TABLE, &prefix)? {
        let name = key[prefix.len()..].to_owned();
        if input.policy_name.as_ref().is_none_or(|wanted| *wanted == name) {
            found.push(shown(tx, &kind, name, policy));
        }
    }
    if found.is_empty() && input.policy_name.is_some() {
        return Err(missing());
    }
    Ok(AccountPolicies { account_policies: found })
}

/// The retention policy of the account and region, if it has one.
pub fn retention(tx: &Tx) -> Result<Option<Governed>, Fault> {
    let mut found = tx.list_prefix::<StoredAccountPolicy>(TABLE, &format!("{RETENTION}/"))?;
    let Some((key, policy)) = found.pop() else { return Ok(None) };
    let name = key.trim_start_matches(&format!("{RETENTION}/")).to_owned();
    Ok(Some(Governed { name, days: days(&policy.document)? }))
}

/// The days that hold for a group: an account policy's, where one governs it, else its own; none = for ever.
pub fn held_for(group: &StoredLogGroup, governed: Option<&Governed>) -> Option<i32> {
    governed.filter(|_| group.class != "DELIVERY").map_or(group.retention, |policy| policy.days)
}

/// Events older than this are deleted.
pub fn kept_since(tx: &Tx, group: &StoredLogGroup) -> Result<Option<Timestamp>, Fault> {
    let days = held_for(group, retention(tx)?.as_ref());
    Ok(days.map(|days| tx.now() - Duration::from_secs(u64::from(days.unsigned_abs()) * 86_400)))
}

/// The days of a retention document. Its form, `{"RetentionInDays": 30}`, with the word for no end that previews use, is inferred:
/// the service model documents the other types' documents only.
fn days(document: &str) -> Result<Option<i32>, Fault> {
    let document: Value = serde_json::from_str(document).unwrap_or_default();
    let members = document.as_object();
    let found = members.and_then(|members| members.iter().find(|(key, _)| key.eq_ignore_ascii_case("RetentionInDays")));
    let days = match found.map(|(_, value)| value) {
        Some(Value::String(text)) if text == NEVER => return Ok(None),
        Some(Value::String(text)) => text.parse().ok(),
        Some(value) => value.as_i64(),
        None => None,
    };
    let days = days.and_then(|days| i32::try_from(days).ok()).filter(|days| RETENTIONS.contains(days));
    days.map(Some)
        .ok_or_else(|| invalid("The policy document must set RetentionInDays to a supported retention period."))
}

fn impact(tx: &Tx, live: Option<&Governed>, wanted: Option<&Governed>) -> Result<Impact, Fault> {
    let mut impact = Impact::default();
    let under =
        |policy: Option<&Governed>, group: &StoredLogGroup| policy.map_or(group.retention, |policy| policy.days);
    let text = |days: Option<i32>| days.map_or_else(|| NEVER.to_owned(), |days| days.to_string());
    for (name, group) in group::all(tx)?.into_iter().filter(|(_, group)| group.class != "DELIVERY") {
        let (before, after) = (under(live, &group), under(wanted, &group));
        impact.total_matched_log_groups += 1;
        match after.unwrap_or(i32::MAX).cmp(&before.unwrap_or(i32::MAX)) {
            std::cmp::Ordering::Greater => impact.increased_retention_log_group_count += 1,
            std::cmp::Ordering::Less => impact.decreased_retention_log_group_count += 1,
            std::cmp::Ordering::Equal => impact.unchanged_retention_log_group_count += 1,
        }
        impact.top_log_groups_impacted.push(GroupImpact {
            log_group_name: name,
            current_retention: text(before),
            proposed_retention: text(after),
            stored_bytes: group.stored_bytes,
        });
    }
    impact.top_log_groups_impacted.sort_by_key(|group| std::cmp::Reverse(group.stored_bytes));
    impact.top_log_groups_impacted.truncate(20);
    Ok(impact)
}

fn shown(tx: &Tx, kind: &str, name: String, policy: StoredAccountPolicy) -> AccountPolicy {
    AccountPolicy {
        policy_name: name,
        policy_document: policy.document,
        last_updated_time: policy.updated.millis(),
        policy_type: kind.to_owned(),
        scope: "ALL",
        selection_criteria: policy.selection,
        account_id: tx.account().to_owned(),
    }
}

fn checked_type(kind: Option<String>) -> Result<String, Fault> {
    match kind {
        Some(kind) if TYPES.contains(&kind.as_str()) => Ok(kind),
        kind => {
            let value = kind.unwrap_or_else(|| "null".into());
            Err(constraint(value, "policyType", &format!("satisfy enum value set: [{}]", TYPES.join(", "))))
        }
    }
}

fn check_dry_run(dry_run: bool, kind: &str) -> Result<(), Fault> {
    match dry_run && kind != RETENTION {
        true => Err(invalid("dryRun is valid only for the policy type RETENTION_POLICY.")),
        false => Ok(()),
    }
}

fn missing() -> Fault {
    Fault::sender("ResourceNotFoundException", "The specified account policy does not exist.")
}
