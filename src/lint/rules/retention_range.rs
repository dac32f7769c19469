//! Logs that are kept shorter or longer than the file's own rule says: every retention of AWS's is right by itself.

use crate::lint::finding::About;
use crate::lint::finding::Raised;
use crate::lint::subject::RuleContext;
use crate::lint::{AcceptedValues, LintRule, Severity, ValueUnit};
use crate::resources::{Address, Kind};

pub static RULE: LintRule = LintRule {
    id: "retention-range",
    level: Severity::Hint,
    summary: "logs are kept shorter or longer than the file's own rule says",
    page: include_str!("../../../docs/lint/retention-range.md"),
    opt_in: false,
    limits: Some(AcceptedValues { unit: ValueUnit::Days, min: Some(1.0), max: Some(3653.0) }),
    check,
};

fn check(subject: &RuleContext<'_>, found: &mut Vec<Raised>) {
    let Some(limits) = subject.limits else { return };
    let (min, max) = (limits.min.unwrap_or(0.0), limits.max.unwrap_or(f64::INFINITY));
    for group in subject.log_groups() {
        let Some(days) = group.retention_in_days else { continue };
        let why = match f64::from(days) {
            days if days < min => format!("the rule of this file is at least {min}"),
            days if days > max => format!("the rule of this file is at most {max}"),
            _ => continue,
        };
        let message = format!("the logs in `{}` are kept {days} days: {why}", group.name);
        let help = format!("keep them {min} to {max} days, or set lint: retention-range: {{ min: …, max: … }}");
        found.push(Raised::new(
            About::Resource(Address::new(Kind::LogGroup, &group.name)),
            &["retention"],
            message,
            help,
        ));
    }
}
