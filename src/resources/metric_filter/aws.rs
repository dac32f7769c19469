//! Metric filters in CloudWatch Logs: describe by group, put, delete.

use super::MetricFilter;
use crate::aws::{ApiOperation, Aws, AwsError, Class, Repeat};
use crate::model::Target;
use crate::resources::aws::Client;
use crate::resources::{Address, Live, Resource};
use aws_sdk_cloudwatchlogs::operation::describe_metric_filters::DescribeMetricFiltersOutput;
use aws_sdk_cloudwatchlogs::types as sdk;

const DESCRIBE: ApiOperation = ApiOperation("logs", "DescribeMetricFilters");
const PUT: ApiOperation = ApiOperation("logs", "PutMetricFilter");
const DELETE: ApiOperation = ApiOperation("logs", "DeleteMetricFilter");

/// The filters of a log group; none where there is no such group.
pub async fn list(aws: &Aws, group: &str) -> Result<Vec<Live>, AwsError> {
    let mut found = Vec::new();
    let page =
        |token: Option<String>| aws.logs.describe_metric_filters().log_group_name(group).set_next_token(token).send();
    let keep = |answer: DescribeMetricFiltersOutput| {
        // Some endpoints answer with the filters of every group.
        let own =
            answer.metric_filters().iter().filter(|filter| filter.log_group_name().is_none_or(|told| told == group));
        found.extend(own.map(|filter| from_sdk(group, filter)));
        answer.next_token
    };
    match aws.pages(DESCRIBE, page, keep).await {
        Err(error) if error.is(Class::NotFound) => Ok(Vec::new()),
        answer => answer.map(|()| found),
    }
}

fn from_sdk(group: &str, filter: &sdk::MetricFilter) -> Live {
    let made = filter.metric_transformations().first();
    let text = |told: Option<&str>| told.unwrap_or_default().to_owned();
    let dimensions = made.and_then(|made| made.dimensions()).into_iter().flatten();
    let unit = made.and_then(|made| made.unit()).map(|unit| unit.as_str().to_owned());
    Live::new(Resource::MetricFilter(MetricFilter {
        log_group: group.to_owned(),
        name: text(filter.filter_name()),
        pattern: text(filter.filter_pattern()),
        metric_name: text(made.map(|made| made.metric_name())),
        namespace: text(made.map(|made| made.metric_namespace())),
        value: text(made.map(|made| made.metric_value())),
        default_value: made.and_then(|made| made.default_value()),
        dimensions: dimensions.map(|(name, selector)| (name.clone(), selector.clone())).collect(),
        unit,
        apply_on_transformed_logs: filter.apply_on_transformed_logs(),
        field_selection_criteria: filter.field_selection_criteria().filter(|text| !text.is_empty()).map(str::to_owned),
        emit_system_field_dimensions: filter.emit_system_field_dimensions().to_vec(),
    }))
}

/// CloudWatch Logs gives metric filters no tags.
impl Client for MetricFilter {
    const TAGS: ApiOperation = ApiOperation("logs", "ListTagsForResource");

    const PUT: ApiOperation = PUT;
    const DELETE: ApiOperation = DELETE;
    const UNTAG: ApiOperation = ApiOperation("logs", "UntagResource");

    async fn children(aws: &Aws, parent: &Address, _: Option<&Live>, _: &[&Resource]) -> Result<Vec<Live>, AwsError> {
        list(aws, &parent.name).await
    }

    async fn put(&self, aws: &Aws) -> Result<(), AwsError> {
        let transformation = sdk::MetricTransformation::builder()
            .metric_name(&self.metric_name)
            .metric_namespace(&self.namespace)
            .metric_value(&self.value)
            .set_default_value(self.default_value)
            .set_dimensions((!self.dimensions.is_empty()).then(|| self.dimensions.clone().into_iter().collect()))
            .set_unit(self.unit.as_deref().map(Into::into))
            .build()
            .map_err(|error| AwsError::unexpected(PUT, &error.to_string()))?;
        let system_fields = &self.emit_system_field_dimensions;
        let request = || {
            aws.logs
                .put_metric_filter()
                .log_group_name(&self.log_group)
                .filter_name(&self.name)
                .filter_pattern(&self.pattern)
                .metric_transformations(transformation.clone())
                // Where there is no transformer, naming it at all is refused.
                .set_apply_on_transformed_logs(self.apply_on_transformed_logs.then_some(true))
                .set_field_selection_criteria(self.field_selection_criteria.clone())
                .set_emit_system_field_dimensions((!system_fields.is_empty()).then(|| system_fields.clone()))
                .send()
        };
        aws.call(PUT, Repeat::Safe, request).await.map(drop)
    }

    async fn delete(aws: &Aws, _: &Target, names: &[String]) -> Vec<Result<(), AwsError>> {
        let mut answers = Vec::with_capacity(names.len());
        for name in names {
            let (group, filter) = MetricFilter::split(name).unwrap_or_default();
            let request = || aws.logs.delete_metric_filter().log_group_name(group).filter_name(filter).send();
            answers.push(match aws.call(DELETE, Repeat::Safe, request).await {
                Err(error) if error.is(Class::NotFound) => Ok(()),
                answer => answer.map(drop),
            });
        }
        answers
    }
}
