//! Where traffic goes: an address, or a function by Invoke.

use super::request::TrafficRequest;
use super::tally::{RequestOutcome, TrafficResponse};
use crate::aws::{ApiOperation, Aws, AwsError, Class, Repeat};
use crate::ops::http::{HttpClient, HttpError};
use crate::ops::logs::LogLine;
use aws_sdk_lambda::config::Builder;
use aws_sdk_lambda::operation::invoke::InvokeOutput;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::LogType;
use aws_smithy_types::timeout::TimeoutConfig;
use serde_json::Value;
use std::time::Duration;
use tokio::time::Instant;

/// As IAM names it; the operation is Invoke.
const INVOKE: ApiOperation = ApiOperation("lambda", "InvokeFunction");

#[derive(Debug, Clone)]
pub enum TrafficTarget {
    Http { client: HttpClient, base: String },
    Function { aws: Box<Aws>, name: String, patience: Duration },
}

impl TrafficTarget {
    /// # Errors
    /// When the address is none, or a proxy or the certificates of the environment are none.
    pub fn http(base: &str, patience: Duration) -> anyhow::Result<Self> {
        TrafficRequest::Get("/health").http(base)?;
        Ok(Self::Http { client: HttpClient::new(patience)?, base: base.to_owned() })
    }

    pub fn function(aws: Aws, name: &str, patience: Duration) -> Self {
        Self::Function { aws: Box::new(aws), name: name.to_owned(), patience }
    }

    /// Whether it stays on this machine.
    pub fn is_local(&self) -> bool {
        match self {
            Self::Http { base, .. } => TrafficRequest::Get("/").http(base).is_ok_and(|request| request.is_local()),
            Self::Function { .. } => false,
        }
    }

    /// One request, once.
    pub async fn ask(&self, ask: &TrafficRequest) -> RequestOutcome {
        let began = Instant::now();
        let (answer, init_ms) = match self {
            Self::Http { client, base } => (over_http(client, base, ask).await, None),
            Self::Function { aws, name, patience } => match invoke(aws, name, ask.event(), *patience).await {
                Ok(output) => (given_back(&output), cold_start(&output)),
                Err(error) => (TrafficResponse::Failed(failed(&error)), None),
            },
        };
        let took = began.elapsed();
        RequestOutcome { answer, raising: ask.is_raising(), took, felt: took, waited: Duration::ZERO, init_ms }
    }
}

async fn over_http(client: &HttpClient, base: &str, ask: &TrafficRequest) -> TrafficResponse {
    let request = match ask.http(base) {
        Ok(request) => request,
        Err(error) => return TrafficResponse::Failed(error.to_string()),
    };
    match client.send(&request).await {
        Ok(answer) => TrafficResponse::Status(answer.status),
        Err(HttpError { kind, .. }) => TrafficResponse::Failed(kind.words().to_owned()),
    }
}

async fn invoke(aws: &Aws, name: &str, event: String, patience: Duration) -> Result<InvokeOutput, AwsError> {
    // A function may take as long as its caller waits, up to 15 minutes; other calls may not.
    let timeouts = TimeoutConfig::builder().operation_attempt_timeout(patience).read_timeout(patience).build();
    let request = || {
        let settings = Builder::default().timeout_config(timeouts.clone());
        let invoke = aws.lambda.invoke().function_name(name).log_type(LogType::Tail).payload(Blob::new(event.clone()));
        invoke.customize().config_override(settings).send()
    };
    aws.call(INVOKE, Repeat::AfterLooking, request).await
}

fn given_back(output: &InvokeOutput) -> TrafficResponse {
    let payload = output.payload.as_ref().map(|payload| payload.as_ref()).unwrap_or_default();
    let value: Value = serde_json::from_slice(payload).unwrap_or_default();
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    if let Some(kind) = &output.function_error {
        let what = match (text("errorType"), text("errorMessage")) {
            (Some(kind), Some(message)) => format!("{kind}: {message}"),
            (Some(only), None) | (None, Some(only)) => only.to_owned(),
            (None, None) => kind.clone(),
        };
        return TrafficResponse::Raised(what);
    }
    let status = value.get("statusCode").and_then(Value::as_u64).and_then(|status| u16::try_from(status).ok());
    status.map_or(TrafficResponse::Other, TrafficResponse::Status)
}

/// Of the last lines of the log, which come with the answer.
fn cold_start(output: &InvokeOutput) -> Option<u64> {
    let log = aws_smithy_types::base64::decode(output.log_result.as_deref()?).ok()?;
    let log = String::from_utf8_lossy(&log).into_owned();
    let at = log.rfind("REPORT RequestId")?;
    let line = LogLine::parse(&log[at..]);
    line.report()?.init_ms.map(|milliseconds| milliseconds.round() as u64)
}

fn failed(error: &AwsError) -> String {
    match error.class {
        Class::Throttled => "throttled".to_owned(),
        _ if error.code == "Timeout" => "timed out".to_owned(),
        _ => error.to_string(),
    }
}
