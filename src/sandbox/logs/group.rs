//! Log groups as they are kept, and how they are found. What is done with them is the matter of `group_operation`.

use super::{constraint, invalid};
use crate::fault::Fault;
use crate::lambda;
use crate::store::{Seed, Tx};
use crate::wire::Timestamp;
use serde::{Deserialize, Serialize};

pub const TABLE: &str = "logs-group";
/// The type of a log group in the tagging API.
pub const KIND: &str = "logs:log-group";

/// A log group as it is kept, under its name.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StoredLogGroup {
    pub created: Timestamp,
    /// `STANDARD`, `INFREQUENT_ACCESS` or `DELIVERY`; never changes.
    pub class: String,
    /// Days; none = for ever. An account policy may say otherwise.
    pub retention: Option<i32>,
    pub kms_key_id: Option<String>,
    pub deletion_protection: bool,
    pub stored_bytes: i64,
}

pub fn names(tx: &Tx) -> Result<Vec<String>, Fault> {
    Ok(tx.list::<StoredLogGroup>(TABLE)?.into_iter().map(|(name, _)| name).collect())
}

/// The group of the lab's function, a few weeks old, never expires as Lambda leaves it.
pub fn seed() -> Option<Seed> {
    let group = StoredLogGroup {
        created: Timestamp::from_iso("2026-10-01T09:31:12Z")?,
        class: "STANDARD".into(),
        retention: None,
        kms_key_id: None,
        deletion_protection: false,
        stored_bytes: 48_318_464,
    };
    let key = lambda::default_log_group(lambda::SERVICE);
    Some(Seed { table: TABLE, key, value: serde_json::to_value(group).ok()? })
}

/// Counts bytes that were added to a group or, below 0, deleted from it.
pub fn count_bytes(tx: &mut Tx, name: &str, bytes: i64) -> Result<(), Fault> {
    let (name, mut group) = find(tx, Some(name.to_owned()))?;
    group.stored_bytes = (group.stored_bytes + bytes).max(0);
    tx.put(TABLE, &name, &group)
}

/// All groups with their names, for the account policies that weigh on them.
pub fn all(tx: &Tx) -> Result<Vec<(String, StoredLogGroup)>, Fault> {
    tx.list::<StoredLogGroup>(TABLE)
}

pub fn arn_of(tx: &Tx, name: &str) -> String {
    tx.arn("logs", &format!("log-group:{name}"))
}

/// The group's name of an identifier, which is a name or an ARN without `:*`.
pub fn named_by(tx: &Tx, identifier: &str) -> Result<String, Fault> {
    if identifier.contains('*') || identifier.is_empty() {
        return Err(constraint(
            identifier,
            "logGroupIdentifier",
            r"satisfy regular expression pattern: [\w#+=/:,.@-]*",
        ));
    }
    match identifier.strip_prefix(arn_of(tx, "").as_str()) {
        Some(name) => Ok(name.to_owned()),
        None if identifier.starts_with("arn:") => Err(invalid("The log group ARN is not of this account and Region.")),
        None => Ok(identifier.to_owned()),
    }
}

pub fn found_by(tx: &Tx, name: Option<String>, identifier: Option<String>) -> Result<(String, StoredLogGroup), Fault> {
    match (name, identifier) {
        (Some(name), None) => find(tx, Some(name)),
        (None, Some(identifier)) => find(tx, Some(named_by(tx, &identifier)?)),
        _ => Err(invalid("Exactly one of logGroupName and resourceIdentifier has to be given.")),
    }
}

pub fn find(tx: &Tx, name: Option<String>) -> Result<(String, StoredLogGroup), Fault> {
    let name = checked_name(name)?;
    match tx.get::<StoredLogGroup>(TABLE, &name)? {
        Some(group) => Ok((name, group)),
        None => Err(Fault::sender("ResourceNotFoundException", "The specified log group does not exist.")),
    }
}

pub fn checked_name(name: Option<String>) -> Result<String, Fault> {
    let name = name.ok_or_else(|| constraint("null", "logGroupName", "not be null"))?;
    if name.len() > 512 {
        return Err(invalid("Invalid LogGroup or LogStream, both must have length less than or equal to 512."));
    }
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-_/#".contains(&byte);
    match !name.is_empty() && name.bytes().all(allowed) {
        true => Ok(name),
        false => Err(constraint(name, "logGroupName", r"satisfy regular expression pattern: [\.\-_/#A-Za-z0-9]+")),
    }
}
