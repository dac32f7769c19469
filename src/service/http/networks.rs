//! Whose address a request has: the peer's, or, behind proxies that are trusted, the one they say. Nobody else is believed.

use std::net::IpAddr;

use axum::http::HeaderMap;

use crate::network::AddressRange;

/// The client behind `peer`: from the right of `X-Forwarded-For`, the first that is no trusted proxy.
pub fn client(peer: IpAddr, headers: &HeaderMap, trusted: &[AddressRange]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    if !is_trusted(peer) {
        return peer;
    }
    let mut client = peer;
    let values: Vec<&str> = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok()).collect();
    for hop in values.iter().rev().flat_map(|value| value.rsplit(',')) {
        // What is no address was put there by somebody whose word counts for nothing.
        let Ok(address) = hop.trim().parse() else { return client };
        client = address;
        if !is_trusted(address) {
            return client;
        }
    }
    client
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_trusted_proxies_are_believed() {
        let trusted: Vec<AddressRange> =
            ["10.0.0.0/8", "::1", "192.0.2.7"].iter().map(|text| text.parse().unwrap()).collect();
        let from = |peer: &str, forwarded: &[&str]| {
            let headers: HeaderMap = forwarded
                .iter()
                .map(|value| (axum::http::HeaderName::from_static("x-forwarded-for"), value.parse().unwrap()))
                .collect();
            client(peer.parse().unwrap(), &headers, &trusted).to_string()
        };
        assert_eq!(from("203.0.113.1", &["198.51.100.9"]), "203.0.113.1", "a stranger says what it likes");
        assert_eq!(from("10.1.2.3", &["198.51.100.9"]), "198.51.100.9");
        assert_eq!(from("::ffff:10.1.2.3", &["198.51.100.9"]), "198.51.100.9");
        assert_eq!(from("10.1.2.3", &["1.1.1.1, 198.51.100.9, 192.0.2.7"]), "198.51.100.9");
        assert_eq!(from("10.1.2.3", &["1.1.1.1", "198.51.100.9", "::1"]), "198.51.100.9");
        assert_eq!(from("10.1.2.3", &[]), "10.1.2.3");
        assert_eq!(from("10.1.2.3", &["nonsense, 10.9.9.9"]), "10.9.9.9");
        for bad in ["", "10.0.0.0/33", "x", "10.0.0.0/", "::1/129"] {
            assert!(bad.parse::<AddressRange>().is_err(), "{bad}");
        }
        assert!("0.0.0.0/0".parse::<AddressRange>().unwrap().contains("8.8.8.8".parse().unwrap()));
    }
}
