//! The service as a Lambda function: asks the runtime interface for events and answers them. Interface: AWS Lambda
//! developer guide, "Using the Lambda runtime API". HTTP itself stays in `http`; only the envelope is known here.

mod payload;
mod runtime;

use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use serde_json::json;

use self::payload::Invocation;
use self::runtime::Runtime;
use super::config::{Config, ProcessEnvironment};
use super::console::{self, Console};
use super::emf::Emf;
use super::http::{BadInput, ServiceApp};
use super::log::{self, Field};

/// Custom metrics that one instance may cause, unless `EMF_METRIC_BUDGET` says otherwise.
const METRIC_BUDGET: usize = 50;
/// The only place that a function can write to; it goes with the instance.
const DATA_DIR: &str = "/tmp/mlops-service";

/// What Lambda tells a function through its environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LambdaEnvironment {
    /// `host:port`; local emulators add a scheme and a path.
    api: String,
    function: String,
}

impl LambdaEnvironment {
    /// None outside of Lambda.
    pub fn of(env: &ProcessEnvironment) -> Option<Self> {
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
pub async fn serve(surroundings: LambdaEnvironment, env: &ProcessEnvironment) -> anyhow::Result<()> {
    let began = Instant::now();
    let mut runtime = Runtime::connect(&surroundings.api).await?;
    let started = configure(env, Path::new(DATA_DIR)).and_then(|config| {
        log::start(config.log_level, config.log_format, true);
        start(&surroundings.function, &config, env)
    });
    let app = match started {
        Ok(app) => app,
        Err(error) => {
            runtime.failed_to_start(&FunctionFailure::init(&error).to_string()).await?;
            return Err(error);
        }
    };
    let fail_on_5xx = fails_on_5xx(env);
    log::info("initialised", &[("duration_ms", Field::Millis(began.elapsed()))]);
    loop {
        let (id, event) = runtime.next().await?;
        match invoke(&app, &event, &surroundings.function, fail_on_5xx).await {
            Ok(answer) => runtime.respond(&id, answer).await?,
            Err(failure) => runtime.fail(&id, &failure.to_string()).await?,
        }
        app.flush_telemetry().await;
    }
}

/// The service as one instance of a function in somebody else's process, which hands it events itself.
pub struct Instance {
    app: Arc<ServiceApp>,
    console: Arc<Console>,
    function: String,
    fail_on_5xx: bool,
}

impl Instance {
    /// Starts as on Lambda, with the environment of the function; what is kept goes into `dir`, the instance's `/tmp`.
    ///
    /// # Errors
    /// When the service cannot start, with what Lambda would be told.
    pub fn start(function: &str, env: &ProcessEnvironment, dir: &Path) -> Result<Self, FunctionFailure> {
        let config = configure(env, dir).map_err(|error| FunctionFailure::init(&error))?;
        let console = Console::new(config.log_level, config.log_format);
        let started = console::scope_sync(&console, || start(function, &config, env));
        let app = started.map_err(|error| FunctionFailure::init(&error))?;
        Ok(Self { app, console, function: function.to_owned(), fail_on_5xx: fails_on_5xx(env) })
    }

    /// Answers one event with JSON.
    ///
    /// # Errors
    /// What Lambda would count as an error of the function.
    pub async fn invoke(&self, event: &[u8]) -> Result<String, FunctionFailure> {
        let answer = invoke(&self.app, event, &self.function, self.fail_on_5xx);
        console::scope(Some(Arc::clone(&self.console)), answer).await
    }

    /// What the instance wrote since the last time, each line with its moment.
    pub fn take_lines(&self) -> Vec<(Instant, String)> {
        self.console.take()
    }
}

/// An error of the function, as Lambda is told it and shows it to whoever invoked it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionFailure {
    /// The name of its kind, e.g. `Runtime.InitError`.
    pub kind: &'static str,
    pub message: String,
}

impl FunctionFailure {
    fn init(error: &anyhow::Error) -> Self {
        Self { kind: "Runtime.InitError", message: format!("{error:#}") }
    }
}

impl Display for FunctionFailure {
    /// The JSON that Lambda wants.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let json = json!({ "errorType": self.kind, "errorMessage": self.message, "stackTrace": [] });
        json.fmt(f)
    }
}

fn configure(env: &ProcessEnvironment, dir: &Path) -> anyhow::Result<Config> {
    let mut config = Config::from_environment(env)?;
    if env.get("MLOPS_DATA_DIR").is_none() {
        config.move_data(dir.to_owned());
    }
    // Lambda's own logging settings count where the service's are not set.
    if env.get("LOG_LEVEL").is_none() {
        config.log_level = env.get("AWS_LAMBDA_LOG_LEVEL").and_then(|l| l.parse().ok()).unwrap_or(config.log_level);
    }
    if env.get("LOG_FORMAT").is_none() {
        config.log_format = env.get("AWS_LAMBDA_LOG_FORMAT").and_then(|f| f.parse().ok()).unwrap_or(config.log_format);
    }
    Ok(config)
}

fn start(function: &str, config: &Config, env: &ProcessEnvironment) -> anyhow::Result<Arc<ServiceApp>> {
    let budget = env.get("EMF_METRIC_BUDGET").and_then(|budget| budget.parse().ok()).unwrap_or(METRIC_BUDGET);
    ServiceApp::start(config, Some(Emf::new(function, budget)))
}

fn fails_on_5xx(env: &ProcessEnvironment) -> bool {
    env.get("LAMBDA_FAIL_ON_5XX").is_some_and(|value| value == "1" || value == "true")
}

/// One event's answer, or the error that Lambda is to count.
async fn invoke(
    app: &Arc<ServiceApp>,
    event: &[u8],
    function: &str,
    fail_on_5xx: bool,
) -> Result<String, FunctionFailure> {
    let failure = |message| FunctionFailure { kind: "Service.ServerError", message };
    match Invocation::parse(event, function) {
        Invocation::Warmer => Ok(payload::answer(200, &BTreeMap::new(), "warm")),
        Invocation::Http { request, client } => {
            let response = app.call(*request, client).await;
            // What a client sends cannot raise an alarm.
            let own = response.extensions().get::<BadInput>().is_none();
            if fail_on_5xx && own && response.status().is_server_error() {
                return Err(failure(format!("answered {}", response.status().as_u16())));
            }
            payload::envelope(response).await.map_err(failure)
        }
        // Nobody waits for a status code: whoever wired the wrong event to the function sees it in Errors.
        Invocation::Unknown => {
            log::error("no HTTP event of payload format 2.0", &[]);
            Err(FunctionFailure {
                kind: "Service.UnknownEvent",
                message: "Not an HTTP event of payload format 2.0".to_owned(),
            })
        }
    }
}
