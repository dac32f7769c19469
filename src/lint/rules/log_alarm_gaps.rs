//! A log alarm whose query looks back less far than the time between two runs: lines in between are never looked at.

use crate::lint::finding::About;
use crate::lint::finding::Raised;
use crate::lint::subject::RuleContext;
use crate::lint::{LintRule, Severity};
use crate::model::duration::format_seconds;
use crate::resources::log_alarm::schedule;
use crate::resources::{Address, Kind};

pub static RULE: LintRule = LintRule {
    id: "log-alarm-gaps",
    level: Severity::Warning,
    summary: "some lines are in no query of a log alarm",
    page: include_str!("../../../docs/lint/log-alarm-gaps.md"),
    opt_in: false,
    limits: None,
    check,
};

fn check(subject: &RuleContext<'_>, found: &mut Vec<Raised>) {
    for alarm in subject.log_alarms() {
        let Some(every) = schedule::seconds(&alarm.schedule_expression) else { continue };
        let over = alarm.start_time_offset - alarm.end_time_offset;
        if over < every {
            let message = format!(
                "`{}` looks at {} every {}: {} of each are in no query",
                alarm.name,
                format_seconds(over),
                format_seconds(every),
                format_seconds(every - over)
            );
            let start = format_seconds(every + alarm.end_time_offset);
            let help = format!("write start_time_offset: {start}, or let the query run more often");
            let about = About::Resource(Address::new(Kind::LogAlarm, &alarm.name));
            found.push(Raised::new(about, &["start_time_offset", "schedule_expression"], message, help));
        }
    }
}
