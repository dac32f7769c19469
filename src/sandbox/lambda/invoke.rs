//! Invoke, as far as it is a matter of configuration: who is called, with what, under which limits. Running is `instance`'s matter,
//! what is written of it `record`'s.

use super::concurrency::reserved;
use super::function::{StateReason, StoredFunction};
use super::{FunctionNameMember, find};
use crate::fault::Fault;
use crate::store::Tx;
use crate::wire::{Blob, Timestamp};
use serde::{Deserialize, Serialize};

/// The name that the answer of this operation is told apart by.
pub const OPERATION: &str = "Invoke";
const MB: usize = 1_048_576;
const MOST_SYNCHRONOUS: usize = 6 * MB;
const MOST_ASYNCHRONOUS: usize = MB;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Invoke {
    pub function_name: String,
    pub qualifier: Option<String>,
    pub invocation_type: Option<String>,
    pub log_type: Option<String>,
    pub payload: Option<Blob>,
}

/// How the caller waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum InvocationKind {
    RequestResponse,
    Event,
    DryRun,
}

/// A call that may be made.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Call {
    pub function: StoredFunction,
    pub kind: InvocationKind,
    /// The last lines of the log are wanted in the answer.
    pub tail: bool,
    /// JSON.
    pub payload: Blob,
    /// How many calls of the function may run at once, where that is set.
    pub reserved: Option<usize>,
    pub at: Timestamp,
}

pub fn invoke(input: Invoke, tx: &mut Tx) -> Result<Call, Fault> {
    let function = find(tx, &FunctionNameMember { function_name: input.function_name, qualifier: input.qualifier })?;
    let kind = match input.invocation_type.as_deref() {
        None | Some("RequestResponse") => InvocationKind::RequestResponse,
        Some("Event") => InvocationKind::Event,
        Some("DryRun") => InvocationKind::DryRun,
        Some(other) => {
            let rule = "satisfy enum value set: [Event, RequestResponse, DryRun]";
            return Err(StateReason::constraint(other, "invocationType", rule).into());
        }
    };
    let tail = match input.log_type.as_deref() {
        None | Some("None") => false,
        Some("Tail") => true,
        Some(other) => {
            return Err(StateReason::constraint(other, "logType", "satisfy enum value set: [None, Tail]").into());
        }
    };
    let payload = input.payload.filter(|Blob(bytes)| !bytes.is_empty()).unwrap_or_else(|| Blob(b"{}".to_vec()));
    let most = if kind == InvocationKind::Event { MOST_ASYNCHRONOUS } else { MOST_SYNCHRONOUS };
    if payload.0.len() > most {
        let message = format!("Request must be smaller than {most} bytes for the InvokeFunction operation");
        return Err(Fault::sender("RequestTooLargeException", message).status(413));
    }
    if let Err(error) = serde_json::from_slice::<serde::de::IgnoredAny>(&payload.0) {
        let message = format!("Could not parse request body into json: {error}");
        return Err(Fault::sender("InvalidRequestContentException", message));
    }
    let reserved = reserved(tx, &function.function_name)?;
    Ok(Call { function, kind, tail: tail && kind == InvocationKind::RequestResponse, payload, reserved, at: tx.now() })
}
