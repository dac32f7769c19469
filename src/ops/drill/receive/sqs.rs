//! A queue for the time of a drill. It is tagged and named after the drill, so that whoever finds it knows whose it was.

use super::{DeliveryChannel, ReceivedNotification};
use crate::aws::{ApiOperation, Aws, AwsError, Class, Repeat};
use crate::ops::drill::chain::{DrillSurvey, PREFIX};
use crate::ops::drill::fire::DrillRun;
use crate::resources::{Subscription, subscription};
use aws_sdk_sqs::operation::list_queues::ListQueuesOutput;
use aws_sdk_sqs::types::QueueAttributeName;
use futures_util::future::{join_all, try_join_all};
use serde_json::json;

const CREATE: ApiOperation = ApiOperation("sqs", "CreateQueue");
const LIST: ApiOperation = ApiOperation("sqs", "ListQueues");
const DELETE: ApiOperation = ApiOperation("sqs", "DeleteQueue");
const RECEIVE: ApiOperation = ApiOperation("sqs", "ReceiveMessage");
const DELETE_MESSAGE: ApiOperation = ApiOperation("sqs", "DeleteMessage");

/// Tag of the queue: the drill's id.
const TAG: &str = "mlopsctl:drill";
/// Seconds that a message is kept: longer than any drill, and short, should the queue stay.
const KEPT: &str = "3600";

#[derive(Debug)]
pub struct DrillQueue {
    aws: Aws,
    url: String,
    arn: String,
}

impl DrillQueue {
    pub async fn open(aws: &Aws, survey: &DrillSurvey, mark: &DrillRun) -> Result<Self, AwsError> {
        let name = mark.name();
        let arn = survey.target.arn("sqs", &name);
        let topics: Vec<&str> = survey.open_topics().map(|topic| topic.arn.as_str()).collect();
        let policy = json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow", "Principal": { "Service": "sns.amazonaws.com" }, "Action": "sqs:SendMessage", "Resource": arn,
                "Condition": { "ArnEquals": { "aws:SourceArn": topics } },
            }],
        })
        .to_string();
        let request = || {
            let request = aws.sqs.create_queue().queue_name(&name).tags(TAG, mark.id());
            let request = request.attributes(QueueAttributeName::MessageRetentionPeriod, KEPT);
            request.attributes(QueueAttributeName::Policy, &policy).send()
        };
        let created = aws.call(CREATE, Repeat::Safe, request).await?;
        let url = created.queue_url().unwrap_or_default().to_owned();
        try_join_all(survey.open_topics().map(|topic| async {
            let own = Subscription::new(&topic.name, "sqs", &arn);
            match subscription::aws::subscribe(aws, &topic.arn, &own).await {
                // A queue needs no confirmation, so the same again sends nothing.
                Err(error) if error.is(Class::Transient) => subscription::aws::subscribe(aws, &topic.arn, &own).await,
                answer => answer,
            }
        }))
        .await?;
        Ok(Self { aws: aws.clone(), url, arn })
    }

    pub fn arn(&self) -> &str {
        &self.arn
    }

    pub async fn poll(&mut self) -> Vec<ReceivedNotification> {
        let request = || {
            let request = self.aws.sqs.receive_message().queue_url(&self.url);
            request.max_number_of_messages(10).wait_time_seconds(1).send()
        };
        let Ok(answer) = self.aws.call(RECEIVE, Repeat::Safe, request).await else { return Vec::new() };
        let read = answer
            .messages()
            .iter()
            .filter_map(|message| ReceivedNotification::read(DeliveryChannel::Sqs, message.body()?))
            .collect();
        // What is not deleted comes again, and is known by then.
        let Self { aws, url, .. } = &*self;
        let handles = answer.messages().iter().filter_map(|message| message.receipt_handle());
        join_all(handles.map(|handle| async move {
            let request = || aws.sqs.delete_message().queue_url(url).receipt_handle(handle).send();
            let _ = aws.call(DELETE_MESSAGE, Repeat::Safe, request).await;
        }))
        .await;
        read
    }
}

/// The URLs of all queues that drills have made.
pub async fn queues(aws: &Aws) -> Result<Vec<String>, AwsError> {
    let mut urls = Vec::new();
    let page = |token| aws.sqs.list_queues().queue_name_prefix(PREFIX).max_results(1000).set_next_token(token).send();
    let keep = |page: ListQueuesOutput| {
        // Whatever the endpoint takes the prefix for, only ours are taken away.
        urls.extend(page.queue_urls().iter().filter(|url| DrillRun::of_name(url).is_some()).cloned());
        page.next_token
    };
    aws.pages(LIST, page, keep).await?;
    Ok(urls)
}

/// Gone is fine.
pub async fn delete(aws: &Aws, url: &str) -> Result<(), AwsError> {
    match aws.call(DELETE, Repeat::Safe, || aws.sqs.delete_queue().queue_url(url).send()).await {
        Err(error) if error.is(Class::NotFound) => Ok(()),
        answer => answer.map(drop),
    }
}
