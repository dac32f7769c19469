//! CloudWatch: alarms, their tags and history, metrics.

use super::fault::Fault;
use super::store::Tx;
use super::wire::Request;
use ciborium::Value;

/// Runs one CloudWatch operation.
pub fn dispatch(request: Request, _: &mut Tx) -> Result<Value, Fault> {
    Err(Fault::unknown_operation(&request.operation))
}
