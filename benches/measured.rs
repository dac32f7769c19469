//! What one run of a program has cost, as `/proc` says of a child of this process. Linux only; judges nothing.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// What `/proc/self/stat` counts in, on every Linux that Rust runs on.
const TICKS_A_SECOND: f64 = 100.0;

#[derive(Debug, Clone, Copy)]
pub struct Run {
    pub code: Option<i32>,
    /// Seconds.
    #[allow(dead_code, reason = "not every bench looks at each figure")]
    pub wall: f64,
    /// Seconds of processor time, user and system.
    pub processor: f64,
    /// The most that was resident.
    pub megabytes: f64,
}

impl Run {
    /// Runs a program to its end; what it prints is thrown away.
    pub fn of(command: &mut Command) -> Self {
        let (began, before) = (Instant::now(), time_of_children());
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().expect("the program starts");
        let mut megabytes = 0.0_f64;
        let code = loop {
            // A read that comes when it has just ended says nothing; the one before counts.
            megabytes = megabytes.max(peak_memory(&child).unwrap_or(0.0));
            match child.try_wait().expect("the program is our child") {
                Some(status) => break status.code(),
                None => std::thread::sleep(Duration::from_millis(2)),
            }
        };
        let (wall, processor) = (began.elapsed().as_secs_f64(), time_of_children() - before);
        Self { code, wall, processor, megabytes }
    }
}

/// Seconds of processor time of this process itself, user and system.
#[allow(dead_code, reason = "not every bench does work of its own")]
pub fn own_time() -> f64 {
    times(11)
}

/// User and system time of the children that have ended, to the tick: what is cut off one run is added to the next, so the mean of several
/// is exact.
fn time_of_children() -> f64 {
    times(13)
}

/// User time at this place and system time behind it. The fields stand behind the name in parentheses, which may hold anything.
fn times(at: usize) -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux has /proc");
    let fields: Vec<&str> = stat.rsplit_once(')').expect("a name").1.split_whitespace().collect();
    let ticks = |at: usize| fields[at].parse::<f64>().expect("a number");
    (ticks(at) + ticks(at + 1)) / TICKS_A_SECOND
}

fn peak_memory(child: &Child) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix(" kB")?.trim().parse::<f64>().ok()? / 1_000.0)
}
