//! Makes a Lambda function what is wanted, and nothing else: every step looks first, so that a second run changes nothing.

use super::bundle::Bundle;
use super::elf::Architecture;
use crate::aws::{ApiOperation, Aws, AwsError, Class, Repeat};
use anyhow::{Context, bail};
use aws_sdk_lambda::operation::get_function_configuration::GetFunctionConfigurationOutput as Live;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{Environment, FunctionCode, FunctionUrlAuthType, LastUpdateStatus, Runtime, State};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;
use tokio::time::{Instant, sleep};

const GET: ApiOperation = ApiOperation("lambda", "GetFunctionConfiguration");
const CREATE: ApiOperation = ApiOperation("lambda", "CreateFunction");
const UPDATE_CODE: ApiOperation = ApiOperation("lambda", "UpdateFunctionCode");
const UPDATE_CONFIGURATION: ApiOperation = ApiOperation("lambda", "UpdateFunctionConfiguration");
const GET_URL: ApiOperation = ApiOperation("lambda", "GetFunctionUrlConfig");
const CREATE_URL: ApiOperation = ApiOperation("lambda", "CreateFunctionUrlConfig");
const GET_POLICY: ApiOperation = ApiOperation("lambda", "GetPolicy");
const ADD_PERMISSION: ApiOperation = ApiOperation("lambda", "AddPermission");

/// How long a function may take to become active.
const PATIENCE: Duration = Duration::from_secs(120);
const HANDLER: &str = "bootstrap";

