//! Following what a fired alarm sets off: its history, and what arrives where the drill listens. Ends early when all is seen.

use super::DrillEvent;
use super::chain::{Chain, DrillSurvey, is_topic};
use super::fire::{DrillRun, Fired};
use super::receive::{ReceivedNotification, Receiver};
use crate::aws::{ApiOperation, Aws, AwsError, Repeat};
use crate::resources::any_alarm::aws::of_every_type;
use aws_sdk_cloudwatch::types::{AlarmHistoryItem, AlarmType, HistoryItemType, ScanBy};
use futures_util::future::join_all;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tokio::time::{Instant, sleep};

const HISTORY: ApiOperation = ApiOperation("cloudwatch", "DescribeAlarmHistory");
const FIRST_PAUSE: Duration = Duration::from_millis(300);
const LONGEST_PAUSE: Duration = Duration::from_secs(3);

/// What was seen of one alarm.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AlarmEvidence {
    /// `None` where it was not come to.
    pub fired: Option<Fired>,
    /// Whether the history tells the change of state.
    pub changed: bool,
    /// What the history tells of actions since, by ARN.
    pub actions: BTreeMap<String, Acted>,
    pub messages: Vec<ReceivedNotification>,
    /// Why the history could not be read.
    pub blind: Option<String>,
}

impl AlarmEvidence {
    /// Whether nothing was to be fired.
    pub fn only_looked(&self) -> bool {
        self.fired == Some(Fired::OnlyLooked)
    }
}

/// How an action went, in CloudWatch's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Acted {
    Succeeded,
    Failed(String),
    /// Muted, suppressed, or something that is not known here.
    HeldBack(String),
}

pub struct Following<'a> {
    pub aws: &'a Aws,
    pub survey: &'a DrillSurvey,
    pub mark: &'a DrillRun,
    pub timeout: Duration,
}

impl Following<'_> {
    pub async fn follow(
        &self,
        phase: &[&Chain],
        fired: &[(&Chain, Fired)],
        mut receiver: Option<&mut Receiver>,
        told: &mut dyn FnMut(DrillEvent<'_>),
    ) -> BTreeMap<String, AlarmEvidence> {
        let mut seen: BTreeMap<String, AlarmEvidence> = fired
            .iter()
            .map(|(chain, fired)| {
                (chain.name.clone(), AlarmEvidence { fired: Some(fired.clone()), ..AlarmEvidence::default() })
            })
            .collect();
        let deadline = Instant::now() + self.timeout;
        let mut pause = FIRST_PAUSE;
        loop {
            let open: Vec<&Chain> = phase
                .iter()
                .copied()
                .filter(|chain| !self.is_complete(chain, seen.get(&chain.name), receiver.is_some()))
                .collect();
            if open.is_empty() {
                return seen;
            }
            let look = async {
                let items = join_all(open.iter().map(|chain| history(self.aws, &chain.name))).await;
                let messages = match receiver.as_deref_mut() {
                    Some(receiver) => receiver.poll().await,
                    None => Vec::new(),
                };
                (items, messages)
            };
            let (items, messages) = tokio::select! {
                biased;
                () = self.aws.interrupt.wait() => return seen,
                found = look => found,
            };
            for (chain, items) in open.iter().zip(items) {
                let evidence = seen.entry(chain.name.clone()).or_default();
                match items {
                    Ok(items) => note_history(evidence, &items, self.mark),
                    Err(error) => evidence.blind = Some(error.to_string()),
                }
            }
            for message in messages {
                if let Some(evidence) = seen.get_mut(&message.alarm).filter(|own| self.is_ours(own, &message))
                    && evidence.messages.iter().all(|known| known.topic != message.topic)
                {
                    told(DrillEvent::Arrived { topic: &message.topic, alarm: &message.alarm });
                    evidence.messages.push(message);
                }
            }
            if Instant::now() >= deadline {
                return seen;
            }
            tokio::select! {
                () = self.aws.interrupt.wait() => return seen,
                () = sleep(pause.min(deadline - Instant::now())) => {}
            }
            pause = pause.mul_f64(1.5).min(LONGEST_PAUSE);
        }
    }

    fn is_ours(&self, evidence: &AlarmEvidence, message: &ReceivedNotification) -> bool {
        match &evidence.fired {
            // The queue was made for this drill, so whatever alarm comes is its own.
            Some(Fired::Really { .. }) => message.body.get("NewStateValue") == Some(&"ALARM".into()),
            _ => self.mark.is_in(&message.reason),
        }
    }

    /// Whether nothing more can come of an alarm: each of its actions is accounted for, and each open topic has told.
    fn is_complete(&self, chain: &Chain, evidence: Option<&AlarmEvidence>, receiving: bool) -> bool {
        let Some(evidence) = evidence else { return true };
        if !evidence.fired.as_ref().is_some_and(Fired::is_fired) {
            return true;
        }
        let Some(actions) = chain.actions() else { return true };
        if !actions.enabled || actions.alarm.is_empty() || chain.muted.is_some() {
            return evidence.changed;
        }
        let told: BTreeSet<&str> = evidence.messages.iter().map(|message| message.topic_arn.as_str()).collect();
        actions.alarm.iter().all(|arn| match evidence.actions.get(arn) {
            Some(Acted::Succeeded) => !receiving || !self.can_tell(arn) || told.contains(arn.as_str()),
            Some(_) => true,
            // An endpoint that keeps no history of actions: the message says as much.
            None => told.contains(arn.as_str()),
        }) && evidence.changed
    }

    fn can_tell(&self, arn: &str) -> bool {
        is_topic(arn) && self.survey.open_topics().any(|topic| topic.arn == arn)
    }
}

