//! The sandbox's post: what topics have for HTTP endpoints goes out as SNS sends it, once each, and only to this machine. Nobody
//! outside must hear of what never happened on AWS.

use crate::ops::http::{HttpClient, OutboundRequest};
use crate::sandbox::{Delivery, Letter, Sandbox};
use futures_util::future::join_all;
use std::time::Duration;
use tokio::time::sleep;

const EVERY: Duration = Duration::from_millis(200);
/// As long as SNS waits for an answer (SNS developer guide, "HTTP/HTTPS notifications").
const PATIENCE: Duration = Duration::from_secs(15);

/// Sends what waits, again and again, until it is dropped.
pub async fn deliver(sandbox: Sandbox) {
    let http = HttpClient::direct(PATIENCE);
    loop {
        // A file that cannot be read now is read the next time: whoever works with it says so.
        let _ = round(&sandbox, &http).await;
        sleep(EVERY).await;
    }
}

async fn round(sandbox: &Sandbox, http: &HttpClient) -> anyhow::Result<()> {
    for (account, region) in sandbox.places()? {
        let sent = sandbox.posts(&account, &region)?.into_iter().map(|(key, letter)| async move {
            let became = post(http, &letter).await.map_or_else(Delivery::Failed, |()| Delivery::Arrived);
            (key, became)
        });
        for (key, became) in join_all(sent).await {
            sandbox.posted(&account, &region, &key, &became)?;
        }
    }
    Ok(())
}

/// The error says why it did not arrive.
async fn post(http: &HttpClient, letter: &Letter) -> Result<(), String> {
    let request = request(letter).map_err(|error| format!("{error:#}"))?;
    if !request.is_local() {
        return Err("the sandbox posts to this machine only".to_owned());
    }
    let answer = http.send(&request).await.map_err(|error| error.to_string())?;
    if answer.is_success() { Ok(()) } else { Err(format!("the endpoint answered {}", answer.status)) }
}

fn request(letter: &Letter) -> anyhow::Result<OutboundRequest> {
    let kind = if letter.is_confirmation() { "SubscriptionConfirmation" } else { "Notification" };
    OutboundRequest::post(&letter.endpoint, letter.body.clone())?
        .header("content-type", "text/plain; charset=UTF-8")?
        .header("user-agent", "Amazon Simple Notification Service Agent")?
        .header("x-amz-sns-message-type", kind)?
        .header("x-amz-sns-topic-arn", &letter.topic_arn)?
        .header("x-amz-sns-subscription-arn", &letter.subscription_arn)
}
