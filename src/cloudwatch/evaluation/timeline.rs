//! The states of an alarm through time, and the figures that follow from them. Times are seconds since 1970.

use crate::state::AlarmState;

/// From `from` on in `start`, then through `changes` (in order of time) until `until`.
#[derive(Debug, Clone, PartialEq)]
pub struct Timeline {
    pub from: i64,
    pub until: i64,
    pub start: AlarmState,
    pub changes: Vec<TimelineChange>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TimelineChange {
    pub at: i64,
    pub to: AlarmState,
}

/// A stretch of time in one state, from and until.
pub type StateSpan = (i64, i64);

impl Timeline {
    pub fn new(from: i64, until: i64, start: AlarmState) -> Self {
        Self { from, until, start, changes: Vec::new() }
    }

    /// Adds a change where it is one.
    pub fn put(&mut self, at: i64, to: AlarmState) -> bool {
        let changes = self.last() != to;
        if changes {
            self.changes.push(TimelineChange { at, to });
        }
        changes
    }

    pub fn last(&self) -> AlarmState {
        self.changes.last().map_or(self.start, |change| change.to)
    }

    /// The state at a time; a change counts from its own moment on.
    pub fn at(&self, time: i64) -> AlarmState {
        let after = self.changes.partition_point(|change| change.at <= time);
        after.checked_sub(1).map_or(self.start, |last| self.changes[last].to)
    }

    /// Every stretch in ALARM.
    pub fn alarms(&self) -> Vec<StateSpan> {
        let mut spans = Vec::new();
        let mut since = (self.start == AlarmState::Alarm).then_some(self.from);
        for change in &self.changes {
            match (change.to, since) {
                (AlarmState::Alarm, None) => since = Some(change.at),
                (AlarmState::Alarm, Some(_)) => {}
                (_, Some(from)) => {
                    spans.push((from, change.at));
                    since = None;
                }
                _ => {}
            }
        }
        spans.extend(since.map(|from| (from, self.until)));
        spans
    }
}
