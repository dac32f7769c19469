//! What must not happen without being asked for: foreign things touched, unowned things taken over, much deleted, data lost.

use super::{Action, Blocked, Change, Input, Plan, log_group, ownership, ownership::Standing};
use crate::resources::{Address, Kind, Resource};

/// What the user has agreed to beforehand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Consent {
    /// Take over what exists without an owner.
    pub adopt: bool,
    /// Delete more than a third of the stack.
    pub deletes: bool,
    /// Delete log groups that hold logs or metric filters.
    pub data_loss: bool,
}

/// Marks what is refused as things stand.
pub fn add(plan: &mut Plan, input: Input<'_>) {
    for change in &mut plan.changes {
        if change.blocked.is_none() {
            change.blocked = refusal(change, input);
        }
    }
    let deleted = plan.changes.iter().filter(|c| c.action == Action::Delete).count();
    let size = super::stack_size(input);
    if deleted * 3 > size && !input.consent.deletes {
        plan.blocked.push(Blocked {
            reason: format!(
                "{deleted} of the {size} resources of stack {:?} would be deleted: more than a third",
                input.stack
            ),
            remedy: "if the spec is complete and this is meant, add --allow-deletes".to_owned(),
        });
    }
    for (name, facts) in &input.snapshot.functions {
        if let Err(reason) = facts {
            plan.blocked.push(Blocked {
                reason: format!("function {name}: {reason}"),
                remedy: "deploy the function first, correct its name or the region, or take it out of the spec"
                    .to_owned(),
            });
        }
    }
}

fn refusal(change: &Change, input: Input<'_>) -> Option<Blocked> {
    if let Some(other) = name_taken(&change.address, change.action, input) {
        return Some(Blocked {
            reason: format!("the name is taken by a {other}"),
            remedy: "choose another name".to_owned(),
        });
    }
    if let Some(composite) = bound_to_its_kind(&change.address, change.action, input) {
        return Some(Blocked {
            reason: format!("it cannot become an alarm of another kind: composite alarm {composite} refers to it"),
            remedy: format!("take it out of {composite} and apply, then change its kind and put it back"),
        });
    }
    if let Some(blocked) = log_group::refusal(change, input.consent.data_loss) {
        return Some(blocked);
    }
    let before = change.before.as_ref()?;
    match change.action {
        Action::Adopt => match ownership::standing(&change.address, before, input) {
            Standing::Foreign(stack) => Some(Blocked {
                reason: format!("it belongs to stack {stack:?}"),
                remedy: "choose another name, or take it out of that stack first".to_owned(),
            }),
            _ if change.fixed_field().is_some() => {
                let field = change.fixed_field()?;
                let value = field.from.as_ref().map_or_else(|| "AWS's default".to_owned(), |value| value.to_string());
                Some(Blocked {
                    reason: format!("it exists already with another {}: {value}, which AWS never changes", field.field),
                    remedy: format!("write its {} in the spec, choose another name, or delete it first", field.field),
                })
            }
            // AWS makes log groups by itself, and a subscription under our own topic harms nobody.
            _ if matches!(change.address.kind, Kind::LogGroup | Kind::Subscription) || input.consent.adopt => None,
            _ => Some(Blocked {
                reason: "it exists already and no stack owns it".to_owned(),
                remedy: "take it over with --adopt, or choose another name".to_owned(),
            }),
        },
        _ => None,
    }
}

/// The kind of another alarm that has the name already and is not about to be deleted by this plan.
fn name_taken(address: &Address, action: Action, input: Input<'_>) -> Option<&'static str> {
    let other = match address.kind {
        _ if action != Action::Create => return None,
        Kind::Alarm => Kind::CompositeAlarm,
        Kind::CompositeAlarm => Kind::Alarm,
        _ => return None,
    };
    if input.snapshot.log_alarms.contains(&address.name) {
        return Some("log alarm");
    }
    let twin = Address::new(other, address.name.clone());
    let live = input.snapshot.live(&twin)?;
    let goes = input.prune && ownership::standing(&twin, live, input) == Standing::Ours;
    (!goes).then(|| if other == Kind::Alarm { "metric alarm" } else { "composite alarm" })
}

/// A composite alarm that refers to the name now and will: then AWS lets nobody delete the alarm that has it.
fn bound_to_its_kind<'a>(address: &Address, action: Action, input: Input<'a>) -> Option<&'a str> {
    let twin = match address.kind {
        Kind::Alarm => Kind::CompositeAlarm,
        Kind::CompositeAlarm => Kind::Alarm,
        _ => return None,
    };
    let takes_over = action == Action::Create && input.snapshot.live(&Address::new(twin, &address.name)).is_some();
    let arn = address.arn(input.target)?;
    let refers = |resource: &Resource| match resource {
        Resource::CompositeAlarm(alarm) => alarm.children().iter().any(|child| *child == address.name || *child == arn),
        _ => false,
    };
    let mut bound = input.desired.iter().filter(|(address, desired)| {
        refers(desired) && input.snapshot.live(address).is_some_and(|live| refers(&live.resource))
    });
    let (composite, _) = bound.next().filter(|_| takes_over)?;
    Some(&composite.name)
}

/// Bytes in words, e.g. `1.5 MB` (decimal units, as AWS bills).
pub fn size_words(bytes: i64) -> String {
    let units = ["bytes", "kB", "MB", "GB", "TB", "PB"];
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 1_000.0 && unit + 1 < units.len() {
        value /= 1_000.0;
        unit += 1;
    }
    if unit == 0 { format!("{bytes} bytes") } else { format!("{value:.1} {}", units[unit]) }
}
