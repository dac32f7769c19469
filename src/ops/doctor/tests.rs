//! Prepared worlds, each with one thing wrong: the doctor names that first, whatever follows from it.

use super::*;
use crate::aws::{Aws, Class};
use crate::ops::subscriptions::{Link, confirm};
use crate::pipeline::tests::world::{ACCOUNT, REGION, World, bound, spec_of};
use crate::sandbox::Weather;
use serde_json::{Value, json};
use std::time::{SystemTime, UNIX_EPOCH};

const FUNCTION: &str = "mlops-service-lambda";
const SECTIONS: &str = r#"
topics:
  alerts:
    subscriptions:
      - { protocol: email, endpoint: ann@example.edu }
functions:
  mlops-service-lambda:
    retention: 14d
alarms:
  errors:
    namespace: AWS/Lambda
    metric_name: Errors
    dimensions: { FunctionName: mlops-service-lambda }
    statistic: Sum
    period: 5m
    threshold: "> 5"
    treat_missing_data: notBreaching
    notify: { alarm: [alerts], ok: [alerts] }
"#;

fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap()
}

/// A world in which all is well: applied, confirmed, evaluated.
async fn healthy(sections: &str, weather: Weather) -> World {
    let world = World::fine();
    world.apply(&spec_of("sick", sections)).await;
    let aws = world.aws().await;
    for letter in world.letters() {
        if let Some(token) = &letter.token {
            confirm(&aws, &Link::new(&letter.topic_arn, token).unwrap(), false).await.unwrap();
        }
    }
    let evaluated = aws.cloudwatch.set_alarm_state().alarm_name("errors").state_value("OK".into());
    evaluated.state_reason("Threshold Crossed: 1 datapoint").send().await.unwrap();
    world.fork(weather)
}

async fn examine(world: &World, sections: &str) -> Vec<DoctorFinding> {
    examine_with(&world.aws().await, sections).await
}

async fn examine_with(aws: &Aws, sections: &str) -> Vec<DoctorFinding> {
    judge(&read(aws, &bound(&spec_of("sick", sections)), now()).await)
}

fn causes(findings: &[DoctorFinding]) -> Vec<&'static str> {
    findings.iter().map(|finding| finding.cause).collect()
}

#[tokio::test]
async fn a_healthy_world_has_nothing_but_hints_and_few_calls() {
    let world = healthy(SECTIONS, Weather::default()).await;
    let aws = world.aws().await;
    let findings = examine_with(&aws, SECTIONS).await;
    assert!(findings.iter().all(|finding| finding.level == DoctorLevel::Hint), "{findings:#?}");
    let calls: u64 = aws.calls().values().map(|count| count.calls).sum();
    assert!(calls <= 20, "{:?}", aws.calls());
}

#[tokio::test]
async fn steps_are_counted_and_what_cannot_be_worked_out_is_not_tested() {
    let policy = "example.edu, filter_policy: { NewStateReason: [{ prefix: x }] }, filter_policy_scope: MessageBody }";
    for (sections, expected) in [
        (SECTIONS.to_owned(), DeliverySteps { verified: 3, not_tested: 0 }),
        (SECTIONS.replace("example.edu }", policy), DeliverySteps { verified: 2, not_tested: 1 }),
    ] {
        let world = healthy(&sections, Weather::default()).await;
        let facts = read(&world.aws().await, &bound(&spec_of("sick", &sections)), now()).await;
        assert_eq!(steps(&facts), expected);
        let untested = judge(&facts).iter().any(|finding| finding.what.starts_with("not tested"));
        assert_eq!(untested, expected.not_tested > 0);
    }
}

#[tokio::test]
async fn an_alarm_that_is_in_alarm_is_named() {
    let world = healthy(SECTIONS, Weather::default()).await;
    let aws = world.aws().await;
    let fired = aws.cloudwatch.set_alarm_state().alarm_name("errors").state_value("ALARM".into());
    fired.state_reason("Threshold Crossed").send().await.unwrap();
    let findings = examine(&world, SECTIONS).await;
    assert!(findings.iter().any(|finding| finding.cause == "in-alarm" && finding.what == "errors is in ALARM"));
}

