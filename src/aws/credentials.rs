//! Credentials as the SDK finds them, with words for what keeps them away: which profile, whether it is worth another try. Believes
//! nothing else that comes with them: whose they are is asked of STS.

use super::error::cause;
use super::profile::{BadProfile, CredentialSource, Profile, login_command};
use super::role::ASSUME;
use super::{ApiOperation, AwsError, Class};
use aws_config::credential_process::CredentialProcessProvider;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials, SharedCredentialsProvider, future};
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_sdk_sts::operation::assume_role_with_web_identity::AssumeRoleWithWebIdentityError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::{ConnectorError, SdkError};
use std::fmt;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep};

/// Variables that name the file of a token, which pods are given.
const TOKEN_FILES: [&str; 2] = ["AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"];
const WEB_IDENTITY: ApiOperation = ApiOperation("sts", "AssumeRoleWithWebIdentity");
/// Where credentials come from that no call of ours asks for.
const PROFILE: ApiOperation = ApiOperation("aws", "credentials");
/// What may be over soon is tried so often.
const ATTEMPTS: u32 = 3;
const BACKOFF: Duration = Duration::from_millis(300);
/// A failure is every call's of the same wave: nobody asks again at once.
const NEXT_TRY: Duration = Duration::from_secs(10);

/// The provider of a profile alone, where the SDK's chain would ask others first (a profile that is named wins over keys of the
/// environment, as in the AWS CLI) or cannot ask it (`aws login`).
pub fn of_profile(profile: &Profile, config: &ProviderConfig) -> Result<SharedCredentialsProvider, BadProfile> {
    const LOGIN: &str = "MlopsctlLogin";
    let mut files = EnvConfigFiles::builder().include_default_config_file(true).include_default_credentials_file(true);
    let mut builder = ProfileFileCredentialsProvider::builder().configure(config).profile_name(&profile.name);
    if profile.source == CredentialSource::Login {
        let command = login_command(&profile.source_profile)?;
        let section = match profile.source_profile.as_str() {
            "default" => "default".to_owned(),
            name => format!("profile {name}"),
        };
        // The SDK asks a named source before it looks for a session of `aws login`.
        files = files.with_contents(EnvConfigFileKind::Config, format!("[{section}]\ncredential_source = {LOGIN}\n"));
        builder = builder.with_custom_provider(LOGIN, CredentialProcessProvider::new(command));
    }
    Ok(SharedCredentialsProvider::new(builder.profile_files(files.build()).build()))
}

/// Another provider, whose failures become `AwsError`s.
pub struct Explained {
    provider: SharedCredentialsProvider,
    profile: Option<Profile>,
    failed: Mutex<Option<(Instant, AwsError)>>,
}

impl Explained {
    pub fn new(provider: SharedCredentialsProvider, profile: Option<Profile>) -> Self {
        Self { provider, profile, failed: Mutex::default() }
    }

    async fn provide(&self) -> Result<Credentials, AwsError> {
        // Whoever comes meanwhile waits for the same answer.
        let mut failed = self.failed.lock().await;
        if let Some((_, error)) = failed.as_ref().filter(|(at, _)| at.elapsed() < NEXT_TRY) {
            return Err(error.clone());
        }
        let mut attempt = 1;
        let given = loop {
            let error = match self.provider.provide_credentials().await {
                Ok(given) => break Ok(given),
                Err(error) => explain(&error, self.profile.as_ref()),
            };
            if attempt == ATTEMPTS || !(error.is(Class::Transient) || error.is(Class::Throttled)) {
                break Err(error);
            }
            sleep(BACKOFF * attempt).await;
            attempt += 1;
        };
        *failed = given.as_ref().err().map(|error| (Instant::now(), error.clone()));
        given
    }
}

/// Sorts a provider's error by what can be done about it: by the types in its chain, never by its words.
fn explain(error: &CredentialsError, profile: Option<&Profile>) -> AwsError {
    let whose = profile.map(|profile| format!("profile {}: ", profile.name)).unwrap_or_default();
    let told = |error: AwsError, what: &str| AwsError { message: format!("{whose}{what}{}", error.message), ..error };
    if let Some(sts) = cause::<SdkError<AssumeRoleError, HttpResponse>>(error) {
        return told(AwsError::of(ASSUME, sts), "its role could not be assumed: ");
    }
    if let Some(sts) = cause::<SdkError<AssumeRoleWithWebIdentityError, HttpResponse>>(error) {
        return told(AwsError::of(WEB_IDENTITY, sts), "its role could not be assumed: ");
    }
    if let CredentialsError::CredentialsNotLoaded(_) = error {
        return AwsError::no_credentials(PROFILE, &whose);
    }
    let unreachable = cause::<ConnectorError>(error).is_some_and(|error| error.is_io() || error.is_timeout());
    if unreachable || matches!(error, CredentialsError::ProviderTimedOut(_)) {
        return told(AwsError::unreachable(PROFILE, error), "whoever gives its credentials could not be reached: ");
    }
    match profile.map(|profile| (profile.source, profile.source_profile.as_str())) {
        Some((CredentialSource::Sso, name)) => told(
            AwsError::signed_out(PROFILE, error),
            &format!("it is not signed in (aws sso login --profile {name}): "),
        ),
        Some((CredentialSource::Login, name)) => {
            told(AwsError::signed_out(PROFILE, error), &format!("it is not signed in (aws login --profile {name}): "))
        }
        _ => {
            let file = cause::<std::io::Error>(error).and_then(|_| unreadable_token()).unwrap_or_default();
            told(AwsError::unusable_credentials(PROFILE, error), &file)
        }
    }
}

/// Names the file of a token that cannot be read: the SDK says that a file cannot, not which.
fn unreadable_token() -> Option<String> {
    let given =
        TOKEN_FILES.iter().filter_map(|name| Some((name, std::env::var_os(name).filter(|path| !path.is_empty())?)));
    let mut unreadable = given.filter(|(_, path)| std::fs::File::open(path).is_err());
    unreadable.next().map(|(name, path)| format!("{name} is {}: ", path.to_string_lossy()))
}

impl ProvideCredentials for Explained {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async { self.given().await })
    }

    fn fallback_on_interrupt(&self) -> Option<Credentials> {
        self.provider.fallback_on_interrupt()
    }
}

impl Explained {
    async fn given(&self) -> provider::Result {
        self.provide().await.map_err(CredentialsError::provider_error)
    }
}

impl fmt::Debug for Explained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Explained").field("profile", &self.profile).finish_non_exhaustive()
    }
}
