//! Everything SNS would have sent: confirmations with their tokens, and notifications. Only tests and drills look inside.

use super::subscription::Subscription;
use crate::sandbox::Sandbox;
use crate::sandbox::fault::Fault;
use crate::sandbox::store::Tx;
use crate::sandbox::wire::Timestamp;
use serde::{Deserialize, Serialize};

/// Confirmations are kept under their token, notifications under message and subscription.
pub const TABLE: &str = "sns-outbox";

/// One mail, post or message to one endpoint, in the words of SNS.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Letter {
    pub sent: Timestamp,
    pub protocol: String,
    pub endpoint: String,
    pub topic_arn: String,
    pub subscription_arn: String,
    /// Of a confirmation: what ConfirmSubscription wants.
    pub token: Option<String>,
    pub subject: Option<String>,
    /// What the endpoint gets: plain text, or the JSON envelope its protocol asks for.
    pub body: String,
}

impl Sandbox {
    /// What SNS would have sent from an account and region, the first first. Nobody but a sandbox can show this.
    pub fn outbox(&self, account: &str, region: &str) -> anyhow::Result<Vec<Letter>> {
        let mut letters: Vec<Letter> =
            self.visit(account, region, |tx| Ok(tx.list(TABLE)?.into_iter().map(|(_, letter)| letter).collect()))?;
        letters.sort_by_key(|letter: &Letter| letter.sent);
        Ok(letters)
    }
}

/// What a token stands for.
#[derive(Debug)]
pub struct Confirmation {
    pub subscription_arn: String,
    pub sent: Timestamp,
}

/// Asks an endpoint to confirm. Every call is one more mail with a token of its own; the earlier tokens stay good.
pub fn ask_to_confirm(tx: &mut Tx, arn: &str, subscription: &Subscription) -> Result<(), Fault> {
    let token = tx.hex(64);
    let letter = Letter {
        sent: tx.now(),
        protocol: subscription.protocol.clone(),
        endpoint: subscription.endpoint.clone(),
        topic_arn: subscription.topic_arn.clone(),
        subscription_arn: arn.to_owned(),
        subject: Some("AWS Notification - Subscription Confirmation".into()),
        body: format!(
            "You have chosen to subscribe to the topic {}.\nTo confirm the subscription, use the token {token}.",
            subscription.topic_arn
        ),
        token: Some(token.clone()),
    };
    tx.put(TABLE, &token, &letter)
}

pub fn confirmation(tx: &Tx, token: &str) -> Result<Option<Confirmation>, Fault> {
    let letter = tx.get::<Letter>(TABLE, token)?.filter(|letter| letter.token.is_some());
    Ok(letter.map(|letter| Confirmation { subscription_arn: letter.subscription_arn, sent: letter.sent }))
}
