//! The service as a Lambda function: asks the runtime interface for events and answers them. Interface: AWS Lambda
//! developer guide, "Using the Lambda runtime API". HTTP itself stays in `http`; only the envelope is known here.

mod payload;
mod runtime;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use serde_json::json;

use self::payload::Invocation;
use self::runtime::Runtime;
use super::config::{Config, Environment};
use super::emf::Emf;
use super::http::App;
use super::log::{self, Field};

/// Custom metrics that one instance may cause, unless `EMF_METRIC_BUDGET` says otherwise.
const METRIC_BUDGET: usize = 50;
/// The only place that a function can write to; it goes with the instance.
const DATA_DIR: &str = "/tmp/mlops-service";

/// What Lambda tells a function through its environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Surroundings {
    /// `host:port`; local emulators add a scheme and a path.
    api: String,
    function: String,
}

impl Surroundings {
    /// None outside of Lambda.
    pub fn of(env: &Environment) -> Option<Self> {
        Some(Self {
            api: env.get("AWS_LAMBDA_RUNTIME_API")?.to_owned(),
            function: env.get("AWS_LAMBDA_FUNCTION_NAME").unwrap_or("mlops-service").to_owned(),
        })
    }
}

/// Answers invocations for ever.
///
/// # Errors
/// When the service cannot start (Lambda is told so) or the runtime interface is gone.
pub async fn serve(surroundings: Surroundings, env: &Environment) -> anyhow::Result<()> {
    let began = Instant::now();
    let mut runtime = Runtime::connect(&surroundings.api).await?;
    let app = match start(&surroundings, env) {
        Ok(app) => app,
        Err(error) => {
            runtime.failed_to_start(&failure("Runtime.InitError", &format!("{error:#}"))).await?;
            return Err(error);
        }
    };
    let fail_on_5xx = env.get("LAMBDA_FAIL_ON_5XX").is_some_and(|value| value == "1" || value == "true");
    log::info("initialised", &[("duration_ms", Field::Millis(began.elapsed()))]);
    loop {
        let (id, event) = runtime.next().await?;
        let app = Arc::clone(&app);
        let function = surroundings.function.clone();
        // Its own task, so that a panic is this invocation's error, which Lambda counts, and no other's.
        let outcome = tokio::spawn(async move { invoke(&app, &event, &function, fail_on_5xx).await }).await;
        match outcome {
            Ok(Ok(answer)) => runtime.respond(&id, answer).await?,
            Ok(Err(told)) => runtime.fail(&id, &failure("Service.ServerError", &told)).await?,
            Err(_) => runtime.fail(&id, &failure("Service.Panic", "The service panicked; its log says where")).await?,
        }
    }
}

fn start(surroundings: &Surroundings, env: &Environment) -> anyhow::Result<Arc<App>> {
    let mut config = Config::from_environment(env)?;
    if env.get("MLOPS_DATA_DIR").is_none() {
        config.move_data(PathBuf::from(DATA_DIR));
    }
    // Lambda's own logging settings count where the service's are not set.
    if env.get("LOG_LEVEL").is_none() {
        config.log_level = env.get("AWS_LAMBDA_LOG_LEVEL").and_then(|l| l.parse().ok()).unwrap_or(config.log_level);
    }
    if env.get("LOG_FORMAT").is_none() {
        config.log_format = env.get("AWS_LAMBDA_LOG_FORMAT").and_then(|f| f.parse().ok()).unwrap_or(config.log_format);
    }
    log::start(config.log_level, config.log_format, true);
    let budget = env.get("EMF_METRIC_BUDGET").and_then(|budget| budget.parse().ok()).unwrap_or(METRIC_BUDGET);
    App::start(&config, Some(Emf::new(&surroundings.function, budget)))
}

/// One event's answer; the text of an error that Lambda is to count.
async fn invoke(app: &Arc<App>, event: &[u8], function: &str, fail_on_5xx: bool) -> Result<String, String> {
    match Invocation::parse(event, function) {
        Invocation::Warmer => Ok(payload::answer(200, &BTreeMap::new(), "warm")),
        Invocation::Http { request, client } => {
            let response = app.call(*request, client).await;
            if fail_on_5xx && response.status().is_server_error() {
                return Err(format!("answered {}", response.status().as_u16()));
            }
            payload::envelope(response).await
        }
        Invocation::Unknown => {
            let headers = BTreeMap::from([("content-type", "application/json".to_owned())]);
            Ok(payload::answer(400, &headers, r#"{"error":"Not an HTTP event of payload format 2.0"}"#))
        }
    }
}

fn failure(kind: &str, message: &str) -> String {
    json!({ "errorType": kind, "errorMessage": message, "stackTrace": [] }).to_string()
}
