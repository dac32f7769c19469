//! The settings that are known, against AWS's model (tests/models/alarms.json), and against what is really read and written.

use super::{COMPOSITE_ALARM, LOG_ALARM, METRIC_ALARM, SettingMember};
use crate::aws::{Aws, AwsSession, SessionOptions};
use crate::resources::{Resource, alarm, composite_alarm, log_alarm};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use ciborium::Value;
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

/// (Path, whether it is only read) of every member without members.
fn known(member: &SettingMember, path: &str, paths: &mut BTreeSet<(String, bool)>) {
    match member {
        SettingMember::Of([]) | SettingMember::Plain => _ = paths.insert((path.to_owned(), false)),
        SettingMember::ReadOnly => _ = paths.insert((path.to_owned(), true)),
        SettingMember::Of(members) => {
            for (name, member) in *members {
                known(member, format!("{path}.{name}").trim_start_matches('.'), paths);
            }
        }
    }
}

#[test]
fn what_is_known_is_what_awss_model_has() {
    let model: serde_json::Value = serde_json::from_str(include_str!("../../../../tests/models/alarms.json")).unwrap();
    for (member, shape, put) in [
        (&METRIC_ALARM, "MetricAlarm", "PutMetricAlarm"),
        (&COMPOSITE_ALARM, "CompositeAlarm", "PutCompositeAlarm"),
        (&LOG_ALARM, "LogAlarm", "PutLogAlarm"),
    ] {
        let paths = |name: &str| -> BTreeSet<String> {
            model[name].as_array().unwrap().iter().map(|path| path.as_str().unwrap().to_owned()).collect()
        };
        let (read, written) = (paths(shape), paths(put));
        let ours: BTreeSet<(String, bool)> = {
            let mut ours = BTreeSet::new();
            known(member, "", &mut ours);
            ours
        };
        // Nobody chooses the ARN of the query that CloudWatch makes; its tags are left to whoever sets them.
        let is_set = |path: &String| written.contains(path) && path != "ScheduledQueryConfiguration.QueryARN";
        let is_known = |path: &&String| !path.starts_with("ScheduledQueryConfiguration.Tags.");
        let theirs = read.iter().filter(is_known).map(|path| (path.clone(), !is_set(path))).collect();
        assert_eq!(ours, theirs, "{shape}");
    }
}

/// An endpoint that answers one alarm and keeps what is put.
#[derive(Debug, Clone)]
struct Mirror {
    answer: Vec<u8>,
    put: Arc<Mutex<Vec<u8>>>,
}

impl HttpConnector for Mirror {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let is_put = request.uri().contains("/Put");
        if is_put {
            *self.put.lock().unwrap() = request.body().bytes().unwrap_or_default().to_vec();
        }
        let body = if is_put { vec![0xa0] } else { self.answer.clone() };
        let status = 200.try_into().unwrap();
        let mut answer = HttpResponse::new(status, SdkBody::from(body));
        answer.headers_mut().insert("smithy-protocol", "rpc-v2-cbor");
        HttpConnectorFuture::ready(Ok(answer))
    }
}

async fn mirror(list: &str, alarm: serde_json::Value) -> (Aws, Arc<Mutex<Vec<u8>>>) {
    let mut answer = Vec::new();
    ciborium::into_writer(&json!({ list: [alarm] }), &mut answer).unwrap();
    let put = Arc::default();
    let mirror = Mirror { answer, put: Arc::clone(&put) };
    let http = http_client_fn(move |_, _| SharedHttpConnector::new(mirror.clone()));
    let options = SessionOptions { http: Some((http, "x".into(), "x".into())), ..SessionOptions::default() };
    (AwsSession::open(options).await.unwrap().target(Some("us-east-1")).unwrap(), put)
}

/// A value for every member that can be set; `twice` is of two members that exclude each other in AWS's types.
fn sample(member: &SettingMember, name: &str) -> serde_json::Value {
    let number = ["Period", "Periods", "Alarm", "Minutes", "Interval", "Offset", "Count", "ToEvaluate"]
        .iter()
        .any(|end| name.ends_with(end));
    match member {
        SettingMember::Of(members) => {
            let of = members
                .iter()
                .filter(|(name, member)| !matches!(member, SettingMember::ReadOnly) && *name != "SlidingWindow");
            let value: serde_json::Map<_, _> =
                of.map(|(name, member)| ((*name).to_owned(), sample(member, name))).collect();
            if matches!(name, "Dimensions" | "Metrics") { json!([value]) } else { value.into() }
        }
        _ if name == "Threshold" => json!(7.5),
        _ if ["ActionsEnabled", "OnlyStartEvaluatingAfterWarmUpPeriodEnds", "Enabled", "ReturnData"]
            .contains(&name) =>
        {
            json!(true)
        }
        _ if name.ends_with("Keys") || name.ends_with("Actions") || name.ends_with("Identifiers") => {
            json!([format!("a-{name}")])
        }
        _ if number => json!(60),
        _ => json!(format!("a-{name}")),
    }
}

fn put_of(put: &Mutex<Vec<u8>>) -> serde_json::Value {
    let value: Value = ciborium::from_reader(put.lock().unwrap().as_slice()).unwrap();
    serde_json::to_value(value).unwrap()
}

#[tokio::test]
async fn every_known_setting_is_read_and_written_again() {
    for (member, list) in
        [(&METRIC_ALARM, "MetricAlarms"), (&COMPOSITE_ALARM, "CompositeAlarms"), (&LOG_ALARM, "LogAlarms")]
    {
        let whole = sample(member, "");
        let (aws, put) = mirror(list, whole.clone()).await;
        let name = ["a-AlarmName".to_owned()];
        let described = alarm::aws::describe(&aws, &name).await.unwrap();
        let live = &described[0];
        assert!(live.facts.unknown_settings.is_empty(), "{:?}", live.facts.unknown_settings);
        match &live.resource {
            Resource::Alarm(alarm) => alarm::aws::put(&aws, alarm).await.unwrap(),
            Resource::CompositeAlarm(alarm) => composite_alarm::aws::put(&aws, alarm).await.unwrap(),
            Resource::LogAlarm(alarm) => log_alarm::aws::put(&aws, alarm).await.unwrap(),
            other => panic!("{other:?}"),
        }
        assert_eq!(put_of(&put), whole, "{list}");
    }
}

#[tokio::test]
async fn an_unknown_member_of_a_union_fails_no_read() {
    let alarm = json!({ "AlarmName": "a", "EvaluationWindow": { "Tomorrow": { "Calendar": "office" } } });
    let (aws, _) = mirror("MetricAlarms", alarm).await;
    let described = alarm::aws::describe(&aws, &["a".to_owned()]).await.unwrap();
    let unknown = &described[0].facts.unknown_settings;
    assert_eq!(unknown["EvaluationWindow.Tomorrow"], "{\"Calendar\":\"office\"}");
}

#[tokio::test]
async fn an_alarm_that_was_not_asked_for_is_not_believed() {
    let (aws, _) = mirror("MetricAlarms", json!({ "AlarmName": "other" })).await;
    let error = alarm::aws::describe(&aws, &["a".to_owned()]).await.unwrap_err();
    assert!(error.is(crate::aws::Class::Unexpected) && error.message.contains("other"), "{error}");
}
