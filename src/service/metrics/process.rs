//! What this process uses: memory, processor time, open files. Figures a system does not tell are left out.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::clock;

/// When the process began to serve, and how busy it was between two looks.
#[derive(Debug)]
pub struct Process {
    started: Instant,
    started_at: i64,
    cpu: Mutex<ProcessReading>,
}

#[derive(Debug, Clone, Copy)]
struct ProcessReading {
    at: Instant,
    used: Duration,
    percent: f64,
}

#[derive(Debug, Clone, Copy, Default)]
pub struct Memory {
    pub resident: u64,
    pub reserved: u64,
}

impl Process {
    pub fn begin() -> Self {
        let now = Instant::now();
        Self {
            started: now,
            started_at: clock::now(),
            cpu: Mutex::new(ProcessReading { at: now, used: cpu_time(), percent: 0.0 }),
        }
    }

    pub fn uptime(&self) -> Duration {
        self.started.elapsed()
    }

    /// Microseconds since 1970.
    pub fn started_at(&self) -> i64 {
        self.started_at
    }

    /// Percent of one processor since the last look; looks within a tenth of a second share one answer.
    pub fn cpu_percent(&self) -> f64 {
        let mut look = self.cpu.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let passed = look.at.elapsed();
        if passed >= Duration::from_millis(100) {
            let used = cpu_time();
            let percent = used.saturating_sub(look.used).as_secs_f64() / passed.as_secs_f64() * 100.0;
            *look = ProcessReading { at: Instant::now(), used, percent };
        }
        look.percent
    }
}

/// Processor time of all threads, user and system.
pub fn cpu_time() -> Duration {
    cpu_time::ProcessTime::try_now().map_or(Duration::ZERO, |time| time.as_duration())
}

pub fn memory() -> Option<Memory> {
    memory_stats::memory_stats()
        .map(|stats| Memory { resident: stats.physical_mem as u64, reserved: stats.virtual_mem as u64 })
}

/// Open file descriptors and their limit; Linux only, as with the course's Python client.
pub fn descriptors() -> Option<(u64, u64)> {
    let open = std::fs::read_dir("/proc/self/fd").ok()?.count() as u64;
    let limits = std::fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find(|line| line.starts_with("Max open files"))?;
    let most = line.split_whitespace().nth(3)?.parse().ok()?;
    // The listing itself holds one open.
    Some((open.saturating_sub(1), most))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_running_process_uses_something() {
        assert!(memory().is_some_and(|memory| memory.resident > 0 && memory.reserved >= memory.resident));
        if cfg!(target_os = "linux") {
            assert!(descriptors().is_some_and(|(open, most)| open > 0 && most >= open));
        }
        assert!(Process::begin().cpu_percent() >= 0.0);
    }
}
