//! Who may do what in which account: roles that are not there or want an external id, regions that are not enabled, denied
//! actions, tokens that have ended. Everything that no rule here forbids is allowed.

use super::fault::Fault;
use super::protocol::WireProtocol;
use super::session;
use super::wire::{Timestamp, WireRequest};
use anyhow::{Result, bail, ensure};
use mlops_model::Partition;
use std::time::Duration;

/// What is forbidden where; the default forbids nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AccessRules {
    rules: Vec<(String, DenyRule)>,
    /// Tokens end so soon, whatever life was asked for.
    pub token_life: Option<Duration>,
}

#[derive(Clone, Debug, PartialEq)]
enum DenyRule {
    NoRole,
    /// The role can be assumed only so long after the first call.
    RoleEnds(Duration),
    ExternalId(String),
    NoRegion(String),
    /// An action as IAM names it, e.g. `cloudwatch:PutMetricAlarm`.
    Deny(String),
}

impl AccessRules {
    /// The settings of the weather that belong here.
    pub const SETTINGS: &str = "no-role, role-ends, external-id, no-region, deny-in, token-life";

    /// Adds a rule; false where the name is not one of them. Values name the account first: `no-region=111122223333:eu-south-1`.
    pub fn set(&mut self, name: &str, value: &str, duration: impl Fn(&str) -> Result<Duration>) -> Result<bool> {
        if name == "token-life" {
            self.token_life = Some(duration(value)?);
            return Ok(true);
        }
        let (account, what) = value.split_once(':').unwrap_or((value, ""));
        let rule = match name {
            "no-role" => DenyRule::NoRole,
            "role-ends" => DenyRule::RoleEnds(duration(what)?),
            "external-id" => DenyRule::ExternalId(what.to_owned()),
            "no-region" => DenyRule::NoRegion(what.to_owned()),
            "deny-in" => DenyRule::Deny(what.to_owned()),
            _ => return Ok(false),
        };
        ensure!(super::accounts::is_account(account), "{name} begins with an account: twelve digits");
        if what.is_empty() != (rule == DenyRule::NoRole) {
            bail!("write {name}=ACCOUNT:WHAT, or no-role=ACCOUNT");
        }
        self.rules.push((account.to_owned(), rule));
        Ok(true)
    }

    fn of<'a>(&'a self, account: &'a str) -> impl Iterator<Item = &'a DenyRule> {
        self.rules.iter().filter(move |(of, _)| of == account).map(|(_, rule)| rule)
    }

    /// Whether the account's role trusts a caller with this external id, so long after the first call.
    pub fn trusts(&self, account: &str, external_id: Option<&str>, age: Duration) -> bool {
        self.of(account).all(|rule| match rule {
            DenyRule::NoRole => false,
            DenyRule::RoleEnds(after) => age < *after,
            DenyRule::ExternalId(id) => external_id == Some(id.as_str()),
            DenyRule::NoRegion(_) | DenyRule::Deny(_) => true,
        })
    }

    /// Why a request is refused before its service looks at it.
    pub fn refusal(&self, request: &WireRequest, now: Timestamp) -> Option<Fault> {
        let is_query = request.reply().protocol() == WireProtocol::Query;
        let code = |query: &str, other: &str| if is_query { query.to_owned() } else { other.to_owned() };
        if request.session_token.as_deref().and_then(session::end_of).is_some_and(|end| now >= end) {
            let code = code("ExpiredToken", "ExpiredTokenException");
            return Some(Fault::sender(code, "The security token included in the request is expired").status(403));
        }
        let caller = &request.caller;
        let action = format!("{}:{}", prefix(&caller.service), request.operation);
        self.of(&caller.account).find_map(|rule| match rule {
            DenyRule::NoRegion(region) if *region == caller.region && caller.service != "sts" => {
                let code = code("InvalidClientTokenId", "UnrecognizedClientException");
                Some(Fault::sender(code, "The security token included in the request is invalid.").status(403))
            }
            DenyRule::Deny(denied) if *denied == action => {
                let code = match caller.service.as_str() {
                    "sns" => "AuthorizationError".to_owned(),
                    _ => code("AccessDenied", "AccessDeniedException"),
                };
                let who = session::arn(Partition::of_region(&caller.region), &caller.account, request.session_token.as_deref());
                let message = format!(
                    "User: {who} is not authorized to perform: {action} with an explicit deny in an identity-based policy"
                );
                Some(Fault::sender(code, message).status(403))
            }
            _ => None,
        })
    }
}

/// A service's prefix in IAM actions, by its signing name.
fn prefix(service: &str) -> &str {
    match service {
        "monitoring" => "cloudwatch",
        "tagging" => "tag",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use crate::Weather;

    #[test]
    fn rules_are_settings_of_the_weather() {
        let weather: Weather =
            "no-role=111122223333,deny-in=222233334444:sns:Subscribe,token-life=60s".parse().unwrap_or_default();
        assert!(!weather.access.trusts("111122223333", None, Default::default()));
        assert!(weather.access.trusts("222233334444", None, Default::default()));
        for wrong in ["no-role=1", "no-role=111122223333:x", "deny-in=111122223333", "role-ends=111122223333:soon"] {
            assert!(wrong.parse::<Weather>().is_err(), "{wrong}");
        }
    }
}
