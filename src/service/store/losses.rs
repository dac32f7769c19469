//! Events that are lost, told once: the first with its reason at once, what follows with its number, a minute later at the
//! earliest. A flood of losses is no flood of lines.

use std::time::{Duration, Instant};

use crate::log::{self, Field};

const QUIET: Duration = Duration::from_secs(60);

#[derive(Debug, Default)]
pub struct Losses {
    untold: u64,
    reason: String,
    told_at: Option<Instant>,
}

impl Losses {
    /// Notes events that are lost, and why.
    pub fn note(&mut self, events: u64, reason: String) {
        let changed = reason != self.reason;
        self.untold += events;
        self.reason = reason;
        self.tell(Instant::now(), changed);
    }

    /// Tells what is untold, when it is time.
    pub fn tick(&mut self) {
        self.tell(Instant::now(), false);
    }

    fn tell(&mut self, now: Instant, at_once: bool) {
        let quiet = self.told_at.is_some_and(|told| now.duration_since(told) < QUIET);
        if self.untold == 0 || (quiet && !at_once) {
            return;
        }
        log::error("events are lost", &[("events", Field::Number(self.untold)), ("why", Field::Text(&self.reason))]);
        self.untold = 0;
        self.told_at = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_reason_is_told_once_a_minute() {
        let mut losses = Losses::default();
        losses.note(2, "full".to_owned());
        assert_eq!(losses.untold, 0);
        let told = losses.told_at.unwrap();
        losses.note(5, "full".to_owned());
        losses.note(1, "full".to_owned());
        assert_eq!((losses.untold, losses.told_at), (6, Some(told)));
        losses.tell(told + QUIET, false);
        assert_eq!(losses.untold, 0);
        losses.note(1, "refused".to_owned());
        assert_eq!(losses.untold, 0, "another reason is news");
    }
}
