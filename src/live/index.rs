//! The tag index (GetResources): everything that carries the stack's mark, in a few calls. It lags and some endpoints do
//! not fill it, so it finds candidates and saves calls; it never decides that something is absent or unowned.

use super::ReadPurpose;
use crate::aws::{ApiOperation, Aws, AwsError, Class, Repeat};
use crate::model::{Arn, Target};
use crate::resources::{Kind, ResourceTags, mark};
use aws_sdk_resourcegroupstagging::operation::get_resources::GetResourcesOutput;
use aws_sdk_resourcegroupstagging::types::TagFilter;
use futures_util::future::{join_all, try_join_all};
use std::collections::{BTreeMap, BTreeSet};
use tokio::sync::OnceCell;

const GET: ApiOperation = ApiOperation("tagging", "GetResources");

/// Entries of a page (Resource Groups Tagging API reference).
const PAGE: usize = 100;

/// Functions, as GetResources names their type.
const FUNCTION_TYPE: &str = "lambda:function";

/// What carries the mark, by name, and its tags by ARN.
#[derive(Debug, Clone, Default)]
pub struct Index {
    /// Of kinds that share their ARNs, under the first of them: an ARN does not tell.
    pub names: BTreeMap<Kind, BTreeSet<String>>,
    pub tags: BTreeMap<String, ResourceTags>,
    /// Whether it could not be read: then it is not asked again.
    pub unreadable: bool,
}

/// The queries that fill the index. Pages of one query come one after the other, so a stack that needs more than one is
/// asked kind by kind, side by side; and whoever needs only one kind waits for that one.
#[derive(Debug)]
pub struct Queries<'a> {
    aws: &'a Aws,
    stack: &'a str,
    queries: Vec<IndexQuery>,
    nothing: Index,
}

/// Resource types, and what carries the mark among them once it was asked.
type IndexQuery = (Vec<&'static str>, OnceCell<Result<Index, AwsError>>);

/// Resource types as GetResources names them, those of services with more than one side by side.
fn types() -> BTreeSet<&'static str> {
    Kind::ALL.into_iter().filter_map(|kind| kind.facts().tag_type).collect()
}

impl<'a> Queries<'a> {
    pub fn new(aws: &'a Aws, wanted: ReadPurpose<'a>) -> Self {
        let tagged = wanted.desired.keys().filter(|address| address.kind.facts().tag_type.is_some()).count();
        let asked: Vec<Vec<&str>> = match tagged <= PAGE {
            true => vec![types().into_iter().collect()],
            false => types().into_iter().map(|one| vec![one]).collect(),
        };
        let queries = asked.into_iter().map(|types| (types, OnceCell::new())).collect();
        Self { aws, stack: wanted.stack, queries, nothing: Index::default() }
    }

    /// The part of the index that holds topics; empty where it cannot be read, which `all` says.
    pub async fn topics(&self) -> &Index {
        let topics = Kind::Topic.facts().tag_type;
        for (types, cell) in self.queries.iter().filter(|(types, _)| topics.is_some_and(|own| types.contains(&own))) {
            if let Ok(index) = cell.get_or_init(|| query(self.aws, self.stack, types)).await {
                return index;
            }
        }
        &self.nothing
    }

    /// Everything.
    pub async fn all(&self) -> Result<Index, AwsError> {
        let parts = self.queries.iter().map(|(types, cell)| cell.get_or_init(|| query(self.aws, self.stack, types)));
        let parts = join_all(parts).await;
        let mut index = Index::default();
        for part in parts {
            let part = part.clone()?;
            for (kind, names) in part.names {
                index.names.entry(kind).or_default().extend(names);
            }
            index.tags.extend(part.tags);
        }
        Ok(index)
    }
}

impl Index {
    /// The index, where all of it is about this target.
    pub fn of(self, target: &Target) -> Result<Self, AwsError> {
        // What is the account's has no region in its ARN.
        let is_region =
            |arn: &Arn<'_>| arn.region == target.region || (arn.region.is_empty() && is_of_the_account(arn));
        let is_here = |arn: &str| Arn::parse(arn).is_some_and(|arn| arn.account == target.account && is_region(&arn));
        match self.tags.keys().find(|arn| !is_here(arn)) {
            Some(arn) => Err(AwsError::unexpected(GET, &format!("it names {arn}, which is not in {target}"))),
            None => Ok(self),
        }
    }

    fn add(&mut self, arn: &str, tags: ResourceTags) {
        let arn = arn.strip_suffix(":*").unwrap_or(arn);
        let Some(parsed) = Arn::parse(arn) else { return };
        let named = Kind::ALL.into_iter().find_map(|kind| Some((kind, kind.facts().arn?.name(&parsed)?)));
        if let Some((kind, name)) = named
            && self.names.entry(kind).or_default().insert(name.to_owned())
        {
            self.tags.insert(arn.to_owned(), tags);
        }
    }

    /// What of these kinds carries the mark, by name.
    pub fn names_of<'a>(&'a self, kinds: &'a [Kind]) -> impl Iterator<Item = &'a String> {
        kinds.iter().filter_map(|kind| self.names.get(kind)).flatten()
    }
}

