//! Log groups in CloudWatch Logs: describe, create, retention, key, tags, delete.

use super::LogGroup;
use crate::aws::{ApiOperation, Aws, AwsError, Class, Repeat, SdkErrorParts};
use crate::model::Target;
use crate::resources::aws::Client;
use crate::resources::declared::AttributeNames;
use crate::resources::{Live, Resource, ResourceTags};
use aws_sdk_cloudwatchlogs::operation::describe_log_groups::DescribeLogGroupsOutput;
use aws_sdk_cloudwatchlogs::types as sdk;
use futures_util::future::try_join_all;
use std::collections::{BTreeSet, HashMap};

const DESCRIBE: ApiOperation = ApiOperation("logs", "DescribeLogGroups");
const CREATE: ApiOperation = ApiOperation("logs", "CreateLogGroup");
const PUT_RETENTION: ApiOperation = ApiOperation("logs", "PutRetentionPolicy");
const DELETE_RETENTION: ApiOperation = ApiOperation("logs", "DeleteRetentionPolicy");
const ASSOCIATE: ApiOperation = ApiOperation("logs", "AssociateKmsKey");
const DISASSOCIATE: ApiOperation = ApiOperation("logs", "DisassociateKmsKey");
const PROTECT: ApiOperation = ApiOperation("logs", "PutLogGroupDeletionProtection");
const DELETE: ApiOperation = ApiOperation("logs", "DeleteLogGroup");
const LIST_TAGS: ApiOperation = ApiOperation("logs", "ListTagsForResource");
const TAG: ApiOperation = ApiOperation("logs", "TagResource");
const UNTAG: ApiOperation = ApiOperation("logs", "UntagResource");

/// Names that DescribeLogGroups takes in one call.
pub const BATCH: usize = 50;

/// Describes at most `BATCH` groups by name; those that do not exist are left out. What AWS answers for a missing
/// identifier is not documented, and other endpoints do not know the parameter: a refusal makes it ask by prefix.
pub async fn describe(aws: &Aws, names: &[String]) -> Result<Vec<Live>, AwsError> {
    let by_name = |token: Option<String>| {
        let request = aws.logs.describe_log_groups().set_log_group_identifiers(Some(names.to_vec()));
        request.set_next_token(token).send()
    };
    match pages(aws, names, by_name).await {
        Err(error) if error.is(Class::NotFound) || error.is(Class::Refused) => {
            let each = names.iter().map(|name| {
                let by_prefix = move |token: Option<String>| {
                    aws.logs.describe_log_groups().log_group_name_prefix(name).set_next_token(token).send()
                };
                pages(aws, std::slice::from_ref(name), by_prefix)
            });
            Ok(try_join_all(each).await?.into_iter().flatten().collect())
        }
        answer => answer,
    }
}

/// Reads pages until every wanted name was seen or there are no more.
async fn pages<F, E, R>(aws: &Aws, names: &[String], page: impl Fn(Option<String>) -> F) -> Result<Vec<Live>, AwsError>
where
    F: Future<Output = Result<DescribeLogGroupsOutput, aws_smithy_runtime_api::client::result::SdkError<E, R>>>,
    E: aws_smithy_types::error::metadata::ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    R: SdkErrorParts + std::fmt::Debug + Send + Sync + 'static,
{
    let mut missing: BTreeSet<&str> = names.iter().map(String::as_str).collect();
    let mut found = Vec::new();
    let keep = |answer: DescribeLogGroupsOutput| {
        for group in answer.log_groups() {
            if group.log_group_name().is_some_and(|name| missing.remove(name)) {
                found.push(from_sdk(group));
            }
        }
        answer.next_token.filter(|_| !missing.is_empty())
    };
    aws.pages(DESCRIBE, page, keep).await?;
    Ok(found)
}

fn from_sdk(group: &sdk::LogGroup) -> Live {
    let mut live = Live::new(Resource::LogGroup(LogGroup {
        name: group.log_group_name().unwrap_or_default().to_owned(),
        retention_in_days: group.retention_in_days(),
        log_group_class: group.log_group_class().map(|class| class.as_str().to_owned()),
        kms_key_id: group.kms_key_id().map(str::to_owned),
        deletion_protection: group.deletion_protection_enabled().unwrap_or(false),
        tags: ResourceTags::new(),
        declared: AttributeNames::new(),
    }));
    live.facts.arn = group.arn().map(|arn| arn.strip_suffix(":*").unwrap_or(arn).to_owned());
    live.facts.metric_filters = group.metric_filter_count();
    live.facts.deletion_protected = group.deletion_protection_enabled();
    live.facts.stored_bytes = group.stored_bytes();
    live.facts.retention_policy_name = group.retention_policy_name().map(str::to_owned);
    live
}

/// Creates the group with its tags, without retention. `AlreadyExists` is for the caller: Lambda may have been quicker.
pub async fn create(aws: &Aws, group: &LogGroup) -> Result<(), AwsError> {
    let request = || {
        aws.logs
            .create_log_group()
            .log_group_name(&group.name)
            .set_log_group_class(group.log_group_class.as_deref().map(Into::into))
            .set_kms_key_id(group.kms_key_id.clone())
            .set_deletion_protection_enabled(group.deletion_protection.then_some(true))
            .set_tags(Some(group.tags.clone().into_iter().collect::<HashMap<_, _>>()))
            .send()
    };
    aws.call(CREATE, Repeat::Safe, request).await.map(drop)
}

