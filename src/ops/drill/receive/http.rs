//! An HTTP address on this machine for the time of a drill: it confirms its subscriptions and keeps what arrives. Only an endpoint
//! that runs on this machine, or that reaches it, can post to it.

use super::{DeliveryChannel, ReceivedNotification};
use crate::aws::{ApiOperation, Aws, AwsError, Class};
use crate::ops::drill::chain::DrillSurvey;
use crate::ops::drill::fire::DrillRun;
use crate::resources::{Subscription, subscription};
use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::routing::post;
use futures_util::future::try_join_all;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// The longest post: SNS's messages have 256 KB at most, and an envelope.
const LONGEST: usize = 1 << 20;
/// An emulator posts at once.
const CONFIRMED_WITHIN: Duration = Duration::from_secs(10);
/// Nobody but this machine is listened to.
const HERE: &str = "127.0.0.1:0";

#[derive(Debug)]
pub struct Endpoint {
    address: String,
    arrived: UnboundedReceiver<ReceivedNotification>,
    server: JoinHandle<()>,
}

struct Desk {
    aws: Aws,
    /// How many subscriptions were confirmed.
    confirmed: watch::Sender<usize>,
    arrived: UnboundedSender<ReceivedNotification>,
}

impl Endpoint {
    pub async fn open(aws: &Aws, survey: &DrillSurvey, mark: &DrillRun) -> Result<Self, AwsError> {
        let listener = TcpListener::bind(HERE).await.map_err(not_listening)?;
        let port = listener.local_addr().map_err(not_listening)?.port();
        let (sender, arrived) = unbounded_channel();
        let (confirmed, mut confirmations) = watch::channel(0);
        let desk = Arc::new(Desk { aws: aws.clone(), confirmed, arrived: sender });
        let path = format!("/{}", mark.name());
        let router = Router::new().route(&path, post(take)).layer(DefaultBodyLimit::max(LONGEST)).with_state(desk);
        let server = tokio::spawn(async move {
            // It ends with the task.
            let _ = axum::serve(listener, router).await;
        });
        let address = format!("http://127.0.0.1:{port}{path}");
        let endpoint = Self { address, arrived, server };
        try_join_all(survey.open_topics().map(|topic| async {
            let own = Subscription::new(&topic.name, "http", &endpoint.address);
            subscription::aws::subscribe(aws, &topic.arn, &own).await
        }))
        .await?;
        let topics = survey.open_topics().count();
        let all = timeout(CONFIRMED_WITHIN, confirmations.wait_for(|n| *n >= topics)).await;
        if !matches!(all, Ok(Ok(_))) {
            let what =
                format!("nobody asked {} to confirm: the endpoint does not reach this machine", endpoint.address);
            return Err(refused(what));
        }
        Ok(endpoint)
    }

    pub fn address(&self) -> &str {
        &self.address
    }

    pub fn poll(&mut self) -> Vec<ReceivedNotification> {
        std::iter::from_fn(|| self.arrived.try_recv().ok()).collect()
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// One post of SNS (developer guide, "Fanout to HTTP/S endpoints").
async fn take(State(desk): State<Arc<Desk>>, body: String) -> StatusCode {
    let envelope: Value = serde_json::from_str(&body).unwrap_or_default();
    let text = |key: &str| envelope.get(key).and_then(Value::as_str);
    match (text("Type"), text("TopicArn"), text("Token")) {
        (Some("SubscriptionConfirmation"), Some(topic), Some(token)) => {
            match subscription::aws::confirm(&desk.aws, topic, token, false).await {
                Ok(_) => {
                    desk.confirmed.send_modify(|n| *n += 1);
                    StatusCode::OK
                }
                Err(_) => StatusCode::SERVICE_UNAVAILABLE,
            }
        }
        (Some("Notification"), ..) => {
            if let Some(message) = ReceivedNotification::read(DeliveryChannel::Http, &body) {
                let _ = desk.arrived.send(message);
            }
            StatusCode::OK
        }
        _ => StatusCode::BAD_REQUEST,
    }
}

fn not_listening(error: std::io::Error) -> AwsError {
    refused(format!("could not listen on {HERE}: {error}"))
}

fn refused(message: String) -> AwsError {
    AwsError { op: ApiOperation("sns", "Subscribe"), class: Class::Refused, code: String::new(), message }
}
