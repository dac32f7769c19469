//! An alarm that watches a metric of something that does not exist.

use crate::model::problem::nearest;
use crate::ops::doctor::facts::{DoctorRead, functions_of};
use crate::ops::doctor::read::is_blind;
use crate::ops::doctor::{Cause, DoctorFacts, DoctorFinding, DoctorLevel, FindingSubject};
use crate::resources::{Address, Kind};
use std::collections::BTreeMap;

pub static CAUSE: Cause = Cause {
    id: "wrong-dimension",
    summary: "an alarm watches something that does not exist",
    explains: &["no-data", "insufficient-data", "threshold-out-of-reach", "drift"],
    check,
};

fn check(facts: &DoctorFacts, found: &mut Vec<DoctorFinding>) {
    for (name, alarm, seen) in facts.metric_alarms() {
        let address = Address::new(Kind::Alarm, name);
        let finding = |what: String| {
            let finding =
                DoctorFinding::new(CAUSE.id, DoctorLevel::Error, FindingSubject::Resource(address.clone()), what);
            finding.touching(facts.touched_by(name)).by_apply(facts.applies(&address))
        };
        let missing = |function: &String| facts.functions.get(function).is_some_and(|f| f.found == DoctorRead::Missing);
        let of_spec = |function: &String| facts.snapshot.functions.contains_key(function);
        if let Some(function) = functions_of(alarm).into_iter().find(|function| missing(function) && !of_spec(function))
        {
            let known =
                facts.functions.iter().filter(|(_, f)| f.found != DoctorRead::Missing).map(|(name, _)| name.as_str());
            let near = nearest(&function, known).map(|near| format!(": did you mean {near}?")).unwrap_or_default();
            let what = format!("{name} watches the function {function}, which does not exist in {}", facts.region);
            found.push(
                finding(what).seen(format!("FunctionName={function}")).mend(format!("correct its dimensions{near}")),
            );
            continue;
        }
        let (Some(namespace), Some(metric)) = (&alarm.namespace, &alarm.metric_name) else { continue };
        let Some(sets) = facts.listed.get(&(namespace.clone(), metric.clone())).filter(|_| is_blind(seen)) else {
            continue;
        };
        if sets.is_empty() || sets.contains(&alarm.dimensions) {
            continue;
        }
        let words = |set: &BTreeMap<String, String>| match set.is_empty() {
            true => "no dimensions".to_owned(),
            false => set.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(","),
        };
        let what = format!(
            "{name} watches {namespace} {metric} with {}, and nothing publishes that",
            words(&alarm.dimensions)
        );
        let shown: Vec<String> = sets.iter().take(3).map(words).collect();
        found.push(finding(what).seen(format!("AWS lists it with: {}", shown.join("; "))).mend(
            "give the alarm exactly the dimensions that are published: CloudWatch takes each set for another metric",
        ));
    }
}
