//! Accounts that a spec is not for: nothing is planned there.

use crate::spec::BoundSpec;

/// An account that the spec's `allowed_accounts` does not name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("account {account} is not among the spec's allowed_accounts, so nothing was changed")]
pub struct NotAllowed {
    pub account: String,
}

impl NotAllowed {
    /// Blocked.
    pub const EXIT: u8 = 8;

    pub const REMEDY: &str = "use the credentials of an account that `allowed_accounts` names, or add this one to it";

    /// Refuses an account that is not among the allowed ones.
    pub fn check(bound: &BoundSpec, account: &str) -> Result<(), NotAllowed> {
        let mut allowed = bound.allowed_accounts().peekable();
        if allowed.peek().is_none() || allowed.any(|id| id == account) {
            return Ok(());
        }
        Err(NotAllowed { account: account.to_owned() })
    }
}
