//! From an operation's name to its handler, for every service. Adding a service means: a line in each of the three functions here.

use super::fault::Fault;
use super::store::{Seed, Tx};
use super::wire::{Request, Route, decode};
use super::{cloudwatch, lambda, logs, organizations, sns, sqs, sts, tagging};
use ciborium::Value;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::time::Duration;

/// What happened in an account and region since anybody looked last. Nothing is answered before it.
pub fn catch_up(tx: &mut Tx) -> Result<(), Fault> {
    tx.by_itself(cloudwatch::catch_up)
}

/// Runs the operation that `request` names, for the service of its signature.
pub fn dispatch(request: Request, tx: &mut Tx) -> Result<Value, Fault> {
    catch_up(tx)?;
    match request.caller.service.as_str() {
        "monitoring" => cloudwatch::dispatch(request, tx),
        "sns" => sns::dispatch(request, tx),
        "sqs" => sqs::dispatch(request, tx),
        "logs" => logs::dispatch(request, tx),
        "lambda" => lambda::dispatch(request, tx),
        "sts" => sts::dispatch(request, tx),
        "tagging" => tagging::dispatch(request, tx),
        "organizations" => organizations::dispatch(request, tx),
        other => {
            let known = "monitoring (CloudWatch), logs, sns, sqs, lambda, sts, tagging, organizations";
            let message = format!("The sandbox does not know the service {other}; it knows {known}");
            Err(Fault::sender("UnknownServiceException", message))
        }
    }
}

/// The operations of a service with their handlers. What is none of them is refused with the names of those that are.
macro_rules! operations {
    ($request:expr, { $($($name:literal)|+ => $answer:expr,)* }) => {
        match $request.operation.as_str() {
            $($($name)|+ => $answer,)*
            other => Err(Fault::unknown_operation(other, &[$($($name),+),*])),
        }
    };
}
pub(super) use operations;

/// How long a call waits at AWS's end for something to answer with; zero for nearly all.
pub fn patience(request: &Request) -> Duration {
    match request.caller.service.as_str() {
        "sqs" => sqs::patience(request),
        _ => Duration::ZERO,
    }
}

/// Whether an answer has nothing to say.
pub fn is_empty(answer: &Value) -> bool {
    answer.as_map().is_some_and(|members| members.is_empty())
}

/// The paths of the services that speak REST.
pub fn routes(service: &str) -> &'static [Route] {
    match service {
        "lambda" => lambda::ROUTES,
        _ => &[],
    }
}

/// What stands in every account and region before the first call.
pub fn seeds(account: &str, region: &str) -> Vec<Seed> {
    if account.is_empty() {
        return Vec::new();
    }
    let mut seeds = lambda::seeds(account, region);
    seeds.extend(logs::seeds(account, region));
    seeds
}

/// Decodes the input, calls the handler, encodes its output.
pub fn answer<I, O>(
    request: Request,
    tx: &mut Tx,
    handler: impl FnOnce(I, &mut Tx) -> Result<O, Fault>,
) -> Result<Value, Fault>
where
    I: DeserializeOwned,
    O: Serialize,
{
    let input = decode(request.input).map_err(|error| Fault::sender("SerializationException", error.to_string()))?;
    encode(&handler(input, tx)?)
}

fn encode(output: &impl Serialize) -> Result<Value, Fault> {
    Value::serialized(output).map_err(|error| Fault::receiver("InternalFailure", error.to_string()))
}
