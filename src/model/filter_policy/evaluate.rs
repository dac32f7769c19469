//! Whether a message passes a filter policy, as far as the message is known. Pure.

use super::FilterOutcome::{Depends, Matches, Never};
use super::{
    Affix, FilterCondition, FilterOutcome, FilterPolicy, MessageField, NumericBound, NumericRelation, ValuePattern,
};
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::IpAddr;

impl FilterOutcome {
    fn of(holds: bool) -> Self {
        if holds { Matches } else { Never }
    }

    /// All have to hold.
    fn all(outcomes: impl Iterator<Item = FilterOutcome>) -> Self {
        outcomes.fold(Matches, |all, one| match (all, one) {
            (Never, _) | (_, Never) => Never,
            (Depends, _) | (_, Depends) => Depends,
            (Matches, Matches) => Matches,
        })
    }

    /// One has to hold.
    fn any(outcomes: impl Iterator<Item = FilterOutcome>) -> Self {
        outcomes.fold(Never, |any, one| match (any, one) {
            (Matches, _) | (_, Matches) => Matches,
            (Depends, _) | (_, Depends) => Depends,
            (Never, Never) => Never,
        })
    }

    fn not(self) -> Self {
        match self {
            Matches => Never,
            Never => Matches,
            Depends => Depends,
        }
    }

    /// What is the same for each of some possible values.
    pub fn same_for_all(outcomes: impl Iterator<Item = FilterOutcome>) -> Self {
        let mut outcomes = outcomes;
        let Some(first) = outcomes.next() else { return Depends };
        if outcomes.all(|outcome| outcome == first) { first } else { Depends }
    }
}

pub fn outcome(policy: &FilterPolicy, message: &MessageField) -> FilterOutcome {
    fields_hold(&policy.fields, Some(message))
}

fn fields_hold(fields: &BTreeMap<String, FilterCondition>, subject: Option<&MessageField>) -> FilterOutcome {
    // Of an array one element has to hold all keys.
    if let Some(MessageField::List(items)) = subject {
        return FilterOutcome::any(items.iter().map(|item| fields_hold(fields, Some(item))));
    }
    FilterOutcome::all(fields.iter().map(|(key, condition)| {
        let below = || match subject {
            Some(MessageField::Object(fields)) => fields.get(key),
            Some(MessageField::Unknown) => Some(&MessageField::Unknown),
            _ => None,
        };
        match condition {
            FilterCondition::Nested(children) => fields_hold(children, below()),
            FilterCondition::AnyOf(branches) => {
                FilterOutcome::any(branches.iter().map(|branch| fields_hold(branch, subject)))
            }
            FilterCondition::Values(patterns) => {
                let mut leaves = Vec::new();
                flatten(below(), &mut leaves);
                FilterOutcome::any(patterns.iter().map(|pattern| pattern.holds(&leaves)))
            }
        }
    }))
}

/// The leaves that a policy's values are compared with: of an array each element, of an object none.
fn flatten<'a>(field: Option<&'a MessageField>, leaves: &mut Vec<&'a MessageField>) {
    match field {
        None | Some(MessageField::Object(_)) => {}
        Some(MessageField::List(items)) => items.iter().for_each(|item| flatten(Some(item), leaves)),
        Some(leaf) => leaves.push(leaf),
    }
}

impl ValuePattern {
    fn holds(&self, leaves: &[&MessageField]) -> FilterOutcome {
        match self {
            ValuePattern::Exists(wanted) => {
                let is_there = match leaves {
                    [] => Never,
                    leaves if leaves.iter().all(|leaf| matches!(leaf, MessageField::Unknown)) => Depends,
                    _ => Matches,
                };
                if *wanted { is_there } else { is_there.not() }
            }
            // Editions of the guide differ in whether one or every element has to be another value.
            ValuePattern::AnythingBut(_) => {
                let each: Vec<FilterOutcome> = leaves.iter().map(|leaf| self.holds_for(leaf)).collect();
                match each.as_slice() {
                    [] => Never,
                    each => FilterOutcome::same_for_all(each.iter().copied()),
                }
            }
            _ => FilterOutcome::any(leaves.iter().map(|leaf| self.holds_for(leaf))),
        }
    }

    fn holds_for(&self, leaf: &MessageField) -> FilterOutcome {
        match leaf {
            MessageField::Known(value) => FilterOutcome::of(self.holds_for_value(value)),
            MessageField::OneOf(values) => {
                FilterOutcome::same_for_all(values.iter().map(|value| FilterOutcome::of(self.holds_for_value(value))))
            }
            MessageField::SomeText => self.holds_for_some_text(),
            MessageField::Unknown => Depends,
            MessageField::Object(_) | MessageField::List(_) => Never,
        }
    }

