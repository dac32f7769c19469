//! What was found, with the evidence and the mend.

use crate::resources::{Address, Kind};
use serde::{Serialize, Serializer};
use serde_json::Value;
use std::fmt;

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// Of the cause.
    pub cause: &'static str,
    pub level: Level,
    pub about: Subject,
    /// What else it concerns: the functions and topics of an alarm.
    #[serde(skip)]
    pub touches: Vec<Subject>,
    pub what: String,
    /// What was seen.
    pub evidence: Vec<String>,
    pub remedy: String,
    /// An IAM statement that lifts it.
    pub statement: Option<Value>,
    /// Whether `mlopsctl apply` mends it.
    pub applies: bool,
    /// What only follows from it.
    pub consequences: Vec<Finding>,
}

/// The worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// It cannot work like this.
    Broken,
    /// Somebody has to act.
    Act,
    /// Worth knowing, and perhaps right as it is.
    Hint,
}

impl Level {
    pub fn word(self) -> &'static str {
        match self {
            Level::Broken => "broken",
            Level::Act => "act",
            Level::Hint => "hint",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// The run itself: credentials, network, region.
    Everything,
    Function(String),
    Resource(Address),
    /// The service behind an address.
    Service(String),
}

impl Subject {
    pub fn topic(name: &str) -> Self {
        Subject::Resource(Address::new(Kind::Topic, name))
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Subject::Everything => f.write_str("everything"),
            Subject::Function(name) => write!(f, "function/{name}"),
            Subject::Resource(address) => write!(f, "{address}"),
            Subject::Service(url) => write!(f, "service/{url}"),
        }
    }
}

impl Serialize for Subject {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Finding {
    pub fn new(cause: &'static str, level: Level, about: Subject, what: impl Into<String>) -> Self {
        Self {
            cause,
            level,
            about,
            touches: Vec::new(),
            what: what.into(),
            evidence: Vec::new(),
            remedy: String::new(),
            statement: None,
            applies: false,
            consequences: Vec::new(),
        }
    }

    pub fn seen(mut self, evidence: impl Into<String>) -> Self {
        self.evidence.push(evidence.into());
        self
    }

    pub fn mend(self, remedy: impl Into<String>) -> Self {
        Self { remedy: remedy.into(), ..self }
    }

    pub fn touching(self, touches: Vec<Subject>) -> Self {
        Self { touches, ..self }
    }

    pub fn by_apply(self, applies: bool) -> Self {
        Self { applies, ..self }
    }

    /// Whether it is about, or concerns, what another one is about.
    pub fn concerns(&self, about: &Subject) -> bool {
        *about == Subject::Everything || self.about == *about || self.touches.contains(about)
    }
}
