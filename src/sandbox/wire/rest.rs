//! REST-JSON: the operation in method and path; path, query and JSON body together are the input.

use super::{EncodedBody, json, types};
use crate::fault::Fault;
use anyhow::Result;
use ciborium::Value;

/// One operation's path.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    pub method: &'static str,
    /// E.g. `/2015-03-31/functions/{FunctionName}`; the placeholders are members of the input.
    pub path: &'static str,
    pub operation: &'static str,
    /// The HTTP status of a success.
    pub success: u16,
    /// Where the body is no JSON of members but the member `Payload`: the headers that are members, with their names.
    pub raw: Option<&'static [(&'static str, &'static str)]>,
}

impl Route {
    pub const fn new(method: &'static str, path: &'static str, operation: &'static str, success: u16) -> Self {
        Route { method, path, operation, success, raw: None }
    }

    /// The same, with a body that is one member, and headers that are members.
    pub const fn raw(mut self, headers: &'static [(&'static str, &'static str)]) -> Self {
        self.raw = Some(headers);
        self
    }

    /// What the placeholders stand for, where the path fits.
    fn matches(&self, path: &str) -> Option<Vec<(Value, Value)>> {
        let (mut wanted, mut given) = (self.path.split('/'), path.trim_end_matches('/').split('/'));
        let mut members = Vec::new();
        loop {
            match (wanted.next(), given.next()) {
                (None, None) => return Some(members),
                (Some(wanted), Some(given)) => match wanted.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
                    Some(name) if !given.is_empty() => {
                        members.push((Value::Text(name.to_owned()), Value::Text(unescape(given))))
                    }
                    None if wanted == given => {}
                    _ => return None,
                },
                _ => return None,
            }
        }
    }
}

/// The operation, its input and the status of its success; none where no route fits.
pub fn read(
    routes: &[Route],
    method: &str,
    path: &str,
    query: &str,
    header: impl Fn(&str) -> Option<String>,
    body: &[u8],
) -> Result<Option<(String, Value, u16)>, String> {
    let fitting = routes.iter().filter(|route| route.method == method);
    let Some((route, mut members)) = fitting.filter_map(|route| Some((route, route.matches(path)?))).next() else {
        return Ok(None);
    };
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        members.push((Value::Text(name.into_owned()), Value::Text(value.into_owned())));
    }
    if let Some(headers) = route.raw {
        members.push((Value::Text("Payload".to_owned()), Value::Bytes(body.to_vec())));
        let given = headers.iter().filter_map(|(name, member)| Some((*member, header(name)?)));
        members.extend(given.map(|(member, value)| (Value::Text(member.to_owned()), Value::Text(value))));
    } else if let Value::Map(body) = json::read(body)? {
        members.extend(body);
    }
    Ok(Some((route.operation.to_owned(), Value::Map(members), route.success)))
}

pub fn write(answer: Result<Value, Fault>) -> Result<EncodedBody> {
    let content_type = "application/json".to_owned();
    Ok(match answer {
        Ok(value) => {
            EncodedBody { content_type, headers: Vec::new(), bytes: serde_json::to_vec(&types::without_tags(value))? }
        }
        Err(fault) => {
            let kind = if fault.sender { "User" } else { "Service" };
            let body = serde_json::json!({ "Type": kind, "Message": fault.message, "message": fault.message });
            EncodedBody {
                content_type,
                headers: vec![("x-amzn-errortype", fault.code)],
                bytes: serde_json::to_vec(&body)?,
            }
        }
    })
}

/// `%3A` is `:`; a plus stays one, as in paths it should.
fn unescape(segment: &str) -> String {
    let escaped = segment.replace('+', "%2B");
    form_urlencoded::parse(escaped.as_bytes()).next().map_or_else(String::new, |(text, _)| text.into_owned())
}
