//! STS: who am I, and credentials of other accounts. Every role of every account may be assumed, unless a rule forbids it.

use super::accounts::{ACCESS_KEY, is_account, temporary_key};
use super::fault::Fault;
use super::operation::{answer, operations};
use super::session::{self, SessionToken};
use super::store::Tx;
use super::wire::{Timestamp, WireRequest};
use ciborium::Value;
use mlops_model::Arn;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Runs one STS operation.
pub fn dispatch(request: WireRequest, tx: &mut Tx) -> Result<Value, Fault> {
    operations!(request, {
        "GetCallerIdentity" => {
            let token = request.session_token.clone();
            answer(request, tx, |input, tx| get_caller_identity(token.as_deref(), input, tx))
        },
        "AssumeRole" => {
            let token = request.session_token.clone();
            answer(request, tx, |input, tx| assume_role(token.as_deref(), input, tx))
        },
    })
}

#[derive(Deserialize)]
struct GetCallerIdentity {}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct CallerIdentity {
    user_id: String,
    account: String,
    arn: String,
}

fn get_caller_identity(token: Option<&str>, _: GetCallerIdentity, tx: &mut Tx) -> Result<CallerIdentity, Fault> {
    let account = tx.account().to_owned();
    Ok(match token.and_then(SessionToken::parse) {
        Some(SessionToken { role, session, .. }) => CallerIdentity {
            user_id: format!("{}:{session}", role_id(role)),
            arn: session::arn(tx.partition(), &account, token),
            account,
        },
        None => CallerIdentity {
            user_id: ACCESS_KEY.replace("AKIA", "AIDA"),
            arn: session::arn(tx.partition(), &account, None),
            account,
        },
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AssumeRole {
    role_arn: String,
    role_session_name: String,
    duration_seconds: Option<i64>,
    external_id: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct AssumedRoleMember {
    credentials: Credentials,
    assumed_role_user: AssumedRoleUser,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Credentials {
    access_key_id: String,
    secret_access_key: String,
    session_token: String,
    expiration: Timestamp,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct AssumedRoleUser {
    assumed_role_id: String,
    arn: String,
}

fn assume_role(token: Option<&str>, input: AssumeRole, tx: &mut Tx) -> Result<AssumedRoleMember, Fault> {
    let invalid = |message: String| Fault::sender("ValidationError", message);
    let AssumeRole { role_arn, role_session_name: session, duration_seconds, external_id } = input;
    let allowed = |c: char| c.is_ascii_alphanumeric() || "+=,.@_-".contains(c);
    if !(2..=64).contains(&session.len()) || !session.chars().all(allowed) {
        return Err(invalid(format!(
            "1 validation error detected: Value '{session}' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*"
        )));
    }
    let seconds = duration_seconds.unwrap_or(3600);
    if !(900..=43_200).contains(&seconds) {
        let bound = if seconds < 900 { "greater than or equal to 900" } else { "less than or equal to 43200" };
        return Err(invalid(format!(
            "1 validation error detected: Value '{seconds}' at 'durationSeconds' failed to satisfy constraint: Member must have value {bound}"
        )));
    }
    let role = Arn::parse(&role_arn).filter(|arn| arn.partition == tx.partition().id && arn.service == "iam");
    let role = role.and_then(|arn| Some((arn.account, arn.resource.strip_prefix("role/")?)));
    let Some((account, path)) = role.filter(|(account, path)| is_account(account) && !path.is_empty()) else {
        return Err(invalid(format!("{role_arn} is invalid")));
    };
    if !tx.trusts(account, external_id.as_deref()) {
        // AWS says the same of a role that is not there, and of one that trusts somebody else or wants another external id.
        let who = session::arn(tx.partition(), tx.account(), token);
        let message = format!("User: {who} is not authorized to perform: sts:AssumeRole on resource: {role_arn}");
        return Err(Fault::sender("AccessDenied", message).status(403));
    }
    let life = Duration::from_secs(seconds.unsigned_abs());
    let end = tx.now() + tx.token_life().map_or(life, |short| short.min(life));
    let role = path.rsplit('/').next().unwrap_or(path);
    Ok(AssumedRoleMember {
        credentials: Credentials {
            access_key_id: temporary_key(account),
            secret_access_key: tx.hex(40),
            session_token: session::token(role, &session, end),
            expiration: end,
        },
        assumed_role_user: AssumedRoleUser {
            assumed_role_id: format!("{}:{session}", role_id(role)),
            arn: format!("arn:{}:sts::{account}:assumed-role/{role}/{session}", tx.partition().id),
        },
    })
}

fn role_id(role: &str) -> String {
    format!("AROA{:016X}", super::weather::fold(0, [role]))
}

#[cfg(test)]
mod tests {
    use crate::testing::{config, config_of};
    use crate::{ACCOUNT, Sandbox, Weather};
    use aws_sdk_sts::Client;
    use aws_sdk_sts::error::ProvideErrorMetadata;

    #[tokio::test]
    async fn an_assumed_role_acts_in_its_account() {
        let sandbox = Sandbox::in_memory(Weather::default());
        let own = Client::new(&config(&sandbox)).get_caller_identity().send().await.unwrap();
        assert_eq!(own.account(), Some(ACCOUNT));
        let assume = Client::new(&config(&sandbox)).assume_role().role_session_name("class");
        let assumed = assume.role_arn("arn:aws:iam::210987654321:role/path/Deployer").send().await.unwrap();
        let credentials = assumed.credentials().unwrap();
        let lifetime =
            credentials.expiration().secs() as f64 - std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs_f64();
        assert!((3590.0..=3601.0).contains(&lifetime), "{lifetime}");
        let signed = aws_credential_types::Credentials::new(
            credentials.access_key_id(),
            credentials.secret_access_key(),
            Some(credentials.session_token().to_owned()),
            None,
            "test",
        );
        let config = config(&sandbox).into_builder();
        let provider = aws_credential_types::provider::SharedCredentialsProvider::new(signed);
        let there =
            Client::new(&config.credentials_provider(provider).build()).get_caller_identity().send().await.unwrap();
        assert_eq!(there.arn(), Some("arn:aws:sts::210987654321:assumed-role/Deployer/class"));
        let digits =
            Client::new(&config_of(&sandbox, "999999999999", "eu-west-1")).get_caller_identity().send().await.unwrap();
        assert_eq!(digits.account(), Some("999999999999"));
    }

    #[tokio::test]
    async fn wrong_roles_and_sessions_are_refused() {
        let sandbox = Sandbox::in_memory(Weather::default());
        let client = Client::new(&config(&sandbox));
        for (arn, session, seconds) in [
            ("arn:aws:iam::21:role/x", "class", 3600),
            ("arn:aws:iam::210987654321:role/x", "c", 3600),
            ("arn:aws:iam::210987654321:role/x", "a class", 3600),
            ("arn:aws:iam::210987654321:role/x", "class", 899),
        ] {
            let assume = client.assume_role().role_arn(arn).role_session_name(session).duration_seconds(seconds);
            let error = assume.send().await.unwrap_err().into_service_error();
            assert_eq!(error.code(), Some("ValidationError"), "{arn} {session} {seconds}");
        }
    }
}
