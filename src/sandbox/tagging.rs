//! Resource Groups Tagging API: finds resources by their tags, over all services.

use super::fault::Fault;
use super::store::Tx;
use super::wire::Request;
use ciborium::Value;

/// Runs one operation of the tagging API.
pub fn dispatch(request: Request, _: &mut Tx) -> Result<Value, Fault> {
    Err(Fault::unknown_operation(&request.operation))
}
