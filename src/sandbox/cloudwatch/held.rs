//! What becomes of actions on a change of state: they run, or are held back by a mute rule, or by the suppressor of a composite alarm and
//! its wait and extension periods. When a mute rule ends, the state that then holds is notified if it is not what was notified
//! last; when a suppression ends, in any case.

use super::alarm::{self, LISTS, StoredAlarm, StoredAlarmState};
use super::{actions, history, mute_rule};
use crate::fault::Fault;
use crate::store::Tx;
use crate::wire::Timestamp;
use mlops_cloudwatch::evaluation::suppression::SuppressedBy;
use mlops_cloudwatch::state::AlarmState;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use std::time::Duration;

const TABLE: &str = "alarm_held";
const MINUTE: i64 = 60_000;

/// What holds actions back.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub enum By {
    /// The rule's name.
    MuteRule(String),
    /// The suppressor is in ALARM.
    Alarm(String),
    WaitPeriod(String),
    ExtensionPeriod(String),
}

/// Kept under the name of the alarm whose actions they are.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct HeldActions {
    by: By,
    /// The state that was told last.
    told: StoredAlarmState,
    /// When to look again; none = when the suppressor leaves ALARM.
    due: Option<Timestamp>,
}

/// What is to be done about a change of state.
enum ActionDecision {
    Tell,
    Hold(By),
    /// It is back where it was when people heard of it last.
    Nothing,
}

/// Runs the actions for the state that `alarm` has just gone into, unless they are off or something holds them back.
pub fn run(tx: &mut Tx, name: &str, alarm: &StoredAlarm, from: &StoredAlarmState) -> Result<(), Fault> {
    let tells = LISTS.iter().any(|(_, list)| alarm.texts(list).next().is_some());
    if !tells || !alarm.actions_enabled() {
        forget(tx, name);
        return Ok(());
    }
    match consider(tx, name, alarm, from)? {
        ActionDecision::Tell => actions::execute(tx, name, alarm, from),
        ActionDecision::Nothing => Ok(()),
        ActionDecision::Hold(by) => {
            for action in actions::of(alarm) {
                let data = json!({ "actionState": "Suppressed", "notificationResource": action });
                history::acted(tx, name, alarm.kind, format!("Action {action} was {}", by.words()), data)?;
            }
            Ok(())
        }
    }
}

/// Decides about the actions of a change of state, and remembers those that are held back.
fn consider(tx: &mut Tx, name: &str, alarm: &StoredAlarm, from: &StoredAlarmState) -> Result<ActionDecision, Fault> {
    let before = tx.get::<HeldActions>(TABLE, name)?;
    let muted = before.filter(|held| matches!(held.by, By::MuteRule(_)));
    let told = muted.map_or_else(|| from.clone(), |held| held.told);
    if told.value == alarm.state.value {
        tx.delete(TABLE, name);
        return Ok(ActionDecision::Nothing);
    }
    match hold(tx, name, alarm, told, SuppressedBy::after_change)? {
        Some(by) => Ok(ActionDecision::Hold(by)),
        None => {
            tx.delete(TABLE, name);
            Ok(ActionDecision::Tell)
        }
    }
}

/// Holds the actions of an alarm back where something does now; `why` says what, by whether the suppressor is in ALARM.
fn hold(
    tx: &mut Tx,
    name: &str,
    alarm: &StoredAlarm,
    told: StoredAlarmState,
    why: fn(bool) -> SuppressedBy,
) -> Result<Option<By>, Fault> {
    let now = tx.now();
    let held = match mute_rule::muting(tx, name)? {
        Some(rule) => {
            let next_minute = Timestamp::from_millis((now.millis().div_euclid(MINUTE) + 1) * MINUTE);
            Some((By::MuteRule(rule), Some(next_minute)))
        }
        None => suppressor(tx, alarm)?.and_then(|(by, in_alarm)| match why(in_alarm) {
            SuppressedBy::Alarm => Some((By::Alarm(by), None)),
            SuppressedBy::WaitPeriod => {
                let wait = seconds(alarm, "ActionsSuppressorWaitPeriod");
                (!wait.is_zero()).then(|| (By::WaitPeriod(by), Some(now + wait)))
            }
            SuppressedBy::ExtensionPeriod => {
                let extension = seconds(alarm, "ActionsSuppressorExtensionPeriod");
                (!extension.is_zero()).then(|| (By::ExtensionPeriod(by), Some(now + extension)))
            }
        }),
    };
    Ok(match held {
        Some((by, due)) => {
            tx.put(TABLE, name, &HeldActions { by: by.clone(), told, due })?;
            Some(by)
        }
        None => None,
    })
}

