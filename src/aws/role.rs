//! Credentials of a role in another account: asked for once, renewed before they expire, shared by all clients of the account.
//! Whoever comes while they are on their way waits for that one answer.

use super::{ApiOperation, Aws, AwsError, Class, Repeat, identity};
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials, future};
use aws_sdk_sts::types::AssumedRoleUser;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};
use tokio::sync::Mutex;
use tokio::time::Instant;

pub const ASSUME: ApiOperation = ApiOperation("sts", "AssumeRole");

/// How long credentials are asked for: more is refused where a role assumes a role (STS API reference, AssumeRole).
const LIFETIME: Duration = Duration::from_secs(3600);
/// Renewed when this part of their life is left, or this much of it, whichever is shorter.
const LAST_PART: u32 = 5;
const LAST_MINUTES: Duration = Duration::from_secs(300);
/// Where a renewal failed and the credentials still hold, it is tried again after this.
const NEXT_TRY: Duration = Duration::from_secs(10);

/// A role to assume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Twelve digits.
    pub account: String,
    /// `aws`, `aws-cn`, …
    pub partition: &'static str,
    /// With its path, where it has one.
    pub name: String,
    pub external_id: Option<String>,
    /// What CloudTrail shows of the run; 2 to 64 letters, digits and `+=,.@_-`.
    pub session: String,
}

/// A role that is assumed with the first call that needs it.
#[derive(Debug)]
pub struct AssumedRole {
    /// Whoever assumes it; its quota of STS is shared by all roles.
    home: Aws,
    role: Role,
    /// This machine's two clocks at one moment: STS says when credentials end, the run waits by the other.
    opened: (SystemTime, Instant),
    /// How many answers came, good or bad.
    answers: AtomicU64,
    held: Mutex<HeldCredentials>,
}

#[derive(Debug, Default)]
struct HeldCredentials {
    lease: Option<Lease>,
    /// Why the last answer was no lease.
    failure: Option<AwsError>,
}

#[derive(Debug, Clone)]
struct Lease {
    credentials: Credentials,
    renew_at: Instant,
    until: Instant,
}

impl Role {
    pub fn arn(&self) -> String {
        format!("arn:{}:iam::{}:role/{}", self.partition, self.account, self.name)
    }
}

impl AssumedRole {
    pub fn new(home: Aws, role: Role) -> Self {
        let opened = (SystemTime::now(), Instant::now());
        Self { home, role, opened, answers: AtomicU64::new(0), held: Mutex::default() }
    }

    pub fn account(&self) -> &str {
        &self.role.account
    }

    pub fn arn(&self) -> String {
        self.role.arn()
    }

    /// Credentials that hold for a while yet.
    pub async fn credentials(&self) -> Result<Credentials, AwsError> {
        let seen = self.generation();
        let mut held = self.held.lock().await;
        let now = Instant::now();
        if let Some(lease) = held.lease.as_ref().filter(|lease| now < lease.renew_at) {
            return Ok(lease.credentials.clone());
        }
        // An answer that came while this call waited for its turn is its answer, too: nobody asks a second time at once.
        if let Some(failure) = held.failure.as_ref().filter(|_| self.generation() != seen) {
            return Err(failure.clone());
        }
        // Boxed, since whoever assumes a role may have assumed one itself.
        let answer = Box::pin(self.ask()).await;
        self.answers.fetch_add(1, Ordering::Relaxed);
        match (answer, held.lease.as_mut()) {
            (Ok(lease), _) => {
                let credentials = lease.credentials.clone();
                *held = HeldCredentials { lease: Some(lease), failure: None };
                Ok(credentials)
            }
            (Err(error), Some(lease)) if now < lease.until && !error.is(Class::Interrupted) => {
                lease.renew_at = (now + NEXT_TRY).min(lease.until);
                Ok(lease.credentials.clone())
            }
            (Err(error), expired) => {
                let failure = self.explain(error, expired.is_some());
                *held = HeldCredentials { lease: None, failure: Some(failure.clone()) };
                Err(failure)
            }
        }
    }