/// What is done to a healthy world, and the cause that has to be named first, with what its text says.
const WORLDS: &[(&str, &str, &str)] = &[
    ("expired credentials", "expired-credentials", "expired"),
    ("skewed clock", "clock", "clock"),
    ("unknown keys", "wrong-credentials", "does not accept"),
    ("denied", "permission-missing", "sns:GetTopicAttributes"),
    ("another region", "wrong-region", "us-east-1"),
    ("function gone", "function-missing", "there is no function mlops-service-lambda"),
    ("foreign alarm", "foreign-owner", "alarm/errors"),
    ("never applied", "not-applied", "was not applied"),
    ("idle", "never-invoked", "was not invoked"),
    ("typo in the function", "wrong-dimension", "mlops-service-lamda, which does not exist"),
    ("half the dimensions", "wrong-dimension", "nothing publishes that"),
    ("unknown metric", "no-data", "no data in 14 days"),
    ("deaf", "no-actions", "no alarm actions"),
    ("actions off", "actions-off", "switched off"),
    ("muted", "muted", "mute rule quiet"),
    ("topic gone", "topic-missing", "there is no topic alerts"),
    ("policy", "topic-policy", "does not let alarms publish"),
    ("key", "topic-key", "alias/aws/sns"),
    ("nobody", "nobody-subscribed", "nobody is subscribed"),
    ("pending", "unconfirmed", "ann@example.edu has not confirmed"),
    ("lost", "unsubscribed", "ann@example.edu has unsubscribed"),
    ("filtered", "filtered", "drops the ALARM messages of errors: nobody is notified"),
    ("filtered by body", "filtered", "drops the ALARM messages of errors: nobody is notified"),
    ("other log group", "log-group", "writes its logs to /own/place"),
    ("alarm deleted", "drift", "alarm/errors is not there"),
    ("no data now", "insufficient-data", "INSUFFICIENT_DATA"),
    ("threshold of a million", "threshold-out-of-reach", "never near firing"),
];

