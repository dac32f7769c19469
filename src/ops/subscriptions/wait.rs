//! Waiting until everybody has confirmed: one listing a topic that still waits, ever more seldom.

use super::{StackSubscriptions, SubscriptionRow, SubscriptionState, of_topic, read};
use crate::aws::{Aws, AwsError, Class};
use crate::model::Target;
use crate::resources::{Address, Resource};
use futures_util::future::try_join_all;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Between two looks: the first pause, and the longest. People take minutes, SNS allows 30 listings a second in an account.
const FIRST: Duration = Duration::from_secs(2);
const LONGEST: Duration = Duration::from_secs(20);

/// What there is to tell while waiting.
#[derive(Debug)]
pub enum Waited<'a> {
    /// The first look.
    Begun(&'a StackSubscriptions),
    /// Somebody has confirmed, unsubscribed, or let it expire.
    Changed(&'a SubscriptionRow),
    /// A look failed, and the next one may not.
    Missed(&'a AwsError),
}

/// Returns when nothing is pending any more, or when the time is out: then `open()` says who has not confirmed.
pub async fn wait(
    aws: &Aws,
    stack: &str,
    target: &Target,
    desired: &BTreeMap<Address, Resource>,
    timeout: Duration,
    told: &mut dyn FnMut(Waited<'_>),
) -> Result<StackSubscriptions, AwsError> {
    let deadline = Instant::now() + timeout;
    let mut all = read(aws, stack, target, desired).await?;
    told(Waited::Begun(&all));
    let mut pause = FIRST;
    while all.count(SubscriptionState::Pending) > 0 && Instant::now() < deadline {
        sleep(pause.min(deadline - Instant::now())).await;
        pause = pause.mul_f64(1.5).min(LONGEST);
        match look_again(aws, target, &all, desired).await {
            Ok(rows) => {
                for row in &rows {
                    let before = all.rows.iter_mut().find(|known| known.address() == row.address());
                    match before {
                        Some(known) if known.state != row.state => {
                            *known = row.clone();
                            told(Waited::Changed(row));
                        }
                        _ => {}
                    }
                }
            }
            Err(error) if matches!(error.class, Class::Throttled | Class::Transient) => told(Waited::Missed(&error)),
            Err(error) => return Err(error),
        }
    }
    Ok(all)
}

/// The rows of the topics on which somebody is still waited for. One that is gone from the listing has expired.
async fn look_again(
    aws: &Aws,
    target: &Target,
    all: &StackSubscriptions,
    desired: &BTreeMap<Address, Resource>,
) -> Result<Vec<SubscriptionRow>, AwsError> {
    let waiting = all.rows.iter().filter(|row| row.state == SubscriptionState::Pending);
    let topics: BTreeSet<&str> = waiting.clone().map(|row| row.topic.as_str()).collect();
    let found = try_join_all(topics.into_iter().map(|topic| of_topic(aws, target, topic, desired))).await?;
    let mut rows: Vec<SubscriptionRow> = found.into_iter().flatten().collect();
    let seen: BTreeSet<Address> = rows.iter().map(SubscriptionRow::address).collect();
    let expired = waiting.filter(|row| !seen.contains(&row.address()));
    rows.extend(
        expired.map(|row| SubscriptionRow { state: SubscriptionState::Missing, ..row.clone() }).collect::<Vec<_>>(),
    );
    Ok(rows)
}
