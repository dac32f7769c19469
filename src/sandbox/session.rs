//! What a session's token carries: its role, its name and its end, so that no session has to be stored.

use super::wire::Timestamp;
use mlops_model::Partition;

/// How every token begins.
const TOKEN_PREFIX: &str = "sandbox-session/";

/// A token, read.
pub struct SessionToken<'a> {
    pub role: &'a str,
    pub session: &'a str,
    end: Timestamp,
}

impl<'a> SessionToken<'a> {
    /// Reads a token; `None` for what is no session's.
    pub fn parse(token: &'a str) -> Option<Self> {
        let mut parts = token.strip_prefix(TOKEN_PREFIX)?.split('/');
        let (role, session) = (parts.next()?, parts.next()?);
        Some(SessionToken { role, session, end: Timestamp::from_millis(parts.next()?.parse().ok()?) })
    }
}

/// Writes the token of a session that ends then.
pub fn token(role: &str, session: &str, end: Timestamp) -> String {
    format!("{TOKEN_PREFIX}{role}/{session}/{}", end.millis())
}

/// When a session's token ends; `None` for what is no session's token.
pub fn end_of(token: &str) -> Option<Timestamp> {
    SessionToken::parse(token).map(|token| token.end)
}

/// Who signs with a token in an account.
pub fn arn(partition: &Partition, account: &str, token: Option<&str>) -> String {
    let partition = partition.id;
    match token.and_then(SessionToken::parse) {
        Some(SessionToken { role, session, .. }) => {
            format!("arn:{partition}:sts::{account}:assumed-role/{role}/{session}")
        }
        None => format!("arn:{partition}:iam::{account}:user/sandbox"),
    }
}
