//! What an adopted log group was like before the spec changed it: kept in its adopted mark, and given back when the stack stops
//! managing the group. Only what was changed is kept, so only that is given back.

use super::LogGroup;
use std::fmt;

const NEVER: &str = "never";
const UNCHANGED: &str = "-";
const NO_KEY: &str = "none";
const KEY: &str = "key=";

/// The former retention and key; the outer `None`: not changed by us.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Former {
    /// Days; `None` never expires.
    pub retention: Option<Option<i32>>,
    /// A key's ARN; `None` is none.
    pub key: Option<Option<String>>,
}

impl Former {
    /// Reads a mark. The form of older versions is the retention alone: `never` or days.
    pub fn parse(mark: &str) -> Self {
        let mut former = Former::default();
        for word in mark.split(' ') {
            match (word.strip_prefix(KEY), word.parse()) {
                (Some(NO_KEY), _) => former.key = Some(None),
                (Some(key), _) => former.key = Some(Some(key.to_owned())),
                (None, Ok(days)) => former.retention = Some(Some(days)),
                (None, Err(_)) if word == NEVER => former.retention = Some(None),
                (None, Err(_)) if word == UNCHANGED => {}
                // Not a mark of ours: nothing is known of what was before.
                (None, Err(_)) => return Former::default(),
            }
        }
        former
    }

    /// What a spec that names these fields is about to change of a group, beside what is kept already.
    pub fn with(mut self, live: &LogGroup, changes: impl Fn(&str) -> bool) -> Self {
        if self.retention.is_none() && changes("retention_in_days") {
            self.retention = Some(live.retention_in_days);
        }
        if self.key.is_none() && changes("kms_key_id") {
            self.key = Some(live.kms_key_id.clone());
        }
        self
    }

    /// Gives back to the group what is kept of these fields.
    pub fn give_back(&self, group: &mut LogGroup, returns: impl Fn(&str) -> bool) {
        if let Some(days) = self.retention.filter(|_| returns("retention_in_days")) {
            group.retention_in_days = days;
        }
        if let Some(key) = self.key.as_ref().filter(|_| returns("kms_key_id")) {
            group.kms_key_id.clone_from(key);
        }
    }
}

/// Letters, digits and `:/=-`, which AWS allows in a tag's value; a key's ARN has fewer than 100 characters.
impl fmt::Display for Former {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let retention = match self.retention {
            None => UNCHANGED.to_owned(),
            Some(None) => NEVER.to_owned(),
            Some(Some(days)) => days.to_string(),
        };
        f.write_str(&retention)?;
        match &self.key {
            None => Ok(()),
            Some(key) => write!(f, " {KEY}{}", key.as_deref().unwrap_or(NO_KEY)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes_and_what_older_versions_wrote() {
        let keys = [None, Some(None), Some(Some("arn:aws:kms:us-east-1:123456789012:key/a-b".to_owned()))];
        for retention in [None, Some(None), Some(Some(14))] {
            for key in keys.clone() {
                let former = Former { retention, key };
                assert_eq!(Former::parse(&former.to_string()), former, "{former}");
            }
        }
        assert_eq!(Former::parse("never"), Former { retention: Some(None), key: None });
        assert_eq!(Former::parse("30"), Former { retention: Some(Some(30)), key: None });
        assert_eq!(Former::parse("who knows"), Former::default());
    }

    #[test]
    fn only_what_was_changed_is_given_back() {
        let live = LogGroup { retention_in_days: Some(30), kms_key_id: Some("k".into()), ..LogGroup::new("g") };
        let former = Former::default().with(&live, |field| field == "kms_key_id");
        let mut group = LogGroup::new("g");
        former.give_back(&mut group, |_| true);
        assert_eq!((group.retention_in_days, group.kms_key_id.as_deref()), (None, Some("k")));
        // What is kept already is the older truth.
        let later = former.with(&LogGroup::new("g"), |_| true);
        assert_eq!((later.retention, later.key), (Some(None), Some(Some("k".to_owned()))));
    }
}
