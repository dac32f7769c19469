//! The optional API key: compared as digests, in a time that tells nothing about the key.

use axum::http::{HeaderMap, StatusCode};
use serde_json::json;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::{Answer, App};

pub struct Key([u8; 32]);

impl Key {
    pub fn new(key: &str) -> Self {
        Self(Sha256::digest(key).into())
    }

    fn is(&self, given: &[u8]) -> bool {
        let given: [u8; 32] = Sha256::digest(given).into();
        self.0.ct_eq(&given).into()
    }
}

impl App {
    /// Lets a request pass that brings the key, or any when there is none.
    ///
    /// # Errors
    /// The contract's 401 or 403.
    pub fn authorise(&self, headers: &HeaderMap) -> Result<(), Answer> {
        let Some(key) = &self.key else { return Ok(()) };
        match headers.get("x-api-key") {
            None => Err(Answer::new(
                StatusCode::UNAUTHORIZED,
                &json!({ "error": "Unauthorized", "message": "API key required. Include X-API-Key header." }),
            )),
            Some(given) if key.is(given.as_bytes()) => Ok(()),
            Some(_) => {
                Err(Answer::new(StatusCode::FORBIDDEN, &json!({ "error": "Forbidden", "message": "Invalid API key" })))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_key_is_the_key() {
        let key = Key::new("kéy");
        assert!(key.is("kéy".as_bytes()));
        for wrong in ["", "key", "kéy ", "kéykéy"] {
            assert!(!key.is(wrong.as_bytes()), "{wrong}");
        }
    }
}
