//! What an answer may be: bounded in bytes, in what it unfolds to in memory, and in depth, before anything parses it. Knows
//! protocols, no operation.

use super::cbor;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;

/// More bytes of one answer are not read. The largest that AWS sends are payloads of functions, 6 MB (Lambda quotas).
pub const MOST_BYTES: usize = 16 << 20;
/// What one answer may unfold to.
const HEAVIEST: usize = 64 << 20;
const DEEPEST: usize = 64;
/// What an object and a single value take at most once they are parsed: an empty object is one byte on the wire and a whole alarm
/// in memory.
const OBJECT: usize = 1_000;
const VALUE: usize = 24;

/// How the answer to a request is written (AWS service models, `protocol`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    Cbor,
    Json,
    Xml,
    /// Handed on as it is: what a function returned.
    Opaque,
}

/// An answer that is not believed, whatever it says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unbelievable {
    #[error("the answer is longer than {} MB", MOST_BYTES >> 20)]
    TooLong,
    #[error("the answer holds more than any answer of AWS does")]
    TooHeavy,
    #[error("the answer is nested more than {DEEPEST} levels deep")]
    TooDeep,
    #[error("the answer is not well formed")]
    Malformed,
    /// Its status. AWS's endpoints do not redirect, and signed requests are for nobody else.
    #[error("the answer is a redirect (HTTP {0}), which is not followed")]
    Redirect(u16),
}

impl Protocol {
    pub fn of(request: &HttpRequest) -> Self {
        let header = |name: &str| request.headers().get(name).unwrap_or_default();
        match () {
            () if header("smithy-protocol") == "rpc-v2-cbor" => Protocol::Cbor,
            () if header("content-type") == "application/x-www-form-urlencoded" => Protocol::Xml,
            () if request.uri().contains("/invocations") => Protocol::Opaque,
            () => Protocol::Json,
        }
    }
}

/// What the body takes in memory at most, once it is parsed.
///
/// # Errors
/// When that is too much, or it is nested so deep that no model asks for it.
pub fn weigh(protocol: Protocol, body: &[u8]) -> Result<usize, Unbelievable> {
    let (objects, values, is_too_deep) = match protocol {
        Protocol::Opaque => (0, 0, false),
        Protocol::Cbor if body.is_empty() => (0, 0, false),
        Protocol::Cbor => {
            let found = cbor::contents(body).ok_or(Unbelievable::Malformed)?;
            (found.maps, found.items, found.is_too_deep)
        }
        Protocol::Json => in_json(body),
        Protocol::Xml => in_xml(body),
    };
    let weight = body.len() + objects * OBJECT + values * VALUE;
    match () {
        () if is_too_deep => Err(Unbelievable::TooDeep),
        () if weight > HEAVIEST => Err(Unbelievable::TooHeavy),
        () => Ok(weight),
    }
}

fn in_json(body: &[u8]) -> (usize, usize, bool) {
    let (mut objects, mut values, mut depth, mut deepest) = (0, 0, 0_usize, 0);
    let (mut quoted, mut escaped) = (false, false);
    for byte in body {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'{' | b'[' => {
                objects += usize::from(*byte == b'{');
                values += 1;
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            b',' | b':' => values += 1,
            _ => {}
        }
    }
    (objects, values, deepest > DEEPEST)
}

fn in_xml(body: &[u8]) -> (usize, usize, bool) {
    let (mut elements, mut depth, mut deepest) = (0, 0_usize, 0);
    for (at, byte) in body.iter().enumerate() {
        match (byte, body.get(at + 1)) {
            (b'<', Some(b'/')) => depth = depth.saturating_sub(1),
            (b'<', Some(b'!' | b'?')) => {}
            (b'<', _) => {
                elements += 1;
                depth += 1;
                deepest = deepest.max(depth);
            }
            (b'/', Some(b'>')) => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    // Most elements are a text: an entry of an attribute map has three.
    (elements / 3, elements, deepest > DEEPEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_answers_that_unfold_to_much_are_refused() {
        let many = |begin: &str, each: &str, end: &str| {
            let body = format!("{begin}{}{end}", each.repeat(200_000));
            (body.len() < 2_500_000).then_some(body.into_bytes()).unwrap()
        };
        for (protocol, body) in [
            (Protocol::Json, many("{\"logGroups\":[", "{},", "{}]}")),
            (Protocol::Xml, many("<a>", "<member/>", "</a>")),
            (Protocol::Cbor, [&[0x9a, 0, 3, 0x0d, 0x40][..], &[0xa0; 200_000]].concat()),
        ] {
            assert_eq!(weigh(protocol, &body), Err(Unbelievable::TooHeavy), "{protocol:?}");
        }
        for (protocol, body) in
            [(Protocol::Json, "[".repeat(100)), (Protocol::Xml, "<a>".repeat(100)), (Protocol::Cbor, "\u{0}".into())]
        {
            let deep = if protocol == Protocol::Cbor { vec![0x81; 100] } else { body.into_bytes() };
            assert_eq!(weigh(protocol, &deep), Err(Unbelievable::TooDeep), "{protocol:?}");
        }
    }

    #[test]
    fn what_aws_sends_is_light() {
        let event = r#"{"eventId":"[{,","message":"a \"{quoted}\" \\"},"#;
        let events = format!("{{\"events\":[{}{{}}]}}", event.repeat(10_000));
        assert!(weigh(Protocol::Json, events.as_bytes()).is_ok_and(|weight| weight < 16 << 20));
        // 100,800 datapoints, the most of one call of GetMetricData.
        let values = [&[0x9a, 0, 1, 0x89, 0xc0][..], &[0xfb, 0, 0, 0, 0, 0, 0, 0, 0].repeat(100_800)].concat();
        assert!(weigh(Protocol::Cbor, &values).is_ok_and(|weight| weight < 8 << 20));
    }
}
