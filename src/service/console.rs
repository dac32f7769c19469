//! Where an instance writes: standard output, or, where several live in one process, each to a console of its own. Knows lines,
//! not what they say.

use std::io::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use super::log_level::{LogFormat, ServiceLogLevel};

tokio::task_local! {
    static CONSOLE: Arc<Console>;
}

/// What one instance wrote and nobody has taken yet.
pub struct Console {
    pub level: ServiceLogLevel,
    pub format: LogFormat,
    lines: Mutex<Vec<(Instant, String)>>,
}

impl Console {
    pub fn new(level: ServiceLogLevel, format: LogFormat) -> Arc<Self> {
        Arc::new(Self { level, format, lines: Mutex::default() })
    }

    /// Adds text as lines.
    pub fn write(&self, text: &str) {
        let now = Instant::now();
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.extend(text.lines().map(|line| (now, line.to_owned())));
    }

    /// The lines since the last time, each with its moment.
    pub fn take(&self) -> Vec<(Instant, String)> {
        std::mem::take(&mut *self.lines.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The console of the task that runs, if it has one.
pub fn here() -> Option<Arc<Console>> {
    CONSOLE.try_with(Arc::clone).ok()
}

/// Runs a task that writes to a console; without one, to wherever the process writes.
pub async fn scope<T>(console: Option<Arc<Console>>, task: impl Future<Output = T>) -> T {
    match console {
        Some(console) => CONSOLE.scope(console, task).await,
        None => task.await,
    }
}

/// As [`scope`], for what starts and does not wait.
pub fn scope_sync<T>(console: &Arc<Console>, task: impl FnOnce() -> T) -> T {
    CONSOLE.sync_scope(Arc::clone(console), task)
}

/// Writes a line where CloudWatch reads it.
pub fn print(line: &str) {
    match here() {
        Some(console) => console.write(line),
        None => drop(writeln!(std::io::stdout().lock(), "{line}")),
    }
}
