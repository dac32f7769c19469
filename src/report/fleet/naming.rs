//! What the targets of a report are called, so that no more is said than sets them apart.

use crate::fleet::FleetReport;
use crate::model::Target;
use crate::report::{count, mask};
use std::collections::BTreeSet;

/// By what the targets of a report are told from each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetNaming {
    Account,
    /// It is one account, in several regions.
    Region,
    Both,
}

impl TargetNaming {
    pub fn of(report: &FleetReport) -> Self {
        let targets = || report.rows.iter().map(|row| &row.target);
        let accounts = targets().map(|target| &target.account).collect::<BTreeSet<_>>().len();
        let regions = targets().map(|target| &target.region).collect::<BTreeSet<_>>().len();
        match (accounts, regions) {
            (_, 0 | 1) => Self::Account,
            (1, _) => Self::Region,
            _ => Self::Both,
        }
    }

    pub fn one(self, target: &Target) -> String {
        mask::line(&match self {
            Self::Account => target.account.clone(),
            Self::Region => target.region.clone(),
            Self::Both => target.to_string(),
        })
    }

    /// `100 accounts`, `2 regions`, or `200 targets in 100 accounts` where an account has several regions.
    pub fn count<'a>(self, targets: impl Iterator<Item = &'a Target>) -> String {
        let accounts: Vec<&str> = targets.map(|target| target.account.as_str()).collect();
        let distinct = accounts.iter().collect::<BTreeSet<_>>().len();
        match self {
            Self::Region => count(accounts.len(), "region"),
            _ if distinct == accounts.len() => count(distinct, "account"),
            _ => format!("{} in {}", count(accounts.len(), "target"), count(distinct, "account")),
        }
    }

    /// How many, and up to `most` of them: `2 accounts (111122223333, 222233334444)`. One region is called by its name.
    pub fn who(self, targets: &[Target], most: usize) -> String {
        match targets {
            [one] if self == Self::Region => self.one(one),
            _ => format!("{} ({})", self.count(targets.iter()), self.whom(targets, most)),
        }
    }

    /// Up to `most` of them, then how many more.
    pub fn whom(self, targets: &[Target], most: usize) -> String {
        let named: Vec<String> = targets.iter().take(most).map(|target| self.one(target)).collect();
        match targets.len() - named.len() {
            0 => named.join(", "),
            more => format!("{} and {more} more", named.join(", ")),
        }
    }
}
