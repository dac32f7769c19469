//! SNS through the real SDK client: what its tests share.

mod publishing;
mod receivers;
mod subscriptions;
mod topics;

use crate::testing::config;
use crate::{ACCOUNT, Letter, Sandbox, Weather};
use aws_sdk_sns::Client;
use aws_sdk_sns::error::ProvideErrorMetadata;
use aws_sdk_sns::types::Tag;
use serde_json::Value;
use std::collections::HashMap;

const EMAIL: &str = "you@example.edu";
const QUEUE: &str = "arn:aws:sqs:us-east-1:123456789012:jobs";

struct Place {
    sandbox: Sandbox,
    sns: Client,
}

impl Place {
    fn new() -> Self {
        let sandbox = Sandbox::in_memory(Weather::default());
        Self { sns: Client::new(&config(&sandbox)), sandbox }
    }

    async fn topic(&self, name: &str) -> String {
        self.sns.create_topic().name(name).send().await.unwrap().topic_arn.unwrap()
    }

    async fn topic_attributes(&self, arn: &str) -> HashMap<String, String> {
        self.sns.get_topic_attributes().topic_arn(arn).send().await.unwrap().attributes.unwrap()
    }

    async fn set_topic(&self, arn: &str, name: &str, value: &str) -> Result<(), String> {
        let set = self.sns.set_topic_attributes().topic_arn(arn).attribute_name(name).attribute_value(value);
        set.send().await.map(drop).map_err(|error| words(&error.into_service_error()))
    }

    /// The ARN of a new subscription, pending or not.
    async fn subscribe(&self, topic: &str, protocol: &str, endpoint: &str) -> String {
        let subscribe = self.sns.subscribe().topic_arn(topic).protocol(protocol).endpoint(endpoint);
        subscribe.return_subscription_arn(true).send().await.unwrap().subscription_arn.unwrap()
    }

    async fn subscription(&self, arn: &str) -> HashMap<String, String> {
        self.sns.get_subscription_attributes().subscription_arn(arn).send().await.unwrap().attributes.unwrap()
    }

    async fn set_subscription(&self, arn: &str, name: &str, value: &str) -> Result<(), String> {
        let set = self.sns.set_subscription_attributes().subscription_arn(arn).attribute_name(name);
        set.attribute_value(value).send().await.map(drop).map_err(|error| words(&error.into_service_error()))
    }

    async fn confirm(&self, topic: &str, token: &str) -> Result<String, String> {
        let confirm = self.sns.confirm_subscription().topic_arn(topic).token(token).authenticate_on_unsubscribe("true");
        let confirmed = confirm.send().await.map_err(|error| words(&error.into_service_error()))?;
        Ok(confirmed.subscription_arn.unwrap())
    }

    /// (ARN as lists say it, protocol, endpoint) of a topic's subscriptions.
    async fn listed(&self, topic: &str) -> Vec<(String, String, String)> {
        let pages = self.sns.list_subscriptions_by_topic().topic_arn(topic).into_paginator().items().send();
        let found = pages.try_collect().await.unwrap().into_iter();
        found.map(|s| (s.subscription_arn.unwrap(), s.protocol.unwrap(), s.endpoint.unwrap())).collect()
    }

    fn outbox(&self) -> Vec<Letter> {
        self.sandbox.outbox(ACCOUNT, "us-east-1").unwrap()
    }
}

fn words(error: &impl ProvideErrorMetadata) -> String {
    format!("{}: {}", error.code().unwrap_or_default(), error.message().unwrap_or_default())
}

fn tag(key: &str, value: &str) -> Tag {
    Tag::builder().key(key).value(value).build().unwrap()
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}
