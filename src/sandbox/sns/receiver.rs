//! What the people behind the endpoints do, who have no credentials: confirm by the link of a mail, or leave by the link at its foot.

use super::subscription::{self, StoredSubscription};
use crate::Sandbox;
use crate::fault::Fault;
use crate::store::Tx;
use mlops_model::secret;

/// A subscription that its receiver touched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touched {
    pub endpoint: String,
    pub topic_arn: String,
    /// False where it could not be done: somebody with credentials has confirmed it, so only such a caller may end it.
    pub done: bool,
}

impl Sandbox {
    /// Confirms what waits for confirmation, as a click on the link in the last mail does: of one endpoint, or of all.
    pub fn confirm(&self, account: &str, region: &str, endpoint: Option<&str>) -> anyhow::Result<Vec<Touched>> {
        self.visit(account, region, |tx| {
            let pending = subscriptions(tx, endpoint)?.into_iter().filter(|(_, live)| !live.confirmed);
            let mut touched = Vec::new();
            for (arn, live) in pending {
                touched.push(Touched {
                    endpoint: live.endpoint.clone(),
                    topic_arn: live.topic_arn.clone(),
                    done: true,
                });
                subscription::keep(tx, &arn, &StoredSubscription { confirmed: true, ..live })?;
            }
            Ok(touched)
        })
    }

    /// Ends what is confirmed, as the link at the foot of a mail does, be it a person or a scanner of mails that opens it.
    pub fn unsubscribe(&self, account: &str, region: &str, endpoint: &str) -> anyhow::Result<Vec<Touched>> {
        self.visit(account, region, |tx| {
            let confirmed = subscriptions(tx, Some(endpoint))?.into_iter().filter(|(_, live)| live.confirmed);
            let mut touched = Vec::new();
            for (arn, live) in confirmed {
                let done = !live.authenticated;
                touched.push(Touched { endpoint: live.endpoint.clone(), topic_arn: live.topic_arn.clone(), done });
                if done {
                    subscription::keep(tx, &arn, &StoredSubscription { unsubscribed: true, ..live })?;
                }
            }
            Ok(touched)
        })
    }
}

/// What stands, pending or confirmed, for one endpoint or all.
fn subscriptions(tx: &Tx, endpoint: Option<&str>) -> Result<Vec<(String, StoredSubscription)>, Fault> {
    let mut standing = subscription::standing(tx)?;
    standing.retain(|(_, live)| endpoint.is_none_or(|name| secret::names(name, &live.endpoint)));
    Ok(standing)
}
