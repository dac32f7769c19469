//! Queues as they are kept, and how they are found.

use super::attributes::AttributesOfQueue;
use super::{missing, no_such_queue};
use crate::fault::Fault;
use crate::store::Tx;
use crate::wire::Timestamp;
use serde::{Deserialize, Serialize};

pub const TABLE: &str = "sqs-queue";

/// A queue as it is kept, under its name: what was set, nothing of what is worked out for an answer.
#[derive(Debug, Serialize, Deserialize)]
pub struct StoredQueue {
    pub attributes: AttributesOfQueue,
    pub created: Timestamp,
    pub modified: Timestamp,
}

/// The queue of a URL. Only the end of the URL counts, whatever host it names.
pub fn find(tx: &Tx, url: Option<String>) -> Result<(String, StoredQueue), Fault> {
    let url = url.ok_or_else(|| missing("QueueUrl"))?;
    let mut parts = url.rsplit('/');
    let (name, account) = (parts.next().unwrap_or_default(), parts.next());
    let own = account.is_none_or(|account| account == tx.account());
    match by_name(tx, name)? {
        Some(queue) if own => Ok((name.to_owned(), queue)),
        _ => Err(no_such_queue()),
    }
}

pub fn by_name(tx: &Tx, name: &str) -> Result<Option<StoredQueue>, Fault> {
    tx.get(TABLE, name)
}

pub fn arn_of(tx: &Tx, name: &str) -> String {
    tx.arn("sqs", name)
}
