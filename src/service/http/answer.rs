//! Answers as JSON, with the contract's words for what goes wrong. No answer repeats what a client sent.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::json;

/// A JSON answer.
/// Room for the headers that every answer gets on its way out, so that they are laid out once.
const USUAL_HEADERS: usize = 16;

#[derive(Debug)]
pub struct ServiceResponse {
    pub status: StatusCode,
    pub body: String,
    /// Whether a browser is to ask for the key.
    pub challenge: bool,
}

impl ServiceResponse {
    pub fn new(status: StatusCode, body: &impl Serialize) -> Self {
        // Plain values with text keys: nothing that JSON cannot say.
        Self { status, body: serde_json::to_string(body).unwrap_or_default(), challenge: false }
    }

    pub fn ok(body: &impl Serialize) -> Self {
        Self::new(StatusCode::OK, body)
    }

    /// `{"error": "..."}`.
    pub fn error(status: StatusCode, error: &str) -> Self {
        Self::new(status, &json!({ "error": error }))
    }
}

impl IntoResponse for ServiceResponse {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        *response.headers_mut() = HeaderMap::with_capacity(USUAL_HEADERS);
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if self.challenge {
            let realm = HeaderValue::from_static("Basic realm=\"mlops-service\", charset=\"UTF-8\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, realm);
        }
        response
    }
}

pub fn internal() -> ServiceResponse {
    ServiceResponse::error(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error")
}

pub fn not_found() -> ServiceResponse {
    ServiceResponse::error(StatusCode::NOT_FOUND, "Not found")
}

pub fn method_not_allowed() -> ServiceResponse {
    ServiceResponse::error(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed")
}
