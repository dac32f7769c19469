//! The dashboard and the description of the interface, both part of the program.

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use super::AppRef;

const PAGE: &str = include_str!("dashboard.html");
const STYLE: &str = include_str!("dashboard.css");
const SCRIPT: &str = include_str!("dashboard.js");
const OPENAPI: &str = include_str!("openapi.json");

/// The page in one piece, and the policy that lets this style and this script run and nothing else.
pub struct Dashboard {
    page: String,
    policy: HeaderValue,
}

impl Dashboard {
    pub fn new() -> Self {
        let page = PAGE.replace("/*style*/", STYLE).replace("/*script*/", SCRIPT);
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; connect-src 'self'; img-src data:; \
             base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
            base64(&Sha256::digest(STYLE)),
            base64(&Sha256::digest(SCRIPT)),
        );
        let policy = HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static("default-src 'none'"));
        Self { page, policy }
    }
}

pub async fn dashboard(app: AppRef) -> Response {
    let mut response = app.dashboard.page.clone().into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::CONTENT_SECURITY_POLICY, app.dashboard.policy.clone());
    response
}

pub async fn openapi() -> Response {
    let mut response = OPENAPI.into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// Standard base64 with padding: 32 bytes twice a start need no crate.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits =
            chunk.iter().enumerate().fold(0_u32, |bits, (index, byte)| bits | u32::from(*byte) << (16 - 8 * index));
        for place in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * place) & 63) as usize];
            text.push(if place <= chunk.len() { char::from(letter) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_by_the_standards_examples() {
        for (plain, coded) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
    }

    #[test]
    fn the_page_is_whole_and_fetches_nothing_from_outside() {
        let Dashboard { page, policy } = Dashboard::new();
        assert!(page.contains(STYLE) && page.contains(SCRIPT) && !page.contains("/*style*/"));
        for outside in ["http://", "https://", " style=", " onclick=", "@import", "url("] {
            assert!(!page.replace("http://www.w3.org/2000/svg", "").contains(outside), "{outside}");
        }
        assert!(!policy.to_str().unwrap().contains("unsafe"));
    }

    #[test]
    fn the_description_names_every_route() {
        let openapi: serde_json::Value = serde_json::from_str(OPENAPI).unwrap();
        let paths = openapi["paths"].as_object().unwrap();
        for (route, methods) in super::super::ROUTES {
            let described = paths.get(route).unwrap_or_else(|| panic!("{route} is not described"));
            let method = if methods.contains("POST") { "post" } else { "get" };
            assert!(described.get(method).is_some(), "{method} {route}");
        }
        assert_eq!(paths.len(), super::super::ROUTES.len());
    }
}
