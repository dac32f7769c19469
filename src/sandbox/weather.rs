//! The weather of the control plane: latency, quotas and faults, all of it seeded. It decides what befalls a call, not what the
//! call does.

use super::access::AccessRules;
use anyhow::{Context, bail, ensure};
use std::str::FromStr;
use std::time::Duration;

/// What befalls calls. The default is fine weather: no latency, no quotas, no faults.
#[derive(Clone, Debug, PartialEq)]
pub struct Weather {
    /// Added to each call, half of it on the way there and half on the way back.
    pub latency: Duration,
    /// Latency varies evenly by plus or minus this much.
    pub jitter: Duration,
    pub quotas: Quotas,
    /// The size of a quota's bucket, in seconds of its rate; at least one call.
    pub burst_seconds: f64,
    /// Share of calls (0 to 1) answered 500 and not applied.
    pub fault_500: f64,
    /// Share of calls whose connection is reset before they are applied.
    pub fault_reset_before: f64,
    /// Share of calls that are applied and whose answer is then lost.
    pub fault_reset_after: f64,
    /// The one operation that faults befall, e.g. `sns:GetTopicAttributes` by signing name; none = all of them.
    pub fault_operation: Option<String>,
    /// After so many applied writes no call is answered any more, the last of these writes included: a killed process.
    pub kill_after: Option<u64>,
    /// Roles, regions and actions that are refused, and how long tokens live.
    pub access: AccessRules,
    /// How far GetResources of the tagging API is behind.
    pub tag_index_lag: Duration,
    /// Operations that the caller may not call, as IAM actions, e.g. `sns:GetTopicAttributes`.
    pub denied: Vec<String>,
    pub credentials: Keys,
    /// Whether the functions were never called: then no metrics of theirs are generated.
    pub idle: bool,
    /// Of faults, jitter, ids, list orders and the generated metrics.
    pub seed: u64,
}

/// Which request quotas hold.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Quotas {
    #[default]
    None,
    /// AWS's published defaults per account and region.
    Aws,
}

/// What AWS makes of the caller's signature.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Keys {
    #[default]
    Good,
    Expired,
    /// Signed by a clock that is wrong.
    Skewed,
    Unknown,
}

impl Default for Weather {
    fn default() -> Self {
        Weather {
            latency: Duration::ZERO,
            jitter: Duration::ZERO,
            quotas: Quotas::None,
            burst_seconds: 1.0,
            fault_500: 0.0,
            fault_reset_before: 0.0,
            fault_reset_after: 0.0,
            fault_operation: None,
            kill_after: None,
            access: AccessRules::default(),
            tag_index_lag: Duration::ZERO,
            denied: Vec::new(),
            credentials: Keys::Good,
            idle: false,
            seed: 1,
        }
    }
}

/// A fault that befalls a call.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Accident {
    Internal,
    ResetBefore,
    ResetAfter,
}

impl Weather {
    /// AWS on an ordinary day: 40 ms a call and the published quotas.
    pub fn aws() -> Self {
        Weather { latency: Duration::from_millis(40), quotas: Quotas::Aws, ..Weather::default() }
    }

    fn shares(&self) -> [(Accident, f64); 3] {
        [
            (Accident::Internal, self.fault_500),
            (Accident::ResetBefore, self.fault_reset_before),
            (Accident::ResetAfter, self.fault_reset_after),
        ]
    }

    /// Whether faults befall calls at all.
    pub fn has_accidents(&self) -> bool {
        self.shares().iter().any(|(_, share)| *share > 0.0)
    }

    /// The fault of the `nth` call with this name in one account and region, if any; the same seed gives the same faults.
    pub fn accident(&self, account: &str, region: &str, name: &str, nth: u64) -> Option<Accident> {
        let spared = self.fault_operation.as_ref().is_some_and(|operation| operation != name);
        if spared || !self.has_accidents() {
            return None;
        }
        let seed = fold(self.seed, [account, region, name]) ^ nth.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mut draw = fastrand::Rng::with_seed(seed).f64();
        for (accident, share) in self.shares() {
            if draw < share {
                return Some(accident);
            }
            draw -= share;
        }
        None
    }

    /// Whether calls take no time.
    pub fn is_instant(&self) -> bool {
        self.latency.is_zero() && self.jitter.is_zero()
    }

    /// The time one way, for the `nth` call.
    pub fn one_way(&self, nth: u64) -> Duration {
        if self.jitter.is_zero() {
            return self.latency / 2;
        }
        let swing = fastrand::Rng::with_seed(fold(self.seed, ["latency"]) ^ nth).f64() * 2.0 - 1.0;
        Duration::from_secs_f64((self.latency.as_secs_f64() + swing * self.jitter.as_secs_f64()).max(0.0)) / 2
    }
}

impl FromStr for Weather {
    type Err = anyhow::Error;

