//! Invoke through the real SDK client: answers, function errors, log lines, metrics, instances.

use super::SERVICE;
use crate::testing::config;
use crate::{Sandbox, Weather};
use aws_sdk_cloudwatch::primitives::DateTime;
use aws_sdk_cloudwatch::types::{Dimension, Statistic};
use aws_sdk_lambda::error::ProvideErrorMetadata;
use aws_sdk_lambda::operation::invoke::InvokeOutput;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{Environment, InvocationType, LogFormat, LogType, LoggingConfig, SystemLogLevel};
use serde_json::{Value, json};

const GROUP: &str = "/aws/lambda/mlops-service-lambda";

struct World {
    /// Seconds since 1970.
    began: i64,
    lambda: aws_sdk_lambda::Client,
    logs: aws_sdk_cloudwatchlogs::Client,
    cloudwatch: aws_sdk_cloudwatch::Client,
}

fn now() -> i64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() as i64
}

fn world() -> World {
    let config = config(&Sandbox::in_memory(Weather::default()));
    World {
        began: now(),
        lambda: aws_sdk_lambda::Client::new(&config),
        logs: aws_sdk_cloudwatchlogs::Client::new(&config),
        cloudwatch: aws_sdk_cloudwatch::Client::new(&config),
    }
}

fn http(method: &str, path: &str, body: &str) -> Value {
    json!({
        "version": "2.0", "rawPath": path, "rawQueryString": "", "headers": { "content-type": "application/json" },
        "requestContext": { "http": { "method": method, "path": path, "sourceIp": "203.0.113.9" }, "stage": "$default" },
        "body": body, "isBase64Encoded": false,
    })
}

impl World {
    async fn invoke(&self, event: &Value) -> InvokeOutput {
        let request = self.lambda.invoke().function_name(SERVICE).payload(Blob::new(event.to_string()));
        request.log_type(LogType::Tail).send().await.unwrap()
    }

    async fn set(&self, variables: &[(&str, &str)]) {
        let variables = variables.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        let environment = Environment::builder().set_variables(Some(variables)).build();
        let update = self.lambda.update_function_configuration().function_name(SERVICE).environment(environment);
        update.send().await.unwrap();
    }

    /// The messages of the function's log group, stream by stream in the order of time.
    async fn lines(&self) -> Vec<(String, String)> {
        let found = self.logs.filter_log_events().log_group_name(GROUP).send().await.unwrap();
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        found.events().iter().map(|event| (text(event.log_stream_name()), text(event.message()))).collect()
    }

    async fn sum(&self, namespace: &str, metric: &str, dimensions: &[(&str, &str)]) -> Option<f64> {
        let dimensions = dimensions.iter().map(|(name, value)| Dimension::builder().name(*name).value(*value).build());
        let request = self.cloudwatch.get_metric_statistics().namespace(namespace).metric_name(metric);
        let request = request.set_dimensions(Some(dimensions.collect())).period(60).statistics(Statistic::Sum);
        let request = request.start_time(DateTime::from_secs(self.began / 60 * 60));
        let request = request.end_time(DateTime::from_secs(now() + 60));
        let points = request.send().await.unwrap().datapoints.unwrap_or_default();
        points.iter().filter_map(|point| point.sum).reduce(|a, b| a + b)
    }
}

fn payload(output: &InvokeOutput) -> Value {
    serde_json::from_slice(output.payload().unwrap().as_ref()).unwrap()
}

