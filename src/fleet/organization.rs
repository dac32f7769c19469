//! The accounts of an AWS organization, as a roster lists them. Only the management account, or one that it has delegated to,
//! may ask. Nothing is changed.

use crate::aws::{ApiOperation, Aws, AwsError, Class};
use aws_sdk_organizations::Client;
use aws_sdk_organizations::operation::list_accounts::ListAccountsOutput;
use aws_sdk_organizations::operation::list_accounts_for_parent::ListAccountsForParentOutput;
use aws_sdk_organizations::operation::list_organizational_units_for_parent::ListOrganizationalUnitsForParentOutput;
use aws_sdk_organizations::operation::list_tags_for_resource::ListTagsForResourceOutput;
use aws_sdk_organizations::types as sdk;
use futures_util::{StreamExt, TryStreamExt, stream};
use serde::Serialize;
use std::collections::BTreeMap;

const LIST: ApiOperation = ApiOperation("organizations", "ListAccounts");
const LIST_IN: ApiOperation = ApiOperation("organizations", "ListAccountsForParent");
const UNITS: ApiOperation = ApiOperation("organizations", "ListOrganizationalUnitsForParent");
const TAGS: ApiOperation = ApiOperation("organizations", "ListTagsForResource");
/// Calls on their way at once; the quota paces them anyhow.
const AT_ONCE: usize = 8;
/// Units lie at most five deep below the root (Organizations user guide, "Quotas").
const DEEPEST: usize = 6;

/// An account of the organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OrganizationMember {
    /// Twelve digits.
    pub account: String,
    pub name: String,
    pub email: String,
    /// `ACTIVE`, `SUSPENDED`, `PENDING_ACTIVATION`, `PENDING_CLOSURE` or `CLOSED`; empty where AWS does not say.
    pub state: String,
    /// Read only where somebody asks for tags.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}

/// Which accounts are wanted.
#[derive(Debug, Clone, Default)]
pub struct Which {
    /// Those in this unit or root (`ou-…`, `r-…`) and in every unit below it; else all of the organization.
    pub unit: Option<String>,
    /// Those that have all these tags.
    pub tags: Vec<(String, String)>,
    /// Also those that are not active.
    pub inactive: bool,
}

/// The members that are wanted, by account id.
pub async fn members(aws: &Aws, which: &Which) -> Result<Vec<OrganizationMember>, AwsError> {
    let client = aws.organizations();
    let mut members = match &which.unit {
        Some(unit) => below(aws, &client, unit).await?,
        None => all(aws, &client).await?,
    };
    members.retain(|member| which.inactive || member.is_active());
    members.sort_by(|a, b| a.account.cmp(&b.account));
    members.dedup_by(|a, b| a.account == b.account);
    if which.tags.is_empty() {
        return Ok(members);
    }
    let tagged = stream::iter(members).map(|mut member| {
        let client = &client;
        async move {
            member.tags = tags(aws, client, &member.account).await?;
            Ok::<_, AwsError>(member)
        }
    });
    let mut members: Vec<OrganizationMember> = tagged.buffered(AT_ONCE).try_collect().await?;
    members.retain(|member| which.tags.iter().all(|(key, value)| member.tags.get(key) == Some(value)));
    Ok(members)
}

impl OrganizationMember {
    /// An endpoint that says nothing of the state (`Status`, which was before it, is retired) lists what can be used.
    pub fn is_active(&self) -> bool {
        self.state.is_empty() || self.state == "ACTIVE"
    }
}

async fn all(aws: &Aws, client: &Client) -> Result<Vec<OrganizationMember>, AwsError> {
    let mut members = Vec::new();
    let page = |token| client.list_accounts().set_next_token(token).send();
    let keep = |page: ListAccountsOutput| {
        // A page may be empty, or short, and not the last one (Organizations API reference, ListAccounts).
        members.extend(page.accounts().iter().map(from_sdk));
        page.next_token
    };
    aws.pages(LIST, page, keep).await?;
    Ok(members)
}

/// The accounts of a unit and of all units below it: each level in one wave.
async fn below(aws: &Aws, client: &Client, unit: &str) -> Result<Vec<OrganizationMember>, AwsError> {
    let mut members = Vec::new();
    let mut level = vec![unit.to_owned()];
    for _ in 0..DEEPEST {
        let reads = level.iter().map(|parent| async move {
            tokio::try_join!(accounts_in(aws, client, parent), units_in(aws, client, parent))
        });
        let found: Vec<(Vec<OrganizationMember>, Vec<String>)> =
            stream::iter(reads).buffered(AT_ONCE).try_collect().await?;
        level.clear();
        for (accounts, units) in found {
            members.extend(accounts);
            level.extend(units);
        }
        if level.is_empty() {
            break;
        }
    }
    Ok(members)
}

async fn accounts_in(aws: &Aws, client: &Client, parent: &str) -> Result<Vec<OrganizationMember>, AwsError> {
    let mut members = Vec::new();
    let page = |token| client.list_accounts_for_parent().parent_id(parent).set_next_token(token).send();
    let keep = |page: ListAccountsForParentOutput| {
        members.extend(page.accounts().iter().map(from_sdk));
        page.next_token
    };
    aws.pages(LIST_IN, page, keep).await?;
    Ok(members)
}

async fn units_in(aws: &Aws, client: &Client, parent: &str) -> Result<Vec<String>, AwsError> {
    let mut units = Vec::new();
    let page = |token| client.list_organizational_units_for_parent().parent_id(parent).set_next_token(token).send();
    let keep = |page: ListOrganizationalUnitsForParentOutput| {
        units.extend(page.organizational_units().iter().filter_map(|unit| unit.id().map(str::to_owned)));
        page.next_token
    };
    aws.pages(UNITS, page, keep).await?;
    Ok(units)
}

async fn tags(aws: &Aws, client: &Client, account: &str) -> Result<BTreeMap<String, String>, AwsError> {
    let mut tags = BTreeMap::new();
    let page = |token| client.list_tags_for_resource().resource_id(account).set_next_token(token).send();
    let keep = |page: ListTagsForResourceOutput| {
        tags.extend(page.tags().iter().map(|tag| (tag.key().to_owned(), tag.value().to_owned())));
        page.next_token
    };
    match aws.pages(TAGS, page, keep).await {
        // It has left the organization since it was listed.
        Err(error) if !error.is(Class::NotFound) => Err(error),
        _ => Ok(tags),
    }
}

#[allow(deprecated)] // `Status`, for endpoints that know no `State` yet.
fn from_sdk(account: &sdk::Account) -> OrganizationMember {
    let state = account.state().map(|state| state.as_str()).or_else(|| account.status().map(|status| status.as_str()));
    OrganizationMember {
        account: account.id().unwrap_or_default().to_owned(),
        name: account.name().unwrap_or_default().to_owned(),
        email: account.email().unwrap_or_default().to_owned(),
        state: state.unwrap_or_default().to_owned(),
        tags: BTreeMap::new(),
    }
}
