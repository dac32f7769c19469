//! How often a client may ask: so many requests a second, or the course's limits by route. A bounded number of clients is
//! remembered.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::config::Rate;

/// Clients remembered at once; past that, those whose limit is whole again are forgotten.
const MOST_CLIENTS: usize = 10_000;
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

/// Lab 10 of the course, "Understanding Our Rate Limits": route, requests, time, and that in Flask-Limiter's words.
pub const COURSE: [(&str, u32, Duration, &str); 5] = [
    ("/health", 100, MINUTE, "100 per 1 minute"),
    ("/health/detailed", 50, MINUTE, "50 per 1 minute"),
    ("/track", 100, HOUR, "100 per 1 hour"),
    (super::ANALYTICS, 50, HOUR, "50 per 1 hour"),
    ("/refresh-metrics", 10, HOUR, "10 per 1 hour"),
];

#[derive(Debug)]
pub struct RateLimit {
    rate: Rate,
    buckets: Mutex<HashMap<(IpAddr, &'static str), ClientBucket>>,
}

#[derive(Debug)]
struct ClientBucket {
    left: f64,
    /// When something was taken; with the course's limits, when the first was.
    at: Instant,
}

/// What a request may know of its limit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum RateDecision {
    /// Nothing limits it, or not so that it has to be told.
    Free,
    /// One of so many, some of which are left until the time is over.
    Counted { limit: u32, left: u32, reset: Duration },
    /// One too many; after this long there is another.
    TooMany { wait: Duration },
    /// One too many of the course's, with its words.
    Spent { limit: u32, reset: Duration, words: &'static str },
}

impl RateLimit {
    pub fn new(rate: Rate) -> Self {
        Self { rate, buckets: Mutex::default() }
    }

    /// Takes one request of a client's.
    pub fn take(&self, client: IpAddr, route: &str, now: Instant) -> RateDecision {
        match self.rate {
            Rate::Unlimited => RateDecision::Free,
            // A second's worth may come at once.
            Rate::PerSecond(rate) => self.take_of_rate(client, rate, now),
            Rate::Course => match COURSE.iter().find(|(limited, ..)| *limited == route) {
                Some(limit) => self.take_of_course(client, *limit, now),
                None => RateDecision::Free,
            },
        }
    }

    fn take_of_rate(&self, client: IpAddr, rate: f64, now: Instant) -> RateDecision {
        let most = rate.max(1.0);
        let refill = |bucket: &ClientBucket| now.saturating_duration_since(bucket.at).as_secs_f64() * rate;
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        bound(&mut buckets, |bucket| bucket.left + refill(bucket) >= most);
        let bucket = buckets.entry((network(client), "")).or_insert(ClientBucket { left: most, at: now });
        bucket.left = (bucket.left + refill(bucket)).min(most);
        bucket.at = now;
        if bucket.left >= 1.0 {
            bucket.left -= 1.0;
            return RateDecision::Free;
        }
        RateDecision::TooMany { wait: Duration::from_secs_f64((1.0 - bucket.left) / rate) }
    }

    /// So many from the first on, until the time is over: as Flask-Limiter's fixed window counts.
    fn take_of_course(
        &self,
        client: IpAddr,
        (route, limit, time, words): (&'static str, u32, Duration, &'static str),
        now: Instant,
    ) -> RateDecision {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        bound(&mut buckets, |bucket| now.saturating_duration_since(bucket.at) >= HOUR);
        let full = || ClientBucket { left: f64::from(limit), at: now };
        let bucket = buckets.entry((network(client), route)).or_insert_with(full);
        if now.saturating_duration_since(bucket.at) >= time {
            *bucket = full();
        }
        let reset = time.saturating_sub(now.saturating_duration_since(bucket.at));
        if bucket.left < 1.0 {
            return RateDecision::Spent { limit, reset, words };
        }
        bucket.left -= 1.0;
        RateDecision::Counted { limit, left: bucket.left as u32, reset }
    }
}

fn bound(buckets: &mut HashMap<(IpAddr, &'static str), ClientBucket>, whole: impl Fn(&ClientBucket) -> bool) {
    if buckets.len() >= MOST_CLIENTS {
        buckets.retain(|_, bucket| !whole(bucket));
        if buckets.len() >= MOST_CLIENTS {
            buckets.clear();
        }
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
    use super::*;

    #[test]
    fn a_burst_then_the_rate() {
        let limit = RateLimit::new(Rate::PerSecond(2.0));
        let start = Instant::now();
        let one: IpAddr = "10.0.0.1".parse().unwrap();
        let free =
            |client, after| limit.take(client, "/health", start + Duration::from_millis(after)) == RateDecision::Free;
        assert_eq!([(); 3].map(|()| free(one, 0)), [true, true, false]);
        assert_eq!(limit.take(one, "/", start), RateDecision::TooMany { wait: Duration::from_millis(500) });
        assert!(free("10.0.0.2".parse().unwrap(), 0), "another client has its own");
        assert!(free(one, 500));
        assert!(!free(one, 600));
    }

    #[test]
    fn a_flood_of_addresses_is_bounded_and_a_network_is_one_client() {
        let limit = RateLimit::new(Rate::PerSecond(1.0));
        let now = Instant::now();
        for number in 0..30_000_u32 {
            limit.take(IpAddr::V4(number.into()), "/", now);
        }
        assert!(limit.buckets.lock().unwrap().len() <= MOST_CLIENTS);
        assert_eq!(limit.take("2001:db8::1".parse().unwrap(), "/", now), RateDecision::Free);
        assert_ne!(limit.take("2001:db8::2".parse().unwrap(), "/", now), RateDecision::Free);
    }

    #[test]
    fn the_courses_limits_count_down_and_come_back() {
        let limit = RateLimit::new(Rate::Course);
        let start = Instant::now();
        let one: IpAddr = "10.0.0.1".parse().unwrap();
        for left in (0..100).rev() {
            assert_eq!(limit.take(one, "/track", start), RateDecision::Counted { limit: 100, left, reset: HOUR });
        }
        let later = start + Duration::from_secs(600);
        let reset = Duration::from_secs(3_000);
        assert_eq!(
            limit.take(one, "/track", later),
            RateDecision::Spent { limit: 100, reset, words: "100 per 1 hour" }
        );
        assert!(
            matches!(limit.take(one, "/refresh-metrics", later), RateDecision::Counted { left: 9, .. }),
            "each route its own"
        );
        assert!(matches!(
            limit.take("10.0.0.2".parse().unwrap(), "/track", later),
            RateDecision::Counted { left: 99, .. }
        ));
        assert_eq!(limit.take(one, "/metrics", later), RateDecision::Free);
        assert!(matches!(limit.take(one, "/track", start + HOUR), RateDecision::Counted { left: 99, .. }));
    }
}
