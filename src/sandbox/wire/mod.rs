//! AWS's wire formats, at the edge only: a request becomes an operation's name and a `ciborium::Value`, an answer becomes bytes in
//! the format the request was made in. The format follows from the request, not from the service.

mod cbor;
#[cfg(test)]
mod clients_tests;
mod decode;
pub mod frame;
mod json;
mod query;
mod rest;
#[cfg(test)]
mod tests;
mod types;

pub use decode::decode;
pub use rest::Route;
pub use types::{Blob, Entries, Timestamp};

use super::accounts::{self, Caller};
use super::fault::Fault;
use super::protocol::WireProtocol;
use anyhow::Result;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use ciborium::Value;

/// A request, read.
#[derive(Clone, Debug)]
pub struct WireRequest {
    pub caller: Caller,
    /// The session token of temporary credentials.
    pub session_token: Option<String>,
    /// E.g. `DescribeAlarms`.
    pub operation: String,
    /// A map by the names the service uses.
    pub input: Value,
    protocol: WireProtocol,
    /// The client wants the older protocol's error codes in a header.
    query_mode: bool,
    /// HTTP status of a success; REST services have several.
    success: u16,
}

impl WireRequest {
    /// How to answer this request.
    pub fn reply(&self) -> WireReply {
        WireReply {
            protocol: self.protocol,
            service: self.caller.service.clone(),
            operation: self.operation.clone(),
            query_mode: self.query_mode,
            success: self.success,
        }
    }
}

/// The way back of one request.
#[derive(Clone, Debug)]
pub struct WireReply {
    protocol: WireProtocol,
    service: String,
    operation: String,
    query_mode: bool,
    success: u16,
}

/// A request that could not be read, and the format to say so in.
#[derive(Clone, Debug)]
pub struct UnreadableRequest {
    protocol: WireProtocol,
    fault: Fault,
}

/// What an encoder makes: headers beside the common ones, and the body.
struct EncodedBody {
    content_type: String,
    headers: Vec<(&'static str, String)>,
    bytes: Vec<u8>,
}

/// Reads a request of any protocol; `routes` knows the paths of the services that speak REST.
pub fn read(http: &HttpRequest, routes: fn(&str) -> &'static [Route]) -> Result<WireRequest, UnreadableRequest> {
    let header = |name| http.headers().get(name);
    let content_type = header("content-type").unwrap_or_default();
    let uri: Result<http::Uri, _> = http.uri().parse();
    let (path, parameters) = match &uri {
        Ok(uri) => (uri.path(), uri.query().unwrap_or_default()),
        Err(_) => ("/", ""),
    };
    let body = http.body().bytes().unwrap_or_default();
    let target = header("x-amz-target");
    let protocol = if cbor::operation(path).is_some() {
        WireProtocol::Cbor
    } else if target.is_some() {
        WireProtocol::Json(if content_type.ends_with("1.0") { "1.0" } else { "1.1" })
    } else if content_type.starts_with("application/x-www-form-urlencoded") {
        WireProtocol::Query
    } else {
        WireProtocol::Rest
    };
    let refuse = |fault| UnreadableRequest { protocol, fault };
    let malformed = |error: String| refuse(Fault::sender("SerializationException", error));
    let Some(caller) = accounts::caller(header("authorization").unwrap_or_default()) else {
        let missing = Fault::sender("MissingAuthenticationToken", "Request is missing Authentication Token");
        return Err(refuse(missing.status(403)));
    };
    if header("content-encoding").is_some() {
        return Err(malformed("the sandbox takes no compressed requests: disable request compression".to_owned()));
    }
    let (operation, input, success) = match protocol {
        WireProtocol::Cbor => {
            let operation = cbor::operation(path).unwrap_or_default().to_owned();
            (operation, cbor::read(body).map_err(malformed)?, 200)
        }
        WireProtocol::Json(_) => {
            let operation = target.and_then(|target| target.rsplit('.').next()).unwrap_or_default().to_owned();
            (operation, json::read(body).map_err(malformed)?, 200)
        }
        WireProtocol::Query => {
            let (operation, input) = query::read(body);
            (operation, input, 200)
        }
        WireProtocol::Rest => {
            let member = |name: &str| http.headers().get(name).map(str::to_owned);
            let matched = rest::read(routes(&caller.service), http.method(), path, parameters, member, body);
            let matched = matched.map_err(malformed)?;
            matched.ok_or_else(|| {
                let known: Vec<&str> = routes(&caller.service).iter().map(|route| route.operation).collect();
                refuse(Fault::unknown_operation(&format!("{} {path}", http.method()), &known).status(404))
            })?
        }
    };
    let session_token = header("x-amz-security-token").map(str::to_owned);
    let query_mode = header("x-amzn-query-mode") == Some("true");
    Ok(WireRequest { caller, session_token, operation, input, protocol, query_mode, success })
}

/// Answers a request that could not be read.
pub fn write_refusal(refused: &UnreadableRequest) -> Result<HttpResponse> {
    let reply = WireReply {
        protocol: refused.protocol,
        service: String::new(),
        operation: String::new(),
        query_mode: true,
        success: 200,
    };
    reply.write(Err(refused.fault.clone()))
}

impl WireReply {
    /// The response whose body is a stream of events.
    pub fn stream(&self, body: SdkBody) -> Result<HttpResponse> {
        let response = http::Response::builder().header("content-type", "application/vnd.amazon.eventstream");
        Ok(response.header("x-amzn-requestid", request_id()).body(body)?.try_into()?)
    }

    /// The response whose body is the service's own, as it is.
    pub fn raw(&self, status: u16, headers: &[(&'static str, String)], body: Vec<u8>) -> Result<HttpResponse> {
        let mut response = http::Response::builder().status(status).header("content-type", "application/json");
        response = response.header("x-amzn-requestid", request_id());
        for (name, value) in headers {
            response = response.header(*name, value);
        }
        Ok(response.body(SdkBody::from(body))?.try_into()?)
    }

    pub fn protocol(&self) -> WireProtocol {
        self.protocol
    }

    /// The response for an output or a fault.
    pub fn write(&self, answer: Result<Value, Fault>) -> Result<HttpResponse> {
        let status = answer.as_ref().map_or_else(|fault| fault.status, |_| self.success);
        let body = match self.protocol {
            WireProtocol::Cbor => cbor::write(answer, self.query_mode)?,
            WireProtocol::Json(version) => {
                json::write(answer, &format!("application/x-amz-json-{version}"), self.query_mode)?
            }
            WireProtocol::Query => query::write(&self.service, &self.operation, answer),
            WireProtocol::Rest => rest::write(answer)?,
        };
        let mut response = http::Response::builder().status(status).header("content-type", body.content_type);
        response = response.header("x-amzn-requestid", request_id());
        for (name, value) in body.headers {
            response = response.header(name, value);
        }
        Ok(response.body(SdkBody::from(body.bytes))?.try_into()?)
    }
}

/// Only for a person's eyes, so chance without a seed does.
fn request_id() -> String {
    let id = fastrand::u128(..);
    format!(
        "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
        id >> 96,
        id >> 80 & 0xFFFF,
        id >> 68 & 0xFFF,
        id >> 56 & 0xFFF,
        id & 0xFFFF_FFFF_FFFF
    )
}
