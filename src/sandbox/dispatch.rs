//! From an operation's name to its handler, for every service.

use super::fault::Fault;
use super::store::{Seed, Tx};
use super::wire::{Route, WireRequest};
use super::{cloudwatch, lambda, logs, organizations, sns, sqs, sts, tagging};
use ciborium::Value;
use mlops_model::Partition;
use std::time::Duration;

/// What happened in an account and region since anybody looked last. Nothing is answered before it.
pub fn catch_up(tx: &mut Tx) -> Result<(), Fault> {
    tx.by_itself(cloudwatch::catch_up)
}

/// Runs the operation that `request` names, for the service of its signature.
pub fn dispatch(request: WireRequest, tx: &mut Tx) -> Result<Value, Fault> {
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

/// The region in whose store a request is answered: its own one, but the partition's first for what an account has once.
pub fn region(request: &WireRequest) -> &str {
    let own = request.caller.region.as_str();
    match request.caller.service.as_str() {
        "monitoring" if cloudwatch::is_about_a_dashboard(request) => match Partition::of_region(own).id {
            "aws" => "us-east-1",
            "aws-cn" => "cn-north-1",
            "aws-us-gov" => "us-gov-west-1",
            _ => own,
        },
        _ => own,
    }
}

/// How long a call waits at AWS's end for something to answer with; zero for nearly all.
pub fn patience(request: &WireRequest) -> Duration {
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
