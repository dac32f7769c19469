//! CloudWatch Logs: log groups and retention.

use super::fault::Fault;
use super::store::{Seed, Tx};
use super::wire::Request;
use ciborium::Value;

/// Runs one Logs operation.
pub fn dispatch(request: Request, _: &mut Tx) -> Result<Value, Fault> {
    Err(Fault::unknown_operation(&request.operation))
}

/// The log group of the function every account starts with.
pub fn seeds(_account: &str, _region: &str) -> Vec<Seed> {
    Vec::new()
}
