//! The mutants of a composite alarm: its rule with one operator, part or count changed, and without its suppressor. And what both kinds
//! of alarm have: actions that are gone.

use super::super::run::plain;
use super::mutants::Mutant;
use crate::resources::any_alarm::Actions;
use crate::resources::{CompositeAlarm, Resource};
use mlops_cloudwatch::rule::{self, AlarmRule, CountFunction};

/// Of the rule and of the suppressor.
pub fn of(composite: &CompositeAlarm) -> Vec<Mutant> {
    let mut mutants = Vec::new();
    if let Ok(rule) = rule::parse(&composite.alarm_rule) {
        for (to, hint) in changed(&rule) {
            let other = CompositeAlarm { alarm_rule: to.to_string(), ..composite.clone() };
            mutants.push(mutant("alarm_rule", rule.to_string(), to.to_string(), hint, other));
        }
    }
    if let Some(suppressor) = &composite.suppressor {
        let hint = format!("list `notifications` of a change while `{}` is in ALARM", suppressor.alarm);
        let other = CompositeAlarm { suppressor: None, ..composite.clone() };
        mutants.push(mutant("suppressor", suppressor.alarm.clone(), "none".into(), hint, other));
    }
    mutants
}

fn mutant(field: &'static str, from: String, to: String, hint: String, other: CompositeAlarm) -> Mutant {
    Mutant { field, from, to, hint, resource: Resource::CompositeAlarm(other) }
}

/// A rule that differs from this one in one place, and what tells the two apart.
fn changed(rule: &AlarmRule) -> Vec<(AlarmRule, String)> {
    let mut others = Vec::new();
    match rule {
        AlarmRule::Constant(value) => others.push((AlarmRule::Constant(!value), "expect its state".to_owned())),
        AlarmRule::State(..) => {}
        AlarmRule::Not(inner) => {
            others.push(((**inner).clone(), format!("expect the state while {inner} and while not")));
            others.extend(changed(inner).into_iter().map(|(other, hint)| (AlarmRule::Not(Box::new(other)), hint)));
        }
        AlarmRule::And(parts) | AlarmRule::Or(parts) => {
            let is_and = matches!(rule, AlarmRule::And(_));
            let make = |parts: Vec<AlarmRule>| if is_and { AlarmRule::And(parts) } else { AlarmRule::Or(parts) };
            let other = if is_and { AlarmRule::Or(parts.clone()) } else { AlarmRule::And(parts.clone()) };
            let state = if is_and { "OK" } else { "ALARM" };
            others.push((other, format!("expect {state} while only one of its parts holds")));
            for at in 0..parts.len() {
                let mut left: Vec<AlarmRule> = parts.clone();
                let gone = left.remove(at);
                let hint = match is_and {
                    true => format!("expect OK while all but {gone} hold"),
                    false => format!("expect ALARM while only {gone} holds"),
                };
                let only = if left.len() == 1 { left.pop() } else { None };
                others.push((only.unwrap_or_else(|| make(left)), hint));
                for (other, hint) in changed(&parts[at]) {
                    let mut parts = parts.clone();
                    parts[at] = other;
                    others.push((make(parts), hint));
                }
            }
        }
        AlarmRule::AtLeast { count, negated, state, alarms } => {
            let all = u32::try_from(alarms.len()).unwrap_or(u32::MAX);
            let needed = match count {
                CountFunction::Number(needed) => *needed,
                CountFunction::Percent(share) => (share * all).div_ceil(100),
            };
            for (to, expected) in [(needed.saturating_sub(1), "OK"), (needed + 1, "ALARM")] {
                if (1..=all).contains(&to) {
                    let (count, alarms) = (CountFunction::Number(to), alarms.clone());
                    let shown = if expected == "OK" { to } else { needed };
                    let hint = format!("expect {expected} while exactly {shown} of its {all} alarms count");
                    others.push((AlarmRule::AtLeast { count, negated: *negated, state: *state, alarms }, hint));
                }
            }
        }
    }
    others
}

/// The actions of one state.
type ActionList = fn(&mut Actions) -> &mut Vec<String>;

/// Without the actions of one state; two alarms that notify nobody are the same.
pub fn without_actions(actions: &Actions, with: impl Fn(Actions) -> Resource) -> Vec<Mutant> {
    if !actions.enabled {
        return Vec::new();
    }
    let mut mutants = Vec::new();
    let lists: [(&'static str, &str, ActionList); 3] = [
        ("alarm_actions", "ALARM", |actions| &mut actions.alarm),
        ("ok_actions", "OK", |actions| &mut actions.ok),
        ("insufficient_data_actions", "INSUFFICIENT_DATA", |actions| &mut actions.insufficient_data),
    ];
    for (field, state, list) in lists {
        let written = list(&mut actions.clone()).clone();
        // Each alone is only another mutant where there are several.
        let gone = if written.len() > 1 { written.len() } else { 0 };
        let mut lefts: Vec<Vec<String>> = Vec::new();
        lefts.extend((!written.is_empty()).then(Vec::new));
        for at in 0..gone {
            let mut left = written.clone();
            left.remove(at);
            lefts.push(left);
        }
        for left in lefts {
            let mut other = actions.clone();
            *list(&mut other) = left.clone();
            let names = |arns: &[String]| arns.iter().map(|arn| plain(arn).to_owned()).collect::<Vec<_>>().join(", ");
            let text = |arns: &[String]| if arns.is_empty() { "none".to_owned() } else { names(arns) };
            let to = if left.is_empty() { String::new() } else { ", with `to`".to_owned() };
            let hint = format!("list the `notifications` of {state}{to}");
            mutants.push(Mutant { field, from: text(&written), to: text(&left), hint, resource: with(other) });
        }
    }
    mutants
}
