//! Who may call a function: its URL and its resource policy. Permissions of who calls by Invoke are not asked for.

use super::{EmptyLambdaResponse, FunctionNameMember, conflict, find};
use crate::fault::Fault;
use crate::store::Tx;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

const URLS: &str = "lambda-url";
const POLICIES: &str = "lambda-policy";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PutUrl {
    function_name: String,
    qualifier: Option<String>,
    auth_type: Option<String>,
    invoke_mode: Option<String>,
    cors: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AddPermission {
    function_name: String,
    qualifier: Option<String>,
    statement_id: Option<String>,
    action: Option<String>,
    principal: Option<String>,
    source_arn: Option<String>,
    source_account: Option<String>,
    function_url_auth_type: Option<String>,
    invoked_via_function_url: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RemovePermission {
    function_name: String,
    qualifier: Option<String>,
    statement_id: String,
}

/// A function's URL, kept as it is answered. Times in ISO 8601.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct FunctionUrl {
    function_url: String,
    function_arn: String,
    auth_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    cors: Option<Value>,
    creation_time: String,
    last_modified_time: String,
    invoke_mode: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct FunctionPolicy {
    policy: String,
    revision_id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Statement {
    statement: String,
}

pub fn create_url(input: PutUrl, tx: &mut Tx) -> Result<FunctionUrl, Fault> {
    let function = find(tx, &named(&input.function_name, &input.qualifier))?;
    let auth_type = one_of("authType", input.auth_type, &["NONE", "AWS_IAM"])?;
    let mode = input.invoke_mode.or_else(|| Some("BUFFERED".into()));
    let invoke_mode = one_of("invokeMode", mode, &["BUFFERED", "RESPONSE_STREAM"])?;
    if tx.get::<FunctionUrl>(URLS, &function.function_name)?.is_some() {
        return Err(conflict(format!(
            "Failed to create function url config for [functionArn = {}]. Error message:  FunctionUrlConfig exists for \
             this Lambda function",
            function.function_arn
        )));
    }
    let now = tx.now().to_iso();
    let url = FunctionUrl {
        function_url: format!("https://{}.lambda-url.{}.on.aws/", tx.hex(32), tx.region()),
        function_arn: function.function_arn,
        auth_type,
        cors: input.cors,
        creation_time: now.clone(),
        last_modified_time: now,
        invoke_mode,
    };
    tx.put(URLS, &function.function_name, &url)?;
    Ok(url)
}

pub fn update_url(input: PutUrl, tx: &mut Tx) -> Result<FunctionUrl, Fault> {
    let (name, mut url) = find_url(tx, &named(&input.function_name, &input.qualifier))?;
    url.auth_type = one_of("authType", input.auth_type.or(Some(url.auth_type)), &["NONE", "AWS_IAM"])?;
    let mode = input.invoke_mode.or(Some(url.invoke_mode));
    url.invoke_mode = one_of("invokeMode", mode, &["BUFFERED", "RESPONSE_STREAM"])?;
    url.cors = input.cors.or(url.cors);
    url.last_modified_time = tx.now().to_iso();
    tx.put(URLS, &name, &url)?;
    Ok(url)
}

pub fn url(input: FunctionNameMember, tx: &mut Tx) -> Result<FunctionUrl, Fault> {
    find_url(tx, &input).map(|(_, url)| url)
}

pub fn delete_url(input: FunctionNameMember, tx: &mut Tx) -> Result<EmptyLambdaResponse, Fault> {
    let (name, _) = find_url(tx, &input)?;
    tx.delete(URLS, &name);
    Ok(EmptyLambdaResponse {})
}

pub fn add_permission(input: AddPermission, tx: &mut Tx) -> Result<Statement, Fault> {
    let function = find(tx, &named(&input.function_name, &input.qualifier))?;
    let required = |field: &str, value: Option<String>| {
        value.filter(|value| !value.is_empty()).ok_or_else(|| refused("null", field, "not be null"))
    };
    let id = required("statementId", input.statement_id)?;
    let action = required("action", input.action)?;
    let principal = required("principal", input.principal)?;
    let mut statements = tx.get::<Vec<Value>>(POLICIES, &function.function_name)?.unwrap_or_default();
    if statements.iter().any(|statement| statement["Sid"] == id.as_str()) {
        return Err(conflict(format!(
            "The statement id ({id}) provided already exists. Please provide a new statement id, or remove the existing \
             statement."
        )));
    }
    let principal = match principal.as_str() {
        "*" => json!("*"),
        service if service.contains(".amazonaws.com") => json!({ "Service": service }),
        account if account.len() == 12 => json!({ "AWS": format!("arn:{}:iam::{account}:root", tx.partition().id) }),
        other => json!({ "AWS": other }),
    };
    let mut condition = json!({});
    for (operator, key, value) in [
        ("StringEquals", "lambda:FunctionUrlAuthType", input.function_url_auth_type),
        ("Bool", "lambda:InvokedViaFunctionUrl", input.invoked_via_function_url.map(|flag| flag.to_string())),
        ("StringEquals", "AWS:SourceAccount", input.source_account),
        ("ArnLike", "AWS:SourceArn", input.source_arn),
    ] {
        if let Some(value) = value {
            condition[operator][key] = value.into();
        }
    }
    let mut statement = json!({
        "Sid": id, "Effect": "Allow", "Principal": principal, "Action": action, "Resource": function.function_arn,
    });
    if condition != json!({}) {
        statement["Condition"] = condition;
    }
    statements.push(statement.clone());
    tx.put(POLICIES, &function.function_name, &statements)?;
    Ok(Statement { statement: statement.to_string() })
}

pub fn policy(input: FunctionNameMember, tx: &mut Tx) -> Result<FunctionPolicy, Fault> {
    let function = find(tx, &input)?;
    let statements = tx.get::<Vec<Value>>(POLICIES, &function.function_name)?.ok_or_else(missing)?;
    let policy = json!({ "Version": "2012-10-17", "Id": "default", "Statement": statements }).to_string();
    Ok(FunctionPolicy { policy, revision_id: function.revision_id })
}

pub fn remove_permission(input: RemovePermission, tx: &mut Tx) -> Result<EmptyLambdaResponse, Fault> {
    let function = find(tx, &named(&input.function_name, &input.qualifier))?;
    let name = &function.function_name;
    let mut statements = tx.get::<Vec<Value>>(POLICIES, name)?.ok_or_else(missing)?;
    let before = statements.len();
    statements.retain(|statement| statement["Sid"] != input.statement_id.as_str());
    if statements.len() == before {
        let message = format!("Statement {} is not found in resource policy.", input.statement_id);
        return Err(Fault::sender("ResourceNotFoundException", message).status(404));
    }
    match statements.is_empty() {
        true => drop(tx.delete(POLICIES, name)),
        false => tx.put(POLICIES, name, &statements)?,
    }
    Ok(EmptyLambdaResponse {})
}

/// Who may call a function by its URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// Anybody.
    Open,
    /// Whoever signs the request.
    Signed,
    /// Nobody: it has no URL, or its policy lets nobody in.
    Closed,
}

/// What a function's URL and policy make of a call by URL.
pub fn gate(tx: &Tx, name: &str) -> Result<Gate, Fault> {
    let Some(url) = tx.get::<FunctionUrl>(URLS, name)? else { return Ok(Gate::Closed) };
    if url.auth_type == "AWS_IAM" {
        return Ok(Gate::Signed);
    }
    let statements = tx.get::<Vec<Value>>(POLICIES, name)?.unwrap_or_default();
    let admits = |statement: &Value| {
        let action = statement["Action"].as_str().unwrap_or_default();
        statement["Principal"] == "*" && matches!(action, "lambda:InvokeFunctionUrl" | "lambda:*")
    };
    Ok(if statements.iter().any(admits) { Gate::Open } else { Gate::Closed })
}

/// An answer with the address under which a function's URL is really reached, where the sandbox is served at `base`.
pub fn reachable(mut answer: ciborium::Value, base: Option<&String>) -> ciborium::Value {
    fn member<'a>(answer: &'a mut ciborium::Value, name: &str) -> Option<&'a mut String> {
        let members = answer.as_map_mut()?;
        let found = members.iter_mut().find(|(key, _)| key.as_text() == Some(name));
        found.and_then(|(_, value)| value.as_text_mut())
    }
    if let Some(base) = base
        && member(&mut answer, "FunctionUrl").is_some()
        && let Some(arn) = member(&mut answer, "FunctionArn").cloned()
        && let [_, _, _, region, account, _, name, ..] = arn.split(':').collect::<Vec<_>>().as_slice()
        && let Some(url) = member(&mut answer, "FunctionUrl")
    {
        *url = format!("{base}/function-url/{account}:{region}:{name}/");
    }
    answer
}

