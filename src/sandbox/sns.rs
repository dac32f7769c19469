//! SNS: topics and subscriptions.

use super::dispatch::answer;
use super::fault::Fault;
use super::store::Tx;
use super::wire::Request;
use ciborium::Value;
use serde::{Deserialize, Serialize};

/// Runs one SNS operation.
pub fn dispatch(request: Request, tx: &mut Tx) -> Result<Value, Fault> {
    match request.operation.as_str() {
        "ListTopics" => answer(request, tx, list_topics),
        other => Err(Fault::unknown_operation(other)),
    }
}

#[derive(Deserialize)]
struct ListTopics {}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Topics {
    topics: Vec<String>,
}

fn list_topics(_: ListTopics, _: &mut Tx) -> Result<Topics, Fault> {
    Ok(Topics { topics: Vec::new() })
}
