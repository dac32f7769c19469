//! smithy rpc-v2-cbor: `POST /service/NAME/operation/OPERATION`, a CBOR map in, a CBOR map out.

use super::{EncodedBody, types};
use crate::fault::Fault;
use anyhow::Result;
use ciborium::Value;

/// The operation a path names, if it is one of this protocol.
pub fn operation(path: &str) -> Option<&str> {
    let (_, operation) = path.strip_prefix("/service/")?.split_once("/operation/")?;
    Some(operation.trim_end_matches('/'))
}

pub fn read(body: &[u8]) -> Result<Value, String> {
    if body.is_empty() {
        return Ok(Value::Map(Vec::new()));
    }
    ciborium::from_reader(body).map_err(|error| error.to_string())
}

pub fn write(answer: Result<Value, Fault>, query_mode: bool) -> Result<EncodedBody> {
    let mut headers = vec![("smithy-protocol", "rpc-v2-cbor".to_owned())];
    let value = match answer {
        Ok(value) => types::without_entries(value),
        Err(fault) => {
            if query_mode {
                headers.push(("x-amzn-query-error", fault.query_error()));
            }
            let text = |text: &str| Value::Text(text.to_owned());
            Value::Map(vec![(text("__type"), text(&fault.code)), (text("message"), text(&fault.message))])
        }
    };
    let mut bytes = Vec::new();
    ciborium::into_writer(&value, &mut bytes)?;
    Ok(EncodedBody { content_type: "application/cbor".to_owned(), headers, bytes })
}
