//! Setting alarms off and putting them back. The reason that is set names the drill and the state before, so that whoever reads it
//! knows that it is a drill, and a later run can put back what a killed one could not.

use super::chain::Chain;
use super::{DrillEvent, Left};
use crate::aws::{ApiOperation, Aws, AwsError, Class, Repeat};
use crate::model::advice;
use crate::resources::alarm;
use aws_sdk_cloudwatch::types::StateValue;
use futures_util::future::join_all;
use std::time::Duration;

const SET: ApiOperation = ApiOperation("cloudwatch", "SetAlarmState");

/// Beyond its time-outs, how long a drill may take before another one may clean up after it.
const MARGIN: i64 = 600;

/// What tells one drill from another, and when it has surely ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DrillRun {
    id: String,
    /// Seconds since 1970.
    until: i64,
}

impl DrillRun {
    pub fn new(now: i64, timeout: Duration, phases: usize) -> Self {
        let id = (0..8).map(|_| fastrand::alphanumeric().to_ascii_lowercase()).collect();
        let phases = i64::try_from(phases.max(1)).unwrap_or(1);
        let following = i64::try_from(timeout.as_secs()).unwrap_or(i64::MAX / 4).saturating_mul(phases);
        Self { id, until: now.saturating_add(following).saturating_add(MARGIN) }
    }

    pub fn id(&self) -> &str {
        &self.id
    }

    /// `mlopsctl-drill-UNTIL-ID`: the end is in the name, since subscriptions have no tags.
    pub fn name(&self) -> String {
        format!("{}{}-{}", super::chain::PREFIX, self.until, self.id)
    }

    /// The mark in the name of a queue, or at the end of an endpoint.
    pub fn of_name(text: &str) -> Option<Self> {
        let name = text.rsplit([':', '/']).next()?.strip_prefix(super::chain::PREFIX)?;
        let (until, id) = name.split_once('-')?;
        Some(Self { id: id.to_owned(), until: until.parse().ok()? })
    }

    pub fn is_over(&self, now: i64) -> bool {
        self.until < now
    }

    /// `Drill by mlopsctl, not an incident. [drill ID until UNTIL, before: OK]`
    pub fn reason(&self, before: &str) -> String {
        format!("Drill by mlopsctl, not an incident. [drill {} until {}, before: {before}]", self.id, self.until)
    }

    /// The mark and the state before, out of a reason that a drill has set.
    pub fn of_reason(reason: &str) -> Option<(Self, String)> {
        let inside = reason.split_once("[drill ")?.1.split(']').next()?;
        let (id, rest) = inside.split_once(" until ")?;
        let (until, before) = rest.split_once(", before: ")?;
        Some((Self { id: id.to_owned(), until: until.parse().ok()? }, before.to_owned()))
    }

    pub fn is_in(&self, reason: &str) -> bool {
        reason.contains(&format!("[drill {} until ", self.id))
    }
}

/// How firing an alarm went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fired {
    /// From which state.
    Yes {
        before: String,
    },
    /// By real errors; `since` is the time of the last change of state before, in seconds since 1970.
    Really {
        before: String,
        since: i64,
    },
    /// A drill would hide what is going on.
    InAlarmAlready,
    No {
        why: String,
        remedy: Option<String>,
    },
    /// Nothing is to be fired.
    OnlyLooked,
}

impl Fired {
    /// Whether something was set off.
    pub fn is_fired(&self) -> bool {
        matches!(self, Fired::Yes { .. } | Fired::Really { .. })
    }
}

/// Fires all of them, paced. What is in ALARM already is left alone.
pub async fn fire<'a>(
    aws: &Aws,
    phase: &[&'a Chain],
    mark: &DrillRun,
    told: &mut dyn FnMut(DrillEvent<'_>),
) -> Vec<(&'a Chain, Fired)> {
    let one = |chain: &'a Chain| async move {
        let before = chain.state().unwrap_or("INSUFFICIENT_DATA").to_owned();
        if before == "ALARM" {
            return (chain, Fired::InAlarmAlready);
        }
        let fired = match set_state(aws, &chain.name, "ALARM", &mark.reason(&before)).await {
            // What was not answered may have been done: it is followed, and put back, like the others.
            Ok(()) => Fired::Yes { before },
            Err(error) if error.is(Class::Interrupted) && !error.was_not_sent() => Fired::Yes { before },
            Err(error) => Fired::No { why: error.to_string(), remedy: error.remedy() },
        };
        (chain, fired)
    };
    let fired = join_all(phase.iter().map(|chain| one(chain))).await;
    for (chain, how) in &fired {
        match how {
            Fired::Yes { .. } | Fired::Really { .. } => told(DrillEvent::Fired(&chain.name)),
            Fired::InAlarmAlready => {
                told(DrillEvent::NotFired { alarm: &chain.name, why: "it is in ALARM already".to_owned() });
            }
            Fired::No { why, .. } => told(DrillEvent::NotFired { alarm: &chain.name, why: why.clone() }),
            Fired::OnlyLooked => {}
        }
    }
    fired
}