/// Sets the retention; `None` keeps logs for ever.
pub async fn set_retention(aws: &Aws, name: &str, days: Option<i32>) -> Result<(), AwsError> {
    match days {
        Some(days) => {
            let request = || aws.logs.put_retention_policy().log_group_name(name).retention_in_days(days).send();
            aws.call(PUT_RETENTION, Repeat::Safe, request).await.map(drop)
        }
        None => {
            let request = || aws.logs.delete_retention_policy().log_group_name(name).send();
            aws.call(DELETE_RETENTION, Repeat::Safe, request).await.map(drop)
        }
    }
}

/// Sets or removes the KMS key; it counts for what is logged from now on.
pub async fn set_key(aws: &Aws, name: &str, key: Option<&str>) -> Result<(), AwsError> {
    match key {
        Some(key) => {
            let request = || aws.logs.associate_kms_key().log_group_name(name).kms_key_id(key).send();
            aws.call(ASSOCIATE, Repeat::Safe, request).await.map(drop)
        }
        None => {
            let request = || aws.logs.disassociate_kms_key().log_group_name(name).send();
            aws.call(DISASSOCIATE, Repeat::Safe, request).await.map(drop)
        }
    }
}

/// Switches the deletion protection on or off.
pub async fn set_protection(aws: &Aws, name: &str, on: bool) -> Result<(), AwsError> {
    let request = || {
        let request = aws.logs.put_log_group_deletion_protection().log_group_identifier(name);
        request.deletion_protection_enabled(on).send()
    };
    aws.call(PROTECT, Repeat::Safe, request).await.map(drop)
}

/// Deletes the group with all it holds. Gone is fine.
pub async fn delete(aws: &Aws, name: &str) -> Result<(), AwsError> {
    match aws.call(DELETE, Repeat::Safe, || aws.logs.delete_log_group().log_group_name(name).send()).await {
        Err(error) if error.is(Class::NotFound) => Ok(()),
        answer => answer.map(drop),
    }
}

/// The group's tags; `None` where it does not exist. Tagging wants the ARN without `:*`.
pub async fn tags(aws: &Aws, arn: &str) -> Result<Option<ResourceTags>, AwsError> {
    match aws.call(LIST_TAGS, Repeat::Safe, || aws.logs.list_tags_for_resource().resource_arn(arn).send()).await {
        Ok(answer) => Ok(Some(answer.tags.unwrap_or_default().into_iter().collect())),
        Err(error) if error.is(Class::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

pub async fn tag(aws: &Aws, arn: &str, tags: &ResourceTags) -> Result<(), AwsError> {
    let request = || {
        let tags = tags.clone().into_iter().collect::<HashMap<_, _>>();
        aws.logs.tag_resource().resource_arn(arn).set_tags(Some(tags)).send()
    };
    aws.call(TAG, Repeat::Safe, request).await.map(drop)
}

pub async fn untag(aws: &Aws, arn: &str, keys: &[String]) -> Result<(), AwsError> {
    let request = || aws.logs.untag_resource().resource_arn(arn).set_tag_keys(Some(keys.to_vec())).send();
    aws.call(UNTAG, Repeat::Safe, request).await.map(drop)
}

impl Client for LogGroup {
    const TAGS: ApiOperation = LIST_TAGS;
    const BATCH: usize = BATCH;

    const PUT: ApiOperation = PUT_RETENTION;
    const DELETE: ApiOperation = DELETE;
    const UNTAG: ApiOperation = PUT_RETENTION;

    async fn tags(aws: &Aws, arn: &str) -> Result<Option<ResourceTags>, AwsError> {
        tags(aws, arn).await
    }

    async fn tag(aws: &Aws, arn: &str, tags: &ResourceTags) -> Result<(), AwsError> {
        tag(aws, arn, tags).await
    }

    async fn untag(aws: &Aws, arn: &str, keys: &[String]) -> Result<(), AwsError> {
        untag(aws, arn, keys).await
    }

    async fn describe(aws: &Aws, names: &[String]) -> Result<Vec<Live>, AwsError> {
        describe(aws, names).await
    }

    async fn list(aws: &Aws) -> Result<Vec<Live>, AwsError> {
        let mut found = Vec::new();
        let page = |token: Option<String>| aws.logs.describe_log_groups().set_next_token(token).send();
        let keep = |answer: DescribeLogGroupsOutput| {
            found.extend(answer.log_groups().iter().map(from_sdk));
            answer.next_token
        };
        aws.pages(DESCRIBE, page, keep).await?;
        Ok(found)
    }

    async fn delete(aws: &Aws, _: &Target, names: &[String]) -> Vec<Result<(), AwsError>> {
        let mut answers = Vec::with_capacity(names.len());
        for name in names {
            answers.push(delete(aws, name).await);
        }
        answers
    }
}
