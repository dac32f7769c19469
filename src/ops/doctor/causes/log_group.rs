//! A log group that the function does not write to.

use crate::ops::doctor::facts::DoctorRead;
use crate::ops::doctor::{Cause, DoctorFacts, DoctorFinding, DoctorLevel, FindingSubject};
use crate::resources::function::default_log_group;
use crate::resources::{Address, Kind};

pub static CAUSE: Cause =
    Cause { id: "log-group", summary: "the logs are in another group", explains: &["drift"], check };

fn check(facts: &DoctorFacts, found: &mut Vec<DoctorFinding>) {
    for (name, function) in &facts.functions {
        let DoctorRead::Here(own) = &function.found else { continue };
        let usual = default_log_group(name);
        let address = Address::new(Kind::LogGroup, &usual);
        if own.log_group == usual || !facts.desired.contains_key(&address) {
            continue;
        }
        let what = format!("{name} writes its logs to {}, and the spec keeps {usual}", own.log_group);
        found.push(
            DoctorFinding::new(CAUSE.id, DoctorLevel::Error, FindingSubject::Resource(address), what)
                .touching(vec![FindingSubject::Function(name.clone())])
                .seen(format!("its LoggingConfig names {}", own.log_group))
                .mend(format!("say `retention:` at the function, which finds its group, or declare {}", own.log_group)),
        );
    }
}
