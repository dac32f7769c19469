//! POST /track: counts the request, reads it, keeps it, tells the truth about where.

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::Serialize;
use serde_json::json;

use super::{AppRef, ServiceApp, ServiceResponse, answer};
use crate::clock;
use crate::event::{TrackEvent, ValidationError};
use crate::identity::{EventKey, LONGEST_KEY};
use crate::log::{self, Field};
use crate::store::StoreOutcome;
use crate::telemetry::RequestContext;
use crate::timer::within;

/// The mark of an answer that a client has brought upon itself: no failure of the service, whatever its status.
#[derive(Debug, Clone, Copy)]
pub struct BadInput;

#[derive(Serialize)]
struct Tracked {
    status: &'static str,
    message: &'static str,
    prometheus_updated: bool,
    database_stored: bool,
    timestamp: String,
}

pub async fn track(app: AppRef, request: Request) -> Response {
    if let Err(refused) = app.authorise(request.headers()) {
        return refused.into_response();
    }
    let at = clock::now();
    app.ledger.requests.arrived(at);
    let context = request.extensions().get::<RequestContext>().cloned();
    let (parts, body) = request.into_parts();
    let event = match app.read(&parts.headers, body, at).await {
        Ok(event) => event,
        Err(refused) => {
            app.note_failure(at);
            let mut response = refused.into_response();
            response.extensions_mut().insert(BadInput);
            return response;
        }
    };
    let line = app.emf.as_ref().map(|emf| emf.tracked(&event));
    let telemetry = app.telemetry.as_deref();
    if let Some(telemetry) = telemetry {
        telemetry.generated(&event);
    }
    let statement = telemetry.zip(context).and_then(|(telemetry, context)| telemetry.insert(&context));
    let fate = app.store.track(event).await;
    if let Some(statement) = statement {
        statement.end((fate != StoreOutcome::Stored).then_some("_OTHER"));
    }
    if fate == StoreOutcome::Dropped {
        app.note_failure(at);
        return app.lost().into_response();
    }
    if let Some(line) = line {
        crate::console::print(&line);
    }
    ServiceResponse::ok(&Tracked {
        status: "success",
        message: "Metrics tracked successfully",
        prometheus_updated: true,
        database_stored: fate == StoreOutcome::Stored,
        timestamp: clock::iso(clock::now()),
    })
    .into_response()
}

impl ServiceApp {
    async fn read(&self, headers: &HeaderMap, body: Body, at: i64) -> Result<TrackEvent, ServiceResponse> {
        if !is_json(headers) {
            return Err(self.no_json(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "The body must be JSON: send Content-Type: application/json",
            ));
        }
        let too_large = || {
            ServiceResponse::error(
                StatusCode::PAYLOAD_TOO_LARGE,
                &format!("The body is larger than {} bytes", self.body_limit),
            )
        };
        // A length that is announced need not be read to be refused.
        let announced = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        if announced.is_some_and(|length: u64| length > self.body_limit as u64) {
            return Err(too_large());
        }
        let reading = Limited::new(body, self.body_limit).collect();
        let bytes = match within(self.request_time / 2, reading).await {
            Some(Ok(whole)) => whole.to_bytes(),
            Some(Err(error)) if error.is::<LengthLimitError>() => return Err(too_large()),
            Some(Err(_)) => return Err(ServiceResponse::error(StatusCode::BAD_REQUEST, "The body ended too early")),
            None => {
                return Err(ServiceResponse::error(StatusCode::REQUEST_TIMEOUT, "The body took too long to arrive"));
            }
        };
        let named = idempotency_key(headers)?;
        let event = TrackEvent::parse(&bytes, at).map(|mut event| {
            event.key = named.map(|key| EventKey::named(&event.business_id, key)).or(event.key);
            event
        });
        event.map_err(|refusal| {
            log::debug("refused", &[("why", Field::Text(&refusal.to_string()))]);
            let text = refusal.to_string();
            match refusal {
                ValidationError::Malformed(_) => self.no_json(StatusCode::BAD_REQUEST, &text),
                ValidationError::Field(field, _) => {
                    ServiceResponse::new(StatusCode::BAD_REQUEST, &json!({ "error": text, "field": field }))
                }
                ValidationError::NoData | ValidationError::Missing(_) | ValidationError::OutOfRange => {
                    ServiceResponse::error(StatusCode::BAD_REQUEST, &text)
                }
            }
        })
    }

    fn note_failure(&self, at: i64) {
        self.ledger.failed(at);
        if let Some(emf) = &self.emf {
            emf.failed(at);
        }
    }

    /// An event that is kept nowhere is no success: whoever sent it can send it again.
    fn lost(&self) -> ServiceResponse {
        let (status, error) = if self.strict {
            (StatusCode::SERVICE_UNAVAILABLE, "Service unavailable")
        } else {
            (StatusCode::INTERNAL_SERVER_ERROR, "Internal server error")
        };
        let message = "The event could neither be stored nor wait on disk. It is not counted: send it again";
        ServiceResponse::new(status, &json!({ "error": error, "message": message }))
    }

    /// The course answers 500 to whatever is no JSON, and its clients' tests want that.
    fn no_json(&self, status: StatusCode, text: &str) -> ServiceResponse {
        if self.strict { ServiceResponse::error(status, text) } else { answer::internal() }
    }
}

/// The client's own name for the event, if it has one.
fn idempotency_key(headers: &HeaderMap) -> Result<Option<&str>, ServiceResponse> {
    let Some(given) = headers.get("idempotency-key") else { return Ok(None) };
    let plain = given.to_str().ok().map(str::trim).filter(|key| (1..=LONGEST_KEY).contains(&key.len()));
    let rule = || format!("Idempotency-Key must be 1 to {LONGEST_KEY} printable characters of ASCII");
    plain.map(Some).ok_or_else(|| ServiceResponse::error(StatusCode::BAD_REQUEST, &rule()))
}

/// `application/json` or `application/anything+json`, whatever the parameters.
fn is_json(headers: &HeaderMap) -> bool {
    let Some(given) = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()) else { return false };
    let essence = given.split(';').next().unwrap_or_default().trim();
    let begins = |with: &str| essence.get(..with.len()).is_some_and(|part| part.eq_ignore_ascii_case(with));
    let ends = |with: &str| {
        let at = essence.len().checked_sub(with.len());
        at.and_then(|at| essence.get(at..)).is_some_and(|part| part.eq_ignore_ascii_case(with))
    };
    essence.eq_ignore_ascii_case("application/json") || (begins("application/") && ends("+json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_types() {
        let with = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, value.parse().unwrap());
            is_json(&headers)
        };
        for json in ["application/json", "Application/JSON; charset=utf-8", "application/vnd.api+json"] {
            assert!(with(json), "{json}");
        }
        for other in ["text/plain", "application/jsonx", "application/x-www-form-urlencoded", "", "text/json"] {
            assert!(!with(other), "{other}");
        }
        assert!(!is_json(&HeaderMap::new()));
    }
}
