//! The tag index (GetResources): everything that carries the stack's mark, in a few calls. It lags and some endpoints do
//! not fill it, so it finds candidates and saves calls; it never decides that something is absent or unowned.

use super::Wanted;
use crate::aws::{Aws, AwsError, Op, Repeat};
use crate::model::Arn;
use crate::resources::{Kind, Tags, mark};
use aws_sdk_resourcegroupstagging::types::TagFilter;
use futures_util::future::try_join_all;
use std::collections::{BTreeMap, BTreeSet};

const GET: Op = Op("tagging", "GetResources");

/// Entries of a page (Resource Groups Tagging API reference).
const PAGE: usize = 100;

/// What carries the mark, by name, and its tags by ARN.
#[derive(Debug, Clone, Default)]
pub struct Index {
    pub topics: BTreeSet<String>,
    pub log_groups: BTreeSet<String>,
    /// Metric or composite: an ARN does not tell.
    pub alarms: BTreeSet<String>,
    pub tags: BTreeMap<String, Tags>,
}

impl Index {
    pub async fn read(aws: &Aws, wanted: Wanted<'_>) -> Result<Self, AwsError> {
        // Pages of one query come one after the other: a stack that needs more than one is asked kind by kind, side by side.
        let tagged = wanted.addresses.iter().filter(|a| a.kind != Kind::Subscription).count();
        let types: &[&[&str]] = if tagged <= PAGE {
            &[&["cloudwatch:alarm", "sns", "logs:log-group"]]
        } else {
            &[&["cloudwatch:alarm"], &["sns"], &["logs:log-group"]]
        };
        let answers = try_join_all(types.iter().map(|types| query(aws, wanted.stack, types))).await?;
        let mut index = Self::default();
        for (arn, tags) in answers.into_iter().flatten() {
            index.add(arn, tags);
        }
        Ok(index)
    }

    fn add(&mut self, arn: String, tags: Tags) {
        let arn = arn.strip_suffix(":*").unwrap_or(&arn);
        let Some(parsed) = Arn::parse(arn) else { return };
        let known = match parsed.service {
            "sns" if !parsed.resource.contains(':') => self.topics.insert(parsed.resource.to_owned()),
            "cloudwatch" => parsed.resource.strip_prefix("alarm:").is_some_and(|n| self.alarms.insert(n.to_owned())),
            "logs" => parsed.resource.strip_prefix("log-group:").is_some_and(|n| self.log_groups.insert(n.to_owned())),
            _ => false,
        };
        if known {
            self.tags.insert(arn.to_owned(), tags);
        }
    }
}

async fn query(aws: &Aws, stack: &str, types: &[&str]) -> Result<Vec<(String, Tags)>, AwsError> {
    let filter = TagFilter::builder().key(mark::STACK).values(stack).build();
    let mut found = Vec::new();
    let mut token: Option<String> = None;
    loop {
        let request = || {
            let types = types.iter().map(|t| (*t).to_owned()).collect();
            let request = aws.tagging.get_resources().tag_filters(filter.clone()).resources_per_page(PAGE as i32);
            request.set_resource_type_filters(Some(types)).set_pagination_token(token.clone()).send()
        };
        let page = aws.call(GET, Repeat::Safe, request).await?;
        for item in page.resource_tag_mapping_list() {
            let tags: Tags = item.tags().iter().map(|t| (t.key().to_owned(), t.value().to_owned())).collect();
            // Some endpoints answer with everything: the filter is checked here as well.
            if let Some(arn) = item.resource_arn()
                && tags.get(mark::STACK).is_some_and(|owner| owner == stack)
            {
                found.push((arn.to_owned(), tags));
            }
        }
        match page.pagination_token() {
            Some(next) if !next.is_empty() => token = Some(next.to_owned()),
            _ => return Ok(found),
        }
    }
}
