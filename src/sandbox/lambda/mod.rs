//! Lambda: functions as configuration, and calls of them. From a path to its handler.

mod access;
mod concurrency;
mod function;
pub mod instance;
pub mod invoke;
#[cfg(test)]
mod invoke_tests;
pub mod record;
#[cfg(test)]
mod tests;

pub use access::{Gate, gate, reachable};
pub use function::{SERVICE, default_log_group};

use super::cloudwatch;
use super::fault::Fault;
use super::operation::{answer, operations};
use super::paging::{Order, page};
use super::store::{Seed, Tx};
use super::tags::{self, StoredTags};
use super::wire::{Route, WireRequest};
use ciborium::Value;
use function::{Birth, Code, CreateFunction, FunctionSettings, StateReason, StoredFunction};
use serde::{Deserialize, Serialize};

const TABLE: &str = "lambda-function";
/// The type of a function in the tagging API.
const KIND: &str = "lambda:function";
const PAGE: usize = 50;

/// The paths of the REST API.
pub const ROUTES: &[Route] = &[
    Route::new("GET", "/2015-03-31/functions", "ListFunctions", 200),
    Route::new("POST", "/2015-03-31/functions", "CreateFunction", 201),
    Route::new("GET", "/2015-03-31/functions/{FunctionName}", "GetFunction", 200),
    Route::new("DELETE", "/2015-03-31/functions/{FunctionName}", "DeleteFunction", 204),
    Route::new("GET", "/2015-03-31/functions/{FunctionName}/configuration", "GetFunctionConfiguration", 200),
    Route::new("PUT", "/2015-03-31/functions/{FunctionName}/configuration", "UpdateFunctionConfiguration", 200),
    Route::new("PUT", "/2015-03-31/functions/{FunctionName}/code", "UpdateFunctionCode", 200),
    Route::new("GET", "/2015-03-31/functions/{FunctionName}/policy", "GetPolicy", 200),
    Route::new("POST", "/2015-03-31/functions/{FunctionName}/policy", "AddPermission", 201),
    Route::new("DELETE", "/2015-03-31/functions/{FunctionName}/policy/{StatementId}", "RemovePermission", 204),
    Route::new("POST", "/2021-10-31/functions/{FunctionName}/url", "CreateFunctionUrlConfig", 201),
    Route::new("GET", "/2021-10-31/functions/{FunctionName}/url", "GetFunctionUrlConfig", 200),
    Route::new("PUT", "/2021-10-31/functions/{FunctionName}/url", "UpdateFunctionUrlConfig", 200),
    Route::new("DELETE", "/2021-10-31/functions/{FunctionName}/url", "DeleteFunctionUrlConfig", 204),
    Route::new("PUT", "/2017-10-31/functions/{FunctionName}/concurrency", "PutFunctionConcurrency", 200),
    Route::new("GET", "/2019-09-30/functions/{FunctionName}/concurrency", "GetFunctionConcurrency", 200),
    Route::new("DELETE", "/2017-10-31/functions/{FunctionName}/concurrency", "DeleteFunctionConcurrency", 204),
    Route::new("POST", "/2015-03-31/functions/{FunctionName}/invocations", invoke::OPERATION, 200)
        .raw(&[("x-amz-invocation-type", "InvocationType"), ("x-amz-log-type", "LogType")]),
    Route::new("GET", "/2016-08-19/account-settings", "GetAccountSettings", 200),
];

/// Runs one Lambda operation.
pub fn dispatch(request: WireRequest, tx: &mut Tx) -> Result<Value, Fault> {
    operations!(request, {
        "CreateFunction" => answer(request, tx, create),
        "DeleteFunction" => answer(request, tx, delete),
        "GetFunction" => answer(request, tx, get),
        "GetFunctionConfiguration" => answer(request, tx, configuration),
        "UpdateFunctionConfiguration" => answer(request, tx, update_configuration),
        "UpdateFunctionCode" => answer(request, tx, update_code),
        "GetPolicy" => answer(request, tx, access::policy),
        "AddPermission" => answer(request, tx, access::add_permission),
        "RemovePermission" => answer(request, tx, access::remove_permission),
        "CreateFunctionUrlConfig" => answer(request, tx, access::create_url),
        "GetFunctionUrlConfig" => answer(request, tx, access::url),
        "UpdateFunctionUrlConfig" => answer(request, tx, access::update_url),
        "DeleteFunctionUrlConfig" => answer(request, tx, access::delete_url),
        "Invoke" => answer(request, tx, invoke::invoke),
        "PutFunctionConcurrency" => answer(request, tx, concurrency::put),
        "GetFunctionConcurrency" => answer(request, tx, concurrency::get),
        "DeleteFunctionConcurrency" => answer(request, tx, concurrency::delete),
        "ListFunctions" => answer(request, tx, list),
        "GetAccountSettings" => answer(request, tx, account_settings),
    })
}

