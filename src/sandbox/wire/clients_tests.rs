//! Requests as other clients than the Rust SDK make them: CloudWatch over JSON and over forms, members nobody knows yet.

use crate::testing::config;
use crate::{Sandbox, Weather};
use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};

const AUTHORIZATION: &str = "AWS4-HMAC-SHA256 Credential=AKIASANDBOX000000001/20261122/us-east-1/monitoring/aws4_request, \
    SignedHeaders=host, Signature=00";

/// Status and body of one request.
async fn send(
    sandbox: &Sandbox,
    content_type: &'static str,
    target: Option<&'static str>,
    body: String,
) -> (u16, String) {
    let mut request = HttpRequest::new(SdkBody::from(body));
    request.set_uri("https://monitoring.us-east-1.amazonaws.com/").unwrap();
    request.set_method("POST").unwrap();
    request.headers_mut().insert("authorization", AUTHORIZATION);
    request.headers_mut().insert("content-type", content_type);
    if let Some(target) = target {
        request.headers_mut().insert("x-amz-target", target);
    }
    let answer = HttpConnector::call(sandbox, request).await.unwrap();
    let body = String::from_utf8(answer.body().bytes().unwrap().to_vec()).unwrap();
    (answer.status().as_u16(), body)
}

async fn json(sandbox: &Sandbox, target: &'static str, body: Value) -> (u16, Value) {
    let (status, body) = send(sandbox, "application/x-amz-json-1.0", Some(target), body.to_string()).await;
    (status, serde_json::from_str(&body).unwrap())
}

#[tokio::test]
async fn cloudwatch_speaks_json_and_keeps_members_it_does_not_know() {
    let sandbox = Sandbox::in_memory(Weather::default());
    let metric = json!({ "Namespace": "n", "MetricName": "m", "Dimensions": [], "Nested": { "Later": [1, 2] } });
    let query =
        json!({ "Id": "q", "MetricStat": { "Metric": metric, "Period": 60, "Stat": "Sum" }, "ReturnData": true });
    let put = json!({
        "AlarmName": "a", "EvaluationPeriods": 1, "Threshold": 5, "ComparisonOperator": "GreaterThanThreshold",
        "Metrics": [query.clone()], "Brand": "new", "Tags": [{ "Key": "k", "Value": "v" }],
    });
    assert_eq!(json(&sandbox, "GraniteServiceVersion20100801.PutMetricAlarm", put).await.0, 200);
    let (_, answer) = json(&sandbox, "GraniteServiceVersion20100801.DescribeAlarms", json!({})).await;
    let alarm = &answer["MetricAlarms"][0];
    assert_eq!((&alarm["Brand"], &alarm["Metrics"][0]), (&json!("new"), &query));
    assert_eq!(alarm["Threshold"], 5.0);
    assert!(alarm["StateUpdatedTimestamp"].is_f64() && alarm.get("Tags").is_none());
    let (status, error) =
        json(&sandbox, "GraniteServiceVersion20100801.DeleteAlarms", json!({ "AlarmNames": ["x"] })).await;
    assert_eq!((status, &error["__type"]), (404, &json!("ResourceNotFound")));
    let (status, error) =
        json(&sandbox, "GraniteServiceVersion20100801.DescribeAlarms", json!({ "MaxRecords": "many" })).await;
    assert_eq!((status, &error["__type"]), (400, &json!("SerializationException")));
}

#[tokio::test]
async fn cloudwatch_speaks_the_query_protocol() {
    let sandbox = Sandbox::in_memory(Weather::default());
    let form = "Action=PutMetricAlarm&Version=2010-08-01&AlarmName=a%26b&Namespace=n&MetricName=m&Statistic=Sum&Period=60\
        &EvaluationPeriods=2&Threshold=0.5&ComparisonOperator=LessThanThreshold&ActionsEnabled=false\
        &Dimensions.member.1.Name=F&Dimensions.member.1.Value=x&AlarmActions.member.1=arn:aws:sns:us-east-1:1:t";
    let content_type = "application/x-www-form-urlencoded; charset=utf-8";
    assert_eq!(send(&sandbox, content_type, None, form.to_owned()).await.0, 200);
    let client = aws_sdk_cloudwatch::Client::new(&config(&sandbox));
    let alarms = client.describe_alarms().send().await.unwrap();
    let alarm = &alarms.metric_alarms()[0];
    assert_eq!((alarm.period(), alarm.threshold(), alarm.actions_enabled()), (Some(60), Some(0.5), Some(false)));
    assert_eq!(
        (alarm.dimensions()[0].value(), alarm.alarm_actions()[0].as_str()),
        (Some("x"), "arn:aws:sns:us-east-1:1:t")
    );
    let (_, xml) = send(&sandbox, content_type, None, "Action=DescribeAlarms&Version=2010-08-01".to_owned()).await;
    assert!(xml.contains("<AlarmName>a&amp;b</AlarmName>") && xml.contains("<Threshold>0.5</Threshold>"), "{xml}");
    assert!(xml.contains("<MetricAlarms><member>") && xml.contains("<StateUpdatedTimestamp>20"), "{xml}");
    let (status, xml) = send(&sandbox, content_type, None, form.replace("Period=60", "Period=61")).await;
    assert!(status == 400 && xml.contains("<Code>ValidationError</Code>"), "{xml}");
}
