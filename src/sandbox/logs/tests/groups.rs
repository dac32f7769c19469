//! Log groups, their retention and their tags.

use super::client;
use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::error::ProvideErrorMetadata;
use aws_sdk_cloudwatchlogs::types::{LogGroup, LogGroupClass, PolicyType, Scope};

const SEEDED: &str = "/aws/lambda/mlops-service-lambda";

async fn one(logs: &Client, name: &str) -> LogGroup {
    let found = logs.describe_log_groups().log_group_identifiers(name).send().await.unwrap();
    found.log_groups()[0].clone()
}

#[tokio::test]
async fn the_services_group_is_there_before_anybody_plans() {
    let group = one(&client(), SEEDED).await;
    assert_eq!(group.arn(), Some("arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/mlops-service-lambda:*"));
    assert_eq!(group.log_group_arn(), group.arn().and_then(|arn| arn.strip_suffix(":*")));
    assert_eq!((group.retention_in_days(), group.retention_policy_name()), (None, None));
    assert!(group.stored_bytes().unwrap() > 0);
    assert_eq!(group.log_group_class(), Some(&LogGroupClass::Standard));
    let tags = client().list_tags_for_resource().resource_arn(group.log_group_arn().unwrap()).send().await.unwrap();
    assert!(tags.tags().unwrap().is_empty());
}

#[tokio::test]
async fn a_group_lives_from_create_to_delete() {
    let logs = client();
    let key = "arn:aws:kms:us-east-1:123456789012:key/1";
    let create = logs.create_log_group().log_group_name("g").log_group_class(LogGroupClass::InfrequentAccess);
    create.kms_key_id(key).tags("team", "ml").send().await.unwrap();
    let error = logs.create_log_group().log_group_name("g").send().await.unwrap_err().into_service_error();
    assert!(error.is_resource_already_exists_exception());
    logs.put_retention_policy().log_group_name("g").retention_in_days(14).send().await.unwrap();
    let group = one(&logs, "g").await;
    assert_eq!((group.retention_in_days(), group.kms_key_id()), (Some(14), Some(key)));
    assert_eq!(group.log_group_class(), Some(&LogGroupClass::InfrequentAccess));
    assert_eq!((group.stored_bytes(), group.metric_filter_count()), (Some(0), Some(0)));
    logs.delete_retention_policy().log_group_name("g").send().await.unwrap();
    logs.disassociate_kms_key().log_group_name("g").send().await.unwrap();
    let group = one(&logs, "g").await;
    assert_eq!((group.retention_in_days(), group.kms_key_id()), (None, None));
    logs.associate_kms_key().resource_identifier(group.log_group_arn().unwrap()).kms_key_id(key).send().await.unwrap();
    assert_eq!(one(&logs, "g").await.kms_key_id(), Some(key));
    logs.delete_log_group().log_group_name("g").send().await.unwrap();
    let error = logs.delete_log_group().log_group_name("g").send().await.unwrap_err().into_service_error();
    assert!(error.is_resource_not_found_exception());
    assert_eq!(error.message(), Some("The specified log group does not exist."));
}

#[tokio::test]
async fn protected_groups_stay() {
    let logs = client();
    logs.create_log_group().log_group_name("g").deletion_protection_enabled(true).send().await.unwrap();
    assert_eq!(one(&logs, "g").await.deletion_protection_enabled(), Some(true));
    let error = logs.delete_log_group().log_group_name("g").send().await.unwrap_err().into_service_error();
    assert_eq!(error.code(), Some("ValidationException"));
    let off = logs.put_log_group_deletion_protection().log_group_identifier("g");
    off.deletion_protection_enabled(false).send().await.unwrap();
    logs.delete_log_group().log_group_name("g").send().await.unwrap();
}

