//! Function URLs: HTTP in, an event of payload format 2.0 through the function, HTTP out. Source: Lambda developer guide, "Invoking
//! Lambda function URLs".

use super::plain;
use crate::Sandbox;
use crate::lambda::{self, Gate};
use crate::wire::Timestamp;
use anyhow::Result;
use aws_smithy_types::base64;
use aws_smithy_types::body::SdkBody;
use http::{HeaderName, HeaderValue, Request, Response, StatusCode};
use serde_json::{Map, Value, json};
use std::net::IpAddr;

/// Answers a request for `rest`, which is `[[ACCOUNT:]REGION:]NAME/PATH`.
pub async fn call(
    sandbox: &Sandbox,
    account: &str,
    region: &str,
    rest: &str,
    request: Request<Vec<u8>>,
    client: IpAddr,
) -> Result<Response<SdkBody>> {
    let (who, path) = rest.split_once('/').unwrap_or((rest, ""));
    let parts: Vec<&str> = who.split(':').collect();
    let (account, region, name) = match parts.as_slice() {
        [account, region, name] => (*account, *region, *name),
        [region, name] => (account, *region, *name),
        _ => (account, region, who),
    };
    let gate = sandbox.visit(account, region, |tx| lambda::gate(tx, name))?;
    let open = match gate {
        Gate::Open => true,
        Gate::Signed => request.headers().contains_key("authorization"),
        Gate::Closed => false,
    };
    if !open {
        // As at AWS, which does not tell whether there is such a function.
        return Ok(refused(StatusCode::FORBIDDEN, "AccessDeniedException", "Forbidden"));
    }
    let (now, _) = sandbox.time()?;
    let event = event(name, &format!("/{path}"), &request, client, account, now);
    Ok(match sandbox.invoke(account, region, name, event.to_string().into_bytes()).await? {
        Ok(invoked) if !invoked.failed => response(&invoked.payload),
        Ok(_) => refused(StatusCode::BAD_GATEWAY, "InternalServerErrorException", "Internal Server Error"),
        Err(fault) if fault.status == 429 => {
            refused(StatusCode::TOO_MANY_REQUESTS, "TooManyRequestsException", "Rate Exceeded.")
        }
        Err(_) => refused(StatusCode::BAD_GATEWAY, "InternalServerErrorException", "Internal Server Error"),
    })
}

fn event(name: &str, path: &str, request: &Request<Vec<u8>>, client: IpAddr, account: &str, now: Timestamp) -> Value {
    let mut headers = Map::new();
    for (header, value) in request.headers() {
        let value = String::from_utf8_lossy(value.as_bytes());
        let joined = match headers.get(header.as_str()).and_then(Value::as_str) {
            Some(before) => format!("{before},{value}"),
            None => value.into_owned(),
        };
        headers.insert(header.as_str().to_owned(), joined.into());
    }
    let agent = headers.get("user-agent").cloned().unwrap_or_default();
    let query = request.uri().query().unwrap_or_default();
    let mut parameters = Map::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let joined = match parameters.get(&*name).and_then(Value::as_str) {
            Some(before) => format!("{before},{value}"),
            None => value.into_owned(),
        };
        parameters.insert(name.into_owned(), joined.into());
    }
    let body = request.body();
    let (text, encoded) = match std::str::from_utf8(body) {
        Ok(text) => (text.to_owned(), false),
        Err(_) => (base64::encode(body), true),
    };
    let mut event = json!({
        "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": query, "headers": headers,
        "requestContext": {
            "accountId": account, "apiId": name, "domainName": "sandbox", "domainPrefix": name,
            "http": {
                "method": request.method().as_str(), "path": path, "protocol": "HTTP/1.1",
                "sourceIp": client.to_string(), "userAgent": agent,
            },
            "requestId": format!("{:032x}", fastrand::u128(..)), "routeKey": "$default", "stage": "$default",
            "time": now.to_iso(), "timeEpoch": now.millis(),
        },
        "isBase64Encoded": encoded,
    });
    if !parameters.is_empty() {
        event["queryStringParameters"] = parameters.into();
    }
    if !body.is_empty() {
        event["body"] = text.into();
    }
    event
}

/// What a function answers becomes a response; JSON without a status is the body of a 200.
fn response(payload: &str) -> Response<SdkBody> {
    let answer: Value = serde_json::from_str(payload).unwrap_or_default();
    let Some(status) = answer["statusCode"].as_u64() else {
        let mut response = plain(StatusCode::OK, payload);
        response.headers_mut().insert("content-type", HeaderValue::from_static("application/json"));
        return response;
    };
    let text = answer["body"].as_str().unwrap_or_default();
    let body = match answer["isBase64Encoded"].as_bool() {
        Some(true) => base64::decode(text).unwrap_or_default(),
        _ => text.as_bytes().to_vec(),
    };
    let mut response = Response::new(SdkBody::from(body));
    *response.status_mut() = u16::try_from(status)
        .ok()
        .and_then(|status| StatusCode::from_u16(status).ok())
        .unwrap_or(StatusCode::BAD_GATEWAY);
    response.headers_mut().insert("content-type", HeaderValue::from_static("application/json"));
    for (name, value) in answer["headers"].as_object().into_iter().flatten() {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        // The length is that of the body; a header that is none is left out, as at AWS.
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::try_from(value))
            && name != "content-length"
        {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

fn refused(status: StatusCode, kind: &'static str, message: &str) -> Response<SdkBody> {
    let mut response = plain(status, json!({ "Message": message }).to_string());
    response.headers_mut().insert("content-type", HeaderValue::from_static("application/json"));
    response.headers_mut().insert("x-amzn-errortype", HeaderValue::from_static(kind));
    response
}