/// The newest hundred entries of an alarm, newest first.
async fn history(aws: &Aws, name: &str) -> Result<Vec<AlarmHistoryItem>, AwsError> {
    let ask = async |types: &[AlarmType]| {
        let request = || {
            let request = aws.cloudwatch.describe_alarm_history().alarm_name(name).max_records(100);
            request.set_alarm_types(Some(types.to_vec())).scan_by(ScanBy::TimestampDescending).send()
        };
        aws.call(HISTORY, Repeat::Safe, request).await
    };
    Ok(of_every_type(ask).await?.alarm_history_items().to_vec())
}

/// What happened from the drill's own change of state on, whatever the clocks say: entries come newest first.
fn note_history(evidence: &mut AlarmEvidence, items: &[AlarmHistoryItem], mark: &DrillRun) {
    let is_ours = |item: &AlarmHistoryItem| {
        let is_change = item.history_item_type() == Some(&HistoryItemType::StateUpdate);
        let of_ours = match &evidence.fired {
            Some(Fired::Really { since, .. }) => {
                into_alarm(item) && item.timestamp().is_some_and(|at| at.secs() > *since)
            }
            _ => mark.is_in(&reason_of(item)),
        };
        is_change && of_ours
    };
    let Some(begin) = items.iter().position(is_ours) else { return };
    evidence.changed = true;
    let begun = items.get(begin).and_then(AlarmHistoryItem::timestamp);
    // Entries of one moment may come in any order: what is as old as the change belongs to it, too.
    let since = items.iter().enumerate().filter(|(at, item)| *at < begin || item.timestamp() == begun);
    for (_, item) in since.filter(|(_, item)| item.history_item_type() == Some(&HistoryItemType::Action)) {
        if let Some((arn, acted)) = acted(item) {
            // The first one after the change is the drill's own: what comes later belongs to the way back.
            evidence.actions.insert(arn, acted);
        }
    }
}

/// When the state of an alarm changed last, in seconds since 1970; 0 where it never did.
pub async fn newest_change(aws: &Aws, name: &str) -> Result<i64, AwsError> {
    let items = history(aws, name).await?;
    let is_change = |item: &&AlarmHistoryItem| item.history_item_type() == Some(&HistoryItemType::StateUpdate);
    let newest = items.iter().find(is_change).and_then(AlarmHistoryItem::timestamp);
    Ok(newest.map_or(0, |at| at.secs()))
}

fn into_alarm(item: &AlarmHistoryItem) -> bool {
    let data: Value = serde_json::from_str(item.history_data().unwrap_or_default()).unwrap_or_default();
    let state = data.get("newState").and_then(|state| state.get("stateValue")).and_then(Value::as_str);
    state.map_or_else(|| item.history_summary().unwrap_or_default().ends_with("to ALARM"), |state| state == "ALARM")
}

