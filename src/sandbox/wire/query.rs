//! The query protocol: a form in (`Action=...`, `a.member.1`, `Attributes.entry.1.key`), XML out.

use super::{EncodedBody, types};
use crate::fault::Fault;
use ciborium::Value;
use quick_xml::escape::escape;

/// The operation and its input: dots become nested maps, which decoding reads as lists and maps where the types ask for them.
pub fn read(body: &[u8]) -> (String, Value) {
    let mut operation = String::new();
    let mut root = Vec::new();
    for (name, value) in form_urlencoded::parse(body) {
        match &*name {
            "Action" => operation = value.into_owned(),
            "Version" => {}
            name => insert(&mut root, name, value.into_owned()),
        }
    }
    (operation, Value::Map(root))
}

fn insert(map: &mut Vec<(Value, Value)>, path: &str, value: String) {
    let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
    let at = map.iter().position(|(key, _)| key.as_text() == Some(name)).unwrap_or_else(|| {
        map.push((Value::Text(name.to_owned()), Value::Map(Vec::new())));
        map.len() - 1
    });
    match (rest, &mut map[at].1) {
        (Some(rest), Value::Map(inner)) => insert(inner, rest, value),
        (_, slot) => *slot = Value::Text(value),
    }
}

pub fn write(service: &str, operation: &str, answer: Result<Value, Fault>) -> EncodedBody {
    let request_id = super::request_id();
    let mut xml = String::new();
    match answer {
        Ok(value) => {
            xml.push_str(&format!("<{operation}Response xmlns=\"{}\"><{operation}Result>", namespace(service)));
            push(&mut xml, &value);
            xml.push_str(&format!("</{operation}Result><ResponseMetadata>"));
            xml.push_str(&format!("<RequestId>{request_id}</RequestId></ResponseMetadata></{operation}Response>"));
        }
        Err(fault) => {
            let kind = if fault.sender { "Sender" } else { "Receiver" };
            let code = fault.query_code.unwrap_or(&fault.code);
            xml.push_str(&format!("<ErrorResponse xmlns=\"{}\"><Error><Type>{kind}</Type>", namespace(service)));
            xml.push_str(&format!(
                "<Code>{}</Code><Message>{}</Message></Error>",
                escape(code),
                escape(&fault.message)
            ));
            xml.push_str(&format!("<RequestId>{request_id}</RequestId></ErrorResponse>"));
        }
    }
    EncodedBody { content_type: "text/xml".to_owned(), headers: Vec::new(), bytes: xml.into_bytes() }
}

fn namespace(service: &str) -> &'static str {
    match service {
        "sns" => "http://sns.amazonaws.com/doc/2010-03-31/",
        "sts" => "https://sts.amazonaws.com/doc/2011-06-15/",
        _ => "http://monitoring.amazonaws.com/doc/2010-08-01/",
    }
}

/// Structures are elements, lists are `<member>`s, [`super::Entries`] are `<entry>`s with key and value.
fn push(xml: &mut String, value: &Value) {
    match value {
        Value::Null => {}
        Value::Bool(b) => xml.push_str(if *b { "true" } else { "false" }),
        Value::Integer(n) => xml.push_str(&i128::from(*n).to_string()),
        Value::Float(x) => xml.push_str(&x.to_string()),
        Value::Text(text) => xml.push_str(&escape(text.as_str())),
        Value::Array(items) => {
            for item in items {
                element(xml, "member", item);
            }
        }
        Value::Map(members) => {
            for (name, value) in members.iter().filter(|(_, value)| !value.is_null()) {
                element(xml, name.as_text().unwrap_or_default(), value);
            }
        }
        Value::Tag(tag, inner) => match (*tag, &**inner) {
            (types::TIMESTAMP, Value::Float(seconds)) => {
                xml.push_str(&types::Timestamp::from_seconds(*seconds).to_iso())
            }
            (types::ENTRIES, Value::Map(entries)) => {
                for (key, value) in entries {
                    xml.push_str("<entry>");
                    element(xml, "key", key);
                    element(xml, "value", value);
                    xml.push_str("</entry>");
                }
            }
            _ => push(xml, inner),
        },
        // No service here answers blobs in XML.
        _ => {}
    }
}

fn element(xml: &mut String, name: &str, value: &Value) {
    xml.push_str(&format!("<{name}>"));
    push(xml, value);
    xml.push_str(&format!("</{name}>"));
}
