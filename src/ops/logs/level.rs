//! How bad a line is, in the words of whoever wrote it.

use std::fmt;
use std::str::FromStr;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LogLevel {
    Trace,
    Debug,
    Info,
    Warning,
    Error,
    Critical,
}

impl LogLevel {
    pub const ALL: [Self; 6] = [Self::Trace, Self::Debug, Self::Info, Self::Warning, Self::Error, Self::Critical];

    pub fn word(self) -> &'static str {
        match self {
            Self::Trace => "TRACE",
            Self::Debug => "DEBUG",
            Self::Info => "INFO",
            Self::Warning => "WARNING",
            Self::Error => "ERROR",
            Self::Critical => "CRITICAL",
        }
    }

    /// Numbers of pino and bunyan: 10 is trace, 60 is fatal.
    pub fn of_number(number: i64) -> Option<Self> {
        Some(match number {
            10..20 => Self::Trace,
            20..30 => Self::Debug,
            30..40 => Self::Info,
            40..50 => Self::Warning,
            50..60 => Self::Error,
            60..=69 => Self::Critical,
            _ => return None,
        })
    }
}

impl FromStr for LogLevel {
    type Err = ();

    /// The words of Python, Node, Java, .NET, Go and Rust, in any case.
    fn from_str(word: &str) -> Result<Self, ()> {
        // Longer than any of them: not worth a copy.
        if word.len() > 11 {
            return Err(());
        }
        Ok(match word.to_ascii_uppercase().as_str() {
            "TRACE" | "TRCE" => Self::Trace,
            "DEBUG" | "DBUG" => Self::Debug,
            "INFO" | "NOTICE" | "INFORMATION" => Self::Info,
            "WARN" | "WARNING" => Self::Warning,
            "ERROR" | "FAIL" | "ERR" => Self::Error,
            "CRITICAL" | "FATAL" | "CRIT" | "PANIC" => Self::Critical,
            _ => return Err(()),
        })
    }
}

impl fmt::Display for LogLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
