//! Which accounts a run is over: a list of accounts in the spec or in a file of its own (CSV or YAML) -> a roster. Both files
//! become the same tree first, so that both are held against the same declarations.

mod form;
mod pieces;
mod read;
mod seen;
mod table;

pub use form::{ACCOUNT, ACCOUNT_ID, ENTRY};

use self::read::{RosterReader, RosterText};
use super::error::SpecError;
use crate::model::SpecProblem;
use crate::model::node::{Node, Span};
use std::collections::BTreeMap;
use std::path::Path;

/// The role that AWS Organizations makes in every account it creates.
pub const DEFAULT_ROLE: &str = "OrganizationAccountAccessRole";

/// The accounts of a run, in the order of the file.
#[derive(Debug, Clone)]
pub struct Roster {
    pub accounts: Vec<RosterAccount>,
    /// How many targets there are in accounts that were passed over.
    pub passed_over: usize,
    name: String,
    text: RosterText,
}

/// Says of an account that is of no interest here how many targets it has; `None` keeps it.
pub type PassOver<'a> = &'a mut dyn FnMut(&RosterAccount) -> Option<usize>;

/// One line of a roster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RosterAccount {
    /// Twelve digits.
    pub id: String,
    /// A role's name, with its path if it has one; `None` where the roster does not say.
    pub role: Option<String>,
    pub external_id: Option<String>,
    /// Where the run acts; empty where the roster does not say.
    pub regions: Vec<String>,
    /// A profile of the AWS configuration that reaches the account; no role is assumed then.
    pub profile: Option<String>,
    /// The further columns with a value: variables of the spec where it declares them, and for people and reports otherwise.
    pub columns: BTreeMap<String, String>,
    /// Where it stands in the file.
    pub span: Span,
    /// Whether the account stands in no line before.
    pub is_first: bool,
}

impl Roster {
    /// Reads a roster; `-` is the standard input. Finds every mistake of the file at once.
    pub fn load(path: &Path) -> Result<Self, SpecError> {
        Self::load_part(path, &mut |_| None)
    }

    /// The same without the accounts that are passed over: neither they nor the text of a large file are held.
    pub fn load_part(path: &Path, pass_over: PassOver<'_>) -> Result<Self, SpecError> {
        read::load(path, pass_over)
    }

    /// A roster from its text; `name` is what messages call it, and its extension tells CSV from YAML.
    #[cfg(test)]
    pub fn parse(name: &str, text: &str) -> Result<Self, SpecError> {
        read::whole(name, text, &mut |_| None)
    }

    /// The accounts that a spec lists itself; their mistakes are the spec's.
    pub(super) fn written(name: &str, text: &str, list: &Node, problems: &mut Vec<SpecProblem>) -> Self {
        let mut all = |_: &RosterAccount| None;
        let mut reader = RosterReader::new("`accounts`", &mut all);
        reader.list(list.clone());
        problems.append(&mut reader.problems);
        Self {
            accounts: reader.accounts,
            passed_over: 0,
            name: name.to_owned(),
            text: RosterText::Held(text.to_owned()),
        }
    }

    /// Mistakes that only show with the spec: a variable without a value, a region twice.
    pub fn mistakes(&self, problems: Vec<SpecProblem>) -> SpecError {
        self.text.mistakes(&self.name, problems)
    }
}

/// Names of the column of ids in lists that other tools write.
const OTHER_NAMES: [&str; 2] = ["account_id", "id"];

/// Which of the keys names the account, where none is called as ours.
fn other_name(names: &[&str]) -> Option<usize> {
    if names.contains(&"account") {
        return None;
    }
    OTHER_NAMES.iter().find_map(|other| names.iter().position(|name| name == other))
}

#[cfg(test)]
mod tests;
