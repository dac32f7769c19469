//! What a spec asks for as other engines' documents: desired resources -> text. Pure: reads nothing, writes nothing.

mod assemble;
pub mod cloudformation;
mod draft;
mod link;
mod merge;
pub mod terraform;
mod yaml;

use crate::model::Target;
use crate::resources::Address;
use crate::spec::Desired;
use std::fmt;

/// The account of documents that are for any account: no account has it. It becomes the engine's own word for the account.
pub const ANY_ACCOUNT: &str = "000000000000";

/// What a spec asks for in one target, and the values that it was asked with.
#[derive(Debug)]
pub struct ExportRow<'a> {
    pub desired: &'a Desired,
    /// In the order of the columns of the export.
    pub values: Vec<String>,
}

impl ExportRow<'_> {
    /// Where it is to be made: in any account.
    fn target(&self) -> Target {
        Target::new(ANY_ACCOUNT, &self.desired.region)
    }
}

/// A value that is not the same in every row: a variable of the spec, or what the engine says itself.
#[derive(Debug, Clone)]
pub struct ExportColumn {
    pub name: String,
    pub description: Option<String>,
    pub is_secret: bool,
    /// Whether the engine has a word of its own for it, which is then `name`: `AWS::AccountId`.
    pub is_pseudo: bool,
}

/// Something that a document lacks, and why.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ExportNote(String);

impl ExportNote {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    fn whole(address: &Address, why: &str) -> Self {
        Self(format!("{address} is left out: {why}"))
    }

    fn field(address: &Address, field: &str, why: &str) -> Self {
        Self(format!("{address}: {field} is left out: {why}"))
    }
}

impl fmt::Display for ExportNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How a document is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DocumentFormat {
    Json,
    Yaml,
}

impl DocumentFormat {
    /// Writes a document, ending in a line feed.
    pub fn write(self, document: &serde_json::Value) -> String {
        match self {
            DocumentFormat::Json => format!("{document:#}\n"),
            DocumentFormat::Yaml => yaml::write(document),
        }
    }

    pub fn extension(self) -> &'static str {
        match self {
            DocumentFormat::Json => "json",
            DocumentFormat::Yaml => "yaml",
        }
    }
}

/// The words of a text with capitals and nothing between them.
fn camel(text: &str, longest: usize) -> String {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let capital = |word: &str| word[..1].to_ascii_uppercase() + &word[1..];
    words.map(capital).collect::<String>().chars().take(longest).collect()
}

#[cfg(test)]
pub mod tests;
