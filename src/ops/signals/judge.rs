//! What the signals mean: findings in words, the worst first. Pure.

use super::{FunctionSignals, SignalWindow};

/// Above this share of failed requests something is broken (Lab 9: alert on an error rate above 5 to 10 %).
pub const ERRORS_BAD: f64 = 0.05;
/// Of the timeout (AWS's recommended alarms: a duration near the timeout).
pub const SLOW: f64 = 0.8;
/// Of the memory (Lab 9: above 80 % a risk of crashes), and of the quota of concurrency.
pub const FULL: f64 = 0.8;
/// A signal that changed by less says nothing.
const NOTABLE: f64 = 1.5;
/// Fewer requests than this in a period are no rate to compare.
const FEW: f64 = 20.0;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SignalStatus {
    Good,
    /// Nothing ran.
    Idle,
    /// Worth a look.
    Careful,
    Bad,
}

impl SignalStatus {
    pub fn word(self) -> &'static str {
        match self {
            Self::Good => "well",
            Self::Idle => "idle",
            Self::Careful => "look",
            Self::Bad => "bad",
        }
    }
}

/// Which of the golden signals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum GoldenSignalKind {
    Errors,
    Saturation,
    Latency,
    Traffic,
}

#[derive(Debug, Clone, PartialEq)]
pub struct SignalFinding {
    pub mood: SignalStatus,
    pub signal: GoldenSignalKind,
    pub what: SignalFact,
}

/// A fact with its figures; words are the report's.
#[derive(Debug, Clone, PartialEq)]
pub enum SignalFact {
    /// Shares of requests, before and now.
    ErrorRate {
        before: Option<f64>,
        now: f64,
        errors: f64,
    },
    /// Errors where no request is counted (yet).
    ErrorsOnly {
        errors: f64,
    },
    Throttles {
        now: f64,
    },
    OutOfMemory {
        requests: usize,
    },
    TimedOut {
        requests: usize,
    },
    /// Share of the size.
    Memory {
        share: f64,
    },
    /// Shares of the quota.
    Concurrency {
        share: f64,
    },
    /// Milliseconds, and the share of the timeout.
    NearTimeout {
        p95: f64,
        share: f64,
    },
    /// Milliseconds.
    Slower {
        before: f64,
        now: f64,
    },
    LessTraffic {
        before: f64,
        now: f64,
    },
    MoreTraffic {
        before: f64,
        now: f64,
    },
    NothingRan {
        before: f64,
    },
}

/// How a function does, in one word: its worst finding.
pub fn mood(findings: &[SignalFinding]) -> SignalStatus {
    findings.iter().map(|finding| finding.mood).max().unwrap_or(SignalStatus::Good)
}

/// What there is to say, the worst first. `quota` is the account's concurrency.
pub fn findings(function: &FunctionSignals, quota: Option<f64>) -> Vec<SignalFinding> {
    let FunctionSignals { now, before, .. } = function;
    let mut found = Vec::new();
    let mut add = |mood, signal, what| found.push(SignalFinding { mood, signal, what });
    if now.invocations == 0.0 && now.errors == 0.0 && now.throttles == 0.0 {
        add(SignalStatus::Idle, GoldenSignalKind::Traffic, SignalFact::NothingRan { before: before.invocations });
        return found;
    }
    errors(now, before, &mut add);
    if now.throttles > 0.0 {
        add(SignalStatus::Bad, GoldenSignalKind::Saturation, SignalFact::Throttles { now: now.throttles });
    }
    if let Some(logs) = &function.logs {
        if logs.out_of_memory > 0 {
            add(
                SignalStatus::Bad,
                GoldenSignalKind::Saturation,
                SignalFact::OutOfMemory { requests: logs.out_of_memory },
            );
        }
        if logs.timeouts > 0 {
            add(SignalStatus::Bad, GoldenSignalKind::Latency, SignalFact::TimedOut { requests: logs.timeouts });
        }
        if let Some(share) = logs.memory_share().filter(|share| *share >= FULL) {
            add(SignalStatus::Careful, GoldenSignalKind::Saturation, SignalFact::Memory { share });
        }
    }
    let share = now.concurrency.zip(quota.filter(|quota| *quota > 0.0)).map(|(most, quota)| most / quota);
    if let Some(share) = share.filter(|share| *share >= FULL) {
        add(SignalStatus::Careful, GoldenSignalKind::Saturation, SignalFact::Concurrency { share });
    }
    latency(function, &mut add);
    let (few, rates) = (now.invocations.min(before.invocations) < FEW, (before.invocations, now.invocations));
    if !few && rates.1 > rates.0 * NOTABLE * 2.0 {
        add(SignalStatus::Good, GoldenSignalKind::Traffic, SignalFact::MoreTraffic { before: rates.0, now: rates.1 });
    } else if before.invocations >= FEW && rates.1 * NOTABLE * 2.0 < rates.0 {
        add(
            SignalStatus::Careful,
            GoldenSignalKind::Traffic,
            SignalFact::LessTraffic { before: rates.0, now: rates.1 },
        );
    }
    found.sort_by_key(|finding| (std::cmp::Reverse(finding.mood), finding.signal));
    found
}

