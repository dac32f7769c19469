//! The time at the endpoint: this machine's, unless the endpoint's clock was moved ahead, as a sandbox's can be.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// By how much the endpoint's clock is ahead, asked each time: others may move it meanwhile.
#[derive(Clone, Default)]
pub struct Clock(Option<Arc<dyn Fn() -> Duration + Send + Sync>>);

impl Clock {
    pub fn ahead_by(ahead: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(ahead)))
    }

    /// Seconds since 1970.
    pub fn now(&self) -> i64 {
        let ahead = self.0.as_ref().map_or(Duration::ZERO, |ahead| ahead());
        let age = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from((age + ahead).as_secs()).unwrap_or(i64::MAX)
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Clock").field(&self.now()).finish()
    }
}
