//! AWS JSON 1.0 and 1.1: the operation in `X-Amz-Target`, JSON in, JSON out; timestamps are numbers.

use super::{EncodedBody, types};
use crate::fault::Fault;
use anyhow::Result;
use ciborium::Value;

pub fn read(body: &[u8]) -> Result<Value, String> {
    if body.is_empty() {
        return Ok(Value::Map(Vec::new()));
    }
    serde_json::from_slice(body).map_err(|error| error.to_string())
}

pub fn write(answer: Result<Value, Fault>, content_type: &str, query_mode: bool) -> Result<EncodedBody> {
    let (headers, bytes) = match answer {
        Ok(value) => (Vec::new(), serde_json::to_vec(&types::without_tags(value))?),
        Err(fault) => {
            let mut headers = vec![("x-amzn-errortype", fault.code.clone())];
            headers.extend(query_mode.then(|| ("x-amzn-query-error", fault.query_error())));
            (headers, serde_json::to_vec(&serde_json::json!({ "__type": fault.code, "message": fault.message }))?)
        }
    };
    Ok(EncodedBody { content_type: content_type.to_owned(), headers, bytes })
}