fn errors(now: &SignalWindow, before: &SignalWindow, add: &mut impl FnMut(SignalStatus, GoldenSignalKind, SignalFact)) {
    if now.errors == 0.0 {
        return;
    }
    let Some(rate) = now.error_rate() else {
        add(SignalStatus::Bad, GoldenSignalKind::Errors, SignalFact::ErrorsOnly { errors: now.errors });
        return;
    };
    let mood = if rate >= ERRORS_BAD { SignalStatus::Bad } else { SignalStatus::Careful };
    add(
        mood,
        GoldenSignalKind::Errors,
        SignalFact::ErrorRate { before: before.error_rate(), now: rate, errors: now.errors },
    );
}

fn latency(function: &FunctionSignals, add: &mut impl FnMut(SignalStatus, GoldenSignalKind, SignalFact)) {
    let Some(p95) = function.now.p95 else { return };
    let timeout = function.facts.as_ref().map(|facts| f64::from(facts.timeout_s) * 1e3);
    let share = timeout.filter(|timeout| *timeout > 0.0).map(|timeout| p95 / timeout);
    if let Some(share) = share.filter(|share| *share >= SLOW) {
        add(SignalStatus::Bad, GoldenSignalKind::Latency, SignalFact::NearTimeout { p95, share });
        return;
    }
    let enough = function.now.invocations.min(function.before.invocations) >= FEW;
    if let Some(before) = function.before.p95.filter(|before| enough && p95 > before * NOTABLE) {
        add(SignalStatus::Careful, GoldenSignalKind::Latency, SignalFact::Slower { before, now: p95 });
    }
}

#[cfg(test)]
mod tests {
    use super::super::{FromLogs, SignalCurves};
    use super::*;
    use crate::resources::function::FunctionFacts;

    fn function(now: SignalWindow, before: SignalWindow) -> FunctionSignals {
        let facts = FunctionFacts { memory_mb: 512, timeout_s: 10, log_group: "g".into(), last_modified: None };
        FunctionSignals {
            name: "svc".into(),
            facts: Some(facts),
            now,
            before,
            curves: SignalCurves::default(),
            logs: None,
        }
    }

    fn usual() -> SignalWindow {
        SignalWindow { invocations: 1000.0, p95: Some(200.0), concurrency: Some(3.0), ..SignalWindow::default() }
    }

    #[track_caller]
    fn finds(function: &FunctionSignals, mood: SignalStatus, what: &str) {
        let found = findings(function, Some(10.0));
        assert_eq!(super::mood(&found), mood, "{found:?}");
        let first = found.first().map(|finding| format!("{:?}", finding.what)).unwrap_or_default();
        assert!(first.starts_with(what), "{first}");
    }

    #[test]
    fn each_signal_is_judged() {
        finds(&function(usual(), usual()), SignalStatus::Good, "");
        finds(&function(SignalWindow::default(), usual()), SignalStatus::Idle, "NothingRan { before: 1000.0 }");
        let erring = |errors| SignalWindow { errors, ..usual() };
        finds(
            &function(erring(21.0), erring(4.0)),
            SignalStatus::Careful,
            "ErrorRate { before: Some(0.004), now: 0.021",
        );
        finds(
            &function(erring(60.0), SignalWindow::default()),
            SignalStatus::Bad,
            "ErrorRate { before: None, now: 0.06",
        );
        finds(&function(SignalWindow { throttles: 1.0, ..usual() }, usual()), SignalStatus::Bad, "Throttles");
        finds(
            &function(SignalWindow { concurrency: Some(9.0), ..usual() }, usual()),
            SignalStatus::Careful,
            "Concurrency { share: 0.9 }",
        );
        finds(
            &function(SignalWindow { p95: Some(9_000.0), ..usual() }, usual()),
            SignalStatus::Bad,
            "NearTimeout { p95: 9000.0, share: 0.9 }",
        );
        finds(&function(SignalWindow { p95: Some(400.0), ..usual() }, usual()), SignalStatus::Careful, "Slower");
        finds(&function(SignalWindow { invocations: 100.0, ..usual() }, usual()), SignalStatus::Careful, "LessTraffic");
        finds(&function(SignalWindow { invocations: 9000.0, ..usual() }, usual()), SignalStatus::Good, "MoreTraffic");
        // Ten requests are no rate.
        let few = SignalWindow { invocations: 10.0, p95: Some(400.0), ..usual() };
        finds(&function(few, SignalWindow { invocations: 10.0, ..usual() }), SignalStatus::Good, "");
    }

    #[test]
    fn report_lines_tell_of_memory_and_the_worst_is_first() {
        let logs = FromLogs {
            requests: 1000,
            is_sample: false,
            cold_starts: 3,
            init: None,
            cold_cost_ms: None,
            memory_size_mb: Some(512.0),
            max_memory_mb: Some(500.0),
            timeouts: 0,
            out_of_memory: 0,
        };
        let full = FunctionSignals { logs: Some(logs.clone()), ..function(usual(), usual()) };
        finds(&full, SignalStatus::Careful, "Memory { share: 0.97");
        let over = FunctionSignals { logs: Some(FromLogs { out_of_memory: 2, ..logs }), ..full };
        finds(&over, SignalStatus::Bad, "OutOfMemory { requests: 2 }");
    }
}
