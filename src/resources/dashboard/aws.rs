//! Dashboards in CloudWatch: get, put, delete. They are tagged as alarms are.

use super::{Dashboard, fields};
use crate::aws::{ApiOperation, Aws, AwsError, Class, Repeat};
use crate::model::{Arn, Target};
use crate::resources::any_alarm::aws::{LIST_TAGS, UNTAG, some_list, tags_to_sdk};
use crate::resources::aws::Client;
use crate::resources::{Live, Resource, ResourceTags, any_alarm};
use aws_sdk_cloudwatch::operation::list_dashboards::ListDashboardsOutput;
use aws_sdk_cloudwatch::types::DashboardValidationMessage;
use serde_json::Value;
use std::sync::{Mutex, PoisonError};

const GET: ApiOperation = ApiOperation("cloudwatch", "GetDashboard");
const LIST: ApiOperation = ApiOperation("cloudwatch", "ListDashboards");
const PUT: ApiOperation = ApiOperation("cloudwatch", "PutDashboard");
const DELETE: ApiOperation = ApiOperation("cloudwatch", "DeleteDashboards");

/// The dashboard as it exists; `None` where there is none.
async fn read(aws: &Aws, name: &str) -> Result<Option<Live>, AwsError> {
    let request = || aws.cloudwatch.get_dashboard().dashboard_name(name).send();
    match aws.call(GET, Repeat::Safe, request).await {
        Ok(answer) if answer.dashboard_name().is_some_and(|told| told != name) => {
            Err(AwsError::unexpected(GET, "it is about another dashboard"))
        }
        Ok(answer) => {
            let text = answer.dashboard_body().unwrap_or_default();
            let body = serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()));
            let dashboard = Dashboard { name: name.to_owned(), body, tags: ResourceTags::new() };
            let mut live = Live::new(Resource::Dashboard(dashboard));
            live.facts.arn = answer.dashboard_arn().map(str::to_owned);
            Ok(Some(live))
        }
        Err(error) if error.is(Class::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

/// `/widgets/0/properties: ...`, one after the other.
fn text(messages: &[DashboardValidationMessage]) -> String {
    let text = messages.iter().map(|message| {
        let (path, text) = (message.data_path().unwrap_or_default(), message.message().unwrap_or_default());
        if path.is_empty() { text.to_owned() } else { format!("{path}: {text}") }
    });
    text.collect::<Vec<_>>().join("; ")
}

impl Client for Dashboard {
    const TAGS: ApiOperation = LIST_TAGS;
    const UNTAG: ApiOperation = UNTAG;

    /// Some endpoints keep a dashboard and know no tags of it: only where it cannot be read either, it is gone.
    async fn tags(aws: &Aws, arn: &str) -> Result<Option<ResourceTags>, AwsError> {
        if let Some(tags) = any_alarm::aws::tags(aws, arn).await? {
            return Ok(Some(tags));
        }
        let parsed = Arn::parse(arn);
        let Some(name) = parsed.as_ref().and_then(|arn| super::ARN.name(arn)) else { return Ok(None) };
        Ok(read(aws, name).await?.map(|_| ResourceTags::new()))
    }

    async fn tag(aws: &Aws, arn: &str, tags: &ResourceTags) -> Result<(), AwsError> {
        any_alarm::aws::tag(aws, arn, tags).await
    }

    async fn untag(aws: &Aws, arn: &str, keys: &[String]) -> Result<(), AwsError> {
        any_alarm::aws::untag(aws, arn, keys).await
    }

    const PUT: ApiOperation = PUT;
    const DELETE: ApiOperation = DELETE;

    async fn list(aws: &Aws) -> Result<Vec<Live>, AwsError> {
        let mut names = Vec::new();
        let page = |token: Option<String>| aws.cloudwatch.list_dashboards().set_next_token(token).send();
        let keep = |answer: ListDashboardsOutput| {
            names.extend(
                answer.dashboard_entries().iter().filter_map(|entry| entry.dashboard_name()).map(str::to_owned),
            );
            answer.next_token
        };
        aws.pages(LIST, page, keep).await?;
        Self::describe(aws, &names).await
    }

    async fn read(aws: &Aws, name: &str) -> Result<Option<Live>, AwsError> {
        read(aws, name).await
    }

    /// What AWS says of single widgets is part of the error; where it took the dashboard all the same, it is a warning.
    async fn put(&self, aws: &Aws) -> Result<(), AwsError> {
        let refused = Mutex::new(String::new());
        let body = self.body.to_string();
        let send = || async {
            let request = aws.cloudwatch.put_dashboard().dashboard_name(&self.name).dashboard_body(&body);
            let answer = request.set_tags(some_list(tags_to_sdk(&self.tags))).send().await;
            if let Some(error) = answer.as_ref().err().and_then(|error| error.as_service_error())
                && error.is_dashboard_invalid_input_error()
                && let Some(messages) = messages_of(error)
            {
                *refused.lock().unwrap_or_else(PoisonError::into_inner) = messages;
            }
            answer
        };
        let answer = aws.call(PUT, Repeat::Safe, send).await.map_err(|error| {
            let said = refused.lock().unwrap_or_else(PoisonError::into_inner).clone();
            if said.is_empty() { error } else { AwsError { message: format!("{}: {said}", error.message), ..error } }
        })?;
        let messages = answer.dashboard_validation_messages();
        if messages.is_empty() {
            return Ok(());
        }
        // No answer says whether a message is an error or a warning: what exists now does.
        let said = text(messages);
        let live = read(aws, &self.name).await?;
        let taken = live.is_some_and(|live| match &live.resource {
            Resource::Dashboard(live) => fields::of(&live.body) == fields::of(&self.body),
            _ => false,
        });
        if !taken {
            return Err(AwsError {
                op: PUT,
                class: Class::Refused,
                code: "DashboardInvalidInputError".to_owned(),
                message: said,
            });
        }
        aws.warn(format!("dashboard/{}: AWS took it and says: {said}", self.name));
        Ok(())
    }

    async fn delete(aws: &Aws, _: &Target, names: &[String]) -> Vec<Result<(), AwsError>> {
        let mut answers = Vec::with_capacity(names.len());
        for name in names {
            let request = || aws.cloudwatch.delete_dashboards().dashboard_names(name).send();
            answers.push(match aws.call(DELETE, Repeat::Safe, request).await {
                Err(error) if error.is(Class::NotFound) => Ok(()),
                answer => answer.map(drop),
            });
        }
        answers
    }
}

fn messages_of(error: &aws_sdk_cloudwatch::operation::put_dashboard::PutDashboardError) -> Option<String> {
    use aws_sdk_cloudwatch::operation::put_dashboard::PutDashboardError;
    match error {
        PutDashboardError::DashboardInvalidInputError(error) => {
            let said = text(error.dashboard_validation_messages());
            (!said.is_empty()).then_some(said)
        }
        _ => None,
    }
}
