//! What a rule has found: which rule, how bad, where, what, and what to do.

use crate::model::Span;
use crate::resources::Address;
use crate::spec::{BoundSpec, Desired};
use serde::Serialize;
use std::cmp::Ordering;
use std::fmt;

/// How much a finding weighs. The worst is the least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The alarm cannot do what it is for.
    Error,
    /// The alarm will tell too much, too little or nobody.
    Warning,
    /// It works, and could be better or cheaper.
    Hint,
}

impl Severity {
    pub const ALL: [Severity; 3] = [Severity::Error, Severity::Warning, Severity::Hint];

    pub fn word(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Hint => "hint",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// Something that is wrong, with its place in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LintFinding {
    pub rule: &'static str,
    pub level: Severity,
    /// The resource it is about; `None` where it is about a function or a comment.
    pub address: Option<Address>,
    /// The narrowest place.
    pub span: Span,
    /// The name of the declaration that the place is in: a comment there keeps it quiet.
    pub anchor: Span,
    /// One line without a full stop.
    pub message: String,
    pub help: String,
}

impl LintFinding {
    /// The order of the file; at one place the worst first.
    pub fn by_place(a: &Self, b: &Self) -> Ordering {
        (a.span.start, a.level, a.rule, &a.message).cmp(&(b.span.start, b.level, b.rule, &b.message))
    }
}

/// A finding that a comment keeps quiet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppressed {
    pub finding: LintFinding,
    /// Why, as the comment says.
    pub reason: String,
}

/// What a finding is about, before its place in the file is known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum About {
    Resource(Address),
    Function(String),
}

/// A finding of a rule that knows no file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raised {
    pub rule: &'static str,
    /// No worse than this, whatever its rule says.
    pub level: Severity,
    pub about: About,
    /// The keys of the declaration that it is about; the first that is written is the place.
    pub keys: &'static [&'static str],
    pub message: String,
    pub help: String,
}

impl Raised {
    /// Rule and level are filled in by the caller of the rule.
    pub fn new(
        about: About,
        keys: &'static [&'static str],
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self { rule: "", level: Severity::Error, about, keys, message: message.into(), help: help.into() }
    }

    /// The same as a hint: what makes it weigh more is not known here.
    pub fn hint(self) -> Self {
        Self { level: Severity::Hint, ..self }
    }

    pub fn at(self, bound: &BoundSpec, desired: &Desired) -> LintFinding {
        let (address, anchor, key) = match self.about {
            About::Function(name) => (None, bound.function_span(&name).unwrap_or_default(), None),
            About::Resource(address) => {
                let anchor = desired.spans.get(&address).copied().unwrap_or_default();
                let key = bound.key_span(&address, self.keys);
                (Some(address), anchor, key)
            }
        };
        LintFinding {
            rule: self.rule,
            level: self.level,
            address,
            span: key.unwrap_or(anchor),
            anchor,
            message: self.message,
            help: self.help,
        }
    }
}
