//! The organization through the SDK's own client: its pages, its units, who may ask.

use crate::testing::{config, config_of};
use crate::{Sandbox, Weather};
use aws_sdk_organizations::Client;
use aws_sdk_organizations::error::ProvideErrorMetadata;
use std::collections::BTreeSet;

fn client() -> Client {
    Client::new(&config(&Sandbox::in_memory(Weather::default())))
}

#[tokio::test]
async fn every_account_is_on_exactly_one_page() {
    let client = client();
    let (mut seen, mut pages, mut token) = (BTreeSet::new(), 0, None);
    loop {
        let page = client.list_accounts().set_next_token(token).send().await.unwrap();
        for account in page.accounts() {
            assert!(account.state().is_some() && seen.insert(account.id().unwrap().to_owned()));
        }
        pages += 1;
        token = page.next_token().map(str::to_owned);
        if token.is_none() {
            break;
        }
    }
    assert_eq!((seen.len(), pages), (18, 3));
}

#[tokio::test]
async fn units_hold_their_own_accounts_and_units() {
    let client = client();
    let units = client.list_organizational_units_for_parent().parent_id("r-sand").send().await.unwrap();
    let names: BTreeSet<&str> = units.organizational_units().iter().filter_map(|unit| unit.name()).collect();
    assert_eq!(names, BTreeSet::from(["Group A", "Group B"]));
    let inside = client.list_accounts_for_parent().parent_id("ou-sand-evening0").send().await.unwrap();
    assert_eq!(inside.accounts().len(), 3);
    let tags = client.list_tags_for_resource().resource_id("091000000007").send().await.unwrap();
    assert!(tags.tags().iter().any(|tag| (tag.key(), tag.value()) == ("group", "a-evening")));
    let missing = client.list_accounts_for_parent().parent_id("ou-sand-missing0").send().await.unwrap_err();
    assert_eq!(missing.code(), Some("ParentNotFoundException"));
}

#[tokio::test]
async fn only_the_management_account_may_ask() {
    let sandbox = Sandbox::in_memory(Weather::default());
    for (account, code) in
        [("091000000001", "AccessDeniedException"), ("555555555555", "AWSOrganizationsNotInUseException")]
    {
        let client = Client::new(&config_of(&sandbox, account, "us-east-1"));
        assert_eq!(client.list_accounts().send().await.unwrap_err().code(), Some(code));
    }
}
