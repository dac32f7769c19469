//! An HTTP address on this machine for the time of a drill: it confirms its subscriptions and keeps what arrives. Only an endpoint
//! that runs on this machine, or that reaches it, can post to it.

use super::{Message, Way};
use crate::aws::{Aws, AwsError, Class, Op};
use crate::resources::{Subscription, subscription};
use crate::watch::drill::chain::Survey;
use crate::watch::drill::fire::Mark;
use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::routing::post;
use futures_util::future::try_join_all;
use serde_json::Value;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

/// The longest post: SNS's messages have 256 KB at most, and an envelope.
const LONGEST: usize = 1 << 20;
/// Nobody but this machine is listened to.
const HERE: &str = "127.0.0.1:0";

#[derive(Debug)]
pub struct Endpoint {
    address: String,
    arrived: UnboundedReceiver<Message>,
    server: JoinHandle<()>,
}

struct Desk {
    aws: Aws,
    arrived: UnboundedSender<Message>,
}

impl Endpoint {
    pub async fn open(aws: &Aws, survey: &Survey, mark: &Mark) -> Result<Self, AwsError> {
        let listener = TcpListener::bind(HERE).await.map_err(not_listening)?;
        let port = listener.local_addr().map_err(not_listening)?.port();
        let (sender, arrived) = unbounded_channel();
        let desk = Arc::new(Desk { aws: aws.clone(), arrived: sender });
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
        Ok(endpoint)
    }

    pub fn address(&self) -> &str {
        &self.address
    }

    pub fn poll(&mut self) -> Vec<Message> {
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
                Ok(_) => StatusCode::OK,
                Err(_) => StatusCode::SERVICE_UNAVAILABLE,
            }
        }
        (Some("Notification"), ..) => {
            if let Some(message) = Message::read(Way::Http, &body) {
                let _ = desk.arrived.send(message);
            }
            StatusCode::OK
        }
        _ => StatusCode::BAD_REQUEST,
    }
}

fn not_listening(error: std::io::Error) -> AwsError {
    let message = format!("could not listen on {HERE}: {error}");
    AwsError { op: Op("drill", "Listen"), class: Class::Refused, code: String::new(), message }
}
