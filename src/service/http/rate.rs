//! The optional limit of requests a second and client: one bucket an address, a bounded number of buckets.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Clients remembered at once; past that, those whose bucket is full again are forgotten.
const MOST_CLIENTS: usize = 10_000;

#[derive(Debug)]
pub struct RateLimit {
    per_second: f64,
    buckets: Mutex<HashMap<IpAddr, Bucket>>,
}

#[derive(Debug)]
struct Bucket {
    left: f64,
    at: Instant,
}

impl RateLimit {
    /// A second's worth may come at once.
    pub fn new(per_second: f64) -> Self {
        Self { per_second, buckets: Mutex::default() }
    }

    /// Takes one request of a client's; the whole seconds to wait when there is none left.
    ///
    /// # Errors
    /// The seconds after which another one is there.
    pub fn take(&self, client: IpAddr, now: Instant) -> Result<(), u64> {
        let most = self.per_second.max(1.0);
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= MOST_CLIENTS {
            let refilled = |bucket: &Bucket| bucket.left + self.refill(bucket, now) >= most;
            buckets.retain(|_, bucket| !refilled(bucket));
            if buckets.len() >= MOST_CLIENTS {
                buckets.clear();
            }
        }
        let bucket = buckets.entry(network(client)).or_insert(Bucket { left: most, at: now });
        bucket.left = (bucket.left + self.refill(bucket, now)).min(most);
        bucket.at = now;
        if bucket.left >= 1.0 {
            bucket.left -= 1.0;
            return Ok(());
        }
        Err(((1.0 - bucket.left) / self.per_second).ceil() as u64)
    }

    fn refill(&self, bucket: &Bucket, now: Instant) -> f64 {
        now.saturating_duration_since(bucket.at).as_secs_f64() * self.per_second
    }
}

/// Who has an IPv6 address has the whole /64.
fn network(client: IpAddr) -> IpAddr {
    match client {
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(mapped) => IpAddr::V4(mapped),
            None => IpAddr::V6((address.to_bits() & (!0 << 64)).into()),
        },
        four => four,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_burst_then_the_rate() {
        let limit = RateLimit::new(2.0);
        let start = Instant::now();
        let one: IpAddr = "10.0.0.1".parse().unwrap();
        assert_eq!([(); 3].map(|()| limit.take(one, start).is_ok()), [true, true, false]);
        assert_eq!(limit.take(one, start), Err(1));
        assert!(limit.take("10.0.0.2".parse().unwrap(), start).is_ok(), "another client has its own");
        assert!(limit.take(one, start + Duration::from_millis(500)).is_ok());
        assert!(limit.take(one, start + Duration::from_millis(600)).is_err());
    }

    #[test]
    fn a_flood_of_addresses_is_bounded_and_a_network_is_one_client() {
        let limit = RateLimit::new(1.0);
        let now = Instant::now();
        for number in 0..30_000_u32 {
            let _ = limit.take(IpAddr::V4(number.into()), now);
        }
        assert!(limit.buckets.lock().unwrap().len() <= MOST_CLIENTS);
        assert!(limit.take("2001:db8::1".parse().unwrap(), now).is_ok());
        assert!(limit.take("2001:db8::2".parse().unwrap(), now).is_err());
    }
}
