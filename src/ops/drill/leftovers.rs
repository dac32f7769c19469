//! What drills have made and have to take away: queues, subscriptions, alarms in ALARM. All of it is found by the drill's mark, so a
//! drill that was killed is cleaned up by the next one.

use super::chain::{DrillSurvey, is_of_a_drill};
use super::fire::{DrillRun, restore};
use super::receive::{delete_queue, queues};
use super::{DrillTopic, Left};
use crate::aws::{Aws, AwsError, Class};
use crate::model::advice;
use crate::resources::{ConfirmationState, Live, Resource, subscription};
use futures_util::future::join_all;
use serde::Serialize;

/// What was taken away or put back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Cleaned {
    pub queues: Vec<String>,
    /// As `TOPIC PROTOCOL ENDPOINT`.
    pub subscriptions: Vec<String>,
    /// Alarms that were still in ALARM by a drill.
    pub alarms: Vec<String>,
    pub left: Vec<Left>,
}

impl Cleaned {
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// Takes away what one drill has made for receiving. Answers what could not be.
pub async fn take_away(hands: &Aws, survey: &DrillSurvey, mark: &DrillRun) -> Vec<Left> {
    let mut cleaned = Cleaned::default();
    let is_its = |found: &DrillRun| found == mark;
    subscriptions(hands, survey, &is_its, &mut cleaned).await;
    if let Err(error) = all_queues(hands, &is_its, &mut cleaned).await {
        cleaned.left.push(left(format!("queue {}", mark.name()), &error));
    }
    cleaned.left
}

/// Cleans up after every drill that should be over by now: a killed one's, and never one that is under way.
pub async fn clean_expired(hands: &Aws, survey: &DrillSurvey, now: i64) -> Cleaned {
    clean_where(hands, survey, &|mark: &DrillRun| mark.is_over(now)).await
}

/// Cleans up after every drill, whether it may be under way or not.
pub async fn clean(hands: &Aws, survey: &DrillSurvey) -> Cleaned {
    clean_where(hands, survey, &|_: &DrillRun| true).await
}

async fn clean_where(hands: &Aws, survey: &DrillSurvey, is_its: &(dyn Fn(&DrillRun) -> bool + Sync)) -> Cleaned {
    let mut cleaned = Cleaned::default();
    subscriptions(hands, survey, is_its, &mut cleaned).await;
    match all_queues(hands, is_its, &mut cleaned).await {
        // An endpoint without SQS, or a user who may not list queues, has none of ours.
        Err(error) if !matches!(error.class, Class::Denied | Class::Refused | Class::NotFound) => {
            cleaned.left.push(left("the list of queues".to_owned(), &error));
        }
        _ => {}
    }
    for chain in &survey.alarms {
        let Some((mark, before)) = chain.live.as_ref().and_then(fired_by) else { continue };
        if !is_its(&mark) {
            continue;
        }
        match restore(hands, &chain.name, &before, |reason| mark.is_in(reason)).await {
            Ok(true) => cleaned.alarms.push(chain.name.clone()),
            Ok(false) => {}
            Err(error) => cleaned.left.push(left(format!("alarm {}", chain.name), &error)),
        }
    }
    cleaned
}

/// The drill by which an alarm is in ALARM, and the state it had before.
fn fired_by(live: &Live) -> Option<(DrillRun, String)> {
    let in_alarm = live.facts.alarm_state.as_deref() == Some("ALARM");
    DrillRun::of_reason(&live.facts.alarm.as_ref()?.reason).filter(|_| in_alarm)
}

async fn subscriptions(
    hands: &Aws,
    survey: &DrillSurvey,
    is_its: &(dyn Fn(&DrillRun) -> bool + Sync),
    cleaned: &mut Cleaned,
) {
    let topics: Vec<&DrillTopic> = survey.open_topics().collect();
    let listed = join_all(topics.iter().map(|topic| subscription::aws::list(hands, &topic.name, &topic.arn))).await;
    for (topic, listed) in topics.into_iter().zip(listed) {
        let listed = match listed {
            Ok(listed) => listed.unwrap_or_default(),
            Err(error) => {
                cleaned.left.push(left(format!("subscriptions of {}", topic.name), &error));
                continue;
            }
        };
        for live in listed {
            let Resource::Subscription(found) = &live.resource else { continue };
            let its =
                is_of_a_drill(&found.endpoint) && DrillRun::of_name(&found.endpoint).is_some_and(|mark| is_its(&mark));
            // A pending one cannot be ended, and ends by itself.
            let (true, Some(ConfirmationState::Confirmed), Some(arn)) =
                (its, live.facts.confirmation, &live.facts.subscription_arn)
            else {
                continue;
            };
            let name = format!("{} {} {}", topic.name, found.protocol, found.endpoint);
            match subscription::aws::unsubscribe(hands, arn).await {
                Ok(()) => cleaned.subscriptions.push(name),
                Err(error) => cleaned.left.push(left(format!("subscription {name}"), &error)),
            }
        }
    }
}

async fn all_queues(
    hands: &Aws,
    is_its: &(dyn Fn(&DrillRun) -> bool + Sync),
    cleaned: &mut Cleaned,
) -> Result<(), AwsError> {
    for url in queues(hands).await?.into_iter().filter(|url| DrillRun::of_name(url).is_some_and(|mark| is_its(&mark))) {
        match delete_queue(hands, &url).await {
            Ok(()) => cleaned.queues.push(url),
            Err(error) => cleaned.left.push(left(format!("queue {url}"), &error)),
        }
    }
    Ok(())
}

fn left(what: String, error: &AwsError) -> Left {
    Left {
        what: format!("{what}: {error}"),
        remedy: format!("{} takes it away later", advice::command("drill --clean")),
    }
}
