//! Everything SNS sends: confirmations with their tokens, and notifications, each with what became of it. Mails end here; queues get
//! theirs at once; what goes over HTTP waits for somebody who can post it (`posts`, `posted`).

use super::subscription::StoredSubscription;
use crate::Sandbox;
use crate::fault::Fault;
use crate::store::Tx;
use crate::wire::Timestamp;
use mlops_model::Partition;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Confirmations are kept under their token, notifications under message and subscription.
pub const TABLE: &str = "sns-outbox";

/// One mail, post or message to one endpoint, in the words of SNS.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Letter {
    pub sent: Timestamp,
    /// How many were sent before it: several go out within one millisecond.
    #[serde(default)]
    pub number: usize,
    pub protocol: String,
    pub endpoint: String,
    pub topic_arn: String,
    pub subscription_arn: String,
    /// Of a confirmation: what ConfirmSubscription wants.
    pub token: Option<String>,
    pub subject: Option<String>,
    /// What the endpoint gets: plain text, or the JSON envelope its protocol asks for.
    pub body: String,
    #[serde(default)]
    pub delivery: Delivery,
}

/// What became of a letter.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// In the mailbox, on the phone, in the queue.
    #[default]
    Arrived,
    /// For an HTTP endpoint, and not posted yet.
    Waiting,
    /// Why it did not arrive.
    Failed(String),
}

impl Letter {
    /// The link in a mail that asks to confirm: the one to click.
    pub fn confirmation_link(&self) -> Option<String> {
        let token = self.token.as_deref()?;
        let named = [("TopicArn", self.topic_arn.as_str()), ("Token", token)];
        Some(link(&self.topic_arn, "confirmation.html", &with_mail_address(&named, &self.endpoint)))
    }

    fn order(&self) -> (Timestamp, usize) {
        (self.sent, self.number)
    }

    /// Whether it asks to confirm a subscription.
    pub fn is_confirmation(&self) -> bool {
        self.token.is_some()
    }
}

impl Sandbox {
    /// What SNS sent from an account and region, the first first. Nobody but a sandbox can show this.
    pub fn outbox(&self, account: &str, region: &str) -> anyhow::Result<Vec<Letter>> {
        let mut letters: Vec<Letter> =
            self.visit(account, region, |tx| Ok(tx.list(TABLE)?.into_iter().map(|(_, letter)| letter).collect()))?;
        letters.sort_by_key(Letter::order);
        Ok(letters)
    }

    /// What waits to be posted over HTTP, each with the key to say so with ([`Sandbox::posted`]), the first first.
    pub fn posts(&self, account: &str, region: &str) -> anyhow::Result<Vec<(String, Letter)>> {
        let mut waiting: Vec<(String, Letter)> = self.visit(account, region, |tx| tx.list(TABLE))?;
        waiting.retain(|(_, letter)| letter.delivery == Delivery::Waiting);
        waiting.sort_by_key(|(_, letter)| letter.order());
        Ok(waiting)
    }

    /// A post arrived, or why it did not.
    pub fn posted(&self, account: &str, region: &str, key: &str, delivery: &Delivery) -> anyhow::Result<()> {
        self.visit(account, region, |tx| {
            if let Some(letter) = tx.get::<Letter>(TABLE, key)? {
                tx.put(TABLE, key, &Letter { delivery: delivery.clone(), ..letter })?;
            }
            Ok(())
        })
    }
}

/// What a token stands for.
#[derive(Debug)]
pub struct PendingConfirmation {
    pub subscription_arn: String,
    pub sent: Timestamp,
}

/// Asks an endpoint to confirm. Every call is one more mail with a token of its own; the earlier tokens stay good.
pub fn ask_to_confirm(tx: &mut Tx, arn: &str, subscription: &StoredSubscription) -> Result<(), Fault> {
    let token = tx.hex(64);
    let mut letter = Letter {
        sent: tx.now(),
        number: tx.count(TABLE),
        protocol: subscription.protocol.clone(),
        endpoint: subscription.endpoint.clone(),
        topic_arn: subscription.topic_arn.clone(),
        subscription_arn: arn.to_owned(),
        subject: Some("AWS Notification - Subscription Confirmation".into()),
        body: String::new(),
        token: Some(token.clone()),
        delivery: Delivery::Arrived,
    };
    let topic = &subscription.topic_arn;
    if subscription.protocol == "email" {
        letter.body = format!(
            "You have chosen to subscribe to the topic:\n{topic}\n\nTo confirm this subscription, click or visit the link below \
             (If this was in error no action is necessary):\n{}\n",
            letter.confirmation_link().unwrap_or_default()
        );
    } else {
        let url = link(topic, "", &[("Action", "ConfirmSubscription"), ("TopicArn", topic), ("Token", &token)]);
        let body = json!({
            "Type": "SubscriptionConfirmation", "MessageId": tx.uuid(), "Token": token, "TopicArn": topic,
            "Message": format!(
                "You have chosen to subscribe to the topic {topic}.\nTo confirm the subscription, visit the SubscribeURL \
                 included in this message."
            ),
            "SubscribeURL": url, "Timestamp": tx.now().to_iso(), "SignatureVersion": "1",
        });
        letter.body = body.to_string();
        letter.delivery = delivery_of(&subscription.protocol);
    }
    tx.put(TABLE, &token, &letter)
}

pub fn confirmation(tx: &Tx, token: &str) -> Result<Option<PendingConfirmation>, Fault> {
    let letter = tx.get::<Letter>(TABLE, token)?.filter(|letter| letter.token.is_some());
    Ok(letter.map(|letter| PendingConfirmation { subscription_arn: letter.subscription_arn, sent: letter.sent }))
}

/// What becomes of a letter at once; queues are asked themselves.
pub fn delivery_of(protocol: &str) -> Delivery {
    match protocol {
        "email" | "email-json" | "sms" | "sqs" => Delivery::Arrived,
        "http" | "https" => Delivery::Waiting,
        other => Delivery::Failed(format!("the sandbox delivers nothing to {other}")),
    }
}

/// The link at the foot of a notification.
pub fn unsubscribe_link(topic_arn: &str, subscription_arn: &str, endpoint: &str) -> String {
    let named = [("SubscriptionArn", subscription_arn)];
    link(topic_arn, "unsubscribe.html", &with_mail_address(&named, endpoint))
}

/// Links in mails name the mail's address; others do not name an endpoint, whose path may be a secret.
fn with_mail_address<'a>(named: &[(&'a str, &'a str)], endpoint: &'a str) -> Vec<(&'a str, &'a str)> {
    let address = (!endpoint.contains("://")).then_some(("Endpoint", endpoint));
    named.iter().copied().chain(address).collect()
}

/// A page of SNS in the topic's region.
fn link(topic_arn: &str, page: &str, parameters: &[(&str, &str)]) -> String {
    let region = topic_arn.split(':').nth(3).unwrap_or_default();
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    let suffix = Partition::of_region(region).dns_suffix;
    format!("https://sns.{region}.{suffix}/{page}?{query}")
}
