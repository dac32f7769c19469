//! Whose requests are answered: those that name this machine in `Host`. A page in a browser can let a name of its own point to
//! 127.0.0.1 (DNS rebinding), but it cannot name another host than its own.

use http::{HeaderMap, Request, Uri};
use std::net::IpAddr;

/// Lets a request through that was sent to a loopback name, on any port.
///
/// # Errors
/// With what to tell whoever sent it.
pub fn check<B>(request: &Request<B>) -> Result<(), String> {
    let named: Vec<String> = hosts(request.headers(), request.uri());
    match named.iter().find(|host| !is_loopback(host)) {
        None if !named.is_empty() => Ok(()),
        None => Err("A request without Host is not answered".to_owned()),
        Some(_) => Err(
            "The sandbox answers requests to localhost, 127.0.0.0/8 and [::1] only: their Host names another. Use the \
                        address that mlopsctl sandbox serve prints"
                .to_owned(),
        ),
    }
}

/// What `Host` says, each time it is there, and what the request line says where it is a whole address.
fn hosts(headers: &HeaderMap, uri: &Uri) -> Vec<String> {
    let said = headers.get_all("host").iter().map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    said.chain(uri.authority().map(ToString::to_string)).collect()
}

fn is_loopback(host: &str) -> bool {
    let (name, port) = match host.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((name, port)) => (name, port),
            None => return false,
        },
        None => host.split_at(host.find(':').unwrap_or(host.len())),
    };
    let good_port = port.is_empty() || port.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok());
    let name = name.to_ascii_lowercase();
    let name = name.strip_suffix('.').unwrap_or(&name);
    good_port && (name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(host: &[&str], uri: &str) -> bool {
        let request = host.iter().fold(Request::get(uri), |request, host| request.header("host", *host));
        check(&request.body(()).unwrap()).is_ok()
    }

    #[test]
    fn loopback_names_are_answered_and_no_others() {
        for host in ["localhost", "LOCALHOST:1", "localhost.", "127.0.0.1:4599", "127.9.8.7", "[::1]:80", "[::1]"] {
            assert!(asked(&[host], "/"), "{host}");
        }
        for host in [
            "evil.example",
            "evil.example:4599",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "127.0.0.1@evil.example",
            "169.254.169.254",
            "0.0.0.0:4599",
            "192.168.1.2",
            "[::]",
            "[fe80::1]",
            "[::1",
            "localhost:x",
            "",
        ] {
            assert!(!asked(&[host], "/"), "{host}");
        }
        assert!(!asked(&["localhost", "evil.example"], "/"), "each of them counts");
        assert!(!asked(&[], "/") && !asked(&["localhost"], "http://evil.example/"));
    }
}
