//! Reserved concurrency: how many calls of a function may run at once.

use super::{EmptyLambdaResponse, FunctionNameMember, find};
use crate::fault::Fault;
use crate::store::Tx;
use serde::{Deserialize, Serialize};

/// Under a function's name.
const RESERVED: &str = "lambda-concurrency";
/// Calls of one account and region at once, the default quota.
pub const ACCOUNT_LIMIT: usize = 1000;
/// What has to stay for functions without a reservation.
const UNRESERVED: usize = 100;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PutConcurrency {
    function_name: String,
    reserved_concurrent_executions: Option<usize>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Concurrency {
    #[serde(skip_serializing_if = "Option::is_none")]
    reserved_concurrent_executions: Option<usize>,
}

pub fn put(input: PutConcurrency, tx: &mut Tx) -> Result<Concurrency, Fault> {
    let name = find(tx, &FunctionNameMember { function_name: input.function_name, qualifier: None })?.function_name;
    let wanted = input
        .reserved_concurrent_executions
        .ok_or_else(|| super::StateReason::constraint("null", "reservedConcurrentExecutions", "not be null"))?;
    let others = tx.list::<usize>(RESERVED)?.into_iter().filter(|(other, _)| *other != name);
    if wanted + others.map(|(_, reserved)| reserved).sum::<usize>() > ACCOUNT_LIMIT - UNRESERVED {
        let message = format!(
            "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below \
             its minimum value of [{UNRESERVED}]."
        );
        return Err(Fault::sender("InvalidParameterValueException", message));
    }
    tx.put(RESERVED, &name, &wanted)?;
    Ok(Concurrency { reserved_concurrent_executions: Some(wanted) })
}

pub fn get(input: FunctionNameMember, tx: &mut Tx) -> Result<Concurrency, Fault> {
    let name = find(tx, &input)?.function_name;
    Ok(Concurrency { reserved_concurrent_executions: reserved(tx, &name)? })
}

pub fn delete(input: FunctionNameMember, tx: &mut Tx) -> Result<EmptyLambdaResponse, Fault> {
    let name = find(tx, &input)?.function_name;
    forget(tx, &name);
    Ok(EmptyLambdaResponse {})
}

/// What is set for a function.
pub fn reserved(tx: &Tx, function: &str) -> Result<Option<usize>, Fault> {
    tx.get(RESERVED, function)
}

/// As GetFunction shows it.
pub fn shown(tx: &Tx, function: &str) -> Result<Option<Concurrency>, Fault> {
    let reserved = reserved(tx, function)?;
    Ok(reserved.map(|reserved| Concurrency { reserved_concurrent_executions: Some(reserved) }))
}

/// All reservations of the account and region.
pub fn all(tx: &Tx) -> Result<usize, Fault> {
    Ok(tx.list::<usize>(RESERVED)?.into_iter().map(|(_, reserved)| reserved).sum())
}

pub fn forget(tx: &mut Tx, function: &str) {
    tx.delete(RESERVED, function);
}
