//! CloudWatch Logs: log groups, their retention and the account policies over it, streams and their events. From an operation's
//! name to its handler.

mod account_policy;
mod chunk;
mod filter;
mod get;
mod group;
mod group_operation;
pub mod insights;
mod metric_filter;
mod put;
mod stream;
pub mod tail;
#[cfg(test)]
mod tests;

pub use group::names;
pub use put::write;

use super::fault::Fault;
use super::operation::{answer, operations};
use super::store::{Seed, Tx};
use super::wire::WireRequest;
use ciborium::Value;
use serde::Serialize;

/// Runs one Logs operation.
pub fn dispatch(request: WireRequest, tx: &mut Tx) -> Result<Value, Fault> {
    operations!(request, {
        "CreateLogGroup" => answer(request, tx, group_operation::create),
        "DeleteLogGroup" => answer(request, tx, group_operation::delete),
        "DescribeLogGroups" => answer(request, tx, group_operation::describe),
        "PutRetentionPolicy" => answer(request, tx, group_operation::put_retention),
        "DeleteRetentionPolicy" => answer(request, tx, group_operation::delete_retention),
        "PutLogGroupDeletionProtection" => answer(request, tx, group_operation::put_deletion_protection),
        "AssociateKmsKey" => answer(request, tx, group_operation::associate_key),
        "DisassociateKmsKey" => answer(request, tx, group_operation::disassociate_key),
        "TagResource" => answer(request, tx, group_operation::tag),
        "UntagResource" => answer(request, tx, group_operation::untag),
        "ListTagsForResource" => answer(request, tx, group_operation::list_tags),
        "PutMetricFilter" => answer(request, tx, metric_filter::put),
        "DeleteMetricFilter" => answer(request, tx, metric_filter::delete),
        "DescribeMetricFilters" => answer(request, tx, metric_filter::describe),
        "CreateLogStream" => answer(request, tx, stream::create),
        "DeleteLogStream" => answer(request, tx, stream::delete),
        "DescribeLogStreams" => answer(request, tx, stream::describe),
        "PutLogEvents" => answer(request, tx, put::put),
        "GetLogEvents" => answer(request, tx, get::get),
        "FilterLogEvents" => answer(request, tx, filter::filter),
        "StartLiveTail" => answer(request, tx, tail::start),
        "PutAccountPolicy" => answer(request, tx, account_policy::put),
        "DeleteAccountPolicy" => answer(request, tx, account_policy::delete),
        "DescribeAccountPolicies" => answer(request, tx, account_policy::describe),
    })
}

/// The log group of the function every account starts with: it exists before the user's first plan and is nobody's.
pub fn seeds(_account: &str, _region: &str) -> Vec<Seed> {
    group::seed().into_iter().collect()
}

/// The days Logs can keep events; never is the absence of a number.
const RETENTIONS: [i32; 22] =
    [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

fn invalid(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidParameterException", message)
}

/// An operation that answers nothing but that it was done.
#[derive(Serialize)]
struct EmptyLogsResponse {}

/// The sentence of AWS's input validation.
fn constraint(value: impl std::fmt::Display, field: &str, rule: &str) -> Fault {
    invalid(format!(
        "1 validation error detected: Value '{value}' at '{field}' failed to satisfy constraint: Member must {rule}"
    ))
}