#[tokio::test]
async fn a_request_is_answered_logged_and_measured() {
    let world = world();
    let output = world.invoke(&http("GET", "/health", "")).await;
    assert_eq!(
        (output.status_code(), output.function_error(), output.executed_version()),
        (200, None, Some("$LATEST"))
    );
    assert_eq!(payload(&output)["statusCode"], 200, "{output:?}");
    let tail = aws_smithy_types::base64::decode(output.log_result().unwrap()).unwrap();
    let tail = String::from_utf8(tail).unwrap();
    assert!(tail.contains("START RequestId: ") && tail.contains("Init Duration: "), "{tail}");
    let body = r#"{"business_id":"b","response_time_ms":842,"tokens_used":905,"api_cost_usd":0.00017}"#;
    let tracked = world.invoke(&http("POST", "/track", body)).await;
    assert!(payload(&tracked)["body"].as_str().unwrap().contains("database_stored\":true"), "{tracked:?}");

    let lines = world.lines().await;
    let streams: std::collections::BTreeSet<_> = lines.iter().map(|(stream, _)| stream).collect();
    assert_eq!(streams.len(), 1, "a warm instance answers again, in its own stream");
    assert!(lines[0].0.contains("/[$LATEST]"));
    let count = |begin: &str| lines.iter().filter(|(_, line)| line.starts_with(begin)).count();
    assert_eq!((count("INIT_START"), count("START"), count("END"), count("REPORT")), (1, 2, 2, 2));
    assert!(lines.iter().any(|(_, line)| line.contains("INFO request") && line.contains("route=/track")), "{lines:?}");
    let reports: Vec<_> = lines.iter().filter(|(_, line)| line.starts_with("REPORT")).collect();
    assert!(reports[0].1.contains("Init Duration") && !reports[1].1.contains("Init Duration"));
    assert!(reports[1].1.contains("\tMemory Size: 512 MB\tMax Memory Used: "), "{}", reports[1].1);

    let of = [("FunctionName", SERVICE)];
    assert_eq!(world.sum("AWS/Lambda", "Invocations", &of).await, Some(2.0), "what was made up ends here");
    assert_eq!(world.sum("AWS/Lambda", "Errors", &of).await, Some(0.0));
    assert_eq!(world.sum("AWS/Lambda", "Invocations", &[]).await, Some(2.0));
    assert!(world.sum("AWS/Lambda", "Duration", &of).await.unwrap() > 0.0);
    assert_eq!(world.sum("MlopsService", "Requests", &[("Service", SERVICE)]).await, Some(1.0));
    assert_eq!(world.sum("MlopsService", "Tokens", &[("BusinessId", "b")]).await, Some(905.0));
    let groups = world.logs.describe_log_groups().log_group_name_prefix(GROUP).send().await.unwrap();
    assert!(groups.log_groups()[0].stored_bytes().unwrap() > 48_318_464);
}

#[tokio::test]
async fn an_event_that_raises_is_an_error_and_a_400_is_none() {
    let world = world();
    let refused = world.invoke(&http("POST", "/track", "{}")).await;
    assert_eq!((refused.function_error(), &payload(&refused)["statusCode"]), (None, &json!(400)));
    let raised = world.invoke(&json!({ "raise": true })).await;
    assert_eq!((raised.status_code(), raised.function_error()), (200, Some("Unhandled")));
    assert_eq!(payload(&raised)["errorType"], "Service.UnknownEvent");
    let lines = world.lines().await;
    let report = &lines.iter().rfind(|(_, line)| line.starts_with("REPORT")).unwrap().1;
    assert!(report.ends_with("Status: error\tError Type: Service.UnknownEvent\n"), "{report}");
    assert_eq!(world.sum("AWS/Lambda", "Errors", &[("FunctionName", SERVICE)]).await, Some(1.0));
}

/// What breaks the function and what does not: a database that is away is borne, a setting that is none is not.
#[tokio::test]
async fn the_environment_reaches_the_function_and_can_break_it() {
    let world = world();
    let body = r#"{"business_id":"b","response_time_ms":1,"tokens_used":2}"#;
    world.set(&[("DATABASE_URL", "mysql://nowhere")]).await;
    let output = world.invoke(&http("POST", "/track", body)).await;
    assert_eq!((output.function_error(), &payload(&output)["statusCode"]), (None, &json!(200)));
    assert!(payload(&output)["body"].as_str().unwrap().contains("database_stored\":false"), "{output:?}");
    world.set(&[("LAMBDA_FAIL_ON_5XX", "true")]).await;
    let output = world.invoke(&http("POST", "/track", "{")).await;
    // What a client has sent wrong is no failure of the function.
    assert_eq!((output.function_error(), &payload(&output)["statusCode"]), (None, &json!(500)));
    world.set(&[("LOG_LEVEL", "LOUD")]).await;
    for _ in 0..2 {
        let output = world.invoke(&http("GET", "/health", "")).await;
        assert_eq!(output.function_error(), Some("Unhandled"));
        assert_eq!(payload(&output)["errorType"], "Runtime.InitError");
        assert!(payload(&output)["errorMessage"].as_str().unwrap().contains("LOG_LEVEL"), "{output:?}");
    }
    world.set(&[]).await;
    assert_eq!(world.invoke(&http("GET", "/health", "")).await.function_error(), None, "mended");
    assert_eq!(world.sum("AWS/Lambda", "Errors", &[("FunctionName", SERVICE)]).await, Some(2.0));
    let inits = world.lines().await.iter().filter(|(_, line)| line.starts_with("INIT_START")).count();
    assert_eq!(inits, 5, "each change and each failed start begins anew");
}

