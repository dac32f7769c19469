//! SNS's limits of a filter policy, and what is wrong with one, in SNS's words.

use super::{FilterCondition, FilterPolicy, FilterScope};
use std::collections::BTreeMap;

/// Keys of a policy at any depth: "A filter policy can have a maximum of five keys"; a key counts where values are assigned to it
/// (SNS developer guide, "Filter policy constraints").
pub const MAX_KEYS: usize = 5;
/// "The total combination of values in a filter policy must not exceed 150" (the same page).
pub const MAX_COMBINATIONS: u64 = 150;
/// "The maximum size of a filter policy is 256 KB" (the same page).
pub const MAX_BYTES: usize = 256 * 1024;
/// "For numeric matching, the value can range from -10^9 to 10^9" (the same page).
pub const MAX_NUMBER: f64 = 1e9;

/// A step from a policy to a part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PolicyStep {
    Key(String),
    Item(usize),
}

/// Why SNS refuses a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PolicyFault {
    NoJson(String),
    NoObject,
    /// A part that does not follow the grammar: where, and SNS's sentence.
    Grammar {
        at: Vec<PolicyStep>,
        sentence: String,
    },
    /// Keys below keys, which only the scope `MessageBody` allows.
    Nested {
        at: Vec<PolicyStep>,
    },
    TooManyKeys {
        keys: usize,
    },
    TooComplex {
        combinations: u64,
    },
    TooLarge {
        bytes: usize,
    },
}

impl PolicyFault {
    /// SNS's own sentence, as it follows `Invalid parameter: `.
    pub fn sentence(&self) -> String {
        match self {
            PolicyFault::NoJson(why) => format!("FilterPolicy: failed to parse JSON. {why}"),
            PolicyFault::NoObject => "FilterPolicy: Filter policy must be a JSON object".into(),
            PolicyFault::Grammar { sentence, .. } => format!("FilterPolicy: {sentence}"),
            PolicyFault::Nested { .. } => {
                "Filter policy scope MessageAttributes does not support nested filter policy".into()
            }
            PolicyFault::TooManyKeys { .. } => {
                format!("FilterPolicy: Filter policy can not have more than {MAX_KEYS} keys")
            }
            PolicyFault::TooComplex { .. } => "FilterPolicy: Filter policy is too complex".into(),
            PolicyFault::TooLarge { .. } => "FilterPolicy: Filter policy is too large".into(),
        }
    }

    /// Where in the policy it is; empty where it is about the whole.
    pub fn place(&self) -> &[PolicyStep] {
        match self {
            PolicyFault::Grammar { at, .. } | PolicyFault::Nested { at } => at,
            _ => &[],
        }
    }
}

/// Holds a policy that follows the grammar against the limits.
pub fn check(policy: &FilterPolicy, scope: FilterScope) -> Result<(), PolicyFault> {
    if scope == FilterScope::MessageAttributes
        && let Some(at) = first_nested(&policy.fields)
    {
        return Err(PolicyFault::Nested { at });
    }
    let keys = keys(&policy.fields);
    if keys > MAX_KEYS {
        return Err(PolicyFault::TooManyKeys { keys });
    }
    let combinations = combinations(&policy.fields, 1);
    if combinations > MAX_COMBINATIONS {
        return Err(PolicyFault::TooComplex { combinations });
    }
    Ok(())
}

fn first_nested(fields: &BTreeMap<String, FilterCondition>) -> Option<Vec<PolicyStep>> {
    fields.iter().find_map(|(key, condition)| {
        let here = PolicyStep::Key(key.clone());
        match condition {
            FilterCondition::Nested(_) => Some(vec![here]),
            FilterCondition::Values(_) => None,
            FilterCondition::AnyOf(branches) => branches.iter().enumerate().find_map(|(n, branch)| {
                let inner = first_nested(branch)?;
                Some([vec![here.clone(), PolicyStep::Item(n)], inner].concat())
            }),
        }
    })
}

/// Counts keys that values are assigned to. Of the branches of `$or` the longest counts: the guide does not say, and what SNS may
/// accept is not refused here.
fn keys(fields: &BTreeMap<String, FilterCondition>) -> usize {
    let of = |condition: &FilterCondition| match condition {
        FilterCondition::Nested(children) => keys(children),
        FilterCondition::Values(_) => 1,
        FilterCondition::AnyOf(branches) => branches.iter().map(keys).max().unwrap_or(0),
    };
    fields.values().map(of).sum()
}

/// Returns how many combinations of values a policy has.
#[cfg(test)]
pub fn combinations_of(policy: &FilterPolicy) -> u64 {
    combinations(&policy.fields, 1)
}

/// Multiplies the numbers of values, those of a nested key times its depth: the guide's example of four values at depth three, three
/// at depth two and three at depth one is 4 x 3 x 3 x 2 x 3 = 216. The branches of `$or` add up.
fn combinations(fields: &BTreeMap<String, FilterCondition>, depth: u64) -> u64 {
    let of = |condition: &FilterCondition| match condition {
        FilterCondition::Nested(children) => combinations(children, depth + 1),
        FilterCondition::Values(patterns) => (patterns.len() as u64).saturating_mul(depth),
        FilterCondition::AnyOf(branches) => {
            branches.iter().fold(0, |sum: u64, branch| sum.saturating_add(combinations(branch, depth)))
        }
    };
    fields.values().map(of).fold(1, u64::saturating_mul)
}
