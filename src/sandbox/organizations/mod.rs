//! Organizations: a small organization that the default account manages. It only answers: nothing in it can be changed.

mod members;
#[cfg(test)]
mod tests;

use super::fault::Fault;
use super::operation::{answer, operations};
use super::paging::{Order, page};
use super::store::Tx;
use super::tags::{self, Tag};
use super::wire::{Timestamp, WireRequest};
use ciborium::Value;
use members::{MemberAccount, UNITS, find, is_parent, members};
use serde::{Deserialize, Serialize};

/// AWS gives at most 20 and may give fewer (ListAccounts): the organization is small and shall still have pages.
const PAGE: usize = 8;
const MOST: usize = 20;
/// 2026-08-24, the week before term.
const JOINED: f64 = 1_787_529_600.0;

/// Runs one operation of Organizations.
pub fn dispatch(request: WireRequest, tx: &mut Tx) -> Result<Value, Fault> {
    may_ask(tx)?;
    operations!(request, {
        "ListAccounts" => answer(request, tx, list_accounts),
        "ListAccountsForParent" => answer(request, tx, list_accounts_for_parent),
        "ListOrganizationalUnitsForParent" => answer(request, tx, list_units),
        "ListTagsForResource" => answer(request, tx, list_tags),
    })
}

/// Only the management account may.
fn may_ask(tx: &Tx) -> Result<(), Fault> {
    match find(tx.account()) {
        Some(member) if member.is_manager() => Ok(()),
        Some(_) => Err(Fault::sender("AccessDeniedException", "You don't have permissions to access this resource.")),
        None => {
            Err(Fault::sender("AWSOrganizationsNotInUseException", "Your account is not a member of an organization."))
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct List {
    next_token: Option<String>,
    max_results: Option<i64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListForParent {
    parent_id: Option<String>,
    next_token: Option<String>,
    max_results: Option<i64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListTags {
    resource_id: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct OrganizationAccounts {
    accounts: Vec<OrganizationAccount>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct OrganizationAccount {
    id: String,
    arn: String,
    email: String,
    name: String,
    state: &'static str,
    joined_method: &'static str,
    joined_timestamp: Timestamp,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Units {
    organizational_units: Vec<OrganizationUnit>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct OrganizationUnit {
    id: &'static str,
    arn: String,
    name: &'static str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Tagged {
    tags: Vec<Tag>,
}

fn list_accounts(input: List, tx: &mut Tx) -> Result<OrganizationAccounts, Fault> {
    accounts(tx, members(), input.next_token.as_deref(), input.max_results)
}

fn list_accounts_for_parent(input: ListForParent, tx: &mut Tx) -> Result<OrganizationAccounts, Fault> {
    let parent = parent(input.parent_id)?;
    let inside = members().into_iter().filter(|member| member.parent == parent).collect();
    accounts(tx, inside, input.next_token.as_deref(), input.max_results)
}

fn list_units(input: ListForParent, tx: &mut Tx) -> Result<Units, Fault> {
    let parent = parent(input.parent_id)?;
    let size = page_size(input.max_results)?;
    let units = UNITS.iter().filter(|unit| unit.parent == parent);
    let units = units.map(|unit| {
        let arn = tx.global_arn("organizations", &format!("ou/o-sandbox000/{}", unit.id));
        (unit.id.to_owned(), OrganizationUnit { id: unit.id, arn, name: unit.name })
    });
    let (organizational_units, next_token) =
        page(tx, units.collect(), Order::Scattered, input.next_token.as_deref(), size, bad_token)?;
    Ok(Units { organizational_units, next_token })
}

fn list_tags(input: ListTags, tx: &mut Tx) -> Result<Tagged, Fault> {
    let id = input.resource_id.unwrap_or_default();
    match find(&id) {
        Some(member) => Ok(Tagged { tags: tags::to_list(tx, member.tags()) }),
        None => Err(Fault::sender("TargetNotFoundException", "You specified a target that doesn't exist.")),
    }
}

fn accounts(
    tx: &Tx,
    members: Vec<MemberAccount>,
    token: Option<&str>,
    most: Option<i64>,
) -> Result<OrganizationAccounts, Fault> {
    let size = page_size(most)?;
    let members = members.into_iter().map(|member| (member.id.clone(), member)).collect();
    let (found, next_token) = page(tx, members, Order::Scattered, token, size, bad_token)?;
    let accounts = found.into_iter().map(|member| OrganizationAccount {
        arn: tx.global_arn("organizations", &format!("account/o-sandbox000/{}", member.id)),
        id: member.id,
        email: member.email,
        name: member.name,
        state: member.state,
        joined_method: "CREATED",
        joined_timestamp: Timestamp::from_seconds(JOINED),
    });
    Ok(OrganizationAccounts { accounts: accounts.collect(), next_token })
}

fn parent(id: Option<String>) -> Result<String, Fault> {
    let id = id.unwrap_or_default();
    match is_parent(&id) {
        true => Ok(id),
        false => Err(Fault::sender(
            "ParentNotFoundException",
            "We can't find a root or OU with the ParentId that you specified.",
        )),
    }
}

fn page_size(most: Option<i64>) -> Result<usize, Fault> {
    match most.map_or(Ok(MOST), usize::try_from) {
        Ok(n @ 1..=MOST) => Ok(n.min(PAGE)),
        _ => Err(Fault::sender("InvalidInputException", "You specified a value for MaxResults that is out of range.")),
    }
}

fn bad_token() -> Fault {
    Fault::sender("InvalidInputException", "You specified a NextToken that is invalid.")
}
