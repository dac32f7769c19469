//! Counts of what was asked of the sandbox. Numbers only: nothing here changes an answer.

use std::collections::BTreeMap;

/// How the calls of one process went.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stats {
    /// All calls, retries and failures included.
    pub calls: u64,
    /// Keyed `service:Operation`, with the signing name as the service, e.g. `monitoring:DescribeAlarms`.
    pub by_operation: BTreeMap<String, OperationStats>,
    /// Calls answered with a throttle error.
    pub throttled: u64,
    /// The longest chain of calls in which each call started after the one before it had been answered.
    pub waves: u64,
    pub max_in_flight: u64,
}

/// The counts of one operation.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct OperationStats {
    pub calls: u64,
    pub throttled: u64,
    /// Injected faults: 500s, resets, calls of a killed process.
    pub faulted: u64,
}

/// Counts while calls run.
#[derive(Debug, Default)]
pub struct Counter {
    stats: Stats,
    in_flight: u64,
    /// The deepest wave of any answered call.
    answered: u64,
}

/// A call that is under way; its wave is one more than the deepest answered before it started.
#[derive(Debug)]
pub struct Started {
    name: String,
    wave: u64,
}

/// How a call ended, for the counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum CallOutcome {
    Answered,
    Throttled,
    Faulted,
}

impl Counter {
    pub fn start(&mut self, name: String) -> Started {
        self.stats.calls += 1;
        self.in_flight += 1;
        self.stats.max_in_flight = self.stats.max_in_flight.max(self.in_flight);
        self.stats.by_operation.entry(name.clone()).or_default().calls += 1;
        Started { name, wave: self.answered + 1 }
    }

    pub fn finish(&mut self, call: Started, outcome: CallOutcome) {
        // A reset while calls were running must not make the count negative.
        self.in_flight = self.in_flight.saturating_sub(1);
        self.answered = self.answered.max(call.wave);
        self.stats.waves = self.stats.waves.max(call.wave);
        let operation = self.stats.by_operation.entry(call.name).or_default();
        match outcome {
            CallOutcome::Answered => {}
            CallOutcome::Throttled => {
                operation.throttled += 1;
                self.stats.throttled += 1;
            }
            CallOutcome::Faulted => operation.faulted += 1,
        }
    }

    /// A call whose caller no longer waits.
    pub fn abandon(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
    }

    #[cfg(any(test, feature = "testing"))]
    pub fn read(&self) -> Stats {
        self.stats.clone()
    }

    #[cfg(any(test, feature = "testing"))]
    pub fn reset(&mut self) {
        *self = Counter::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wave_is_a_call_that_waited_for_an_answer() {
        let mut counter = Counter::default();
        let a = counter.start("x:A".into());
        let b = counter.start("x:B".into());
        counter.finish(a, CallOutcome::Answered);
        let c = counter.start("x:C".into());
        counter.finish(b, CallOutcome::Throttled);
        counter.finish(c, CallOutcome::Answered);
        let stats = counter.read();
        assert_eq!((stats.calls, stats.waves, stats.max_in_flight, stats.throttled), (3, 2, 2, 1));
        assert_eq!(stats.by_operation["x:B"], OperationStats { calls: 1, throttled: 1, faulted: 0 });
    }
}