#[tokio::test]
async fn the_true_cause_comes_first_in_every_prepared_world() {
    let mut wrong = Vec::new();
    for (what, cause, says) in WORLDS {
        let (world, sections) = prepared(what).await;
        let mut aws = world.aws().await;
        if *what == "another region" {
            aws = aws.in_region("eu-west-1");
        }
        let findings = examine_with(&aws, &sections).await;
        let told = findings.first().is_some_and(|first| {
            let mended = !first.remedy.is_empty() && !first.evidence.is_empty() || first.cause == "foreign-owner";
            first.cause == *cause && first.what.contains(says) && (mended || first.cause == "drift")
        });
        // What else is told is no second trouble: all of it follows from the one.
        let others = findings.iter().skip(1).filter(|finding| finding.level == DoctorLevel::Error).count();
        if !told || others > 0 {
            let heads: Vec<String> = findings.iter().map(|f| format!("{:?} {} {}", f.level, f.cause, f.what)).collect();
            wrong.push(format!("{what}: not {cause} ({says}) first, or not alone:\n  {}", heads.join("\n  ")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(WORLDS.len() >= 15);
}

async fn prepared(what: &str) -> (World, String) {
    let weather: Weather = match what {
        "expired credentials" => "credentials=expired",
        "skewed clock" => "credentials=skewed",
        "unknown keys" => "credentials=unknown",
        "denied" => "deny=sns:GetTopicAttributes",
        "idle" => "idle",
        _ => "none",
    }
    .parse()
    .unwrap();
    let sections = match what {
        "typo in the function" => {
            SECTIONS.replace("FunctionName: mlops-service-lambda", "FunctionName: mlops-service-lamda")
        }
        "half the dimensions" => SECTIONS
            .replace("{ FunctionName: mlops-service-lambda }", "{ FunctionName: mlops-service-lambda, Stage: prod }"),
        "unknown metric" => SECTIONS.replace("metric_name: Errors", "metric_name: Eros"),
        "deaf" => SECTIONS.replace("    notify: { alarm: [alerts], ok: [alerts] }\n", ""),
        "nobody" => SECTIONS.replace(
            "    subscriptions:\n      - { protocol: email, endpoint: ann@example.edu }\n",
            "    display_name: Alerts\n",
        ),
        "filtered by body" => SECTIONS.replace(
            "example.edu }",
            "example.edu, filter_policy: { severity: [high], NewStateValue: [alarm] }, filter_policy_scope: MessageBody }",
        ),
        "filtered" => SECTIONS.replace("example.edu }", "example.edu, filter_policy: { kind: [bad] } }"),
        "other log group" => {
            SECTIONS.replace("    retention: 14d\n", "    {}\n")
                + "log_groups:\n  /aws/lambda/mlops-service-lambda: { retention: 14d }\n"
        }
        "no data now" => SECTIONS.replace("    treat_missing_data: notBreaching\n", ""),
        "threshold of a million" => SECTIONS.replace("> 5", "> 1000000"),
        _ => SECTIONS.to_owned(),
    };
    let world = match what {
        "never applied" => return (World::fine(), sections),
        "pending" => {
            let world = World::fine();
            world.apply(&spec_of("sick", &sections)).await;
            let aws = world.aws().await;
            let evaluated = aws.cloudwatch.set_alarm_state().alarm_name("errors").state_value("OK".into());
            evaluated.state_reason("Threshold Crossed").send().await.unwrap();
            return (world, sections);
        }
        _ => healthy(&sections, weather).await,
    };
    let topic = format!("arn:aws:sns:{REGION}:{ACCOUNT}:alerts");
    let aws = world.aws().await;
    let set = |name: &'static str, value: String| {
        let request = aws.sns.set_topic_attributes().topic_arn(&topic).attribute_name(name);
        request.attribute_value(value).send()
    };
    match what {
        "another region" => {
            forget_function(&aws, &["eu-west-1"]).await;
        }
        "function gone" => forget_function(&aws, &[]).await,
        "foreign alarm" => {
            let arn = format!("arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:errors");
            let tag = aws_sdk_cloudwatch::types::Tag::builder().key("mlopsctl:stack").value("other").build();
            aws.cloudwatch.tag_resource().resource_arn(arn).tags(tag).send().await.unwrap();
        }
        "actions off" => drop(aws.cloudwatch.disable_alarm_actions().alarm_names("errors").send().await.unwrap()),
        "muted" => crate::ops::drill::tests::mute(&aws).await,
        "topic gone" => drop(aws.sns.delete_topic().topic_arn(&topic).send().await.unwrap()),
        "policy" => {
            let statement = json!({
                "Effect": "Allow", "Principal": { "Service": "events.amazonaws.com" }, "Action": "sns:Publish", "Resource": topic,
            });
            set("Policy", json!({ "Statement": [statement] }).to_string()).await.unwrap();
        }
        "key" => drop(set("KmsMasterKeyId", "alias/aws/sns".to_owned()).await.unwrap()),
        "lost" => {
            for ((table, key), value) in world.contents().iter().filter(|((table, _), _)| table == "sns-subscription") {
                let mut value = value.clone();
                value["unsubscribed"] = true.into();
                world.put_entity(table, key, &value);
            }
        }
        "other log group" => {
            let key = ("lambda-function".to_owned(), FUNCTION.to_owned());
            let mut function: Value = world.contents()[&key].clone();
            function["LoggingConfig"]["LogGroup"] = "/own/place".into();
            world.put_entity(&key.0, &key.1, &function);
        }
        "alarm deleted" => drop(aws.cloudwatch.delete_alarms().alarm_names("errors").send().await.unwrap()),
        "no data now" => {
            let blind = aws.cloudwatch.set_alarm_state().alarm_name("errors").state_value("INSUFFICIENT_DATA".into());
            blind.state_reason("Insufficient Data: 1 datapoint was unknown.").send().await.unwrap();
        }
        _ => {}
    }
    (world, sections)
}

/// Every region of a sandbox has the function: it is taken away in these, or, where none is named, in all that are looked at.
async fn forget_function(aws: &Aws, regions: &[&str]) {
    let all = read::REGIONS.iter().filter(|region| regions.is_empty() || regions.contains(region));
    for region in all {
        let aws = aws.in_region(region);
        aws.lambda.delete_function().function_name(FUNCTION).send().await.unwrap();
    }
}

#[test]
fn without_credentials_or_network_that_is_the_finding() {
    let mut facts = DoctorFacts { region: REGION.into(), ..DoctorFacts::default() };
    for (code, class, cause) in [
        ("NoCredentials", Class::Credentials, "no-credentials"),
        ("Unreachable", Class::Transient, "unreachable"),
        ("Throttling", Class::Throttled, "unreachable"),
        ("OptInRequired", Class::Credentials, "wrong-credentials"),
    ] {
        let message = "words of the SDK".to_owned();
        facts.refusals = vec![DeniedCall { action: "sts:GetCallerIdentity".into(), class, code: code.into(), message }];
        assert_eq!(causes(&judge(&facts)), [cause]);
    }
}

#[tokio::test]
async fn a_missing_permission_comes_with_its_statement() {
    let world = healthy(SECTIONS, "deny=cloudwatch:GetMetricData,deny=tag:GetResources".parse().unwrap()).await;
    let findings = examine(&world, SECTIONS).await;
    let statement = findings[0].statement.as_ref().unwrap();
    assert_eq!(statement["Action"], json!(["cloudwatch:GetMetricData", "tag:GetResources"]));
    // What is not known is no trouble of its own.
    assert!(findings.iter().skip(1).all(|finding| finding.level == DoctorLevel::Hint), "{findings:#?}");
}

#[tokio::test]
async fn what_follows_is_beneath_and_apply_mends_what_it_can() {
    let (world, sections) = prepared("topic gone").await;
    let findings = examine(&world, &sections).await;
    assert!(findings[0].applies && findings[0].consequences.iter().any(|c| c.cause == "drift"), "{findings:#?}");
    world.apply(&spec_of("sick", &sections)).await;
    let after = examine(&world, &sections).await;
    assert_eq!(after[0].cause, "unconfirmed", "the new topic asks anew: {after:#?}");
}

#[tokio::test]
async fn the_service_is_looked_at_page_by_page() {
    let answered = |status, body: Value| service::ServicePage::Answered { status, body: Some(body) };
    let well = json!({ "status": "healthy", "requests": { "total": 10, "failed": 1, "error_rate_percent": 10.0 },
                       "health_checks": { "database_connected": true } });
    let with = |path: &str, value: Value| {
        let mut body = well.clone();
        *body.pointer_mut(path).unwrap() = value;
        body
    };
    for (detailed, says) in [
        (answered(200, well.clone()), ""),
        (answered(404, Value::Null), "there is no /health/detailed"),
        (answered(500, Value::Null), "/health/detailed answers 500"),
        (answered(200, with("/health_checks/database_connected", false.into())), "lost its database"),
        (
            answered(200, with("/requests", json!({ "total": 0, "failed": 0, "error_rate_percent": 0 }))),
            "shows 0 everywhere",
        ),
        (answered(200, with("/requests/error_rate_percent", json!(2.0))), "not failed / total"),
        (answered(200, with("/status", json!("unhealthy"))), "says of itself"),
    ] {
        let page = answered(200, Value::Null);
        let looked = service::Looked { url: "http://x".into(), health: page.clone(), detailed, dashboard: page };
        let findings = judge(&DoctorFacts { service: Some(looked), ..DoctorFacts::default() });
        match says {
            "" => assert_eq!(causes(&findings), Vec::<&str>::new()),
            says => assert!(findings.len() == 1 && findings[0].what.contains(says), "{says}: {findings:#?}"),
        }
    }
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let looked = look(&format!("http://{free}")).await.unwrap();
    let findings = judge(&DoctorFacts { service: Some(looked), ..DoctorFacts::default() });
    assert!(findings[0].what.contains("does not answer"), "{findings:#?}");
    assert!(look("no address").await.is_err());
}
