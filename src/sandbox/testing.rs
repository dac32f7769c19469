//! SDK clients on a sandbox, for the tests of every service.

use super::{ACCESS_KEY, SECRET_KEY, Sandbox};
use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;

/// The configuration of the default account in us-east-1, without retries, so that each fault is seen.
pub fn config(sandbox: &Sandbox) -> SdkConfig {
    config_of(sandbox, ACCESS_KEY, "us-east-1")
}

/// The configuration of any account and region; a key of twelve digits is that account.
pub fn config_of(sandbox: &Sandbox, access_key: &str, region: &'static str) -> SdkConfig {
    let credentials = Credentials::new(access_key, SECRET_KEY, None, None, "sandbox");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(sandbox.http_client())
        .retry_config(RetryConfig::disabled())
        .build()
}
