//! A composite alarm whose rule no states of its alarms can make true.

use super::states::{StateVerdict, verdict};
use crate::lint::finding::About;
use crate::lint::finding::Raised;
use crate::lint::subject::RuleContext;
use crate::lint::{LintRule, Severity};
use crate::resources::{Address, Kind};

pub static RULE: LintRule = LintRule {
    id: "composite-never-fires",
    level: Severity::Error,
    summary: "a composite alarm can never fire",
    page: include_str!("../../../docs/lint/composite-never-fires.md"),
    opt_in: false,
    limits: None,
    check,
};

fn check(subject: &RuleContext<'_>, found: &mut Vec<Raised>) {
    for alarm in subject.composites() {
        if verdict(&alarm.alarm_rule) == Some(StateVerdict::Never) {
            let message = format!("no states of its alarms make the rule of `{}` true", alarm.name);
            let help = "an alarm is in one state at a time; perhaps OR is meant where AND is written";
            let about = About::Resource(Address::new(Kind::CompositeAlarm, &alarm.name));
            found.push(Raised::new(about, &["alarm_rule"], message, help));
        }
    }
}
