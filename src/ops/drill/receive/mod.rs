//! Where a drill listens: a queue of its own, or an HTTP address on this machine that an emulator reaches. What arrives is a `Message`.

mod http;
mod sqs;

use super::chain::DrillSurvey;
use super::fire::DrillRun;
use crate::aws::{Aws, AwsError};
use crate::model::Arn;
use serde::Serialize;
use serde_json::Value;

pub use sqs::{delete as delete_queue, queues};

/// How a message is received.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryChannel {
    Sqs,
    Http,
}

impl DeliveryChannel {
    pub fn word(self) -> &'static str {
        match self {
            DeliveryChannel::Sqs => "queue",
            DeliveryChannel::Http => "HTTP address",
        }
    }
}

/// A notification that arrived.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReceivedNotification {
    #[serde(rename = "channel")]
    pub way: DeliveryChannel,
    pub topic: String,
    pub topic_arn: String,
    pub alarm: String,
    /// `NewStateReason`: it names the drill.
    pub reason: String,
    pub subject: Option<String>,
    /// What CloudWatch published, as JSON.
    pub body: Value,
}

impl ReceivedNotification {
    /// Of SNS's envelope; `None` where it is no notification of an alarm.
    fn read(way: DeliveryChannel, envelope: &str) -> Option<Self> {
        let envelope: Value = serde_json::from_str(envelope).ok()?;
        let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
        let body: Value = serde_json::from_str(envelope.get("Message")?.as_str()?).ok()?;
        let topic_arn = text(&envelope, "TopicArn")?;
        Some(Self {
            way,
            topic: Arn::parse(&topic_arn)?.resource.to_owned(),
            topic_arn,
            alarm: text(&body, "AlarmName")?,
            reason: text(&body, "NewStateReason").unwrap_or_default(),
            subject: text(&envelope, "Subject"),
            body,
        })
    }
}

#[derive(Debug)]
pub enum Receiver {
    Sqs(Box<sqs::DrillQueue>),
    Http(http::Endpoint),
}

impl Receiver {
    /// Listens and subscribes to every topic that exists. What it made before it failed is found by the mark's name.
    pub async fn open(
        aws: &Aws,
        survey: &DrillSurvey,
        way: DeliveryChannel,
        mark: &DrillRun,
    ) -> Result<Self, AwsError> {
        Ok(match way {
            DeliveryChannel::Sqs => Receiver::Sqs(Box::new(sqs::DrillQueue::open(aws, survey, mark).await?)),
            DeliveryChannel::Http => Receiver::Http(http::Endpoint::open(aws, survey, mark).await?),
        })
    }

    /// Where it listens.
    pub fn endpoint(&self) -> &str {
        match self {
            Receiver::Sqs(queue) => queue.arn(),
            Receiver::Http(endpoint) => endpoint.address(),
        }
    }

    /// What has arrived since; returns within a second or two. A failed look is the next one's matter.
    pub async fn poll(&mut self) -> Vec<ReceivedNotification> {
        match self {
            Receiver::Sqs(queue) => queue.poll().await,
            Receiver::Http(endpoint) => endpoint.poll(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alarm_is_read_out_of_its_envelope() {
        let body = r#"{"AlarmName":"errors","NewStateReason":"because","NewStateValue":"ALARM"}"#;
        let envelope = serde_json::json!({
            "Type": "Notification", "TopicArn": "arn:aws:sns:us-east-1:123456789012:alerts", "Subject": "ALARM", "Message": body,
        });
        let message = ReceivedNotification::read(DeliveryChannel::Sqs, &envelope.to_string()).unwrap();
        assert_eq!(
            (message.topic.as_str(), message.alarm.as_str(), message.reason.as_str()),
            ("alerts", "errors", "because")
        );
        for other in ["", "{}", r#"{"Message":"hello","TopicArn":"arn:aws:sns:us-east-1:1:a"}"#] {
            assert_eq!(ReceivedNotification::read(DeliveryChannel::Http, other), None, "{other}");
        }
    }
}