/// The suppressor of a composite alarm, and whether it is in ALARM.
fn suppressor(tx: &Tx, alarm: &StoredAlarm) -> Result<Option<(String, bool)>, Fault> {
    let name = alarm::name_of(tx, alarm.text("ActionsSuppressor")).to_owned();
    if name.is_empty() {
        return Ok(None);
    }
    Ok(alarm::find(tx, &name)?.map(|live| (name, live.state.value == AlarmState::Alarm)))
}

/// Looks at what is due until `until`, in order of time, and tells what nothing holds back any more.
pub fn release(tx: &mut Tx, until: Timestamp) -> Result<(), Fault> {
    loop {
        let held = tx.list::<HeldActions>(TABLE)?.into_iter().filter_map(|(name, held)| Some((held.due?, name, held)));
        let due = held.filter(|(due, ..)| *due <= until).min_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
        let Some((due, name, held)) = due else { return Ok(()) };
        tx.at(due, |tx| look_again(tx, &name, held))?;
    }
}

/// A wait or an extension is over, or a mute rule may be.
fn look_again(tx: &mut Tx, name: &str, held: HeldActions) -> Result<(), Fault> {
    let Some(alarm) = alarm::find(tx, name)? else {
        tx.delete(TABLE, name);
        return Ok(());
    };
    let has_waited = !matches!(held.by, By::MuteRule(_)) && mute_rule::muting(tx, name)?.is_none();
    if !has_waited && hold(tx, name, &alarm, held.told.clone(), SuppressedBy::after_change)?.is_some() {
        return Ok(());
    }
    tx.delete(TABLE, name);
    actions::execute(tx, name, &alarm, &held.told)
}

/// An alarm went into ALARM or left it: what it holds back it holds on, or for its extension.
pub fn suppressor_changed(tx: &mut Tx, suppressor: &str) -> Result<(), Fault> {
    for (name, held) in tx.list::<HeldActions>(TABLE)? {
        let Some(alarm) = alarm::find(tx, &name)? else { continue };
        let own = alarm::name_of(tx, alarm.text("ActionsSuppressor")) == suppressor;
        if own
            && !matches!(held.by, By::MuteRule(_))
            && hold(tx, &name, &alarm, held.told.clone(), SuppressedBy::after_suppressor)?.is_none()
        {
            tx.delete(TABLE, &name);
            actions::execute(tx, &name, &alarm, &held.told)?;
        }
    }
    Ok(())
}

/// A rule is gone: what it held back is looked at again. Those in ALARM act at once (CloudWatch API reference, DeleteAlarmMuteRule);
/// of other states nothing is said there, and nothing is told.
pub fn rule_deleted(tx: &mut Tx, rule: &str) -> Result<(), Fault> {
    for (name, held) in tx.list::<HeldActions>(TABLE)? {
        if !matches!(&held.by, By::MuteRule(own) if own == rule) {
            continue;
        }
        match alarm::find(tx, &name)? {
            Some(alarm) if alarm.state.value == AlarmState::Alarm => look_again(tx, &name, held)?,
            _ => drop(tx.delete(TABLE, &name)),
        }
    }
    Ok(())
}

pub fn forget(tx: &mut Tx, name: &str) {
    tx.delete(TABLE, name);
}

/// What DescribeAlarms says of a composite alarm: the kind of suppression and a sentence.
pub fn suppressed(tx: &Tx, name: &str) -> Option<(&'static str, String)> {
    let held = tx.get::<HeldActions>(TABLE, name).ok()??;
    let kind = match held.by {
        By::MuteRule(_) => return None,
        By::Alarm(_) => "Alarm",
        By::WaitPeriod(_) => "WaitPeriod",
        By::ExtensionPeriod(_) => "ExtensionPeriod",
    };
    Some((kind, format!("Actions suppressed by {kind}")))
}

impl By {
    /// For the alarm's history: an action was …
    pub fn words(&self) -> String {
        match self {
            By::MuteRule(rule) => format!("muted by the alarm mute rule {rule}"),
            By::Alarm(alarm) => format!("suppressed by the alarm {alarm}"),
            By::WaitPeriod(alarm) => format!("suppressed by WaitPeriod: it waits for the alarm {alarm}"),
            By::ExtensionPeriod(alarm) => {
                format!("suppressed by ExtensionPeriod: the alarm {alarm} has just left ALARM")
            }
        }
    }
}

fn seconds(alarm: &StoredAlarm, member: &str) -> Duration {
    Duration::from_secs(alarm.configuration.get(member).and_then(Json::as_u64).unwrap_or(0))
}
