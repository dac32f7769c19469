//! Nothing of the spec stands yet.

use crate::model::advice;
use crate::resources::Kind;
use crate::watch::doctor::{Cause, Facts, Finding, Level, Subject};

pub static CAUSE: Cause = Cause {
    id: "not-applied",
    summary: "the spec was never applied here",
    explains: &["drift", "topic-missing", "nobody-subscribed"],
    check,
};

fn check(facts: &Facts, found: &mut Vec<Finding>) {
    let managed = facts.desired.keys().filter(|address| address.kind != Kind::LogGroup);
    let managed: Vec<_> = managed.collect();
    if managed.is_empty() || !managed.iter().all(|address| facts.is_absent(address)) {
        return;
    }
    let what = format!("nothing of the stack {} stands in {}: it was not applied here", facts.stack, facts.region);
    found.push(
        Finding::new(CAUSE.id, Level::Broken, Subject::Everything, what)
            .seen(format!("none of {} resources of the spec is there", managed.len()))
            .mend(advice::command("apply"))
            .by_apply(true),
    );
}
