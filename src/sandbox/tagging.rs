//! Resource Groups Tagging API: finds resources by their tags, over all services. Its index lags behind the services.

use super::fault::Fault;
use super::operation::{answer, operations};
use super::paging::{Order, page_of};
use super::store::Tx;
use super::tags::{self, Indexed, Tag};
use super::wire::WireRequest;
use ciborium::Value;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Runs one operation of the tagging API.
pub fn dispatch(request: WireRequest, tx: &mut Tx) -> Result<Value, Fault> {
    operations!(request, {
        "GetResources" => answer(request, tx, get_resources),
    })
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetResources {
    pagination_token: Option<String>,
    #[serde(default)]
    tag_filters: Vec<TagFilter>,
    resources_per_page: Option<i64>,
    tags_per_page: Option<i64>,
    #[serde(default)]
    resource_type_filters: Vec<String>,
    #[serde(rename = "ResourceARNList", default)]
    resource_arns: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TagFilter {
    key: Option<String>,
    #[serde(default)]
    values: Vec<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Resources {
    /// Empty where there is no next page.
    pagination_token: String,
    resource_tag_mapping_list: Vec<TagMapping>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct TagMapping {
    #[serde(rename = "ResourceARN")]
    arn: String,
    tags: Vec<Tag>,
}

fn get_resources(input: GetResources, tx: &mut Tx) -> Result<Resources, Fault> {
    let size = input.check()?;
    let tx = &*tx;
    let lag = tx.tag_index_lag();
    let read = |arn: &str| Ok(tags::indexed(tx, arn, lag)?.filter(|resource| input.wants(resource)));
    let arns = match input.resource_arns.as_slice() {
        [] => tags::arns(tx),
        asked => asked.iter().map(String::as_str).collect::<BTreeSet<_>>().into_iter().collect(),
    };
    let expired =
        || Fault::sender("PaginationTokenExpiredException", "A PaginationToken is valid for a maximum of 15 minutes.");
    let (found, next) = page_of(tx, arns, Order::Scattered, input.pagination_token.as_deref(), size, expired, read)?;
    let list =
        found.into_iter().map(|resource| TagMapping { arn: resource.arn, tags: tags::to_list(tx, resource.tags) });
    Ok(Resources { resource_tag_mapping_list: list.collect(), pagination_token: next.unwrap_or_default() })
}

impl GetResources {
    /// The page size, where all is well.
    fn check(&self) -> Result<usize, Fault> {
        let invalid = |message: &str| Err(Fault::sender("InvalidParameterException", message));
        let filtered = !self.tag_filters.is_empty() || !self.resource_type_filters.is_empty();
        if !self.resource_arns.is_empty()
            && (filtered || self.resources_per_page.is_some() || self.tags_per_page.is_some())
        {
            return invalid("ResourceARNList cannot be combined with filters or page sizes.");
        }
        if self.resource_arns.len() > 100 {
            return invalid("ResourceARNList cannot have more than 100 members.");
        }
        if self.tag_filters.len() > 50 || self.tag_filters.iter().any(|filter| filter.values.len() > 20) {
            return invalid("A request can include up to 50 keys, and each key can include up to 20 values.");
        }
        if self.tag_filters.iter().any(|filter| filter.key.as_deref().unwrap_or_default().is_empty()) {
            return invalid("A TagFilter must have a Key.");
        }
        if self.tags_per_page.is_some_and(|n| !(100..=500).contains(&n) || n % 100 != 0) {
            return invalid("TagsPerPage must be from 100 to 500 in steps of 100.");
        }
        match self.resources_per_page.map_or(Ok(100), usize::try_from) {
            Ok(size @ 1..=100) => Ok(size),
            _ => invalid("ResourcesPerPage must be from 1 to 100."),
        }
    }

    fn wants(&self, resource: &Indexed) -> bool {
        let tags = |filter: &TagFilter| {
            let value = filter.key.as_ref().and_then(|key| resource.tags.get(key));
            value.is_some_and(|value| filter.values.is_empty() || filter.values.contains(value))
        };
        self.tag_filters.iter().all(tags)
            && (self.resource_arns.is_empty() || self.resource_arns.contains(&resource.arn))
            && (self.resource_type_filters.is_empty()
                || self.resource_type_filters.iter().any(|wanted| is_of(wanted, &resource.kind)))
    }
}

/// `sns` takes in every type of the service; a topic's type is `sns` and may be asked for as `sns:topic`.
fn is_of(wanted: &str, kind: &str) -> bool {
    let service = kind.split(':').next().unwrap_or(kind);
    wanted == kind || wanted == service || (kind == "sns" && wanted == "sns:topic")
}