/// To be called when a function is deleted.
pub fn forget(tx: &mut Tx, name: &str) {
    tx.delete(URLS, name);
    tx.delete(POLICIES, name);
}

fn find_url(tx: &Tx, named: &FunctionNameMember) -> Result<(String, FunctionUrl), Fault> {
    let name = find(tx, named)?.function_name;
    let url = tx.get::<FunctionUrl>(URLS, &name)?.ok_or_else(missing)?;
    Ok((name, url))
}

fn named(name: &str, qualifier: &Option<String>) -> FunctionNameMember {
    FunctionNameMember { function_name: name.to_owned(), qualifier: qualifier.clone() }
}

fn missing() -> Fault {
    Fault::sender("ResourceNotFoundException", "The resource you requested does not exist.").status(404)
}

fn one_of(field: &str, value: Option<String>, allowed: &[&str]) -> Result<String, Fault> {
    match value {
        Some(value) if allowed.contains(&value.as_str()) => Ok(value),
        value => {
            let rule = format!("satisfy enum value set: [{}]", allowed.join(", "));
            Err(refused(value.as_deref().unwrap_or("null"), field, &rule))
        }
    }
}

fn refused(value: &str, field: &str, rule: &str) -> Fault {
    super::StateReason::constraint(value, field, rule).into()
}
