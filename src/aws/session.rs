//! Credentials and clients: one session for whoever starts the run and one for each role it assumes, one `Aws` a target. The
//! only place that configures the SDK.

use super::bounded::BoundedClient;
use super::credentials::{self, Explained};
use super::identity::{self, CALLER};
use super::network::NetworkSettings;
use super::pace::Pace;
use super::pages::ReceivedPages;
use super::patience::{Patience, SessionPatience, WaitLimits, WaitTracker};
use super::process;
use super::profile::{self, CredentialSource, Profile};
use super::role::{AssumedRole, Role, RoleProvider};
use super::{ApiOperation, AwsError, Clock, Interrupt, Repeat};
use crate::model::Target;
use anyhow::{Context, Result, bail};
use aws_config::identity::IdentityCache;
use aws_config::provider_config::ProviderConfig;
use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OnceCell, Semaphore};

/// How to reach AWS. `None` means what the AWS CLI would do: environment, profile, SSO, instance role.
#[derive(Debug, Clone, Default)]
pub struct SessionOptions {
    pub profile: Option<String>,
    pub region: Option<String>,
    pub endpoint_url: Option<String>,
    /// Instead of the network: an HTTP client (the sandbox) and the keys to sign with.
    pub http: Option<(SharedHttpClient, String, String)>,
    /// Whether nobody counts the calls there.
    pub is_without_quotas: bool,
    pub interrupt: Option<Interrupt>,
    pub limits: WaitLimits,
    /// Where what is being waited for can be seen.
    pub waiting: WaitTracker,
    /// What time it is there.
    pub clock: Clock,
}

/// Resolved credentials and settings, for any number of targets. Cheap to clone; clones share connections and counts.
#[derive(Debug, Clone)]
pub struct AwsSession {
    config: SdkConfig,
    interrupt: Interrupt,
    role: Option<Arc<AssumedRole>>,
    calls: Calls,
    patience: SessionPatience,
    clock: Clock,
    /// Of nobody yet: each account and region has one of its own.
    pace: Pace,
}

/// Whose the credentials are.
#[derive(Debug)]
struct SessionIdentity {
    account: String,
    arn: String,
}

type Calls = Arc<Mutex<BTreeMap<String, CallCount>>>;

/// The handles of one target. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Aws {
    pub cloudwatch: aws_sdk_cloudwatch::Client,
    pub sns: aws_sdk_sns::Client,
    pub sqs: aws_sdk_sqs::Client,
    pub logs: aws_sdk_cloudwatchlogs::Client,
    pub lambda: aws_sdk_lambda::Client,
    pub tagging: aws_sdk_resourcegroupstagging::Client,
    pub(super) sts: aws_sdk_sts::Client,
    config: SdkConfig,
    region: String,
    caller: Arc<OnceCell<SessionIdentity>>,
    pub(super) role: Option<Arc<AssumedRole>>,
    pub pace: Pace,
    /// How many calls of all targets of a run may be on their way at once; none: as many as there are.
    pub gate: Option<Arc<Semaphore>>,
    pub interrupt: Interrupt,
    /// What time it is where the calls go.
    pub clock: Clock,
    calls: Calls,
    /// What AWS says beside a success.
    warnings: Arc<Mutex<Vec<String>>>,
    session: SessionPatience,
    pub(super) patience: Patience,
    pub(super) received: Arc<ReceivedPages>,
}

/// How often an operation was called and throttled.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CallCount {
    pub calls: u64,
    pub throttled: u64,
}