/// The function to have.
#[derive(Debug, Clone)]
pub struct DesiredFunction {
    pub name: String,
    pub bundle: Bundle,
    /// Needed to create; a function that is there keeps its own without one.
    pub role: Option<String>,
    pub memory_mb: i32,
    pub timeout_s: i32,
    /// Set over what the function has; other variables stay.
    pub variables: BTreeMap<String, String>,
    /// A public address.
    pub url: bool,
    /// Takes over a function that runs something else than a `bootstrap`.
    pub replace: bool,
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployed {
    pub arn: String,
    /// In words: created, code, configuration, url. Empty when everything was so already.
    pub changes: Vec<&'static str>,
    pub url: Option<String>,
}

/// A function of that name runs something else.
#[derive(Debug, thiserror::Error)]
#[error("the function {0} exists and runs something else")]
pub struct Occupied(pub String);

/// Creates or updates the function, waits until it is active, and makes its address when asked to.
///
/// # Errors
/// [`Occupied`] without `replace`; whatever Lambda refuses; when it does not become active in two minutes.
pub async fn deploy(aws: &Aws, wanted: &DesiredFunction) -> anyhow::Result<Deployed> {
    let mut changes = Vec::new();
    let live = match read(aws, &wanted.name).await? {
        None => {
            create(aws, wanted).await.with_context(|| format!("could not create {}", wanted.name))?;
            changes.push("created");
            settled(aws, &wanted.name).await?
        }
        Some(live) => {
            let told = || format!("could not update {}", wanted.name);
            update(aws, wanted, live, &mut changes).await.with_context(told)?
        }
    };
    let url = if wanted.url { Some(address(aws, &wanted.name, &mut changes).await?) } else { None };
    let arn = live.function_arn().context("Lambda gave no ARN")?.to_owned();
    Ok(Deployed { arn, changes, url })
}

async fn read(aws: &Aws, name: &str) -> Result<Option<Live>, AwsError> {
    let request = || aws.lambda.get_function_configuration().function_name(name).send();
    match aws.call(GET, Repeat::Safe, request).await {
        Ok(live) => Ok(Some(live)),
        Err(error) if error.is(Class::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

async fn create(aws: &Aws, wanted: &DesiredFunction) -> anyhow::Result<()> {
    let role = wanted.role.as_deref().context("a new function needs the role it runs as: --role ARN")?;
    let environment =
        Environment::builder().set_variables(Some(wanted.variables.clone().into_iter().collect())).build();
    let request = || {
        aws.lambda
            .create_function()
            .function_name(&wanted.name)
            .runtime(Runtime::Providedal2023)
            .handler(HANDLER)
            .role(role)
            .architectures(architecture(wanted))
            .memory_size(wanted.memory_mb)
            .timeout(wanted.timeout_s)
            .environment(environment.clone())
            .code(FunctionCode::builder().zip_file(Blob::new(wanted.bundle.zip.clone())).build())
            .send()
    };
    match aws.call(CREATE, Repeat::Safe, request).await {
        // A lost answer, or somebody else at the same moment: it is there, and the next run updates it.
        Err(error) if error.is(Class::AlreadyExists) || error.is(Class::Conflict) => Ok(()),
        result => result.map(drop).map_err(anyhow::Error::from),
    }
}

async fn update(
    aws: &Aws,
    wanted: &DesiredFunction,
    live: Live,
    changes: &mut Vec<&'static str>,
) -> anyhow::Result<Live> {
    let ours = live.runtime().is_some_and(|runtime| runtime.as_str().starts_with("provided."));
    if !ours && !wanted.replace {
        return Err(Occupied(wanted.name.clone()).into());
    }
    let mut live = settled(aws, &wanted.name).await?;
    if configuration_differs(wanted, &live) {
        let mut variables = variables(&live);
        variables.extend(wanted.variables.clone());
        let environment = Environment::builder().set_variables(Some(variables)).build();
        let request = || {
            aws.lambda
                .update_function_configuration()
                .function_name(&wanted.name)
                .runtime(Runtime::Providedal2023)
                .handler(HANDLER)
                .set_role(wanted.role.clone())
                .memory_size(wanted.memory_mb)
                .timeout(wanted.timeout_s)
                .environment(environment.clone())
                .send()
        };
        aws.call(UPDATE_CONFIGURATION, Repeat::Safe, request).await?;
        changes.push("configuration");
        live = settled(aws, &wanted.name).await?;
    }
    let same_machine = live.architectures().first().is_none_or(|a| *a == architecture(wanted));
    if live.code_sha256() != Some(&digest(&wanted.bundle.zip)) || !same_machine {
        let request = || {
            aws.lambda
                .update_function_code()
                .function_name(&wanted.name)
                .architectures(architecture(wanted))
                .zip_file(Blob::new(wanted.bundle.zip.clone()))
                .send()
        };
        aws.call(UPDATE_CODE, Repeat::Safe, request).await?;
        changes.push("code");
        live = settled(aws, &wanted.name).await?;
    }
    Ok(live)
}

fn configuration_differs(wanted: &DesiredFunction, live: &Live) -> bool {
    let variables = variables(live);
    live.runtime() != Some(&Runtime::Providedal2023)
        || live.handler() != Some(HANDLER)
        || wanted.role.as_deref().is_some_and(|role| live.role() != Some(role))
        || live.memory_size() != Some(wanted.memory_mb)
        || live.timeout() != Some(wanted.timeout_s)
        || wanted.variables.iter().any(|(name, value)| variables.get(name) != Some(value))
}

fn variables(live: &Live) -> HashMap<String, String> {
    live.environment().and_then(|environment| environment.variables()).cloned().unwrap_or_default()
}

fn architecture(wanted: &DesiredFunction) -> aws_sdk_lambda::types::Architecture {
    match wanted.bundle.architecture {
        Architecture::X86_64 => aws_sdk_lambda::types::Architecture::X8664,
        Architecture::Arm64 => aws_sdk_lambda::types::Architecture::Arm64,
    }
}

/// SHA-256 in base64, as Lambda tells a function's code.
fn digest(zip: &[u8]) -> String {
    aws_smithy_types::base64::encode(Sha256::digest(zip))
}

/// Waits until the function takes calls and changes; Lambda refuses a change while another one is under way.
async fn settled(aws: &Aws, name: &str) -> anyhow::Result<Live> {
    let began = Instant::now();
    loop {
        let live = read(aws, name).await?.with_context(|| format!("{name} is gone"))?;
        let failed =
            live.state() == Some(&State::Failed) || live.last_update_status() == Some(&LastUpdateStatus::Failed);
        if failed {
            let why = live.last_update_status_reason().or(live.state_reason()).unwrap_or("Lambda does not say why");
            bail!("{name} did not become active: {why}");
        }
        let busy =
            live.state() == Some(&State::Pending) || live.last_update_status() == Some(&LastUpdateStatus::InProgress);
        if !busy {
            return Ok(live);
        }
        if began.elapsed() > PATIENCE {
            bail!("{name} did not become active in {} s", PATIENCE.as_secs());
        }
        sleep(Duration::from_millis(500)).await;
    }
}

/// The function's address, made when there is none, and open to everybody: the service's own key protects it.
async fn address(aws: &Aws, name: &str, changes: &mut Vec<&'static str>) -> anyhow::Result<String> {
    let told = || format!("could not make the address of {name}");
    let asked = || aws.lambda.get_function_url_config().function_name(name).send();
    let url = match aws.call(GET_URL, Repeat::Safe, asked).await {
        Ok(live) => live.function_url,
        Err(error) if error.is(Class::NotFound) => {
            let request = || {
                aws.lambda.create_function_url_config().function_name(name).auth_type(FunctionUrlAuthType::None).send()
            };
            let made = aws.call(CREATE_URL, Repeat::Safe, request).await.with_context(told)?;
            changes.push("url");
            made.function_url
        }
        Err(error) => return Err(anyhow::Error::from(error).context(told())),
    };
    // A public address needs both since October 2025 (AWS Lambda developer guide, "Control access to function URLs").
    let permitted = permitted(aws, name).await.with_context(told)?;
    for (statement, to) in [("mlopsctl-url", To::Address), ("mlopsctl-url-invoke", To::InvokeByAddress)] {
        if !permitted.contains(&format!("\"{statement}\"")) {
            permit(aws, name, statement, to).await.with_context(told)?;
        }
    }
    Ok(url)
}

/// The function's policy as it is written; empty where there is none.
async fn permitted(aws: &Aws, name: &str) -> Result<String, AwsError> {
    let request = || aws.lambda.get_policy().function_name(name).send();
    match aws.call(GET_POLICY, Repeat::Safe, request).await {
        Ok(policy) => Ok(policy.policy.unwrap_or_default()),
        Err(error) if error.is(Class::NotFound) => Ok(String::new()),
        Err(error) => Err(error),
    }
}

#[derive(Clone, Copy)]
enum To {
    Address,
    InvokeByAddress,
}

async fn permit(aws: &Aws, name: &str, statement: &str, to: To) -> Result<(), AwsError> {
    let request = || {
        let permission = aws.lambda.add_permission().function_name(name).statement_id(statement).principal("*");
        let permission = match to {
            To::Address => {
                permission.action("lambda:InvokeFunctionUrl").function_url_auth_type(FunctionUrlAuthType::None)
            }
            To::InvokeByAddress => permission.action("lambda:InvokeFunction").invoked_via_function_url(true),
        };
        permission.send()
    };
    aws.call(ADD_PERMISSION, Repeat::Safe, request).await.map(drop)
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