#[tokio::test]
async fn lines_are_json_where_the_function_says_so() {
    let world = world();
    let logging = LoggingConfig::builder().log_format(LogFormat::Json).log_group(GROUP);
    let set = async |logging: LoggingConfig| {
        let update = world.lambda.update_function_configuration().function_name(SERVICE).logging_config(logging);
        update.send().await.unwrap();
    };
    set(logging.clone().build()).await;
    world.invoke(&http("GET", "/health", "")).await;
    let lines: Vec<Value> = world.lines().await.iter().map(|(_, line)| serde_json::from_str(line).unwrap()).collect();
    let kinds: Vec<_> = lines.iter().filter_map(|line| line["type"].as_str()).collect();
    assert_eq!(kinds, ["platform.initStart", "platform.start", "platform.report"]);
    let report = lines.last().unwrap();
    assert_eq!(
        (&report["record"]["status"], &report["record"]["metrics"]["memorySizeMB"]),
        (&json!("success"), &json!(512))
    );
    assert!(report["record"]["metrics"]["initDurationMs"].as_f64().unwrap() > 0.0);
    assert!(lines.iter().any(|line| line["message"] == "request" && line["level"] == "INFO"));
    set(logging.system_log_level(SystemLogLevel::Warn).build()).await;
    world.invoke(&http("GET", "/health", "")).await;
    world.invoke(&json!({})).await;
    let lines: Vec<Value> = world.lines().await.iter().map(|(_, line)| serde_json::from_str(line).unwrap()).collect();
    let kinds: Vec<_> = lines.iter().filter_map(|line| line["type"].as_str()).skip(3).collect();
    assert_eq!(kinds, ["platform.report"], "only of what failed");
}

#[tokio::test]
async fn calls_at_once_have_instances_of_their_own_and_a_limit() {
    let world = world();
    let event = http("POST", "/track", r#"{"business_id":"b","response_time_ms":1,"tokens_used":2}"#);
    let put =
        |most| world.lambda.put_function_concurrency().function_name(SERVICE).reserved_concurrent_executions(most);
    put(2).send().await.unwrap();
    let found = world.lambda.get_function().function_name(SERVICE).send().await.unwrap();
    assert_eq!(found.concurrency().unwrap().reserved_concurrent_executions(), Some(2));
    let calls =
        (0..6).map(|_| world.lambda.invoke().function_name(SERVICE).payload(Blob::new(event.to_string())).send());
    let ended = futures_util::future::join_all(calls).await;
    let throttled = ended.iter().filter(|ended| ended.is_err()).count();
    assert!((1..=4).contains(&throttled), "{throttled}");
    let error = ended.into_iter().find_map(Result::err).unwrap().into_service_error();
    assert!(error.is_too_many_requests_exception(), "{error:?}");
    let of = [("FunctionName", SERVICE)];
    assert_eq!(world.sum("AWS/Lambda", "Throttles", &of).await, Some(throttled as f64));
    assert_eq!(world.sum("AWS/Lambda", "Invocations", &of).await, Some(6.0 - throttled as f64));
    put(0).send().await.unwrap();
    let error = world.lambda.invoke().function_name(SERVICE).send().await.unwrap_err().into_service_error();
    assert!(error.is_too_many_requests_exception());
    world.lambda.delete_function_concurrency().function_name(SERVICE).send().await.unwrap();
    assert!(world.lambda.invoke().function_name(SERVICE).send().await.is_ok());
    assert_eq!(put(901).send().await.unwrap_err().into_service_error().code(), Some("InvalidParameterValueException"));
}

#[tokio::test]
async fn other_ways_to_call_and_what_is_refused() {
    let world = world();
    let call =
        || world.lambda.invoke().function_name(SERVICE).payload(Blob::new(http("GET", "/health", "").to_string()));
    let dry = call().invocation_type(InvocationType::DryRun).send().await.unwrap();
    assert_eq!((dry.status_code(), world.lines().await.len()), (204, 0));
    let behind = call().invocation_type(InvocationType::Event).send().await.unwrap();
    assert_eq!((behind.status_code(), behind.payload()), (202, None));
    assert!(!world.lines().await.is_empty());
    let error = call().payload(Blob::new("{")).send().await.unwrap_err().into_service_error();
    assert!(error.is_invalid_request_content_exception(), "{error:?}");
    let large = format!("\"{}\"", "x".repeat(6 * 1_048_576));
    let error = call().payload(Blob::new(large)).send().await.unwrap_err().into_service_error();
    assert!(error.is_request_too_large_exception(), "{error:?}");
    let error = call().function_name("none").send().await.unwrap_err().into_service_error();
    assert!(error.is_resource_not_found_exception());
    assert_eq!(world.sum("AWS/Lambda", "Invocations", &[("FunctionName", SERVICE)]).await, Some(1.0));
}

/// An asynchronous call that fails is made three times in all.
#[tokio::test(start_paused = true)]
async fn lambda_tries_an_event_again() {
    let world = world();
    let call = world.lambda.invoke().function_name(SERVICE).payload(Blob::new("{}"));
    call.invocation_type(InvocationType::Event).send().await.unwrap();
    let reports = async || world.lines().await.iter().filter(|(_, line)| line.starts_with("REPORT")).count();
    assert_eq!(reports().await, 1);
    tokio::time::sleep(std::time::Duration::from_secs(600)).await;
    assert_eq!(reports().await, 3);
}
