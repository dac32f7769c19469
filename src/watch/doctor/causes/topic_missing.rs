//! An action that names a topic that is not there.

use crate::model::advice;
use crate::watch::doctor::{Cause, Facts, Finding, Level, Subject};

pub static CAUSE: Cause = Cause {
    id: "topic-missing",
    summary: "the topic of an alarm does not exist",
    explains: &["drift", "nobody-subscribed"],
    check,
};

fn check(facts: &Facts, found: &mut Vec<Finding>) {
    for (topic, told) in facts.told_topics() {
        if !topic.is_missing() {
            continue;
        }
        found.push(
            Finding::new(
                CAUSE.id,
                Level::Broken,
                Subject::topic(&topic.name),
                format!("there is no topic {} in {}", topic.name, facts.region),
            )
            .seen(format!("sns:GetTopicAttributes does not find {}", topic.arn))
            .seen(format!("told by {}", told.join(", ")))
            .mend(format!(
                "{} creates it, if the spec declares it; else correct the alarm's action",
                advice::command("apply")
            ))
            .by_apply(facts.applies_below(&topic.name)),
        );
    }
}
