//! Alarms as time passes: every evaluation that was due since the last look, by the evaluator of `cloudwatch`, and what follows from
//! it: states, history, actions. It asks the time of its caller; what a metric said is `past`'s matter.

mod configuration;
mod logs;
mod past;
mod reason_data;
#[cfg(test)]
mod tests;

use super::alarm::{self, AlarmType, StoredAlarm};
use super::{change, held};
use crate::fault::Fault;
use crate::store::Tx;
use crate::wire::Timestamp;
use configuration::Configured;
use mlops_cloudwatch::alarm::AlarmWindow;
use mlops_cloudwatch::evaluation::condition::{Condition, EvaluationOptions};
use mlops_cloudwatch::evaluation::watched::EvaluatedSeries;
use mlops_cloudwatch::evaluation::{reason, replay};
use mlops_cloudwatch::state::AlarmState;
use past::MetricReader;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// One entity: the [`EvaluationCursor`].
const TABLE: &str = "alarm_clock";
const KEY: &str = "mark";

/// Most alarms are looked at every minute, those of high resolution every ten seconds.
const MINUTE: i64 = 60;
const TICK: i64 = 10;
/// Metrics do not reach farther back than this, so evaluations need not.
const LONGEST: i64 = 15 * 86_400;

/// Until when the alarms of an account and region are evaluated.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
struct EvaluationCursor {
    /// Seconds since 1970, a multiple of [`TICK`].
    until: i64,
    /// Whether there are alarms of high resolution.
    fine: bool,
}

/// A change of state that an evaluation brings.
struct AlarmStateEvent {
    at: i64,
    name: String,
    to: AlarmState,
    reason: String,
    reason_data: String,
}

/// From now on there are alarms to evaluate.
pub fn begin(tx: &mut Tx) -> Result<(), Fault> {
    if tx.get::<EvaluationCursor>(TABLE, KEY)?.is_none() {
        let until = tx.now().seconds().div_euclid(TICK) * TICK;
        tx.put(TABLE, KEY, &EvaluationCursor { until, fine: false })?;
    }
    Ok(())
}

/// Brings the alarms to where they would be now. Costs next to nothing where no evaluation is due.
pub fn catch_up(tx: &mut Tx) -> Result<(), Fault> {
    let now = tx.now();
    let Some(mark) = tx.get::<EvaluationCursor>(TABLE, KEY)? else {
        // A state file from before alarms were evaluated.
        return if tx.count(alarm::TABLE) > 0 { begin(tx) } else { Ok(()) };
    };
    let floor = |step: i64| now.seconds().div_euclid(step) * step;
    if floor(MINUTE) <= mark.until && !(mark.fine && floor(TICK) > mark.until) {
        return held::release(tx, now);
    }
    let until = floor(TICK);
    let (events, fine) = events(tx, mark.until.max(until - LONGEST), until)?;
    for AlarmStateEvent { at, name, to, reason, reason_data } in events {
        // What happens at the moment at which a wait ends comes before its end.
        held::release(tx, Timestamp::from_millis(at * 1000 - 1))?;
        let at = Timestamp::from_millis(at * 1000);
        if let Some(alarm) = alarm::find(tx, &name)? {
            tx.at(at, |tx| change::transition(tx, &name, alarm, to, reason, Some(reason_data)))?;
        }
    }
    held::release(tx, now)?;
    tx.put(TABLE, KEY, &EvaluationCursor { until, fine })
}

/// What the evaluations after `after` until `until` change, in order of time; and whether one of the alarms is of high resolution.
fn events(tx: &Tx, after: i64, until: i64) -> Result<(Vec<AlarmStateEvent>, bool), Fault> {
    let metrics = MetricReader::new(tx);
    let (mut events, mut fine) = (Vec::new(), false);
    for (name, alarm) in tx.list::<StoredAlarm>(alarm::TABLE)? {
        match alarm.kind {
            AlarmType::Metric => {}
            AlarmType::Log => {
                events.extend(logs::events(tx, &name, &alarm, after, until)?);
                continue;
            }
            AlarmType::Composite => continue,
        }
        // What is evaluated in a way that is not known here stays in the state it is in: PromQL, bands, Metrics Insights.
        let configured = Configured::of(&alarm);
        let definition = configured.definition();
        let Ok(condition) = Condition::of(&definition, EvaluationOptions::default()) else { continue };
        fine |= condition.cadence() < MINUTE;
        // Since it was last put it has been evaluated no more than since the mark.
        let after = after.max(alarm.configuration_updated.seconds());
        // Those that look at days of data are looked at every hour only: do not read it for nothing.
        let cadence = if definition.evaluation.window != AlarmWindow::Sliding { TICK } else { condition.cadence() };
        if until.div_euclid(cadence) <= after.div_euclid(cadence) {
            continue;
        }
        let Ok(watched) = EvaluatedSeries::new(&definition, &condition, &metrics, after, until) else { continue };
        let put = (alarm.created.seconds(), definition.warm_up);
        let changes = replay::resume(&condition, &watched, (after, until), alarm.state.value, put);
        events.extend(changes.into_iter().map(|(index, to)| AlarmStateEvent {
            at: watched.grid.end(index),
            name: name.clone(),
            to,
            reason: reason::text(&condition, &watched, index, to),
            reason_data: reason_data::of(&definition, &condition, &watched, index).to_string(),
        }));
    }
    metrics.finish()?;
    // A suppressor changes before what it suppresses.
    let mut suppressors = BTreeSet::new();
    for (_, composite) in alarm::composites(tx)? {
        suppressors.insert(alarm::name_of(tx, composite.text("ActionsSuppressor")).to_owned());
    }
    let order = |event: &AlarmStateEvent| (event.at, !suppressors.contains(&event.name), event.name.clone());
    events.sort_by_cached_key(order);
    Ok((events, fine))
}
