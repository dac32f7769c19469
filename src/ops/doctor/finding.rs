//! What was found, with the evidence and the mend.

use crate::ops::handover::HandoverStep;
use crate::resources::{Address, Kind};
use serde::{Serialize, Serializer};
use serde_json::Value;
use std::fmt;

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DoctorFinding {
    /// Of the cause.
    pub cause: &'static str,
    pub level: DoctorLevel,
    pub about: FindingSubject,
    /// What else it concerns: the functions and topics of an alarm.
    #[serde(skip)]
    pub touches: Vec<FindingSubject>,
    pub what: String,
    /// What was seen.
    pub evidence: Vec<String>,
    pub remedy: String,
    /// The fix step by step, where it is more than a sentence.
    pub instructions: Vec<HandoverStep>,
    /// An IAM statement that lifts it.
    pub statement: Option<Value>,
    /// Whether `mlopsctl apply` mends it.
    pub applies: bool,
    /// What only follows from it.
    pub consequences: Vec<DoctorFinding>,
}

/// The worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DoctorLevel {
    /// It cannot work like this.
    Error,
    /// Somebody has to act.
    ActionNeeded,
    /// Worth knowing, and perhaps right as it is.
    Hint,
}

impl DoctorLevel {
    pub fn word(self) -> &'static str {
        match self {
            DoctorLevel::Error => "error",
            DoctorLevel::ActionNeeded => "action needed",
            DoctorLevel::Hint => "hint",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum FindingSubject {
    /// The run itself: credentials, network, region.
    Everything,
    Function(String),
    Resource(Address),
    /// The service behind an address.
    Service(String),
}

impl FindingSubject {
    pub fn topic(name: &str) -> Self {
        FindingSubject::Resource(Address::new(Kind::Topic, name))
    }
}

impl fmt::Display for FindingSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FindingSubject::Everything => f.write_str("everything"),
            FindingSubject::Function(name) => write!(f, "function/{name}"),
            FindingSubject::Resource(address) => write!(f, "{address}"),
            FindingSubject::Service(url) => write!(f, "service/{url}"),
        }
    }
}

impl Serialize for FindingSubject {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl DoctorFinding {
    pub fn new(cause: &'static str, level: DoctorLevel, about: FindingSubject, what: impl Into<String>) -> Self {
        Self {
            cause,
            level,
            about,
            touches: Vec::new(),
            what: what.into(),
            evidence: Vec::new(),
            remedy: String::new(),
            instructions: Vec::new(),
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

    pub fn touching(self, touches: Vec<FindingSubject>) -> Self {
        Self { touches, ..self }
    }

    pub fn by_apply(self, applies: bool) -> Self {
        Self { applies, ..self }
    }

    /// Whether it is about, or concerns, what another one is about.
    pub fn concerns(&self, about: &FindingSubject) -> bool {
        *about == FindingSubject::Everything || self.about == *about || self.touches.contains(about)
    }
}