    /// `aws`, `none`, or settings such as `latency=40ms,quotas=aws,fault-500=0.05,seed=7`, which may follow one of the names.
    fn from_str(text: &str) -> anyhow::Result<Self> {
        let mut weather = Weather::default();
        for item in text.split(',').map(str::trim).filter(|item| !item.is_empty()) {
            match item.split_once('=') {
                None if item == "none" => weather = Weather::default(),
                None if item == "aws" => weather = Weather::aws(),
                None if item == "idle" => weather.idle = true,
                None => {
                    bail!("fault {item:?} is not known: write aws, none, or settings such as latency=40ms,quotas=aws")
                }
                Some((name, value)) => {
                    weather.set(name.trim(), value.trim()).with_context(|| format!("in fault {item:?}"))?
                }
            }
        }
        let faults = weather.fault_500 + weather.fault_reset_before + weather.fault_reset_after;
        ensure!(faults <= 1.0, "the shares of the faults add up to {faults}, which is more than 1");
        Ok(weather)
    }
}

impl Weather {
    fn set(&mut self, name: &str, value: &str) -> anyhow::Result<()> {
        match name {
            "latency" => self.latency = duration(value)?,
            "jitter" => self.jitter = duration(value)?,
            "tag-index-lag" => self.tag_index_lag = duration(value)?,
            "quotas" => {
                self.quotas = match value {
                    "aws" => Quotas::Aws,
                    "none" => Quotas::None,
                    _ => bail!("quotas are aws or none"),
                }
            }
            "burst" => {
                self.burst_seconds =
                    value.trim_end_matches('s').parse().context("burst is a number of seconds, e.g. 1.5")?;
                ensure!(self.burst_seconds > 0.0 && self.burst_seconds.is_finite(), "burst is above 0");
            }
            "fault-500" => self.fault_500 = share(value)?,
            "fault-reset-before" => self.fault_reset_before = share(value)?,
            "fault-reset-after" => self.fault_reset_after = share(value)?,
            "fault-operation" => self.fault_operation = Some(value.to_owned()),
            "kill-after" => self.kill_after = Some(value.parse().context("kill-after is a number of writes")?),
            "deny" => self.denied.push(value.to_owned()),
            "credentials" => {
                self.credentials = match value {
                    "good" => Keys::Good,
                    "expired" => Keys::Expired,
                    "skewed" => Keys::Skewed,
                    "unknown" => Keys::Unknown,
                    _ => bail!("credentials are good, expired, skewed or unknown"),
                }
            }
            "seed" => self.seed = value.parse().context("a seed is a whole number")?,
            other if self.access.set(other, value, duration)? => {}
            _ => bail!(
                "settings are latency, jitter, quotas, burst, fault-500, fault-reset-before, fault-reset-after, fault-operation, kill-after, tag-index-lag, deny, credentials, idle, {}, seed",
                AccessRules::SETTINGS
            ),
        }
        Ok(())
    }
}

fn share(text: &str) -> anyhow::Result<f64> {
    let share: f64 = text.parse().context("a share is a number from 0 to 1")?;
    ensure!((0.0..=1.0).contains(&share), "a share is a number from 0 to 1");
    Ok(share)
}

fn duration(text: &str) -> anyhow::Result<Duration> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let seconds = match &text[digits.len()..] {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => bail!("a duration has a unit: 40ms, 2s, 1m"),
    };
    let number: f64 = digits.parse().context("a duration is a number and a unit, e.g. 40ms")?;
    Duration::try_from_secs_f64(number * seconds).context("a duration is not negative")
}

/// A hash that is the same on every machine and in every version (FNV-1a, stirred): seeds must not change their meaning.
pub fn fold<'a>(seed: u64, parts: impl IntoIterator<Item = &'a str>) -> u64 {
    let mut hash = seed ^ 0xCBF2_9CE4_8422_2325;
    for part in parts {
        for byte in part.bytes().chain([0xFF]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3);
        }
    }
    hash ^= hash >> 32;
    hash.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ (hash >> 29)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weather_is_read_from_words_and_settings() {
        assert_eq!("none".parse::<Weather>().unwrap(), Weather::default());
        assert_eq!("aws".parse::<Weather>().unwrap(), Weather::aws());
        let weather: Weather = "aws,latency=5ms,fault-500=0.05,seed=7".parse().unwrap();
        assert_eq!(weather, Weather { latency: Duration::from_millis(5), fault_500: 0.05, seed: 7, ..Weather::aws() });
        for wrong in ["sunny", "latency=40", "fault-500=2", "fault-500=0.6,fault-reset-before=0.6", "rain=1", "burst=0"]
        {
            assert!(wrong.parse::<Weather>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn faults_come_in_their_share_and_the_same_for_a_seed() {
        let weather = Weather { fault_500: 0.2, fault_reset_after: 0.1, ..Weather::default() };
        let draw = |weather: &Weather| (0..5000).map(|nth| weather.accident("1", "r", "x", nth)).collect::<Vec<_>>();
        let drawn = draw(&weather);
        assert_eq!(drawn, draw(&weather));
        let count = |kind| drawn.iter().filter(|a| **a == Some(kind)).count();
        assert!((900..1100).contains(&count(Accident::Internal)), "{}", count(Accident::Internal));
        assert!((420..580).contains(&count(Accident::ResetAfter)));
        assert_eq!(count(Accident::ResetBefore), 0);
        assert_ne!(drawn, draw(&Weather { seed: 2, ..weather.clone() }));
        let elsewhere = Weather { fault_operation: Some("y".into()), ..weather };
        assert!(draw(&elsewhere).iter().all(Option::is_none));
    }
}
