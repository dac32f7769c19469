//! An alarm that does not know its state, and why.

use crate::ops::doctor::{Cause, DoctorFacts, DoctorFinding, DoctorLevel, FindingSubject};
use crate::resources::{Address, Kind};
use mlops_cloudwatch::missing::MissingData;

pub static CAUSE: Cause =
    Cause { id: "insufficient-data", summary: "an alarm is in INSUFFICIENT_DATA", explains: &[], check };

fn check(facts: &DoctorFacts, found: &mut Vec<DoctorFinding>) {
    for (name, alarm, seen) in facts.metric_alarms() {
        if seen.chain.state() != Some("INSUFFICIENT_DATA") {
            continue;
        }
        let facts_of = seen.chain.live.as_ref().and_then(|live| live.facts.alarm.as_deref());
        let reason = facts_of.map(|own| own.reason.clone()).unwrap_or_default();
        let age = facts_of.and_then(|own| own.since).map(|since| facts.now - since);
        let evaluation = alarm.definition().evaluation;
        let window = evaluation.seconds() * i64::from(evaluation.n);
        let by_drill = reason.starts_with("The drill by mlopsctl is over");
        let fresh = reason.is_empty() || reason.starts_with("Unchecked") || by_drill;
        let (level, why, remedy) = match () {
            () if fresh && age.is_none_or(|age| age < window + 300) => (
                DoctorLevel::Hint,
                "it was not evaluated yet since it was made, or put back by a drill",
                "wait for a whole evaluation (its period, times its evaluation periods)".to_owned(),
            ),
            () if evaluation.missing == Ok(MissingData::Missing) => (
                DoctorLevel::ActionNeeded,
                "there is no data now, and missing data counts as missing",
                "send requests; or say `treat_missing_data: notBreaching`, if no data is no trouble".to_owned(),
            ),
            () => (
                DoctorLevel::ActionNeeded,
                "CloudWatch could not decide its state",
                format!("read its reason: {reason}"),
            ),
        };
        let about = FindingSubject::Resource(Address::new(Kind::Alarm, name));
        let finding = DoctorFinding::new(CAUSE.id, level, about, format!("{name} is in INSUFFICIENT_DATA: {why}"));
        found.push(finding.touching(facts.touched_by(name)).seen(format!("CloudWatch says: {reason}")).mend(remedy));
    }
}