fn is_of_the_account(arn: &Arn<'_>) -> bool {
    let mut kinds = Kind::ALL.into_iter().filter(|kind| kind.is_of_the_account());
    kinds.any(|kind| kind.facts().arn.is_some_and(|form| form.name(arn).is_some()))
}

/// Returns the tags of these ARNs as the index shows them, up to a hundred a call; what has never had a tag is not among
/// them (GetResources, `ResourceARNList`).
pub async fn by_arn(aws: &Aws, arns: &[String]) -> Result<BTreeMap<String, ResourceTags>, AwsError> {
    let pages = arns.chunks(PAGE).map(|chunk| async move {
        let request = || aws.tagging.get_resources().set_resource_arn_list(Some(chunk.to_vec())).send();
        let page = aws.call(GET, Repeat::Safe, request).await?;
        // AWS takes no token together with ARNs: the rest of an answer that has one could not be asked for.
        if page.pagination_token().is_some_and(|token| !token.is_empty()) {
            let message = "the answer is not whole".to_owned();
            return Err(AwsError { op: GET, class: Class::Refused, code: "Truncated".to_owned(), message });
        }
        let found = page.resource_tag_mapping_list().iter().filter_map(|item| {
            let arn = item.resource_arn().map(|arn| arn.strip_suffix(":*").unwrap_or(arn))?;
            // Some endpoints answer with everything.
            chunk.iter().any(|asked| asked == arn).then(|| {
                (arn.to_owned(), item.tags().iter().map(|t| (t.key().to_owned(), t.value().to_owned())).collect())
            })
        });
        Ok::<Vec<(String, ResourceTags)>, AwsError>(found.collect())
    });
    Ok(try_join_all(pages).await?.into_iter().flatten().collect())
}

/// The tags of everything of the target that has or had some, by ARN, in one paged call.
pub async fn all_tags(aws: &Aws) -> Result<BTreeMap<String, ResourceTags>, AwsError> {
    let mut found = BTreeMap::new();
    let page = |token| {
        let types = types().into_iter().map(str::to_owned).collect();
        let request = aws.tagging.get_resources().resources_per_page(PAGE as i32);
        request.set_resource_type_filters(Some(types)).set_pagination_token(token).send()
    };
    let keep = |page: GetResourcesOutput| {
        for item in page.resource_tag_mapping_list() {
            let arn = item.resource_arn().map(|arn| arn.strip_suffix(":*").unwrap_or(arn)).unwrap_or_default();
            let tags = item.tags().iter().map(|tag| (tag.key().to_owned(), tag.value().to_owned()));
            found.insert(arn.to_owned(), tags.collect());
        }
        page.pagination_token
    };
    aws.pages(GET, page, keep).await?;
    Ok(found)
}

/// Returns the names of the functions that carry all of these tags, as the index shows them.
pub async fn functions_tagged(aws: &Aws, tags: &ResourceTags) -> Result<BTreeSet<String>, AwsError> {
    let filters: Vec<TagFilter> =
        tags.iter().map(|(key, value)| TagFilter::builder().key(key).values(value).build()).collect();
    let mut names = BTreeSet::new();
    let page = |token| {
        let request = aws.tagging.get_resources().resource_type_filters(FUNCTION_TYPE);
        let request = request.set_tag_filters(Some(filters.clone())).resources_per_page(PAGE as i32);
        request.set_pagination_token(token).send()
    };
    let keep = |page: GetResourcesOutput| {
        for item in page.resource_tag_mapping_list() {
            let own: ResourceTags = item.tags().iter().map(|t| (t.key().to_owned(), t.value().to_owned())).collect();
            // Some endpoints answer with everything.
            let carries = tags.iter().all(|(key, value)| own.get(key) == Some(value));
            let parsed = item.resource_arn().and_then(Arn::parse).filter(|arn| carries && arn.service == "lambda");
            let name = parsed.and_then(|arn| arn.resource.strip_prefix("function:"));
            names.extend(name.filter(|name| !name.contains(':')).map(str::to_owned));
        }
        page.pagination_token
    };
    aws.pages(GET, page, keep).await?;
    Ok(names)
}

async fn query(aws: &Aws, stack: &str, types: &[&str]) -> Result<Index, AwsError> {
    let filter = TagFilter::builder().key(mark::STACK).values(stack).build();
    let mut index = Index::default();
    let page = |token| {
        let types = types.iter().map(|t| (*t).to_owned()).collect();
        let request = aws.tagging.get_resources().tag_filters(filter.clone()).resources_per_page(PAGE as i32);
        request.set_resource_type_filters(Some(types)).set_pagination_token(token).send()
    };
    let keep = |page: GetResourcesOutput| {
        for item in page.resource_tag_mapping_list() {
            let tags: ResourceTags = item.tags().iter().map(|t| (t.key().to_owned(), t.value().to_owned())).collect();
            // Some endpoints answer with everything: the filter is checked here as well.
            if let Some(arn) = item.resource_arn()
                && tags.get(mark::STACK).is_some_and(|owner| owner == stack)
            {
                index.add(arn, tags);
            }
        }
        page.pagination_token
    };
    aws.pages(GET, page, keep).await?;
    Ok(index)
}
