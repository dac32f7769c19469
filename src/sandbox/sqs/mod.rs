//! SQS: standard queues with their policies and tags, and the messages in them. FIFO queues and dead-letter queues are refused.

mod attributes;
mod message;
mod queue;
mod queue_operation;
#[cfg(test)]
mod tests;

pub use message::{TopicDelivery, UserAttribute, deliver, patience};
pub use queue_operation::shown as queues;

use super::fault::Fault;
use super::operation::{answer, operations};
use super::store::Tx;
use super::wire::WireRequest;
use ciborium::Value;
use serde::Serialize;

/// Runs one SQS operation.
pub fn dispatch(request: WireRequest, tx: &mut Tx) -> Result<Value, Fault> {
    operations!(request, {
        "CreateQueue" => answer(request, tx, queue_operation::create),
        "DeleteQueue" => answer(request, tx, queue_operation::delete),
        "GetQueueUrl" => answer(request, tx, queue_operation::url),
        "ListQueues" => answer(request, tx, queue_operation::list),
        "GetQueueAttributes" => answer(request, tx, queue_operation::get_attributes),
        "SetQueueAttributes" => answer(request, tx, queue_operation::set_attributes),
        "TagQueue" => answer(request, tx, queue_operation::tag),
        "UntagQueue" => answer(request, tx, queue_operation::untag),
        "ListQueueTags" => answer(request, tx, queue_operation::list_tags),
        "SendMessage" => answer(request, tx, message::send),
        "ReceiveMessage" => answer(request, tx, message::receive),
        "DeleteMessage" => answer(request, tx, message::delete),
        "ChangeMessageVisibility" => answer(request, tx, message::change_visibility),
        "PurgeQueue" => answer(request, tx, message::purge),
    })
}

/// An empty answer.
#[derive(Serialize)]
struct EmptySqsResponse {}

fn invalid(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidParameterValueException", message).query_code("InvalidParameterValue")
}

fn missing(parameter: &str) -> Fault {
    Fault::sender("MissingRequiredParameterException", format!("The request must contain the parameter {parameter}."))
        .query_code("MissingParameter")
}

fn no_such_queue() -> Fault {
    Fault::sender("QueueDoesNotExist", "The specified queue does not exist.")
        .query_code("AWS.SimpleQueueService.NonExistentQueue")
}
