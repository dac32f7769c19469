//! The optional API key: compared as digests, in a time that tells nothing about the key. Programs send it as `X-API-Key` or as
//! a bearer token, browsers and Prometheus as the password of basic authentication.

use axum::http::{HeaderMap, StatusCode, header};
use serde_json::json;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::{ServiceApp, ServiceResponse};
use crate::base64;

pub struct ApiKey([u8; 32]);

/// What asks for the key only where `MLOPS_PROTECT` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guarded {
    Metrics,
    /// The page, and the figures it shows.
    Dashboard,
}

impl ApiKey {
    pub fn new(key: &str) -> Self {
        Self(Sha256::digest(key).into())
    }

    fn is(&self, given: &[u8]) -> bool {
        let given: [u8; 32] = Sha256::digest(given).into();
        self.0.ct_eq(&given).into()
    }
}

impl ServiceApp {
    /// Lets a request pass that brings the key, or any when there is none.
    ///
    /// # Errors
    /// The contract's 401 or 403.
    pub fn authorise(&self, headers: &HeaderMap) -> Result<(), ServiceResponse> {
        let Some(key) = &self.key else { return Ok(()) };
        match given(headers) {
            None => Err(ServiceResponse::new(
                StatusCode::UNAUTHORIZED,
                &json!({ "error": "Unauthorized", "message": "API key required. Include X-API-Key header." }),
            )),
            Some(given) if key.is(&given) => Ok(()),
            Some(_) => Err(ServiceResponse::new(
                StatusCode::FORBIDDEN,
                &json!({ "error": "Forbidden", "message": "Invalid API key" }),
            )),
        }
    }

    /// Lets a request pass to what is open by default, or brings the key where that is asked for.
    ///
    /// # Errors
    /// As [`ServiceApp::authorise`], in a form at which browsers ask for the key.
    pub fn admit(&self, what: Guarded, headers: &HeaderMap) -> Result<(), ServiceResponse> {
        let asked = match what {
            Guarded::Metrics => self.protect.metrics,
            Guarded::Dashboard => self.protect.dashboard,
        };
        if !asked {
            return Ok(());
        }
        // A browser asks again at 401 only, and a mistyped key should not lock it out.
        self.authorise(headers).map_err(|refused| ServiceResponse {
            status: StatusCode::UNAUTHORIZED,
            challenge: true,
            ..refused
        })
    }
}

/// The key that a request brings, by whichever way.
fn given(headers: &HeaderMap) -> Option<Vec<u8>> {
    if let Some(key) = headers.get("x-api-key") {
        return Some(key.as_bytes().to_vec());
    }
    let (scheme, value) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(value.trim().as_bytes().to_vec());
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let pair = base64::decode(value.trim())?;
    let colon = pair.iter().position(|byte| *byte == b':')?;
    Some(pair[colon + 1..].to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_key_is_the_key() {
        let key = ApiKey::new("kéy");
        assert!(key.is("kéy".as_bytes()));
        for wrong in ["", "key", "kéy ", "kéykéy"] {
            assert!(!key.is(wrong.as_bytes()), "{wrong}");
        }
    }

    #[test]
    fn the_key_comes_by_three_ways() {
        let with = |name: &'static str, value: &str| {
            given(&HeaderMap::from_iter([(name.parse().unwrap(), value.parse().unwrap())]))
        };
        let key = Some(b"open sesame".to_vec());
        assert_eq!(with("x-api-key", "open sesame"), key);
        assert_eq!(with("authorization", "Bearer open sesame"), key);
        // RFC 7617's pair, whose password is the key.
        assert_eq!(with("authorization", "basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="), key);
        for none in ["", "Basic", "Basic !!!", "Digest x", "Basic QQ=="] {
            assert_eq!(with("authorization", none), None, "{none}");
        }
    }
}