fn reason_of(item: &AlarmHistoryItem) -> String {
    let data: Value = serde_json::from_str(item.history_data().unwrap_or_default()).unwrap_or_default();
    let reason = data.get("newState").and_then(|state| state.get("stateReason")).and_then(Value::as_str);
    reason.map_or_else(|| item.history_summary().unwrap_or_default().to_owned(), str::to_owned)
}

/// The action's ARN and how it went, from the JSON of an `Action` entry; where there is none, from its summary.
fn acted(item: &AlarmHistoryItem) -> Option<(String, Acted)> {
    let data: Value = serde_json::from_str(item.history_data().unwrap_or_default()).unwrap_or_default();
    let text = |key: &str| data.get(key).and_then(Value::as_str).filter(|text| !text.is_empty() && *text != "null");
    let summary = item.history_summary().unwrap_or_default();
    let in_summary =
        || summary.split([' ', '"']).find(|word| word.starts_with("arn:")).map(|arn| arn.trim_end_matches('.'));
    let arn = text("notificationResource").or_else(in_summary)?.to_owned();
    let why = || text("error").unwrap_or(summary).to_owned();
    let acted = match text("actionState") {
        Some("Succeeded") => Acted::Succeeded,
        Some("Failed") => Acted::Failed(why()),
        None if summary.starts_with("Successfully executed") => Acted::Succeeded,
        None if summary.starts_with("Failed to execute") => Acted::Failed(why()),
        _ => Acted::HeldBack(summary.to_owned()),
    };
    Some((arn, acted))
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_smithy_types::DateTime;

    const TOPIC: &str = "arn:aws:sns:us-east-1:123456789012:alerts";

    fn item(at: i64, kind: HistoryItemType, summary: &str, data: &str) -> AlarmHistoryItem {
        let item = AlarmHistoryItem::builder().alarm_name("errors").timestamp(DateTime::from_secs(at));
        item.history_item_type(kind).history_summary(summary).history_data(data).build()
    }

    fn state(at: i64, reason: &str) -> AlarmHistoryItem {
        let data = serde_json::json!({ "newState": { "stateValue": "ALARM", "stateReason": reason } });
        item(at, HistoryItemType::StateUpdate, "Alarm updated from OK to ALARM", &data.to_string())
    }

    fn action(at: i64, state: &str, error: &str) -> AlarmHistoryItem {
        let data = serde_json::json!({ "actionState": state, "notificationResource": TOPIC, "error": error });
        item(at, HistoryItemType::Action, "an action", &data.to_string())
    }

    fn seen(items: &[AlarmHistoryItem], mark: &DrillRun) -> AlarmEvidence {
        let mut evidence = AlarmEvidence::default();
        note_history(&mut evidence, items, mark);
        evidence
    }

    #[test]
    fn only_what_the_drill_set_off_counts() {
        let mark = DrillRun::new(0, Duration::ZERO, 1);
        let other = [action(9, "Succeeded", ""), state(8, "Threshold Crossed")];
        assert_eq!(seen(&other, &mark), AlarmEvidence::default());
        let ours = [state(20, &mark.reason("OK")), action(9, "Failed", "earlier"), state(8, "Threshold Crossed")];
        let evidence = seen(&ours, &mark);
        assert!(evidence.changed && evidence.actions.is_empty());
        // Of one moment, in either order.
        for order in [[0, 1], [1, 0]] {
            let both = [action(20, "Failed", "no key"), state(20, &mark.reason("OK"))];
            let items = order.map(|at: usize| both[at].clone());
            assert_eq!(seen(&items, &mark).actions[TOPIC], Acted::Failed("no key".into()));
        }
    }

    #[test]
    fn actions_are_read_from_data_and_from_words() {
        let words = |summary: &str| acted(&item(1, HistoryItemType::Action, summary, ""));
        let done = words(&format!("Successfully executed action {TOPIC}"));
        assert_eq!(done, Some((TOPIC.to_owned(), Acted::Succeeded)));
        let text = format!("Failed to execute action {TOPIC}. Received error: \"no\"");
        assert_eq!(words(&text), Some((TOPIC.to_owned(), Acted::Failed(text.clone()))));
        let held = words(&format!("Actions {TOPIC} were suppressed")).unwrap().1;
        assert!(matches!(held, Acted::HeldBack(_)));
        assert_eq!(words("nothing of note"), None);
    }
}
