//! The dashboard and the description of the interface, both part of the program.

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use super::AppRef;
use super::key::Guarded;
use crate::base64;

const PAGE: &str = include_str!("dashboard/page.html");
const STYLE: &str = include_str!("dashboard/style.css");
/// One script of the page: each file uses those before it.
const SCRIPT: &str =
    concat!(include_str!("dashboard/charts.js"), include_str!("dashboard/table.js"), include_str!("dashboard/main.js"));
const OPENAPI: &str = include_str!("openapi.json");

/// The page in one piece, and the policy that lets this style and this script run and nothing else.
pub struct ServiceDashboard {
    page: String,
    policy: HeaderValue,
}

impl ServiceDashboard {
    pub fn new() -> Self {
        let page = PAGE.replace("/*style*/", STYLE).replace("/*script*/", SCRIPT);
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; connect-src 'self'; img-src data:; \
             base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
            base64::encode(&Sha256::digest(STYLE)),
            base64::encode(&Sha256::digest(SCRIPT)),
        );
        let policy = HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static("default-src 'none'"));
        Self { page, policy }
    }
}

pub async fn dashboard(app: AppRef, headers: HeaderMap) -> Response {
    if let Err(refused) = app.admit(Guarded::Dashboard, &headers) {
        return refused.into_response();
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_whole_and_fetches_nothing_from_outside() {
        let ServiceDashboard { page, policy } = ServiceDashboard::new();
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
