//! Functions in Lambda, only read.

use super::{FunctionConfiguration, FunctionFacts, default_log_group};
use crate::aws::{ApiOperation, Aws, AwsError, Class, Repeat};
use aws_sdk_lambda::operation::list_functions::ListFunctionsOutput;

const URL: ApiOperation = ApiOperation("lambda", "GetFunctionUrlConfig");
const GET: ApiOperation = ApiOperation("lambda", "GetFunctionConfiguration");
const LIST: ApiOperation = ApiOperation("lambda", "ListFunctions");

/// The function's memory, timeout and log group; `None` where there is no such function.
pub async fn read(aws: &Aws, name: &str) -> Result<Option<FunctionFacts>, AwsError> {
    Ok(configuration(aws, name).await?.map(|configuration| configuration.facts))
}

/// The same with what else is asked of a function; `None` where there is no such function.
pub async fn configuration(aws: &Aws, name: &str) -> Result<Option<FunctionConfiguration>, AwsError> {
    let request = || aws.lambda.get_function_configuration().function_name(name).send();
    match aws.call(GET, Repeat::Safe, request).await {
        Ok(answer) => {
            let log_group = answer.logging_config().and_then(|logging| logging.log_group()).map(str::to_owned);
            Ok(Some(FunctionConfiguration {
                facts: FunctionFacts {
                    memory_mb: answer.memory_size().unwrap_or(128),
                    timeout_s: answer.timeout().unwrap_or(3),
                    log_group: log_group.filter(|g| !g.is_empty()).unwrap_or_else(|| default_log_group(name)),
                    last_modified: answer.last_modified().map(str::to_owned),
                },
                runtime: answer.runtime().map(|runtime| runtime.as_str().to_owned()),
            }))
        }
        Err(error) if error.is(Class::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The address of the function's URL; `None` where it has none, or there is no such function.
pub async fn url(aws: &Aws, name: &str) -> Result<Option<String>, AwsError> {
    let request = || aws.lambda.get_function_url_config().function_name(name).send();
    match aws.call(URL, Repeat::Safe, request).await {
        Ok(answer) => Ok(Some(answer.function_url().to_owned())),
        Err(error) if error.is(Class::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The names of all functions of the target.
pub async fn list(aws: &Aws) -> Result<Vec<String>, AwsError> {
    Ok(all(aws).await?.into_iter().map(|(name, _)| name).collect())
}

/// All functions of the target, in the order in which Lambda lists them.
pub async fn all(aws: &Aws) -> Result<Vec<(String, FunctionFacts)>, AwsError> {
    let mut found = Vec::new();
    let page = |marker| aws.lambda.list_functions().set_marker(marker).send();
    let keep = |page: ListFunctionsOutput| {
        found.extend(page.functions().iter().filter_map(|function| {
            let name = function.function_name()?.to_owned();
            let log_group = function.logging_config().and_then(|logging| logging.log_group()).map(str::to_owned);
            let facts = FunctionFacts {
                memory_mb: function.memory_size().unwrap_or(128),
                timeout_s: function.timeout().unwrap_or(3),
                log_group: log_group.filter(|group| !group.is_empty()).unwrap_or_else(|| default_log_group(&name)),
                last_modified: function.last_modified().map(str::to_owned),
            };
            Some((name, facts))
        }));
        page.next_marker
    };
    aws.pages(LIST, page, keep).await?;
    Ok(found)
}
