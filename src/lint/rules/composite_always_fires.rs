//! A composite alarm whose rule is true whatever the states of its alarms are.

use super::states::{StateVerdict, verdict};
use crate::lint::finding::About;
use crate::lint::finding::Raised;
use crate::lint::subject::RuleContext;
use crate::lint::{LintRule, Severity};
use crate::resources::{Address, Kind};

pub static RULE: LintRule = LintRule {
    id: "composite-always-fires",
    level: Severity::Warning,
    summary: "a composite alarm is always in ALARM",
    page: include_str!("../../../docs/lint/composite-always-fires.md"),
    opt_in: false,
    limits: None,
    check,
};

fn check(subject: &RuleContext<'_>, found: &mut Vec<Raised>) {
    for alarm in subject.composites() {
        if verdict(&alarm.alarm_rule) == Some(StateVerdict::Always) {
            let message = format!("the rule of `{}` is true whatever the states of its alarms are", alarm.name);
            let help = "it fires once, when it is made, and never again; leave the part out that is always true";
            let about = About::Resource(Address::new(Kind::CompositeAlarm, &alarm.name));
            found.push(Raised::new(about, &["alarm_rule"], message, help));
        }
    }
}
