//! What the user has agreed to before the plan was made, as a value. What each of it lifts is said in `guard`.

use crate::model::glob;
use crate::resources::{Address, Kind};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The consent of one run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Consent {
    /// What is taken over.
    pub adopt: Adoption,
    /// Delete more than a third of the stack.
    pub deletes: bool,
    /// Lose stored logs, and subscriptions that this stack did not make.
    pub data_loss: bool,
    /// Delete what existed before the stack adopted it.
    pub delete_adopted: bool,
    /// Overwrite alarms that have settings which this program does not know.
    pub unknown_loss: bool,
}

/// Which existing resources are taken over.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adoption {
    /// Whatever nobody owns.
    pub unowned: bool,
    /// What is named, also where another tool owns it.
    pub named: Vec<AddressPattern>,
}

impl Adoption {
    /// Returns whether the resource is named.
    pub fn names(&self, address: &Address) -> bool {
        self.named.iter().any(|pattern| pattern.matches(address))
    }

    /// Returns whether the resource may be taken over if nobody owns it.
    pub fn covers_unowned(&self, address: &Address) -> bool {
        self.unowned || self.names(address)
    }
}

/// An address, or many of them: `*` matches any text, slashes included, and `?` for one character.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressPattern(String);

impl AddressPattern {
    /// Reads `KIND/NAME`, either of which may hold `*` and `?`; `None` where no address can match.
    pub fn parse(text: &str) -> Option<Self> {
        let (kind, name) = text.split_once('/')?;
        let possible = Kind::ALL.into_iter().any(|known| glob::matches(kind, known.word()));
        (possible && !name.is_empty()).then(|| Self(text.to_owned()))
    }

    /// Returns whether the address is meant. A name that holds `*` itself is matched by its own text, too.
    pub fn matches(&self, address: &Address) -> bool {
        let text = address.to_string();
        text == self.0 || glob::matches(&self.0, &text)
    }
}

impl fmt::Display for AddressPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_mean_addresses() {
        for (pattern, address, expected) in [
            ("alarm/errors", "alarm/errors", true),
            ("alarm/errors", "alarm/errors2", false),
            ("alarm/prod-*", "alarm/prod-errors/high", true),
            ("alarm/prod-*", "composite_alarm/prod-errors", false),
            ("*/prod-*", "topic/prod-alerts", true),
            ("*alarm/x", "composite_alarm/x", true),
            ("log_group//aws/*/x", "log_group//aws/lambda/x", true),
            ("alarm/a?c", "alarm/abc", true),
            ("alarm/a?c", "alarm/ac", false),
            ("alarm/*a*b*", "alarm/xxaxxbxx", true),
            ("alarm/*a*b", "alarm/xxaxxbxx", false),
            ("alarm/50% *hot*", "alarm/50% *hot*", true),
            ("alarm/*", "alarm/ä", true),
        ] {
            let read = AddressPattern::parse(pattern).unwrap();
            assert_eq!(read.matches(&Address::parse(address).unwrap()), expected, "{pattern} and {address}");
        }
        for text in ["errors", "alarm/", "alert/x", "*", "", "/x"] {
            assert_eq!(AddressPattern::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn naming_covers_what_nobody_owns_and_bare_consent_names_nothing() {
        let address = Address::new(Kind::Alarm, "errors");
        let named = Adoption { unowned: false, named: AddressPattern::parse("alarm/e*").into_iter().collect() };
        let bare = Adoption { unowned: true, named: Vec::new() };
        assert!(named.names(&address) && named.covers_unowned(&address));
        assert!(!bare.names(&address) && bare.covers_unowned(&address));
        assert!(!Adoption::default().covers_unowned(&address));
    }
}