impl AwsSession {
    /// Reads configuration, not yet credentials: those are fetched with the first call.
    pub async fn open(options: SessionOptions) -> Result<Self> {
        // The SDK's own retries are off: `Aws::call` knows what may be repeated and paces the repeats.
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(5))
            .operation_attempt_timeout(options.limits.attempt())
            .build();
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .app_name(AppName::new(concat!("mlopsctl-", env!("CARGO_PKG_VERSION")))?)
            .retry_config(RetryConfig::disabled())
            .timeout_config(timeouts);
        let (mut own, mut of_profile) = (None, None);
        loader = match options.http {
            Some((client, access_key, secret_key)) => {
                let region = options.region.clone().unwrap_or_else(|| "us-east-1".to_owned());
                loader
                    .http_client(SharedHttpClient::new(BoundedClient::new(client)))
                    .region(Region::new(region))
                    .credentials_provider(Credentials::new(access_key, secret_key, None, None, "sandbox"))
            }
            None => {
                let profile =
                    profile::find(options.profile.as_deref(), options.profile.is_some() || !has_keys()).await?;
                let authorities = profile.as_ref().and_then(|profile| profile.ca_bundle.as_deref());
                // One client for all services, so that connections and root certificates are shared.
                let client =
                    SharedHttpClient::new(BoundedClient::new(NetworkSettings::of_environment(authorities)?.client()));
                let region = options.region.clone().map(Region::new);
                let program = process::of_profile(options.profile.as_deref(), options.limits).await;
                own = match program {
                    Some(program) => Some(SharedCredentialsProvider::new(program)),
                    None => own_provider(options.profile.is_some(), profile.as_ref(), &client, region).await?,
                };
                of_profile = profile;
                loader.http_client(client)
            }
        };
        if let Some(provider) = own {
            loader = loader.credentials_provider(provider);
        }
        if let Some(profile) = options.profile {
            loader = loader.profile_name(profile);
        }
        if let Some(region) = options.region {
            loader = loader.region(Region::new(region));
        }
        if let Some(url) = options.endpoint_url {
            if !url.starts_with("http://") && !url.starts_with("https://") {
                bail!("--endpoint-url has to begin with http:// or https://, not {url:?}");
            }
            loader = loader.endpoint_url(url);
        }
        let mut config = loader.load().await;
        if let Some(provider) = config.credentials_provider() {
            let explained = SharedCredentialsProvider::new(Explained::new(provider, of_profile));
            config = config.into_builder().credentials_provider(explained).build();
        }
        let interrupt = options.interrupt.unwrap_or_else(Interrupt::never);
        let patience = SessionPatience::new(options.limits, options.waiting);
        let pace = if options.is_without_quotas { Pace::free() } else { Pace::default() };
        Ok(Self { config, interrupt, role: None, calls: Calls::default(), patience, clock: options.clock, pace })
    }

    /// A session in another account, by a role that `home` assumes there with its first call. Its targets, whatever their
    /// region, share the role's credentials, and everything else with this session.
    pub fn assume(&self, home: &Aws, role: Role) -> Self {
        let role = Arc::new(AssumedRole::new(home.clone(), role));
        let provider = SharedCredentialsProvider::new(RoleProvider(role.clone()));
        // The role keeps its credentials itself: the SDK's own cache would ask for new ones once a client.
        let config = self.config.to_builder().credentials_provider(provider).identity_cache(IdentityCache::no_cache());
        Self { config: config.build(), role: Some(role), ..self.clone() }
    }

    /// The region of the configuration, where one is named.
    pub fn region(&self) -> Option<&str> {
        self.config.region().map(Region::as_ref)
    }

    /// The handles for `region`, or for the session's own one.
    pub fn target(&self, region: Option<&str>) -> Result<Aws> {
        let mut config = self.config.clone();
        if let Some(region) = region {
            config = config.into_builder().region(Region::new(region.to_owned())).build();
        }
        let region = config
            .region()
            .context("no region: give --region, `region:` in the spec, AWS_REGION, or a region in the AWS profile")?;
        let region = region.to_string();
        Ok(Aws::of(region, AwsSession { config, ..self.clone() }))
    }
}

/// Whether the environment gives keys; a profile that is not named for this run then gives settings only.
fn has_keys() -> bool {
    ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]
        .iter()
        .all(|name| std::env::var_os(name).is_some_and(|key| !key.is_empty()))
}

/// The profile's own provider, where the SDK's chain does not do as the AWS CLI does.
async fn own_provider(
    named: bool,
    profile: Option<&Profile>,
    client: &SharedHttpClient,
    region: Option<Region>,
) -> Result<Option<SharedCredentialsProvider>> {
    let Some(profile) = profile.filter(|profile| profile.source != CredentialSource::Nothing) else { return Ok(None) };
    if !named && (profile.source != CredentialSource::Login || has_keys()) {
        return Ok(None);
    }
    let usual = aws_config::default_provider::region::Builder::default().profile_name(&profile.name).build();
    let region = match region {
        Some(region) => Some(region),
        None => usual.region().await,
    };
    let config = ProviderConfig::without_region().with_region(region).with_http_client(client.clone());
    let config = config.with_retry_config(RetryConfig::disabled());
    Ok(Some(credentials::of_profile(profile, &config)?))
}

