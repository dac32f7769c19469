//! The clock of a run: what time it is where the calls go.

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use std::fmt;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

type Tell = dyn Fn() -> Option<i64> + Send + Sync;

/// AWS's time is this machine's; a sandbox has its own, which anybody can move at any time. Cheap to clone.
#[derive(Clone, Default)]
pub struct Clock(Option<Arc<Tell>>);

impl Clock {
    /// This machine's.
    pub fn machine() -> Self {
        Self(None)
    }

    /// Of somebody who tells milliseconds since 1970 whenever asked; while nothing is told it is this machine's.
    pub fn told(tell: impl Fn() -> Option<i64> + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(tell)))
    }

    /// Milliseconds since 1970.
    pub fn now_ms(&self) -> i64 {
        self.0.as_ref().and_then(|tell| tell()).unwrap_or_else(machine_ms)
    }

    /// Seconds since 1970.
    pub fn now(&self) -> i64 {
        self.now_ms().div_euclid(1_000)
    }

    /// The day in UTC, `YYYY-MM-DD`.
    pub fn today(&self) -> String {
        let text = DateTime::from_secs(self.now()).fmt(Format::DateTime).unwrap_or_default();
        text.chars().take(10).collect()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Clock(set)" } else { "Clock(machine)" })
    }
}

fn machine_ms() -> i64 {
    let here = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(here.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicI64, Ordering};

    #[test]
    fn a_clock_that_is_told_is_asked_each_time() {
        let time = Arc::new(AtomicI64::new(86_399_999));
        let asked = time.clone();
        let clock = Clock::told(move || Some(asked.load(Ordering::Relaxed)));
        assert_eq!((clock.now_ms(), clock.now(), clock.today().as_str()), (86_399_999, 86_399, "1970-01-01"));
        time.store(86_400_000, Ordering::Relaxed);
        assert_eq!((clock.now(), clock.today().as_str()), (86_400, "1970-01-02"));
        assert!(Clock::told(|| None).now() > 86_400 && Clock::machine().now() > 86_400);
    }
}
