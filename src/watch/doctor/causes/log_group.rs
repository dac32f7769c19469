//! A log group that the function does not write to.

use crate::resources::function::default_log_group;
use crate::resources::{Address, Kind};
use crate::watch::doctor::facts::Found;
use crate::watch::doctor::{Cause, Facts, Finding, Level, Subject};

pub static CAUSE: Cause =
    Cause { id: "log-group", summary: "the logs are in another group", explains: &["drift"], check };

fn check(facts: &Facts, found: &mut Vec<Finding>) {
    for (name, function) in &facts.functions {
        let Found::Here(own) = &function.found else { continue };
        let usual = default_log_group(name);
        let address = Address::new(Kind::LogGroup, &usual);
        if own.log_group == usual || !facts.desired.contains_key(&address) {
            continue;
        }
        let what = format!("{name} writes its logs to {}, and the spec keeps {usual}", own.log_group);
        found.push(
            Finding::new(CAUSE.id, Level::Broken, Subject::Resource(address), what)
                .touching(vec![Subject::Function(name.clone())])
                .seen(format!("its LoggingConfig names {}", own.log_group))
                .mend(format!("say `retention:` at the function, which finds its group, or declare {}", own.log_group)),
        );
    }
}
