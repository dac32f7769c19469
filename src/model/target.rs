//! Where a plan applies: one account in one region of one partition.

use super::Partition;
use serde::{Deserialize, Serialize};
use std::fmt;

/// An account and region. `account` is twelve digits; `region` is an AWS region code such as `us-east-1`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Target {
    pub account: String,
    pub region: String,
}

impl Target {
    pub fn new(account: impl Into<String>, region: impl Into<String>) -> Self {
        Self { account: account.into(), region: region.into() }
    }

    /// The partition of the region, as ARNs write it.
    pub fn partition(&self) -> &'static str {
        Partition::of_region(&self.region).id
    }

    /// The ARN of a resource of this target, e.g. `target.arn("sns", "alerts")`.
    pub fn arn(&self, service: &str, resource: impl fmt::Display) -> String {
        format!("arn:{}:{service}:{}:{}:{resource}", self.partition(), self.region, self.account)
    }
}

impl Target {
    /// The ARN of what an account has once, whatever the region.
    pub fn account_arn(&self, service: &str, resource: impl fmt::Display) -> String {
        format!("arn:{}:{service}::{}:{resource}", self.partition(), self.account)
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.account, self.region)
    }
}
