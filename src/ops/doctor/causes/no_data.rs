//! A metric that nobody publishes.

use crate::ops::doctor::read::is_blind;
use crate::ops::doctor::{Cause, DoctorFacts, DoctorFinding, DoctorLevel, FindingSubject};
use crate::resources::{Address, Kind};

pub static CAUSE: Cause = Cause {
    id: "no-data",
    summary: "an alarm has had no data",
    explains: &["insufficient-data", "threshold-out-of-reach"],
    check,
};

fn check(facts: &DoctorFacts, found: &mut Vec<DoctorFinding>) {
    for (name, alarm, seen) in facts.metric_alarms().filter(|(_, _, seen)| is_blind(seen)) {
        let metric = match (&alarm.namespace, &alarm.metric_name) {
            (Some(namespace), Some(metric)) => format!("{namespace} {metric}"),
            _ => "what its expression is made of".to_owned(),
        };
        let listed = alarm.namespace.clone().zip(alarm.metric_name.clone()).and_then(|key| facts.listed.get(&key));
        let seen_of = match listed {
            Some(sets) if sets.is_empty() => format!("AWS lists no metric {metric} at all"),
            _ => format!("{metric} had no datapoint in 14 days"),
        };
        let unit = alarm
            .unit
            .as_ref()
            .map(|unit| format!("; it asks for the unit {unit}: leave `unit` out"))
            .unwrap_or_default();
        let what = format!("{name} has had no data in 14 days");
        let about = FindingSubject::Resource(Address::new(Kind::Alarm, name));
        let state = seen.chain.state().unwrap_or("unknown");
        found.push(
            DoctorFinding::new(CAUSE.id, DoctorLevel::Error, about, what)
                .touching(facts.touched_by(name))
                .seen(seen_of)
                .seen(format!("its state is {state}"))
                .mend(format!("check namespace, metric_name and dimensions, and that something publishes it{unit}")),
        );
    }
}