#[tokio::test]
async fn what_logs_refuses() {
    let logs = client();
    let put = |days| logs.put_retention_policy().log_group_name(SEEDED).retention_in_days(days);
    for days in [0, 2, 15, 366, 4000] {
        let error = put(days).send().await.unwrap_err().into_service_error();
        assert!(error.is_invalid_parameter_exception());
        assert!(error.message().unwrap().contains(&format!("Value '{days}' at 'retentionInDays'")), "{error:?}");
    }
    for days in crate::logs::RETENTIONS {
        put(days).send().await.unwrap();
    }
    let missing = logs.put_retention_policy().log_group_name("missing").retention_in_days(7).send().await;
    assert!(missing.unwrap_err().into_service_error().is_resource_not_found_exception());
    for (name, message) in [
        ("x".repeat(513).as_str(), "Invalid LogGroup or LogStream, both must have length less than or equal to 512."),
        ("no spaces", "regular expression pattern"),
        ("aws/mine", "reserved for AWS"),
    ] {
        let error = logs.create_log_group().log_group_name(name).send().await.unwrap_err().into_service_error();
        assert!(error.is_invalid_parameter_exception());
        assert!(error.message().unwrap().contains(message), "{error:?}");
    }
    let both = logs.describe_log_groups().log_group_name_prefix("a").log_group_name_pattern("b").send().await;
    let message = "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.";
    assert_eq!(both.unwrap_err().into_service_error().message(), Some(message));
    let identifiers = (0..51).map(|n| n.to_string()).collect();
    let many = logs.describe_log_groups().set_log_group_identifiers(Some(identifiers)).send().await;
    assert!(many.unwrap_err().into_service_error().is_invalid_parameter_exception());
    let starred =
        logs.describe_log_groups().log_group_identifiers(one(&logs, SEEDED).await.arn().unwrap()).send().await;
    assert!(starred.unwrap_err().into_service_error().is_invalid_parameter_exception(), "an ARN that ends in :*");
    let fixed = logs.create_log_group().log_group_name("d").log_group_class(LogGroupClass::Delivery);
    fixed.send().await.unwrap();
    let fixed = logs.put_retention_policy().log_group_name("d").retention_in_days(7).send().await;
    assert!(fixed.unwrap_err().into_service_error().is_invalid_parameter_exception());
}

#[tokio::test]
async fn groups_are_found_by_prefix_pattern_and_identifier() {
    let logs = client();
    for n in 0..60 {
        logs.create_log_group().log_group_name(format!("/app/{n:02}")).send().await.unwrap();
    }
    logs.create_log_group().log_group_name("/zoo/app").send().await.unwrap();
    let first = logs.describe_log_groups().log_group_name_prefix("/app/").send().await.unwrap();
    assert_eq!(first.log_groups().len(), 50);
    let names: Vec<_> = first.log_groups().iter().filter_map(LogGroup::log_group_name).collect();
    assert!(names.is_sorted());
    let next = logs.describe_log_groups().log_group_name_prefix("/app/").next_token(first.next_token().unwrap());
    let second = next.send().await.unwrap();
    assert_eq!((second.log_groups().len(), second.next_token()), (10, None));

    let arn = "arn:aws:logs:us-east-1:123456789012:log-group:/app/07";
    let some = logs.describe_log_groups().log_group_identifiers(arn).log_group_identifiers("/app/03");
    let some = some.log_group_identifiers("/not/there").send().await.unwrap();
    let names: Vec<_> = some.log_groups().iter().filter_map(LogGroup::log_group_name).collect();
    assert_eq!(names, ["/app/03", "/app/07"], "missing ones are absent");

    let pages = logs.describe_log_groups().log_group_name_pattern("zoo").into_paginator().send();
    let pages = pages.try_collect().await.unwrap();
    assert!(pages.len() > 1 && pages[0].log_groups().is_empty(), "a pattern is looked for page by page");
    let found: Vec<_> = pages.iter().flat_map(|page| page.log_groups()).collect();
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].log_group_name(), found[0].stored_bytes()), (Some("/zoo/app"), None));

    let class = logs.describe_log_groups().log_group_class(LogGroupClass::Delivery).send().await.unwrap();
    assert!(class.log_groups().is_empty());
}