/// The function every account starts with.
pub fn seeds(account: &str, region: &str) -> Vec<Seed> {
    let function = serde_json::to_value(StoredFunction::service(account, region)).ok();
    function.map(|value| Seed { table: TABLE, key: SERVICE.into(), value }).into_iter().collect()
}

/// The functions of an account and region, by name.
pub fn names(tx: &Tx) -> Result<Vec<String>, Fault> {
    Ok(tx.list::<serde::de::IgnoredAny>(TABLE)?.into_iter().map(|(name, _)| name).collect())
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct FunctionNameMember {
    function_name: String,
    qualifier: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct UpdateConfiguration {
    function_name: String,
    revision_id: Option<String>,
    #[serde(flatten)]
    settings: FunctionSettings,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct UpdateCode {
    function_name: String,
    revision_id: Option<String>,
    architectures: Option<Vec<String>>,
    #[serde(default)]
    dry_run: bool,
    #[serde(flatten)]
    code: Code,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListFunctions {
    marker: Option<String>,
    max_items: Option<usize>,
    function_version: Option<String>,
}

#[derive(Deserialize)]
struct GetAccountSettings {}

#[derive(Serialize)]
struct EmptyLambdaResponse {}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct GotFunction {
    configuration: StoredFunction,
    #[serde(skip_serializing_if = "Option::is_none")]
    concurrency: Option<concurrency::Concurrency>,
    code: Location,
    #[serde(skip_serializing_if = "StoredTags::is_empty")]
    tags: StoredTags,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Location {
    repository_type: &'static str,
    location: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Functions {
    functions: Vec<StoredFunction>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_marker: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct AccountSettings {
    account_limit: LambdaLimits,
    account_usage: AccountUsage,
}

/// Sizes in bytes.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct LambdaLimits {
    total_code_size: i64,
    code_size_unzipped: i64,
    code_size_zipped: i64,
    concurrent_executions: usize,
    unreserved_concurrent_executions: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct AccountUsage {
    total_code_size: i64,
    function_count: i64,
}

impl From<StateReason> for Fault {
    fn from(StateReason(code, message): StateReason) -> Self {
        Fault::sender(code, message)
    }
}

fn create(input: CreateFunction, tx: &mut Tx) -> Result<StoredFunction, Fault> {
    input.check()?;
    let name = input.function_name.clone().unwrap_or_default();
    let (code_size, code_sha256) = input.code.as_ref().map_or_else(|| Code::default().measure(), Code::measure)?;
    if tx.get::<StoredFunction>(TABLE, &name)?.is_some() {
        return Err(conflict(format!("Function already exist: {name}")));
    }
    let tags = input.tags.clone();
    let revision = tx.uuid();
    let (account, region) = (tx.account(), tx.region());
    let function =
        input.into_function(Birth { account, region, modified: modified(tx), revision, code_size, code_sha256 });
    tx.put(TABLE, &name, &function)?;
    tags::set(tx, KIND, &function.function_arn, tags)?;
    Ok(function.being_created())
}

fn delete(input: FunctionNameMember, tx: &mut Tx) -> Result<EmptyLambdaResponse, Fault> {
    let function = find(tx, &input)?;
    tx.delete(TABLE, &function.function_name);
    access::forget(tx, &function.function_name);
    concurrency::forget(tx, &function.function_name);
    cloudwatch::forget_invocations(tx, &function.function_name);
    tags::forget(tx, &function.function_arn)?;
    Ok(EmptyLambdaResponse {})
}

fn update_configuration(input: UpdateConfiguration, tx: &mut Tx) -> Result<StoredFunction, Fault> {
    let mut function = to_update(tx, input.function_name, input.revision_id)?;
    input.settings.check()?;
    function.set(input.settings);
    keep(tx, function)
}

fn update_code(input: UpdateCode, tx: &mut Tx) -> Result<StoredFunction, Fault> {
    let mut function = to_update(tx, input.function_name, input.revision_id)?;
    (function.code_size, function.code_sha256) = input.code.measure()?;
    if let Some(architectures) = input.architectures {
        function.architectures = architectures;
    }
    if input.dry_run { Ok(function) } else { keep(tx, function) }
}

fn to_update(tx: &Tx, function_name: String, revision: Option<String>) -> Result<StoredFunction, Fault> {
    let function = find(tx, &FunctionNameMember { function_name, qualifier: None })?;
    match revision.is_none_or(|revision| revision == function.revision_id) {
        true => Ok(function),
        false => {
            let message = "The RevisionId provided does not match the latest RevisionId. Call the \
                           GetFunction/GetAlias API to retrieve the latest RevisionId";
            Err(Fault::sender("PreconditionFailedException", message).status(412))
        }
    }
}

fn keep(tx: &mut Tx, mut function: StoredFunction) -> Result<StoredFunction, Fault> {
    function.revision_id = tx.uuid();
    function.last_modified = modified(tx);
    tx.put(TABLE, &function.function_name, &function)?;
    Ok(function.being_updated())
}

fn modified(tx: &Tx) -> String {
    tx.now().to_iso().replace('Z', "+0000")
}

fn conflict(message: String) -> Fault {
    Fault::sender("ResourceConflictException", message).status(409)
}

fn get(input: FunctionNameMember, tx: &mut Tx) -> Result<GotFunction, Fault> {
    let configuration = find(tx, &input)?;
    let tags = tags::get(tx, &configuration.function_arn)?;
    let location = format!(
        "https://prod-{region}-starport-layer-bucket.s3.{region}.{suffix}/snapshots/{}/{}",
        tx.account(),
        configuration.function_name,
        region = tx.region(),
        suffix = tx.partition().dns_suffix,
    );
    let concurrency = concurrency::shown(tx, &configuration.function_name)?;
    Ok(GotFunction { configuration, concurrency, code: Location { repository_type: "S3", location }, tags })
}

fn configuration(input: FunctionNameMember, tx: &mut Tx) -> Result<StoredFunction, Fault> {
    find(tx, &input)
}

fn list(input: ListFunctions, tx: &mut Tx) -> Result<Functions, Fault> {
    if let Some(version) = input.function_version.as_deref().filter(|version| *version != "ALL") {
        let message = format!(
            "1 validation error detected: Value '{version}' at 'functionVersion' failed to satisfy constraint: \
             Member must satisfy enum value set: [ALL]"
        );
        return Err(Fault::sender("ValidationException", message));
    }
    let size = input.max_items.unwrap_or(PAGE).clamp(1, PAGE);
    let wrong_marker = || Fault::sender("InvalidParameterValueException", "Invalid marker");
    let functions = tx.list::<StoredFunction>(TABLE)?;
    let (functions, next_marker) = page(tx, functions, Order::Scattered, input.marker.as_deref(), size, wrong_marker)?;
    let versions = input.function_version.is_some();
    let functions = functions.into_iter().map(|function| {
        let mut function = function.in_list();
        if versions {
            function.function_arn.push_str(":$LATEST");
        }
        function
    });
    Ok(Functions { functions: functions.collect(), next_marker })
}

fn account_settings(_: GetAccountSettings, tx: &mut Tx) -> Result<AccountSettings, Fault> {
    let functions = tx.list::<StoredFunction>(TABLE)?;
    let account_limit = LambdaLimits {
        total_code_size: 80_530_636_800,
        code_size_unzipped: 262_144_000,
        code_size_zipped: 52_428_800,
        concurrent_executions: concurrency::ACCOUNT_LIMIT,
        unreserved_concurrent_executions: concurrency::ACCOUNT_LIMIT - concurrency::all(tx)?,
    };
    let account_usage = AccountUsage {
        total_code_size: functions.iter().map(|(_, function)| function.code_size).sum(),
        function_count: functions.len().try_into().unwrap_or(i64::MAX),
    };
    Ok(AccountSettings { account_limit, account_usage })
}

/// The function that a name, a partial or a whole ARN, each with or without a qualifier, means.
fn find(tx: &Tx, input: &FunctionNameMember) -> Result<StoredFunction, Fault> {
    let given = input.function_name.as_str();
    let parts: Vec<&str> = given.split(':').collect();
    let malformed = || {
        let message = format!(
            "1 validation error detected: Value '{given}' at 'functionName' failed to satisfy constraint: \
             Member must satisfy regular expression pattern: {}",
            function::NAME_PATTERN
        );
        Fault::sender("ValidationException", message)
    };
    let (region, account, rest) = match parts.as_slice() {
        ["arn", _, "lambda", region, account, "function", rest @ ..] => (*region, *account, rest),
        [account, "function", rest @ ..] => (tx.region(), *account, rest),
        ["function", rest @ ..] | rest => (tx.region(), tx.account(), rest),
    };
    let (name, own) = match rest {
        [name] => (*name, None),
        [name, qualifier] => (*name, Some((*qualifier).to_owned())),
        _ => return Err(malformed()),
    };
    if !function::is_name(name) {
        return Err(malformed());
    }
    if region != tx.region() {
        let message = format!("Functions from '{region}' are not reachable in this region ('{}')", tx.region());
        return Err(Fault::sender("ResourceNotFoundException", message).status(404));
    }
    if account != tx.account() {
        let message = format!(
            "User: {} is not authorized to perform: lambda:GetFunction on resource: {given} \
             because no resource-based policy allows the lambda:GetFunction action",
            tx.global_arn("iam", "user/sandbox")
        );
        return Err(Fault::sender("AccessDeniedException", message).status(403));
    }
    let qualifier = input.qualifier.clone().or(own).filter(|qualifier| qualifier != "$LATEST");
    let found = tx.get::<StoredFunction>(TABLE, name)?.filter(|_| qualifier.is_none());
    found.ok_or_else(|| {
        let suffix = qualifier.map(|qualifier| format!(":{qualifier}")).unwrap_or_default();
        let message = format!("Function not found: {}{suffix}", tx.arn("lambda", &format!("function:{name}")));
        Fault::sender("ResourceNotFoundException", message).status(404)
    })
}