impl Aws {
    /// Every client of a session, with quotas of its own.
    fn of(region: String, session: AwsSession) -> Self {
        let AwsSession { config, interrupt, role, calls, patience, clock, pace } = session;
        Self {
            patience: patience.of(&region),
            session: patience,
            received: Arc::default(),
            cloudwatch: aws_sdk_cloudwatch::Client::new(&config),
            sns: aws_sdk_sns::Client::new(&config),
            sqs: aws_sdk_sqs::Client::new(&config),
            logs: aws_sdk_cloudwatchlogs::Client::new(&config),
            lambda: aws_sdk_lambda::Client::new(&config),
            tagging: aws_sdk_resourcegroupstagging::Client::new(&config),
            sts: aws_sdk_sts::Client::new(&config),
            config,
            region,
            caller: Arc::default(),
            role,
            pace: pace.afresh(),
            gate: None,
            interrupt,
            clock,
            calls,
            warnings: Arc::default(),
        }
    }

    /// The same account in another region: credentials and counts are shared, quotas are the region's own.
    pub fn in_region(&self, region: &str) -> Self {
        let session = AwsSession {
            config: self.config.clone().into_builder().region(Region::new(region.to_owned())).build(),
            interrupt: self.interrupt.clone(),
            role: self.role.clone(),
            calls: self.calls.clone(),
            patience: self.session.clone(),
            clock: self.clock.clone(),
            pace: self.pace.clone(),
        };
        Self { caller: self.caller.clone(), gate: self.gate.clone(), ..Self::of(region.to_owned(), session) }
    }

    /// The organization that the account manages. Few runs need it, so it is made when it is asked for.
    pub fn organizations(&self) -> aws_sdk_organizations::Client {
        aws_sdk_organizations::Client::new(&self.config)
    }

    pub fn region(&self) -> &str {
        &self.region
    }

    /// How long this run waits.
    pub fn limits(&self) -> WaitLimits {
        self.session.limits()
    }

    /// Handles whose calls go through although the run was interrupted: for taking back what must not stay.
    pub fn steady(&self) -> Self {
        Self { interrupt: Interrupt::never(), ..self.clone() }
    }

    /// Account and region. Whose the credentials are is asked of STS once; of an assumed role the answer to AssumeRole has said it.
    pub async fn target(&self) -> Result<Target, AwsError> {
        Ok(Target::new(&self.whose().await?.account, &self.region))
    }

    /// The ARN of whose the credentials are; of an assumed role that role's.
    pub async fn caller(&self) -> Result<String, AwsError> {
        Ok(self.whose().await?.arn.clone())
    }

    async fn whose(&self) -> Result<&SessionIdentity, AwsError> {
        self.caller.get_or_try_init(|| self.find_caller()).await
    }

    async fn find_caller(&self) -> Result<SessionIdentity, AwsError> {
        if let Some(role) = &self.role {
            // What a refused role means is said once, not by every call.
            role.credentials().await?;
            return Ok(SessionIdentity { account: role.account().to_owned(), arn: role.arn() });
        }
        let answer = self.call(CALLER, Repeat::Safe, || self.sts.get_caller_identity().send()).await?;
        let account = identity::of_caller(answer.account(), answer.arn(), &self.region)?;
        Ok(SessionIdentity { account, arn: answer.arn().unwrap_or_default().to_owned() })
    }

    /// Keeps what AWS says beside a success, until it is taken.
    pub fn warn(&self, said: String) {
        self.warnings.lock().unwrap_or_else(PoisonError::into_inner).push(said);
    }

    /// Takes what AWS has said beside successes.
    pub fn take_warnings(&self) -> Vec<String> {
        std::mem::take(&mut *self.warnings.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What the run called so far, by operation: of a fleet, over all of its targets.
    pub fn calls(&self) -> BTreeMap<String, CallCount> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn count(&self, op: ApiOperation) {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).entry(op.to_string()).or_default().calls += 1;
    }

    pub(super) fn count_throttled(&self, op: ApiOperation) {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).entry(op.to_string()).or_default().throttled += 1;
    }
}