#[tokio::test]
async fn an_account_policy_overrules_what_groups_say() {
    let logs = client();
    logs.put_retention_policy().log_group_name(SEEDED).retention_in_days(14).send().await.unwrap();
    let put = |document: &str| {
        let put = logs.put_account_policy().policy_name("keep").policy_type(PolicyType::RetentionPolicy);
        put.policy_document(document)
    };
    let preview = put(r#"{"RetentionInDays":90}"#).dry_run(true).send().await.unwrap();
    let impact = preview.dry_run_result().unwrap();
    assert_eq!((impact.total_matched_log_groups(), impact.increased_retention_log_group_count()), (1, 1));
    let group = &impact.top_log_groups_impacted()[0];
    assert_eq!((group.current_retention(), group.proposed_retention()), (Some("14"), Some("90")));
    assert_eq!(one(&logs, SEEDED).await.retention_policy_name(), None, "a dry run saves nothing");

    let kept = put(r#"{"RetentionInDays":90}"#).scope(Scope::All).send().await.unwrap();
    assert_eq!(kept.account_policy().unwrap().account_id(), Some("123456789012"));
    logs.put_retention_policy().log_group_name(SEEDED).retention_in_days(7).send().await.unwrap();
    let group = one(&logs, SEEDED).await;
    assert_eq!((group.retention_in_days(), group.retention_policy_name()), (Some(90), Some("keep")));
    put(r#"{"RetentionInDays":"NEVER_EXPIRE"}"#).send().await.unwrap();
    let group = one(&logs, SEEDED).await;
    assert_eq!((group.retention_in_days(), group.retention_policy_name()), (None, Some("keep")));

    let second = logs.put_account_policy().policy_name("other").policy_type(PolicyType::RetentionPolicy);
    let second = second.policy_document(r#"{"RetentionInDays":1}"#).send().await;
    assert!(second.unwrap_err().into_service_error().is_limit_exceeded_exception());
    for document in ["{", "{}", r#"{"RetentionInDays":2}"#] {
        let error = put(document).send().await.unwrap_err().into_service_error();
        assert!(error.is_invalid_parameter_exception(), "{document}");
    }
    let selective = put(r#"{"RetentionInDays":90}"#).selection_criteria("LogGroupName NOT IN []").send().await;
    assert!(selective.unwrap_err().into_service_error().is_invalid_parameter_exception());

    let describe = || logs.describe_account_policies().policy_type(PolicyType::RetentionPolicy);
    let found = describe().send().await.unwrap();
    assert_eq!(found.account_policies()[0].policy_name(), Some("keep"));
    let delete = logs.delete_account_policy().policy_name("keep").policy_type(PolicyType::RetentionPolicy);
    delete.clone().send().await.unwrap();
    let group = one(&logs, SEEDED).await;
    assert_eq!((group.retention_in_days(), group.retention_policy_name()), (Some(7), None), "its own again");
    assert!(describe().send().await.unwrap().account_policies().is_empty());
    assert!(delete.send().await.unwrap_err().into_service_error().is_resource_not_found_exception());
}

#[tokio::test]
async fn tags_go_by_the_arn_without_a_star() {
    let logs = client();
    logs.create_log_group().log_group_name("g").tags("a", "1").send().await.unwrap();
    let group = one(&logs, "g").await;
    let arn = group.log_group_arn().unwrap();
    logs.tag_resource().resource_arn(arn).tags("b", "2").tags("a", "3").send().await.unwrap();
    logs.untag_resource().resource_arn(arn).tag_keys("b").tag_keys("never").send().await.unwrap();
    let tags = logs.list_tags_for_resource().resource_arn(arn).send().await.unwrap();
    assert_eq!(tags.tags().unwrap().clone().into_iter().collect::<Vec<_>>(), [("a".to_owned(), "3".to_owned())]);
    let starred = logs.tag_resource().resource_arn(group.arn().unwrap()).tags("a", "1").send().await;
    assert!(starred.unwrap_err().into_service_error().is_invalid_parameter_exception());
    logs.delete_log_group().log_group_name("g").send().await.unwrap();
    let gone = logs.list_tags_for_resource().resource_arn(arn).send().await;
    assert!(gone.unwrap_err().into_service_error().is_resource_not_found_exception());
    logs.create_log_group().log_group_name("g").send().await.unwrap();
    let tags = logs.list_tags_for_resource().resource_arn(arn).send().await.unwrap();
    assert!(tags.tags().unwrap().is_empty(), "a new group has none of the tags of the one before it");
}
