//! Event streams: `application/vnd.amazon.eventstream` frames, in which an operation answers for as long as it likes.

use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use serde_json::Value;

/// One event of the stream, with JSON in it.
pub fn event(kind: &'static str, payload: &Value) -> Vec<u8> {
    write("event", ":event-type", kind, payload)
}

/// The error that a stream ends with.
pub fn exception(kind: &'static str, message: &str) -> Vec<u8> {
    write("exception", ":exception-type", kind, &serde_json::json!({ "message": message }))
}

fn write(message: &'static str, named_by: &'static str, kind: &'static str, payload: &Value) -> Vec<u8> {
    let text = |text: &'static str| HeaderValue::String(text.into());
    let message = Message::new(payload.to_string().into_bytes())
        .add_header(Header::new(":message-type", text(message)))
        .add_header(Header::new(named_by, text(kind)))
        .add_header(Header::new(":content-type", text("application/json")));
    let mut frame = Vec::new();
    // Only a header of more than 32 kB, or a payload of more than 16 MB, would not fit a frame: five hundred events do.
    if write_message_to(&message, &mut frame).is_err() {
        frame.clear();
    }
    frame
}
