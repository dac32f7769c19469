//! The tags of every taggable resource, in one table: services keep theirs here, and the tagging API reads all of them here.
//! The index that GetResources shows lags behind by the weather's `tag_index_lag`; a service's own tag calls never do.

use super::fault::Fault;
use super::store::Tx;
use super::wire::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

const TABLE: &str = "tags";

pub type StoredTags = BTreeMap<String, String>;

/// A tag on the wire of CloudWatch, SNS and the tagging API.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Tag {
    pub key: String,
    pub value: String,
}

/// A list of tags as a map; the last of two equal keys wins.
pub fn from_list(tags: Vec<Tag>) -> StoredTags {
    tags.into_iter().map(|tag| (tag.key, tag.value)).collect()
}

/// A map of tags as a list in scattered order.
pub fn to_list(tx: &Tx, tags: StoredTags) -> Vec<Tag> {
    let mut list: Vec<Tag> = tags.into_iter().map(|(key, value)| Tag { key, value }).collect();
    list.sort_by_key(|tag| tx.scatter(&tag.key));
    list
}

#[derive(Clone, Debug, Deserialize, Serialize)]
struct TagEntry {
    /// As the tagging API names types, e.g. `cloudwatch:alarm`, `sns`, `logs:log-group`.
    kind: String,
    /// What the tags were, in order of time; none of them = the resource is gone. The last one is what they are.
    versions: Vec<Version>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
struct Version {
    since: Timestamp,
    tags: Option<StoredTags>,
}

/// The tags of a resource right now; empty where it has none.
pub fn get(tx: &Tx, arn: &str) -> Result<StoredTags, Fault> {
    Ok(tx
        .get::<TagEntry>(TABLE, arn)?
        .and_then(|mut entry| entry.versions.pop())
        .and_then(|last| last.tags)
        .unwrap_or_default())
}

/// Sets all tags of a resource. `kind` is its type in the tagging API, e.g. `cloudwatch:alarm`.
pub fn set(tx: &mut Tx, kind: &str, arn: &str, tags: StoredTags) -> Result<(), Fault> {
    if tags.is_empty() && tx.get::<TagEntry>(TABLE, arn)?.is_none() {
        return Ok(());
    }
    change(tx, kind, arn, Some(tags))
}

/// Adds or overwrites tags of a resource.
pub fn add(tx: &mut Tx, kind: &str, arn: &str, more: StoredTags) -> Result<(), Fault> {
    let mut tags = get(tx, arn)?;
    tags.extend(more);
    set(tx, kind, arn, tags)
}

/// Takes tags away; keys that are not there are ignored, as AWS does.
pub fn remove(tx: &mut Tx, kind: &str, arn: &str, keys: &[String]) -> Result<(), Fault> {
    let mut tags = get(tx, arn)?;
    tags.retain(|key, _| !keys.contains(key));
    set(tx, kind, arn, tags)
}

/// To be called when a resource is deleted.
pub fn forget(tx: &mut Tx, arn: &str) -> Result<(), Fault> {
    match tx.get::<TagEntry>(TABLE, arn)? {
        Some(entry) => change(tx, &entry.kind, arn, None),
        None => Ok(()),
    }
}

fn change(tx: &mut Tx, kind: &str, arn: &str, tags: Option<StoredTags>) -> Result<(), Fault> {
    let lag = tx.tag_index_lag();
    let mut entry = tx.get::<TagEntry>(TABLE, arn)?.unwrap_or(TagEntry { kind: kind.to_owned(), versions: Vec::new() });
    if lag.is_zero() {
        entry.versions.clear();
        if tags.is_none() {
            tx.delete(TABLE, arn);
            return Ok(());
        }
    } else {
        // Only what the index may still show is worth keeping.
        let shown = entry.versions.iter().rposition(|version| version.since + lag <= tx.now()).unwrap_or(0);
        entry.versions.drain(..shown);
    }
    entry.versions.push(Version { since: tx.now(), tags });
    tx.put(TABLE, arn, &entry)
}

/// A resource as the tag index shows it.
#[derive(Clone, Debug)]
pub struct Indexed {
    pub arn: String,
    /// E.g. `cloudwatch:alarm`.
    pub kind: String,
    pub tags: StoredTags,
}

/// The ARNs of everything that ever had a tag.
pub fn arns<'t>(tx: &'t Tx) -> Vec<&'t str> {
    tx.names(TABLE, "")
}

/// What the index shows of a resource now, that is as it was `lag` ago; `None` where it had no tags yet, or is gone.
pub fn indexed(tx: &Tx, arn: &str, lag: Duration) -> Result<Option<Indexed>, Fault> {
    let Some(entry) = tx.get::<TagEntry>(TABLE, arn)? else { return Ok(None) };
    let now = tx.now();
    let version = entry.versions.into_iter().rfind(|version| version.since + lag <= now);
    let tags = version.and_then(|version| version.tags);
    Ok(tags.map(|tags| Indexed { arn: arn.to_owned(), kind: entry.kind, tags }))
}
