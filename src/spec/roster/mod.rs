//! Which accounts a run is over: a list of accounts in the spec or in a file of its own (CSV or YAML) -> a roster. Both files
//! become the same tree first, so that both are held against the same declarations.

mod form;
mod table;

pub use form::{ACCOUNT, ACCOUNT_ID, ENTRY};

use super::error::SpecError;
use super::{file, yaml};
use crate::model::SpecProblem;
use crate::model::node::{Node, Span};
use crate::model::problem::nearest;
use crate::model::shape::{self, Shape};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

/// The role that AWS Organizations makes in every account it creates.
pub const DEFAULT_ROLE: &str = "OrganizationAccountAccessRole";

/// The accounts of a run, in the order of the file.
#[derive(Debug, Clone)]
pub struct Roster {
    pub accounts: Vec<RosterAccount>,
    name: String,
    text: String,
}

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
}

impl Roster {
    /// Reads a roster; `-` is the standard input. Finds every mistake of the file at once.
    pub fn load(path: &Path) -> Result<Self, SpecError> {
        let (name, text) = file::read(path, &file::ROSTER)?;
        Self::parse(&name, &text)
    }

    /// A roster from its text; `name` is what messages call it, and its extension tells CSV from YAML.
    pub fn parse(name: &str, text: &str) -> Result<Self, SpecError> {
        let (list, mut problems) = match is_yaml(name, text) {
            true => yaml::read(text).map(|parsed| (parsed.root, parsed.problems)),
            false => table::read(text),
        }
        .map_err(|problem| SpecError::new(name, text, vec![problem]))?;
        let accounts = read(&list, "the roster", &mut problems);
        if problems.is_empty() && accounts.is_empty() {
            let empty = SpecProblem::new(Span::default(), "the roster is empty");
            problems.push(empty.help("it has a line for each account, with at least `account`: twelve digits"));
        }
        match problems.is_empty() {
            true => Ok(Self { accounts, name: name.to_owned(), text: text.to_owned() }),
            false => Err(SpecError::new(name, text, problems)),
        }
    }

    /// The accounts that a spec lists itself; their mistakes are the spec's.
    pub(super) fn written(name: &str, text: &str, list: &Node, problems: &mut Vec<SpecProblem>) -> Self {
        Self { accounts: read(list, "`accounts`", problems), name: name.to_owned(), text: text.to_owned() }
    }

    /// Mistakes that only show with the spec: a variable without a value, a region twice.
    pub fn mistakes(&self, problems: Vec<SpecProblem>) -> SpecError {
        SpecError::new(&self.name, &self.text, problems)
    }
}

fn is_yaml(name: &str, text: &str) -> bool {
    match name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase()).as_deref() {
        Some("yaml" | "yml" | "json") => true,
        Some("csv" | "tsv") => false,
        // Of the standard input, and of a file named otherwise, the first letter tells: a table begins with a name.
        _ => text.trim_start().starts_with(['-', '[', '#', '{']),
    }
}

/// The accounts of a list, as far as they are right.
fn read(list: &Node, label: &str, problems: &mut Vec<SpecProblem>) -> Vec<RosterAccount> {
    let before = problems.len();
    shape::check(list, &Shape::List(&ENTRY), label, problems);
    for item in list.items() {
        misspelt(item, problems);
    }
    if problems.len() > before {
        return Vec::new();
    }
    let accounts = list.items().iter().map(account).collect::<Vec<_>>();
    repeated(&accounts, problems);
    accounts
}

/// A further column is anything, so that a slip of the pen in a known one has to be looked for: it is one where the known one is
/// not given.
fn misspelt(item: &Node, problems: &mut Vec<SpecProblem>) {
    for entry in item.entries().iter().filter(|entry| ACCOUNT.key(&entry.name.text).is_none()) {
        let absent = ACCOUNT.all_keys().map(|key| key.name).filter(|name| item.get(name).is_none());
        if let Some(near) = nearest(&entry.name.text, absent) {
            let problem = SpecProblem::new(entry.name.span, format!("unknown key `{}` in an account", entry.name));
            problems.push(problem.help(format!("did you mean `{near}`? A further column needs a name less like it")));
        }
    }
}

fn account(item: &Node) -> RosterAccount {
    let text = |key: &str| item.get(key).and_then(Node::text).map(str::to_owned);
    let listed = item.get("regions").map(Node::items).unwrap_or_default();
    let further = item.entries().iter().filter(|entry| ACCOUNT.key(&entry.name.text).is_none());
    let id = item.get("account");
    RosterAccount {
        id: id.and_then(Node::text).unwrap_or_default().to_owned(),
        role: text("role"),
        external_id: text("external_id"),
        regions: text("region").into_iter().chain(listed.iter().filter_map(Node::text).map(str::to_owned)).collect(),
        profile: text("profile"),
        columns: further.filter_map(|entry| Some((entry.name.text.clone(), entry.value.text()?.to_owned()))).collect(),
        span: id.map_or(item.span, |id| id.span),
    }
}

/// An account and region may stand in a roster once.
fn repeated(accounts: &[RosterAccount], problems: &mut Vec<SpecProblem>) {
    let mut seen: HashMap<(&str, &str), Span> = HashMap::new();
    for account in accounts {
        let regions: Vec<&str> = match account.regions.as_slice() {
            [] => vec![""],
            regions => regions.iter().map(String::as_str).collect(),
        };
        let mut said = BTreeSet::new();
        for region in regions {
            let Some(first) = seen.insert((&account.id, region), account.span) else { continue };
            let whole = if region.is_empty() { account.id.clone() } else { format!("{} {region}", account.id) };
            if said.insert(whole.clone()) {
                let problem = SpecProblem::new(account.span, format!("{whole} is in the roster twice"));
                problems.push(match first == account.span {
                    true => problem.help("name each region once"),
                    false => problem.also(first, "first given here"),
                });
            }
        }
    }
}

#[cfg(test)]
mod tests;