/// Where an answer was lost the same again does no harm: an alarm that is in the state already notifies nobody anew.
async fn set_state(aws: &Aws, name: &str, state: &str, reason: &str) -> Result<(), AwsError> {
    let request = || {
        let request = aws.cloudwatch.set_alarm_state().alarm_name(name);
        request.state_value(StateValue::from(state)).state_reason(reason).send()
    };
    aws.call(SET, Repeat::Safe, request).await.map(drop)
}

/// Puts each fired alarm back into the state it had, unless CloudWatch has looked at it since: then its state is the true one.
pub async fn put_back(
    hands: &Aws,
    fired: &[(&Chain, Fired)],
    mark: &DrillRun,
    told: &mut dyn FnMut(DrillEvent<'_>),
) -> Vec<Left> {
    let fired = fired.iter().filter_map(|(chain, fired)| match fired {
        Fired::Yes { before } => Some((chain.name.as_str(), before.as_str())),
        Fired::Really { .. } | Fired::InAlarmAlready | Fired::No { .. } | Fired::OnlyLooked => None,
    });
    let back = join_all(fired.map(|(name, before)| async move {
        (name, before, restore(hands, name, before, |reason| mark.is_in(reason)).await)
    }))
    .await;
    let mut left = Vec::new();
    for (alarm, state, result) in back {
        match result {
            Ok(_) => told(DrillEvent::PutBack { alarm, state }),
            Err(error) => left.push(Left {
                what: format!("alarm {alarm} is still in ALARM by the drill: {error}"),
                remedy: format!(
                    "{}, or aws cloudwatch set-alarm-state --alarm-name {} --state-value {state} --state-reason \"after a drill\"",
                    advice::command("drill --clean"),
                    advice::quoted(alarm)
                ),
            }),
        }
    }
    left
}

/// Puts an alarm back where its reason is still that of a drill. Answers whether it was.
pub async fn restore(hands: &Aws, name: &str, before: &str, is_ours: impl Fn(&str) -> bool) -> Result<bool, AwsError> {
    let described = alarm::aws::describe(hands, &[name.to_owned()]).await?;
    let Some(live) = described.into_iter().find(|live| live.resource.name() == name) else { return Ok(false) };
    let reason = live.facts.alarm.as_ref().map_or("", |facts| facts.reason.as_str());
    if live.facts.alarm_state.as_deref() != Some("ALARM") || !is_ours(reason) {
        return Ok(false);
    }
    set_state(hands, name, before, "The drill by mlopsctl is over: this is the state it had before.").await?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_read_from_where_it_was_written() {
        let mark = DrillRun::new(1_000, Duration::from_secs(30), 2);
        assert_eq!(DrillRun::of_name(&mark.name()), Some(mark.clone()));
        let arn = format!("arn:aws:sqs:us-east-1:123456789012:{}", mark.name());
        assert_eq!(DrillRun::of_name(&arn), Some(mark.clone()));
        let reason = mark.reason("INSUFFICIENT_DATA");
        assert_eq!(DrillRun::of_reason(&reason), Some((mark.clone(), "INSUFFICIENT_DATA".to_owned())));
        assert!(mark.is_in(&reason) && !DrillRun::new(1_000, Duration::ZERO, 1).is_in(&reason));
        assert!(!mark.is_over(1_000 + 660) && mark.is_over(1_000 + 661));
        for other in ["Threshold Crossed: 1 datapoint [6.0]", "[drill ", "[drill a until b, before: OK]", ""] {
            assert_eq!(DrillRun::of_reason(other), None, "{other}");
        }
        assert_eq!(DrillRun::of_name("mlopsctl-drill-x"), None);
        assert!(mark.name().len() <= 80, "SQS allows 80 characters");
    }
}
