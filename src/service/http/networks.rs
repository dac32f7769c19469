//! Whose address a request has: the peer's, or, behind proxies that are trusted, the one they say. Nobody else is believed.

use std::net::IpAddr;
use std::str::FromStr;

use axum::http::HeaderMap;

/// Addresses that share so many first bits; one address is a network of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    bits: u128,
    prefix: u32,
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let refused = || format!("{text:?} is no address such as 10.0.0.7 and no network such as 10.0.0.0/8");
        let (address, prefix) = text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
        let address: IpAddr = address.parse().map_err(|_| refused())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let prefix: u32 = prefix.map_or(Ok(most), str::parse).map_err(|_| refused())?;
        if prefix > most {
            return Err(refused());
        }
        Ok(Self { bits: bits(address), prefix: prefix + 128 - most })
    }
}

impl Network {
    fn contains(self, address: IpAddr) -> bool {
        self.prefix == 0 || (bits(address) ^ self.bits) >> (128 - self.prefix) == 0
    }
}

/// IPv4 lies within IPv6, as sockets of both families show it.
fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(four) => four.to_ipv6_mapped().to_bits(),
        IpAddr::V6(six) => six.to_bits(),
    }
}

/// The client behind `peer`: from the right of `X-Forwarded-For`, the first that is no trusted proxy.
pub fn client(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> IpAddr {
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
        let trusted: Vec<Network> =
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
            assert!(bad.parse::<Network>().is_err(), "{bad}");
        }
        assert!("0.0.0.0/0".parse::<Network>().unwrap().contains("8.8.8.8".parse().unwrap()));
    }
}
