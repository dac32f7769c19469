//! Lambda: functions, configuration only.

use super::fault::Fault;
use super::store::{Seed, Tx};
use super::wire::{Request, Route};
use ciborium::Value;

/// The paths of the REST API.
pub const ROUTES: &[Route] = &[];

/// Runs one Lambda operation.
pub fn dispatch(request: Request, _: &mut Tx) -> Result<Value, Fault> {
    Err(Fault::unknown_operation(&request.operation))
}

/// The function every account starts with.
pub fn seeds(_account: &str, _region: &str) -> Vec<Seed> {
    Vec::new()
}
