//! Functions in Lambda, only read.

use super::{FunctionConfiguration, FunctionFacts};
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
            let log_group = answer.logging_config().and_then(|logging| logging.log_group());
            Ok(Some(FunctionConfiguration {
                facts: FunctionFacts::told(
                    name,
                    answer.memory_size(),
                    answer.timeout(),
                    log_group,
                    answer.last_modified(),
                ),
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

/// All functions of the target, in the order of AWS. The listing has all that is asked of a function here.
pub async fn all(aws: &Aws) -> Result<Vec<(String, FunctionFacts)>, AwsError> {
    let mut functions = Vec::new();
    let page = |marker| aws.lambda.list_functions().set_marker(marker).send();
    let keep = |page: ListFunctionsOutput| {
        functions.extend(page.functions().iter().filter_map(|function| {
            let name = function.function_name()?.to_owned();
            let log_group = function.logging_config().and_then(|logging| logging.log_group());
            let facts = FunctionFacts::told(
                &name,
                function.memory_size(),
                function.timeout(),
                log_group,
                function.last_modified(),
            );
            Some((name, facts))
        }));
        page.next_marker
    };
    aws.pages(LIST, page, keep).await?;
    Ok(functions)
}
