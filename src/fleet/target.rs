//! One target of a run over a roster: where, how it is reached, and what it is called. Asks nobody.

use super::shard::{Shard, folded};
use crate::aws::Role;
use crate::model::{SpecProblem, Target};
use crate::spec::{DEFAULT_ROLE, Roster, RosterAccount, SpecError};
use std::collections::BTreeMap;

/// An account and region of a roster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FleetTarget {
    pub target: Target,
    pub way: AccessMethod,
    /// The roster's further columns: values of variables, and what people know the account by.
    pub columns: BTreeMap<String, String>,
    /// Whether what the account has once, whatever the region, is this target's: of several regions the first one's, of those of a
    /// file its home region's. Else two runs would write the same dashboard in turn.
    pub keeps_account: bool,
}

/// How an account is reached.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum AccessMethod {
    Profile(String),
    /// By a role that the roster or the command line names.
    Role {
        name: String,
        external_id: Option<String>,
    },
    /// By the role that AWS Organizations makes, unless the account is the caller's own.
    Usual {
        external_id: Option<String>,
    },
}

/// The members of a roster and, before it was cut into shards, their number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FleetTargets {
    /// In the order of account and region.
    pub list: Vec<FleetTarget>,
    pub of: usize,
    /// The same for the same targets, before they were cut, in whatever order they were written.
    pub sum: u64,
}

/// What the command line says for all accounts.
#[derive(Debug, Clone, Copy)]
pub struct FleetDefaults<'a> {
    pub role: Option<&'a str>,
    /// Wins over the roster's.
    pub region: Option<&'a str>,
    pub shard: Shard,
}

impl FleetTargets {
    /// Every account in each of its regions. `default_regions` says where an account is for which nobody says it: the
    /// regions of the spec, bound with the account's values, or that of the AWS configuration.
    pub fn of<E: From<SpecError>>(
        roster: &Roster,
        for_all: FleetDefaults<'_>,
        default_regions: impl Fn(&RosterAccount) -> Result<Vec<String>, E>,
    ) -> Result<Self, E> {
        let mut members: BTreeMap<Target, FleetTarget> = BTreeMap::new();
        let mut keepers: BTreeMap<String, Target> = BTreeMap::new();
        let mut problems = Vec::new();
        for account in &roster.accounts {
            let regions = match (for_all.region, account.regions.as_slice()) {
                (Some(region), _) => vec![region.to_owned()],
                (None, []) => default_regions(account)?,
                (None, regions) => regions.to_vec(),
            };
            for region in regions {
                let target = Target::new(&account.id, region);
                if account.is_first {
                    keepers.entry(account.id.clone()).or_insert_with(|| target.clone());
                }
                let member = FleetTarget {
                    target: target.clone(),
                    way: way(account, for_all.role),
                    columns: account.columns.clone(),
                    keeps_account: false,
                };
                if members.insert(target.clone(), member).is_some() {
                    problems.push(SpecProblem::new(account.span, format!("{target} is in the roster twice")));
                }
            }
        }
        if !problems.is_empty() {
            return Err(roster.mistakes(problems).into());
        }
        let of = members.len() + roster.passed_over;
        for first in keepers.into_values() {
            if let Some(member) = members.get_mut(&first) {
                member.keeps_account = true;
            }
        }
        let sum = Self::sum_of(members.keys().cloned());
        let list = members.into_values().filter(|member| for_all.shard.contains(&member.target)).collect();
        Ok(Self { list, of, sum })
    }
}

impl FleetTargets {
    /// The same for the same targets in any order; sums of disjoint ones add up.
    pub fn sum_of(targets: impl Iterator<Item = Target>) -> u64 {
        targets.fold(0, |sum, target| sum.wrapping_add(folded(&target.to_string())))
    }

    /// One account in these regions, the home region first, with its own credentials.
    pub fn of_account(account: &str, regions: Vec<String>, shard: Shard) -> Self {
        let of = regions.len();
        let member = |(at, region): (usize, String)| FleetTarget {
            target: Target::new(account, region),
            way: AccessMethod::Usual { external_id: None },
            columns: BTreeMap::new(),
            keeps_account: at == 0,
        };
        let mut list: Vec<FleetTarget> = regions.into_iter().enumerate().map(member).collect();
        let sum = Self::sum_of(list.iter().map(|member| member.target.clone()));
        list.retain(|member| shard.contains(&member.target));
        list.sort_by(|a, b| a.target.cmp(&b.target));
        Self { list, of, sum }
    }
}

fn way(account: &RosterAccount, role: Option<&str>) -> AccessMethod {
    let external_id = account.external_id.clone();
    match (&account.profile, account.role.as_deref().or(role)) {
        (Some(profile), _) => AccessMethod::Profile(profile.clone()),
        (None, Some(name)) => AccessMethod::Role { name: name.to_owned(), external_id },
        (None, None) => AccessMethod::Usual { external_id },
    }
}

impl FleetTarget {
    /// Whether it is reached with the credentials of whoever starts the run.
    pub fn needs_a_caller(&self) -> bool {
        !matches!(self.way, AccessMethod::Profile(_))
    }
}

impl AccessMethod {
    /// The role to assume in the target's account; `None` where a profile reaches it.
    pub(super) fn role(&self, target: &Target, session: &str) -> Option<Role> {
        let (name, external_id) = match self {
            AccessMethod::Profile(_) => return None,
            AccessMethod::Role { name, external_id } => (name.as_str(), external_id),
            AccessMethod::Usual { external_id } => (DEFAULT_ROLE, external_id),
        };
        Some(Role {
            account: target.account.clone(),
            partition: target.partition(),
            name: name.to_owned(),
            external_id: external_id.clone(),
            session: session.to_owned(),
        })
    }
}
