//! Confirming in the receiver's place, with what the mail's link holds.

use super::link::Link;
use crate::aws::{Aws, AwsError};
use crate::resources::subscription;

/// A subscription that stands confirmed now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmed {
    pub subscription_arn: String,
    /// Whether only its owner can end it. `None` where nobody asked for that, or AWS would not tell.
    pub locked: Option<bool>,
}

/// Confirms; `lock` asks for `AuthenticateOnUnsubscribe`, so that the unsubscribe link at the foot of every mail, which mail
/// scanners follow, does nothing (SNS API reference, ConfirmSubscription). It counts only for whoever confirms first, so it is
/// looked up afterwards.
pub async fn confirm(aws: &Aws, link: &Link, lock: bool) -> Result<Confirmed, AwsError> {
    let subscription_arn = subscription::aws::confirm(aws, &link.topic_arn, &link.token, lock).await?;
    let locked = if lock { subscription::aws::is_locked(aws, &subscription_arn).await.unwrap_or(None) } else { None };
    Ok(Confirmed { subscription_arn, locked })
}
