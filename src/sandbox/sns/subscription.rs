//! SNS subscriptions as they are kept: who stands behind a topic, pending or confirmed.

use crate::fault::Fault;
use crate::store::Tx;
use crate::wire::Timestamp;
use mlops_model::endpoint;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;

pub const TABLE: &str = "sns-subscription";
/// A pending subscription and its tokens are gone after this; AWS's documents name 48 hours, 2 and 3 days.
pub const PENDING: Duration = Duration::from_secs(48 * 3600);

pub type AttributesOfSubscription = BTreeMap<String, String>;

/// A subscription as it is kept, under its ARN.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StoredSubscription {
    pub topic_arn: String,
    pub protocol: String,
    pub endpoint: String,
    /// What was set, nothing of what is worked out for an answer.
    pub attributes: AttributesOfSubscription,
    pub confirmed: bool,
    /// Confirmed by somebody with credentials: only such a caller may end it.
    pub authenticated: bool,
    /// Confirmation mails (or posts) so far; a second one means that somebody was asked twice.
    pub mails_sent: u32,
    /// When the last of them went out.
    pub mailed: Timestamp,
    /// Its topic was deleted while it was pending: lists still show it, nothing else does.
    pub orphaned: bool,
    /// Its receiver used the link at the foot of a mail: lists call it deleted for a while, nothing else knows it.
    #[serde(default)]
    pub unsubscribed: bool,
}

/// The subscriptions of a topic that stands, pending ones too, with their ARNs.
pub fn of_topic(tx: &Tx, topic_arn: &str) -> Result<Vec<(String, StoredSubscription)>, Fault> {
    let mut found = tx.list_prefix::<StoredSubscription>(TABLE, &below(topic_arn))?;
    found.retain(|(_, live)| live.is_standing(tx.now()));
    Ok(found)
}

/// The one of a topic with this endpoint; of the others, thousands perhaps, none is parsed.
pub fn of_endpoint(
    tx: &Tx,
    topic_arn: &str,
    protocol: &str,
    endpoint: &str,
) -> Result<Option<(String, StoredSubscription)>, Fault> {
    let written = Value::from(endpoint).to_string();
    let alike = tx.list_where::<StoredSubscription>(TABLE, &below(topic_arn), |text| text.contains(&written))?;
    let is_it = |(_, live): &(String, StoredSubscription)| {
        live.protocol == protocol && live.endpoint == endpoint && live.is_standing(tx.now())
    };
    Ok(alike.into_iter().find(is_it))
}

/// How the ARNs of a topic's subscriptions begin.
pub fn below(topic_arn: &str) -> String {
    format!("{topic_arn}:")
}

/// What stands in the account and region, pending or confirmed.
pub fn standing(tx: &Tx) -> Result<Vec<(String, StoredSubscription)>, Fault> {
    let mut found = tx.list::<StoredSubscription>(TABLE)?;
    found.retain(|(_, live)| live.is_standing(tx.now()));
    Ok(found)
}

pub fn keep(tx: &mut Tx, arn: &str, live: &StoredSubscription) -> Result<(), Fault> {
    tx.put(TABLE, arn, live)
}

/// A topic goes, and with it what was confirmed; what is pending waits for its end, as AWS lets nobody delete it.
pub fn forget_topic(tx: &mut Tx, topic_arn: &str) -> Result<(), Fault> {
    for (arn, live) in of_topic(tx, topic_arn)? {
        match live.confirmed {
            true => drop(tx.delete(TABLE, &arn)),
            false => tx.put(TABLE, &arn, &StoredSubscription { orphaned: true, ..live })?,
        }
    }
    Ok(())
}

pub fn get(tx: &Tx, arn: &str) -> Result<Option<StoredSubscription>, Fault> {
    Ok(tx.get::<StoredSubscription>(TABLE, arn)?.filter(|live| live.is_standing(tx.now())))
}

impl StoredSubscription {
    /// Whether lists show it.
    pub fn stands(&self, now: Timestamp) -> bool {
        self.confirmed || now <= self.mailed + PENDING
    }

    /// Whether it can be asked for, changed and sent to.
    fn is_standing(&self, now: Timestamp) -> bool {
        self.stands(now) && !self.orphaned && !self.unsubscribed
    }

    /// As every answer shows it: with stars for a password (seen of SNS, e.g. in reports of Terraform's users).
    pub fn listed_endpoint(&self) -> String {
        endpoint::listed(&self.protocol, &self.endpoint)
    }

    /// The attributes that can be set, with their defaults.
    pub fn settings(&self) -> AttributesOfSubscription {
        let mut settings = self.attributes.clone();
        settings.entry("RawMessageDelivery".into()).or_insert_with(|| "false".into());
        match settings.contains_key("FilterPolicy") {
            true => drop(settings.entry("FilterPolicyScope".into()).or_insert_with(|| "MessageAttributes".into())),
            false => drop(settings.remove("FilterPolicyScope")),
        }
        settings
    }
}