    fn holds_for_value(&self, value: &Value) -> bool {
        let text = value.as_str();
        match self {
            ValuePattern::Exact(wanted) => match (wanted.as_f64(), value.as_f64()) {
                (Some(wanted), Some(number)) => wanted == number,
                _ => wanted == value,
            },
            ValuePattern::Prefix(affix) => text.is_some_and(|text| affix.begins(text)),
            ValuePattern::Suffix(affix) => text.is_some_and(|text| affix.ends(text)),
            ValuePattern::EqualsIgnoreCase(other) => {
                text.is_some_and(|text| text.to_lowercase() == other.to_lowercase())
            }
            ValuePattern::Wildcard(glob) => text.is_some_and(|text| wildcard(glob, text)),
            ValuePattern::AnythingBut(refused) => !refused.iter().any(|pattern| pattern.holds_for_value(value)),
            ValuePattern::Numeric(bounds) => {
                value.as_f64().is_some_and(|number| bounds.iter().all(|bound| bound.holds(number)))
            }
            ValuePattern::Cidr(network, bits) => {
                text.and_then(|text| text.parse().ok()).is_some_and(|address| in_network(address, *network, *bits))
            }
            ValuePattern::Exists(wanted) => *wanted,
        }
    }

    /// What can be said without knowing the text: only that it is one.
    fn holds_for_some_text(&self) -> FilterOutcome {
        match self {
            ValuePattern::Exact(Value::String(_)) | ValuePattern::EqualsIgnoreCase(_) | ValuePattern::Cidr(..) => {
                Depends
            }
            ValuePattern::Exact(_) | ValuePattern::Numeric(_) => Never,
            ValuePattern::Prefix(affix) | ValuePattern::Suffix(affix) if affix.text.is_empty() => Matches,
            ValuePattern::Prefix(_) | ValuePattern::Suffix(_) => Depends,
            ValuePattern::Wildcard(glob) if glob == "*" => Matches,
            ValuePattern::Wildcard(_) => Depends,
            ValuePattern::AnythingBut(refused) => {
                FilterOutcome::any(refused.iter().map(ValuePattern::holds_for_some_text)).not()
            }
            ValuePattern::Exists(wanted) => FilterOutcome::of(*wanted),
        }
    }
}

impl Affix {
    fn begins(&self, text: &str) -> bool {
        match self.ignores_case {
            true => text.to_lowercase().starts_with(&self.text.to_lowercase()),
            false => text.starts_with(&self.text),
        }
    }

    fn ends(&self, text: &str) -> bool {
        match self.ignores_case {
            true => text.to_lowercase().ends_with(&self.text.to_lowercase()),
            false => text.ends_with(&self.text),
        }
    }
}

impl NumericBound {
    fn holds(&self, number: f64) -> bool {
        match self.relation {
            NumericRelation::Equal => number == self.number,
            NumericRelation::Less => number < self.number,
            NumericRelation::LessOrEqual => number <= self.number,
            NumericRelation::Greater => number > self.number,
            NumericRelation::GreaterOrEqual => number >= self.number,
        }
    }
}

/// `*` stands for any run of characters; `\*` and `\\` for the characters themselves.
fn wildcard(glob: &str, text: &str) -> bool {
    let mut first = String::new();
    let mut later: Vec<String> = Vec::new();
    let mut letters = glob.chars();
    while let Some(letter) = letters.next() {
        if letter == '*' {
            later.push(String::new());
            continue;
        }
        let literal = if letter == '\\' { letters.next().unwrap_or(letter) } else { letter };
        later.last_mut().unwrap_or(&mut first).push(literal);
    }
    let Some(last) = later.pop() else { return text == first };
    let Some(mut rest) = text.strip_prefix(first.as_str()) else { return false };
    for part in &later {
        match rest.find(part.as_str()) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last.as_str())
}

fn in_network(address: IpAddr, network: IpAddr, bits: u8) -> bool {
    let (address, network, width) = match (address, network) {
        (IpAddr::V4(a), IpAddr::V4(n)) => (u128::from(a.to_bits()), u128::from(n.to_bits()), 32),
        (IpAddr::V6(a), IpAddr::V6(n)) => (a.to_bits(), n.to_bits(), 128),
        _ => return false,
    };
    let host = width - u32::from(bits);
    address.checked_shr(host).unwrap_or(0) == network.checked_shr(host).unwrap_or(0)
}
