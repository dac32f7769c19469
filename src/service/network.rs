//! Networks of addresses, such as those of trusted proxies.

use std::net::IpAddr;
use std::str::FromStr;

/// Addresses that share so many first bits; one address is a network of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddressRange {
    bits: u128,
    prefix: u32,
}

impl FromStr for AddressRange {
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

impl AddressRange {
    /// Whether an address lies in it.
    pub fn contains(self, address: IpAddr) -> bool {
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
