//! The steps of a case, and the blocks of Terraform.

use super::*;

fn case(engine: DeployingEngine, resources: &[(&str, Option<&str>)]) -> HandoverCase {
    let address = |text: &str| Address::parse(text).expect("an address");
    HandoverCase {
        engine,
        stack: (engine == DeployingEngine::Cloudformation).then(|| "prod".to_owned()),
        resources: resources.iter().map(|(one, id)| (address(one), id.map(str::to_owned))).collect(),
        to_adopt: resources.iter().map(|(one, _)| address(one)).collect(),
    }
}

fn texts(case: &HandoverCase) -> Vec<String> {
    case.steps().into_iter().map(|step| format!("{}\n{}", step.what, step.text)).collect()
}

#[test]
fn exactly_the_named_resources_are_kept_and_then_adopted() {
    let steps = texts(&case(
        DeployingEngine::Cloudformation,
        &[("alarm/errors", Some("Errors")), ("alarm/slow it's", Some("Slow"))],
    ));
    assert_eq!(steps.len(), 5, "{steps:#?}");
    assert!(steps[0].contains("mlopsctl plan --adopt alarm/errors --adopt 'alarm/slow it'\\''s'"), "{}", steps[0]);
    assert!(
        steps[1].ends_with(
            "Resources:\n  Errors: # alarm/errors\n    DeletionPolicy: Retain\n    UpdateReplacePolicy: Retain\n  \
             Slow: # alarm/slow it's\n    DeletionPolicy: Retain\n    UpdateReplacePolicy: Retain\n"
        ),
        "{}",
        steps[1]
    );
    assert!(steps[2].contains("aws cloudformation deploy --stack-name prod"), "{}", steps[2]);
    assert!(steps[3].contains("DELETE_SKIPPED"), "{}", steps[3]);
    assert!(steps[4].contains("mlopsctl apply --adopt alarm/errors"), "{}", steps[4]);
}

#[test]
fn what_has_no_tags_has_to_be_looked_for_before() {
    let one = case(
        DeployingEngine::Cloudformation,
        &[("topic/alerts", Some("Alerts")), ("subscription/alerts/email/ann@example.edu", None)],
    );
    let steps = texts(&one);
    assert!(
        steps[1].contains("subscription/alerts/email/ann@example.edu") && steps[1].contains("describe-stack-resources")
    );
    let ours = HandoverCase { to_adopt: BTreeSet::new(), ..one.clone() };
    assert!(texts(&ours).iter().all(|text| !text.contains("--adopt")), "what carries our mark needs no consent");
    let instance = HandoverCase { stack: Some("StackSet-alarms-0a1b".into()), ..one };
    assert!(texts(&instance).iter().any(|text| text.contains("update-stack-set")));
    assert!(!texts(&instance).iter().any(|text| text.contains("cloudformation deploy")));
}

#[test]
fn terraform_lets_go_by_blocks_without_keys() {
    let steps = texts(&case(
        DeployingEngine::Terraform,
        &[
            ("alarm/errors", Some("aws_cloudwatch_metric_alarm.errors")),
            ("alarm/a", Some(r#"module.alarms["a.b[\"]"].aws_cloudwatch_metric_alarm.each["a"]"#)),
            ("alarm/b", Some(r#"module.alarms["a.b[\"]"].aws_cloudwatch_metric_alarm.each["b"]"#)),
            ("topic/alerts", None),
        ],
    ));
    assert!(
        steps[1].ends_with(
            "removed {\n  from = aws_cloudwatch_metric_alarm.errors\n  lifecycle {\n    destroy = false\n  }\n}\n\
             removed {\n  from = module.alarms.aws_cloudwatch_metric_alarm.each\n  lifecycle {\n    destroy = false\n  }\n}\n"
        ),
        "{}",
        steps[1]
    );
    assert!(steps[2].contains("terraform state rm 'module.alarms"), "{}", steps[2]);
    assert!(steps[3].contains("topic/alerts") && steps[4].contains("terraform plan"), "{steps:#?}");
}

#[test]
fn only_addresses_of_managed_resources_are_let_go_of() {
    for (address, from) in [
        ("aws_sns_topic.alerts", Some("aws_sns_topic.alerts")),
        ("aws_sns_topic.alerts[0]", Some("aws_sns_topic.alerts")),
        ("module.a.module.b[1].aws_sns_topic.x-y_z", Some("module.a.module.b.aws_sns_topic.x-y_z")),
        (r#"aws_sns_topic.alerts["ü.]"]"#, Some("aws_sns_topic.alerts")),
        ("data.aws_sns_topic.alerts", None),
        ("module.a.data.aws_sns_topic.alerts", None),
        ("aws_sns_topic", None),
        ("module.a", None),
        ("aws_sns_topic.alerts.arn", None),
        ("aws_sns_topic.alerts[", None),
        ("aws_sns_topic.alerts[x]", None),
        (r#"aws_sns_topic.alerts["a""#, None),
        (r#"aws_sns_topic.alerts["a"]x"#, None),
        ("aws_sns_topic.}\nresource \"x\"", None),
        ("", None),
    ] {
        let blocks = RemovedBlocks::of([address].into_iter());
        assert_eq!(blocks.from.first().map(String::as_str), from, "{address}");
        assert_eq!(blocks.refused.is_empty(), from.is_some(), "{address}");
    }
}
