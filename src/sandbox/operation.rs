//! What the services' lists of operations are made of: from a decoded request to a typed handler, and its output back.

use super::fault::Fault;
use super::store::Tx;
use super::wire::{WireRequest, decode};
use ciborium::Value;
use serde::Serialize;
use serde::de::DeserializeOwned;

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

/// Decodes the input, calls the handler, encodes its output.
pub fn answer<I, O>(
    request: WireRequest,
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