    /// Which credentials are held, for `forget`.
    pub fn generation(&self) -> u64 {
        self.answers.load(Ordering::Relaxed)
    }

    /// AWS called the credentials of this generation expired, whatever the clocks say: the next call asks for new ones.
    pub async fn forget(&self, generation: u64) {
        let mut held = self.held.lock().await;
        if self.generation() == generation
            && let Some(lease) = &mut held.lease
        {
            let now = Instant::now();
            (lease.renew_at, lease.until) = (now, now);
        }
    }

    async fn ask(&self) -> Result<Lease, AwsError> {
        let role = &self.role;
        let request = || {
            let request = self.home.sts.assume_role().role_arn(role.arn()).role_session_name(&role.session);
            request.set_external_id(role.external_id.clone()).duration_seconds(LIFETIME.as_secs() as i32).send()
        };
        let answer = self.home.call(ASSUME, Repeat::Safe, request).await?;
        let Some(given) = answer.credentials() else {
            return Err(AwsError::of_role("NoCredentials", "the answer holds no credentials"));
        };
        check_session(answer.assumed_role_user().map(AssumedRoleUser::arn), role)?;
        let until = SystemTime::try_from(*given.expiration()).unwrap_or(self.opened.0);
        // A clock that is wrong must not make more of it than was asked for.
        let left = until.duration_since(self.wall()).unwrap_or_default().min(LIFETIME);
        let until = Instant::now() + left;
        Ok(Lease {
            credentials: Credentials::new(
                given.access_key_id(),
                given.secret_access_key(),
                Some(given.session_token().to_owned()),
                None,
                "AssumeRole",
            ),
            renew_at: until - LAST_MINUTES.min(left / LAST_PART),
            until,
        })
    }

    fn wall(&self) -> SystemTime {
        self.opened.0 + self.opened.1.elapsed()
    }

    /// What STS said, with the role that it was about.
    fn explain(&self, error: AwsError, renewal: bool) -> AwsError {
        let arn = self.role.arn();
        let message = match renewal {
            true => format!("the credentials of {arn} have ended and could not be renewed: {}", error.message),
            false => format!("{arn} could not be assumed: {}", error.message),
        };
        AwsError { message, ..error }
    }
}

/// Refuses the session of another account than that of the role (STS API reference, AssumeRole: `AssumedRoleUser.Arn`).
fn check_session(arn: Option<&str>, role: &Role) -> Result<(), AwsError> {
    let account = identity::principal(ASSUME, arn.unwrap_or_default(), &["sts"], role.partition)?;
    if account == role.account {
        return Ok(());
    }
    let what = format!("{} was asked for, and the answer is a session in account {account}", role.arn());
    Err(AwsError::of_identity(ASSUME, &what))
}

/// For the SDK's clients.
#[derive(Debug)]
pub struct RoleProvider(pub Arc<AssumedRole>);

impl ProvideCredentials for RoleProvider {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async { self.provide().await })
    }
}

impl RoleProvider {
    async fn provide(&self) -> provider::Result {
        self.0.credentials().await.map_err(CredentialsError::provider_error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNT: &str = "123456789012";

    #[test]
    fn a_role_is_of_the_account_that_was_asked_for() {
        let role = Role {
            account: ACCOUNT.to_owned(),
            partition: "aws",
            name: "path/Lab".to_owned(),
            external_id: None,
            session: "me".to_owned(),
        };
        assert_eq!(check_session(Some("arn:aws:sts::123456789012:assumed-role/Lab/me"), &role), Ok(()));
        for wrong in [
            None,
            Some("arn:aws:sts::210987654321:assumed-role/Lab/me"),
            Some("arn:aws-cn:sts::123456789012:assumed-role/Lab/me"),
            Some("arn:aws:iam::123456789012:role/Lab"),
            Some("Lab"),
        ] {
            assert!(check_session(wrong, &role).unwrap_err().is(Class::Credentials), "{wrong:?}");
        }
    }
}
